# Yours to write, in labs 03 (Attention) and 04 (The Transformer).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check gpt.Head
"""The classic GPT: a decoder-only Transformer whose norms stand before each sub-layer.

Source: GPT-2, Radford et al. 2019.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.loss import language_model_loss


class Head(nn.Module):
    r"""One head of causal self-attention: each position gathers from itself and earlier ones.

    .. math:: \mathrm{out} = \mathrm{softmax}\!\left(\mathrm{mask}\!\left(\frac{Q K^\top}{\sqrt{D}}\right)\right) V
       \qquad Q = x W_q^\top,\; K = x W_k^\top,\; V = x W_v^\top

    Source: "Attention Is All You Need", Vaswani et al. 2017, section 3.2.1.
    """

    def __init__(self, n_embd: int, head_size: int, block_size: int, dropout: float = 0.0) -> None:
        """Make the three projections: ``self.query``, ``self.key`` and ``self.value``.

        Each is an ``nn.Linear(n_embd, head_size, bias=False)``. (One fused
        ``nn.Linear(n_embd, 3 * head_size, bias=False)`` called ``self.qkv``, its output
        query, key, value in that order, is as good.)

        Args:
            n_embd: C, numbers per token that come in.
            head_size: D, numbers per token that go out.
            block_size: the longest sequence that will come in.
            dropout: the share of attention weights set to zero in training.
        """
        raise NotImplementedError(
            "gpt.Head.__init__: make the query, key and value projections and the dropout "
            "(lab 03)"
        )

    def forward(self, x: Tensor) -> Tensor:
        """Let every position gather from the positions up to and including itself.

        Position t scores every position s by ``query[t] · key[s] / sqrt(head_size)``;
        scores of later positions (s > t) are masked out; a softmax over s turns the
        rest into weights that sum to 1; the output is the weighted sum of the values.
        Dropout is applied to the weights, after the softmax, in training mode only.
        Scores of a few hundred must not overflow (``F.softmax`` sees to that), and
        ``x`` itself stays as it is.

        Args:
            x: (B, T, n_embd) with T at most ``block_size``.

        Returns:
            (B, T, head_size), of the same dtype as ``x``.
        """
        raise NotImplementedError(
            "gpt.Head.forward: score, scale, mask, softmax, drop out, and sum the values "
            "(lab 03)"
        )


class MultiHeadAttention(nn.Module):
    r"""Several heads side by side, their outputs joined and mixed.

    .. math:: \mathrm{out} = [\mathrm{head}_1; \dots; \mathrm{head}_H]\, W_o^\top + b_o

    Source: "Attention Is All You Need", Vaswani et al. 2017, section 3.2.2.
    """

    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0) -> None:
        """Make the heads, ``self.heads``, and the output projection, ``self.proj``.

        Each head is a ``Head`` of size ``n_embd // n_head``. (One fused ``self.qkv``,
        an ``nn.Linear(n_embd, 3 * n_embd, bias=False)`` whose output is all heads'
        queries, then all keys, then all values, is as good.)

        Args:
            n_embd: C, numbers per token, in and out.
            n_head: H, how many heads.
            block_size: the longest sequence that will come in.
            dropout: passed on to the heads, and applied to the output after ``proj``.

        Raises:
            ValueError: if ``n_embd`` is not divisible by ``n_head``; the message names
                both.
        """
        raise NotImplementedError(
            "gpt.MultiHeadAttention.__init__: make n_head heads of size n_embd // n_head, "
            "and the output projection (lab 03)"
        )

    def forward(self, x: Tensor) -> Tensor:
        """Run every head on ``x``, join their outputs, project, drop out.

        The outputs are joined along the last axis, in the heads' order.

        Args:
            x: (B, T, n_embd) with T at most ``block_size``.

        Returns:
            (B, T, n_embd), of the same dtype as ``x``, which stays as it is.
        """
        raise NotImplementedError(
            "gpt.MultiHeadAttention.forward: run every head, join their outputs along the "
            "last axis, project, drop out (lab 03)"
        )


class FeedForward(nn.Module):
    r"""A small network that is applied to every position on its own.

    .. math:: \mathrm{out} = W_2\, \mathrm{GELU}(W_1 x + b_1) + b_2 \qquad W_1 \in \mathbb{R}^{4C \times C}

    Source: "Attention Is All You Need", section 3.3; the GELU is of Hendrycks &
        Gimpel 2016, as in GPT-2.
    """

    def __init__(self, n_embd: int, dropout: float = 0.0) -> None:
        """Make two linear layers with biases, and a GELU between them.

        The first goes from ``n_embd`` to ``4 * n_embd``, the second goes back.

        The exact GELU and its tanh approximation are both right. Dropout comes last,
        after the second layer.

        Args:
            n_embd: C, numbers per token, in and out.
            dropout: the share of outputs set to zero in training.
        """
        raise NotImplementedError(
            "gpt.FeedForward.__init__: make two linear layers, n_embd to 4 * n_embd and "
            "back, with a GELU between them (lab 04)"
        )

    def forward(self, x: Tensor) -> Tensor:
        """Widen, bend, narrow.

        Args:
            x: (B, T, n_embd).

        Returns:
            (B, T, n_embd), of the same dtype as ``x``, which stays as it is.
        """
        raise NotImplementedError(
            "gpt.FeedForward.forward: apply them to every position (lab 04)"
        )


class Block(nn.Module):
    r"""One layer of the Transformer: attention gathers, the feed-forward network thinks.

    Both *add* to the stream of numbers that runs through the model.

    .. math:: x \leftarrow x + \mathrm{attention}(\mathrm{LN}_1(x)) \qquad
       x \leftarrow x + \mathrm{feed\_forward}(\mathrm{LN}_2(x))

    Source: GPT-2 (Radford et al. 2019, section 2.3): the norm stands before each
        sub-layer, outside the residual path.
    """

    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0) -> None:
        """Make ``self.ln_1``, ``self.attention``, ``self.ln_2`` and ``self.feed_forward``.

        The norms are ``nn.LayerNorm(n_embd)``; the other two are a
        ``MultiHeadAttention`` and a ``FeedForward``.

        Args:
            n_embd: C, numbers per token, in and out.
            n_head: H, how many heads.
            block_size: the longest sequence that will come in.
            dropout: passed on to both sub-layers.
        """
        raise NotImplementedError(
            "gpt.Block.__init__: make two layer norms, the attention and the feed-forward "
            "network (lab 04)"
        )

    def forward(self, x: Tensor) -> Tensor:
        """Add what attention found, then add what the feed-forward network made of it.

        Args:
            x: (B, T, n_embd) with T at most ``block_size``.

        Returns:
            (B, T, n_embd), of the same dtype as ``x``, which stays as it is.
        """
        raise NotImplementedError(
            "gpt.Block.forward: add attention of the normed stream, then add feed-forward "
            "of the normed stream (lab 04)"
        )


def init_weights(module: nn.Module) -> None:
    """Start linear layers and embeddings small (standard deviation 0.02) and biases at zero."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)


