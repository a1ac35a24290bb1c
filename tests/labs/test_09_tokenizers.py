"""Checks of lab 09, first part: the words of a stream of texts."""

import tracemalloc
import weakref

from tests.labs.helpers_tokenizers import readable
from vibejam_core.course import expect
from vibejam_core.text.bpe import GPT2_PATTERN

# --- count_words ------------------------------------------------------------------------------------------------------


def check(count_words, texts, expected, *others, of=None):
    """The counts of some texts must be these."""
    what = f"the words of {of or repr(texts)}"
    if others:
        what += f" with {', '.join(map(repr, others))}"
    found = readable(count_words(texts, *others), what)
    expect.equal(found, {repr(word): n for word, n in expected.items()}, what)


def test_words_are_counted(count_words):
    """Each piece of a text is counted, with the space before it."""
    text = "the cat and the dog and the cow"
    expected = {b"the": 1, b" the": 2, b" cat": 1, b" and": 2, b" dog": 1, b" cow": 1}
    check(count_words, [text], expected)


def test_words_are_bytes_in_utf8(count_words):
    """A word is the bytes of its piece in UTF-8, not the text."""
    check(count_words, ["é 中 😀"], {"é".encode(): 1, " 中".encode(): 1, " 😀".encode(): 1})
    # One sign, two spellings: e and an accent, or both in one.
    check(count_words, ["e\u0301 e\u0301 \u00e9"], {b"e": 1, b" e": 1, "\u0301".encode(): 2, " \u00e9".encode(): 1})


def test_words_keep_case_and_white_space(count_words):
    """Nothing is trimmed, folded or left out."""
    expected = {b"A": 1, b" a": 1, b" ": 1, b" b": 1, b"\n\n": 1, b"\ta": 1, b"'s": 1, b"123": 1, b"!?": 1, b"  ": 1}
    check(count_words, ["A a  b\n\n\ta's123!?  "], expected)
    check(count_words, ["a\r\n" + "b" * 99], {b"a": 1, b"\r\n": 1, b"b" * 99: 1})


def test_words_do_not_reach_into_the_next_text(count_words):
    """A piece never reaches from one text into the next."""
    expected = {b"ab": 1, b"cd": 1, b"12": 1, b"34": 1, b"e": 1, b" ": 1, b"f": 1}
    check(count_words, ["ab", "cd", "12", "34", "e ", "f"], expected)


def test_words_add_up_over_all_texts(count_words):
    """A word's count is that of all texts together."""
    check(count_words, ["b a a", "a b", "b", " a"], {b"b": 2, b" a": 3, b"a": 1, b" b": 1})


def test_special_tokens_are_not_counted(count_words):
    """A special token is cut out: neither it nor a part of it is counted."""
    check(count_words, ["tea<end> two<end>", "<end>tea"], {b"tea": 2, b" two": 1}, ["<end>"])


def test_special_tokens_part_words(count_words):
    """What stands before and after a special token are two words, and nothing is put between them."""
    check(count_words, ["ab<end>cd e <end>f"], {b"ab": 1, b"cd": 1, b" e": 1, b" ": 1, b"f": 1}, ["<end>"])
    check(count_words, ["ab\n<end>\n\ncd"], {b"ab": 1, b"\n": 1, b"\n\n": 1, b"cd": 1}, ["<end>"])


def test_special_tokens_may_be_several(count_words):
    """All special tokens count as such; where one begins with another, the longer one is found."""
    text = "a<s>b<s>>c</s>d<s>a"
    check(count_words, [text], {b"a": 2, b"b": 1, b"c": 1, b"d": 1}, ("<s>", "</s>", "<s>>"))


def test_special_tokens_are_taken_literally(count_words):
    """A special token is a text like any other: signs such as | or + mean nothing in it, and it may be a word."""
    check(count_words, ["cat cats scat"], {b" ": 1, b"s": 1, b" s": 1}, ["cat"])
    check(count_words, ["tea<|end|>two"], {b"tea": 1, b"two": 1}, ["<|end|>"])
    check(count_words, ["aab.a+b.a"], {b"aab": 1, b".": 1, b".a": 1}, ["a+b"])


def test_what_is_no_special_token_is_ordinary(count_words):
    """What isn't given as a special token, or isn't the whole of one, is ordinary text."""
    pieces = {b"a": 1, b"<|": 1, b"end": 1, b"|>": 1}
    check(count_words, ["a<|fin|>"], {b"a": 1, b"<|": 1, b"fin": 1, b"|>": 1})
    check(count_words, ["a<|end|>"], pieces)
    check(count_words, ["a<|end|>"], pieces, ["<|END|>", "<|en|>"])
    check(count_words, ["a<|e", "nd|>"], {b"a": 1, b"<|": 1, b"e": 1, b"nd": 1, b"|>": 1}, ["<|end|>"])


