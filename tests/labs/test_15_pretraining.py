"""Checks of lab 15: the laws behind the one dial, how many rows fit, and the share of the hardware that is used."""

import dataclasses
import math

from vibejam_core.course import expect
from vibejam_core.models.config import ModelConfig
from vibejam_core.training import scaling

# --- shape_for --------------------------------------------------------------------------------------------------------


def shapes(shape_for, field, *depths):
    """One field of the shapes of some depths."""
    found = []
    for depth in depths:
        config = shape_for(depth, 300, 40)
        kind = type(config).__name__
        expect.true(hasattr(config, "n_layer"), f"the shape should be a ModelConfig, not something of type {kind}")
        found.append(getattr(config, field))
    return found


def test_shape_has_as_many_layers_as_it_is_deep(shape_for):
    """The depth is the number of layers."""
    expect.equal(shapes(shape_for, "n_layer", 1, 2, 5, 20), [1, 2, 5, 20], "n_layer at depth 1, 2, 5 and 20")


def test_shape_grows_wider_as_it_grows_deeper(shape_for):
    """The model is 64 times as wide as it is deep."""
    expect.equal(shapes(shape_for, "n_embd", 1, 3, 4, 20), [64, 192, 256, 1280], "n_embd at depth 1, 3, 4 and 20")


def test_shape_takes_vocabulary_and_context(shape_for):
    """The vocabulary's size and the longest context are those that are asked for."""
    for vocab_size, block_size in ((300, 40), (4096, 256), (97, 2048)):
        config = shape_for(3, vocab_size, block_size)
        expect.equal([config.vocab_size, config.block_size], [vocab_size, block_size], "[vocab_size, block_size]")


def test_shape_of_small_models_has_heads_of_64(shape_for):
    """Below a depth of 8 each head has 64 numbers, so there are as many heads as layers."""
    expect.equal(shapes(shape_for, "n_head", 1, 2, 4, 6, 7), [1, 2, 4, 6, 7], "n_head at depth 1, 2, 4, 6 and 7")


def test_shape_of_large_models_has_heads_of_128(shape_for):
    """From a depth of 8 on, where it is even, each head has 128 numbers, so there are half as many heads as layers."""
    expect.equal(shapes(shape_for, "n_head", 8, 10, 12, 20, 26), [4, 5, 6, 10, 13], "n_head at depth 8, 10, 12, 20, 26")
    expect.equal(shapes(shape_for, "n_head", 32, 64), [16, 32], "n_head at depth 32 and 64")


def test_shape_of_odd_depths_has_heads_of_64(shape_for):
    """Where the depth is odd the width is no multiple of 128, so the heads have 64 numbers however deep the model."""
    expect.equal(shapes(shape_for, "n_head", 9, 13, 25), [9, 13, 25], "n_head at depth 9, 13 and 25")


def test_shape_is_made_of_whole_numbers(shape_for):
    """Layers, width and heads are ints, as a model's sizes must be."""
    config = shape_for(8, 300, 40)
    kinds = {name: type(getattr(config, name)).__name__ for name in ("n_layer", "n_embd", "n_head")}
    expect.equal(kinds, dict.fromkeys(kinds, "int"), "the kinds of numbers in a shape")


def test_shape_leaves_the_rest_as_it_is(shape_for):
    """Every other field is as it is by default: keys and values of each head's own, float32, the whole context seen."""
    plain = ModelConfig()
    given = ("vocab_size", "block_size", "n_layer", "n_embd", "n_head", "n_kv_head")
    names = [field.name for field in dataclasses.fields(plain) if field.name not in given]
    for depth in (4, 12):
        config = shape_for(depth, 300, 40)
        expect.equal(config.kv_heads, config.n_head, f"for how many heads there are keys and values, depth {depth}")
        expect.equal({name: getattr(config, name) for name in names}, {name: getattr(plain, name) for name in names},
                     f"the other fields of the config, depth {depth}")  # fmt: skip


def test_shape_refuses_a_depth_below_1(shape_for):
    """A depth below 1 is a ValueError that names it."""
    for depth in (-17, 0):
        expect.raises(ValueError, lambda depth=depth: shape_for(depth, 300, 40), [str(depth)], f"a depth of {depth}")


