"""Every word form of the world."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from vibejam_core.text.tinyworld import arithmetic, question, rewrite, rewrite_lines, smalltalk_lines, spelling
from vibejam_core.text.tinyworld.conversation import ROLES
from vibejam_core.text.tinyworld.fillers import FILLERS
from vibejam_core.text.tinyworld.grammar import CATEGORIES, Line
from vibejam_core.text.tinyworld.story import LINES

WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")
"""What counts as a word: letters, perhaps with an apostrophe inside."""


def all_lines() -> Iterator[Line]:
    """Every line of every kind of document."""
    for found in LINES.values():
        yield from found
    for exchanges in (question.EXCHANGES, smalltalk_lines.EXCHANGES):
        for each in exchanges.values():
            yield from (*each.asked, *each.answered)
    for pattern in arithmetic.PATTERNS.values():
        yield from pattern.asked
    yield from (*arithmetic.ANSWER, *spelling.BEFORE)
    for asked in spelling.ASKED.values():
        yield from asked
    for voice in rewrite_lines.VOICES.values():
        for told in voice.values():
            yield from told


@cache
def words() -> frozenset[str]:
    """Every word form that a document can have, in lower case; single letters are spelled out and not counted."""
    found: set[str] = set()
    slots: set[tuple[str, str]] = set()
    for line in all_lines():
        literal = re.sub(r"\{[^}]*\}('s|s)?", lambda slot: "x" if slot[1] else " ", line.source)
        found.update(WORD.findall(literal))
        slots.update(line.slots)
        for role, form in re.findall(r"\{(\w+)(?:\.(\w+))?\}'s", line.source):
            found.update(f"{forms[form]}'s" for forms in CATEGORIES[role[0]][1])
    for role, form in slots:
        for text in FILLERS[form] if not role else [forms[form] for forms in CATEGORIES[role[0]][1]]:
            found.update(WORD.findall(text))
    found.update(f"{day}s" for day in FILLERS["day"])
    for text in (*rewrite.ORDERS.values(), *spelling.CLOSING, *rewrite_lines.VOICES, *ROLES):
        found.update(WORD.findall(text))
    found |= {"problem", "steps", "answer", "times", "time", "letters", "with", "so"}
    return frozenset(word for word in map(str.lower, found) if len(word) > 1 or word in ("a", "i"))
