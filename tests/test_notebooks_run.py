"""Every lab's notebooks run from top to bottom under nbval, as a learner's or a class's CI would run them."""

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from vibejam_core.course import site
from vibejam_core.course.authoring import lab_source, notebooks
from vibejam_core.course.grafting.skeleton import repo_root

ROOT = repo_root()
SOURCES = lab_source.sources(ROOT / "book" / "labs")
SECONDS = 60
"""Generous, since other work may share the machine; the aim is 20."""

pytestmark = pytest.mark.slow


def run(notebook: Path, workspace: Path) -> dict[int, str]:
    """Run a notebook under nbval; gives back the number of each red code cell and what it raised."""
    report = workspace / "report.xml"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("VIBEJAM", "PYTEST"))}
    environment |= {"VIBEJAM_WORKSPACE": str(workspace), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    arguments = ["-o", "addopts=", "-p", "no:cacheprovider", "--nbval-lax", "--nbval-current-env"]
    limit = f"--nbval-cell-timeout={SECONDS}"
    command = [sys.executable, "-m", "pytest", *arguments, limit, f"--junitxml={report}", str(notebook)]
    done = subprocess.run(command, cwd=notebook.parent, env=environment, capture_output=True, text=True, timeout=180)
    assert report.exists(), done.stdout + done.stderr
    cells = list(ET.parse(report).iter("testcase"))
    assert cells, "no cell was run"
    red = [(int(cell.get("name", "").split()[-1]), cell.find("failure")) for cell in cells]
    return {number: failure.text or "" for number, failure in red if failure is not None}


def code_cells(notebook: dict) -> list[str]:
    return [cell["id"] for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.mark.parametrize("path", SOURCES, ids=[path.stem for path in SOURCES])
def test_only_the_exercises_of_a_skeleton_are_unfinished(path: Path, tmp_path: Path):
    """Every demo runs before any exercise is done, and every exercise says that it isn't written yet."""
    notebook = notebooks.skeleton_notebook(lab_source.read(path), ROOT, site.load(ROOT))
    written = tmp_path / f"{path.stem}.ipynb"
    written.write_text(notebooks.dumps(notebook), encoding="utf-8")
    begun = time.monotonic()
    red = run(written, tmp_path)
    ids = code_cells(notebook)
    exercises = [number for number, id in enumerate(ids) if id.startswith("exercise-")]
    assert sorted(red) == exercises, {ids[number]: text for number, text in red.items()}
    assert all("is unfinished" in text for text in red.values()), red
    assert time.monotonic() - begun < SECONDS


@pytest.mark.parametrize("path", SOURCES, ids=[path.stem for path in SOURCES])
def test_a_solved_notebook_passes_entirely(path: Path, tmp_path: Path):
    """And leaves the learner's workspace alone."""
    begun = time.monotonic()
    assert run(ROOT / "solutions" / f"{path.stem}.ipynb", tmp_path) == {}
    assert not (tmp_path / "mygpt").exists()
    assert time.monotonic() - begun < SECONDS
