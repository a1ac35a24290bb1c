"""Steps for the checks of lab 15: models whose gradients are known, on one rank or several."""

import math

import torch
from torch import nn

from tests.labs.helpers_training import Scorer, by_hand, flat
from tests.labs.helpers_world import together
from vibejam_core.course import expect
from vibejam_core.training.pretraining import LossScale
from vibejam_core.training.sharded import ShardedOptimizer


def stepped(pretrain_step, size, batches, rate=1.0, make=None, before=None, **settings):
    """Every rank's (loss, how the weights moved) in a step on its share of the batches, plain gradient descent."""

    def act(world):
        model = (make or Scorer)()
        start = flat(list(model.parameters()))
        for parameter in model.parameters() if before is not None else ():
            parameter.grad = torch.full_like(parameter, before)
        optimizer = ShardedOptimizer(torch.optim.SGD(model.parameters(), lr=7.0), world)
        loss = pretrain_step(model, optimizer, share(batches, world), rate, **settings)
        return loss, flat(list(model.parameters())) - start

    return together(size, act)


def share(batches, world):
    """This rank's batches."""
    n = len(batches) // world.size
    return batches[world.rank * n : (world.rank + 1) * n]


def close_moves(got, expected, what):
    """In double precision, so that nothing but real differences is seen."""
    expect.close(got, expected, what, atol=1e-6, rtol=1e-5)


def downhill(batches, make=Scorer):
    """Where all batches together say that the weights should move, at learning rate 1."""
    return -flat(by_hand(make(), batches)[1])


class Harmed(nn.Module):
    """Three weights, in float32. Tokens above 0 do harm: 1 to 3 to the loss, 4 to 6 to the gradient, 8 to both.

    A 7 makes the gradient overflow where the loss is multiplied by more than 8.
    """

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([1.0, -2.0, 0.5]))
        self.other = nn.Parameter(torch.tensor([3.0, 1.0]))

    def forward(self, idx, targets=None):
        """The loss is 5.25 / 3 + 3, unless it is harmed."""
        worst = int(idx.max())
        inside = self.weight.square().mean() + self.other.prod()
        loss = inside + {1: math.nan, 2: math.inf, 3: -math.inf, 8: math.nan}.get(worst, 0.0)
        bad = {4: math.nan, 5: math.inf, 6: -math.inf, 8: math.nan}.get(worst)
        if bad is not None:
            inside.register_hook(lambda gradient: gradient * 0 + bad)
        if worst == 7:
            inside.register_hook(lambda gradient: torch.where(gradient > 8, math.inf, gradient))
        return idx[..., None].float(), loss


HARMED_LOSS = 5.25 / 3 + 3
HARMED_MOVE = -torch.tensor([2 / 3, -4 / 3, 1 / 3, 1.0, 3.0])


def batch_of(token):
    """A batch with this token in it."""
    x = torch.zeros(2, 3, dtype=torch.int64)
    x[1, 1] = token
    return x, torch.zeros(2, 3, dtype=torch.int64)


def harmed(pretrain_step, harms, scale=None, steps=1, **settings):
    """Every rank's (what came of it, how the weights moved, the scale, what is remembered); a batch per harm.

    ``scale`` is a scale, its interval, and how many good steps there were before.
    """

    def act(world):
        model = Harmed()
        start = flat(list(model.parameters()))
        optimizer = ShardedOptimizer(torch.optim.SGD(model.parameters(), lr=1.0, momentum=0.5), world)
        own = None if scale is None else LossScale(*scale[:2])
        if own is not None:
            own.good = scale[2]
        for _ in range(steps):
            try:
                batches = [batch_of(harm) for harm in harms[world.rank]]
                outcome = pretrain_step(model, optimizer, batches, 1.0, scale=own, **settings)
            except ArithmeticError as error:
                outcome = error
        moved = flat(list(model.parameters())) - start
        return outcome, moved, own and [own.scale, own.good], len(optimizer.optimizer.state)

    return together(len(harms), act)


def stops(found, word, what):
    """Demands that all ranks stopped with an ArithmeticError that says this word, and that nothing moved."""
    for r, (outcome, moved, _, remembered) in enumerate(found):
        told = "no error"
        if isinstance(outcome, ArithmeticError):
            told = "ArithmeticError" if word in str(outcome).lower() else f"ArithmeticError that doesn't say {word!r}"
        yield told, "ArithmeticError", f"what came of the step at rank {r}, {what}"
        yield moved, torch.zeros(5), f"how the weights moved at rank {r}, {what}"
        yield remembered, 0, f"of how many parameters something is remembered at rank {r}, {what}"
