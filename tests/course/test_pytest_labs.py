"""``pytest tests/labs`` is the same grader behind another door."""

from __future__ import annotations

import subprocess
import sys

from tests.course.grading import RIGHT, counting, workspace
from vibejam_core.course.grafting.skeleton import repo_root

LAB = "tests/labs/test_00_warm_up.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest as a learner or an instructor would."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=repo_root(), capture_output=True, text=True, check=False)


def test_an_untouched_skeleton_fails(tmp_path):
    """Every check of it, with a word on what is to be done and no traceback."""
    workspace(tmp_path)
    done = run(LAB, "--workspace", str(tmp_path))
    assert done.returncode == 1
    assert "Not written yet" in done.stdout
    assert "Traceback" not in done.stdout
    assert " passed" not in done.stdout


def test_the_learners_code_is_what_is_graded(tmp_path):
    """A right module passes; one that kills its process is red, and pytest lives on."""
    made = workspace(tmp_path, counting=counting(RIGHT))
    done = run(LAB, "--workspace", str(tmp_path))
    assert done.returncode == 0, done.stdout
    made.module_path("counting").write_text(counting("    import os\n    os._exit(0)\n"))
    done = run(LAB, "--workspace", str(tmp_path))
    assert done.returncode == 1
    assert "ended the whole Python process" in done.stdout


def test_the_reference_is_graded_only_on_request(tmp_path):
    """And then the header says so."""
    workspace(tmp_path)
    done = run(LAB, "--impl", "core", "-v")
    assert done.returncode == 0, done.stdout
    assert "the reference" in done.stdout


def test_the_whole_suite_leaves_the_labs_out():
    """Plain pytest tests the project, not whoever's labs are lying there."""
    done = run("--collect-only", "-q", "tests", "--ignore=tests/course", "--deselect=tests/test_notebooks_run.py")
    assert "tests/labs/test_" not in done.stdout
