"""What every language model of the course can do, so that one trainer and one sampler serve them all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn

from vibejam_core.models.config import ModelConfig


class BaseLM(nn.Module, ABC):
    """A language model: token ids in, a score for every possible next token out."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config

    def __call__(self, idx: Tensor, targets: Tensor | None = None) -> Any:
        """Run :meth:`forward`, with both tensors in one piece of memory, whatever they were cut from.

        A batch may be a slice of a larger tensor, and ``view``, which many a loss is written with, refuses slices.
        """
        return super().__call__(idx.contiguous(), None if targets is None else targets.contiguous())

    @abstractmethod
    def forward(self, idx: Tensor, targets: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """(B, T) token ids, and optionally (B, T) next tokens -> ((B, T, V) logits, scalar loss or None)."""

    def get_block_size(self) -> int:
        """The longest context that the model accepts, in tokens."""
        return self.config.block_size

    def configure_optimizers(self, learning_rate: float, weight_decay: float) -> torch.optim.Optimizer:
        """AdamW that decays matrices but neither biases nor norms (Loshchilov & Hutter 2019; GPT-3, appendix B).

        The betas are for runs of a few thousand steps: shorter memories than the usual 0.9 and 0.999 follow the quickly
        changing gradients of a young model. ``fused`` computes the same in one pass, in a quarter of the time.
        """
        parameters = [parameter for parameter in self.parameters() if parameter.requires_grad]
        groups = [
            {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": weight_decay},
            {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
        ]
        used = [group for group in groups if group["params"]]
        return torch.optim.AdamW(used, lr=learning_rate, betas=(0.8, 0.98), fused=True)
