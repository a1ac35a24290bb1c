"""How a BPE tokenizer is kept: as plain data with a version and a hash, in a file that is whole or not there."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

VERSION = 1
FIELDS = {"kind": str, "version": int, "pattern": str, "byte_order": list, "merges": list, "special_tokens": list}
"""What an artifact holds, and of which type; besides these its ``sha256``."""


def seal(data: dict[str, Any]) -> str:
    """The SHA-256 of an artifact's fields: one changed merge changes it."""
    fields = json.dumps({name: data[name] for name in FIELDS}, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(fields.encode("ascii")).hexdigest()


def check_artifact(data: Any) -> None:
    """Whether this is the data of a BPE tokenizer, as it was written.

    Raises:
        ValueError: if it isn't; the message says what is wrong.
    """
    if not isinstance(data, dict) or data.get("kind") != "bpe":
        kind = data.get("kind") if isinstance(data, dict) else type(data).__name__
        raise ValueError(f"this is no BPE tokenizer: its kind should be 'bpe', but it is {kind!r}")
    if data.get("version") != VERSION:
        raise ValueError(
            f"this BPE tokenizer has format version {data.get('version')!r}; this version of vibejam_core reads "
            f"{VERSION}. Update vibejam_core, or train the tokenizer again."
        )
    wrong = [name for name, type_ in FIELDS.items() if not isinstance(data.get(name), type_)]
    if wrong:
        raise ValueError(f"this BPE tokenizer is damaged: {', '.join(wrong)} missing or of the wrong type")
    if not all(isinstance(pair, list) and len(pair) == 2 and are(int, pair) for pair in data["merges"]):
        raise ValueError("this BPE tokenizer is damaged: merges should be pairs of token ids")
    for name, type_ in (("byte_order", int), ("special_tokens", str)):
        if not are(type_, data[name]):
            raise ValueError(f"this BPE tokenizer is damaged: {name} should hold nothing but {type_.__name__}")
    if data.get("sha256") != seal(data):
        raise ValueError("this BPE tokenizer is damaged: its hash isn't that of its content, so something was changed")


def are(type_: type, values: list[Any]) -> bool:
    """Whether all values are of a type."""
    return all(isinstance(value, type_) for value in values)


def read_artifact(path: Path) -> Any:
    """The JSON in a file.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is no JSON, for example because it was cut off.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no tokenizer {path}. Check the path; you are in {Path.cwd()}.")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"the tokenizer {path} is damaged: it is no JSON ({error}). Make it again.") from error


def write_artifact(path: Path, data: dict[str, Any]) -> None:
    """Write a JSON file that is whole or not there: under another name first, flushed, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(json.dumps(data, ensure_ascii=True) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
