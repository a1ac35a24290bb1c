"""The kill score: how many of a component's known mistakes a learner's own tests catch.

The tests are run on the reference, which they must accept; then on the known correct variants, where a test that
rejects one is too strict and doesn't count; then on every known mistake. Each of these runs is a trial of its own in
the grader's worker, so that neither a test nor a mistake can disturb another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from vibejam_core.course import known
from vibejam_core.course.curriculum import Component
from vibejam_core.course.grading.job import Job, time_limit
from vibejam_core.course.grading.learner_tests import LearnerTests
from vibejam_core.course.grading.outcome import Outcome
from vibejam_core.course.grading.warm import Worker, can_fork

AT_LEAST, TIMES = 2.0, 20.0
"""A mistake may take this many seconds or, if that is more, this many times as long as the reference. Then it is
stopped, and caught."""

State = Literal["scored", "unwritten", "rejecting", "broken"]
"""``rejecting``: a test rejects the reference. ``broken``: the tests can't be run at all."""


@dataclass(frozen=True)
class Rejection:
    """A test that rejects what is right."""

    test: str
    what: str
    """What it rejects, in words: the reference, or a variant's description."""
    message: str


@dataclass(frozen=True)
class Kill:
    """A known mistake that was caught."""

    sentence: str
    test: str
    """The first test that caught it; empty where the mistake ended the trial before a test could say anything."""
    how: Literal["rejected", "stopped"] = "rejected"
    """``stopped``: it ran out of time, or ended the process."""


@dataclass(frozen=True)
class Score:
    """What a learner's tests are worth."""

    component: str
    state: State
    tests: tuple[str, ...] = ()
    """The tests that count."""
    unwritten: tuple[str, ...] = ()
    killed: tuple[Kill, ...] = ()
    survivors: tuple[str, ...] = ()
    """The sentences of the known mistakes that no test caught, in their file's order."""
    rejections: tuple[Rejection, ...] = ()
    variants: int = 0
    """How many correct variants were tried."""
    note: str = ""

    @property
    def total(self) -> int:
        """How many known mistakes were tried."""
        return len(self.killed) + len(self.survivors)

    def to_json(self) -> dict[str, Any]:
        """The score as plain data."""
        return {"version": 1, **asdict(self), "score": len(self.killed), "total": self.total}


def score(
    component: Component,
    tests: LearnerTests,
    worker: Worker,
    named: str,
    say: Callable[[int, int], None] = lambda done, total: None,
) -> Score:
    """Run a learner's tests on all that is known of a component.

    Args:
        component: what is tested.
        tests: the learner's tests.
        worker: runs the trials.
        named: what to call the tests' file in messages.
        say: called at the beginning and after each trial, with how many are done and how many there are.

    Raises:
        WorkerFailed: if the grader itself failed.
    """
    nothing = Score(component.id, "unwritten", unwritten=tests.unwritten)
    if not tests.written:
        return nothing
    mistakes, variants = known.mistakes(component), known.variants(component)
    if not mistakes:
        return replace(nothing, state="broken", note=f"no mistakes of {component.id} are known, so none can be caught")
    total = 1 + len(variants) + len(mistakes)
    job = Job(component.id, tests=tests.source, tests_named=named, only=tests.written, seconds=time_limit())

    say(0, total)
    (reference,) = worker.run([replace(job, impl="core", all_checks=True)])
    say(1, total)
    if not reference.green:
        return _rejected(nothing, reference)
    trials = [_changed(job, variant.change, all_checks=True) for variant in variants]
    strict: list[Rejection] = []
    for index, outcome in enumerate(_each(worker, trials)):
        strict += _rejections(outcome, variants[index].name, tests.written)
        say(2 + index, total)
    fair = tuple(name for name in tests.written if name not in {rejection.test for rejection in strict})
    found = replace(nothing, state="scored", tests=fair, rejections=tuple(strict), variants=len(variants))
    if not fair:
        return replace(found, survivors=tuple(mistake.sentence for mistake in mistakes))

    seconds = min(job.seconds, max(AT_LEAST, TIMES * reference.seconds))
    trials = [_changed(replace(job, only=fair, seconds=seconds), mistake.change) for mistake in mistakes]
    killed: list[Kill] = []
    survivors: list[str] = []
    for index, outcome in enumerate(_each(worker, trials)):
        kill = _kill(mistakes[index].sentence, outcome)
        if kill is None:
            survivors.append(mistakes[index].sentence)
        else:
            killed.append(kill)
        say(2 + len(variants) + index, total)
    return replace(found, killed=tuple(killed), survivors=tuple(survivors))


def _changed(job: Job, change: known.Change, all_checks: bool = False) -> Job:
    return replace(job, source=known.module_source(job.component, change), all_checks=all_checks)


def _each(worker: Worker, jobs: Sequence[Job]) -> Iterator[Outcome]:
    """One child process for each trial; where every child must import torch anew, one for all."""
    if not can_fork():
        yield from worker.run(jobs)
        return
    for job in jobs:
        yield from worker.run([job])


def _rejected(nothing: Score, outcome: Outcome) -> Score:
    """Why there is no score: the tests reject the reference, or can't be run on it."""
    if outcome.broken is not None:
        return replace(nothing, state="broken", note=outcome.broken)
    rejections = _rejections(outcome, "the reference", ())
    if rejections:
        return replace(nothing, state="rejecting", rejections=tuple(rejections))
    return replace(nothing, state="broken", note=f"the tests did not come to their end: {outcome.ended or 'no result'}")


def _rejections(outcome: Outcome, what: str, otherwise: Sequence[str]) -> list[Rejection]:
    """The tests that reject something right; where the trial broke in a way that names none, ``otherwise`` all."""
    found = [Rejection(name, what, outcome.results[name].message or "") for name in outcome.failed]
    if outcome.running and outcome.ended is not None:
        found.append(Rejection(outcome.running, what, outcome.ended))
    if not found and not outcome.green:
        found = [Rejection(name, what, outcome.broken or outcome.ended or "") for name in otherwise]
    return found


def _kill(sentence: str, outcome: Outcome) -> Kill | None:
    if outcome.failed:
        return Kill(sentence, outcome.failed[0])
    if outcome.green:
        return None
    return Kill(sentence, outcome.running or "", "stopped")
