"""What the checks of lab 12 share: known weights for a modern GPT, its sums by hand in float64, and small probes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from tests.labs.helpers_by_hand import rand
from tests.labs.helpers_modern import (
    angles_by_hand,
    attention_layer_by_hand,
    attention_layer_weights,
    mlp_by_hand,
    mlp_weights,
    norm_by_hand,
    under,
)
from vibejam_core.course import expect
from vibejam_core.models.config import ModelConfig

# Every size is another, so that no axis can be taken for its neighbour.
B, T, BLOCK = 2, 5, 7
V, PADDED, C, H, KV = 11, 16, 24, 6, 2
D = C // H

PLAIN = ModelConfig(
    vocab_size=V,
    block_size=BLOCK,
    n_layer=2,
    n_head=H,
    n_embd=C,
    n_kv_head=KV,
    rope_base=50.0,
    softcap=4.0,
    vocab_multiple=8,
)
"""A small model without options."""
FULL = replace(PLAIN, n_layer=5, value_embeddings=True, residual_scalars=True, window_pattern="SSL")
"""A small model with all options: windows, value embeddings, residual scalars."""

# --- Known weights ----------------------------------------------------------------------------------------------------


def value_layers(config: ModelConfig) -> list[int]:
    """The layers that have a value embedding: the last, and going down from it every other."""
    return list(range(config.n_layer - 1, -1, -2))[::-1] if config.value_embeddings else []


def gpt_sizes(config: ModelConfig) -> dict[str, list[int]]:
    """The name and shape of every parameter that a modern GPT has."""
    width, narrow, vocabulary = config.n_embd, config.kv_heads * config.head_dim, config.padded_vocab_size
    wanted = {"transformer.wte.weight": [vocabulary, width], "lm_head.weight": [vocabulary, width]}
    for i in range(config.n_layer):
        wanted |= {
            f"transformer.h.{i}.attn.c_q.weight": [width, width],
            f"transformer.h.{i}.attn.c_k.weight": [narrow, width],
            f"transformer.h.{i}.attn.c_v.weight": [narrow, width],
            f"transformer.h.{i}.attn.c_proj.weight": [width, width],
            f"transformer.h.{i}.mlp.c_fc.weight": [4 * width, width],
            f"transformer.h.{i}.mlp.c_proj.weight": [width, 4 * width],
        }
    wanted |= {f"value_embeds.{i}.weight": [vocabulary, narrow] for i in value_layers(config)}
    if config.residual_scalars:
        wanted |= {"resid_lambdas": [config.n_layer], "x0_lambdas": [config.n_layer]}
    return wanted


def own_sizes(model: nn.Module) -> dict[str, Any]:
    """The name and shape of every parameter of a model; a parameter that has two names is told by the first one's."""
    names: dict[int, str] = {}
    found: dict[str, Any] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        first = names.setdefault(id(parameter), name)
        found[name] = list(parameter.shape) if first == name else f"the same parameter as {first}"
    return found


def gpt_weights(config: ModelConfig, seed: int) -> dict[str, Tensor]:
    """Weights of order one for every parameter, under its name; no two layers are alike, and padding isn't zero."""
    width, vocabulary = config.n_embd, config.padded_vocab_size
    found = {
        "transformer.wte.weight": rand(vocabulary, width, seed=seed, scale=2.0),
        "lm_head.weight": rand(vocabulary, width, seed=seed + 1, scale=3 * width**-0.5),
    }
    for i in range(config.n_layer):
        layer = under("attn", attention_layer_weights(width, config.n_head, config.kv_heads, seed + 100 * i + 10))
        layer |= under("mlp", mlp_weights(width, seed + 100 * i + 20))
        found |= {f"transformer.h.{i}.{name}.weight": weight for name, weight in layer.items()}
    for i in value_layers(config):
        found[f"value_embeds.{i}.weight"] = rand(vocabulary, config.kv_heads * config.head_dim, seed=seed + 30 + i)
    if config.residual_scalars:
        found["resid_lambdas"] = 1 + rand(config.n_layer, seed=seed + 2, scale=0.4)
        found["x0_lambdas"] = rand(config.n_layer, seed=seed + 3, scale=0.8)
    return found


def pour_gpt(model: nn.Module, weights: dict[str, Tensor]) -> None:
    """Write known weights into a model's parameters, each found by its name."""
    own = dict(model.named_parameters(remove_duplicate=False))
    for name, weight in weights.items():
        place = "self." + name.removesuffix(".weight")
        expect.true(name in own, f"the exercise asks for {place}; this model learns: {', '.join(own)}")
        expect.shape(own[name], tuple(weight.shape), f"the weight of {place}")
        own[name].detach().copy_(weight)


