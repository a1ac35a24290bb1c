"""Batches from a pretokenised corpus: shuffled windows of token files, the same whatever the number of ranks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vibejam_core.text.shuffle import shuffled
from vibejam_core.text.token_file import read_tokens
from vibejam_core.text.token_writer import UNFINISHED

SUFFIX = ".bin"
"""Ends the name of a token file."""


def open_tokens(path: Path, fingerprint: str | None = None) -> tuple[list[Tensor], Tensor]:
    """A pretokenised corpus: what to train on, and what to validate on.

    Args:
        path: a folder of token files, the last of which, by name, is the validation shard; or one token file, whose
            last tenth serves.
        fingerprint: of the tokenizer that the tokens must come from, if that matters.

    Returns:
        ``(train, val)``: a row of tokens for each file, and one row that is in none of them; all mapped into memory.

    Raises:
        FileNotFoundError: if there is nothing at ``path``.
        ValueError: if a folder holds no token file, or is still being filled, or a file is refused by ``read_tokens``.
    """
    if any(path.glob(f"*{UNFINISHED}")):  # what is for validation may be there already, and nothing else
        raise ValueError(
            f"the token files in {path} are not finished yet. Wait, or start the scripts.pre_tokenize that was stopped "
            "again: it goes on where it was."
        )
    files = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
    if not files:
        raise ValueError(
            f"the folder {path} holds no token file (*{SUFFIX}). Make some: python -m scripts.pre_tokenize --help"
        )
    rows = [read_tokens(file, fingerprint) for file in files]
    if len(rows) == 1:
        n_val = max(1, len(rows[0]) // 10)
        return [rows[0][:-n_val]], rows[0][-n_val:]
    return rows[:-1], rows[-1]


class TokenBatches:
    """Batches of windows from rows of tokens, in a new shuffled order in every epoch.

    The windows of a row begin T tokens apart, so every token but a row's first and last few is a target once in an
    epoch; none reaches from one row into the next. In the global order of all epochs, rank r of W takes, of every
    W * B windows, those at places r * B to r * B + B - 1. So whether 1 rank makes 8 batches for a step, 4 make 2 or
    8 make 1, the step has the same windows.
    """

    def __init__(
        self,
        rows: Sequence[Tensor],
        batch_size: int,
        block_size: int,
        *,
        rank: int = 0,
        world_size: int = 1,
        seed: int = 0,
        epochs: int | None = None,
    ) -> None:
        """Begin with the first window of the first epoch.

        Args:
            rows: each (N,) tokens of any integer dtype, mapped into memory or not.
            batch_size: B, how many windows a batch of one rank has.
            block_size: T, how many tokens a row of ``x`` has.
            rank: which process this is.
            world_size: W, how many there are.
            seed: of the order.
            epochs: after how many there are no more batches; None for never.

        Raises:
            ValueError: if a number makes no sense, or if there are too few tokens for one window, or for one batch of
                every rank in all epochs.
        """
        for name, value in (("batch_size", batch_size), ("block_size", block_size), ("epochs", epochs)):
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, but it is {value}")
        if not 0 <= rank < world_size:
            raise ValueError(f"there is no rank {rank} among {world_size}: ranks are 0 to {world_size - 1}")
        self.rows, self.batch_size, self.block_size = list(rows), batch_size, block_size
        self.rank, self.world_size, self.seed, self.epochs = rank, world_size, seed, epochs
        counts = [max(0, len(row) - 1) // block_size for row in self.rows]
        self.ends = np.cumsum([0, *counts])  # (rows + 1,): row i has the windows from ends[i] to ends[i + 1] - 1
        self.n_windows = int(self.ends[-1])
        self.position = 0
        if self.n_windows == 0:
            raise ValueError(
                f"block_size {block_size} needs at least {block_size + 1} tokens in a row; the longest has "
                f"{max((len(row) for row in self.rows), default=0)}. Give more text or a smaller block_size."
            )
        if epochs is not None and epochs * self.n_windows < batch_size * world_size:
            raise ValueError(
                f"{epochs} epochs have {epochs * self.n_windows} windows of {block_size} tokens, but one batch of "
                f"{world_size} processes needs {batch_size * world_size}. Give more text, more epochs or a smaller "
                "batch_size."
            )

    @property
    def epoch(self) -> int:
        """Which epoch the next batch begins in, from 0."""
        return self.position // self.n_windows

    def next_batch(self) -> tuple[Tensor, Tensor]:
        """This rank's part of the next W * B windows.

        Returns:
            ``(x, y)``, each (B, T) int64; ``y[b, i]`` is the token that follows ``x[b, i]``.

        Raises:
            StopIteration: if there aren't as many windows left before the last epoch ends; on all ranks at once.
        """
        after = self.position + self.batch_size * self.world_size
        if self.epochs is not None and after > self.epochs * self.n_windows:
            raise StopIteration
        first = self.position + self.rank * self.batch_size
        self.position = after
        windows = self.windows_at(np.arange(first, first + self.batch_size))  # (B,)
        batch = torch.stack([self.window(int(window)) for window in windows])  # (B, T + 1)
        return batch[:, :-1], batch[:, 1:]  # each (B, T)

    def windows_at(self, places: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Which windows stand at these places, all increasing, of the order of all epochs."""
        epochs, places = places // self.n_windows, places % self.n_windows
        return np.concatenate(
            [
                shuffled(places[epochs == epoch], self.n_windows, f"{self.seed}/{epoch}")
                for epoch in range(int(epochs[0]), int(epochs[-1]) + 1)
            ]
        )

    def window(self, number: int) -> Tensor:
        """A window of all rows and the token behind it: (T + 1,) int64."""
        row = int(np.searchsorted(self.ends, number, side="right")) - 1
        start = (number - int(self.ends[row])) * self.block_size
        return self.rows[row][start : start + self.block_size + 1].to(torch.int64)

    def state_dict(self) -> dict[str, Any]:
        """Where it stands, as data that JSON can hold: the same for all ranks, and for any number of them."""
        return {
            "position": self.position,
            "epoch": self.epoch,
            "n_windows": self.n_windows,
            "block_size": self.block_size,
            "seed": self.seed,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where the state was taken, with as many ranks and as large batches as wanted.

        Raises:
            ValueError: if it is of other tokens, another ``block_size`` or another seed; the message names both values.
        """
        now = self.state_dict()
        for name in ("n_windows", "block_size", "seed"):
            if state[name] != now[name]:
                raise ValueError(
                    f"the run that is to go on had {name} {state[name]}, but now it is {now[name]}, and so the windows "
                    "that it has seen would come again. Give the corpus and the settings that it began with, or start "
                    "a new run."
                )
        self.position = state["position"]
