"""One forward pass, written down line by line: what each line of a model made, and of which shape.

``sys.settrace`` tells of every line that runs. Of those in the files that hold components, what they gave to names is
noted; everything else (PyTorch, the course's own helpers) runs unseen. An error is kept in its place, with what
came before it.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from torch import Tensor

from vibejam_core.course.grafting import syntax
from vibejam_core.course.grafting.skeleton import MODULES, components_of, reference
from vibejam_core.course.workspace import Workspace

LONGEST = 24
"""How many characters of a plain value, such as a string, are shown."""


@dataclass
class Step:
    """One statement that ran, or began to."""

    line: int
    code: str
    """In one line."""
    kind: type[ast.stmt]
    values: tuple[str, ...] = ()
    """What it gave to names: ``x (2, 8, 64) float32``."""
    calls: list[Call] = field(default_factory=list)
    """What it called, as far as that is followed."""
    done: bool = False


@dataclass
class Call:
    """One call of a function that is followed."""

    title: str
    """``Block.forward``."""
    component: str | None
    """``modern_block.Block``; None for a helper of the learner's own."""
    path: Path
    line: int
    borrowed: bool
    """Whether the reference's code stands in for the learner's."""
    arguments: tuple[str, ...]
    steps: list[Step] = field(default_factory=list)
    result: str | None = None
    """What it returned; None where it never did."""


class Recorder:
    """Writes down what runs while it is :meth:`watching`.

    Args:
        workspace: whose code is followed beside the reference's; None for the reference's alone.
    """

    def __init__(self, workspace: Workspace | None) -> None:
        self.calls: list[Call] = []
        """The outermost calls."""
        self.error: BaseException | None = None
        self.operands: tuple[str, ...] = ()
        """With an error: what the names in the line that raised it stood for."""
        self._open: list[Call] = []
        self._files = {str(reference(module).path): (module, workspace is not None) for module in MODULES}
        if workspace is not None:
            files = {str(workspace.module_path(module.rpartition(".")[2])): module for module in MODULES}
            self._files |= {path: (module, False) for path, module in files.items()}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Follow what runs inside; an error ends it and is kept."""
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            yield
        except Exception as error:
            self.error = error
        finally:
            sys.settrace(before)

    def _enter(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        code = frame.f_code
        module, borrowed = self._files.get(code.co_filename, ("", False))
        if event != "call" or not module or not _is_followed(code, module):
            return None
        symbol = code.co_qualname.partition(".")[0]
        known = {piece.symbol: piece.id for piece in components_of(module)}
        text = _Text.of(code.co_filename)
        call = Call(
            code.co_qualname.replace("<locals>.", ""),
            known.get(symbol),
            Path(code.co_filename),
            code.co_firstlineno,
            borrowed,
            _arguments(frame),
        )
        if not self._open:
            self.calls.append(call)
        elif self._open[-1].steps:
            self._open[-1].steps[-1].calls.append(call)
        self._open.append(call)
        return self._follow(call, text)

    def _follow(self, call: Call, text: _Text) -> Callable[..., Any]:
        """What is told of every line of one call."""
        now: ast.stmt | None = None
        failed = False

        def follow(frame: FrameType, event: str, value: Any) -> Callable[..., Any]:
            nonlocal now, failed
            if event == "exception":
                failed = True
                if now is not None and self._open[-1] is call:  # else it came through a call that is followed
                    self.operands = _named(frame, _loaded(now))
            elif event == "line":
                failed = False  # or the error was caught
                del self._open[self._open.index(call) + 1 :]  # calls that ended with it
                statement = text.statements.get(frame.f_lineno)
                if statement is not None and statement is not now:
                    _finish(call, now, frame)
                    call.steps.append(Step(statement.lineno, text.code(statement), type(statement)))
                    now = statement
            elif event == "return" and not failed:
                _finish(call, now, frame)
                call.result = described(value)
                self._open.remove(call)
            return follow

        return follow


def _is_followed(code: CodeType, module: str) -> bool:
    """Whether a function is a component's, or a learner's own; not what the course gives, nor a lambda or a loop."""
    if code.co_name.startswith("<") or code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE):
        return False
    symbol = code.co_qualname.partition(".")[0]
    if any(piece.symbol == symbol for piece in components_of(module)):
        return True
    return syntax.definition(reference(module).tree.body, symbol) is None


def _arguments(frame: FrameType) -> tuple[str, ...]:
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return _named(frame, [name for name in names if name != "self"])


def _finish(call: Call, statement: ast.stmt | None, frame: FrameType) -> None:
    """Note what the statement that just ran gave to names."""
    if statement is not None and call.steps:
        step = call.steps[-1]
        step.values, step.done = _named(frame, _stored(statement)), True


def _named(frame: FrameType, names: list[str]) -> tuple[str, ...]:
    there = frame.f_locals
    said = {name: described(there[name]) for name in names if name in there}
    signs = {name: " " if what is not None and what[0] == "(" else " = " for name, what in said.items()}
    return tuple(f"{name}{signs[name]}{what}" for name, what in said.items() if what is not None)


def _stored(statement: ast.stmt) -> list[str]:
    """The names that a statement gives something to, or into whose tensors it writes."""
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AugAssign | ast.AnnAssign):
        targets = [statement.target]
    nodes = [node for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
    written = [target.value for target in targets if isinstance(target, ast.Subscript)]
    return [node.id for node in nodes if isinstance(node.ctx, ast.Store) or node in written]


def _loaded(statement: ast.stmt) -> list[str]:
    """The names that a statement uses, in their order; of a loop or a condition, those of its first line."""
    parts = [part for part in ast.iter_child_nodes(statement) if not isinstance(part, ast.stmt)]
    nodes = [node for part in parts for node in ast.walk(part) if isinstance(node, ast.Name)]
    return list(dict.fromkeys(node.id for node in nodes if isinstance(node.ctx, ast.Load)))


def described(value: object) -> str | None:
    """A value in a few characters: a tensor's shape and dtype, a number, some of these; None for what says nothing."""
    if isinstance(value, Tensor):
        return f"{tuple(value.shape)} {str(value.dtype).removeprefix('torch.')}"
    if value is None or isinstance(value, bool | int | float | str):
        text = repr(value)
        return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    if isinstance(value, tuple | list) and 0 < len(value) <= 4:
        inner = [described(item) for item in value]
        return None if None in inner else f"({', '.join(map(str, inner))})"
    if isinstance(value, list) and value and all(isinstance(item, Tensor) for item in value):
        return f"{len(value)} tensors, the first {described(value[0])}"
    return None


