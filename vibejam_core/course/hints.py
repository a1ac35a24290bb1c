"""A component's hints, one more at each request; which ones were shown is remembered in the workspace."""

from __future__ import annotations

import json
from pathlib import Path

from vibejam_core.course import site
from vibejam_core.course.authoring import lab_source
from vibejam_core.course.authoring.prose import Prose
from vibejam_core.course.curriculum import Component, lab_of
from vibejam_core.course.grafting.skeleton import repo_root
from vibejam_core.course.grafting.syntax import write_atomically
from vibejam_core.course.workspace import Workspace


def of(component: Component, root: Path | None = None) -> tuple[str, ...]:
    """The component's hints in order, from its lab's source."""
    root = root or repo_root()
    source = lab_source.read(root / "book" / "labs" / f"{lab_of(component).name}.md")
    prose = Prose(source.path, root, site.load(root), attached=True)
    return tuple(prose.markdown(hint) for hint in source.hints[component.id])


def shown(workspace: Workspace) -> dict[str, int]:
    """How many hints of each component were shown. A damaged record counts as none."""
    try:
        data = json.loads(_path(workspace).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(data, dict):
        return {}
    return {str(id): count for id, count in data.items() if isinstance(count, int) and count >= 0}


def remember(workspace: Workspace, component: Component, count: int) -> None:
    """Note that the first ``count`` hints were shown."""
    counts = {**shown(workspace), component.id: max(count, shown(workspace).get(component.id, 0))}
    write_atomically(_path(workspace), (json.dumps(counts, indent=1, sort_keys=True) + "\n").encode())


def _path(workspace: Workspace) -> Path:
    return workspace.state / "hints.json"
