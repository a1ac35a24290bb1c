"""Batches made ahead of time by a thread, so that the accelerator never waits for its data."""

from __future__ import annotations

import threading
import weakref
from queue import Empty, Queue
from types import TracebackType
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor


class Loader(Protocol):
    """What makes batches and can go on where it was: ``TokenBatches``, ``DocumentLoader``, and what wraps them."""

    def next_batch(self) -> tuple[Tensor, Tensor]:
        """The next ``(x, y)``, each (B, T) int64; StopIteration when there are no more."""

    def state_dict(self) -> dict[str, Any]:
        """All that the next batches depend on, as data that JSON can hold."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where a state was taken."""


Made: TypeAlias = tuple[Tensor, Tensor, dict[str, Any]] | BaseException
"""A batch and the state after it, or why there are no more."""


class Prefetched:
    """A loader whose next batches are made in the background while the last one is used.

    The batches are the same as without it. The state is that after the last batch *handed out*: those that were made
    ahead are made again after a resume. An error in the thread, the end of the data included, is raised where its batch
    was asked for. Use it in a ``with``, or call :meth:`close`; what is forgotten stops by itself.
    """

    def __init__(self, loader: Loader, ahead: int = 2) -> None:
        """Wrap a loader, which nobody else may use from now on.

        Args:
            loader: where the batches come from.
            ahead: how many are kept ready, at least 1.
        """
        if ahead < 1:
            raise ValueError(f"ahead must be at least 1, but it is {ahead}")
        self.loader, self.ahead = loader, ahead
        self.state = loader.state_dict()
        self.worker: Worker | None = None
        self.failure: BaseException | None = None
        self.finalizer: weakref.finalize[..., Any] | None = None

    def next_batch(self) -> tuple[Tensor, Tensor]:
        """The loader's next ``(x, y)``, in pinned memory if CUDA is in use when the first is asked for."""
        if self.failure is None:
            if self.worker is None:
                self.worker = Worker(self.loader, self.ahead)
                self.finalizer = weakref.finalize(self, self.worker.stop)
            made = self.worker.ready.get()
            if not isinstance(made, BaseException):
                x, y, self.state = made
                return x, y
            self.failure = made
            self.stop()
        raise self.failure

    def state_dict(self) -> dict[str, Any]:
        """The loader's state after the last batch that was handed out."""
        return self.state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Let the loader go on where a state was taken; what was made ahead is thrown away."""
        self.stop()
        self.loader.load_state_dict(state)
        self.state, self.failure = self.loader.state_dict(), None

    def stop(self) -> None:
        """End the thread, if there is one, and wait for it."""
        if self.finalizer is not None:
            self.finalizer()  # only once
        self.worker = self.finalizer = None

    def close(self) -> None:
        """End the thread; there are no batches any more."""
        self.stop()
        self.failure = self.failure or ValueError("these batches were closed")

    def __enter__(self) -> Prefetched:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class Worker:
    """The thread. It knows nothing of the :class:`Prefetched` that it works for, so that one can be forgotten."""

    def __init__(self, loader: Loader, ahead: int) -> None:
        self.ready: Queue[Made] = Queue(ahead)
        self.stopping = threading.Event()
        # A new thread's device is the first; pinning would make every rank take memory there, if it weren't told.
        in_use: bool = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
        self.device = torch.cuda.current_device() if in_use else None
        self.thread = threading.Thread(target=self.work, args=(loader,), name="prefetch", daemon=True)
        self.thread.start()

    def work(self, loader: Loader) -> None:
        """Make batches until told to stop or until something is raised."""
        while not self.stopping.is_set():
            try:
                x, y = loader.next_batch()
                if self.device is not None:
                    torch.cuda.set_device(self.device)
                    x, y = x.pin_memory(), y.pin_memory()
                made: Made = (x, y, loader.state_dict())
            except BaseException as error:  # whatever it is, somebody waits for it
                made = error
            self.ready.put(made)  # waits as long as enough are ready
            if isinstance(made, BaseException):
                return

    def stop(self) -> None:
        """End the thread and wait for it. Emptying the queue lets it put what it has in hand, and then it sees."""
        self.stopping.set()
        try:
            while True:
                self.ready.get_nowait()
        except Empty:
            pass
        if self.thread is not threading.current_thread():
            self.thread.join()
