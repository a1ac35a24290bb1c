"""Checks of lab 08: BPETokenizer from text to ids, encode_piece and then encode. Each is tried without the other."""

from numbers import Integral

from tests.labs.helpers_bpe import any_bytes, encoded, encoded_text, gpt2_byte_order, learnt, outcome, texts
from vibejam_core.course import expect
from vibejam_core.text.bpe import split_text

A, B, C, D = b"abcd"
SPECIALS = ("<|end|>", "<|end|>!", "[a.b]*", " é\n")
"""Ids 336 to 339 after the 80 merges of ``learnt()``. The second begins with the first."""


def reordered(merges, order):
    """The same merges for a vocabulary with its bytes in another order."""
    return [tuple(order.index(part) if part < 256 else part for part in pair) for pair in merges]


# --- encode_piece -----------------------------------------------------------------------------------------------------


def test_without_merges_a_piece_is_its_bytes(BPETokenizer):
    """Where nothing was learnt, each byte is its own id."""
    found = BPETokenizer([]).encode_piece("né!".encode())
    expect.equal(found, [110, 195, 169, 33], 'the ids of the piece "né!", with no merges')


def test_a_learnt_pair_is_merged_everywhere(BPETokenizer):
    """A pair that was learnt becomes its id, 256 for the first merge, wherever it stands in the piece."""
    tokenizer = BPETokenizer([(A, B)])
    expect.equal(tokenizer.encode_piece(b"ab"), [256], 'the ids of the piece "ab", with the merge ab')
    found = tokenizer.encode_piece(b"abcabbab")
    expect.equal(found, [256, C, 256, B, 256], 'the ids of the piece "abcabbab", with the merge ab')


def test_what_was_learnt_first_is_merged_first(BPETokenizer):
    """The pair that was learnt first goes first, not the one that stands first."""
    tokenizer = BPETokenizer([(B, C), (A, B)])
    expect.equal(tokenizer.encode_piece(b"abc"), [A, 256], 'the ids of the piece "abc", with merges bc and ab')
    tokenizer = BPETokenizer([(A, B), (B, C)])
    expect.equal(tokenizer.encode_piece(b"abc"), [256, C], 'the ids of the piece "abc", with merges ab and bc')
    expected = [256, C, D, 257, D, 257]
    expect.equal(tokenizer.encode_piece(b"abcdbcdbc"), expected, 'the ids of "abcdbcdbc", with merges ab and bc')


def test_pieces_are_merged_from_left_to_right(BPETokenizer):
    """Where places of a pair overlap, the left one is merged."""
    tokenizer = BPETokenizer([(A, A)])
    expect.equal(tokenizer.encode_piece(b"aaa"), [256, A], 'the ids of the piece "aaa", with the merge aa')
    expect.equal(tokenizer.encode_piece(b"baaaaac"), [B, 256, 256, A, C], 'the ids of "baaaaac", with the merge aa')


def test_merges_build_on_merges(BPETokenizer):
    """What was merged can be merged again, until nothing can."""
    tokenizer = BPETokenizer([(A, B), (C, D), (256, 257), (258, 258)])
    found = tokenizer.encode_piece(b"abcdabcdabcdab")
    expect.equal(found, [259, 258, 256], 'the ids of "abcdabcdabcdab", with merges ab, cd, ab+cd and abcd+abcd')


def test_the_order_of_learning_decides_and_not_the_length(BPETokenizer):
    """Of two merges that can be made, the earlier one is, be its token shorter or longer than the other's."""
    found = BPETokenizer([(C, D), (A, B), (B, 256)]).encode_piece(b"abcd")
    expect.equal(found, [257, 256], 'the ids of the piece "abcd", with merges cd, ab and b+cd')
    found = BPETokenizer([(C, D), (B, 256), (A, B)]).encode_piece(b"abcd")
    expect.equal(found, [A, 257], 'the ids of the piece "abcd", with merges cd, b+cd and ab')
    found = BPETokenizer([(A, B), (B, C), (257, D)]).encode_piece(b"abcd")
    expect.equal(found, [256, C, D], 'the ids of the piece "abcd", with merges ab, bc and bc+d')


