"""Where things happen in Thimble: twenty places, most of them odd."""

from __future__ import annotations

# place | preposition | spot for hiding | what is said of it, after "which" | two sentences of what goes on there
_TABLE = """
the mill|at|under the millstone|ground mostly gossip|The sails of the mill turned once and thought better of it.|A mouse came out of the mill, white as a ghost and twice as proud.
the harbour|at|inside a lobster pot|had more gulls than boats|A gull at the harbour laughed at a joke that nobody had made.|In the harbour, a boat called Never Again set out once more.
the lighthouse|at|behind the great lamp|leaned a little to the left|The lamp of the lighthouse blinked, though it was broad day.|Somebody had hung socks to dry on the lighthouse, all the way up.
the bakery|at|under the flour sacks|smelled of cinnamon and worry|A loaf in the bakery window looked a little like the mayor.|The bakery bell rang by itself, as it did when the bread was jealous.
the library|in|behind the fattest dictionary|lent books and never asked for them back|In the library a book fell off its shelf and opened at the good part.|The library clock ticked in a whisper.
the orchard|in|up in the crooked pear tree|grew more ladders than fruit|One apple fell in the orchard, and all the others looked down.|A wasp flew through the orchard with a very small list.
the clock tower|at|behind the big hand|was right twice a day|The clock tower struck eleven, or possibly four.|A swallow flew into the clock tower and was late ever after.
the market|at|under the fish stall|sold only left boots on Mondays|A man at the market was selling the wind in jars.|Two hens walked through the market and bought nothing.
the old well|at|inside the spare bucket|answered if you were polite|The old well said "Good day" in a deep voice.|A frog looked out of the old well and asked about the weather.
the bridge|on|under the third plank|had been built one step too short|A duck swam under the bridge and out again, to be sure.|The bridge creaked the first half of a song.
the greenhouse|in|behind the biggest fern|was full of plants with names|A cactus in the greenhouse had put on its best flower.|In the greenhouse it rained a little, from habit.
the post office|at|in the drawer for lost letters|was closed whenever it was open|A parcel in the post office sighed.|The queue in the post office moved one step, backwards.
the hill|on|inside a hollow log|was higher on one side|The wind on the hill told a long story without a point.|A cloud sat down on the hill to rest.
the beach|on|under an upturned boat|was put away at night|A crab on the beach walked past, pretending to walk the other way.|The sea came up the beach, looked around and went home.
the barn|in|under the hay|was held up by its own cobwebs|An owl in the barn opened one eye, and it was the wrong one.|Somewhere in the barn a cow was practising a speech.
the station|at|behind the timetable|had never seen a train|The station master blew his whistle for no train at all.|A moth read the timetable of the station from end to end.
the museum|in|under the glass case of buttons|showed lost buttons and one glove|A guard in the museum saluted a very old button.|In the museum a painted lady looked the other way.
the school|at|inside the broken piano|taught counting up to forty|From the school came the sound of forty children not singing.|A piece of chalk rolled out of the school and got away.
the boathouse|in|under the red canoe|had no boats and one house|The boathouse floated an inch and settled again.|In the boathouse two oars were having a quarrel.
the theatre|at|behind the velvet curtain|only played the second half|An actor at the theatre was dying again, rather loudly.|The curtain of the theatre went up, saw nobody, and came down.
"""


def _forms(row: str) -> dict[str, str]:
    name, preposition, spot, which, first, second = row.split("|")
    return {
        "": name,
        "The": name[0].upper() + name[1:],
        "at": f"{preposition} {name}",
        "At": f"{preposition.capitalize()} {name}",
        "bare": name.removeprefix("the "),
        "spot": spot,
        "which": which,
        "one": first,
        "two": second,
    }


PLACES = tuple(_forms(row) for row in _TABLE.strip().splitlines())
"""Each place's forms: ``""`` is its name with the article, ``at`` the name with its preposition, and so on."""
