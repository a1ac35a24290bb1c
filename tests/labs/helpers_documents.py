"""What lab 14's checks of Packer and DocumentLoader share: packing by hand, and sources that are watched."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from vibejam_core.course import expect

# --- Packing ----------------------------------------------------------------------------------------------------------


def document(number: int, length: int) -> list[int]:
    """A document whose tokens tell where they are from: 7003 is the token 3 of document 7."""
    return [1000 * number + i for i in range(length)]


def lengths(n: int, longest: int, seed: int) -> list[int]:
    """Lengths of documents, from 1 to ``longest``."""
    return np.random.default_rng(seed).integers(1, longest + 1, n).tolist()


def row_by_hand(waiting: list[list[int]], row_length: int) -> list[int]:
    """One row; what is in it is taken out of ``waiting``."""
    row: list[int] = []
    while len(row) < row_length:
        room = row_length - len(row)
        sizes = [len(each) for each in waiting]
        fits = [size for size in sizes if size <= room]
        row += waiting.pop(sizes.index(max(fits) if fits else min(sizes)))[:room]
    return row


def rows_by_hand(documents: Iterable[Sequence[int]], row_length: int, n_waiting: int) -> list[tuple[list[int], int]]:
    """All rows that a loader makes of documents, each with how many documents were taken by then."""
    stream, waiting, rows, taken = iter(documents), [], [], 0
    while True:
        while len(waiting) < n_waiting or sum(map(len, waiting)) < row_length:
            found = next(stream, None)
            if found is None:
                break
            taken += 1
            waiting += [list(found)[:row_length]] if len(found) else []
        if sum(map(len, waiting)) < row_length:
            return rows
        rows.append((row_by_hand(waiting, row_length), taken))


def packer_with(Packer: Any, row_length: int, *sizes: int) -> Any:
    """A packer in which documents of these lengths wait: 1000, 1001, ... is the first, 2000, 2001, ... the second."""
    packer = Packer(row_length)
    for number, size in enumerate(sizes, 1):
        packer.add(document(number, size))
    return packer


def rows_of(packer: Any) -> list[list[int]]:
    """All rows that are left."""
    rows = []
    while packer.ready:
        rows.append(packer.row())
        expect.true(len(rows) < 1000, "there are always documents left for a row: none is ever taken out")
    return rows


# --- Sources ----------------------------------------------------------------------------------------------------------


def encode(text: str) -> list[int]:
    """The tokens of a text such as "7:3": document 7, three tokens long."""
    number, length = text.split(":")
    return document(int(number), int(length))


class Source:
    """Documents of these lengths, as texts that ``encode`` reads, with notes of who asked for what.

    Args:
        sizes: how many tokens each document has.
        epochs: how often they come.
        zero: None for positions that are dictionaries; else they are numbers, and behind document ``zero`` it is 0.
    """

    LIMIT = 3000

    def __init__(self, sizes: Sequence[int], epochs: int = 1, zero: int | None = None) -> None:
        self.texts = [f"{i}:{size}" for i, size in enumerate(sizes)] * epochs
        self.zero, self.n = zero, len(sizes)
        self.asked: list[Any] = []
        """The positions from which documents were asked for."""
        self.taken: list[int] = []
        """The places of the documents that were taken."""

    def documents(self, position: Any = None) -> Iterator[tuple[str, Any]]:
        """The documents behind a position."""
        self.asked.append(position)
        return self._from(self._place(position))

    def position(self, place: int) -> Any:
        """The position in front of a place."""
        if place == 0:
            return None
        if self.zero is not None:
            return place - self.zero - 1
        return {"epoch": (place - 1) // self.n, "row": [(place - 1) % self.n]}

    def _place(self, position: Any) -> int:
        if position is None:
            return 0
        for place in range(1, len(self.texts) + 1):
            if self.position(place) == position:
                return place
        raise LookupError(f"the source was asked for what is behind {position!r}, a position that it never gave")

    def _from(self, start: int) -> Iterator[tuple[str, Any]]:
        for place in range(start, len(self.texts)):
            if len(self.taken) >= self.LIMIT:
                raise RuntimeError(f"more than {self.LIMIT} documents were taken")
            self.taken.append(place)
            yield self.texts[place], self.position(place + 1)

    def rows(self, row_length: int, n_waiting: int) -> list[list[int]]:
        """All rows that a loader should make of them."""
        return [row for row, _ in rows_by_hand(map(encode, self.texts), row_length, n_waiting)]


def batches(loader: Any, limit: int = 500) -> list[list[list[int]]]:
    """The rows of all batches that are left: a row's x, and behind it the last token of its y."""
    found = []
    for _ in range(limit):
        try:
            found.append(batch(loader))
        except StopIteration:
            return found
    expect.true(False, f"the loader doesn't end: there were {limit} batches, and no StopIteration")
    return found


def batch(loader: Any) -> list[list[int]]:
    """The rows of the next batch: each row's x, and behind it the last token of its y."""
    x, y = loader.next_batch()
    return [[*first, second[-1]] for first, second in zip(x.tolist(), y.tolist(), strict=True)]


def in_batches(rows: Sequence[list[int]], batch_size: int) -> list[list[list[int]]]:
    """Whole batches of rows."""
    return [list(rows[i : i + batch_size]) for i in range(0, len(rows) - batch_size + 1, batch_size)]


def loader_of(DocumentLoader: Any, source: Source, B: int, T: int, n_waiting: int = 3) -> Any:
    """A loader of a source's documents."""
    return DocumentLoader(source, encode, B, T, n_waiting)


def ends(loader: Any, what: str) -> None:
    """Whether the loader is at its end, three times over."""
    for i in range(3):
        expect.raises(StopIteration, loader.next_batch, what=f"{what}, asked {('once', 'twice', 'three times')[i]}")


def as_json(state: Any) -> str:
    """The state as text, or a failed check."""
    try:
        return json.dumps(state)
    except (TypeError, ValueError) as error:
        expect.true(False, f"JSON can't hold the state: {error}")
        raise
