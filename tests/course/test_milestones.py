"""Milestones are earned by a run of the learner's own code, never by the reference's, and never by hand."""

from __future__ import annotations

import pytest

from tests.course.grading import solve, workspace
from vibejam_core.course.cli import main
from vibejam_core.course.curriculum import WHOLE_GPT
from vibejam_core.course.grading.verdict import Verdict
from vibejam_core.course.milestones import MILESTONES, earn, find
from vibejam_core.course.progress import Progress

PASSED = {id: Verdict(id, "passed", ()) for id in WHOLE_GPT}


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """A workspace whose GPT is all written."""
    return solve(workspace(tmp_path_factory.mktemp("solved")), *WHOLE_GPT)


def test_a_whole_gpt_earns_all_milestones(solved, capsys):
    """Its components pass, it runs, and it trains in the real trainer; dates and numbers are kept."""
    assert main(["milestone", "--workspace", str(solved.root)]) == 0, capsys.readouterr().out
    kept = Progress(solved).milestones()
    assert set(kept) == {milestone.id for milestone in MILESTONES}
    assert kept["loss-decreases"]["last_loss"] < kept["loss-decreases"]["first_loss"] - 0.5
    assert all("date" in numbers for numbers in kept.values())


def test_an_unfinished_component_earns_nothing(tmp_path, capsys):
    """The one that lacks is named, and nothing is recorded."""
    made = solve(workspace(tmp_path), *(id for id in WHOLE_GPT if id != "gpt.Head"))
    assert main(["milestone", "forward", "--workspace", str(tmp_path)]) == 1
    assert "it needs gpt.Head" in capsys.readouterr().out
    assert Progress(made).milestones() == {}


def test_a_run_on_borrowed_code_earns_nothing(tmp_path):
    """Even if verdicts said otherwise, the run itself looks at whose code it runs."""
    made = solve(workspace(tmp_path), *(id for id in WHOLE_GPT if id != "gpt.Block"))
    earned = earn(find("initialises"), made, PASSED)
    assert not earned.ok
    assert "reference's code" in earned.said
    assert "gpt.Block" in earned.said


def test_a_model_that_does_not_learn_earns_no_decrease(solved, tmp_path):
    """The loss must fall by much more than chance would let it."""
    made = solve(workspace(tmp_path), *WHOLE_GPT)
    path = made.module_path("gpt")
    path.write_text(path.read_text().replace("self.lm_head(self.ln_f(x))", "1e-4 * self.lm_head(self.ln_f(x))"))
    earned = earn(find("loss-decreases"), made, PASSED)
    assert not earned.ok
    assert "should fall by at least" in earned.said


def test_an_error_in_the_run_is_shown_in_short(tmp_path):
    """The last lines of it, no more."""
    made = solve(workspace(tmp_path), *WHOLE_GPT)
    path = made.module_path("gpt")
    path.write_text(path.read_text().replace("T = idx.shape[1]", "T = idx.shape[9]"))
    earned = earn(find("forward"), made, PASSED)
    assert not earned.ok
    assert len(earned.said.splitlines()) <= 8


def test_an_unknown_milestone_is_refused(capsys):
    """With those that there are."""
    assert main(["milestone", "forwards"]) == 2
    assert "initialises, forward, backward, loss-decreases" in capsys.readouterr().err
