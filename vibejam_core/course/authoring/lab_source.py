"""Reads a lab's one authored source, ``book/labs/NN_slug.md``: prose, demo cells, exercises, hints and questions.

A source is Markdown with a few fences of its own, and ``+++`` on a line of its own where a new notebook cell begins::

    ---
    lab: 3
    ---
    # Attention

    ```{code-cell}
    :tags: [hide-input]
    print("a demo; it runs before any exercise is done")
    ```

    ```{exercise} gpt.Head
    ```

    :::{hint} gpt.Head
    Three of these follow each exercise, from a nudge to nearly the answer.
    :::

    :::{question} Why is the score divided by the square root of the head size?
    The answer, folded until it is asked for.
    :::

    :::{quiz} A question with choices?
    - [x] A right choice.
      > Its feedback.
    - [ ] A wrong choice.
      > Its feedback; ``quizzes`` says more about the form.

    The explanation, folded until it is asked for.
    :::

    ```{kill} gpt.Head
    def test_that_catches_mistakes(Head):
        assert ...  # a solution: the skeleton shows this test's first line, for the learner to write the rest
    ```

Everything that only a rendered book could show (roles, targets) is refused here, since the same words must read well
in JupyterLab, on Colab and in the book.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vibejam_core.course.authoring import quizzes
from vibejam_core.course.authoring.block import Block, LabSourceError
from vibejam_core.course.curriculum import LABS, Lab, lab_of
from vibejam_core.course.curriculum import component as find_component
from vibejam_core.course.grading import learner_tests

__all__ = ["Block", "LabSource", "LabSourceError", "parse", "read", "sources", "split"]

HINTS = 3
"""How many hints a component has: a nudge, the way, nearly the answer."""

ADMONITIONS = ("note", "tip", "warning", "important", "admonition")
CELLS = ("code-cell", "exercise", "kill")
ALONE = (*CELLS, "hint", "question", "quiz")
"""What can't stand inside another block."""
DIRECTIVES = (*ALONE, "figure", *ADMONITIONS)

FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,}|:{3,})\s*(?:\{(?P<name>[\w-]+)\}\s*(?P<argument>.*?))?(?P<info>[^`]*)$")
OPTION = re.compile(r"^:(?P<key>[\w-]+):\s*(?P<value>.*)$")
ROLE = re.compile(r"(?<!`)\{[a-z][\w:-]*\}`(?=[^`])")
TARGET = re.compile(r"^\([\w-]+\)=\s*$")


@dataclass(frozen=True)
class LabSource:
    """A lab's source, read and checked against the curriculum."""

    path: Path
    lab: Lab
    blocks: tuple[Block, ...]
    hints: dict[str, tuple[str, ...]]
    """Component id to its three hints, in order, as Markdown."""


def sources(folder: Path) -> list[Path]:
    """The lab sources in a folder, in the labs' order."""
    return sorted(folder.glob("[0-9][0-9]_*.md"))


def read(path: Path) -> LabSource:
    """Read and check one source. Raises LabSourceError, which says file, line and what to change."""
    return parse(path.read_text(encoding="utf-8"), path)


def parse(text: str, path: Path) -> LabSource:
    """Turn a source's text into checked blocks; ``path`` is for the messages and for pictures' addresses."""
    lines = text.splitlines()
    lab, start = _front_matter(lines, path)
    if path.stem != lab.name:
        raise LabSourceError(path, 2, f"this says lab {lab.number}, whose source is called {lab.name}.md")
    blocks = tuple(split(lines[start:], path, start + 1))
    return LabSource(path, lab, blocks, _check(blocks, lab, path))


def split(lines: list[str], path: Path, first_line: int, nested: bool = False) -> Iterator[Block]:
    """Cut lines into blocks. ``nested`` is for what stands inside a hint or an answer, where no cell can begin."""
    prose: list[str] = []
    prose_line = first_line
    at = 0

    def flush() -> Iterator[Block]:
        text = "\n".join(prose).strip("\n")
        if text.strip():
            yield Block("text", prose_line, text)
        prose.clear()

    while at < len(lines):
        line, number = lines[at], first_line + at
        fence = FENCE.match(line)
        if fence is None:
            if line.rstrip() == "+++" and not nested:
                yield from flush()
                yield Block("break", number, "")
                at += 1
                continue
            _refuse_what_only_a_book_shows(line, path, number)
            if not prose:
                prose_line = number
            prose.append(line)
            at += 1
            continue
        end = _closing_fence(lines, at, fence["fence"], path, first_line)
        if fence["name"] is None:
            if fence["fence"].startswith(":"):
                raise LabSourceError(path, number, "this ::: opens nothing; write :::{hint} COMPONENT, or remove it")
            if not prose:
                prose_line = number
            prose.extend(lines[at : end + 1])  # an ordinary ```python block stays in the prose as it is
        else:
            yield from flush()
            yield _directive(lines[at : end + 1], fence, path, number, nested)
        at = end + 1
    yield from flush()


def _front_matter(lines: list[str], path: Path) -> tuple[Lab, int]:
    """The lab that the lines between the two ``---`` name, and where the body begins."""
    if not lines or lines[0].rstrip() != "---" or "---" not in (line.rstrip() for line in lines[1:]):
        raise LabSourceError(path, 1, "a lab's source begins with three lines: ---, lab: NUMBER, ---")
    end = next(index for index in range(1, len(lines)) if lines[index].rstrip() == "---")
    number: int | None = None
    for index in range(1, end):
        if not lines[index].strip():
            continue
        key, _, value = (part.strip() for part in lines[index].partition(":"))
        if key != "lab" or not value.isdigit():
            raise LabSourceError(path, index + 1, f"only 'lab: NUMBER' can stand here, but this is {lines[index]!r}")
        number = int(value)
    lab = next((lab for lab in LABS if lab.number == number), None)
    if lab is None:
        known = ", ".join(str(lab.number) for lab in LABS)
        raise LabSourceError(path, 2, f"there is no lab {number} in the curriculum. There are: {known}.")
    return lab, end + 1


