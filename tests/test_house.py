"""The house rules that keep the course out of the machine learning, read off the imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CORE = ROOT / "vibejam_core"
ORDER = ("text", "models", "inference", "evaluation", "training", "serving", "course")
FILES = sorted(CORE.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, also inside functions."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def folder_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "vibejam_core" and len(parts) > 1 else None


def test_every_folder_has_its_place_in_the_order() -> None:
    folders = {path.parent.name for path in CORE.glob("*/__init__.py")}
    assert folders <= set(ORDER)
    assert len(FILES) > 20


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(CORE).as_posix())
def test_imports_run_one_way(path: Path) -> None:
    own = path.relative_to(CORE).parts[0]
    if own == "__init__.py":
        return  # the door: see below
    below = set(ORDER[: ORDER.index(own) + 1])
    for module in imports(path):
        assert folder_of(module) in below | {None}, f"{path} imports {module}, which stands above it"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(CORE).as_posix())
def test_the_core_imports_nothing_that_uses_it(path: Path) -> None:
    for module in imports(path):
        assert module.split(".")[0] not in ("scripts", "labs", "tests", "solutions"), f"{path} imports {module}"


def test_the_one_door_to_the_course_is_the_packages_own_file() -> None:
    outside = [path for path in FILES if "course" not in path.relative_to(CORE).parts]
    doors = [path for path in outside if any(folder_of(module) == "course" for module in imports(path))]
    assert doors == [CORE / "__init__.py"]


def test_the_machine_learning_runs_without_reading_course_settings() -> None:
    for path in FILES:
        own = path.relative_to(CORE).parts[0]
        if own not in ("course", "__init__.py"):
            assert "VIBEJAM_" not in path.read_text(encoding="utf-8"), path


def test_nothing_is_unpickled_or_evaluated_outside_the_course() -> None:
    for path in FILES:
        if path.relative_to(CORE).parts[0] == "course":
            continue
        called = {ast.unparse(n.func) for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)}
        assert not called & {"eval", "exec", "pickle.load", "pickle.loads", "torch.load"}, path
