"""What a run trains and validates on: a corpus as tokens, and the losses to compare with."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from vibejam_core.evaluation.ngram import NGramModel
from vibejam_core.text.bpe import BPETokenizer
from vibejam_core.text.bpe_scale import to_tiktoken, train_tokenizer
from vibejam_core.text.characters import CharTokenizer
from vibejam_core.text.config import DataConfig
from vibejam_core.text.corpora import DOC_END, Corpus
from vibejam_core.text.tokenizers import Tokenizer, byte_count
from vibejam_core.text.windows import split_corpus

Say = Callable[[str], None]

N_GRAM_TOKENS = 5_000_000
"""The 5-gram counts look at this many training tokens at most: a few seconds' worth."""
LONG = 5_000_000
"""From so many characters on, learning and encoding tokens takes seconds, and is announced."""


@dataclass(frozen=True)
class Material:
    """A corpus, cut and in tokens."""

    tokenizer: Tokenizer
    train: Tensor
    """(N,) The tokens to train on."""
    val: Tensor | None
    """(M,) The tokens to validate on; None where there are too few for a window."""
    val_bytes: int
    """How long the validation text is in UTF-8; 0 where there is none."""
    floor: float | None
    """The loss on the validation text that no model can beat, in nats per token, where it is known."""
    text_sha256: str
    """Of the whole text: it tells whether a run goes on with the text it began with."""

    def five_gram_loss(self) -> float | None:
        """How well counting alone does on the validation text, in nats per token; None where there is none."""
        if self.val is None:
            return None
        return NGramModel.fit(self.train[-N_GRAM_TOKENS:], self.tokenizer.vocab_size).loss(self.val)


def prepare(corpus: Corpus, data: DataConfig, block_size: int, say: Say) -> Material:
    """Turn a corpus into tokens to train and to validate on.

    Raises:
        ValueError: if a part is too short for one window of ``block_size`` tokens.
    """
    text = corpus.text + corpus.held_out_text
    in_tokens = in_merges if data.tokenizer == "bpe" else in_characters
    tokenizer, train, held_out = in_tokens(corpus, data, say)
    val: Tensor | None
    if corpus.held_out:
        val = checked(held_out, block_size)
    else:
        train, val = enough(train, held_out, data, block_size, say)
    floor = None
    if corpus.floor_bits is not None and val is not None:
        floor = corpus.floor_bits * math.log(2) / len(val)
    return Material(
        tokenizer=tokenizer,
        train=train,
        val=val,
        val_bytes=0 if val is None else byte_count(tokenizer, val.tolist()),
        floor=floor,
        text_sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
    )


def in_characters(corpus: Corpus, data: DataConfig, say: Say) -> tuple[Tokenizer, Tensor, Tensor]:
    """A tokenizer for all of a corpus's characters, and its tokens to train and to validate on."""
    text = corpus.text + corpus.held_out_text
    tokenizer = CharTokenizer.build(text)
    tokens = torch.tensor(tokenizer.encode(text))  # (N,)
    if corpus.held_out:
        n = len(tokenizer.encode(corpus.text))
        return tokenizer, tokens[:n], tokens[n:]
    return tokenizer, *split_corpus(tokens, data.val_fraction)


def in_merges(corpus: Corpus, data: DataConfig, say: Say) -> tuple[Tokenizer, Tensor, Tensor]:
    """A BPE tokenizer that has seen the training text only, and a corpus's tokens to train and to validate on."""
    train, val = corpus.text, corpus.held_out_text
    if not corpus.held_out:
        n = len(train) - int(len(train) * data.val_fraction)
        train, val = train[:n], train[n:]
    if len(train) > LONG:
        say(f"bpe       {len(train):,} characters are on their way to becoming tokens ...")
    if data.tokenizer_path is not None:
        tokenizer = BPETokenizer.load(data.tokenizer_path)
    else:
        trainer: Literal["auto", "python"] = "auto" if len(train) > LONG else "python"  # short: our own code
        tokenizer = train_tokenizer([train], data.bpe_vocab_size, (DOC_END,), trainer=trainer)
    encoding, special = to_tiktoken(tokenizer), tokenizer.special_ids.keys() & {DOC_END}
    tokens = [encoding.encode(part, allowed_special=special, disallowed_special=()) for part in (train, val)]
    return tokenizer, torch.tensor(tokens[0]), torch.tensor(tokens[1], dtype=torch.int64)  # (N,), (M,)


def checked(val: Tensor, block_size: int) -> Tensor:
    """Held-out tokens, of which there must be enough for one window."""
    if len(val) < block_size + 1:
        raise ValueError(
            f"block_size {block_size} needs at least {block_size + 1} held-out tokens; there are "
            f"{len(val)}. Give more --megabytes or a smaller --block-size."
        )
    return val


def enough(train: Tensor, val: Tensor, data: DataConfig, block_size: int, say: Say) -> tuple[Tensor, Tensor | None]:
    """The training and the validation tokens; the latter are None where they don't make a single window."""
    need, n = block_size + 1, len(train) + len(val)
    if n < need + 1:
        raise ValueError(
            f"block_size {block_size} needs a text of at least {need + 1} tokens; this one has {n}. "
            "Give a longer text or a smaller --block-size."
        )
    if len(val) < need:
        say(
            f"note      the validation part has {len(val)} tokens and one window needs {need}, so all of the text is "
            "trained on and the validation loss will be none. For one, give a longer text, a larger --val-fraction or "
            "a smaller --block-size."
        )
        return torch.cat((train, val)), None
    if len(train) < need:
        raise ValueError(
            f"val_fraction {data.val_fraction} leaves {len(train)} of {n} tokens to train on, and "
            f"block_size {block_size} needs {need}. Give a smaller --val-fraction or --block-size."
        )
    return train, val
