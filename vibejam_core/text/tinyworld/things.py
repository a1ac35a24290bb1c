"""What there is in Thimble to have, to lend, to lose and to eat."""

from __future__ import annotations

# thing | what one does with it, in the past | the same, after "to"
_TABLE = """
kite|flew the kite in small circles|fly the kite
lantern|lit the lantern in broad daylight|light the lantern
drum|banged the drum until the windows shook|bang the drum
umbrella|opened the umbrella to see if it still worked|open the umbrella
teapot|poured tea from the teapot for everyone|pour from the teapot
trumpet|blew the trumpet at a cow|blow the trumpet
ladder|climbed the ladder, looked around and climbed down|climb the ladder
bell|rang the bell for no reason|ring the bell
compass|asked the compass where north was|read the compass
telescope|looked at a snail through the telescope|look through the telescope
fiddle|played the fiddle with great feeling and few notes|play the fiddle
blanket|built a tent out of the blanket|fold the blanket
basket|wore the basket as a helmet|carry the basket
broom|danced a waltz with the broom|sweep with the broom
kettle|whistled a duet with the kettle|boil the kettle
clock|set the clock to a nicer time|wind the clock
mirror|made a face at the mirror, and the mirror won|look into the mirror
whistle|blew the whistle, and seven dogs came|blow the whistle
spoon|stirred the air with the spoon|stir with the spoon
map|held the map upside down and nodded|unfold the map
rope|skipped with the rope, almost twice|skip with the rope
bucket|sat on the bucket like a king|fill the bucket
ball|bounced the ball off a passing bishop|bounce the ball
hat|bowed to a hen in the hat|wear the hat
candle|sniffed at the candle and sneezed|hold the candle
feather|tickled a statue with the feather|sharpen the feather
key|tried the key in every door in sight|turn the key
book|read the last page of the book first|read the book
shovel|dug a small, pointless hole with the shovel|dig with the shovel
saddle|sat in the saddle and waited for a horse|sit in the saddle
anchor|leaned on the anchor like a sailor|lift the anchor
needle|sewed two puddles together with the needle|thread the needle
harp|plucked one string of the harp and cried|play the harp
globe|spun the globe and pointed at the sea|spin the globe
puppet|made the puppet say something rude|wake the puppet
scarf|tied a bow in the scarf, then a knot, then a mess|wear the scarf
magnet|picked up six nails and a spoon with the magnet|hold the magnet
sled|rode the sled over dry grass|ride the sled
flute|played the flute to a worm, who stayed for the end|play the flute
pillow|tested the pillow for three minutes, snoring|shake the pillow
"""

_TREATS = """plum plums,bun buns,pancake pancakes,radish radishes,biscuit biscuits,walnut walnuts,fig figs,dumpling dumplings,
pickle pickles,pear pears,carrot carrots,tart tarts,cherry cherries,sausage sausages,muffin muffins,chestnut chestnuts"""

COLOURS = tuple(
    {"": colour, "Cap": colour.capitalize(), "a": ("an " if colour[0] in "aeiou" else "a ") + colour}
    for colour in (
        "red", "blue", "green", "yellow", "purple", "orange", "silver", "golden", "striped", "spotted", "pink", "grey",
        "black", "brown",
    )
)  # fmt: skip
"""What a thing looks like; ``a`` has the article."""

NUMBERS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
"""Small numbers as words."""


COUNTS = tuple(
    {
        "": word,
        "Cap": word.capitalize(),
        "was": "was" if number == 1 else "were",
        "is": "is" if number == 1 else "are",
        "it": "it" if number == 1 else "them",
    }
    for number, word in enumerate(NUMBERS)
)
"""Each small number's forms, to go with a verb."""


def _article(word: str) -> str:
    return ("an " if word[0] in "aeiou" else "a ") + word


def _thing(row: str) -> dict[str, str]:
    name, used, use = row.split("|")
    plural = {"scarf": "scarves", "compass": "compasses"}.get(name, name + "s")
    return {"": name, "a": _article(name), "A": _article(name).capitalize(), "used": used, "use": use, "many": plural}


THINGS = tuple(_thing(row) for row in _TABLE.strip().splitlines())
"""Each thing's forms: ``""`` is its name, ``used`` what was done with it, ``many`` the plural."""

TREATS = tuple(dict(zip(("one", ""), pair.split(), strict=True)) for pair in _TREATS.replace("\n", "").split(","))
"""What can be eaten and counted: ``one`` and ``""`` for more."""


def _counted(number: int, treat: dict[str, str]) -> dict[str, str]:
    text = f"{NUMBERS[number]} {treat['one' if number == 1 else '']}"
    return {
        "": text,
        "Cap": text[0].upper() + text[1:],
        "was": "was" if number == 1 else "were",
        "it": "it" if number == 1 else "them",
        "is": "is" if number == 1 else "are",
    }


AMOUNTS = tuple(_counted(number, treat) for treat in TREATS for number in range(len(NUMBERS)))
"""So many of such a treat: entry ``treat * len(NUMBERS) + number``."""


def amount(treat: int, number: int) -> int:
    """The index in ``AMOUNTS`` of that many of a treat."""
    return treat * len(NUMBERS) + number
