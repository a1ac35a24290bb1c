"""Checks of lab 08: BPETokenizer.encode, from text to ids, and what special tokens do to it."""

from numbers import Integral

from tests.labs.helpers_bpe import any_bytes, encoded, encoded_text, learnt, outcome, texts
from vibejam_core.course import expect
from vibejam_core.text.bpe import split_text

A, B, C = b"abc"
SPECIALS = ("<|end|>", "<|end|>!", "[a.b]*", " é\n")
"""Ids 336 to 339 after the 80 merges of ``learnt()``. The second begins with the first."""

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
    for text in ("  aA \n", "e\u0301é", "\r\n\r", "\x00a\x00", "\ufeffa\u200b", "ﬁ\u00a0", "a\ufffdb", "\u3000a\u3000"):
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


def test_a_long_text_is_encoded(BPETokenizer):
    """Long texts, and pieces of many hundred characters, are encoded to their end."""
    text = "a" * 1000 + " " * 1000 + "thé cats\n" * 100 + "1" * 700
    found = BPETokenizer(learnt()).encode(text)
    expect.equal(found, encoded_text(text, learnt()), "the ids of a text of 3600 characters")


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
    found = tokenizer.encode("<|user|>the<|end|>")
    expect.equal(found, encoded_text("<|user|>the<|end|>", learnt()), "the ids of the same text, with none allowed")


def test_special_tokens_are_cut_out_before_the_pieces(BPETokenizer):
    """The text is cut at special tokens first; what stands before and after each is cut into pieces by itself."""
    tokenizer = BPETokenizer([(32, 32), (A, B), (B, A)], ["<|end|>"])
    found = tokenizer.encode("ab  <|end|>  ab<|end|>\naba\n<|end|>", ["<|end|>"])
    expected = [257, 256, 259, 32, 32, 257, 259, 10, 257, A, 10, 259]
    what = r'the ids of "ab  <|end|>  ab<|end|>\naba\n<|end|>", with merges of two spaces, ab and ba'
    expect.equal(found, expected, what)


def test_special_tokens_may_be_any_text(BPETokenizer):
    """A special token may hold white space, letters and what has a meaning in regular expressions."""
    found = BPETokenizer([(A, B)], ["END"]).encode("END END End ab", ["END"])
    expected = [257, 32, 257, 32, 69, 110, 100, 32, 256]
    expect.equal(found, expected, 'the ids of "END END End ab", with END allowed')
    found = BPETokenizer([(A, B)], ["ab"]).encode("abab", ["ab"])
    expect.equal(found, [257, 257], 'the ids of "abab", with the merge ab, and "ab" allowed, a special token too')
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
    one, two = ["<|other|>"], ["<|end|>", "<|other|>"]
    cases = [("the cat", one), ("the cat", two), ("<|other|>", one), ("the cat", {*two})]
    named = [
        f'encoding "{text}" with a {type(allowed).__name__} of {sorted(allowed)} allowed' for text, allowed in cases
    ]
    acts = [lambda text=text, allowed=allowed: tokenizer.encode(text, allowed) for text, allowed in cases]
    found = {what: outcome(act) for what, act in zip(named, acts, strict=True)}
    expect.equal(found, dict.fromkeys(named, "a ValueError"), "what comes of allowing a special token that isn't there")
    for what, act in zip(named, acts, strict=True):
        expect.raises(ValueError, act, ("<|other|>",), what)
    expect.raises(ValueError, lambda: tokenizer.encode("the", ["the"]), ("the",), 'the word "the" allowed as special')
