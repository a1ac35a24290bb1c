"""Worlds for the checks of lab 15: ranks that are threads of one process, of which one runs at a time.

Rank 0 runs until it sends something, then rank 1 does, and so on. Once all ranks wait, what they send must fit, and is
sent. So everything happens in the same order each time, and nobody waits for a rank that doesn't come: a rank that has
finished, or sends something else, is found out at once and named.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch._dynamo  # it comes with the first optimiser and takes a second: once here, not in each trial
from torch import Tensor

from vibejam_core.course import expect
from vibejam_core.training.world import World

Result = TypeVar("Result")


class Abandoned(BaseException):
    """Ends a rank that waits for others, once one of them failed. No ``except Exception`` holds it up."""


@dataclass
class Call:
    """What a rank waits for."""

    name: str
    tensor: Tensor
    rank: int | None
    answer: Tensor | None = None

    def __str__(self) -> str:
        to = "" if self.rank is None else f", {self.rank}"
        return f"world.{self.name}(a tensor of shape {tuple(self.tensor.shape)}, {self.tensor.dtype}{to})"


class Stage:
    """Lets ranks run in turn and carries what they send."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.calls: dict[int, Call] = {}
        self.results: dict[int, Any] = {}
        self.errors: dict[int, BaseException] = {}
        self.over = False
        self.turns = [threading.Semaphore(0) for _ in range(size)]
        self.back = threading.Semaphore(0)

    def run(self, act: Callable[[World], Result]) -> list[Result]:
        """What ``act`` returns at each rank; the first error of one is raised here."""
        threads = [threading.Thread(target=self._rank, args=(r, act), daemon=True) for r in range(self.size)]
        for thread in threads:
            thread.start()
        try:
            ready = list(range(self.size))
            while ready:
                for r in ready:
                    self.turns[r].release()
                    self.back.acquire()
                for r in sorted(self.errors):
                    raise self.errors[r]
                ready = sorted(self.calls)
                if ready:
                    self._send(ready)
        finally:
            self.over = True
            for turn in self.turns:
                turn.release()
            for thread in threads:
                thread.join(timeout=1.0)
        return [self.results[r] for r in range(self.size)]

    def _rank(self, rank: int, act: Callable[[World], Result]) -> None:
        """All that one thread does."""
        self.turns[rank].acquire()
        try:
            self.results[rank] = act(StageWorld(rank, self))
        except Abandoned:
            return
        except BaseException as error:
            self.errors[rank] = error
        if not self.over:
            self.back.release()

    def wait(self, rank: int, call: Call) -> Tensor | None:
        """Hand the turn on until all ranks have come to this place."""
        if self.over:
            raise Abandoned
        self.calls[rank] = call
        self.back.release()
        self.turns[rank].acquire()
        if self.over:
            raise Abandoned
        return call.answer

    def _send(self, ready: list[int]) -> None:
        """Do what all ranks ask for, if they ask for the same."""
        calls = [self.calls.pop(r) for r in ready]
        gone = [r for r in range(self.size) if r not in ready]
        if gone:
            names = " and ".join(map(str, gone))
            fail(
                f"rank {names} had finished while rank {ready[0]} was still waiting in {calls[0]}. "
                "Whatever one rank sends or receives, all ranks must call, in the same order"
            )
        for r, call in zip(ready, calls, strict=True):
            if str(call) != str(calls[0]):
                fail(
                    f"rank 0 called {calls[0]} while rank {r} called {call}. "
                    "All ranks must call the same method, in the same order, with tensors of the same shape and dtype"
                )
        first = calls[0]
        if first.rank is not None and not 0 <= first.rank < self.size:
            fail(f"there is no rank {first.rank} among {self.size}: {first}")
        with torch.no_grad():
            tensors = [call.tensor.detach().clone() for call in calls]
            total = torch.stack(tensors).sum(0).to(first.tensor.dtype)
            for r, call in zip(ready, calls, strict=True):
                if call.name == "sum":
                    call.answer = total.clone()
                elif call.name == "copy_from":
                    call.tensor.copy_(tensors[call.rank or 0])
                elif r == call.rank:
                    call.tensor.copy_(total)
                elif call.tensor.is_floating_point():
                    call.tensor.fill_(float("nan"))  # elsewhere it is no use: nothing may rely on it


class StageWorld(World):
    """One rank on a stage."""

    def __init__(self, rank: int, stage: Stage) -> None:
        super().__init__(rank, stage.size)
        self._stage = stage

    def _wait(self, name: str, tensor: Tensor, rank: int | None = None) -> Tensor | None:
        if not isinstance(tensor, Tensor):
            raise TypeError(f"world.{name} takes a tensor, but it was given a {type(tensor).__name__}")
        return self._stage.wait(self.rank, Call(name, tensor, rank if rank is None else int(rank)))

    def sum_to(self, tensor: Tensor, rank: int) -> None:
        """Make this tensor, at one rank, the sum; at the others not a number."""
        self._wait("sum_to", tensor, rank)

    def copy_from(self, tensor: Tensor, rank: int) -> None:
        """Make this tensor, at every rank, what it is at one rank."""
        self._wait("copy_from", tensor, rank)

    def sum(self, tensor: Tensor) -> Tensor:
        """The sum of all ranks' tensors, a new tensor."""
        answer = self._wait("sum", tensor)
        assert answer is not None
        return answer


def fail(sentence: str) -> None:
    """Refuse with this sentence, noted for the diagnosis."""
    expect.true(False, sentence)


def together(size: int, act: Callable[[World], Result]) -> list[Result]:
    """What ``act(world)`` returns at each of ``size`` ranks. With one, that is a process alone."""
    return [act(World())] if size == 1 else Stage(size).run(act)


def expect_each(demand, rows):
    """Make one demand after another of (what came, what was expected, what it is); the first that isn't met is raised.

    The rest is looked at all the same: it tells the diagnosis one mistake from another.
    """
    failures = []
    for got, wanted, what in rows:
        try:
            demand(got, wanted, what)
        except expect.CheckFailed as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
