"""A forward pass as text: where, the code, and what each line made; calls stand below the line that made them.

What is alike, such as one block after another, is shown once; and so are the lines of a short function that is called
again and again.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from vibejam_core.course.trace import Call, Recorder, Step

WIDTH = 110
CODE, MADE = 22, 62
"""The columns in which the code, and what it made, begin."""
SILENT = (ast.If, ast.Pass, ast.Assert, ast.Raise, ast.Try)
"""Statements that make nothing; they are shown only where something went on inside, or wrong."""

Item = TypeVar("Item", Call, Step)


def text(recorder: Recorder, calls: Sequence[Call]) -> str:
    """All of it.

    Args:
        recorder: what was written down.
        calls: those to show, of its calls or of the calls inside them.
    """
    return "\n".join(_Report(recorder).lines(calls))


class _Report:
    """Remembers which functions were shown already."""

    def __init__(self, recorder: Recorder) -> None:
        self.error, self.operands = recorder.error, recorder.operands
        self.shown: set[tuple[str, str]] = set()

    def lines(self, calls: Sequence[Call], depth: int = 0) -> Iterator[str]:
        """Calls one after another, those that are alike once."""
        for call, more in grouped(calls):
            yield from self.call(call, depth)
            if more:
                yield _row("", depth, f"... {more} more {'call' if more == 1 else 'calls'} of {call.title} alike")

    def call(self, call: Call, depth: int) -> Iterator[str]:
        """What a function was given, and below it its lines."""
        inner = [each for step in call.steps for each in step.calls]
        again = (call.title, str(call.path)) in self.shown and not inner and call.result is not None
        where = "the reference's" if call.borrowed else f"{call.path.name}:{call.line}"
        if call.borrowed or again:
            yield from _head(where, depth, call, call.result)
            yield from self.lines(inner, depth + 1)
            if call.result is None and not any(each.result is None for each in inner):
                yield from self.stopped(depth + 1)
            return
        self.shown.add((call.title, str(call.path)))
        yield from _head(where, depth, call, None)
        lines: set[int] = set()
        for group, more in rounds(call.steps):
            for step in group:
                if not (step.done and step.line in lines and issubclass(step.kind, ast.For | ast.While)):
                    yield from self.step(step, call, depth + 1)
                lines.add(step.line)
            if more:
                yield _row("", depth + 1, f"... {'one more round' if more == 1 else f'{more} more rounds'} alike")

    def step(self, step: Step, call: Call, depth: int) -> Iterator[str]:
        """One line of code, what it called, what it made."""
        returned = step is call.steps[-1] and call.result is not None and issubclass(step.kind, ast.Return)
        made = [f"-> {call.result}"] if returned else list(step.values)
        if step.done and not step.calls and not made and issubclass(step.kind, SILENT):
            return
        first, *more = _packed(made)
        where = f"{call.path.name}:{step.line}"
        if step.calls:
            yield _row(where, depth, step.code)
            yield from self.lines(step.calls, depth + 1)
            more = [first, *more] if first else []
        else:
            yield _row(where, depth, step.code, first)
        for line in more:
            yield f"{'':{MADE}}{line}"
        if not step.done and not any(each.result is None for each in step.calls):
            yield from self.stopped(depth)

    def stopped(self, depth: int) -> Iterator[str]:
        """What went wrong, under the line where it did, and what that line had to work with."""
        if self.error is None:
            return
        first, *rest = str(self.error).strip().splitlines() or [""]
        yield f"{'here':<{CODE}}{'  ' * depth}✗ {type(self.error).__name__}: {first}"
        for line in [*rest[:3], *(f"with {what}" for what in self.operands)]:
            yield f"{'':{CODE}}{'  ' * depth}  {line}"


def grouped(items: Sequence[Item]) -> Iterator[tuple[Item, int]]:
    """Each item with how many more like it, one after another, it stands for."""
    rest = list(items)
    while rest:
        same = next((n for n, item in enumerate(rest) if signature(item) != signature(rest[0])), len(rest))
        yield rest[0], same - 1
        rest = rest[same:]


def rounds(steps: Sequence[Step]) -> list[tuple[list[Step], int]]:
    """Steps in groups: what a loop repeats is one group, with how many more rounds there were like it."""
    marks = [signature(step) for step in steps]
    groups: list[tuple[list[Step], int]] = []
    at = 0
    while at < len(steps):
        length, times = 1, 1
        for period in range(1, (len(steps) - at) // 2 + 1):
            repeated = 1
            while marks[at + repeated * period : at + (repeated + 1) * period] == marks[at : at + period]:
                repeated += 1
            if repeated > 1 and repeated * period > length * times:
                length, times = period, repeated
        groups.append((list(steps[at : at + length]), times - 1))
        at += length * times
    return groups


def signature(item: Call | Step) -> Any:
    """What two calls or steps that are alike have in common."""
    if isinstance(item, Step):
        return item.line, item.code, item.values, item.done, tuple(signature(call) for call in item.calls)
    inner = tuple(signature(step) for step in item.steps)
    return item.title, item.path, item.arguments, item.result, inner


def _row(where: str, depth: int, code: str, made: str = "") -> str:
    """One line: the code is cut where what it made needs the room."""
    start = f"{where:<{CODE}}{'  ' * depth}"
    room = (MADE - 2 if made else WIDTH) - len(start)
    code = code if len(code) <= room else f"{code[: max(room, 8) - 1]}…"
    return f"{start + code:<{MADE}}{made}" if made else start + code


def _head(where: str, depth: int, call: Call, result: str | None) -> Iterator[str]:
    """A function and what it was given, in as many lines as that takes; what it returned where its code isn't shown."""
    pieces = [f"{argument}," for argument in call.arguments[:-1]] + [f"{argument})" for argument in call.arguments[-1:]]
    line = f"{where:<{CODE}}{'  ' * depth}{call.title}({'' if pieces else ')'}{''.join(pieces[:1])}"
    for piece in [*pieces[1:], *([] if result is None else [f"-> {result}"])]:
        if len(line) + 1 + len(piece) > WIDTH:
            yield line
            line = f"{'':{CODE}}{'  ' * depth}   "
        line = f"{line} {piece}"
    yield line


def _packed(made: Sequence[str]) -> list[str]:
    """What a line made, as many to a line as fit; at least one line."""
    lines = [""]
    for what in made:
        if lines[-1] and MADE + len(lines[-1]) + 2 + len(what) > WIDTH:
            lines.append(what)
        else:
            lines[-1] += f", {what}" if lines[-1] else what
    return lines
