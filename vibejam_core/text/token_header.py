"""What stands before the tokens of a token file: how many there are, which tokenizer made them, and their checksum.

A token file is a header of exactly 1,024 bytes and then the tokens, one after another, little-endian. The header is the
magic word, one JSON object, spaces, and a line break as its last byte: ``head -c 1024`` shows it. Its entries:

- ``version``: of this format.
- ``dtype``: "uint16" or "uint32", the type of each token.
- ``n_tokens``: how many there are in the file.
- ``n_documents``: of how many documents.
- ``n_bytes``: how many bytes the documents' raw text had.
- ``vocab_size``: every token is below it.
- ``tokenizer``: the ``fingerprint`` of the tokenizer that made them.
- ``sha256``: of the tokens' bytes.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

MAGIC = b"VIBETOKS"
VERSION = 1
HEADER_BYTES = 1024
DTYPES = {"uint16": "<u2", "uint32": "<u4"}
"""The types that a token can have, and what NumPy calls them: little-endian, whatever machine this is."""
PARTS = {"version", "dtype", "n_tokens", "n_documents", "n_bytes", "vocab_size", "tokenizer", "sha256"}


def pack_header(facts: dict[str, Any]) -> bytes:
    """The 1,024 bytes that say ``facts``."""
    return (MAGIC + json.dumps(facts).encode("ascii")).ljust(HEADER_BYTES - 1) + b"\n"


def read_header(path: Path) -> dict[str, Any]:
    """The facts that a token file's header says.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no token file, its header is damaged, or its version is newer than ``VERSION``; the message
            names the file, and both versions.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no token file {path}. Make one: python -m scripts.pre_tokenize --help")
    with path.open("rb") as stream:
        header = stream.read(HEADER_BYTES)
    if not header.startswith(MAGIC):
        raise ValueError(f"{path} is no token file: it doesn't begin with {MAGIC.decode()}. Give another path.")
    try:
        facts = json.loads(header[len(MAGIC) :])
    except ValueError as error:
        raise damaged(path, "its header can't be read") from error
    if not isinstance(facts, dict) or len(header) < HEADER_BYTES:
        raise damaged(path, "its header is cut off or changed")
    version = facts.get("version")
    if isinstance(version, int) and version > VERSION:
        raise ValueError(
            f"{path} has version {version} of the token file's format; this version of vibejam_core reads up to "
            f"{VERSION}. Update vibejam_core, or make the file again."
        )
    missing = PARTS - facts.keys()
    if missing:
        raise damaged(path, f"its header has no {', '.join(sorted(missing))}")
    if facts["dtype"] not in DTYPES or not isinstance(facts["n_tokens"], int) or facts["n_tokens"] < 1:
        raise damaged(path, f"its header says {facts['n_tokens']} tokens of {facts['dtype']}")
    return facts


def damaged(path: Path, what: str) -> ValueError:
    """The error for a token file that can't be trusted, with the way out."""
    return ValueError(f"the token file {path} is damaged: {what}. Delete it and make it again.")


def verify_tokens(path: Path) -> None:
    """Read a token file once, all of it, and compare its tokens with the checksum in its header.

    Raises:
        ValueError: if they differ, or as :func:`read_header` says.
    """
    expected = read_header(path)["sha256"]
    with path.open("rb") as stream:
        stream.seek(HEADER_BYTES)
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != expected:
        raise damaged(path, f"its tokens have the SHA-256 {found[:16]}, not {expected[:16]}")