class GPTModel(BaseLM):
    """A GPT: embeddings, a stack of blocks, a norm, and a score for every next token."""

    def __init__(self, config: ModelConfig) -> None:
        """Make the parts, then start their weights small with ``self.apply(init_weights)``.

        - ``self.token_embedding``: ``nn.Embedding(vocab_size, n_embd)``
        - ``self.position_embedding``: ``nn.Embedding(block_size, n_embd)``
        - ``self.dropout``: ``nn.Dropout(dropout)``
        - ``self.blocks``: ``nn.ModuleList`` of ``n_layer`` blocks
        - ``self.ln_f``: ``nn.LayerNorm(n_embd)``
        - ``self.lm_head``: ``nn.Linear(n_embd, vocab_size, bias=False)``, with weights
          of its own

        Args:
            config: the model's shape. Pass it to ``super().__init__`` first, which
                keeps it as ``self.config``.
        """
        raise NotImplementedError(
            "gpt.GPTModel.__init__: make both embeddings, the blocks, the final norm and "
            "the head; start weights small (lab 04)"
        )

    def forward(self, idx: Tensor, targets: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Score every possible next token at every position.

        Token embedding plus position embedding (position 0 for the first token),
        dropout, the blocks in order, the final norm, the head.

        Args:
            idx: (B, T) token ids, int64, T at most ``block_size``.
            targets: (B, T) the tokens that came next, or None.

        Returns:
            ``(logits, loss)``: logits (B, T, V); loss the scalar
            ``language_model_loss(logits, targets)``, or None where there are no
            targets.

        Raises:
            ValueError: if T is greater than ``block_size``; the message names both.
        """
        raise NotImplementedError(
            "gpt.GPTModel.forward: embed tokens and positions, run the blocks, norm, head; "
            "with targets, the loss (lab 04)"
        )

    @torch.no_grad()
    def generate(self, idx: Tensor, max_new_tokens: int, generator: torch.Generator | None = None) -> Tensor:
        """Continue each row of ``idx``, drawing token after token from the model's predictions.

        Each step gives the model the last ``block_size`` tokens at most, takes the
        logits of the last position, turns them into probabilities and draws the next
        token from them (``torch.multinomial``). No gradients.

        Args:
            idx: (B, T) token ids, T at least 1; it may be longer than ``block_size``.
            max_new_tokens: how many tokens to add to each row; 0 gives ``idx`` back.
            generator: where the randomness comes from; ``None`` means torch's global
                generator.

        Returns:
            (B, T + max_new_tokens), int64: ``idx``, then the new tokens. ``idx`` itself
            and the model's mode (training or eval) stay as they are.
        """
        raise NotImplementedError(
            "gpt.GPTModel.generate: append tokens drawn from the last position's "
            "probabilities, one at a time (lab 04)"
        )
