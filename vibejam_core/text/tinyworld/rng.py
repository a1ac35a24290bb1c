"""Random choices that are the same on every machine, and the surprise of each of them in bits."""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")

BLOCK = 128
"""How many 64-bit words are drawn at a time."""

_UNPACK = struct.Struct(f"<{BLOCK}Q").unpack
_LOG2 = [0.0, *(math.log2(n) for n in range(1, 4096))]


def words(key: str, block: int) -> tuple[int, ...]:
    """``BLOCK`` 64-bit words that depend on the key and the block's number alone (SHAKE-128 in counter mode)."""
    return _UNPACK(hashlib.shake_128(f"{key}/{block}".encode()).digest(8 * BLOCK))


class Draws:
    """The random choices of one document, in order, with their surprise in bits.

    A choice among n has probability 1/n up to a relative error below n / 2**64, which is less than a float can hold.
    """

    __slots__ = ("_block", "_key", "_words", "bits", "choices", "facts")

    def __init__(self, key: str) -> None:
        self._key = key
        self._block = 0
        self._words = iter(words(key, 0))
        self.bits = 0.0
        self.choices: list[int] = []
        self.facts: tuple[int, ...] = ()

    def word(self) -> int:
        """The next 64 random bits."""
        word = next(self._words, None)
        if word is None:
            self._block += 1
            self._words = iter(words(self._key, self._block))
            word = next(self._words)
        return word

    def below(self, n: int) -> int:
        """One of 0, ..., n - 1, all equally likely."""
        if n == 1:
            return 0
        index = self.word() * n >> 64
        self.bits += _LOG2[n] if n < len(_LOG2) else math.log2(n)
        self.choices.append(index)
        return index

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items, all equally likely."""
        return items[self.below(len(items))]

    def weighted(self, weights: Sequence[int]) -> int:
        """An index, with a probability proportional to its whole-number weight."""
        total = sum(weights)
        left = self.word() * total >> 64
        index = 0
        while left >= weights[index]:
            left -= weights[index]
            index += 1
        if weights[index] != total:
            self.bits += _LOG2[total] - _LOG2[weights[index]]
            self.choices.append(index)
        return index

    def known(self, bits: float, *choices: int) -> None:
        """Count choices that were made elsewhere, with their surprise."""
        self.bits += bits
        self.choices.extend(choices)
