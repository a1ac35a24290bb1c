"""The learner's code beside the reference: the same training twice, each in a process of its own, and what came of it.

Whether the two agree is measured, never guessed. Where the untrained models differ already, a third training settles
why: the learner's code goes on from the reference's first weights. If the losses are the reference's then, the way in
which the first weights are drawn was the only difference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from vibejam_core.course.programs import run as run_program
from vibejam_core.course.workspace import Workspace
from vibejam_core.training.log import read_end, read_log

SECONDS = 1800.0
"""How long one training may take."""
IDENTICAL = 1e-6
"""Losses that differ by no more than this, in nats, are called identical."""
ROUNDING = 1e-4
"""Sums in another order differ in their last bits, and training makes that grow. In 300 steps on pydocs a GPT whose
attention was written with einsum came to differ by 3e-6 from the reference's with the same first weights."""
TOLERANCE = 0.05
"""By how much the final validation losses may differ, in nats per token, to be called a match.

A correct solution that draws its first weights in another order is like another seed. Over six seeds the reference's
final loss with the usual settings had a standard deviation of 0.007 on tinyworld (from 2.170 to 2.190) and of 0.012 on
pydocs (from 2.168 to 2.200). The tolerance is three times the standard deviation of the difference of two such runs.
The modern GPT's loss still falls fast after 300 steps, and two of its seeds are often further apart than this. There
the run from the reference's first weights decides.
"""
AT = 50
"""The early step whose loss is compared."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Settings:
    """What is trained, on what."""

    corpus: str = "tinyworld"
    text_path: Path | None = None
    max_iters: int = 300
    seed: int = 1337
    arch: str = "gpt"
    tokenizer: str = "char"

    def arguments(self, folder: Path) -> list[str]:
        """The command line of ``scripts.train_lm``."""
        text = ["--corpus", self.corpus] if self.text_path is None else ["--text-path", str(self.text_path.absolute())]
        shape = ["--n-layer", "2", "--n-head", "4", "--n-embd", "64", "--block-size", "64"]
        if self.arch == "modern_gpt":
            shape += ["--n-kv-head", "2"]  # so that heads share keys and values
        model = ["--arch", self.arch, "--tokenizer", self.tokenizer, *shape]
        measured = ["--eval-interval", str(min(AT, self.max_iters)), "--eval-iters", "10"]
        steps = ["--max-iters", str(self.max_iters), "--seed", str(self.seed), "--device", "cpu"]
        return ["scripts.train_lm", "--ckpt-path", str(folder), *text, *model, *measured, *steps]

    @property
    def title(self) -> str:
        """What is trained, in a line."""
        tokens = {"char": "characters", "bpe": "tokens of a BPE tokenizer"}[self.tokenizer]
        text = self.corpus if self.text_path is None else self.text_path.name
        return f"{self.arch} on {text}, in {tokens}: {self.max_iters:,} steps, seed {self.seed}"


@dataclass(frozen=True)
class Side:
    """One training."""

    records: list[dict[str, Any]]
    """What it measured, as in its log; one record per step."""
    val_loss: float
    """After the last step, on the whole validation text, in nats per token."""
    val_bits_per_byte: float
    tokens_per_second: float
    peak_bytes: int
    components: dict[str, str]
    """Whose code it ran: component id to ``yours``, ``in part`` or ``reference``."""

    def at(self, step: int) -> dict[str, Any]:
        """The record of a step."""
        return next(record for record in self.records if record["step"] == step)


@dataclass(frozen=True)
class Comparison:
    """Both trainings, and what they say about each other."""

    settings: Settings
    yours: Side
    reference: Side
    from_same_weights: Side | None
    """The learner's code from the reference's first weights, where that was needed and could be done."""
    finding: str
    """In words: how far they differ, and why, where that was found out."""

    @property
    def difference(self) -> float:
        """How far the final validation losses are apart, in nats per token."""
        return abs(self.yours.val_loss - self.reference.val_loss)

    @property
    def same_start(self) -> float | None:
        """The same for the learner's code from the reference's first weights; None where that wasn't tried."""
        third = self.from_same_weights
        return None if third is None else abs(third.val_loss - self.reference.val_loss)

    @property
    def matches(self) -> bool:
        """Whether one of these is within the tolerance: other luck with the first weights is no mistake."""
        return self.difference <= TOLERANCE or (self.same_start is not None and self.same_start <= TOLERANCE)

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        text_path = self.settings.text_path
        return {
            **asdict(self),
            "settings": {**asdict(self.settings), "text_path": None if text_path is None else text_path.as_posix()},
            "difference": self.difference,
            "same_start": self.same_start,
            "tolerance": TOLERANCE,
            "matches": self.matches,
        }


class ComparisonFailed(ValueError):
    """One of the trainings didn't come to its end."""


