"""The count model, against sums done by hand."""

import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vibejam_core.evaluation.ngram import NGramModel
from vibejam_core.text.characters import CharTokenizer
from vibejam_core.text.windows import split_corpus

SHAKESPEARE = Path(__file__).parents[3] / "shared" / "data" / "tinyshakespeare.txt"


def test_probabilities_by_hand() -> None:
    """From a b a b a with V = 3: p1(a) = (3 + 2/3) / (5 + 2) and p2(b | a) = (2 + 1 p1(b)) / (2 + 1)."""
    model = NGramModel.fit([0, 1, 0, 1, 0], vocab_size=3, order=2)
    p1 = [(3 + 2 / 3) / 7, (2 + 2 / 3) / 7, (0 + 2 / 3) / 7]
    p2_after_a = [p1[0] / 3, (2 + p1[1]) / 3, p1[2] / 3]
    np.testing.assert_allclose(model.probabilities([0, 1]), [p1[0], p2_after_a[1]])
    np.testing.assert_allclose(model.probabilities([0, 2]), [p1[0], p2_after_a[2]])
    np.testing.assert_allclose(model.probabilities([2, 1]), [p1[2], p1[1]])  # nothing ever followed token 2
    assert model.loss([0, 1]) == pytest.approx(-(math.log(p1[0]) + math.log(p2_after_a[1])) / 2)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30), st.integers(1, 4), st.lists(st.integers(0, 3), max_size=5))
def test_the_next_token_s_probabilities_sum_to_one(tokens: list[int], order: int, context: list[int]) -> None:
    """After any context, seen or not."""
    model = NGramModel.fit(tokens, vocab_size=4, order=order)
    assert sum(model.probabilities([*context, token])[-1] for token in range(4)) == pytest.approx(1)


def test_all_texts_of_one_length_share_a_probability_of_one() -> None:
    """The chain rule holds: the model is a distribution over texts."""
    model = NGramModel.fit([0, 1, 1, 2, 0, 1, 2, 2, 0], vocab_size=3, order=3)
    assert sum(model.probabilities(text).prod() for text in product(range(3), repeat=4)) == pytest.approx(1)


def test_more_context_helps_where_there_is_something_to_know() -> None:
    """In a text that repeats 300 different tokens, the last one tells the next."""
    cycle = torch.randperm(300, generator=torch.Generator().manual_seed(2)).repeat(20)
    assert NGramModel.fit(cycle, 300, 5).loss(cycle) < 0.1 * NGramModel.fit(cycle, 300, 1).loss(cycle)


def test_bad_tokens_are_refused() -> None:
    """Ids out of range, and no tokens at all."""
    with pytest.raises(ValueError, match="0 to 2"):
        NGramModel.fit([0, 3], vocab_size=3)
    with pytest.raises(ValueError, match="at least one token"):
        NGramModel.fit([], vocab_size=3)
    with pytest.raises(ValueError, match="has no loss"):
        NGramModel.fit([0], vocab_size=3).loss([])


@pytest.mark.skipif(not SHAKESPEARE.exists(), reason="tinyshakespeare is not here")
def test_the_figure_on_tinyshakespeare() -> None:
    """5-gram counts reach 1.67 nats per character on the last tenth."""
    text = SHAKESPEARE.read_text(encoding="utf-8")
    tokenizer = CharTokenizer.build(text)
    train, val = split_corpus(torch.tensor(tokenizer.encode(text)))
    assert NGramModel.fit(train, tokenizer.vocab_size).loss(val) == pytest.approx(1.669, abs=0.001)
