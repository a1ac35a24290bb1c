"""What an exercise cell holds: what is kept in the learner's module, and what is for the notebook alone.

The rule, as the labs tell it: the definition, and functions, classes and imports beside it, are kept in your module;
assignments above the definition too (a constant, say). Whatever else stands in the cell runs in the notebook once the
verdict is in, like the code of any other cell.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from vibejam_core.course.curriculum import COMPONENTS, Component
from vibejam_core.course.grafting import skeleton
from vibejam_core.course.grafting.syntax import Definition, bound, is_stub, span


class CellError(ValueError):
    """What is wrong with an exercise cell, in plain words. Nothing was written."""


@dataclass(frozen=True)
class ExerciseCell:
    """An exercise cell, taken apart."""

    kept: str
    """The component's definition with its helpers and comments: what goes into the module."""
    rest: str
    """Statements to run in the notebook."""
    untouched: bool
    """Whether nothing was written: every part is still a stub, and nothing stands beside the skeleton's own names."""


def take_apart(component: Component, source: str) -> ExerciseCell:
    """Read an exercise cell. Raises CellError where it can't be what the exercise asks for."""
    tree = _parse(source)
    found: ast.stmt | None = None
    rest: list[ast.stmt] = []
    for node in tree.body:
        names = bound(node)
        if component.symbol in names:
            if found is not None:
                raise CellError(f"This cell defines {component.symbol} twice. Keep one of them.")
            _check_kind(component, node)
            found = node
        elif other := _other_component(component, names):
            raise CellError(
                f"This cell also defines {other.symbol}, which has a cell of its own (%%exercise {other.id}). "
                "Move it there."
            )
        elif not (
            isinstance(node, Definition | ast.Import | ast.ImportFrom)
            or (isinstance(node, ast.Assign | ast.AnnAssign) and found is None)
        ):
            rest.append(node)
    if found is None:
        raise CellError(_not_there(component, tree))
    lines = source.split("\n")
    spans = [span(node) for node in rest]
    of_rest = {number for first, last in spans for number in range(first, last + 1)}
    kept = "\n".join(line for number, line in enumerate(lines, 1) if number not in of_rest)
    run = "\n".join(line for number, line in enumerate(lines, 1) if number in of_rest)
    return ExerciseCell(kept.strip("\n") + "\n", run, _is_untouched(component, ast.parse(kept)))


def _is_untouched(component: Component, kept: ast.Module) -> bool:
    """Whether a cell holds a skeleton, be it one from before an update of the course, with other words in it."""
    if len(kept.body) != 1 or not isinstance(node := kept.body[0], Definition):
        return False
    functions = [skeleton.part_node(node, component, part) for part in component.parts]
    if not all(function is not None and is_stub(function) for function in functions):
        return False
    return not component.is_class or _names_in(node) == _names_in(
        ast.parse(skeleton.skeleton_definition(component)).body[0]
    )


def _names_in(node: ast.AST) -> set[str]:
    """What a class's own statements bind, each of them."""
    return {name for statement in getattr(node, "body", []) for name in bound(statement)}


def _parse(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        line = (error.text or "").strip()
        why = "lines that begin with % or ! belong in another cell" if line.startswith(("%", "!")) else error.msg
        number = (error.lineno or 1) + 1  # the magic's own line is the first
        raise CellError(
            f"Line {number} of this cell isn't Python yet: {why}.\n    {line}\nNothing was written."
        ) from None


def _check_kind(component: Component, node: ast.stmt) -> None:
    wanted = ast.ClassDef if component.is_class else ast.FunctionDef
    if not isinstance(node, wanted):
        kind = "class" if component.is_class else "def"
        raise CellError(f"{component.symbol} must be made with '{kind} {component.symbol}', not in another way.")


def _not_there(component: Component, tree: ast.Module) -> str:
    wanted = f"the {'class' if component.is_class else 'function'} {component.symbol}"
    there = [node.name for node in tree.body if isinstance(node, Definition)]
    found = f"it defines {', '.join(there)}" if there else "it defines nothing"
    return f"This cell should define {wanted}, but {found}. Nothing was written."


def _other_component(component: Component, names: set[str]) -> Component | None:
    others = (other for other in COMPONENTS if other.module == component.module and other != component)
    return next((other for other in others if other.symbol in names), None)
