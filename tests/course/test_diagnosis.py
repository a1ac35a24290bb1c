"""A known mistake is named on evidence only: the same values on the checks that fail."""

from __future__ import annotations

import math

import pytest

from tests.course.grading import workspace
from vibejam_core.course import known
from vibejam_core.course.curriculum import component
from vibejam_core.course.grading.diagnosis import diagnose, same
from vibejam_core.course.grading.grader import Grader
from vibejam_core.course.grading.outcome import Outcome


def outcome(**checks: object) -> Outcome:
    """What came of checks: a value for a red one, None for a green one."""
    records = [
        ["result", name, "passed" if got is None else "failed", None, 0.0, [["close", "it", got]]]
        for name, got in checks.items()
    ]
    return Outcome.of([*records, ["done"]])


def test_the_same_values_on_all_checks_name_the_mistake():
    """The mistake that does exactly this."""
    found = diagnose(outcome(a=None, b=2.0), {"right": outcome(a=None, b=2.00001), "other": outcome(a=None, b=3.0)})
    assert str(found) == "this is exactly what happens when right"


def test_the_same_values_on_the_first_red_check_are_said_carefully():
    """Elsewhere they differ, so it is only like that mistake."""
    found = diagnose(outcome(a=2.0, b=5.0), {"near": outcome(a=2.0, b=None)})
    assert str(found) == "this check fails in the same way when near"


@pytest.mark.parametrize(
    "mistakes",
    [
        {},
        {"other": outcome(a=3.0)},
        {"green": outcome(a=None)},
        {"one": outcome(a=2.0, b=1.0), "two": outcome(a=2.0, b=3.0)},
    ],
)
def test_nothing_is_named_without_evidence(mistakes):
    """No match, no red check in common, or no single one that is like it."""
    assert diagnose(outcome(a=2.0, b=None), mistakes) is None


def test_of_two_things_that_are_wrong_the_one_that_explains_the_first_red_check_is_named():
    """All that it would break is broken in the same way; what else is red comes from something else."""
    mistakes = {"one": outcome(a=2.0, b=1.0, c=None), "two": outcome(a=2.0, b=3.0, c=None)}
    assert str(diagnose(outcome(a=2.0, b=3.0, c=7.0), mistakes)) == "this check fails in the same way when two"


def test_two_that_do_the_same_are_both_named():
    """The evidence can't tell them apart, so neither is asserted."""
    found = diagnose(outcome(a=2.0), {"one": outcome(a=2.0), "two": outcome(a=2.0)})
    assert str(found) == "this is what happens when one, or when two"


def test_a_yes_or_no_is_no_evidence_by_itself():
    """Many mistakes answer no; only agreement on all checks counts then."""

    def no(**more: object) -> Outcome:
        found = outcome(**more)
        found.results["a"].trace[:] = [["true", "a later token moved", False]]
        return found

    assert diagnose(no(a=1.0, b=2.0), {"one": no(a=1.0, b=3.0)}) is None
    assert diagnose(no(a=1.0, b=2.0), {"one": no(a=1.0, b=2.0)}) is not None


def test_other_errors_are_not_the_same():
    """An AttributeError of the learner's own is not any mistake that raises one."""

    def error(message: str) -> Outcome:
        found = outcome(a=1.0)
        found.results["a"].trace[:] = [["error", "", ["AttributeError", message]]]
        return found

    assert diagnose(error("no attribute 'qurey'"), {"one": error("no attribute 'query'")}) is None
    assert diagnose(error("no attribute 'query'"), {"one": error("no attribute 'query'")}) is not None


def test_values_are_compared_up_to_rounding():
    """nan equals nan, True is not 1, and lists match entry by entry."""
    assert same([1.0, math.nan, {"x": [2]}], [1.0004, math.nan, {"x": [2]}])
    assert not same(1.0, 1.01)
    assert not same(True, 1)
    assert not same([1], [1, 2])


def test_a_mistake_in_another_wording_is_named(tmp_path):
    """A learner's own code with a known mistake, written quite otherwise than the reference."""
    own = """
import torch
from torch import nn


class Head(nn.Module):
    def __init__(self, n_embd, head_size, block_size, dropout=0.0):
        super().__init__()
        self.qkv = nn.Linear(n_embd, 3 * head_size, bias=False)
        self.drop = nn.Dropout(dropout)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        scores = torch.einsum("btd,bsd->bts", q, k)
        T = x.shape[1]
        scores = scores + torch.full((T, T), float("-inf"), dtype=x.dtype).triu(1)
        return torch.einsum("bts,bsd->btd", self.drop(scores.softmax(-1)), v)
"""
    unscaled = next(m.sentence for m in known.mistakes("gpt.Head") if "not divided by the square root" in m.sentence)
    with Grader(workspace(tmp_path, gpt=own)) as grader:
        assert unscaled in (grader.check("gpt.Head").diagnosis or "")


def test_every_named_mistake_is_cached_for_the_next_time(tmp_path):
    """The second verdict runs no mistakes."""
    mistake = known.mistakes("counting.count_characters")[5]
    source = known.source(component("counting.count_characters"), mistake.change)
    with Grader(workspace(tmp_path, counting=source)) as grader:
        assert grader.check("counting.count_characters").diagnosis
        jobs: list[int] = []
        run = grader.worker.run
        grader.worker.run = lambda asked: (jobs.append(len(asked)), run(asked))[1]  # type: ignore[method-assign]
        assert grader.check("counting.count_characters").diagnosis
        assert sum(jobs) == 1
