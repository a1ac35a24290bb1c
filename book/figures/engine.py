"""Makes what lab 16 shows but can't compute in a cell: ``python book/figures/engine.py cost bug_hunt``.

``cost`` measures what one more token costs, with and without a cache, as the text grows. ``bug_hunt`` trains a small
model (under a minute), and lets it foresee held-out text by way of the chapter's suspects, token by token.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import torch
from curves import keep  # beside this file
from torch import Tensor
from torch.nn import functional as F
from training import code_of, tinyworld  # beside this file

from vibejam_core.course.short_run import short_run
from vibejam_core.inference.config import SamplingConfig
from vibejam_core.inference.engine import Engine, draw
from vibejam_core.inference.kv_cache import KVCache, attend_cached, forward_cached
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.modern_gpt import GPT
from vibejam_core.models.rotary import norm, rotate_and_norm
from vibejam_core.text.characters import CharTokenizer

COMMAND = "python book/figures/engine.py"
LENGTHS = (16, 32, 64, 128, 192, 256, 384, 511)
SHORT, LONG, NEW = 24, 48, 60
"""How many characters the prompts have, every other one SHORT, and how many are foreseen after each."""


def fastest(job: Callable[[], object], times: int) -> float:
    """Milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        job()
        taken.append(time.perf_counter() - began)
    return round(1000 * min(taken), 3)


@torch.no_grad()
def cost() -> None:
    """One more token after so and so many, at depth 4, one text."""
    torch.manual_seed(0)
    shape = ModelConfig(vocab_size=32_768, block_size=512, n_layer=4, n_head=4, n_embd=256)
    model = GPT(shape)
    tokens = torch.randint(shape.vocab_size, (1, 512))
    whole = [fastest(lambda n=n: model(tokens[:, :n]), 3) for n in LENGTHS]  # type: ignore[misc]
    engine = Engine(model)
    steps, prefill = [], []
    for n in LENGTHS:
        taken = []
        for _ in range(8):
            _, cache = engine.prefill([tokens[0, :n].tolist()])
            taken.append(fastest(lambda cache=cache: forward_cached(model, tokens[:, -1:], cache, last_only=True), 1))  # type: ignore[misc]
        steps.append(min(taken))
        prefill.append(fastest(lambda n=n: engine.prefill([tokens[0, :n].tolist()]), 3))  # type: ignore[misc]
    print(whole, steps, prefill, sep="\n")
    curves = {
        name: {"step": list(LENGTHS), "loss": values}
        for name, values in (("without a cache", whole), ("with a cache", steps), ("prefill, once", prefill))
    }
    setting = "depth 4, width 256, 32,768 tokens, float32, one thread, one text; milliseconds, the best of several"
    keep("engine_16", curves, command=f"{COMMAND} cost", setting=setting)