@dataclass(frozen=True)
class _Text:
    """A file as it was read, and which statement each of its lines belongs to."""

    source: syntax.Source
    statements: dict[int, ast.stmt]

    @staticmethod
    @cache
    def of(path: str) -> _Text:
        source = syntax.read(Path(path))
        statements: dict[int, ast.stmt] = {}
        for node in ast.walk(source.tree):  # from the outside in, so the innermost statement stays
            if isinstance(node, ast.stmt):
                body = getattr(node, "body", None)
                last = body[0].lineno - 1 if isinstance(body, list) else node.end_lineno or node.lineno
                for line in range(node.lineno, max(node.lineno, last) + 1):
                    statements[line] = node
        return _Text(source, statements)

    def code(self, statement: ast.stmt) -> str:
        """A statement in one line, without comments; of a loop or a condition, its first line."""
        if isinstance(getattr(statement, "body", None), list):
            return self.source.lines[statement.lineno - 1].partition("  #")[0].strip()
        given = ast.get_source_segment(self.source.text, statement) or ""
        lines = [line.partition("  #")[0].strip() for line in given.splitlines()]
        return " ".join(line for line in lines if line)


def calls_of(component: str, calls: list[Call]) -> list[Call]:
    """The calls of one component, wherever they are; those inside one another once."""
    found: list[Call] = []
    for call in calls:
        inner = [each for step in call.steps for each in step.calls]
        found += [call] if call.component == component else calls_of(component, inner)
    return found
