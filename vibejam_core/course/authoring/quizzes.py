"""Reads a quiz of a lab's source: a question with lettered choices, each with its feedback, and an explanation.

The directive's line asks; what stands before the first choice belongs to the question, what stands after the last
feedback is the explanation::

    :::{quiz} What is the loss of a model that knows nothing of V tokens?
    - [x] $\\ln V$
      > Each token has the probability $1/V$, and $-\\ln(1/V) = \\ln V$.
    - [ ] 0
      > That is the loss of a model that is certain, and right.

    The explanation, any Markdown.
    :::

A choice and its feedback are a line of Markdown each, which may go on over indented lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from vibejam_core.course.authoring.block import Block, LabSourceError

FEWEST, MOST = 2, 6
NAMING_WORDS, NAMING_LETTERS = 8, 50

CHOICE = re.compile(r"^- \[(?P<mark>[ xX])\](?: +(?P<text>.*))?$")
NEARLY = re.compile(r"^\s*[-*+] ?\[[ xX]?\]")
FEEDBACK = re.compile(r"^\s+>\s?(?P<text>.*)$")
MARK = re.compile(r"^\s*(`{3,}|~{3,})")


@dataclass(frozen=True)
class Choice:
    """One answer that can be picked."""

    text: str
    right: bool
    feedback: str
    """Why it is right or isn't, in a sentence or two."""
    line: int
    """Where it stands in the file, from 1."""


@dataclass(frozen=True)
class Quiz:
    """A question with choices."""

    question: str
    """Markdown: the directive's line and, below it, what stands before the first choice."""
    choices: tuple[Choice, ...]
    explanation: str
    line: int
    """Where the directive stands in the file, from 1."""
    explanation_line: int

    @property
    def name(self) -> str:
        """What ``%quiz`` calls it: the question's first words."""
        words = re.findall(r"[a-z0-9]+", re.sub("['’]", "", self.question.lower()))
        return "-".join(words[:NAMING_WORDS])[:NAMING_LETTERS].strip("-") or "quiz"

    @property
    def several(self) -> bool:
        """Whether more than one choice is right."""
        return sum(choice.right for choice in self.choices) > 1


def of(block: Block, path: Path) -> Quiz:
    """The quiz of a block that the source's reader has accepted already."""
    return parse(block.argument, block.text, path, block.line + 1 + len(block.options))


def letter(index: int) -> str:
    """A, B, C and so on."""
    return chr(ord("A") + index)


def parse(question: str, body: str, path: Path, first: int) -> Quiz:
    """Read a quiz.

    Args:
        question: what follows ``{quiz}`` on its line.
        body: the lines between the fences.
        path: for the messages.
        first: the number of the body's first line in the file; the directive stands above it.

    Raises:
        LabSourceError: if it can't be asked as it stands; the message gives file and line and says what to change.
    """
    lines = body.split("\n")
    start, end = _choices_span(lines)
    choices = tuple(_choice(lines[a:b], path, first + a) for a, b in _items(lines, start, end, path, first))
    lead, explanation = ("\n".join(part).strip("\n") for part in (lines[:start], lines[end:]))
    asked = "\n\n".join(filter(None, [question.strip(), lead]))
    directive = first - 1
    if not asked.strip():
        raise LabSourceError(path, directive, "this {quiz} asks nothing; write the question behind {quiz}")
    if not FEWEST <= len(choices) <= MOST:
        raise LabSourceError(
            path, directive, f"a quiz has {FEWEST} to {MOST} choices, lines that begin with '- [ ] ' or '- [x] ', and "
            f"this one has {len(choices)}"
        )  # fmt: skip
    if not any(choice.right for choice in choices):
        raise LabSourceError(path, directive, "no choice of this quiz is right; mark at least one with '- [x] '")
    if all(choice.right for choice in choices):
        raise LabSourceError(path, directive, "every choice of this quiz is right; at least one must be wrong")
    seen: set[str] = set()
    for choice in choices:
        if choice.text in seen:
            raise LabSourceError(path, choice.line, f"two choices of this quiz say the same: {choice.text!r}")
        seen.add(choice.text)
    if not explanation.strip():
        raise LabSourceError(path, directive, "this quiz has no explanation; write it below the choices")
    for number, line in enumerate(lines[end:], first + end):
        if NEARLY.match(line):
            raise LabSourceError(path, number, "this choice stands below the explanation; move it up to the others")
    return Quiz(asked, choices, explanation, directive, first + end)


def _choices_span(lines: list[str]) -> tuple[int, int]:
    """From the first choice to where the explanation begins. Code above the choices may look like anything."""
    fence, start = "", len(lines)
    for index, line in enumerate(lines):
        mark = MARK.match(line)
        if mark and (not fence or line.strip().startswith(fence)):
            fence = "" if fence else mark[1]
        if not fence and NEARLY.match(line):
            start = index
            break
    end = start
    while end < len(lines) and (not lines[end].strip() or lines[end][0].isspace() or NEARLY.match(lines[end])):
        end += 1
    return start, end


def _items(lines: list[str], start: int, end: int, path: Path, first: int) -> list[tuple[int, int]]:
    """Where each choice begins and ends."""
    begins = [index for index in range(start, end) if NEARLY.match(lines[index])]
    for index in begins:
        if not CHOICE.match(lines[index]):
            message = f"a choice begins with '- [ ] ' or '- [x] ' in the first column, but this is {lines[index]!r}"
            raise LabSourceError(path, first + index, message)
    return list(zip(begins, [*begins[1:], end], strict=True))


def _choice(lines: list[str], path: Path, number: int) -> Choice:
    """One choice from its lines."""
    found = CHOICE.match(lines[0])
    assert found is not None  # _items saw to it
    text, feedback = [found["text"] or ""], []
    for offset, line in enumerate(lines[1:], 1):
        said = FEEDBACK.match(line)
        if MARK.match(line) or re.match(r"^\s+([-*+]|\d+\.) ", line):
            message = "a choice and its feedback are a line of text each; put code and lists above the choices"
            raise LabSourceError(path, number + offset, message)
        if said:
            feedback.append(said["text"])
        elif line.strip():
            (feedback or text).append(line)
    told = " ".join(" ".join(feedback).split())
    chosen = " ".join(" ".join(text).split())
    if not chosen:
        raise LabSourceError(path, number, "this choice says nothing; write it behind its box")
    if not told:
        raise LabSourceError(
            path, number, f"the choice {chosen!r} has no feedback; write it below, in a line that begins with '  > '"
        )
    return Choice(chosen, found["mark"] != " ", told, number)
