"""Checks of lab 15: who owns which parameter; gradients on their way to the owners, and their length."""

import math

from tests.labs.helpers_sharded import (
    OWNERS,
    expect_at_owners,
    give,
    give_own,
    gradients_of,
    held,
    job,
    mean,
    numbers,
)
from tests.labs.helpers_world import together
from vibejam_core.course import expect

# --- owners -----------------------------------------------------------------------------------------------------------


def test_owners_one_rank_owns_all(owners):
    """A rank alone owns everything."""
    expect.equal(owners([3, 9, 1, 9], 1), [0, 0, 0, 0], "the owners of four parameters among one rank")


def test_owners_largest_first(owners):
    """The largest parameter is dealt first, then the next: each to the rank that has the fewest numbers so far."""
    expect.equal(owners([1, 2, 4, 8, 16], 2), [1, 1, 1, 1, 0], "the owners of sizes 1, 2, 4, 8 and 16 among 2 ranks")
    expect.equal(owners([5, 7, 6], 3), [2, 0, 1], "the owners of sizes 5, 7 and 6 among 3 ranks")


def test_owners_goes_by_numbers_not_by_parameters(owners):
    """What is even are the numbers, not how many parameters a rank has."""
    expect.equal(owners([100, 1, 1, 1, 1, 1], 2), [0, 1, 1, 1, 1, 1], "the owners of sizes 100, 1, 1, 1, 1 and 1")


def test_owners_are_in_the_order_of_the_sizes(owners):
    """The answer is in the order of the sizes, though they are dealt in another."""
    expect.equal(owners([12, 5, 14, 3, 8], 3), [1, 2, 0, 1, 2], "the owners of sizes 12, 5, 14, 3, 8 among 3 ranks")


def test_owners_of_equal_sizes(owners):
    """Of equal sizes the first is dealt first; of ranks with equally few the lowest takes it."""
    expect.equal(owners([4] * 7, 3), [0, 1, 2, 0, 1, 2, 0], "the owners of seven parameters of one size among 3 ranks")
    expect.equal(owners([2, 6, 2, 6, 2, 2], 2), [0, 0, 1, 1, 0, 1], "the owners of sizes 2, 6, 2, 6, 2 and 2")


def test_owners_of_ranks_that_draw_level(owners):
    """Of ranks with equally few numbers the lowest takes the next, whichever was first and has more parameters."""
    expect.equal(owners([9, 5, 4, 3, 2, 1], 3), [0, 1, 2, 2, 1, 1], "the owners of sizes 9, 5, 4, 3, 2 and 1")
    sizes = [9, 5, 4, 4, 2, 1, 1]  # before the last, rank 1 has 5 + 2 + 1 and rank 2 has 4 + 4
    expect.equal(owners(sizes, 3), [0, 1, 2, 2, 1, 1, 1], f"the owners of sizes {sizes} among 3 ranks")


def test_owners_counts_every_number_of_large_parameters(owners):
    """However many numbers a rank has, one more counts."""
    sizes = [2**30, 2**30, 1, 1, 1]
    expect.equal(owners(sizes, 2), [0, 1, 0, 1, 0], "the owners of 2 parameters of 2**30 numbers and 3 of one")


def test_owners_among_many_ranks(owners):
    """There may be any number of ranks."""
    expect.equal(owners([3] * 40, 37), [*range(37), 0, 1, 2], "the owners of 40 parameters of one size among 37 ranks")


def test_owners_with_more_ranks_than_parameters(owners):
    """Where there are more ranks than parameters, some own nothing."""
    expect.equal(owners([3, 8], 5), [1, 0], "the owners of sizes 3 and 8 among 5 ranks")


def test_owners_of_nothing(owners):
    """Where there are no parameters, there are no owners."""
    expect.equal(owners([], 3), [], "the owners of no parameters")


def test_owners_of_empty_parameters(owners):
    """A parameter without numbers is dealt last, and makes no rank fuller."""
    expect.equal(owners([0, 3, 0, 2], 2), [1, 0, 1, 1], "the owners of sizes 0, 3, 0 and 2 among 2 ranks")


def test_owners_gives_a_list_of_ints(owners):
    """What comes back is a list of ints."""
    got = owners([5, 2, 9], 2)
    expect.true(isinstance(got, list), f"expected a list, got something of type {type(got).__name__}")
    kinds = sorted({type(rank).__name__ for rank in got})
    expect.true(kinds == ["int"], f"expected ints in the list, got {' and '.join(kinds)}")


def test_owners_leaves_the_sizes_alone(owners):
    """The list of sizes is the same afterwards; a tuple does as well."""
    sizes = [2, 9, 4, 4]
    owners(sizes, 2)
    expect.equal(sizes, [2, 9, 4, 4], "the sizes afterwards")
    expect.equal(owners((2, 9, 4, 4), 2), [1, 0, 1, 1], "the owners of a tuple of sizes")


