"""The training loop, from the learning rate of one step to a whole run."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from vibejam_core.evaluation.whole import loss_on_all
from vibejam_core.models.base import BaseLM
from vibejam_core.models.checkpoint_folder import last_step
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.progress import Progress, StopRequest, duration
from vibejam_core.training.run import Run, finite


class TrainingDiverged(ValueError):
    """A loss or gradient was infinite or not a number, so there was nothing left to train."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    step: int
    finished: bool
    """False if it was stopped before its last step."""
    record: dict[str, Any]
    """The last measurement, as it is in the log."""
    val_loss_on_all: float | None
    """The loss on the whole validation text, measured at the end of a finished run; None without such a text."""


def learning_rate_at(step: int, config: TrainConfig) -> float:
    r"""The learning rate of one step: up in a straight line, then down along the schedule.

    With :math:`w` warm-up steps out of :math:`n`, highest rate :math:`\eta` and lowest :math:`\eta_{\min}`:

    .. math:: \eta\,\frac{t + 1}{w} \;\text{ for } t < w, \qquad
       \eta_{\min} + (\eta - \eta_{\min})\; d\!\left(\frac{t - w}{n - w}\right) \;\text{ after that,}

    where :math:`d(p)` is :math:`\tfrac12 (1 + \cos \pi p)` (cosine), :math:`1 - p` (linear) or 1 (constant).

    Args:
        step: t, from 0 to ``max_iters - 1``.
        config: the schedule's settings.
    """
    warmup_steps = int(config.warmup * config.max_iters)
    if step < warmup_steps:
        return config.learning_rate * (step + 1) / warmup_steps
    progress = (step - warmup_steps) / max(1, config.max_iters - warmup_steps)  # 0 to 1
    share = {"cosine": (1 + math.cos(math.pi * progress)) / 2, "linear": 1 - progress, "constant": 1.0}
    return config.min_learning_rate + (config.learning_rate - config.min_learning_rate) * share[config.schedule]


def train_step(
    model: BaseLM,
    optimizer: torch.optim.Optimizer,
    batches: Sequence[tuple[Tensor, Tensor]],
    learning_rate: float,
    grad_clip: float = 0.0,
) -> float:
    """Improve a model once.

    The gradients of the batches are averaged, as if they had been one large batch; then, if together they are longer
    than ``grad_clip``, all are shortened by one factor; then the optimiser moves the weights.

    Args:
        model: called as ``model(x, y)``, returns ``(logits, loss)``.
        optimizer: of the model's parameters.
        batches: pairs ``(x, y)``, each (B, T), all of the same size.
        learning_rate: for this step.
        grad_clip: the largest length of the gradient; 0 means no limit.

    Returns:
        The mean loss over the batches, before the step, in nats per token.

    Raises:
        ArithmeticError: if the loss or the gradient is infinite or not a number; the weights are left as they were.
    """
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    model.train()
    optimizer.zero_grad(set_to_none=True)
    total = 0.0
    for x, y in batches:
        _, loss = model(x, y)
        assert loss is not None  # targets were given
        total += finite(loss.item()) / len(batches)
        (loss / len(batches)).backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), grad_clip or math.inf)
    if not torch.isfinite(norm):
        raise ArithmeticError(f"the length of the gradient is {norm.item()}")
    optimizer.step()
    return total


def train_lm(run: Run) -> Outcome:
    """Train until ``max_iters`` steps are done or someone presses Ctrl-C.

    Every ``eval_interval`` steps, and at the end, it measures the losses, writes them into the log and saves a
    checkpoint. A run that was stopped and resumed makes the same steps as one that never stopped.

    Raises:
        TrainingDiverged: if a loss is infinite or not a number; the message names the step, the learning rate and the
            last good checkpoint.
        OSError: if a checkpoint can't be written.
    """
    config, record = run.config, run.log.records[-1] if run.log.records else {}
    tokens_per_step = config.batch_size * config.accumulate * run.model.get_block_size()
    progress = Progress(config.max_iters, run.step)
    learning_rate = learning_rate_at(run.step, config)
    try:
        with limited_threads(config.threads), StopRequest() as stop:
            if run.step == 0:
                record = run.measure(learning_rate, 0.0)
                progress.say(line(record))
            clock = Clock()
            while run.step < config.max_iters and not stop.requested:
                learning_rate = learning_rate_at(run.step, config)
                batches = [run.next_batch() for _ in range(config.accumulate)]
                loss = train_step(run.model, run.optimizer, batches, learning_rate, config.grad_clip)
                run.step += 1
                run.seconds += clock.tick()
                progress.update(loss, clock.ticks * tokens_per_step / clock.total)
                if run.step % config.eval_interval == 0 or run.step == config.max_iters:
                    record = run.measure(learning_rate, clock.ticks * tokens_per_step / clock.total)
                    run.save(record)
                    progress.say(line(record))
                    clock = Clock()
            finished = run.step == config.max_iters
            if not finished and run.step != last_step(config.ckpt_path):
                run.save()
            whole = None
            if finished and run.val is not None:
                progress.say("measuring the whole validation text ...")
                whole = loss_on_all(run.model, run.val)
    except ArithmeticError as error:
        good = last_step(config.ckpt_path)
        raise TrainingDiverged(
            f"training stopped at step {run.step}, where {error}; the learning rate was {learning_rate:g}. "
            + (
                "No checkpoint was saved yet. "
                if good is None
                else f"The last good checkpoint is that of step {good}. "
            )
            + "Start again with a smaller --learning-rate."
        ) from error
    finally:
        progress.close()
    return Outcome(run.step, finished, record, whole)


def line(record: dict[str, Any]) -> str:
    """A measurement in one line for people."""
    val, bits = (
        f"{record[key]:.4f}" if record[key] is not None else "none" for key in ("val_loss", "val_bits_per_byte")
    )
    speed = f", {record['tokens_per_second']:,.0f} tokens/s" if record["tokens_per_second"] else ""
    return (
        f"step {record['step']:>5}  train {record['train_loss']:.4f}  val {val} nats per token, {bits} bits per byte"
        f"{speed}, {duration(record['seconds'])}"
    )


class Clock:
    """Counts steps and the time they took."""

    def __init__(self) -> None:
        self.ticks, self.total, self.last = 0, 0.0, time.perf_counter()

    def tick(self) -> float:
        """One step is done: the seconds since the one before."""
        now = time.perf_counter()
        seconds, self.last = now - self.last, now
        self.ticks, self.total = self.ticks + 1, self.total + seconds
        return seconds


@contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """Let one operation use that many CPU threads meanwhile; 0 changes nothing."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
