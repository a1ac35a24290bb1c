"""Where text comes from: the corpora that need no download, and any file or folder of your own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

DOC_END = "<|doc_end|>"
"""Stands between two documents of a corpus, on a line of its own."""

SUFFIXES = (".txt", ".md")
"""The endings of the files that a folder is searched for."""

PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′", "'"),
        **dict.fromkeys("“”„‟″", '"'),
        **dict.fromkeys("‐‑‒–", "-"),
        "—": "--",
        "…": "...",
        "\u00a0": " ",  # no-break space
        "\u202f": " ",  # narrow no-break space
    }
)
"""Typographic characters and what a typewriter has for them."""


@dataclass(frozen=True)
class Corpus:
    """Some documents under one name."""

    name: str
    documents: tuple[str, ...]
    held_out: tuple[str, ...] = ()
    """Documents to validate on, where a corpus brings its own; else the end of its text serves."""
    floor_bits: float | None = None
    """How many bits the held-out documents hold at least, all together, where that is known: no model needs fewer."""

    @property
    def text(self) -> str:
        """All documents as one text, with ``<|doc_end|>`` between two; a single one exactly as it is."""
        return joined(self.documents)

    @property
    def held_out_text(self) -> str:
        """The held-out documents as one text; empty where there are none."""
        return joined(self.held_out)


def joined(documents: Sequence[str]) -> str:
    """Documents as one text, with ``<|doc_end|>`` between two; a single one exactly as it is."""
    if len(documents) == 1:
        return documents[0]
    return f"\n{DOC_END}\n".join(document.strip("\n") for document in documents)


def clean(text: str, *, plain_quotes: bool = True) -> str:
    """Text as a model should see it: no byte order mark, one kind of line break, and typewriter quotes if wanted."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return text.translate(PLAIN) if plain_quotes else text


def read_text(path: Path, *, plain_quotes: bool = True) -> str:
    """The cleaned text of one UTF-8 file.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is empty, binary or not UTF-8; the message names the file and, where it helps, the byte.
    """
    if not path.exists():
        raise FileNotFoundError(f"there is no file or folder {path}. Check the spelling; you are in {Path.cwd()}.")
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError(f"{path} is UTF-16, not UTF-8. Open it in an editor and save it with the encoding UTF-8.")
    if b"\0" in data:
        raise ValueError(
            f"{path} is not a text file: its byte {data.index(0)} is zero. "
            f"Give a plain text file ({' or '.join(SUFFIXES)})."
        )
    try:
        text = clean(data.decode("utf-8"), plain_quotes=plain_quotes)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is not UTF-8: byte {error.start} is 0x{data[error.start]:02x} ({error.reason}). "
            "Open it in an editor and save it with the encoding UTF-8."
        ) from None
    if not text.strip():
        raise ValueError(f"{path} is empty: there is nothing in it to learn from. Give a file with some text.")
    return text


def split_documents(text: str) -> tuple[str, ...]:
    """The documents of a text, cut at ``<|doc_end|>``; empty ones are left out."""
    return tuple(document for document in text.split(DOC_END) if document.strip())


def text_files(folder: Path) -> tuple[list[Path], list[Path]]:
    """``(wanted, others)``: the text files in a folder and below it, and the files of other kinds, both sorted.

    What starts with a dot is hidden (an editor's or a version control's own) and is in neither list.
    """
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    wanted = [path for path in files if path.suffix.lower() in SUFFIXES]
    return wanted, [path for path in files if path not in set(wanted)]


def personal(path: Path, *, plain_quotes: bool = True) -> Corpus:
    """Your own writing: one file, or every ``.txt`` and ``.md`` in a folder and below it.

    Raises:
        FileNotFoundError: if there is neither a file nor a folder at ``path``.
        ValueError: if a folder holds no text, or a file can't be read as text (see :func:`read_text`).
    """
    files = [path]
    if path.is_dir():
        files, others = text_files(path)
        if not files:
            raise ValueError(
                f"the folder {path} holds no text: no {' or '.join(SUFFIXES)} file in it or below it "
                f"({len(others)} of other kinds). Put some there, or give the path of another folder or file."
            )
    documents = (split_documents(read_text(file, plain_quotes=plain_quotes)) for file in files)
    return Corpus(path.name, tuple(document for found in documents for document in found))


def pydocs(*, plain_quotes: bool = True) -> Corpus:
    """The Python language reference, about 460,000 characters, which lies inside every Python.

    It is what ``help("for")`` shows. Each version of Python has its own edition, so losses differ a little between
    versions.
    """
    topics: dict[str, str] = import_module("pydoc_data.topics").topics
    return Corpus("pydocs", tuple(clean(topics[name], plain_quotes=plain_quotes) for name in sorted(topics)))


def tinyworld(*, megabytes: float = 1.5, kinds: Iterable[str] = ("story",)) -> Corpus:
    """Documents of the course's own small world, made on the spot; see :mod:`vibejam_core.text.tinyworld`.

    The held-out ones, a ninth of the others, are about facts that occur in none of the others. What they hold at least
    is known exactly: the world says how surprising each of its documents is.

    Args:
        megabytes: how much to train on, in millions of bytes.
        kinds: which kinds of document, in equal parts; see ``tinyworld.KINDS``.
    """
    world = import_module("vibejam_core.text.tinyworld")
    train = world.documents(tuple(kinds), "train", 0, round(megabytes * 1e6))
    held_out = list(world.documents(tuple(kinds), "val", 0, round(megabytes * 1e6 / 9)))
    return Corpus(
        "tinyworld",
        tuple(document.text for document in train),
        tuple(document.text for document in held_out),
        sum(document.bits for document in held_out),
    )


CORPORA: dict[str, Callable[..., Corpus]] = {"tinyworld": tinyworld, "pydocs": pydocs}
"""The corpora that have a name; everything else is a path."""


def load(name: str, **settings: Any) -> Corpus:
    """The corpus of this name.

    Args:
        name: a key of ``CORPORA``.
        settings: passed on: ``plain_quotes`` for pydocs, ``megabytes`` and ``kinds`` for tinyworld.

    Raises:
        ValueError: if there is none; the message lists those that there are.
    """
    if name not in CORPORA:
        raise ValueError(f"there is no corpus {name!r}. There are: {', '.join(CORPORA)}.")
    return CORPORA[name](**settings)


def load_corpus(name_or_path: str | Path, *, plain_quotes: bool = True) -> Corpus:
    """A corpus by its name (a key of ``CORPORA``) or by the path of a file or folder.

    Raises:
        FileNotFoundError: if it is neither a name nor an existing path.
        ValueError: if there is no text in it, or something that is not text.
    """
    if isinstance(name_or_path, str) and name_or_path in CORPORA:
        return load(name_or_path)
    return personal(Path(name_or_path), plain_quotes=plain_quotes)
