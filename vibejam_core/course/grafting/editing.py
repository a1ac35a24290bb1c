"""Changing one definition in somebody's file and leaving every other byte as it is."""

from __future__ import annotations

import ast
import re

from vibejam_core.course.grafting import syntax
from vibejam_core.course.grafting.syntax import Source


def current(source: Source, symbol: str) -> str | None:
    """The text that defines a symbol now: a ``def``, a ``class``, an assignment, an import; None if nothing does."""
    statement = syntax.find(source.tree.body, symbol)
    return None if statement is None else source.segment(*syntax.span(statement))


def replaced(source: Source, symbol: str, new: str) -> str:
    """The file's text with a new definition of a symbol in the old one's place, or at the end where there was none.

    ``new`` may bring helpers along: a function, class or constant that the file has already is replaced in its place,
    an import that the file has already is left out, and all others go right above the definition.
    """
    given = Source(source.path, _tidy(new), syntax.parse(new, source.path))
    statement = syntax.find(given.tree.body, symbol)
    if statement is None:
        raise syntax.LearnerError(f"there is no definition of {symbol} here, so nothing was written.", source.path, 1)
    text, brought = source.text, []
    for first, last, node in _chunks(given):
        chunk = given.segment(first, last)
        names = syntax.bound(node)
        if node is statement or symbol in names:
            brought.append(chunk)
        elif _has_already(syntax.parse(text, source.path), node):
            continue
        elif isinstance(node, ast.Import | ast.ImportFrom):
            text = _with_import(source, text, node, chunk)
        elif names and (old := _same(syntax.parse(text, source.path), names)) is not None:
            text = _swap(Source(source.path, text, source.tree), old, chunk)
        else:
            brought.append(chunk)
    whole = Source(source.path, text, syntax.parse(text, source.path))
    old = syntax.find(whole.tree.body, symbol)
    body = "".join(brought) if len(brought) == 1 else "\n\n".join(chunk.strip("\n") + "\n" for chunk in brought)
    text = _swap(whole, old, body) if old is not None else _append(whole, body)
    syntax.parse(text, source.path)
    return text


def lost(source: Source, text: str) -> dict[str, str]:
    """The functions and classes of a file that a new text of it changes or lacks, as they were."""
    after = Source(source.path, text, syntax.parse(text, source.path))
    names = {node.name for node in source.tree.body if isinstance(node, syntax.Definition)}
    before = {name: current(source, name) or "" for name in sorted(names)}
    return {name: was for name, was in before.items() if current(after, name) != was}


def _tidy(text: str) -> str:
    text = re.sub(r"\r\n?", "\n", text)
    return text.strip("\n") + "\n"


def _chunks(given: Source) -> list[tuple[int, int, ast.stmt]]:
    """Each statement with the comments above it; what stands below the last one belongs to the last."""
    chunks, start = [], 1
    body = given.tree.body
    for index, node in enumerate(body):
        last = len(given.lines) if index + 1 == len(body) else syntax.span(node)[1]
        if last >= start:  # else it shares its line with the one before, and is in its chunk
            chunks.append((start, last, node))
            start = last + 1
    return chunks


def _has_already(tree: ast.Module, node: ast.stmt) -> bool:
    """Whether a file's own statements bind all that an import binds, from the same place."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return False
    there = {_imported(item, alias) for item in ast.walk(tree) if isinstance(item, type(node)) for alias in item.names}
    return all(_imported(node, alias) in there for alias in node.names)


def _imported(node: ast.stmt, alias: ast.alias) -> tuple[object, ...]:
    return getattr(node, "module", None), getattr(node, "level", None), alias.name, alias.asname


def _same(tree: ast.Module, names: set[str]) -> ast.stmt | None:
    """The top-level statement that binds just these names."""
    return next((node for node in reversed(tree.body) if syntax.bound(node) == names), None)


def _swap(source: Source, old: ast.stmt, new: str) -> str:
    first, last = syntax.span(old)
    lines = source.lines
    ended = lines[last - 1].endswith(("\n", "\r"))
    new = new.strip("\n") + ("\n" if ended else "")
    return "".join([*lines[: first - 1], new.replace("\n", source.newline), *lines[last:]])


def _append(source: Source, new: str) -> str:
    text = source.text
    if text and not text.endswith(("\n", "\r")):
        text += source.newline
    gap = source.newline * 2 if text.strip() else ""
    return text + gap + new.replace("\n", source.newline)


def _with_import(source: Source, text: str, node: ast.Import | ast.ImportFrom, chunk: str) -> str:
    """An import among the file's own: after the last of those at its top, or, from ``__future__``, before them."""
    tree = syntax.parse(text, source.path)
    after = syntax.span(tree.body[0])[1] if syntax.has_docstring(tree) else 0
    if getattr(node, "module", None) != "__future__":
        for statement in tree.body[1 if after else 0 :]:
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                break
            after = syntax.span(statement)[1]
    lines = syntax.split_lines(text)
    if after and not lines[after - 1].endswith(("\n", "\r")):
        lines[after - 1] += source.newline
    return "".join([*lines[:after], chunk.strip("\n").replace("\n", source.newline) + source.newline, *lines[after:]])
