"""How fast a modern GPT writes: ``python -m scripts.infer_bench`` says what it measures, then one line of JSON.

Without --ckpt-path the model is untrained and the prompt random: speed doesn't depend on what the numbers say. Each job
is done several times, and the fastest counts, since other programs can only slow it down.

The bound: to write one token for each text, all weights and each text's keys and values have to be read from memory
once. However fast the processor computes, it can't be faster than that takes. (Weights that fit in the processor's own
cache can beat it.)
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scripts._main import options, run

if TYPE_CHECKING:
    from vibejam_core.models.modern_gpt import GPT

COPIED = 128 * 2**20
"""How many bytes are copied to measure the memory's bandwidth: more than any processor's cache holds."""


@dataclass(frozen=True)
class InferOptions:
    """How fast a modern GPT writes."""

    depth: int = 4
    """How many layers; the width is 64 times as much, and heads are 64 wide."""
    vocab_size: int = 32_768
    """How many different tokens."""
    block_size: int = 512
    """How many tokens a text can have, prompt included."""
    ckpt_path: Path | None = None
    """A trained modern_gpt, in place of an untrained one of that shape."""
    prompt: int = 64
    """How many tokens each prompt has."""
    new_tokens: int = 64
    """How many are written for each."""
    batch_sizes: tuple[int, ...] = (1, 8)
    """How many texts are written at once; each number is measured."""
    repeat: int = 5
    """How often each job is done; the fastest counts. The loop without a cache is done twice at most."""
    uncached: bool = True
    """Whether to measure the loop without a cache, too (GPT.generate)."""
    threads: int = 1
    """How many CPU threads one operation may use."""
    device: str = "cpu"
    """For example cuda."""
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    """What activations and cache are computed in; not with --ckpt-path, which has its own."""

    def __post_init__(self) -> None:
        for name in ("depth", "prompt", "repeat", "threads"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, but it is {getattr(self, name)}")
        if self.new_tokens < 2:
            raise ValueError(f"new_tokens must be at least 2, to tell the first one from the others, "
                             f"but it is {self.new_tokens}")  # fmt: skip
        if not self.batch_sizes or min(self.batch_sizes) < 1:
            raise ValueError(f"batch_sizes must be numbers of at least 1, but they are {self.batch_sizes}")


def main() -> None:
    """Measure one thing after another, and say each."""
    args = options(InferOptions, "scripts.infer_bench")
    # Imported here, so that an error in a component of yours, which is imported too, is told like any other.
    import torch

    from vibejam_core.inference.engine import Engine
    from vibejam_core.models.modern_gpt import dtype_of

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    model = model_of(args)
    config = model.config
    if args.prompt + args.new_tokens > config.block_size:
        raise ValueError(f"a prompt of {args.prompt} tokens and {args.new_tokens} new ones are more than the model's "
                         f"block_size of {config.block_size}. Ask for fewer.")  # fmt: skip
    prompts = torch.randint(config.vocab_size, (max(args.batch_sizes), args.prompt)).tolist()
    weight_bytes = bytes_of_weights(model)
    print(f"depth {config.n_layer}, width {config.n_embd}: {model.parameter_counts()['total']:,} parameters, "
          f"{config.compute_dtype}, {args.device}, {args.threads} thread(s), {args.prompt} + {args.new_tokens} tokens",
          flush=True)  # fmt: skip
    bandwidth = copy_bandwidth(args.device)
    print(f"memory copies {bandwidth / 1e9:.1f} GB/s; {weight_bytes / 1e6:.1f} MB of weights make a step at least "
          f"{1000 * weight_bytes / bandwidth:.2f} ms long", flush=True)  # fmt: skip

    found: dict[str, Any] = {}
    if args.uncached:  # first, since the engine lays the model's weights out for itself
        found["uncached"] = uncached_run(model, prompts[0], args)
        print(f"without a cache: {found['uncached']['tokens_per_second']:8.1f} tokens/s", flush=True)
    engine = Engine(model)
    kv_bytes = 2 * config.n_layer * config.kv_heads * config.head_dim * dtype_of(config).itemsize
    found["batches"] = []
    for size in args.batch_sizes:
        batch = cached_run(engine, prompts[:size], args)
        read = weight_bytes + size * kv_bytes * (args.prompt + args.new_tokens / 2)
        batch["bound_tokens_per_second"] = round(size * bandwidth / read, 1)
        batch["share_of_bound"] = round(1000 * size / batch["ms_per_step"] / batch["bound_tokens_per_second"], 3)
        found["batches"].append(batch)
        print(
            f"batch {size:3}:       {batch['tokens_per_second']:8.1f} tokens/s, "
            f"first token {batch['ms_to_first_token']} ms, a step {batch['ms_per_step']:.2f} ms, "
            f"{batch['share_of_bound']:.0%} of the bound",
            flush=True,
        )
    alone = [batch for batch in found["batches"] if batch["batch_size"] == 1]
    if args.uncached and alone:
        found["times_uncached"] = round(alone[0]["tokens_per_second"] / found["uncached"]["tokens_per_second"], 2)
        print(f"with a cache {found['times_uncached']} times as fast as without", flush=True)
    settings = asdict(args) | {"ckpt_path": args.ckpt_path and str(args.ckpt_path), "dtype": config.compute_dtype}
    machine = f"{platform.machine()}, Python {platform.python_version()}, torch {torch.__version__}"
    print(json.dumps({"copy_gb_per_second": round(bandwidth / 1e9, 2), "weight_bytes": weight_bytes,
                      "kv_bytes_per_token": kv_bytes, **found, "machine": machine, "settings": settings}))  # fmt: skip


def model_of(args: InferOptions) -> GPT:
    """The checkpoint's model, or an untrained one."""
    from vibejam_core.models.checkpoint import load_checkpoint
    from vibejam_core.models.config import ModelConfig
    from vibejam_core.models.modern_gpt import GPT

    if args.ckpt_path is None:
        shape = ModelConfig(
            vocab_size=args.vocab_size, block_size=args.block_size, n_layer=args.depth, n_head=args.depth,
            n_embd=64 * args.depth, compute_dtype=args.dtype,
        )  # fmt: skip
        return GPT(shape).to(args.device)
    model = load_checkpoint(args.ckpt_path).model
    if not isinstance(model, GPT):
        raise ValueError(f"{args.ckpt_path} holds a {type(model).__name__}, but only a modern_gpt can use a cache.")
    return model.to(args.device)


