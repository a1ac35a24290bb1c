"""The table that proves the checks: every known mistake rejected and named, every correct variant accepted.

It looks for holes of five kinds: a mistake that passes, a mistake that is not named by its own sentence, a correct
variant that is refused, a reference that is refused, and a check that no mistake fails first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vibejam_core.course import known
from vibejam_core.course.curriculum import Component
from vibejam_core.course.grading import checks
from vibejam_core.course.grading.diagnosis import diagnose
from vibejam_core.course.grading.job import Job
from vibejam_core.course.grading.outcome import Outcome

Try = Callable[[Sequence[Job]], list[Outcome]]
"""Runs jobs, one outcome each: a worker's ``run``."""


@dataclass
class Row:
    """What one component's checks do to its mistakes and variants."""

    component: str
    checks: int
    mistakes: int
    rejected: int = 0
    named: int = 0
    variants: int = 0
    accepted: int = 0
    holes: list[str] = field(default_factory=list)
    first: dict[str, list[str]] = field(default_factory=dict)
    """Check name to the mistakes that it is the first to reject."""
    seconds: float = 0.0


def row(component: Component, attempt: Try) -> Row:
    """Run all checks of a component on the reference, on each mistake and on each variant."""
    listed = [check.name for check in checks.of(component)]
    mistakes, variants = known.mistakes(component), known.variants(component)
    found = Row(component.id, len(listed), len(mistakes), variants=len(variants), first={name: [] for name in listed})
    if not listed:
        found.holes.append("there are no checks")
        return found

    jobs = [Job(component.id, impl="core", all_checks=True)]
    for change in [entry.change for entry in mistakes] + [entry.change for entry in variants]:
        jobs.append(Job(component.id, source=known.module_source(component, change), all_checks=True))
    reference, *others = attempt(jobs)
    found.seconds = reference.seconds
    if not reference.green:
        found.holes.append(f"the reference is refused: {_why(reference)}")
    outcomes: dict[str, Outcome] = {}
    for mistake, outcome in zip(mistakes, others, strict=False):
        outcomes[mistake.sentence] = outcome
        if outcome.broken is not None:
            found.holes.append(f"this mistake can't be run: {mistake.sentence}: {outcome.broken}")
        elif red := outcome.failed or [name for name in [outcome.running] if name and outcome.ended]:
            found.rejected += 1
            found.first.setdefault(red[0], []).append(mistake.sentence)
        else:
            found.holes.append(f"this mistake passes: {mistake.sentence}")
    if len(outcomes) < len(mistakes):
        found.holes.append("two mistakes have the same sentence")
    for sentence, outcome in outcomes.items():
        if not outcome.failed:
            continue
        diagnosis = diagnose(outcome, outcomes)
        if diagnosis is not None and diagnosis.whole and diagnosis.sentences == (sentence,):
            found.named += 1
        else:
            taken = " and ".join(diagnosis.sentences) if diagnosis else "none"
            found.holes.append(f"this mistake is not named alone: {sentence}. Named: {taken}")
    for variant, outcome in zip(variants, others[len(mistakes) :], strict=True):
        if outcome.green:
            found.accepted += 1
        else:
            found.holes.append(f"this correct variant is refused: {variant.name}: {_why(outcome)}")
    found.holes += [f"no mistake is rejected first by {name}" for name, caught in found.first.items() if not caught]
    return found


def _why(outcome: Outcome) -> str:
    if outcome.broken is not None:
        return outcome.broken
    if not outcome.failed:
        return "no check was run to its end"
    result = outcome.results[outcome.failed[0]]
    return f"{result.name}: {result.message}"
