# Yours to write, in lab 02 (Guessing the next character).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check measures.perplexity
"""Numbers that say how good a language model is."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vibejam_core.models.base import BaseLM
from vibejam_core.text.windows import get_batch


def perplexity(loss: float) -> float:
    r"""Between how many equally likely tokens the model hesitates, on average.

    .. math:: \mathrm{perplexity} = e^{L}

    Args:
        loss: mean loss per token, in nats.

    Returns:
        At least 1 for any loss of at least 0; V for a loss of ln V. Infinite where
        e^loss is too large for a float (a loss above about 709).
    """
    raise NotImplementedError(
        "measures.perplexity: turn a loss in nats into a perplexity (lab 02)"
    )


def bits_per_byte(loss: float, n_tokens: int, n_bytes: int) -> float:
    r"""How many bits the model needs per byte of text.

    Models with different tokenizers can be compared by it.

    .. math:: \mathrm{bpb} = \frac{L \cdot n_{\mathrm{tokens}}}{\ln 2 \cdot n_{\mathrm{bytes}}}

    Args:
        loss: mean loss per token, in nats.
        n_tokens: how many tokens the text has.
        n_bytes: how many bytes the same text has in UTF-8.

    Returns:
        Bits per byte. One nat is 1 / ln 2 bits, about 1.44.

    Raises:
        ValueError: if ``n_bytes`` is not positive; the message names it.
    """
    raise NotImplementedError(
        "measures.bits_per_byte: turn a loss in nats per token into bits per byte of text "
        "(lab 02)"
    )


def estimate_loss(model: BaseLM, tokens: Tensor, *, eval_iters: int = 20, batch_size: int = 32, seed: int = 1) -> float:
    """A model's mean loss on random windows of a corpus; its training isn't disturbed.

    Draws ``eval_iters`` batches, one after another, with ``get_batch(tokens,
    block_size, batch_size, generator)`` from one fresh ``torch.Generator`` with the
    given seed, so that every call sees the same windows and losses from different
    moments can be compared. ``block_size`` is ``model.get_block_size()``, and the
    batches are on the device of the model's parameters. The model is in evaluation mode
    meanwhile (no dropout) and no gradients are computed; afterwards it is in the mode
    it was in before. Torch's global generator is left alone.

    Args:
        model: called as ``model(x, y)``, returns ``(logits, loss)``.
        tokens: (N,) token ids, N at least ``block_size + 1``.
        eval_iters: how many batches.
        batch_size: windows per batch.
        seed: of the generator.

    Returns:
        The mean of the batches' losses, a Python float, in nats per token.
    """
    raise NotImplementedError(
        "measures.estimate_loss: average the loss over eval_iters batches, without "
        "disturbing training (lab 02)"
    )
