"""Training on a stream: documents are encoded and packed on the way, each process its own."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.base_runs import assert_same_run, config
from vibejam_core.text import training_texts as corpora
from vibejam_core.text.bpe import BPETokenizer
from vibejam_core.text.bpe_scale import train_tokenizer
from vibejam_core.text.corpora import DOC_END
from vibejam_core.training import base_run
from vibejam_core.training.base_run import Outcome, pretrain
from vibejam_core.training.base_start import start_base_run
from vibejam_core.training.pretrain_config import PretrainConfig
from vibejam_core.training.pretrain_stream import StreamedData, stream_data
from vibejam_core.training.world import World

LINES = [f"Goose {n} has {n} eggs and a hat.\n\n" for n in range(300)]


@pytest.fixture
def asked(tmp_path: Path) -> dict[str, Any]:
    """A text of one's own, and a tokenizer for it."""
    text, tokenizer = tmp_path / "geese.txt", tmp_path / "tokenizer.json"
    text.write_text("".join(LINES), encoding="utf-8")
    train_tokenizer(LINES, 300, (DOC_END,), trainer="python").save(tokenizer)
    return {"corpus": "personal", "text_path": text, "tokenizer_path": tokenizer, "stream": True}


def shards(folder: Path) -> list[Path]:
    """Two shards of Parquet, of four row groups and of one; the second is for validation."""
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    files = [folder / "0.parquet", folder / "1.parquet"]
    for file, texts, size in zip(files, (LINES[:280], LINES[280:]), (70, 20), strict=True):
        parquet.write_table(arrow.table({"text": texts}), file, row_group_size=size)
    return files


def opened(asked: dict[str, Any], folder: Path) -> StreamedData:
    return stream_data(config(folder, **asked).filled())


def train(folder: Path, asked: dict[str, Any], **changes: Any) -> Outcome:
    settings = config(folder, **asked, **changes)
    data = stream_data(settings.filled())
    return pretrain(start_base_run(settings, data, World(), torch.device("cpu"), lambda line: None))


def words(data: StreamedData, rank: int, world_size: int, n: int = 12) -> str:
    """The text of the first rows of one rank."""
    batches = data.batches(2, 16, rank, world_size, 1)
    rows = [row for _ in range(n) for row in batches.next_batch()[0].tolist()]
    batches.close()
    return data.tokenizer.decode([token for row in rows for token in row])


@pytest.mark.parametrize("kind", ["text", "parquet"])
def test_a_stream_goes_on_at_the_very_token(
    tmp_path: Path, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Stopped in the middle of a document, with others waiting to be packed."""
    if kind == "parquet":
        files = shards(tmp_path)
        monkeypatch.setattr(corpora, "fetch_shards", lambda *_, **__: files)
        asked |= {"corpus": "tinystories", "text_path": None}
    train(tmp_path / "whole", asked)
    original, steps = base_run.pretrain_step, []

    def step(*arguments: Any) -> float:
        steps.append(1)
        if len(steps) == 6:
            os.kill(os.getpid(), signal.SIGINT)
        return original(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(base_run, "pretrain_step", step)
        assert train(tmp_path / "halved", asked).step == 6
    assert train(tmp_path / "halved", asked, resume=True).ended == "finished"
    assert_same_run(tmp_path / "halved", tmp_path / "whole")


def test_no_rank_reads_what_another_reads(
    tmp_path: Path, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor what is for validation."""
    files = shards(tmp_path)
    monkeypatch.setattr(corpora, "fetch_shards", lambda *_, **__: files)
    data = opened({**asked, "corpus": "tinystories", "text_path": None}, tmp_path)
    seen = [set(words(data, rank, 2).split("Goose")) for rank in range(2)]
    found = [{piece.split()[0] for piece in pieces if " eggs" in piece} for pieces in seen]
    held_out = {str(n) for n in range(280, 300)}
    assert found[0]
    assert found[1]
    assert not found[0] & found[1]
    assert not (found[0] | found[1]) & held_out
    assert "Goose 299 has" in data.tokenizer.decode(data.val.tolist())


def test_a_stream_of_a_checkpoint_needs_as_many_processes(tmp_path: Path, asked: dict[str, Any]) -> None:
    """Each has its own place in its own documents; token files go on with any number."""
    alone, one_of_two = (opened(asked, tmp_path).batches(2, 16, 0, world_size, 1) for world_size in (1, 2))
    alone.next_batch()
    one_of_two.load_state_dict(alone.state_dict())
    with pytest.raises(ValueError, match="with 1 processes and can't go on with 2"):
        one_of_two.next_batch()


def test_how_long_it_is_follows_from_the_bytes(tmp_path: Path, asked: dict[str, Any]) -> None:
    """Nobody has counted its tokens."""
    data = opened(asked, tmp_path)
    tokenizer = BPETokenizer.load(asked["tokenizer_path"])
    train_text = "".join(LINES).encode()[: data.texts.train_bytes].decode()
    assert data.n_tokens == pytest.approx(len(tokenizer.encode(train_text)), rel=0.1)


@pytest.mark.parametrize("missing", ["corpus", "tokenizer_path"])
def test_a_stream_needs_a_corpus_and_a_tokenizer(missing: str) -> None:
    """And says so before anything is done."""
    given: dict[str, Any] = {"corpus": "pydocs", "tokenizer_path": Path("tokenizer.json"), missing: None}
    with pytest.raises(ValueError, match=r"say which corpus.*and give the tokenizer"):
        PretrainConfig(stream=True, **given)
