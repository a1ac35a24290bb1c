"""Where there is no fork, each trial gets a fresh Python process. It is slower, and keeps the same promises."""

from __future__ import annotations

import pytest

from tests.course.grading import COUNT, RIGHT, counting, workspace
from vibejam_core.course.grading import report
from vibejam_core.course.grading.grader import Grader


@pytest.fixture
def grade(tmp_path, monkeypatch):
    """Grade a text of the counting module without fork."""
    monkeypatch.setenv("VIBEJAM_WORKER", "spawn")
    made = workspace(tmp_path)
    with Grader(made, seconds=3.0, gibibytes=0.25) as grader:

        def run(source: str):
            made.module_path("counting").write_text(source)
            return grader.check(COUNT)

        yield run


def test_right_code_passes_whatever_it_prints(grade):
    """Prints and a verdict that is printed change nothing."""
    assert grade(counting("    print('z [\"done\"]' * 1000)\n" + RIGHT)).passed


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("    while True:\n        pass\n", "more than 3 seconds"),
        ("    import os\n    os._exit(0)\n", "ended the whole Python process"),
        ("    x = []\n    while True:\n        x.append([1] * 10**7)\n", "memory"),
        ("    raise SystemExit(0)\n", "sys.exit()"),
    ],
)
def test_hostile_code_is_red(grade, body, said):
    """Limits hold, and an end without a result is no pass."""
    verdict = grade(counting(body))
    assert verdict.state in ("failed", "broken")
    assert said in report.text(verdict)


def test_a_mistake_is_named(grade):
    """The known mistakes are run in one process, so the diagnosis is not slow either."""
    body = RIGHT.replace("return counts", "return sorted(counts.items())")
    assert "the result is a list of pairs" in (grade(counting(body)).diagnosis or "")
