"""What one rank of a job does in tests: ``torchrun ... -m tests.training.rank FOLDER TASK...``.

Each rank writes what it found into ``FOLDER/TASK-RANK.json``; the tests look there. See ``test_processes``.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.optimizer_set import build_optimizer
from vibejam_core.training.pretraining import pretrain_step
from vibejam_core.training.sharded import ShardedOptimizer
from vibejam_core.training.world import World

NO_DECAY = {"weight_decay": 0.0}
"""Muon's weight decay is cautious: it asks for the sign of every number of a step. Where that number is nearly zero,
the last bit decides, and what is added up in another order has another one. All else is the same to 1e-5 or better."""

SHAPE = ModelConfig(
    vocab_size=50, block_size=8, n_layer=3, n_head=2, n_embd=24, value_embeddings=True, residual_scalars=True
)


# --- a model, step by step --------------------------------------------------------------------------------------------


def new_model(shape: ModelConfig = SHAPE) -> Any:
    """Embedding and head are one table."""
    torch.manual_seed(3)
    model: Any = build_model("modern_gpt", shape)
    for parameter in model.parameters():  # projections begin at zero, and what isn't there can't go wrong
        parameter.data += 0.02 * torch.randn(parameter.shape)
    model.lm_head.weight = model.transformer["wte"].weight
    return model


def batches_of(step: int) -> list[tuple[Tensor, Tensor]]:
    """Eight micro-batches of two rows, for all ranks together."""
    generator = torch.Generator().manual_seed(step)
    rows = torch.randint(SHAPE.vocab_size, (8, 2, SHAPE.block_size + 1), generator=generator)  # (8, B, T + 1)
    return [(row[:, :-1], row[:, 1:]) for row in rows]


def calm_optimizer(model: Any, kind: Any = "muon") -> torch.optim.Optimizer:
    """As in training, but a gradient that is nothing but rounding doesn't move a weight as far as a real one."""
    optimizer = build_optimizer(model, TrainConfig(arch="modern_gpt", optimizer=kind, **NO_DECAY))
    for group in optimizer.param_groups:
        if "eps" in group:
            group["eps"] = 1e-4
    return optimizer


def trained(world: World, model: Any, kind: Any = "muon", make: type[ShardedOptimizer] = ShardedOptimizer) -> Any:
    """Five steps: losses, and the optimiser."""
    optimizer = make(calm_optimizer(model, kind), world)
    share = 8 // world.size
    losses = []
    for step in range(5):
        mine = batches_of(step)[world.rank * share : (world.rank + 1) * share]
        losses.append(pretrain_step(model, optimizer, mine, 0.001, grad_clip=0.3))
    return losses, optimizer


def steps(world: World, folder: Path) -> dict[str, Any]:
    """Train, and keep the weights of every rank."""
    model = new_model()
    losses, _ = trained(world, model)
    weights = {name: value.detach().clone() for name, value in model.named_parameters()}
    save_file(weights, folder / f"steps-{world.size}-{world.rank}.safetensors")
    return {"losses": losses}


def fully_sharded(world: World, folder: Path) -> dict[str, Any]:
    """The same, sharded and not."""
    from vibejam_core.training.fsdp import FullyShardedOptimizer, shard_model, whole_model

    plain, model = new_model(), new_model()
    expected, _ = trained(World(), plain, "adamw")
    shard_model(model, world)
    held = sum(parameter.to_local().numel() for parameter in model.parameters())
    losses, _ = trained(world, model, "adamw", FullyShardedOptimizer)
    found = whole_model(model, "modern_gpt", world)
    far = None
    if world.rank == 0:
        pairs = ((plain.state_dict()[name], value) for name, value in found.state_dict().items())
        far = max((one - other).abs().max().item() for one, other in pairs)
    shape = replace(SHAPE, compute_dtype="bfloat16")
    half = [trained(World(), new_model(shape), "adamw")[0]]
    in_half = new_model(shape)
    shard_model(in_half, world)
    half.append(trained(world, in_half, "adamw", FullyShardedOptimizer)[0])
    kept = sorted({str(parameter.dtype) for parameter in in_half.parameters()})
    said = ""
    try:
        FullyShardedOptimizer(build_optimizer(model, TrainConfig(arch="modern_gpt", optimizer="muon")), world)
    except ValueError as error:
        said = str(error)
    total = sum(parameter.numel() for parameter in plain.parameters())
    facts = {"far": far, "muon": said, "held": held / total, "half": half, "kept": kept}
    return {"expected": expected, "losses": losses, **facts}


# --- a whole run ------------------------------------------------------------------------------------------------------

FSDP = {"sharding": "fsdp", "optimizer": "adamw"}


