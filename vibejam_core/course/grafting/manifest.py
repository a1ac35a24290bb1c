"""What was generated last, as fingerprints: how a tool can tell a learner's work from its own output."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from vibejam_core.course.grafting.syntax import shown, write_atomically

NAME = ".generated.json"


def fingerprint(text: str) -> str:
    """A hash that doesn't change with the line ends that git or an editor chose."""
    plain = "\n".join(text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").rstrip().split("\n"))
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass
class Manifest:
    """Fingerprints by name; a name is a path inside the workspace, with ``#symbol`` for a definition in it."""

    path: Path
    entries: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Manifest:
        """Read a manifest; one that isn't there is empty.

        Args:
            path: the file, or the workspace's folder that holds it.

        Raises:
            ValueError: if the file isn't a manifest.
        """
        if path.is_dir():
            path = path / NAME
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls(path)
        except ValueError as error:
            raise ValueError(f"{shown(path)} is damaged ({error}). Delete it and run: vibejam build") from None
        if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
            raise ValueError(f"{shown(path)} is not a list of fingerprints. Delete it and run: vibejam build")
        return cls(path, data)

    def knows(self, name: str) -> bool:
        """Whether something of that name was ever generated here."""
        return name in self.entries

    def matches(self, name: str, text: str) -> bool:
        """Whether a text is still what was generated last under that name."""
        return self.entries.get(name) == fingerprint(text)

    def record(self, name: str, text: str) -> None:
        """Remember what was generated; :meth:`save` makes it last."""
        self.entries[name] = fingerprint(text)

    def save(self) -> None:
        """Write the file, unless it says just this already."""
        data = (json.dumps(self.entries, indent=1, sort_keys=True) + "\n").encode()
        if not self.path.exists() or self.path.read_bytes() != data:
            write_atomically(self.path, data)
