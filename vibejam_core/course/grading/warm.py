"""The grader's side of the worker: starts it, asks it, and starts it again if it is gone.

Nothing here imports torch.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import selectors
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import psutil

from vibejam_core.course.grading.job import Job
from vibejam_core.course.grading.outcome import Outcome

GRACE = 15.0
"""Seconds beyond all the jobs' own limits after which the worker itself is taken to hang."""
AFTER_RED = 3.0
"""Seconds that the checks after the first red one may take. They only serve the diagnosis."""
START = 120.0
"""Seconds that the worker may take to import torch."""


def can_fork() -> bool:
    """Whether trials are forked from a warm worker; ``VIBEJAM_WORKER=spawn`` says no where that doesn't work well."""
    return hasattr(os, "fork") and os.environ.get("VIBEJAM_WORKER", "fork") != "spawn"


def environment() -> dict[str, str]:
    """What a worker's process finds in its environment: one thread per library, and no import hook."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VIBEJAM_IMPL")}
    root = str(Path(__file__).resolve().parents[3])
    path = os.pathsep.join([root, *filter(None, [kept.get("PYTHONPATH")])])
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    # macOS refuses to run some of its libraries in a forked child unless it is told that this is meant.
    return {**kept, **one_thread, "PYTHONPATH": path, "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES"}


def command(*arguments: str) -> list[str]:
    """The command line of a worker. With -P, a learner's ``random.py`` in this folder is not Python's random."""
    return [sys.executable, "-P", "-m", "vibejam_core.course.grading.worker", *arguments]


class WorkerFailed(RuntimeError):
    """The grader itself failed, not the learner's code."""


class Worker:
    """Runs jobs in child processes. Not to be shared between threads."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._answered = False

    def start(self) -> None:
        """Start the process now, so that it imports torch while the caller does something else."""
        if not can_fork() or (self._process is not None and self._process.poll() is None):
            return
        self.close()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        self._answered = False
        self._process = subprocess.Popen(
            command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment(),
            start_new_session=True,
        )

    def close(self) -> None:
        """End the process and everything that it started."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
        if self._errors is not None:
            self._errors.close()
            self._errors = None

    def run(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Try jobs; one outcome each, whatever the tried code does."""
        outcomes: list[Outcome] = []
        while len(outcomes) < len(jobs):
            outcomes += self._run_some(jobs[len(outcomes) :])
        return outcomes

    def _run_some(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Try at least the first of these jobs."""
        if not can_fork():
            return [Outcome.of(records) for records in _Spawned(jobs).run()]
        answer = self._ask({"jobs": [job.to_json() for job in jobs]}, sum(job.seconds for job in jobs) + GRACE)
        if answer is None:
            how = "it ended the grader's own process, or took so much of the machine that the grader could not go on"
            return [Outcome(ended=how)]
        if "error" in answer:
            raise WorkerFailed(f"{answer['error']}\n{answer.get('traceback', '')}")
        outcomes = [Outcome.of(records) for records in answer["records"]] or [Outcome(ended="it ended before it began")]
        if sys.platform == "darwin" and "signal SIG" in (outcomes[-1].ended or ""):
            # Some of macOS's own libraries can't stand a fork. Whose fault it was shows in a fresh process.
            outcomes[-1:] = [Outcome.of(records) for records in _Spawned(jobs[len(outcomes) - 1 : len(outcomes)]).run()]
        return outcomes

    def _ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any] | None:
        """Send a request and wait for its answer; None if the worker is gone or hangs."""
        self.start()
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            line = _read_line(process.stdout, seconds + (0 if self._answered else START))
            if line:
                self._answered = True
                answer = json.loads(line)
                assert isinstance(answer, dict)
                return answer
        except BrokenPipeError:
            pass
        except BaseException:  # Ctrl-C: the answer that may still come must not be taken for the next one's
            self.close()
            raise
        said = self._last_words()
        self.close()
        if not self._answered and "Error" in said:  # it could not even start: that is no learner's doing
            raise WorkerFailed(f"the grader's worker could not start:\n{said}")
        return None

    def _last_words(self) -> str:
        if self._errors is None:
            return ""
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace")[-2000:]


def _read_line(pipe: IO[bytes], seconds: float) -> bytes:
    """One line from a pipe, or nothing if it ends or the time is up."""
    deadline = time.monotonic() + seconds
    data = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while not data.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                return b""
            chunk = os.read(pipe.fileno(), 1 << 20)
            if not chunk:
                return b""
            data += chunk
    return bytes(data)


class _Spawned:
    """Without fork: a fresh Python process for some jobs, watched from here."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.jobs = jobs
        self.token = secrets.token_hex(16).encode()
        self.records: list[list[list[Any]]] = []
        self.printed = bytearray()
        # Until the first record there is only the import of torch, which is none of the learner's time.
        self.began = time.monotonic()
        self.deadline = self.began + START
        self.finished = False

    def run(self) -> list[list[list[Any]]]:
        """The records of each job that was begun."""
        process = subprocess.Popen(
            command("--once"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
        )
        assert process.stdin is not None
        request = {"token": self.token.decode(), "jobs": [job.to_json() for job in self.jobs]}
        with contextlib.suppress(OSError):
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.close()
        readers = [_reader(process.stdout, self._take), _reader(process.stderr, self._keep)]
        how: list[Any] | None = None
        try:
            while process.poll() is None and how is None:
                time.sleep(0.02)
                job = self.jobs[max(0, len(self.records) - 1)]
                if time.monotonic() > self.deadline:
                    how = ["ended", f"it ran for more than {job.seconds:g} seconds and was stopped", True]
                elif _memory(process.pid) > (job.gibibytes + 0.5) * 2**30:
                    how = ["ended", f"it used more than {job.gibibytes:g} GiB of memory and was stopped", True]
        finally:
            _end(process)
        for reader in readers:
            reader.join(2.0)
        if not self.records:
            said = self.printed.decode("utf-8", "replace")[-2000:]
            raise WorkerFailed(f"the grader's worker could not start:\n{said}")
        if not self.finished:
            died = f"it ended the whole Python process (exit code {process.returncode}), as os._exit() does"
            self.records[-1].append(how or ["ended", died, False])
        self.records[-1].append(["printed", self.printed.decode("utf-8", "replace")])
        return self.records

    def _take(self, line: bytes) -> None:
        word, _, text = line.partition(b" ")
        if word != self.token:
            return
        record, now = json.loads(text), time.monotonic()
        if record[0] == "job":
            self.records.append([])
            self.began, self.deadline = now, now + self.jobs[record[1]].seconds
        elif record[0] == "rest":
            self.deadline = min(self.deadline, now + AFTER_RED)
        elif record[0] == "finished":
            self.finished = True
        else:
            self.records[-1].append(record)
            self.records[-1] += [["seconds", now - self.began]] if record[0] == "done" else []

    def _keep(self, line: bytes) -> None:
        self.printed += line
        del self.printed[: -64 * 1024]


def _reader(pipe: IO[bytes] | None, take: Callable[[bytes], None]) -> threading.Thread:
    def read() -> None:
        assert pipe is not None
        with contextlib.suppress(ValueError, OSError):
            for line in pipe:
                take(line)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread


def _memory(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and its whole family."""
    family: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        family = psutil.Process(process.pid).children(recursive=True)
    with contextlib.suppress(OSError):
        process.kill()
    for member in family:
        with contextlib.suppress(psutil.Error):
            member.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5.0)
