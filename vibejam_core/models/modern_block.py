"""One layer of a modern GPT: attention whose heads share keys and values, and a network that squares.

Sources: grouped-query attention, Ainslie et al. 2023; sliding windows, Beltagy et al. 2020; squared ReLU, So et al.
2021.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vibejam_core.models.config import ModelConfig
from vibejam_core.models.rotary import norm, rotate_and_norm


class Linear(nn.Linear):
    """A linear layer without bias whose weights are kept in float32 and used in the dtype of what comes in."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__(n_in, n_out, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(..., n_in) -> (..., n_out), of the dtype of ``x``."""
        return F.linear(x, self.weight.to(x.dtype))


def attend(q: Tensor, k: Tensor, v: Tensor, window: int = 0) -> Tensor:
    r"""Causal attention in which several query heads share a head of keys and values.

    .. math:: \mathrm{out}_{t,h} = \sum_s \mathrm{softmax}_s\!\left(\frac{q_{t,h} \cdot k_{s,g}}{\sqrt{D}}\right)
       v_{s,g} \qquad g = \lfloor h \cdot KV / H \rfloor

    So query heads 0 to H/KV - 1 use head 0 of the keys and values, the next H/KV head
    1, and so on. The T queries are the *last* T of the S positions: query t stands at
    position S - T + t, and sees that position and those before it. With a window it
    sees only the last ``window`` of them, its own among them. Scores of a few hundred
    must not overflow (``F.softmax`` sees to that).

    Args:
        q: (B, T, H, D) queries, turned and normed already.
        k: (B, S, KV, D) keys, S at least T; KV divides H. Their dtype is that of ``q``.
        v: (B, S, KV, D) values, likewise.
        window: how many positions each query sees; 0 means all up to its own. A window
            of S or more is as good as none.

    Returns:
        (B, T, H, D), of the dtype of ``q``. What came in stays as it is.

    Raises:
        ValueError: if KV doesn't divide H; the message names both. If T is greater than
            S; the message names both.

    Source: "GQA", Ainslie et al. 2023, section 2.2; windows as in "Longformer", Beltagy
        et al. 2020, section 3.1, looking back only.
    """
    T, H, S, KV = q.shape[1], q.shape[2], k.shape[1], k.shape[2]
    if H % KV:
        raise ValueError(f"{H} query heads can't share {KV} heads of keys and values evenly: {KV} doesn't divide {H}")
    if T > S:
        raise ValueError(f"{T} queries are the last of {S} positions, but there are more queries than positions")
    k, v = (heads.repeat_interleave(H // KV, dim=2) for heads in (k, v))  # (B, S, KV, D) -> (B, S, H, D)
    q, k, v = (heads.transpose(1, 2) for heads in (q, k, v))  # each (B, H, T or S, D)
    if T == S and window == 0:
        out = F.scaled_dot_product_attention(q, k, v, is_causal=True)  # the fastest kernels need no mask
    else:
        behind = torch.arange(S - T, S, device=q.device)[:, None] - torch.arange(S, device=q.device)  # (T, S)
        seen = (behind >= 0) & (behind < (window or S))  # (T, S): does query t see position s?
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=seen)  # (B, H, T, D)
    return out.transpose(1, 2)  # (B, H, T, D) -> (B, T, H, D)


class CausalSelfAttention(nn.Module):
    """Self-attention of a modern GPT: rotary positions, normed queries and keys, shared heads, no biases."""

    def __init__(self, config: ModelConfig, layer_idx: int) -> None:
        """Make the four projections, each a ``Linear`` of this module.

        - ``self.c_q``: n_embd to ``n_head * head_dim``
        - ``self.c_k`` and ``self.c_v``: n_embd to ``kv_heads * head_dim``
        - ``self.c_proj``: ``n_head * head_dim`` to n_embd

        And keep what ``forward`` needs, such as ``config.window_of(layer_idx)``. Nothing
        else is learned, and there is no dropout.

        Args:
            config: the model's shape; ``head_dim`` and ``kv_heads`` are properties of
                it.
            layer_idx: which layer this is, 0 for the first.
        """
        super().__init__()
        self.n_head, self.kv_heads, self.head_dim = config.n_head, config.kv_heads, config.head_dim
        self.window = config.window_of(layer_idx)
        self.c_q = Linear(config.n_embd, self.n_head * self.head_dim)
        self.c_k = Linear(config.n_embd, self.kv_heads * self.head_dim)
        self.c_v = Linear(config.n_embd, self.kv_heads * self.head_dim)
        self.c_proj = Linear(self.n_head * self.head_dim, config.n_embd)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, value_embedding: Tensor | None = None) -> Tensor:
        """Let every position gather from those that it sees.

        Project to queries, keys and values, and cut each into heads of D neighbouring
        numbers; add the value embedding, if there is one, to the values;
        :func:`rotate_and_norm` queries and keys; :func:`attend` with this layer's
        window; join the heads in their order; project.

        Args:
            x: (B, T, C), normed already.
            cos: (T, D/2) of these T positions.
            sin: likewise.
            value_embedding: (B, T, KV * D), or None.

        Returns:
            (B, T, C), of the dtype of ``x``. What came in stays as it is.
        """
        q = self.c_q(x).unflatten(-1, (self.n_head, self.head_dim))  # (B, T, C) -> (B, T, H, D)
        k = self.c_k(x).unflatten(-1, (self.kv_heads, self.head_dim))  # (B, T, C) -> (B, T, KV, D)
        v = self.c_v(x)  # (B, T, KV * D)
        if value_embedding is not None:
            v = v + value_embedding
        v = v.unflatten(-1, (self.kv_heads, self.head_dim))  # (B, T, KV, D)
        q, k = rotate_and_norm(q, k, cos, sin)
        out = attend(q, k, v, self.window)  # (B, T, H, D)
        return self.c_proj(out.flatten(-2))  # (B, T, H * D) -> (B, T, C)


