"""Checks of lab 09, third part: the export to tiktoken, the tokens' lengths, and how well a vocabulary compresses."""

import tiktoken
import torch

from tests.labs.helpers_tokenizers import TEXT, state, vocabulary
from vibejam_core.course import expect
from vibejam_core.text.bpe import GPT2_PATTERN, BPETokenizer

# --- to_tiktoken ------------------------------------------------------------------------------------------------------

UNSEEN = "Café—the 3rd then ABC\r\n\t xyz 12345 été  \u0000 中文 😀😀 the\n\n he'd abcab "
WORDS = ("abcabc", "the the", "1234567", "é" * 5, "\n\n\n", "   then", "a" * 40, "")


def export(to_tiktoken, tokenizer, *others, **named):
    """The encoding, which must be one."""
    encoding = to_tiktoken(tokenizer, *others, **named)
    came = "None (is a return missing?)" if encoding is None else f"something of type {type(encoding).__name__}"
    expect.true(isinstance(encoding, tiktoken.Encoding), f"expected a tiktoken.Encoding, got {came}")
    return encoding


def same_ids(encoding, tokenizer, texts, what):
    """The encoding must give the tokenizer's ids, for each text."""
    for text in texts:
        expect.equal(encoding.encode_ordinary(text), tokenizer.encode(text), f"the ids of {text!r}, {what}")


def all_bytes(encoding, ids):
    """What each id stands for, or why it stands for nothing."""
    found = []
    for index in ids:
        try:
            found.append(repr(encoding.decode_single_token_bytes(index)))
        except KeyError:
            found.append("no such token")
    return found


def test_export_of_bytes_alone(to_tiktoken):
    """A vocabulary of the 256 bytes encodes a text byte by byte."""
    tokenizer = BPETokenizer([])
    encoding = export(to_tiktoken, tokenizer)
    same_ids(encoding, tokenizer, ["az AZ", "é\n😀", ""], "of bytes alone")
    expect.equal(encoding.n_vocab, 256, "n_vocab of the 256 bytes")


def test_export_merges_in_the_order_of_learning(to_tiktoken):
    """What was learnt first is merged first, not what is longest."""
    tokenizer = BPETokenizer([(98, 99), (97, 98), (256, 100), (257, 256), (97, 256)])  # bc, ab, bcd, abbc, abc
    encoding = export(to_tiktoken, tokenizer)
    same_ids(encoding, tokenizer, ("abcd", "abbcd", "abab", "abcabbc"), "of the merges bc, ab, bcd, abbc, abc")


def test_export_of_merges(to_tiktoken):
    """Merged tokens keep their ids, the first and the last of them too."""
    tokenizer = vocabulary(n_merges=60)
    encoding = export(to_tiktoken, tokenizer)
    expected = [repr(data) for data in tokenizer.token_bytes]
    expect.equal(all_bytes(encoding, range(316)), expected, "what each id stands for, of 256 bytes and 60 merges")
    expect.equal(encoding.n_vocab, 316, "n_vocab of 256 bytes and 60 merges")


def test_export_encodes_alike(to_tiktoken):
    """encode_ordinary gives the ids that the tokenizer gives, also for bytes above 0x7f and for text never seen."""
    tokenizer = vocabulary(n_merges=60)
    encoding = export(to_tiktoken, tokenizer)
    same_ids(encoding, tokenizer, (TEXT, UNSEEN, *WORDS), "of 60 merges")
    tokenizer = BPETokenizer([(0xF0, 0x9F), (256, 0x98), (257, 0x80), (256, 0x99), (0xE4, 0xB8)])
    encoding = export(to_tiktoken, tokenizer)
    same_ids(encoding, tokenizer, ("😀", "🙂", "中", "🚀"), "with tokens that are parts of characters")
    tokenizer = BPETokenizer([(97, 97), (256, 256), (257, 257), (258, 258), (259, 259)])
    same_ids(export(to_tiktoken, tokenizer), tokenizer, ("a" * 47, "b" + "a" * 32), "with tokens of up to 32 letters")


def test_export_cuts_with_the_tokenizers_pattern(to_tiktoken):
    """The encoding cuts text with the pattern of the tokenizer."""
    merges = [(49, 50), (51, 52), (256, 257), (258, 258), (32, 32), (97, 10), (97, 97), (262, 262), (65, 49), (97, 49)]
    text = "12341234 a\na  12   aaaaa"
    for pattern in (GPT2_PATTERN, r"..?|\n", r"[\s\S]+", r"[a-z]+|[^a-z]+"):
        tokenizer = BPETokenizer(merges, pattern=pattern)
        encoding = export(to_tiktoken, tokenizer)
        same_ids(encoding, tokenizer, (text, "aaaa\n", "AA1aa1"), f"with the pattern {pattern!r}")


def test_export_keeps_the_order_of_bytes(to_tiktoken):
    """A tokenizer may give its bytes ids in an order of its own, as GPT-2's does."""
    order = [*range(33, 127), *range(0, 33), *range(255, 126, -1)]
    tokenizer = vocabulary(n_merges=30, byte_order=order)
    encoding = export(to_tiktoken, tokenizer)
    same_ids(encoding, tokenizer, (TEXT, UNSEEN), "with bytes in another order")


