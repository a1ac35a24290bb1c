# Yours to write, in lab 07 (In your own voice).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check prepare.prepare_corpus
"""From a folder of your own files to one clean text to train on. Nothing leaves your machine."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from vibejam_core.text.corpora import DOC_END, SUFFIXES, Corpus, read_text, split_documents, text_files


@dataclass(frozen=True)
class PrepareConfig:
    """Turn a folder of .txt and .md files into one text to train on, and report what went in and what did not."""

    input_dir: Path = Path("data/raw")
    """The folder with your files; folders in it are searched too."""
    out_path: Path = Path("data/personal_corpus.txt")
    """The text to write."""
    plain_quotes: bool = True
    """Turn typographic quotes, dashes and ellipses into their typewriter forms: fewer characters to learn."""


@dataclass
class Report:
    """What became of each file and document."""

    taken: list[Path] = field(default_factory=list)
    """Files of which at least one document is in the text."""
    documents: list[str] = field(default_factory=list)
    duplicates: list[tuple[Path, Path]] = field(default_factory=list)
    """For each document left out because it was there already: its file, and the file of the first one."""
    left_out: list[tuple[Path, str]] = field(default_factory=list)
    """Files of which nothing could be used, and why; those that hold duplicates only are not among them."""
    text: str = ""
    """All documents as one text."""

    def lines(self, rare: int = 10) -> list[str]:
        """The report for people; characters that occur fewer than ``rare`` times are listed."""
        counts = Counter(self.text)
        seldom = sorted(character for character, count in counts.items() if count < rare)
        found = [
            f"{len(self.taken):>11,} files taken, {len(self.documents):,} documents",
            f"{len(self.text):>11,} characters, {len(self.text.encode('utf-8')):,} bytes",
            f"{len(counts):>11,} different characters, {len(seldom):,} of them fewer than {rare} times",
        ]
        if seldom:
            named = " ".join(repr(character)[1:-1] for character in seldom[:40])
            found.append(f"{'':11} {named}{' ...' if len(seldom) > 40 else ''}")
        found.append(f"{len(self.duplicates):>11,} duplicate documents left out")
        found += [f"{'':11} {path}: was in {first} already" for path, first in self.duplicates]
        found.append(f"{len(self.left_out):>11,} other files left out")
        found += [f"{'':11} {why}" for _, why in self.left_out]
        return found


def prepare_corpus(config: PrepareConfig) -> Report:
    """Make one text of a folder of files, and report what went in and what did not.

    The files are those that :func:`text_files` finds, in its order, without the file
    ``config.out_path`` itself, which is neither read nor reported. Each is read with
    :func:`read_text`, told ``config.plain_quotes``, and cut with
    :func:`split_documents`. Of documents that are equal, white space at their ends
    aside, only the first is taken, with its white space. The text is that of a
    :class:`Corpus` with the taken documents; :func:`write_text` writes it to
    ``config.out_path``.

    What can't be used is left out and reported, with a reason that names the file:

    - a file of another kind; its reason names the endings in ``SUFFIXES``, too;
    - one that ``read_text`` refuses with a ValueError or an OSError; its reason is the
      error's text;
    - one in which there is no document, because it holds nothing but separators.

    Args:
        config: the folder, the file to write, and how to treat quotes.

    Returns:
        What became of each file and document, and the text; see :class:`Report`.

    Raises:
        FileNotFoundError: if there is no such folder; the message names it.
        NotADirectoryError: if it is a file; the message names it.
        ValueError: if nothing in it can be used; the message names the folder and at
            least one reason, if there is one. Nothing is written then.
    """
    raise NotImplementedError(
        "prepare.prepare_corpus: one text of many files, and a report (lab 07)"
    )


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    os.replace(temporary, path)
