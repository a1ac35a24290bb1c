"""Which components changed since one last looked."""

from __future__ import annotations

import time
from pathlib import Path

from vibejam_core.course.curriculum import COMPONENTS
from vibejam_core.course.grafting import syntax
from vibejam_core.course.progress import source_hash
from vibejam_core.course.workspace import Workspace

SETTLE = 0.05
"""Seconds for which a file must stay as it is: some editors empty a file before they write it."""
PATIENCE = 2.0

Stamp = tuple[int, int]


class Watcher:
    """Looks at a workspace's modules. It asks for their times, which is cheap and works on every file system."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.stamps = self._stamps()
        self.hashes = self._hashes()

    def changed(self) -> list[str]:
        """The ids of the components whose code is another than when last asked, in the labs' order.

        A file that isn't Python at the moment changes all its components. A helper module of the learner's own, which
        belongs to no component, may be used by any of them, so it changes all.
        """
        stamps = self._stamps()
        if stamps == self.stamps:
            return []
        stamps = self._settled(stamps)
        ours = {self.workspace.module_path(component.file) for component in COMPONENTS}
        touched = {path for path in stamps.keys() | self.stamps.keys() if stamps.get(path) != self.stamps.get(path)}
        before, self.hashes = self.hashes, self._hashes()
        self.stamps = stamps
        helpers = [path for path in touched - ours if path.name != "__init__.py"]
        return [
            component.id
            for component in COMPONENTS
            if helpers
            or self.hashes[component.id] != before[component.id]
            or (self.hashes[component.id] == "unreadable" and self.workspace.module_path(component.file) in touched)
        ]

    def _settled(self, stamps: dict[Path, Stamp]) -> dict[Path, Stamp]:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            time.sleep(SETTLE)
            now = self._stamps()
            if now == stamps and all(size for path, (_, size) in now.items() if path.name != "__init__.py"):
                break
            stamps = now
        return stamps

    def _stamps(self) -> dict[Path, Stamp]:
        stamps: dict[Path, Stamp] = {}
        for path in self.workspace.package.glob("*.py"):
            try:
                found = path.stat()
            except OSError:  # gone between the two looks
                continue
            stamps[path] = (found.st_mtime_ns, found.st_size)
        return stamps

    def _hashes(self) -> dict[str, str | None]:
        hashes: dict[str, str | None] = {}
        trees: dict[str, syntax.Source | None] = {}
        for component in COMPONENTS:
            if component.file not in trees:
                try:
                    trees[component.file] = syntax.read(self.workspace.module_path(component.file))
                except syntax.LearnerError:
                    trees[component.file] = None
            source = trees[component.file]
            hashes[component.id] = "unreadable" if source is None else source_hash(component, source.tree)
        return hashes
