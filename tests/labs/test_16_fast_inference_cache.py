"""Checks of lab 16: a cache of keys and values, filled, grown, and cut down to some of its rows."""

import math
from dataclasses import replace

import torch

from tests.labs.helpers_by_hand import rand
from tests.labs.helpers_engine import KV, SHAPE, D, Kept
from vibejam_core.course import expect

ROWS = 4
UNEQUAL = [3, 1, 4, 2]
"""How many tokens the rows of an unequal cache hold."""


def empty(KVCache, rows=ROWS, capacity=9):
    """An empty cache and its lists."""
    return Kept(KVCache(SHAPE, rows, capacity), rows)


def unequal(KVCache, capacity=9):
    """A cache whose rows hold 3, 1, 4 and 2 tokens; four were inserted for each."""
    return empty(KVCache, capacity=capacity).write(4, UNEQUAL)


# --- An empty cache ---------------------------------------------------------------------------------------------------


def test_cache_has_keys_and_values_for_every_layer(KVCache):
    """``keys`` and ``values`` have a tensor for each layer, of shape (B, capacity, KV, D)."""
    for rows, capacity in ((ROWS, 9), (1, 1)):
        cache = KVCache(SHAPE, rows, capacity)
        for name, kept in (("keys", cache.keys), ("values", cache.values)):
            expect.equal(len(kept), SHAPE.n_layer, f"how many tensors self.{name} has for three layers")
            for layer in range(SHAPE.n_layer):
                expect.shape(kept[layer], (rows, capacity, KV, D), f"self.{name}[{layer}]")


def test_cache_has_a_head_for_each_query_head_if_none_are_shared(KVCache):
    """With n_kv_head 0 each query head has keys and values of its own: KV is ``kv_heads``."""
    cache = KVCache(replace(SHAPE, n_kv_head=0), 2, 3)
    for name, kept in (("keys", cache.keys), ("values", cache.values)):
        expect.shape(kept[0], (2, 3, SHAPE.n_head, D), f"self.{name}[0] with n_kv_head 0 and six query heads")


def test_cache_has_room_for_64_by_default(KVCache):
    """Without a capacity there is room for 64 tokens."""
    expect.shape(KVCache(SHAPE, 2).values[1], (2, 64, KV, D), "self.values[1] of a cache without a capacity")


def test_cache_begins_empty(KVCache):
    """``lengths`` is a list of B Python ints, all 0."""
    lengths = KVCache(SHAPE, ROWS, 9).lengths
    expect.true(isinstance(lengths, list), f"self.lengths should be a list, but it is a {type(lengths).__name__}")
    expect.equal([type(n).__name__ for n in lengths], ["int"] * ROWS, "the types in self.lengths")
    expect.equal(lengths, [0] * ROWS, "self.lengths of a new cache")


def test_cache_has_the_compute_dtype(KVCache):
    """Keys and values are of the model's compute dtype."""
    for name, dtype in (("bfloat16", torch.bfloat16), ("float16", torch.float16), ("float32", torch.float32)):
        cache = KVCache(replace(SHAPE, compute_dtype=name), 2, 3)
        found = [str(cache.keys[0].dtype), str(cache.values[2].dtype)]
        expect.equal(found, [str(dtype)] * 2, f"the dtypes of keys and values with compute_dtype {name}")


def test_cache_is_on_the_device(KVCache):
    """Keys and values are made on the device that was asked for."""
    cache = KVCache(SHAPE, 2, 3, "meta")  # a device that torch has everywhere, for shapes without numbers
    found = [str(kept[layer].device) for kept in (cache.keys, cache.values) for layer in range(SHAPE.n_layer)]
    expect.equal(found, ["meta"] * 6, "the devices of keys and values, made with the device meta")


def test_cache_refuses_to_have_no_room(KVCache):
    """A batch_size or a capacity below 1 is a ValueError that names it with its value."""
    for size in (-3, 0):
        expect.raises(ValueError, lambda size=size: KVCache(SHAPE, size), ["batch_size", str(size)], f"{size} rows")
        expect.raises(
            ValueError, lambda size=size: KVCache(SHAPE, 2, size), ["capacity", str(size)], f"room for {size}"
        )


