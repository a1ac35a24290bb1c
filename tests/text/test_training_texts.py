"""Each corpus: documents to train on, others to validate on, always the same ones, never in both."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import pyarrow
import pyarrow.parquet
import pytest

from tests.models.hub_server import Hub, serving
from vibejam_core.text import datasets
from vibejam_core.text.corpus_choice import CorpusChoice
from vibejam_core.text.datasets import Dataset
from vibejam_core.text.document_loader import DocumentSource
from vibejam_core.text.downloads import Patience
from vibejam_core.text.tinyworld import documents
from vibejam_core.text.training_texts import TrainingTexts, training_texts

QUIET = Patience(say=lambda _: None)


@pytest.fixture
def writing(tmp_path: Path) -> Path:
    """A folder of one's own texts: 2,000 bytes in 100 documents."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for name, begin in (("a.txt", 0), ("b.md", 50)):
        (folder / name).write_text("<|doc_end|>\n".join(f"here is document {i:02}\n" for i in range(begin, begin + 50)))
    return folder


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with three shards of two row groups each."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    (tmp_path / "served").mkdir()
    for shard in "abc":
        table = pyarrow.table({"id": list(range(10)), "text": [f"shard {shard}, document {i}" for i in range(10)]})
        pyarrow.parquet.write_table(table, tmp_path / "served" / f"{shard}.parquet", row_group_size=5)
    dataset = Dataset("sheep/stories", ("a.parquet", "b.parquet"), "c.parquet")
    monkeypatch.setitem(datasets.DATASETS, "tinystories", dataset)
    with serving() as hub:
        hub.repos["datasets/sheep/stories"] = tmp_path / "served"
        yield hub


def given_by(source: DocumentSource | None, position: Any = None) -> list[str]:
    assert source is not None
    return [text for text, _ in source.documents(position)]


def sizes(texts: TrainingTexts) -> tuple[int, int]:
    """How many bytes there really are."""
    train, val = (sum(len(text.encode()) for text in given_by(source)) for source in (texts.train, texts.val))
    return train, val


def test_tinyworld_is_as_long_as_wanted_and_validates_on_unseen_facts() -> None:
    texts = training_texts(CorpusChoice(megabytes=0.09, kinds=("story",)))
    train, val = sizes(texts)
    assert texts.train_bytes == 90_000 <= train < 93_000
    assert texts.val_bytes == 10_000 <= val < 13_000
    assert not set(given_by(texts.train)) & set(given_by(texts.val))
    seen = {document.text for document in documents(("story",), "train", 0, 20_000)}
    assert not seen & set(given_by(texts.val))


def test_tinyworlds_validation_is_the_same_however_much_one_trains_on() -> None:
    """The longer one begins with the shorter one, and it doesn't grow for ever."""
    short, long = (given_by(training_texts(CorpusChoice(megabytes=mb)).val) for mb in (0.1, 0.2))
    assert long[: len(short)] == short
    assert training_texts(CorpusChoice(megabytes=1000)).val_bytes == 1_000_000


def test_pydocs_holds_out_its_end() -> None:
    texts = training_texts(CorpusChoice(corpus="pydocs"))
    train, val = sizes(texts)
    assert 0.09 < val / (train + val) < 0.11
    assert not set(given_by(texts.train)) & set(given_by(texts.val))


def test_your_own_text_holds_out_its_end(writing: Path) -> None:
    texts = training_texts(CorpusChoice(corpus="personal", text_path=writing, val_fraction=0.2))
    assert len(given_by(texts.train)) == 80
    assert given_by(texts.val) == [f"here is document {i}" for i in range(80, 99)] + ["here is document 99"]
    assert sizes(texts) == (texts.train_bytes, texts.val_bytes)