def whole_run(world: World, folder: Path, **changes: Any) -> Any:
    """A run of eight steps, ready to be trained."""
    from vibejam_core.training.base_start import start_base_run
    from vibejam_core.training.pretrain_config import PretrainConfig

    settings = {
        "ckpt_path": folder, "depth": 1, "block_size": 8, "ratio": 1.0, "steps": 8, "rows": 8, "micro_batch": 1,
        "grad_clip": 0.3, "learning_rate": 0.002, "log_interval": 1, "eval_interval": 4, "eval_tokens": 64,
        "sample": 3, "device": "cpu", "threads": 1, **NO_DECAY,
    }  # fmt: skip
    text = changes.pop("text", 0)
    config = PretrainConfig(**{**settings, **changes})
    return start_base_run(config, new_data(text), world, torch.device("cpu"), say=lambda line: None)


def new_data(seed: int = 0) -> Any:
    """4,000 tokens to train on; a seed gives others."""
    from vibejam_core.text.characters import CharTokenizer
    from vibejam_core.training.pretrain_data import PretrainData

    tokenizer = CharTokenizer("abcdefghijklmnopqrst")
    tokens = torch.randint(20, (4000,), generator=torch.Generator().manual_seed(seed)).to(torch.uint16)
    val = torch.arange(600).remainder(20).to(torch.uint16)
    return PretrainData(tokenizer, [tokens], val)


def train_whole(world: World, folder: Path, stop: int = 8, **changes: Any) -> None:
    """Train until ``stop``, as if Ctrl-C had been pressed there."""
    from vibejam_core.training.base_run import pretrain

    run = whole_run(world, folder, **changes)
    run.must_stop = lambda: run.step == stop
    pretrain(run)


def runs(world: World, folder: Path) -> dict[str, Any]:
    """One whole run, and two that stop after three steps."""
    train_whole(world, folder / f"whole-{world.size}")
    train_whole(world, folder / f"half-{world.size}", stop=3)
    train_whole(world, folder / f"half-fsdp-{world.size}", stop=3, **FSDP)
    return {}


def resume(world: World, folder: Path) -> dict[str, Any]:
    """Go on with what another number of ranks began."""
    train_whole(world, folder / "half-2-resumed-on-4", resume=True)
    train_whole(world, folder / "half-fsdp-2-resumed-on-4", resume=True, **FSDP)
    return {}


def differing(world: World, folder: Path) -> dict[str, Any]:
    """What every rank says when the last one is about to train something else."""
    from vibejam_core.training import base_run, base_setup

    last = world.rank == world.size - 1
    new, old = folder / f"differing-{world.size}", folder / "half-2"
    original = base_setup.load_checkpoint, base_run.build_model

    def other_weights(*arguments: Any, **settings: Any) -> Any:
        model = original[1](*arguments, **settings)
        next(model.parameters()).data[0, 0] += 1e-6
        return model

    def other_checkpoint(*arguments: Any, **settings: Any) -> Any:
        found = original[0](*arguments, **settings)
        next(found.model.parameters()).data[0, 0] += 1e-6
        return found

    said = {}

    def attempt(name: str, where: Path, **changes: Any) -> None:
        try:
            run = whole_run(world, where, **changes)
            run.close()
            said[name] = "nothing"
        except RuntimeError as error:
            said[name] = str(error)

    for option, values in {
        "seed": (1, 2), "grad_clip": (1.0, 0.5), "steps": (8, 9), "rows": (8, 16), "resume": (False, True),
        "optimizer": ("muon", "adamw"), "block_size": (8, 4), "warmup": (0.02, 0.1),
    }.items():  # fmt: skip
        attempt(option, new, **{option: values[last]})
    attempt("text", new, text=int(last))
    if last:
        base_run.build_model = other_weights
    attempt("weights", new)
    base_run.build_model = original[1]
    if last:
        base_setup.load_checkpoint = other_checkpoint
    attempt("checkpoint", old, resume=True)
    base_setup.load_checkpoint = original[0]
    attempt("text of a resumed run", old, resume=True, text=int(last))
    attempt("nothing", old, resume=True)
    return said


# --- what goes wrong --------------------------------------------------------------------------------------------------


def dies(how: Callable[[], None]) -> Callable[[World, Path], dict[str, Any]]:
    """A step or two, then the last rank dies while the others wait for it."""

    def task(world: World, folder: Path) -> dict[str, Any]:
        world.sum(torch.ones(3))
        if world.rank == world.size - 1:
            how()
        while True:
            world.sum(torch.ones(3))

    return task


def fail() -> None:
    """As a bug would."""
    raise ValueError("this rank has found a stone in its text")


TASKS: dict[str, Callable[[World, Path], dict[str, Any]]] = {
    "steps": steps,
    "fully_sharded": fully_sharded,
    "runs": runs,
    "resume": resume,
    "differing": differing,
    "raises": dies(fail),
    "is_killed": dies(lambda: os.kill(os.getpid(), signal.SIGKILL)),
}


def main(folder: Path, tasks: list[str]) -> None:
    """Do some tasks, one after another, in one job: starting one takes seconds."""
    world = World.start("cpu", timedelta(seconds=40))
    try:
        for task in tasks:
            found = TASKS[task](world, folder)
            (folder / f"{task}-{world.size}-{world.rank}.json").write_text(json.dumps(found), encoding="utf-8")
    finally:
        world.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
