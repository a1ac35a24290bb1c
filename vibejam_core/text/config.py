"""Which text to train on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vibejam_core.text.corpora import Corpus, load, load_corpus


@dataclass(frozen=True)
class DataConfig:
    """The text, and how it is cut."""

    corpus: Literal["pydocs"] = "pydocs"
    """A corpus that needs no download: pydocs is the Python language reference inside your Python."""
    text_path: Path | None = None
    """Your own text instead: a UTF-8 file, or a folder of .txt and .md files."""
    val_fraction: float = 0.1
    """The share of the text, at its end, that is held back to measure the loss on unseen text."""
    plain_quotes: bool = True
    """Turn typographic quotes, dashes and ellipses into their typewriter forms: fewer characters to learn."""

    def __post_init__(self) -> None:
        if not 0 <= self.val_fraction < 1:
            raise ValueError(f"val_fraction must be at least 0 and below 1, but it is {self.val_fraction}")

    def load(self) -> Corpus:
        """Read the corpus. Errors are those of :func:`~vibejam_core.text.corpora.load_corpus`."""
        if self.text_path is not None:
            return load_corpus(self.text_path, plain_quotes=self.plain_quotes)
        return load(self.corpus, plain_quotes=self.plain_quotes)