def bytes_of_weights(model: GPT) -> int:
    """What a step has to read, whatever it writes: all weights but the embeddings, which are only looked up."""
    matrices = [*model.transformer["h"].parameters(), *model.lm_head.parameters()]
    return sum(weight.numel() * weight.element_size() for weight in matrices)


def copy_bandwidth(device: str) -> float:
    """Bytes per second when a large tensor is copied, what is read and what is written together: the best of ten."""
    import torch

    source = torch.zeros(COPIED, dtype=torch.uint8, device=device)
    target = torch.ones_like(source)
    return 2 * COPIED / min(seconds(lambda: target.copy_(source), device)[0] for _ in range(10))


def seconds(job: Callable[[], object], device: str) -> tuple[float, float]:
    """How long a job takes, and how much of the processor."""
    import torch

    def wait() -> None:
        if device.startswith("cuda"):  # which computes while the program goes on
            torch.cuda.synchronize()

    wait()
    began, used = time.perf_counter(), time.process_time()
    job()
    wait()
    return time.perf_counter() - began, time.process_time() - used


def uncached_run(model: GPT, prompt: list[int], args: InferOptions) -> dict[str, Any]:
    """The loop of lab 12, which computes the whole text anew for each token."""
    taken = []
    for _ in range(min(args.repeat, 2)):
        taken.append(seconds(lambda: list(model.generate(prompt, args.new_tokens, 0.8)), args.device))
    whole, cpu = min(taken)
    return {"tokens_per_second": round(args.new_tokens / whole, 2), "cpu_seconds": round(cpu, 3)}


def cached_run(engine: Any, prompts: list[list[int]], args: InferOptions) -> dict[str, Any]:
    """The engine. Its first token comes when the prompts are read; what comes after is told for each step."""
    from vibejam_core.inference.config import SamplingConfig

    config = SamplingConfig(max_new_tokens=args.new_tokens, temperature=0.8)
    first, whole, cpu = float("inf"), float("inf"), 0.0
    step = float("inf")
    for _ in range(args.repeat):
        marks = [time.perf_counter()]

        def write(marks: list[float] = marks) -> None:
            for _ in engine.stream(prompts, config):
                marks.append(time.perf_counter())

        taken, used = seconds(write, args.device)
        first, step = min(first, marks[1] - marks[0]), min(step, (marks[-1] - marks[1]) / (args.new_tokens - 1))
        whole, cpu = min((whole, cpu), (taken, used))
    return {
        "batch_size": len(prompts),
        "ms_to_first_token": round(1000 * first, 2),
        "ms_per_step": round(1000 * step, 3),
        "ms_per_token": round(1000 * step / len(prompts), 3),
        "tokens_per_second": round(len(prompts) * args.new_tokens / whole, 1),
        "cpu_seconds": round(cpu, 3),
    }


if __name__ == "__main__":
    run(main)
