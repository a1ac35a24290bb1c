"""The same few facts in plain words and in seven other voices."""

from __future__ import annotations

from vibejam_core.text.tinyworld.grammar import Line, lines

_VOICES = {
    "Plain": """
scene: {X} was {P.at}. {X.She} had {G.a} {T}.
scene: {X} stood {P.at} with {G.a} {T}.
scene: {P.At} there was {X}, with {G.a} {T}.
gift: {Y} asked for the {T}. {X} gave it to {Y.him}.
gift: {X} gave the {T} to {Y}.
gift: Then {Y} got the {T} from {X}.
refuse: {Y} asked for the {T}. {X} did not give it to {Y.him}.
refuse: {X} would not give the {T} to {Y}.
refuse: {Y} did not get the {T} from {X}.
meal: {Y} ate {K}.
meal: {Y} also had {K} to eat.
meal: After that, {Y} ate {K}.
""",
    "Pirate": """
scene: Arr! {P.At} stood old {X} with {G.a} {T}, and a finer prize ye never saw.
scene: Ahoy, mates! There be {X}, {P.at}, with {G.a} {T} on {X.her} shoulder.
scene: Shiver me timbers, {X} dropped anchor {P.at} with {G.a} {T}.
gift: "Hand over the {T}, ye sea dog," roared {Y}, and {X} did.
gift: The {T} went from {X} to {Y} without a single cannon.
gift: {Y} boarded, and {X} gave up the {T} with a salute.
refuse: "Hand over the {T}," roared {Y}. "Never," said {X}, and kept it, arr.
refuse: {Y} boarded for the {T}, but {X} held on like a barnacle and kept it.
refuse: {X} would sooner walk the plank than give {Y} the {T}, and so {X.she} kept it.
meal: Then {Y} made {K} walk the plank, straight down the hatch.
meal: {K.Cap} went overboard into {Y}.
meal: And {Y} plundered {K}, yo ho ho.
""",
    "Formal": """
scene: It is recorded that {X} was present {P.at} and in possession of {G.a} {T}.
scene: We beg to report that {X}, being {P.at}, owned {G.a} {T}.
scene: Dear Sir or Madam, {X} was observed {P.at} with {G.a} {T}.
gift: Upon request the {T} was transferred from {X} to {Y}.
gift: {X} was pleased to present the {T} to {Y}.
gift: The said {T} then passed from {X} to {Y}, in good order.
refuse: The request of {Y} regarding the {T} was declined by {X}.
refuse: {X} regrets that the {T} could not be made available to {Y}.
refuse: An application by {Y} for the {T} was refused by {X}, with thanks.
meal: Refreshments, namely {K}, were consumed by {Y}.
meal: Furthermore, {Y} is known to have eaten {K}.
meal: {Y} subsequently consumed {K}, for which a receipt is enclosed.
""",
    "Excited": """
scene: Guess what! {X} was {P.at}, and {X.she} had {G.a} {T}!
scene: Oh my! {X}! {P.At}! With {G.a} {T}! I nearly fainted!
scene: You won't believe it: {X} was {P.at} with {G.a} {T}, a real one!
gift: And then {X} gave the {T} to {Y}! Just like that!
gift: {Y} asked for the {T}, and {X} said yes! Yes!
gift: Best of all, {Y} got the {T} from {X}! Hooray!
refuse: {Y} asked for the {T}, and {X} said no! No!
refuse: And {X} did not let {Y} have the {T}! Imagine!
refuse: {Y} wanted the {T} so much, but {X} kept it! What a day!
meal: And {Y} ate {K}! In one go!
meal: {K.Cap}! Gone! {Y} ate {K.it}!
meal: Then {Y} had {K}, and it was wonderful!
""",
    "Terse": """
scene: {X}, {P.at}. One {T}, {G}.
scene: Place: {P}. Person: {X}. Object: {G} {T}.
scene: {X} had {G.a} {T}. {P.At}.
gift: One {T} for {Y}, from {X}.
gift: {X} gave {Y} the {T}. Done.
gift: New owner of the {T}: {Y}, not {X}.
refuse: {Y} wanted the {T}. {X}: no.
refuse: {X} kept the {T}. Nothing for {Y}.
refuse: No {T} for {Y}. {X} said so.
meal: {Y} ate {K}.
meal: {K.Cap} eaten. By {Y}.
meal: {Y}: {K}. Gone.
""",
    "Sleepy": """
scene: So there was {X}, yawn, {P.at}, and {X.she} had, what was it, {G.a} {T}.
scene: Mm. {X}. {P.At}, I think. With {G.a} {T}, soft as a pillow.
scene: Once, before my nap, {X} sat {P.at} with {G.a} {T}.
gift: Then {X} gave {Y} the {T}, or I dreamed it. No, {X.she} did.
gift: {Y} got the {T}, and {X} let it go, slowly, slowly.
gift: And the {T} drifted from {X} to {Y}, like a warm cloud.
refuse: {Y} wanted the {T}, but {X} was too tired to let go of it.
refuse: {X} hugged the {T} and did not give it to {Y}. Who would?
refuse: And {Y} never got the {T}. {X} had fallen asleep on it.
meal: And {Y} ate {K}, and then everyone lay down.
meal: {K.Cap}, that is what {Y} ate. Good night.
meal: {Y} had {K} in bed. Now let me sleep.
""",
    "Gossip": """
scene: You did not hear it from me, but {X} was seen {P.at} with {G.a} {T}.
scene: Between you and me, what was {X} doing {P.at} with {G.a} {T}?
scene: My cousin says that {X} goes about {P.at} with {G.a} {T}, bold as brass.
gift: And who got the {T} from {X} in the end? {Y}, if you please.
gift: {X} gave the {T} to {Y}, and everyone knows what that means.
gift: Well! {Y} has the {T} now. {X} gave it up, they say, for love.
refuse: {Y} begged for the {T}, and {X} kept it. In front of everyone, dear.
refuse: {X} would not give {Y} the {T}. They have not spoken since.
refuse: And {Y} did not get the {T} from {X}. I would be ashamed.
meal: As for {Y}, it was {K} this time. I counted.
meal: {Y} ate {K}, and nobody had offered.
meal: And then {K}, my dear. {Y} ate every crumb.
""",
    "Royal": """
scene: Hear ye! {X} the Great did stand {P.at} with {G.a} {T}.
scene: Let it be known in the land that noble {X} held {G.a} {T} {P.at}.
scene: In the year of the large pudding, {X} came unto {P} bearing {G.a} {T}.
gift: And {X} did grant the {T} to {Y}, who knelt.
gift: "Rise, Sir {Y}," spake {X}, "and take this {T}."
gift: The {T} was bestowed on {Y} by the hand of {X}, and trumpets sounded.
refuse: {Y} knelt for the {T}, yet {X} did not grant it.
refuse: "Thou shalt not have my {T}, {Y}," spake {X}, and that was law.
refuse: No {T} was bestowed on {Y}, for {X} was not amused.
meal: At the feast {Y} did devour {K}.
meal: {K.Cap} {K.was} laid before {Y}, and {K.was} no more.
meal: And {Y} dined on {K}, as befits a knight.
""",
}

EVENTS = ("scene", "gift", "refuse", "meal")
"""What a draft can say."""


def _voice(name: str, text: str) -> dict[str, tuple[Line, ...]]:
    rows = [row.split(": ", 1) for row in text.strip().splitlines()]
    return {event: lines(f"{name} {event}", "\n".join(t for e, t in rows if e == event)) for event in EVENTS}


VOICES = {name: _voice(name, text) for name, text in _VOICES.items()}
"""How each voice tells each event; ``Plain`` is the draft's."""

STYLES = tuple(name for name in VOICES if name != "Plain")
"""The voices of the rewriting."""
