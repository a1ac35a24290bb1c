"""What a program says when it stops at something that the learner hasn't written, or that can't be read.

A traceback through forty frames of torch says less than one sentence with a file and a line. Where something else went
wrong on the way through the learner's code, it is folded to the learner's own lines; what doesn't touch their code
keeps its traceback. ``VIBEJAM_TRACEBACK=1`` shows all of it.
"""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from traceback import walk_tb
from types import TracebackType

from vibejam_core.course.curriculum import COMPONENTS, Component, lab_of
from vibejam_core.course.grading.folding import explain as told
from vibejam_core.course.grafting import syntax
from vibejam_core.course.grafting.skeleton import repo_root
from vibejam_core.course.grafting.syntax import LearnerError, shown


class SettingError(ValueError):
    """An environment variable has a value that means nothing."""


TRACEBACK = "VIBEJAM_TRACEBACK"
WIDTH = 100

package: Path | None = None
"""The learner's package, whose NotImplementedErrors are told in a paragraph."""

Hook = Callable[[type[BaseException], BaseException, TracebackType | None], object]
_previous: Hook | None = None


def install() -> None:
    """Become the interpreter's handler of uncaught exceptions; what isn't for us goes to the one before."""
    global _previous
    if _previous is None:
        _previous, sys.excepthook = sys.excepthook, _handle


def _handle(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    message = None if os.environ.get(TRACEBACK) else paragraph(error, traceback)
    if message is not None:
        print(message, file=sys.stderr, flush=True)
    elif _previous is not None:
        _previous(kind, error, traceback)


def paragraph(error: BaseException, traceback: TracebackType | None) -> str | None:
    """An uncaught exception in a few plain lines, or None where its traceback is what helps."""
    if isinstance(error, LearnerError):
        return str(error)
    if isinstance(error, SettingError):
        return textwrap.fill(str(error), WIDTH)
    frames = [] if package is None else list(walk_tb(traceback))
    theirs = [(path, line) for frame, line in frames if (path := _in_package(frame.f_code.co_filename))]
    if not theirs or isinstance(error, KeyboardInterrupt | SystemExit):
        return None
    path, line = theirs[-1]
    raised_there = str(path) == frames[-1][0].f_code.co_filename
    if isinstance(error, NotImplementedError) and raised_there and (component := _component_at(path, line)):
        return unwritten(component, str(error), path, line)
    return f"your code stopped: {told(error, str(path), shown(path))}\n{TRACEBACK}=1 shows the whole traceback."


def _in_package(file: str) -> Path | None:
    path = Path(file)
    return path if package is not None and path.parent.resolve() == package.resolve() else None


def unwritten(component: Component, message: str, path: Path, line: int) -> str:
    """What a learner reads where their code stops at a part that they haven't written."""
    lab = lab_of(component)
    name, _, todo = message.partition(": ")
    what = f"{name} isn't written yet: {todo}" if name.startswith(component.id) else f"{component.id} isn't written yet"
    borrow = "VIBEJAM_IMPL=mine lets the reference stand in for what is unwritten. "
    paragraph = (
        f"{what}. Write it at {shown(path)}:{line}; lab {lab.number:02d}, {lab.title}, explains it: "
        f"{shown(repo_root() / 'labs' / lab.name)}.ipynb. "
        f"{borrow if os.environ.get('VIBEJAM_IMPL') == 'strict' else ''}{TRACEBACK}=1 shows the whole traceback."
    )
    return textwrap.fill(paragraph, WIDTH, break_long_words=False, break_on_hyphens=False)


def _component_at(path: Path, line: int) -> Component | None:
    try:
        tree = syntax.read(path).tree
    except LearnerError:
        return None
    for component in COMPONENTS:
        node = syntax.definition(tree.body, component.symbol) if component.file == path.stem else None
        if node is not None and syntax.span(node)[0] <= line <= syntax.span(node)[1]:
            return component
    return None


def row(title: str, entries: list[str]) -> str:
    """One row of a small table: a title, and entries that wrap under each other."""
    text = f"  {title:<10}  " + ", ".join(entry.replace(" ", "\x00") for entry in entries)
    wrapped = textwrap.fill(text, WIDTH, subsequent_indent=" " * 14, break_long_words=False, break_on_hyphens=False)
    return wrapped.replace("\x00", " ")
