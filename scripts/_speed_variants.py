"""The sprint with one thing changed at a time: what ``scripts.speed_ablations`` compares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.gram import GramBlock, GramLM, rms_norm


class ThreePrevious(GramLM):
    """The three previous characters have embeddings of their own, one table for each place; no n-grams."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        del self.tables
        self.previous = nn.ModuleList(nn.Embedding(config.vocab_size + 1, config.n_embd) for _ in range(3))
        for each in self.previous.parameters():
            nn.init.normal_(each, std=0.3)

    def look_up(self, idx: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, C) for the stream; no votes."""
        T, found = idx.shape[1], []
        for back, table in enumerate(self.previous, start=1):
            found.append(table(F.pad(idx, (back, 0), value=self.config.vocab_size)[:, :T]))
        return torch.stack(found).sum(0), torch.zeros(())


class StreamOnly(GramLM):
    """The tables have no votes."""

    def look_up(self, idx: Tensor) -> tuple[Tensor, Tensor]:
        """The first part alone."""
        return super().look_up(idx)[0], torch.zeros(())


class VotesOnly(GramLM):
    """The tables vote, and the stream knows the current token alone."""

    def look_up(self, idx: Tensor) -> tuple[Tensor, Tensor]:
        """The second part alone."""
        return torch.zeros(()), super().look_up(idx)[1]


class Pairs(GramLM):
    """Only 2-grams."""

    ORDERS = (2,)


class PairsAndTriples(GramLM):
    """No 4-grams."""

    ORDERS = (2, 3)


class FiveGrams(GramLM):
    """5-grams, too."""

    ORDERS = (2, 3, 4, 5)


class FewRows(GramLM):
    """Small tables: many n-grams share a row."""

    ROWS_PER_CHANNEL = 32


class ManyRows(GramLM):
    """Large tables."""

    ROWS_PER_CHANNEL = 512


class NoFeedForward(GramLM):
    """Tables and head, and nothing between them."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.blocks = nn.ModuleList()


class GeluBlock(GramBlock):
    """The usual bend."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        return x + self.down(F.gelu(self.up(rms_norm(x)), approximate="tanh"))


class WithGelu(GramLM):
    """GELU instead of the squared ReLU."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.blocks = nn.ModuleList([GeluBlock(config.n_embd, config.n_head, attention=False)])


class NothingZero(GramLM):
    """The matrices that start at zero start like the others."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                layer.reset_parameters()


class InBfloat16(GramLM):
    """Matrix products in bfloat16, half the size of a float32."""

    def forward(self, idx: Tensor, targets: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """The same under autocast."""
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return super().forward(idx, targets)


class Together(torch.optim.Optimizer):
    """Several optimisers that step as one."""

    def __init__(self, *parts: torch.optim.Optimizer) -> None:
        self.parts = parts
        super().__init__([p for part in parts for group in part.param_groups for p in group["params"]], {})
        self.param_groups = [group for part in parts for group in part.param_groups]

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Each in turn."""
        for part in self.parts:
            part.step()


def muon(model: BaseLM, learning_rate: float, weight_decay: float) -> torch.optim.Optimizer:
    """Muon (Jordan et al. 2024) for the blocks' matrices, scaled so that AdamW's learning rate suits it; else AdamW."""
    inner = [p for name, p in model.named_parameters() if name.startswith("blocks.")]
    others = [p for name, p in model.named_parameters() if not name.startswith("blocks.")]
    return Together(
        torch.optim.Muon(inner, lr=learning_rate, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=learning_rate, betas=(0.8, 0.98), weight_decay=weight_decay, fused=True),
    )


def adamw(first: float, second: float) -> Callable[[BaseLM, float, float], torch.optim.Optimizer]:
    """AdamW with other memories."""

    def make(model: BaseLM, learning_rate: float, weight_decay: float) -> torch.optim.Optimizer:
        kind = torch.optim.AdamW
        return kind(model.parameters(), learning_rate, (first, second), weight_decay=weight_decay, fused=True)

    return make


@dataclass(frozen=True)
class Variant:
    """The sprint with one thing changed."""

    name: str
    model: Callable[[ModelConfig], BaseLM] = GramLM
    optimizer: Callable[[BaseLM, float, float], torch.optim.Optimizer] | None = None
    shape: tuple[tuple[str, int], ...] = ()
    train: tuple[tuple[str, Any], ...] = ()


VARIANTS = (
    Variant("as it is"),
    Variant("no 4-grams", PairsAndTriples),
    Variant("no 3- and 4-grams", Pairs),
    Variant("5-grams, too", FiveGrams),
    Variant("no votes: the tables feed the stream only", StreamOnly),
    Variant("votes only: nothing from the tables in the stream", VotesOnly),
    Variant("embeddings of the three previous characters instead of the tables", ThreePrevious),
    Variant("1,021 rows per table", FewRows),
    Variant("16,381 rows per table", ManyRows),
    Variant("no feed-forward network", NoFeedForward),
    Variant("GELU instead of squared ReLU", WithGelu),
    Variant("nothing starts at zero", NothingZero),
    Variant("a second block, with attention", shape=(("n_layer", 2),)),
    Variant("64 wide", shape=(("n_embd", 64),)),
    Variant("learning rate 0.01", train=(("learning_rate", 0.01),)),
    Variant("constant learning rate", train=(("schedule", "constant"),)),
    Variant("AdamW's usual betas, 0.9 and 0.999", optimizer=adamw(0.9, 0.999)),
    Variant("half the windows, twice the steps", train=(("batch_size", 12), ("max_iters", 160))),
    Variant("twice the windows, half the steps", train=(("batch_size", 48), ("max_iters", 40))),
    Variant("Muon for the block's matrices", optimizer=muon),
    Variant("bfloat16", InBfloat16),
)
