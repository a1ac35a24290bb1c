"""Which corpus to pretrain on, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from vibejam_core.text.tinyworld import KINDS

Name = Literal["tinyworld", "pydocs", "personal", "tinyshakespeare", "tinystories", "fineweb-edu"]


@dataclass(frozen=True)
class CorpusChoice:
    """Which documents to train on."""

    corpus: Name = "tinyworld"
    """tinyworld is made by the course itself; pydocs is the Python language reference inside your Python; personal is
    your own text. The others are downloaded: tinyshakespeare, a megabyte of plays; tinystories, 2 GB of small stories;
    fineweb-edu, 100 billion tokens of web pages that teach something, of which you choose how much."""
    megabytes: float = 10.0
    """How much of tinyworld to make, in millions of bytes."""
    kinds: tuple[Literal["story", "question", "arithmetic", "smalltalk", "rewrite", "spelling"], ...] = KINDS  # type: ignore[assignment]
    """Which kinds of tinyworld's documents."""
    text_path: Path | None = None
    """For personal, a UTF-8 file of any length, or a folder of .txt and .md files; for tinyshakespeare, the file, if
    you have it already."""
    val_fraction: float = 0.1
    """For pydocs, personal and tinyshakespeare, the share of the text, at its end, to validate on. The other corpora
    bring validation documents of their own."""
    plain_quotes: bool = True
    """Turn typographic quotes, dashes and ellipses into their typewriter forms. Downloaded shards stay as they are."""
    shards: int = 1
    """How many shards of tinystories (up to 4) or fineweb-edu (up to 1,822, each of 250 million characters) to train
    on. One more, always the same, is for validation."""
    data_dir: Path = Path("data")
    """Where downloads are kept."""

    def __post_init__(self) -> None:
        if self.corpus not in get_args(Name):
            raise ValueError(f"there is no corpus {self.corpus!r}. There are: {', '.join(get_args(Name))}.")
        if self.megabytes <= 0:
            raise ValueError(f"megabytes must be above 0, but it is {self.megabytes}")
        if not 0 <= self.val_fraction < 1:
            raise ValueError(f"val_fraction must be at least 0 and below 1, but it is {self.val_fraction}")
        if self.corpus == "personal" and self.text_path is None:
            raise ValueError("the corpus personal is your own text: say where it is, with --text-path")
        if self.text_path is not None and self.corpus not in ("personal", "tinyshakespeare"):
            raise ValueError(f"the corpus {self.corpus} takes no --text-path. For your own text add --corpus personal.")