def modern_gpt(GPT: Any, config: ModelConfig = FULL, weights: dict[str, Tensor] | None = None) -> Any:
    """The learner's GPT, with known weights."""
    model = GPT(config)
    pour_gpt(model, weights or gpt_weights(config, seed=30))
    return model


def without_blocks(config: ModelConfig, seed: int) -> dict[str, Tensor]:
    """Known weights of a model whose blocks add nothing."""
    weights = gpt_weights(config, seed)
    return {name: 0 * weight if "c_proj" in name else weight for name, weight in weights.items()}


# --- The sums by hand -------------------------------------------------------------------------------------------------


def tables_by_hand(config: ModelConfig, length: int) -> tuple[Tensor, Tensor]:
    """The cosines and sines of the positions 0 to length - 1, each (length, D/2), float64."""
    angles = angles_by_hand(torch.arange(length), config.head_dim, config.rope_base)
    return angles.cos(), angles.sin()


def scores_by_hand(idx: Tensor, weights: dict[str, Tensor], config: ModelConfig) -> Tensor:
    """(B, T) tokens -> (B, T, V) logits in float64, with gradients to the weights if they ask for some."""
    cos, sin = tables_by_hand(config, idx.shape[1])
    x = x0 = norm_by_hand(weights["transformer.wte.weight"][idx])
    for i in range(config.n_layer):
        if config.residual_scalars:
            x = weights["resid_lambdas"][i] * x + weights["x0_lambdas"][i] * x0
        extra = weights[f"value_embeds.{i}.weight"][idx] if i in value_layers(config) else None
        part = f"transformer.h.{i}."
        attn = {name: weights[f"{part}attn.{name}.weight"] for name in ("c_q", "c_k", "c_v", "c_proj")}
        mlp = {name: weights[f"{part}mlp.{name}.weight"] for name in ("c_fc", "c_proj")}
        window = config.window_of(i)
        x = x + attention_layer_by_hand(norm_by_hand(x), attn, config.n_head, cos, sin, window, extra)
        x = x + mlp_by_hand(norm_by_hand(x), mlp)
    scores = norm_by_hand(x) @ weights["lm_head.weight"][: config.vocab_size].double().T
    return capped(scores, config.softcap)


def capped(scores: Tensor, softcap: float) -> Tensor:
    """Bent into the range from -softcap to softcap; 0 leaves them free."""
    return softcap * torch.tanh(scores / softcap) if softcap else scores


def loss_by_hand(scores: Tensor, targets: Tensor) -> Tensor:
    """The mean surprise of the targets, in nats."""
    scores = scores.double()
    return (scores.exp().sum(dim=-1).log() - scores.gather(-1, targets[..., None])[..., 0]).mean()


def written_by_hand(prompt: list[int], weights: dict[str, Tensor], config: ModelConfig, count: int) -> list[int]:
    """What a model writes that always takes the likeliest token, from the last block_size tokens at most."""
    text = list(prompt)
    for _ in range(count):
        scores = scores_by_hand(torch.tensor([text[-config.block_size :]]), weights, config)
        text.append(int(scores[0, -1].argmax()))
    return text[len(prompt) :]


def fixed_odds(config: ModelConfig, odds: list[float]) -> dict[str, Tensor]:
    """Weights of a model that gives the next token these odds, whatever came before; its cap is reckoned with."""
    weights = without_blocks(config, seed=50)
    wte, head, cap = weights["transformer.wte.weight"], weights["lm_head.weight"], config.softcap
    wte[:] = torch.eye(wte.shape[1])[0]  # the norms make it the root of C
    scores = torch.tensor(odds).log()
    scores = scores - (scores.max() + scores.min()) / 2  # within the cap
    head[: len(odds), 0] = (cap * torch.atanh(scores / cap) if cap else scores) / math.sqrt(wte.shape[1])
    head[len(odds) :, 0] = 30.0  # the padding would be likeliest of all
    return weights


# --- Small probes -----------------------------------------------------------------------------------------------------


@dataclass
class Call:
    """What a block was called with."""

    x: Tensor
    cos: Tensor
    sin: Tensor
    value_embedding: Tensor | None


def watch_blocks(model: Any) -> list[Call]:
    """From now on, note what every block is called with."""
    calls: list[Call] = []
    for block in model.transformer["h"]:
        watch_block(block, calls)
    return calls


def watch_block(block: Any, calls: list[Call]) -> None:
    """Put a note-taker before this block."""
    forward = block.forward

    def noting(x: Tensor, cos: Tensor, sin: Tensor, value_embedding: Tensor | None = None) -> Any:
        calls.append(Call(x, cos, sin, value_embedding))
        return forward(x, cos, sin, value_embedding)

    block.forward = noting
