r"""A language model made of nothing but counts: the measuring stick beside every neural loss.

How likely is ``e`` after ``th``? Count: of all the times ``th`` occurred, how often did ``e`` follow? Long contexts
are sharp but rare, short ones common but vague, so each order leans on the one below it (Witten-Bell interpolation):

.. math:: p_n(w \mid h) = \frac{c(h w) + N_{1+}(h \cdot)\; p_{n-1}(w \mid h')}{c(h \cdot) + N_{1+}(h \cdot)}

:math:`c` counts; :math:`N_{1+}(h \cdot)` is how many *different* tokens followed the context :math:`h`, and stands for
"how often was I surprised here?"; :math:`h'` is the context without its oldest token. A context that was never seen
passes the question on: :math:`p_n = p_{n-1}`. At the bottom, :math:`p_0 = 1 / V`, so no token is impossible.

Source: Witten & Bell, "The zero-frequency problem", IEEE Transactions on Information Theory 37(4), 1991 (their method
C); the recursive form is equation 15 of Chen & Goodman, "An empirical study of smoothing techniques for language
modeling", 1998.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Tokens = Tensor | Sequence[int] | Ints


@dataclass(frozen=True)
class Level:
    """All n-grams of one length n, sorted, so that one is found by bisection. Its place is its id.

    A context of n tokens is itself an n-gram, so the ids of one level are the context ids of the next:
    ``key = context_id * V + last_token``. Keys stay small however long the n-grams are.
    """

    keys: Ints  # (G,) sorted
    counts: Ints  # (G,) how often each n-gram occurred
    context_counts: Ints  # (C,) c(h·), for each of the C contexts of n - 1 tokens
    context_kinds: Ints  # (C,) N1+(h·)


class NGramModel:
    """Counts of all token sequences of up to ``order`` tokens, interpolated. Make one with :meth:`fit`."""

    def __init__(self, levels: list[Level], vocab_size: int) -> None:
        self.levels = levels
        self.vocab_size = vocab_size

    @property
    def order(self) -> int:
        """n: the longest sequence that was counted; the context is one token shorter."""
        return len(self.levels)

    @classmethod
    def fit(cls, tokens: Tokens, vocab_size: int, order: int = 5) -> NGramModel:
        """Count.

        Args:
            tokens: (N,) token ids to learn from, N at least 1.
            vocab_size: V; every id is below it.
            order: n of the longest n-gram, at least 1.

        Raises:
            ValueError: if there are no tokens, an id is outside 0 … V - 1, or ``order`` is below 1.
        """
        ids = as_ids(tokens, vocab_size)
        if not len(ids) or order < 1:
            raise ValueError(f"counting needs at least one token and order 1; got {len(ids)} tokens and order {order}")
        levels = []
        contexts = np.zeros(len(ids), dtype=np.int64)  # every position has the same empty context, number 0
        n_contexts = 1
        for n in range(1, min(order, len(ids)) + 1):
            # contexts[i] is the id of the n - 1 tokens before position n - 1 + i
            keys, gram_ids, counts = np.unique(
                contexts * vocab_size + ids[n - 1 :], return_inverse=True, return_counts=True
            )
            parents = keys // vocab_size  # (G,)
            levels.append(
                Level(
                    keys,
                    counts,
                    np.bincount(parents, weights=counts, minlength=n_contexts).astype(np.int64),
                    np.bincount(parents, minlength=n_contexts),
                )
            )
            contexts = gram_ids[:-1]  # the last n-gram has no successor
            n_contexts = len(keys)
        return cls(levels, vocab_size)

    def probabilities(self, tokens: Tokens) -> Floats:
        """(N,) The probability of each token after the ones before it; the first has no context, the second one…"""
        ids = as_ids(tokens, self.vocab_size)
        p = np.full(len(ids), 1 / self.vocab_size)
        contexts = np.zeros(len(ids), dtype=np.int64)  # -1 will stand for a context that was never seen
        for n, level in enumerate(self.levels, start=1):
            seen = contexts >= 0
            keys = contexts * self.vocab_size + ids[n - 1 :]
            places = np.minimum(np.searchsorted(level.keys, keys), len(level.keys) - 1)
            found = seen & (level.keys[places] == keys)
            counts = np.where(found, level.counts[places], 0)
            totals = np.where(seen, level.context_counts[contexts], 0)
            kinds = np.where(seen, level.context_kinds[contexts], 0)
            lower = p[n - 1 :]
            mixed = (counts + kinds * lower) / np.maximum(totals + kinds, 1)
            p[n - 1 :] = np.where(totals > 0, mixed, lower)
            contexts = np.where(found, places, -1)[:-1]
        return p

    def loss(self, tokens: Tokens) -> float:
        """The mean surprise of a text's tokens, in nats: comparable with a neural model's loss.

        Raises:
            ValueError: if there are no tokens.
        """
        p = self.probabilities(tokens)
        if not len(p):
            raise ValueError("a text without tokens has no loss")
        return float(-np.log(p).mean())


def as_ids(tokens: Tokens, vocab_size: int) -> Ints:
    """Tokens as a NumPy array, checked."""
    ids = np.asarray(tokens, dtype=np.int64)
    if len(ids) and not 0 <= ids.min() <= ids.max() < vocab_size:
        raise ValueError(f"token ids must be from 0 to {vocab_size - 1}, but run from {ids.min()} to {ids.max()}")
    return ids
