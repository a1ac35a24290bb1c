"""What is read from a file or from another process is data, never code: nothing is pickled, anywhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted([*(ROOT / "vibejam_core").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")])
RUNS_CODE = {
    "pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve",  # modules
    "torch.load", "torch.save", "torch.jit.load", "pandas.read_pickle",
    "send_object_list", "broadcast_object_list", "scatter_object_list", "all_gather_object", "gather_object",
    "yaml.load", "yaml.unsafe_load",
}  # fmt: skip


def used(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported, every name that is called, and ``allow_pickle`` where it is set."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            yield name
            yield name.rsplit(".", 1)[-1] if name.endswith(("_object", "_object_list")) else name
            for keyword in node.keywords:
                if keyword.arg == "allow_pickle" and ast.unparse(keyword.value) != "False":
                    yield "allow_pickle"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_is_pickled(path: Path) -> None:
    found = set(used(ast.parse(path.read_text(encoding="utf-8")))) & (RUNS_CODE | {"allow_pickle"})
    if "course" not in path.parts:
        found |= set(used(ast.parse(path.read_text(encoding="utf-8")))) & {"eval", "exec"}
    assert not found, f"{path} uses {', '.join(sorted(found))}"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import pickle", "pickle"),
        ("from torch import load\nload('x')", "torch.load"),
        ("torch.load('x')", "torch.load"),
        ("np.load('x', allow_pickle=True)", "allow_pickle"),
        ("dist.all_gather_object(x, y)", "all_gather_object"),
        ("eval('1')", "eval"),
    ],
)
def test_it_would_be_found(code: str, name: str) -> None:
    assert name in set(used(ast.parse(code)))


def test_what_is_harmless_is_not() -> None:
    assert not set(used(ast.parse("np.load('x', allow_pickle=False)\nmodel.eval()\njson.load(f)"))) & (
        RUNS_CODE | {"allow_pickle", "eval", "exec"}
    )
