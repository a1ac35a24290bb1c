"""Milestones are earned by a run of the learner's own code, never by the reference's, and never by hand."""

from __future__ import annotations

import pytest

from tests.course.grading import solve, workspace
from vibejam_core.course import compare, pipeline
from vibejam_core.course.cli import main
from vibejam_core.course.curriculum import (
    FOUNDATIONS,
    MILESTONES,
    WHOLE_ENGINE,
    WHOLE_GPT,
    WHOLE_MODERN_GPT,
    WHOLE_MUON,
    WHOLE_PRETRAINING,
    WHOLE_SAMPLER,
    WHOLE_TRAINER,
)
from vibejam_core.course.curriculum import milestone as find
from vibejam_core.course.grading.verdict import Verdict
from vibejam_core.course.milestones import earn
from vibejam_core.course.progress import Progress

EVERYTHING = (
    *FOUNDATIONS, *WHOLE_GPT, *WHOLE_TRAINER, *WHOLE_SAMPLER, *WHOLE_MODERN_GPT, *WHOLE_MUON, *WHOLE_PRETRAINING,
    *WHOLE_ENGINE,
)  # fmt: skip
PASSED = {id: Verdict(id, "passed", ()) for id in EVERYTHING}


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """A workspace in which all that any milestone needs is written."""
    return solve(workspace(tmp_path_factory.mktemp("solved")), *EVERYTHING)


def broken(tmp_path, file, old, new):
    """Such a workspace, with one passage replaced."""
    made = solve(workspace(tmp_path), *EVERYTHING)
    path = made.module_path(file)
    assert path.read_text().count(old) == 1
    path.write_text(path.read_text().replace(old, new))
    return made


def test_a_whole_gpt_earns_the_milestones_of_its_lab(solved, capsys):
    """Its components pass, and it runs; dates and numbers are kept."""
    ids = ["initialises", "forward", "backward"]
    assert main(["milestone", *ids, "--workspace", str(solved.root)]) == 0, capsys.readouterr().out
    kept = Progress(solved).milestones()
    assert set(ids) <= set(kept)
    assert all("date" in kept[id] for id in ids)


def test_a_training_step_is_earned(solved):
    """It lowers the loss of its own batch."""
    earned = earn(find("training-step"), solved, PASSED)
    assert earned.ok, earned.said
    assert earned.numbers["loss_after"] < earned.numbers["loss_before"]
    assert "training-step" in Progress(solved).milestones()


def test_a_step_that_leaves_weights_alone_earns_nothing(tmp_path):
    """They are named."""
    earned = earn(find("training-step"), broken(tmp_path, "trainer", "    optimizer.step()\n", ""), PASSED)
    assert not earned.ok
    assert "left the weights" in earned.said


def test_the_modern_gpt_runs(solved):
    """It scores, learns with all of its weights, and writes."""
    earned = earn(find("modern-runs"), solved, PASSED)
    assert earned.ok, earned.said
    assert earned.numbers["loss_after"] < earned.numbers["loss_before"]


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("modern_block", "return x + self.mlp(norm(x))", "return x", "left the weights"),
        ("modern_gpt", "[..., : config.vocab_size].float()", ".float()", "the logits should have shape (4, 32, 65)"),
        ("modern_gpt", "for _ in range(max_new_tokens):", "for _ in range(3):", "40 tokens below 65 were asked for"),
    ],
)
def test_a_modern_gpt_that_goes_wrong_earns_nothing(tmp_path, file, old, new, words):
    """What is wrong is told."""
    earned = earn(find("modern-runs"), broken(tmp_path, file, old, new), PASSED)
    assert not earned.ok
    assert words in earned.said


def test_generation_is_earned(solved):
    """Seeds, samples side by side, and a stop text."""
    earned = earn(find("generation"), solved, PASSED)
    assert earned.ok, earned.said
    assert 0 < earned.numbers["stopped_after"] < earned.numbers["characters"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("config.seed + i)", "config.seed)", "two samples side by side are not the ones"),
        ("torch.Generator().manual_seed(config.seed + i)", "torch.default_generator", "the same seed gave another"),
        (
            "    for _ in range(config.max_new_tokens):\n",
            "    for _ in range(9):\n",
            "60 characters more were asked for",
        ),
    ],
)
def test_generation_that_goes_wrong_earns_nothing(tmp_path, old, new, words):
    """What it did instead is told."""
    earned = earn(find("generation"), broken(tmp_path, "sampling", old, new), PASSED)
    assert not earned.ok
    assert words in earned.said


def test_a_loss_that_decreases_is_earned(solved):
    """In the real trainer, with numbers."""
    earned = earn(find("loss-decreases"), solved, PASSED)
    assert earned.ok, earned.said
    assert earned.numbers["last_loss"] < earned.numbers["first_loss"] - pipeline.MUST_FALL


