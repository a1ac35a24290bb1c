"""What the checks of lab 05 share: models whose gradients are known, and a run that writes down what is done with it.

Nothing here is computed the way a solution would: gradients come from formulas, not from autograd. The bench run has
all that the real one promises and touches no disk.
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

from vibejam_core.course import expect
from vibejam_core.text.characters import CharTokenizer
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.devices import choose_device
from vibejam_core.training.run import Outcome, Run

Batch = tuple[Tensor, Tensor]


def kind(value: object) -> str:
    """What kind of thing came, for a message."""
    return "None (is a return missing?)" if value is None else f"something of type {type(value).__name__}"


def seeded(seed: int) -> torch.Generator:
    """A generator of its own for each probe."""
    return torch.Generator().manual_seed(seed)


def tokens(n: int, seed: int) -> list[Batch]:
    """n batches of the same size, 4 windows of 5 tokens out of 7, no two alike."""
    drawn = torch.randint(7, (n, 2, 4, 5), generator=seeded(seed))
    return [(x, y) for x, y in drawn]


# --- Models whose gradients are known ---------------------------------------------------------------------------------


class Scorer(nn.Module):
    """Two matrices and a bias in double precision. The loss is a little more than the cross-entropy of the scores."""

    def __init__(self) -> None:
        super().__init__()
        draw = seeded(50)
        self.table = nn.Parameter(torch.randn(7, 3, generator=draw, dtype=torch.float64))
        self.out = nn.Parameter(torch.randn(3, 7, generator=draw, dtype=torch.float64))
        self.bias = nn.Parameter(torch.randn(7, generator=draw, dtype=torch.float64))

    def forward(self, idx: Tensor, targets: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Scores, and the mean of -ln p(target) plus a tenth of the squares of the scores."""
        logits = self.table[idx] @ self.out + self.bias
        if targets is None:
            return logits, None
        surprise = logits.logsumexp(-1) - logits.gather(-1, targets[..., None])[..., 0]
        return logits, (surprise + logits.square().sum(-1) / 10).mean()


def by_hand(model: Scorer, batches: Sequence[Batch]) -> tuple[float, list[Tensor]]:
    """A scorer's loss on all batches together and its gradients, by the formulas and without autograd."""
    x, y = (torch.cat(side).flatten() for side in zip(*batches, strict=True))
    table, out, bias = (parameter.detach() for parameter in model.parameters())
    logits = table[x] @ out + bias
    powers = logits.exp()
    chances = powers / powers.sum(-1, keepdim=True)
    loss = (logits.square().sum(-1) / 10 - chances[torch.arange(len(y)), y].log()).mean()
    blame = (chances - (torch.arange(7) == y[:, None]).double() + logits / 5) / len(y)  # (N, 7): d loss / d logits
    rows = torch.zeros_like(table).index_add(0, x, blame @ out.T)
    return loss.item(), [rows, table[x].T @ blame, blame.sum(0)]


def flat(values: Sequence[Tensor]) -> Tensor:
    """All of them as one vector of its own."""
    return torch.cat([value.detach().flatten() for value in values]).clone()


def shortened(gradients: list[Tensor], longest: float) -> list[Tensor]:
    """Gradients as they are when all of them together may be no longer than that."""
    length = math.sqrt(sum(gradient.square().sum().item() for gradient in gradients))
    return [gradient * min(1.0, longest / length) for gradient in gradients]


class Dropping(nn.Module):
    """64 weights behind a dropout; it writes down which survived, and in what mode it was."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(64))
        self.inner = nn.Sequential(nn.Dropout(0.5))
        self.modes: list[bool] = []
        self.survivors: list[Tensor] = []

    def forward(self, idx: Tensor, targets: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The mean of what is left of the weights, and of the targets."""
        left = self.inner(self.weight)
        self.modes += [self.training, self.inner[0].training]
        self.survivors.append(left.detach() != 0)
        return left, left.mean() + (0 if targets is None else targets.double().mean())


NAN, INF, MINUS_INF, STEEP, NO_SLOPE, HUGE = range(1, 7)


class Fragile(nn.Module):
    """A model on whose loss or gradient a token does some harm."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([1.0, -2.0, 0.5]))
        self.zero = nn.Parameter(torch.zeros(()))

    def forward(self, idx: Tensor, targets: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The mean of the squares of three weights, and what the tokens add to that."""
        loss = self.weight.square().mean() + 0 * self.zero
        harms = {
            NAN: math.nan,
            INF: math.inf,
            MINUS_INF: -math.inf,
            STEEP: self.zero.sqrt(),  # 0, with an infinite slope
            NO_SLOPE: (0 * self.zero).sqrt(),  # 0, with a slope of 0 times infinity
            HUGE: 1e12,
        }
        for token, harm in harms.items():
            if bool((idx == token).any()):
                loss = loss + harm
        return idx[..., None].float(), loss


def harmful(*harms: int) -> list[Batch]:
    """A batch per harm (0 for none), each 2 windows of 3 tokens with one harmful token among them."""
    batches = [(torch.zeros(2, 3, dtype=torch.int64), torch.zeros(2, 3, dtype=torch.int64)) for _ in harms]
    for (x, _), harm in zip(batches, harms, strict=True):
        x[1, 1] = harm
    return batches


# --- A run on the bench -----------------------------------------------------------------------------------------------


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
        self.config = TrainConfig(ckpt_path=Path("a-run-without-a-folder"), device="cpu", **settings)
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

    @contextmanager
    def sitting(self) -> Iterator[None]:
        """The real one, remembered."""
        self.sittings += 1
        with super().sitting():
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
        loss = self.next_losses.pop(0) if self.next_losses else -float(len(self.measured))
        self.log.records.append(self.record(loss, learning_rate))
        return dict(self.log.records[-1])

    def save(self, record: dict[str, Any] | None = None) -> Path:
        """Write down what would be saved."""
        self.note("save")
        if self.saved_step == self.step:
            raise FileExistsError(f"step {self.step} is saved already; a checkpoint is never overwritten")
        self.saved.append([self.step, copy.deepcopy(record)])
        self.saved_step = self.step
        return self.config.ckpt_path

    def outcome(self) -> Outcome:
        """How the run ended."""
        last = self.log.records[-1] if self.log.records else {}
        self.outcomes.append((Outcome(self.step, "finished", last, 1.0), not self.inside))
        return self.outcomes[-1][0]
