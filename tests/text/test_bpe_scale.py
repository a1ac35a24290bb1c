"""Tokenizers at scale: the same merges, faster; the same ids, faster."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibejam_core.text import bpe_scale
from vibejam_core.text.bpe import BPETokenizer, train_bpe
from vibejam_core.text.bpe_scale import (
    compression_report,
    count_words,
    has_rustbpe,
    merges_of,
    to_tiktoken,
    token_byte_lengths,
    train_bpe_incremental,
    train_tokenizer,
)
from vibejam_core.text.characters import CharTokenizer
from vibejam_core.text.corpora import load

small = st.lists(st.text("aab é\n", max_size=60), max_size=4)


@given(small, st.integers(256, 300))
def test_the_incremental_trainer_gives_the_naive_ones_merges(texts: list[str], vocab_size: int) -> None:
    joined = "<|end|>".join(texts)  # a piece never reaches from one text into the next
    naive = train_bpe(joined, vocab_size, ["<|end|>"])
    assert train_bpe_incremental(count_words(iter(texts)), vocab_size) == naive
    assert list(merges_of(BPETokenizer(naive).token_bytes)) == naive


def test_it_does_so_on_real_text() -> None:
    text = load("pydocs").text[:60_000]
    assert train_bpe_incremental(count_words([text]), 450) == train_bpe(text, 450)


def test_it_refuses_less_than_the_bytes_and_leaves_its_counts_alone() -> None:
    words = {b"ab": 2}
    with pytest.raises(ValueError, match="100"):
        train_bpe_incremental(words, 100)
    assert train_bpe_incremental(words, 300) == [(97, 98)]
    assert words == {b"ab": 2}


def test_words_are_counted_without_special_tokens() -> None:
    assert count_words(["a b<|e|>é", "b a"], ["<|e|>"]) == {b"a": 1, b" b": 1, "é".encode(): 1, b"b": 1, b" a": 1}


@pytest.mark.skipif(not has_rustbpe(), reason="rustbpe is not installed")
@given(small)
def test_rustbpe_gives_the_same_tokenizer(texts: list[str]) -> None:
    ours, theirs = (train_tokenizer(texts, 290, ["b"], trainer=name) for name in ("python", "rustbpe"))
    assert ours.to_json() == theirs.to_json()


@pytest.mark.skipif(not has_rustbpe(), reason="rustbpe is not installed")
def test_rustbpe_gives_the_same_merges_on_real_text() -> None:
    texts = (*load("tinyworld", megabytes=0.5, kinds=("story", "question")).documents, load("pydocs").text)
    ours, theirs = (train_tokenizer(texts, 2000, ["<|e|>"], trainer=name) for name in ("python", "rustbpe"))
    assert ours.merges == theirs.merges
    assert ours.vocab_size == 2000


def test_without_rustbpe_python_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bpe_scale, "has_rustbpe", lambda: False)
    assert train_tokenizer(["abab"], 258).merges == [(97, 98), (256, 256)]
    with pytest.raises(ModuleNotFoundError, match="pip install rustbpe"):
        train_tokenizer(["abab"], 258, trainer="rustbpe")
    with pytest.raises(ValueError, match="257"):
        train_tokenizer(["abab"], 256, ["<|e|>"])


def test_the_export_knows_the_special_tokens() -> None:
    tokenizer = train_tokenizer(["hello hello"], 270, ["<|e|>"])
    encoding = to_tiktoken(tokenizer)
    assert encoding.n_vocab == tokenizer.vocab_size
    assert encoding.encode("hello<|e|>", allowed_special="all") == tokenizer.encode("hello<|e|>", ["<|e|>"])
    with pytest.raises(ValueError, match="257 and 259"):
        to_tiktoken(BPETokenizer([(97, 97), (256, 97), (98, 99), (97, 256)]))


def test_bytes_count_raw() -> None:
    lengths = token_byte_lengths(BPETokenizer([(0xC3, 0xA9), (256, 256)], ["<|e|>"]))
    assert lengths.tolist() == [1] * 256 + [2, 4, 0]


def test_compression_is_bytes_over_tokens() -> None:
    report = compression_report(BPETokenizer([(97, 97)]), {"run": "aaaa", "other": "éb"})
    assert list(report.items()) == [("run", 2.0), ("other", 1.0), ("all", 7 / 5)]
    assert compression_report(CharTokenizer("é"), {"x": "éé"}) == {"x": 2.0, "all": 2.0}
    for texts in ({}, {"empty": ""}, {"all": "a"}):
        with pytest.raises(ValueError, match="sample"):
            compression_report(BPETokenizer([]), texts)
