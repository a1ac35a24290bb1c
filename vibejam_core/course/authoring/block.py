"""The pieces that a lab's source is made of, and the error that tells its author what to mend."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


class LabSourceError(ValueError):
    """Something in a lab's source that its author has to mend; the message begins with ``file:line``."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path.name}:{line}: {message}")
        self.path = path
        self.line = line


@dataclass(frozen=True)
class Block:
    """One stretch of a source: a piece of prose, or one fenced directive."""

    kind: str
    """``text``, ``break`` (a ``+++``), or a directive's name."""
    line: int
    """Where it begins in the file, from 1."""
    text: str
    """The prose, or what stands between the fences without its options."""
    argument: str = ""
    """What follows the directive's name: a component, a question, a picture's path."""
    options: dict[str, str] = field(default_factory=dict)

    @property
    def tags(self) -> list[str]:
        """A code cell's tags, from its ``:tags: [a, b]`` line."""
        return [tag.strip(" '\"") for tag in self.options.get("tags", "").strip("[]").split(",") if tag.strip()]
