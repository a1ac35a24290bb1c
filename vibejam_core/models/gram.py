"""A fast small model: tables of n-grams do the easy part, a thin Transformer the rest.

Most of what can be known about the next character follows from the last two to four. A classic GPT has to learn how to
look at them first. Here they are looked up: each pair, triple and quadruple of tokens has a row in a table, which is
learnt as fast as a row of the bigram model.

Sources: hashed embeddings, Svenstrup et al. 2017; squared ReLU, So et al. 2021; RMS norm, Zhang & Sennrich 2019.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.loss import language_model_loss


def rms_norm(x: Tensor) -> Tensor:
    """Divide each position's numbers by their root mean square; nothing to learn. (..., C) -> (..., C)."""
    return F.rms_norm(x, x.shape[-1:])


def gram_rows(idx: Tensor, order: int, vocab_size: int, n_rows: int) -> Tensor:
    r"""The table row of the n-gram that ends at each position.

    .. math:: \mathrm{row}_t = \left(\sum_{k=0}^{n-1} \mathrm{idx}_{t-k}\,(V+1)^{n-1-k}\right) \bmod R

    Before the window there is nothing, which counts as a token of its own, number V. Where :math:`(V+1)^n` is more
    than R, several n-grams share a row. R should be prime: if it had a factor in common with V + 1, the division would
    lose some of the earlier tokens.

    Args:
        idx: (B, T) token ids.
        order: n, at least 1.
        vocab_size: V.
        n_rows: R.

    Returns:
        (B, T) row numbers from 0 to R - 1. Row t depends on tokens t - n + 1 to t only.
    """
    T = idx.shape[1]
    padded = F.pad(idx, (order - 1, 0), value=vocab_size)  # (B, n - 1 + T)
    rows = torch.zeros_like(idx)
    for k in range(order):  # the current token first
        rows = (rows * (vocab_size + 1) + padded[:, order - 1 - k : order - 1 - k + T]) % n_rows
    return rows


def prime_below(n: int) -> int:
    """The largest prime number that is at most n, for n from 2."""
    return next(m for m in range(n, 1, -1) if all(m % k for k in range(2, int(m**0.5) + 1)))


class GramBlock(nn.Module):
    """Attention (not in the first block) and a feed-forward network; both start by adding nothing."""

    def __init__(self, n_embd: int, n_head: int, attention: bool) -> None:
        """Make the matrices; the last one of each part is zero, so that the tables learn undisturbed at first."""
        super().__init__()
        self.n_head = n_head
        self.qkv = nn.Linear(n_embd, 3 * n_embd, bias=False) if attention else None
        self.proj = nn.Linear(n_embd, n_embd, bias=False) if attention else None
        self.up = nn.Linear(n_embd, 4 * n_embd, bias=False)
        self.down = nn.Linear(4 * n_embd, n_embd, bias=False)
        for last in filter(None, (self.proj, self.down)):
            nn.init.zeros_(last.weight)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        if self.qkv is not None and self.proj is not None:
            heads = self.qkv(rms_norm(x)).unflatten(-1, (3, self.n_head, -1))  # (B, T, 3, H, D)
            q, k, v = heads.permute(2, 0, 3, 1, 4)  # each (B, H, T, D)
            out = F.scaled_dot_product_attention(rms_norm(q), rms_norm(k), v, is_causal=True)  # (B, H, T, D)
            x = x + self.proj(out.transpose(1, 2).flatten(-2))  # (B, T, H * D) -> (B, T, C)
        return x + self.down(F.relu(self.up(rms_norm(x))).square())


class GramLM(BaseLM):
    r"""N-gram tables whose rows feed a small Transformer *and* vote on the next token directly.

    .. math:: x_t = E_{\mathrm{idx}_t} + \sum_n a^{(n)}_{\mathrm{row}_n(t)} \qquad
       \mathrm{logits}_t = W\,\mathrm{norm}(\mathrm{blocks}(x)_t) + \sum_n b^{(n)}_{\mathrm{row}_n(t)}

    Row r of table n holds :math:`a^{(n)}_r`, C numbers for the stream, and :math:`b^{(n)}_r`, V votes. Positions have
    no embedding: the tables know what stands just before, and attention is for what stands further back.
    """

    ORDERS: tuple[int, ...] = (2, 3, 4)
    """One table for each of these n."""
    ROWS_PER_CHANNEL = 128
    """How many rows a table has for each of the model's C channels: a wider model has longer tables."""

    def __init__(self, config: ModelConfig) -> None:
        """Make the tables, the blocks and the head. With ``n_layer`` 1 there is no attention."""
        super().__init__(config)
        V, C = config.vocab_size, config.n_embd
        self.token_embedding = nn.Embedding(V, C)
        self.n_rows = prime_below(self.ROWS_PER_CHANNEL * C)
        tables = [nn.Embedding(self.n_rows, C + V) for _ in self.ORDERS]
        self.tables = nn.ModuleList(tables)
        self.blocks = nn.ModuleList(GramBlock(C, config.n_head, attention=n > 0) for n in range(config.n_layer))
        self.head = nn.Linear(C, V, bias=False)
        nn.init.normal_(self.token_embedding.weight, std=0.3)
        for table in tables:
            nn.init.normal_(table.weight[:, :C], std=0.1)
            nn.init.zeros_(table.weight[:, C:])  # no vote before anything was seen
        nn.init.zeros_(self.head.weight)

    def look_up(self, idx: Tensor) -> tuple[Tensor, Tensor]:
        """What the tables hold for every position, summed over n: (B, T, C) for the stream and (B, T, V) votes."""
        V, C = self.config.vocab_size, self.config.n_embd
        found = [table(gram_rows(idx, n, V, self.n_rows)) for n, table in zip(self.ORDERS, self.tables, strict=True)]
        rows = torch.stack(found).sum(0)  # (n, B, T, C + V) -> (B, T, C + V)
        return rows[..., :C], rows[..., C:]

    def forward(self, idx: Tensor, targets: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """(B, T) token ids, and optionally (B, T) next tokens -> ((B, T, V) logits, scalar loss or None).

        Raises:
            ValueError: if T is greater than ``block_size``; the message names both.
        """
        T = idx.shape[1]
        if T > self.config.block_size:
            raise ValueError(
                f"this sequence has {T} tokens, but the model's block_size is {self.config.block_size}. "
                f"Give it the last {self.config.block_size} tokens only."
            )
        stream, votes = self.look_up(idx)
        x = self.token_embedding(idx) + stream  # (B, T, C)
        for block in self.blocks:
            x = block(x)  # (B, T, C)
        logits = self.head(rms_norm(x)) + votes  # (B, T, V)
        loss = None if targets is None else language_model_loss(logits, targets)
        return logits, loss