def test_bytes_have_the_ids_that_byte_ids_gives(BPETokenizer):
    """The ids of the bytes are found in byte_ids: GPT-2's vocabulary has them in an order of its own."""
    order = gpt2_byte_order()
    found = BPETokenizer([], byte_order=order).encode_piece("a é\n".encode())
    expect.equal(found, [64, 220, 127, 102, 198], r'the ids of the piece "a é\n", with the bytes in GPT-2\'s order')
    merges = reordered(learnt(), order)
    found = BPETokenizer(merges, byte_order=order).encode_piece(" the été".encode())
    expected = encoded(" the été".encode(), merges, order)
    expect.equal(found, expected, 'the ids of the piece " the été", with the bytes in GPT-2\'s order')


def test_any_bytes_can_be_a_piece(BPETokenizer):
    """A piece need not be valid UTF-8."""
    piece = b"\xff\xc3\x00\x80\xc3"
    found = BPETokenizer([(0xFF, 0xC3), (0x80, 0xC3)]).encode_piece(piece)
    expect.equal(found, [256, 0, 257], "the ids of the bytes ff c3 00 80 c3, with merges ff c3 and 80 c3")


def test_the_empty_piece_has_no_ids(BPETokenizer):
    """No bytes give an empty list, a single byte a list of one."""
    tokenizer = BPETokenizer([(A, B)])
    expect.equal(tokenizer.encode_piece(b""), [], "the ids of the empty piece")
    expect.equal(tokenizer.encode_piece(b"a"), [A], 'the ids of the piece "a"')


def test_a_piece_is_never_a_special_token(BPETokenizer):
    """A piece that spells a special token is bytes like any other."""
    tokenizer = BPETokenizer([(A, B)], ["ab!", "!"])
    expect.equal(tokenizer.encode_piece(b"ab!"), [256, 33], 'the ids of "ab!", where "ab!" and "!" are special tokens')


def test_a_long_run_is_one_piece(BPETokenizer):
    """A run of hundreds of equal bytes is encoded as well, whether or not it can be merged."""
    merges = [(A, A), *((index, index) for index in range(256, 262))]
    found = BPETokenizer(merges).encode_piece(b"a" * 599)
    expected = [262, 262, 262, 262, 261, 259, 257, 256, A]
    expect.equal(found, expected, 'the ids of 599 times "a", with merges for 2, 4, 8, 16, 32, 64 and 128 of them')
    found = BPETokenizer(merges).encode_piece(b"b" * 1200)
    expect.equal(found, [B] * 1200, 'the ids of 1200 times "b", which no merge holds')


def test_encode_piece_keeps_nothing(BPETokenizer):
    """Each call gives a list of its own, and tokenizers don't know of each other."""
    tokenizer = BPETokenizer([(A, B)])
    tokenizer.encode_piece(b"abab").append(7)
    expect.equal(tokenizer.encode_piece(b"abab"), [256, 256], 'the ids of "abab", after an earlier result was changed')
    found = BPETokenizer([(B, A)]).encode_piece(b"abab")
    expect.equal(found, [A, 256, B], 'the ids of "abab" with the merge ba, after another tokenizer encoded it')


def test_pieces_of_many_kinds(BPETokenizer):
    """The same holds for many pieces, with eighty merges: words of many scripts, emoji, bytes that are no text."""
    tokenizer = BPETokenizer(learnt())
    pieces = [piece.encode() for text in texts(20, seed=4) for piece in split_text(text)]
    pieces += any_bytes(20, seed=5)
    found = {repr(piece): tokenizer.encode_piece(piece) for piece in pieces}
    expect.equal(found, {repr(piece): encoded(piece, learnt()) for piece in pieces}, "the ids of many pieces")


