"""Drawing tokens and text."""

import pytest
import torch
from torch import Tensor

from vibejam_core.inference.config import SamplingConfig
from vibejam_core.inference.sampling import apply_temperature, generate_text, top_k_filter, top_p_filter
from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.text.characters import CharTokenizer

TOKENIZER = CharTokenizer("\nabcdef")


class Alphabet(BaseLM):
    """Finds the next letter of the alphabet likeliest, the one after it second, and looks at its input."""

    def __init__(self) -> None:
        super().__init__(ModelConfig(vocab_size=7, block_size=3))
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.shapes: list[tuple[int, ...]] = []

    def forward(self, idx: Tensor, targets: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """(B, T) -> (B, T, 7)."""
        self.shapes.append(tuple(idx.shape))
        assert not self.training
        logits = torch.zeros(*idx.shape, 7)
        logits.scatter_(2, (idx[..., None] + 1) % 7, 2.0)
        return logits.scatter_(2, (idx[..., None] + 2) % 7, 1.0), None


def greedy(n: int, **settings: object) -> SamplingConfig:
    """The likeliest token, n times."""
    return SamplingConfig(max_new_tokens=n, temperature=0, **settings)  # type: ignore[arg-type]


def test_temperature_0_takes_the_likeliest_whatever_the_seed() -> None:
    """The context never grows beyond the model's block, and the model is left in the mode it was in."""
    model = Alphabet()
    for seed in (1, 2):
        assert generate_text(model, TOKENIZER, "fedcba", greedy(5, seed=seed)) == ["fedcbabcdef"]
    assert max(T for _, T in model.shapes) == 3
    assert model.training


def test_an_empty_prompt_begins_a_line() -> None:
    """Token 0 where the alphabet has no line break."""
    assert generate_text(Alphabet(), TOKENIZER, "", greedy(3)) == ["abc"]
    assert generate_text(Alphabet(), CharTokenizer("abcdefg"), "", greedy(3)) == ["bcd"]


def test_each_sample_has_a_seed_of_its_own() -> None:
    """The third of four samples is the one that its seed gives alone, in a GPT too, and where others stop early."""
    torch.manual_seed(0)
    gpt = build_model("gpt", ModelConfig(vocab_size=7, block_size=8, n_layer=1, n_head=2, n_embd=8))
    for model in (Alphabet(), gpt):
        together = generate_text(model, TOKENIZER, "a", SamplingConfig(40, seed=5, num_samples=4, stop=("c",)))
        alone = [generate_text(model, TOKENIZER, "a", SamplingConfig(40, seed=5 + i, stop=("c",)))[0] for i in range(4)]
        assert together == alone
        assert len(set(together)) > 1


def test_a_sample_that_is_over_costs_nothing() -> None:
    """It no longer goes through the model."""
    model = Alphabet()
    texts = generate_text(model, TOKENIZER, "a", SamplingConfig(30, temperature=1.0, num_samples=6, stop=("\n",)))
    sizes = [B for B, _ in model.shapes]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 6 > sizes[-1]
    assert not any("\n" in text for text in texts)


def test_stop_tokens_and_stop_texts_are_cut_off() -> None:
    """And tokens are told as they come, but for the one that ends the sample."""
    told: list[tuple[int, int]] = []
    stopped = generate_text(
        Alphabet(), TOKENIZER, "a", greedy(9, stop=("de",)), lambda i, token: told.append((i, token))
    )
    assert stopped == ["abc"]
    assert told == [(0, 2), (0, 3), (0, 4)]
    assert generate_text(Alphabet(), TOKENIZER, "a", greedy(9, stop_tokens=(4,))) == ["abc"]


def test_unknown_characters_are_named_or_left_out() -> None:
    """As on_unknown says."""
    with pytest.raises(ValueError, match="x"):
        generate_text(Alphabet(), TOKENIZER, "ax!", greedy(3))
    assert generate_text(Alphabet(), TOKENIZER, "ax!", greedy(3, on_unknown="skip")) == ["abcd"]
    assert generate_text(Alphabet(), TOKENIZER, "!", greedy(3, on_unknown="skip")) == ["abc"]


def test_broken_weights_are_told() -> None:
    """Drawing from nan would be nonsense."""
    model = build_model("gpt", ModelConfig(vocab_size=7, block_size=8, n_layer=1, n_head=2, n_embd=8))
    torch.nn.init.constant_(next(model.parameters()), float("nan"))
    with pytest.raises(ValueError, match="nan"):
        generate_text(model, TOKENIZER, "a", greedy(3))


def test_filters_leave_what_they_should() -> None:
    """Rows by themselves, and what was filtered before stays out."""
    logits = torch.tensor([[0.5, 0.25, 0.125, 0.125], [0.1, 0.2, 0.3, 0.4]]).log()
    finite = torch.isfinite
    assert finite(top_k_filter(logits, 1)).tolist() == [[True, False, False, False], [False, False, False, True]]
    assert finite(top_p_filter(logits, 0.6)).tolist() == [[True, True, False, False], [False, False, True, True]]
    assert finite(top_p_filter(top_k_filter(logits, 2), 0.6)).sum(-1).tolist() == [1, 2]
    assert finite(top_p_filter(logits, 1e-9)).sum(-1).tolist() == [1, 1]


def test_an_almost_zero_temperature_is_almost_greedy() -> None:
    """Nothing overflows on the way."""
    p = torch.softmax(apply_temperature(torch.tensor([1e4, 1e4 + 1, -1e4]), 1e-30), dim=-1)
    assert p.tolist() == [0.0, 1.0, 0.0]
