"""A rehearsal before a run: everything that a model will have to do, once and in small.

What is wrong with a model then shows after a moment: before anything is counted or measured, and before an earlier run
in the same folder is deleted.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from vibejam_core.models.base import BaseLM
from vibejam_core.models.gpt import GPTModel
from vibejam_core.models.modern_gpt import GPT
from vibejam_core.text.tokenizers import Tokenizer, prompt_ids

WINDOW = 32
"""How many tokens the one training step looks at."""


def rehearse(model: BaseLM, tokens: Tensor, optimizer_for: Callable[[BaseLM], torch.optim.Optimizer]) -> None:
    """Make one training step with a model that is thrown away afterwards.

    Args:
        model: not the one that will be trained, but another one of its kind.
        tokens: (N,) what to train on; a few are enough.
        optimizer_for: makes the optimiser.
    """
    device = next(model.parameters()).device
    T = min(WINDOW, model.get_block_size(), len(tokens) - 1)
    window = tokens[: T + 1].to(device).long()  # (T + 1,)
    _, loss = model(window[None, :-1], window[None, 1:])
    assert loss is not None  # targets were given
    loss.backward()
    optimizer_for(model).step()


def first_words(model: BaseLM, tokenizer: Tokenizer, max_new_tokens: int) -> str | None:
    """What a model writes on an empty page, always with the same luck; None where it has no ``generate`` of its own.

    Args:
        model: its mode (training or eval) and the global random generators stay as they are.
        tokenizer: the model's.
        max_new_tokens: how many tokens to write.
    """
    _, prompt = prompt_ids(tokenizer, "")
    was_training, state = model.training, torch.get_rng_state()
    model.eval()
    if isinstance(model, GPT):
        tokens = list(model.generate(prompt, max_new_tokens))
    elif isinstance(model, GPTModel):
        idx = torch.tensor([prompt], device=next(model.parameters()).device)  # (1, T)
        luck = torch.Generator(idx.device).manual_seed(0)
        tokens = model.generate(idx, max_new_tokens, generator=luck)[0, len(prompt) :].tolist()
    else:
        return None
    model.train(was_training)
    torch.set_rng_state(state)
    return tokenizer.decode(tokens)
