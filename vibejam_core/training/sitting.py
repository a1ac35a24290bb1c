"""One sitting of a run: its progress on the screen, its clock, and the wish to stop."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from vibejam_core.training.progress import Progress, StopRequest


class Clock:
    """Counts steps and the time they took."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Count from here."""
        self.ticks, self.total, self.last = 0, 0.0, time.perf_counter()

    def tick(self) -> float:
        """One step is done: the seconds since the one before."""
        now = time.perf_counter()
        seconds, self.last = now - self.last, now
        self.ticks, self.total = self.ticks + 1, self.total + seconds
        return seconds

    @property
    def steps_per_second(self) -> float:
        """0 before the first step."""
        return self.ticks / self.total if self.total else 0.0


class Sitting:
    """What watches a run from the moment it starts or goes on until it stops."""

    def __init__(self, max_iters: int, step: int, stop: StopRequest, quiet: bool = False) -> None:
        self.progress = Progress(max_iters, step, quiet=quiet)
        self.clock = Clock()
        self.stop = stop

    def close(self) -> None:
        """Take the progress bar away."""
        self.progress.close()


@contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """Let one operation use that many CPU threads meanwhile; 0 changes nothing."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
