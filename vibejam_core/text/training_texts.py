"""The corpora of pretraining under one roof: for each, documents to train on and others to validate on, as streams."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from vibejam_core.text.corpora import pydocs
from vibejam_core.text.corpus_choice import CorpusChoice, Name
from vibejam_core.text.datasets import DATASETS, TINYSHAKESPEARE, fetch_shards, fetch_tinyshakespeare
from vibejam_core.text.document_loader import DocumentSource
from vibejam_core.text.downloads import Patience
from vibejam_core.text.parquet_source import ParquetSource, opened
from vibejam_core.text.sources import ListSource, TinyWorldSource, in_pieces
from vibejam_core.text.streams import files_of
from vibejam_core.text.text_source import ByteRange, census, documents_of, utf8

__all__ = ["CorpusChoice", "Name", "TrainingTexts", "training_texts"]

Say = Callable[[str], None]

VAL_MEGABYTES = 1.0
"""tinyworld validates on no more than this, however much it trains on: enough for three digits of a loss."""


@dataclass(frozen=True)
class TrainingTexts:
    """Documents to train on and documents to validate on; no text is in both, and the latter are always the same."""

    name: str
    train: DocumentSource
    val: DocumentSource | None
    """None where nothing is held out."""
    train_bytes: int
    """About how many bytes of text there are, to show progress with; so also ``val_bytes``."""
    val_bytes: int
    identity: dict[str, Any] = field(default_factory=dict)
    """What makes the documents what they are, as plain data: equal for equal documents."""
    share: Callable[[int, int, int, int], DocumentSource] | None = None
    """``share(rank, world_size, seed, longest)``: one rank's part of the documents to train on, over and over, without
    end. Those of text files are cut so that none has more than ``longest`` characters."""


def training_texts(
    choice: CorpusChoice, *, endpoint: str | None = None, patience: Patience | None = None
) -> TrainingTexts:
    """The documents of a corpus; what has to be downloaded is downloaded first.

    Args:
        choice: which corpus, and how much of it.
        endpoint: of the Hub; None stands for the variable ``HF_ENDPOINT``, or else https://huggingface.co.
        patience: with downloads, and whom to tell what goes on.

    Raises:
        ValueError: if there is no text, or something that is none; if a download stays damaged.
        FileNotFoundError: if there is no such file or folder.
        ConnectionError: if something has to be downloaded and can't be.
    """
    patience = patience or Patience()
    if choice.corpus == "tinyworld":
        return of_tinyworld(choice)
    if choice.corpus in DATASETS:
        folder = choice.data_dir / choice.corpus
        files = fetch_shards(DATASETS[choice.corpus], choice.shards, folder, endpoint=endpoint, patience=patience)
        return of_shards(choice.corpus, files)
    if choice.corpus == "pydocs":
        documents = pydocs(plain_quotes=choice.plain_quotes).documents
        return of_stream(choice, lambda: iter(documents), sum(len(utf8(text)) for text in documents))
    path = choice.text_path
    if path is None:  # tinyshakespeare
        path = fetch_tinyshakespeare(choice.data_dir / choice.corpus, stated=TINYSHAKESPEARE, patience=patience)
    return of_files(choice, path, patience.say)


def of_files(choice: CorpusChoice, path: Path, say: Say) -> TrainingTexts:
    """The documents of text files."""
    size = sum(file.stat().st_size for file in files_of(path))
    if size > 100_000_000:
        say(f"text      {path} is read once, to find out where its last part begins")

    def stream() -> Iterator[str]:
        return documents_of(path, plain_quotes=choice.plain_quotes)

    return of_stream(choice, stream, size)


def of_stream(choice: CorpusChoice, stream: Callable[[], Iterator[str]], size: int) -> TrainingTexts:
    """A text of about ``size`` bytes, whose end is for validation."""
    with tqdm(total=size, unit="B", unit_scale=True, desc="counting", disable=None, leave=False) as bar:
        found = census(stream(), bar.update)
    if found.n_bytes == 0:
        raise ValueError(f"there is no text in {choice.text_path or choice.corpus}. Give a file with some.")
    n_val = round(found.n_bytes * choice.val_fraction)
    border = found.n_bytes - n_val
    facts = {"corpus": choice.corpus, "sha256": found.sha256, "n_bytes": found.n_bytes, "border": border}
    val = ByteRange(stream, border, found.n_bytes)
    train = ByteRange(stream, 0, border)

    def share(rank: int, world_size: int, seed: int, longest: int) -> DocumentSource:
        """A text that is on this disk fits into memory; its long documents are cut, or a packer would drop most."""
        pieces = [piece for text, _ in train.documents() for piece in in_pieces(text, longest)]
        return ListSource(pieces, rank=rank, world_size=world_size, epochs=None, seed=seed)

    return TrainingTexts(choice.corpus, train, val if n_val else None, border, n_val, facts, share)


def of_tinyworld(choice: CorpusChoice) -> TrainingTexts:
    """Documents of the course's own world: those to validate on are about facts that occur in none of the others."""
    sizes = {"train": round(choice.megabytes * 1e6), "val": round(min(choice.megabytes / 9, VAL_MEGABYTES) * 1e6)}
    train, val = (UpTo(TinyWorldSource(choice.kinds, split=split), size) for split, size in sizes.items())
    facts = {"corpus": "tinyworld", "kinds": list(choice.kinds), **sizes}

    def share(rank: int, world_size: int, seed: int, longest: int) -> DocumentSource:
        """New documents for ever: a stream need not end where a file would."""
        return TinyWorldSource(choice.kinds, rank=rank, world_size=world_size, epochs=None)

    return TrainingTexts("tinyworld", train, val, sizes["train"], sizes["val"], facts, share)


@dataclass(frozen=True)
class UpTo:
    """The documents of a source until there are ``n_bytes`` of text; the last one may go over.

    A position is ``{"n_bytes": ..., "inner": ...}``: how much has been given, and the source's own position.
    """

    source: DocumentSource
    n_bytes: int

    def documents(self, position: Any = None) -> Iterator[tuple[str, Any]]:
        """See ``DocumentSource``."""
        made, inner = (position["n_bytes"], position["inner"]) if position else (0, None)
        if made >= self.n_bytes:
            return
        for text, after in self.source.documents(inner):
            made += len(utf8(text))
            yield text, {"n_bytes": made, "inner": after}
            if made >= self.n_bytes:
                return


def of_shards(name: str, files: list[Path]) -> TrainingTexts:
    """Documents in Parquet files, the last of which is for validation."""
    train, val = (ParquetSource(files, split=split) for split in ("train", "val"))
    sizes = [text_bytes(file) for file in files]
    facts = {"corpus": name, "shards": [[file.name, file.stat().st_size] for file in files]}

    def share(rank: int, world_size: int, seed: int, longest: int) -> DocumentSource:
        """Row groups in turn; the shards were shuffled when they were made."""
        return ParquetSource(files, rank=rank, world_size=world_size, epochs=None)

    return TrainingTexts(name, train, val, sum(sizes[:-1]), sizes[-1], facts, share)


def text_bytes(file: Path, column: str = "text") -> int:
    """About how many bytes the texts of a Parquet file have, by what its own table of contents says."""
    with opened(file) as parquet:
        facts = parquet.metadata
        groups = [facts.row_group(i) for i in range(facts.num_row_groups)]
        columns = [group.column(i) for group in groups for i in range(group.num_columns)]
        return int(sum(found.total_uncompressed_size for found in columns if found.path_in_schema == column))
