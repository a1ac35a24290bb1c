"""Small talk: somebody says where a thing was left, talks of other matters, and asks for it again."""

from __future__ import annotations

from vibejam_core.text.tinyworld.conversation import Message, asked_as, every_question, read_whole, unfinished
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


def check(messages: list[Message], truncated: bool = False) -> list[str]:
    """What is wrong with a conversation of small talk."""
    faults: list[str] = []
    facts: Roles = {}
    for number, (_, asked) in enumerate(messages[::2]):
        answers = messages[2 * number + 1 : 2 * number + 2]
        found = asked_as(EXCHANGES, asked)
        if not found:
            if answers or not (truncated and unfinished(every_question(EXCHANGES), asked)):
                faults.append(f'I can\'t read the question "{asked}"')
            continue
        each, roles, wrong = found[0]
        faults += wrong
        if each.name == "intro":
            facts = roles
        elif each.name in (*RECALLED, "use"):
            faults += [fault for role in roles if role in facts for fault in _differs(role, roles[role], facts)]
            roles = {**facts, **roles}
        for _, said in answers:
            answered = read_whole(each.answered, said)
            if answered:
                faults += answered[1]
                faults += [fault for role, index in answered[0].items() for fault in _differs(role, index, roles)]
            elif not (truncated and 2 * number + 2 == len(messages) and unfinished(each.answered, said)):
                faults.append(f'"{said}" is no answer to "{asked}"')
    return faults


def _differs(role: str, said: int, facts: Roles) -> list[str]:
    if role not in facts:
        return [f"nobody has said anything about the {CATEGORIES[role][0]}"]
    kind, entities = CATEGORIES[role]
    right = facts[role]
    return [] if said == right else [f"the {kind} is {entities[right]['']}, not {entities[said]['']}"]
