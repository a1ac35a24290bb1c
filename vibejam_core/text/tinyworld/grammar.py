"""Lines with slots: one description serves for writing a text and for reading it.

A slot is ``{X.form}``: a role and one of its forms (``{X}`` is the plain one), or ``{@list}``: a word or two from a list
of fillers. The first letter of a role says what can play it: see ``CATEGORIES``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from string import ascii_lowercase

from vibejam_core.text.tinyworld.fillers import FILLERS
from vibejam_core.text.tinyworld.people import PEOPLE
from vibejam_core.text.tinyworld.places import PLACES
from vibejam_core.text.tinyworld.rng import Draws
from vibejam_core.text.tinyworld.things import AMOUNTS, COLOURS, COUNTS, THINGS, TREATS

Forms = dict[str, str]
Entities = tuple[Forms, ...]


def _article_of(letter: str) -> str:
    return "an" if letter in "aefhilmnorsx" else "a"


CATEGORIES: dict[str, tuple[str, Entities]] = {
    **dict.fromkeys("XYZ", ("person", PEOPLE)),
    "T": ("thing", THINGS),
    **dict.fromkeys("PQ", ("place", PLACES)),
    **dict.fromkeys("NKM", ("amount", AMOUNTS)),
    "S": ("number", COUNTS),
    "U": ("treat", TREATS),
    "G": ("colour", COLOURS),
    "L": ("letter", tuple({"": letter, "a": f'{_article_of(letter)} "{letter}"'} for letter in ascii_lowercase)),
    **dict.fromkeys("ABCDE", ("integer", tuple({"": str(number)} for number in range(1000)))),
}
"""What each role stands for, and everything that can play it."""

_SLOT = re.compile(r"\{(@?)(\w+)(?:\.(\w+))?\}")
_SENTENCE_END = re.compile(r'[.!?]"?(?=\s+["A-Z]|\s*$)')


def sentences(text: str) -> int:
    """How many sentences a text has."""
    return len(_SENTENCE_END.findall(text))


@cache
def _owners(role: str, form: str) -> dict[str, frozenset[int]]:
    """Every text that a form can be, with the entities whose form it is."""
    found: dict[str, set[int]] = {}
    for index, forms in enumerate(CATEGORIES[role[0]][1]):
        found.setdefault(forms[form], set()).add(index)
    return {text: frozenset(owners) for text, owners in found.items()}


@cache
def _any_of(texts: tuple[str, ...]) -> str:
    return "(" + "|".join(re.escape(text) for text in sorted(set(texts), key=lambda t: (-len(t), t))) + ")"


class Line:
    """One way to say something: a sentence or a few, with slots."""

    __slots__ = ("_expression", "_pattern", "event", "format", "slots", "source")

    def __init__(self, event: str, source: str) -> None:
        self.event = event
        self.source = source
        self.slots: list[tuple[str, str]] = []  # (role, form), or ("", name of a list of fillers)
        literals, pattern, end = [], [], 0
        for slot in _SLOT.finditer(source):
            literal, end = source[end : slot.start()], slot.end()
            at, name, form = slot.groups()
            self.slots.append(("", name) if at else (name, form or ""))
            texts = FILLERS[name] if at else _owners(name, form or "")
            literals += [literal.replace("%", "%%"), "%s"]
            integer = not at and CATEGORIES[name[0]][0] == "integer"
            pattern += [re.escape(literal), "(0|[1-9][0-9]{0,2})" if integer else _any_of(tuple(texts))]
        self.format = "".join(literals) + source[end:].replace("%", "%%")
        self._expression = (*pattern, re.escape(source[end:]))
        self._pattern: re.Pattern[str] | None = None

    def __repr__(self) -> str:
        return f"Line({self.event!r}, {self.source!r})"

    @property
    def pattern(self) -> re.Pattern[str]:
        """What reads the line; made when it is first needed, for writing does without it."""
        if self._pattern is None:
            self._pattern = re.compile("".join(self._expression))
        return self._pattern

    def write(self, cast: Mapping[str, Forms], draws: Draws) -> str:
        """The line with its slots filled; fillers are drawn."""
        return self.format % tuple(
            [cast[role][form] if role else draws.pick(FILLERS[form]) for role, form in self.slots]
        )

    def until(self, role: str, form: str = "") -> Line:
        """The beginning of this line, up to the space before a slot."""
        slot = f"{{{role}.{form}}}" if form else f"{{{role}}}"
        return Line(self.event, self.source[: self.source.index(slot)].rstrip())

    def read(self, match: re.Match[str]) -> tuple[dict[str, int], list[str]]:
        """``(who plays each role, what does not agree)`` of a match; a role is settled by its most telling form."""
        said: dict[str, list[tuple[str, str, frozenset[int]]]] = {}
        for (role, form), text in zip(self.slots, match.groups(), strict=True):
            if role:
                said.setdefault(role, []).append((form, text, _owners(role, form)[text]))
        roles, faults = {}, []
        for role, mentions in said.items():
            owners = next((mention[2] for mention in mentions if not mention[0]), None)
            owners = owners or min((mention[2] for mention in mentions), key=len)
            roles[role] = min(owners)
            name = CATEGORIES[role[0]][1][roles[role]][""]
            faults += [f'"{text}" does not fit {name}' for _, text, who in mentions if not owners & who]
        return roles, faults

    def begins(self, text: str) -> bool:
        """Whether a text could be the beginning of this line, cut off."""
        rest, end = text, 0
        for slot, (role, form) in zip(_SLOT.finditer(self.source), self.slots, strict=True):
            literal, end = self.source[end : slot.start()], slot.end()
            if not rest.startswith(literal):
                return literal.startswith(rest)
            rest = rest[len(literal) :]
            texts = sorted(_owners(role, form) if role else FILLERS[form], key=len, reverse=True)
            whole = next((option for option in texts if rest.startswith(option)), None)
            if whole is None:
                return any(option.startswith(rest) for option in texts)
            rest = rest[len(whole) :]
        return self.source[end:].startswith(rest)


def lines(event: str, text: str) -> tuple[Line, ...]:
    """The lines of an event: one per line of the text."""
    return tuple(Line(event, source.strip()) for source in text.strip().splitlines() if source.strip())
