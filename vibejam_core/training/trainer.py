"""The training loop, from the learning rate of one step to a whole run."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from vibejam_core.models.base import BaseLM
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.run import Outcome, Run
from vibejam_core.training.schedules import trapezoid


def learning_rate_at(step: int, config: TrainConfig) -> float:
    r"""The learning rate of one step: up in a straight line, then down.

    With :math:`w` = ``int(warmup * max_iters)`` warm-up steps out of :math:`n` =
    ``max_iters``, highest rate :math:`\eta` and lowest :math:`\eta_{\min}`:

    .. math:: \eta\,\frac{t + 1}{w} \;\text{ for } t < w, \qquad
       \eta_{\min} + (\eta - \eta_{\min})\; d(p),
       \quad p = \frac{t - w}{n - w} \;\text{ after that,}

    where :math:`d(p)` is :math:`1 - p` (linear), :math:`\tfrac12 (1 + \cos \pi p)`
    (cosine; Loshchilov & Hutter 2017), 1 (constant), or ``trapezoid(p,
    config.cooldown)``, a function that lab 13 is about and that is given here. So the
    first rate is above 0, and the last step of the warm-up, like the one after it, has
    the rate :math:`\eta`.

    Args:
        step: t, from 0 to ``max_iters - 1``.
        config: its ``learning_rate`` is η, its ``min_learning_rate`` η_min; ``warmup``
            and ``max_iters`` are as above, ``schedule`` is "linear", "cosine",
            "constant" or "trapezoid", which also needs ``cooldown``.

    Returns:
        A Python float.
    """
    warmup_steps = int(config.warmup * config.max_iters)
    if step < warmup_steps:
        return config.learning_rate * (step + 1) / warmup_steps
    progress = (step - warmup_steps) / (config.max_iters - warmup_steps)  # 0 to 1
    share = {
        "linear": 1 - progress,
        "cosine": (1 + math.cos(math.pi * progress)) / 2,
        "constant": 1.0,
        "trapezoid": trapezoid(progress, config.cooldown),
    }
    return config.min_learning_rate + (config.learning_rate - config.min_learning_rate) * share[config.schedule]


def train_step(
    model: BaseLM,
    optimizer: torch.optim.Optimizer,
    batches: Sequence[tuple[Tensor, Tensor]],
    learning_rate: float,
    grad_clip: float = 0.0,
) -> float:
    """Improve a model once.

    The model is put into training mode and stays in it. The gradients of the batches
    are averaged, as if they had been one large batch; whatever gradients the parameters
    had before play no part. If together, all parameters as one vector, they are longer
    than ``grad_clip``, all are shortened by one factor to that length. Then the
    optimiser moves the weights, once, every parameter group of it with
    ``learning_rate``. A parameter that is frozen, or that the loss doesn't depend on,
    stays as it is.

    Args:
        model: called as ``model(x, y)``, returns ``(logits, loss)`` (a mean).
        optimizer: of the model's parameters; its groups' rate is the entry ``"lr"``.
        batches: at least one pair ``(x, y)``, each (B, T), all of the same size.
        learning_rate: for this step.
        grad_clip: the largest length of the gradient; 0 means no limit.

    Returns:
        The mean of the batches' losses, before the step, a Python float, in nats.

    Raises:
        ArithmeticError: if a batch's loss is infinite or not a number, or if the losses
            are finite but the gradient's length isn't; the message says "loss" or
            "gradient", whichever it was. The optimiser makes no step: the weights, and
            what it remembers, are left as they were.
    """
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    model.train()
    optimizer.zero_grad()
    total = 0.0
    for x, y in batches:
        _, loss = model(x, y)
        assert loss is not None  # targets were given
        if not torch.isfinite(loss):
            raise ArithmeticError(f"the loss is {loss.item()}")
        (loss / len(batches)).backward()  # adds to the gradients of the batches before
        total += loss.item() / len(batches)
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), grad_clip or math.inf)
    if not torch.isfinite(norm):
        raise ArithmeticError(f"the length of the gradient is {norm.item()}")
    optimizer.step()
    return total


def should_stop_early(val_losses: Sequence[float | None], patience: int) -> bool:
    """Whether the validation loss has stopped falling.

    It has if the last ``patience`` measurements are all no better than the best one
    before them. With ``patience`` 0 training never stops early.

    Args:
        val_losses: every measurement so far, oldest first, in nats; all of them None
            where there is no validation text, and then training never stops early.
        patience: how many measurements in a row may fail to be a new best.
    """
    measured = [loss for loss in val_losses if loss is not None]
    if patience == 0 or len(measured) <= patience:
        return False
    return min(measured[-patience:]) >= min(measured[:-patience])


def train_lm(run: Run) -> Outcome:
    """Train until the run is over, and keep what was learned.

    A step takes ``config.accumulate`` batches, each from ``run.next_batch()``, makes
    one :func:`train_step` with the rate of :func:`learning_rate_at` for ``run.step``,
    and tells its loss to ``run.tick(loss)``, which adds 1 to ``run.step``.

    A new run (one at step 0) is measured before its first step, and not saved. Each
    time ``run.step`` has become a multiple of ``eval_interval``, and after the last
    step, the run is measured, once, and then saved with that record. Training ends
    after ``max_iters`` steps in all; or, before any step, when ``run.must_stop()``
    (Ctrl-C, or its time is up) or :func:`should_stop_early` says so. If
    ``run.saved_step`` isn't ``run.step`` then, the run is saved without a measurement.

    All of this happens inside one ``with run.sitting():``, which shows progress and
    tells of a loss that is not a number. Only when the sitting is over is the run's
    outcome known. A run that was stopped and resumed makes the same steps as one that
    never stopped, so no batch is drawn before its step, and no generator is seeded.

    Args:
        run: what is trained, at any step: ``run.model`` and ``run.optimizer``. Its
            ``config`` has all settings; ``run.val_losses`` are the measurements so far;
            ``run.measure(learning_rate)`` measures, with the rate of the step before
            (of step 0 for the first one), and returns a record; ``run.save(record)``
            or ``run.save()`` saves; ``run.saved_step`` is the last saved step, or None.

    Returns:
        ``run.outcome()``, asked for after the sitting.

    Raises:
        TrainingDiverged: if a loss is infinite or not a number (the sitting makes it of
            the ArithmeticError); the message names the step, the learning rate and the
            last good checkpoint. Nothing is saved then.
        OSError: if a checkpoint can't be written.
    """
    config = run.config
    with run.sitting():
        if run.step == 0:
            run.measure(learning_rate_at(0, config))
        while run.step < config.max_iters:
            if run.must_stop() or should_stop_early(run.val_losses, config.patience):
                break
            learning_rate = learning_rate_at(run.step, config)
            batches = [run.next_batch() for _ in range(config.accumulate)]
            run.tick(train_step(run.model, run.optimizer, batches, learning_rate, config.grad_clip))
            if run.step % config.eval_interval == 0 or run.step == config.max_iters:
                run.save(run.measure(learning_rate))
        if run.saved_step != run.step:
            run.save()
    return run.outcome()
