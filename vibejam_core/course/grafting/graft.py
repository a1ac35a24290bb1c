"""The graft: a learner's module completed from the reference, part by part, so that it can always run.

The reference is executed first, then the learner's module on top of it, in one namespace. What the learner hasn't
written (or what isn't under test) is left out of the learner's module, so that the reference's stays; what the learner
*has* written is taken out of the namespace first, so that nothing of the reference can be mistaken for it. A class that
is half written keeps the learner's ``class`` statement and gets the missing methods from the reference.

Both are compiled from their own files: a traceback, ``inspect.getsource`` and a debugger show the right lines of the
right file. (``inspect.getsource`` of a *class* goes by its module, so it looks in the learner's file.)
"""

from __future__ import annotations
import __future__

import ast
import copy
import functools
import importlib
import linecache
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from vibejam_core.course.curriculum import Component
from vibejam_core.course.grafting import syntax
from vibejam_core.course.grafting.origins import (
    Origin,
    Origins,
    all_of,
    inherits,
    judged,
    last_name,
    ordinary_bases,
    origins_of,
    parsed,
)
from vibejam_core.course.grafting.skeleton import MODULES, components_of, part_node, reference
from vibejam_core.course.grafting.syntax import LearnerError, Source

__all__ = ["Graft", "LearnerError", "Origin", "alone", "graft", "origins_of", "untouched"]

OFFSET = 1_000_000
"""Added to the line numbers of the reference's methods inside a learner's class, to tell their code apart."""

REGISTERING = {"register_buffer", "register_parameter", "register_module", "add_module", "setattr"}
"""Calls that give an attribute to ``self`` by a name in quotes."""


@dataclass(frozen=True)
class Graft:
    """A completed module, ready to run."""

    module: str
    """The reference module's name, under which the graft runs."""
    origins: dict[str, Origins]
    """Component id to part name to origin."""
    reference: Source
    learner: Source | None
    code: tuple[CodeType | None, CodeType | None]
    """The reference's module and, to be run on top of it, what is used of the learner's; None where one isn't run."""
    theirs: frozenset[str] = frozenset()
    """Symbols that the learner defines, at least in part: the reference's are gone before the learner's code runs."""
    ours: frozenset[str] = frozenset()
    """Symbols that are the reference's, whatever the learner's code binds to their names."""

    @property
    def path(self) -> Path:
        """The file that the module should say it came from."""
        return self.learner.path if self.learner else self.reference.path

    def load(self) -> ModuleType:
        """Run the graft as a new module under the reference module's name, without putting it into sys.modules."""
        if self.module not in sys.modules:  # dataclasses, among others, look there for a class's module
            importlib.import_module(self.module)
        module = ModuleType(self.module)
        module.__file__ = str(self.path)
        module.__package__ = self.module.rpartition(".")[0]
        self.run(module.__dict__)
        return module

    def run(self, namespace: dict[str, Any]) -> None:
        """Execute the graft in a module's namespace."""
        if self.code[0] is not None:
            remember_source(self.reference)
            exec(self.code[0], namespace)
        if self.learner is None or self.code[1] is None:
            return
        remember_source(self.learner)
        kept = {name: namespace[name] for name in self.ours}
        for name in self.theirs:
            namespace.pop(name, None)
        if self.learner.path.is_absolute():
            _make_importable(self.learner.path.resolve().parent)
        exec(self.code[1], namespace)
        namespace.update(kept)
        for name in sorted(self.theirs - namespace.keys()):
            raise LearnerError(f"{syntax.shown(self.path)} ran to its end without defining {name}.", self.path)


_on_path = ""


def _make_importable(package: Path) -> None:
    """Let a learner's module import helpers, ``from mygpt.helpers import …``, from its own workspace and no other."""
    global _on_path
    root = str(package.parent)
    if root != _on_path:
        if _on_path in sys.path:
            sys.path.remove(_on_path)
        for name in [name for name in sys.modules if name.partition(".")[0] == package.name]:
            del sys.modules[name]
        _on_path = root
    if root not in sys.path:
        sys.path.append(root)


def remember_source(source: Source) -> None:
    """Let tracebacks show the text that was compiled, even where the file has changed since, or never existed."""
    lines = [line.rstrip("\r\n") + "\n" for line in source.lines]
    linecache.cache[str(source.path)] = (len(source.text), None, lines, str(source.path))


