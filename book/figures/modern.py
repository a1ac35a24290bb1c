"""The runs that labs 10 and 11 show but can't compute in a cell: ``python book/figures/modern.py 10 11 layers``.

``10`` and ``11`` are the bug hunts: each suspect is taken from the chapter's own cells, put in the place of the right
version, and trained from the same seed on the same batches. ``ablations`` trains the right version with one choice
changed, from two seeds or four. ``layers`` trains models of one, two and three layers to look up what came after a
letter the last time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from curves import LABS, keep  # beside this file
from torch import Tensor, nn
from training import tinyworld

from vibejam_core.course.authoring import lab_source
from vibejam_core.evaluation.measures import estimate_loss
from vibejam_core.models import modern_block, rotary
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.modern_gpt import GPT
from vibejam_core.text.windows import get_batch

SHAPE = {"block_size": 32, "n_layer": 2, "n_head": 4, "n_kv_head": 2, "n_embd": 64}
HOW = {"steps": 600, "batch_size": 16, "rate": 0.005}
Curve = dict[str, list[float]]


def suspects(lab: str) -> dict[str, Any]:
    """The functions and classes that a chapter puts under suspicion, each cell run on its own."""
    names: dict[str, Any] = {**vars(modern_block), **vars(rotary), "nn": nn, "torch": torch, "F": F}
    for block in lab_source.read(LABS / f"{lab}.md").blocks:
        if block.kind == "code-cell" and ("def suspect_" in block.text or "class Suspect" in block.text):
            exec(compile(block.text, f"{lab}.md:{block.line}", "exec"), names)
    return names


@contextmanager
def instead(replaced: Mapping[tuple[Any, str], Any]) -> Iterator[None]:
    """Put other functions in the place of the reference's, ``(owner, name): function``, for a while."""
    before = {(owner, name): getattr(owner, name) for owner, name in replaced}
    for (owner, name), function in replaced.items():
        setattr(owner, name, function)
    try:
        yield
    finally:
        for (owner, name), function in before.items():
            setattr(owner, name, function)


def train(
    shape: Mapping[str, Any], *, steps: int, batch_size: int, rate: float, seed: int = 0,
    change: Callable[[GPT], None] = lambda model: None,
) -> Curve:  # fmt: skip
    """A small modern GPT on TinyWorld, with AdamW, a short warm-up and a straight line down to 0."""
    tokenizer, tokens, val = tinyworld(1.0)
    torch.manual_seed(seed)
    model = GPT(ModelConfig(vocab_size=tokenizer.vocab_size, **shape))
    change(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.95), weight_decay=0.1)
    batches = torch.Generator().manual_seed(seed)
    curve: Curve = {"step": [], "loss": []}
    for step in range(steps + 1):
        if step % 30 == 0:
            curve["step"].append(step)
            curve["loss"].append(round(estimate_loss(model, val, eval_iters=8), 4))
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 50) * (1 - step / (steps + 1))
        _, loss = model(*get_batch(tokens, model.get_block_size(), batch_size, batches))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[union-attr]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return curve


def record(curves: dict[str, Curve], label: str, make: Callable[[], Curve]) -> None:
    """Make one curve, and say how it went."""
    started = time.process_time()
    curves[label] = make()
    print(f"{label}: {curves[label]['loss'][-1]:.3f} after {time.process_time() - started:.0f} CPU s", flush=True)


def lab_10() -> None:
    """Ways to turn and norm queries and keys; the ones that look right also at ten times the learning rate."""
    found = {name: thing for name, thing in suspects("10_rotations").items() if name.startswith("suspect_")}
    curves: dict[str, Curve] = {}
    record(curves, "right", partial(train, SHAPE, **HOW))
    record(curves, "right, another seed", partial(train, SHAPE, **HOW, seed=1))
    fast = {**HOW, "rate": 10 * HOW["rate"]}
    record(curves, "right, fast", partial(train, SHAPE, **fast))
    still = {"nothing is turned": lambda q, k, cos, sin: (rotary.norm(q), rotary.norm(k))}
    for name, suspect in {**found, **still}.items():
        with instead({(modern_block, "rotate_and_norm"): suspect}):
            record(curves, name, partial(train, SHAPE, **HOW))
            if name in ("suspect_c", "suspect_d"):
                record(curves, f"{name}, fast", partial(train, SHAPE, **fast))
    keep("bug_hunt_10", curves, command="python book/figures/modern.py 10", model=SHAPE, training=HOW)


def lab_11() -> None:
    """Ways to attend, and a way to add, in a model whose first layer has a window."""
    shape = {**SHAPE, "window_pattern": "SL"}
    found = suspects("11_grouped_attention")
    curves: dict[str, Curve] = {}
    record(curves, "right", partial(train, shape, **HOW))
    record(curves, "right, another seed", partial(train, shape, **HOW, seed=1))
    for name in ("suspect_a", "suspect_b", "suspect_c"):
        with instead({(modern_block, "attend"): found[name]}):
            record(curves, name, partial(train, shape, **HOW))
    with instead({(modern_block.Block, "forward"): found["suspect_d"]}):
        record(curves, "suspect_d", partial(train, shape, **HOW))
    keep("bug_hunt_11", curves, command="python book/figures/modern.py 11", model=shape, training=HOW)


