"""Checks of lab 15: steps of pretraining with a loss or a gradient that is no number, and with a loss's scale."""

import torch
from torch import nn

from tests.labs.helpers_pretraining import (
    HARMED_LOSS,
    HARMED_MOVE,
    close_moves,
    downhill,
    harmed,
    stepped,
    stops,
)
from tests.labs.helpers_training import Scorer, by_hand, flat, shortened, tokens
from tests.labs.helpers_world import expect_each
from vibejam_core.course import expect
from vibejam_core.training.pretraining import LossScale

# --- pretrain_step ----------------------------------------------------------------------------------------------------


def test_pretrain_stops_at_a_loss_that_is_not_finite(pretrain_step):
    """Alone, a loss that is infinite or not a number is an ArithmeticError that says so; nothing moves."""
    rows = []
    for harm, name in ((1, "not a number"), (2, "infinite"), (3, "minus infinity")):
        rows += stops(harmed(pretrain_step, [[0, harm]]), "loss", f"one of 2 losses {name}")
    expect_each(expect.equal, rows)


def test_pretrain_stops_at_a_gradient_that_is_not_finite(pretrain_step):
    """Alone, a gradient that is infinite or not a number is an ArithmeticError that says so; nothing moves."""
    rows = []
    for harm, name in ((4, "not a number"), (5, "infinite"), (6, "minus infinity")):
        for limit in (0.0, 1.0):
            found = harmed(pretrain_step, [[harm, 0]], grad_clip=limit)
            rows += stops(found, "gradient", f"a gradient {name}, grad_clip {limit:g}")
    expect_each(expect.equal, rows)


def test_pretrain_stops_all_ranks_at_one_ranks_loss(pretrain_step):
    """If one rank's loss isn't finite, all ranks stop with that error, and none waits for another."""
    for harms in ([[0], [1], [0]], [[2], [0]], [[0, 0], [0, 3]]):
        what = f"harm done to the loss of one of {len(harms)} ranks"
        expect_each(expect.equal, stops(harmed(pretrain_step, harms), "loss", what))


def test_pretrain_stops_all_ranks_at_one_ranks_gradient(pretrain_step):
    """If one rank's gradient isn't finite, all ranks stop with that error."""
    for harms in ([[0], [0], [4]], [[5], [0]]):
        what = f"harm done to the gradient of one of {len(harms)} ranks"
        expect_each(expect.equal, stops(harmed(pretrain_step, harms), "gradient", what))


# With a scale


def test_pretrain_with_a_scale_moves_as_without(pretrain_step):
    """The scale changes neither how the weights move nor the loss that comes back."""
    batches = tokens(4, seed=15)
    for size in (1, 2):
        for r, (loss, move) in enumerate(stepped(pretrain_step, size, batches, scale=LossScale(256.0))):
            close_moves(move, downhill(batches), f"how the weights moved at rank {r} of {size}, scale 256")
            expect.close(loss, by_hand(Scorer(), batches)[0], f"the loss at rank {r} of {size}, scale 256")


def test_pretrain_unscales_before_it_clips(pretrain_step):
    """grad_clip is about the gradient itself, without the scale."""
    batches = tokens(2, seed=16)
    gradients = by_hand(Scorer(), batches)[1]
    for limit in (flat(gradients).norm().item() * 1.05, 0.25):
        for size in (1, 2):
            for _, move in stepped(pretrain_step, size, batches, grad_clip=limit, scale=LossScale(1024.0)):
                what = f"how the weights moved, {size} ranks, grad_clip {limit:.3g}, scale 1024"
                close_moves(move, -flat(shortened(gradients, limit)), what)


