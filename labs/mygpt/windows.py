# Yours to write, in lab 01 (Characters).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check windows.split_corpus
"""From one long row of tokens to batches of windows that a model can train on."""

from __future__ import annotations

import torch
from torch import Tensor


def split_corpus(tokens: Tensor, val_fraction: float = 0.1) -> tuple[Tensor, Tensor]:
    """Cut a corpus into a first part to train on and a last part to validate on.

    Nothing is shuffled: text has an order, and windows of shuffled tokens would make no
    sense. The validation part is the *end* of the corpus, so no training window can
    overlap it.

    Args:
        tokens: (N,) token ids.
        val_fraction: the share of the corpus to hold back, at least 0 and below 1. With
            0, all of it is for training.

    Returns:
        ``(train, val)``: together all N tokens in their order, of the dtype they had.
        ``val`` has ``val_fraction * N`` tokens (where that is no whole number, either
        neighbour will do).

    Raises:
        ValueError: if ``val_fraction`` is negative, 1 or more.
    """
    raise NotImplementedError(
        "windows.split_corpus: cut tokens into a first part to train on and a last part to "
        "validate on (lab 01)"
    )


def get_batch(
    tokens: Tensor,
    block_size: int,
    batch_size: int,
    generator: torch.Generator | None = None,
    device: str | torch.device = "cpu",
) -> tuple[Tensor, Tensor]:
    r"""Draw a batch of random windows and, for each, the tokens that come next.

    .. math:: x_b = (t_s, \dots, t_{s+T-1}) \qquad y_b = (t_{s+1}, \dots, t_{s+T}) \qquad s \sim U\{0, \dots, N-T-1\}

    ``y[b, i]`` is the token that follows ``x[b, i]`` in the corpus: the answer to the
    question "what comes after ``x[b, : i + 1]``?". Every start from which a whole
    window *and its next token* fit is equally likely, the first and the last one
    included; each row draws its own.

    Args:
        tokens: (N,) token ids of any integer dtype, N at least ``block_size + 1``.
        block_size: T, the length of a window.
        batch_size: B, the number of windows.
        generator: where all the randomness comes from; ``None`` means torch's global
            generator. Two generators with the same seed give the same batch; the next
            batch from the same generator is another one.
        device: where the batch is wanted.

    Returns:
        ``(x, y)``, each (B, T) of dtype int64 on ``device``.

    Raises:
        ValueError: if the corpus is too short for one window; the message names N and
            ``block_size + 1``.
    """
    raise NotImplementedError(
        "windows.get_batch: draw random windows x and, one token later, their targets y "
        "(lab 01)"
    )
