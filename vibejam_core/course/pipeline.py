"""The milestones that run the course's real programs on the learner's code: train, kill, resume, write."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from vibejam_core.course import programs
from vibejam_core.course.curriculum import Milestone
from vibejam_core.course.workspace import Workspace
from vibejam_core.models.checkpoint_folder import checkpoints_in, last_step
from vibejam_core.training.log import read_end, read_log

SECONDS = 600.0
STEPS = 100
MUST_FALL = 0.5
"""By how many nats per token the training loss must fall. Learning only which characters are common gains more."""
SAME_TO = 1e-9
"""How far losses of the same steps may be apart. On one machine they are equal to the last bit."""
SAME_TO_ROUNDING = 1e-3
"""So far for several processes, which add the same numbers up in another order."""
SMALL = ("--corpus", "pydocs", "--eval-iters", "5", "--n-layer", "2", "--n-embd", "64", "--device", "cpu")

Say = Callable[[str], None]
Result = tuple[str, dict[str, Any]]
"""What was measured: in words, and as numbers."""


class NotEarned(ValueError):
    """What stands against a milestone, with what was measured so far."""

    def __init__(self, why: str, numbers: dict[str, Any] | None = None) -> None:
        super().__init__(why)
        self.numbers = numbers or {}


def loss_decreases(milestone: Milestone, workspace: Workspace, home: Path, say: Say, arch: str = "gpt") -> Result:
    """A hundred steps in the real trainer; its log must say that the loss fell from about that of blind guessing."""
    steps = ("--max-iters", str(STEPS), "--eval-interval", str(STEPS), "--arch", arch)
    own(start(workspace, ["scripts.train_lm", *SMALL, "--ckpt-path", str(home / "run"), *steps], say), milestone)
    losses = losses_in(home / "run")
    if len(losses) < 2:
        raise NotEarned("the trainer's log holds no two measurements to compare")
    (_, first), (step, last) = losses[0], losses[-1]
    numbers = {"first_loss": round(first, 4), "last_loss": round(last, 4), "steps": step}
    if not all(map(math.isfinite, (first, last))):
        raise NotEarned(f"the loss is not a finite number: first {first}, then {last}", numbers)
    if last > first - MUST_FALL:
        raise NotEarned(
            f"the loss should fall by at least {MUST_FALL} in {step} steps, but it went from {first:.3f} to {last:.3f}",
            numbers,
        )
    return f"from {first:.3f} to {last:.3f} nats per token in {step} steps", numbers


def full_pipeline(milestone: Milestone, workspace: Workspace, home: Path, say: Say) -> Result:
    """From text to text: train, be killed without warning, resume, and write with what was learned.

    The killed and resumed run must have measured what one without a break measures.
    """
    whole, broken = home / "whole", home / "broken"
    train = ["scripts.train_lm", *SMALL, "--max-iters", str(STEPS), "--eval-interval", "10"]
    say("a run without a break")
    own(start(workspace, [*train, "--ckpt-path", str(whole)], say), milestone)
    say("the same run, killed once it has saved")
    command = [*train, "--ckpt-path", str(broken)]
    died = programs.run(command, workspace, seconds=SECONDS, each_line=say, watch=lambda: bool(checkpoints_in(broken)))
    if died.problem:
        raise NotEarned(died.problem)
    killed_at = last_step(broken)
    if not died.killed or killed_at is None:
        raise NotEarned(f"the run was to be killed after its first checkpoint, but it ended with none in {broken}")
    say(f"killed; its last checkpoint is that of step {killed_at}. Now it goes on")
    own(start(workspace, ["scripts.train_lm", "--ckpt-path", str(broken), "--resume"], say), milestone)
    numbers: dict[str, Any] = {"killed_after_step": killed_at, "steps": last_step(broken)}
    lost = "something that a run needs to go on was not saved, not loaded, or drawn anew"
    same_losses({"a run without a break": whole, "the resumed run": broken}, SAME_TO, lost, numbers)
    say("it writes")
    prompt = "The "
    sample = ["scripts.sample_lm", "--ckpt-path", str(broken), "--prompt", prompt, "--max-new-tokens", "60"]
    written = start(workspace, sample, say).output
    text = written[written.find(prompt) :].strip("\n")
    if len(text) <= len(prompt):
        raise NotEarned(f"the model wrote nothing after {prompt!r}", numbers)
    numbers |= {"val_loss": round(read_end(broken)["val_loss"], 4), "characters_written": len(text) - len(prompt)}
    said = f"killed after step {killed_at}, resumed, the same losses as without a break up to step {numbers['steps']}"
    return f"{said}; it wrote:\n{text}", numbers


def pretraining_scales(milestone: Milestone, workspace: Workspace, home: Path, say: Say) -> Result:
    """Pretrain by one process and by two: after as many steps of the same rows, the losses are the same."""
    alone, both = home / "alone", home / "both"
    options = ("--preset", "smoke", "--depth", "1", "--block-size", "64", "--rows", "8", "--steps", "20")
    train = ["scripts.base_train", *options, "--eval-interval", "5", "--sample", "0", "--device", "cpu"]
    corpus = ("--corpus", "tinyworld", "--megabytes", "0.3", "--vocab-size", "400")
    say("one process")
    own(start(workspace, [*train, *corpus, "--ckpt-path", str(alone)], say), milestone)
    say("two processes, each with half of the rows and a share of what the optimiser remembers")
    two = ["scripts.launch", "--standalone", "--nproc-per-node", "2", "-m", *train, "--train-path", str(alone / "data")]
    start(workspace, [*two, "--ckpt-path", str(both)], say)
    shared = "what the ranks share isn't what one process has alone"
    same_losses({"one process": alone, "two processes": both}, SAME_TO_ROUNDING, shared, {}, "val_loss")
    (_, first), *_, (step, last) = losses_in(alone, "val_loss")
    numbers = {"steps": step, "first_loss": round(first, 4), "last_loss": round(last, 4)}
    if last > first - MUST_FALL:
        raise NotEarned(f"the loss should fall by at least {MUST_FALL}, but it went from {first} to {last}", numbers)
    return f"one process and two: the same losses, from {first:.3f} to {last:.3f} in {step} steps", numbers


def same_losses(
    runs: dict[str, Path], tolerance: float, why: str, numbers: dict[str, Any], kind: str = "train_loss"
) -> None:
    """Raise NotEarned where the second of two runs measured something else than the first."""
    (one, expected), (other, got) = ((name, losses_in(run, kind)) for name, run in runs.items())
    if [step for step, _ in got] != [step for step, _ in expected] or not got:
        raise NotEarned(
            f"{other} measured at the steps {[step for step, _ in got]}; {one} measures at "
            f"{[step for step, _ in expected]}",
            numbers,
        )
    for (step, wanted), (_, loss) in zip(expected, got, strict=True):
        if not abs(loss - wanted) <= tolerance:
            raise NotEarned(f"at step {step} {other} has the loss {loss}, and {one} {wanted}: {why}", numbers)


def start(workspace: Workspace, arguments: Sequence[str], say: Say) -> programs.Ran:
    """Run a program on the learner's code. Raises NotEarned with what it said, where it failed."""
    ran = programs.run(arguments, workspace, seconds=SECONDS, each_line=say)
    if ran.problem:
        raise NotEarned(ran.problem)
    return ran


def own(ran: programs.Ran, milestone: Milestone) -> None:
    """Raise NotEarned where a program ran borrowed code for something that the milestone needs."""
    borrowed = [id for id in milestone.needs if ran.components.get(id) != "yours"]
    if borrowed:
        raise NotEarned(f"it ran the reference's code, not yours, for: {', '.join(borrowed)}")


def losses_in(run: Path, kind: str = "train_loss") -> list[tuple[int, float]]:
    """``(step, loss)`` of every record in a run's log."""
    losses = []
    for record in read_log(run):
        loss = record.get(kind)
        losses.append((int(record.get("step", 0)), float("nan") if loss is None else float(loss)))
    return losses
