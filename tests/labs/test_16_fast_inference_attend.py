"""Checks of lab 16: attention of new tokens to all tokens of their row, in rows of unequal lengths."""

import torch

from tests.labs.helpers_by_hand import rand
from tests.labs.helpers_modern import attend_by_hand, right
from vibejam_core.course import expect

B, H, KV, D = 3, 6, 2, 5


def inputs(lengths, T, seed, more=0, heads=H, shared=KV, scale=1.0):
    """Queries, keys and values of T new tokens behind so many old ones; ``more`` positions lie behind all."""
    rows, S = len(lengths), max(lengths) + T + more
    q = rand(rows, T, heads, D, seed=seed, scale=scale)
    return q, rand(rows, S, shared, D, seed=seed + 1, scale=scale), rand(rows, S, shared, D, seed=seed + 2)


def by_hand(q, k, v, lengths, window=0):
    """Each row by itself, with no more keys than it has."""
    T = q.shape[1]
    rows = [
        attend_by_hand(q[b : b + 1], k[b : b + 1, : n + T], v[b : b + 1, : n + T], window)
        for b, n in enumerate(lengths)
    ]
    return right(torch.cat(rows))


def agrees(attend_cached, lengths, T, what, window=0, seed=1, **sizes):
    """Compare with the sums by hand."""
    q, k, v = inputs(lengths, T, seed, **sizes)
    got = attend_cached(q.clone(), k.clone(), v.clone(), lengths, window)
    expect.close(got, by_hand(q, k, v, lengths, window), what)


def test_attend_has_the_queries_shape(attend_cached):
    """The result has the shape and dtype of the queries: (B, T, H, D)."""
    for lengths, T in (([4, 4, 4], 1), ([2, 0, 3], 2)):
        q, k, v = inputs(lengths, T, seed=1)
        for dtype in (torch.float32, torch.bfloat16, torch.float64):
            out = attend_cached(q.to(dtype), k.to(dtype), v.to(dtype), lengths)
            expect.shape(out, (B, T, H, D), f"the output for {T} new tokens behind {lengths}")
            expect.dtype(out, dtype, f"the output for {dtype}")


def test_attend_to_a_text_from_its_beginning(attend_cached):
    """Where nothing is held yet, it is the causal attention of lab 11."""
    for T in (1, 4):
        agrees(attend_cached, [0, 0, 0], T, f"the output for {T} first tokens")


def test_attend_one_token_sees_all_before_it(attend_cached):
    """In rows of one length, a single new token sees all old ones and itself."""
    for n in (1, 7):
        agrees(attend_cached, [n, n, n], 1, f"the output for a new token behind {n}")


def test_attend_several_new_tokens_stay_in_order(attend_cached):
    """Several new tokens see all old ones, those before them, and themselves, but not those after them."""
    agrees(attend_cached, [4, 4, 4], 3, "the output for three new tokens behind four")


def test_attend_each_row_from_its_own_position(attend_cached):
    """In rows of unequal lengths, query t of row b stands at position lengths[b] + t."""
    agrees(attend_cached, [5, 0, 3], 1, "the output for a new token behind 5, 0 and 3")
    agrees(attend_cached, [1, 6, 2], 4, "the output for four new tokens behind 1, 6 and 2")
    agrees(attend_cached, [3, 1, 3], 3, "the output for three new tokens behind 3, 1 and 3")


def test_attend_ignores_what_lies_behind(attend_cached):
    """Keys and values beyond a query's own position don't count, however large they are."""
    lengths, T = [4, 1, 2], 2
    q, k, v = inputs(lengths, T, seed=5, more=3)
    wanted = by_hand(q, k, v, lengths)
    for b, n in enumerate(lengths):
        k[b, n + T :], v[b, n + T :] = 100 * q[b, -1, 0], 1000.0
    expect.close(attend_cached(q, k, v, lengths), wanted, "the output with large keys and values behind each row's end")


def test_attend_takes_more_room_than_is_used(attend_cached):
    """There may be more keys than any row has tokens."""
    agrees(attend_cached, [2, 2, 2], 1, "the output for S = 9, lengths of 2 and one new token", more=6)
    agrees(attend_cached, [0, 0, 0], 3, "the output for S = 9, lengths of 0 and three new tokens", more=6)


def test_attend_takes_keys_that_are_a_part_of_the_room(attend_cached):
    """Keys and values may be the first positions of larger tensors, as a cache hands them out."""
    lengths, T = [4, 1, 2], 2
    q, k, v = inputs(lengths, T, seed=6, more=3)
    k, v = k[:, : max(lengths) + T], v[:, : max(lengths) + T]
    expect.close(attend_cached(q, k, v, lengths), by_hand(q, k, v, lengths), "the output for keys cut out of a room")


