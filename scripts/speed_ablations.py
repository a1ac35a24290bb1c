"""What each ingredient of the sprint is worth: ``python -m scripts.speed_ablations --text-path tinyshakespeare.txt``.

Every variant changes one thing and makes the same number of steps with the same seeds, by turns with the others; so the
losses can be compared, and the CPU time says what the ingredient costs. Then a few ways of computing, on full shapes.
"""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from scripts import _speed
from scripts._main import options, run
from scripts._speed import SPRINT, TimedRun
from scripts._speed_variants import VARIANTS, Variant
from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.training.sitting import limited_threads


@dataclass(frozen=True)
class AblationOptions:
    """Take the sprint apart. About ten CPU-minutes, most of it for measuring losses."""

    text_path: Path | None = None
    """tinyshakespeare, or another text."""
    seeds: int = 3
    """How many runs of each variant."""
    out_path: Path | None = None
    """Where to write the results as JSON."""


class VariantRun(TimedRun):
    """A variant in training."""

    def __init__(self, variant: Variant, text: _speed.Text, seed: int) -> None:
        self.variant = variant
        train = replace(SPRINT.train, **dict(variant.train))
        shape = replace(SPRINT.shape, **dict(variant.shape))
        super().__init__(
            replace(SPRINT, name=variant.name, shape=shape, train=train, every=10, first=10**9), text, seed
        )

    def build(self, shape: ModelConfig) -> BaseLM:
        """The variant's model."""
        return self.variant.model(shape)

    def make_optimizer(self) -> torch.optim.Optimizer:
        """The variant's optimiser, if it has one."""
        if self.variant.optimizer is None:
            return super().make_optimizer()
        return self.variant.optimizer(self.model, self.recipe.train.learning_rate, self.recipe.train.weight_decay)


def ablations(text: _speed.Text, seeds: int) -> list[dict[str, Any]]:
    """All variants with each seed, by turns."""
    found: dict[str, list[dict[str, Any]]] = {variant.name: [] for variant in VARIANTS}
    for seed in range(1, seeds + 1):
        runs = [VariantRun(variant, text, seed) for variant in VARIANTS]
        _speed.side_by_side(runs)
        for each in runs:
            found[each.variant.name].append(each.record())
        print(f"seed {seed}: done", flush=True)
    return [
        {
            "variant": name,
            "losses": [record["loss"] for record in records],
            "loss": round(statistics.mean(record["loss"] for record in records), 4),
            "seconds": round(statistics.mean(record["seconds"] for record in records), 2),
        }
        for name, records in found.items()
    ]


def ways(text: _speed.Text, steps: int = 10, rounds: int = 5) -> list[dict[str, Any]]:
    """CPU and wall time of a step: one thread, two, bfloat16, compiled. The best of several rounds, by turns."""
    runs = {}
    for recipe in (SPRINT, _speed.WHOLE, _speed.CLASSIC):
        for way in ("one thread", "two threads", "bfloat16", "compiled"):
            runs[recipe.name, way] = TimedRun(recipe, text, seed=1)
    best: dict[tuple[str, str], tuple[float, float]] = {}
    starts: dict[tuple[str, str], float] = {}
    for key, timed in runs.items():  # the first steps warm up, or compile
        began = time.perf_counter()
        if key[1] == "compiled":
            timed.model.compile()
        several(timed, key[1], 3)
        starts[key] = time.perf_counter() - began
    for _ in range(rounds):
        for key, timed in runs.items():
            busy, wall = time.process_time(), time.perf_counter()
            several(timed, key[1], steps)
            taken = ((time.process_time() - busy) / steps, (time.perf_counter() - wall) / steps)
            best[key] = min(taken, best.get(key, taken)) if key[1] != "two threads" else min(
                taken, best.get(key, taken), key=lambda pair: pair[1]
            )  # fmt: skip
    return [
        {
            "recipe": recipe, "way": way, "cpu_ms": round(1e3 * cpu, 2), "wall_ms": round(1e3 * wall, 2),
            "first_steps_s": round(starts[recipe, way], 1),
        }
        for (recipe, way), (cpu, wall) in best.items()
    ]  # fmt: skip


def several(timed: TimedRun, way: str, steps: int) -> None:
    """A few steps of a run in one of the ways."""
    with limited_threads(2 if way == "two threads" else 1):
        for _ in range(steps):
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=way == "bfloat16"):
                timed.next_step()
            timed.step = 0


def main() -> None:
    """Measure, print, write the file."""
    args = options(AblationOptions, "scripts.speed_ablations")
    if args.text_path is None:
        raise ValueError(_speed.GET_IT)
    text = _speed.Text.load(args.text_path)
    with limited_threads(1):
        _speed.warm_up(text)
        found = ablations(text, args.seeds)
        timings = ways(text)
    for each in found:
        print(f"{each['loss']:.4f}  {each['seconds']:5.2f} CPU-s  {each['variant']}")
    for each in timings:
        print(f"{each['cpu_ms']:7.2f} CPU-ms {each['wall_ms']:7.2f} ms per step  {each['recipe']}, {each['way']}")
    if args.out_path is not None:
        command = f"python -m scripts.speed_ablations --text-path {text.name} --seeds {args.seeds}"
        facts = {"text": text.name, "machine": _speed.machine(), "command": command, "steps": SPRINT.train.max_iters}
        kept = json.dumps({**facts, "variants": found, "ways": timings}, indent=1)
        args.out_path.write_text(kept + "\n", encoding="utf-8")


if __name__ == "__main__":
    run(main)
