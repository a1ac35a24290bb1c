"""Checks of lab 11: attention whose query heads share keys and values."""

import math

import torch

from tests.labs.helpers_by_hand import rand
from tests.labs.helpers_modern import attend_by_hand, gradients_of, replaced, right
from vibejam_core.course import expect

# Every size is another, so that no axis can be taken for its neighbour: 6 query heads share 3 heads of keys and values.
B, T, S, H, KV, D = 2, 5, 8, 6, 3, 10


def heads(queries=T, positions=T, kv=KV, seed=10, scale=1.0, rows=B, dtype=torch.float32):
    """Queries, keys and values that make scores of order one."""
    q = rand(rows, queries, H, D, seed=seed, scale=scale)
    k = rand(rows, positions, kv, D, seed=seed + 1, scale=scale)
    return q.to(dtype), k.to(dtype), rand(rows, positions, kv, D, seed=seed + 2).to(dtype)


# --- What comes out ---------------------------------------------------------------------------------------------------


def test_attend_keeps_the_shape_of_the_queries(attend):
    """The output has the shape (B, T, H, D), however many positions and heads of keys there are."""
    for queries, positions, kv in ((T, T, KV), (T, S, KV), (1, S, 2), (1, 1, 1), (T, T, H)):
        what = f"the output for T={queries}, S={positions}, H={H}, KV={kv}"
        for window in (0, 2):
            expect.shape(attend(*heads(queries, positions, kv), window), (B, queries, H, D), what)


def test_attend_leaves_its_inputs_alone(attend):
    """The tensors that came in are the same afterwards."""
    for positions, window in ((T, 0), (S, 3)):
        given = heads(T, positions)
        before = [tensor.clone() for tensor in given]
        attend(*given, window)
        for tensor, old, name in zip(given, before, ("q", "k", "v"), strict=True):
            expect.equal(tensor, old, f"{name} after the call")


def test_attend_weights_sum_to_one(attend):
    """Where all values are alike, the output is that value."""
    q, k, _ = heads()
    value = torch.arange(1.0, D + 1)
    got = attend(q, k, value.expand(B, T, KV, D))
    expect.close(got, value.expand(B, T, H, D), "the output where every value is 1, 2, 3, ... 10")


def test_attend_keeps_batch_rows_apart(attend):
    """The rows of a batch don't see each other."""
    given = heads(rows=3)
    other = [tensor.clone() for tensor in given]
    for tensor in other:
        tensor[0] = rand(*tensor[0].shape, seed=50)
    expect.close(attend(*other)[1:], attend(*given)[1:], "the outputs of rows 1 and 2 after row 0 was changed")


def test_attend_later_position_changes_nothing_earlier(attend):
    """A later key or value must not change an earlier output, with a window or without one."""
    q, k, v = heads()
    for window in (0, 2):
        for token in (4, 2):
            after = attend(q, replaced(k, token, seed=51), replaced(v, token, seed=52), window)[:, :token]
            what = f"the outputs before position {token} when its key and value change, with window={window}"
            expect.close(after, attend(q, k, v, window)[:, :token], what)


def test_attend_no_gradient_from_the_future(attend):
    """No gradient flows from an output to a later key or value; some flows to its own and each one before."""
    q, k, v = (tensor.requires_grad_() for tensor in heads())
    for name, x in (("key", k), ("value", v)):
        (gradient,) = gradients_of(attend(q, k, v)[:, 2], [x], f"the {name}s")
        size = gradient.abs().sum(dim=(0, 2, 3))  # (S,)
        expect.close(
            size[3:], torch.zeros(2), f"how much the {name}s of positions 3 and 4 matter to output 2", atol=1e-7
        )
        expect.between(
            size[:3].min(), 1e-3, math.inf, f"how much the {name}s of positions 0, 1 and 2 matter to output 2"
        )


# --- Which heads ------------------------------------------------------------------------------------------------------


def test_attend_first_position_gets_its_own_value(attend):
    """The first position sees only itself: query heads 0 and 1 get value head 0, the next two head 1, and so on."""
    q, k, v = heads()
    wanted = torch.stack([v[:, 0, group] for group in (0, 0, 1, 1, 2, 2)], dim=1)
    expect.close(attend(q, k, v)[:, 0], wanted, "the output of the first position")


def test_attend_sees_itself_and_everything_before(attend):
    """With equal scores, the output is the mean of the values up to the position itself."""
    q, k, v = heads()
    means = v.cumsum(dim=1) / torch.arange(1, T + 1)[:, None, None]
    expect.close(attend(0 * q, k, v)[:, :, ::2], means, "the outputs of heads 0, 2 and 4 where all scores are equal")


def test_attend_computes_attention(attend):
    """With a head of keys for each query head, the output is softmax(q·k / √D) times the values, as by hand."""
    q, k, v = heads(kv=H)
    expect.close(attend(q, k, v), right(attend_by_hand(q, k, v)), f"the output with H = KV = {H}", atol=1e-4)


