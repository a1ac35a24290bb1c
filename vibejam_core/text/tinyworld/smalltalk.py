"""Small talk: somebody says where a thing was left, talks of other matters, and asks for it again."""

from __future__ import annotations

from vibejam_core.text.tinyworld.conversation import Message, asked_as, read_whole, to_messages
from vibejam_core.text.tinyworld.grammar import CATEGORIES
from vibejam_core.text.tinyworld.people import PEOPLE
from vibejam_core.text.tinyworld.places import PLACES
from vibejam_core.text.tinyworld.rng import Draws
from vibejam_core.text.tinyworld.smalltalk_lines import EXCHANGES
from vibejam_core.text.tinyworld.splits import draw_facts
from vibejam_core.text.tinyworld.state import Roles

BETWEEN = ("you", "can", "person", "trade", "place", "use", "unknown", "unknown", "mood")
"""What the talk turns to between the introduction and the question; the unknown comes up twice as often."""

RECALLED = ("where", "name", "what")
"""What is asked about the introduction."""


def write(draws: Draws, split: str) -> list[Message]:
    """A conversation of four to seven exchanges."""
    thing, first, second, place = draw_facts(draws, split)
    facts = {"X": first, "Y": second, "T": thing, "P": place}
    names = ["hello"] if draws.below(2) else []
    names.append("intro")
    between = list(dict.fromkeys(BETWEEN))
    for _ in range(1 + draws.below(3)):
        weights = [BETWEEN.count(name) for name in between]
        names.append(between.pop(draws.weighted(weights)))
    names.append(draws.pick(RECALLED))
    if draws.below(2):
        names.append("bye")
    messages: list[Message] = []
    for name in names:
        roles = facts
        if name == "place":
            roles = {**facts, "Q": draws.below(len(PLACES))}
        elif name == "trade":
            roles = {**facts, "Y": draws.below(len(PEOPLE))}
        asked, answered = EXCHANGES[name].write(roles, draws)
        messages += [("user", asked), ("assistant", answered)]
    return messages


def check(text: str) -> list[str]:
    """What is wrong with a conversation of small talk."""
    faults: list[str] = []
    facts: Roles = {}
    messages = to_messages(text)
    for (_, asked), (_, said) in zip(messages[::2], messages[1::2], strict=False):
        found = asked_as(EXCHANGES, asked)
        if not found:
            faults.append(f'I can\'t read the question "{asked}"')
            continue
        each, roles, wrong = found[0]
        answered = read_whole(each.answered, said)
        if answered is None:
            faults.append(f'"{said}" is no answer to "{asked}"')
            continue
        if each.name == "intro":
            facts = roles
        elif each.name in RECALLED:
            roles = {**facts, **roles}
        faults += wrong + answered[1]
        for role, index in answered[0].items():
            faults += _differs(role, index, roles)
        if each.name in (*RECALLED, "use"):
            faults += [fault for role in roles if role in facts for fault in _differs(role, roles[role], facts)]
    return faults


def _differs(role: str, said: int, facts: Roles) -> list[str]:
    if role not in facts:
        return [f"nobody has said anything about the {CATEGORIES[role][0]}"]
    kind, entities = CATEGORIES[role]
    right = facts[role]
    return [] if said == right else [f"the {kind} is {entities[right]['']}, not {entities[said]['']}"]
