# Yours to write, in lab 14 (Data at scale).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check document_loader.row_groups_of
"""From a stream of documents to batches, a share for each rank, and back to the very token after a stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from vibejam_core.text.packing import Packer


class DocumentSource(Protocol):
    """Where one rank's documents come from, one by one, in an order that is always the same."""

    def documents(self, position: Any = None) -> Iterator[tuple[str, Any]]:
        """The documents from a position on.

        Args:
            position: one that came with a document: those after it are wanted. None
                means the beginning.

        Yields:
            ``(text, position)``: a document, and the position behind it, as data that
            JSON can hold and that nobody changes. What is in it only the source knows:
            the file, the row, the epoch. The documents are over after the last epoch;
            some sources never end.
        """


def row_groups_of(counts: Sequence[int], rank: int, world_size: int) -> list[tuple[int, int]]:
    """Which row groups of a corpus one rank reads.

    A Parquet file is made of row groups, and each can be read alone. All groups of all
    files, in order, are dealt out like cards: the first to rank 0, the second to rank
    1, and after rank ``world_size - 1`` it is rank 0's turn again. Dealing goes on from
    file to file: it doesn't begin anew with each. So every group belongs to exactly one
    rank, and no two ranks have numbers of groups that differ by more than 1.

    Args:
        counts: for each file, how many row groups it has; there may be none.
        rank: which process this is, from 0.
        world_size: how many processes there are.

    Returns:
        ``(file, group)`` for each group of this rank, in order: the file's place in
        ``counts`` and the group's in its file, both from 0. It is empty if there are
        fewer groups than would reach this rank.

    Raises:
        ValueError: if there is no such rank; the message names ``rank`` and
            ``world_size``.
    """
    raise NotImplementedError(
        "document_loader.row_groups_of: deal all row groups out like cards; this rank's "
        "share (lab 14)"
    )


class DocumentLoader:
    """Batches of packed rows from a source of documents.

    Text goes in at one end, ``source.documents()``; ``encode`` makes tokens of each
    document; a ``Packer`` makes rows of T + 1 tokens; B rows are a batch.

    ``self.source``, ``self.encode``, ``self.batch_size``, ``self.block_size`` and
    ``self.n_waiting`` are what was handed in. ``self.packer`` is the packer,
    ``self.position`` the position behind the last document that was taken from the
    source (None before the first), and ``self.documents`` the source's iterator, or
    None as long as it has not been asked for one. As long as you have written only some
    of the methods, the others rely on these names.
    """

    def __init__(
        self,
        source: DocumentSource,
        encode: Callable[[str], Sequence[int]],
        batch_size: int,
        block_size: int,
        n_waiting: int = 100,
    ) -> None:
        """Begin at the source's beginning, without reading anything.

        Args:
            source: this rank's documents.
            encode: makes a document's tokens of its text, with whatever marks its
                beginning or end.
            batch_size: B, how many rows a batch has.
            block_size: T, how many tokens a row of ``x`` has.
            n_waiting: how many documents the packer can choose from. The more, the
                fewer must be cut.

        Raises:
            ValueError: if one of the three numbers is below 1; the message names it.
        """
        for name, value in (("batch_size", batch_size), ("block_size", block_size), ("n_waiting", n_waiting)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, but it is {value}")
        self.source, self.encode = source, encode
        self.batch_size, self.block_size, self.n_waiting = batch_size, block_size, n_waiting
        self.packer = Packer(block_size + 1)
        self.position: Any = None
        self.documents: Iterator[tuple[str, Any]] | None = None

    def next_batch(self) -> tuple[Tensor, Tensor]:
        """The next B rows.

        Each row is made like this:

        1. Documents are taken from the source in order, encoded and added to the
           packer, until at least ``n_waiting`` of them wait *and* the packer is
           ``ready``, or until there are no more. So these are the documents that
           ``packer.row()`` chooses from. If ``self.documents`` is None, the source is
           asked for ``documents(self.position)`` before the first one.
        2. The row is ``packer.row()``; its first T tokens go into ``x``, its last T
           into ``y``.

        When the documents are over, those that wait are made into rows as long as the
        packer is ready. A last batch of fewer than B rows isn't returned.

        Returns:
            ``(x, y)``, each (B, T) int64; ``y[b, i]`` is the token that follows
            ``x[b, i]``. Later batches don't change what was returned.

        Raises:
            StopIteration: if there aren't B rows left; asked again, it is raised again.
                What the source or ``encode`` raises goes on as it is.
        """
        raise NotImplementedError(
            "document_loader.DocumentLoader.next_batch: take documents until enough wait, "
            "pack a row; B rows are a batch (lab 14)"
        )

    def state_dict(self) -> dict[str, Any]:
        """All that the next batches depend on, as data that JSON can hold.

        The keys are your own. Asked for at any moment (before the first batch, between
        two, in the middle of an epoch or of a file, after the end), it has the place in
        the source and the documents that wait. What happens to the loader afterwards
        doesn't change what was returned.
        """
        raise NotImplementedError(
            "document_loader.DocumentLoader.state_dict: the place in the source and the "
            "documents that wait (lab 14)"
        )

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on as the loader would have that gave this state, whatever was read here.

        The next batches are the same, to the token. No document that was taken before
        is read again: the source is asked for ``documents(position)`` with the position
        behind the last one.

        Args:
            state: what ``state_dict`` returned, perhaps written as JSON and read again.
                It stays as it is. The loader that gave it had the same settings and an
                equal source; its ``batch_size`` may have been another.

        Raises:
            ValueError: if its ``block_size`` was another one, as the packer finds.
                Nothing is changed then.
        """
        raise NotImplementedError(
            "document_loader.DocumentLoader.load_state_dict: go on from there, with the "
            "same batches (lab 14)"
        )
