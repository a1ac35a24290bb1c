"""Checks of lab 15: a step of pretraining, on one rank or several."""

import torch
from torch import nn

from tests.labs.helpers_pretraining import close_moves, downhill, share, stepped
from tests.labs.helpers_training import Dropping, Scorer, by_hand, flat, kind, shortened, tokens
from tests.labs.helpers_world import together
from vibejam_core.course import expect
from vibejam_core.training.pretraining import LossScale
from vibejam_core.training.sharded import ShardedOptimizer
from vibejam_core.training.world import World

# --- pretrain_step ----------------------------------------------------------------------------------------------------


def test_pretrain_returns_a_float(pretrain_step):
    """What comes back is a Python float."""
    for size in (1, 2):
        loss, _ = stepped(pretrain_step, size, tokens(2, seed=1))[0]
        expect.true(isinstance(loss, float), f"expected the loss as a float, got {kind(loss)}")


def test_pretrain_returns_the_loss(pretrain_step):
    """Alone, with one batch, it is that batch's loss with the weights as they were before the step."""
    batches = tokens(1, seed=2)
    loss, _ = stepped(pretrain_step, 1, batches)[0]
    expect.close(loss, by_hand(Scorer(), batches)[0], "the loss of one batch", atol=0.0, rtol=3e-6)


def test_pretrain_returns_the_mean_loss(pretrain_step):
    """Of several batches it is the mean."""
    batches = tokens(3, seed=3)
    loss, _ = stepped(pretrain_step, 1, batches)[0]
    expect.close(loss, by_hand(Scorer(), batches)[0], "the mean loss of 3 batches", atol=0.0, rtol=3e-6)


def test_pretrain_works_in_training_mode(pretrain_step):
    """The model, with all that is in it, is in training mode while it works and afterwards."""
    got = {}
    for before in (False, True):
        model = Dropping().train(before)
        pretrain_step(
            model, ShardedOptimizer(torch.optim.SGD(model.parameters(), lr=0.1), World()), tokens(2, seed=4), 0.1
        )
        name = "training" if before else "evaluation"
        got[f"itself at work, in {name} mode before"] = all(model.modes[::2])
        got[f"what is in it at work, in {name} mode before"] = all(model.modes[1::2])
        got[f"afterwards, in {name} mode before"] = model.training and model.inner.training
    expect.equal(got, dict.fromkeys(got, True), "whether the model is in training mode")


def test_pretrain_drops_out_anew_each_time(pretrain_step):
    """The next step drops other numbers out: no seed is set inside."""
    model = Dropping()
    optimizer = ShardedOptimizer(torch.optim.SGD(model.parameters(), lr=0.1), World())
    for _ in range(2):
        pretrain_step(model, optimizer, tokens(1, seed=4), 0.1)
    same = torch.equal(model.survivors[0], model.survivors[-1])
    expect.true(not same, "two steps dropped out exactly the same numbers")


def test_pretrain_follows_the_gradient(pretrain_step):
    """Alone, plain gradient descent moves each weight by the learning rate times its gradient, downhill."""
    batches = tokens(1, seed=5)
    _, move = stepped(pretrain_step, 1, batches, rate=0.5)[0]
    close_moves(move, 0.5 * downhill(batches), "how the weights moved, one batch, learning rate 0.5")


def test_pretrain_leaves_the_batches_alone(pretrain_step):
    """The batches are the same afterwards, and a tuple of them does as well."""
    batches = tokens(3, seed=19)
    model, given = Scorer(), [(x.clone(), y.clone()) for x, y in batches]
    optimizer = ShardedOptimizer(torch.optim.SGD(model.parameters(), lr=0.1), World())
    loss = pretrain_step(model, optimizer, given, 0.1)
    expect.equal(len(given), 3, "how many batches are in the list afterwards")
    for i, ((x, y), (x_before, y_before)) in enumerate(zip(given, batches, strict=True)):
        expect.equal(x, x_before, f"x of batch {i} afterwards")
        expect.equal(y, y_before, f"y of batch {i} afterwards")
    alike, _ = stepped(pretrain_step, 1, tuple(batches))[0]
    expect.close(alike, loss, "the loss of a tuple of the same batches")


def test_pretrain_sets_the_learning_rate_of_every_group(pretrain_step):
    """All groups move by the learning rate of this step, not by those that they were made with."""
    model, batches = Scorer(), tokens(1, seed=6)
    groups = [{"params": [parameter], "lr": 3.0 + number} for number, parameter in enumerate(model.parameters())]
    optimizer = ShardedOptimizer(torch.optim.SGD(groups, lr=7.0), World())
    for rate in (0.5, 0.0, 0.125):
        before, gradients = flat(list(model.parameters())), by_hand(model, batches)[1]
        pretrain_step(model, optimizer, batches, rate)
        move = flat(list(model.parameters())) - before
        close_moves(move, -rate * flat(gradients), f"how the weights of 3 groups moved, learning rate {rate}")


def test_pretrain_leaves_a_groups_own_factor_to_the_optimiser(pretrain_step):
    """Every group's "lr" is the rate itself, whatever else it says: the optimisers multiply by "lr_scale"."""
    model = Scorer()
    groups = [{"params": [parameter], "lr_scale": 0.5 + number} for number, parameter in enumerate(model.parameters())]
    optimizer = ShardedOptimizer(torch.optim.SGD(groups, lr=7.0), World())
    for rate in (0.25, 2.5e-7):
        pretrain_step(model, optimizer, tokens(1, seed=6), rate)
        found = [[group["lr"], group["lr_scale"]] for group in optimizer.param_groups]
        wanted = [[rate, 0.5], [rate, 1.5], [rate, 2.5]]
        expect.equal(found, wanted, f"[lr, lr_scale] of 3 groups, learning rate {rate}")


