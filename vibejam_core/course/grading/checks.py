"""The checks: plain functions in ``tests/labs/test_NN_*.py``, each about one component of lab NN.

A check's only parameter is its subject: the name of one of the lab's components. Its docstring is one sentence for the
learner. :func:`listing` reads a file's checks without running it, so that whoever asks for a verdict knows beforehand
which results there must be; :func:`load` runs the file and hands out the functions. A lab may have several files; their
checks run in the order of the files' names.
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


def files_of(lab: Lab) -> list[Path]:
    """The files that hold a lab's checks, in the order in which they run: ``test_NN_*.py``, by name."""
    return sorted(folder().glob(f"test_{lab.number:02d}_*.py"))


def lab_of_file(path: Path) -> Lab | None:
    """The lab whose checks a file holds, or None."""
    return next((lab for lab in LABS if path.match(f"test_{lab.number:02d}_*.py")), None)


def of(component: Component) -> list[Check]:
    """A component's checks, in the order in which they run."""
    return [check for check in listing(lab_of(component)) if check.component == component.id]


def listing(lab: Lab) -> list[Check]:
    """All checks of a lab, in their files' order, without running the files.

    Raises:
        ValueError: if a check breaks the rules of the house; the message says which and how.
    """
    found: dict[str, Check] = {}
    for path in files_of(lab):
        for check in in_file(lab, path):
            if check.name in found:
                other = found[check.name].path.name
                raise ValueError(f"{path.name}:{check.line}: {check.name} is also defined in {other}")
            found[check.name] = check
    return list(found.values())


def in_file(lab: Lab, path: Path) -> list[Check]:
    """The checks in one of a lab's files, without running it. Raises ValueError as :func:`listing` does."""
    return list(_in_file(lab, path, path.stat().st_mtime_ns))


@cache
def _in_file(lab: Lab, path: Path, changed: int) -> tuple[Check, ...]:
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
    """A component's checks with their functions. A file is run once per version of it."""
    return [(check, getattr(_module(check.path, check.path.stat().st_mtime_ns), check.name)) for check in of(component)]


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
    expect = package / "course" / "expect.py"
    digest = hashlib.sha256()
    rests_on = [*files_of(lab_of(component)), *folder().glob("helpers*.py"), expect, *more]
    for part in ("text", "models", "inference", "evaluation", "training"):
        rests_on += (package / part).glob("*.py")
    for path in sorted(path for path in rests_on if path.is_file()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
