"""Skeletons: the reference with the learner's parts cut out, comments and formatting as they were.

A part's body, after its docstring, becomes one ``raise NotImplementedError`` that says what to do. Everything else
stays: signatures, decorators, docstrings, imports, given methods and functions.
"""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Iterable
from pathlib import Path

from vibejam_core.course.curriculum import COMPONENTS, LABS, Component, Part, lab_of
from vibejam_core.course.grafting import syntax
from vibejam_core.course.grafting.manifest import NAME, Manifest
from vibejam_core.course.grafting.syntax import Definition, Function, Source

WIDTH = 120
TODO_WIDTH = 92
"""Of the line that says what to do: as much as a page shows without scrolling."""
MODULES = tuple(dict.fromkeys(component.module for component in COMPONENTS))
"""The reference modules that hold components, in the order in which the labs meet them."""

PACKAGE_DOCSTRING = '''"""Your package: the labs ask you to write these modules, one definition at a time.

What you haven't written yet is borrowed from the reference whenever the course runs your code.
"""
'''


def repo_root() -> Path:
    """The folder that holds vibejam_core, labs and book."""
    return Path(__file__).resolve().parents[3]


@functools.cache
def reference(module: str) -> Source:
    """The parsed source of a reference module. It is read, never imported, so no import hook is in the way."""
    return syntax.read(repo_root().joinpath(*module.split(".")).with_suffix(".py"))


def components_of(module: str) -> tuple[Component, ...]:
    """The components that a reference module holds, in the order of the labs."""
    return tuple(component for component in COMPONENTS if component.module == module)


def module_of(file: str) -> str:
    """``vibejam_core.models.gpt`` for ``gpt``. Raises ValueError that names what there is."""
    for module in MODULES:
        if module.rpartition(".")[2] == file:
            return module
    files = ", ".join(module.rpartition(".")[2] for module in MODULES)
    raise ValueError(f"there is no module {file!r}. There are: {files}.")


def skeleton_module(module: str) -> str:
    """The learner's version of a reference module, with nothing written yet."""
    source = reference(module)
    lines = _stubbed(source.lines, [cut for component in components_of(module) for cut in _cuts(source, component)])
    return _header(module) + "".join(lines)


def skeleton_definition(component: Component) -> str:
    """A component's definition with nothing written yet."""
    return _definition_text(skeleton_source(component.module), component)


def reference_definition(component: Component) -> str:
    """The reference's definition of a component: the solution."""
    return _definition_text(reference(component.module), component)


@functools.cache
def skeleton_source(module: str) -> Source:
    """A parsed skeleton."""
    text, path = skeleton_module(module), Path(f"{module.rpartition('.')[2]}.py")
    return Source(path, text, syntax.parse(text, path))


def stub_out(source: Source, component: Component) -> str:
    """A learner's definition of a component with its written parts cut out: what it promises, not how it does it."""
    node = syntax.definition(source.tree.body, component.symbol)
    if node is None:
        return ""
    first, last = syntax.span(node)
    lines = _stubbed(source.lines, _cuts(source, component, need_docstring=False), first, last)
    return "".join(lines).replace("\r\n", "\n")


def part_node(node: Definition, component: Component, part: Part) -> Function | None:
    """The function that is a component's part: a class's method, or the function itself."""
    if not component.is_class:
        return node if isinstance(node, Function) else None
    found = syntax.definition(node.body, part.name) if hasattr(node, "body") else None
    return found if isinstance(found, Function) else None


def _definition_text(source: Source, component: Component) -> str:
    node = syntax.definition(source.tree.body, component.symbol)
    if node is None:
        raise ValueError(f"the curriculum lists {component.id}, but {source.path} doesn't define {component.symbol}")
    return source.segment(*syntax.span(node))


Cut = tuple[int, int, str]
"""First and last line to take out, and the text to put there instead."""


