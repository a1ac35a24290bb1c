"""Who lives in Thimble: twenty-four people, some of whom are animals."""

from __future__ import annotations

# name | pronoun | trade | temper, after "who" | habit, a sentence of its own
_TABLE = """
Mira|she|the baker|counted everything twice|Mira counted her own shoes. There were two, as usual.
Bram|he|the goat|had opinions about hats|Bram tasted a corner of somebody's hat and made a face.
Odile|she|the ferrywoman|never trusted a dry floor|Odile stepped over a puddle as if it owed her money.
Fitz|he|the postman|read every postcard first|Fitz read a postcard, turned red and put it back.
Hazel|she|the clockmaker|was early for everything|Hazel was so early that she waved to yesterday.
Tobin|he|the miller|could sleep standing up|Tobin fell asleep on his feet, then woke and denied it.
Wren|she|the bell ringer|whispered even when she shouted|Wren shouted for joy. Nobody heard it.
Gus|he|the badger|did not believe in mornings|Gus yawned so wide that a moth turned back.
Pella|she|the goose|had never lost an argument|Pella won an argument with a fence post.
Anton|he|the gardener|preferred turnips to people|Anton told a turnip a secret and felt better.
Ines|she|the librarian|could hear a page being folded|Ines said "Hush" to a passing cloud.
Otto|he|the lighthouse keeper|was afraid of the dark|Otto looked at his own shadow and asked it to go first.
Dora|she|the cook|put salt on everything|Dora salted a bun, a bench and, by mistake, a bishop.
Magnus|he|the carpenter|measured once and hoped|Magnus measured a plank and wrote down the wrong number with great care.
Sal|she|the fisher|had never caught a fish|Sal threw out her line and caught a boot. It was her own.
Ned|he|the tailor|noticed every loose thread|Ned saw a loose thread, pulled it, and lost a sleeve.
Lotte|she|the cat|belonged to nobody|Lotte sat down exactly where it was in the way.
Jory|he|the shepherd|kept losing count of his sheep|Jory tried to count his sheep and woke up an hour later.
Nan|she|the oldest of all|remembered everything slightly wrong|Nan told the story of the great flood, which had been a small flood.
Rufus|he|the fox|was more honest than he looked|Rufus tried to look honest. It made things worse.
Vera|she|the doctor|cured everything with soup|Vera looked at a sneezing bush and ordered soup.
Emil|he|the mayor|had been elected by mistake|Emil gave a short speech to three ducks, and two stayed.
Clem|he|the inventor|had invented the wheel again|Clem invented a quiet drum. It was a pillow.
Zuzu|she|the juggler|only dropped things on purpose|Zuzu juggled three eggs, then two, then an omelette.
"""

_PRONOUNS = {"she": ("her", "her", "hers", "herself"), "he": ("him", "his", "his", "himself")}


def _forms(row: str) -> dict[str, str]:
    name, she, trade, temper, habit = row.split("|")
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
        "Title": trade[0].upper() + trade[1:],
        "who": "who " + temper,
        "temper": temper,
        "habit": habit,
    }


PEOPLE = tuple(_forms(row) for row in _TABLE.strip().splitlines())
"""Each person's forms: ``""`` is the name, ``she`` the pronoun, ``who`` the temper, and so on."""
