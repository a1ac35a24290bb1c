"""What the speed page compares with: the small GPT of well-known tutorials, written anew from its description.

One fused projection for query, key and value, PyTorch's own attention, GELU, layer norms without bias, the head sharing
the token embedding's weights, residual projections that start smaller. AdamW with betas 0.9 and 0.99.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.loss import language_model_loss


class TutorialBlock(nn.Module):
    """Attention and feed-forward network, each behind a norm."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        C, self.n_head = config.n_embd, config.n_head
        self.ln_1, self.ln_2 = nn.LayerNorm(C, bias=False), nn.LayerNorm(C, bias=False)
        self.qkv, self.proj = nn.Linear(C, 3 * C, bias=False), nn.Linear(C, C, bias=False)
        self.up, self.down = nn.Linear(C, 4 * C, bias=False), nn.Linear(4 * C, C, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        q, k, v = self.qkv(self.ln_1(x)).unflatten(-1, (3, self.n_head, -1)).permute(2, 0, 3, 1, 4)  # each (B, H, T, D)
        out = F.scaled_dot_product_attention(q, k, v, is_causal=True)  # (B, H, T, D)
        x = x + self.proj(out.transpose(1, 2).flatten(-2))
        return x + self.down(F.gelu(self.up(self.ln_2(x))))


class TutorialGPT(BaseLM):
    """The whole model."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.token_embedding = nn.Embedding(config.vocab_size, config.n_embd)
        self.position_embedding = nn.Embedding(config.block_size, config.n_embd)
        self.blocks = nn.ModuleList(TutorialBlock(config) for _ in range(config.n_layer))
        self.ln_f = nn.LayerNorm(config.n_embd, bias=False)
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                last = name.endswith(("proj.weight", "down.weight"))
                nn.init.normal_(weight, std=0.02 / (2 * config.n_layer) ** 0.5 if last else 0.02)

    def forward(self, idx: Tensor, targets: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """(B, T) token ids, and optionally (B, T) next tokens -> ((B, T, V) logits, scalar loss or None)."""
        x = self.token_embedding(idx) + self.position_embedding(torch.arange(idx.shape[1]))  # (B, T, C)
        for block in self.blocks:
            x = block(x)
        logits = F.linear(self.ln_f(x), self.token_embedding.weight)  # (B, T, V)
        return logits, None if targets is None else language_model_loss(logits, targets)

    def configure_optimizers(self, learning_rate: float, weight_decay: float) -> torch.optim.Optimizer:
        """AdamW as the recipe has it; matrices decay, norms don't."""
        groups = [
            {"params": [p for p in self.parameters() if p.ndim >= 2], "weight_decay": weight_decay},
            {"params": [p for p in self.parameters() if p.ndim < 2], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.99))
