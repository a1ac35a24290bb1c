"""Documents for a ``DocumentLoader`` that are found by their number: those of a list, and TinyWorld's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np

from vibejam_core.text.shuffle import shuffled
from vibejam_core.text.tinyworld import KINDS, MIX, SPLITS, document
from vibejam_core.text.tinyworld.rng import Draws


class NumberedSource:
    """One rank's share of documents that have numbers: every ``world_size``-th of them, from ``rank`` on.

    A position is ``{"epoch": ..., "index": ..., "world_size": ..., "n_documents": ...}``: the next document of this
    rank has the number ``index * world_size + rank`` in that epoch, and the rest is there to be compared.
    """

    def __init__(
        self,
        text_of: Callable[[int, int], str],
        n_documents: int | None,
        *,
        rank: int = 0,
        world_size: int = 1,
        epochs: int | None = 1,
    ) -> None:
        """Keep what is needed to find a document.

        Args:
            text_of: the text of document ``number`` in ``epoch``: ``text_of(number, epoch)``.
            n_documents: how many there are in an epoch; None for no end.
            rank: which process this is.
            world_size: how many there are.
            epochs: after how many the documents are over; None for never.

        Raises:
            ValueError: if there is no such rank, or there are fewer documents than ranks.
        """
        if not 0 <= rank < world_size:
            raise ValueError(f"there is no rank {rank} among {world_size}: ranks are 0 to {world_size - 1}")
        if n_documents is not None and n_documents < world_size:
            raise ValueError(
                f"there are {n_documents} documents, but {world_size} processes, and each needs at least one. "
                "Give more text, cut it into shorter documents, or use fewer processes."
            )
        self.text_of, self.n_documents, self.epochs = text_of, n_documents, epochs
        self.rank, self.world_size = rank, world_size

    def documents(self, position: Any = None) -> Iterator[tuple[str, Any]]:
        """See ``DocumentSource``. Raises ValueError for a position of other documents or other processes."""
        fixed = {"world_size": self.world_size, "n_documents": self.n_documents}
        position = position or {"epoch": 0, "index": 0, **fixed}
        same_ranks(position, self.world_size)
        if position["n_documents"] != self.n_documents:
            raise ValueError(
                f"this run began with {position['n_documents']} documents, but now there are {self.n_documents}, and "
                "so some that it has seen would come again. Give the corpus that it began with, or start a new run."
            )
        index = position["index"]
        for epoch in count(position["epoch"]):
            if self.epochs is not None and epoch >= self.epochs:
                return
            while self.n_documents is None or index * self.world_size + self.rank < self.n_documents:
                text = self.text_of(index * self.world_size + self.rank, epoch)
                index += 1
                yield text, {"epoch": epoch, "index": index, **fixed}
            index = 0


def same_ranks(position: dict[str, Any], world_size: int) -> None:
    """Refuse a position that was reached with another number of processes."""
    if position["world_size"] != world_size:
        raise ValueError(
            f"this run read its documents with {position['world_size']} processes and can't go on with {world_size}: "
            f"some documents would come twice. Use {position['world_size']} again, or train from a token file "
            "(python -m scripts.pre_tokenize --help), which any number of processes can share."
        )


class ListSource(NumberedSource):
    """The documents of a list, in a new shuffled order in every epoch; with ``seed`` None in their own."""

    def __init__(
        self,
        texts: Sequence[str],
        *,
        rank: int = 0,
        world_size: int = 1,
        epochs: int | None = 1,
        seed: int | None = 0,
    ) -> None:
        self.texts, self.seed = texts, seed
        super().__init__(self.text_at, len(texts), rank=rank, world_size=world_size, epochs=epochs)

    def text_at(self, number: int, epoch: int) -> str:
        """The document at a place of an epoch's order."""
        if self.seed is None:
            return self.texts[number]
        [index] = shuffled(np.array([number]), len(self.texts), f"{self.seed}/{epoch}")
        return self.texts[index]


class TinyWorldSource(NumberedSource):
    """TinyWorld's documents, made when they are asked for. There is no end to them, and none comes twice."""

    def __init__(
        self,
        kinds: Sequence[str] = KINDS,
        *,
        split: str = "train",
        seed: int = 0,
        n_documents: int | None = None,
        rank: int = 0,
        world_size: int = 1,
        epochs: int | None = 1,
    ) -> None:
        """Keep what is to be made.

        Args:
            kinds: which kinds of document; several are mixed at random as ``tinyworld.MIX`` says.
            split: which facts they are about: "train", or "val" for those that no training document has.
            seed: which of the endless series of documents.
            n_documents: how many make an epoch; None for no end.
            rank: which process this is.
            world_size: how many there are.
            epochs: after how many the documents are over; None for never.

        Raises:
            ValueError: if there is no such kind, split or rank.
        """
        unknown = [kind for kind in kinds if kind not in KINDS]
        if unknown or not kinds:
            raise ValueError(f"TinyWorld has no kinds {unknown}. Give at least one of {', '.join(KINDS)}.")
        if split not in SPLITS:
            raise ValueError(f"there is no split {split!r}. There are: {', '.join(SPLITS)}.")
        self.kinds, self.split, self.seed = tuple(kinds), split, seed
        self.weights = [MIX[KINDS.index(kind)] for kind in kinds]
        super().__init__(self.text_at, n_documents, rank=rank, world_size=world_size, epochs=epochs)

    def text_at(self, number: int, epoch: int) -> str:
        """The document of this number, in every epoch the same."""
        draws = Draws(f"tinyworld/kind/{self.split}/{self.seed}/{number}")
        return document(self.kinds[draws.weighted(self.weights)], self.split, self.seed, number).text


def in_pieces(text: str, longest: int) -> Iterator[str]:
    """A text in pieces of at most ``longest`` characters; joined, they are the text.

    It is cut behind an empty line, or else behind a line, or else behind a word, or else anywhere.
    """
    while len(text) > longest:
        found = (text.rfind(mark, 0, longest) + len(mark) for mark in ("\n\n", "\n", " ") if mark in text[:longest])
        cut = next(found, longest)
        yield text[:cut]
        text = text[cut:]
    if text:
        yield text
