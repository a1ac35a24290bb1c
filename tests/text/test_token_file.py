"""Token files: whole or not at all, and refused where they can't be trusted."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from vibejam_core.text.token_file import read_tokens, write_tokens
from vibejam_core.text.token_header import HEADER_BYTES, pack_header, read_header, verify_tokens

DOCUMENTS = [([5, 6, 7], 11), ([], 0), ((8,), 2)]


def rewrite(path: Path, **changes: object) -> None:
    """Change entries of a file's header."""
    facts = read_header(path) | changes
    data = path.read_bytes()[HEADER_BYTES:]
    path.write_bytes(pack_header({key: value for key, value in facts.items() if value is not None}) + data)


@pytest.mark.parametrize(("vocab_size", "dtype"), [(65_536, torch.uint16), (65_537, torch.uint32)])
def test_what_is_written_is_read(tmp_path: Path, vocab_size: int, dtype: torch.dtype) -> None:
    path = tmp_path / "some.tokens"
    facts = write_tokens(path, DOCUMENTS, vocab_size, "abc", end_id=65_535)
    tokens = read_tokens(path, "abc")
    assert tokens.dtype == dtype
    assert tokens.long().tolist() == [5, 6, 7, 65_535, 65_535, 8, 65_535]
    assert facts == read_header(path)
    assert (facts["n_tokens"], facts["n_documents"], facts["n_bytes"]) == (7, 3, 13)
    verify_tokens(path)
    assert [file.name for file in tmp_path.iterdir()] == ["some.tokens"]


def test_the_header_is_readable_and_the_tokens_little_endian(tmp_path: Path) -> None:
    path = tmp_path / "some.tokens"
    write_tokens(path, [([1, 258], 2)], 300, "abc")
    data = path.read_bytes()
    assert data[:8] == b"VIBETOKS"
    assert data[1023:] == b"\n\x01\x00\x02\x01"
    assert json.loads(data[8:1024])["tokenizer"] == "abc"


def test_what_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "some.tokens"
    write_tokens(path, [([1], 1)], 10, "abc")
    before = path.read_bytes()

    def documents() -> Iterator[tuple[list[int], int]]:
        yield [2], 1
        assert path.read_bytes() == before
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_tokens(path, documents(), 10, "abc")
    for wrong, says in ([([1], 1), ([3, 10], 1)], "document 1 has the token 10"), ([([-1], 1)], "-1"), ([], "no token"):
        with pytest.raises(ValueError, match=says):
            write_tokens(path, wrong, 10, "abc")
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_a_killed_writer_leaves_no_token_file(tmp_path: Path) -> None:
    path = tmp_path / "some.tokens"
    program = (
        "import os, pathlib, sys\n"
        "from vibejam_core.text.token_file import write_tokens\n"
        "def documents():\n"
        "    yield [1] * 100_000, 1\n"
        "    os._exit(9)\n"
        "write_tokens(pathlib.Path(sys.argv[1]), documents(), 10, 'abc')\n"
    )
    assert subprocess.run([sys.executable, "-c", program, str(path)], env=dict(os.environ)).returncode == 9
    assert not path.exists()
    write_tokens(path, [([1], 1)], 10, "abc")
    assert [file.name for file in tmp_path.iterdir()] == ["some.tokens"]


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_tokens(tmp_path / "some.tokens", [([1], 1)], 10, "abc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"version": 2}, "version 2 .* up to 1"),
        ({"n_tokens": 5}, "1032 bytes, not 1034"),
        ({"n_tokens": 3}, "1032 bytes, not 1030"),
        ({"n_tokens": None}, "no n_tokens"),
        ({"n_tokens": 0}, "0 tokens"),
        ({"dtype": "int8"}, "int8"),
    ],
)
def test_a_damaged_header_is_refused(tmp_path: Path, changes: dict[str, object], says: str) -> None:
    path = tmp_path / "some.tokens"
    write_tokens(path, [([1, 2, 3, 4], 4)], 10, "abc")
    rewrite(path, **changes)
    with pytest.raises(ValueError, match=says):
        read_tokens(path)


def test_what_is_cut_off_or_no_token_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "some.tokens"
    write_tokens(path, [([1, 2, 3, 4], 4)], 10, "abc")
    whole = path.read_bytes()
    for data, says in (
        (whole[:-1], "1031"),
        (whole + b"\0", "1033"),
        (whole[:900], "cut off"),
        (whole[:50], "can't be read"),
        (b"PAR1" + whole[4:], "no token file"),
        (b"", "no token file"),
    ):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=says):
            read_tokens(path)
    with pytest.raises(FileNotFoundError, match="pre_tokenize"):
        read_tokens(tmp_path / "other.tokens")


def test_another_tokenizer_is_refused_with_both_names(tmp_path: Path) -> None:
    path = tmp_path / "some.tokens"
    write_tokens(path, [([1], 1)], 10, "abc")
    with pytest.raises(ValueError, match=r"abc, not xyz"):
        read_tokens(path, "xyz")


def test_changed_tokens_are_found_by_their_checksum(tmp_path: Path) -> None:
    path = tmp_path / "some.tokens"
    write_tokens(path, [([1, 2], 2)], 10, "abc")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="SHA-256"):
        verify_tokens(path)


def test_the_file_never_changes_through_its_tokens(tmp_path: Path) -> None:
    path = tmp_path / "some.tokens"
    write_tokens(path, [(np.array([1, 2]), 2)], 10, "abc")
    before = path.read_bytes()
    tokens = read_tokens(path)
    tokens[0] = 9
    del tokens
    assert path.read_bytes() == before
