"""What the checks of the training loop share: a run that writes down what is done with it.

It has all that the real one promises and touches no disk.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from tests.labs.helpers_training import Batch, seeded
from vibejam_core.course import expect
from vibejam_core.text.characters import CharTokenizer
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.devices import choose_device
from vibejam_core.training.run import Outcome, Run


class Slope(nn.Module):
    """One weight w that starts at 10. The loss is w times the mean of the targets, so its gradient is that mean."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(10.0, dtype=torch.float64))

    def forward(self, idx: Tensor, targets: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """No scores worth the name, and the loss."""
        logits = torch.zeros(*idx.shape, 7, dtype=torch.float64)
        return logits, None if targets is None else self.weight * targets.double().mean()

    def get_block_size(self) -> int:
        """As every model of the course has it."""
        return 3

    def configure_optimizers(self, learning_rate: float, weight_decay: float) -> torch.optim.Optimizer:
        """As every model of the course has it."""
        return torch.optim.AdamW(self.parameters(), lr=learning_rate, weight_decay=weight_decay)


PLAIN: dict[str, Any] = {
    "max_iters": 7,
    "eval_interval": 3,
    "learning_rate": 0.1,
    "min_learning_rate": 0.0,
    "warmup": 0.0,
    "schedule": "linear",
    "grad_clip": 0.0,
    "accumulate": 1,
    "patience": 0,
    "max_seconds": 0.0,
}
"""The settings of a bench run that are not given."""

MOST = 400
"""How often anything may be asked of a bench run before it says that training doesn't end."""


class Bench(Run):
    """A run of a :class:`Slope` that needs no disk and writes down what is done with it, in order.

    Batch k (1, 2, 3, ...) has the targets k everywhere. The measurements give the losses of a list, or ever lower ones.
    """

    def __init__(
        self,
        *,
        step: int = 0,
        val_losses: Sequence[float | None] = (),
        next_losses: Sequence[float | None] = (),
        stop_at: int | None = None,
        poison: int | None = None,
        **settings: Any,
    ) -> None:
        """A new run, or one that was resumed at a step.

        Args:
            step: where the run is. A resumed one, above 0, was saved there.
            val_losses: what was measured before.
            next_losses: what will be measured.
            stop_at: must_stop() is so from this step on.
            poison: the number of a batch whose loss is nan.
            settings: of the TrainConfig.
        """
        self.config = TrainConfig(ckpt_path=Path("a-run-without-a-folder"), device="cpu", **{**PLAIN, **settings})
        self.say = lambda line: None
        self.device = choose_device("cpu")
        self.tokenizer = CharTokenizer.build("abcdefg")
        self.train, self.val, self.val_bytes = torch.arange(40) % 7, torch.arange(10) % 7, 10
        self.settings: dict[str, Any] = {}
        self.step, self.saved_step = step, step or None
        self.seconds, self.now, self.interrupted = float(step), None, False
        self.batches = seeded(1)
        self.model: Any = Slope()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=123.0)
        self.log: Any = SimpleNamespace(records=[self.record(loss) for loss in val_losses])
        self.next_losses, self.stop_at, self.poison = list(next_losses), stop_at, poison
        self.drawn = self.asked = 0
        self.inside, self.sittings = False, 0
        self.measured: list[list[float]] = []  # [step, learning rate]
        self.saved: list[list[Any]] = []  # [step, the record, or None]
        self.order: list[str] = []  # "measured at 0" and the like
        self.told: list[float] = []  # the losses
        self.weights: list[float] = []  # after each step
        self.ahead: list[list[int]] = []  # [batches drawn, batches needed], at each step and measurement and save
        self.outside: list[str] = []  # what was done outside the sitting
        self.outcomes: list[tuple[Outcome, bool]] = []  # each with whether the sitting was over

    def record(self, val_loss: float | None, learning_rate: float = 0.1) -> dict[str, Any]:
        """A measurement as it is in the log."""
        return {
            "step": self.step,
            "train_loss": 2.0,
            "val_loss": val_loss,
            "val_bits_per_byte": val_loss,
            "learning_rate": learning_rate,
            "tokens_per_second": 1.0,
            "seconds": self.seconds,
        }

    def note(self, what: str) -> None:
        """Something is asked of the run: is it inside the sitting, and will there be an end?"""
        self.asked += 1
        if self.asked >= MOST:
            expect.true(False, f"training doesn't end: it is at step {self.step} of {self.config.max_iters}")
        if not self.inside and what not in self.outside:
            self.outside.append(what)
        if what != "next_batch" and what != "must_stop":
            self.ahead.append([self.drawn, len(self.told) * self.config.accumulate])

    def sitting(self) -> Any:
        """The real one, remembered."""
        self.sittings += 1
        return self.sit(super().sitting())

    @contextmanager
    def sit(self, sitting: Any) -> Iterator[None]:
        """Know whether one is inside."""
        with sitting:
            self.inside = True
            try:
                yield
            finally:
                self.inside = False

    def next_batch(self) -> Batch:
        """Batch k has the number k everywhere."""
        self.note("next_batch")
        self.drawn += 1
        number = torch.full((2, 3), self.drawn)
        if self.drawn == self.poison:
            with torch.no_grad():
                self.model.weight.fill_(math.nan)
        return number % 7, number

    def tick(self, loss: float) -> None:
        """One step is done."""
        self.told.append(loss)
        self.weights.append(self.model.weight.item())
        self.note("tick")
        self.step += 1
        self.seconds += 1.0

    def must_stop(self) -> bool:
        """At a step that was chosen, or when the time is up: each step takes a second."""
        self.note("must_stop")
        return self.out_of_time() or (self.stop_at is not None and self.step >= self.stop_at)

    def measure(self, learning_rate: float) -> dict[str, Any]:
        """The next loss of the list, or a lower one than ever."""
        self.note("measure")
        self.measured.append([self.step, learning_rate])
        self.order.append(f"measured at {self.step}")
        loss = self.next_losses.pop(0) if self.next_losses else -float(len(self.measured))
        self.log.records.append(self.record(loss, learning_rate))
        return dict(self.log.records[-1])

    def save(self, record: dict[str, Any] | None = None) -> Path:
        """Write down what would be saved."""
        self.note("save")
        if self.saved_step == self.step:
            raise FileExistsError(f"step {self.step} is saved already; a checkpoint is never overwritten")
        self.saved.append([self.step, copy.deepcopy(record)])
        self.order.append(f"saved at {self.step}")
        self.saved_step = self.step
        return self.config.ckpt_path

    def outcome(self) -> Outcome:
        """How the run ended."""
        last = self.log.records[-1] if self.log.records else {}
        self.outcomes.append((Outcome(self.step, "finished", last, 1.0), not self.inside))
        return self.outcomes[-1][0]
