"""From nothing to a report card: ``make speedrun``, or ``python -m scripts.speedrun --preset cpu``.

One program for a laptop and for eight GPUs: it trains a tokenizer, turns the text into tokens, pretrains a model,
evaluates it, lets it write, and makes a report card of all that. Each stage is a program of this folder, whose command
is printed before it runs, so each can be run by hand as well.

Stopped anywhere, by Ctrl-C or by pulling the plug, the same command goes on where it stopped. A stage that is done
leaves a file that says so, with its settings; where a setting changes, or your own code does, its stage runs anew and
so do all that come after it.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from scripts._main import options, run
from scripts._stages import Stage, locked, run_stage, times, write_note


@dataclass(frozen=True)
class Recipe:
    """What a preset trains on, and for how long. Shape, batch and learning rate follow from scripts.base_train."""

    megabytes: float
    """How much of TinyWorld."""
    vocab_size: int
    train: dict[str, Any]
    """Options of scripts.base_train, instead of its preset's."""
    texts: int = 48
    kilobytes: float = 60.0
    """Of each split, to measure bits per byte on."""


RECIPES = {
    "smoke": Recipe(0.3, 512, {"depth": 1, "block_size": 64, "rows": 8, "steps": 12, "eval_tokens": 1024}, 4, 2.0),
    # A run of minutes learns more from many small steps at a high rate than from those that the laws give for hours.
    "cpu": Recipe(
        12.5,
        2048,
        {"depth": 2, "block_size": 256, "rows": 16, "steps": 750, "learning_rate": 5e-3}
        | {"eval_tokens": 2**14, "eval_interval": 75},
    ),
    "t4": Recipe(150.0, 4096, {"depth": 8, "block_size": 512, "ratio": 5.0}, 200, 300.0),
    "a100": Recipe(300.0, 4096, {"depth": 12, "block_size": 1024, "ratio": 5.0}, 200, 300.0),
    "h100x8": Recipe(500.0, 4096, {"depth": 16, "block_size": 1024, "ratio": 5.0}, 200, 300.0),
}
NEEDS_GPU = {"t4": 1, "a100": 1, "h100x8": 8}
"""How many GPUs a preset is meant for."""


@dataclass(frozen=True)
class SpeedrunOptions:
    """From nothing to a report card."""

    preset: Literal["smoke", "cpu", "t4", "a100", "h100x8"] = "cpu"
    """For which machine: cpu takes some minutes on two cores; smoke shows in seconds that all is in place."""
    out_dir: Path | None = None
    """Where all of it goes; without it, checkpoints/speedrun and the preset's name (and mine, with VIBEJAM_IMPL)."""
    depth: int | None = None
    """How many layers, if not as many as the preset says."""
    steps: int | None = None
    """How many optimiser steps, if not as many as follow from the preset."""
    megabytes: float | None = None
    """How much of TinyWorld to train on, in millions of bytes."""
    seed: int = 1337
    """Of the weights and of the order of the text."""
    bundle_path: Path = Path("data/eval_bundle")
    """The published bundle of CORE's tasks, if you have it."""

    def __post_init__(self) -> None:
        for name in ("depth", "steps", "megabytes"):
            if getattr(self, name) is not None and getattr(self, name) <= 0:
                raise ValueError(f"{name} must be above 0, but it is {getattr(self, name)}")


def main() -> int:
    """Read the options, run the stages that aren't done, say where the report card is."""
    args = options(SpeedrunOptions, "scripts.speedrun")
    import torch

    from vibejam_core.course.grafting import hook

    n_gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    wanted = NEEDS_GPU.get(args.preset, 0)
    if wanted and not n_gpus:
        print(
            f"not run: the preset {args.preset} needs {'a CUDA GPU' if wanted == 1 else f'{wanted} CUDA GPUs'}, and "
            "PyTorch finds none here. PRESET=cpu make speedrun runs on this machine."
        )
        return 1
    if 0 < n_gpus < wanted:
        print(f"note      {args.preset} is meant for {wanted} GPUs, and there are {n_gpus}: it will take longer")
    impl = os.environ.get("VIBEJAM_IMPL", "core")
    folder = args.out_dir or Path("checkpoints") / f"speedrun-{args.preset}{'' if impl == 'core' else f'-{impl}'}"
    stages = stages_of(args, folder, n_gpus if wanted else 0)
    components = hook.whose()
    code = {"impl": impl, "components": components, "code": fingerprint_of_own_code() if components else ""}
    print(f"speedrun  {args.preset}, in {folder}", flush=True)
    lock = locked(folder)
    began = time.monotonic()
    for number, stage in enumerate(stages, start=1):
        after = hashlib.sha256(repr([each.command() for each in stages[: number - 1]]).encode()).hexdigest()[:16]
        settings = {"command": stage.command(), "after": after, **code}
        if stage.name == "report card":
            write_facts(folder, stages, args, n_gpus)
        failed = run_stage(folder, stage, settings, f"{number}/{len(stages)}", lock)
        if failed:
            return failed
    spent = sum(seconds for _, seconds in times(folder, stages))
    now = time.monotonic() - began
    print(f"\ndone: {folder / 'report.html'} and report.md; {spent:.0f} s in all stages, {now:.0f} s of them now")
    return 0


