"""What a machine makes of the laws: parameters, tokens, operations, memory, time and money, by arithmetic alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import torch

from vibejam_core.models.config import ModelConfig
from vibejam_core.models.modern_gpt import GPT
from vibejam_core.training.pretrain_config import PRESETS
from vibejam_core.training.scaling import Plan, memory_for, plan_for, shape_for


@dataclass(frozen=True)
class Job:
    """A machine and a model that suits it."""

    name: str
    preset: str
    devices: int
    peak: float
    """What the maker states for one device, in dense operations per second; for the CPU what was measured."""
    share: float
    """Of that, what we expect a run to use while it computes."""
    dollars: float
    """What one device costs per hour, roughly, when rented."""
    dtype: Literal["float32", "bfloat16", "float16"] = "bfloat16"
    depth: int | None = None
    rows: int = 0
    """How many rows a step has, where that is not what the law says."""


WITHIN_A_NODE, BETWEEN_NODES = 450e9, 400e9
"""Bytes a second: NVLink between eight H100s; eight network cards of 400 gigabits that send at once."""

JOBS = (
    Job("two CPU cores", "cpu", 1, 8e10, 1.0, 0.0, "float32"),
    Job("one T4", "t4", 1, 65e12, 0.30, 0.4, "float16"),
    Job("one H100", "a100", 1, 989e12, 0.40, 3.0),
    Job("8 x H100", "h100x8", 8, 989e12, 0.40, 3.0),
    Job("4 nodes, 32 x H100", "h100x8", 32, 989e12, 0.40, 3.0, depth=26),
    Job("128 nodes, 1,024 x H100", "h100x8", 1024, 989e12, 0.40, 3.0, depth=44, rows=1024),
)

HEADINGS = (
    "machine",
    "depth",
    "parameters",
    "tokens",
    "operations",
    "memory for one row",
    "batch",
    "time",
    "money",
    "loss on web text",
)


@dataclass(frozen=True)
class Planned:
    """What a job is, by the laws."""

    job: Job
    model: GPT
    shape: ModelConfig
    plan: Plan
    counts: dict[str, int]

    def computing(self, devices: int) -> float:
        """Seconds that one step computes."""
        return self.model.estimate_flops() * self.plan.batch_tokens / (devices * self.job.peak * self.job.share)

    def sending(self, devices: int) -> float:
        """Seconds that one step sends: each parameter's gradient to its owner and its value back, 4 bytes each."""
        network = math.inf if devices == 1 else WITHIN_A_NODE if devices <= 8 else BETWEEN_NODES
        return 2 * 4 * self.counts["total"] / network


def planned(job: Job) -> Planned:
    """By the laws, with the preset of the job."""
    preset = PRESETS[job.preset]
    block_size = preset["block_size"]
    shape = shape_for(job.depth or preset["depth"], preset["vocab_size"], block_size)
    shape = replace(shape, compute_dtype=job.dtype)
    with torch.device("meta"):  # enough to count, without memory for the weights
        model = GPT(shape)
    counts = model.parameter_counts()
    plan = plan_for(counts, block_size, preset["ratio"])
    if job.rows:
        plan = replace(plan, rows=job.rows, steps=math.ceil(plan.n_tokens / (job.rows * block_size)))
    return Planned(job, model, shape, plan, counts)


def chinchilla(parameters: float, tokens: float) -> float:
    """The loss on web text in nats per token that Hoffmann et al. 2022 fitted, equation 10."""
    return 1.69 + 406.4 / parameters**0.34 + 410.7 / tokens**0.28


def short(value: float) -> str:
    """Three digits with K, M, B or T."""
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if value >= size:
            return f"{value / size:.3g} {letter}"
    return f"{value:.3g}"


def duration(seconds: float) -> str:
    """In the unit that fits."""
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} seconds"


def contract(job: Job) -> list[str]:
    """One line of the contract."""
    found = planned(job)
    plan, counts = found.plan, found.counts
    seconds = plan.steps * (found.computing(job.devices) + found.sending(job.devices))
    memory = memory_for(found.shape, counts, 1, job.devices)
    loss = chinchilla(counts["matrices"] + counts["head"], plan.n_tokens)
    money = job.devices * job.dollars * seconds / 3600
    return [
        job.name,
        str(found.shape.n_layer),
        short(counts["total"]),
        short(plan.n_tokens),
        f"{plan.n_tokens * found.model.estimate_flops():.1e}",
        f"{memory.total / 2**30:.2g} GiB",
        f"{plan.rows} x {plan.block_size}",
        duration(seconds),
        f"{money:,.2g} dollars" if 0 < money < 100 else f"{money:,.0f} dollars" if money else "none",
        "(TinyWorld)" if job.preset == "cpu" else f"{0.95 * loss:.2f} to {1.05 * loss:.2f}",
    ]
