# Yours to write, in lab 02 (Guessing the next character).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check loss.language_model_loss
"""How wrong a prediction was."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def language_model_loss(logits: Tensor, targets: Tensor) -> Tensor:
    r"""The mean surprise of the true next tokens, in nats (the cross-entropy).

    .. math:: L = -\frac{1}{BT} \sum_{b,t} \ln \mathrm{softmax}(\mathrm{logits}_{b,t})_{\mathrm{targets}_{b,t}}

    A model that finds all V tokens equally likely scores :math:`\ln V`; one that is
    sure and right scores 0.

    Args:
        logits: (B, T, V) unnormalised scores, of any floating dtype and any size: a
            logit of 1000 must not overflow.
        targets: (B, T) of dtype int64, the tokens that really came next.

    Returns:
        A scalar tensor of dtype float32 through which gradients flow back to
        ``logits``. Half-precision logits are converted to float32 before anything is
        computed.

    Raises:
        ValueError: if ``logits.shape[:2]`` is not ``targets.shape``; the message names
            both shapes.
    """
    raise NotImplementedError(
        "loss.language_model_loss: mean cross-entropy of logits against targets (lab 02)"
    )
