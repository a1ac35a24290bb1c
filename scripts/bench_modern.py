"""How fast the modern GPT trains: ``python -m scripts.bench_modern`` prints tokens per second and where the time goes.

The setting: depth 4, a vocabulary of 32,768, one window of 512 tokens, float32, one
thread, nothing compiled. The tokens are random: speed doesn't depend on them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import Literal

from scripts._main import options, run


@dataclass(frozen=True)
class BenchOptions:
    """How fast the modern GPT trains."""

    depth: int = 4
    """How many layers; the width is 64 times as much."""
    vocab_size: int = 32_768
    """How many different tokens."""
    block_size: int = 512
    """How long a window is."""
    batch_size: int = 1
    """How many windows a step sees."""
    optimizer: Literal["auto", "adamw", "muon"] = "auto"
    """As for scripts.train_lm."""
    threads: int = 1
    """How many CPU threads one operation may use."""
    steps: int = 8
    """How many steps are timed, after two that warm up."""
    keep_memory: bool = True
    """Keep the memory of tensors that are no longer needed, as scripts.train_lm does."""
    at_least: float = 0.0
    """Fail if there are fewer tokens per second than this."""


def main() -> int:
    """Train on random tokens, print medians."""
    args = options(BenchOptions, "scripts.bench_modern")
    # Imported here, so that an error in a component of yours, which is imported too, is told like any other.
    import torch

    from vibejam_core.models.config import ModelConfig
    from vibejam_core.models.modern_gpt import GPT
    from vibejam_core.training.config import TrainConfig
    from vibejam_core.training.devices import keep_freed_memory
    from vibejam_core.training.optimizer_set import build_optimizer

    if args.keep_memory:
        keep_freed_memory()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    width = 64 * args.depth
    shape = ModelConfig(
        vocab_size=args.vocab_size, block_size=args.block_size, n_layer=args.depth, n_head=max(1, width // 128),
        n_embd=width,
    )  # fmt: skip
    model = GPT(shape)
    optimizer = build_optimizer(model, TrainConfig(arch="modern_gpt", optimizer=args.optimizer))
    tokens = torch.randint(args.vocab_size, (args.batch_size, args.block_size + 1))
    x, y = tokens[:, :-1], tokens[:, 1:]
    print(f"depth {args.depth}, width {width}: {model.parameter_counts()['total']:,} parameters, float32, "
          f"{args.threads} thread(s), {args.batch_size} x {args.block_size} tokens")  # fmt: skip
    times: dict[str, list[float]] = {"forward": [], "backward": [], "optimiser": [], "step": []}
    for step in range(args.steps + 2):
        marks = [time.perf_counter()]
        _, loss = model(x, y)
        marks.append(time.perf_counter())
        assert loss is not None  # targets were given
        loss.backward()
        marks.append(time.perf_counter())
        optimizer.step()
        optimizer.zero_grad()
        marks.append(time.perf_counter())
        if step >= 2:
            for name, began, ended in zip(times, marks, marks[1:], strict=False):
                times[name].append(ended - began)
            times["step"].append(marks[-1] - marks[0])
    for name, seconds in times.items():
        print(f"{name:10} {1000 * median(seconds):8.1f} ms")
    rate = args.batch_size * args.block_size / median(times["step"])
    flops = model.estimate_flops() * rate
    print(f"{rate:,.0f} tokens per second, {flops / 1e9:.1f} GFLOP/s")
    return int(rate < args.at_least)


if __name__ == "__main__":
    run(main)
