# Yours to write, in lab 09 (Tokenisers at scale).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check bpe_scale.count_words
"""Byte-pair encoding at scale: trained in seconds, encoded by ``tiktoken``, measured per kind of text."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from typing import Literal

import tiktoken
import torch
from torch import Tensor

from vibejam_core.text.bpe import PATTERN, BPETokenizer, Pair, merge_pair, split_specials, split_text
from vibejam_core.text.tokenizers import Tokenizer

Trainer = Literal["auto", "rustbpe", "python"]


def count_words(texts: Iterable[str], special_tokens: Sequence[str] = (), pattern: str = PATTERN) -> Counter[bytes]:
    """Count the pieces of many texts, holding one text at a time.

    Each text is cut at special tokens (:func:`~vibejam_core.text.bpe.split_specials`),
    which aren't counted; each ordinary part into pieces
    (:func:`~vibejam_core.text.bpe.split_text`). A piece never reaches from one text into
    the next.

    Args:
        texts: any iterable, for example a generator that reads a file bit by bit; it is
            gone through once. Neither the texts nor all their pieces are ever made into
            a list: memory holds one text and the counts, however many texts there are.
        special_tokens: texts that take no part in training.
        pattern: how to cut ordinary text.

    Returns:
        From each different piece, as its UTF-8 bytes, to how often it occurs in all the
        texts. (Any dict will do.)
    """
    raise NotImplementedError(
        "bpe_scale.count_words: count the pieces of a stream of texts, one text at a time "
        "(lab 09)"
    )


def train_bpe_incremental(word_counts: Mapping[bytes, int], vocab_size: int) -> list[Pair]:
    """Learn the same merges as :func:`~vibejam_core.text.bpe.train_bpe`, without counting all pairs again each time.

    A merge changes only the words that hold its pair, and few words hold any one pair.
    So keep the count of each pair, the words in which each pair occurs, and a heap with
    the most frequent pair on top. After a merge, count again in the changed words only.

    The heap may be lazy. Once a pair has been counted its count only falls, since new
    pairs always hold the new id. So the count on the heap is never too small: where the
    top's is out of date, put it back with today's count and look at the next.

    Equally frequent pairs: first the smallest left id, then the smallest right id. It
    stops early when no pair is left. A pair that occurs only once is still merged.

    Args:
        word_counts: from a word's bytes to how often it occurs, at least once, as
            :func:`count_words` gives it; any dict, and any bytes, valid UTF-8 or not.
            It stays as it is. The order of its words makes no difference.
        vocab_size: how many ids there should be in the end: 256 bytes and the merges.

    Returns:
        The merged pairs, in the order in which they were merged: at most
        ``vocab_size - 256``.

    Raises:
        ValueError: if ``vocab_size`` is below 256; the message names it.
    """
    raise NotImplementedError(
        "bpe_scale.train_bpe_incremental: the same merges, counting again only in the "
        "words that change (lab 09)"
    )


def to_tiktoken(tokenizer: BPETokenizer, name: str = "vibejam") -> tiktoken.Encoding:
    """Hand a vocabulary to ``tiktoken``, which encodes many times faster, with the same ids.

    ``tiktoken.Encoding`` takes a ``name``; ``pat_str``, the pattern; ``mergeable_ranks``,
    a dict from the bytes of every ordinary token to its id; and ``special_tokens``, a
    dict from text to id. It finds tokens by their bytes, not by pairs.

    Args:
        tokenizer: with its own pattern, byte order and special tokens; it stays as it
            is.
        name: what the encoding is called.

    Returns:
        An encoding whose ``encode_ordinary(text)`` is ``tokenizer.encode(text)``, whose
        ``encode(text, allowed_special="all")`` finds every special token, and whose
        ``n_vocab`` is ``tokenizer.vocab_size``: every id stands for what it stood for.
        (Letters that Unicode has added in the last years may be cut otherwise: each
        library has a table of its own.)

    Raises:
        ValueError: if two ordinary tokens have the same bytes, as no trained vocabulary
            has; the message names both ids. (A special token may spell the same as an
            ordinary one.)
    """
    raise NotImplementedError(
        "bpe_scale.to_tiktoken: ranks by bytes, special tokens by text, into "
        "tiktoken.Encoding (lab 09)"
    )


def token_byte_lengths(tokenizer: BPETokenizer) -> Tensor:
    """How many bytes each token stands for.

    A token's raw bytes count, not its text: a single byte above 0x7f is one byte, though
    on its own it shows as a replacement character, which has three. Special tokens stand
    for no text that anybody wrote: 0.

    Args:
        tokenizer: its ``token_bytes`` and ``special_ids`` count; it stays as it is.

    Returns:
        (V,) int64, V the tokenizer's ``vocab_size``: one number for each id.
    """
    raise NotImplementedError(
        "bpe_scale.token_byte_lengths: how many raw bytes each id stands for; special "
        "tokens 0 (lab 09)"
    )


def compression_report(tokenizer: Tokenizer, texts: Mapping[str, str]) -> dict[str, float]:
    r"""How many bytes of text a token stands for, for each kind of text and for all.

    .. math:: \frac{\text{bytes of the text in UTF-8}}{\text{tokens that encode gives}}

    Args:
        tokenizer: any with ``encode``.
        texts: from the name of a kind of text to a sample of it.

    Returns:
        Bytes per token, by the names of ``texts`` in their order, and last ``"all"``:
        the sum of the samples' bytes by the sum of their tokens, each sample encoded on
        its own. That is not the mean of the others.

    Raises:
        ValueError: if there is no sample, or a sample is the empty text or is called
            "all"; the message names the sample.
    """
    raise NotImplementedError(
        "bpe_scale.compression_report: bytes per token for each kind of text, and for all "
        "together (lab 09)"
    )


def has_rustbpe() -> bool:
    """Whether ``rustbpe``, a fast trainer that needs no more than ``pip install rustbpe``, is installed."""
    return find_spec("rustbpe") is not None


def train_tokenizer(
    texts: Iterable[str],
    vocab_size: int,
    special_tokens: Sequence[str] = (),
    pattern: str = PATTERN,
    trainer: Trainer = "auto",
) -> BPETokenizer:
    """Train a tokenizer on a stream of texts, with the fastest trainer there is.

    Both trainers give the same merges: ``rustbpe`` too prefers the smallest pair among equally frequent ones. Only
    where the two packages' tables of Unicode differ, on characters that were added lately, can pieces differ.

    Args:
        texts: as for :func:`count_words`.
        vocab_size: of the tokenizer: bytes, merges and special tokens together.
        special_tokens: texts that take no part in training and get ids of their own, the last ones.
        pattern: how to cut ordinary text.
        trainer: ``"rustbpe"``, which must be installed; ``"python"``, :func:`train_bpe_incremental`; or ``"auto"``,
            the first if it is installed, else the second.

    Raises:
        ValueError: if ``vocab_size`` is too small for the bytes and the special tokens.
        ModuleNotFoundError: if ``trainer`` is "rustbpe" and it isn't installed.
    """
    n = vocab_size - len(special_tokens)
    if n < 256:
        raise ValueError(
            f"vocab_size must be at least {256 + len(special_tokens)}, one id for each byte and one for each of "
            f"{len(special_tokens)} special tokens, but it is {vocab_size}"
        )
    if trainer == "python" or (trainer == "auto" and not has_rustbpe()):
        merges = train_bpe_incremental(count_words(texts, special_tokens, pattern), n)
        return BPETokenizer(merges, special_tokens, pattern)
    if not has_rustbpe():
        raise ModuleNotFoundError('rustbpe is not installed. Run "pip install rustbpe", or take the trainer "python".')
    ordinary = (part for text in texts for part in split_specials(text, special_tokens)[::2])
    rust = import_module("rustbpe").Tokenizer()
    rust.train_from_iterator(ordinary, n, pattern=pattern)
    merges = list(merges_of(bytes(data) for data, _ in rust.get_mergeable_ranks()))
    return BPETokenizer(merges, special_tokens, pattern)


def merges_of(token_bytes: Iterable[bytes]) -> Iterator[Pair]:
    """The merges behind a vocabulary that is given as bytes only, in the order of its ids.

    Merged by the tokens that were there before it, a token's bytes come down to the two that it was made of.
    """
    ids: dict[bytes, int] = {}
    for index, data in enumerate(token_bytes):
        if len(data) > 1:
            parts = [data[i : i + 1] for i in range(len(data))]
            while len(parts) > 2:
                best = min(range(len(parts) - 1), key=lambda i: ids.get(parts[i] + parts[i + 1], index))
                parts[best : best + 2] = [parts[best] + parts[best + 1]]
            yield ids[parts[0]], ids[parts[1]]
        ids[data] = index
