"""The checks: plain functions in ``tests/labs/test_NN_slug.py``, each about one component.

A check's only parameter is its subject: the name of one of the lab's components. Its docstring is one sentence for the
learner. :func:`listing` reads a file's checks without running it, so that whoever asks for a verdict knows beforehand
which results there must be; :func:`load` runs the file and hands out the functions.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from vibejam_core.course.curriculum import LABS, Component, Lab, lab_of


@dataclass(frozen=True)
class Check:
    """One demand on one component."""

    component: str
    """The component's id."""
    name: str
    """The function's name."""
    sentence: str
    """What must hold, in words for the learner: its docstring."""
    path: Path
    line: int


def folder() -> Path:
    """Where the checks are: ``tests/labs`` of the repository that this package is run from."""
    return Path(__file__).resolve().parents[3] / "tests" / "labs"


def file_of(lab: Lab) -> Path:
    """The file that holds a lab's checks."""
    return folder() / f"test_{lab.name}.py"


def lab_of_file(path: Path) -> Lab | None:
    """The lab whose checks a file holds, or None."""
    return next((lab for lab in LABS if file_of(lab).name == path.name), None)


def of(component: Component) -> list[Check]:
    """A component's checks, in the order in which they run."""
    return [check for check in listing(lab_of(component)) if check.component == component.id]


def listing(lab: Lab) -> list[Check]:
    """All checks of a lab, in their file's order, without running the file.

    Raises:
        ValueError: if a check breaks the rules of the house; the message says which and how.
    """
    path = file_of(lab)
    return list(_listing(lab, path, path.stat().st_mtime_ns)) if path.is_file() else []


@cache
def _listing(lab: Lab, path: Path, changed: int) -> tuple[Check, ...]:
    subjects = {component.symbol: component.id for component in lab.components}
    found: list[Check] = []
    for node in ast.parse(path.read_text(encoding="utf-8"), str(path)).body:
        if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
            continue
        place = f"{path.name}:{node.lineno}: {node.name}"
        arguments = [argument.arg for argument in node.args.args]
        if len(arguments) != 1 or arguments[0] not in subjects:
            raise ValueError(f"{place} must take one argument, one of: {', '.join(subjects)}; it takes {arguments}")
        sentence = ast.get_docstring(node)
        if not sentence:
            raise ValueError(f"{place} needs a docstring: one sentence that tells the learner what must hold")
        if any(check.name == node.name for check in found):
            raise ValueError(f"{place} is defined twice, so the first would never run")
        found.append(Check(subjects[arguments[0]], node.name, " ".join(sentence.split()), path, node.lineno))
    return tuple(found)


def load(component: Component) -> list[tuple[Check, Callable[[Any], None]]]:
    """A component's checks with their functions. The file is run once per version of it."""
    found = of(component)
    if not found:
        return []
    module = _module(found[0].path, found[0].path.stat().st_mtime_ns)
    return [(check, getattr(module, check.name)) for check in found]


@cache
def _module(path: Path, changed: int) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"vibejam_checks_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fingerprint(component: Component, *more: Path) -> str:
    """Changes whenever a check of the component, or anything else that a check's outcome rests on, changes."""
    package = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256()
    rests_on = [file_of(lab_of(component)), *folder().glob("helpers*.py"), Path(__file__).with_name("expect.py"), *more]
    for part in ("text", "models", "evaluation"):
        rests_on += (package / part).glob("*.py")
    for path in sorted(path for path in rests_on if path.is_file()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
