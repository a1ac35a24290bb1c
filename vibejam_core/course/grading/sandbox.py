"""One trial in a child process with limits: of time, of memory, and of what it can do to the process that watches it.

The child is a fork, so it starts with torch and the checks already imported, in milliseconds. It gets a session of its
own, an empty standard input, and a scratch file for whatever it prints. Results come back through a pipe of their own,
which is opened before any of the learner's code is loaded; each line starts with a random word that only the grader
knows.

This keeps accidents and easy tricks out. It is no prison: code that means harm has the rights of whoever runs it, so
strangers' work belongs in a container.
"""

from __future__ import annotations

import contextlib
import faulthandler
import fcntl
import io
import json
import os
import re
import secrets
import selectors
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any, NoReturn

import psutil

from vibejam_core.course.grading import trial
from vibejam_core.course.grading.job import Job
from vibejam_core.course.grading.warm import AFTER_RED

KEPT_OUTPUT = 64 * 1024
"""How many bytes of a trial's prints are kept; the last ones."""
MOST_OUTPUT = 64 * 2**20
"""How many bytes the scratch file may hold before it is emptied."""
TICK = 0.1

Records = list[list[Any]]


def run(jobs: Sequence[Job], watch: int | None = None) -> list[Records]:
    """Try jobs one after another in one child process; returns each job's records.

    When a job ends the child before its time, the jobs after it have no records: the caller asks for them again.

    Args:
        jobs: what to try.
        watch: a file descriptor; when its other end is closed, whoever asked is gone, and so is this process.
    """
    token = secrets.token_hex(16)
    results, place = os.pipe(), os.pipe()
    with tempfile.TemporaryFile(buffering=0) as output:
        fcntl.fcntl(output, fcntl.F_SETFL, os.O_APPEND)
        pid = os.fork()
        if pid == 0:
            _child(jobs, token, results[1], output.fileno(), place[1])
        os.close(results[1])
        os.close(place[1])
        try:
            return _Supervisor(pid, jobs, token, results[0], output.fileno(), place[0], watch).watch()
        finally:
            os.close(results[0])
            os.close(place[0])


def _child(jobs: Sequence[Job], token: str, results: int, output: int, place: int) -> NoReturn:
    """Everything that happens in the child; it never returns."""
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (output, 1), (output, 2)):
            os.dup2(source, target)
        _close_all_but(results, place)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
        sys.stdout = sys.stderr = io.TextIOWrapper(
            open(1, "wb", buffering=0, closefd=False),  # noqa: SIM115
            encoding="utf-8",
            errors="backslashreplace",
            write_through=True,
        )
        _limit(max(job.gibibytes for job in jobs))
        trial.limit_threads()
        own = os.getpid()

        def emit(record: list[Any]) -> None:
            if os.getpid() == own:  # a process that the learner's code forks has nothing to report
                _write_all(results, f"{token} {json.dumps(record)}\n".encode())

        def hush() -> None:
            emit(["rest"])
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, 1)
            os.dup2(nothing, 2)
            os.close(nothing)

        for index, job in enumerate(jobs):
            emit(["job", index])
            faulthandler.dump_traceback_later(max(0.05, 0.95 * job.seconds - 0.1), file=place)
            trial.run(job, emit, hush)
        emit(["finished"])
    except BaseException as error:  # only what the grader itself gets wrong comes here
        with contextlib.suppress(BaseException):
            os.write(2, f"the grader failed: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(0)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _close_all_but(*kept: int) -> None:
    """Close every other descriptor above 2: the watching process's pipes are no business of the learner's code."""
    first = 3
    for descriptor in sorted(kept):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, 4096)


def _limit(gibibytes: float) -> None:
    """Let the process grow by this much. (Where the system ignores it, as macOS does, the watcher measures instead.)"""
    import resource

    room = int(gibibytes * 2**30)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**30, 2**30))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, ValueError):
            limit = psutil.Process().memory_info().vms + room
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


