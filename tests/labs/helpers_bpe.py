"""What the checks of labs 08 and 09 share: texts of every kind, and byte-pair encoding once more, written another way.

The versions here are slow and short, and share nothing with the reference but how text is cut into pieces, which the
learner is given too. What they make can be compared with what a learner's component makes, on any text.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import pairwise

from vibejam_core.text.bpe import PATTERN, split_text

TEXT = """The cat sat on the mat. The other cat sat there, and then the cats' mother said: "That's that!"
In 1984 and in 2024 they weren't there; they'd seen 12345 mice (mice, mice and more mice).
Le café était fermé; le thé était là. Die Katze saß über der Tür. Мама мыла раму, мама мыла окно.
日本語の日本語。 नमस्ते नमस्ते। 😀😀 👩‍👩‍👧‍👦 🇯🇵🇯🇵   aaaaaaa    bbbb\t\tif (x == 1):\r\n\t\treturn x\r\n\n\n!!! ... ...
"""
"""A little of everything, for training."""

KINDS = {
    "words of the training text": TEXT.split(),
    "Latin letters": [*"abcdeABCDE", "é", "ß", "ł", "Ő", "e\u0301", "ﬁ"],
    "other letters": list("мамаокноλόγοςשלוםسلامกขคनमते한국日本語漢字かなカナ"),
    "emoji": ["😀", "👩‍👩‍👧‍👦", "🇯🇵", "👍🏽", "❤️", "☃", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"],
    "digits": [*"0123456789", "٣", "½", "Ⅷ"],
    "punctuation": list(".,;:!?'\"()[]{}<>|/\\@#$%^&*-_=+~`…—«»。"),
    "white space": [" ", "  ", "\t", "\n", "\r\n", "\n\n", "\u00a0", "\u3000", "\u2028"],
    "control characters": ["\x00", "\x01", "\x07", "\x1b", "\x7f", "\x85", "\u200b", "\u200e", "\ufeff", "\ufffd"],
    "ends of words": ["'s", "'t", "'ll", "'RE", "'d"],
}
"""What texts are made of."""

FRAGMENTS = [
    b"\x80", b"\xbf\xbf", b"\xc0\x80", b"\xc3", b"\xc3(", b"\xe2\x82", b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xf0\x9f",
    b"\xf0\x9f\x98", b"\xf0\x80\x80\x80", b"\xf4\x90\x80\x80", b"\xf5", b"\xf8\x88\x80\x80\x80", b"\xfe\xff", b"\xff",
]  # fmt: skip
"""Bytes that are no UTF-8: lonely, cut off, too long, too large, half a pair."""


def texts(n: int, seed: int) -> list[str]:
    """Varied texts, always the same ones: scripts, emoji, white space, control characters and long runs."""
    rng = random.Random(seed)
    return ["".join(_chunk(rng) for _ in range(rng.randint(1, 5))) for _ in range(n)]


def _chunk(rng: random.Random) -> str:
    parts = KINDS[rng.choice(list(KINDS))]
    if rng.random() < 0.2:
        return rng.choice(parts) * rng.randint(2, 40)
    return rng.choice(["", " "]).join(rng.choice(parts) for _ in range(rng.randint(1, 6)))


def any_bytes(n: int, seed: int) -> list[bytes]:
    """Varied bytes, always the same ones: text, fragments of characters and bytes that no text holds."""
    rng = random.Random(seed)
    made = []
    for text in texts(n, seed):
        parts = [text.encode()[: rng.randint(0, 12)]]
        for _ in range(rng.randint(1, 4)):
            parts.append(rng.choice([*FRAGMENTS, rng.randbytes(2), "é".encode(), "😀".encode(), b"the "]))
        rng.shuffle(parts)
        made.append(b"".join(parts))
    return made


# --- Byte-pair encoding once more ------------------------------------------------------------------------------------


def gpt2_byte_order() -> list[int]:
    """The byte values in the order of GPT-2's ids: first those that can be printed, then the others."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return printable + [byte for byte in range(256) if byte not in printable]


def replace_pair(ids: Sequence[int], pair: tuple[int, int], new_id: int) -> list[int]:
    """Replace a pair from left to right."""
    rest, made = list(ids), []
    while rest:
        if tuple(rest[:2]) == pair:
            made.append(new_id)
            del rest[:2]
        else:
            made.append(rest.pop(0))
    return made


def learn(pieces: Iterable[str], vocab_size: int) -> list[tuple[int, int]]:
    """The merges that these pieces teach, one by one."""
    words = [list(piece.encode()) for piece in pieces]
    merges: list[tuple[int, int]] = []
    for new_id in range(256, vocab_size):
        places = Counter(pair for word in words for pair in pairwise(word))
        if not places:
            break
        merges.append(sorted(places.items(), key=lambda item: (-item[1], *item[0]))[0][0])
        words = [replace_pair(word, merges[-1], new_id) for word in words]
    return merges


@cache
def learnt() -> tuple[tuple[int, int], ...]:
    """80 merges that :data:`TEXT` teaches."""
    return tuple(learn(split_text(TEXT), 256 + 80))


def token_bytes(merges: Iterable[tuple[int, int]], order: Sequence[int] = range(256)) -> list[bytes]:
    """What each id stands for."""
    made = [bytes([byte]) for byte in order]
    for left, right in merges:
        made.append(made[left] + made[right])
    return made


def encoded(piece: bytes, merges: Iterable[tuple[int, int]], order: Sequence[int] = range(256)) -> list[int]:
    """The ids of a piece: every merge in turn, from the first that was learnt to the last."""
    ids = [list(order).index(byte) for byte in piece]
    for new_id, pair in enumerate(merges, start=256):
        ids = replace_pair(ids, pair, new_id)
    return ids


def encoded_text(text: str, merges: Sequence[tuple[int, int]], pattern: str = PATTERN) -> list[int]:
    """The ids of ordinary text, piece by piece."""
    return [index for piece in split_text(text, pattern) for index in encoded(piece.encode(), merges)]


def outcome(act: Callable[[], object]) -> str:
    """What comes of a call that should raise a ValueError, in words."""
    try:
        result = act()
    except ValueError:
        return "a ValueError"
    except Exception as error:
        return type(error).__name__
    return f"no error, but {result!r}"