def test_pretrain_averages_over_batches(pretrain_step):
    """The gradients of 3 batches are averaged, and the weights move only once."""
    batches = tokens(3, seed=7)
    _, move = stepped(pretrain_step, 1, batches)[0]
    close_moves(move, downhill(batches), "how the weights moved, 3 batches")


def test_pretrain_computes_as_the_model_does(pretrain_step):
    """A model in float32 is computed in float32, with a scale too: half precision is the model's own affair."""
    batches = tokens(2, seed=18)
    for scale in (None, LossScale(64.0)):
        _, move = stepped(pretrain_step, 1, batches, make=lambda: Scorer().float(), scale=scale)[0]
        what = f"how the weights of a float32 model moved, {'without a' if scale is None else 'with a'} scale"
        expect.close(move, downhill(batches).float(), what, atol=1e-4, rtol=1e-4)


def test_pretrain_ignores_gradients_from_before(pretrain_step):
    """Whatever gradients the parameters had before play no part."""
    batches = tokens(2, seed=8)
    for size in (1, 2):
        for _, move in stepped(pretrain_step, size, batches, before=3.0):
            close_moves(move, downhill(batches), f"how the weights moved on {size} ranks, all gradients 3 before")


def test_pretrain_shortens_a_long_gradient(pretrain_step):
    """A gradient longer than grad_clip is shortened to that length, in the same direction."""
    batches = tokens(2, seed=9)
    want = -flat(shortened(by_hand(Scorer(), batches)[1], 0.25))
    _, move = stepped(pretrain_step, 1, batches, grad_clip=0.25)[0]
    close_moves(move, want, "how the weights moved, grad_clip 0.25")


def test_pretrain_has_no_limit_by_itself(pretrain_step):
    """Where grad_clip isn't given, or is 0, a gradient may be as long as it is."""

    def steep():
        model = Scorer()
        model.table.data *= 100
        return model

    batches = tokens(1, seed=10)
    for settings in ({}, {"grad_clip": 0.0}):
        _, move = stepped(pretrain_step, 1, batches, 9.0, steep, **settings)[0]
        close_moves(move, 9 * downhill(batches, steep), f"how the weights moved with a long gradient, {settings}")


# Several ranks


def test_pretrain_ranks_see_one_loss(pretrain_step):
    """Every rank gets the mean loss of all batches of all ranks."""
    for size in (2, 3):
        batches = tokens(6, seed=11)
        losses = [loss for loss, _ in stepped(pretrain_step, size, batches)]
        expect.close(losses, [by_hand(Scorer(), batches)[0]] * size, f"the losses at {size} ranks, 6 batches in all")


def test_pretrain_ranks_move_as_one(pretrain_step):
    """Every rank's weights move as those of one process would that had all batches."""
    for size, n in ((2, 2), (3, 6)):
        batches = tokens(n, seed=12)
        for r, (_, move) in enumerate(stepped(pretrain_step, size, batches, rate=0.5)):
            what = f"how the weights moved at rank {r} of {size}, {n} batches in all"
            close_moves(move, 0.5 * downhill(batches), what)


def test_pretrain_works_with_adamw(pretrain_step):
    """Three steps of AdamW with other learning rates end alike on 1 rank and on 3, on every rank."""

    def act(world):
        model = Scorer()
        optimizer = ShardedOptimizer(torch.optim.AdamW(model.parameters(), weight_decay=0.1), world)
        for step, rate in enumerate((0.5, 0.1, 0.3)):
            pretrain_step(model, optimizer, share(tokens(3, seed=20 + step), world), rate)
        return flat(list(model.parameters()))

    model = Scorer()
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.1)
    for step, rate in enumerate((0.5, 0.1, 0.3)):
        for parameter, gradient in zip(model.parameters(), by_hand(model, tokens(3, seed=20 + step))[1], strict=True):
            parameter.grad = gradient
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
    for size in (1, 3):
        for r, found in enumerate(together(size, act)):
            close_moves(found, flat(list(model.parameters())), f"the weights after 3 steps, at rank {r} of {size}")


def test_pretrain_clips_what_was_averaged(pretrain_step):
    """What is measured and shortened is the mean over batches and ranks, as one gradient."""
    x, _ = tokens(1, seed=13)[0]
    batches = [(x, torch.full_like(x, target)) for target in (0, 1, 3, 5)]  # each pulls another way
    gradients = by_hand(Scorer(), batches)[1]
    long = flat(gradients).norm().item() * 1.05
    for size in (1, 2):
        for limit in (long, 0.25):
            for r, (_, move) in enumerate(stepped(pretrain_step, size, batches, grad_clip=limit)):
                what = f"how the weights moved at rank {r} of {size}, 4 batches, grad_clip {limit:.3g}"
                close_moves(move, -flat(shortened(gradients, limit)), what)


def test_pretrain_leaves_frozen_parameters(pretrain_step):
    """A frozen parameter, and one that the model doesn't use, stay as they are, and the others move."""

    class Odd(Scorer):
        def __init__(self):
            super().__init__()
            self.table.requires_grad_(False)
            self.unused = nn.Parameter(torch.ones(2, 5, dtype=torch.float64))

    batches = tokens(2, seed=14)
    want = torch.cat([torch.zeros(21), *(-g.flatten() for g in by_hand(Scorer(), batches)[1][1:]), torch.zeros(10)])
    for size in (1, 2):
        for r, (_, move) in enumerate(stepped(pretrain_step, size, batches, make=Odd)):
            close_moves(move, want, f"how the frozen, the used and the unused moved, at rank {r} of {size}")
