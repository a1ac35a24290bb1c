# Yours to write, in lab 07 (In your own voice).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check voice.token_losses
"""Whose voice is it? How surprised a model is by a text, and how much of a text it has by heart."""

from __future__ import annotations

import torch
from torch import Tensor

from vibejam_core.evaluation.measures import perplexity
from vibejam_core.models.base import BaseLM
from vibejam_core.text.tokenizers import Tokenizer, prompt_ids


def token_losses(model: BaseLM, tokenizer: Tokenizer, text: str, batch_size: int = 256) -> Tensor:
    r"""How much each token of a text surprises a model.

    .. math:: \ell_i = -\ln p(x_i \mid x_{i-T}, \dots, x_{i-1}),
       \qquad T = \text{block\_size}

    Every token, the first too, is predicted from the up to ``block_size`` tokens right
    before it. In front of the text stand the ids that :func:`prompt_ids` gives for an
    empty prompt, so that the first token has something before it. The model is in
    evaluation mode meanwhile, no gradients are computed, and afterwards it is in the
    mode it was in before; so it is where the text is refused.

    Args:
        model: gives ``(logits, None)`` for token ids (B, T) on the device of its
            parameters; logits (B, T, V), of any float dtype. It can't look ahead: the
            scores after a token depend on it and on those before it in its row.
        tokenizer: the one it was trained with. A token may be more than a character.
        text: at least one character.
        batch_size: how many windows the model sees at a time, where there are so many
            of one length; it changes no number.

    Returns:
        (N,) float32 on the CPU, in nats: one loss for each of the N tokens of ``text``,
        computed in float32 even where the logits are of half precision.

    Raises:
        ValueError: if the text is empty, or holds characters outside the vocabulary;
            the message then is the tokenizer's, and names them.
    """
    raise NotImplementedError(
        "voice.token_losses: how much each token surprises the model, given those before "
        "it (lab 07)"
    )


def same_length(start: int, stop: int, most: int, batch_size: int) -> list[tuple[int, list[int]]]:
    """The positions from ``start`` to ``stop - 1``, in order, in batches whose contexts have one length.

    Args:
        start: the first position, which has ``start`` tokens before it.
        stop: one more than the last position.
        most: the longest context.
        batch_size: the largest batch.

    Returns:
        ``(length, positions)`` for each batch: positions with at least ``length`` tokens before each, and ``length``
        is as much of these as the longest context allows.
    """
    growing = [(i, [i]) for i in range(start, min(most, stop))]  # each context is longer than the one before
    full = list(range(max(start, most), stop))
    return growing + [(most, full[i : i + batch_size]) for i in range(0, len(full), batch_size)]


def text_perplexity(model: BaseLM, tokenizer: Tokenizer, text: str) -> float:
    """Between how many tokens a model hesitates on average as it reads a text.

    This is the :func:`perplexity` of the mean of :func:`token_losses`: lower for texts
    like those that the model was trained on.

    Args:
        model: gives ``(logits, None)`` for token ids (B, T).
        tokenizer: the one it was trained with.
        text: at least one character, all in the vocabulary.

    Returns:
        A float: at least 1; V for a model that knows nothing; infinite where it is too
        large for a float.

    Raises:
        ValueError: as :func:`token_losses`.
    """
    raise NotImplementedError(
        "voice.text_perplexity: the perplexity of the mean of the token losses (lab 07)"
    )


def longest_copy(text: str, source: str) -> str:
    """The longest passage of a text that stands, character for character, in a source.

    With a model's output as the text and what it was trained on as the source: what the
    model has by heart. Every character counts, a space or a line break too, and small
    letters are not capitals.

    Args:
        text: for example a sample; it may be empty.
        source: for example the training text; it may be empty, too.

    Returns:
        The passage; the first one in ``text`` where several are longest, and an empty
        string where not even one character of ``text`` occurs in ``source``.
    """
    raise NotImplementedError(
        "voice.longest_copy: the longest passage of text that is also in source (lab 07)"
    )
