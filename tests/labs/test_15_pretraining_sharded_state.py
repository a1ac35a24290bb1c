"""Checks of lab 15: new values on their way back from the owners, what is saved, and the whole sharded optimiser."""

import copy

import torch

from tests.labs.helpers_sharded import (
    OWNERS,
    SHAPES,
    expect_values,
    give,
    gradients_of,
    job,
    mean,
    numbers,
)
from tests.labs.helpers_world import expect_each, together
from vibejam_core.course import expect
from vibejam_core.training.world import World

# --- ShardedOptimizer -------------------------------------------------------------------------------------------------


def gathered(ShardedOptimizer, size):
    """Every rank's sharded optimiser and its parameters' objects before, after a gather of moved parameters."""

    def act(world):
        sharded = job(ShardedOptimizer, world)
        before = list(sharded.parameters)
        for i, (parameter, new) in enumerate(zip(sharded.parameters, numbers(20 + world.rank), strict=True)):
            if sharded.owners[i] == world.rank:
                parameter.data = new
        sharded.gather()
        return sharded, before

    return together(size, act)


def test_gather_alone(ShardedOptimizer):
    """A rank alone keeps what it has."""
    [(sharded, _)] = gathered(ShardedOptimizer, 1)
    expect_values([sharded.parameters], OWNERS[1], "alone")


def test_gather_gives_all_ranks_the_owners_values(ShardedOptimizer):
    """Afterwards every rank has, of every parameter, what its owner had."""
    for size in (3, 2):
        found = gathered(ShardedOptimizer, size)
        expect_values([sharded.parameters for sharded, _ in found], OWNERS[size], f"{size} ranks")


def test_gather_with_more_ranks_than_parameters(ShardedOptimizer):
    """A rank that owns nothing takes part, and gets everything."""
    expect_values([sharded.parameters for sharded, _ in gathered(ShardedOptimizer, 6)], OWNERS[6], "6 ranks")


def test_gather_goes_by_the_owners(ShardedOptimizer):
    """It is self.owners that says whose values count."""
    theirs = [2, 2, 0, 0, 1]

    def act(world):
        sharded = job(ShardedOptimizer, world, seed=20 + world.rank)  # different everywhere
        sharded.owners = list(theirs)
        sharded.gather()
        return sharded.parameters

    expect_values(together(3, act), theirs, "with other owners")


def test_gather_keeps_the_parameters(ShardedOptimizer):
    """The parameters are the same objects as before, which the model holds too, and can be trained on."""
    for r, (sharded, before) in enumerate(gathered(ShardedOptimizer, 3)):
        same = [a is b for a, b in zip(sharded.parameters, before, strict=True)]
        expect.equal(same, [True] * 5, f"whether the parameters are the same objects, at rank {r}")
        groups = [p for group in sharded.param_groups for p in group["params"]]
        expect.equal([a is b for a, b in zip(groups, before, strict=True)], [True] * 5, f"in the groups, at rank {r}")
        leaves = [parameter.is_leaf and parameter.requires_grad for parameter in before]
        expect.equal(leaves, [True] * 5, f"whether the parameters can be trained on, at rank {r}")


def test_gather_sends_frozen_parameters_too(ShardedOptimizer):
    """A parameter that isn't trained is sent as well: whoever moved it, all ranks have the same afterwards."""

    def act(world):
        sharded = job(ShardedOptimizer, world, seed=20 + world.rank)  # different everywhere
        for parameter in sharded.parameters[1:3]:
            parameter.requires_grad_(False)
        sharded.gather()
        return sharded.parameters

    expect_values(together(3, act), OWNERS[3], "two of five parameters frozen")


# State


def remembering(ShardedOptimizer, world):
    """A sharded optimiser that remembers two means and a count of each parameter that it owns, but of one."""
    sharded = job(ShardedOptimizer, world)
    for i, parameter in enumerate(sharded.parameters):
        if sharded.owners[i] == world.rank and i != 3:
            sharded.optimizer.state[parameter] = memory_of(i)
    return sharded


def memory_of(i):
    """What is remembered of parameter i: a tensor of its shape, one with another shape, a whole number, a float."""
    return {"mean": numbers(30)[i], "row": numbers(31)[i].flatten()[:2].double() / 3, "t": 4 + i, "factor": 0.5 * i}


