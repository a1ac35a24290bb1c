"""scripts.pre_tokenize as it is used: begun, stopped, killed, gone on with, and refused."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import pre_tokenize
from scripts._main import run
from vibejam_core.text.bpe import BPETokenizer
from vibejam_core.text.corpora import DOC_END
from vibejam_core.text.tinyworld import documents
from vibejam_core.text.token_batches import open_tokens
from vibejam_core.text.token_header import verify_tokens

ROOT = Path(__file__).parents[2]
Command = Callable[..., tuple[int, str, str]]
TRAINED_ON = " ".join(document.text for document in documents(("story",), "train", 0, 20_000))


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the program in this process: its exit code, what it printed, and what it said on stderr."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["pre_tokenize", *map(str, arguments)])
        with pytest.raises(SystemExit) as leaving:
            run(pre_tokenize.main)
        out, err = capsys.readouterr()
        assert isinstance(leaving.value.code, int)
        return leaving.value.code, out, err

    return call


@pytest.fixture
def learnt(tmp_path: Path) -> Path:
    """A tokenizer's file."""
    path = tmp_path / "tokenizer.json"
    BPETokenizer.train(TRAINED_ON, 300, (DOC_END,)).save(path)
    return path


def test_tinyworld_becomes_token_files(command: Command, learnt: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ("--megabytes", 0.1, "--tokenizer-path", learnt, "--out-dir", out)
    code, said, _ = command(*arguments)
    assert code == 0
    assert "bytes per token" in said
    [train], val = open_tokens(out)
    assert 5 < len(train) / len(val) < 15
    code, said, _ = command(*arguments)
    assert code == 0
    assert said.count("there already") == 2


def test_your_own_folder_becomes_token_files(command: Command, learnt: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    for i in range(10):
        (mine / f"{i}.md").write_text(f"Letter {i}: dear goose, wie geht's? Grüße\n" * 5, encoding="utf-8")
    out = tmp_path / "out"
    code, said, _ = command("--corpus", "personal", "--text-path", mine, "--tokenizer-path", learnt, "--out-dir", out)
    assert code == 0
    assert "9 documents" in said
    [train], val = open_tokens(out)
    text = BPETokenizer.load(out / "tokenizer.json").decode(torch_list(train) + torch_list(val))
    assert text.count(DOC_END) == 10
    assert text.replace(DOC_END, "") == "".join(path.read_text(encoding="utf-8") for path in sorted(mine.iterdir()))


def torch_list(tokens) -> list[int]:  # type: ignore[no-untyped-def]
    return tokens.long().tolist()


def test_what_is_wrong_is_said_in_a_sentence(command: Command, learnt: Path, tmp_path: Path) -> None:
    out = ("--out-dir", tmp_path / "out")
    (tmp_path / "empty.txt").write_text("")
    for arguments, expected in (
        (("--tokenizer-path", tmp_path / "no.json"), "there is no tokenizer"),
        (("--tokenizer-path", tmp_path / "no.json"), "python -m scripts.tok_train"),
        (("--corpus", "personal", "--tokenizer-path", learnt), "--text-path"),
        (
            ("--corpus", "personal", "--text-path", tmp_path / "empty.txt", "--tokenizer-path", learnt),
            "there is no text in",
        ),
        (("--corpus", "tinystories", "--shards", 5, "--tokenizer-path", learnt), "1 to 4 shards"),
        (("--threads", 0), "threads must be at least 1"),
    ):
        code, _, error = command(*arguments, *out)
        assert code == 2
        assert expected in error
        assert "Traceback" not in error
    assert not list(tmp_path.glob("out/*.bin"))


def test_tokenizers_are_not_mixed(command: Command, learnt: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    BPETokenizer.train(TRAINED_ON, 280, (DOC_END,)).save(other)
    rest = ("--megabytes", 0.02, "--out-dir", tmp_path / "out")
    assert command("--tokenizer-path", learnt, *rest)[0] == 0
    code, _, error = command("--tokenizer-path", other, *rest)
    assert code == 2
    assert "another tokenizer" in error
    assert "--overwrite" in error
    assert command("--tokenizer-path", other, *rest, "--overwrite")[0] == 0


def settings(tokenizer: Path, out: Path) -> list[str]:
    """One megabyte of tinyworld."""
    return ["--megabytes", "1", "--tokenizer-path", str(tokenizer), "--out-dir", str(out), "--threads", "1"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("how", ["kill -9", "Ctrl-C"])
def test_stopped_in_the_middle_it_goes_on(command: Command, learnt: Path, tmp_path: Path, how: str) -> None:
    """And ends up byte for byte the same."""
    out, whole = tmp_path / "out", tmp_path / "whole"
    running = subprocess.Popen(
        [sys.executable, "-m", "scripts.pre_tokenize", *settings(learnt, out)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    note = out / "train.bin.unfinished.json"
    while running.poll() is None and not note.exists():
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL if how == "kill -9" else signal.SIGINT)
    _, error = running.communicate(timeout=60)
    assert running.returncode == (-signal.SIGKILL if how == "kill -9" else 130)
    if how == "Ctrl-C":
        assert b"Go on with the same command" in error
        assert b"Traceback" not in error
    assert not (out / "train.bin").exists()
    assert json.loads(note.read_text())["written"]["n_documents"] > 0
    code, said, _ = command(*settings(learnt, out))
    assert code == 0
    assert "goes on" in said
    assert command(*settings(learnt, whole))[0] == 0
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in whole.iterdir())
    for path in whole.iterdir():
        assert path.read_bytes() == (out / path.name).read_bytes()
    verify_tokens(out / "train.bin")


def test_a_full_disk_is_one_sentence(
    command: Command, learnt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And later it goes on."""
    rest = ("--corpus", "pydocs", "--tokenizer-path", learnt, "--out-dir", tmp_path / "out")
    with monkeypatch.context() as patch:
        patch.setattr("vibejam_core.text.token_writer.os.fsync", no_room)
        code, _, error = command(*rest)
    assert code == 2
    assert "error: no room left on the disk for" in error
    assert not list((tmp_path / "out").glob("*.bin"))
    assert command(*rest)[0] == 0
    verify_tokens(tmp_path / "out" / "train.bin")


def no_room(descriptor: int) -> None:
    """A disk with room for small files only."""
    if os.fstat(descriptor).st_size > 50_000:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
