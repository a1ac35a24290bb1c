"""Checks of lab 08: counting pairs and merging one."""

import random
from collections import Counter
from numbers import Integral

from tests.labs.helpers_bpe import replace_pair
from vibejam_core.course import expect

# --- count_pairs ------------------------------------------------------------------------------------------------------


def test_neighbours_are_counted(count_pairs):
    """Each id and the one to its right are a pair, in this order."""
    expected = {(5, 3): 1, (3, 9): 1, (9, 4): 1}
    expect.equal(count_pairs({(5, 3, 9, 4): 1}), expected, "the counts for the word (5, 3, 9, 4), which occurs once")


def test_every_place_counts(count_pairs):
    """A pair that stands in three places of a word counts three times; turned round it is another pair."""
    found = count_pairs({(1, 2, 1, 2, 1, 2): 1})
    expect.equal(found, {(1, 2): 3, (2, 1): 2}, "the counts for the word (1, 2, 1, 2, 1, 2)")


def test_overlapping_places_count(count_pairs):
    """(7, 7, 7) holds the pair (7, 7) twice."""
    expect.equal(count_pairs({(7, 7, 7): 1}), {(7, 7): 2}, "the counts for the word (7, 7, 7)")
    found = count_pairs({(8, 7, 7, 7, 7, 7, 7): 1})
    expect.equal(found, {(8, 7): 1, (7, 7): 5}, "the counts for the word (8, 7, 7, 7, 7, 7, 7)")


def test_no_pair_reaches_into_the_next_word(count_pairs):
    """The last id of a word and the first of the next are no pair."""
    found = count_pairs({(1, 2): 4, (3, 4): 4, (5, 2): 1})
    expect.equal(found, {(1, 2): 4, (3, 4): 4, (5, 2): 1}, "the counts for the words (1, 2), (3, 4) and (5, 2)")


def test_words_count_as_often_as_they_occur(count_pairs):
    """Each place counts as often as its word occurs."""
    found = count_pairs({(5, 6): 30, (4, 5, 6, 5, 6): 7})
    expected = {(5, 6): 44, (4, 5): 7, (6, 5): 7}
    expect.equal(found, expected, "the counts for the words (5, 6), 30 times, and (4, 5, 6, 5, 6), 7 times")


def test_a_single_id_is_no_pair(count_pairs):
    """A word of one id has no pair, and no words have none either."""
    expect.equal(count_pairs({(5,): 9, (6, 5): 1}), {(6, 5): 1}, "the counts for the words (5,) and (6, 5)")
    expect.equal(count_pairs({(5,): 9}), {}, "the counts for the word (5,)")
    expect.equal(count_pairs({}), {}, "the counts for no words at all")


def test_all_ids_count(count_pairs):
    """Id 0 and ids beyond the bytes are ids like the others, and counts may be large."""
    found = count_pairs({(0, 0, 70000, 0): 2, (300, 256): 70_000})
    expected = {(0, 0): 2, (0, 70000): 2, (70000, 0): 2, (300, 256): 70_000}
    expect.equal(found, expected, "the counts for (0, 0, 70000, 0), twice, and (300, 256), 70,000 times")


def test_counts_are_whole_numbers(count_pairs):
    """The counts are ints."""
    kinds = {type(n).__name__ for n in count_pairs({(5, 6, 7): 2, (5, 6): 4}).values() if not isinstance(n, Integral)}
    expect.equal(sorted(kinds), [], "types of counts other than int")


def test_counting_leaves_the_words_as_they_were(count_pairs):
    """The words that were handed in are not changed."""
    words = {(5, 6, 7): 2, (8,): 3, (5, 6): 4}
    count_pairs(words)
    expect.equal(words, {(5, 6, 7): 2, (8,): 3, (5, 6): 4}, "the words after counting")


def test_counting_begins_anew_each_time(count_pairs):
    """Nothing is left over from an earlier call."""
    count_pairs({(5, 6): 2, (7, 6): 3})
    found = count_pairs({(5, 6): 1, (7, 6): 1})
    expect.equal(found, {(5, 6): 1, (7, 6): 1}, "the counts of a second call, with (5, 6) and (7, 6) once each")


def test_many_words_are_counted(count_pairs):
    """The same holds for two hundred words."""
    rng = random.Random(1)
    words = {tuple(rng.choices(range(250, 262), k=rng.randint(1, 9))): rng.randint(1, 99) for _ in range(200)}
    expected: Counter[tuple[int, int]] = Counter()
    for word, n in words.items():
        for place in range(1, len(word)):
            expected[word[place - 1 : place + 1]] += n
    expect.equal(count_pairs(words), dict(expected), "the counts for two hundred words")


# --- merge_pair -------------------------------------------------------------------------------------------------------


def test_a_pair_becomes_one_id(merge_pair):
    """The two ids go, the new id stands in their place, and all others stay."""
    expect.equal(merge_pair([5, 1, 2, 6], (1, 2), 300), [5, 300, 6], "[5, 1, 2, 6] with (1, 2) merged into 300")