# --- encode: ordinary text --------------------------------------------------------------------------------------------


def test_text_becomes_the_ids_of_its_pieces(BPETokenizer):
    """A text is cut into pieces, and the ids of all pieces follow each other."""
    tokenizer = BPETokenizer([(ord(" "), B), (A, B), (257, 257)])
    found = tokenizer.encode("ab bcab abab")
    expected = [257, 256, C, 257, 32, 258]
    expect.equal(found, expected, 'the ids of "ab bcab abab", with merges " b", ab and ab+ab')


def test_pieces_are_encoded_one_by_one(BPETokenizer):
    """Nothing is merged from one piece into the next, even if the pair was learnt."""
    tokenizer = BPETokenizer([(A, ord(" ")), (ord("1"), ord("2")), (B, ord("1"))])
    found = tokenizer.encode("a a b1212121")
    expected = [A, 32, A, 32, B, 257, 49, 50, 257, 49]
    expect.equal(found, expected, 'the ids of "a a b1212121", with merges "a ", 12 and b1')


def test_text_is_cut_by_the_pattern_of_the_tokenizer(BPETokenizer):
    """Each tokenizer cuts with its own pattern."""
    merges = [(A, ord(" ")), (256, A)]
    found = BPETokenizer(merges, pattern=r"(?s:.+)").encode("a a a")
    expect.equal(found, [256, 257], 'the ids of "a a a", as a single piece, with merges "a " and "a a"')
    found = BPETokenizer(merges, pattern=r"\S|\s").encode("a a a")
    expect.equal(found, [A, 32, A, 32, A], 'the ids of "a a a", cut into characters')
    found = BPETokenizer(merges, pattern=r"\S+\s*|\s+").encode("a a a")
    expect.equal(found, [256, 256, A], 'the ids of "a a a", cut behind the spaces')


def test_characters_are_encoded_as_utf8(BPETokenizer):
    """A character is the ids of its one to four bytes of UTF-8."""
    found = BPETokenizer([(0xC3, 0xA9), (0xF0, 0x9F)]).encode("aé€😀ÿ")
    expected = [A, 256, 0xE2, 0x82, 0xAC, 257, 0x98, 0x80, 0xC3, 0xBF]
    expect.equal(found, expected, 'the ids of "aé€😀ÿ", with merges c3 a9 and f0 9f')


def test_encode_takes_text_as_it_is(BPETokenizer):
    """Nothing is trimmed, folded, put together or left out."""
    tokenizer = BPETokenizer([])
    for text in ("  aA \n", "e\u0301é", "\r\n\r", "\x00a\x00", "\ufeffa\u200b", "ﬁ\u00a0", "a\ufffdb"):
        expect.equal(tokenizer.encode(text), list(text.encode()), f"the ids of {text!r}, with no merges")


def test_the_empty_text_has_no_ids(BPETokenizer):
    """The empty text gives an empty list."""
    tokenizer = BPETokenizer(learnt(), SPECIALS)
    expect.equal(tokenizer.encode(""), [], "the ids of the empty text")
    expect.equal(tokenizer.encode("", SPECIALS), [], "the ids of the empty text, with all special tokens allowed")


def test_encode_returns_a_list_of_whole_numbers(BPETokenizer):
    """The ids come as a plain list of ints."""
    found = BPETokenizer(learnt(), SPECIALS).encode("the cat<|end|>", ["<|end|>"])
    expect.true(type(found) is list, f"expected a list, got something of type {type(found).__name__}")
    kinds = {type(index).__name__ for index in found if not isinstance(index, Integral)}
    expect.equal(sorted(kinds), [], "types of ids other than int")


