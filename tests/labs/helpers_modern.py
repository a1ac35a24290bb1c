"""What the checks of labs 10 and 11 share: sums done by hand in float64, and known weights poured into a layer.

Nothing here shares code with the reference, and gradients flow through all of it, so that they can be compared too.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from tests.labs.helpers_by_hand import rand
from vibejam_core.course import expect

# --- The sums by hand, in float64 -------------------------------------------------------------------------------------


def norm_by_hand(x: Tensor, eps: float = 1e-5) -> Tensor:
    """Each vector over the root of the mean of its squares."""
    x = x.double()
    return x / torch.sqrt((x * x).sum(dim=-1, keepdim=True) / x.shape[-1] + eps)


def angles_by_hand(positions: Tensor, head_dim: int, base: float = 10_000.0) -> Tensor:
    """(...,) positions to (..., D/2) angles, pair by pair."""
    where = positions.double()
    return torch.stack([where / base ** (2 * i / head_dim) for i in range(head_dim // 2)], dim=-1)


def turn_by_hand(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """(B, T, H, D) turned, number by number: i of the first half with i of the second."""
    x, half = x.double(), x.shape[-1] // 2
    cos, sin = (table.double().expand(*x.shape[:2], half)[:, :, None] for table in (cos, sin))  # (B, T, 1, D/2)
    first = [x[..., i] * cos[..., i] - x[..., i + half] * sin[..., i] for i in range(half)]
    second = [x[..., i] * sin[..., i] + x[..., i + half] * cos[..., i] for i in range(half)]
    return torch.stack(first + second, dim=-1)


def attend_by_hand(q: Tensor, k: Tensor, v: Tensor, window: int = 0) -> Tensor:
    """One query at a time: the exponentials of its scores share out the values that it sees."""
    (B, T, H, D), (_, S, KV, _) = q.shape, k.shape
    q, k, v = q.double(), k.double(), v.double()
    out = []
    for t in range(T):
        here = S - T + t
        seen = slice(max(0, here - window + 1) if window else 0, here + 1)
        for h in range(H):
            group = h * KV // H
            scores = (k[:, seen, group] * q[:, t, None, h]).sum(dim=-1) / math.sqrt(D)  # (B, how many are seen)
            shares = torch.exp(scores - scores.amax(dim=-1, keepdim=True))
            shares = shares / shares.sum(dim=-1, keepdim=True)
            out.append((shares[..., None] * v[:, seen, group]).sum(dim=1))  # (B, D)
    return torch.stack(out, dim=1).reshape(B, T, H, D)


def attention_layer_by_hand(
    x: Tensor, weights: dict[str, Tensor], heads: int, cos: Tensor, sin: Tensor, window: int = 0, extra: Any = None
) -> Tensor:
    """A modern attention layer with these weights; ``extra`` is what is added to the values."""
    x = x.double()
    head_dim = weights["c_q"].shape[0] // heads
    q, k, v = (x @ weights[name].double().T for name in ("c_q", "c_k", "c_v"))
    v = v if extra is None else v + extra.double()
    q, k, v = (each.reshape(*x.shape[:2], -1, head_dim) for each in (q, k, v))
    q, k = (norm_by_hand(turn_by_hand(each, cos, sin)) for each in (q, k))
    return attend_by_hand(q, k, v, window).flatten(2) @ weights["c_proj"].double().T


def mlp_by_hand(x: Tensor, weights: dict[str, Tensor]) -> Tensor:
    """Widen, square what is above zero, narrow."""
    wide = x.double() @ weights["c_fc"].double().T
    return torch.where(wide > 0, wide * wide, 0.0) @ weights["c_proj"].double().T


# --- Known weights ----------------------------------------------------------------------------------------------------


def attention_layer_weights(width: int, heads: int, kv_heads: int, seed: int) -> dict[str, Tensor]:
    """The matrices of an attention layer, (out, in) each, that make vectors of order one and no two heads alike."""
    narrow, scale = width // heads * kv_heads, 1.3 * width**-0.5
    return {
        "c_q": rand(width, width, seed=seed, scale=scale),
        "c_k": rand(narrow, width, seed=seed + 1, scale=scale),
        "c_v": rand(narrow, width, seed=seed + 2, scale=scale),
        "c_proj": rand(width, width, seed=seed + 3, scale=scale),
    }


def mlp_weights(width: int, seed: int) -> dict[str, Tensor]:
    """The matrices of an MLP, (out, in) each."""
    return {
        "c_fc": rand(4 * width, width, seed=seed, scale=width**-0.5),
        "c_proj": rand(width, 4 * width, seed=seed + 1, scale=(4 * width) ** -0.5),
    }


def under(name: str, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same weights, as those of a part called ``name``."""
    return {f"{name}.{own}": weight for own, weight in weights.items()}


def pour_weights(module: nn.Module, weights: dict[str, Tensor]) -> None:
    """Write these matrices into a module's layers, each found by its dotted name."""
    for name, weight in weights.items():
        layer: Any = module
        for part in name.split("."):
            own = ", ".join(f"self.{child}" for child, _ in layer.named_children()) or "no layers"
            found = getattr(layer, part, None)
            expect.true(
                isinstance(found, nn.Module),
                f"the exercise asks for self.{part}; this {type(layer).__name__} has {own}",
            )
            layer = found
        expect.shape(layer.weight, tuple(weight.shape), f"the weight of {name}")
        layer.weight.detach().copy_(weight)


def sizes(module: nn.Module) -> dict[str, list[int]]:
    """Every parameter's name and shape."""
    return {name: list(parameter.shape) for name, parameter in module.named_parameters()}


# --- Small probes -----------------------------------------------------------------------------------------------------


def right(expected: Tensor) -> Tensor:
    """A sum by hand as a bare float32 tensor, for messages that show a few figures."""
    return expected.detach().float()


def replaced(x: Tensor, token: int, seed: int) -> Tensor:
    """A copy of (B, T, ...) in which this one position of every row is another."""
    copy = x.clone()
    copy[:, token] = rand(*x[:, token].shape, seed=seed)
    return copy


def gradients_of(out: Any, inputs: list[Tensor], names: str) -> list[Tensor]:
    """The gradients of a weighted sum of ``out``; refuses an output that doesn't depend on what came in."""
    cut = f"no gradient flows from the output back to {names}: it is cut somewhere"
    expect.true(isinstance(out, Tensor) and out.requires_grad, cut)
    weights = rand(*out.shape, seed=99).to(out.dtype)
    found = torch.autograd.grad((out * weights).sum(), inputs, allow_unused=True)
    return [torch.zeros_like(x) if gradient is None else gradient for x, gradient in zip(inputs, found, strict=True)]


def share_nearest(got: Tensor, exact: Tensor) -> float:
    """The share of numbers that are the nearest ones of their dtype to the exact result."""
    return float((got == exact.to(got.dtype)).double().mean())
