"""The warm worker: a process that has imported torch and the checks, and forks a child for each trial.

It reads requests from its standard input and answers on its standard output, one line of JSON each. It ends when its
input does. It never runs a learner's code itself.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import sys
import traceback
from typing import Any

from vibejam_core.course.curriculum import COMPONENTS
from vibejam_core.course.curriculum import component as find_component
from vibejam_core.course.grading import checks
from vibejam_core.course.grading.job import Job

IDLE = 0.5
"""Seconds without a request after which the worker imports what only some checks need."""


def serve() -> None:
    """Answer requests until there are no more."""
    from vibejam_core.course.grading import sandbox, trial

    answers = os.dup(1)  # a private copy: from here on, nothing that is printed can be taken for an answer
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    trial.limit_threads()
    _adopt_orphans()
    for module in dict.fromkeys(component.module for component in COMPONENTS):
        importlib.import_module(module)
    gc.freeze()

    buffer = b""
    idle_work = True
    while True:
        while b"\n" not in buffer:
            if idle_work and not _readable(0, IDLE):
                _import_optimisers()
                idle_work = False
            data = os.read(0, 1 << 20)
            if not data:
                return
            buffer += data
        line, _, buffer = buffer.partition(b"\n")
        answer: dict[str, Any]
        try:
            jobs = [Job.from_json(job) for job in json.loads(line)["jobs"]]
            for name in {job.component for job in jobs}:
                checks.load(find_component(name))
            if any(job.tests for job in jobs):
                _import_what_tests_use()
            answer = {"records": sandbox.run(jobs, watch=0)}
        except Exception as error:  # a check's file that can't be loaded, for one
            answer = {"error": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()}
        data = json.dumps(answer).encode() + b"\n"
        while data:
            data = data[os.write(answers, data) :]


def once() -> None:
    """Without fork: run jobs in this very process. Records go out where prints did, and prints to standard error."""
    from vibejam_core.course.grading import trial

    results = os.dup(1)
    os.dup2(2, 1)
    request = json.loads(sys.stdin.buffer.readline())
    token = str(request["token"]).encode()
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    trial.limit_threads()

    def emit(record: list[Any]) -> None:
        data = token + b" " + json.dumps(record).encode() + b"\n"
        while data:
            data = data[os.write(results, data) :]

    def hush() -> None:
        emit(["rest"])
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)

    try:
        for index, job in enumerate(request["jobs"]):
            emit(["job", index])
            trial.run(Job.from_json(job), emit, hush)
        emit(["finished"])
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
        os._exit(0)


def _readable(descriptor: int, seconds: float) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        return bool(selector.select(seconds))


def _import_optimisers() -> None:
    """torch imports its compiler with the first optimiser, which takes a second; better once than in each child."""
    with contextlib.suppress(Exception):
        importlib.import_module("torch._dynamo")
        gc.freeze()


def _import_what_tests_use() -> None:
    """A learner's own tests may well say pytest.approx; better imported once than in each child."""
    with contextlib.suppress(ImportError):
        importlib.import_module("pytest")
        gc.freeze()


def _adopt_orphans() -> None:
    """On Linux, processes that a trial leaves behind become this process's children, so that they can be ended."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


if __name__ == "__main__":
    once() if "--once" in sys.argv else serve()