def _closing_fence(lines: list[str], at: int, fence: str, path: Path, first_line: int) -> int:
    """The index of the line that closes the fence opened at ``at``: as many of the same sign, and nothing else."""
    depth = 0
    for index in range(at + 1, len(lines)):
        bare = lines[index].rstrip()
        if bare and set(bare) == {fence[0]} and len(bare) >= len(fence):
            if depth == 0:
                return index
            depth -= 1
        elif fence[0] == ":" and bare.startswith(":::") and len(bare) - len(bare.lstrip(":")) == len(fence):
            depth += 1  # colon fences of the same length may stand inside each other
    raise LabSourceError(path, first_line + at, f"this {fence} is never closed; add a line with {fence} below it")


def _directive(lines: list[str], fence: re.Match[str], path: Path, line: int, nested: bool) -> Block:
    """One fenced directive as a block."""
    name = fence["name"]
    argument = (fence["argument"] + fence["info"]).strip()
    if name not in DIRECTIVES:
        known = ", ".join(f"{{{known}}}" for known in DIRECTIVES)
        raise LabSourceError(path, line, f"{{{name}}} is not known in a lab's source. Known are: {known}.")
    if nested and name in ALONE:
        raise LabSourceError(path, line, f"a {{{name}}} can't stand inside another block; close that one first")
    body = lines[1:-1]
    options: dict[str, str] = {}
    while body and (option := OPTION.match(body[0])):
        options[option["key"]] = option["value"].strip()
        body = body[1:]
    text = "\n".join(body).strip("\n")
    if name in ("hint", "question", "figure", "exercise", "kill") and not argument:
        what = {"question": "the question", "figure": "the picture's path"}.get(name, "a component, such as gpt.Head")
        raise LabSourceError(path, line, f"{{{name}}} must be followed by {what}")
    if name == "exercise" and text.strip():
        raise LabSourceError(path, line + 1, "an {exercise} has an empty body: its text comes from the reference")
    if name in ("hint", "question", *ADMONITIONS) and not text.strip():
        raise LabSourceError(path, line, f"this {{{name}}} is empty; write what it should say between its fences")
    if name == "code-cell" and argument not in ("", "python", "ipython3"):
        raise LabSourceError(path, line, f"a {{code-cell}} holds Python, but this says {argument!r}")
    if name == "quiz":
        text = "\n".join(body)  # with its empty lines, so that each message names the right one
        quizzes.parse(argument, text, path, line + 1 + len(options))
    if name not in CELLS:
        for _ in split(body, path, line + 1 + len(options), nested=True):
            pass  # reading what stands inside is enough to refuse what can't stand there
    return Block(name, line, text, argument, options)


def _refuse_what_only_a_book_shows(line: str, path: Path, number: int) -> None:
    if role := ROLE.search(line):
        raise LabSourceError(
            path, number, f"the role {role[0][:-1]} shows only in the book. Write an ordinary [text](address) link."
        )
    if TARGET.match(line):
        raise LabSourceError(path, number, "a (target)= shows as raw text in a notebook. Link to the heading instead.")


def _check(blocks: tuple[Block, ...], lab: Lab, path: Path) -> dict[str, tuple[str, ...]]:
    """Hold a source against the curriculum; gives back each component's hints."""
    exercises: dict[str, int] = {}
    named: dict[str, int] = {}  # quizzes
    hints: dict[str, list[str]] = {component.id: [] for component in lab.components}
    last_line = blocks[-1].line if blocks else 1
    for block in blocks:
        if block.kind == "quiz":
            name = quizzes.of(block, path).name
            if name in named:
                message = f"this quiz begins as the one on line {named[name]} does; word one of them in another way"
                raise LabSourceError(path, block.line, message)
            named[name] = block.line
        if block.kind == "kill":
            _check_kill(block, path)
        if block.kind not in ("exercise", "hint"):
            continue
        _check_component(block, lab, path)
        if block.kind == "exercise":
            if block.argument in exercises:
                first = exercises[block.argument]
                raise LabSourceError(path, block.line, f"{block.argument} already has its exercise, on line {first}")
            exercises[block.argument] = block.line
        else:
            if block.argument not in exercises:
                raise LabSourceError(path, block.line, f"a hint for {block.argument} stands before its exercise")
            hints[block.argument].append(block.text)
    for component in lab.components:
        if component.id not in exercises:
            message = f"lab {lab.number} has no exercise for {component.id}. Add ```{{exercise}} {component.id}."
            raise LabSourceError(path, last_line, message)
        if len(hints[component.id]) != HINTS:
            message = f"{component.id} has {len(hints[component.id])} hints; every component has {HINTS}."
            raise LabSourceError(path, exercises[component.id], message)
    return {id: tuple(texts) for id, texts in hints.items()}


def _check_component(block: Block, lab: Lab, path: Path) -> None:
    try:
        component = find_component(block.argument)
    except ValueError as error:
        raise LabSourceError(path, block.line, str(error)) from None
    if (home := lab_of(component)) != lab:
        raise LabSourceError(
            path, block.line, f"{block.argument} belongs to lab {home.number:02d}, and this is lab {lab.number:02d}"
        )


def _check_kill(block: Block, path: Path) -> None:
    """A kill cell's component exists, and its body holds tests of it."""
    try:
        learner_tests.read(block.text, find_component(block.argument))
    except ValueError as error:
        raise LabSourceError(path, block.line, str(error)) from None
