"""A sharded optimiser for the checks of lab 15: five parameters, their gradients, and who owns them."""

import torch

from tests.labs.helpers_world import expect_each
from vibejam_core.course import expect

SHAPES = [(4, 3), (5,), (7, 2), (3,), (2, 2, 2)]
OWNERS = {1: [0, 0, 0, 0, 0], 2: [1, 0, 0, 0, 1], 3: [1, 2, 0, 1, 2], 6: [1, 3, 0, 4, 2]}
"""For each number of ranks, who owns which of the five parameters."""


def numbers(seed, shapes=SHAPES):
    """A tensor of each shape, the same on every call."""
    draw = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=draw) for shape in shapes]


def job(ShardedOptimizer, world, seed=1, **settings):
    """A sharded optimiser of five parameters in two groups, at this rank."""
    parameters = [torch.nn.Parameter(start) for start in numbers(seed)]
    groups = [{"params": parameters[:2], "weight_decay": 0.1}, {"params": parameters[2:], "weight_decay": 0.0}]
    return ShardedOptimizer(torch.optim.AdamW(groups, **{"lr": 0.1, **settings}), world)


def gradients_of(rank, step=0):
    """What this rank's batches say in a step."""
    return numbers(100 + 10 * step + rank)


def give(sharded, gradients):
    """Let these be the gradients (None for none)."""
    for parameter, gradient in zip(sharded.parameters, gradients, strict=True):
        parameter.grad = None if gradient is None else gradient.clone()


def give_own(sharded, gradients):
    """The same, each to its owner alone, as reduce leaves them."""
    mine = zip(gradients, sharded.owners, strict=True)
    give(sharded, [gradient if owner == sharded.world.rank else None for gradient, owner in mine])


def held(sharded):
    """The gradients that there are now."""
    return [None if parameter.grad is None else parameter.grad.detach().clone() for parameter in sharded.parameters]


def mean(size, step=0):
    """The mean gradients over all ranks."""
    return [torch.stack(rows).mean(0) for rows in zip(*[gradients_of(r, step) for r in range(size)], strict=True)]


def near(got, wanted, what):
    """A gradient that is there, and is this one up to rounding."""
    if got is None:
        expect.true(False, f"{what} is None")
    expect.close(got, wanted, what)


def expect_at_owners(found, wanted, what):
    """Every gradient is at its owner what is wanted."""
    owners = OWNERS[len(found)]
    rows = [(found[r][i], wanted[i], f"{what}: the gradient of parameter {i} at its owner, rank {r}")
            for i, r in enumerate(owners) if wanted[i] is not None]  # fmt: skip
    expect_each(near, rows)


def expect_values(found, owners, what):
    """Every rank has, of each parameter, the values that its owner moved it to."""
    rows = [(parameters[i].detach(), numbers(20 + owner)[i], f"{what}: parameter {i} of rank {owner}, at rank {r}")
            for r, parameters in enumerate(found) for i, owner in enumerate(owners)]  # fmt: skip
    expect_each(expect.equal, rows)
