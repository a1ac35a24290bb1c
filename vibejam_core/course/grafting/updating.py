"""Taking a new edition of the course without losing a line that the learner wrote.

What still is what was generated last is replaced; what somebody worked on stays, and what changed in its text is shown.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from vibejam_core.course.curriculum import Component
from vibejam_core.course.grafting import editing, skeleton, syntax
from vibejam_core.course.grafting.manifest import Manifest
from vibejam_core.course.grafting.skeleton import MODULES
from vibejam_core.course.grafting.syntax import LearnerError
from vibejam_core.course.workspace import PACKAGE, Workspace


@dataclass(frozen=True)
class Change:
    """What became of one generated thing."""

    name: str
    """A component's id, or a file inside the workspace."""
    kind: str
    """``added``, ``updated``, ``kept`` (somebody worked on it) or ``unreadable``."""
    detail: str = ""
    """For what was kept: a unified diff of what the exercise says now against before."""


def update_package(workspace: Workspace) -> list[Change]:
    """Take the new skeletons of untouched components; say what is new about the others, once."""
    added = workspace.prepare()
    changes = [Change(path.relative_to(workspace.root).as_posix(), "added") for path in added]
    manifest = workspace.manifest()
    for module in MODULES:
        path = workspace.module_path(module.rpartition(".")[2])
        if path not in added:
            try:
                changes += _update_module(workspace, manifest, module, path)
            except LearnerError as error:
                changes.append(Change(f"{PACKAGE}/{path.name}", "unreadable", str(error)))
    manifest.save()
    return changes


def _update_module(workspace: Workspace, manifest: Manifest, module: str, path: Path) -> list[Change]:
    wanted, name = skeleton.skeleton_module(module), f"{PACKAGE}/{path.name}"
    source = syntax.read(path)
    if _plain(source.text) == wanted:
        skeleton.record_module(manifest, module)
        return []
    if manifest.matches(name, source.text):
        syntax.write_atomically(path, wanted.replace("\n", source.newline).encode(source.encoding))
        skeleton.record_module(manifest, module)
        return [Change(name, "updated")]
    changes = [_update_definition(workspace, manifest, component) for component in skeleton.components_of(module)]
    skeleton.record_module(manifest, module)
    return [change for change in changes if change is not None]


def _update_definition(workspace: Workspace, manifest: Manifest, component: Component) -> Change | None:
    source = syntax.read(workspace.module_path(component.file))
    now, wanted = editing.current(source, component.symbol), skeleton.skeleton_definition(component)
    name = f"{PACKAGE}/{component.file}.py#{component.symbol}"
    if now is None and not manifest.knows(name):
        workspace.write_definition(component, wanted)
        return Change(component.id, "added")
    if now is None or _plain(now) == wanted:
        return None
    if manifest.matches(name, now):
        workspace.write_definition(component, wanted)
        return Change(component.id, "updated")
    if manifest.matches(name, wanted):
        return None  # nothing new since it was generated, or told before
    diff = unified(skeleton.stub_out(source, component), wanted, "your version's text", "the new edition's")
    return Change(component.id, "kept", diff) if diff else None


def update_notebooks(workspace: Workspace) -> list[Change]:
    """Take the new notebooks in the place of those that nobody worked in.

    The course's own workspace gets those that are missing as well; another one only has what was put there.
    """
    from vibejam_core.course import site
    from vibejam_core.course.authoring import lab_source, notebooks

    root = skeleton.repo_root()
    manifest, changes = workspace.manifest(), []
    for path in lab_source.sources(root / "book" / "labs"):
        name = f"{path.stem}.ipynb"
        target = workspace.root / name
        if not target.exists() and workspace.root != root / "labs":
            continue
        wanted = notebooks.dumps(notebooks.skeleton_notebook(lab_source.read(path), root, site.load(root)))
        now = target.read_bytes().decode("utf-8", "replace") if target.exists() else None
        if now is not None and _plain(now) != _plain(wanted) and not manifest.matches(name, now):
            if not manifest.matches(name, wanted):
                hint = f"rename it and run this again, and the new one stands at {syntax.shown(target)}"
                changes.append(Change(name, "kept", hint))
            continue
        if now is None or _plain(now) != _plain(wanted):
            syntax.write_atomically(target, wanted.encode())
            changes.append(Change(name, "added" if now is None else "updated"))
        manifest.record(name, wanted)
    manifest.save()
    return changes


def unified(before: str, after: str, before_name: str, after_name: str) -> str:
    """A unified diff of two texts; empty if they are the same."""
    lines = difflib.unified_diff(
        _plain(before).splitlines(keepends=True), _plain(after).splitlines(keepends=True), before_name, after_name
    )
    return "".join(lines)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