class Halved(nn.Module):
    """Two weights whose gradients, 1e-9 and -3e-9, pass through float16, where they vanish."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([1.0, 2.0]))

    def forward(self, idx, targets=None):
        """A loss in float32 of weights in float16."""
        loss = (self.weight.half().float() * torch.tensor([1e-9, -3e-9])).sum()
        return idx[..., None].float(), loss


def test_pretrain_scales_before_the_way_back(pretrain_step):
    """Gradients that would vanish in float16 are there: the loss is multiplied before the backward pass."""
    for size in (1, 2):
        found = stepped(pretrain_step, size, tokens(2, seed=17), 1e8, Halved, scale=LossScale(2.0**16))
        for r, (_, move) in enumerate(found):
            expect.close(move, torch.tensor([-0.1, 0.3]), f"how two weights moved at rank {r}", atol=1e-4, rtol=3e-3)


def test_pretrain_tells_the_scale_that_a_step_was_good(pretrain_step):
    """A good step is counted, once however many batches it has, and at the end of the interval doubles the scale."""
    for limit in (0.0, 0.5):
        found = harmed(pretrain_step, [[0, 0, 0], [0, 0, 0]], scale=(16.0, 9, 2), grad_clip=limit)
        what = f"[scale, good] by rank after one step of 3 batches, good being 2 before, grad_clip {limit:g}"
        expect.equal([scale for *_, scale, _ in found], [[16.0, 3]] * 2, what)
    [(_, moved, scale, _)] = harmed(pretrain_step, [[0]], scale=(16.0, 3, 2))
    expect.equal(scale, [32.0, 0], "[scale, good] after the third good step, interval 3")
    expect.close(moved, HARMED_MOVE, "how the weights moved in the step after which the scale was doubled")


def test_pretrain_skips_a_step_that_overflowed(pretrain_step):
    """With a scale, an overflow at one rank halves the scale on all, and nothing moves; the loss comes back as ever."""
    for harms in ([[7]], [[0, 0], [0, 7]], [[0], [7], [0]], [[4], [0]]):
        found, n = harmed(pretrain_step, harms, scale=(64.0, 9, 2), grad_clip=1.0), len(harms)
        what = f"an overflow at one of {n} ranks, scale 64"
        expect.equal([scale for *_, scale, _ in found], [[32.0, 0]] * n, f"[scale, good] by rank, {what}")
        for r, (outcome, moved, _, remembered) in enumerate(found):
            expect.equal(moved, torch.zeros(5), f"how the weights moved at rank {r}, {what}")
            expect.equal(remembered, 0, f"of how many parameters something is remembered at rank {r}, {what}")
            expect.close(outcome, HARMED_LOSS, f"the loss at rank {r}, {what}")


def test_pretrain_goes_on_after_a_skipped_step(pretrain_step):
    """Steps are skipped until the scale is small enough; then weights move, and nothing of the overflows is left."""
    for harms in ([[7]], [[0], [7]]):
        for r, (_, moved, scale, _) in enumerate(harmed(pretrain_step, harms, scale=(32.0, 9, 0), steps=3)):
            what = f"at rank {r} of {len(harms)} after 3 steps, two of which overflowed"
            expect.equal(scale, [8.0, 1], f"[scale, good] {what}")
            expect.close(moved, HARMED_MOVE, f"how the weights moved {what}")


def test_pretrain_remembers_across_a_skipped_step(pretrain_step):
    """A good step, a skipped one, a good one: what the optimiser remembered of the first still counts in the third."""
    for harms in ([[7]], [[0], [7]]):
        n = len(harms)
        wanted = harmed(pretrain_step, [[0]] * n, steps=2)
        for steps, name in ((2, "a good step and a skipped one"), (3, "a good step, a skipped one and a good one")):
            for r, (_, moved, _, remembered) in enumerate(harmed(pretrain_step, harms, scale=(8.0, 1, 0), steps=steps)):
                what = f"at rank {r} of {n} after {name}"
                expect.equal(remembered, wanted[r][3], f"of how many parameters something is remembered {what}")
                expect.close(moved, HARMED_MOVE if steps == 2 else wanted[r][1], f"how the weights moved {what}")


def test_pretrain_stops_where_loss_and_gradient_are_no_numbers(pretrain_step):
    """A loss that isn't a number mostly has such gradients, too. With a scale it is the loss that counts: an error."""
    rows = []
    for harms in ([[8]], [[0], [8]]):
        found = harmed(pretrain_step, harms, scale=(64.0, 9, 0))
        rows += stops(found, "loss", f"loss and gradient not a number at one of {len(harms)} ranks, scale 64")
    expect_each(expect.equal, rows)


def test_pretrain_stops_where_the_scale_is_not_to_blame(pretrain_step):
    """At scale 1 an overflow is an error on all ranks; a loss that isn't finite is one at any scale."""
    rows = [*stops(harmed(pretrain_step, [[0], [5]], scale=(1.0, 9, 0)), "gradient", "a gradient at scale 1")]
    for harm, name in ((1, "not a number"), (2, "infinite")):
        found = harmed(pretrain_step, [[0], [harm]], scale=(64.0, 9, 0))
        rows += stops(found, "loss", f"a loss at one of 2 ranks {name}, scale 64")
    expect_each(expect.equal, rows)