def graft(
    module: str,
    learner_path: Path | None,
    *,
    source: str | None = None,
    under_test: Collection[str] | None,
    runnable: bool = False,
    never_borrowed: Collection[str] = (),
) -> Graft:
    """Complete a learner's module from the reference.

    Args:
        module: the reference module's name.
        learner_path: the learner's file; None where there is none, and everything is the reference's.
        source: the learner's text, where it isn't what the file says.
        under_test: ids of the components to take from the learner; None means all that are written.
        runnable: give up a half-written class whose ``__init__`` doesn't make what the reference's other methods use,
            and take the reference's whole class. For programs that must run; a grader wants the learner's.
        never_borrowed: ids of components that are taken as they are: what isn't written of them raises
            NotImplementedError.

    Raises:
        LearnerError: if the learner's file isn't there, isn't text, or isn't Python.
    """
    if module not in MODULES:
        raise ValueError(f"{module} holds no components. These modules do: {', '.join(MODULES)}.")
    theirs = parsed(module, learner_path, source)
    given = reference(module)
    compiled = _compiled(module)
    components = components_of(module)
    tested = {c.id for c in components} if under_test is None else set(under_test)
    if theirs is None:
        nothing = {c.id: all_of(c, Origin.MISSING if c.id in tested else Origin.REFERENCE) for c in components}
        return Graft(module, nothing, given, None, (compiled, None))

    origins = {c.id: judged(c, theirs) if c.id in tested else all_of(c, Origin.REFERENCE) for c in components}
    classes: dict[ast.stmt, ast.ClassDef] = {}
    for component in components:
        if Origin.YOURS not in origins[component.id].values() or component.id in never_borrowed:
            continue
        statement = syntax.find(theirs.tree.body, component.symbol)
        if component.is_class and isinstance(statement, ast.ClassDef):
            completed = _complete(statement, component, theirs, given, origins[component.id])
            if runnable and completed is not None and not _fits(completed, component, given, origins[component.id]):
                origins[component.id] = all_of(component, Origin.REFERENCE)
            elif completed is not None:
                classes[statement] = completed
    theirs_used = {c.symbol for c in components if Origin.YOURS in origins[c.id].values() or c.id in never_borrowed}
    dropped = {c.symbol for c in components} - theirs_used
    body = [classes.get(node, node) for node in _without(theirs.tree.body, dropped)]
    # A reference method's annotations must not be evaluated, whatever the learner's file says about its own.
    flags = __future__.annotations.compiler_flag if classes else 0
    tree = ast.Module(body=body, type_ignores=[])
    code = compile(tree, str(theirs.path), "exec", flags=flags, dont_inherit=True)
    both = (compiled, _sent_home(code, str(given.path)))
    return Graft(module, origins, given, theirs, both, frozenset(theirs_used), frozenset(dropped))


def alone(module: str, learner_path: Path) -> Graft:
    """A learner's module with nothing added: what isn't written raises NotImplementedError."""
    theirs = parsed(module, learner_path, None)
    assert theirs is not None  # a path was given
    code = compile(theirs.tree, str(theirs.path), "exec", dont_inherit=True)
    origins = {component.id: judged(component, theirs) for component in components_of(module)}
    return Graft(module, origins, reference(module), theirs, (None, code))


def untouched(module: str) -> Graft:
    """The reference's module, for who wants the learner's code out of the way."""
    origins = {component.id: all_of(component, Origin.REFERENCE) for component in components_of(module)}
    return Graft(module, origins, reference(module), None, (_compiled(module), None))


@functools.cache
def _compiled(module: str) -> CodeType:
    given = reference(module)
    return compile(given.tree, str(given.path), "exec", dont_inherit=True)


def _complete(
    statement: ast.ClassDef, component: Component, theirs: Source, given: Source, origins: Mapping[str, Origin]
) -> ast.ClassDef | None:
    """The learner's class with the reference's statements for what is unwritten; None if nothing is."""
    model = syntax.definition(given.tree.body, component.symbol)
    assert isinstance(model, ast.ClassDef)  # the curriculum says so
    parts = {part.name for part in component.parts}
    body, own = list(statement.body), _made(statement)
    for node in model.body:
        for name in syntax.bound(node):
            if name in parts:
                if origins[name] is Origin.YOURS:
                    continue
                found = syntax.find(body, name)
            elif syntax.find(body, name) is not None or name in own or inherits(statement, name, theirs, component):
                continue
            else:
                found = None
            borrowed = ast.increment_lineno(copy.deepcopy(node), OFFSET)
            body = [*body, borrowed] if found is None else [borrowed if item is found else item for item in body]
    if body == statement.body:
        return None
    completed = copy.copy(statement)
    completed.body = body
    return completed


def _made(statement: ast.ClassDef) -> set[str]:
    """The attributes that a class's code gives to ``self``, as far as can be seen without running it."""
    made = set().union(*(syntax.bound(node) for node in statement.body))
    for node in ast.walk(statement):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
            made.add(node.attr)
        elif isinstance(node, ast.Call) and last_name(node.func) in REGISTERING:
            made.update(item.value for item in node.args if isinstance(item, ast.Constant) and type(item.value) is str)
    return made


def _fits(statement: ast.ClassDef, component: Component, given: Source, origins: Mapping[str, Origin]) -> bool:
    """Whether the reference's methods find in the learner's class what the reference's ``__init__`` would have made."""
    model = syntax.definition(given.tree.body, component.symbol)
    assert isinstance(model, ast.ClassDef)
    helped = {last_name(base) for base in statement.bases} - ordinary_bases(component)
    if helped or origins.get("__init__") is not Origin.YOURS:
        return True
    wanted: set[str] = set()
    for part in component.parts:
        if origins[part.name] is not Origin.YOURS and (node := part_node(model, component, part)):
            wanted |= {
                item.attr
                for item in ast.walk(node)
                if isinstance(item, ast.Attribute) and isinstance(item.value, ast.Name) and item.value.id == "self"
            }
    return wanted & _made(model) <= _made(statement)


def _without(body: list[ast.stmt], dropped: Collection[str]) -> list[ast.stmt]:
    """A module's statements less everything that defines, binds or patches one of the dropped names."""
    kept: list[ast.stmt] = []
    for node in body:
        names = syntax.bound(node)
        if any(syntax.patched(node, name) for name in dropped):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom) and names & set(dropped):
            aliases = [alias for alias in node.names if (alias.asname or alias.name) not in dropped]
            if not aliases:
                continue
            node = copy.copy(node)
            node.names = aliases
        elif names and names <= set(dropped):
            continue
        kept.append(node)
    return kept


def _sent_home(code: CodeType, path: str) -> CodeType:
    """Give the reference's code objects inside the learner's module their own file and line numbers back."""
    consts = tuple(_sent_home(item, path) if isinstance(item, CodeType) else item for item in code.co_consts)
    if code.co_firstlineno <= OFFSET:
        return code.replace(co_consts=consts)
    return code.replace(co_consts=consts, co_filename=path, co_firstlineno=code.co_firstlineno - OFFSET)
