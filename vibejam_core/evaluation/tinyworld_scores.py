"""How well a model knows TinyWorld: what is wrong with the texts it writes, and how near it is to the entropy floor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vibejam_core.evaluation.core_prompts import encoder_of
from vibejam_core.evaluation.token_loss import document_losses
from vibejam_core.inference.config import SamplingConfig
from vibejam_core.inference.engine import Engine
from vibejam_core.inference.sampling import generate_text
from vibejam_core.models.base import BaseLM
from vibejam_core.models.modern_gpt import GPT
from vibejam_core.text.tinyworld import KINDS, MIX, SPLITS, documents, estimate, violations
from vibejam_core.text.tinyworld.checker import HEADS
from vibejam_core.text.tokenizers import Tokenizer

SEED = 20_000
"""Of the documents to measure on; training takes small seeds, so it has seen none of them."""


@dataclass(frozen=True)
class Written:
    """A text that a model wrote, and what the checker says of it."""

    text: str
    whole: bool
    """Whether the model ended it itself; else it was cut off."""
    violations: tuple[str, ...]

    @property
    def is_story(self) -> bool:
        """Whether it is a story; the other kinds say at once what they are."""
        return not self.text.lstrip("\n").startswith(HEADS)


@dataclass(frozen=True)
class SplitScore:
    """How surprising documents of one split are, to the model and to the world that made them."""

    split: str
    n_documents: int
    n_bytes: int
    n_tokens: int
    bits_per_byte: float
    floor: float
    """What the world itself needs for the very same documents: no model that hasn't seen them can do better."""
    standard_error: float
    """Of how far the one is above the other, since these documents are only a sample."""

    @property
    def above(self) -> float:
        """How many bits per byte the model needs more than the world does."""
        return self.bits_per_byte - self.floor


def checked(text: str, whole: bool) -> Written:
    """A text with its faults; where it was cut off, an unfinished end is none."""
    return Written(text, whole, tuple(violations(text, truncated=not whole)))


def per_hundred_words(texts: Sequence[Written]) -> float:
    """Faults per hundred words, of all texts together."""
    n_words = sum(len(each.text.split()) for each in texts)
    return 100 * sum(len(each.violations) for each in texts) / max(1, n_words)


def write_texts(
    model: BaseLM, tokenizer: Tokenizer, end_id: int, *, n: int, max_tokens: int = 400, temperature: float = 1.0
) -> list[Written]:
    """Let a model write documents of its own, each from nothing but the end of another one.

    Args:
        model: a modern_gpt writes with a cache, others without.
        tokenizer: the one it was trained with.
        end_id: the token that ends documents.
        n: how many.
        max_tokens: the longest, unless the model's context is shorter.
        temperature: 1 draws as the model believes it.
    """
    config = SamplingConfig(
        max_new_tokens=min(max_tokens, model.get_block_size() - 1),
        temperature=temperature,
        num_samples=n,
        stop_tokens=(end_id,),
        max_newlines=0,
        max_spaces=0,
    )
    if not isinstance(model, GPT):
        texts = generate_text(model, tokenizer, "", config)
        lengths = [len(tokenizer.encode(text)) for text in texts]
        return [checked(text, length < config.max_new_tokens) for text, length in zip(texts, lengths, strict=True)]
    written: list[list[int]] = [[] for _ in range(n)]
    for sample, token in Engine(model).stream([[end_id]], config):
        written[sample].append(token)
    return [checked(tokenizer.decode(ids), len(ids) < config.max_new_tokens) for ids in written]


def score_splits(
    model: BaseLM,
    tokenizer: Tokenizer,
    end_id: int,
    *,
    n_bytes: int = 60_000,
    kinds: Sequence[str] = KINDS,
    splits: Sequence[str] = SPLITS,
) -> list[SplitScore]:
    """Bits per byte on documents of each split, beside what the same documents cost the world that made them.

    A document is seen by itself, from its beginning. To the bits of its text the floor adds those of its kind, which
    the model has to guess too.

    Args:
        model: gives ``(logits, None)`` for token ids (B, T), and can't look ahead.
        tokenizer: the one it was trained with.
        end_id: the token that ends documents.
        n_bytes: about how much text of each split.
        kinds: of documents, mixed as in the corpus.
        splits: which.
    """
    encode = encoder_of(tokenizer)
    total = sum(MIX[KINDS.index(kind)] for kind in kinds)
    scores = []
    for split in splits:
        found = list(documents(kinds, split, SEED, n_bytes))
        tokens = [encode(each.text) for each in found]
        sizes = [each.n_bytes for each in found]
        floors = [each.bits + math.log2(total / MIX[KINDS.index(each.kind)]) for each in found]
        losses = [nats / math.log(2) for nats in document_losses(model, tokens, end_id)]
        above = [loss - floor for loss, floor in zip(losses, floors, strict=True)]
        scores.append(
            SplitScore(
                split,
                len(found),
                sum(sizes),
                sum(len(ids) + 1 for ids in tokens),
                sum(losses) / sum(sizes),
                sum(floors) / sum(sizes),
                estimate(zip(above, sizes, strict=True)).standard_error,
            )
        )
    return scores
