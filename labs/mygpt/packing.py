# Yours to write, in lab 14 (Data at scale).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check packing.Packer
"""Documents of all lengths in rows of one length, without padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Packer:
    """Fills rows of one length with documents, each from its beginning, by best fit.

    A model is trained on rows of equal length, and documents have all lengths. Cut into
    rows one after another, most rows begin in the middle of a document, whose beginning
    the model doesn't see. Padding wastes time. A packer lets documents wait, and for
    each row it looks for those that fill it best.

    ``self.row_length`` is what was handed in, and ``self.waiting`` a list of the
    documents that wait, each a list of token ids, in the order in which they were
    added. As long as you have written only some of the methods, the others rely on
    these names.

    Source: "Fewer Truncations Improve Language Modeling", Ding et al. 2024, packs by
    best fit; cutting the last document of a row is nanochat's, Karpathy 2025.
    """

    def __init__(self, row_length: int) -> None:
        """Begin without documents.

        Args:
            row_length: how many tokens every row has.

        Raises:
            ValueError: if that is below 1.
        """
        if row_length < 1:
            raise ValueError(f"row_length must be at least 1, but it is {row_length}")
        self.row_length = row_length
        self.waiting: list[list[int]] = []

    def __len__(self) -> int:
        """How many documents wait."""
        return len(self.waiting)

    @property
    def ready(self) -> bool:
        """Whether the documents that wait have enough tokens for a row."""
        return sum(len(document) for document in self.waiting) >= self.row_length

    def add(self, document: Sequence[int]) -> None:
        """Let a document wait.

        If it is longer than a row, only its first ``row_length`` tokens wait: no row
        could hold more of it, and the rest is dropped. An empty one is left out.

        Args:
            document: its token ids, a list or a tuple. They are copied, and stay as
                they are.
        """
        raise NotImplementedError(
            "packing.Packer.add: let a document wait, its first row_length tokens at most "
            "(lab 14)"
        )

    def row(self) -> list[int]:
        """Make one row of documents that wait.

        As long as there is room in the row, one more document is put behind the others:

        1. the longest that fits whole into the room that is left;
        2. if none fits, the shortest of all, cut to the room that is left. The rest of
           it is dropped: it would begin in the middle.

        Among equally long ones it is the one that was added first. A document that is
        in a row no longer waits; the others keep their order.

        Returns:
            A new list of exactly ``row_length`` token ids.

        Raises:
            ValueError: if the documents that wait have fewer tokens than a row
                (``ready`` is False); the message names both numbers. Nothing is changed
                then.
        """
        raise NotImplementedError(
            "packing.Packer.row: the longest that fits, again and again; where none does, "
            "cut the shortest (lab 14)"
        )

    def state_dict(self) -> dict[str, Any]:
        """All that the next rows depend on, as data that JSON can hold.

        The keys are your own. What happens to the packer afterwards doesn't change what
        was returned.
        """
        raise NotImplementedError(
            "packing.Packer.state_dict: all that the next rows depend on, as data that "
            "JSON can hold (lab 14)"
        )

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on as the packer would have that gave this state, whatever waited here.

        Args:
            state: what ``state_dict`` returned, perhaps written as JSON and read again.
                It stays as it is, whatever happens to the packer afterwards.

        Raises:
            ValueError: if that packer had another ``row_length``; the message names
                both. Nothing is changed then.
        """
        raise NotImplementedError(
            "packing.Packer.load_state_dict: go on as the packer would have that gave this "
            "state (lab 14)"
        )
