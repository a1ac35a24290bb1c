"""Checks of lab 08: learning which pairs to merge."""

from numbers import Integral

from tests.labs.helpers_bpe import TEXT, learn, texts
from vibejam_core.course import expect
from vibejam_core.text.bpe import split_text


def pair_of(text):
    """Two characters as a pair of bytes."""
    return tuple(text.encode())


def test_the_most_frequent_pair_is_merged_first(train_bpe):
    """The first merge is the pair of bytes that occurs most often, whatever their values."""
    expect.equal(train_bpe("cacacab", 257), [pair_of("ca")], 'the merges for "cacacab" and vocab_size 257')
    expect.equal(train_bpe("zyzyzyab", 257), [pair_of("zy")], 'the merges for "zyzyzyab" and vocab_size 257')


def test_later_merges_build_on_earlier_ones(train_bpe):
    """The first merge makes id 256, the second 257, and so on; pairs are counted again after each."""
    text = "abc\nabc\nab\nxabc\nab\nxabc\nabc"
    expected = [pair_of("ab"), (256, ord("c")), (ord("x"), 257)]
    expect.equal(train_bpe(text, 259), expected, f"the merges for {text!r} and vocab_size 259")


def test_overlapping_places_count_in_training(train_bpe):
    """zzzzz holds the pair zz four times."""
    expect.equal(train_bpe("xyxyxyzzzzz", 257), [pair_of("zz")], 'the merges for "xyxyxyzzzzz" and vocab_size 257')


def test_a_word_counts_as_often_as_it_occurs(train_bpe):
    """A pair in a frequent word outweighs one that stands in many places of a rare word."""
    text = "zyzyzyzyzy" + "\nab" * 6
    expected = [pair_of("ab"), pair_of("zy")]
    expect.equal(train_bpe(text, 258), expected, f"the merges for {text!r} and vocab_size 258")


def test_pairs_that_occur_once_are_merged(train_bpe):
    """Merging goes on until no pair is left, even where every pair occurs once only."""
    expect.equal(train_bpe("ab", 1000), [(97, 98)], 'the merges for "ab" and vocab_size 1000')
    expect.equal(train_bpe("abc", 1000), [(97, 98), (256, 99)], 'the merges for "abc" and vocab_size 1000')


def test_ties_go_to_the_smallest_left_id(train_bpe):
    """Of equally frequent pairs, the one with the smallest left id comes first."""
    expect.equal(train_bpe("cxcx\nbzbz\ndydy", 257), [pair_of("bz")], r'the merges for "cxcx\nbzbz\ndydy"')
    expect.equal(train_bpe("bzbz\ndydy\ncxcx", 257), [pair_of("bz")], r'the merges for "bzbz\ndydy\ncxcx"')
    expect.equal(train_bpe("dydy\ncxcx\nbzbz", 257), [pair_of("bz")], r'the merges for "dydy\ncxcx\nbzbz"')


def test_ties_with_one_left_id_go_to_the_smallest_right_id(train_bpe):
    """Of equally frequent pairs with the same left id, the one with the smallest right id comes first."""
    for text in ("bybxbz", "bxbybz", "bzbybx"):
        expect.equal(train_bpe(text, 257), [pair_of("bx")], f'the merges for "{text}" and vocab_size 257')


def test_ties_compare_ids_and_not_what_they_stand_for(train_bpe):
    """A byte has a smaller id than any merge: (z, y) comes before a pair that begins with the merge aa."""
    text = "aaaa\naac\naac\nzy\nzy"
    expected = [pair_of("aa"), pair_of("zy"), (256, ord("c"))]
    expect.equal(train_bpe(text, 259), expected, r'the merges for "aaaa\naac\naac\nzy\nzy" and vocab_size 259')


