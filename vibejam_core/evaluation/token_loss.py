"""Bits per byte of a corpus that is kept as tokens, and of single documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vibejam_core.evaluation.core import scored
from vibejam_core.evaluation.measures import bits_per_byte
from vibejam_core.evaluation.whole import loss_on_all
from vibejam_core.models.base import BaseLM
from vibejam_core.text.bpe import BPETokenizer
from vibejam_core.text.bpe_scale import token_byte_lengths
from vibejam_core.text.tokenizers import Tokenizer

WINDOWS = 16
"""So many windows side by side between two reports of progress."""


@dataclass(frozen=True)
class TokenLoss:
    """How well a model predicts some tokens."""

    loss: float
    """The mean, in nats per token."""
    n_tokens: int
    """How many tokens were predicted, those that end documents among them."""
    n_bytes: int
    """How many bytes of text they stand for; a special token stands for none."""

    @property
    def bits_per_byte(self) -> float:
        """All that was lost on the tokens, in bits, by the bytes of their text."""
        return bits_per_byte(self.loss, self.n_tokens, self.n_bytes)


def byte_lengths(tokenizer: Tokenizer) -> Tensor:
    """(V,) int64: how many bytes of text each token stands for. Special tokens stand for none."""
    if isinstance(tokenizer, BPETokenizer):
        return token_byte_lengths(tokenizer)
    return torch.tensor([len(tokenizer.decode([i]).encode("utf-8")) for i in range(tokenizer.vocab_size)])


def loss_on_tokens(
    model: BaseLM,
    tokenizer: Tokenizer,
    tokens: Tensor,
    *,
    max_tokens: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> TokenLoss:
    """The loss on a row of tokens, in windows that lie side by side, a few at a time.

    Args:
        model: called as ``model(x, y)``, returns ``(logits, loss)``.
        tokenizer: the one that made the tokens.
        tokens: (N,) of any integer dtype, N at least 2; mapped into memory or not.
        max_tokens: predict only about so many, from the first on; 0 predicts all.
        on_progress: called with how many tokens were predicted and how many will be.

    Raises:
        ValueError: if there are fewer than two tokens, or they stand for no text.
    """
    if len(tokens) < 2:
        raise ValueError(f"a loss needs at least 2 tokens, one to see and one to guess; there are {len(tokens)}")
    n = len(tokens) - 1
    n = min(max_tokens or n, n)
    lengths = byte_lengths(tokenizer)  # (V,)
    piece = WINDOWS * model.get_block_size()
    total, n_bytes = 0.0, 0
    for first in range(0, n, piece):
        part = tokens[first : min(first + piece, n) + 1].long()  # the last one is the next part's first
        total += loss_on_all(model, part, batch_size=WINDOWS) * (len(part) - 1)
        n_bytes += int(lengths[part[1:]].sum())
        if on_progress:
            on_progress(first + len(part) - 1, n)
    if n_bytes == 0:
        raise ValueError(f"these {n} tokens stand for no text, so they have no bits per byte")
    return TokenLoss(total / n, n, n_bytes)


def document_losses(model: BaseLM, documents: Sequence[Sequence[int]], end_id: int) -> list[float]:
    """What each document costs a model, seen by itself from its beginning, up to and with the token that ends it.

    Where a document is longer than the context, every token is predicted from at least half a context before it.

    Args:
        model: gives ``(logits, None)`` for token ids (B, T), and can't look ahead.
        documents: their tokens, without the one that ends them.
        end_id: the token that ends documents; it stands before the first token, too.

    Returns:
        For each document the sum of its tokens' losses, in nats.
    """
    T = model.get_block_size()
    half = max(1, T // 2)
    rows: list[tuple[list[int], int]] = []
    owners: list[int] = []
    for number, ids in enumerate(documents):
        row = [end_id, *ids, end_id]
        pieces = [(row[: T + 1], 1)]
        for start in range(T + 1, len(row), half):
            stop = min(start + half, len(row))
            first = max(0, stop - T - 1)
            pieces.append((row[first:stop], start - first))
        rows += pieces
        owners += [number] * len(pieces)
    totals = [0.0] * len(documents)
    was_training = model.training
    model.eval()
    try:
        for owner, (row, start), (loss, _) in zip(owners, rows, scored(model, rows), strict=True):
            totals[owner] += loss * (len(row) - start)
    finally:
        model.train(was_training)
    return totals
