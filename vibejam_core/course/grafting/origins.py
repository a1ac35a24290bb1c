"""Whose definition is whose: what a learner wrote, left as a stub, or deleted, read off the syntax tree.

A component counts as the learner's however it is defined: by ``class`` or ``def``, by assignment, by an import from a
module of their own, with a method from a base class of their own or set on the class afterwards.
"""

from __future__ import annotations

import ast
from enum import StrEnum
from pathlib import Path

from vibejam_core.course.curriculum import Component
from vibejam_core.course.grafting import syntax
from vibejam_core.course.grafting.skeleton import MODULES, components_of, reference
from vibejam_core.course.grafting.syntax import Source


class Origin(StrEnum):
    """Whose definition of a part is used, and why."""

    YOURS = "yours"
    STUB = "stub"  # still unwritten, so the reference's is used
    MISSING = "missing"  # not in the learner's module at all, so the reference's is used
    REFERENCE = "reference"  # not under test, or imported from the reference


Origins = dict[str, Origin]
"""Part to origin."""


def origins_of(module: str, learner_path: Path | None, *, source: str | None = None) -> dict[str, Origins]:
    """Who wrote which part of a module, without compiling anything. Raises LearnerError as :func:`graft` does."""
    theirs = parsed(module, learner_path, source)
    if theirs is None:
        return {component.id: all_of(component, Origin.MISSING) for component in components_of(module)}
    return {component.id: judged(component, theirs) for component in components_of(module)}


def parsed(module: str, path: Path | None, source: str | None) -> Source | None:
    """A learner's module, its imports settled; None where there is none."""
    if source is not None:
        path = path or Path(f"<{module.rpartition('.')[2]}.py>")
        theirs = Source(path, source, syntax.parse(source, path))
    elif path is not None:
        theirs = syntax.read(path)
    else:
        return None
    _settle(theirs)
    return theirs


def _settle(theirs: Source) -> None:
    """Make imports from the learner's own package work under the reference module's name, in place."""
    package = theirs.path.parent.name or "mygpt"
    for node in ast.walk(theirs.tree):
        if not isinstance(node, ast.ImportFrom) or node.level > 1:
            continue
        name = node.module or ""
        if node.level:
            name = f"{package}.{name}" if name else package
        home, _, file = name.rpartition(".")
        if home in (package, f"labs.{package}"):  # a sibling that has a reference comes as every program gets it
            name = next((module for module in MODULES if module.rpartition(".")[2] == file), name)
        node.module, node.level = name, 0


def all_of(component: Component, origin: Origin) -> Origins:
    """The same origin for every part."""
    return {part.name: origin for part in component.parts}


def judged(component: Component, theirs: Source) -> Origins:
    """Who wrote which part of a component, as far as the learner's module says."""
    body = theirs.tree.body
    statement = syntax.find(body, component.symbol)
    if statement is None:
        return all_of(component, Origin.MISSING)
    if isinstance(statement, ast.ImportFrom) and statement.module == component.module:
        return all_of(component, Origin.REFERENCE)
    if not component.is_class:
        return all_of(component, Origin.STUB if syntax.is_stub(statement) else Origin.YOURS)
    if not isinstance(statement, ast.ClassDef):
        return all_of(component, Origin.YOURS)  # by assignment, by import, under a condition
    patched = {name for node in body for name in syntax.patched(node, component.symbol)}
    names = [part.name for part in component.parts]
    return {name: Origin.YOURS if name in patched else _origin(name, statement, theirs, component) for name in names}


def _origin(name: str, statement: ast.ClassDef, theirs: Source, component: Component) -> Origin:
    found = syntax.find(statement.body, name)
    if found is not None:
        return Origin.STUB if syntax.is_stub(found) else Origin.YOURS
    return Origin.YOURS if inherits(statement, name, theirs, component) else Origin.MISSING


def inherits(
    statement: ast.ClassDef, name: str, theirs: Source, component: Component, seen: frozenset[str] = frozenset()
) -> bool:
    """Whether a class gets a name from a base of the learner's own (and not from, say, ``nn.Module``)."""
    seen |= {statement.name}
    for base in statement.bases:
        if last_name(base) in ordinary_bases(component) | seen:
            continue
        helper = syntax.find(theirs.tree.body, last_name(base))
        if not isinstance(helper, ast.ClassDef):
            return True  # from somewhere else; the benefit of the doubt
        if syntax.find(helper.body, name) is not None or inherits(helper, name, theirs, component, seen):
            return True
    return False


def ordinary_bases(component: Component) -> set[str]:
    """The bases that the reference's class has."""
    given = syntax.definition(reference(component.module).tree.body, component.symbol)
    return {"object"} | {last_name(base) for base in (given.bases if isinstance(given, ast.ClassDef) else [])}


def last_name(base: ast.expr) -> str:
    """``Module`` for ``nn.Module``, ``Generic`` for ``Generic[T]``."""
    return ast.unparse(base).partition("[")[0].rpartition(".")[2]
