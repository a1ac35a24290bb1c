"""Text from a model: token by token, each drawn from what the model finds likely."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from vibejam_core.models.base import BaseLM
from vibejam_core.text.tokenizers import Tokenizer


@dataclass(frozen=True)
class SampleConfig:
    """What to sample, and how boldly."""

    ckpt_path: Path = Path("checkpoints/lm")
    """The run's folder, or one checkpoint's."""
    which: Literal["best", "last"] = "best"
    """The run's checkpoint with the lowest validation loss, or its newest."""
    prompt: str = ""
    """The beginning; the model writes on. Empty: the model begins a line of its own."""
    max_new_tokens: int = 500
    """How many tokens to add."""
    temperature: float = 0.8
    """Below 1 the model keeps to what it finds likely; 0 always takes the likeliest; above 1 it dares more."""
    top_k: int = 0
    """Draw from the k likeliest tokens only; 0 draws from all."""
    seed: int = 1337
    """The same seed gives the same text on the same machine."""

    def __post_init__(self) -> None:
        for name in ("max_new_tokens", "temperature", "top_k"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be at least 0, but it is {getattr(self, name)}")


def next_token(logits: Tensor, temperature: float, top_k: int, generator: torch.Generator) -> int:
    r"""Draw one token.

    .. math:: p = \mathrm{softmax}(\mathrm{logits} / \tau)

    Args:
        logits: (V,) the scores of every possible next token.
        temperature: τ; 0 takes the likeliest token, the first of them where several are.
        top_k: how many of the likeliest tokens may be drawn; 0 means all.
        generator: a CPU generator: so the same seed draws the same on every device.
    """
    logits = logits.float().cpu()
    if temperature == 0:
        return int(logits.argmax())
    if 0 < top_k < len(logits):
        threshold = logits.topk(top_k).values[-1]
        logits = logits.masked_fill(logits < threshold, float("-inf"))
    probabilities = torch.softmax(logits / temperature, dim=-1)  # (V,)
    return int(torch.multinomial(probabilities, 1, generator=generator))


def sample_tokens(
    model: BaseLM, ids: list[int], max_new_tokens: int, temperature: float = 1.0, top_k: int = 0, seed: int = 1337
) -> Iterator[int]:
    """Yield one new token after another, as they are drawn.

    Args:
        model: gives ``(logits, None)`` for token ids (1, T).
        ids: the context, at least one token; the model sees its last ``block_size`` tokens.
        max_new_tokens: how many.
        temperature: see :func:`next_token`.
        top_k: see :func:`next_token`.
        seed: of the draws.
    """
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    context = torch.tensor(ids)  # (T,)
    was_training = model.training
    model.eval()
    try:
        for _ in range(max_new_tokens):
            context = context[-model.get_block_size() :]
            with torch.no_grad():
                logits, _ = model(context[None].to(device))  # (1, T, V)
            token = next_token(logits[0, -1], temperature, top_k, generator)
            yield token
            context = torch.cat([context, torch.tensor([token])])
    finally:
        model.train(was_training)


def prompt_ids(tokenizer: Tokenizer, prompt: str) -> list[int]:
    """A prompt's token ids. An empty one stands for the beginning of a line: a line break, or else token 0.

    Raises:
        ValueError: if the prompt holds characters outside the vocabulary; the message names them.
    """
    if prompt:
        return tokenizer.encode(prompt)
    try:
        return tokenizer.encode("\n")
    except ValueError:  # a text of a single line has no line break
        return [0]


def generate_text(
    model: BaseLM,
    tokenizer: Tokenizer,
    prompt: str = "",
    max_new_tokens: int = 500,
    temperature: float = 1.0,
    top_k: int = 0,
    seed: int = 1337,
) -> str:
    """Let a model continue a text.

    Args:
        model: a trained model.
        tokenizer: the one it was trained with.
        prompt: the beginning, which may be empty or longer than the model's context.
        max_new_tokens: how many tokens to add.
        temperature: above 0; or 0 for the likeliest token every time.
        top_k: draw from that many of the likeliest tokens only; 0 draws from all.
        seed: the same one gives the same text.

    Returns:
        The prompt and its continuation.

    Raises:
        ValueError: if the prompt holds characters outside the vocabulary; the message names them.
    """
    ids = prompt_ids(tokenizer, prompt)
    return prompt + tokenizer.decode(list(sample_tokens(model, ids, max_new_tokens, temperature, top_k, seed)))