class _Supervisor:
    """Reads what a child reports and ends it when it has had its share."""

    def __init__(
        self, pid: int, jobs: Sequence[Job], token: str, results: int, output: int, place: int, watch: int | None
    ) -> None:
        self.pid, self.jobs, self.token = pid, jobs, token.encode()
        self.results, self.output, self.place, self.caller = results, output, place, watch
        self.records: list[Records] = []
        self.pending = b""
        self.places = bytearray()
        self.emptied = 0
        self.finished = False
        self.deadline = time.monotonic() + jobs[0].seconds
        self.began = time.monotonic()
        self.base = psutil.Process().memory_info().rss

    def watch(self) -> list[Records]:
        """Until the child has ended, one way or another."""
        selector = selectors.DefaultSelector()
        for descriptor in (self.results, self.place):
            os.set_blocking(descriptor, False)
            selector.register(descriptor, selectors.EVENT_READ)
        if self.caller is not None:
            selector.register(self.caller, selectors.EVENT_READ)
        how: tuple[str, bool] | None = None
        status: int | None = None
        while status is None:
            left = self.deadline - time.monotonic()
            for key, _ in selector.select(max(0.0, min(left, TICK))):
                if key.fd == self.caller:
                    self._kill()
                    os._exit(0)
                if not self._read(key.fd):
                    selector.unregister(key.fd)
            how = how or self._over_limit()
            if how is not None:
                break
            status = self._exited(wait=self.results not in selector.get_map())
        self._kill()
        if status is None:
            _, status = os.waitpid(self.pid, 0)
        _reap()
        for descriptor in (self.results, self.place):
            while self._read(descriptor, once=True):
                pass
        selector.close()
        if self.records:
            self._close_job()
            if not self.finished:
                self.records[-1].append(["ended", *(how or (_ended(status), False))])
        return self.records

    def _exited(self, wait: bool) -> int | None:
        if wait:  # it closed its results, so it ends now; or else it has closed what was not its own
            for _ in range(50):
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    return status
                time.sleep(0.002)
            return None
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        return status if pid else None

    def _read(self, descriptor: int, once: bool = False) -> bool:
        """Take in what a pipe holds; False at its end (or, with ``once``, when it holds nothing now)."""
        try:
            data = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return not once
        if descriptor == self.results:
            *lines, self.pending = (self.pending + data).split(b"\n")
            for line in lines:
                self._take(line)
        else:
            self.places += data[: 1 << 16]
        return bool(data)

    def _take(self, line: bytes) -> None:
        word, _, text = line.partition(b" ")
        if word != self.token:
            return
        try:
            record = json.loads(text)
        except ValueError:  # two threads that wrote at once
            return
        now = time.monotonic()
        if record[0] == "job":
            if self.records:
                self._close_job()
            self.records.append([])
            self.began, self.deadline = now, now + self.jobs[record[1]].seconds
            self.places = bytearray()
        elif record[0] == "rest":
            self.deadline = min(self.deadline, now + AFTER_RED)
        elif record[0] == "finished":
            self.finished = True
        elif self.records:
            self.records[-1].append(record)

    def _close_job(self) -> None:
        """Add to a job's records what is known when it is over."""
        size = os.fstat(self.output).st_size
        text = os.pread(self.output, KEPT_OUTPUT, max(0, size - KEPT_OUTPUT)).decode("utf-8", "replace")
        if size + self.emptied > KEPT_OUTPUT:
            text = f"… ({size + self.emptied:,} bytes in all; these are the last)\n" + text.partition("\n")[2]
        self._empty(0)
        self.records[-1] += [["printed", text], ["seconds", time.monotonic() - self.began]]

    def _empty(self, emptied: int) -> None:
        os.ftruncate(self.output, 0)
        self.emptied = emptied

    def _over_limit(self) -> tuple[str, bool] | None:
        job = self.jobs[max(0, len(self.records) - 1)]
        if time.monotonic() > self.deadline:
            return f"it ran for more than {job.seconds:g} seconds and was stopped{self._where()}", True
        size = os.fstat(self.output).st_size
        if size > MOST_OUTPUT:
            self._empty(self.emptied + size)
        if _memory(self.pid, self.base) > job.gibibytes * 2**30:
            return f"it used more than {job.gibibytes:g} GiB of memory and was stopped", True
        return None

    def _where(self) -> str:
        """The learner's line that was running, from the traceback that the child left just before its time was up."""
        for path, line in re.findall(r'File "(.+?)", line (\d+)', bytes(self.places).decode("utf-8", "replace")):
            if path == (self.jobs[len(self.records) - 1].path if self.records else None):
                return f", at line {line}: is there a loop that never ends?"
        return ""

    def _kill(self) -> None:
        """End the child, its process group, and whatever else it started."""
        family = []
        with contextlib.suppress(psutil.Error):
            family = psutil.Process().children(recursive=True)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        for process in family:
            with contextlib.suppress(psutil.Error):
                process.kill()


def _reap() -> None:
    """Collect what orphans the trial left behind, which were ended with it."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _memory(pid: int, base: int) -> int:
    """Bytes of memory that a process and all that it started use, beyond what each shares with this one."""
    total = 0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for member in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += max(0, member.memory_info().rss - base)
    return total


def _ended(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        with contextlib.suppress(ValueError):
            return f"it was ended by the signal {signal.Signals(number).name}"
        return f"it was ended by signal {number}"
    return f"it ended the whole Python process (exit code {os.waitstatus_to_exitcode(status)}), as os._exit() does"
