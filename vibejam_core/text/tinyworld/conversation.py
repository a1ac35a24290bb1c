"""Conversations: how they are written down, and exchanges of which each answer depends on its question.

A conversation is lines of plain text. Each message begins with ``User: `` or ``Assistant: `` and may go on over several
lines. A call of the calculator stands inside an answer as ``<<12+7=19>>``: what follows the equals sign is what the
calculator says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vibejam_core.text.tinyworld.grammar import CATEGORIES, Line, lines
from vibejam_core.text.tinyworld.rng import Draws
from vibejam_core.text.tinyworld.state import Roles

ROLES = ("user", "assistant")
Message = tuple[str, str]
"""``(role, text)``; the role is "user" or "assistant"."""

_START = re.compile(r"^(User|Assistant): ?", re.MULTILINE)


def to_text(messages: list[Message]) -> str:
    """The conversation as plain text."""
    return "\n".join(f"{role.capitalize()}: {text}" for role, text in messages)


def to_messages(text: str) -> list[Message]:
    """The messages of a conversation in plain text; what comes before the first is left out."""
    starts = list(_START.finditer(text))
    ends = [start.start() for start in starts[1:]] + [len(text)]
    return [
        (start.group(1).lower(), text[start.end() : end].removesuffix("\n"))
        for start, end in zip(starts, ends, strict=True)
    ]


@dataclass(frozen=True)
class Exchange:
    """A question in several wordings and its answer in several wordings."""

    name: str
    asked: tuple[Line, ...]
    answered: tuple[Line, ...]

    def write(self, roles: Roles, draws: Draws) -> tuple[str, str]:
        """One question and its answer."""
        cast = {role: CATEGORIES[role[0]][1][index] for role, index in roles.items()}
        return draws.pick(self.asked).write(cast, draws), draws.pick(self.answered).write(cast, draws)


def exchange(name: str, asked: str, answered: str) -> Exchange:
    """An exchange from its wordings, one per line."""
    return Exchange(name, lines(name + "?", asked), lines(name + "!", answered))


def by_name(*exchanges: Exchange) -> dict[str, Exchange]:
    """Exchanges by their names."""
    return {each.name: each for each in exchanges}


def read_whole(wordings: tuple[Line, ...], text: str) -> tuple[Roles, list[str]] | None:
    """``(roles, faults)`` if the text is one of these lines from start to end."""
    for line in wordings:
        if match := line.pattern.fullmatch(text):
            return line.read(match)
    return None


def asked_as(exchanges: Mapping[str, Exchange], text: str) -> list[tuple[Exchange, Roles, list[str]]]:
    """The exchanges that this question can begin, with who plays which role in it."""
    found = []
    for each in exchanges.values():
        if read := read_whole(each.asked, text):
            found.append((each, *read))
    return found


def unfinished(wordings: Iterable[Line], text: str) -> bool:
    """Whether the text could be the beginning of one of these lines."""
    return any(line.begins(text) for line in wordings)


def every_question(exchanges: Mapping[str, Exchange]) -> list[Line]:
    """All wordings of all questions."""
    return [line for each in exchanges.values() for line in each.asked]
