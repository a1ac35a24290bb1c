# Yours to write, in lab 12 (The whole model).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check modern_gpt.GPT
"""The modern GPT: rotary positions, norms without parameters, shared heads, and a head of its own with capped logits.

The shape is that of nanochat (Karpathy 2025), which gathers what GPTs have learned since GPT-2.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.loss import language_model_loss
from vibejam_core.models.modern_block import Block, Linear
from vibejam_core.models.rotary import norm, precompute_rotary


class GPT(BaseLM):
    """A modern GPT: an embedding, a stack of blocks, and a capped score for every next token."""

    transformer: Any  # an nn.ModuleDict, whose entries are of several types
    value_embeds: Any

    def __init__(self, config: ModelConfig) -> None:
        """Make the parts, then let ``self.init_weights()`` start their weights.

        - ``self.cos`` and ``self.sin``: :func:`precompute_rotary` of the positions 0 to
          ``block_size - 1``, with the config's ``head_dim`` and ``rope_base`` and the
          compute dtype; buffers that aren't saved (``persistent=False``)
        - ``self.transformer``: an ``nn.ModuleDict`` of ``"wte"``, an
          ``nn.Embedding(padded_vocab_size, n_embd)``, and ``"h"``, an ``nn.ModuleList``
          of ``n_layer`` blocks, each with its ``layer_idx``
        - ``self.lm_head``: ``Linear(n_embd, padded_vocab_size)``
        - ``self.value_embeds``: an ``nn.ModuleDict``; with ``config.value_embeddings``
          it has for each layer in :func:`layers_with_value_embedding`, under the name
          ``str(layer_idx)``, an ``nn.Embedding(padded_vocab_size, kv_heads *
          head_dim)``; else it is empty
        - with ``config.residual_scalars`` only: the parameters ``self.resid_lambdas``
          and ``self.x0_lambdas``, each (n_layer,)

        It learns nothing else. Every parameter is float32, whatever the compute dtype.

        Args:
            config: the model's shape. Pass it to ``super().__init__`` first, which
                keeps it as ``self.config``.
        """
        raise NotImplementedError(
            "modern_gpt.GPT.__init__: make cos and sin, transformer with wte and h, "
            "lm_head; call init_weights (lab 12)"
        )

    @torch.no_grad()
    def init_weights(self) -> None:
        r"""Give every parameter its first value; called again, give new ones.

        The parameters stay the objects they are, with other numbers in them.

        - ``wte``: normal, standard deviation 1
        - ``lm_head``: normal, standard deviation 0.001, so that all tokens are about
          equally likely at first
        - ``c_q``, ``c_k``, ``c_v``, ``c_fc``: uniform from :math:`-\sqrt{3/C}` to
          :math:`\sqrt{3/C}`, which has the standard deviation :math:`1/\sqrt{C}`
        - both ``c_proj`` of every block: zero, so that at first each block adds nothing
        - value embeddings: uniform, like ``c_v``
        - ``resid_lambdas``: 1; ``x0_lambdas``: 0
        """
        raise NotImplementedError(
            "modern_gpt.GPT.init_weights: give every parameter its first value; both "
            "c_proj begin at zero (lab 12)"
        )

    def forward(self, idx: Tensor, targets: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        r"""Score every possible next token at every position.

        Look the tokens up in ``wte``, in the compute dtype (:func:`dtype_of`); norm;
        keep that as ``x0``. Then block after block: with residual scalars, first
        :math:`x \leftarrow \lambda_i x + \mu_i x_0` (``resid_lambdas[i]`` and
        ``x0_lambdas[i]``); the block is called with x, ``cos`` and ``sin`` of the first
        T positions and, if its layer has one, the value embedding of the tokens. All
        that it is called with is in the compute dtype, and so is what the head gets.
        Norm; head; leave out the padding, so that V scores remain; float32; and with
        ``config.softcap`` c above 0 bend them into the range from -c to c:

        .. math:: \mathrm{logits} \leftarrow c \tanh(\mathrm{logits} / c)

        Args:
            idx: (B, T) token ids, int64, T at most ``block_size``; it stays as it is.
            targets: (B, T) the tokens that came next, or None.

        Returns:
            ``(logits, loss)``: logits (B, T, V), float32, V the true ``vocab_size``;
            loss the scalar ``language_model_loss(logits, targets)``, or None where
            there are no targets.

        Raises:
            ValueError: if T is greater than ``block_size``; the message names both.
        """
        raise NotImplementedError(
            "modern_gpt.GPT.forward: embed, norm, run the blocks, norm, head, crop, cap; "
            "with targets, the loss (lab 12)"
        )

    def parameter_counts(self) -> dict[str, int]:
        """How many numbers the model learns, by group.

        Returns:
            ``"embeddings"`` (``wte``), ``"value_embeddings"``, ``"head"``
            (``lm_head``), ``"matrices"`` (all of the blocks), ``"scalars"`` (both
            lambdas), padding included; and their sum, ``"total"``. A group that the
            model doesn't have counts 0.
        """
        raise NotImplementedError(
            "modern_gpt.GPT.parameter_counts: count the parameters of each group, and all "
            "of them (lab 12)"
        )

    def estimate_flops(self) -> int:
        r"""How many floating-point operations training takes per token, at full context.

        .. math:: 6\,N + \sum_{\mathrm{layers}} 12\, H D\, S_l

        N counts the matrices and the head, as :meth:`parameter_counts` does: each
        weight multiplies and adds once on the way forward (2) and twice on the way back
        (4). An embedding is only looked up, and the scalars are too few to count. A
        position of layer l is compared with :math:`S_l` others (``block_size``, or the
        layer's window if that is smaller): 2 H D operations for the scores and as many
        for the weighted sum, times 3 for both ways.

        Source: "PaLM", Chowdhery et al. 2022, appendix B.
        """
        raise NotImplementedError(
            "modern_gpt.GPT.estimate_flops: 6 per weight of matrices and head, and 12 H D "
            "S for each layer (lab 12)"
        )

    def kv_bytes_per_token(self) -> int:
        r"""How much memory one token's keys and values take, in bytes, if all layers keep them.

        .. math:: 2 \cdot n_{\mathrm{layer}} \cdot KV \cdot D \cdot \text{bytes per number}

        The numbers are of the compute dtype: 4 bytes in float32, 2 in half precision.
        """
        raise NotImplementedError(
            "modern_gpt.GPT.kv_bytes_per_token: count the bytes of one token's keys and "
            "values in all layers (lab 12)"
        )

    @torch.no_grad()
    def generate(
        self,
        tokens: Sequence[int],
        max_new_tokens: int,
        temperature: float = 1.0,
        top_k: int | None = None,
        seed: int = 42,
    ) -> Iterator[int]:
        """Write on, one token at a time: each is handed out as soon as it is drawn.

        The context is the last ``block_size`` tokens. The logits of its last position
        are divided by ``temperature``; with ``top_k``, all but the k largest are left
        out; the next token is drawn from what ``softmax`` makes of them
        (``torch.multinomial``, with a generator of this call's own, seeded with
        ``seed``). With temperature 0 it is the token with the largest logit.

        Nothing is recorded for a backward pass. Whenever a token is handed out, the
        model's mode, torch's own generator, and whether the caller records gradients
        are as they were.

        Args:
            tokens: at least one token id; the list stays as it is.
            max_new_tokens: how many to write.
            temperature: at least 0.
            top_k: at least 1, or None for all; more than V means all.
            seed: the same seed gives the same tokens.

        Yields:
            Python ints, the new tokens only.
        """
        raise NotImplementedError(
            "modern_gpt.GPT.generate: draw from the last position's scores and hand out "
            "each token at once (lab 12)"
        )


def dtype_of(config: ModelConfig) -> torch.dtype:
    """What activations are computed in."""
    return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[config.compute_dtype]


def layers_with_value_embedding(config: ModelConfig) -> list[int]:
    """Every other layer, the last one among them; none where the config has no value embeddings."""
    return list(range((config.n_layer - 1) % 2, config.n_layer, 2)) if config.value_embeddings else []
