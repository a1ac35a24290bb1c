"""What the checks of lab 16 share: a cache's content in plain lists beside it, and texts written without any cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import torch
from torch import Tensor

from tests.labs.helpers_by_hand import rand
from tests.labs.helpers_modern_gpt import FULL, gpt_weights, modern_gpt
from vibejam_core.course import expect
from vibejam_core.inference.config import SamplingConfig
from vibejam_core.inference.engine import draw
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.modern_gpt import GPT

# --- A cache, and what it should hold ---------------------------------------------------------------------------------

SHAPE = ModelConfig(vocab_size=11, block_size=40, n_layer=3, n_head=6, n_embd=30, n_kv_head=2)
"""Three layers, two heads of keys and values, five numbers each."""
KV, D = SHAPE.kv_heads, SHAPE.head_dim


class Kept:
    """A learner's cache, and in plain lists beside it what its rows should hold."""

    def __init__(self, cache: Any, rows: int, seed: int = 1) -> None:
        self.cache, self.seed = cache, seed
        empty = torch.zeros(0, 2, KV, D)  # (n, 2, KV, D): the keys and values of n tokens
        self.rows = [[empty for _ in range(rows)] for _ in range(SHAPE.n_layer)]

    def lengths(self) -> list[int]:
        """How many tokens each row should hold."""
        return [len(row) for row in self.rows[0]]

    def insert(self, T: int, layer: int) -> tuple[Tensor, tuple[Any, Any]]:
        """Insert T random tokens into one layer: those tokens (B, T, 2, KV, D), and what came back."""
        self.seed += 1
        new = rand(len(self.rows[0]), T, 2, KV, D, seed=self.seed)
        return new, self.cache.insert(layer, new[:, :, 0].clone(), new[:, :, 1].clone())

    def write(self, T: int, counts: Sequence[int] | None = None) -> Kept:
        """Insert T tokens into every layer, then advance."""
        counts = [T] * len(self.rows[0]) if counts is None else counts
        for layer, rows in enumerate(self.rows):
            new, _ = self.insert(T, layer)
            self.rows[layer] = [torch.cat([row, new[b, : counts[b]]]) for b, row in enumerate(rows)]
        self.cache.advance(list(counts))
        return self

    def select(self, rows: Sequence[int]) -> Kept:
        """The cache that select makes, with its own lists beside it."""
        other = Kept(self.cache.select(rows), len(rows), self.seed + 100)
        other.rows = [[layer[row] for row in rows] for layer in self.rows]
        return other

    def holds(self, what: str) -> None:
        """Compare the cache with the lists."""
        expect.equal(list(self.cache.lengths), self.lengths(), f"lengths {what}")
        for layer, rows in enumerate(self.rows):
            for b, row in enumerate(rows):
                for name, kept, wanted in zip(("keys", "values"), (self.cache.keys, self.cache.values), row.unbind(1),
                                              strict=True):  # fmt: skip
                    place = f"the {name} of layer {layer}, row {b}, {what}"
                    expect.close(kept[layer][b, : len(wanted)], wanted, place)

    def comes_back(self, T: int, layer: int, what: str) -> None:
        """Insert T more tokens into one layer, and compare what comes back with old and new ones."""
        new, result = self.insert(T, layer)
        expect.true(isinstance(result, tuple | list) and len(result) == 2, "insert should return two: keys, values")
        S = max(self.lengths()) + T
        for name, got, at in (("keys", result[0], 0), ("values", result[1], 1)):
            expect.shape(got, (len(self.rows[layer]), S, KV, D), f"the {name} that insert returns {what}")
            for b, row in enumerate(self.rows[layer]):
                wanted = torch.cat([row, new[b]])[:, at]
                expect.close(got[b, : len(wanted)], wanted, f"the {name} that insert returns {what}, row {b}")


# --- Texts, written without a cache -----------------------------------------------------------------------------------

BLOCK = 12
SMALL = replace(FULL, n_layer=3, block_size=BLOCK)
"""A small model with all options: windows of 6, value embeddings, residual scalars, 11 tokens and padding."""


def three_prompts() -> list[list[int]]:
    """Prompts of 3, 1 and 5 tokens, made anew each time."""
    return [[3, 1, 4], [1], [5, 9, 2, 6, 5]]


def awake(config: ModelConfig = SMALL) -> GPT:
    """A model all of whose weights matter, and that doesn't write one token for ever."""
    return modern_gpt(GPT, config, gpt_weights(config, seed=106))


@cache
def untouched(config: ModelConfig) -> GPT:
    """The same, for the sums of the checks: nobody else has it."""
    return awake(config)


@cache
@torch.no_grad()
def scores(config: ModelConfig, tokens: tuple[int, ...]) -> Tensor:
    """(T, V): what ``awake(config)`` gives one text with the forward of lab 12, at every position."""
    return untouched(config)(torch.tensor([tokens]))[0][0]


def full_forward(model: GPT, tokens: Sequence[int]) -> Tensor:
    """(T, V): what a model that :func:`awake` made should give one text."""
    return scores(model.config, tuple(tokens)).clone()


def written(
    model: GPT,
    prompts: Sequence[Sequence[int]],
    config: SamplingConfig,
    is_over: Callable[[int, list[int]], bool] | None = None,
) -> list[tuple[int, int]]:
    """What an engine should hand out: each sample written by itself and without a cache, then put in order."""
    steps: list[tuple[int, int, int]] = []  # step, sample, token
    block = model.config.block_size
    for p, prompt in enumerate(prompts):
        for i in range(config.num_samples):
            seen, new, sample = list(prompt), [], p * config.num_samples + i
            generator = torch.Generator().manual_seed(config.seed + i)
            for step in range(config.max_new_tokens):
                if len(seen) > block:
                    seen = seen[-max(1, block // 2) :]
                [token] = draw(full_forward(model, seen)[-1:], [generator], config)
                if token in config.stop_tokens:
                    break
                seen.append(token)
                new.append(token)
                steps.append((step, sample, token))
                if is_over and is_over(sample, list(new)):
                    break
    return [(sample, token) for _, sample, token in sorted(steps)]


def handed_out(stream: Iterator[Any], most: int = 400) -> list[tuple[int, int]]:
    """All that a stream hands out, each as a pair; refuses one that has no end."""
    pairs: list[Any] = []
    for pair in stream:
        expect.true(isinstance(pair, tuple | list) and len(pair) == 2, "each thing handed out is a pair: sample, token")
        pairs.append(tuple(pair))
        expect.true(len(pairs) < most, f"the stream hands out more than {most} tokens: it doesn't end")
    return pairs


@contextmanager
def counted(model: GPT) -> Iterator[list[list[int]]]:
    """Note the shape [rows, tokens] of everything that the model computes meanwhile."""
    shapes: list[list[int]] = []
    hook = model.transformer["wte"].register_forward_pre_hook(lambda _, args: shapes.append(list(args[0].shape)))
    try:
        yield shapes
    finally:
        hook.remove()
