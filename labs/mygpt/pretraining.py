# Yours to write, in lab 15 (Pretraining on a GPU).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check pretraining.LossScale
"""One step of pretraining: for one process or many, in full precision or in half."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from vibejam_core.models.base import BaseLM
from vibejam_core.training.sharded import ShardedOptimizer


class LossScale:
    """By how much a loss is multiplied, so that small gradients don't vanish in float16.

    The smallest number that float16 knows is about 6e-8, and many a gradient is smaller. A larger loss has larger
    gradients; they are divided again once they are in float32. bfloat16 reaches as far as float32 and needs none of
    this.
    """

    def __init__(self, scale: float = 2.0**16, interval: int = 2000) -> None:
        """Begin with a large scale: it falls quickly where it must.

        Args:
            scale: at least 1.
            interval: after how many good steps in a row a larger one is tried.
        """
        self.scale, self.interval = scale, interval
        self.good = 0
        """How many steps went well since the scale last changed."""

    def update(self, finite: bool) -> None:
        """Learn from a step whether the scale was too large.

        If the gradients were finite, the step was good. The ``interval``-th good one in
        a row doubles ``self.scale``, and the counting begins anew. If they were not, the
        scale was too large: it is halved, and the counting begins anew too. It doesn't
        fall below 1. ``self.good`` is how far the counting has come: 0 whenever it
        begins anew.

        Args:
            finite: whether all gradients of the step were finite numbers.

        Raises:
            ArithmeticError: if they weren't although ``self.scale`` was 1 already; then
                it isn't the scale's fault, and nothing is changed. The message says
                "gradient".

        Source: "Mixed Precision Training", Micikevicius et al. 2018.
        """
        raise NotImplementedError(
            "pretraining.LossScale.update: half after an overflow, double after interval "
            "good steps in a row (lab 15)"
        )

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps of it, as plain data."""
        return {"scale": self.scale, "good": self.good}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where :meth:`state_dict` was."""
        self.scale, self.good = state_dict["scale"], state_dict["good"]


def pretrain_step(
    model: BaseLM,
    optimizer: ShardedOptimizer,
    batches: Sequence[tuple[Tensor, Tensor]],
    learning_rate: float,
    grad_clip: float = 0.0,
    scale: LossScale | None = None,
) -> float:
    """Improve a model once, together with all other ranks.

    Every rank calls it, with its own batches, and afterwards all have the same weights:
    those that one process would have if it had had all ranks' batches. Whatever one rank
    sends or receives, all must send and receive, in the same order: no rank may leave
    earlier than the others.

    1. The model is put into training mode and stays in it. Gradients that the
       parameters had before play no part.
    2. The gradients of the batches are averaged, as if they had been one large batch.
       With a ``scale``, the loss is multiplied by ``scale.scale`` on the way back.
    3. The loss is averaged over the batches, and over the ranks with
       ``optimizer.world.sum``.
    4. ``optimizer.reduce()``; then the gradients are divided by the scale, if there is
       one; then ``optimizer.clip(grad_clip)``, which says how long the gradient is, on
       every rank the same.
    5. With a scale, ``scale.update`` is told once whether that length is finite.
    6. If it is, every parameter group gets ``learning_rate``; ``optimizer.update()``
       and ``optimizer.gather()``. If it isn't and there is a scale, the step is skipped:
       neither the weights change, nor what the optimiser remembers.

    Args:
        model: called as ``model(x, y)``, returns ``(logits, loss)`` (a mean).
        optimizer: of the model's parameters; see :class:`ShardedOptimizer`. Its groups
            are ``optimizer.param_groups``, their rate is the entry ``"lr"``.
        batches: this rank's, at least one pair ``(x, y)``, each (B, T), all of the same
            size, as many on every rank.
        learning_rate: for this step.
        grad_clip: the largest length of the gradient; 0 means no limit.
        scale: for float16, or None.

    Returns:
        The mean of the losses of all batches of all ranks, before the step and without
        the scale: a Python float, in nats, on every rank the same.

    Raises:
        ArithmeticError: on all ranks, if that mean is infinite or not a number, with or
            without a scale; or if the gradient's length is and there is no scale (or
            ``scale.update`` raises it). The message says "loss" or "gradient", whichever
            it was. The weights, and what the optimiser remembers, are left as they were.
    """
    raise NotImplementedError(
        "pretraining.pretrain_step: accumulate, reduce, unscale, clip, update, gather (lab "
        "15)"
    )
