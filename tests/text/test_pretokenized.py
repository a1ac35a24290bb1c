"""A folder of token files: the same whether it was made in one go or in many, and never of two tokenizers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vibejam_core.text.bpe import BPETokenizer
from vibejam_core.text.corpora import DOC_END
from vibejam_core.text.corpus_choice import CorpusChoice
from vibejam_core.text.pretokenized import TRAIN, VAL, batches, empty, pre_tokenize
from vibejam_core.text.token_batches import open_tokens
from vibejam_core.text.token_file import read_tokens
from vibejam_core.text.token_header import read_header, verify_tokens
from vibejam_core.text.tokenizers import fingerprint
from vibejam_core.text.training_texts import TrainingTexts, training_texts

TEXTS = [f"the geese number {i} sang, and {'slept and ' * (i % 5)}flew away" for i in range(300)]


def tokenizer(vocab_size: int = 280) -> BPETokenizer:
    return BPETokenizer.train(" ".join(TEXTS[:20]), vocab_size, (DOC_END,))


class Stream:
    """Documents that are made when they are asked for, and a switch that is pulled in the middle."""

    def __init__(self, texts: list[str], stop_at: int = 10**9) -> None:
        self.texts, self.stop_at = texts, stop_at
        self.given: list[int] = []

    def documents(self, position: Any = None) -> Iterator[tuple[str, Any]]:
        for i in range(position or 0, len(self.texts)):
            if i == self.stop_at:
                raise KeyboardInterrupt
            self.given.append(i)
            yield self.texts[i], i + 1


def corpus(stop_at: int = 10**9, texts: list[str] = TEXTS) -> TrainingTexts:
    return TrainingTexts("geese", Stream(texts, stop_at), Stream(["held out"] * 3), 1000, 24, {"corpus": "geese"})


def make(texts: TrainingTexts, folder: Path, made: BPETokenizer | None = None, **settings: Any) -> list[str]:
    """What it says."""
    said: list[str] = []
    pre_tokenize(texts, made or tokenizer(), folder, say=said.append, **settings)
    return said


def test_every_document_and_its_end_stand_in_the_file(tmp_path: Path) -> None:
    make(corpus(), tmp_path)
    ids = read_tokens(tmp_path / TRAIN, fingerprint(tokenizer())).long().tolist()
    assert tokenizer().decode(ids) == "".join(text + DOC_END for text in TEXTS)
    assert ids.count(tokenizer().special_ids[DOC_END]) == len(TEXTS)
    facts = read_header(tmp_path / TRAIN)
    assert facts["n_documents"] == len(TEXTS)
    assert facts["n_bytes"] == sum(map(len, TEXTS))
    for name in (TRAIN, VAL):
        verify_tokens(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus.json", "tokenizer.json", TRAIN, VAL]


def test_what_the_files_are_for_is_found_by_who_trains(tmp_path: Path) -> None:
    make(corpus(), tmp_path)
    [train], val = open_tokens(tmp_path, fingerprint(BPETokenizer.load(tmp_path / "tokenizer.json")))
    assert tokenizer().decode(val.long().tolist()) == f"held out{DOC_END}" * 3
    assert len(train) == read_header(tmp_path / TRAIN)["n_tokens"]


def test_what_a_document_spells_is_ordinary_text(tmp_path: Path) -> None:
    make(corpus(texts=[f"it says {DOC_END} here"]), tmp_path)
    ids = read_tokens(tmp_path / TRAIN).long().tolist()
    assert ids.count(tokenizer().special_ids[DOC_END]) == 1
    assert ids[-1] == tokenizer().special_ids[DOC_END]


def test_interrupted_anywhere_it_ends_up_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vibejam_core.text.pretokenized.BATCH", 200)
    make(corpus(), tmp_path / "whole")
    for stop_at in (1, 40, 299):
        with pytest.raises(KeyboardInterrupt):
            make(corpus(stop_at), tmp_path / "bits")
        with pytest.raises(ValueError, match="not finished yet"):
            open_tokens(tmp_path / "bits")
    last = corpus()
    said = make(last, tmp_path / "bits")
    assert last.train.given[0] > 280  # type: ignore[attr-defined]
    assert any("goes on" in line for line in said)
    for name in (TRAIN, VAL):
        assert (tmp_path / "bits" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_what_is_finished_is_not_made_again(tmp_path: Path) -> None:
    make(corpus(), tmp_path)
    again = corpus()
    said = make(again, tmp_path)
    assert again.train.given == []  # type: ignore[attr-defined]
    assert sum("there already" in line for line in said) == 2


def test_tokenizers_are_not_mixed(tmp_path: Path) -> None:
    """Neither in a finished folder nor in one that was begun; both fingerprints are named."""
    other = tokenizer(270)
    with pytest.raises(KeyboardInterrupt):
        make(corpus(100), tmp_path)
    for _ in range(2):
        with pytest.raises(ValueError, match=rf"{fingerprint(tokenizer())}.*, not .*{fingerprint(other)}"):
            make(corpus(), tmp_path, other)
        make(corpus(), tmp_path)
    empty(tmp_path)
    make(corpus(), tmp_path, other)
    assert read_header(tmp_path / TRAIN)["tokenizer"] == fingerprint(other)


def test_corpora_are_not_mixed(tmp_path: Path) -> None:
    make(corpus(), tmp_path)
    ducks = TrainingTexts("ducks", Stream(["quack"]), None, 5, 0, {"corpus": "ducks"})
    with pytest.raises(ValueError, match=r'another corpus: .*"geese".* not .*"ducks".* --overwrite'):
        make(ducks, tmp_path)
    (tmp_path / "corpus.json").unlink()
    with pytest.raises(ValueError, match=r"no corpus\.json"):
        make(corpus(), tmp_path)


def test_a_file_that_was_cut_off_later_is_refused(tmp_path: Path) -> None:
    make(corpus(), tmp_path)
    (tmp_path / TRAIN).write_bytes((tmp_path / TRAIN).read_bytes()[:-2])
    with pytest.raises(ValueError, match="damaged"):
        make(corpus(), tmp_path)


def test_one_document_is_enough(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("a goose and another goose")
    texts = training_texts(CorpusChoice(corpus="personal", text_path=tmp_path / "one.txt"))
    make(texts, tmp_path / "out")
    [train], val = open_tokens(tmp_path / "out")
    assert tokenizer().decode(train.tolist()) == f"a goose and another{DOC_END}"
    assert tokenizer().decode(val.tolist()) == f" goose{DOC_END}"


def test_nothing_to_validate_on_is_said(tmp_path: Path) -> None:
    for i, val in enumerate((None, Stream([]))):
        said = make(TrainingTexts("geese", Stream(TEXTS), val, 1000, 0), tmp_path / str(i))
        assert any("there will be no validation" in line for line in said)
        assert sorted(path.name for path in (tmp_path / str(i)).glob("*.bin*")) == [TRAIN]


def test_nothing_to_train_on_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no token to write"):
        make(corpus(texts=[]), tmp_path)
    assert not (tmp_path / TRAIN).exists()


def test_a_tokenizer_without_an_end_of_document(tmp_path: Path) -> None:
    plain = BPETokenizer.train(" ".join(TEXTS[:20]), 280)
    said = make(corpus(), tmp_path, plain)
    assert any(f"has no {DOC_END}" in line for line in said)
    assert plain.decode(read_tokens(tmp_path / TRAIN).long().tolist()) == "".join(TEXTS)


def test_documents_are_taken_only_when_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is never a list of all of them: no more than a handful at a time."""
    monkeypatch.setattr("vibejam_core.text.pretokenized.BATCH", 500)
    stream, n = Stream(TEXTS), 0
    for batch in batches(stream.documents()):
        n += len(batch)
        assert len(batch) < 20
        assert len(stream.given) == n
    assert n == len(TEXTS)