def test_every_occurrence_is_merged(merge_pair):
    """The pair is merged wherever it stands, also side by side, at the start and at the end."""
    found = merge_pair([1, 2, 1, 2, 9, 1, 2], (1, 2), 300)
    expect.equal(found, [300, 300, 9, 300], "[1, 2, 1, 2, 9, 1, 2] with (1, 2) merged into 300")


def test_only_the_whole_pair_is_merged(merge_pair):
    """One of the two alone, the two turned round, or with something between them, are left as they are."""
    found = merge_pair([2, 1, 1, 2, 2, 1, 3, 2, 1], (1, 2), 300)
    expect.equal(found, [2, 1, 300, 2, 1, 3, 2, 1], "[2, 1, 1, 2, 2, 1, 3, 2, 1] with (1, 2) merged into 300")


def test_merging_runs_from_left_to_right(merge_pair):
    """Where occurrences overlap, the left one is merged: [7, 7, 7] becomes the new id and a 7."""
    expect.equal(merge_pair([7, 7, 7], (7, 7), 300), [300, 7], "[7, 7, 7] with (7, 7) merged into 300")
    found = merge_pair([7, 7, 7, 7, 8, 7, 7, 7, 7, 7], (7, 7), 300)
    expect.equal(found, [300, 300, 8, 300, 300, 7], "four sevens, an 8 and five sevens with (7, 7) merged into 300")


def test_short_lists_stay(merge_pair):
    """A list of one id stays, and so does an empty one."""
    expect.equal(merge_pair([1], (1, 1), 300), [1], "[1] with (1, 1) merged into 300")
    expect.equal(merge_pair([], (1, 2), 300), [], "the empty list with (1, 2) merged into 300")


def test_a_tuple_is_merged_into_a_list(merge_pair):
    """The ids may come as a tuple too; the result is a list."""
    found = merge_pair((1, 2, 3), (1, 2), 300)
    expect.equal(found, [300, 3], "(1, 2, 3) with (1, 2) merged into 300")
    for ids in ([1, 2], [3, 1], (3, 1)):
        kind = type(merge_pair(ids, (1, 2), 300)).__name__
        expect.equal(kind, "list", f"the type of what comes back for {ids} with (1, 2) merged")


def test_merged_ids_are_whole_numbers(merge_pair):
    """The ids in the result are ints."""
    kinds = {type(index).__name__ for index in merge_pair([1, 2, 3], (1, 2), 300) if not isinstance(index, Integral)}
    expect.equal(sorted(kinds), [], "types of ids other than int")


def test_large_ids_are_merged(merge_pair):
    """Ids may have any size; equal ids are equal, whether or not they are the same object in memory."""
    ids = [int(text) for text in ("70000", "1000", "70000", "1000", "0", "170000", "1000", "70000", "10001")]
    found = merge_pair(ids, (int("70000"), int("1000")), 50256)
    expected = [50256, 50256, 0, 170000, 1000, 70000, 10001]
    expect.equal(found, expected, f"{ids} with (70000, 1000) merged into 50256")
    found = merge_pair([5, 0, 0, 0, 5], (0, 0), 256)
    expect.equal(found, [5, 256, 0, 5], "[5, 0, 0, 0, 5] with (0, 0) merged into 256")


def test_merging_leaves_the_ids_as_they_were(merge_pair):
    """The list that was handed in is not changed; the result is another list, even if nothing was merged."""
    ids = [5, 1, 2, 6, 1, 2]
    merge_pair(ids, (1, 2), 300)
    expect.equal(ids, [5, 1, 2, 6, 1, 2], "the list that was handed in, after merging (1, 2)")
    for ids in ([5, 6, 7], [5], []):
        found = merge_pair(ids, (1, 2), 300)
        expect.true(found is not ids, f"{ids} doesn't hold (1, 2), and the result is that same list, not a new one")


def test_merging_begins_anew_each_time(merge_pair):
    """Nothing is left over from an earlier call."""
    ids = [4, 1, 2, 4, 1]
    for pair, new_id, expected in (((1, 2), 300, [4, 300, 4, 1]), ((4, 1), 300, [300, 2, 300]), ((4, 1), 7, [7, 2, 7])):
        found = merge_pair(ids, pair, new_id)
        expect.equal(found, expected, f"one of several calls: [4, 1, 2, 4, 1] with {pair} merged into {new_id}")
        found.append(5)
        found = merge_pair(ids, pair, new_id)
        expect.equal(found, expected, f"the same with {pair} once more, after the first result was changed")


def test_many_lists_are_merged(merge_pair):
    """The same holds for a hundred lists of all lengths."""
    rng = random.Random(2)
    for _ in range(100):
        ids = rng.choices(range(3), k=rng.randint(0, 30))
        pair = (rng.randrange(3), rng.randrange(3))
        expect.equal(merge_pair(ids, pair, 300), replace_pair(ids, pair, 300), f"{ids} with {pair} merged into 300")
