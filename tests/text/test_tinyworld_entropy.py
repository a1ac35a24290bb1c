"""The floor: exact where it can be enumerated, and steady where it can't."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from fractions import Fraction

import pytest

from vibejam_core.text.tinyworld import KINDS, ReducedWorld, entropy, estimate

NAMES = ("Mira", "Bram", "Odile")
THINGS = (("a kite", "the kite"), ("a lantern", "the lantern"))
PLACES = ("at the mill", "at the harbour")


def reduced_world() -> dict[str, Fraction]:
    """Every text of the reduced world with its probability, written out independently of the generator."""
    told: dict[str, Fraction] = {}
    for name, (a_thing, thing), place in itertools.product(NAMES, THINGS, PLACES):
        begins = (
            f"{name} was {place} with {a_thing}.",
            f"{place.capitalize()}, {name} had {a_thing}.",
            f"{name} took {a_thing} and sat down, right {place}.",
        )
        for begin in begins:
            part = Fraction(1, 3 * 2 * 2 * 3)
            told[f"{begin} Now {name} has {thing}."] = part / 2
            for other in set(NAMES) - {name}:
                for first in (f"{name} gave {thing} to {other}.", f"Then {other} got it from {name}."):
                    told[f"{begin} {first} Now {other} has {thing}."] = part / 3 / 4
                    for third in set(NAMES) - {other}:
                        for second in (f"{other} gave {thing} to {third}.", f"Then {third} got it from {other}."):
                            text = f"{begin} {first} {second} Now {third} has {thing}."
                            told[text] = part / 6 / 16
    return told


def test_probabilities_of_the_reduced_world_sum_to_one() -> None:
    assert sum(reduced_world().values()) == 1


def test_a_reduced_document_carries_its_exact_surprise() -> None:
    world, small = reduced_world(), ReducedWorld()
    seen = Counter(small.document(index) for index in range(3000))
    assert len(seen) > 400
    for text, bits in seen:
        assert bits == pytest.approx(-math.log2(world[text]), abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_estimate_agrees_with_the_enumeration_within_its_error(seed: int) -> None:
    world, small = reduced_world(), ReducedWorld(seed=seed)
    bits = sum(float(p) * -math.log2(p) for p in world.values())
    size = sum(float(p) * len(text) for text, p in world.items())
    found = estimate((surprise, len(text)) for text, surprise in map(small.document, range(2000)))
    assert abs(found.bits_per_byte - bits / size) < 3 * found.standard_error
    assert found.bits_per_document == pytest.approx(bits, rel=0.02)


def test_the_standard_error_is_the_spread_of_many_estimates() -> None:
    worlds = [ReducedWorld(seed=seed) for seed in range(100, 260)]
    found = [estimate((b, len(t)) for t, b in map(world.document, range(100))) for world in worlds]
    mean = sum(each.bits_per_byte for each in found) / len(found)
    spread = math.sqrt(sum((each.bits_per_byte - mean) ** 2 for each in found) / (len(found) - 1))
    reported = sum(each.standard_error for each in found) / len(found)
    assert 0.8 < spread / reported < 1.25


@pytest.mark.parametrize("kind", KINDS)
def test_two_halves_of_a_kind_agree(kind: str) -> None:
    one, two = entropy(kind, n=400, seed=1), entropy(kind, n=400, seed=2)
    assert abs(one.bits_per_byte - two.bits_per_byte) < 4.5 * math.hypot(one.standard_error, two.standard_error)
    assert 0.05 < one.bits_per_byte < 0.5


def test_nats_are_bits_in_another_unit() -> None:
    found = estimate([(8.0, 8), (8.0, 8)])
    assert found.nats_per_byte == pytest.approx(0.6931, abs=1e-4)
    assert found.standard_error == 0


def test_one_document_has_no_spread() -> None:
    with pytest.raises(ValueError, match="at least 2 documents, not 1"):
        entropy("story", n=1)