def test_attend_shares_keys_in_order(attend):
    """Query heads 0 and 1 are compared with key head 0, the next two with head 1; likewise with 2 heads or 1."""
    for kv in (KV, 2, 1):
        q, k, v = heads(kv=kv)
        expect.close(attend(q, k, v), right(attend_by_hand(q, k, v)), f"the output with H={H} and KV={kv}", atol=1e-4)


def test_attend_refuses_heads_that_do_not_divide(attend):
    """A number of key heads that doesn't divide the query heads raises a ValueError that names both."""
    for kv in (4, 12):
        make = lambda kv=kv: attend(*heads(kv=kv))  # noqa: E731
        expect.raises(ValueError, make, mentions=(str(H), str(kv)), what=f"{H} query heads with {kv} heads of keys")


# --- Which positions --------------------------------------------------------------------------------------------------


def test_attend_queries_are_the_last_positions(attend):
    """Fewer queries than keys are the last ones: query t stands at position S - T + t."""
    for queries in (T, 1, S - 1):
        q, k, v = heads(queries, S)
        got = attend(q, k, v)
        expect.close(
            got, right(attend_by_hand(q, k, v)), f"the output of {queries} queries at {S} positions", atol=1e-4
        )


def test_attend_refuses_more_queries_than_positions(attend):
    """More queries than positions raise a ValueError that names both numbers."""
    for window in (0, 2):
        make = lambda window=window: attend(*heads(T, 3), window)  # noqa: E731
        expect.raises(ValueError, make, mentions=(str(T), "3"), what=f"{T} queries at 3 positions, window={window}")


def test_attend_window_counts_itself(attend):
    """With a window of 1 each position sees nothing but itself."""
    q, k, v = heads()
    expect.close(attend(q, k, v, window=1)[:, :, ::2], v, "the outputs of heads 0, 2 and 4 with window=1")


def test_attend_window_slides(attend):
    """With a window each query sees the last ``window`` positions up to its own, as computed by hand."""
    q, k, v = heads(S, S)
    for window in (2, 3, S - 1):
        got = attend(q, k, v, window)
        expect.close(got, right(attend_by_hand(q, k, v, window)), f"the output with window={window}", atol=1e-4)


def test_attend_window_of_the_last_queries(attend):
    """A window goes with the queries where they are fewer than the keys."""
    for queries, window in ((T, 2), (T, 6), (1, 3), (1, 1), (T, 1)):
        q, k, v = heads(queries, S)
        what = f"the output of {queries} queries at {S} positions with window={window}"
        expect.close(attend(q, k, v, window), right(attend_by_hand(q, k, v, window)), what, atol=1e-4)


def test_attend_window_larger_than_the_text(attend):
    """A window of S or more is as good as none."""
    for queries, window in ((S, S), (S, 1000), (T, S), (T, S + 1)):
        q, k, v = heads(queries, S)
        what = f"the output of {queries} queries at {S} positions with window={window}"
        expect.close(attend(q, k, v, window), right(attend_by_hand(q, k, v)), what, atol=1e-4)


# --- At the edges -----------------------------------------------------------------------------------------------------


def test_attend_keeps_the_dtype(attend):
    """The output has the dtype of the queries, and is as exact as that allows."""
    for dtype, exact in ((torch.bfloat16, 0.04), (torch.float16, 0.01), (torch.float64, 1e-5)):
        for window in (0, 2):
            given = heads(T, S, dtype=dtype)
            got, what = attend(*given, window), f"the output for {dtype} with window={window}"
            expect.dtype(got, dtype, what)
            expect.close(got, right(attend_by_hand(*given, window)), what, atol=exact, rtol=0.02)


def test_attend_survives_large_scores(attend):
    """Scores of a few hundred, or of minus a few hundred, neither overflow nor drown the mask."""
    for sign in (1, -1):
        q, k, v = heads(T, S)
        q[..., 0], k[..., 0] = 20.0, sign * 20.0  # 200 to each score
        for window in (0, 3):
            what = f"the output where scores are near {sign * 200}, with window={window}"
            expect.close(attend(q, k, v, window), right(attend_by_hand(q, k, v, window)), what, atol=1e-3)


def test_attend_works_at_every_length(attend):
    """Texts of other lengths work one after another, long ones too."""
    for length, window in ((3, 0), (7, 2), (1, 0), (6, 2), (150, 0), (150, 70)):
        q, k, v = heads(length, length, rows=1)
        what = f"the output for {length} positions with window={window}"
        expect.close(attend(q, k, v, window), right(attend_by_hand(q, k, v, window)), what, atol=1e-4)


def test_attend_passes_gradients_on(attend):
    """The gradients at queries, keys and values are those of the formula."""
    for window in (0, 3):
        ours, theirs = ([tensor.requires_grad_() for tensor in heads(T, S)] for _ in range(2))
        wanted = gradients_of(attend_by_hand(*theirs, window), theirs, "q, k and v")
        found = gradients_of(attend(*ours, window), ours, "q, k and v")
        for got, exact, name in zip(found, wanted, ("q", "k", "v"), strict=True):
            expect.close(got, right(exact), f"the gradient at {name} with window={window}", atol=1e-4, rtol=1e-3)
