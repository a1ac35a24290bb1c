"""Known weights for the pieces of a GPT, and what should come out of them: sums done by hand, in float64.

Nothing here shares code with the reference. Weights of order one matter: with a fresh model's weights of 0.02 every
softmax is flat, and neither a missing scale nor swapped factors can be seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


def rand(*shape: int, seed: int, scale: float = 1.0) -> Tensor:
    """Numbers from a normal distribution, from a generator of their own."""
    return scale * torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@dataclass
class Attention:
    """The weights of one multi-head attention: three (D, C) matrices per head, then the output projection."""

    heads: list[dict[str, Tensor]]
    proj: Tensor
    proj_bias: Tensor


@dataclass
class Wide:
    """The weights of one feed-forward network."""

    up: Tensor
    up_bias: Tensor
    down: Tensor
    down_bias: Tensor


@dataclass
class Layer:
    """The weights of one block."""

    norm_1: tuple[Tensor, Tensor]
    attention: Attention
    norm_2: tuple[Tensor, Tensor]
    wide: Wide


@dataclass
class Model:
    """The weights of a whole GPT."""

    tokens: Tensor
    positions: Tensor
    layers: list[Layer]
    norm: tuple[Tensor, Tensor]
    head: Tensor


def head_weights(n_embd: int, head_size: int, seed: int) -> dict[str, Tensor]:
    """Query, key and value matrices that make scores of order one."""
    scale = 1.5 / math.sqrt(n_embd)
    return {
        role: rand(head_size, n_embd, seed=seed + i, scale=scale) for i, role in enumerate(("query", "key", "value"))
    }


def attention_weights(n_embd: int, n_head: int, seed: int) -> Attention:
    """Weights for a multi-head attention."""
    heads = [head_weights(n_embd, n_embd // n_head, seed + 10 * h) for h in range(n_head)]
    return Attention(heads, rand(n_embd, n_embd, seed=seed + 8, scale=n_embd**-0.5), rand(n_embd, seed=seed + 9))


def wide_weights(n_embd: int, seed: int) -> Wide:
    """Weights for a feed-forward network."""
    return Wide(
        rand(4 * n_embd, n_embd, seed=seed, scale=1.2 * n_embd**-0.5),
        rand(4 * n_embd, seed=seed + 1, scale=0.5),
        rand(n_embd, 4 * n_embd, seed=seed + 2, scale=(4 * n_embd) ** -0.5),
        rand(n_embd, seed=seed + 3),
    )


def norm_weights(n_embd: int, seed: int) -> tuple[Tensor, Tensor]:
    """A gain and a shift for a layer norm."""
    return 1 + rand(n_embd, seed=seed, scale=0.4), rand(n_embd, seed=seed + 1, scale=0.5)


def layer_weights(n_embd: int, n_head: int, seed: int) -> Layer:
    """Weights for a block."""
    return Layer(
        norm_weights(n_embd, seed),
        attention_weights(n_embd, n_head, seed + 100),
        norm_weights(n_embd, seed + 200),
        wide_weights(n_embd, seed + 300),
    )


def model_weights(config: Any, seed: int) -> Model:
    """Weights for a whole GPT of this shape."""
    C = config.n_embd
    return Model(
        rand(config.vocab_size, C, seed=seed),
        rand(config.block_size, C, seed=seed + 1),
        [layer_weights(C, config.n_head, seed + 1000 * (i + 1)) for i in range(config.n_layer)],
        norm_weights(C, seed + 2),
        rand(config.vocab_size, C, seed=seed + 4, scale=C**-0.5),
    )


# --- The sums by hand, in float64 -------------------------------------------------------------------------------------


def head_by_hand(x: Tensor, weights: dict[str, Tensor]) -> Tensor:
    """One causal head: for each position, the exponentials of its scores share out the values up to it."""
    query, key, value = (x.detach().double() @ weights[role].double().T for role in ("query", "key", "value"))
    out = torch.zeros_like(value)
    for b in range(x.shape[0]):
        for t in range(x.shape[1]):
            scores = key[b, : t + 1] @ query[b, t] / math.sqrt(value.shape[-1])  # up to and including position t
            shares = torch.exp(scores - scores.max())
            out[b, t] = shares @ value[b, : t + 1] / shares.sum()
    return out


def attention_by_hand(x: Tensor, weights: Attention) -> Tensor:
    """Heads side by side, in order, then the output projection."""
    joined = torch.cat([head_by_hand(x, head) for head in weights.heads], dim=-1)
    return joined @ weights.proj.double().T + weights.proj_bias.double()


def wide_by_hand(x: Tensor, weights: Wide, form: str) -> Tensor:
    """The feed-forward network, with the exact GELU or its tanh approximation."""
    h = x.double() @ weights.up.double().T + weights.up_bias.double()
    inner = math.sqrt(2 / math.pi) * (h + 0.044715 * h**3)
    bell = torch.erf(h / math.sqrt(2)) if form == "exact" else torch.tanh(inner)
    return (0.5 * h * (1 + bell)) @ weights.down.double().T + weights.down_bias.double()


def norm_by_hand(x: Tensor, weights: tuple[Tensor, Tensor]) -> Tensor:
    """A layer norm over the last axis."""
    x = x.double()
    centred = x - x.mean(dim=-1, keepdim=True)
    spread = (centred**2).mean(dim=-1, keepdim=True)
    return centred / torch.sqrt(spread + 1e-5) * weights[0].double() + weights[1].double()


def block_by_hand(x: Tensor, weights: Layer, form: str) -> Tensor:
    """A block with its norms before each sub-layer."""
    x = x.double()
    x = x + attention_by_hand(norm_by_hand(x, weights.norm_1), weights.attention)
    return x + wide_by_hand(norm_by_hand(x, weights.norm_2), weights.wide, form)


def model_by_hand(idx: Tensor, weights: Model, form: str) -> Tensor:
    """A whole GPT: (B, T) ids to (B, T, V) logits."""
    x = weights.tokens.double()[idx] + weights.positions.double()[: idx.shape[1]]
    for layer in weights.layers:
        x = block_by_hand(x, layer, form)
    return norm_by_hand(x, weights.norm) @ weights.head.double().T


def nearer(got: Tensor, *candidates: Tensor) -> Tensor:
    """Whichever of several right answers lies nearer to this one, as float32."""
    if not isinstance(got, Tensor) or got.shape != candidates[0].shape:
        return candidates[0].detach().float()
    return min(
        (right.detach().float() for right in candidates), key=lambda right: (got.detach() - right).abs().median()
    )


def silence(layer: Layer, attention: bool = False, wide: bool = False) -> Layer:
    """The same block, but what these sub-layers would add is zero."""
    quiet = Attention(layer.attention.heads, 0 * layer.attention.proj, 0 * layer.attention.proj_bias)
    still = Wide(layer.wide.up, layer.wide.up_bias, 0 * layer.wide.down, 0 * layer.wide.down_bias)
    return Layer(layer.norm_1, quiet if attention else layer.attention, layer.norm_2, still if wide else layer.wide)