def side_by_side(self: Any, x: Tensor, cos: Tensor, sin: Tensor, value_embedding: Tensor | None = None) -> Tensor:
    """A block whose two parts read the same stream."""
    normed = rotary.norm(x)
    return x + self.attn(normed, cos, sin, value_embedding) + self.mlp(normed)  # type: ignore[no-any-return]


def with_biases(model: GPT) -> None:
    """Give every linear layer of the blocks a bias, which starts at 0."""
    for module in list(model.transformer["h"].modules()):
        if isinstance(module, modern_block.Linear):
            module.bias = nn.Parameter(torch.zeros(module.out_features))
            module.forward = lambda x, layer=module: F.linear(x, layer.weight, layer.bias)  # type: ignore[method-assign]


def bent_by(bend: Callable[[Tensor], Tensor]) -> dict[tuple[Any, str], Any]:
    """An MLP with another function between its layers."""
    return {(modern_block.MLP, "forward"): lambda self, x: self.c_proj(bend(self.c_fc(x)))}


CLOSE = ("as in the chapter", "ReLU", "GELU")
"""What two seeds can't decide between."""


def ablations() -> None:
    """One choice changed at a time, from two seeds each, or four."""
    choices: dict[str, tuple[dict[str, Any], dict[tuple[Any, str], Any], Callable[[GPT], None]]] = {
        "as in the chapter": ({}, {}, lambda model: None),
        "4 heads of keys and values": ({"n_kv_head": 4}, {}, lambda model: None),
        "1 head of keys and values": ({"n_kv_head": 1}, {}, lambda model: None),
        "ReLU": ({}, bent_by(F.relu), lambda model: None),
        "GELU": ({}, bent_by(F.gelu), lambda model: None),
        "biases": ({}, {}, with_biases),
        "value embeddings": ({"value_embeddings": True}, {}, lambda model: None),
        "a window of half the context": ({"window_pattern": "SL"}, {}, lambda model: None),
        "attention and MLP side by side": ({}, {(modern_block.Block, "forward"): side_by_side}, lambda model: None),
    }
    curves: dict[str, Curve] = {}
    for name, (more, replaced, change) in choices.items():
        for seed in range(4 if name in CLOSE else 2):
            with instead(replaced):
                record(curves, f"{name}, seed {seed}", partial(train, SHAPE | more, **HOW, seed=seed, change=change))
    keep("ablations_11", curves, command="python book/figures/modern.py ablations", model=SHAPE, training=HOW)


def layers() -> None:
    """Random letters that repeat with a period of 6 to 16: how often is the repetition foreseen?"""
    T, V, steps, rate = 32, 16, 300, 3e-3
    curves: dict[str, Curve] = {}

    def batch(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        period = torch.randint(6, 17, (32, 1), generator=generator)  # (B, 1)
        letters = torch.randint(V, (32, 17), generator=generator)
        text = letters.gather(1, torch.arange(T + 1) % period)  # (B, T + 1)
        return text[:, :-1], text[:, 1:], torch.arange(T) >= period

    def learn(n_layer: int) -> Curve:
        torch.manual_seed(0)
        generator = torch.Generator().manual_seed(0)
        model = GPT(ModelConfig(vocab_size=V, block_size=T, n_layer=n_layer, n_head=2, n_embd=64))
        optimizer = torch.optim.AdamW(model.parameters(), lr=rate)
        curve: Curve = {"step": [], "loss": []}
        for step in range(steps + 1):
            x, y, foreseeable = batch(generator)
            logits, _ = model(x)
            if step % 15 == 0:
                right = (logits.argmax(dim=-1) == y)[foreseeable]
                curve["step"].append(step)
                curve["loss"].append(round(right.float().mean().item(), 4))
            loss = F.cross_entropy(logits[foreseeable], y[foreseeable])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return curve

    for n_layer in (1, 2, 3):
        record(curves, f"{n_layer} layer{'s' * (n_layer > 1)}", partial(learn, n_layer))
    facts = {"steps": steps, "batch_size": 32, "rate": rate}
    shape = {"block_size": T, "vocab_size": V, "n_head": 2, "n_embd": 64}
    keep("layers_11", curves, command="python book/figures/modern.py layers", model=shape, training=facts)


MAKERS = {"10": lab_10, "11": lab_11, "ablations": ablations, "layers": layers}


def main() -> None:
    """Make what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="+", choices=MAKERS)
    torch.set_num_threads(1)
    for name in parser.parse_args().what:
        MAKERS[name]()


if __name__ == "__main__":
    main()