def test_one_document_is_shared_between_the_two(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("word " * 100)
    texts = training_texts(CorpusChoice(corpus="personal", text_path=tmp_path / "one.txt"))
    [train], [val] = given_by(texts.train), given_by(texts.val)
    assert train + val == "word " * 100
    assert 0.08 < len(val) / 500 < 0.12


def test_nothing_need_be_held_out(writing: Path) -> None:
    texts = training_texts(CorpusChoice(corpus="personal", text_path=writing, val_fraction=0))
    assert texts.val is None
    assert len(given_by(texts.train)) == 100


def test_tinyshakespeare_may_lie_anywhere(tmp_path: Path) -> None:
    (tmp_path / "plays.txt").write_text("First Citizen:\nBefore we proceed any further, hear me speak.\n\n" * 20)
    texts = training_texts(CorpusChoice(corpus="tinyshakespeare", text_path=tmp_path / "plays.txt"))
    assert "".join([*given_by(texts.train), *given_by(texts.val)]) == (tmp_path / "plays.txt").read_text()


def test_shards_are_fetched_and_the_last_is_for_validation(hub: Hub, tmp_path: Path) -> None:
    for shards, expected in ((1, "a"), (2, "ab")):
        choice = CorpusChoice(corpus="tinystories", shards=shards, data_dir=tmp_path / "data")
        texts = training_texts(choice, endpoint=hub.endpoint, patience=QUIET)
        assert given_by(texts.train) == [f"shard {shard}, document {i}" for shard in expected for i in range(10)]
        assert given_by(texts.val) == [f"shard c, document {i}" for i in range(10)]
        assert texts.train_bytes > 100  # with such small files mostly Parquet's own
    assert sorted(hub.gets) == ["a.parquet", "b.parquet", "c.parquet"]


def test_a_shard_that_cant_be_had_is_named(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "served" / "b.parquet").unlink()
    choice = CorpusChoice(corpus="tinystories", shards=2, data_dir=tmp_path / "data")
    with pytest.raises(FileNotFoundError, match=r"has no file b\.parquet"):
        training_texts(choice, endpoint=hub.endpoint, patience=QUIET)


@pytest.mark.parametrize("corpus", ["tinyworld", "pydocs", "personal", "tinystories"])
def test_from_every_position_it_goes_on(corpus: Any, writing: Path, hub: Hub, tmp_path: Path) -> None:
    choice = CorpusChoice(
        corpus=corpus,
        megabytes=0.01,
        text_path=writing if corpus == "personal" else None,
        data_dir=tmp_path / "data",
        shards=2,
    )
    texts = training_texts(choice, endpoint=hub.endpoint, patience=QUIET)
    for source in (texts.train, texts.val):
        assert source is not None
        everything = list(source.documents())
        for i in (0, 4, 5, len(everything) - 1):
            if i < len(everything):
                assert list(source.documents(everything[i][1])) == everything[i + 1 :]


def test_a_text_that_has_changed_has_another_identity(writing: Path) -> None:
    def identity(**changed: Any) -> dict[str, Any]:
        return training_texts(CorpusChoice(corpus="personal", text_path=writing, **changed)).identity

    first = identity()
    assert identity() == first != identity(val_fraction=0.2)
    (writing / "a.txt").write_text((writing / "a.txt").read_text().replace("07", "70"))
    assert identity() != first
    assert training_texts(CorpusChoice(megabytes=1)).identity != training_texts(CorpusChoice(megabytes=2)).identity


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ({"corpus": "the web"}, "no corpus 'the web'. There are: tinyworld, pydocs, personal, "),
        ({"corpus": "personal"}, "say where it is, with --text-path"),
        ({"corpus": "pydocs", "text_path": Path("x")}, "add --corpus personal"),
        ({"megabytes": 0}, "megabytes must be above 0, but it is 0"),
        ({"val_fraction": 1.0}, "below 1, but it is 1.0"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(choice: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        CorpusChoice(**choice)


def test_no_text_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text(" \n")
    for path, says in ((tmp_path / "empty.txt", "there is no text in"), (tmp_path / "no", "no file or folder")):
        with pytest.raises((ValueError, FileNotFoundError), match=says):
            training_texts(CorpusChoice(corpus="personal", text_path=path))
    with pytest.raises(ValueError, match="1 to 4 shards"):
        training_texts(CorpusChoice(corpus="tinystories", shards=9, data_dir=tmp_path), patience=QUIET)
