"""The workspace: the folder that holds a learner's package, and beside it what the tools remember."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vibejam_core.course.curriculum import Component
from vibejam_core.course.grafting import editing, skeleton, syntax
from vibejam_core.course.grafting.manifest import NAME, Manifest
from vibejam_core.course.grafting.skeleton import MODULES, repo_root
from vibejam_core.course.grafting.syntax import LearnerError

__all__ = ["Workspace", "repo_root"]

PACKAGE = "mygpt"
VARIABLE = "VIBEJAM_WORKSPACE"


@dataclass(frozen=True)
class Workspace:
    """Where one learner's work is."""

    root: Path

    @classmethod
    def find(cls, explicit: str | Path | None = None) -> Workspace:
        """The workspace that is meant.

        That is the one given; else the one in ``$VIBEJAM_WORKSPACE``; else the nearest folder, from here upwards, that
        holds ``mygpt``; else the repository's ``labs``.

        Raises:
            ValueError: if a folder was named and isn't there.
        """
        for given, source in ((explicit, "--workspace"), (os.environ.get(VARIABLE) or None, VARIABLE)):
            if given is None:
                continue
            root = Path(given).expanduser().resolve()
            if not root.is_dir():
                raise ValueError(
                    f"the workspace {given} (from {source}) is not a folder. Make it, or name the folder that holds "
                    f"your {PACKAGE}; the course's own is {syntax.shown(repo_root() / 'labs')}."
                )
            inside = root.name == PACKAGE and not (root / PACKAGE).exists()
            return cls(root.parent if inside else root)
        here = Path.cwd().resolve()
        for folder in (here, *here.parents):
            if (folder / PACKAGE).is_dir():
                return cls(folder)
        return cls(repo_root() / "labs")

    @property
    def package(self) -> Path:
        """The folder of the learner's modules."""
        return self.root / PACKAGE

    @property
    def state(self) -> Path:
        """What the tools remember and git ignores: history, progress, hints."""
        return self.root / ".vibejam"

    def module_path(self, file: str) -> Path:
        """The learner's module, for example ``mygpt/gpt.py`` for ``gpt``."""
        return self.package / f"{file}.py"

    def manifest(self) -> Manifest:
        """What was generated in this workspace."""
        return Manifest.load(self.root / NAME)

    def prepare(self) -> list[Path]:
        """Write the skeleton modules that are missing and return their paths; what is there is never touched."""
        self.package.mkdir(parents=True, exist_ok=True)
        manifest, written = self.manifest(), []
        init = self.package / "__init__.py"
        if not init.exists():
            syntax.write_atomically(init, skeleton.PACKAGE_DOCSTRING.encode())
            manifest.record(f"{PACKAGE}/__init__.py", skeleton.PACKAGE_DOCSTRING)
            written.append(init)
        for module in MODULES:
            path = self.module_path(module.rpartition(".")[2])
            if not path.exists():
                syntax.write_atomically(path, skeleton.skeleton_module(module).encode())
                skeleton.record_module(manifest, module, PACKAGE)
                written.append(path)
        if written:
            manifest.save()
        return written

    def write_definition(self, component: Component, new_source: str) -> Path | None:
        """Put a definition in the place of the one that the learner's module has, or at its end.

        The rest of the file stays byte for byte. Helpers in ``new_source`` come along (see :func:`editing.replaced`).

        Returns:
            Where the replaced definition is kept, or None if nothing was lost: there was none, it said the same, or it
            was a stub.

        Raises:
            LearnerError: if the module or the new source can't be parsed; then nothing is written.
        """
        self.prepare()
        path = self.module_path(component.file)
        source = syntax.read(path)
        old = editing.current(source, component.symbol)
        text = editing.replaced(source, component.symbol, new_source)
        if text == source.text:
            return None
        try:
            data = text.encode(source.encoding)
        except UnicodeEncodeError as error:
            raise LearnerError(
                f"{syntax.shown(path)} is {source.encoding} text, which lacks {text[error.start]!r}. Save it as UTF-8.",
                path,
            ) from None
        unwritten = old is None or _plain(old) == skeleton.skeleton_definition(component)
        kept = None if unwritten else self.keep(f"{component.file}/{component.symbol}", old or "")
        for name, helper in editing.lost(source, text).items():
            if name != component.symbol:
                self.keep(f"{component.file}/{name}", helper)
        syntax.write_atomically(path, data)
        return kept

    def reset_module(self, file: str) -> Path | None:
        """Put a whole skeleton module back, also in the place of one that can't be read; the old one is kept.

        Returns:
            Where the old one is kept, or None if it was the skeleton.
        """
        path, text = self.module_path(file), skeleton.skeleton_module(skeleton.module_of(file)).encode()
        old = path.read_bytes()
        if old.replace(b"\r\n", b"\n") == text:
            return None
        kept = self.keep(file, old)
        syntax.write_atomically(path, text)
        return kept

    def keep(self, name: str, content: str | bytes) -> Path:
        """Keep a dated copy in the history, in a folder such as ``gpt/Head``."""
        folder = self.state / "history" / name
        folder.mkdir(parents=True, exist_ok=True)
        stamp = datetime.now().strftime("%Y-%m-%dT%H-%M-%S")
        path, number = folder / f"{stamp}.py", 1
        while path.exists():
            number += 1
            path = folder / f"{stamp}-{number}.py"
        syntax.write_atomically(path, content if isinstance(content, bytes) else content.encode("utf-8"))
        return path


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip("\n") + "\n"
