"""Earning milestones: what must be the learner's own, what is run, and how its success is measured."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from vibejam_core.course import pipeline, programs
from vibejam_core.course.compare import TOLERANCE, Comparison, ComparisonFailed, Settings, compare
from vibejam_core.course.curriculum import Milestone
from vibejam_core.course.curriculum import milestone as milestone_of
from vibejam_core.course.grading.grader import Grader
from vibejam_core.course.grading.verdict import Verdict
from vibejam_core.course.progress import Progress
from vibejam_core.course.workspace import Workspace


@dataclass(frozen=True)
class Earned:
    """How a milestone went."""

    milestone: Milestone
    ok: bool
    said: str
    """What was measured, or what is wrong."""
    numbers: dict[str, Any] = field(default_factory=dict)


Say = Callable[[str], None]


def earn(milestone: Milestone, workspace: Workspace, verdicts: dict[str, Verdict], say: Say | None = None) -> Earned:
    """Run a milestone, if all that it needs is the learner's and passes; remember it if it succeeds.

    Args:
        milestone: which.
        workspace: whose.
        verdicts: a fresh verdict for each component that it needs.
        say: told each line of progress of what takes long.
    """
    lacking = [id for id in milestone.needs if not verdicts[id].passed]
    if lacking:
        return Earned(
            milestone, False, f"it needs {_listed(lacking)} to be yours and to pass: vibejam check {lacking[0]}"
        )
    earned = RUNS.get(milestone.id, _in_a_process)(milestone, workspace, say or (lambda line: None))
    if earned.ok:
        Progress(workspace).record_milestone(milestone.id, earned.numbers)
    return earned


def needed_verdicts(milestones: list[Milestone], grader: Grader) -> dict[str, Verdict]:
    """Grade every component that these milestones need, now: what passed yesterday may have been edited."""
    return {id: grader.check(id) for id in dict.fromkeys(id for milestone in milestones for id in milestone.needs)}


def earn_by_comparison(comparison: Comparison, workspace: Workspace) -> Earned | None:
    """Earn a model's milestone "matches" by a comparison that was made anyway.

    None where it can't count: on other text than the usual one, or fewer steps, a match would say little; and
    somebody who borrows components hasn't asked for the milestone.
    """
    usual, made = Settings(), comparison.settings
    if (made.corpus, made.text_path) != (usual.corpus, None) or made.max_iters < usual.max_iters:
        return None
    if made.arch not in MATCHES or made.tokenizer != usual.tokenizer:
        return None
    wanted = milestone_of(MATCHES[made.arch])
    if any(comparison.yours.components.get(id) != "yours" for id in wanted.needs):
        return None
    with Grader(workspace) as grader:
        verdicts = needed_verdicts([wanted], grader)
    lacking = [id for id in wanted.needs if not verdicts[id].passed]
    if lacking:
        return Earned(wanted, False, f"it needs {_listed(lacking)} to pass: vibejam check {lacking[0]}")
    earned = _judged(wanted, comparison)
    if earned.ok:
        Progress(workspace).record_milestone(wanted.id, earned.numbers)
    return earned


def _in_a_process(milestone: Milestone, workspace: Workspace, say: Say) -> Earned:
    """What milestone_run has under this id; the last line that it prints is what it measured."""
    ran = programs.run(["vibejam_core.course.milestone_run", milestone.id], workspace)
    if ran.problem:
        return Earned(milestone, False, ran.problem)
    try:
        numbers = json.loads(ran.output.strip().splitlines()[-1])
    except (ValueError, IndexError):
        numbers = None
    if not isinstance(numbers, dict):
        return Earned(milestone, False, "it ended without saying what it measured")
    said = ", ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in numbers.items())
    return Earned(milestone, True, said, numbers)


def _in_programs(work: Callable[[Milestone, Workspace, Path, Say], pipeline.Result]) -> Run:
    """What pipeline has, with a folder of its own."""

    def run(milestone: Milestone, workspace: Workspace, say: Say) -> Earned:
        with tempfile.TemporaryDirectory(prefix="vibejam-") as folder:
            try:
                said, numbers = work(milestone, workspace, Path(folder), say)
            except pipeline.NotEarned as error:
                return Earned(milestone, False, str(error), error.numbers)
        return Earned(milestone, True, said, numbers)

    return run


def _compare(milestone: Milestone, workspace: Workspace, say: Say) -> Earned:
    """The usual comparison."""
    with tempfile.TemporaryDirectory(prefix="vibejam-") as folder:
        try:
            [arch] = [arch for arch, id in MATCHES.items() if id == milestone.id]
            return _judged(milestone, compare(workspace, replace(Settings(), arch=arch), Path(folder), say))
        except ComparisonFailed as error:
            return Earned(milestone, False, str(error))


def _judged(milestone: Milestone, comparison: Comparison) -> Earned:
    borrowed = [id for id in milestone.needs if comparison.yours.components.get(id) != "yours"]
    if borrowed:
        return Earned(milestone, False, f"it ran the reference's code, not yours, for: {', '.join(borrowed)}")
    losses = {"val_loss": comparison.yours.val_loss, "reference_val_loss": comparison.reference.val_loss}
    numbers = {name: round(loss, 4) for name, loss in losses.items()}
    if not comparison.matches:
        said = f"the final validation losses are {comparison.difference:.4f} nats apart, more than {TOLERANCE}"
        return Earned(milestone, False, f"{said}\n{comparison.finding}", numbers)
    if comparison.from_same_weights is not None:
        numbers["val_loss_from_same_weights"] = round(comparison.from_same_weights.val_loss, 4)
    return Earned(
        milestone, True, "final validation loss {:.4f}, the reference's {:.4f}".format(*losses.values()), numbers
    )


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


Run = Callable[[Milestone, Workspace, Say], Earned]

MATCHES = {"gpt": "matches-reference", "modern_gpt": "modern-matches"}
"""For each architecture the milestone that a comparison with the reference earns."""

RUNS: dict[str, Run] = {
    "loss-decreases": _in_programs(pipeline.loss_decreases),
    "modern-learns": _in_programs(partial(pipeline.loss_decreases, arch="modern_gpt")),
    "full-pipeline": _in_programs(pipeline.full_pipeline),
    "pretraining-scales": _in_programs(pipeline.pretraining_scales),
    **dict.fromkeys(MATCHES.values(), _compare),
}