class Right:
    """The four places in which the suspects differ."""

    @staticmethod
    def place(cache: KVCache, T: int) -> Tensor:
        """(B, T) where the new tokens stand."""
        return torch.tensor(cache.lengths)[:, None] + torch.arange(T)

    @staticmethod
    def write(cache: KVCache, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Keep the new keys and values of a layer."""
        return cache.insert(layer, k, v)

    @staticmethod
    def count(cache: KVCache, counts: list[int], T: int) -> None:
        """Say how many tokens are new in each row."""
        del T
        cache.advance(counts)

    @staticmethod
    def last(x: Tensor, counts: list[int]) -> Tensor:
        """(B, C) what the head sees."""
        return x[torch.arange(len(x)), torch.tensor(counts) - 1]


@torch.no_grad()
def step(ways: Any, model: GPT, idx: Tensor, cache: KVCache, counts: list[int]) -> Tensor:
    """As ``forward_cached`` with ``last_only``, with a suspect's way in one place: (B, V)."""
    config, T = model.config, idx.shape[1]
    positions = ways.place(cache, T).clamp(max=config.block_size - 1)  # (B, T)
    cos, sin = model.cos[positions], model.sin[positions]  # each (B, T, D/2)
    x = norm(model.transformer["wte"](idx))  # (B, T, C)
    for i, block in enumerate(model.transformer["h"]):
        attn, normed = block.attn, norm(x)
        q, k, v = (
            layer(normed).unflatten(-1, (heads, config.head_dim))
            for layer, heads in ((attn.c_q, config.n_head), (attn.c_k, config.kv_heads), (attn.c_v, config.kv_heads))
        )
        q, k = rotate_and_norm(q, k, cos, sin)
        k, v = ways.write(cache, i, k, v)  # (B, S, KV, D)
        x = x + attn.c_proj(attend_cached(q, k, v, cache.lengths, config.window_of(i)).flatten(-2))
        x = x + block.mlp(norm(x))
    ways.count(cache, counts, T)
    logits: Tensor = model.lm_head(norm(ways.last(x, counts)))[..., : config.vocab_size]
    return config.softcap * torch.tanh(logits / config.softcap)


def foreseen(ways: Any, model: GPT, windows: Tensor) -> Tensor:
    """(B, NEW) the loss of each true character after the prompt, read one by one."""
    counts = [SHORT if row % 2 else LONG for row in range(len(windows))]
    rows = torch.arange(len(windows))
    ends = torch.tensor(counts)
    cache = KVCache(model.config, len(windows))
    idx = torch.where(torch.arange(LONG) < ends[:, None], windows[:, :LONG], 0)  # padding behind
    logits = step(ways, model, idx, cache, counts)
    losses = []
    for n in range(NEW):
        true = windows[rows, ends + n]
        losses.append(F.cross_entropy(logits, true, reduction="none"))
        logits = step(ways, model, true[:, None], cache, [1] * len(rows))
    return torch.stack(losses, dim=1)


def told(ways: Any, model: GPT, tokenizer: CharTokenizer, prompts: list[str]) -> list[str]:
    """What it writes after each prompt."""
    ids = [tokenizer.encode(prompt) for prompt in prompts]
    counts = [len(tokens) for tokens in ids]
    idx = torch.tensor([tokens + [0] * (max(counts) - len(tokens)) for tokens in ids])
    config = SamplingConfig(temperature=0.5)
    cache, generators = KVCache(model.config, len(ids)), [torch.Generator().manual_seed(3) for _ in ids]
    new: list[list[int]] = [[] for _ in ids]
    for _ in range(56):
        tokens = draw(step(ways, model, idx, cache, counts), generators, config)
        for written, token in zip(new, tokens, strict=True):
            written.append(token)
        idx, counts = torch.tensor(tokens)[:, None], [1] * len(ids)
    return [tokenizer.decode(tokens) for tokens in new]


def bug_hunt() -> None:
    """The chapter's suspects, in a model that is right."""
    names: dict[str, Any] = {"torch": torch}
    exec(code_of("16_fast_inference", "class A"), names)
    tokenizer, tokens, val = tinyworld(1.0)
    shape = ModelConfig(vocab_size=tokenizer.vocab_size, block_size=128, n_layer=2, n_head=4, n_embd=64)
    model, (_, losses) = short_run("modern_gpt", shape, tokens, max_iters=600, batch_size=12)
    assert isinstance(model, GPT)
    print(f"trained to {losses[-1]}", flush=True)
    windows = val[: 400 * 128].view(400, 128)
    curves, found = {}, {}
    prompts = ["Vera the doctor had a blue lamp. One ", "One morning "]
    for name in ("right", *"ABCD"):
        ways = Right if name == "right" else type(name, (names[name], Right), {})
        each = foreseen(ways, model, windows)
        if name == "right":  # against the whole forward
            row = model(windows)[0].log_softmax(-1)[0]  # (T, V)
            true = -row[torch.arange(LONG - 1, LONG + NEW - 1), windows[0, LONG : LONG + NEW]]
            assert torch.allclose(each[0], true, atol=1e-3)
        curves[name] = {"step": list(range(1, NEW + 1)), "loss": [round(x, 3) for x in each.mean(0).tolist()]}
        found[name] = {
            "long": [round(part.mean().item(), 2) for part in (each[::2, 0], each[::2, 1], each[::2, -20:])],
            "short": [round(part.mean().item(), 2) for part in (each[1::2, 0], each[1::2, 1], each[1::2, -20:])],
            "written": told(ways, model, tokenizer, prompts),
        }
        print(name, found[name], flush=True)
    keep("bug_hunt_16", curves, command=f"{COMMAND} bug_hunt", prompts=prompts, found=found)


MAKERS = {"cost": cost, "bug_hunt": bug_hunt}


def main() -> None:
    """Make what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="+", choices=MAKERS)
    torch.set_num_threads(1)
    for name in parser.parse_args().what:
        MAKERS[name]()


if __name__ == "__main__":
    main()
