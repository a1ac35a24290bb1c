"""Files from the Hugging Face Hub's datasets: whole and checked, or not there at all.

A file arrives under another name, is taken up again where it was cut off, is compared with the checksum that the Hub
states, and only then gets its own name. Beside it stays a note with the checksum, so that later no network is needed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from vibejam_core.text.bpe_artifact import write_artifact
from vibejam_core.text.disk import disk_full, is_full
from vibejam_core.text.hub_errors import hub_library, told

Found = TypeVar("Found")

WAITS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds to wait after one failure, after a second in a row, and so on; then it is given up."""
LONGEST_WAIT = 3600.0
"""More seconds than this aren't waited, whatever a server asks for."""


@dataclass(frozen=True)
class Patience:
    """How often to try again, and whom to tell."""

    waits: tuple[float, ...] = WAITS
    sleep: Callable[[float], None] = time.sleep
    say: Callable[[str], None] = print


@dataclass(frozen=True)
class Stated:
    """What a server says of a file before it sends it."""

    url: str
    n_bytes: int | None
    digest: str
    """The SHA-256 of a large file's bytes (LFS), the SHA-1 that git gives a small one; empty where there is neither."""


@dataclass(frozen=True)
class Wanted:
    """A file, where it comes from, and where it goes."""

    repo: str
    name: str
    server: str
    path: Path

    @property
    def note(self) -> Path:
        """The file that says what the checksum was."""
        return self.path.with_name(f".{self.path.name}.json")

    def told(self, error: Exception) -> Exception:
        """The error for people."""
        if isinstance(error, OSError) and is_full(error):
            return disk_full(error, self.path, "Make some, and start again: it goes on where it stopped.")
        here = f"in {self.path.parent}"
        return told(error, self.repo, self.name, self.server, here=here, way_out="put the file there yourself")


def fetch_file(
    repo: str,
    name: str,
    folder: Path,
    *,
    endpoint: str | None = None,
    revision: str = "main",
    patience: Patience | None = None,
) -> Path:
    """One file of a dataset's repository, in a folder of this disk.

    A file that is there already is taken without asking the Hub. If it was fetched, and has been touched since, it is
    compared with its checksum first and fetched again where it is damaged. On a terminal a bar shows the bytes. Stopped
    at any moment, the next call goes on with the bytes that have arrived. Two programs that want the same file fetch it
    once.

    Args:
        repo: such as ``"roneneldan/TinyStories"``.
        name: the file's name in it, folders included. On this disk it has no folders.
        folder: where it goes; it is made where it isn't there.
        endpoint: the server; None stands for the variable ``HF_ENDPOINT``, or else https://huggingface.co.
        revision: a branch, a tag or a commit.
        patience: None stands for ``Patience()``.

    Raises:
        FileNotFoundError: if the repository has no such file, or there is no such repository, or it isn't public.
        ConnectionError: if the Hub can't be reached, refuses or breaks off, again and again.
        ValueError: if the file arrives damaged twice; if ``repo`` can't be a name; if ``huggingface_hub`` isn't there.
        OSError: if the disk is full, or can't be written to.
    """
    library = hub_library(name)
    wanted = Wanted(repo, name, endpoint or library.constants.ENDPOINT, Path(folder) / PurePosixPath(name).name)

    def ask() -> Stated:
        def url(version: str) -> str:
            return str(library.hf_hub_url(repo, name, repo_type="dataset", revision=version, endpoint=endpoint))

        facts = library.get_hf_file_metadata(url(revision), endpoint=endpoint)
        digest = facts.etag if re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", facts.etag or "") else ""
        return Stated(url(facts.commit_hash or revision), facts.size, digest)

    return fetch(wanted, ask, patience or Patience())


def fetch(wanted: Wanted, ask: Callable[[], Stated], patience: Patience) -> Path:
    """Fetch a file whose size and checksum ``ask`` finds out. Arguments and errors are those of :func:`fetch_file`."""
    library = hub_library(wanted.name)
    wanted.path.parent.mkdir(parents=True, exist_ok=True)
    with library.utils.WeakFileLock(wanted.path.with_name(f".{wanted.path.name}.lock")):
        if is_there(wanted, patience):
            return wanted.path
        stated = patiently(ask, wanted, None, patience)
        part = wanted.path.with_name(f".{wanted.path.name}.{stated.digest[:16]}.part")
        found = ""
        for last in (False, True):
            patiently(lambda: transfer(stated, part, wanted.name), wanted, part, patience)
            found = digest_of(part, like=stated.digest)
            if found == stated.digest:
                keep(wanted, part, found)
                return wanted.path
            part.unlink()
            if not last:
                patience.say(f"{wanted.name} has arrived damaged; it is fetched once more")
        raise ValueError(
            f"{wanted.name} of {wanted.repo} arrives damaged, twice now: its checksum is {found[:16]}..., and "
            f"{wanted.server} states {stated.digest[:16]}.... Nothing of it was kept. Try again later."
        )


