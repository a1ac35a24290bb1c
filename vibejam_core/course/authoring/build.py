"""Keeps everything generated in step with its sources: the skeleton package, skeleton and solved notebooks.

Nothing in ``labs/`` that differs from what was generated last is ever overwritten: somebody may have worked there.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from vibejam_core.course import site
from vibejam_core.course.authoring import execute, lab_source, notebooks
from vibejam_core.course.authoring.lab_source import LabSource
from vibejam_core.course.authoring.notebooks import Notebook
from vibejam_core.course.grafting import skeleton
from vibejam_core.course.grafting.manifest import NAME, Manifest
from vibejam_core.course.grafting.syntax import write_atomically

WORKED_IN = "somebody worked in it since it was generated"


@dataclass(frozen=True)
class OutOfStep:
    """A generated file that no longer follows from its source."""

    path: str
    """Inside the repository."""
    why: str
    edited: bool = False
    """Whether it differs from what was generated last, so that writing it would lose somebody's work."""


class Build:
    """The generated files of one clone."""

    def __init__(self, root: Path, only: Collection[str] = ()) -> None:
        """Read the sources.

        Args:
            root: the repository.
            only: names of labs, such as ``03_attention``; none means all.

        Raises:
            LabSourceError: if a source can't be read; the message says where and why.
        """
        self.root = root
        self.labs = root / "labs"
        self.solutions = root / "solutions"
        self.site = site.load(root)
        paths = lab_source.sources(root / "book" / "labs")
        self.sources = [lab_source.read(path) for path in paths if not only or path.stem in only]
        self.whole = not only

    def out_of_step(self) -> list[OutOfStep]:
        """Compare all that is generated with its sources; nothing is executed or written."""
        found = self._stale_package()
        if self._readme() is not None:
            found.append(OutOfStep("README.md", "it clones another address than pyproject.toml gives"))
        for source in self.sources:
            found += self._stale_skeleton(source)
            found += self._stale_solution(source)
        if self.whole:
            known = {f"{source.lab.name}.ipynb" for source in self.sources}
            for folder in (self.labs, self.solutions):
                strays = sorted(path.name for path in folder.glob("[0-9][0-9]_*.ipynb") if path.name not in known)
                found += [OutOfStep(f"{folder.name}/{name}", "it has no source in book/labs") for name in strays]
        return found

    def run(self, say: Callable[[str], None], again: bool = False) -> None:
        """Generate what is out of step, and run the solved notebooks that need it.

        Args:
            say: called with one line for each file that was written.
            again: run every solved notebook, whether it needs it or not.

        Raises:
            ValueError: if a file in ``labs/`` differs from what was generated last, or a solved notebook fails.
        """
        for name in self._package(check=False):
            say(name)
        if (readme := self._readme()) is not None:
            write_atomically(self.root / "README.md", readme.encode())
            say("README.md")
        manifest = Manifest.load(self.labs / NAME)
        stale = {source.lab.name: self._stale_skeleton(source) for source in self.sources}
        if edited := [item.path for items in stale.values() for item in items if item.edited]:
            raise ValueError(
                f"{', '.join(edited)}: not what was generated last, so somebody worked there and nothing was written. "
                "Save it under another name, then run 'git checkout' on it, and build again."
            )
        for source in self.sources:
            file = f"{source.lab.name}.ipynb"
            text = self._skeleton(source)
            if stale[source.lab.name]:
                write_atomically(self.labs / file, text.encode())
                say(f"labs/{file}")
            manifest.record(file, text)
        manifest.save()
        for source in self.sources:
            if again or self._stale_solution(source):
                self._write_solution(source)
                say(f"solutions/{source.lab.name}.ipynb")

    def _readme(self) -> str | None:
        """The README with the address that pyproject.toml gives, or None where it says that already."""
        path = self.root / "README.md"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        wanted = re.sub(r"(?<=git clone )https://\S+", self.site.repository, text)
        return wanted if wanted != text else None

    def _package(self, check: bool) -> list[str]:
        names = skeleton.build_package(self.labs / "mygpt", check=check)
        return [f"labs/{name}" if name == NAME else f"labs/mygpt/{name}" for name in names]

    def _stale_package(self) -> list[OutOfStep]:
        manifest, found = Manifest.load(self.labs / NAME), []
        for name in self._package(check=True):
            path = self.root / name
            if path.suffix == ".py" and path.exists():
                edited = not manifest.matches(f"mygpt/{path.name}", path.read_text(encoding="utf-8", errors="replace"))
                found.append(OutOfStep(name, WORKED_IN if edited else "the reference changed", edited))
            else:
                found.append(OutOfStep(name, "the reference changed" if path.exists() else "it isn't there"))
        return found

    def _skeleton(self, source: LabSource) -> str:
        return notebooks.dumps(notebooks.skeleton_notebook(source, self.root, self.site))

    def _solution(self, source: LabSource) -> Notebook:
        """The solved notebook before it runs, with the fingerprint of its inputs."""
        notebook = notebooks.solved_notebook(source, self.root, self.site)
        notebook["metadata"]["vibejam"]["inputs"] = execute.inputs(notebook, self.root)
        return notebook

    def _stale_skeleton(self, source: LabSource) -> list[OutOfStep]:
        path = self.labs / f"{source.lab.name}.ipynb"
        name = f"labs/{path.name}"
        if not path.exists():
            return [OutOfStep(name, "it isn't there")]
        current, wanted = path.read_text(encoding="utf-8"), self._skeleton(source)
        if current == wanted:
            return []
        if not Manifest.load(self.labs / NAME).matches(path.name, current):
            return [OutOfStep(name, WORKED_IN, edited=True)]
        return [OutOfStep(name, f"book/labs/{source.path.name}, a stub or a picture changed")]

    def _stale_solution(self, source: LabSource) -> list[OutOfStep]:
        path = self.solutions / f"{source.lab.name}.ipynb"
        name = f"solutions/{path.name}"
        if not path.exists():
            return [OutOfStep(name, "it isn't there")]
        try:
            current = json.loads(path.read_text(encoding="utf-8"))
            outputs = current["metadata"]["vibejam"].pop("outputs", "")
            before = notebooks.without_outputs(current)
        except (ValueError, LookupError, TypeError, AttributeError):
            return [OutOfStep(name, "it isn't a solved notebook that can be read")]
        if before != self._solution(source):
            return [OutOfStep(name, "its source, or something that it runs, changed since it ran")]
        if outputs != execute.outputs(current):
            return [OutOfStep(name, "its outputs aren't those that it had when it ran")]
        return []

    def _write_solution(self, source: LabSource) -> None:
        self.solutions.mkdir(exist_ok=True)
        file = f"{source.lab.name}.ipynb"
        try:
            executed = execute.execute(self._solution(source), self.solutions)
        except execute.CellFailed as error:
            raise ValueError(f"solutions/{file} was not written, because a cell of it failed.\n{error}") from None
        if (self.solutions / file).exists():
            with contextlib.suppress(ValueError, LookupError, TypeError):  # what is there may be no notebook at all
                execute.keep_timings(executed, json.loads((self.solutions / file).read_text(encoding="utf-8")))
        executed["metadata"]["vibejam"]["outputs"] = execute.outputs(executed)
        write_atomically(self.solutions / file, notebooks.dumps(executed).encode())
