"""Ranks that are threads of one process: what several processes do, to be looked at in one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import Tensor

from vibejam_core.training.world import World

Result = TypeVar("Result")


class Table:
    """Where the ranks lay down what they send."""

    def __init__(self, size: int) -> None:
        self.places: list[Tensor] = [torch.zeros(0)] * size
        self.barrier = threading.Barrier(size, timeout=20)


class ThreadWorld(World):
    """One rank, a thread."""

    def __init__(self, rank: int, size: int, table: Table) -> None:
        super().__init__(rank, size)
        self.table = table

    def all_tensors(self, tensor: Tensor) -> list[Tensor]:
        """Every rank's tensor, copied."""
        self.table.places[self.rank] = tensor.detach().clone()
        self.table.barrier.wait()
        found = [place.clone() for place in self.table.places]
        self.table.barrier.wait()
        return found

    def sum_to(self, tensor: Tensor, rank: int) -> None:
        """At the other ranks nothing but NaN is left, so that whoever uses it notices."""
        total = torch.stack(self.all_tensors(tensor)).sum(0)
        tensor.copy_(total if self.rank == rank else torch.full_like(total, float("nan")))

    def copy_from(self, tensor: Tensor, rank: int) -> None:
        """See :class:`World`."""
        tensor.copy_(self.all_tensors(tensor)[rank])

    def sum(self, tensor: Tensor) -> Tensor:
        """See :class:`World`."""
        return torch.stack(self.all_tensors(tensor)).sum(0)


def together(size: int, act: Callable[[World], Result]) -> list[Result]:
    """What ``act(world)`` returns at each of ``size`` ranks that run side by side. An error of one is raised."""
    table = Table(size)

    def rank(number: int) -> Result:
        try:
            return act(ThreadWorld(number, size, table))
        except BaseException:
            table.barrier.abort()  # the others don't wait for one that is gone
            raise

    with ThreadPoolExecutor(size) as pool:
        runs = [pool.submit(rank, number) for number in range(size)]
    failed = [run.exception() for run in runs if run.exception() is not None]
    own = [error for error in failed if not isinstance(error, threading.BrokenBarrierError)]
    if failed:
        raise (own or failed)[0]  # type: ignore[misc]
    return [run.result() for run in runs]