SPECIALS = ("<|end|>", "<|User|>", " <s> ")


def test_export_knows_special_tokens(to_tiktoken):
    """Each special token keeps its id, and n_vocab counts it."""
    tokenizer = vocabulary(SPECIALS, n_merges=20)
    encoding = export(to_tiktoken, tokenizer)
    found = all_bytes(encoding, (276, 277, 278))
    expect.equal(found, [repr(text.encode()) for text in SPECIALS], "what ids 276 to 278 stand for, after 20 merges")
    expect.equal(encoding.n_vocab, 279, "n_vocab of 256 bytes, 20 merges and 3 special tokens")
    expect.equal(sorted(encoding.special_tokens_set), sorted(SPECIALS), "the set of special tokens")


def test_export_finds_special_tokens_where_allowed(to_tiktoken):
    """With allowed_special="all" the special tokens of a text are found."""
    tokenizer = vocabulary(SPECIALS, n_merges=20)
    encoding = export(to_tiktoken, tokenizer)
    text = " <s> the<|User|>café<|end|> <|end|>"
    found = encoding.encode(text, allowed_special="all")
    expect.equal(found, tokenizer.encode(text, SPECIALS), f"the ids of {text!r} with special tokens")


def test_export_finds_no_special_tokens_in_ordinary_text(to_tiktoken):
    """encode_ordinary never gives a special token, even where one is an ordinary word."""
    tokenizer = vocabulary((" dog", "é", "#", "12"), n_merges=20)
    encoding = export(to_tiktoken, tokenizer)
    same_ids(encoding, tokenizer, ("a dog", " dog", "é", "#", "12", "123 é dog#"), 'with special tokens " dog", "é", …')


def test_export_lets_a_special_token_spell_an_ordinary_one(to_tiktoken):
    """A special token may have the same text as an ordinary token: there are two ids for it."""
    tokenizer = BPETokenizer([(97, 98), (256, 99)], ["abc", "zz"])
    encoding = export(to_tiktoken, tokenizer)
    expect.equal(encoding.encode_ordinary("abczz"), [257, 122, 122], 'the ids of "abczz" as ordinary text')
    expect.equal(encoding.encode("abczz", allowed_special="all"), [258, 259], 'the ids of "abczz" as special tokens')
    expect.equal(encoding.n_vocab, 260, 'n_vocab, with special tokens "abc" and "zz"')


def test_export_has_the_name(to_tiktoken):
    """The encoding has the name that was given, or else "vibejam"."""
    tokenizer = BPETokenizer([(97, 98)])
    expect.equal(export(to_tiktoken, tokenizer, "ours").name, "ours", 'the name of an encoding called "ours"')
    expect.equal(export(to_tiktoken, tokenizer).name, "vibejam", "the name of an encoding without one")
    expect.equal(export(to_tiktoken, tokenizer, name="x").name, "x", 'the name of an encoding called "x"')


def refusal(to_tiktoken, tokenizer, data):
    """The name of the error, or which token has these bytes in the encoding that was made all the same."""
    try:
        return f"token {to_tiktoken(tokenizer).encode_single_token(data)}"
    except Exception as error:
        return type(error).__name__


def test_export_refuses_two_tokens_with_the_same_bytes(to_tiktoken):
    """Two ordinary tokens with the same bytes are a ValueError that names both ids."""
    neighbours = [(97, 97), (256, 97), (97, 256), (98, 99)]  # aa, aaa, aaa, bc
    strangers = [(195, 169), (120, 256), (120, 195), (258, 169)]  # é, xé, half of that, xé
    for merges, data, ids in ((neighbours, b"aaa", ("257", "258")), (strangers, "xé".encode(), ("257", "259"))):
        twins = BPETokenizer(merges, ["<s>"])
        what = f"ids {ids[0]} and {ids[1]}, both {data!r}"
        expect.equal(refusal(to_tiktoken, twins, data), "ValueError", f"what comes of {what}")
        expect.raises(ValueError, lambda twins=twins: to_tiktoken(twins), ids, what)


def test_export_leaves_the_tokenizer_alone(to_tiktoken):
    """The tokenizer is not changed, and two of them don't get mixed up."""
    first, second = vocabulary(["<s>"], n_merges=9), vocabulary(["<t>"], n_merges=5)
    before = state(first), state(second)
    encodings = [export(to_tiktoken, tokenizer) for tokenizer in (first, second, first)]
    expect.equal([encoding.n_vocab for encoding in encodings], [266, 262, 266], "n_vocab of three exports in a row")
    expect.equal((state(first), state(second)), before, "what the tokenizers hold after the export")


# --- token_byte_lengths -----------------------------------------------------------------------------------------------


