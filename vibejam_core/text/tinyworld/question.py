"""Questions: a short story, then a conversation about it."""

from __future__ import annotations

from vibejam_core.text.tinyworld.conversation import (
    Exchange,
    Message,
    asked_as,
    by_name,
    every_question,
    exchange,
    read_whole,
    unfinished,
)
from vibejam_core.text.tinyworld.grammar import CATEGORIES
from vibejam_core.text.tinyworld.rng import Draws
from vibejam_core.text.tinyworld.state import Roles, State
from vibejam_core.text.tinyworld.story import tell_story
from vibejam_core.text.tinyworld.things import amount

_WHO = """
Who has the {T} now?
Who is holding the {T} at the end?
In whose hands is the {T} now?
So who ended up with the {T}?
"""
_WHERE = """
Where is the {T} now?
Where did the {T} end up?
If I wanted the {T}, where would I have to go?
Where would you look for the {T}?
"""
_PROMISE = """
Did anyone promise to bring the {T} back?
Was there a promise about the {T}?
Who promised to return the {T}?
"""

EXCHANGES = by_name(
    exchange("who", _WHO, "{X} has the {T}.\nThe {T} is with {X}.\n{X}, and nobody else.\nThat would be {X}."),
    exchange("who_nobody", _WHO, "Nobody. The {T} lies {P.at}, {P.spot}.\nNobody has it: it is {P.at}, {P.spot}."),
    exchange("where", _WHERE, "The {T} is {P.at}, with {X}.\n{P.At}: {X} has it there.\nIt is {P.at}, because {X} has it."),
    exchange("where_hidden", _WHERE, "The {T} is {P.at}, {P.spot}.\nLook {P.spot}, {P.at}.\nIt is {P.spot}, {P.at}."),
    exchange(
        "person",
        "Where is {X} now?\nAnd where is {X}?\nWhere could I find {X}?\nWhere was {X} in the end?",
        "{X} is {P.at}.\n{P.At}.\nYou would find {X.him} {P.at}. I mean {X}.",
    ),
    exchange(
        "left",
        "How many {U} are left?\nHow many {U} does {X} have now?\nAnd the {U}? How many are there still?",
        "{N.Cap}.\n{X} has {N}.\nThere {N.is} {N} left.",
    ),
    exchange(
        "gone",
        "How many {U} are gone?\nHow many of the {U} has {X} lost, shared or eaten?",
        "{K.Cap}: there were {M}, and now there {S.is} {S}.\nOf {M}, {K} {K.is} gone.",
    ),
    exchange(
        "none_gone",
        "How many {U} are gone?\nHow many of the {U} has {X} lost, shared or eaten?",
        "None. {X} still has all {M}.\nNot a single one: all {M} are there.",
    ),
    exchange(
        "colour",
        "What colour is the {T}?\nWhat does the {T} look like?\nWhich {T} was it?",
        "{G.Cap}.\nIt is {G.a} {T}.\nThe {T} is {G}.",
    ),
    exchange(
        "first",
        "Who had the {T} in the beginning?\nWho had the {T} first?\nWith whom did the {T} start the day?",
        "{X} had it first.\n{X} did, {P.at}.\nIn the beginning {X} had it.",
    ),
    exchange("promise", _PROMISE, "Yes: {X} promised it to {Y}.\n{X} promised {Y} to bring it back.\n{X} gave {Y} {X.her} word."),
    exchange("no_promise", _PROMISE, "Nobody promised anything.\nNo, there was no promise."),
    exchange(
        "unsaid",
        "How old is {X}?\nWhat is the name of {X}'s sister?\nWhat did {X} have for breakfast?\nWhat did {X} dream of that night?\n"
        "Does {X} like music?\nHow tall is {X}?",
        "The story does not say.\nI don't know. The story does not tell us.\nNobody told me that.",
    ),
)  # fmt: skip

TOPICS = ("thing", "place", "person", "left", "gone", "colour", "first", "promise", "unsaid")
"""What can be asked about."""