def _cuts(source: Source, component: Component, need_docstring: bool = True) -> Iterable[Cut]:
    node = syntax.definition(source.tree.body, component.symbol)
    if node is None:
        raise ValueError(f"the curriculum lists {component.id}, but {source.path} doesn't define {component.symbol}")
    for part in component.parts:
        function = part_node(node, component, part)
        name = component.id if part.name == component.symbol else f"{component.id}.{part.name}"
        documented = function is not None and syntax.has_docstring(function)
        if need_docstring and not documented:
            raise ValueError(f"{name} needs a definition with a docstring in {source.path}: it is the exercise's text")
        if function is None:
            continue
        anchor = function.body[0]
        first = (anchor.end_lineno or anchor.lineno) + 1 if documented else anchor.lineno
        last = function.end_lineno or function.lineno
        if function.lineno < first <= last:  # else it is all on one line, and there is nothing to cut
            message = f"{name}: {part.todo} (lab {lab_of(component).number:02d})"
            yield first, last, _stub(message, " " * anchor.col_offset)


def _stub(message: str, indent: str) -> str:
    quoted = '"' + message.replace("\\", "\\\\").replace('"', '\\"') + '"'
    line = f"{indent}raise NotImplementedError({quoted})\n"
    if len(line) <= TODO_WIDTH + 1:
        return line
    inner = indent + "    "
    pieces = textwrap.wrap(quoted[1:-1], TODO_WIDTH - len(inner) - 3, break_long_words=False, break_on_hyphens=False)
    spaced = [piece + " " for piece in pieces[:-1]] + pieces[-1:]
    literals = "".join(f'{inner}"{piece}"\n' for piece in spaced)
    return f"{indent}raise NotImplementedError(\n{literals}{indent})\n"


def _stubbed(lines: list[str], cuts: Iterable[Cut], first: int = 1, last: int | None = None) -> list[str]:
    replaced = {start: (end, text) for start, end, text in cuts}
    out, number = [], first
    while number <= (len(lines) if last is None else last):
        if number in replaced:
            end, text = replaced[number]
            out.append(text)
            number = end + 1
        else:
            out.append(lines[number - 1])
            number += 1
    return out


def _header(module: str) -> str:
    parts = components_of(module)
    labs = [lab for lab in LABS if any(component in lab.components for component in parts)]
    where = " and ".join(f"{lab.number:02d} ({lab.title})" for lab in labs)
    return (
        f"# Yours to write, in lab{'s' if len(labs) > 1 else ''} {where}.\n"
        f"# Replace each `raise NotImplementedError` with your code, then run: vibejam check {parts[0].id}\n"
    )


def build_package(package_dir: Path, check: bool = False) -> list[str]:
    """Generate the learner's package from the reference.

    Args:
        package_dir: the workspace's ``mygpt``.
        check: only compare; write nothing.

    Returns:
        The names of the files that were out of step (and, unless ``check``, now are in step).

    Raises:
        ValueError: if a module holds more than what was generated last, so that writing it would lose work.
    """
    manifest = Manifest.load(package_dir.parent / NAME)
    before = dict(manifest.entries)
    texts = {"__init__.py": PACKAGE_DOCSTRING}
    texts |= {f"{module.rpartition('.')[2]}.py": skeleton_module(module) for module in MODULES}
    stale, edited = [], []
    for name, text in texts.items():
        path = package_dir / name
        current = path.read_bytes().decode("utf-8", "replace") if path.exists() else None
        if current is None or current.removeprefix("\ufeff").replace("\r\n", "\n") != text:
            stale.append(name)
            if current is not None and not manifest.matches(f"{package_dir.name}/{name}", current):
                edited.append(name)
    if not check and edited:
        raise ValueError(
            f"{', '.join(edited)} in {syntax.shown(package_dir)} {'differs' if len(edited) == 1 else 'differ'} from "
            "what was generated last, so somebody worked there and nothing was written. Move the work to a workspace "
            "of its own, or put single skeletons back with: vibejam reset COMPONENT"
        )
    for module in MODULES:
        record_module(manifest, module, package_dir.name)
    manifest.record(f"{package_dir.name}/__init__.py", PACKAGE_DOCSTRING)
    if manifest.entries != before:
        stale.append(NAME)
    if not check:
        for name in texts.keys() & set(stale):
            syntax.write_atomically(package_dir / name, texts[name].encode())
        manifest.save()
    return stale


def record_module(manifest: Manifest, module: str, package: str = "mygpt") -> None:
    """Note a skeleton module, and each definition in it, as what was generated last."""
    name = f"{package}/{module.rpartition('.')[2]}.py"
    manifest.record(name, skeleton_module(module))
    for component in components_of(module):
        manifest.record(f"{name}#{component.symbol}", skeleton_definition(component))