def test_the_modern_gpt_learns_with_muon(solved):
    """In the real trainer, with the optimisers of lab 13."""
    earned = earn(find("modern-learns"), solved, PASSED)
    assert earned.ok, earned.said
    assert earned.numbers["last_loss"] < earned.numbers["first_loss"] - pipeline.MUST_FALL


@pytest.mark.slow
def test_pretraining_scales(solved):
    """One process and two: the same losses."""
    earned = earn(find("pretraining-scales"), solved, PASSED)
    assert earned.ok, earned.said
    assert earned.numbers["steps"] == 20
    assert earned.numbers["last_loss"] < earned.numbers["first_loss"] - pipeline.MUST_FALL


@pytest.mark.slow
def test_pretraining_that_learns_nothing_scales_nothing(tmp_path):
    """One process and two then agree, on the loss that they began with."""
    wrong = broken(tmp_path, "pretraining", "        optimizer.update()\n", "")
    earned = earn(find("pretraining-scales"), wrong, PASSED)
    assert not earned.ok
    assert "the loss should fall" in earned.said


@pytest.mark.slow
def test_ranks_that_keep_their_gradients_to_themselves_scale_nothing(tmp_path):
    """Two processes then take other steps than one."""
    wrong = broken(tmp_path, "sharded", "            self.world.sum_to(parameter.grad, owner)\n", "")
    earned = earn(find("pretraining-scales"), wrong, PASSED)
    assert not earned.ok
    assert "what the ranks share isn't what one process has alone" in earned.said


def test_cached_writing_is_earned(solved):
    """Four prompts at once, each as the model alone."""
    earned = earn(find("cached-writing"), solved, PASSED)
    assert earned.ok, earned.said
    assert earned.numbers["texts"] == 4


def test_a_cache_that_loses_its_place_earns_nothing(tmp_path):
    """The texts differ."""
    wrong = broken(tmp_path, "kv_cache", "torch.tensor(cache.lengths)[:, None]", "torch.zeros(B, 1, dtype=torch.int64)")
    earned = earn(find("cached-writing"), wrong, PASSED)
    assert not earned.ok
    assert "after a prompt of" in earned.said


@pytest.mark.slow
def test_the_full_pipeline_is_earned(solved):
    """Killed, resumed, the same losses; and it writes."""
    said: list[str] = []
    earned = earn(find("full-pipeline"), solved, PASSED, said.append)
    assert earned.ok, earned.said
    assert earned.numbers["steps"] == pipeline.STEPS > earned.numbers["killed_after_step"] > 0
    assert earned.numbers["characters_written"] > 20
    assert "it wrote:\nThe " in earned.said
    assert any(line.startswith("killed; its last checkpoint") for line in said)


@pytest.mark.slow
def test_a_run_that_resumes_differently_earns_no_pipeline(tmp_path):
    """Here it draws a batch too many each time that it begins."""
    wrong = broken(tmp_path, "trainer", "    with run.sitting():\n", "    run.next_batch()\n    with run.sitting():\n")
    earned = earn(find("full-pipeline"), wrong, PASSED)
    assert not earned.ok
    assert "the resumed run has the loss" in earned.said


@pytest.mark.slow
def test_matching_the_reference_is_earned(solved, monkeypatch):
    """By the usual comparison (here a short one)."""
    monkeypatch.setattr("vibejam_core.course.milestones.Settings", lambda: compare.Settings("pydocs", max_iters=20))
    earned = earn(find("matches-reference"), solved, PASSED)
    assert earned.ok, earned.said
    assert earned.numbers["val_loss"] == earned.numbers["reference_val_loss"]
    assert "matches-reference" in Progress(solved).milestones()


@pytest.mark.parametrize("id", ["training-step", "loss-decreases", "full-pipeline"])
def test_borrowed_components_earn_nothing_in_the_programs_either(tmp_path, id):
    """Each run looks at whose code it ran."""
    made = solve(workspace(tmp_path), *(id for id in EVERYTHING if id != "trainer.train_step"))
    earned = earn(find(id), made, PASSED)
    assert not earned.ok
    assert "reference's code, not yours, for: trainer.train_step" in earned.said


def test_every_milestone_has_a_run():
    """None falls through to a run that doesn't know it."""
    from vibejam_core.course.milestone_run import RUNS as IN_A_PROCESS
    from vibejam_core.course.milestones import RUNS

    assert {milestone.id for milestone in MILESTONES} == {*RUNS, *IN_A_PROCESS}


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


def test_a_model_that_does_not_learn_earns_no_decrease(tmp_path):
    """The loss must fall by much more than chance would let it."""
    made = broken(tmp_path, "gpt", "self.lm_head(self.ln_f(x))", "1e-4 * self.lm_head(self.ln_f(x))")
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
    assert "initialises, forward, backward, training-step" in capsys.readouterr().err
