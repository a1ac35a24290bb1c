"""What lab 14's checks of write_tokens and read_tokens share: files made by hand, and an eye on the disk."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from tests.labs.helpers_files import auditing, fresh_folder, replaced
from vibejam_core.course import expect
from vibejam_core.text.token_header import DTYPES, HEADER_BYTES, MAGIC, VERSION, pack_header

# --- Token files ------------------------------------------------------------------------------------------------------

NAME = "some.tokens"


def token_bytes(tokens: Sequence[int], dtype: str = "uint16") -> bytes:
    """The tokens as they lie in a file, each number's low byte first."""
    return b"".join(token.to_bytes({"uint16": 2, "uint32": 4}[dtype], "little") for token in tokens)


def token_file(path: Path, tokens: Sequence[int], dtype: str = "uint16", **changes: Any) -> bytes:
    """Write a token file by hand, with entries of its header changed; its bytes are returned."""
    data = token_bytes(tokens, dtype)
    facts = {"version": VERSION, "dtype": dtype, "n_tokens": len(tokens), "n_documents": 1, "n_bytes": 3,
             "vocab_size": 2**16 if dtype == "uint16" else 2**17, "tokenizer": "abc",
             "sha256": hashlib.sha256(data).hexdigest()}  # fmt: skip
    path.write_bytes(pack_header(facts | changes) + data)
    return path.read_bytes()


def written(write_tokens: Any, documents: Iterable[Any], vocab_size: int = 300, end_id: int | None = None) -> bytes:
    """The bytes of the file that the learner's writer makes of some documents."""
    with fresh_folder() as folder:
        write_tokens(folder / NAME, documents, vocab_size, "abc", end_id)
        found = names(folder)
        expect.true(NAME in found, f'after writing "{NAME}" there is {", ".join(found) or "nothing"} in its folder')
        return (folder / NAME).read_bytes()


def tokens_in(data: bytes, dtype: str) -> list[int]:
    """The tokens behind a file's header."""
    body = data[HEADER_BYTES:]
    return np.frombuffer(
        body[: len(body) // 4 * 4 if dtype == "uint32" else len(body) // 2 * 2], DTYPES[dtype]
    ).tolist()


def header_in(data: bytes) -> dict[str, Any]:
    """The facts in a file's header; a failed check where there is none."""
    try:
        facts = json.loads(data[len(MAGIC) : HEADER_BYTES])
    except ValueError:
        facts = None
    right = data[: len(MAGIC)] == MAGIC and isinstance(facts, dict)
    expect.true(right, f"the first 1,024 bytes are no header: they begin with {data[:16]!r}")
    assert isinstance(facts, dict)
    return facts


def names(folder: Path) -> list[str]:
    """What lies in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir())


class Watch:
    """An eye on a token file and its ``.part`` while they are written.

    Args:
        path: the token file's. If there is one, it is the old file.
        full: whether the disk is full, which shows when bytes are sent to it.
    """

    def __init__(self, path: Path, full: bool = False) -> None:
        self.path, self.part, self.full = path, path.with_name(f"{path.name}.part"), full
        self.old = path.read_bytes() if path.is_file() else None
        self.seen: list[str] = []
        """What had the token file's name, one after another."""
        self.sent: list[bytes] = []
        """What the ``.part`` held whenever its bytes were sent to the disk."""
        self.inodes: set[int] = set()
        """The inodes that the ``.part`` had."""

    @contextmanager
    def on(self) -> Iterator[Watch]:
        """Look at every call that has to do with files."""
        with (
            mock.patch.object(os, "fsync", self._send),
            replaced(os, "replace", self._then_look),
            replaced(os, "rename", self._then_look),
            auditing(lambda *_: self.look()),
        ):
            yield self
        self.look()

    def look(self) -> None:
        """Note what has the token file's name now."""
        state = self._state()
        if self.seen[-1:] != [state]:
            self.seen.append(state)
        if self.part.is_file():
            self.inodes.add(self.part.stat().st_ino)

    def _state(self) -> str:
        if not self.path.is_file():
            return "nothing"
        data = self.path.read_bytes()
        if data == self.old:
            return "the old file"
        try:
            whole = json.loads(data[len(MAGIC) : HEADER_BYTES])["sha256"]
        except (ValueError, KeyError, TypeError):
            return "an unfinished file"
        return "the new file" if hashlib.sha256(data[HEADER_BYTES:]).hexdigest() == whole else "an unfinished file"

    def _then_look(self, original: Any, *arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        self.look()
        return result

    def _send(self, file: Any) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        inode = os.fstat(file if isinstance(file, int) else file.fileno()).st_ino
        if self.part.is_file() and self.part.stat().st_ino == inode:
            self.sent.append(self.part.read_bytes())


def writable(address: int) -> bool:
    """Whether a program may write to this place in its memory; True where the system doesn't tell."""
    try:
        with Path("/proc/self/maps").open() as maps:
            for line in maps:
                span, rights = line.split()[:2]
                low, high = (int(end, 16) for end in span.split("-"))
                if low <= address < high:
                    return "w" in rights
    except OSError:
        pass
    return True
