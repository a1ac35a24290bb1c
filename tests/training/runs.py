"""What the tests of whole runs share: a small text, a small model, and ways to disturb a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from vibejam_core.models.checkpoint import load_checkpoint
from vibejam_core.models.config import ModelConfig
from vibejam_core.text.config import DataConfig
from vibejam_core.text.corpora import Corpus
from vibejam_core.training import trainer
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.log import read_log
from vibejam_core.training.run import Outcome, start_run
from vibejam_core.training.trainer import train_lm

SHAPE = ModelConfig(block_size=8, n_layer=1, n_head=2, n_embd=16, dropout=0.2)
CORPUS = Corpus("counting", ("".join(f"{n}, " for n in range(400)),))
LOSSES = ("step", "train_loss", "val_loss", "val_bits_per_byte", "learning_rate")


def config(folder: Path, **changes: Any) -> TrainConfig:
    """30 steps, measured every 10."""
    return replace(
        TrainConfig(ckpt_path=folder, max_iters=30, eval_interval=10, eval_iters=2, batch_size=4, device="cpu"),
        **changes,
    )


def train(
    folder: Path, corpus: Corpus = CORPUS, shape: ModelConfig = SHAPE, **changes: Any
) -> tuple[Outcome, list[str]]:
    """A run, and what it said."""
    said: list[str] = []
    return train_lm(start_run(DataConfig(), shape, config(folder, **changes), corpus, said.append)), said


def losses(folder: Path) -> list[list[Any]]:
    """What in the log doesn't depend on the clock."""
    return [[record[name] for name in LOSSES] for record in read_log(folder)]


def interrupt(monkeypatch: pytest.MonkeyPatch, after: int, act: Callable[[], None]) -> None:
    """Do something in the middle of the step with this number."""
    original, calls = trainer.train_step, 0

    def step(*arguments: Any) -> float:
        nonlocal calls
        calls += 1
        if calls == after:
            act()
        return original(*arguments)

    monkeypatch.setattr(trainer, "train_step", step)


def assert_same_run(one: Path, other: Path) -> None:
    """The same losses, and in the end the same weights, optimiser and randomness, to the last bit."""
    assert losses(one) == losses(other)
    a, b = load_checkpoint(one), load_checkpoint(other)
    pairs = [(a.model.state_dict(), b.model.state_dict()), (a.randomness, b.randomness)]
    pairs += [(state, b.optimizer["state"][index]) for index, state in a.optimizer["state"].items()]
    for mine, theirs in pairs:
        assert mine.keys() == theirs.keys()
        assert all(torch.equal(torch.as_tensor(value), torch.as_tensor(theirs[name])) for name, value in mine.items())