def test_attend_shares_heads(attend_cached):
    """Query head h uses head h * KV / H of keys and values, also where each has its own, or all share one."""
    for heads, shared in ((6, 3), (6, 6), (4, 1), (1, 1)):
        agrees(attend_cached, [4, 1, 2], 2, f"the output with {heads} query heads and {shared} of keys",
               heads=heads, shared=shared)  # fmt: skip


def test_attend_window_for_one_token(attend_cached):
    """With a window a single new token sees that many positions, the last of them its own."""
    for window in (1, 3, 6):
        agrees(attend_cached, [6, 6, 6], 1, f"the output for a window of {window} and a token behind 6", window)


def test_attend_window_for_several_tokens(attend_cached):
    """Each of several new tokens has its own window."""
    for window in (1, 2, 4):
        agrees(attend_cached, [4, 4, 4], 3, f"the output for a window of {window}, three tokens behind 4", window)
        agrees(attend_cached, [0, 0, 0], 5, f"the output for a window of {window}, five first tokens", window)


def test_attend_window_in_unequal_rows(attend_cached):
    """The window counts from each row's own position."""
    for window in (1, 2, 4):
        agrees(attend_cached, [7, 0, 3], 1, f"the output for a window of {window}, a token behind 7, 0 and 3", window)
        agrees(attend_cached, [0, 5, 2], 3, f"the output for a window of {window}, three behind 0, 5 and 2", window)


def test_attend_window_may_be_larger_than_the_text(attend_cached):
    """A window larger than the text is as good as none, and 0 is none."""
    for window in (5, 7, 100, 0):
        agrees(attend_cached, [3, 2, 1], 1, f"the output for a window of {window}, a token behind 3, 2 and 1", window)
        agrees(attend_cached, [2, 2, 2], 1, f"the output for a window of {window}, a token behind 2 in each", window)
    q, k, v = inputs([3, 1, 2], 4, seed=3)
    expect.close(attend_cached(q, k, v, [3, 1, 2]), by_hand(q, k, v, [3, 1, 2]), "the output without a window argument")


def test_attend_takes_a_single_row(attend_cached):
    """A batch of one row works, and so does one of many, and lengths may be a tuple."""
    agrees(attend_cached, [5], 2, "the output for a single row")
    agrees(attend_cached, (3, 0, 1, 4, 2, 2, 6), 2, "the output for seven rows, their lengths in a tuple")


def test_attend_does_not_overflow(attend_cached):
    """Scores of a few hundred don't overflow."""
    agrees(attend_cached, [4, 1, 2], 2, "the output where scores are of order 300", scale=25.0)


def test_attend_in_half_precision(attend_cached):
    """In half precision it sees the same positions, in long rows too: bfloat16 can't tell 256 from 257."""
    lengths = [255, 40, 257]
    q, k, v = inputs(lengths, 2, seed=8, more=2)
    for b, n in enumerate(lengths):
        v[b, n + 2 :] = 1000.0  # what lies behind
    for dtype in (torch.bfloat16, torch.float16):
        half = [x.to(dtype) for x in (q, k, v)]
        wanted = by_hand(*(x.float() for x in half), lengths)
        what = f"the output in {dtype} for two new tokens behind 255, 40 and 257"
        expect.close(attend_cached(*half, lengths).float(), wanted, what, atol=0.05)


def test_attend_leaves_its_arguments_alone(attend_cached):
    """Queries, keys, values and lengths are the same afterwards."""
    lengths = [4, 0, 2]
    q, k, v = inputs(lengths, 2, seed=7)
    attend_cached(q, k, v, lengths, 2)
    for name, got, wanted in zip(("queries", "keys", "values"), (q, k, v), inputs([4, 0, 2], 2, seed=7), strict=True):
        expect.equal(got, wanted, f"the {name} after the call")
    expect.equal(lengths, [4, 0, 2], "the lengths after the call")


def test_attend_keeps_nothing_between_calls(attend_cached):
    """A call doesn't depend on those before it, with other lengths, windows and sizes."""
    for lengths, T, window in (([2, 5, 1], 2, 0), ([5, 2, 1], 2, 0), ([5, 2, 1], 2, 3), ([5, 2, 1], 2, 0)):
        agrees(attend_cached, lengths, T, f"the output for lengths {lengths} and window {window}, after others", window)