def test_half_characters_stand_for_bytes(BPETokenizer):
    r"""The lone surrogates from "\udc80" to "\udcff" stand for the bytes 0x80 to 0xff."""
    tokenizer = BPETokenizer([(0xC3, 0xA9), (256, A)])
    found = tokenizer.encode("a\udc80b\udcff")
    expect.equal(found, [A, 0x80, B, 0xFF], r'the ids of "a\udc80b\udcff"')
    found = tokenizer.encode("\udca9é \udcc3\udca9")
    expect.equal(found, [0xA9, 256, 32, 256], r'the ids of "\udca9é \udcc3\udca9", with merges c3 a9 and éa')
    expect.equal(tokenizer.encode("éa"), [257], 'the ids of "éa", with merges c3 a9 and éa')
    found = tokenizer.encode("\udcc3\udca9a")
    expect.equal(found, [256, A], r'the ids of "\udcc3\udca9a", which is cut in front of the a, with the same merges')


def test_other_lone_surrogates_are_refused(BPETokenizer):
    r"""Any other lone surrogate is a ValueError, also two that would be a character in UTF-16."""
    tokenizer = BPETokenizer(learnt())
    for text in ("\ud800", "a\udbffb", "\udc00", "\udc7f", "\udd00", "\udfff", "\ud83d\ude00"):
        expect.raises(ValueError, lambda text=text: tokenizer.encode(text), what=f"encoding {text!a}")


def test_encode_keeps_nothing(BPETokenizer):
    """The same text gives the same ids every time, whatever was done with an earlier result."""
    tokenizer = BPETokenizer(learnt())
    for text in ("the", "the cat the cat", "the"):
        tokenizer.encode(text).append(7)
        expected = encoded_text(text, learnt())
        expect.equal(tokenizer.encode(text), expected, f'the ids of "{text}", after an earlier result was changed')


def test_texts_of_many_kinds(BPETokenizer):
    """The same holds for many texts: scripts, emoji, white space, control characters, long runs, bytes of no text."""
    tokenizer = BPETokenizer(learnt(), SPECIALS)
    found = {text: tokenizer.encode(text) for text in texts(40, seed=6)}
    expect.equal(found, {text: encoded_text(text, learnt()) for text in found}, "the ids of many texts")
    for data in any_bytes(20, seed=7):
        text = data.decode("utf-8", "surrogateescape")
        pieces = [piece.encode("utf-8", "surrogateescape") for piece in split_text(text)]
        expected = [index for piece in pieces for index in encoded(piece, learnt())]
        expect.equal(tokenizer.encode(text), expected, f"the ids of {text!a}")


# --- encode: special tokens -------------------------------------------------------------------------------------------


def test_a_special_token_that_is_not_allowed_is_ordinary_text(BPETokenizer):
    """Where nothing is allowed, a text that spells special tokens gives ordinary ids only."""
    tokenizer = BPETokenizer(learnt(), SPECIALS)
    for text in ("<|end|>", "the <|end|>! cat", "[a.b]* é\n"):
        expected = encoded_text(text, learnt())
        expect.equal(tokenizer.encode(text), expected, f"the ids of {text!r}, with no special token allowed")


def test_an_allowed_special_token_is_one_id(BPETokenizer):
    """Each allowed special token in the text becomes its one id."""
    tokenizer = BPETokenizer([(A, B)], ["<|end|>", "<|user|>"])
    found = tokenizer.encode("<|user|>ab<|end|><|end|>ab", ("<|end|>", "<|user|>"))
    expect.equal(found, [258, 256, 257, 257, 256], 'the ids of "<|user|>ab<|end|><|end|>ab", both allowed')


def test_only_the_allowed_special_tokens_are_found(BPETokenizer):
    """Of several special tokens, those that aren't allowed remain ordinary text."""
    tokenizer = BPETokenizer(learnt(), ["<|end|>", "<|user|>"])
    found = tokenizer.encode("<|user|>the<|end|>", ["<|end|>"])
    expected = [*encoded_text("<|user|>the", learnt()), 336]
    expect.equal(found, expected, 'the ids of "<|user|>the<|end|>", with only <|end|> allowed')


