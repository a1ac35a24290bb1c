"""Which text to train on, and what a token of it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vibejam_core.text.corpora import Corpus, load, load_corpus


@dataclass(frozen=True)
class DataConfig:
    """The text, and how it is cut."""

    corpus: Literal["tinyworld", "pydocs"] = "tinyworld"
    """A corpus that needs no download: tinyworld is made by the course itself, pydocs is the Python language reference
    inside your Python."""
    megabytes: float = 1.5
    """How much of tinyworld to make, in millions of characters."""
    kinds: tuple[Literal["story", "question", "arithmetic", "smalltalk", "rewrite", "spelling"], ...] = ("story",)
    """Which kinds of tinyworld's documents, in equal parts."""
    text_path: Path | None = None
    """Your own text instead: a UTF-8 file, or a folder of .txt and .md files."""
    val_fraction: float = 0.1
    """The share of the text, at its end, that is held back to measure the loss on unseen text. tinyworld brings unseen
    text of its own."""
    plain_quotes: bool = True
    """Turn typographic quotes, dashes and ellipses into their typewriter forms: fewer characters to learn."""
    tokenizer: Literal["char", "bpe"] = "char"
    """What a token is: a character, or a stretch of bytes that byte-pair encoding has learnt from the training text."""
    bpe_vocab_size: int = 512
    """How many different tokens bpe learns at most: 256 bytes, one for each merge, and one that ends a document."""
    tokenizer_path: Path | None = None
    """For bpe, a tokenizer that was made before, instead of learning one: a file that scripts.tok_train wrote."""

    def __post_init__(self) -> None:
        if not 0 <= self.val_fraction < 1:
            raise ValueError(f"val_fraction must be at least 0 and below 1, but it is {self.val_fraction}")
        if not 0.01 <= self.megabytes <= 1000:
            raise ValueError(f"megabytes must be from 0.01 to 1000, but it is {self.megabytes}")
        if not self.kinds:
            raise ValueError("kinds is empty: name at least one kind of document, for example story")
        if self.bpe_vocab_size < 257:
            raise ValueError(
                f"bpe_vocab_size must be at least 257, for 256 bytes and the end of a document, but it is "
                f"{self.bpe_vocab_size}"
            )
        if self.tokenizer_path is not None and self.tokenizer != "bpe":
            raise ValueError(f"tokenizer_path {self.tokenizer_path} is for the tokenizer bpe. Add --tokenizer bpe.")

    def load(self) -> Corpus:
        """Read the corpus. Errors are those of :func:`~vibejam_core.text.corpora.load_corpus`."""
        if self.text_path is not None:
            return load_corpus(self.text_path, plain_quotes=self.plain_quotes)
        if self.corpus == "tinyworld":
            return load("tinyworld", megabytes=self.megabytes, kinds=self.kinds)
        return load(self.corpus, plain_quotes=self.plain_quotes)
