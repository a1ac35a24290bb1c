"""One small layer of a modern GPT, for the checks of lab 11: its sizes, its weights, and what comes in."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from tests.labs.helpers_by_hand import rand
from tests.labs.helpers_modern import (
    angles_by_hand,
    attention_layer_by_hand,
    attention_layer_weights,
    mlp_weights,
    right,
)
from vibejam_core.models.config import ModelConfig

# Every size is another, so that no axis can be taken for its neighbour: 4 query heads of 6 numbers share 2 heads of
# keys and values, which are 12 numbers per token.
B, T, H, KV, D = 5, 7, 4, 2, 6
C = H * D
PLACES = torch.tensor([0, 2, 3, 7, 9, 14, 15])  # not side by side: what is recounted isn't the same

GATHER = attention_layer_weights(C, H, KV, seed=10)
THINK = mlp_weights(C, seed=20)


def config(**changes: Any) -> ModelConfig:
    """The shape of a model whose layers have no windows."""
    shape = {"block_size": 8, "n_layer": 5, "n_head": H, "n_embd": C, "n_kv_head": KV, **changes}
    return ModelConfig(vocab_size=32, **shape)


WINDOWS = config(window_pattern="SL")  # layers 0 and 2 see 4 positions; 1, 3 and, being the last, 4 see all


def tables(positions: Tensor = PLACES, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """The cosines and sines of some positions, by hand, with a base that turns every pair visibly."""
    angles = angles_by_hand(positions, D, base=40.0)
    return angles.cos().to(dtype), angles.sin().to(dtype)


def stream(seed: int = 1, length: int = T, scale: float = 1.0) -> Tensor:
    """(B, length, C): what comes in."""
    return rand(B, length, C, seed=seed, scale=scale)


def extra(seed: int = 30) -> Tensor:
    """(B, T, KV * D): a value embedding."""
    return rand(B, T, KV * D, seed=seed)


def right_attention(
    x: Tensor, weights: dict[str, Tensor] = GATHER, window: int = 0, value_embedding: Tensor | None = None
) -> Tensor:
    """What the attention should make of x at our positions."""
    return right(attention_layer_by_hand(x, weights, H, *tables(), window, value_embedding))