def is_there(wanted: Wanted, patience: Patience) -> bool:
    """Whether the file is there and whole; one that was fetched and has been damaged since is deleted.

    A file without a note was put there by hand, and is taken as it is.
    """
    if not wanted.path.exists() or not wanted.note.exists():
        return wanted.path.exists()
    try:
        note = json.loads(wanted.note.read_text(encoding="utf-8"))
        if note["seen"] == seen(wanted.path):
            return True
        if digest_of(wanted.path, like=note["digest"]) == note["digest"]:
            write_artifact(wanted.note, {**note, "seen": seen(wanted.path)})
            return True
    except (ValueError, KeyError, TypeError):
        pass  # a damaged note: nothing is known about the file
    patience.say(f"{wanted.path} has been damaged on this disk; it is fetched again")
    wanted.path.unlink()
    return False


def seen(path: Path) -> list[int]:
    """What changes when a file is written to: its size and the time."""
    facts = path.stat()
    return [facts.st_size, facts.st_mtime_ns]


def keep(wanted: Wanted, part: Path, digest: str) -> None:
    """Give a whole file its name. The note comes first: killed in between, the file is only looked at once more."""
    source = {"repo": wanted.repo, "name": wanted.name, "server": wanted.server}
    write_artifact(wanted.note, {**source, "digest": digest, "seen": seen(part)})
    part.replace(wanted.path)
    for other in part.parent.glob(f".{wanted.path.name}.*.part"):  # begun of a version that is no longer wanted
        other.unlink()


def digest_of(path: Path, like: str) -> str:
    """The checksum of a file, of the kind that ``like`` is (see :class:`Stated`)."""
    if not like:
        return ""
    kind = hashlib.sha256() if len(like) == 64 else hashlib.sha1(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: kind).hexdigest()


def transfer(stated: Stated, part: Path, name: str) -> None:
    """Bring the bytes that are missing.

    The library takes up a broken connection a few times itself. It writes 10 MB at a time, so that much can be lost.
    """
    library = hub_library(name)
    size = part.stat().st_size if part.exists() else 0
    if stated.n_bytes is None or size > stated.n_bytes:
        part.unlink(missing_ok=True)
    with part.open("ab") as stream:
        library.file_download.http_get(
            stated.url,
            stream,
            resume_size=stream.tell(),
            headers=library.utils.build_hf_headers(),
            expected_size=stated.n_bytes,
            displayed_filename=PurePosixPath(name).name,
        )
        stream.flush()
        os.fsync(stream.fileno())


def patiently(act: Callable[[], Found], wanted: Wanted, part: Path | None, patience: Patience) -> Found:
    """Do it; where it fails for a while, again. As long as bytes keep arriving in ``part`` it isn't given up."""
    waits = iter(patience.waits)
    while True:
        before = size_of(part)
        try:
            return act()
        except Exception as error:  # of whichever library huggingface_hub speaks HTTP with
            if size_of(part) > before:
                waits = iter(patience.waits)
            wait = None if is_final(error) else next(waits, None)
            if wait is None:
                raise wanted.told(error) from error
            wait = max(wait, asked_to_wait(error))
            why = " ".join(str(error).split())[:160] or type(error).__name__
            patience.say(f"{wanted.name}: {why}; the next try is in {wait:g} s")
            patience.sleep(wait)


def size_of(part: Path | None) -> int:
    """How many bytes have arrived."""
    return part.stat().st_size if part is not None and part.exists() else 0


def is_final(error: Exception) -> bool:
    """Whether trying again can't help."""
    from huggingface_hub import errors

    if isinstance(error, errors.HFValidationError | errors.EntryNotFoundError | errors.OfflineModeIsEnabled):
        return True
    status = status_of(error)
    if status is not None:
        return 400 <= status < 500 and status not in (408, 429)
    return isinstance(error, PermissionError) or is_full(error)


def status_of(error: Exception) -> int | None:
    """The HTTP status that an error came with, if any."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def asked_to_wait(error: Exception) -> float:
    """How many seconds the server asks to wait, in its header Retry-After: a number, or a date; 0 for none.

    It is never more than ``LONGEST_WAIT``.
    """
    headers: Any = getattr(getattr(error, "response", None), "headers", {})
    asked = headers.get("Retry-After", "")
    try:
        return min(float(asked), LONGEST_WAIT)
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(asked)
    except (TypeError, ValueError):
        return 0.0
    return min(max(0.0, (until - datetime.now(UTC)).total_seconds()), LONGEST_WAIT)
