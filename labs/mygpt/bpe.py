# Yours to write, in lab 08 (Byte-pair encoding).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check bpe.count_pairs
r"""Byte-pair encoding: a vocabulary that a text teaches, from single bytes to whole words.

Source: "Neural Machine Translation of Rare Words with Subword Units", Sennrich et al.
2016; on bytes as in GPT-2, Radford et al. 2019, section 2.2.
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import regex

from vibejam_core.text.bpe_artifact import VERSION, check_artifact, read_artifact, seal, write_artifact

Pair = tuple[int, int]
"""Two neighbouring token ids."""

PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*"
    r"|\s*[\r\n]|\s+(?!\S)|\s+"
)
"""Cuts text into words, numbers of up to three digits, punctuation and white space, in the style of GPT-4."""

GPT2_PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
"""How GPT-2 cuts text."""

CACHE_SIZE = 100_000
"""So many pieces a tokenizer remembers at most."""


def split_text(text: str, pattern: str = PATTERN) -> list[str]:
    """Cut a text into pieces, across which nothing is ever merged; joined, they are the text.

    Raises:
        ValueError: if the pattern leaves out some of the text.
    """
    pieces = [match.group() for match in regex.finditer(pattern, text)]
    if sum(map(len, pieces)) != len(text):
        raise ValueError(
            f"the pattern {pattern!r} leaves out some of the text. Let its last alternative match the rest."
        )
    return pieces


def split_specials(text: str, special_tokens: Iterable[str]) -> list[str]:
    """Cut a text at special tokens: ordinary text at places 0, 2, 4 ..., special tokens at 1, 3, 5 ...

    Ordinary text may be empty. Where one special token begins with another, the longer one is found.
    """
    longest_first = sorted(special_tokens, key=len, reverse=True)
    if not longest_first:
        return [text]
    return regex.split("(" + "|".join(map(regex.escape, longest_first)) + ")", text)


def count_pairs(words: Mapping[tuple[int, ...], int]) -> Counter[Pair]:
    """Count how often each pair of neighbouring ids occurs.

    Overlapping pairs all count: ``(7, 7, 7)`` holds the pair ``(7, 7)`` twice.

    Args:
        words: from a word, as a tuple of token ids, to how often it occurs; it stays as
            it is.

    Returns:
        From each pair (left id, right id) that occurs to its count, an int: each of its
        places in a word counts as often as the word occurs. A word of a single id has
        no pair, and no pair reaches from one word into the next. (Any dict will do.)
    """
    raise NotImplementedError(
        "bpe.count_pairs: count neighbouring ids, each word as often as it occurs (lab 08)"
    )


def merge_pair(ids: Sequence[int], pair: Pair, new_id: int) -> list[int]:
    """Replace every occurrence of a pair by one new id, from left to right.

    What has just been replaced takes part in no other occurrence: ``(7, 7)`` in
    ``[7, 7, 7]`` is replaced once, and a 7 stays at the end.

    Args:
        ids: token ids, a list or a tuple; it stays as it is.
        pair: the two neighbours to replace.
        new_id: what stands for them from now on: an id that is not in use yet.

    Returns:
        A new list, also where there is nothing to replace.
    """
    raise NotImplementedError(
        "bpe.merge_pair: from left to right, put new_id where the pair stands (lab 08)"
    )


def train_bpe(text: str, vocab_size: int, special_tokens: Sequence[str] = (), pattern: str = PATTERN) -> list[Pair]:
    """Learn from a text which pairs to merge, and in which order.

    1. Cut the text at ``special_tokens``, which take no part in training
       (:func:`split_specials`), and each ordinary part into pieces
       (:func:`split_text`).
    2. Each piece is a word: its UTF-8 bytes, as ids 0 to 255. Count equal words.
    3. Merge the most frequent pair in every word: the first merge makes id 256, the
       second 257, and so on. Of pairs that are equally frequent, take the one with the
       smallest left id; among those, the smallest right id.
    4. Count again, and repeat step 3 until there are ``vocab_size`` ids or no pair is
       left. A pair that occurs only once is still merged.

    Args:
        text: what to learn from, as it is; empty text gives no merges.
        vocab_size: how many ids there should be in the end: 256 bytes and the merges.
            Special tokens come on top and aren't counted here.
        special_tokens: texts that get ids of their own later.
        pattern: how to cut ordinary text.

    Returns:
        The merged pairs, each a tuple (left id, right id), in the order in which they
        were merged: at most ``vocab_size - 256``.

    Raises:
        ValueError: if ``vocab_size`` is below 256; the message names it.
    """
    raise NotImplementedError(
        "bpe.train_bpe: cut into words; merge the most frequent pair, again and again (lab "
        "08)"
    )


class BPETokenizer:
    """Turns text into token ids and back: bytes, merged in the order that was learnt.

    Ids 0 to 255 are the bytes, then comes one id per merge, then one per special token.

    Attributes:
        merges: list of pairs of ids; merge i makes id 256 + i.
        merged_id: dict from such a pair to the id that it makes.
        byte_ids: list of 256 ints, from a byte's value to its id (the same number,
            except in GPT-2's vocabulary, which orders bytes in its own way).
        token_bytes: list of bytes, one per id: what the token stands for. A special
            token stands for its own text in UTF-8.
        special_tokens: tuple of str; the first has id ``256 + len(merges)``.
        special_ids: dict from a special token's text to its id.
        pattern: how ordinary text is cut into pieces.
    """

    kind = "bpe"

    def __init__(
        self,
        merges: Iterable[Pair],
        special_tokens: Iterable[str] = (),
        pattern: str = PATTERN,
        byte_order: Iterable[int] | None = None,
    ) -> None:
        """Lay out the vocabulary.

        Args:
            merges: pairs of ids, each of which must exist by then.
            special_tokens: texts, all different, none empty.
            pattern: for :func:`split_text`.
            byte_order: the byte values in the order of their ids; None stands for
                0 to 255.

        Raises:
            ValueError: if a merge, a special token, the byte order or the pattern makes
                no sense; the message says which and why.
        """
        self.merges = [(int(left), int(right)) for left, right in merges]
        self.special_tokens, self.pattern = tuple(special_tokens), pattern
        self.byte_order = list(range(256) if byte_order is None else byte_order)
        if sorted(self.byte_order) != list(range(256)):
            raise ValueError("byte_order must hold each byte value from 0 to 255 once")
        try:
            regex.compile(pattern)
        except regex.error as error:
            raise ValueError(f"the pattern {pattern!r} is no regular expression: {error}") from None
        self.byte_ids = [self.byte_order.index(byte) for byte in range(256)]
        self.token_bytes = [bytes([byte]) for byte in self.byte_order]
        self.merged_id: dict[Pair, int] = {}
        for new_id, (left, right) in enumerate(self.merges, start=256):
            if not (0 <= left < new_id and 0 <= right < new_id):
                raise ValueError(f"merge {(left, right)} makes id {new_id}, so its ids must run from 0 to {new_id - 1}")
            if (left, right) in self.merged_id:
                raise ValueError(f"merge {(left, right)} is there twice")
            self.merged_id[left, right] = new_id
            self.token_bytes.append(self.token_bytes[left] + self.token_bytes[right])
        if "" in self.special_tokens or len(set(self.special_tokens)) < len(self.special_tokens):
            raise ValueError(f"special tokens must be different texts, none empty; these are {self.special_tokens}")
        self.special_ids = {special: len(self.token_bytes) + i for i, special in enumerate(self.special_tokens)}
        self.token_bytes += [special.encode("utf-8") for special in self.special_tokens]
        self.remembered: dict[bytes, list[int]] = {}

    @property
    def vocab_size(self) -> int:
        """How many different tokens there are."""
        return len(self.token_bytes)

    @classmethod
    def train(
        cls, text: str, vocab_size: int, special_tokens: Sequence[str] = (), pattern: str = PATTERN
    ) -> BPETokenizer:
        """A tokenizer with :func:`train_bpe`'s merges; here ``vocab_size`` counts the special tokens too."""
        if vocab_size < 256 + len(special_tokens):
            raise ValueError(
                f"vocab_size must be at least {256 + len(special_tokens)}, one id for each byte and each special "
                f"token, but it is {vocab_size}"
            )
        merges = train_bpe(text, vocab_size - len(special_tokens), special_tokens, pattern)
        return cls(merges, special_tokens, pattern)

    def encode_piece(self, piece: bytes) -> list[int]:
        """Turn one piece into token ids: its bytes' ids, then merge by merge.

        Of all neighbouring pairs in the piece that can be merged, merge the one that
        was learnt first (``self.merged_id`` gives the lowest id), everywhere in the
        piece, from left to right; repeat until no pair can be merged.

        Args:
            piece: any bytes, valid UTF-8 or not.

        Returns:
            A new list of token ids, empty for ``b""``. Never a special token's.
        """
        raise NotImplementedError(
            "bpe.BPETokenizer.encode_piece: bytes to ids, then merge what was learnt first "
            "until nothing merges (lab 08)"
        )

    def piece_ids(self, piece: bytes) -> list[int]:
        """The same as ``encode_piece``, which is asked only once for each piece: a text repeats its words."""
        known = self.remembered.get(piece)
        if known is None:
            known = self.encode_piece(piece)
            if len(self.remembered) < CACHE_SIZE:
                self.remembered[piece] = known
        return known

    def encode(self, text: str, allowed_special: Iterable[str] = ()) -> list[int]:
        r"""Turn a text into token ids.

        Cut the text at the allowed special tokens (:func:`split_specials`): each
        becomes its one id. The rest is ordinary text, also where it spells a special
        token that isn't allowed: cut each part of it into pieces (:func:`split_text`,
        with ``self.pattern``), and encode the UTF-8 bytes of each piece
        (``self.piece_ids``, which is ``encode_piece`` with a memory).

        Args:
            text: any string; the empty one gives an empty list. Python has strings that
                are no text, with half characters ("lone surrogates"). Those from
                ``"\udc80"`` to ``"\udcff"`` stand for the bytes 0x80 to 0xff, as in
                Python's own error handler ``"surrogateescape"``: give that name to
                ``str.encode``.
            allowed_special: the special tokens that may be found in this text: a list,
                tuple or set.

        Returns:
            A new list of token ids.

        Raises:
            ValueError: if an allowed special token isn't one of this tokenizer's,
                whether or not the text holds it; the message names it. If the text
                holds any other lone surrogate (what ``str.encode`` raises is a
                ValueError already).
        """
        raise NotImplementedError(
            "bpe.BPETokenizer.encode: cut at allowed special tokens, cut the rest into "
            "pieces, encode each (lab 08)"
        )

    def encode_bytes(self, data: bytes) -> list[int]:
        """Turn any bytes into token ids: ``decode_bytes(encode_bytes(data)) == data``, valid UTF-8 or not."""
        return self.encode(data.decode("utf-8", "surrogateescape"))

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """Turn token ids back into the bytes that they stand for.

        Args:
            ids: token ids: a list of ints or a one-dimensional integer tensor.

        Returns:
            The tokens' bytes, joined; special tokens give their own text.

        Raises:
            ValueError: if an id is negative or not below ``vocab_size``; the message
                names the id.
        """
        raise NotImplementedError(
            "bpe.BPETokenizer.decode_bytes: join the bytes of all tokens; refuse ids out "
            "of range (lab 08)"
        )

    def decode(self, ids: Iterable[int]) -> str:
        r"""Turn token ids back into text.

        ``decode(encode(text)) == text`` for every text without lone surrogates. A
        character may be spread over several tokens, so join the bytes of all of them
        first. What is no valid UTF-8 becomes the replacement character ``"\ufffd"``,
        as ``bytes.decode`` with ``errors="replace"`` has it.

        Args:
            ids: token ids: a list of ints or a one-dimensional integer tensor.

        Returns:
            The text.

        Raises:
            ValueError: as :meth:`decode_bytes` does.
        """
        raise NotImplementedError(
            "bpe.BPETokenizer.decode: the joined bytes as UTF-8, with replacement "
            "characters where they are none (lab 08)"
        )

    def to_json(self) -> dict[str, Any]:
        """The tokenizer as plain data with a version and a hash, as it is kept in a file or inside a checkpoint."""
        data = {
            "kind": self.kind,
            "version": VERSION,
            "pattern": self.pattern,
            "byte_order": self.byte_order,
            "merges": [list(pair) for pair in self.merges],
            "special_tokens": list(self.special_tokens),
        }
        return {**data, "sha256": seal(data)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> BPETokenizer:
        """The tokenizer that :meth:`to_json` described. Raises ValueError if the data is damaged."""
        check_artifact(data)
        return cls(data["merges"], data["special_tokens"], data["pattern"], data["byte_order"])

    def save(self, path: Path) -> None:
        """Write :meth:`to_json` into a file, which is whole or not there at every moment."""
        write_artifact(Path(path), self.to_json())

    @classmethod
    def load(cls, path: Path) -> BPETokenizer:
        """Read what :meth:`save` wrote. Raises FileNotFoundError, or ValueError that names a damaged file."""
        try:
            return cls.from_json(read_artifact(Path(path)))
        except ValueError as error:
            raise error if str(path) in str(error) else ValueError(f"{path}: {error}") from None


class StreamDecoder:
    """Turns tokens into text one by one, as they come; never shows half a character.

    A character of up to four bytes may be spread over several tokens. Its bytes are
    kept back until it is complete.
    """

    def __init__(self, tokenizer: BPETokenizer) -> None:
        """Begin a new stream, with nothing kept back.

        Args:
            tokenizer: whose tokens will come.
        """
        raise NotImplementedError(
            "bpe.StreamDecoder.__init__: keep the tokenizer, and what remembers an "
            "unfinished character (lab 08)"
        )

    def feed(self, token: int) -> str:
        r"""Take the next token.

        All the text that comes out, joined, and then :meth:`finish`'s, is exactly what
        ``tokenizer.decode`` gives for all the tokens together. A character comes out
        with the token that completes it, even if that token also begins another one.
        What is only incomplete is kept back. What can never become valid UTF-8 comes
        out as ``"\ufffd"``, at once or, at the latest, in front of the next character.
        (``codecs`` has an incremental decoder that does this; by hand, a character's
        first byte tells how long it is.)

        Args:
            token: a token id.

        Returns:
            The text that is complete now; often empty.

        Raises:
            ValueError: as ``tokenizer.decode_bytes`` does.
        """
        raise NotImplementedError(
            "bpe.StreamDecoder.feed: take a token; return the text that is complete now, "
            "keep the rest back (lab 08)"
        )

    def finish(self) -> str:
        r"""End the stream, after which a new one may begin.

        Returns:
            What is kept back, as ``bytes.decode`` with ``errors="replace"`` shows it:
            empty, or replacement characters ``"\ufffd"``.
        """
        raise NotImplementedError(
            "bpe.StreamDecoder.finish: return what is kept back, as replacement "
            "characters, and be empty again (lab 08)"
        )
