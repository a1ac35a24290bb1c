"""`vibejam build` keeps generated files in step, and never overwrites somebody's work."""

import json
from pathlib import Path

import pytest

from tests.course import small_course
from vibejam_core.course.authoring.build import Build


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small course that was just built; running its notebook is left out here."""

    def pretend(notebook: dict, folder: Path) -> dict:
        cells = [{**c, "execution_count": 1} if c["cell_type"] == "code" else c for c in notebook["cells"]]
        return {**notebook, "cells": cells}

    monkeypatch.setattr("vibejam_core.course.authoring.execute.execute", pretend)
    small_course.make(tmp_path)
    Build(tmp_path).run(lambda path: None)
    return tmp_path


def stale(root: Path) -> list[str]:
    return [item.path for item in Build(root).out_of_step()]


def rebuild(root: Path) -> list[str]:
    written: list[str] = []
    Build(root).run(written.append)
    return written


def test_what_was_just_built_is_in_step(root: Path):
    """And building again writes nothing."""
    assert stale(root) == []
    assert rebuild(root) == []


def test_a_changed_source_is_noticed_and_mended(root: Path):
    """Both notebooks are named; building brings them into step."""
    source = root / "book" / "labs" / "00_warm_up.md"
    source.write_text(source.read_text().replace("One.", "The first."))
    assert stale(root) == ["labs/00_warm_up.ipynb", "solutions/00_warm_up.ipynb"]
    assert rebuild(root) == ["labs/00_warm_up.ipynb", "solutions/00_warm_up.ipynb"]
    assert stale(root) == []


def test_a_changed_picture_is_noticed(root: Path):
    """The skeleton holds a copy of it."""
    (root / "book" / "figures" / "square.svg").write_text(small_course.SQUARE.replace("9", "8"))
    assert stale(root) == ["labs/00_warm_up.ipynb"]


def test_a_changed_address_is_noticed(root: Path):
    """Every badge follows from it."""
    (root / "README.md").write_text("$ git clone https://github.com/someone/small\n")
    pyproject = root / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("someone", "another"))
    assert stale(root) == ["README.md", "labs/00_warm_up.ipynb", "solutions/00_warm_up.ipynb"]
    rebuild(root)
    assert (root / "README.md").read_text() == "$ git clone https://github.com/another/small\n"
    assert stale(root) == []


def test_a_learners_notebook_is_never_overwritten(root: Path):
    """Building refuses, names the file, and leaves every byte."""
    notebook = root / "labs" / "00_warm_up.ipynb"
    work = notebook.read_text().replace("NotImplementedError", "my own work")
    notebook.write_text(work)
    with pytest.raises(ValueError, match=r"labs/00_warm_up.ipynb: .*somebody worked there"):
        rebuild(root)
    assert notebook.read_text() == work
    assert [item.edited for item in Build(root).out_of_step()] == [True]


def test_a_learners_module_is_never_overwritten(root: Path):
    """The same for the package."""
    module = root / "labs" / "mygpt" / "counting.py"
    module.write_text(module.read_text() + "\nmine = 1\n")
    with pytest.raises(ValueError, match=r"counting\.py"):
        rebuild(root)
    assert module.read_text().endswith("mine = 1\n")
    assert [(item.path, item.edited) for item in Build(root).out_of_step()] == [("labs/mygpt/counting.py", True)]


def test_a_missing_notebook_is_made(root: Path):
    """Nothing can be lost there."""
    (root / "labs" / "00_warm_up.ipynb").unlink()
    assert rebuild(root) == ["labs/00_warm_up.ipynb"]


@pytest.mark.parametrize("change", ["source", "output", "count"])
def test_a_solution_that_was_edited_by_hand_is_noticed(root: Path, change: str):
    """Its text, its outputs, and whether it ran to its end."""
    path = root / "solutions" / "00_warm_up.ipynb"
    notebook = json.loads(path.read_text())
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    if change == "source":
        cell["source"] = ["print('edited')"]
    elif change == "output":
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["edited\n"]}]
    else:
        cell["execution_count"] = None
    path.write_text(json.dumps(notebook))
    assert stale(root) == ["solutions/00_warm_up.ipynb"]


def test_a_notebook_without_a_source_is_named(root: Path):
    """A lab that was renamed leaves nothing behind unnoticed."""
    (root / "solutions" / "07_gone.ipynb").write_text("{}")
    assert stale(root) == ["solutions/07_gone.ipynb"]
