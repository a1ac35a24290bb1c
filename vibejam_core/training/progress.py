"""What you see and do while a run trains: a progress bar, and Ctrl-C that loses nothing."""

from __future__ import annotations

import shutil
import signal
import sys
import threading
import time
from types import FrameType, TracebackType
from typing import Any

from tqdm import tqdm


def duration(seconds: float) -> str:
    """``1:05`` for 65 seconds, ``2:00:00`` for two hours."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class Progress:
    """A bar on a terminal; elsewhere, as in a log file, a line every ``every`` seconds; nothing if ``quiet``."""

    def __init__(self, total: int, done: int = 0, every: float = 10.0, quiet: bool = False) -> None:
        self.total, self.done, self.every, self.quiet = total, done, every, quiet
        self.bar: tqdm[Any] | None = None
        if sys.stderr.isatty() and not quiet:
            form = "{percentage:3.0f}%|{bar:12}| step {n_fmt}/{total_fmt}{postfix}, {remaining} left"
            size = shutil.get_terminal_size()  # 80 x 24 where a terminal doesn't know; tqdm would show nothing there
            self.bar = tqdm(
                total=total, initial=done, bar_format=form, ncols=size.columns - 1, nrows=size.lines, leave=False
            )
        self.started = self.last_line = time.monotonic()
        self.first = done

    def update(self, loss: float, tokens_per_second: float, *more: str) -> None:
        """One step more is done; ``more`` is what else there is to say about it."""
        self.done += 1
        facts = ", ".join([f"loss {loss:.3f}", f"{tokens_per_second:,.0f} tokens/s", *more])
        if self.bar is not None:
            self.bar.set_postfix_str(facts, refresh=False)
            self.bar.update()
        elif time.monotonic() - self.last_line >= self.every:
            self.last_line = time.monotonic()
            left = (self.last_line - self.started) / (self.done - self.first) * (self.total - self.done)
            self.say(f"step {self.done:>5}/{self.total}  {facts}, {duration(left)} left")

    def say(self, line: str) -> None:
        """Print a line, above the bar where there is one."""
        if self.bar is not None:
            self.bar.write(line)
        elif not self.quiet:
            print(line, flush=True)

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.close()


class StopRequest:
    """Notices Ctrl-C (or a polite ``kill``) and lets the current step finish, so that a whole state can be saved.

    A second Ctrl-C stops at once, unless ``patient``: a launcher such as torchrun passes one Ctrl-C on again. Outside
    the main thread, where Python allows no signal handlers, it does nothing.
    """

    def __init__(self, patient: bool = False) -> None:
        self.requested, self.patient = False, patient
        self.before: dict[signal.Signals, object] = {}

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():
            self.before = {each: signal.signal(each, self.notice) for each in (signal.SIGINT, signal.SIGTERM)}
        return self

    def notice(self, number: int, frame: FrameType | None) -> None:
        """The signal handler."""
        if self.requested and not self.patient:
            raise KeyboardInterrupt
        self.requested = True

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for each, handler in self.before.items():
            signal.signal(each, handler)  # type: ignore[arg-type]
