# Yours to write, in lab 05 (Training).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check trainer.learning_rate_at
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
    raise NotImplementedError(
        "trainer.learning_rate_at: climb in a straight line, then fall along the schedule "
        "(lab 05)"
    )


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
    raise NotImplementedError(
        "trainer.train_step: average the batches' gradients, clip them, and let the "
        "optimiser take a step (lab 05)"
    )


def should_stop_early(val_losses: Sequence[float | None], patience: int) -> bool:
    """Whether the validation loss has stopped falling.

    It has if the last ``patience`` measurements are all no better than the best one
    before them. With ``patience`` 0 training never stops early.

    Args:
        val_losses: every measurement so far, oldest first, in nats; all of them None
            where there is no validation text, and then training never stops early.
        patience: how many measurements in a row may fail to be a new best.
    """
    raise NotImplementedError(
        "trainer.should_stop_early: have the last patience measurements brought no new "
        "best? (lab 05)"
    )


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
    raise NotImplementedError(
        "trainer.train_lm: step after step; measure, save and stop at the right moments "
        "(lab 05)"
    )
