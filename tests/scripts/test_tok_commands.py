"""The tokenizer's programs as they are used."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from scripts import tok_eval, tok_train
from scripts._main import run
from vibejam_core.text.bpe import BPETokenizer
from vibejam_core.text.bpe_scale import has_rustbpe
from vibejam_core.text.corpora import DOC_END
from vibejam_core.text.datasets import DATASETS, Dataset

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a program in this process: its exit code, what it printed, and what it said on stderr."""

    def call(main: Callable[[], None], *arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["program", *map(str, arguments)])
        with pytest.raises(SystemExit) as leaving:
            run(main)
        out, err = capsys.readouterr()
        assert isinstance(leaving.value.code, int)
        return leaving.value.code, out, err

    return call


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "geese.txt"
    path.write_text(f"the geese sang and the geese slept\n{DOC_END}\n" * 40 + "grüße aus łódź\n" * 5, encoding="utf-8")
    return path


def test_a_tokenizer_is_learnt_kept_and_read_again(command: Command, text: Path, tmp_path: Path) -> None:
    out = tmp_path / "made" / "t.json"
    code, said, _ = command(tok_train.main, "--text-path", text, "--vocab-size", 300, "--out-path", out)
    assert code == 0
    assert f"read      {text.stat().st_size:,} bytes" in said
    tokenizer = BPETokenizer.load(out)
    assert tokenizer.special_tokens == (DOC_END,)
    assert b" geese" in tokenizer.token_bytes
    assert not any(b"doc_end" in token for token in tokenizer.token_bytes[:-1])


def test_every_trainer_writes_the_same_file(command: Command, text: Path, tmp_path: Path) -> None:
    if not has_rustbpe():
        pytest.skip("rustbpe is not installed: pip install rustbpe")
    for trainer in ("python", "rustbpe"):
        path = tmp_path / f"{trainer}.json"
        command(tok_train.main, "--text-path", text, "--vocab-size", 300, "--out-path", path, "--trainer", trainer)
    assert (tmp_path / "python.json").read_text() == (tmp_path / "rustbpe.json").read_text()


def test_a_text_that_ends_early_is_said(command: Command, text: Path, tmp_path: Path) -> None:
    code, said, _ = command(tok_train.main, "--text-path", text, "--out-path", tmp_path / "t.json")
    assert code == 0
    assert "no more pairs" in said


def test_no_more_is_read_than_asked_for(command: Command, text: Path, tmp_path: Path) -> None:
    _, said, _ = command(tok_train.main, "--text-path", text, "--max-bytes", 100, "--out-path", tmp_path / "t.json")
    assert "read      100 bytes" in said


def test_a_downloaded_corpus_is_learnt_from_but_not_what_is_for_validation(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shards lie in --data-dir, so nothing is fetched."""
    monkeypatch.setitem(DATASETS, "tinystories", Dataset("sheep/stories", ("a.parquet",), "val.parquet"))
    folder = tmp_path / "data" / "tinystories"
    folder.mkdir(parents=True)
    for name, word in (("a", "goose"), ("val", "llama")):
        pyarrow.parquet.write_table(
            pyarrow.table({"text": [f"a {word} and a {word}\n"] * 9}), folder / f"{name}.parquet"
        )
    out = tmp_path / "t.json"
    code, said, _ = command(
        tok_train.main,
        "--corpus",
        "tinystories",
        "--data-dir",
        tmp_path / "data",
        "--vocab-size",
        300,
        "--out-path",
        out,
    )
    assert code == 0
    assert "text      tinystories" in said
    learnt = BPETokenizer.load(out).token_bytes
    assert b" goose" in learnt
    assert b" llama" not in learnt


def test_a_tokenizer_is_not_overwritten_by_accident(command: Command, text: Path, tmp_path: Path) -> None:
    out = tmp_path / "t.json"
    out.write_text("mine")
    code, _, error = command(tok_train.main, "--text-path", text, "--out-path", out)
    assert code == 2
    assert "--overwrite" in error
    assert out.read_text() == "mine"


def test_what_is_wrong_is_said_in_a_sentence(command: Command, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    for arguments, expected in (
        (["--vocab-size", 256], "vocab_size must be at least 257"),
        (["--text-path", tmp_path / "nowhere"], "there is no file or folder"),
        (["--text-path", tmp_path / "empty.txt"], "no text"),
        (["--corpus", "personal"], "say where it is, with --text-path"),
    ):
        code, _, error = command(tok_train.main, "--out-path", tmp_path / "t.json", *arguments)
        assert code == 2
        assert expected in error
    assert not (tmp_path / "t.json").exists()


def test_eval_compares_tokenizers_on_every_kind_of_text(command: Command, text: Path, tmp_path: Path) -> None:
    out = tmp_path / "geese.json"
    command(tok_train.main, "--text-path", text, "--vocab-size", 300, "--out-path", out)
    code, said, _ = command(tok_eval.main, "--tokenizer-path", out, "--text-path", text)
    assert code == 0
    rows = {line.split()[0]: line.split()[1:] for line in said.splitlines()[2:]}
    assert set(rows) >= {"stories", "Python", "Chinese", "emoji", "geese.txt", "all"}
    assert all(row[0] == "1.00" for name, row in rows.items() if name != "vocabulary")
    assert float(rows["geese.txt"][1]) > 2


def test_eval_says_what_is_damaged_and_what_is_missing(command: Command, text: Path, tmp_path: Path) -> None:
    assert "nothing to compare" in command(tok_eval.main)[2]
    out = tmp_path / "t.json"
    command(tok_train.main, "--text-path", text, "--vocab-size", 300, "--out-path", out)
    data = json.loads(out.read_text())
    out.write_text(json.dumps({**data, "merges": data["merges"][1:]}))
    code, _, error = command(tok_eval.main, "--tokenizer-path", out)
    assert code == 2
    assert "damaged" in error
    assert str(out) in error
