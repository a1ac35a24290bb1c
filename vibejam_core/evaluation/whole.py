"""The loss on a whole text, every token once: slower than a sample of windows, and without its noise."""

from __future__ import annotations

import torch
from torch import Tensor

from vibejam_core.models.base import BaseLM


def loss_on_all(model: BaseLM, tokens: Tensor, batch_size: int = 64) -> float:
    """A model's mean loss over all of a text, cut into windows that lie side by side.

    Every token but the first is predicted exactly once. The context is what precedes it in its own window, from 1 to
    ``block_size`` tokens, so the figure is a little higher than with a sliding window.

    Args:
        model: called as ``model(x, y)``, returns ``(logits, loss)``.
        tokens: (N,) token ids, N at least 2.
        batch_size: windows at a time.

    Returns:
        The mean loss, in nats per token.

    Raises:
        ValueError: if there are fewer than two tokens.
    """
    if len(tokens) < 2:
        raise ValueError(f"a loss needs at least 2 tokens, one to see and one to guess; this text has {len(tokens)}")
    device = next(model.parameters()).device
    T = model.get_block_size()
    n_whole = (len(tokens) - 1) // T * T
    inputs, targets = tokens[:-1].long(), tokens[1:].long()
    pieces = [
        *zip(
            torch.split(inputs[:n_whole].view(-1, T), batch_size),  # each (B, T)
            torch.split(targets[:n_whole].view(-1, T), batch_size),
            strict=True,
        ),
        (inputs[None, n_whole:], targets[None, n_whole:]),  # the rest, (1, fewer than T)
    ]
    was_training = model.training
    model.eval()
    total = 0.0
    with torch.no_grad():
        for x, y in pieces:
            if x.numel():
                _, loss = model(x.to(device), y.to(device))
                assert loss is not None  # targets were given
                total += loss.item() * x.numel()
    model.train(was_training)
    return total / len(inputs)
