"""What the checks of lab 09 share: merges by plain recounting, a vocabulary to export, and results that can be shown.

Demands compare numbers and text, so bytes are handed to them as Python would write them: ``b'\\xc3\\xa9'``.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from vibejam_core.course import expect
from vibejam_core.text.bpe import BPETokenizer

Words = dict[bytes, int]
Pair = tuple[int, int]


def readable(words: Any, what: str) -> dict[str, Any]:
    """A dictionary whose keys are written out, so that bytes and text can be told apart and shown."""
    came = "None (is a return missing?)" if words is None else f"something of type {type(words).__name__}"
    expect.true(isinstance(words, Mapping), f"{what}: expected a dictionary, got {came}")
    return {repr(key): n for key, n in words.items()}


def recounted(words: Words, n_merges: int) -> list[Pair]:
    """The merges, by counting all pairs again before each: slow, and easy to believe."""
    rows = [(list(word), n) for word, n in words.items()]
    merges: list[Pair] = []
    while len(merges) < n_merges:
        counts: dict[Pair, int] = {}
        for ids, n in rows:
            for pair in pairwise(ids):
                counts[pair] = counts.get(pair, 0) + n
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], *pair))
        rows = [(merged(ids, best, 256 + len(merges)), n) for ids, n in rows]
        merges.append(best)
    return merges


def merged(ids: list[int], pair: Pair, new_id: int) -> list[int]:
    """The ids with a pair replaced, from left to right."""
    out: list[int] = []
    for index in ids:
        out.append(index)
        if tuple(out[-2:]) == pair:
            out[-2:] = [new_id]
    return out


def corpora(letters: bytes, longest: int, n_words: int, how_many: int, seed: int) -> Iterator[Words]:
    """Small random dictionaries of words, the same at every call."""
    dice = random.Random(seed)
    for _ in range(how_many):
        words: Words = {}
        for _ in range(n_words):
            words[bytes(dice.choices(letters, k=dice.randint(1, longest)))] = dice.choice((1, 1, 2, 3, 5, 8))
        yield words


def language(n_words: int, seed: int) -> Words:
    """Words that share syllables, as those of a language do; a few of them are frequent."""
    dice = random.Random(seed)
    syllables = ["".join(dice.choices("bdklmnrst", k=1) + dice.choices("aeiouéø", k=1)) for _ in range(40)]
    words: Words = {}
    for rank in range(1, n_words + 1):
        word = " " * dice.randint(0, 1) + "".join(dice.choices(syllables, k=dice.randint(1, 4)))
        words[word.encode()] = 1 + 3 * n_words // rank
    return words


TEXT = "the then there, he here; ab abc 1234 café naïve\n\n   for x in range(10):\n\tprint('été')  😀 the 2000s don't"
"""What the vocabularies below are trained on, so that they have tokens for most of it."""


def vocabulary(specials: Sequence[str] = (), n_merges: int = 60, **others: Any) -> BPETokenizer:
    """A tokenizer with merges that were trained on :data:`TEXT`, whatever the pattern and the order of its bytes."""
    blank = BPETokenizer([], (), **others)
    words: Words = {}
    for piece in TEXT.replace(" ", "\0 ").replace(",", "\0,").split("\0"):
        words[piece.encode()] = words.get(piece.encode(), 0) + 1
    as_ids = {bytes(blank.byte_ids[byte] for byte in word): n for word, n in words.items()}
    return BPETokenizer(recounted(as_ids, n_merges), specials, **others)


def state(tokenizer: BPETokenizer) -> list[Any]:
    """What a tokenizer holds, to see whether anything changes it."""
    data = tokenizer.to_json()
    held = [repr(entry) for entry in tokenizer.token_bytes]
    return [data["sha256"], tokenizer.vocab_size, held, dict(tokenizer.special_ids), len(tokenizer.merged_id)]


class Chopper:
    """Something with ``encode`` and nothing else: a token for every ``size`` characters, and for what is left."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.seen: list[str] = []

    def encode(self, text: str) -> list[int]:
        """Token ids that mean nothing; only their number counts."""
        self.seen.append(text)
        return [7] * -(-len(text) // self.size)
