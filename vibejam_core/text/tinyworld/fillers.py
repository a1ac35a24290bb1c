"""Lists of words for the slots that change nothing but the mood: weather, manners, animals that steal."""

from __future__ import annotations

_TABLE = {
    "weather": "sunny,windy,foggy,frosty,quiet,rainy,damp,bright,grey,mild,stormy,golden,chilly,hazy",
    "day": "Monday,Tuesday,Wednesday,Thursday,Friday,Saturday,Sunday",
    "hour": "eight,nine,ten,eleven",
    "wind": "blew from all sides|had been up all night|was looking for somebody's hat|pulled at every door|smelled of rain",
    "manner": "out of breath|with wet feet|singing the wrong words|backwards, for practice|with jam on one ear|"
    "wearing two hats|in a great hurry to do nothing|without any reason|one shoe missing|in excellent spirits",
    "doing": "waiting for somebody to blame|drawing a moustache on a poster|asleep with one eye open|sorting pebbles by age|"
    "arguing with a bee|trying to look busy|guarding an empty box|teaching a snail to sit|mending a sock with string|"
    "practising a surprised face",
    "thief": "a gull|a hedgehog|a passing pony|a very small pig|a magpie|a squirrel|a bold mouse|somebody's uncle|"
    "a raccoon|the school choir|a duck in a hurry|a crow",
    "reason": "in case of visitors|for the look of it|against the sadness|in case of dragons|for the way home|"
    "by mistake|just in case|to be on the safe side",
    "mood": "calmly|proudly|carefully|a little sadly|with a bow|at once|in the end|with a sigh|like a king|without a word",
    "sound": "sneezed|hiccuped|laughed|sighed|whistled|coughed|hummed|yawned",
    "vow": "before dark|before supper|before the owls wake|before the moon comes up|by tonight|by sunset",
    "body": "nose|left foot|elbow|whiskers|knees|chin|ears",
    "part": "nose|left foot|elbow|chin|thumb|other nose",
    "value": "a good horse|two grandmothers|a whole summer|my other shoe|the moon|a warm bed|the mayor's chair",
    "weatherman": "A cloud went by that looked like a sheep|It began to rain, but only on one side of the road|"
    "The sun came out, saw them and went in again|A rainbow appeared and nobody paid for it|"
    "Far away there was thunder, or a very large cart|The fog came in without knocking|"
    "It snowed for a minute, then apologised|A warm wind blew all the bad ideas about|"
    "The sky turned the colour of soup|Everything smelled of wet leaves|A leaf fell, slowly, with great effect|"
    "The puddles had skies in them|The wind turned over a new leaf, then an old one|"
    "Somewhere a church bell was late|A dog barked twice and took one of them back|"
    "The first swallow of the year went by, looking lost|Two snails had a race, and it went on and on|"
    "A spider finished its web and stood back to look|The grass grew a little while nobody watched|"
    "A bee flew past with somewhere to be",
    "dusk": "In the evening|At the end of the day|When the lamps were lit|At supper time|When the stars came out|By nightfall",
    "dusk_small": "in the evening|at the end of the day|by nightfall|in the end|at supper time",
    "body_foot": "foot|tail|shadow|hat|coat",
    "noon": "At noon|After lunch|A little later|In the afternoon|When the clock had struck three|An hour later|"
    "After a long think|Around tea time",
    "noon_small": "at noon|after lunch|a little later|in the afternoon|around tea time",
    "seller": "a duke|a travelling aunt|a retired pirate|a polite stranger|a man with no eyebrows|a lady on stilts|"
    "a monk|two sailors",
    "relative": "aunt|uncle|cousin|grandmother|godfather|neighbour",
    "note": "Sorry|Good luck|You will know why|Do not feed it|Not for cousins|As promised|Keep it dry|It was like that already",
    "country": "France|Spain|Brazil|Japan|Egypt|Norway|Peru|Kenya|Canada|Finland",
    "first": "man on the moon|president|woman to fly a plane|king of England|Roman emperor",
    "far": "London|the sun|Paris|the South Pole|the next galaxy|Mars",
    "written": "the longest novel in the world|the Bible|that song on the radio|the first dictionary",
    "future": "the price of oil|the winning number|the weather in Rome|the news",
    "opinion": "modern art|politics|football|the internet|television|electric cars",
    "science": "quantum physics|gravity|black holes|how vaccines work|chemistry|electricity",
    "invention": "the telephone|the computer|the bicycle|the camera|the zip|the microscope",
    "machine": "dishwasher|laptop|phone|motorbike|printer|aeroplane",
    "pocket": "pocket|bag|hat|left boot|apron|basin",
    "plan": "to become famous before lunch|to do nothing, and to do it well|to be useful to somebody|to learn to whistle|"
    "to win a prize, any prize|to be taken seriously|to be home before the rain|to make one friend",
    "excuse": "My arms are tired|I have to sneeze|It likes you better|I have looked at it long enough|My mother is watching|"
    "You have the face for it|I need both hands for thinking|It has started to hum",
    "care": "If it breaks, we both did it|Only with clean hands|Mind the sharp end|Do not let it out of your sight|"
    "But no jokes about it|Talk to it nicely|Do not tell the mayor|It bites on Fridays",
}


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split("|" if "|" in text else ","))


FILLERS: dict[str, tuple[str, ...]] = {name: _split(text) for name, text in _TABLE.items()}
"""Each list by its name, in the order in which it is drawn from."""