def stages_of(args: SpeedrunOptions, folder: Path, n_gpus: int) -> list[Stage]:
    """The stages, in order, with their commands."""
    recipe = RECIPES[args.preset]
    megabytes = f"{args.megabytes or recipe.megabytes:g}"
    train = {**recipe.train, "seed": args.seed}
    train |= {name: getattr(args, name) for name in ("depth", "steps") if getattr(args, name) is not None}
    tokenizer, tokens, base = folder / "tokenizer.json", folder / "tokens", folder / "base"
    given = [part for name, value in train.items() for part in (f"--{name.replace('_', '-')}", f"{value}")]
    card = ("--ckpt-path", f"{base}", "--texts", f"{recipe.texts}", "--kilobytes", f"{recipe.kilobytes:g}")
    torchrun = ("torchrun", "--standalone", "--nproc-per-node", f"{n_gpus}") if n_gpus > 1 else ()
    return [
        Stage(
            "tokenizer",
            "scripts.tok_train",
            ("--corpus", "tinyworld", "--megabytes", f"{min(5.0, float(megabytes)):g}", "--vocab-size",
             f"{recipe.vocab_size}", "--trainer", "python", "--out-path", f"{tokenizer}", "--overwrite"),
            (tokenizer,),
            (tokenizer,),
        ),
        Stage(
            "tokens",
            "scripts.pre_tokenize",
            ("--corpus", "tinyworld", "--megabytes", megabytes, "--tokenizer-path", f"{tokenizer}", "--out-dir",
             f"{tokens}"),
            (tokens / "train.bin", tokens / "val.bin"),
            (tokens,),
            goes_on=True,
        ),
        Stage(
            "pretraining",
            "scripts.base_train",
            ("--preset", args.preset, "--train-path", f"{tokens}", "--tokenizer-path", f"{tokenizer}", "--ckpt-path",
             f"{base}", *given),
            (base / "end.json",),
            (base,),
            resume=("--ckpt-path", f"{base}", "--resume"),
            resumable=base,
            launcher=torchrun,
            goes_on=True,
        ),
        Stage(
            "evaluation",
            "scripts.base_eval",
            ("--ckpt-path", f"{base}", "--val-path", f"{tokens / 'val.bin'}", "--bundle-path", f"{args.bundle_path}"),
            (base / "base_eval.json",),
        ),
        Stage("samples", "scripts.report_card", (*card, "--measure-only"), (base / "tinyworld.json",)),
        Stage(
            "report card",
            "scripts.report_card",
            (*card, "--out-dir", f"{folder}", "--facts-path", f"{folder / 'facts.json'}", "--title",
             f"Speedrun, preset {args.preset}"),
            (folder / "report.html", folder / "report.md"),
        ),
    ]  # fmt: skip


def fingerprint_of_own_code() -> str:
    """Changes with any Python file of the learner's package."""
    from vibejam_core.course.workspace import Workspace

    digest = hashlib.sha256()
    for path in sorted(Workspace.find().package.rglob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def write_facts(folder: Path, stages: Sequence[Stage], args: SpeedrunOptions, n_gpus: int) -> None:
    """What only this program knows, for the report card."""
    impl = os.environ.get("VIBEJAM_IMPL")
    first = f"{f'VIBEJAM_IMPL={impl} ' if impl else ''}PRESET={args.preset} make speedrun"
    commands = [f"# {first} ran these:", *(shlex.join(stage.command()) for stage in stages)]
    facts = {
        "about": [["preset", args.preset], ["components", impl or "core (the reference)"]],
        "stages": times(folder, stages),
        "commands": commands,
        "not_run": not_run(n_gpus),
    }
    write_note(folder / "facts.json", facts)


def not_run(n_gpus: int) -> list[str]:
    """What could not be done here, and is told nowhere else on the card."""
    return [] if n_gpus else [f"the presets {', '.join(NEEDS_GPU)}: PyTorch finds no CUDA GPU here."]


if __name__ == "__main__":
    run(main)
