"""One component, one set of checks, in this very process: what happens inside a worker's child.

Everything that is found out is handed to ``emit`` at once, as a list that JSON can hold, so that whatever happens
next (a crash, an endless loop) what was found out so far is known.
"""

from __future__ import annotations

import gc
import importlib
import random
import sys
import time
import warnings
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from vibejam_core.course import expect
from vibejam_core.course.curriculum import Component
from vibejam_core.course.curriculum import component as find_component
from vibejam_core.course.grading import checks, folding
from vibejam_core.course.grading.guard import Guard
from vibejam_core.course.grading.job import Job
from vibejam_core.course.grafting import graft, syntax

Emit = Callable[[list[Any]], None]


@dataclass
class Subject:
    """A component ready to be checked."""

    thing: Any
    filename: str
    named: str
    borrowed: folding.Borrowed = folding.NOTHING


def run(job: Job, emit: Emit, hush: Callable[[], None] = lambda: None) -> None:
    """Load what the job names, run its checks, emit every result; at the end emit ``["done"]``.

    Emits, in this order: ``["parts", {part: origin}]``; ``["start", check]`` and ``["result", check, state, message,
    seconds, trace]`` for each check; ``["done"]``. A module that can't be loaded gives ``["broken", note]``.

    Args:
        job: what to try.
        emit: takes each record.
        hush: called after the first red check. The checks that follow it are run for the diagnosis alone.
    """
    if job.tests is not None:
        _run_tests(job, emit)
        return
    component = find_component(job.component)
    chosen = [(check, function) for check, function in checks.load(component) if _wanted(check.name, job)]
    guard = Guard([function for _, function in chosen])
    subject = _load(component, job, emit)
    if subject is None:
        return
    replaced = guard.restore()
    if replaced:
        emit(["broken", _replaced(replaced)])
        return
    hushed = False
    for check, function in chosen:
        emit(["start", check.name])
        began = time.perf_counter()
        message = _run_one(function, subject, {str(check.path)})
        replaced = guard.restore()
        if replaced:
            message = _replaced(replaced)
        state = "passed" if message is None else "failed"
        emit(["result", check.name, state, message, time.perf_counter() - began, [list(e) for e in expect.trace]])
        if message is not None and not hushed and not job.all_checks:
            hush()
            hushed = True
    emit(["done"])


def _run_tests(job: Job, emit: Emit) -> None:
    """The same for a learner's own tests, run on something that isn't the learner's; it ends at the first red one."""
    assert job.tests is not None
    guard = Guard([])
    subject = _load(find_component(job.component), job, emit)
    if subject is None:
        return
    guard.restore()
    named = job.tests_named
    source = syntax.Source(Path(named), job.tests, syntax.parse(job.tests, Path(named)))
    tests: dict[str, Any] = {"__name__": "vibejam_learner_tests", "__file__": named}
    try:
        graft.remember_source(source)
        exec(compile(source.tree, named, "exec", dont_inherit=True), tests)
    except BaseException as error:
        emit(["broken", f"{named} can't be loaded: {folding.explain(error, named, named)}"])
        return
    subject = Subject(subject.thing, named, named)
    for name in job.only or ():
        emit(["start", name])
        began = time.perf_counter()
        message = _run_one(tests[name], subject, ())
        replaced = guard.restore()
        if replaced and job.impl == "core":
            message = _replaced(replaced)
        emit(["result", name, "passed" if message is None else "failed", message, time.perf_counter() - began, []])
        if message is not None and not job.all_checks:
            break
    emit(["done"])


def _wanted(name: str, job: Job) -> bool:
    return job.only is None or name in job.only


def _load(component: Component, job: Job, emit: Emit) -> Subject | None:
    if job.impl == "core":
        module = importlib.import_module(component.module)
        emit(["parts", {part.name: "reference" for part in component.parts}])
        return Subject(getattr(module, component.symbol), str(module.__file__), str(module.__file__))
    path = Path(job.path) if job.path is not None else None
    named = folding.display_path(path) if path is not None else "your module"
    try:
        mended = graft.graft(component.module, path, source=job.source, under_test={component.id})
    except graft.LearnerError as error:
        emit(["broken", str(error)])
        return None
    origins = {part: str(origin.value) for part, origin in mended.origins[component.id].items()}
    emit(["parts", origins])
    if not any(origin == "yours" for origin in origins.values()):
        emit(["done"])
        return None
    filename = str(path) if path is not None else f"<{component.file}.py>"
    try:
        thing = getattr(mended.load(), component.symbol)
    except BaseException as error:
        said = folding.explain(error, filename, named)
        emit(["broken", f"{named} can't be loaded: {said}"])
        return None
    stand_ins = frozenset(part for part, origin in origins.items() if origin != "yours")
    return Subject(thing, filename, named, folding.Borrowed(str(mended.reference.path), stand_ins))


def _run_one(function: Callable[[Any], None], subject: Subject, given: Collection[str]) -> str | None:
    """Run one check from a clean start; the message of its failure, or None."""
    _start_afresh()
    try:
        with warnings.catch_warnings():
            function(subject.thing)
    except expect.CheckFailed as failure:
        if failure.__cause__ is not None:
            return folding.explain(failure.__cause__, subject.filename, subject.named).replace(
                str(failure.__cause__), str(failure), 1
            )
        return str(failure)
    except BaseException as error:
        expect.trace.append(("error", "", [type(error).__name__, str(error)[:300]]))
        return folding.explain(error, subject.filename, subject.named, given, subject.borrowed)
    return None


def _start_afresh() -> None:
    """No check may depend on what ran before it."""
    expect.start_trace()
    torch.manual_seed(0)
    random.seed(0)
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)


def _replaced(names: Iterable[str]) -> str:
    listed = sorted(set(names))
    shown = ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")
    return (
        f"your code replaces {shown}, which the whole program shares. It was put back. "
        "Write what you need under a name of your own instead."
    )


def limit_threads() -> None:
    """One thread: the components are small, and a child of a fork must not wait for threads that stayed behind."""
    torch.set_num_threads(1)
    gc.disable()
    sys.setrecursionlimit(1000)
