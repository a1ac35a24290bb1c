"""Probes ask for the state after a known number of sentences, and only one answer is true."""

from __future__ import annotations

from collections import Counter

import pytest

from vibejam_core.text.tinyworld import DISTANCES, probes, violations
from vibejam_core.text.tinyworld.grammar import sentences
from vibejam_core.text.tinyworld.people import PEOPLE
from vibejam_core.text.tinyworld.places import PLACES
from vibejam_core.text.tinyworld.probes import ABOUT
from vibejam_core.text.tinyworld.reader import read_story
from vibejam_core.text.tinyworld.things import NUMBERS


@pytest.mark.parametrize("distance", DISTANCES)
def test_the_answer_is_what_the_checker_reads_from_the_prompt(distance: int) -> None:
    for probe in probes(distance, n=60):
        assert violations(probe.prompt, truncated=True) == []
        state = read_story(probe.prompt).state
        right = {
            "holder": PEOPLE[state.holder][""],
            "place": PLACES[state.thing_place()]["at"],
            "left": NUMBERS[state.left],
            "promise": PEOPLE[state.promise[1]][""] if state.promise else "",
        }[probe.about]
        assert probe.answer == f" {right}"
        assert probe.answer not in probe.wrong
        assert probe.wrong


@pytest.mark.parametrize("distance", DISTANCES)
def test_so_many_sentences_lie_between_the_deciding_one_and_the_question(distance: int) -> None:
    for probe in probes(distance, n=60):
        middle = probe.prompt.split("\n\n")[2 if probe.prompt.count("\n\n") == 3 else 1]
        deciding = {"holder": ("lend",), "place": ("go",), "left": ("steal",), "promise": ("vow",)}[probe.about]
        events = read_story(probe.prompt).events
        last = max(number for number, event in enumerate(events) if event in deciding)
        assert all(event in ("habit", "weather", "scenery", "chat") for event in events[last + 1 :])
        assert sentences(middle) >= distance
        assert probe.distance == distance


def test_what_is_wrong_comes_from_the_story() -> None:
    for probe in probes(4, n=80):
        if probe.about in ("holder", "promise"):
            assert all(name.strip() in probe.prompt for name in probe.wrong)


def test_every_kind_of_question_is_asked_and_probes_can_be_made_again() -> None:
    made = probes(2, "train", 3, 200)
    assert made == probes(2, "train", 3, 200)
    assert set(Counter(probe.about for probe in made)) == set(ABOUT)
    assert len({probe.prompt for probe in made}) == 200


def test_the_answer_cannot_be_told_from_who_comes_first() -> None:
    """Neither the first nor the last name of the prompt is always right."""
    held = [probe for probe in probes(1, n=400) if probe.about == "holder"]
    places: Counter[int] = Counter()
    for probe in held:
        names = sorted((*probe.wrong, probe.answer), key=lambda name: probe.prompt.index(name.strip()))
        places[names.index(probe.answer)] += 1
    assert all(0.15 < places[rank] / len(held) < 0.6 for rank in range(3))


def test_a_distance_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        probes(0)