class MLP(nn.Module):
    r"""A small network that is applied to every position on its own: widen, cut off and square, narrow.

    .. math:: \mathrm{out} = W_2\, \mathrm{ReLU}(W_1 x)^2 \qquad W_1 \in \mathbb{R}^{4C \times C}

    Source: "Primer", So et al. 2021, section 4.2.
    """

    def __init__(self, config: ModelConfig) -> None:
        """Make ``self.c_fc``, from n_embd to ``4 * n_embd``, and ``self.c_proj``, back.

        Each is a ``Linear`` of this module. Nothing else is learned, and there is no
        dropout.

        Args:
            config: the model's shape.
        """
        super().__init__()
        self.c_fc = Linear(config.n_embd, 4 * config.n_embd)
        self.c_proj = Linear(4 * config.n_embd, config.n_embd)

    def forward(self, x: Tensor) -> Tensor:
        """Widen, square what is above zero, narrow.

        Args:
            x: (B, T, C), normed already.

        Returns:
            (B, T, C), of the dtype of ``x``, which stays as it is.
        """
        return self.c_proj(F.relu(self.c_fc(x)).square())  # (B, T, C) -> (B, T, 4C) -> (B, T, C)


class Block(nn.Module):
    r"""One layer: what attention found is added to the stream, then what the network made of it.

    .. math:: x \leftarrow x + \mathrm{attn}(\mathrm{norm}(x)) \qquad x \leftarrow x + \mathrm{mlp}(\mathrm{norm}(x))
    """

    def __init__(self, config: ModelConfig, layer_idx: int) -> None:
        """Make ``self.attn``, a ``CausalSelfAttention``, and ``self.mlp``, an ``MLP``.

        Nothing else is learned: :func:`norm` has no parameters. There is no dropout.

        Args:
            config: the model's shape.
            layer_idx: which layer this is, 0 for the first.
        """
        super().__init__()
        self.attn = CausalSelfAttention(config, layer_idx)
        self.mlp = MLP(config)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, value_embedding: Tensor | None = None) -> Tensor:
        """Add attention of the normed stream, then add the network of the normed stream.

        Args:
            x: (B, T, C).
            cos: (T, D/2), passed on to the attention.
            sin: likewise.
            value_embedding: (B, T, KV * D) or None, passed on to the attention.

        Returns:
            (B, T, C), of the dtype of ``x``. What came in stays as it is.
        """
        x = x + self.attn(norm(x), cos, sin, value_embedding)  # (B, T, C)
        return x + self.mlp(norm(x))  # (B, T, C)
