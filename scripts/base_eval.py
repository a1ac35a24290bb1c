"""How good a base model is: ``python -m scripts.base_eval --ckpt-path DIR --val-path FILE --bundle-path DIR``.

Two measures: bits per byte on a validation text that is kept as tokens, and CORE, the centred accuracy in 22 tasks.
What can't be measured here is told as "not run", with the reason. Interrupted, the program goes on where it stopped:
what is measured is in ``base_eval.json``, in the run's folder.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scripts._main import options, run

if TYPE_CHECKING:
    from vibejam_core.evaluation.core import CoreResult, TaskResult
    from vibejam_core.models.checkpoint import Checkpoint

RESULT = "base_eval.json"


@dataclass(frozen=True)
class EvalOptions:
    """Measure a base model."""

    ckpt_path: Path = Path("checkpoints/base")
    """The run's folder, or one checkpoint's."""
    which: Literal["best", "last"] = "last"
    """The run's newest checkpoint, or the one with the lowest validation loss."""
    val_path: Path | None = None
    """The validation text as tokens: a file that scripts.pre_tokenize wrote, or a folder of them, whose last one is
    for validation."""
    max_val_tokens: int = 10_000_000
    """Measure bits per byte on about so many tokens, from the first on; 0 takes all."""
    bundle_path: Path = Path("data/eval_bundle")
    """The published bundle of CORE's tasks, unpacked."""
    max_per_task: int = 0
    """How many examples of each task to ask, always the same ones; 0 asks all, as published values do."""
    device: str = "auto"
    """cpu, cuda or mps; auto takes the fastest there is."""
    out_path: Path | None = None
    """Where to write the results; base_eval.json in the run's folder by default."""
    again: bool = False
    """Measure all of it anew, whatever is there."""

    def __post_init__(self) -> None:
        for name in ("max_val_tokens", "max_per_task"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be at least 0, but it is {getattr(self, name)}")


def main() -> None:
    """Read the options, measure, print the tables, keep the results."""
    args = options(EvalOptions, "scripts.base_eval")
    # Imported here, so that an error in a component of yours, which is imported too, is told like any other.
    from scripts._machine import machine, versions
    from vibejam_core.models.checkpoint import load_checkpoint
    from vibejam_core.models.checkpoint_folder import find_checkpoint, read_facts
    from vibejam_core.text.tokenizers import fingerprint
    from vibejam_core.training.devices import choose_device

    device = choose_device(args.device)
    folder = find_checkpoint(args.ckpt_path, args.which)
    checkpoint = load_checkpoint(folder)
    checkpoint.model.to(device)
    out = args.out_path or folder.parent / RESULT
    about = {
        "checkpoint": folder.name,
        "weights": read_facts(folder)["files"]["model.safetensors"]["sha256"],
        "step": checkpoint.step,
        "arch": checkpoint.arch,
        "tokenizer": fingerprint(checkpoint.tokenizer),
        "device": device.type,
    }
    report = {} if args.again else earlier(out, about)
    report |= {"format": 1, **about, "machine": machine(), "versions": versions(), "command": command()}
    print(f"model     {folder}: {checkpoint.arch}, step {checkpoint.step}, on {device.type}")
    report["val"] = measure_val(args, checkpoint, report.get("val", {}))
    keep(out, report)
    measure_core(args, checkpoint, report, lambda: keep(out, report))
    keep(out, report)
    print(f"done: {out}")


def measure_val(args: EvalOptions, checkpoint: Checkpoint, before: dict[str, Any]) -> dict[str, Any]:
    """Bits per byte on the validation text, or why not."""
    from vibejam_core.evaluation.token_loss import loss_on_tokens
    from vibejam_core.text.token_batches import open_tokens
    from vibejam_core.text.token_file import read_tokens
    from vibejam_core.text.tokenizers import fingerprint

    if args.val_path is None:
        return not_run("bits per byte", "no validation text was given. Add --val-path FILE (scripts.pre_tokenize).")
    settings = {"path": str(args.val_path), "max_tokens": args.max_val_tokens}
    if before.get("settings") == settings and "bits_per_byte" in before:
        print(f"val       measured before: {before['bits_per_byte']:.4f} bits per byte")
        return before
    name = fingerprint(checkpoint.tokenizer)
    tokens = open_tokens(args.val_path, name)[1] if args.val_path.is_dir() else read_tokens(args.val_path, name)
    began = time.monotonic()
    with Bar("val", "tokens") as show:
        found = loss_on_tokens(
            checkpoint.model,
            checkpoint.tokenizer,
            tokens,
            max_tokens=args.max_val_tokens,
            on_progress=lambda done, total: show("val", done, total),
        )
    print(
        f"val       {found.bits_per_byte:.4f} bits per byte, {found.loss:.4f} nats per token, on {found.n_tokens:,} "
        f"tokens that stand for {found.n_bytes:,} bytes"
    )
    seconds = round(time.monotonic() - began, 2)
    return {"settings": settings, "bits_per_byte": found.bits_per_byte, **asdict(found), "seconds": seconds}


def measure_core(
    args: EvalOptions, checkpoint: Checkpoint, report: dict[str, Any], keep_all: Callable[[], None]
) -> None:
    """CORE, task by task, or why not, into the report's ``core``; each task is kept as soon as it is done."""
    from vibejam_core.evaluation.core import TaskResult, evaluate_core
    from vibejam_core.evaluation.core_bundle import ADDRESS, find_bundle, read_tasks
    from vibejam_core.evaluation.core_tasks import differences

    bundle = find_bundle(args.bundle_path)
    if bundle is None:
        report["core"] = not_run(
            "CORE",
            f"no bundle at {args.bundle_path}. Download {ADDRESS} (about 160 MB), unpack it there, and give its folder "
            "as --bundle-path.",
        )
        return
    tasks = read_tasks(bundle)
    settings = {"max_per_task": args.max_per_task, "tasks": [asdict(task) for task in tasks]}
    before = report.get("core", {})
    done = [TaskResult(**each) for each in before.get("tasks", ())] if before.get("settings") == settings else []
    if done:
        print(f"CORE      {len(done)} of {len(tasks)} tasks were measured before")
    unusual = differences(tasks)
    if unusual:
        print(
            f"note      this bundle isn't the published list, so its mean can't be compared with published values of "
            f"CORE: {'; '.join(unusual[:4])}{'; and more' if len(unusual) > 4 else ''}"
        )
    if checkpoint.tokenizer.kind == "char":
        print("note      characters that the tokenizer doesn't know are left out of the questions")
    told = [asdict(task) for task in done]
    report["core"] = {"settings": settings, "bundle": str(bundle), "differences": unusual, "tasks": told}

    def keep_task(task: TaskResult) -> None:
        told.append(asdict(task))
        keep_all()

    with Bar("CORE", "examples") as show:
        result = evaluate_core(
            checkpoint.model,
            checkpoint.tokenizer,
            bundle,
            max_per_task=args.max_per_task,
            on_progress=show,
            done=done,
            on_task=keep_task,
        )
    print(core_table(result, args.max_per_task))
    report["core"] |= {"tasks": [asdict(task) for task in result.tasks], "core": result.core}


def core_table(result: CoreResult, max_per_task: int) -> str:
    """The tasks and their mean."""
    width = max(len(task.label) for task in result.tasks)
    lines = [f"{'task':{width}}  accuracy  guessing  centred  examples"]
    for task in result.tasks:
        told = f"  ({task.n_not_asked} could not be asked and count as wrong)" if task.n_not_asked else ""
        lines.append(
            f"{task.label:{width}}  {task.accuracy:8.4f}  {task.baseline:8.4f}  {task.centred:7.4f}  "
            f"{task.n:>8}{'' if task.n == task.n_there else f' of {task.n_there}'}{told}"
        )
    about = f", at most {max_per_task} examples of each" if max_per_task else ""
    return "\n".join([*lines, f"CORE      {result.core:.4f}, the mean of {len(result.tasks)} tasks{about}"])


def not_run(what: str, why: str) -> dict[str, Any]:
    """Say that something wasn't measured, and keep that."""
    print(f"not run:  {what}: {why}")
    return {"not_run": why}


def earlier(out: Path, about: dict[str, Any]) -> dict[str, Any]:
    """What was measured before of the same model; nothing where it is another one or can't be read."""
    try:
        found = json.loads(out.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    same = isinstance(found, dict) and all(found.get(name) == value for name, value in about.items())
    return {name: found[name] for name in ("val", "core") if name in found} if same else {}


def keep(out: Path, report: dict[str, Any]) -> None:
    """Write the results, whole or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f"{out.name}.part")
    part.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    part.replace(out)


def command() -> str:
    """The command line, as one would type it."""
    impl = f"VIBEJAM_IMPL={os.environ['VIBEJAM_IMPL']} " if os.environ.get("VIBEJAM_IMPL") else ""
    return f"{impl}python -m scripts.base_eval {shlex.join(sys.argv[1:])}".strip()


class Bar:
    """A bar on a terminal; elsewhere a line every ten seconds. Gives ``show(label, done, total)``."""

    def __init__(self, name: str, unit: str) -> None:
        self.name, self.unit = name, unit
        self.label, self.last = "", time.monotonic()
        self.tqdm: Any = None

    def __enter__(self) -> Any:
        return self.show

    def show(self, label: str, done: int, total: int) -> None:
        """So much of this is done."""
        if sys.stderr.isatty():
            from tqdm import tqdm

            if label != self.label:
                self.close()
                self.tqdm = tqdm(total=total, desc=label, unit=f" {self.unit}", leave=False)
            self.tqdm.update(done - self.tqdm.n)
        elif time.monotonic() - self.last >= 10:
            self.last = time.monotonic()
            print(f"{self.name:9} {label}: {done:,} of {total:,} {self.unit}", flush=True)
        self.label = label

    def close(self) -> None:
        """Take the bar away."""
        if self.tqdm is not None:
            self.tqdm.close()

    def __exit__(self, *about: object) -> None:
        self.close()


if __name__ == "__main__":
    run(main)
