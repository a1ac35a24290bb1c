"""How boldly to draw, and when to stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class SamplingConfig:
    """The settings of text generation."""

    max_new_tokens: int = 500
    """How many tokens to add at most."""
    temperature: float = 0.8
    """Below 1 the model keeps to what it finds likely; 0 always takes the likeliest; above 1 it dares more."""
    top_k: int = 0
    """Draw from the k likeliest tokens only; 0 draws from all."""
    top_p: float = 1.0
    """Draw from the fewest tokens that together have this probability; 1 draws from all."""
    seed: int = 1337
    """The same seed gives the same text on the same machine. The second sample has seed + 1, and so on."""
    num_samples: int = 1
    """How many texts to write, side by side."""
    stop: tuple[str, ...] = ()
    """Texts that end a sample when the model writes one of them; they are cut off."""
    stop_tokens: tuple[int, ...] = ()
    """Token ids that end a sample when one of them is drawn; it isn't kept."""
    max_newlines: int = 4
    """End a sample that goes on with more line breaks in a row than this; 0 sets no limit."""
    max_spaces: int = 60
    """End a sample that goes on with more white space in a row than this, line breaks included; 0 sets no limit."""
    on_unknown: Literal["error", "skip"] = "error"
    """What to do with characters of the prompt that the model has never seen: stop and name them, or leave them out."""

    def __post_init__(self) -> None:
        for name in ("max_new_tokens", "temperature", "top_k", "max_newlines", "max_spaces"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be at least 0, but it is {getattr(self, name)}")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be above 0 and at most 1, but it is {self.top_p}")
        if self.num_samples < 1:
            raise ValueError(f"num_samples must be at least 1, but it is {self.num_samples}")
        if "" in self.stop:
            raise ValueError("a stop text must not be empty: every text would end with it at once")
