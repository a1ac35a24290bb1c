"""Checks of lab 09, second part: the trainer that counts again only what has changed."""

from tests.labs.helpers_tokenizers import corpora, language, readable, recounted
from vibejam_core.course import expect

# --- train_bpe_incremental --------------------------------------------------------------------------------------------


def check(train_bpe_incremental, words, vocab_size, expected, of=None):
    """The merges of some words must be these."""
    found = train_bpe_incremental(words, vocab_size)
    what = f"the merges of {of or words} up to vocab_size {vocab_size}"
    came = "None (is a return missing?)" if found is None else f"something of type {type(found).__name__}"
    expect.true(isinstance(found, list | tuple), f"{what}: expected a list of pairs, got {came}")
    expect.equal(found, expected, what)


def test_the_most_frequent_pair_is_merged(train_bpe_incremental):
    """The first merge is the pair of bytes that occurs most often."""
    check(train_bpe_incremental, {b"tea": 1, b"team": 1, b"eat": 1}, 257, [(101, 97)])


def test_nothing_is_kept_between_trainings(train_bpe_incremental):
    """Each call starts anew."""
    for _ in range(2):
        check(train_bpe_incremental, {b"ab": 1, b"abc": 1}, 257, [(97, 98)])
    check(train_bpe_incremental, {b"cd": 1, b"ced": 1, b"cde": 1}, 257, [(99, 100)])


def test_a_word_counts_as_often_as_it_occurs(train_bpe_incremental):
    """Each place of a pair counts as often as its word occurs."""
    check(train_bpe_incremental, {b"ab": 2, b"cab": 1, b"dab": 1, b"xy": 5}, 257, [(120, 121)])
    check(train_bpe_incremental, {b"xyz": 3, b"xy": 2, b"ab": 4}, 257, [(120, 121)])


def test_the_counts_stay_as_they_were(train_bpe_incremental):
    """The word_counts that were handed in are not changed."""
    words = {b"abab": 3, b"ab": 2, b"b": 1}
    train_bpe_incremental(words, 258)
    found = readable(words, "the words after training")
    expect.equal(found, {"b'abab'": 3, "b'ab'": 2, "b'b'": 1}, "the words after training")


def test_pairs_do_not_reach_into_the_next_word(train_bpe_incremental):
    """The last byte of a word and the first of the next are no pair."""
    check(train_bpe_incremental, {b"ab": 3, b"cd": 2, b"a": 7, b"b": 7}, 400, [(97, 98), (99, 100)])


def test_there_are_as_many_merges_as_ids_to_fill(train_bpe_incremental):
    """vocab_size counts the 256 bytes and the merges."""
    words = {b"ab": 9, b"cd": 7, b"ef": 5, b"gh": 3}
    expected = [(97, 98), (99, 100), (101, 102), (103, 104)]
    for n in (1, 3, 4, 0):
        check(train_bpe_incremental, words, 256 + n, expected[:n])


def test_a_pair_that_occurs_once_is_merged(train_bpe_incremental):
    """A pair that occurs only once is still merged."""
    check(train_bpe_incremental, {b"wx": 2, b"yz": 1}, 258, [(119, 120), (121, 122)])


def test_merged_pairs_are_merged_again(train_bpe_incremental):
    """A new id takes part in later pairs, whichever side it stands on and beside another new id."""
    check(train_bpe_incremental, {b"xyz": 3, b"xy": 2}, 258, [(120, 121), (256, 122)])
    check(train_bpe_incremental, {b"zxy": 3, b"xy": 2}, 258, [(120, 121), (122, 256)])
    check(train_bpe_incremental, {b"abcd": 5, b"ab": 4, b"cd": 3}, 259, [(97, 98), (99, 100), (256, 257)])


def test_a_pair_may_occur_twice_in_a_word(train_bpe_incremental):
    """Every place in a word counts and is merged, not only the first."""
    check(train_bpe_incremental, {b"xyxy": 3, b"ab": 5}, 257, [(120, 121)])
    check(train_bpe_incremental, {b"abcabdab": 2, b"ef": 5, b"cab": 1}, 259, [(97, 98), (101, 102), (99, 256)])
    check(train_bpe_incremental, {b"xyxyxyxy": 1}, 259, [(120, 121), (256, 256), (257, 257)])


def test_the_order_of_the_words_makes_no_difference(train_bpe_incremental):
    """The same words in another order give the same merges."""
    words = {b"bcd": 2, b"abc": 2, b"cab": 2, b"dab": 1, b"bab": 1, b"dcb": 2}
    first = train_bpe_incremental(words, 265)
    for order in (sorted(words), sorted(words, reverse=True), sorted(words, key=lambda word: (word[::-1], word))):
        found = train_bpe_incremental({word: words[word] for word in order}, 265)
        expect.equal(found, first, f"the merges of the words {order}, compared with those of {list(words)}")


def test_ties_go_to_the_smallest_left_id(train_bpe_incremental):
    """Of equally frequent pairs the one with the smallest left id is merged first."""
    check(train_bpe_incremental, {b"ca": 2, b"ad": 2, b"bb": 2}, 259, [(97, 100), (98, 98), (99, 97)])
    check(train_bpe_incremental, {b"ad": 2, b"ca": 2, b"bb": 2}, 257, [(97, 100)])


def test_then_ties_go_to_the_smallest_right_id(train_bpe_incremental):
    """Of equally frequent pairs with the same left id the one with the smallest right id is merged first."""
    check(train_bpe_incremental, {b"ac": 2, b"ad": 2, b"ab": 2}, 259, [(97, 98), (97, 99), (97, 100)])