# --- plan_for ---------------------------------------------------------------------------------------------------------

D0, B0, RATE = scaling.REFERENCE_TOKENS, scaling.REFERENCE_BATCH, scaling.REFERENCE_RATE


def counted(matrices, head, others=0):
    """What a model's parameter_counts() might return."""
    found = {"embeddings": others, "value_embeddings": 3 * others, "head": head, "matrices": matrices, "scalars": 7 + others // 10}
    return {**found, "total": sum(found.values())}


def nearest_rows(horizon, block_size):
    """The power of two that is nearest to the law's batch, found by trying them all."""
    batch = B0 * (horizon / D0) ** 0.383 / block_size
    return min((2**k for k in range(30)), key=lambda rows: max(rows / batch, batch / rows))


def rows_of(plan_for, horizons, block_size=256):
    """Rows for some horizons."""
    return [plan_for(counted(horizon // 20 - 50, 50), block_size).rows for horizon in horizons]


def test_plan_says_how_long_a_row_is(plan_for):
    """The plan's block_size is the one that was given."""
    plans = [plan_for(counted(10**6, 10**5), T) for T in (128, 1024)]
    expect.equal([plan.block_size for plan in plans], [128, 1024], "the plans' block_size")


def test_plan_at_the_reference(plan_for):
    """At the reference horizon the batch and the learning rate are the reference's."""
    plan = plan_for(counted(D0 // 32, D0 // 32), B0 // 32, ratio=16.0)
    expect.equal(plan.rows, 32, f"rows, of {B0 // 32} tokens each, for a horizon of {D0} tokens")
    expect.close(plan.learning_rate, RATE, "the learning rate for that horizon", atol=0.0, rtol=1e-6)


def test_plan_batch_grows_slowly(plan_for):
    """The batch grows with the horizon to the power of 0.383: a thousand times the tokens, 14 times the batch."""
    horizons = [D0 // 1000, D0 // 30, D0, 30 * D0, 1000 * D0]
    expect.equal(rows_of(plan_for, horizons), [nearest_rows(h // 20 * 20, 256) for h in horizons],
                 "rows of 256 tokens for horizons from a thousandth to a thousand times the reference")  # fmt: skip


def test_plan_rounds_rows_to_the_nearest_power_of_two(plan_for):
    """Rows are a power of two, the nearest on the logarithmic scale, which may be above or below what the law says."""
    horizons = [int(D0 * 2 ** (k / 4 / 0.383)) // 20 * 20 for k in (-11, -9, -7, -6.02, -5, -3, -1, 1, 3, 5, 6.02, 7)]
    wanted = [nearest_rows(horizon, 256) for horizon in horizons]
    expect.equal(rows_of(plan_for, horizons), wanted, "rows of 256 tokens, where the law's batch is between two powers")


def test_plan_has_fewer_rows_where_they_are_longer(plan_for):
    """The batch is in tokens, so rows of four times the length are a quarter as many."""
    rows = [plan_for(counted(D0 // 40, D0 // 40), T).rows for T in (64, 256, 1024, 4096)]
    expect.equal(rows, [nearest_rows(D0, T) for T in (64, 256, 1024, 4096)], "rows of 64, 256, 1024 and 4096 tokens")


def test_plan_has_a_power_of_two_of_rows_of_any_length(plan_for):
    """A row's length needn't be a power of two; the number of rows is one all the same, the nearest."""
    lengths = (100, 1500, 22_600, 45_200)  # at the reference the law says 2.9 and 1.45 rows for the last two
    for horizon in (D0 // 3 // 20 * 20, D0 // 20 * 20):
        rows = [plan_for(counted(horizon // 20 - 9, 9), T).rows for T in lengths]
        what = f"rows of 100, 1500, 22600 and 45200 tokens for a horizon of {horizon}"
        expect.equal(rows, [nearest_rows(horizon, T) for T in lengths], what)


def test_plan_has_at_least_one_row(plan_for):
    """A tiny model has a row in each step, however long it is."""
    plan = plan_for(counted(900, 100), 4096)
    expect.equal([plan.rows, plan.steps], [1, 5], "[rows, steps] for 1,000 parameters, rows of 4096 tokens")


def test_plan_sees_twenty_tokens_per_parameter(plan_for):
    """The horizon is 20 tokens for each parameter of matrices and head together."""
    counts = counted(3_145_728, 1_048_576)
    rows = nearest_rows(20 * 4_194_304, 256)
    expect.equal(plan_for(counts, 256).steps, math.ceil(20 * 4_194_304 / (256 * rows)), "steps for 4,194,304 of them")


def test_plan_does_not_count_embeddings(plan_for):
    """Embeddings, scalars and the total play no part."""
    plans = [plan_for(counted(2_000_000, 300_000, others), 512) for others in (0, 40_000_000)]
    few, many = ([plan.rows, plan.steps, plan.learning_rate] for plan in plans)
    expect.close(many, few, "[rows, steps, learning rate] with 160 million numbers in embeddings, and without them")


def test_plan_follows_the_ratio(plan_for):
    """Another ratio makes another horizon, and with it another batch and another rate."""
    for ratio in (1.0, 5.5, 200.0):
        plan, horizon = plan_for(counted(6_000_000, 1_000_000), 256, ratio), 7_000_000 * ratio
        rows = nearest_rows(horizon, 256)
        expect.equal([plan.rows, plan.steps], [rows, math.ceil(horizon / rows / 256)], f"[rows, steps], ratio {ratio}")


def test_plan_rounds_steps_up(plan_for):
    """The steps are enough for all tokens: the last may go beyond them, and there isn't one more than needed."""
    for matrices, steps in ((3072, 3), (3071, 3), (3073, 4), (1, 1)):
        plan = plan_for(counted(matrices, 0), 1024, ratio=1.0)
        expect.equal(plan.steps, steps, f"steps for {matrices} tokens, a row of 1024 in each")
    plan = plan_for(counted(2048, 1), 1024, ratio=0.5)
    expect.equal(plan.steps, 2, "steps for 1024.5 tokens, a row of 1024 in each")


def test_plan_rate_follows_the_root_of_the_batch(plan_for):
    """Four times the batch, twice the rate: it goes by the batch that came out, rows * T tokens."""
    cases = ((D0 // 800, 256), (D0 // 7, 64), (3 * D0, 512), (500 * D0, 2048), (20_000, 4096))
    for horizon, T in (*cases, (20_000, 64), (10_000 * D0, 2048)):
        plan = plan_for(counted(horizon // 20, 0), T)
        want = RATE * math.sqrt(nearest_rows(horizon // 20 * 20, T) * T / B0)
        what = f"the learning rate for a horizon of {horizon // 20 * 20} tokens, rows of {T}"
        expect.close(plan.learning_rate, want, what, atol=0.0, rtol=1e-6)


def test_plan_is_made_of_whole_numbers(plan_for):
    """Rows and steps are ints, the learning rate is a float."""
    for matrices, T in ((4_000_000, 256), (10, 512)):
        plan = plan_for(counted(matrices, 3), T)
        kinds = {name: type(getattr(plan, name)).__name__ for name in ("rows", "steps", "learning_rate")}
        expect.equal(kinds, {"rows": "int", "steps": "int", "learning_rate": "float"}, "the kinds of numbers in a plan")


def test_plan_leaves_the_counts_alone(plan_for):
    """The counts are the same afterwards, and the next plan doesn't depend on the last."""
    counts = counted(4_000_000, 100_000, 5)
    first = plan_for(counts, 256)
    expect.equal(counts, counted(4_000_000, 100_000, 5), "the counts afterwards")
    plan_for(counted(9, 9), 64, 3.0)
    again = plan_for(counts, 256)
    expect.equal([again.rows, again.steps], [first.rows, first.steps], "[rows, steps] of the same plan made again")


def test_plan_refuses_a_ratio_that_is_not_above_0(plan_for):
    """A ratio of 0, or below, is a ValueError that names it."""
    for ratio, name in ((-7.5, "-7.5"), (0.0, "0")):
        act = lambda ratio=ratio: plan_for(counted(1000, 100), 64, ratio)  # noqa: E731
        expect.raises(ValueError, act, [name], f"a ratio of {ratio}")


# --- micro_batch_size -------------------------------------------------------------------------------------------------

CONFIG = ModelConfig(vocab_size=100, block_size=16, n_layer=3, n_head=2, n_embd=24)
COUNTS = counted(20_736, 3_072, 3_072)


def needed(rows, world_size=1, config=CONFIG, counts=COUNTS):
    """How many bytes the estimate says for that many rows."""
    return scaling.memory_for(config, counts, rows, world_size).total


def test_micro_takes_all_where_they_fit(micro_batch_size):
    """Where all rows fit, the rank takes all of them at once, however much more is free."""
    for rows in (1, 8, 12, 7):
        for free in (needed(rows) + 9, 10**12):
            got = micro_batch_size(CONFIG, COUNTS, rows, free)
            expect.equal(got, rows, f"of {rows} rows, which need {needed(rows)} bytes, with {free} free")


def test_micro_takes_many_rows_where_they_fit(micro_batch_size):
    """There is no largest number of rows but what fits: of 1,000 rows all, or half of them."""
    got = [micro_batch_size(CONFIG, COUNTS, 1000, needed(rows) + 9) for rows in (1000, 999)]
    expect.equal(got, [1000, 500], "of 1,000 rows, where 1,000 and 999 fit")


def test_micro_takes_a_divisor(micro_batch_size):
    """Where not all fit, it is the largest divisor of rows that does: of 12 rows 6, 4, 3, 2 or 1."""
    got = {n: micro_batch_size(CONFIG, COUNTS, 12, needed(n) + 9) for n in range(1, 13)}
    want = {1: 1, 2: 2, 3: 3, 4: 4, 5: 4, 6: 6, 7: 6, 8: 6, 9: 6, 10: 6, 11: 6, 12: 12}
    expect.equal(got, want, "of 12 rows, by how many would fit")


def test_micro_of_odd_numbers_of_rows(micro_batch_size):
    """Divisors needn't be powers of two: of 45 rows 15, of 49 rows 7, of 7 rows 1."""
    got = [
        micro_batch_size(CONFIG, COUNTS, rows, needed(fits) + 9) for rows, fits in ((45, 40), (49, 48), (7, 6), (45, 8))
    ]
    expect.equal(got, [15, 7, 1, 5], "of 45 rows where 40 fit, 49 where 48 fit, 7 where 6 fit, 45 where 8 fit")


def test_micro_uses_the_last_byte(micro_batch_size):
    """What needs exactly as much as is free fits; with one byte less it doesn't."""
    got = [micro_batch_size(CONFIG, COUNTS, 12, needed(n) - less) for n in (12, 6, 2) for less in (0, 1)]
    expect.equal(got, [12, 6, 6, 4, 2, 1], "of 12 rows, with as many bytes as 12, 6 and 2 need, and with one less")


def test_micro_counts_on_the_other_ranks(micro_batch_size):
    """Ranks share the optimiser's memory, so more rows fit where there are more ranks."""
    free = needed(6, world_size=8)
    got = [micro_batch_size(CONFIG, COUNTS, 12, free, world_size=n) for n in (1, 2, 8, 100)]
    want = [max(d for d in (1, 2, 3, 4, 6, 12) if needed(d, n) <= free) for n in (1, 2, 8, 100)]
    expect.equal(got, want, "of 12 rows with 1, 2, 8 and 100 ranks")


def test_micro_goes_by_the_model(micro_batch_size):
    """Shape, compute dtype and counts all count for the memory."""
    wide = dataclasses.replace(CONFIG, n_embd=48, vocab_size=900, block_size=32)
    half = dataclasses.replace(CONFIG, compute_dtype="bfloat16")
    large = counted(200_000, 3_072, 3_072)
    for config, counts in ((wide, COUNTS), (half, COUNTS), (CONFIG, large), (wide, large)):
        free = needed(4, 1, config, counts)
        got = [micro_batch_size(config, counts, 8, free - less) for less in (0, 1)]
        expect.equal(got, [4, 2], f"of 8 rows where 4 fit, and where one byte lacks for that, of {config}")


def test_micro_is_an_int(micro_batch_size):
    """What comes back is an int."""
    for free in (needed(12), needed(5)):
        got = micro_batch_size(CONFIG, COUNTS, 12, free)
        expect.true(isinstance(got, int), f"expected an int, got something of type {type(got).__name__}: {got}")


def test_micro_refuses_where_nothing_fits(micro_batch_size):
    """Where not even one row fits, a ValueError names the bytes that one row needs and those that are free."""
    for rows, world_size in ((12, 1), (1, 1), (8, 4)):
        free = needed(1, world_size) - 1
        act = lambda rows=rows, free=free, n=world_size: micro_batch_size(CONFIG, COUNTS, rows, free, n)  # noqa: E731
        expect.raises(ValueError, act, [str(needed(1, world_size)), str(free)], f"{free} free bytes")


def test_micro_leaves_the_counts_alone(micro_batch_size):
    """The counts are the same afterwards."""
    counts = counted(20_736, 3_072, 3_072)
    micro_batch_size(CONFIG, counts, 12, needed(5))
    expect.equal(counts, counted(20_736, 3_072, 3_072), "the counts afterwards")


# --- mfu --------------------------------------------------------------------------------------------------------------


def test_mfu_is_a_share(mfu):
    """Where half of what the hardware can do goes into the model, it is 0.5."""
    expect.close(mfu(1000.0, 2e9, 4e12), 0.5, "1,000 tokens a second, 2e9 FLOPs each, of 4e12 a second", atol=1e-9)


def test_mfu_of_real_hardware(mfu):
    """A small model on a large GPU, and a small share of its peak."""
    expect.close(mfu(350_000.0, 1.1e9, 989e12), 350 * 1.1 / 989, "350,000 tokens, 1.1e9 FLOPs each, of 989e12")
    expect.close(mfu(25.0, 3e6, 5e10), 0.0015, "25 tokens, 3e6 FLOPs each, of 5e10", atol=1e-8)


def test_mfu_of_nothing_is_0(mfu):
    """Where nothing is trained, nothing is used."""
    expect.close(mfu(0.0, 3e9, 1e12), 0.0, "no tokens at all", atol=1e-12)


def test_mfu_may_be_above_1(mfu):
    """A peak that is stated too low shows in a share above 1: nothing is cut off."""
    expect.close(mfu(3000.0, 2e9, 4e12), 1.5, "3,000 tokens a second, 2e9 FLOPs each, of 4e12 a second")


def test_mfu_does_not_round(mfu):
    """Small differences stay visible."""
    for peak, want in ((1e18, 0.000123456789), (1e15, 0.123456789)):
        what = f"123,456.789 tokens, 1e9 FLOPs each, of {peak:g}"
        expect.close(mfu(123_456.789, 1e9, peak), want, what, atol=0.0, rtol=1e-9)


def test_mfu_of_whole_numbers(mfu):
    """Whole numbers do as well, and what comes back is a float."""
    got = mfu(3, 5, 20)
    expect.close(got, 0.75, "3 tokens a second, 5 FLOPs each, of 20")
    expect.true(isinstance(got, float), f"expected a float, got something of type {type(got).__name__}: {got}")


def test_mfu_of_small_numbers(mfu):
    """All three may be fractions: a large model on a slow machine takes seconds for a token."""
    expect.close(mfu(0.25, 2e9, 4e9), 0.125, "a token in 4 seconds, 2e9 FLOPs each, of 4e9")
    expect.close(mfu(0.5, 0.25, 0.5), 0.25, "half a token a second, a quarter of a FLOP each, of half a one")


def test_mfu_refuses_a_peak_that_is_not_above_0(mfu):
    """A peak of 0, or below, is a ValueError that names it."""
    for peak, name in ((-37.5, "-37.5"), (0.0, "0")):
        expect.raises(ValueError, lambda peak=peak: mfu(10.0, 2.0, peak), [name], f"a peak of {peak}")