def test_a_text_with_many_ties(train_bpe):
    """Ties are frequent, and each is decided by the left id first and the right id second."""
    expected = [(97, 97), (97, 98), (256, 257), (97, 99), (100, 258), (258, 260), (261, 259)]
    expect.equal(train_bpe("aaabdaaabac", 263), expected, 'the merges for "aaabdaaabac" and vocab_size 263')


def test_nothing_is_merged_across_pieces(train_bpe):
    """A pair lies within one piece, as split_text cuts them."""
    text = "a b a b a b\n7 7"
    expected = [pair_of(" b"), pair_of(" a")]
    expect.equal(train_bpe(text, 300), expected, r'the merges for "a b a b a b\n7 7" and vocab_size 300')
    expected = [pair_of("12"), (256, ord("3"))]
    expect.equal(train_bpe("123123123", 300), expected, 'the merges for "123123123" and vocab_size 300')


def test_the_pattern_cuts_the_pieces(train_bpe):
    """Pieces are cut by the pattern that is handed in."""
    text, everything = "ab ab ab", r"(?s:.+)"
    expected = [pair_of("ab"), (ord(" "), 256), (256, 257), (258, 257)]
    expect.equal(train_bpe(text, 300, (), everything), expected, f'the merges for "{text}" as a single piece')
    found = train_bpe("abab abab", 300, pattern=r"[^a]|a")
    expect.equal(found, [], 'the merges for "abab abab" with a pattern that cuts out single characters')


def test_training_stops_at_vocab_size(train_bpe):
    """There are vocab_size - 256 merges at most; with 256 there are none."""
    for vocab_size in (256, 257, 258, 266):
        found = train_bpe(TEXT, vocab_size)
        expect.equal(len(found), vocab_size - 256, f"the number of merges for vocab_size {vocab_size}")


def test_special_tokens_do_not_count_in_vocab_size(train_bpe):
    """Special tokens come on top of vocab_size: they take no merge's place."""
    expect.equal(train_bpe("abab", 256, ["<|end|>"]), [], "the merges for vocab_size 256 and a special token")
    found = train_bpe("abcabcab", 258, ("<|end|>", "<|user|>"))
    expect.equal(found, [(97, 98), (99, 256)], 'the merges for "abcabcab", vocab_size 258 and two special tokens')


def test_text_without_pairs_gives_no_merges(train_bpe):
    """Empty text, and text of single-byte pieces, teach nothing."""
    expect.equal(train_bpe("", 300), [], "the merges for the empty text")
    expect.equal(train_bpe("a", 300), [], 'the merges for "a"')
    expect.equal(train_bpe("\n\n", 300, pattern=r"\n"), [], "the merges for two line breaks, each a piece")


def test_words_are_bytes(train_bpe):
    """Words are the bytes of their UTF-8, so that a character may be several ids."""
    expect.equal(train_bpe("éÿé", 300), [(195, 169), (191, 256), (195, 257), (256, 258)], 'the merges for "éÿé"')
    expected = learn(["😀😁"], 300)
    expect.equal(train_bpe("😀😁", 300), expected, 'the merges for "😀😁"')


def test_text_is_taken_as_it_is(train_bpe):
    """Nothing is trimmed, folded or put together first: case, white space, accents, control characters."""
    for text in ("  ab  ", "ABab", "e\u0301é", "\r\n\r\n \t", "\x00\x01\x00\x01", "\ufeffab"):
        expect.equal(train_bpe(text, 300), learn(split_text(text), 300), f"the merges for {text!r}")


def test_special_tokens_take_no_part(train_bpe):
    """The text is cut at special tokens, which are never merged, not even in part."""
    expect.equal(train_bpe("ab<|end|>ab", 300, ["<|end|>"]), [(97, 98)], 'the merges for "ab<|end|>ab"')
    found = train_bpe("<|end|><|end|><|end|>", 300, ["<|end|>"])
    expect.equal(found, [], 'the merges for "<|end|><|end|><|end|>"')
    found = train_bpe("x<|end|>yab<|end|>x<|end|>y", 257, ["<|end|>"])
    expect.equal(found, [(97, 98)], 'the merges for "x<|end|>yab<|end|>x<|end|>y" and vocab_size 257')


