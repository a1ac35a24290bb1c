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
        super().__init__(config)
        C, V = config.n_embd, config.padded_vocab_size
        positions = torch.arange(config.block_size)
        cos, sin = precompute_rotary(positions, config.head_dim, config.rope_base, dtype_of(config))
        # Buffers move with the model to its device, but nothing trains them: they follow from the config.
        self.register_buffer("cos", cos, persistent=False)  # (block_size, D/2)
        self.register_buffer("sin", sin, persistent=False)  # (block_size, D/2)
        self.cos: Tensor
        self.sin: Tensor
        blocks = nn.ModuleList(Block(config, layer_idx) for layer_idx in range(config.n_layer))
        self.transformer = nn.ModuleDict({"wte": nn.Embedding(V, C), "h": blocks})
        self.lm_head = Linear(C, V)
        self.value_embeds = nn.ModuleDict(
            {str(i): nn.Embedding(V, config.kv_heads * config.head_dim) for i in layers_with_value_embedding(config)}
        )
        if config.residual_scalars:
            self.resid_lambdas = nn.Parameter(torch.ones(config.n_layer))
            self.x0_lambdas = nn.Parameter(torch.zeros(config.n_layer))
        self.init_weights()

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
        bound = math.sqrt(3 / self.config.n_embd)
        nn.init.normal_(self.transformer["wte"].weight, std=1.0)
        nn.init.normal_(self.lm_head.weight, std=0.001)
        for block in self.transformer["h"]:
            for layer in (block.attn.c_q, block.attn.c_k, block.attn.c_v, block.mlp.c_fc):
                nn.init.uniform_(layer.weight, -bound, bound)
            for layer in (block.attn.c_proj, block.mlp.c_proj):
                nn.init.zeros_(layer.weight)
        for embedding in self.value_embeds.values():
            nn.init.uniform_(embedding.weight, -bound, bound)
        if self.config.residual_scalars:
            self.resid_lambdas.fill_(1.0)
            self.x0_lambdas.fill_(0.0)

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
        T, config = idx.shape[1], self.config
        if T > config.block_size:
            raise ValueError(
                f"this sequence has {T} tokens, but the model's block_size is {config.block_size}. "
                f"Give it the last {config.block_size} tokens only."
            )
        cos, sin = self.cos[:T], self.sin[:T]  # each (T, D/2)
        x = norm(self.transformer["wte"](idx).to(dtype_of(config)))  # (B, T) -> (B, T, C)
        x0 = x
        for i, block in enumerate(self.transformer["h"]):
            if config.residual_scalars:
                x = (self.resid_lambdas[i] * x + self.x0_lambdas[i] * x0).to(x0.dtype)  # (B, T, C)
            value_embedding = None
            if str(i) in self.value_embeds:
                value_embedding = self.value_embeds[str(i)](idx).to(x.dtype)  # (B, T, KV * D)
            x = block(x, cos, sin, value_embedding)  # (B, T, C)
        logits = self.lm_head(norm(x))[..., : config.vocab_size].float()  # (B, T, C) -> (B, T, V)
        if config.softcap > 0:
            logits = config.softcap * torch.tanh(logits / config.softcap)
        loss = None if targets is None else language_model_loss(logits, targets)
        return logits, loss

    def parameter_counts(self) -> dict[str, int]:
        """How many numbers the model learns, by group.

        Returns:
            ``"embeddings"`` (``wte``), ``"value_embeddings"``, ``"head"``
            (``lm_head``), ``"matrices"`` (all of the blocks), ``"scalars"`` (both
            lambdas), padding included; and their sum, ``"total"``. A group that the
            model doesn't have counts 0.
        """
        counts = {
            "embeddings": self.transformer["wte"].weight.numel(),
            "value_embeddings": sum(p.numel() for p in self.value_embeds.parameters()),
            "head": self.lm_head.weight.numel(),
            "matrices": sum(p.numel() for p in self.transformer["h"].parameters()),
            "scalars": 2 * self.config.n_layer if self.config.residual_scalars else 0,
        }
        return {**counts, "total": sum(counts.values())}

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
        counts, config = self.parameter_counts(), self.config
        seen = [min(config.window_of(i) or config.block_size, config.block_size) for i in range(config.n_layer)]
        return 6 * (counts["matrices"] + counts["head"]) + 12 * config.n_head * config.head_dim * sum(seen)

    def kv_bytes_per_token(self) -> int:
        r"""How much memory one token's keys and values take, in bytes, if all layers keep them.

        .. math:: 2 \cdot n_{\mathrm{layer}} \cdot KV \cdot D \cdot \text{bytes per number}

        The numbers are of the compute dtype: 4 bytes in float32, 2 in half precision.
        """
        config = self.config
        return 2 * config.n_layer * config.kv_heads * config.head_dim * dtype_of(config).itemsize

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
        device = self.cos.device
        generator = torch.Generator(device).manual_seed(seed)
        idx = torch.tensor([list(tokens)], device=device)  # (1, T)
        for _ in range(max_new_tokens):
            logits, _ = self(idx[:, -self.config.block_size :])
            scores = logits[:, -1]  # (1, V)
            if top_k is not None:
                kth = scores.topk(min(top_k, scores.shape[-1])).values[:, -1:]  # (1, 1), the smallest that stays
                scores = scores.masked_fill(scores < kth, float("-inf"))
            if temperature > 0:
                chances = F.softmax(scores / temperature, dim=-1)  # (1, V)
                token = torch.multinomial(chances, num_samples=1, generator=generator)  # (1, 1)
            else:
                token = scores.argmax(dim=-1, keepdim=True)  # (1, 1)
            yield int(token)
            idx = torch.cat([idx, token], dim=1)  # (1, T + 1)


def dtype_of(config: ModelConfig) -> torch.dtype:
    """What activations are computed in."""
    return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[config.compute_dtype]


def layers_with_value_embedding(config: ModelConfig) -> list[int]:
    """Every other layer, the last one among them; none where the config has no value embeddings."""
    return list(range((config.n_layer - 1) % 2, config.n_layer, 2)) if config.value_embeddings else []
