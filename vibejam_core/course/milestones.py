"""Earning milestones: what must be the learner's own, what is run, and how its success is measured."""

from __future__ import annotations

import contextlib
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vibejam_core.course.curriculum import LABS, Milestone
from vibejam_core.course.grading.grader import Grader
from vibejam_core.course.grading.verdict import Verdict
from vibejam_core.course.grading.warm import environment
from vibejam_core.course.progress import Progress
from vibejam_core.course.workspace import Workspace

MILESTONES: tuple[Milestone, ...] = tuple(milestone for lab in LABS for milestone in lab.milestones)
SECONDS = 120.0
TRAINING_SECONDS = 600.0
STEPS = 100
MUST_FALL = 0.5
"""By how many nats per token the training loss must fall. Learning only which characters are common gains more."""


@dataclass(frozen=True)
class Earned:
    """How a milestone went."""

    milestone: Milestone
    ok: bool
    said: str
    """What was measured, or what is wrong."""
    numbers: dict[str, Any] = field(default_factory=dict)


def find(id: str) -> Milestone:
    """The milestone with this id. Raises ValueError that lists them."""
    for milestone in MILESTONES:
        if milestone.id == id:
            return milestone
    raise ValueError(f"there is no milestone {id!r}. There are: {', '.join(m.id for m in MILESTONES)}.")


def earn(milestone: Milestone, workspace: Workspace, verdicts: dict[str, Verdict]) -> Earned:
    """Run a milestone, if all that it needs is the learner's and passes; remember it if it succeeds.

    Args:
        milestone: which.
        workspace: whose.
        verdicts: a fresh verdict for each component that it needs.
    """
    lacking = [id for id in milestone.needs if not verdicts[id].passed]
    if lacking:
        return Earned(
            milestone, False, f"it needs {_listed(lacking)} to be yours and to pass: vibejam check {lacking[0]}"
        )
    run = _train if milestone.id == "loss-decreases" else _run(milestone.id)
    earned = run(milestone, workspace)
    if earned.ok:
        Progress(workspace).record_milestone(milestone.id, earned.numbers)
    return earned


def needed_verdicts(milestones: list[Milestone], grader: Grader) -> dict[str, Verdict]:
    """Grade every component that these milestones need, now: what passed yesterday may have been edited."""
    return {id: grader.check(id) for id in dict.fromkeys(id for milestone in milestones for id in milestone.needs)}


def _run(id: str) -> Callable[[Milestone, Workspace], Earned]:
    def run(milestone: Milestone, workspace: Workspace) -> Earned:
        done = _start(["vibejam_core.course.milestone_run", id], workspace, SECONDS)
        if isinstance(done, str):
            return Earned(milestone, False, done)
        try:
            numbers = json.loads(done.stdout.strip().splitlines()[-1])
        except (ValueError, IndexError):
            return Earned(milestone, False, "it ended without saying what it measured")
        if not isinstance(numbers, dict):
            return Earned(milestone, False, "it ended without saying what it measured")
        said = ", ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in numbers.items())
        return Earned(milestone, True, said, numbers)

    return run


def _train(milestone: Milestone, workspace: Workspace) -> Earned:
    """A hundred steps in the real trainer; its log must say that the loss fell from about that of blind guessing."""
    with tempfile.TemporaryDirectory(prefix="vibejam-") as folder:
        run = Path(folder) / "run"
        arguments = ["scripts.train_lm", "--corpus", "pydocs", "--ckpt-path", str(run), "--max-iters", str(STEPS)]
        arguments += ["--eval-interval", str(STEPS), "--eval-iters", "5", "--n-layer", "2", "--n-embd", "64"]
        done = _start(arguments, workspace, TRAINING_SECONDS)
        if isinstance(done, str):
            return Earned(milestone, False, done)
        losses = _losses(run / "log.jsonl")
    if len(losses) < 2:
        return Earned(milestone, False, "the trainer's log holds no two measurements to compare")
    (_, first), (step, last) = losses[0], losses[-1]
    numbers = {"first_loss": round(first, 4), "last_loss": round(last, 4), "steps": step}
    if not all(map(math.isfinite, (first, last))):
        return Earned(milestone, False, f"the loss is not a finite number: first {first}, then {last}", numbers)
    if last > first - MUST_FALL:
        said = (
            f"the loss should fall by at least {MUST_FALL} in {step} steps, but it went from {first:.3f} to {last:.3f}"
        )
        return Earned(milestone, False, said, numbers)
    return Earned(milestone, True, f"from {first:.3f} to {last:.3f} nats per token in {step} steps", numbers)


def _losses(log: Path) -> list[tuple[int, float]]:
    """``(step, train_loss)`` of every record in a run's log."""
    losses: list[tuple[int, float]] = []
    with contextlib.suppress(OSError):
        for line in log.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):
                record = json.loads(line)
                loss = record["train_loss"]
                losses.append((int(record["step"]), float("nan") if loss is None else float(loss)))
    return losses


def _start(arguments: list[str], workspace: Workspace, seconds: float) -> subprocess.CompletedProcess[str] | str:
    """Run a module on the learner's code; what went wrong, if it did."""
    settings = {**environment(), "VIBEJAM_IMPL": "mine", "VIBEJAM_WORKSPACE": str(workspace.root)}
    if "OMP_NUM_THREADS" not in os.environ:  # training may use all cores
        del settings["OMP_NUM_THREADS"]
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", *arguments],
            env=settings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it ran for more than {seconds:g} seconds and was stopped"
    if done.returncode != 0:
        lines = [line for line in done.stderr.strip().splitlines() if line.strip()]
        return "\n".join(lines[-8:]) or f"it ended with exit code {done.returncode}"
    return done


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
