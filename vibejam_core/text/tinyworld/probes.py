"""Probes: beginnings of stories whose next word depends on what was said a known number of sentences earlier."""

from __future__ import annotations

from dataclasses import dataclass

from vibejam_core.text.tinyworld.grammar import CATEGORIES, Line, sentences
from vibejam_core.text.tinyworld.rng import Draws
from vibejam_core.text.tinyworld.splits import draw_facts
from vibejam_core.text.tinyworld.story import LINES, QUIET, Teller
from vibejam_core.text.tinyworld.things import NUMBERS, amount

DISTANCES = (1, 2, 4, 8, 16)
"""How many sentences back the deciding sentence can lie."""

ABOUT = ("holder", "place", "left", "promise")
"""What is asked for: who has the thing, where it is, how much lunch is left, to whom the thing was promised."""


@dataclass(frozen=True)
class Probe:
    """A beginning and the words that could follow; only one of them is true."""

    prompt: str
    answer: str
    """What is so; it begins with a space, as it stands in the text."""
    wrong: tuple[str, ...]
    """What is not so, but could be taken for it: others in the story, the place left behind, nearby numbers."""
    distance: int
    """How many sentences before the prompt's last, unfinished one the answer was settled; 1 is the one before."""
    about: str
    """One of ``ABOUT``."""


def _ways(event: str) -> tuple[Line, ...]:
    """The ways to tell an event in one sentence."""
    return tuple(line for line in LINES[event] if sentences(line.source.replace("{", "A").replace("@", "")) == 1)


def _question(event: str, ending: str, role: str, form: str = "") -> Line:
    """A line of stories, cut off before the slot that holds the answer."""
    return next(line for line in LINES[event] if line.source.endswith(ending)).until(role, form)


SETTLED = {"holder": _ways("lend"), "place": _ways("go"), "left": _ways("steal"), "promise": _ways("vow")}
"""How the answer is settled, always in one sentence."""

ASKED = {
    "holder": _question("held", "it was {X} who had the {T}, {P.at}.", "X"),
    "place": _question("held", "the {G} {T} was {P.at} with {X}.", "P", "at"),
    "left": _question("left", "and now had {S}.", "S"),
    "promise": _question("return", "with a few new scratches.", "Y"),
}
"""The line whose next word is the answer."""


def probe(distance: int, split: str, seed: int, index: int) -> Probe:
    """The probe of this distance, split, seed and index; see ``probes``."""
    draws = Draws(f"tinyworld/probe/{distance}/{split}/{seed}/{index}")
    thing, hero, friend, third, place, other = draw_facts(draws, split, 3, 2)
    teller = Teller(draws)
    state = teller.state
    teller.begin(thing, hero, friend, place, lunch=True)
    teller.tell("arrive", X=hero, Y=third, T=thing, P=place)
    teller.paragraph()
    people = [hero, friend, third]
    about = draws.pick(ABOUT)
    if about != "left" and draws.below(2):
        taker = draws.pick(people[1:])
        teller.tell("lend", X=hero, Y=taker, T=thing)
    holder = state.holder
    if about == "place":
        teller.tell("go", SETTLED[about], X=holder, P=other)
    elif about == "left":
        roles = teller.roles("steal")
        teller.tell("steal", SETTLED[about], **roles)
    else:
        taker = draws.pick([person for person in people if person != holder])
        teller.tell("lend" if about == "holder" else "vow", SETTLED[about], X=holder, Y=taker, T=thing)
    _wait(teller, distance - 1)
    teller.paragraph()
    return _ask(teller, about, distance)


def _wait(teller: Teller, number: int) -> None:
    """Exactly so many sentences in which nothing changes, no two of them the same."""
    state, draws, told = teller.state, teller.draws, set[str]()
    while number:
        trial = Teller(draws)
        trial.state = state
        event = draws.pick(QUIET)
        if event != "chat" or len(state.present()) > 1:
            trial.tell(event, **trial.roles(event))
            text = trial.text()
            if text not in told and sentences(text) <= number:
                told.add(text)
                teller.paragraphs[-1].append(text)
                number -= sentences(text)


def _ask(teller: Teller, about: str, distance: int) -> Probe:
    state = teller.state
    roles = {"X": state.holder, "T": state.thing, "G": state.colour}
    if about == "left":
        roles |= {"X": state.owner, "M": amount(state.treat, state.start)}
        near = (state.start, state.left + 1, state.left - 1, state.left + 2)
        answer = NUMBERS[state.left]
        wrong = [NUMBERS[number] for number in near if number > 0 and number != state.left]
    elif about == "place":
        right = state.where[state.holder]
        answer = CATEGORIES["P"][1][right]["at"]
        wrong = [CATEGORIES["P"][1][place]["at"] for place in state.where.values() if place != right]
    else:
        right = state.promise[1] if state.promise else state.holder
        names = {person: CATEGORIES["X"][1][person][""] for person in state.where}
        answer = names.pop(right)
        if about == "promise":
            del names[state.holder]
        wrong = list(names.values())
    cast = {role: CATEGORIES[role][1][index] for role, index in roles.items()}
    teller.paragraphs[-1].append(ASKED[about].write(cast, teller.draws))
    others = tuple(dict.fromkeys(f" {word}" for word in wrong))
    return Probe(teller.text(), f" {answer}", others, distance, about)


def probes(distance: int, split: str = "val", seed: int = 0, n: int = 100) -> list[Probe]:
    """Beginnings of stories, each with the right next words and those that a model could take for them.

    Nothing that happens between the deciding sentence and the question has to do with the answer. From a distance of
    about 4 on, there is more of that in a row than stories have themselves.

    Raises:
        ValueError: if ``distance`` is below 1.
    """
    if distance < 1:
        raise ValueError(f"distance must be at least 1 (the sentence before), not {distance}.")
    return [probe(distance, split, seed, index) for index in range(n)]
