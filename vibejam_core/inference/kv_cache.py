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
        for name, value in (("batch_size", batch_size), ("capacity", capacity)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, but it is {value}")
        shape = (batch_size, capacity, config.kv_heads, config.head_dim)
        self.keys, self.values = (
            [torch.zeros(shape, dtype=dtype_of(config), device=device) for _ in range(config.n_layer)] for _ in range(2)
        )
        self.lengths = [0] * batch_size

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
        T, S = k.shape[1], max(self.lengths) + k.shape[1]
        for kept, new in ((self.keys, k), (self.values, v)):
            room = kept[layer_idx].shape[1]
            if room < S:  # at least twice as much: a text of n tokens is copied log n times and not n times
                more = torch.zeros_like(kept[layer_idx][:, :1]).expand(-1, max(S, 2 * room) - room, -1, -1)
                kept[layer_idx] = torch.cat([kept[layer_idx], more], dim=1)  # (B, at least S, KV, D)
            if len(set(self.lengths)) == 1:
                kept[layer_idx][:, S - T : S] = new
            else:
                for row, length in enumerate(self.lengths):
                    kept[layer_idx][row, length : length + T] = new[row]
        return self.keys[layer_idx][:, :S], self.values[layer_idx][:, :S]

    def advance(self, counts: Sequence[int]) -> None:
        """Count the new tokens of each row, once all layers have inserted them.

        ``lengths`` stays a list of Python ints: each grows by its row's count.

        Args:
            counts: B numbers, one for each row. A row may count fewer tokens than were
                inserted, because the others were padding: the next ones overwrite those.
        """
        self.lengths = [length + count for length, count in zip(self.lengths, counts, strict=True)]

    def select(self, rows: Sequence[int]) -> KVCache:
        """A cache of these rows, in this order.

        A row may come several times, for several texts with the same beginning, or not
        at all, if its text is finished. Neither of the two caches changes with the other.

        Args:
            rows: at least one number of a row, each from 0 to B - 1.

        Returns:
            A new cache with ``len(rows)`` rows.
        """
        chosen = object.__new__(type(self))
        index = torch.tensor(list(rows), device=self.keys[0].device)  # (R,)
        chosen.keys = [keys.index_select(0, index) for keys in self.keys]  # (R, capacity, KV, D)
        chosen.values = [values.index_select(0, index) for values in self.values]
        chosen.lengths = [self.lengths[row] for row in rows]
        return chosen


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
    T, H, S, KV = q.shape[1], q.shape[2], k.shape[1], k.shape[2]
    own = torch.tensor(list(lengths), device=q.device)[:, None] + torch.arange(T, device=q.device)  # (B, T)
    behind = own[:, :, None] - torch.arange(S, device=q.device)  # (B, T, S): how far s lies behind query t
    seen = (behind >= 0) & (behind < (window or S))  # (B, T, S)
    if H != KV:
        k, v = (heads.repeat_interleave(H // KV, dim=2) for heads in (k, v))  # (B, S, KV, D) -> (B, S, H, D)
    q, k, v = (heads.transpose(1, 2) for heads in (q, k, v))  # each (B, H, T or S, D)
    out = F.scaled_dot_product_attention(q, k, v, attn_mask=seen[:, None])  # (B, 1, T, S) serves all heads
    return out.transpose(1, 2)  # (B, H, T, D) -> (B, T, H, D)


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
    config, (B, T) = model.config, idx.shape
    counts = [T] * B if counts is None else list(counts)
    longest = max(length + count for length, count in zip(cache.lengths, counts, strict=True))
    if longest > config.block_size:
        raise ValueError(
            f"a text would have {longest} tokens, but the model's block_size is {config.block_size}. "
            "Give a shorter prompt, or ask for fewer new tokens."
        )
    positions = torch.tensor(cache.lengths)[:, None] + torch.arange(T)  # (B, T)
    positions = positions.clamp(max=config.block_size - 1).to(idx.device)  # only padding can stand beyond the last one
    cos, sin = model.cos[positions], model.sin[positions]  # each (B, T, D/2)
    x = norm(model.transformer["wte"](idx).to(dtype_of(config)))  # (B, T) -> (B, T, C)
    x0 = x
    for i, block in enumerate(model.transformer["h"]):
        if config.residual_scalars:
            x = (model.resid_lambdas[i] * x + model.x0_lambdas[i] * x0).to(x0.dtype)  # (B, T, C)
        attn, normed = block.attn, norm(x)  # (B, T, C)
        q = attn.c_q(normed).unflatten(-1, (config.n_head, config.head_dim))  # (B, T, C) -> (B, T, H, D)
        k = attn.c_k(normed).unflatten(-1, (config.kv_heads, config.head_dim))  # (B, T, C) -> (B, T, KV, D)
        v = attn.c_v(normed)  # (B, T, KV * D)
        if str(i) in model.value_embeds:
            v = v + model.value_embeds[str(i)](idx).to(v.dtype)
        q, k = rotate_and_norm(q, k, cos, sin)
        k, v = cache.insert(i, k, v.unflatten(-1, (config.kv_heads, config.head_dim)))  # (B, S, KV, D): old and new
        out = attend_cached(q, k, v, cache.lengths, config.window_of(i))  # (B, T, H, D)
        x = x + attn.c_proj(out.flatten(-2))  # (B, T, H * D) -> (B, T, C)
        x = x + block.mlp(norm(x))  # (B, T, C)
    cache.advance(counts)
    if last_only:
        x = x[torch.arange(B, device=x.device), torch.tensor(counts, device=x.device) - 1]  # (B, T, C) -> (B, C)
    logits = model.lm_head(norm(x))[..., : config.vocab_size].float()  # (B, T, V) or (B, V)
    return config.softcap * torch.tanh(logits / config.softcap) if config.softcap > 0 else logits