# --- insert and advance -----------------------------------------------------------------------------------------------


def test_caches_do_not_share(KVCache):
    """Two caches have nothing in common: filling one changes nothing in another."""
    one, two = empty(KVCache), KVCache(SHAPE, ROWS, 9)
    one.write(4, UNEQUAL)
    expect.equal(list(two.lengths), [0] * ROWS, "lengths of a cache when another one was filled")
    for name, kept in (("keys", two.keys), ("values", two.values)):
        expect.equal(kept[1], torch.zeros(ROWS, 9, KV, D), f"the {name} of a cache when another one was filled")


def test_insert_returns_the_new_ones_of_an_empty_cache(KVCache):
    """In an empty cache, insert returns the new keys and values: (B, T, KV, D) each."""
    for T in (3, 1):
        empty(KVCache).comes_back(T, 0, f"for {T} tokens in an empty cache")


def test_insert_does_not_count(KVCache):
    """``lengths`` stays as it is until advance is called."""
    kept = empty(KVCache)
    for layer in range(SHAPE.n_layer):
        kept.insert(3, layer)
        expect.equal(list(kept.cache.lengths), [0] * ROWS, f"lengths after insert in layer {layer}, before advance")


def test_advance_counts_each_row(KVCache):
    """advance adds each row's own count to its length, and ``lengths`` stays a list of ints."""
    cache = KVCache(SHAPE, ROWS, 20)
    counts = [1, 0, 4, 3]
    cache.advance((2, 5, 1, 3))
    expect.equal(list(cache.lengths), [2, 5, 1, 3], "lengths after advance((2, 5, 1, 3))")
    cache.advance(counts)
    expect.equal(list(cache.lengths), [3, 5, 5, 6], "lengths after advance([1, 0, 4, 3]) as well")
    expect.equal([type(n).__name__ for n in cache.lengths], ["int"] * ROWS, "the types in self.lengths")
    expect.true(isinstance(cache.lengths, list), "self.lengths is no list any more")
    expect.equal(counts, [1, 0, 4, 3], "the counts that were handed in")


def test_insert_writes_behind_what_is_there(KVCache):
    """After advance, new tokens go behind the old ones, and insert returns both, in every layer."""
    kept = empty(KVCache).write(2)
    kept.holds("after two tokens")
    kept.write(3)
    kept.holds("after two tokens and three")
    for layer in range(SHAPE.n_layer):
        kept.comes_back(1, layer, f"in layer {layer}, after five tokens")


def test_insert_writes_again_where_nothing_was_counted(KVCache):
    """Before advance, a second insert writes at the same place."""
    kept = empty(KVCache).write(2)
    kept.insert(3, 1)
    kept.comes_back(2, 1, "the second time, without an advance between")


def test_insert_writes_each_row_behind_its_own(KVCache):
    """Each row's tokens go behind its own, over what didn't count; the largest length plus T positions come back."""
    kept = unequal(KVCache)
    kept.holds("after 3, 1, 4 and 2 tokens")
    kept.write(2)
    kept.holds("after two more for each row")
    for T, layer in ((1, 0), (3, 2)):
        kept.comes_back(T, layer, f"for {T} tokens behind 5, 3, 6 and 4")


def test_insert_where_some_rows_are_of_one_length(KVCache):
    """Each row's tokens go behind its own, also where some rows are of one length, or hold nothing."""
    for counts in ([2, 2, 4, 2], [0, 3, 1, 0]):
        kept = empty(KVCache).write(4, counts).write(2)
        kept.holds(f"when rows of {counts} tokens got two more")


