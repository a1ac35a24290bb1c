"""Checks of lab 13: AdamW, step by step against a computation in float64 and against PyTorch's own."""

import copy

import torch

from tests.labs.helpers_optimizers import adam_by_hand, parameters_of, rand, walk
from vibejam_core.course import expect

START = rand(4, 3, seed=1)
GRADIENTS = [rand(4, 3, seed=10 + i, scale=10.0 ** (i % 3 - 1)) for i in range(6)]
RATES = [0.1, 0.03, 0.2, 0.01, 0.05, 0.07]


def after(AdamW, start, gradients, rates, **settings):
    """One parameter after some steps of the learner's AdamW."""
    [p] = parameters_of(start)
    walk(AdamW([p], lr=rates[0], **settings), [p], [[g] for g in gradients], rates)
    return p.detach()


# --- AdamW ------------------------------------------------------------------------------------------------------------


def test_adamw_first_step_is_as_long_as_the_learning_rate(AdamW):
    """The first step moves every number by the learning rate, against its gradient's sign, however large that is."""
    start, gradient = torch.zeros(4), torch.tensor([100.0, -1.0, 0.01, -0.001])
    moved = after(AdamW, start, [gradient], [0.1], weight_decay=0.0)
    expect.close(moved, torch.tensor([-0.1, 0.1, -0.1, 0.1]), "zeros after a step with gradients of four sizes")


def test_adamw_several_steps(AdamW):
    """Six steps with gradients of changing size end where the formula says."""
    rates = [0.1] * 6
    expect.close(after(AdamW, START, GRADIENTS, rates, weight_decay=0.0), adam_by_hand(START, GRADIENTS, rates).float(),
                 "the parameter after six steps")  # fmt: skip


def test_adamw_remembers_longer_or_shorter_by_its_betas(AdamW):
    """The group's betas say how long means are remembered: the first for gradients, the second for squares."""
    betas, rates = (0.5, 0.8), [0.1] * 6
    want = adam_by_hand(START, GRADIENTS, rates, betas=betas).float()
    expect.close(after(AdamW, START, GRADIENTS, rates, betas=betas, weight_decay=0.0), want, "with betas 0.5 and 0.8")


def test_adamw_reads_the_learning_rate_in_every_step(AdamW):
    """A learning rate that changes from step to step is used as it is at that step."""
    want = adam_by_hand(START, GRADIENTS, RATES).float()
    expect.close(after(AdamW, START, GRADIENTS, RATES, weight_decay=0.0), want, "six steps with six learning rates")


def test_adamw_eps_stands_outside_the_root(AdamW):
    """eps is added to the root, not inside it: gradients of 0.01 with eps 0.01 make steps half as long."""
    moved = after(AdamW, torch.zeros(3), [torch.full((3,), 0.01)], [0.1], eps=0.01, weight_decay=0.0)
    expect.close(moved, torch.full((3,), -0.05), "zeros after one such step")


def test_adamw_eps_meets_the_corrected_mean(AdamW):
    """eps is added to the root of the corrected mean of squares, also when large."""
    want = adam_by_hand(START, GRADIENTS, RATES, eps=0.3).float()
    expect.close(after(AdamW, START, GRADIENTS, RATES, eps=0.3, weight_decay=0.0), want, "six steps with eps 0.3")


def test_adamw_decay_alone(AdamW):
    """With gradients of zero only the decay is left: each step multiplies by 1 - lr * weight_decay."""
    zeros = [torch.zeros(4, 3)] * 3
    want = START * (1 - 0.1 * 0.5) ** 3
    expect.close(after(AdamW, START, zeros, [0.1] * 3, weight_decay=0.5), want, "three steps of decay 0.5 at rate 0.1")


def test_adamw_decay_is_decoupled(AdamW):
    """The decay goes past the means, and takes the weight as it was before the step."""
    want = adam_by_hand(START, GRADIENTS, RATES, weight_decay=0.9).float()
    expect.close(after(AdamW, START, GRADIENTS, RATES, weight_decay=0.9), want, "six steps with weight decay 0.9")


def test_adamw_lr_scale_multiplies_the_learning_rate(AdamW):
    """The learning rate is the group's "lr" times its "lr_scale", for the step and for the decay."""
    [p] = parameters_of(START)
    walk(AdamW([{"params": [p], "lr_scale": 4.0}], weight_decay=0.3), [p], [[g] for g in GRADIENTS], RATES)
    want = adam_by_hand(START, GRADIENTS, [4 * rate for rate in RATES], weight_decay=0.3).float()
    expect.close(p.detach(), want, "the parameter of a group with lr_scale 4")


