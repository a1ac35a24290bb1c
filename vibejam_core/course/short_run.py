"""Training for a moment inside a notebook: no folder, no log, only the model and its curve."""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from vibejam_core.models.base import BaseLM
    from vibejam_core.models.config import ModelConfig

Curve = tuple[list[float], list[float]]


def short_run(
    arch: str,
    shape: ModelConfig,
    tokens: Tensor,
    *,
    max_iters: int = 100,
    every: int = 10,
    model: BaseLM | None = None,
    **settings: Any,
) -> tuple[BaseLM, Curve]:
    """Train a small model as ``scripts.train_lm`` would, with the components that the notebook runs.

    Args:
        arch: for example "modern_gpt".
        shape: its ``vocab_size`` must be that of the tokens.
        tokens: (N,) what to train on.
        max_iters: how many steps.
        every: how many steps' losses make one point of the curve, their mean.
        model: one to go on with, instead of a new one.
        settings: of ``TrainConfig``, such as ``optimizer="adamw"``, ``learning_rate`` or ``seed``.

    Returns:
        The model, and ``(steps, training losses)`` as ``lab.curves`` takes them.
    """
    import torch

    from vibejam_core.models.registry import build_model
    from vibejam_core.text.windows import get_batch
    from vibejam_core.training.config import TrainConfig
    from vibejam_core.training.optimizer_set import build_optimizer
    from vibejam_core.training.trainer import learning_rate_at, train_step

    config = TrainConfig(arch=arch, max_iters=max_iters, **settings)
    torch.manual_seed(config.seed)
    trained = build_model(arch, shape) if model is None else model
    optimizer = build_optimizer(trained, config)
    batches = torch.Generator().manual_seed(config.seed)
    losses = []
    for step in range(max_iters):
        batch = get_batch(tokens, shape.block_size, config.batch_size, batches)
        losses.append(train_step(trained, optimizer, [batch], learning_rate_at(step, config), config.grad_clip))
    points = range(0, max_iters, every)
    return trained, ([float(min(i + every, max_iters)) for i in points], [mean(losses[i : i + every]) for i in points])
