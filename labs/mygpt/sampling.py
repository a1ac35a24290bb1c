# Yours to write, in lab 06 (Sampling).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check sampling.apply_temperature
"""Text from a model: token by token, each drawn from what the model finds likely."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from vibejam_core.inference.config import SamplingConfig
from vibejam_core.inference.stopping import cut_at
from vibejam_core.models.base import BaseLM
from vibejam_core.text.tokenizers import Tokenizer, prompt_ids


def apply_temperature(logits: Tensor, temperature: float) -> Tensor:
    r"""Make a guess bolder (below 1) or more daring (above 1).

    .. math:: z' = z / \tau, \qquad \text{so that}\quad
       \mathrm{softmax}(z')_i \propto \mathrm{softmax}(z)_i^{\,1/\tau}

    Args:
        logits: (..., V) the scores of every possible next token, of any floating dtype.
        temperature: τ. With 0, the limit, only the largest score of each row stays
            finite and all others become -inf; where several are largest, it is one.

    Returns:
        (..., V) float32, on the same device. Every row may be shifted by a number of
        its own, which changes no probability. ``logits`` itself isn't changed.

    Raises:
        ValueError: if ``temperature`` is negative or nan; the message names it.
    """
    raise NotImplementedError(
        "sampling.apply_temperature: divide the scores; 0 leaves only the largest (lab 06)"
    )


def top_k_filter(logits: Tensor, k: int) -> Tensor:
    """Leave only the k likeliest tokens.

    Args:
        logits: (..., V) scores; each row is filtered by itself.
        k: how many may be drawn. 0 leaves all; so does any k of at least V.

    Returns:
        (..., V) the same scores, but -inf for every token that isn't among the k
        largest of its row. Where tokens tie for the last place, any of them, or all,
        may stay. ``logits`` itself isn't changed.

    Raises:
        ValueError: if ``k`` is negative; the message names it.
    """
    raise NotImplementedError(
        "sampling.top_k_filter: -inf for all but the k largest scores (lab 06)"
    )


def top_p_filter(logits: Tensor, p: float) -> Tensor:
    r"""Leave only the nucleus: the fewest, likeliest tokens that together have p.

    A token stays if the tokens likelier than it have, together, a probability below p:

    .. math:: i \text{ stays} \iff
       \sum_{j \text{ likelier than } i} \mathrm{softmax}(z)_j < p

    So the likeliest token always stays. (Holtzman et al. 2020, section 3.1)

    Args:
        logits: (..., V) scores; -inf for tokens that may not be drawn. Each row is
            filtered by itself.
        p: above 0; 1 leaves all.

    Returns:
        (..., V) the same scores, but -inf for every token outside the nucleus. Where
        tokens tie, any of them may count as the likelier. ``logits`` isn't changed.

    Raises:
        ValueError: if ``p`` is not above 0 and at most 1; the message names it.
    """
    raise NotImplementedError(
        "sampling.top_p_filter: -inf for all but the fewest that together have probability "
        "p (lab 06)"
    )


def generate_text(
    model: BaseLM,
    tokenizer: Tokenizer,
    prompt: str = "",
    config: SamplingConfig | None = None,
    on_token: Callable[[int, int], None] | None = None,
) -> list[str]:
    """Let a model continue a text, in a batch of ``config.num_samples`` samples.

    The scores of the last position go through :func:`apply_temperature`, then
    :func:`top_k_filter`, then :func:`top_p_filter`; of what is left, softmax makes the
    probabilities that the next token is drawn from. Sample i draws with a CPU generator
    of its own, seeded once, with ``config.seed + i``, so it doesn't depend on the
    others: alone, with that seed, it is the same; torch's global generator is left
    alone. The model sees the last ``block_size`` tokens of prompt and continuation. It
    is in evaluation mode meanwhile, no gradients are computed, and afterwards it is in
    the mode it was in before.

    A sample is over after ``max_new_tokens`` tokens; when a token of ``stop_tokens`` is
    drawn, which isn't kept; or when :func:`cut_at` says so of what is new in it, which
    is then cut there. A sample that is over takes no more part in the computation.

    Args:
        model: gives ``(logits, None)`` for token ids (B, T), logits (B, T, V).
        tokenizer: the one it was trained with.
        prompt: the beginning; :func:`prompt_ids` turns it into token ids, also if it is
            empty, and says what is left of it if ``on_unknown`` is "skip".
        config: the settings; None stands for ``SamplingConfig()``.
        on_token: called with (i, token), both ints, for each new token of sample i, as
            soon as it is drawn; but not for a stop token, nor where :func:`cut_at` ends
            the sample. The last of ``max_new_tokens`` is told like any other.

    Returns:
        For each sample the prompt and its continuation.

    Raises:
        ValueError: if the prompt holds characters outside the vocabulary, and
            ``on_unknown`` is "error"; the message names them. If the scores of the last
            position hold a nan, of whichever sample; the message says "nan".
    """
    raise NotImplementedError(
        "sampling.generate_text: draw token after token, each sample with its own "
        "generator (lab 06)"
    )
