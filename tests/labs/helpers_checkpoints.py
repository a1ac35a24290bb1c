"""What the checks of save_checkpoint and load_checkpoint share: small checkpoints, and an eye on the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import torch

from tests.labs.helpers_files import auditing
from vibejam_core.models import checkpoint as reference
from vibejam_core.models.checkpoint import Checkpoint
from vibejam_core.models.checkpoint_folder import FACTS, TRAINING, WEIGHTS, read_facts, seal
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.text.characters import CharTokenizer

SHAPE = {"vocab_size": 3, "block_size": 613, "n_layer": 1, "n_head": 2, "n_embd": 8, "dropout": 0.375}


def made(step: int, val_loss: float | None = None, arch: str = "bigram", **others: Any) -> Checkpoint:
    """A checkpoint of a small model with weights of its own."""
    model = build_model(arch, ModelConfig(**SHAPE))
    generator = torch.Generator().manual_seed(step)
    for parameter in model.parameters():
        parameter.data.copy_(torch.randn(parameter.shape, generator=generator))
    moments = {"step": torch.tensor(float(step)), "exp_avg": torch.randn(3, 3, generator=generator), "calls": step}
    optimizer = {"state": {0: moments}, "param_groups": [{"lr": 0.25, "betas": [0.9, 0.5], "params": [0]}]}
    content = {"metrics": {"val_loss": val_loss, "train_loss": 2.5}, "settings": {"seed": 7, "corpus": "mine"}}
    content |= {"optimizer": optimizer, "randomness": {"batches": generator.get_state()}}
    return Checkpoint(model=model, arch=arch, tokenizer=CharTokenizer("abc"), step=step, **{**content, **others})


def content(checkpoint: Any) -> dict[str, Any]:
    """All of a checkpoint as plain data and tensors, by names for a message."""
    return {
        "step": checkpoint.step,
        "arch": checkpoint.arch,
        "the shape of the model": vars(checkpoint.model.config),
        "the characters of the tokenizer": checkpoint.tokenizer.to_json()["characters"],
        "metrics": checkpoint.metrics,
        "settings": checkpoint.settings,
        "the weights": dict(checkpoint.model.state_dict()),
        "what the optimiser remembers": checkpoint.optimizer,
        "the randomness": checkpoint.randomness,
    }


def run_of(run: Path, *checkpoints: Checkpoint) -> None:
    """Put checkpoints into a run's folder, and delete none."""
    with mock.patch.object(reference, "prune"):
        for checkpoint in checkpoints:
            reference.save_checkpoint(run, checkpoint)


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file in a folder and below it, and what it holds."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def names_in(folder: Path) -> list[str]:
    """What lies in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def whole(folder: Path) -> bool:
    """Whether a checkpoint's folder holds its three files, as they were written, and nothing else."""
    try:
        seals = read_facts(folder)["files"]
        return names_in(folder) == sorted([FACTS, TRAINING, WEIGHTS]) and all(
            seal(folder / name) == seals[name] for name in (TRAINING, WEIGHTS)
        )
    except (OSError, ValueError, KeyError):
        return False


class Disk:
    """Notes what is flushed and renamed under a run's folder, and whether each ``step_...`` is complete all the while.

    Args:
        run: the run's folder.
        full_at: the flush that fails for want of room, 1 for the first; "rename" for the first
            renaming, and whatever is made later.
    """

    def __init__(self, run: Path, full_at: int | str | None = None) -> None:
        self.run, self.full_at, self.flushes = run, full_at, 0
        self.moves: list[tuple[Path, Path]] = []
        """What was renamed, from and to."""
        self._order: list[int] = []
        self._names = {0: "(the renaming)", -1: "(a deletion)"}
        self.incomplete: set[str] = set()

    def order(self) -> list[str]:
        """The names of what was flushed, "(the renaming)" and "(a deletion)" of a checkpoint, as they came."""
        return [self._names.get(inode, "(something else)") for inode in self._order]

    @contextmanager
    def watched(self) -> Iterator[Disk]:
        """Look at every call that has to do with files."""
        with ExitStack() as stack:
            stack.enter_context(mock.patch.object(os, "fsync", self._flush))
            stack.enter_context(auditing(self._look))
            yield self
        self._look("", ())

    def _flush(self, file: Any) -> None:
        self.flushes += 1
        if self.flushes == self.full_at:
            raise OSError(28, "No space left on device")
        self._order.append(os.fstat(file if isinstance(file, int) else file.fileno()).st_ino)

    def _look(self, event: str, arguments: tuple[Any, ...]) -> None:
        steps = [name for name in names_in(self.run) if name.startswith("step_")]
        self.incomplete |= {name for name in steps if not whole(self.run / name)}
        if event in ("os.rename", "os.remove", "os.rmdir", "shutil.rmtree"):
            gone = Path(os.fsdecode(arguments[0]))
            if gone.parent == self.run and gone.name.startswith("step_"):
                self._order.append(-1)
        if event == "os.rename":
            source, target = (Path(os.fsdecode(path)) for path in arguments[:2])
            if not self.moves and source.is_dir():
                self._names |= {path.stat().st_ino: path.name for path in source.iterdir()}
                self._names |= {source.stat().st_ino: "the folder", self.run.stat().st_ino: "run"}
                self._order.append(0)
            self.moves.append((source, target))
        if self.full_at == "rename" and self.moves and event in ("os.rename", "os.mkdir"):
            raise OSError(28, "No space left on device")
