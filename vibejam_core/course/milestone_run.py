"""What the milestones run: a small GPT made of the learner's own components, in a process of its own.

``python -m vibejam_core.course.milestone_run initialises`` with ``VIBEJAM_IMPL=mine`` prints, as its last line, what
was measured as JSON. ``vibejam milestone`` starts it; an error ends it with a message and exit code 1.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from vibejam_core.course.curriculum import milestone
from vibejam_core.course.provenance import borrowed
from vibejam_core.inference.config import SamplingConfig
from vibejam_core.inference.engine import Engine
from vibejam_core.inference.sampling import generate_text
from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.text.characters import CharTokenizer
from vibejam_core.training.trainer import train_step

CONFIG = ModelConfig(vocab_size=65, block_size=32, n_layer=2, n_head=4, n_embd=32)
RATE = 1e-3
ALPHABET, PROMPT, LENGTH = "abcdefghijklmnopqrstuvwxyz", "vibe", 60
"""What the sampler writes with, what it goes on from, and how much: more than the context holds, so that it slides."""


def make() -> BaseLM:
    """The small model, always with the same weights for the same code."""
    torch.manual_seed(0)
    return build_model("gpt", CONFIG)


def initialises() -> dict[str, Any]:
    """The model can be made, and all its weights are finite."""
    model = make()
    numbers = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not numbers:
        raise ValueError("the model has no parameters: nothing could be trained")
    for name, parameter in model.named_parameters():
        if not bool(torch.isfinite(parameter).all()):
            raise ValueError(f"the weights {name} are not all finite numbers")
    return {"parameters": sum(parameter.numel() for parameter in numbers)}


def forward() -> dict[str, Any]:
    """A batch goes through, and the untrained model's loss is about that of guessing blindly."""
    model, idx, targets = make(), *batch()
    logits, loss = model(idx, targets)
    wanted = (*idx.shape, CONFIG.vocab_size)
    if tuple(logits.shape) != wanted:
        raise ValueError(f"the logits should have shape {wanted}, but they have shape {tuple(logits.shape)}")
    blind = math.log(CONFIG.vocab_size)
    if loss is None or not abs(loss.item() - blind) < 0.5:
        got = "None" if loss is None else f"{loss.item():.3f}"
        raise ValueError(f"the first loss should be about ln {CONFIG.vocab_size} = {blind:.3f}, but it is {got}")
    return {"loss": round(loss.item(), 4), "ln_vocab_size": round(blind, 4)}


def backward() -> dict[str, Any]:
    """The loss sends a gradient to every parameter."""
    model, idx, targets = make(), *batch()
    _, loss = model(idx, targets)
    assert loss is not None
    loss.backward()
    for name, parameter in model.named_parameters():
        if parameter.grad is None or not bool(parameter.grad.any()):
            raise ValueError(f"{name} received no gradient, so training would never change it")
    count = sum(1 for _ in model.parameters())
    norm = torch.stack([p.grad.norm() for p in model.parameters() if p.grad is not None]).norm()
    return {"tensors_with_gradient": count, "gradient_norm": round(norm.item(), 4)}


def training_step() -> dict[str, Any]:
    """One step on a batch moves the weights, all of them finite, and lowers the loss of that batch."""
    model, idx, targets = make(), *batch()
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    optimizer = model.configure_optimizers(RATE, 0.0)
    losses = [train_step(model, optimizer, [(idx, targets)], RATE, 1.0) for _ in range(2)]
    for name, parameter in model.named_parameters():
        if not bool(torch.isfinite(parameter).all()):
            raise ValueError(f"after two steps the weights {name} are not all finite numbers")
        if torch.equal(parameter, before[name]):
            raise ValueError(f"two steps left the weights {name} as they were")
    if not losses[1] < losses[0]:
        raise ValueError(f"a step should lower the loss of its own batch, but it went from {losses[0]} to {losses[1]}")
    return {"loss_before": round(losses[0], 4), "loss_after": round(losses[1], 4)}


def modern_runs() -> dict[str, Any]:
    """The modern GPT scores a batch, learns from it with all of its weights, and writes."""
    torch.manual_seed(0)
    model, (idx, targets) = build_model("modern_gpt", replace(CONFIG, n_kv_head=2)), batch()
    logits, _ = model(idx, targets)
    wanted = (*idx.shape, CONFIG.vocab_size)
    if tuple(logits.shape) != wanted:
        raise ValueError(f"the logits should have shape {wanted}, but they have shape {tuple(logits.shape)}")
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    optimizer = torch.optim.AdamW(model.parameters(), RATE)
    losses = [train_step(model, optimizer, [(idx, targets)], RATE, 1.0) for _ in range(3)]
    for name, parameter in model.named_parameters():  # behind a projection of zeros, weights wait for one step
        if torch.equal(parameter, before[name]):
            raise ValueError(f"three steps left the weights {name} as they were")
    if not losses[-1] < losses[0]:
        raise ValueError(
            f"steps should lower the loss of their own batch, but it went from {losses[0]} to {losses[-1]}"
        )
    written = list(model.generate(idx[0].tolist(), 40))  # type: ignore[operator]
    if len(written) != 40 or not all(0 <= token < CONFIG.vocab_size for token in written):
        raise ValueError(f"40 tokens below {CONFIG.vocab_size} were asked for, but this came: {written}")
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return {"parameters": parameters, "loss_before": round(losses[0], 4), "loss_after": round(losses[-1], 4)}


