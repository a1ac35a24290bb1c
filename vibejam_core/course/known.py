"""Known wrong versions of each component, and known right ones that look different.

``tests/mistakes/<file>.py`` holds ``MISTAKES`` and ``tests/variants/<file>.py`` holds ``VARIANTS``: dictionaries from
component ids to lists. Each entry says how it differs from the reference, with :func:`edit` or :func:`whole`. The
project's tests demand that the checks reject every mistake and accept every variant; when a learner's component fails,
the diagnosis compares it with the mistakes.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from vibejam_core.course.curriculum import COMPONENTS, Component
from vibejam_core.course.curriculum import component as find_component
from vibejam_core.course.grafting import skeleton


@dataclass(frozen=True)
class Edit:
    """The reference's definition with some passages replaced."""

    replacements: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Whole:
    """A complete definition that stands instead of the reference's."""

    source: str


Change: TypeAlias = Edit | Whole


@dataclass(frozen=True)
class Mistake:
    """One way to get a component wrong."""

    sentence: str
    """What is wrong: a clause that completes "this is what happens when …"."""
    change: Change


@dataclass(frozen=True)
class Variant:
    """A correct solution that is written in another way than the reference."""

    name: str
    """What is different, for the table that the project's tests print."""
    change: Change


def edit(*passages: str) -> Edit:
    """The reference with passages replaced: ``edit(old, new, old2, new2, ...)``.

    Each old passage must occur exactly once in the reference's definition as the earlier replacements left it.
    """
    if not passages or len(passages) % 2:
        raise ValueError(f"edit() takes pairs of passages, old and new, but it was given {len(passages)}")
    return Edit(tuple(zip(passages[::2], passages[1::2], strict=True)))


def whole(source: str) -> Whole:
    """A complete definition. It may use whatever the reference's module imports; other imports go inside functions."""
    return Whole(source)


def source(component: Component | str, change: Change) -> str:
    """The complete definition that a change describes.

    Raises:
        ValueError: if a passage to replace does not occur exactly once; the message quotes it.
    """
    if isinstance(component, str):
        component = find_component(component)
    if isinstance(change, Whole):
        return change.source.strip("\n") + "\n"
    text = skeleton.reference_definition(component)
    for old, new in change.replacements:
        count = text.count(old)
        if count != 1:
            raise ValueError(
                f"an edit of {component.id} replaces {old!r}, which must occur exactly once in the reference, "
                f"but it occurs {count} times"
            )
        text = text.replace(old, new)
    return text


def mistakes(component: Component | str) -> tuple[Mistake, ...]:
    """The known mistakes of a component, in their file's order."""
    return tuple(_entries("mistakes", "MISTAKES", Mistake, component))


def variants(component: Component | str) -> tuple[Variant, ...]:
    """The known correct variants of a component, in their file's order."""
    return tuple(_entries("variants", "VARIANTS", Variant, component))


FIRST_RED = Path(__file__).resolve().parents[2] / "tests" / "mistakes" / "first_red.json"
"""Component to check to the mistakes that this check is the first to reject; ``vibejam mistakes --write`` makes it."""


def first_red() -> dict[str, dict[str, list[str]]]:
    """Which check is the first to reject which mistakes, as last written down. It saves the diagnosis much running."""
    try:
        written = json.loads(FIRST_RED.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return written if isinstance(written, dict) else {}


def candidates(component: Component | str, check: str) -> list[Mistake]:
    """The mistakes that this check may be the first to reject, those that nothing was written down about included."""
    if isinstance(component, str):
        component = find_component(component)
    elsewhere = {
        sentence for name, found in first_red().get(component.id, {}).items() if name != check for sentence in found
    }
    return [mistake for mistake in mistakes(component) if mistake.sentence not in elsewhere]


def files(component: Component | str) -> tuple[Path, ...]:
    """Where a component's mistakes and variants are written: ``gpt.py``, and ``gpt_head.py`` and the like beside it."""
    return (*_files("mistakes", component), *_files("variants", component))


def _files(folder: str, component: Component | str) -> list[Path]:
    if isinstance(component, str):
        component = find_component(component)
    place = Path(__file__).resolve().parents[2] / "tests" / folder
    return [path for path in sorted(place.glob(f"{component.file}*.py")) if _owner(path) == component.file]


def _owner(path: Path) -> str | None:
    """Whose table a file holds: ``bpe_merge.py`` is ``bpe``'s, unless there is a learner's file of that longer name."""
    owners = {component.file for component in COMPONENTS if re.match(rf"{component.file}(_|\.)", path.name)}
    return max(owners, key=len, default=None)


def _entries(folder: str, table: str, kind: type, component: Component | str) -> list[Any]:
    if isinstance(component, str):
        component = find_component(component)
    chosen: list[Any] = []
    for path in _files(folder, component):
        entries = _run(path, path.stat().st_mtime_ns).get(table, {})
        unknown = [name for name in entries if name.partition(".")[0] != component.file]
        if unknown:
            raise ValueError(f"{path} holds entries that are not of {component.file}: {', '.join(unknown)}")
        for entry in entries.get(component.id, []):
            if not isinstance(entry, kind):
                raise ValueError(f"{path}: {component.id} should list {kind.__name__}s, but one entry is {entry!r}")
            if entry not in chosen:  # a file that gathers others' tables says the same again
                chosen.append(entry)
    return chosen


@cache
def _run(path: Path, changed: int) -> dict[str, Any]:
    """Execute a table's file. It is data that happens to be Python, so it is run by its path and never imported."""
    names: dict[str, Any] = {"__name__": f"vibejam_{path.parent.name}_{path.stem}", "__file__": str(path)}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
    return names


def module_source(component: Component | str, change: Change) -> str:
    """The text of a module that holds nothing but this component; the graft adds the rest."""
    return "from __future__ import annotations\n\n\n" + source(component, change)
