"""From a folder of your own files to one clean text to train on. Nothing leaves your machine."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from vibejam_core.text.corpora import SUFFIXES, Corpus, read_text, split_documents, text_files


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
    """What became of each file."""

    taken: list[Path] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    duplicates: list[tuple[Path, Path]] = field(default_factory=list)
    """Files whose text is that of an earlier one, and which one that is; also left out."""
    left_out: list[tuple[Path, str]] = field(default_factory=list)
    """Files that could not be used, and why."""
    text: str = ""

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
        found.append(f"{len(self.duplicates):>11,} duplicates left out")
        found += [f"{'':11} {path}: same text as {first}" for path, first in self.duplicates]
        found.append(f"{len(self.left_out):>11,} other files left out")
        found += [f"{'':11} {why}" for _, why in self.left_out]
        return found


def prepare_corpus(config: PrepareConfig) -> Report:
    """Read a folder, clean what is in it, and write it as one text with ``<|doc_end|>`` between two documents.

    Files are taken in the order of their paths. What can't be used is left out and reported, not guessed at: a file of
    another kind, an empty one, one that is not UTF-8, and one whose text was there already.

    Raises:
        FileNotFoundError: if there is no such folder.
        NotADirectoryError: if it is a file.
        ValueError: if nothing in it can be used.
    """
    folder = config.input_dir
    if not folder.exists():
        raise FileNotFoundError(f"there is no folder {folder}. Make it and put your .txt and .md files there.")
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file; give the folder that it lies in as --input-dir")
    out = config.out_path.resolve()
    wanted, others = ([path for path in paths if path.resolve() != out] for paths in text_files(folder))
    report = Report(left_out=[(path, f"{path} is no {' or '.join(SUFFIXES)} file") for path in others])
    first_with: dict[str, Path] = {}
    for path in wanted:
        try:
            text = read_text(path, plain_quotes=config.plain_quotes)
        except (ValueError, OSError) as error:
            report.left_out.append((path, str(error)))
            continue
        if text.strip() in first_with:
            report.duplicates.append((path, first_with[text.strip()]))
            continue
        first_with[text.strip()] = path
        report.taken.append(path)
        report.documents.extend(split_documents(text))
    if not report.taken:
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
