"""The numbers that define a model's shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


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
    """The share of activations set to zero at random during training. modern_gpt has no dropout."""
    n_kv_head: int = 0
    """modern_gpt: how many heads of keys and values the n_head query heads share. It must divide n_head; 0 means that
    each has its own."""
    rope_base: float = 10_000.0
    """modern_gpt: the slowest pair of a head turns by about 1 / rope_base of a radian per position."""
    softcap: float = 15.0
    """modern_gpt: no logit gets larger than this, or smaller than its negative; 0 leaves them free."""
    window_pattern: str = "L"
    """modern_gpt: how far each layer sees, repeated from the first layer up: L the whole context, S half of it. The
    last layer always sees the whole."""
    value_embeddings: bool = False
    """modern_gpt: every other layer adds an embedding of the token itself to its values."""
    residual_scalars: bool = False
    """modern_gpt: each layer learns how much of the stream, and of the first embedding, it takes in."""
    vocab_multiple: int = 64
    """modern_gpt: the tables of the vocabulary are padded to a multiple of this, because such sizes are faster."""
    compute_dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    """modern_gpt: what activations are computed in. The weights themselves are kept in float32."""

    def __post_init__(self) -> None:
        for name in ("vocab_size", "block_size", "n_layer", "n_head", "n_embd", "vocab_multiple"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, but it is {getattr(self, name)}")
        if self.n_embd % self.n_head:
            raise ValueError(
                f"n_embd {self.n_embd} is not divisible by n_head {self.n_head}, so the heads can't share it evenly. "
                f"Choose an n_embd that is a multiple of {self.n_head}."
            )
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be at least 0 and below 1, but it is {self.dropout}")
        if self.n_kv_head < 0 or self.n_head % self.kv_heads:
            raise ValueError(
                f"n_head {self.n_head} is not divisible by n_kv_head {self.n_kv_head}, so the query heads can't share "
                "the keys and values evenly. Choose an n_kv_head that divides n_head, or 0 for one each."
            )
        if not set(self.window_pattern) <= {"L", "S"} or not self.window_pattern:
            raise ValueError(
                f"window_pattern is made of the letters L and S, such as SSL, but it is {self.window_pattern!r}"
            )
        if self.softcap < 0 or self.rope_base <= 0:
            raise ValueError(
                f"softcap must be at least 0 and rope_base above 0, but they are {self.softcap} and {self.rope_base}"
            )

    @property
    def head_dim(self) -> int:
        """D: how many of the n_embd numbers one head has."""
        return self.n_embd // self.n_head

    @property
    def kv_heads(self) -> int:
        """KV: how many heads of keys and values there are."""
        return self.n_kv_head or self.n_head

    @property
    def padded_vocab_size(self) -> int:
        """The vocabulary's size, rounded up to a multiple of ``vocab_multiple``."""
        return -(-self.vocab_size // self.vocab_multiple) * self.vocab_multiple

    def window_of(self, layer_idx: int) -> int:
        """How many tokens a position of this layer sees, itself among them; 0 where it sees the whole context."""
        letter = self.window_pattern[layer_idx % len(self.window_pattern)]
        last = layer_idx == self.n_layer - 1
        return 0 if letter == "L" or last else max(1, self.block_size // 2)
