"""Which facts belong to which split, and exactly how many there are of each.

The facts of a document are persons, a thing and places. A combination of one person, one thing and one place may be
held out: it never occurs outside the compositional split, whoever holds the thing and wherever it is carried. Among
the facts without such a combination, a hash of the first two persons, the thing and the first place decides between
training and validation.

Facts are drawn until they belong to the wanted split, so within a split all of its facts are equally likely. How many
there are is counted here, without a sample: the surprise of drawing them is the logarithm of that count.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import numpy.typing as npt

from vibejam_core.text.tinyworld.people import PEOPLE
from vibejam_core.text.tinyworld.places import PLACES
from vibejam_core.text.tinyworld.rng import Draws
from vibejam_core.text.tinyworld.things import THINGS

SPLITS = ("train", "val", "compositional")
"""Seen in training; unseen facts; unseen combinations of a person with a thing in a place."""

SHARE = 16
"""One combination in so many is held out, and one of the other facts in so many is for validation."""

SHAPE = (len(PEOPLE), len(THINGS), len(PLACES))
Facts = tuple[int, int, tuple[int, ...], tuple[int, ...]]


def scrambled(numbers: npt.NDArray[np.uint64], salt: int) -> npt.NDArray[np.uint64]:
    """A hash of each number (the finaliser of SplitMix64); whole numbers only, so the same everywhere."""
    mixed = (numbers + np.uint64(salt)) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))


def chosen(count: int, salt: int) -> npt.NDArray[np.bool_]:
    """For each of the numbers below ``count``, whether the hash chooses it: one in ``SHARE``."""
    return scrambled(np.arange(count, dtype=np.uint64), salt) % np.uint64(SHARE) == 0


@cache
def held_out() -> npt.NDArray[np.bool_]:
    """Whether each combination ``[person, thing, place]`` is held out."""
    return chosen(math.prod(SHAPE), 1).reshape(SHAPE)


@cache
def for_validation() -> npt.NDArray[np.bool_]:
    """Whether facts that begin with ``[first person, second person, thing, first place]`` are for validation."""
    return chosen(SHAPE[0] * math.prod(SHAPE), 2).reshape(SHAPE[0], *SHAPE)


@cache
def _tables() -> tuple[bytes, bytes]:
    return held_out().tobytes(), for_validation().tobytes()


def split_of(thing: int, people: tuple[int, ...], places: tuple[int, ...]) -> str | None:
    """The split of these facts; None if the first person's is not held out but another combination is."""
    held, validation = _tables()
    _, n_things, n_places = SHAPE
    if held[(people[0] * n_things + thing) * n_places + places[0]]:
        return "compositional"
    for person in people:
        for place in places:
            if held[(person * n_things + thing) * n_places + place]:
                return None
    index = ((people[0] * SHAPE[0] + people[1]) * n_things + thing) * n_places + places[0]
    return "val" if validation[index] else "train"


@cache
def count(split: str, n_people: int, n_places: int) -> int:
    """How many facts with so many different persons (at least 2) and places (1 or 2) a split has, exactly."""
    held, validation = held_out(), for_validation()
    persons, _, places = SHAPE
    if split == "compositional":
        others = math.perm(persons - 1, n_people - 1) * math.perm(places - 1, n_places - 1)
        return int(held.sum()) * others
    total = 0
    wanted = validation if split == "val" else ~validation
    for thing in range(SHAPE[1]):
        free = ~held[:, thing, :]  # (persons, places)
        for first in range(places):
            for second in range(places) if n_places == 2 else (first,):
                if n_places == 2 and first == second:
                    continue
                fit = np.flatnonzero(free[:, first] & free[:, second])
                pairs = wanted[:, :, thing, first][np.ix_(fit, fit)]
                ordered = int(pairs.sum()) - int(np.diagonal(pairs).sum())
                total += ordered * math.perm(len(fit) - 2, n_people - 2)
    return total


def _different(draws: Draws, size: int, number: int) -> tuple[int, ...]:
    found: list[int] = []
    while len(found) < number:
        index = draws.word() * size >> 64
        if index not in found:
            found.append(index)
    return tuple(found)


def draw_facts(draws: Draws, split: str, n_people: int = 2, n_places: int = 1) -> tuple[int, ...]:
    """``(thing, persons..., places...)`` of a split, all equally likely; their surprise is counted in ``draws``."""
    while True:
        thing = draws.word() * SHAPE[1] >> 64
        people = _different(draws, SHAPE[0], n_people)
        places = _different(draws, SHAPE[2], n_places)
        if split_of(thing, people, places) == split:
            facts = (thing, *people, *places)
            draws.known(math.log2(count(split, n_people, n_places)), *facts)
            draws.facts = facts
            return facts