def lengths_of(token_byte_lengths, tokenizer, places, what):
    """Some of the lengths, as a list."""
    found = token_byte_lengths(tokenizer)
    expect.shape(found, (tokenizer.vocab_size,), f"the lengths {what}")
    return found[places].tolist()


def test_lengths_are_one_number_per_token(token_byte_lengths):
    """The result is one tensor, with a number for every id: bytes, merges and special tokens."""
    found = token_byte_lengths(vocabulary(["<s>", "<t>"], n_merges=7))
    expect.shape(found, (265,), "the lengths of 256 bytes, 7 merges and 2 special tokens")
    expect.shape(token_byte_lengths(BPETokenizer([])), (256,), "the lengths of 256 bytes")


def test_lengths_are_int64(token_byte_lengths):
    """The lengths are whole numbers, of dtype int64."""
    expect.dtype(token_byte_lengths(vocabulary(["<s>"], n_merges=7)), torch.int64, "the lengths")


def test_a_byte_is_one_byte_long(token_byte_lengths):
    """Each of the 256 bytes is one byte long, those above 0x7f and control characters too."""
    for n_merges in (0, 7):
        found = lengths_of(token_byte_lengths, vocabulary(n_merges=n_merges), slice(256), "of the vocabulary")
        expect.equal(found, [1] * 256, f"the lengths of the bytes, with {n_merges} merges")


def test_merges_are_as_long_as_their_bytes(token_byte_lengths):
    """A merged token is as long as its two parts together, however it came about."""
    merges = [(97, 98), (256, 99), (256, 257), (100, 100), (32, 32), (10, 260), (258, 258)]
    found = lengths_of(token_byte_lengths, BPETokenizer(merges), slice(256, None), "of bytes and 7 merges")
    expect.equal(found, [2, 3, 5, 2, 2, 3, 10], "the lengths of ab, abc, ababc, dd, two spaces, …")


def test_raw_bytes_count_not_characters(token_byte_lengths):
    """A token's bytes count, not its characters, and not the bytes of replacement characters."""
    # é; é and é; two bytes of an emoji, three, all four; the end of one character and the beginning of the next
    merges = [(0xC3, 0xA9), (256, 256), (0xF0, 0x9F), (258, 0x98), (259, 0x80), (0xA9, 0xC3)]
    found = lengths_of(token_byte_lengths, BPETokenizer(merges), slice(256, None), "of bytes and 6 merges")
    expect.equal(found, [2, 4, 2, 3, 4, 2], "the lengths of é, éé, parts of an emoji, the emoji, …")


def test_long_tokens(token_byte_lengths):
    """A token may be longer than 255 bytes."""
    merges = [(97, 97), *((256 + i, 256 + i) for i in range(9))]
    found = lengths_of(token_byte_lengths, BPETokenizer(merges), slice(256, None), "of bytes and 10 merges")
    expect.equal(found, [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024], "the lengths of runs of a")


def test_special_tokens_have_length_zero(token_byte_lengths):
    """Special tokens stand for no text: 0, each of them, whatever they spell."""
    tokenizer = BPETokenizer([(97, 98)], ["<|end|>", "é", "x", "plain"])
    found = lengths_of(token_byte_lengths, tokenizer, slice(256, None), "of bytes, a merge and 4 special tokens")
    expect.equal(found, [2, 0, 0, 0, 0], "the lengths of ab and of the special tokens <|end|>, é, x and plain")


def test_ordinary_tokens_that_spell_a_special_one(token_byte_lengths):
    """An ordinary token that spells the same as a special one, or looks like one, keeps its length."""
    merges = [(97, 98), (256, 99), (60, 115), (257, 62)]  # ab, abc, <s, abc>
    tokenizer = BPETokenizer([*merges, (258, 62)], ["abc", "<s>", "b"])
    found = lengths_of(token_byte_lengths, tokenizer, [98, *range(256, 264)], "of bytes, 5 merges, 3 special tokens")
    expect.equal(found, [1, 2, 3, 2, 4, 3, 0, 0, 0], "the lengths of b, ab, abc, <s, abc>, <s> and 3 special tokens")


def test_lengths_with_bytes_in_another_order(token_byte_lengths):
    """It is the tokenizer's own tokens that count, also where its bytes have other ids."""
    tokenizer = BPETokenizer([(0, 1), (256, 255)], ["<s>"], byte_order=range(255, -1, -1))
    found = lengths_of(token_byte_lengths, tokenizer, slice(None), "with bytes in another order")
    expect.equal(found, [1] * 256 + [2, 3, 0], "the lengths, with bytes in another order")


def test_lengths_leave_the_tokenizer_alone(token_byte_lengths):
    """The tokenizer is not changed, and nothing is kept for the next one."""
    first, second = vocabulary(["<s>"], n_merges=9), vocabulary(["<t>", "<u>"], n_merges=12)
    before = state(first), state(second)
    found = [token_byte_lengths(tokenizer) for tokenizer in (first, second)]
    expect.shape(found[1], (270,), "the lengths of a second tokenizer")
    expect.equal((state(first), state(second)), before, "what the tokenizers hold afterwards")
