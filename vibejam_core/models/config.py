"""The numbers that define a model's shape."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelConfig:
    """The shape of a language model. Defaults are the course's small CPU model."""

    vocab_size: int = 128
    """V: how many different tokens there are. The training program sets it from the tokenizer."""
    block_size: int = 64
    """The longest context, in tokens."""
    n_layer: int = 2
    """How many blocks stand on top of each other."""
    n_head: int = 4
    """How many attention heads a block has. It must divide n_embd."""
    n_embd: int = 128
    """C: how many numbers describe one token inside the model."""
    dropout: float = 0.0
    """The share of activations set to zero at random during training."""

    def __post_init__(self) -> None:
        for name in ("vocab_size", "block_size", "n_layer", "n_head", "n_embd"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, but it is {getattr(self, name)}")
        if self.n_embd % self.n_head:
            raise ValueError(
                f"n_embd {self.n_embd} is not divisible by n_head {self.n_head}, so the heads can't share it evenly. "
                f"Choose an n_embd that is a multiple of {self.n_head}."
            )
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be at least 0 and below 1, but it is {self.dropout}")