def test_adamw_settings_may_change_between_steps(AdamW):
    """Betas, eps, weight decay and lr_scale are read in every step, as the learning rate is."""
    [p] = parameters_of(START)
    optimizer = AdamW([p], lr=0.1, weight_decay=0.0)
    walk(optimizer, [p], [[GRADIENTS[0]]])
    halfway = p.detach().clone()
    optimizer.param_groups[0].update(weight_decay=0.5, lr_scale=0.0)
    walk(optimizer, [p], [[GRADIENTS[1]]])
    expect.close(p.detach(), halfway, "after lr_scale was set to 0 and a step was made")
    optimizer.param_groups[0].update(lr_scale=1.0, eps=1e6)
    walk(optimizer, [p], [[GRADIENTS[2]]])
    expect.close(p.detach(), halfway * 0.95, "after eps was set to a million, so that only decay is left")


def test_adamw_betas_may_change_between_steps(AdamW):
    """Betas that change count from that step on: with betas near 0 all that was remembered before is forgotten."""
    [p] = parameters_of(START)
    optimizer = AdamW([p], lr=0.1, weight_decay=0.0)
    walk(optimizer, [p], [[GRADIENTS[0]]])
    want = p.detach() - 0.1 * GRADIENTS[1].sign()
    optimizer.param_groups[0]["betas"] = (1e-9, 1e-9)
    walk(optimizer, [p], [[GRADIENTS[1]]])
    expect.close(p.detach(), want, "after a second step with betas of 1e-9")


def test_adamw_learns_at_a_rate_of_zero(AdamW):
    """A step at a learning rate of 0 moves nothing, but its gradient is remembered."""
    rates = [0.0, *RATES[1:]]
    want = adam_by_hand(START, GRADIENTS, rates, weight_decay=0.1).float()
    expect.close(after(AdamW, START, GRADIENTS, rates, weight_decay=0.1), want, "six steps, the first one at rate 0")


def test_adamw_keeps_parameters_apart(AdamW):
    """Two parameters of one shape, with other gradients, have means of their own."""
    a, b = parameters_of(START, START)
    other = [-2 * g.flip(0) for g in GRADIENTS]
    walk(AdamW([a, b], weight_decay=0.0), [a, b], [[g, h] for g, h in zip(GRADIENTS, other, strict=True)], RATES)
    expect.close(a.detach(), adam_by_hand(START, GRADIENTS, RATES).float(), "the first parameter")
    expect.close(b.detach(), adam_by_hand(START, other, RATES).float(), "the second parameter")


def test_adamw_groups_have_their_own_learning_rates(AdamW):
    """Each group goes by its own "lr" and "lr_scale", and all parameters of a group by the same."""
    parameters = parameters_of(START, START, START, START)
    one = {"params": parameters[:2], "lr": 0.1, "lr_scale": 0.5}
    two = {"params": parameters[2:], "lr": 0.03, "lr_scale": 3.0}
    walk(AdamW([one, two], weight_decay=0.2), parameters, [[g] * 4 for g in GRADIENTS])
    names = ("the first group's first", "the first group's second", "the second group's first", "the second's second")
    for p, name, rate in zip(parameters, names, (0.05, 0.05, 0.09, 0.09), strict=True):
        expect.close(p.detach(), adam_by_hand(START, GRADIENTS, [rate] * 6, weight_decay=0.2).float(), name)


def test_adamw_groups_have_their_own_settings(AdamW):
    """Each group goes by its own settings."""
    a, b = parameters_of(START, START[0])
    optimizer = AdamW([{"params": [a], "weight_decay": 0.0, "betas": (0.7, 0.9)}, {"params": [b], "eps": 0.1}],
                      weight_decay=0.4)  # fmt: skip
    walk(optimizer, [a, b], [[g, g[0]] for g in GRADIENTS], RATES)
    expect.close(a.detach(), adam_by_hand(START, GRADIENTS, RATES, betas=(0.7, 0.9)).float(), "the first group's")
    rows = [g[0] for g in GRADIENTS]
    want = adam_by_hand(START[0], rows, RATES, eps=0.1, weight_decay=0.4).float()
    expect.close(b.detach(), want, "the second group's parameter")


def test_adamw_leaves_a_parameter_without_gradient_alone(AdamW):
    """A parameter whose gradient is None stays as it is, decay included; the others move."""
    alone, a, b, c = parameters_of(START, START, START, START)
    groups = [{"params": [alone]}, {"params": [a, b]}, {"params": [c]}]
    rows = [[None, None, g, g] for g in GRADIENTS[:2]]
    walk(AdamW(groups, weight_decay=0.5), [alone, a, b, c], rows, RATES[:2])
    expect.equal(a.detach(), START, "the parameter without gradient")
    expect.true(bool((c != START).all()), "a parameter with a gradient, in the next group, did not move")
    expect.true(bool((b != START).all()), "the parameter with a gradient, behind the one without, did not move")


