"""Documents from Parquet files, a row group at a time: as many files as you like, in the memory of one row group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from vibejam_core.text.document_loader import row_groups_of
from vibejam_core.text.sources import same_ranks


class Stretch(NamedTuple):
    """Some rows of one row group of one file."""

    file: Path
    group: int
    first: int
    end: int


class ParquetSource:
    """One rank's share of the documents in Parquet files, by row groups, in their order.

    The last file is for validation and never trained on. If there is only one file, that is its last row group; if that
    has only one row group, the last tenth of its rows.

    A position is ``{"epoch": ..., "group": ..., "row": ..., "world_size": ...}``: the next document's place, ``group``
    among this rank's row groups and ``row`` in it. It stays true when more files are put before the last.
    """

    def __init__(
        self,
        files: Sequence[Path],
        *,
        split: str = "train",
        rank: int = 0,
        world_size: int = 1,
        epochs: int | None = 1,
        column: str = "text",
    ) -> None:
        """Read how many row groups each file has, and no document.

        Args:
            files: in the order in which they are to be read, the one for validation last.
            split: "train", or "val" for what is pinned for validation.
            rank: which process this is.
            world_size: how many there are.
            epochs: after how many the documents are over; None for never.
            column: which one holds the text.

        Raises:
            FileNotFoundError: if a file isn't there.
            ModuleNotFoundError: if ``pyarrow`` isn't installed.
            ValueError: if a file is no Parquet file or has no such column of text; if there are fewer row groups than
                processes; if there are too few documents to train on some and validate on others.
        """
        if split not in ("train", "val"):
            raise ValueError(f"there is no split {split!r}. There are: train, val.")
        if not files:
            raise ValueError("there is no Parquet file to read. Give at least one.")
        self.column, self.rank, self.world_size, self.epochs = column, rank, world_size, epochs
        train, val = pinned([self.stretches_of(file) for file in files])
        groups = val if split == "val" else train
        counts = [len(stretches) for stretches in groups]
        if sum(counts) < world_size:
            raise ValueError(
                f"there are {sum(counts)} row groups to read for {split!r}, but {world_size} processes, and each needs "
                "at least one. Use fewer processes, or more files."
            )
        self.stretches = [groups[file][group] for file, group in row_groups_of(counts, rank, world_size)]

    def stretches_of(self, file: Path) -> list[Stretch]:
        """The row groups of a file that have rows."""
        with opened(file) as parquet:
            schema, facts = parquet.schema_arrow, parquet.metadata
            if self.column not in schema.names or str(schema.field(self.column).type) not in ("string", "large_string"):
                raise ValueError(
                    f"{file} has no column of text called {self.column!r}. It has: "
                    f"{', '.join(f'{field.name} ({field.type})' for field in schema)}."
                )
            sizes = [facts.row_group(group).num_rows for group in range(facts.num_row_groups)]
        return [Stretch(file, group, 0, size) for group, size in enumerate(sizes) if size > 0]

    def documents(self, position: Any = None) -> Iterator[tuple[str, Any]]:
        """See ``DocumentSource``. Raises ValueError for a position of another number of processes."""
        position = position or {"epoch": 0, "group": 0, "row": 0, "world_size": self.world_size}
        same_ranks(position, self.world_size)
        group, row = position["group"], position["row"]
        for epoch in count(position["epoch"]):
            if self.epochs is not None and epoch >= self.epochs:
                return
            while group < len(self.stretches):
                for place, text in enumerate(self.texts(self.stretches[group])[row:], start=row + 1):
                    yield text, {"epoch": epoch, "group": group, "row": place, "world_size": self.world_size}
                group, row = group + 1, 0
            group = 0

    def texts(self, stretch: Stretch) -> list[str]:
        """The documents of a stretch; an empty text where a row has none."""
        with opened(stretch.file) as parquet:
            try:
                column = parquet.read_row_group(stretch.group, columns=[self.column]).column(self.column)
            except (OSError, ValueError) as error:  # pyarrow's errors are some of both
                raise damaged(stretch.file, error) from error
        return [text or "" for text in column.slice(stretch.first, stretch.end - stretch.first).to_pylist()]


def pinned(files: Sequence[list[Stretch]]) -> tuple[list[list[Stretch]], list[list[Stretch]]]:
    """Files to train on and those to validate on: no row is in both, and the last ones are for validation."""
    if len(files) > 1:
        return list(files[:-1]), [files[-1]]
    [stretches] = files
    if len(stretches) > 1:
        return [stretches[:-1]], [stretches[-1:]]
    if sum(stretch.end for stretch in stretches) < 2:
        raise ValueError("there is one document or none: too few to train on some and validate on others. Give more.")
    [stretch] = stretches
    cut = stretch.end - max(1, stretch.end // 10)
    return [[stretch._replace(end=cut)]], [[stretch._replace(first=cut)]]


def opened(file: Path) -> Any:
    """A ``pyarrow.parquet.ParquetFile``. The errors say what to do."""
    try:
        parquet = import_module("pyarrow.parquet")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            'Parquet files are read with pyarrow, which is not installed. Run "pip install pyarrow".'
        ) from error
    if not file.is_file():
        raise FileNotFoundError(f"there is no Parquet file {file}. Download it again, or check the spelling.")
    try:
        return parquet.ParquetFile(file)
    except (OSError, ValueError) as error:
        raise damaged(file, error) from error


def damaged(file: Path, error: Exception) -> ValueError:
    """The error for a file that can't be read, with the way out."""
    return ValueError(f"{file} is damaged or no Parquet file: {error}. Delete it and download it again.")
