"""What is unseen is really unseen, and the facts of a split are counted exactly."""

from __future__ import annotations

import itertools
import math

import pytest

from vibejam_core.text.tinyworld import KINDS, SPLITS, arithmetic, document, splits
from vibejam_core.text.tinyworld.people import PEOPLE
from vibejam_core.text.tinyworld.places import PLACES
from vibejam_core.text.tinyworld.rng import Draws
from vibejam_core.text.tinyworld.things import THINGS


def combinations(kind: str, facts: tuple[int, ...]) -> set[tuple[int, int, int]]:
    """Every person, thing and place that can come together in a document with these facts."""
    n_people = 3 if len(facts) == 6 else 2
    thing, people, places = facts[0], facts[1 : 1 + n_people], facts[1 + n_people :]
    return {(person, thing, place) for person in people for place in places}


@pytest.mark.parametrize("kind", KINDS)
def test_no_combination_of_the_compositional_split_occurs_in_training_or_validation(kind: str) -> None:
    held = splits.held_out()
    for split, index in itertools.product(("train", "val"), range(1500)):
        for combination in combinations(kind, document(kind, split, 0, index).facts):
            assert not held[combination]
    for index in range(200):
        facts = document(kind, "compositional", 0, index).facts
        assert held[facts[1], facts[0], facts[4 if len(facts) == 6 else 3]]


def test_the_facts_are_in_the_text() -> None:
    for index in range(200):
        found = document("story", "train", 0, index)
        people = found.facts[1 : 4 if len(found.facts) == 6 else 3]
        assert THINGS[found.facts[0]][""] in found.text
        assert all(PEOPLE[person][""] in found.text for person in people)
        assert PLACES[found.facts[-1]]["bare"] in found.text


@pytest.mark.parametrize("kind", KINDS)
def test_no_facts_are_both_for_training_and_for_validation(kind: str) -> None:
    def deciding(split: str) -> set[tuple[int, ...]]:
        made = (document(kind, split, 0, index).facts for index in range(1500))
        return {(facts[0], facts[1], facts[2], facts[4 if len(facts) == 6 else 3]) for facts in made}

    assert not deciding("train") & deciding("val")


def test_every_person_thing_and_place_and_every_pair_of_them_occurs_in_training() -> None:
    open_ = ~splits.held_out()
    assert all(open_.any(axis=axis).all() for axis in range(3))


def test_counts_agree_with_a_count_by_hand() -> None:
    """Two people and one place: all 441,600 facts, one by one."""
    counted = dict.fromkeys((*SPLITS, None), 0)
    for first, second in itertools.permutations(range(24), 2):
        for thing, place in itertools.product(range(40), range(20)):
            counted[splits.split_of(thing, (first, second), (place,))] += 1
    assert [counted[split] for split in SPLITS] == [splits.count(split, 2, 1) for split in SPLITS]


@pytest.mark.parametrize("split", SPLITS)
def test_counts_agree_with_the_share_of_random_facts(split: str) -> None:
    """Three people and two places are too many to go through; the share in a sample has a known error."""
    draws, hits, n = Draws("share"), 0, 40_000
    for _ in range(n):
        people = splits._different(draws, 24, 3)
        hits += splits.split_of(draws.below(40), people, splits._different(draws, 20, 2)) == split
    share = splits.count(split, 3, 2) / (40 * math.perm(24, 3) * math.perm(20, 2))
    assert hits / n == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / n))


def test_a_validation_problem_has_numbers_that_training_never_has() -> None:
    for signs in arithmetic.PATTERNS:
        assert len(arithmetic.numbers(signs, "val")) > 3
        assert not set(arithmetic.numbers(signs, "train")) & set(arithmetic.numbers(signs, "val"))