def test_text_is_cut_at_special_tokens_first(train_bpe):
    """The text is cut at special tokens before it is cut into pieces, so white space may end a part."""
    text = "ab  <|end|>  ab"
    expected = learn(["ab", "  ", " ", " ab"], 300)
    expect.equal(train_bpe(text, 300, ["<|end|>"]), expected, f'the merges for "{text}"')


def test_each_special_token_is_cut_out(train_bpe):
    """All special tokens are cut out, wherever they stand; where one begins with another, the longer one is found."""
    text = "ab[sep]ab[sep]]xab$^abENDab"
    found = train_bpe(text, 300, ("[sep]", "$^", "[sep]]x", "END"))
    expect.equal(found, [(97, 98)], f'the merges for "{text}" with special tokens "[sep]", "$^", "[sep]]x" and "END"')
    found = train_bpe("endEND", 300, ["END"])
    expect.equal(found, [(101, 110), (256, 100)], 'the merges for "endEND" with the special token "END"')
    found = train_bpe("a<|end|>b<|end|>c<|end|>de", 300, ["<|end|>"])
    expect.equal(found, [(100, 101)], 'the merges for "a<|end|>b<|end|>c<|end|>de"')


def test_training_refuses_less_than_the_bytes(train_bpe):
    """A vocab_size below 256 is a ValueError that names it."""
    for text in ("abab", ""):
        accepted = []
        for vocab_size in (255, 254, 77, 0, -3):
            try:
                train_bpe(text, vocab_size)
                accepted.append(vocab_size)
            except Exception as error:  # whether it is the right one comes below
                del error
        expect.equal(accepted, [], f"the vocab_sizes below 256 that are accepted, for the text {text!r}")
    for vocab_size in (255, 77, -3):
        what = f"vocab_size {vocab_size}"
        expect.raises(ValueError, lambda size=vocab_size: train_bpe("abab", size), (str(vocab_size),), what)


def test_merges_are_a_list_of_tuples(train_bpe):
    """The merges are a list, and each of them is a tuple of two ids."""
    found = train_bpe("abcab", 258)
    expect.true(isinstance(found, list), f"expected a list, got something of type {type(found).__name__}")
    kinds = sorted({type(pair).__name__ for pair in found if not isinstance(pair, tuple)})
    expect.equal(kinds, [], "types of the merges other than tuple")
    kinds = sorted({type(index).__name__ for pair in found for index in pair if not isinstance(index, Integral)})
    expect.equal(kinds, [], "types of ids other than int")


def test_training_keeps_nothing(train_bpe):
    """Nothing is left over from an earlier call, and the special tokens that were handed in are not changed."""
    specials = ["[s]", "<|end|>", "END"]
    train_bpe("abdab", 258, ["d"])
    expect.equal(train_bpe("abdab", 258, specials), [(97, 98), (100, 256)], 'the merges of a second call, for "abdab"')
    expect.equal(specials, ["[s]", "<|end|>", "END"], "the special tokens after training")


def test_training_on_varied_texts(train_bpe):
    """The same holds for texts of many scripts, with long runs, emoji and control characters."""
    for text in texts(25, seed=3):
        expect.equal(train_bpe(text, 280), learn(split_text(text), 280), f"the merges for {text!r} and vocab_size 280")


def test_training_on_a_longer_text(train_bpe):
    """A longer text teaches more merges, to its very end."""
    expect.equal(train_bpe(TEXT, 336), learn(split_text(TEXT), 336), "the merges for a text of some 400 characters")
    text = TEXT * 5 + " zqzqzq" * 100
    expect.equal(train_bpe(text, 280), learn(split_text(text), 280), "the merges for a text of some 3000 characters")