def test_insert_takes_one_row_of_one_head(KVCache):
    """A single row works like many, and so does a single head of keys and values, also for one token."""
    for rows in (1, 2):
        cache = KVCache(replace(SHAPE, n_kv_head=1), rows, 2)
        new = rand(rows, 4, 1, D, seed=5)
        for begin, T in ((0, 1), (1, 2), (3, 1)):
            piece = new[:, begin : begin + T]
            keys, values = cache.insert(1, piece.clone(), 2 * piece)
            cache.advance([T] * rows)
            what = f"that insert returns for token {begin} to {begin + T - 1} of {rows} rows with one head"
            expect.equal(keys, new[:, : begin + T], f"the keys {what}")
            expect.equal(values, 2 * new[:, : begin + T], f"the values {what}")


def test_insert_keeps_copies(KVCache):
    """Keys and values are copied: what the caller does with his own afterwards changes nothing in the cache."""
    for capacity in (9, 3, 2):
        cache = KVCache(SHAPE, 2, capacity)
        k, v = rand(2, 3, KV, D, seed=5), rand(2, 3, KV, D, seed=6)
        cache.insert(0, k, v)
        cache.advance([3, 3])
        k.zero_(), v.zero_()
        what = f"in a cache with room for {capacity}, when the caller's own were set to 0"
        expect.equal(cache.keys[0][:, :3], rand(2, 3, KV, D, seed=5), f"the keys {what}")
        expect.equal(cache.values[0][:, :3], rand(2, 3, KV, D, seed=6), f"the values {what}")


def test_insert_leaves_its_arguments_alone(KVCache):
    """The keys and values that came in are the same afterwards, even when others are written in their place."""
    cache = KVCache(SHAPE, 2, 9)
    k, v = rand(2, 3, KV, D, seed=5), rand(2, 3, KV, D, seed=6)
    for _ in range(2):
        cache.insert(0, k, v)
        cache.advance([3, 1])
        cache.insert(0, k + 1, v + 1)
        expect.equal(k, rand(2, 3, KV, D, seed=5), "the keys that were inserted")
        expect.equal(v, rand(2, 3, KV, D, seed=6), "the values that were inserted")


# --- Growing ----------------------------------------------------------------------------------------------------------


def test_insert_grows_and_keeps_all(KVCache):
    """Where there is no room the cache grows, and all that was there is still in its place."""
    kept = empty(KVCache, capacity=3).write(3)
    kept.write(1)
    kept.holds("after a fourth token in a cache that had room for three")
    for layer in range(SHAPE.n_layer):
        kept.comes_back(6, layer, f"in layer {layer}, for six tokens behind four")


def test_insert_grows_with_unequal_rows(KVCache):
    """A cache of unequal rows grows too, each row's tokens staying where they are."""
    kept = unequal(KVCache, capacity=4)
    kept.write(2).write(3)
    kept.holds("when rows of 3, 1, 4 and 2 tokens got two and three more, in a cache that had room for four")


def test_insert_grows_to_twice_the_room(KVCache):
    """Growing gives at least twice the room that there was, so it is seldom needed, and comes when it is full."""
    for room in (6, 150):
        kept = empty(KVCache, rows=2, capacity=room).write(room)
        expect.shape(kept.cache.keys[0], (2, room, KV, D), f"self.keys[0], of a capacity that {room} tokens just fill")
        kept.insert(1, 0)
        for name, tensors in (("keys", kept.cache.keys), ("values", kept.cache.values)):
            what = f"the room in self.{name}[0], grown from {room} for one token more"
            expect.between(tensors[0].shape[1], 2 * room, 1000, what)


def test_insert_grows_as_far_as_it_must(KVCache):
    """Where twice the room is not enough, it grows to what is needed."""
    kept = empty(KVCache, rows=2, capacity=2)
    kept.write(7)
    kept.holds("after seven tokens at once in a cache that had room for two")
    kept.comes_back(20, 1, "for twenty tokens behind seven")


