"""A run's folder on the disk: which checkpoints are in it, are they whole, and how they come and go safely."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

FORMAT = 1
TEMPORARY = ".saving-"
WEIGHTS, TRAINING, FACTS = "model.safetensors", "training.safetensors", "checkpoint.json"
PARTS = {"arch", "model", "step", "metrics", "settings", "optimizer", "tokenizer", "files"}  # of checkpoint.json


class DamagedCheckpoint(ValueError):
    """A checkpoint isn't as it was written. What :func:`damaged` makes."""


def checkpoints_in(run: Path) -> list[Path]:
    """The complete checkpoints in a run's folder, oldest first."""
    folders = run.iterdir() if run.is_dir() else ()
    return sorted(
        (folder for folder in folders if re.fullmatch(r"step_\d{6,}", folder.name)),
        key=step_of,
    )


def last_step(run: Path) -> int | None:
    """The step of the last checkpoint in a run's folder; None where there is none."""
    folders = checkpoints_in(run)
    return step_of(folders[-1]) if folders else None


def step_of(folder: Path) -> int:
    """400 for ``step_000400``."""
    return int(folder.name.removeprefix("step_"))


def find_checkpoint(path: Path, which: str = "last") -> Path:
    """The folder of a run's last or best checkpoint; a checkpoint's own folder is that itself.

    Raises:
        FileNotFoundError: if there is none.
    """
    if (path / FACTS).exists():
        return path
    folders = checkpoints_in(path)
    if not folders:
        raise FileNotFoundError(
            f"there is no checkpoint in {path}. Train one: python -m scripts.train_lm --ckpt-path {path}"
        )
    if which == "last":
        return folders[-1]
    return min(folders, key=best_first)


def best_first(folder: Path) -> tuple[float, int]:
    """Sorts checkpoints by validation loss; where none was measured, and among equals, the newer comes first."""
    try:
        facts = read_facts(folder)
        loss = facts["metrics"].get("val_loss")
    except ValueError:  # a damaged one is never the best
        loss = None
    return float("inf") if loss is None else float(loss), -step_of(folder)


def remove_folder(folder: Path) -> None:
    """Delete a checkpoint. It loses its name first, so that a half-deleted one is never taken for a complete one."""
    doomed = folder.with_name(f"{TEMPORARY}deleted-{folder.name}-{os.getpid()}")
    folder.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)


def prune(run: Path) -> None:
    """Delete a run's checkpoints but for the last, the one before it, and the best."""
    keep = {*checkpoints_in(run)[-2:], find_checkpoint(run, "best")}
    for folder in checkpoints_in(run):
        if folder not in keep:
            remove_folder(folder)


def sweep(run: Path, *, everything: bool = False) -> None:
    """Delete what killed runs left half-written in a run's folder; with ``everything``, its checkpoints too."""
    if run.is_dir():
        for folder in checkpoints_in(run) if everything else ():
            remove_folder(folder)
        for leftover in run.glob(f"{TEMPORARY}*"):
            shutil.rmtree(leftover, ignore_errors=True)


def read_facts(folder: Path) -> dict[str, Any]:
    """A checkpoint's JSON. Raises ValueError where it is damaged or of another format."""
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    except (ValueError, FileNotFoundError) as error:
        raise damaged(folder, f"{FACTS} is missing or cut off") from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        found = facts.get("format") if isinstance(facts, dict) else None
        raise ValueError(
            f"{folder} has checkpoint format {found}; this version of vibejam_core reads format {FORMAT}. "
            "Update vibejam_core, or train again."
        )
    missing = PARTS - facts.keys()
    if missing:
        raise damaged(folder, f"{FACTS} has no {', '.join(sorted(missing))}")
    return facts


def claim(run: Path, *, resume: bool, overwrite: bool) -> None:
    """Whether a run may begin, or go on, in this folder; nothing is changed.

    Raises:
        FileExistsError: if it is a file, or holds an earlier run that is neither gone on with nor overwritten.
    """
    if run.exists() and not run.is_dir():
        raise FileExistsError(f"{run} is a file, but a run needs a folder. Give another --ckpt-path.")
    earlier = last_step(run)
    if earlier is not None and not (resume or overwrite):
        raise FileExistsError(
            f"{run} already holds a run, at step {earlier}. "
            "Add --resume to go on with it, --overwrite to start anew, or give another --ckpt-path."
        )


def damaged(folder: Path, what: str) -> ValueError:
    """The error for a checkpoint that can't be trusted, with the way out."""
    others = [other for other in checkpoints_in(folder.parent) if other != folder]
    way_out = f"An earlier one is there: delete {folder} to use {others[-1].name}." if others else "Train again."
    return DamagedCheckpoint(f"the checkpoint {folder} is damaged: {what}. {way_out}")


def seal(file: Path) -> dict[str, Any]:
    """A file's size and SHA-256: what a truncated or changed file no longer has."""
    with file.open("rb") as stream:
        return {"bytes": file.stat().st_size, "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}


def flush_file(file: Path) -> None:
    """Make sure that a file's bytes are on the disk, not only on their way."""
    with file.open("r+b") as stream:
        os.fsync(stream.fileno())


def flush_folder(folder: Path) -> None:
    """Make sure that a folder's list of names is on the disk. Windows has no such call and needs none."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
