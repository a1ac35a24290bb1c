"""A shuffled order of n things, however many, that takes no memory: where each one goes is computed."""

from __future__ import annotations

import hashlib
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Places: TypeAlias = NDArray[np.uint64]

ROUNDS = 8


def shuffled(places: NDArray[np.int64], n: int, seed: str) -> NDArray[np.int64]:
    """What stands at some places of a shuffled row of 0, ..., n - 1.

    All n places together give every number once. The order depends on ``n`` and ``seed`` alone, on every machine and
    with every version of every package, so a run can go on with it years later.

    It is a Feistel network: the bits of a place are two halves, and each round mixes one of them with a hash of the
    other, which can be undone and so gives every number once. It works on a power of four numbers; whatever comes out
    at n or above goes in again until it is below ("Ciphers with Arbitrary Finite Domains", Black & Rogaway 2002).

    Args:
        places: (k,) numbers from 0 to n - 1.
        n: how many things there are.
        seed: which of the orders.

    Returns:
        (k,) numbers from 0 to n - 1.
    """
    half = max(1, ((n - 1).bit_length() + 1) // 2)  # bits
    keys = np.frombuffer(hashlib.sha512(seed.encode()).digest(), "<u8").astype(np.uint64)  # (ROUNDS,)
    found = network(places.astype(np.uint64), half, keys)
    while (outside := found >= n).any():
        found[outside] = network(found[outside], half, keys)
    return found.astype(np.int64)


def network(places: Places, half: int, keys: Places) -> Places:
    """The Feistel network on numbers of ``2 * half`` bits."""
    mask = np.uint64((1 << half) - 1)
    left, right = places >> np.uint64(half), places & mask
    for key in keys[:ROUNDS]:
        left, right = right, left ^ (mixed(right ^ key) & mask)
    return (left << np.uint64(half)) | right


def mixed(words: Places) -> Places:
    """A hash of 64 bits to 64 bits: the finaliser of SplitMix64 (Steele, Lea & Flood 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)  # wraps around, as it should
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