def remembered(optimizer, parameters):
    """What an optimiser remembers now, by the parameter's number."""
    return {i: dict(optimizer.state[p]) for i, p in enumerate(parameters) if optimizer.state.get(p)}


def expect_same_memory(found, wanted, what):
    """Two states hold the same, entry by entry."""
    expect.true(isinstance(found, dict), f"{what} should be a dictionary, not something of type {type(found).__name__}")
    expect.equal(sorted(map(str, found)), sorted(map(str, wanted)), f"{what}: of which parameters there is something")
    expect.equal(sorted(found) == sorted(wanted), True, f"{what}: whether the parameters' numbers are ints")
    for i, entries in wanted.items():
        expect.equal(sorted(found[i]), sorted(entries), f"{what}: what is remembered of parameter {i}")
        for name, value in entries.items():
            expect.equal(found[i][name], value, f'{what}: "{name}" of parameter {i}')
            kinds = [isinstance(entry, torch.Tensor) for entry in (found[i][name], value)]
            expect.equal(kinds[0], kinds[1], f'{what}: whether "{name}" of parameter {i} is a tensor')


def test_state_dict_of_all_ranks(ShardedOptimizer):
    """Rank 0 gets what all ranks remember, by the parameters' numbers; where that is nothing, there is no entry."""
    wanted = {i: memory_of(i) for i in (0, 1, 2, 4)}
    for size in (3, 1, 2, 6):
        found = together(size, lambda world: remembering(ShardedOptimizer, world).state_dict())[0]
        expect.true(isinstance(found, dict), f"expected a dictionary, got something of type {type(found).__name__}")
        expect.equal(sorted(found), ["param_groups", "state"], f"the entries of rank 0's state, {size} ranks")
        expect_same_memory(found["state"], wanted, f'"state" at rank 0 of {size}')


def test_state_dict_elsewhere_is_empty(ShardedOptimizer):
    """All other ranks get an empty dictionary."""
    found = together(3, lambda world: remembering(ShardedOptimizer, world).state_dict())
    expect_each(expect.equal, [(state, {}, f"the state at rank {r}") for r, state in enumerate(found) if r > 0])


def test_state_dict_has_the_groups(ShardedOptimizer):
    """The groups are those of the optimiser's own state, with all settings and the parameters' numbers."""
    wanted = copy.deepcopy(job(ShardedOptimizer, World()).optimizer.state_dict()["param_groups"])
    for size in (1, 3):
        found = together(size, lambda world: remembering(ShardedOptimizer, world).state_dict())[0]
        expect.equal(found.get("param_groups"), wanted, f'"param_groups", {size} ranks')


def test_state_dict_goes_by_the_owner(ShardedOptimizer):
    """What another rank may still have of a parameter doesn't count."""

    def act(world):
        sharded = job(ShardedOptimizer, world)
        for i, parameter in enumerate(sharded.parameters):
            mine = sharded.owners[i] == world.rank
            sharded.optimizer.state[parameter] = memory_of(i) if mine else {"mean": torch.full(SHAPES[i], -9.0)}
        return sharded.state_dict()

    expect_same_memory(together(3, act)[0]["state"], {i: memory_of(i) for i in range(5)}, '"state" at rank 0 of 3')


def test_state_dict_leaves_the_optimiser_as_it_is(ShardedOptimizer):
    """Each rank still remembers its own part afterwards, and no more; asked again, the answer is the same."""

    def act(world):
        sharded = remembering(ShardedOptimizer, world)
        sharded.state_dict()
        return remembered(sharded.optimizer, sharded.parameters), sharded.state_dict()

    found = together(3, act)
    wanted = [{i: memory_of(i) for i, owner in enumerate(OWNERS[3]) if owner == r and i != 3} for r in range(3)]
    of_which = [sorted(memory) for memory, _ in found]
    expect.equal(of_which, [sorted(own) for own in wanted], "of which parameters each rank remembers something")
    for r, (memory, _) in enumerate(found):
        expect_same_memory(memory, wanted[r], f"what rank {r} remembers afterwards")
    expect_same_memory(found[0][1]["state"], {i: memory_of(i) for i in (0, 1, 2, 4)}, "the state, asked for again")


# The whole