def test_adamw_counts_each_parameters_own_steps(AdamW):
    """A parameter that had no gradient at first makes its first step later, with the corrections of a first step."""
    a, b, c = parameters_of(START, START, START)
    late = [None, None, None, *GRADIENTS[3:]]
    rows = [[h, g, h] for g, h in zip(GRADIENTS, late, strict=True)]
    walk(AdamW([a, b, c], weight_decay=0.1), [a, b, c], rows, RATES)
    want = adam_by_hand(START, late, RATES, weight_decay=0.1).float()
    expect.close(c.detach(), want, "the last one, which joined late")
    expect.close(b.detach(), adam_by_hand(START, GRADIENTS, RATES, weight_decay=0.1).float(), "the one before it")
    expect.close(a.detach(), want, "the first one, which joined late")


def test_adamw_pauses_where_a_gradient_is_missing(AdamW):
    """A step without a gradient changes nothing of what is remembered."""
    gaps = [GRADIENTS[0], None, GRADIENTS[1], None, None, GRADIENTS[2]]
    want = adam_by_hand(START, gaps, RATES, weight_decay=0.2).float()
    expect.close(after(AdamW, START, gaps, RATES, weight_decay=0.2), want, "a parameter with gaps between its steps")


def test_adamw_moves_the_parameters_themselves(AdamW):
    """The parameters are the same objects as before, and nothing is recorded for a backward pass."""
    [p] = parameters_of(START)
    optimizer = AdamW([p])
    walk(optimizer, [p], [[g] for g in GRADIENTS[:2]], RATES[:2])
    expect.true(optimizer.param_groups[0]["params"][0] is p, "the group holds another parameter than before")
    expect.true(p.requires_grad and p.is_leaf, "the parameter is no leaf any more: steps are made without a graph")


def test_adamw_leaves_gradients_as_they_are(AdamW):
    """The gradients are the same after the step."""
    [p] = parameters_of(START)
    walk(AdamW([p], weight_decay=0.5), [p], [[GRADIENTS[0]]], [0.1])
    expect.equal(p.grad, GRADIENTS[0], "the gradient after the step")


def test_adamw_keeps_the_dtype(AdamW):
    """A parameter in float64 is computed in float64."""
    start, gradients = START.double(), [g.double() for g in GRADIENTS]
    betas = (0.5, 0.75)  # their corrections are exact in float32 too
    moved = after(AdamW, start, gradients, RATES, betas=betas, weight_decay=0.1)
    expect.dtype(moved, torch.float64, "the parameter")
    want = adam_by_hand(start, gradients, RATES, betas=betas, weight_decay=0.1)
    expect.close(moved, want, "the parameter", atol=1e-11, rtol=1e-10)


def test_adamw_goes_on_from_its_state(AdamW):
    """All that it remembers is in its state: a new optimiser that loads it makes the same steps."""
    [p] = parameters_of(START)
    optimizer = AdamW([p], weight_decay=0.1)
    walk(optimizer, [p], [[g] for g in GRADIENTS[:3]], RATES[:3])
    [q] = parameters_of(p.detach())
    other = AdamW([q], weight_decay=0.1)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    walk(other, [q], [[g] for g in GRADIENTS[3:]], RATES[3:])
    want = adam_by_hand(START, GRADIENTS, RATES, weight_decay=0.1).float()
    expect.close(q.detach(), want, "three steps, and three more with a new optimiser")


def test_adamw_state_fits_a_checkpoint(AdamW):
    """What is remembered of a parameter is tensors and numbers, nothing else: that is what a checkpoint can keep."""
    [p] = parameters_of(START)
    optimizer = AdamW([p])
    walk(optimizer, [p], [[GRADIENTS[0]]], [0.1])
    kept = optimizer.state[p]
    expect.true(len(kept) > 0, "self.state holds nothing for the parameter after a step")
    for name, value in kept.items():
        fits = isinstance(value, torch.Tensor | int | float)
        expect.true(fits, f"self.state[parameter][{name!r}] is a {type(value).__name__}, not a tensor or a number")
        if isinstance(value, torch.Tensor) and value.numel() > 1:  # a single number may be kept as a tensor too
            expect.shape(value, p.shape, f"self.state[parameter][{name!r}]")


def test_adamw_is_pytorchs(AdamW):
    """Fifty steps with a rate that rises and falls end within a millionth of where PyTorch's AdamW ends."""
    starts = [rand(5, 7, seed=3), rand(6, seed=4), rand(2, 3, 4, seed=5)]
    ends = []
    for kind in (AdamW, torch.optim.AdamW):
        parameters = parameters_of(*starts)
        rows = [
            [rand(*s.shape, seed=100 * i + j, scale=10.0 ** (j - 1)) for j, s in enumerate(starts)] for i in range(50)
        ]
        rates = [0.02 * min((i + 1) / 10, (50 - i) / 40) for i in range(50)]
        walk(kind(parameters, betas=(0.8, 0.95), weight_decay=0.1), parameters, rows, rates)
        ends.append(torch.cat([p.detach().flatten() for p in parameters]))
    expect.close(ends[0], ends[1], "all parameters after fifty steps", atol=1e-6, rtol=1e-6)
