"""The tests that a learner writes for a component: which there are, and which of them are still to be written.

A test is a function ``test_…`` whose only parameter is named after the component, as the course's own checks are.
Nothing is run here.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from vibejam_core.course.curriculum import Component
from vibejam_core.course.grafting import syntax

UNWRITTEN = 'raise NotImplementedError("write your test here")'


@dataclass(frozen=True)
class LearnerTests:
    """A learner's tests of one component."""

    source: str
    written: tuple[str, ...]
    """The names of the tests that do something, in the order in which they stand."""
    unwritten: tuple[str, ...]
    """Those whose body only raises NotImplementedError."""


def read(source: str, component: Component) -> LearnerTests:
    """Find the tests in a file or a cell.

    Raises:
        ValueError: if it isn't Python, holds no test, or a test has other parameters; the message says which and what
            to change.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        line = (error.text or "").strip()
        raise ValueError(f"line {error.lineno} isn't Python yet: {error.msg}\n    {line}") from None
    except ValueError as error:  # null bytes
        raise ValueError(f"this isn't Python: {error}") from None
    written: list[str] = []
    unwritten: list[str] = []
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
            continue
        arguments = node.args
        names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        if names != [component.symbol] or arguments.kwonlyargs or arguments.vararg or arguments.kwarg:
            raise ValueError(
                f"line {node.lineno}: {node.name} must take one parameter, {component.symbol}, which is the component "
                f"that it tests: def {node.name}({component.symbol}):"
            )
        if node.name in written + unwritten:
            raise ValueError(f"line {node.lineno}: {node.name} is defined twice, so the first would never run")
        (unwritten if syntax.is_stub(node) else written).append(node.name)
    if not written and not unwritten:
        raise ValueError(
            f"there is no test here. A test is a function such as: def test_something({component.symbol}): assert ..."
        )
    return LearnerTests(source, tuple(written), tuple(unwritten))


def skeleton(source: str) -> str:
    """What a learner starts from: all that stands above the first test, and that test with its body to be written."""
    tree = ast.parse(source)
    node = next(item for item in tree.body if isinstance(item, ast.FunctionDef) and item.name.startswith("test_"))
    lines = source.split("\n")
    documented = syntax.has_docstring(node)
    first = node.body[0]
    if first.lineno == node.lineno:  # all on one line
        header = lines[node.lineno - 1][: first.col_offset].rstrip()
        return "\n".join([*lines[: node.lineno - 1], header, f"    {UNWRITTEN}"])
    kept = lines[: first.end_lineno if documented else first.lineno - 1]
    while kept[-1].lstrip().startswith("#") and len(kept) > node.lineno:
        kept.pop()  # a comment on the solution's first line
    return "\n".join([*kept, " " * first.col_offset + UNWRITTEN]).strip("\n")