def trained(ShardedOptimizer, world, steps, state=None, start=None):
    """A job that trains for these steps: its parameters, and what it would save."""
    sharded = job(ShardedOptimizer, world, lr=0.05)
    if start is not None:
        for parameter, value in zip(sharded.parameters, start, strict=True):
            parameter.data.copy_(value)
        sharded.load_state_dict(copy.deepcopy(state))
    lengths = []
    for step in steps:
        own = [gradients_of(4 * world.rank // world.size + i, step) for i in range(4 // world.size)]
        give(sharded, [sum(rows) / len(rows) for rows in zip(*own, strict=True)])
        sharded.reduce()
        lengths.append(sharded.clip(2.0))
        sharded.update()
        sharded.gather()
    return [parameter.detach() for parameter in sharded.parameters], lengths, sharded.state_dict()


def by_torch(steps):
    """The same with an ordinary optimiser in one process."""
    parameters = [torch.nn.Parameter(start) for start in numbers(1)]
    groups = [{"params": parameters[:2], "weight_decay": 0.1}, {"params": parameters[2:], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=0.05)
    for step in steps:
        for parameter, gradient in zip(parameters, mean(4, step), strict=True):
            parameter.grad = gradient.clone()
        torch.nn.utils.clip_grad_norm_(parameters, 2.0)
        optimizer.step()
    return [parameter.detach() for parameter in parameters], optimizer.state_dict()


def test_sharded_many_ranks_do_what_one_does(ShardedOptimizer):
    """Four steps of AdamW on 1, 2 and 4 ranks end where one ordinary optimiser ends, on every rank."""
    wanted, _ = by_torch(range(4))
    for size in (1, 2, 4):
        for r, (found, _, _) in enumerate(together(size, lambda world: trained(ShardedOptimizer, world, range(4)))):
            for i, want in enumerate(wanted):
                expect.close(found[i], want, f"parameter {i} after 4 steps, at rank {r} of {size}")


def test_sharded_remembers_only_what_is_its_own(ShardedOptimizer):
    """After two steps on 3 ranks the optimiser of each remembers something of its own parameters, and of no others."""

    def act(world):
        sharded = job(ShardedOptimizer, world)
        for step in range(2):
            give(sharded, gradients_of(world.rank, step))
            sharded.reduce()
            sharded.clip(1.0)
            sharded.update()
            sharded.gather()
        return sorted(remembered(sharded.optimizer, sharded.parameters))

    wanted = [[i for i, owner in enumerate(OWNERS[3]) if owner == r] for r in range(3)]
    expect.equal(together(3, act), wanted, "of which parameters each rank remembers something")


def test_sharded_state_is_an_ordinary_one(ShardedOptimizer):
    """What 2 ranks save is what one ordinary optimiser would save: torch's own can load it."""
    _, wanted = by_torch(range(3))
    found = together(2, lambda world: trained(ShardedOptimizer, world, range(3)))[0][2]
    expect.equal(sorted(found["state"]), sorted(wanted["state"]), "of which parameters something is saved")
    for i, entries in wanted["state"].items():
        for name, value in entries.items():
            got = found["state"][i][name]
            kind = type(got).__name__
            expect.true(isinstance(got, torch.Tensor), f'"{name}" of parameter {i} was a tensor, and became a {kind}')
            expect.close(got, value, f'"{name}" of parameter {i}')
    plain = job(ShardedOptimizer, World()).optimizer
    plain.load_state_dict(copy.deepcopy(found))
    expect.equal(plain.param_groups[0]["lr"], 0.05, "the learning rate of an ordinary optimiser that loaded the state")


def test_sharded_goes_on_with_any_number_of_ranks(ShardedOptimizer):
    """What 2 ranks saved, 1 and 4 ranks go on from, and end where a run without a break ends."""
    wanted, _ = by_torch(range(4))
    half, _, state = together(2, lambda world: trained(ShardedOptimizer, world, range(2)))[0]
    for size in (1, 4):
        ends = together(size, lambda world: trained(ShardedOptimizer, world, range(2, 4), state, half))
        for r, (found, _, _) in enumerate(ends):
            for i, want in enumerate(wanted):
                expect.close(found[i], want, f"parameter {i} after 2 steps on 2 ranks and 2 on {size}, at rank {r}")
