"""What a run trains and validates on, in characters and in merges."""

import math
from pathlib import Path

import pytest
import torch

from vibejam_core.text.bpe import BPETokenizer
from vibejam_core.text.config import DataConfig
from vibejam_core.text.corpora import DOC_END, Corpus, load
from vibejam_core.training import material
from vibejam_core.training.material import prepare

TRAIN = ("the cat sat on the mat. " * 20, "the hat sat. " * 20)
UNSEEN = ("zyzy 日本語 é " * 8,)


def silent(_: str) -> None:
    """Say nothing."""


def bpe(corpus: Corpus, **data: object) -> tuple[material.Material, BPETokenizer]:
    made = prepare(corpus, DataConfig(tokenizer="bpe", **data), 4, silent)  # type: ignore[arg-type]
    assert made.tokenizer.kind == "bpe"  # not by its class, which a test of the import hook may have loaded anew
    return made, made.tokenizer  # type: ignore[return-value]


def test_merges_are_learnt_from_the_training_text_only() -> None:
    """Whether a corpus brings its own unseen text or the end of its text serves."""
    for corpus in (Corpus("own", TRAIN, UNSEEN), Corpus("cut", ("".join(TRAIN) + UNSEEN[0],))):
        share = len(UNSEEN[0]) / len(corpus.text)
        made, tokenizer = bpe(corpus, val_fraction=share)
        assert made.val is not None
        assert tokenizer.decode(made.train) + tokenizer.decode(made.val) == corpus.text + corpus.held_out_text
        assert tokenizer.decode(made.val) == UNSEEN[0]
        assert made.val_bytes == len(UNSEEN[0].encode())
        assert b"zy" not in tokenizer.token_bytes
        assert b" the" in tokenizer.token_bytes


def test_the_end_of_a_document_is_one_token() -> None:
    made, tokenizer = bpe(Corpus("own", TRAIN, UNSEEN))
    assert made.train.tolist().count(tokenizer.special_ids[DOC_END]) == 1


def test_the_floor_is_the_same_in_bits_whatever_a_token_is() -> None:
    corpus = load("tinyworld", megabytes=0.05, kinds=("story",))
    assert corpus.floor_bits is not None
    for kind in ("char", "bpe"):
        made = prepare(corpus, DataConfig(tokenizer=kind), 8, silent)  # type: ignore[arg-type]
        assert made.val is not None
        assert made.floor is not None
        assert made.val_bytes == len(corpus.held_out_text.encode())
        assert made.floor * len(made.val) / math.log(2) == pytest.approx(corpus.floor_bits)
        assert made.five_gram_loss() > made.floor  # type: ignore[operator]


def test_a_tokenizer_made_before_is_taken_as_it_is(tmp_path: Path) -> None:
    BPETokenizer.train("the the", 258).save(tmp_path / "bpe.json")
    made, tokenizer = bpe(Corpus("own", TRAIN, UNSEEN), tokenizer_path=tmp_path / "bpe.json")
    assert tokenizer.vocab_size == 258
    assert tokenizer.decode(made.train) == Corpus("own", TRAIN).text  # it has no token for the end of a document
    with pytest.raises(ValueError, match="--tokenizer bpe"):
        DataConfig(tokenizer_path=tmp_path / "bpe.json")
    with pytest.raises(ValueError, match="257"):
        DataConfig(bpe_vocab_size=200)


def test_a_long_text_is_announced_and_a_short_end_is_trained_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(material, "LONG", 10)
    said: list[str] = []
    data = DataConfig(tokenizer="bpe", bpe_vocab_size=257, val_fraction=0.05)
    made = prepare(Corpus("x", ("abcdefgh" * 5,)), data, 8, said.append)
    assert "38 characters" in said[0]
    assert "validation part" in said[1]
    assert made.val is None
    assert made.train.dtype == torch.int64