def test_insert_keeps_the_dtype_when_it_grows(KVCache):
    """A cache that grew is of the dtype that it had."""
    cache = KVCache(replace(SHAPE, compute_dtype="bfloat16"), 2, 2)
    k = rand(2, 5, KV, D, seed=7).bfloat16()
    keys, values = cache.insert(1, k, 2 * k)
    expect.dtype(keys, torch.bfloat16, "the keys that insert returns")
    expect.dtype(values, torch.bfloat16, "the values that insert returns")
    expect.dtype(cache.keys[1], torch.bfloat16, "self.keys[1] after it grew")
    expect.equal(values, 2 * k, "the values that insert returns")


def test_cache_begins_with_zeros(KVCache):
    """The room that isn't used yet holds zeros, also where the cache grew."""
    for part in range(2):
        _ = [torch.full((2, n, KV, D), math.nan) for n in (3, 5, 6)]  # what unused memory may hold
        cache = KVCache(SHAPE, 2, 3)
        expect.equal((cache.keys, cache.values)[part][1], torch.zeros(2, 3, KV, D), "the room of a new cache")
        cache.advance([3, 1])
        new = rand(2, 2, KV, D, seed=5)
        _ = [torch.full((2, n, KV, D), math.nan) for n in (3, 5, 6)]
        got = cache.insert(1, new, new)[part]  # row 1 has tokens at the positions 1 and 2
        expect.equal(got[1, 3:], torch.zeros(2, KV, D), "the room that was added when the cache grew")


# --- select -----------------------------------------------------------------------------------------------------------


def test_select_takes_rows_in_order(KVCache):
    """The new cache has the rows that were asked for, in the order asked for, with their lengths."""
    kept = unequal(KVCache)
    for rows in ([2, 0], (1, 3, 0, 2), [3]):
        kept.select(rows).holds(f"of the cache that select({rows}) makes")


def test_select_takes_rows_several_times(KVCache):
    """A row may come several times; each is a text of its own from then on."""
    for rows in ([1, 2, 1, 1, 2], [2, 2, 2]):
        made = unequal(KVCache).select(rows)
        made.holds(f"of the cache that select({rows}) makes")
        made.write(2)
        made.holds(f"of the cache that select({rows}) makes, after two more tokens for each row")


def test_select_makes_a_cache_that_goes_on(KVCache):
    """The new cache takes new tokens behind those that its rows hold, and grows."""
    made = unequal(KVCache).select([3, 1])
    for layer in range(SHAPE.n_layer):
        made.comes_back(2, layer, f"in layer {layer} of a cache made of rows 3 and 1")
    made.write(2, [1, 2]).write(9)
    made.holds("of the cache that select([3, 1]) makes, after eleven more tokens")


def test_select_makes_a_cache_of_its_own(KVCache):
    """Neither of the two caches changes when the other is written into, or counts."""
    for rows in ([0, 1, 2, 3], [1, 1], [2]):
        kept = unequal(KVCache)
        made = kept.select(rows)
        kept.holds(f"of the old cache after select({rows})")
        made.write(2)
        kept.holds(f"of the old cache after select({rows}) when two tokens were written into the new one")
        kept.write(3)
        made.holds(f"of the cache that select({rows}) made, when three tokens were written into the old one")
        for tensors in (made.cache.keys, made.cache.values):
            for layer in range(SHAPE.n_layer):
                tensors[layer].zero_()
        kept.holds(f"of the old cache after select({rows}) when the new one was filled with zeros")


def test_select_may_be_called_again(KVCache):
    """A cache made by select can be selected from."""
    made = unequal(KVCache).select([3, 0, 2]).write(2).select([2, 0, 0]).write(1, [0, 1, 1])
    made.holds("after select, two tokens, select, and one token for two of three rows")


def test_select_keeps_the_dtype(KVCache):
    """The new cache is of the old one's dtype."""
    cache = KVCache(replace(SHAPE, compute_dtype="bfloat16"), 2, 2)
    made = cache.select([1, 0, 1])
    expect.dtype(made.keys[2], torch.bfloat16, "keys[2] of the new cache, of one in bfloat16")
    expect.dtype(made.values[0], torch.bfloat16, "values[0] of the new cache, of one in bfloat16")