def test_words_of_no_text(count_words):
    """No texts, empty texts and texts of special tokens alone have no words."""
    check(count_words, [], {})
    check(count_words, ["", ""], {})
    check(count_words, ["<end>", "<end><end>"], {}, ["<end>"])
    check(count_words, ["", "a", "", "a"], {b"a": 2})


def test_the_pattern_cuts(count_words):
    """The pieces are those that the given pattern cuts, from the beginning of each ordinary part."""
    expected = {b"I": 1, b"'ll": 1, b" pay": 1, b" 12345": 1, b",": 1, b"x": 1}
    check(count_words, ["I'll pay 12345,x"], expected, (), GPT2_PATTERN)
    check(count_words, ["abcde", "ab"], {b"ab": 2, b"cd": 1, b"e": 1}, [], "..?")
    check(count_words, ["abc#defgh#", "i"], {b"ab": 1, b"c": 1, b"de": 1, b"fg": 1, b"h": 1, b"i": 1}, ["#"], "..?")


def test_the_pattern_may_have_groups(count_words):
    """A piece is the whole of what the pattern matches, also where parts of the pattern stand in brackets."""
    check(count_words, ["abab ba c"], {b"abab": 1, b" ba": 1, b" c": 1}, (), "( ?)(ab|ba)+| ?(.)")


def test_the_texts_may_come_from_a_generator(count_words):
    """The texts may be any iterable, which is gone through only once."""
    texts = (text for text in ("a b", "b a", "b"))
    check(count_words, texts, {b"a": 1, b" b": 1, b"b": 2, b" a": 1}, of='a generator of "a b", "b a" and "b"')
    letters = dict.fromkeys(("a b", "b"))
    check(count_words, letters.keys(), {b"a": 1, b" b": 1, b"b": 1}, of='the keys "a b" and "b" of a dictionary')
    opened = []

    class Shelf:
        def __iter__(self):
            opened.append(1)
            return iter(("a b", "b"))

    check(count_words, Shelf(), {b"a": 1, b" b": 1, b"b": 1}, of='an iterable of "a b" and "b"')
    expect.equal(len(opened), 1, "how often the texts are gone through")


class Text(str):
    """A string that can be watched."""


def test_one_text_is_held_at_a_time(count_words):
    """When the next text is asked for, those before it are done with: they are never made into a list."""
    held = []

    def stream():
        seen = []
        for i in range(300):
            text = Text(f"text {i}<|end|>and more")
            seen.append(weakref.ref(text))
            yield text
            del text
            held.append(sum(reference() is not None for reference in seen))

    check(
        count_words,
        stream(),
        {b"text": 300, b" ": 300, b"and": 300, b" more": 300} | numbers(300),
        ["<|end|>"],
        of="300 texts",
    )
    expect.between(max(held), 0, 3, "how many of 300 texts are still held when the next one is asked for")


def numbers(n):
    """What the numbers of so many texts add: each is there once."""
    return {str(i).encode(): 1 for i in range(n)}


def test_pieces_are_counted_as_they_come(count_words):
    """The pieces of all texts are never together in memory: it holds one text's, and the counts."""
    count_words(["what is made once, such as the compiled pattern"])
    tracemalloc.start()
    try:
        found = count_words("ab " * 400 for _ in range(100))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    found = readable(found, "the words of 100 texts")
    expected = {"b'ab'": 100, "b' ab'": 39_900, "b' '": 100}
    expect.equal(found, expected, "the words of 100 texts")
    expect.true(peak < 2**20, "100 texts of 400 words take more than 1 MiB, though there are 3 different words")


def peak_of(count_words, texts, *others):
    """The most memory in bytes that counting takes at any time."""
    tracemalloc.start()
    try:
        count_words(texts, *others)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_texts(count_words):
    """Memory holds one text and the counts: nothing is kept for each text, however many there are."""
    count_words(["what is made once, such as the compiled pattern<end>"], ["<end>"])
    many = "".join(f" {chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(500))
    peak = peak_of(count_words, (f"{many}." for _ in range(100)))
    expect.true(peak < 2**20, "100 texts of the same 500 words take more than 1 MiB, where one of them takes 0.1")
    peak = peak_of(count_words, (f"<end>{'=' * 20_000}<end>" for _ in range(40)), ["<end>"])
    expect.true(peak < 2**19, "40 equal texts of 20,000 signs take more than 0.5 MiB, where one of them takes 0.1")


def test_what_was_given_stays_as_it_was(count_words):
    """The texts and the special tokens that were handed in are not changed."""
    texts, specials = ["a<s>b", "<s>>c", "d"], ["<s>", "<s>>"]
    count_words(texts, specials)
    expect.equal([texts, specials], [["a<s>b", "<s>>c", "d"], ["<s>", "<s>>"]], "the texts and special tokens")
