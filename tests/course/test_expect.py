"""What checks demand, and the messages when it isn't met: expected and got the right way round, and where."""

from __future__ import annotations

import json
import math

import pytest
import torch
from torch import nn

from vibejam_core.course import expect
from vibejam_core.course.expect import CheckFailed

nan, inf = math.nan, math.inf


def said(act) -> str:
    """The message of a demand that is not met."""
    with pytest.raises(CheckFailed) as caught:
        act()
    return str(caught.value)


def test_met_demands_say_nothing():
    """All the kinds, met."""
    x = torch.tensor([[1.0, 2.0, 3.0]])
    expect.shape(x, (1, 3))
    expect.dtype(x, torch.float32)
    expect.equal(x, torch.tensor([[1.0, 2.0, 3.0]]))
    expect.equal({"a": [1, 2]}, {"a": [1, 2]})
    expect.equal(torch.tensor(3), 3)
    expect.close(x, x + 1e-6)
    expect.close(2.0, 2.00001)
    expect.close([1.0, inf], [1.0, inf])
    expect.close(nan, nan)
    expect.between(torch.tensor(0.5), 0, 1)
    expect.true(1 == 1, "no")
    expect.raises(ValueError, lambda: int("x"), mentions=("'x'",))


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: expect.shape(torch.zeros(2, 3), (3, 2)), "the shape of the output: expected (3, 2), got (2, 3)"),
        (
            lambda: expect.shape(None, (3,)),
            "the output: expected a tensor of shape (3,), got None (is a return missing?)",
        ),
        (
            lambda: expect.dtype(torch.zeros(1).double(), torch.float32),
            "the dtype of the output: expected torch.float32, got torch.float64",
        ),
        (
            lambda: expect.close(torch.tensor([1.0, 9.0]), torch.tensor([1.0, 2.0]), "it"),
            "it at [1]: expected 2, got 9; 1 of 2 numbers differ",
        ),
        (lambda: expect.close(torch.tensor([nan]), torch.tensor([2.0]), "it"), "it at [0]: expected 2, got nan"),
        (lambda: expect.close(1.5, 2.5, "it"), "it: expected 2.5, got 1.5"),
        (lambda: expect.close(torch.zeros(2), torch.zeros(3), "it"), "the shape of it: expected (3,), got (2,)"),
        (lambda: expect.close("2", 2.0, "it"), "it: expected numbers, got a str"),
        (
            lambda: expect.equal(torch.tensor([1, 5]), torch.tensor([1, 2]), "it"),
            "it at [1]: expected 2, got 5; 1 of 2 numbers differ",
        ),
        (lambda: expect.equal([1, 2], [1, 3], "it"), "it at [1]: expected 3, got 2"),
        (lambda: expect.equal([1], [1, 3], "it"), "it: expected 2 entries, got 1"),
        (lambda: expect.equal({"a": 1}, {"b": 1}, "it"), "it: expected an entry for 'b' (1), but there is none"),
        (
            lambda: expect.equal({"a": 1, "b": 2}, {"b": 2}, "it"),
            "it: there should be no entry for 'a', but there is: 1",
        ),
        (lambda: expect.equal("ab", "ac", "it"), "it: expected 'ac', got 'ab'"),
        (lambda: expect.equal("3", 3, "it"), "it: expected a number, 3, got a str"),
        (lambda: expect.equal(0, None, "it"), "it: expected None, got an int"),
        (lambda: expect.between(5.0, 0, 1, "it"), "it: expected between 0 and 1, got 5"),
        (lambda: expect.between(nan, 0, 1, "it"), "it: expected between 0 and 1, got nan"),
        (lambda: expect.true(False, "a later token moved an earlier output"), "a later token moved an earlier output"),
        (
            lambda: expect.raises(ValueError, lambda: 7, what="a short text"),
            "a short text: expected a ValueError, but nothing was raised",
        ),
        (
            lambda: expect.raises(ValueError, lambda: [][1], what="it"),
            "it: expected a ValueError, got IndexError: list index out of range",
        ),
        (
            lambda: expect.raises(ValueError, lambda: int("x"), mentions=("40",), what="it"),
            "the ValueError for it should name 40",
        ),
    ],
)
def test_messages_name_expected_and_got(act, message):
    """The learner reads what was expected first, then what came."""
    assert said(act).startswith(message)


def test_gradients_name_the_parameter_that_got_none():
    """No gradient, a zero one and one that isn't finite are told apart."""
    layer = nn.Linear(2, 2)
    assert "received no gradient" in said(lambda: expect.gradients(layer))
    layer.weight.grad, layer.bias.grad = torch.ones(2, 2), torch.zeros(2)
    assert "bias of the module received a gradient that is zero everywhere" in said(lambda: expect.gradients(layer))
    layer.bias.grad = torch.tensor([1.0, nan])
    assert "not finite" in said(lambda: expect.gradients(layer))
    assert "no parameters" in said(lambda: expect.gradients(nn.ReLU()))


class Agreeable:
    """Says yes to every comparison."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


class AgreeableList(list):
    """A list that does the same."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("got", [Agreeable(), AgreeableList([9])])
def test_an_answer_has_no_say_in_its_comparison(got):
    """Values are compared as plain data, so a class that equals everything equals nothing here."""
    assert said(lambda: expect.equal(got, [1], "it"))


def test_a_tensor_subclass_has_no_say_either():
    """The numbers inside are what counts."""

    class Liar(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return torch.tensor(True)

    assert said(lambda: expect.close(torch.ones(2).as_subclass(Liar), torch.zeros(2), "it"))


def test_every_demand_leaves_a_trace_of_what_came():
    """Also the one that failed: this is what the diagnosis compares."""
    expect.start_trace()
    expect.shape(torch.zeros(2, 1), (2, 1), "the output")
    said(lambda: expect.close(torch.tensor([1.0]), torch.tensor([2.0]), "it"))
    assert expect.trace == [
        ("shape", "the output", [2, 1]),
        ("close", "it", {"tensor": [1], "dtype": "torch.float32", "numbers": [1.0]}),
    ]


def test_complex_numbers_become_what_json_can_hold():
    """Real and imaginary parts in turn: what a check saw is sent from process to process."""
    assert json.loads(json.dumps(expect.plain(torch.tensor([1 + 2j, 3j]))))["numbers"] == [1.0, 2.0, 0.0, 3.0]