def compare(workspace: Workspace, settings: Settings, home: Path, say: Say) -> Comparison:
    """Train both, one after the other, so that neither takes the other's time.

    Args:
        workspace: whose code.
        settings: what is trained, on what.
        home: a folder for the runs; they stay in ``home / "yours"`` and ``home / "reference"``.
        say: told each line of progress.

    Raises:
        ComparisonFailed: if a training ended with an error; the message is the program's.
    """
    yours = train(workspace, "mine", settings.arguments(home / "yours"), home / "yours", "yours", say)
    reference = train(workspace, "core", settings.arguments(home / "reference"), home / "reference", "reference", say)
    third: Side | str | None = None
    if steps(yours) == steps(reference) and gap(yours, reference, 0) > IDENTICAL:
        say("the untrained models differ, so a third training begins with the reference's first weights")
        third = from_same_weights(workspace, settings, home / "same", say)
    found = finding(yours, reference, third)
    return Comparison(settings, yours, reference, third if isinstance(third, Side) else None, found)


def train(workspace: Workspace, impl: str, arguments: list[str], folder: Path, name: str, say: Say) -> Side:
    """One training through ``scripts.train_lm``.

    Raises:
        ComparisonFailed: if it ended with an error, or measured nothing that can be compared.
    """

    def tell(line: str) -> None:
        if line.startswith(("step", "measuring")):
            say(f"{name:11}{line}")

    ran = run_program(arguments, workspace, impl=impl, seconds=SECONDS, each_line=tell)
    if ran.problem:
        raise ComparisonFailed(f"{_whose(name)} training stopped: {ran.problem}")
    records = list({record["step"]: record for record in read_log(folder)}.values())
    end = read_end(folder)
    if len(records) < 2 or end.get("val_loss") is None:
        raise ComparisonFailed(f"{_whose(name)} training left no two measurements and no validation loss to compare")
    return Side(records, end["val_loss"], end["val_bits_per_byte"], speed(records), ran.peak_bytes, ran.components)


def from_same_weights(workspace: Workspace, settings: Settings, folder: Path, say: Say) -> Side | str:
    """The learner's training from the reference's first weights; what stands against it, where it can't be done."""
    start = [*settings.arguments(folder), "--max-seconds", "1e-9"]  # its time is up before the first step
    made = run_program(start, workspace, impl="core", seconds=SECONDS)
    if made.problem:
        return made.problem
    again = ["scripts.train_lm", "--ckpt-path", str(folder), "--resume", "--max-seconds", "0"]
    try:
        return train(workspace, "mine", again, folder, "same start", say)
    except ComparisonFailed as error:
        return str(error)


def speed(records: list[dict[str, Any]]) -> float:
    """The median of the measured speeds, in tokens per second: one pause of the machine doesn't count."""
    return float(median(record["tokens_per_second"] for record in records[1:]))


def steps(side: Side) -> list[int]:
    """At which steps a training measured."""
    return [record["step"] for record in side.records]


def gap(one: Side, other: Side, step: int) -> float:
    """How far two trainings' losses are apart at a step: the larger of both losses' differences."""
    a, b = one.at(step), other.at(step)
    return max(abs(a[name] - b[name]) for name in ("train_loss", "val_loss"))


def finding(yours: Side, reference: Side, third: Side | str | None) -> str:
    """How far they differ and what that means, as far as the numbers say."""
    if steps(yours) != steps(reference):
        return (
            f"Your training measured at the steps {_listed(steps(yours))}, the reference's at "
            f"{_listed(steps(reference))}: your train_lm keeps other times."
        )
    if isinstance(third, Side):
        return _after_third(third, reference)
    if third is not None:
        return (
            f"The untrained models differ already (by {gap(yours, reference, 0):.2g} at step 0). Whether only their "
            f"first weights do can't be tried, because yours can't take the reference's weights: {third}"
        )
    largest, where = _largest(yours, reference)
    if largest <= IDENTICAL:
        return f"Identical: no loss differs by more than {IDENTICAL:.6f} nats at any step."
    return f"Both start with the same losses. {_parting(largest, where)}"


def _after_third(third: Side, reference: Side) -> str:
    if steps(third) != steps(reference):
        return "The untrained models differ, and from the reference's first weights your train_lm keeps other times."
    start = gap(third, reference, 0)
    if start > ROUNDING:
        return (
            f"Your model and the reference's give other losses for the same weights (they differ by {start:.2g}), so "
            "it is not only the drawing of the first weights: your forward pass or your loss computes something else."
        )
    largest, where = _largest(third, reference)
    if largest <= ROUNDING:
        return (
            "Your first weights are drawn in another way, and that is all: from the reference's first weights your "
            f"code gives the reference's losses (the largest difference is {largest:.1g}, at step {where})."
        )
    return f"With the reference's first weights both start with the same losses. {_parting(largest, where)}"


def _parting(largest: float, where: int) -> str:
    said = f"The largest difference is {largest:.2g} nats, at step {where}"
    if largest <= ROUNDING:
        return f"{said}: as much as rounding makes when sums are taken in another order."
    return (
        f"{said}. Rounding makes less, so something in the training steps differs: the batches, the learning rate, "
        "the gradient or what the optimiser does with it."
    )


def _largest(one: Side, other: Side) -> tuple[float, int]:
    return max((gap(one, other, step), step) for step in steps(one))


def _whose(name: str) -> str:
    return {"yours": "your", "reference": "the reference's"}.get(name, "your third")


def _listed(numbers: list[int]) -> str:
    shown = [str(number) for number in numbers[:8]]
    return ", ".join([*shown, "…"] if len(numbers) > 8 else shown)
