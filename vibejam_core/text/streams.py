"""Texts of any length, piece by piece, so that memory stays small however much there is to read."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

import regex

from vibejam_core.text.corpora import PLAIN, SUFFIXES, text_files

CHUNK = 1 << 20
"""How many bytes are read at a time."""
LONGEST = 16 * CHUNK
"""A text without any place to cut is cut anywhere when it has become as long as this."""
CUT = regex.compile(r"(?r)(?<=\n)(?=\S)|(?<=\S)(?= )")
"""Where no tokenizer's piece reaches across: before a line's first letter, or before the space that begins a word.

``(?r)`` searches from the end, so the first place found is the last one there is.
"""


def stream_file(path: Path, *, plain_quotes: bool = True, chunk: int = CHUNK) -> Iterator[tuple[str, int]]:
    """The cleaned text of one UTF-8 file, bit by bit; joined, it is what ``corpora.read_text`` gives.

    Yields:
        ``(text, n_bytes)``: some text, and how many bytes of the file were read for it.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is binary or not UTF-8; the message names the file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}. Check the spelling; you are in {Path.cwd()}.")
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest = ""
    with path.open("rb") as stream:
        while data := stream.read(chunk):
            if b"\0" in data:
                raise ValueError(
                    f"{path} is not a text file: it holds zero bytes. Give a plain text file ({' or '.join(SUFFIXES)})."
                )
            rest += decoded(decoder, data, path)
            held = rest[-1:] if rest.endswith("\r") else ""  # its line feed may come next
            text = rest[: len(rest) - len(held)].replace("\r\n", "\n").replace("\r", "\n")
            found = CUT.search(text)
            cut = found.start() if found else len(text) if len(text) > LONGEST else 0
            rest = text[cut:] + held
            yield text[:cut].translate(PLAIN) if plain_quotes else text[:cut], len(data)
    rest = (rest + decoded(decoder, b"", path, final=True)).replace("\r\n", "\n").replace("\r", "\n")
    yield rest.translate(PLAIN) if plain_quotes else rest, 0


def decoded(decoder: codecs.IncrementalDecoder, data: bytes, path: Path, final: bool = False) -> str:
    """Bytes as text. Raises ValueError that names the file where they are no UTF-8."""
    try:
        return decoder.decode(data, final)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is not UTF-8: it holds the byte 0x{error.object[error.start]:02x} where none may be "
            f"({error.reason}). Open it in an editor and save it with the encoding UTF-8."
        ) from None


def files_of(path: Path) -> list[Path]:
    """The text files that a path stands for: itself, or those in and below a folder.

    Raises:
        FileNotFoundError: if there is nothing at ``path``.
        ValueError: if a folder holds no text file.
    """
    if path.is_dir():
        files, _ = text_files(path)
        if not files:
            raise ValueError(f"the folder {path} holds no text: no {' or '.join(SUFFIXES)} file in it or below it.")
        return files
    if not path.exists():
        raise FileNotFoundError(f"there is no file or folder {path}. Check the spelling; you are in {Path.cwd()}.")
    return [path]