def test_owners_refuses_less_than_one_rank(owners):
    """Less than one rank is a ValueError that names the number."""
    for n in (0, -14):
        expect.raises(ValueError, lambda n=n: owners([3, 4], n), [str(n)], f"{n} ranks")


# --- ShardedOptimizer -------------------------------------------------------------------------------------------------


def reduced(ShardedOptimizer, size, without=()):
    """Every rank's gradients after reduce, where some parameters have none."""

    def act(world):
        sharded = job(ShardedOptimizer, world)
        rows = enumerate(gradients_of(world.rank))
        give(sharded, [None if i in without else gradient for i, gradient in rows])
        sharded.reduce()
        return held(sharded)

    return together(size, act)


def expect_none_elsewhere(found, what, anywhere=()):
    """No gradient is at a rank that doesn't own it."""
    owners = OWNERS[len(found)]
    there = [[r, i] for r, rows in enumerate(found) for i, gradient in enumerate(rows)
             if gradient is not None and (owners[i] != r or i in anywhere)]  # fmt: skip
    expect.equal(there, [], f"{what}: which [rank, parameter] have a gradient that should be None")


def test_reduce_alone(ShardedOptimizer):
    """A rank alone owns all: its gradients stay as they are."""
    [found] = reduced(ShardedOptimizer, 1)
    expect_at_owners([found], gradients_of(0), "one rank")


def test_reduce_brings_the_mean_to_the_owner(ShardedOptimizer):
    """Of every parameter the owner gets the mean of all ranks' gradients."""
    for size in (3, 2):
        expect_at_owners(reduced(ShardedOptimizer, size), mean(size), f"{size} ranks")


def test_reduce_leaves_none_elsewhere(ShardedOptimizer):
    """At a rank that doesn't own a parameter its gradient is None afterwards."""
    for size in (3, 2):
        expect_none_elsewhere(reduced(ShardedOptimizer, size), f"{size} ranks")


def test_reduce_passes_over_what_has_no_gradient(ShardedOptimizer):
    """A parameter without a gradient, frozen or not used, has none afterwards, and the others are not mixed up."""
    for without in ((0,), (2, 3), (4,)):
        found = reduced(ShardedOptimizer, 3, without)
        what = f"without a gradient for parameter {' and '.join(map(str, without))}"
        expect_none_elsewhere(found, what, anywhere=without)
        expect_at_owners(found, [None if i in without else g for i, g in enumerate(mean(3))], what)


def test_reduce_with_more_ranks_than_parameters(ShardedOptimizer):
    """A rank that owns nothing takes part all the same."""
    found = reduced(ShardedOptimizer, 6)
    expect_at_owners(found, mean(6), "6 ranks")
    expect_none_elsewhere(found, "6 ranks")


def test_reduce_again_in_the_next_step(ShardedOptimizer):
    """Nothing of one step is left in the next."""

    def act(world):
        sharded = job(ShardedOptimizer, world)
        for step, without in enumerate((2, 4)):
            rows = enumerate(gradients_of(world.rank, step))
            give(sharded, [None if i == without else gradient for i, gradient in rows])
            sharded.reduce()
        return held(sharded)

    found = together(3, act)
    what = "3 ranks, the second step, in which parameter 4 has no gradient and in the first parameter 2 had none"
    expect_at_owners(found, [*mean(3, 1)[:4], None], what)
    expect_none_elsewhere(found, what, anywhere=(4,))


def test_reduce_counts_gradients_of_zeros(ShardedOptimizer):
    """A gradient that is all zeros at one rank is a gradient: it is sent, and counts in the mean."""

    def act(world):
        sharded = job(ShardedOptimizer, world)
        rows = enumerate(gradients_of(world.rank))
        give(sharded, [gradient * 0 if i % 3 == world.rank else gradient for i, gradient in rows])
        sharded.reduce()
        return held(sharded)

    wanted = []
    for i in range(5):
        wanted.append(sum(gradients_of(r)[i] for r in range(3) if i % 3 != r) / 3)
    expect_at_owners(together(3, act), wanted, "3 ranks, one with zeros")


def test_reduce_goes_by_the_owners(ShardedOptimizer):
    """It is self.owners that says who owns a parameter, whoever it is."""
    theirs = [2, 2, 2, 0, 1]

    def act(world):
        sharded = job(ShardedOptimizer, world)
        sharded.owners = list(theirs)
        give(sharded, gradients_of(world.rank))
        sharded.reduce()
        return held(sharded)

    found = together(3, act)
    where = [[r for r, rows in enumerate(found) if rows[i] is not None] for i in range(5)]
    expect.equal(where, [[owner] for owner in theirs], "which ranks have a gradient of each parameter")
    for i, owner in enumerate(theirs):
        expect.close(found[owner][i], mean(3)[i], f"the gradient of parameter {i} at rank {owner}")


