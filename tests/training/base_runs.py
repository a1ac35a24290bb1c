"""What the tests of pretraining runs share: a small text, a small run, and ways to compare two."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vibejam_core.models.checkpoint import load_checkpoint
from vibejam_core.text.characters import CharTokenizer
from vibejam_core.text.prefetch import Prefetched
from vibejam_core.text.token_batches import TokenBatches
from vibejam_core.training.base_run import Outcome, pretrain
from vibejam_core.training.base_start import start_base_run
from vibejam_core.training.log import read_log
from vibejam_core.training.pretrain_config import PretrainConfig
from vibejam_core.training.world import World

TEXT = "".join(f"{n}, " for n in range(900))
CLOCKED = ("tokens_per_second", "mfu", "memory_bytes", "seconds")
"""What in a record depends on the clock or the machine."""


@dataclass(frozen=True)
class CountingText:
    """A text held in memory, its last tenth to validate on."""

    epochs: int | None = None
    tokenizer: CharTokenizer = field(default_factory=lambda: CharTokenizer.build(TEXT))

    @property
    def tokens(self) -> Tensor:
        return torch.tensor(self.tokenizer.encode(TEXT))

    @property
    def n_tokens(self) -> int:
        return len(self.tokens) * 9 // 10

    @property
    def val(self) -> Tensor:
        return self.tokens[self.n_tokens :]

    def digest(self) -> bytes:
        return TEXT.encode()

    def batches(self, rows: int, block_size: int, rank: int, world_size: int, seed: int) -> Prefetched:
        train = [self.tokens[: self.n_tokens]]
        order = TokenBatches(train, rows, block_size, rank=rank, world_size=world_size, seed=seed, epochs=self.epochs)
        return Prefetched(order)


def config(folder: Path, **changes: Any) -> PretrainConfig:
    """12 steps, measured and saved every 4."""
    small = PretrainConfig(
        depth=1,
        block_size=8,
        rows=4,
        steps=12,
        eval_interval=4,
        log_interval=1,
        eval_tokens=64,
        sample=0,
        threads=1,
        device="cpu",
        ckpt_path=folder,
    )
    return replace(small, **changes)


def train(folder: Path, text: CountingText | None = None, **changes: Any) -> tuple[Outcome, list[str]]:
    """A run, and what it said."""
    said: list[str] = []
    run = start_base_run(config(folder, **changes), text or CountingText(), World(), torch.device("cpu"), said.append)
    return pretrain(run), said


def records(folder: Path) -> list[dict[str, Any]]:
    """A run's log, without what depends on the clock."""
    return [{name: value for name, value in each.items() if name not in CLOCKED} for each in read_log(folder)]


def assert_same_run(one: Path, other: Path) -> None:
    """The same losses at every step, and in the end the same weights and the same optimiser, to the last bit."""
    assert records(one) == records(other)
    a, b = load_checkpoint(one), load_checkpoint(other)
    assert a.step == b.step
    pairs = [(a.model.state_dict(), b.model.state_dict())]
    pairs += [(state, b.optimizer["state"][index]) for index, state in a.optimizer["state"].items()]
    for mine, theirs in pairs:
        assert mine.keys() == theirs.keys()
        assert all(torch.equal(torch.as_tensor(value), torch.as_tensor(theirs[name])) for name, value in mine.items())
    assert a.settings["loaders"] == b.settings["loaders"]
    assert a.settings["scale"] == b.settings["scale"]
