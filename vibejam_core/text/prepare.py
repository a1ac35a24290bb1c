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
    folder = config.input_dir
    if not folder.exists():
        raise FileNotFoundError(f"there is no folder {folder}. Make it and put your .txt and .md files there.")
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file; give the folder that it lies in as --input-dir")
    own = config.out_path.resolve()
    wanted, others = ([path for path in found if path.resolve() != own] for found in text_files(folder))
    report = Report(left_out=[(path, f"{path} is no {' or '.join(SUFFIXES)} file") for path in others])
    first_in: dict[str, Path] = {}
    for path in wanted:
        try:
            documents = split_documents(read_text(path, plain_quotes=config.plain_quotes))
        except (ValueError, OSError) as error:
            report.left_out.append((path, str(error)))
            continue
        if not documents:
            report.left_out.append((path, f"{path} holds nothing but {DOC_END}"))
        for document in documents:
            if document.strip() in first_in:
                report.duplicates.append((path, first_in[document.strip()]))
                continue
            first_in[document.strip()] = path
            report.documents.append(document)
            if path not in report.taken:
                report.taken.append(path)
    if not report.documents:
        reasons = " ".join(f"{why.rstrip('.')}." for _, why in report.left_out[:3])
        raise ValueError(f"nothing in {folder} can be used: it needs {' or '.join(SUFFIXES)} files. {reasons}")
    report.text = Corpus(folder.name, tuple(report.documents)).text
    write_text(config.out_path, report.text)
    return report


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    os.replace(temporary, path)
