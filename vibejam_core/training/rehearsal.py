"""A rehearsal before a run: everything that a model will have to do, once and in small.

What is wrong with a model then shows after a moment: before a text is read, anything is counted or measured, and before
an earlier run in the same folder is deleted.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from vibejam_core.models.base import BaseLM
from vibejam_core.models.gpt import GPTModel
from vibejam_core.models.modern_gpt import GPT
from vibejam_core.text.tokenizers import Tokenizer, prompt_ids

WINDOW = 32
"""How many tokens the one training step looks at."""


def rehearse(model: BaseLM, make_optimizer: Callable[[], torch.optim.Optimizer], *, generate: bool = True) -> None:
    """Let a model do all of it once: a training step, its own sums, a word.

    Args:
        model: not the one that will be trained, but another one of its kind.
        make_optimizer: makes one of its parameters, once the model has scored something and learnt from it.
        generate: whether it will be asked to write.
    """
    device = next(model.parameters()).device
    T = min(WINDOW, model.get_block_size())
    window = torch.arange(T + 1, device=device) % model.config.vocab_size  # (T + 1,)
    _, loss = model(window[None, :-1], window[None, 1:])
    assert loss is not None  # targets were given
    loss.backward()
    make_optimizer().step()
    cost(model)
    if generate:
        written(model, [0], 1)


def cost(model: BaseLM) -> tuple[int, int] | None:
    """FLOPs to train on a token, and bytes to keep its keys and values; None where a model can't say."""
    return (model.estimate_flops(), model.kv_bytes_per_token()) if isinstance(model, GPT) else None


def first_words(model: BaseLM, tokenizer: Tokenizer, max_new_tokens: int) -> str | None:
    """What a model writes on an empty page, always with the same luck; None where it has no ``generate`` of its own."""
    tokens = written(model, prompt_ids(tokenizer, "")[1], max_new_tokens)
    return None if tokens is None else tokenizer.decode(tokens)


def written(model: BaseLM, prompt: list[int], max_new_tokens: int) -> list[int] | None:
    """The tokens with which a model's own ``generate`` goes on; None where it has none.

    The model's mode (training or eval) and the global random generator stay as they are.
    """
    was_training, state = model.training, torch.get_rng_state()
    model.eval()
    tokens = None
    if isinstance(model, GPT):
        tokens = list(model.generate(prompt, max_new_tokens))
    elif isinstance(model, GPTModel):
        idx = torch.tensor([prompt], device=next(model.parameters()).device)  # (1, T)
        luck = torch.Generator(idx.device).manual_seed(0)
        tokens = model.generate(idx, max_new_tokens, generator=luck)[0, len(prompt) :].tolist()
    model.train(was_training)
    torch.set_rng_state(state)
    return tokens
