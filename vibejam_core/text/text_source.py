"""The documents of text files of any length, one by one, and the border between training and validation in them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vibejam_core.text.corpora import DOC_END
from vibejam_core.text.streams import CUT, files_of, stream_file

LONGEST = 1 << 22
"""A document of more characters than this becomes several, so that memory stays small."""


def documents_of(path: Path, *, plain_quotes: bool = True, longest: int = LONGEST) -> Iterator[str]:
    """The documents of a text file, or of the ``.txt`` and ``.md`` files of a folder, in order of their names.

    A file is cut at ``<|doc_end|>``, and the line breaks around it are no part of a document. A document longer than
    ``longest`` is cut too, where a line or a word begins. Empty ones are left out.

    Raises:
        FileNotFoundError: if there is nothing at ``path``.
        ValueError: if a folder holds no text file, or a file is no text; the message names it.
    """
    for file in files_of(path):
        rest, cut_before = "", False
        for text, _ in stream_file(file, plain_quotes=plain_quotes):
            *whole, rest = (rest + text).split(DOC_END)
            for document in whole:
                yield from in_parts(document.strip("\n"), longest)
            if whole:
                cut_before, rest = True, rest.lstrip("\n")
            while len(rest) > longest + len(DOC_END):  # half of a <|doc_end|> may be at its end
                cut = last_cut(rest[:longest])
                yield rest[:cut]
                rest = rest[cut:]
        yield from in_parts(rest.strip("\n") if cut_before else rest, longest)


def in_parts(text: str, longest: int) -> Iterator[str]:
    """A text in parts that are no longer than ``longest``; nothing where there is nothing but white space."""
    if not text.strip():
        return
    while len(text) > longest:
        cut = last_cut(text[:longest])
        yield text[:cut]
        text = text[cut:]
    yield text


def last_cut(text: str) -> int:
    """The last place in a text where a line begins, else where a word does, else its end; never its beginning."""
    found = CUT.search(text, 1)
    return text.rfind("\n") + 1 or (found.start() if found else len(text))


def utf8(text: str) -> bytes:
    """A text's bytes; half a character, which Python's strings can hold, counts as it is."""
    return text.encode("utf-8", "surrogatepass")


@dataclass(frozen=True)
class Census:
    """What there is in a stream of documents."""

    n_documents: int
    n_bytes: int
    sha256: str
    """Of all documents: it tells whether a text is still the one that it was."""


def census(documents: Iterable[str], tick: Callable[[int], object] = lambda _: None) -> Census:
    """Count documents and their bytes; ``tick`` is told how many bytes each has."""
    n_documents, n_bytes, checksum = 0, 0, hashlib.sha256()
    for text in documents:
        data = utf8(text)
        n_documents, n_bytes = n_documents + 1, n_bytes + len(data)
        checksum.update(b"%d:" % len(data) + data)
        tick(len(data))
    return Census(n_documents, n_bytes, checksum.hexdigest())


@dataclass(frozen=True)
class ByteRange:
    """A source of documents: those between two places of a stream, counted in bytes of its documents.

    A document that reaches over a border is cut there, where a line or a word begins before it. So two ranges that
    share a border have no character in common, and together they have all.

    A position is how many documents of the range have been given, ``{"document": ...}``.
    """

    stream: Callable[[], Iterator[str]]
    """The documents from the beginning, each time it is called."""
    begin: int
    end: int

    def documents(self, position: Any = None) -> Iterator[tuple[str, Any]]:
        """See ``DocumentSource``."""
        done = position["document"] if position else 0
        for number, text in enumerate(self._inside(), start=1):
            if number > done:
                yield text, {"document": number}

    def _inside(self) -> Iterator[str]:
        """The documents of the range."""
        offset = 0
        for text in self.stream():
            if offset >= self.end:
                return
            size = len(utf8(text))
            first, last = cut_at(text, self.begin - offset, size), cut_at(text, self.end - offset, size)
            if text[first:last].strip():
                yield text[first:last]
            offset += size


def cut_at(text: str, n_bytes: int, size: int) -> int:
    """How many characters of a text of ``size`` bytes come before the border that is ``n_bytes`` into it."""
    if n_bytes <= 0:
        return 0
    if n_bytes >= size:
        return len(text)
    return last_cut(utf8(text)[:n_bytes].decode("utf-8", "ignore"))
