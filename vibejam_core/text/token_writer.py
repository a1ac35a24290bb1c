"""A token file that takes hours to write: stopped at any moment, it goes on where it was, and ends up the same."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np

from vibejam_core.text.bpe_artifact import write_artifact
from vibejam_core.text.disk import disk_full, is_full
from vibejam_core.text.token_header import DTYPES, HEADER_BYTES, VERSION, pack_header

Say = Callable[[str], None]

UNFINISHED = ".unfinished"
"""Ends the name of a token file that is still being written; the note beside it is called ``.unfinished.json``."""
SAVE_SECONDS = 2.0
"""At least so long it is between two notes, so so much work can be lost."""


@dataclass(frozen=True)
class Written:
    """How far it is. One object, put in its place in one step, so that no interruption finds half of a change."""

    n_tokens: int = 0
    n_documents: int = 0
    n_bytes: int = 0
    position: Any = None
    """Where the source goes on, in its own words; None for the beginning."""


class ResumableTokenWriter:
    """Writes what :func:`~vibejam_core.text.token_file.write_tokens` writes, over several sittings.

    The tokens go into ``PATH.unfinished``, which no reader takes for a token file: it has no header yet. Every few
    seconds they are sent to the disk, and then a note beside them says how far they are good. Whoever opens the writer
    for the same path again goes on from that note: what stands behind it is cut off, ``written.position`` says where
    the documents go on. ``finish`` puts the header in, and gives the file its name in one step.

    Use it in a ``with`` block: an error or Ctrl-C in it saves first. After a kill, the last note counts.

    Attributes:
        written: how far it is.
    """

    def __init__(
        self,
        path: Path,
        source: Any,
        vocab_size: int,
        fingerprint: str,
        end_id: int | None = None,
        *,
        save_seconds: float = SAVE_SECONDS,
        say: Say = print,
    ) -> None:
        """Begin, or go on.

        Args:
            path: of the token file; its folder exists.
            source: what the documents are, as plain data: one who goes on must say the same.
            vocab_size: every token must be at least 0 and below it.
            fingerprint: of the tokenizer.
            end_id: the token that ends every document; None for none.
            save_seconds: how long it is between two notes.
            say: is told that it goes on.

        Raises:
            ValueError: if what was begun there is of another source or another tokenizer; the message names both.
            BlockingIOError: if another program is writing there.
            OSError: if the disk is full or can't be written to.
        """
        self.path = path
        self.dtype = "uint16" if vocab_size <= 2**16 else "uint32"
        self.end = [] if end_id is None else [end_id]
        self.vocab_size, self.fingerprint = vocab_size, fingerprint
        self.same = {
            "version": VERSION,
            "tokenizer": fingerprint,
            "vocab_size": vocab_size,
            "end_id": end_id,
            "source": source,
        }
        self.save_seconds = save_seconds
        self.part = path.with_name(path.name + UNFINISHED)
        self.note = path.with_name(path.name + UNFINISHED + ".json")
        self.written = Written()
        self.stream: BinaryIO = self.part.open("r+b" if self.part.exists() else "w+b")
        try:
            lock(self.stream, path)
            self.checksum = hashlib.sha256()
            self._go_on(say)
        except BaseException:
            self.stream.close()
            raise
        self.saved_at = float("-inf")  # so the first document is followed by a note

    def _go_on(self, say: Say) -> None:
        """Find out how far it is, and cut off what stands behind that."""
        found = read_note(self.note)
        if found is not None:
            self._must_be_the_same(found["same"])
            written = Written(**found["written"])
            size = HEADER_BYTES + written.n_tokens * np.dtype(DTYPES[self.dtype]).itemsize
            if self.part.stat().st_size >= size:
                say(f"goes on   {self.path.name} has {written.n_tokens:,} tokens of {written.n_documents:,} documents")
                self.written = written
                self.stream.truncate(size)
                self.stream.seek(HEADER_BYTES)
                while chunk := self.stream.read(1 << 22):
                    self.checksum.update(chunk)
                return
        self.stream.truncate(0)
        self.stream.write(bytes(HEADER_BYTES))

    def _must_be_the_same(self, begun: dict[str, Any]) -> None:
        """Whether what was begun is what is to go on."""
        ours = json.loads(json.dumps(self.same))
        if begun.get("tokenizer") != ours["tokenizer"]:
            raise ValueError(
                f"{self.part} was begun with another tokenizer: {begun.get('tokenizer')}, not {ours['tokenizer']}. "
                "Give the tokenizer that began it, another folder, or begin anew with --overwrite."
            )
        for name in ours:
            if begun.get(name) != ours[name]:
                raise ValueError(
                    f"{self.part} was begun with another {name}: {shortened(begun.get(name))}, not "
                    f"{shortened(ours[name])}. Give the same again, another folder, or begin anew with --overwrite."
                )

    def add(self, ids: Sequence[int], n_bytes: int, position: Any) -> None:
        """Add a document.

        Args:
            ids: its tokens, perhaps none.
            n_bytes: how many bytes its text has.
            position: where the source goes on behind it, as plain data.

        Raises:
            ValueError: if a token is outside the vocabulary; the message names it and the document's number, from 0.
            OSError: if the disk is full or can't be written to.
        """
        tokens = np.array([*ids, *self.end], dtype=np.int64)  # (n,)
        wrong = tokens[(tokens < 0) | (tokens >= self.vocab_size)]
        old = self.written
        if len(wrong):
            raise ValueError(
                f"document {old.n_documents} has the token {wrong[0]}, but a vocab_size of {self.vocab_size} "
                f"has tokens from 0 to {self.vocab_size - 1}. Give the tokenizer that made it."
            )
        data = tokens.astype(DTYPES[self.dtype]).tobytes()
        try:
            self.stream.write(data)
        except OSError as error:
            raise self._told(error) from error
        self.checksum.update(data)
        self.written = Written(
            old.n_tokens + len(tokens), old.n_documents + 1, old.n_bytes + n_bytes, position
        )  # all at once
        if time.monotonic() - self.saved_at >= self.save_seconds:
            self.save()

    def save(self) -> None:
        """Send the tokens to the disk, and then write down how far they are good."""
        written = self.written
        try:
            self.stream.flush()
            os.fsync(self.stream.fileno())
            write_artifact(self.note, {"same": self.same, "written": asdict(written)})
        except OSError as error:
            raise self._told(error) from error
        self.saved_at = time.monotonic()

    def finish(self) -> dict[str, Any]:
        """Put the header in and give the file its name.

        Returns:
            The facts that stand in the header, as :func:`~vibejam_core.text.token_file.write_tokens` returns them.

        Raises:
            ValueError: if there isn't a single token.
            OSError: if the disk is full or can't be written to.
        """
        written = self.written
        if written.n_tokens == 0:
            raise ValueError(
                f"there is no token to write to {self.path}: the {written.n_documents} documents have none"
            )
        facts = {
            "version": VERSION,
            "dtype": self.dtype,
            "n_tokens": written.n_tokens,
            "n_documents": written.n_documents,
            "n_bytes": written.n_bytes,
            "vocab_size": self.vocab_size,
            "tokenizer": self.fingerprint,
            "sha256": self.checksum.hexdigest(),
        }
        self.save()
        try:
            self.stream.seek(0)
            self.stream.write(pack_header(facts))
            self.stream.flush()
            os.fsync(self.stream.fileno())
        except OSError as error:
            raise self._told(error) from error
        self.stream.close()
        self.part.replace(self.path)
        self.note.unlink()
        return facts

    def _told(self, error: OSError) -> OSError:
        """The error for people, where the disk is full; any other one as it is."""
        what_now = "What is finished is kept. Make some room and start again: it goes on where it stopped."
        return disk_full(error, self.path, what_now) if is_full(error) else error

    def __enter__(self) -> ResumableTokenWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.stream.closed:
            return
        try:
            if self.written.n_documents and not (error is not None and is_full(error)):
                self.save()
        finally:
            with suppress(OSError):  # what a full disk doesn't take is behind the last note
                self.stream.close()


def read_note(path: Path) -> dict[str, Any] | None:
    """What an unfinished file's note says; None where there is none, or nobody can read it."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        Written(**found["written"])
        return found if isinstance(found["same"], dict) else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def discard(path: Path) -> None:
    """Delete a token file, and what was begun of it."""
    for name in (path.name, path.name + UNFINISHED, path.name + UNFINISHED + ".json"):
        path.with_name(name).unlink(missing_ok=True)


def lock(stream: BinaryIO, path: Path) -> None:
    """Keep other programs from writing the same file. It ends with this one, however that ends."""
    try:
        import fcntl
    except ImportError:  # Windows, where a file that is open can't be renamed under our feet anyway
        return
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BlockingIOError(
            f"another program is writing {path} right now. Wait for it, or give another folder."
        ) from None


def shortened(value: Any) -> str:
    """A value for a message."""
    text = json.dumps(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
