"""The floor: how many bits per byte the world itself needs, so that no model can do better for long."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from vibejam_core.text.tinyworld.documents import document


@dataclass(frozen=True)
class Entropy:
    """An estimate of the entropy, from a sample of documents."""

    bits_per_byte: float
    standard_error: float
    """Of ``bits_per_byte``."""
    bits_per_document: float
    n: int
    """How many documents were looked at."""

    @property
    def nats_per_byte(self) -> float:
        """The same floor in the unit of a training loss."""
        return self.bits_per_byte * math.log(2)


def estimate(sample: Iterable[tuple[float, int]]) -> Entropy:
    r"""Entropy from ``(bits, bytes)`` of each document.

    The estimate is the ratio $r = \sum_i b_i / \sum_i n_i$. Its standard error follows from the
    residuals $e_i = b_i - r n_i$ (the delta method): $\sqrt{\sum_i e_i^2 / (N - 1) / N} / \bar n$.

    Raises:
        ValueError: if there are fewer than two documents.
    """
    pairs = list(sample)
    n = len(pairs)
    if n < 2:
        raise ValueError(f"a standard error needs at least 2 documents, not {n}.")
    bits, size = math.fsum(b for b, _ in pairs), sum(s for _, s in pairs)
    ratio = bits / size
    spread = math.fsum((b - ratio * s) ** 2 for b, s in pairs) / (n - 1)
    return Entropy(ratio, math.sqrt(spread / n) / (size / n), bits / n, n)


def entropy(kind: str, split: str = "train", n: int = 2000, seed: int = 0) -> Entropy:
    """The entropy of a kind of document in bits per byte, with its standard error, from ``n`` documents."""
    made = (document(kind, split, seed, index) for index in range(n))
    return estimate((found.bits, found.n_bytes) for found in made)
