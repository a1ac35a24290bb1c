"""Who lives in Thimble: twenty-four people, some of whom are animals."""

from __future__ import annotations

# name | pronoun | trade | temper, after "who"; then two habits
_TABLE = """
Mira|she|the baker|counted everything twice
  Mira counted her own shoes. There were two, as usual.
  Mira checked whether all her fingers were there, and then the others'.
Bram|he|the goat|had opinions about hats
  Bram tasted a corner of somebody's hat and made a face.
  Bram said that a hat should be soft, and not too salty.
Odile|she|the ferrywoman|never trusted a dry floor
  Odile stepped over a puddle as if it owed her money.
  Odile asked a puddle for its ticket.
Fitz|he|the postman|read every postcard first
  Fitz read a postcard, turned red and put it back.
  Fitz delivered a letter to a tree, because the address said so.
Hazel|she|the clockmaker|was early for everything
  Hazel was so early that she waved to yesterday.
  Hazel wished everyone a happy new year, to be on the safe side.
Tobin|he|the miller|could sleep standing up
  Tobin fell asleep on his feet, then woke and denied it.
  Tobin snored once, very politely.
Wren|she|the bell ringer|whispered even when she shouted
  Wren shouted for joy. Nobody heard it.
  Wren sang the whole of a long song. It was like snow falling.
Gus|he|the badger|did not believe in mornings
  Gus yawned so wide that a moth turned back.
  Gus asked if it was evening yet. It was not.
Pella|she|the goose|had never lost an argument
  Pella won an argument with a fence post.
  Pella told the weather to behave, and it did.
Anton|he|the gardener|preferred turnips to people
  Anton told a turnip a secret and felt better.
  Anton stopped to greet a cabbage by its first name.
Ines|she|the librarian|could hear a page being folded
  Ines said "Hush" to a passing cloud.
  Ines put a bookmark into a sandwich.
Otto|he|the lighthouse keeper|was afraid of the dark
  Otto looked at his own shadow and asked it to go first.
  Otto lit a match to see whether it was dark.
Dora|she|the cook|put salt on everything
  Dora salted a bun, a bench and, by mistake, a bishop.
  Dora tasted the air and said that it needed pepper.
Magnus|he|the carpenter|measured once and hoped
  Magnus measured a plank and wrote down the wrong number with great care.
  Magnus hammered a nail into the air and hung his hat on it. It fell.
Sal|she|the fisher|had never caught a fish
  Sal threw out her line and caught a boot. It was her own.
  Sal told of a fish as long as an arm. It was a short arm.
Ned|he|the tailor|noticed every loose thread
  Ned saw a loose thread, pulled it, and lost a sleeve.
  Ned mended a hole in the fog.
Lotte|she|the cat|belonged to nobody
  Lotte sat down exactly where it was in the way.
  Lotte washed one paw and looked down on everybody.
Jory|he|the shepherd|kept losing count of his sheep
  Jory tried to count his sheep and woke up an hour later.
  Jory whistled for his sheep. A postman came.
Nan|she|the beekeeper|remembered everything slightly wrong
  Nan told the story of the great flood, which had been a small flood.
  Nan remembered the old king, who had been a queen.
Rufus|he|the fox|was more honest than he looked
  Rufus tried to look honest. It made things worse.
  Rufus counted some chickens aloud, purely out of interest.
Vera|she|the doctor|cured everything with soup
  Vera looked at a sneezing bush and ordered soup.
  Vera took the pulse of a gate. It was calm.
Emil|he|the mayor|had been elected by mistake
  Emil gave a short speech to three ducks, and two stayed.
  Emil opened a bridge that had been open for years.
Clem|he|the inventor|had invented the wheel again
  Clem invented a quiet drum. It was a pillow.
  Clem drew up plans for a square egg.
Zuzu|she|the juggler|only dropped things on purpose
  Zuzu juggled three eggs, then two, then an omelette.
  Zuzu threw a spoon into the air and forgot about it. It remembered her.
"""

_PRONOUNS = {"she": ("her", "her", "hers", "herself"), "he": ("him", "his", "his", "himself")}


def _forms(row: str, habit: str, quirk: str) -> dict[str, str]:
    name, she, trade, temper = row.split("|")
    him, her, hers, herself = _PRONOUNS[she]
    return {
        "": name,
        "she": she,
        "She": she.capitalize(),
        "him": him,
        "her": her,
        "Her": her.capitalize(),
        "hers": hers,
        "self": herself,
        "title": trade,
        "who": "who " + temper,
        "habit": habit,
        "quirk": quirk,
    }


_ROWS = [row.strip() for row in _TABLE.strip().splitlines()]
PEOPLE = tuple(_forms(*_ROWS[row : row + 3]) for row in range(0, len(_ROWS), 3))
"""Each person's forms: ``""`` is the name, ``she`` the pronoun, ``who`` the temper, and so on."""