def test_special_tokens_are_cut_out_before_the_pieces(BPETokenizer):
    """The text is cut at special tokens first; what stands before and after each is cut into pieces by itself."""
    tokenizer = BPETokenizer([(32, 32), (A, B), (B, A)], ["<|end|>"])
    found = tokenizer.encode("ab  <|end|>  ab<|end|>aba", ["<|end|>"])
    expected = [257, 256, 259, 32, 32, 257, 259, 257, A]
    expect.equal(found, expected, 'the ids of "ab  <|end|>  ab<|end|>aba", with merges of two spaces, ab and ba')


def test_special_tokens_may_be_any_text(BPETokenizer):
    """A special token may hold white space, letters and what has a meaning in regular expressions."""
    found = BPETokenizer([(A, B)], ["END"]).encode("END END ab", ["END"])
    expect.equal(found, [257, 32, 257, 32, 256], 'the ids of "END END ab", with END allowed')
    tokenizer = BPETokenizer(learnt(), SPECIALS)
    found = tokenizer.encode("aaxb[a.b]* é\n[a.b]*[a.b]\udcc3", ["[a.b]*", " é\n"])
    expected = [*encoded_text("aaxb", learnt()), 338, 339, 338, *encoded_text("[a.b]", learnt()), 0xC3]
    expect.equal(found, expected, r'the ids of "aaxb[a.b]* é\n[a.b]*[a.b]\udcc3", with "[a.b]*" and " é\n" allowed')


def test_the_longest_allowed_special_token_is_found(BPETokenizer):
    """Where one special token begins with another, the longer one is found, if it is allowed."""
    tokenizer = BPETokenizer(learnt(), SPECIALS)
    text = "<|end|>!<|end|>"
    for allowed in (("<|end|>!", "<|end|>"), ("<|end|>", "<|end|>!")):
        expect.equal(tokenizer.encode(text, allowed), [337, 336], f'the ids of "{text}", with {allowed} allowed')
    found = tokenizer.encode(text, ["<|end|>"])
    expect.equal(found, [336, 33, 336], f'the ids of "{text}", with only <|end|> allowed')


def test_allowed_special_tokens_may_be_a_list_tuple_or_set(BPETokenizer):
    """The allowed special tokens come as a list, a tuple or a set, which isn't changed."""
    tokenizer = BPETokenizer([(A, B)], ["<|end|>", "<|user|>"])
    for allowed in (["<|end|>", "<|user|>"], ("<|user|>", "<|end|>"), {"<|end|>", "<|user|>"}):
        before = type(allowed)(allowed)
        found = tokenizer.encode("ab<|user|>ab<|end|>", allowed)
        kind = type(allowed).__name__
        expect.equal(found, [256, 258, 256, 257], f'the ids of "ab<|user|>ab<|end|>", with a {kind} of both allowed')
        expect.equal(allowed, before, f"the {kind} of allowed special tokens, after encode")


def test_unknown_special_tokens_are_refused(BPETokenizer):
    """To allow a special token that the tokenizer doesn't have is a ValueError that names it."""
    tokenizer = BPETokenizer(learnt(), ["<|end|>"])
    cases = [("the cat", ["<|other|>"]), ("the cat", ["<|end|>", "<|other|>"]), ("<|other|>", ["<|other|>"])]
    found = {
        f'"{text}", {allowed}': outcome(lambda t=text, a=allowed: tokenizer.encode(t, a)) for text, allowed in cases
    }
    expect.equal(found, dict.fromkeys(found, "a ValueError"), "what comes of allowing a special token that isn't there")
    for text, allowed in cases:
        what = f'encoding "{text}" with {allowed} allowed'
        expect.raises(ValueError, lambda t=text, a=allowed: tokenizer.encode(t, a), ("<|other|>",), what)
    expect.raises(ValueError, lambda: tokenizer.encode("the", ["the"]), ("the",), 'the word "the" allowed as special')
