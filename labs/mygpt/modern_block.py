# Yours to write, in lab 11 (Grouped-query attention).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check modern_block.attend
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
    raise NotImplementedError(
        "modern_block.attend: scores, scale, causal mask and window, softmax, sum; heads "
        "share k and v (lab 11)"
    )


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
        raise NotImplementedError(
            "modern_block.CausalSelfAttention.__init__: make c_q, c_k, c_v and c_proj, and "
            "keep what forward needs (lab 11)"
        )

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
        raise NotImplementedError(
            "modern_block.CausalSelfAttention.forward: project, cut into heads, add the "
            "value embedding, rotate and norm, attend, join (lab 11)"
        )


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
        raise NotImplementedError(
            "modern_block.MLP.__init__: make c_fc, from n_embd to 4 * n_embd, and c_proj, "
            "back (lab 11)"
        )

    def forward(self, x: Tensor) -> Tensor:
        """Widen, square what is above zero, narrow.

        Args:
            x: (B, T, C), normed already.

        Returns:
            (B, T, C), of the dtype of ``x``, which stays as it is.
        """
        raise NotImplementedError(
            "modern_block.MLP.forward: widen, cut off below zero, square, narrow (lab 11)"
        )


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
        raise NotImplementedError(
            "modern_block.Block.__init__: make the attention and the MLP of this layer "
            "(lab 11)"
        )

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
        raise NotImplementedError(
            "modern_block.Block.forward: add attention of the normed stream, then add the "
            "MLP of the normed stream (lab 11)"
        )