def test_reduce_leaves_the_parameters_alone(ShardedOptimizer):
    """Only gradients change, not the parameters."""

    def act(world):
        sharded = job(ShardedOptimizer, world)
        give(sharded, gradients_of(world.rank))
        sharded.reduce()
        return [parameter.detach().clone() for parameter in sharded.parameters]

    for r, found in enumerate(together(2, act)):
        for i, want in enumerate(numbers(1)):
            expect.equal(found[i], want, f"parameter {i} at rank {r}")


# Clip


WHOLE = math.sqrt(sum(gradient.double().square().sum().item() for gradient in numbers(7)))
"""The length of the gradient that the checks of clip give out."""


def clipped(ShardedOptimizer, size, limit, gradients=None):
    """Every rank's answer and gradients after clip."""

    def act(world):
        sharded = job(ShardedOptimizer, world)
        give_own(sharded, gradients or numbers(7))
        return sharded.clip(limit), held(sharded)

    return together(size, act)


def test_clip_says_how_long_the_gradient_is(ShardedOptimizer):
    """What comes back is the length of the whole gradient over all ranks, on every rank the same, a float."""
    for size in (1, 2, 3):
        lengths = [length for length, _ in clipped(ShardedOptimizer, size, 100.0)]
        what = f"the lengths at {size} ranks, whose parts make up one gradient"
        expect.close(lengths, [WHOLE] * size, what, atol=0.0, rtol=1e-5)
        kinds = sorted({type(length).__name__ for length in lengths})
        expect.true(kinds == ["float"], f"the length should be a float, got {' and '.join(kinds)}")


def test_clip_says_how_long_it_was_before(ShardedOptimizer):
    """It is the length before anything was shortened."""
    lengths = [length for length, _ in clipped(ShardedOptimizer, 3, 0.5)]
    expect.close(lengths, [WHOLE] * 3, "the lengths at 3 ranks, with limit 0.5")


def test_clip_shortens_all_by_one_factor(ShardedOptimizer):
    """A gradient that is too long is multiplied, on all ranks, by limit / length."""
    for size in (1, 2, 3):
        for limit in (0.5, 2.0, WHOLE * 0.99):
            found = [rows for _, rows in clipped(ShardedOptimizer, size, limit)]
            wanted = [gradient * (limit / WHOLE) for gradient in numbers(7)]
            expect_at_owners(found, wanted, f"{size} ranks, limit {limit:.3g}")


def test_clip_leaves_a_short_gradient_alone(ShardedOptimizer):
    """What is shorter than the limit stays as it is."""
    for limit in (WHOLE * 1.01, 50.0):
        found = [rows for _, rows in clipped(ShardedOptimizer, 3, limit)]
        expect_at_owners(found, numbers(7), f"3 ranks, limit {limit:.3g}, length {WHOLE:.3g}")


def test_clip_without_a_limit(ShardedOptimizer):
    """The limit 0 means none: nothing changes, and the length is told as ever."""
    found = clipped(ShardedOptimizer, 3, 0.0)
    expect_at_owners([rows for _, rows in found], numbers(7), "3 ranks, limit 0")
    expect.close([length for length, _ in found], [WHOLE] * 3, "the lengths at 3 ranks, with limit 0")


def test_clip_with_ranks_that_own_nothing(ShardedOptimizer):
    """A rank that has no gradient at all adds nothing, and takes part all the same."""
    found = clipped(ShardedOptimizer, 6, 1.0)
    expect.close([length for length, _ in found], [WHOLE] * 6, "the lengths at 6 ranks, one of which owns nothing")
    expect_at_owners([rows for _, rows in found], [gradient / WHOLE for gradient in numbers(7)], "6 ranks, limit 1")


def test_clip_passes_over_what_has_no_gradient(ShardedOptimizer):
    """A parameter without a gradient counts nothing and stays without."""
    given = [None, *numbers(7)[1:4], None]
    length = math.sqrt(sum(g.double().square().sum().item() for g in given if g is not None))
    for size in (1, 3):
        found = clipped(ShardedOptimizer, size, 1.0, given)
        expect.close([told for told, _ in found], [length] * size, f"the lengths at {size} ranks, two without gradient")
        none = [rows[i] is None for _, rows in found for i in (0, 4)]
        expect.equal(none, [True] * 2 * size, f"whether the two that had no gradient have none, at {size} ranks")
        wanted = [None if gradient is None else gradient / length for gradient in given]
        expect_at_owners([rows for _, rows in found], wanted, f"{size} ranks, two without gradient")


def test_clip_tells_of_what_is_not_finite(ShardedOptimizer):
    """Where one rank's gradient is infinite or not a number, so is the length, on every rank."""
    for harm in (math.nan, math.inf, -math.inf):
        for limit in (0.0, 1.0):
            given = numbers(7)
            given[3][1] = harm
            lengths = [length for length, _ in clipped(ShardedOptimizer, 3, limit, given)]
            finite = [math.isfinite(length) for length in lengths]
            expect.equal(finite, [False] * 3, f"whether the length is finite, with {harm} at rank 1, limit {limit:g}")
