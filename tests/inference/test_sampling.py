"""Drawing tokens and text."""

import pytest
import torch
from torch import Tensor

from vibejam_core.inference.sampling import generate_text, next_token
from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.text.characters import CharTokenizer

TOKENIZER = CharTokenizer("\nabcdef")


class Alphabet(BaseLM):
    """Finds the next letter of the alphabet likeliest, the one after it second, and looks at its input."""

    def __init__(self) -> None:
        super().__init__(ModelConfig(vocab_size=7, block_size=3))
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.longest = 0

    def forward(self, idx: Tensor, targets: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """(B, T) -> (B, T, 7)."""
        self.longest = max(self.longest, idx.shape[1])
        assert not self.training
        logits = torch.zeros(*idx.shape, 7)
        logits.scatter_(2, (idx[..., None] + 1) % 7, 2.0)
        return logits.scatter_(2, (idx[..., None] + 2) % 7, 1.0), None


def test_temperature_zero_takes_the_likeliest() -> None:
    """Whatever the seed, and with a prompt longer than the context."""
    model = Alphabet()
    for seed in (1, 2):
        assert generate_text(model, TOKENIZER, "fedcba", 5, temperature=0, seed=seed) == "fedcbabcdef"
    assert model.longest == 3
    assert model.training  # as before


def test_an_empty_prompt_begins_a_line() -> None:
    """The line break itself is not shown; where the vocabulary has none, token 0 stands in."""
    assert generate_text(Alphabet(), TOKENIZER, "", 3, temperature=0) == "abc"
    assert generate_text(Alphabet(), CharTokenizer("abcdefg"), "", 3, temperature=0) == "bcd"


def test_the_same_seed_gives_the_same_text() -> None:
    """And another gives another."""
    one, again, other = (generate_text(Alphabet(), TOKENIZER, "a", 30, seed=seed) for seed in (1, 1, 2))
    assert one == again != other


def test_no_new_tokens_give_the_prompt_back() -> None:
    """Zero is a fine number."""
    assert generate_text(Alphabet(), TOKENIZER, "abc", 0) == "abc"


def test_characters_outside_the_vocabulary_are_named() -> None:
    """All of them."""
    with pytest.raises(ValueError, match="'!', 'x'"):
        generate_text(Alphabet(), TOKENIZER, "ax!", 3)


def test_top_k_draws_from_the_likeliest_only() -> None:
    """In their proportions: 400 draws at odds of e to 1, four standard deviations are 36."""
    generator = torch.Generator().manual_seed(4)
    logits = torch.tensor([0.5, 2.0, -9.0, 1.0, 0.9])
    draws = [next_token(logits, 1.0, 2, generator) for _ in range(400)]
    assert set(draws) == {1, 3}
    assert abs(draws.count(1) - 400 * 0.731) < 36


def test_a_temperature_divides_the_scores() -> None:
    """At 0.5 the odds of e to 1 become e² to 1; at 1000 all are about even; large scores don't overflow."""
    generator = torch.Generator().manual_seed(4)
    cold = [next_token(torch.tensor([1e4, 1e4 + 1]), 0.5, 0, generator) for _ in range(400)]
    assert abs(sum(cold) - 400 * 0.881) < 26
    hot = [next_token(torch.tensor([0.0, 1.0]), 1000.0, 0, generator) for _ in range(400)]
    assert abs(sum(hot) - 200) < 40
