"""What the grader's tests share: a workspace in which a single definition is written."""

from __future__ import annotations

from pathlib import Path

from vibejam_core.course.curriculum import component
from vibejam_core.course.grafting.skeleton import reference_definition
from vibejam_core.course.workspace import Workspace

COUNT = "counting.count_characters"
RIGHT = """
    counts = {}
    for character in text:
        counts[character] = counts.get(character, 0) + 1
    return counts
"""


def counting(body: str, before: str = "") -> str:
    """A module with a count_characters of this body."""
    return f"{before}\n\ndef count_characters(text: str) -> dict[str, int]:\n{body}"


def workspace(folder: Path, **sources: str | bytes) -> Workspace:
    """A fresh workspace, some of its modules written over: ``workspace(tmp_path, counting="...")``."""
    made = Workspace(folder)
    made.prepare()
    for file, source in sources.items():
        data = source if isinstance(source, bytes) else source.encode()
        made.module_path(file).write_bytes(data)
    return made


def solve(made: Workspace, *ids: str) -> Workspace:
    """Write the reference's definitions of some components into a workspace."""
    for id in ids:
        made.write_definition(component(id), reference_definition(component(id)))
    return made
