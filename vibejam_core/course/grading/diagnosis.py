"""Which known mistake a failing component looks like: the same demands, the same values given back.

Every check notes the values that it was given. A mistake is named only on that evidence: where the values that the
learner's component gave are those that the mistake gives, on the checks that fail.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vibejam_core.course.grading.outcome import Outcome, Trace

RELATIVE = 1e-3
ABSOLUTE = 1e-5


@dataclass(frozen=True)
class Diagnosis:
    """The known mistakes that fit, and how well."""

    sentences: tuple[str, ...]
    whole: bool
    """Whether they agree with the learner's component on every check, not only on the first that fails."""

    def __str__(self) -> str:
        if self.whole and len(self.sentences) == 1:
            return f"this is exactly what happens when {self.sentences[0]}"
        if self.whole:
            return "this is what happens when " + ", or when ".join(self.sentences)
        return f"this check fails in the same way when {self.sentences[0]}"


def diagnose(learner: Outcome, mistakes: Mapping[str, Outcome]) -> Diagnosis | None:
    """Name the known mistake that does what the learner's component does, or none.

    Args:
        learner: the outcome of all checks, or of as many as could be run.
        mistakes: sentence to outcome, of the same checks.
    """
    if not learner.failed:
        return None
    first = learner.failed[0]
    near = [sentence for sentence, outcome in mistakes.items() if agree_on(first, learner, outcome)]
    whole = [sentence for sentence in near if learner.done and agree(learner, mistakes[sentence])]
    if len(whole) > 1:  # errors that differ in nothing but their numbers: the one with the same numbers
        whole = [sentence for sentence in whole if _errors(mistakes[sentence]) == _errors(learner)] or whole
    if 1 <= len(whole) <= 2:
        return Diagnosis(tuple(whole), whole=True)
    if not whole and len(near) > 1:  # several things may be wrong: a mistake that explains all that it would break
        near = [sentence for sentence in near if explains(mistakes[sentence], learner)]
    if not whole and len(near) == 1 and _telling(learner.results[first].trace):
        return Diagnosis(tuple(near), whole=False)
    return None


def explains(mistake: Outcome, learner: Outcome) -> bool:
    """Whether the learner's component fails, with the same values, every check that the mistake fails."""
    return learner.done and all(agree_on(name, learner, mistake) for name in mistake.failed)


def agree(one: Outcome, other: Outcome) -> bool:
    """Whether two components fail the same checks, with the same values, and otherwise pass them."""
    return one.failed == other.failed and all(agree_on(name, one, other) for name in one.failed)


def agree_on(name: str, one: Outcome, other: Outcome) -> bool:
    """Whether two components fail this check with the same values."""
    left, right = one.results.get(name), other.results.get(name)
    if left is None or right is None or left.passed or right.passed or not left.trace:
        return False
    return same_trace(left.trace, right.trace)


def same_trace(one: Trace, other: Trace) -> bool:
    """Whether two checks' notes are the same, up to rounding (and, in what an error says, up to its numbers)."""
    if len(one) != len(other):
        return False
    for left, right in zip(one, other, strict=True):
        if left[:2] != right[:2]:
            return False
        if left[0] == "error":
            if [re.sub(r"\d+", "#", text) for text in left[2]] != [re.sub(r"\d+", "#", text) for text in right[2]]:
                return False
        elif not same(left[2], right[2]):
            return False
    return True


def same(one: Any, other: Any) -> bool:
    """Whether two plain values are the same, up to rounding."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        if math.isnan(one) or math.isnan(other):
            return math.isnan(one) and math.isnan(other)
        return one == other or math.isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(left, right) for left, right in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    return type(one) is type(other) and bool(one == other)


def _telling(trace: Sequence[list[Any]]) -> bool:
    """Whether a failing check's last note is a value, and not only a yes or no that many mistakes share."""
    return bool(trace) and trace[-1][0] in ("close", "equal", "between", "shape", "gradients")


def _errors(outcome: Outcome) -> list[Any]:
    return [entry[2] for name in outcome.failed for entry in outcome.results[name].trace if entry[0] == "error"]
