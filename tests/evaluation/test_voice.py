"""How surprised a model is, and what it has by heart, against the slow way."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vibejam_core.evaluation.voice import longest_copy, same_length, text_perplexity, token_losses
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.text.characters import CharTokenizer

LETTERS = CharTokenizer("\nabcdef")


@pytest.mark.parametrize("n", [1, 5, 6, 7, 30])
@pytest.mark.parametrize("batch_size", [1, 4, 256])
def test_each_token_is_predicted_from_the_block_before_it(n: int, batch_size: int) -> None:
    """With a real model, one context at a time."""
    torch.manual_seed(n)
    model = build_model("gpt", ModelConfig(vocab_size=7, block_size=6, n_layer=1, n_head=2, n_embd=8, dropout=0.5))
    for parameter in model.parameters():
        parameter.data.normal_()
    text = LETTERS.decode(torch.randint(7, (n,)).tolist())
    found = token_losses(model, LETTERS, text, batch_size)
    assert model.training
    ids, expected = [0, *LETTERS.encode(text)], []
    with torch.no_grad():
        for i in range(1, len(ids)):
            scores = model.eval()(torch.tensor([ids[max(0, i - 6) : i]]))[0][0, -1]
            expected.append(-math.log(scores.double().softmax(-1)[ids[i]]))
    torch.testing.assert_close(found, torch.tensor(expected), atol=1e-4, rtol=1e-4)
    assert text_perplexity(model, LETTERS, text) == pytest.approx(math.exp(sum(expected) / n), rel=1e-3)


@given(st.integers(1, 9), st.integers(1, 30), st.integers(1, 9), st.integers(1, 9))
def test_batches_cover_each_position_once(start: int, more: int, most: int, batch_size: int) -> None:
    """In order, with the longest context that there is, and never too many at a time."""
    batches = same_length(start, start + more, most, batch_size)
    assert [end for _, ends in batches for end in ends] == list(range(start, start + more))
    assert all(length == min(end, most) for length, ends in batches for end in ends)
    assert all(1 <= len(ends) <= batch_size for _, ends in batches)


def test_what_is_refused_says_why() -> None:
    """An empty text, and what the tokenizer doesn't know."""
    model = build_model("bigram", ModelConfig(vocab_size=7))
    with pytest.raises(ValueError, match="empty text"):
        token_losses(model, LETTERS, "")
    with pytest.raises(ValueError, match="'x'"):
        text_perplexity(model, LETTERS, "fax")


@given(st.text("ab\n", max_size=12), st.text("ab\n", max_size=12))
def test_the_longest_copy_is_the_first_of_all_that_are(text: str, source: str) -> None:
    """Every passage tried, the longest first."""
    passages = (text[i : i + n] for n in range(len(text), -1, -1) for i in range(len(text) - n + 1))
    assert longest_copy(text, source) == next(passage for passage in passages if passage in source)


def test_a_long_text_takes_no_time() -> None:
    """A sample of some thousand characters, beside a megabyte that it was copied from in part."""
    source = "".join(chr(97 + i * i % 23) + chr(97 + i * 7 % 11) for i in range(500_000))
    text = "?" + source[400_000:402_000] + "?" + source[:500]
    assert longest_copy(text, source) == text[1:2001]