def cached_writing() -> dict[str, Any]:
    """The engine goes on from several prompts at once as the model's own ``generate`` does from each alone."""
    torch.manual_seed(0)
    model = build_model("modern_gpt", replace(CONFIG, n_kv_head=2, window_pattern="SL"))
    with torch.no_grad():
        for parameter in model.parameters():  # a new model has projections of zeros, and no opinion
            parameter.add_(torch.randn_like(parameter), alpha=0.3)
    idx, _ = batch()
    prompts = [row[:length].tolist() for row, length in zip(idx, (3, 12, 7, 1), strict=True)]
    config = SamplingConfig(max_new_tokens=20, temperature=0.0, max_newlines=0, max_spaces=0)
    began = time.perf_counter()
    alone = [list(model.generate(prompt, 20, temperature=0.0)) for prompt in prompts]  # type: ignore[operator]
    between = time.perf_counter()
    written: list[list[int]] = [[] for _ in prompts]
    for sample, token in Engine(model).stream(prompts, config):
        written[sample].append(token)
    ended = time.perf_counter()
    for prompt, wanted, got in zip(prompts, alone, written, strict=True):
        if got != wanted:
            raise ValueError(
                f"after a prompt of {len(prompt)} tokens the model alone writes {wanted}, and with the cache, beside "
                f"other prompts, {got}"
            )
    faster = round((between - began) / (ended - between), 1)
    return {"texts": len(prompts), "tokens_each": 20, "times_as_fast": faster}


def generation() -> dict[str, Any]:
    """A seed always gives the same text and another seed another one; a sample ends where a stop text says so."""
    tokenizer = CharTokenizer.build(ALPHABET)
    torch.manual_seed(0)
    model = build_model("gpt", replace(CONFIG, vocab_size=tokenizer.vocab_size))

    def write(**settings: Any) -> list[str]:
        usual = {"max_new_tokens": LENGTH, "temperature": 1.0, "seed": 1, **settings}
        return generate_text(model, tokenizer, PROMPT, SamplingConfig(**usual))

    [text] = write()
    if not text.startswith(PROMPT) or len(text) != len(PROMPT) + LENGTH:
        raise ValueError(f"{PROMPT!r} and {LENGTH} characters more were asked for, but this came: {text!r}")
    if write() != [text]:
        raise ValueError("the same seed gave another text the second time")
    pair = write(num_samples=2)
    if pair != [text, *write(seed=2)]:
        raise ValueError("two samples side by side are not the ones that their seeds give one by one")
    if pair[0] == pair[1]:
        raise ValueError("two seeds gave the same text, so nothing was drawn by chance")
    least = [write(temperature=0.0, seed=seed) for seed in (1, 2)]
    if least[0] != least[1] or write(top_k=1) != least[0]:
        raise ValueError("temperature 0, and top_k 1, always take the likeliest token, whatever the seed")
    new = text[len(PROMPT) :]
    stop = new[LENGTH // 2 : LENGTH // 2 + 3]
    if write(stop=(stop,)) != [PROMPT + new[: new.find(stop)]]:
        raise ValueError(f"the sample should have ended before the stop text {stop!r}")
    return {"characters": LENGTH, "stopped_after": new.find(stop)}


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Random tokens and targets, (4, 32) each."""
    idx = torch.randint(CONFIG.vocab_size, (4, CONFIG.block_size + 1), generator=torch.Generator().manual_seed(1))
    return idx[:, :-1], idx[:, 1:]


RUNS: dict[str, Callable[[], dict[str, Any]]] = {
    "initialises": initialises,
    "forward": forward,
    "backward": backward,
    "training-step": training_step,
    "generation": generation,
    "modern-runs": modern_runs,
    "cached-writing": cached_writing,
}


def main() -> int:
    """Run the milestone that the command line names."""
    parts = borrowed(milestone(sys.argv[1]).needs)
    if parts:
        print(f"this would run the reference's code, not yours, for: {', '.join(parts)}", file=sys.stderr)
        return 1
    numbers = RUNS[sys.argv[1]]()
    print(json.dumps(numbers))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ValueError, RuntimeError, TypeError, AttributeError, IndexError, KeyError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1)
