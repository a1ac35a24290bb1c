# Yours to write, in lab 16 (Fast inference).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check kv_cache.KVCache
"""What makes writing fast: keys and values of earlier tokens are computed once and kept."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from vibejam_core.models.config import ModelConfig
from vibejam_core.models.modern_gpt import GPT, dtype_of
from vibejam_core.models.rotary import norm, rotate_and_norm


class KVCache:
    """The keys and values that every layer has computed so far, for several texts of unequal lengths at once.

    Row b holds ``self.lengths[b]`` tokens, at the positions 0 to ``lengths[b] - 1``.
    What lies behind means nothing: it is zeros or padding, but never nan, which would
    spoil the sum of an attention even with a weight of 0.
    """

    def __init__(self, config: ModelConfig, batch_size: int, capacity: int = 64, device: str | torch.device = "cpu"):
        """Make room for ``capacity`` tokens in each row, and begin empty.

        - ``self.keys`` and ``self.values``: each a list of ``n_layer`` tensors of zeros,
          (B, capacity, KV, D), of the compute dtype (:func:`dtype_of`), on the device
        - ``self.lengths``: a list of B Python ints, all 0

        Args:
            config: the model's shape; KV is its ``kv_heads``, D its ``head_dim``.
            batch_size: B, how many rows.
            capacity: how many tokens fit before the cache has to grow.
            device: where the model is.

        Raises:
            ValueError: if ``batch_size`` or ``capacity`` is below 1; the message names
                it with its value.
        """
        raise NotImplementedError(
            "kv_cache.KVCache.__init__: make keys and values, a tensor for each layer, and "
            "lengths, all 0 (lab 16)"
        )

    def insert(self, layer_idx: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Keep the keys and values of T new tokens of each row, in one layer.

        They go behind those that the row holds: token t of row b is written at position
        ``lengths[b] + t``. ``lengths`` stays as it is, so that the other layers write at
        the same place; :meth:`advance` moves on. Where there is no room, this layer's
        two tensors grow first and keep all that is in them; what is added is zeros. They
        grow to at least twice the room that they had, so that a long text isn't copied
        for every token.

        Args:
            layer_idx: which layer.
            k: (B, T, KV, D) keys of the new tokens; they stay as they are.
            v: (B, T, KV, D) values, likewise.

        Returns:
            ``(keys, values)`` of the layer, each (B, S, KV, D), where S is the largest
            length plus T: old and new tokens of every row, from position 0 on.
        """
        raise NotImplementedError(
            "kv_cache.KVCache.insert: write behind what each row holds, grow if need be; "
            "return old and new (lab 16)"
        )

    def advance(self, counts: Sequence[int]) -> None:
        """Count the new tokens of each row, once all layers have inserted them.

        ``lengths`` stays a list of Python ints: each grows by its row's count.

        Args:
            counts: B numbers, one for each row. A row may count fewer tokens than were
                inserted, because the others were padding: the next ones overwrite those.
        """
        raise NotImplementedError(
            "kv_cache.KVCache.advance: add each row's count to its length (lab 16)"
        )

    def select(self, rows: Sequence[int]) -> KVCache:
        """A cache of these rows, in this order.

        A row may come several times, for several texts with the same beginning, or not
        at all, if its text is finished. Neither of the two caches changes with the other.

        Args:
            rows: at least one number of a row, each from 0 to B - 1.

        Returns:
            A new cache with ``len(rows)`` rows.
        """
        raise NotImplementedError(
            "kv_cache.KVCache.select: a new cache of these rows, which may come several "
            "times or not at all (lab 16)"
        )


def attend_cached(q: Tensor, k: Tensor, v: Tensor, lengths: Sequence[int], window: int = 0) -> Tensor:
    r"""Causal attention of new tokens to all tokens of their row, where the rows have unequal lengths.

    Query t of row b stands at position ``lengths[b] + t``. It sees the key at position s
    if s is not beyond its own position, and with a window only if it is one of the last
    ``window`` up to its own. Else it is the attention of lab 11: scores divided by
    :math:`\sqrt{D}`, softmax, sum of the values; query head h uses head
    :math:`\lfloor h \cdot KV / H \rfloor` of the keys and values.

    Args:
        q: (B, T, H, D) queries of the new tokens, turned and normed already.
        k: (B, S, KV, D) keys, old and new, S at least ``max(lengths) + T``; KV divides H.
        v: (B, S, KV, D) values, likewise.
        lengths: B numbers: how many tokens each row held before the new ones.
        window: how many positions each query sees; 0 means all up to its own.

    Returns:
        (B, T, H, D), of the dtype of ``q``. What came in stays as it is.
    """
    raise NotImplementedError(
        "kv_cache.attend_cached: query t of row b stands at lengths[b] + t: mask, softmax, "
        "sum (lab 16)"
    )


@torch.no_grad()
def forward_cached(
    model: GPT, idx: Tensor, cache: KVCache, counts: Sequence[int] | None = None, last_only: bool = False
) -> Tensor:
    """Score the tokens that may follow new ones, without computing anything anew for the old ones.

    It does what ``model(idx)`` of lab 12 does, with the model's own layers and in its
    compute dtype, but for two things. Token t of row b stands at position
    ``cache.lengths[b] + t``, so it gets the model's ``cos`` and ``sin`` of that
    position. And in the attention, after :func:`rotate_and_norm`, the layer's keys and
    values go into the cache, and :func:`attend_cached` sees what comes back, with the
    layer's window. So the logits are those of ``model(idx)`` for the whole text, up to
    rounding. At last the cache advances by ``counts``. No gradients are recorded.

    Args:
        model: a modern GPT.
        idx: (B, T) new token ids, int64, on the model's device; they stay as they are.
        cache: of the tokens before, with B rows; the new ones are added.
        counts: for each row how many of the T tokens are real, at least 1; behind them
            stands padding: any token ids, which must not change anything and may stand
            beyond ``block_size``. None: all are real.
        last_only: score only what may follow each row's last real token.

    Returns:
        The logits, float32: (B, T, V), those at padding without meaning; with
        ``last_only`` (B, V).

    Raises:
        ValueError: if a row would hold more than ``block_size`` tokens, padding not
            counted; the message names how many, and ``block_size``. The cache is as it
            was then.
    """
    raise NotImplementedError(
        "kv_cache.forward_cached: the forward of lab 12, with each layer's keys and values "
        "kept (lab 16)"
    )
