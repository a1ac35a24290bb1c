"""What a pretraining run is going to do, decided before anything is allocated: its plan, and its place in memory."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from vibejam_core.models.checkpoint import Checkpoint, load_checkpoint
from vibejam_core.models.checkpoint_folder import DamagedCheckpoint, checkpoints_in
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.training.hardware import CPU_SHARE, best_dtype, device_name, free_memory, peak_flops
from vibejam_core.training.material import Say
from vibejam_core.training.pretrain_config import PretrainConfig
from vibejam_core.training.pretrain_log import scientific, size
from vibejam_core.training.scaling import Memory, Plan, memory_for, micro_batch_size, plan_for, shape_for
from vibejam_core.training.world import World

ARCH = "modern_gpt"
ADAMW_RATE = 0.1
"""By how much the plan's learning rate is smaller where AdamW moves the matrices too, for a model of width 768; it
shrinks as models get wider ("Tensor Programs V", Yang et al. 2022)."""


@dataclass(frozen=True)
class Setup:
    """All that is decided beforehand."""

    config: PretrainConfig
    """With the preset's values."""
    world: World
    device: torch.device
    shape: ModelConfig
    counts: Mapping[str, int]
    """How many numbers the model learns, by group."""
    flops_per_token: int
    plan: Plan
    free: int
    """How many bytes this process may use."""
    micro: int
    """How many rows it takes at a time."""

    @property
    def rows_per_rank(self) -> int:
        """How many rows of every step are this process's."""
        return self.plan.rows // self.world.size

    @property
    def eval_interval(self) -> int:
        """How many steps from one measurement to the next."""
        return self.config.eval_interval or max(1, self.plan.steps // 20)

    @property
    def eval_tokens(self) -> int:
        """How many tokens a measurement looks at: in all, measuring takes a few hundredths of the time of training."""
        return self.config.eval_tokens or min(2**20, max(2**13, self.plan.n_tokens // 200))

    @property
    def memory(self) -> Memory:
        """What one process needs, in bytes, as estimated. FSDP also shares out weights and gradients."""
        needed = memory_for(self.shape, self.counts, self.micro, self.world.size)
        if self.config.sharding != "fsdp":
            return needed
        part = self.world.size
        return replace(needed, weights=math.ceil(needed.weights / part), gradients=math.ceil(needed.gradients / part))

    @property
    def peak(self) -> float | None:
        """What all devices of the job compute per second at best, where it is known."""
        one = peak_flops(device_name(self.device), self.shape.compute_dtype)
        return None if one is None else one * self.world.size

    def describe(self, say: Say) -> None:
        """Say it: what, how long, on what, and in how much memory."""
        shape, plan, counts = self.shape, self.plan, self.counts
        multiplied = counts["matrices"] + counts["head"]
        say(
            f"model     depth {shape.n_layer}: {shape.n_embd} wide, {shape.n_head} heads of {shape.head_dim}, "
            f"{shape.vocab_size:,} tokens; {counts['total']:,} parameters, {multiplied:,} of which multiply"
        )
        say(
            f"plan      {plan.steps:,} steps of {plan.rows:,} rows of {plan.block_size:,} tokens: {plan.n_tokens:,} in "
            f"all, {plan.n_tokens / multiplied:.1f} for each that multiplies"
        )
        say(
            f"          learning rate {plan.learning_rate:.3g}; "
            f"{scientific(plan.n_tokens * self.flops_per_token)} floating-point operations"
        )
        needed = self.memory
        parts = ", ".join(f"{name} {size(value)}" for name, value in asdict(needed).items())
        say(f"memory    about {size(needed.total)} of {size(self.free)} for each process: {parts}")
        times = self.rows_per_rank // self.micro
        processes = "1 process" if self.world.size == 1 else f"{self.world.size} processes"
        say(f"batch     {plan.rows:,} rows a step: {processes}, {times} times {self.micro} rows")
        peak = "" if self.peak is None else f", {scientific(self.peak)} operations a second at best"
        say(f"on        {device_name(self.device)} in {shape.compute_dtype}{peak}")


def set_up(config: PretrainConfig, vocab_size: int, world: World, device: torch.device, micro: int = 0) -> Setup:
    """Decide everything. Nothing is allocated: parameters are counted in a model without memory.

    Args:
        config: what was asked for.
        vocab_size: of the tokenizer.
        world: the processes of this job.
        device: this process's.
        micro: how many rows a time an earlier sitting took; it is kept if it fits, so that sums are added up in the
            same order and every loss is the same to the last bit. 0 means that there was none.

    Raises:
        ValueError: if the rows of a step can't be shared out evenly, or don't fit into the memory.
    """
    config = config.filled()
    assert config.depth is not None  # the preset has all three
    assert config.block_size is not None
    assert config.ratio is not None
    dtype: Any = best_dtype(device) if config.dtype == "auto" else config.dtype
    shape = replace(shape_for(config.depth, vocab_size, config.block_size), compute_dtype=dtype)
    with torch.device("meta"):
        weightless: Any = build_model(ARCH, shape)
    counts = weightless.parameter_counts()
    plan = plan_for(counts, config.block_size, config.ratio)
    if config.optimizer == "adamw":
        plan = replace(plan, learning_rate=plan.learning_rate * ADAMW_RATE * 768 / shape.n_embd)
    plan = config.adjusted(plan)
    if plan.rows % world.size:
        raise ValueError(
            f"the {plan.rows} rows of a step can't be shared evenly among {world.size} processes. Start a number of "
            "processes that divides them, or give --rows, a multiple of that number."
        )
    free, rows = free_memory(device), plan.rows // world.size
    if device.type == "cpu":  # room for one row, whatever it takes, or for as many as pay
        useful = max(memory_for(shape, counts, 0).total + CPU_SHARE, memory_for(shape, counts, 1).total)
        free = min(free, useful)
    spared = 0
    if config.sharding == "fsdp":  # weights and gradients of which others keep their part
        all_of_it = memory_for(shape, counts, 1)
        spared = (all_of_it.weights + all_of_it.gradients) * (world.size - 1) // world.size
    micro = config.micro_batch or micro
    if rows % (micro or 1):
        micro = 0 if not config.micro_batch else largest_divisor(rows, micro)
    fits = micro and (config.micro_batch or memory_for(shape, counts, micro, world.size).total <= free + spared)
    if not fits:
        micro = micro_batch_size(shape, counts, rows, free + spared, world.size)
    return Setup(config, world, device, shape, counts, weightless.estimate_flops(), plan, free, micro)


def largest_divisor(number: int, limit: int) -> int:
    """The largest divisor of a number that is no greater than the limit."""
    return next(divisor for divisor in range(min(number, limit), 0, -1) if number % divisor == 0)


def prepared(model: Any, setup: Setup, say: Say) -> tuple[Any, int]:
    """Make the model faster where that pays, and see that a micro-batch really fits.

    Both show in a first pass forward and back, which is thrown away. Where compiling fails, the model stays as it is;
    where the memory isn't enough after all, fewer rows are taken at a time.

    Returns:
        ``(model, micro)``: the model to train with, which has the same parameters, and how many rows at a time.

    Raises:
        ValueError: if not even one row fits.
    """
    wanted, micro = setup.config.compile, setup.micro
    if setup.config.sharding == "fsdp":  # a rank that tries alone, or differently, would leave the others waiting
        return model, micro
    on_gpu = setup.device.type == "cuda"
    quick = torch.compile(model, dynamic=False) if wanted == "yes" or (wanted == "auto" and on_gpu) else model
    while on_gpu or quick is not model:
        try:
            try_out(quick, setup, micro)
            break
        except torch.OutOfMemoryError as error:
            model.zero_grad()
            torch.cuda.empty_cache()
            if micro == 1:
                raise ValueError(
                    f"not even one row of {setup.plan.block_size} tokens fits into the memory of this device. "
                    "Choose a smaller --depth or --block-size."
                ) from error
            micro = largest_divisor(setup.rows_per_rank, micro - 1)
            say(f"note      {error.__class__.__name__}: taking {micro} rows at a time instead")
        except Exception as error:  # a compiler may raise anything
            if quick is model:
                raise
            reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
            say(f"note      torch.compile failed ({reason}); training goes on without it, more slowly")
            quick = model
            model.zero_grad()
    return quick, micro


def try_out(model: Any, setup: Setup, micro: int) -> None:
    """One pass forward and back, with tensors that lie in memory as in training: for others it is compiled anew."""
    T = setup.plan.block_size
    row = torch.arange(T, device=setup.device) % setup.shape.vocab_size  # (T,)
    rows = row.repeat(micro, 1)  # (B, T)
    model.train()
    _, loss = model(rows, rows.clone())
    loss.backward()
    model.zero_grad()


def recovered(setup_config: PretrainConfig, world: World, say: Say) -> Checkpoint:
    """The newest checkpoint that is whole, the same at every rank.

    A damaged one gets another name, so that its step can be saved again, and the one before it is tried.

    Raises:
        FileNotFoundError: if there is no checkpoint.
        DamagedCheckpoint: if none is whole.
    """
    folder, chosen = setup_config.ckpt_path, None
    if world.rank == 0:
        chosen = newest_whole(setup_config, say)
        world.share({"step": chosen.step}, 0)
        return chosen
    step = world.share({}, 0)["step"]
    return load_checkpoint(folder / f"step_{step:06d}")


def newest_whole(config: PretrainConfig, say: Say) -> Checkpoint:
    """See :func:`recovered`."""
    folders = checkpoints_in(config.ckpt_path)
    if not folders:
        raise FileNotFoundError(
            f"there is no checkpoint in {config.ckpt_path} to go on from. Leave --resume out to begin anew."
        )
    for folder in reversed(folders):
        try:
            return load_checkpoint(folder)
        except DamagedCheckpoint as error:
            if folder == folders[0]:
                raise
            aside = folder.with_name(f"damaged-{folder.name}")
            folder.rename(aside)
            say(f"note      {error} It is kept as {aside.name}, and the run goes on from the one before.")
    raise AssertionError  # the first one was returned or raised