def answers(topic: str, state: State) -> tuple[str, Roles]:
    """The exchange that a story leads to on a topic, with its roles except those that are drawn."""
    hero = next(iter(state.where))
    held = state.holder >= 0
    here = {"X": state.holder if held else state.hider, "T": state.thing, "P": state.thing_place()}
    if topic == "thing":
        return ("who" if held else "who_nobody"), here
    if topic == "place":
        return ("where" if held else "where_hidden"), here
    if topic == "left":
        return "left", {"X": state.owner, "U": state.treat, "N": amount(state.treat, state.left)}
    if topic == "gone":
        gone = state.start - state.left
        roles = {"X": state.owner, "U": state.treat, "M": amount(state.treat, state.start), "S": state.left}
        return ("gone" if gone else "none_gone"), {**roles, "K": amount(state.treat, gone)}
    if topic == "colour":
        return "colour", {"T": state.thing, "G": state.colour}
    if topic == "first":
        return "first", {"X": hero, "T": state.thing, "P": state.home}
    if topic == "promise":
        if state.promise is None:
            return "no_promise", {"T": state.thing}
        return "promise", {"X": state.promise[0], "Y": state.promise[1], "T": state.thing}
    return topic, {"T": state.thing}


def converse(draws: Draws, split: str) -> list[Message]:
    """A conversation about a story of a split."""
    teller = tell_story(draws, split, short=True)
    state = teller.state
    people = list(state.where)
    topics = [topic for topic in TOPICS if state.owner >= 0 or topic not in ("left", "gone")]
    messages: list[Message] = []
    for number in range(2 + draws.below(2)):
        topic = topics.pop(draws.below(len(topics)))
        name, roles = answers(topic, state)
        if topic in ("person", "unsaid"):
            person = draws.pick(people)
            roles = {**roles, "X": person, "P": state.where[person]}
        asked, answered = EXCHANGES[name].write(roles, draws)
        story = teller.text(" ") + "\n" if number == 0 else ""
        messages += [("user", story + asked), ("assistant", answered)]
    return messages


def check(state: State, messages: list[Message], truncated: bool = False) -> list[str]:
    """What is wrong with questions and answers about a story in this state."""
    faults: list[str] = []
    for number, (_, asked) in enumerate(messages[::2]):
        answers = messages[2 * number + 1 : 2 * number + 2]
        found = asked_as(EXCHANGES, asked)
        if not found and (answers or not (truncated and unfinished(every_question(EXCHANGES), asked))):
            faults.append(f'I can\'t read the question "{asked}"')
        for _, said in answers if found else []:
            results = [
                misread + answered[1] + _check_answer(state, each, {**roles, **answered[0]})
                for each, roles, misread in found
                if (answered := read_whole(each.answered, said)) is not None
            ]
            begun = [line for each, _, _ in found for line in each.answered]
            if results:
                faults += sorted(results, key=len)[0]
            elif not (truncated and 2 * number + 2 == len(messages) and unfinished(begun, said)):
                faults.append(f'"{said}" is no answer to "{asked}"')
    return faults


def _check_answer(state: State, found: Exchange, said: Roles) -> list[str]:
    topic = {"who": "thing", "who_nobody": "thing", "where": "place", "where_hidden": "place", "none_gone": "gone",
             "no_promise": "promise"}.get(found.name, found.name)  # fmt: skip
    if topic in ("left", "gone") and state.owner < 0:
        return ["there is no lunch in this story to be asked about"]
    if said.get("X", state.holder) not in state.where and said.get("X", -1) >= 0:
        return [f"{CATEGORIES['X'][1][said['X']]['']} is not in the story"]
    name, roles = answers(topic, state)
    if topic in ("person", "unsaid"):
        roles = {**roles, "X": said.get("X", -1), "P": state.where.get(said.get("X", -1), -1)}
    if name != found.name:
        return [f"the answer contradicts the story: {ACCORDING[name]}"]
    return [wrong(role, said[role], roles[role]) for role in said if said[role] != roles.get(role)]


ACCORDING = {
    "who": "somebody has the thing",
    "who_nobody": "nobody has the thing",
    "where": "somebody has the thing",
    "where_hidden": "the thing lies hidden",
    "gone": "some of the lunch is gone",
    "none_gone": "all of the lunch is still there",
    "promise": "there was a promise",
    "no_promise": "there was no promise",
}
"""What is so when the right answer is of another kind than the one given."""


def wrong(role: str, said: int, right: int) -> str:
    """That something else was said than what is so."""
    kind, entities = CATEGORIES[role[0]]
    return f"the answer contradicts the story: the {kind} is {entities[right]['']}, not {entities[said]['']}"