def test_ties_compare_ids_not_bytes(train_bpe_incremental):
    """Between equally frequent pairs the ids decide, by number: a new id comes after every byte."""
    # After ab -> 256: "abz" is (256, 122), "zc" is (122, 99). Their bytes, "ab" and "z", sort the other way round.
    check(train_bpe_incremental, {b"ab": 9, b"abz": 2, b"zc": 2}, 259, [(97, 98), (122, 99), (256, 122)])
    check(train_bpe_incremental, {b"ab": 9, b"zab": 2, b"zc": 2}, 259, [(97, 98), (122, 99), (122, 256)])
    # Ids of two digits and of three: 9 before 10 before 100.
    words = {bytes([100, 5]): 2, bytes([9, 7]): 2, bytes([10, 6]): 2}
    check(train_bpe_incremental, words, 259, [(9, 7), (10, 6), (100, 5)])


def test_counts_fall_on_both_sides_of_a_merge(train_bpe_incremental):
    """Where a pair is merged, the pairs of its parts with the neighbours before and behind lose that place."""
    # ab 6; then of "bc" 5 only 2 are left, fewer than "de" 3.
    check(train_bpe_incremental, {b"abc": 3, b"ab": 3, b"bc": 2, b"de": 4}, 258, [(97, 98), (100, 101)])
    check(train_bpe_incremental, {b"cab": 3, b"ab": 3, b"ca": 2, b"de": 4}, 258, [(97, 98), (100, 101)])


def test_a_pair_that_lost_places_comes_later(train_bpe_incremental):
    """A pair that has become rarer is merged when its turn comes, not before and not never."""
    words = {b"abc": 3, b"ab": 3, b"bc": 2, b"de": 4, b"fg": 1}
    check(train_bpe_incremental, words, 400, [(97, 98), (100, 101), (256, 99), (98, 99), (102, 103)])
    words = {b"cab": 3, b"ab": 3, b"ca": 2, b"de": 4, b"fg": 1}
    check(train_bpe_incremental, words, 400, [(97, 98), (100, 101), (99, 256), (99, 97), (102, 103)])


def test_a_pair_without_places_is_not_merged(train_bpe_incremental):
    """A pair that is left nowhere is not merged."""
    check(train_bpe_incremental, {b"abcd": 3}, 400, [(97, 98), (99, 100), (256, 257)])
    check(train_bpe_incremental, {b"xyz": 1}, 258, [(120, 121), (256, 122)])


def test_runs_of_one_letter(train_bpe_incremental):
    """In a run all overlapping pairs count, and it is merged from left to right."""
    check(train_bpe_incremental, {b"aaaa": 2, b"xy": 5}, 257, [(97, 97)])
    check(train_bpe_incremental, {b"aaaa": 1}, 400, [(97, 97), (256, 256)])
    check(train_bpe_incremental, {b"aaa": 1}, 400, [(97, 97), (256, 97)])
    check(train_bpe_incremental, {b"aaaaa": 1}, 400, [(97, 97), (256, 97), (256, 257)])
    check(train_bpe_incremental, {b"baaab": 2, b"ba": 3}, 400, recounted({b"baaab": 2, b"ba": 3}, 99))


def test_runs_of_every_length(train_bpe_incremental):
    """Counts stay right where a pair overlaps itself, at each length of the run and beside other letters."""
    for n in (6, 7, 8, 9, 13, 40):
        words = {b"a" * n: 3, b"ba": 2, b"b" + b"a" * (n - 2) + b"c": 2, b"aac": 1}
        check(train_bpe_incremental, words, 400, recounted(words, 144))


def test_it_stops_when_no_pair_is_left(train_bpe_incremental):
    """Where every word is one id there is nothing to merge, however large vocab_size is."""
    check(train_bpe_incremental, {b"ab": 3, b"b": 2}, 100_000, [(97, 98)])
    check(train_bpe_incremental, {b"a": 3, b"b": 2}, 300, [])
    check(train_bpe_incremental, {}, 300, [])


def test_words_may_be_any_bytes(train_bpe_incremental):
    """Bytes from 0 to 255 are all the same to it, valid UTF-8 or not."""
    words = {b"\xff\x00": 5, b"\xff\xfe\x80": 3, b"\x00\xff": 2, "é".encode(): 4, b"\n ": 1, b"aB": 6}
    expected = [(97, 66), (255, 0), (195, 169), (254, 128), (255, 259), (0, 255), (10, 32)]
    check(train_bpe_incremental, words, 400, expected)


def test_small_words_against_recounting(train_bpe_incremental):
    """Words of one to four different letters, at random: the merges are those of counting again each time."""
    for seed, letters in enumerate((b"ab", b"abc", b"a", b"abcd")):
        for words in corpora(letters, longest=9, n_words=6, how_many=12, seed=seed):
            check(train_bpe_incremental, words, 268, recounted(words, 12))


def test_a_language_against_recounting(train_bpe_incremental):
    """Many words with common syllables, merged until each is one id: the same as by counting again each time."""
    words = language(160, seed=1)
    check(train_bpe_incremental, words, 9999, recounted(words, 9999), of="160 words")


def test_words_may_be_long(train_bpe_incremental):
    """A word may have hundreds of bytes, and each counts."""
    words = {bytes(range(256)) + b"zyzy": 1, b"zy": 1}
    check(train_bpe_incremental, words, 266, recounted(words, 10), of='a word of 260 bytes and "zy"')


def test_less_than_the_bytes_is_refused(train_bpe_incremental):
    """A vocab_size below 256 is a ValueError that names it."""
    for vocab_size in (-3, 0, 17, 255):
        what = f"vocab_size {vocab_size}"
        expect.raises(ValueError, lambda n=vocab_size: train_bpe_incremental({b"ab": 2}, n), [str(vocab_size)], what)
