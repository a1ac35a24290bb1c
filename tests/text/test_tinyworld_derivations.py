"""Every choice shows in the text: if it did not, a text would have several derivations and its surprise be wrong."""

from __future__ import annotations

import pytest

from vibejam_core.text.tinyworld import arithmetic, question, rewrite_lines, smalltalk, smalltalk_lines, spelling
from vibejam_core.text.tinyworld.fillers import FILLERS
from vibejam_core.text.tinyworld.grammar import CATEGORIES, Line
from vibejam_core.text.tinyworld.rng import Draws
from vibejam_core.text.tinyworld.story import LINES
from vibejam_core.text.tinyworld.vocabulary import all_lines

DRAWN = {
    "open": "XTGP", "treats": "N", "arrive": "Y", "go": "XP", "meet": "Z", "lend": "Y", "vow": "Y", "ask": "Y",
    "find": "X", "share": "KY", "steal": "K", "eat": "K", "habit": "X", "chat": "XY", "recall": "X", "miss": "X",
}  # fmt: skip
"""What is drawn when an event is told, so that each of its lines has to show it."""


def shown(line: Line) -> set[str]:
    return {role for role, _ in line.slots}


@pytest.mark.parametrize("event", DRAWN)
def test_every_line_of_a_story_shows_what_was_drawn_for_it(event: str) -> None:
    for line in LINES[event]:
        assert set(DRAWN[event]) <= shown(line), line


def test_a_problem_shows_its_facts_and_numbers() -> None:
    for signs, pattern in arithmetic.PATTERNS.items():
        for line in pattern.asked:
            assert shown(line) == set("XYTPAB") | ({"C"} if len(signs) == 2 else set()), line


def test_a_question_about_spelling_shows_its_facts() -> None:
    assert all(shown(line) == set("XYP") for line in spelling.BEFORE)
    assert all("T" in shown(line) for asked in spelling.ASKED.values() for line in asked)


def test_small_talk_shows_its_facts_in_the_introduction() -> None:
    assert all(shown(line) == set("XYTP") for line in smalltalk_lines.EXCHANGES["intro"].asked)
    assert all("Q" in shown(line) for line in smalltalk_lines.EXCHANGES["place"].asked)
    assert all("Y" in shown(line) for line in smalltalk_lines.EXCHANGES["trade"].asked)


def test_a_draft_shows_its_facts() -> None:
    for voice in rewrite_lines.VOICES.values():
        for event, roles in {"scene": "XPTG", "gift": "XYT", "refuse": "XYT", "meal": "YK"}.items():
            assert all(shown(line) == set(roles) for line in voice[event])


def test_questions_about_a_person_name_that_person() -> None:
    for name in ("person", "unsaid"):
        assert all("X" in shown(line) for line in question.EXCHANGES[name].asked)


def test_a_list_of_fillers_has_nothing_twice() -> None:
    assert all(len(set(texts)) == len(texts) for texts in FILLERS.values())
    used = {form for line in all_lines() for role, form in line.slots if not role}
    assert used == set(FILLERS)


def test_no_two_things_have_the_same_name() -> None:
    for kind, entities in CATEGORIES.values():
        assert len({forms[""] for forms in entities}) == len(entities), kind


def groups() -> list[tuple[Line, ...]]:
    """The lines among which one is drawn."""
    found = [*LINES.values(), arithmetic.ANSWER, spelling.BEFORE]
    found += [pattern.asked for pattern in arithmetic.PATTERNS.values()]
    for each in (*question.EXCHANGES.values(), *smalltalk_lines.EXCHANGES.values()):
        found += [each.asked, each.answered]
    return found + [told for voice in rewrite_lines.VOICES.values() for told in voice.values()]


def test_what_one_line_writes_no_other_line_of_its_group_reads() -> None:
    draws = Draws("lines")
    for group in groups():
        for line in group:
            roles = {role: draws.pick(CATEGORIES[role[0]][1]) for role in shown(line) - {""}}
            text = line.write(roles, draws)
            assert [other for other in group if other.pattern.fullmatch(text)] == [line]


def test_a_topic_of_small_talk_is_told_by_its_question() -> None:
    asked = [line.source for name in set(smalltalk.BETWEEN) for line in smalltalk_lines.EXCHANGES[name].asked]
    assert len(set(asked)) == len(asked)
