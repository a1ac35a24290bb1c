"""Checks of lab 00: counting characters."""

from numbers import Integral

from vibejam_core.course import expect


def test_result_is_a_dictionary(count_characters):
    """The result is a dictionary."""
    counts = count_characters("abba")
    came = "None (is a return missing?)" if counts is None else f"something of type {type(counts).__name__}"
    expect.true(isinstance(counts, dict), f"expected a dictionary, got {came}")


def test_counts_every_occurrence(count_characters):
    """A character's count is how often it occurs in the whole text."""
    expect.equal(count_characters("abba"), {"a": 2, "b": 2}, 'the counts of "abba"')
    expect.equal(count_characters("deeded"), {"d": 3, "e": 3}, 'the counts of "deeded"')
    expect.equal(count_characters("xyzzy"), {"x": 1, "y": 2, "z": 2}, 'the counts of "xyzzy"')


def test_counts_are_whole_numbers(count_characters):
    """Every count is a whole number."""
    for character, count in count_characters("abba").items():
        expect.true(isinstance(count, Integral), f"the count of {character!r} should be an int; it is {count!r}")


def test_capitals_are_characters_of_their_own(count_characters):
    """Capital and small letters are counted apart."""
    expect.equal(count_characters("AaA"), {"A": 2, "a": 1}, 'the counts of "AaA"')


def test_spaces_count(count_characters):
    """Spaces and tabs count, also at the start and the end."""
    expect.equal(count_characters("  a b\t"), {" ": 3, "a": 1, "b": 1, "\t": 1}, r'the counts of "  a b\t"')


def test_line_breaks_count(count_characters):
    """A line break is a character like any other, and what follows it counts too."""
    expect.equal(count_characters("a\nb\n\na"), {"a": 2, "\n": 3, "b": 1}, r'the counts of "a\nb\n\na"')
    expect.equal(count_characters("a\r\nb"), {"a": 1, "\r": 1, "\n": 1, "b": 1}, r'the counts of "a\r\nb"')


def test_digits_and_punctuation_count(count_characters):
    """Digits and punctuation count."""
    expect.equal(count_characters("3.1 + 3?"), {"3": 2, ".": 1, "1": 1, " ": 2, "+": 1, "?": 1}, "the counts")


def test_characters_of_any_script_count(count_characters):
    """Accents, other scripts and emoji are counted as they are."""
    expect.equal(count_characters("né né ☃😀"), {"n": 2, "é": 2, " ": 2, "☃": 1, "😀": 1}, 'the counts of "né né ☃😀"')
    accent = "e\N{COMBINING ACUTE ACCENT}"  # looks like é, but is two characters
    expect.equal(count_characters(accent + "é"), {"e": 1, "\u0301": 1, "é": 1}, r'the counts of "e\u0301é"')


def test_empty_text_has_no_counts(count_characters):
    """The empty text gives an empty dictionary."""
    expect.equal(count_characters(""), {}, "the counts of the empty text")


def test_long_text_is_counted_to_its_end(count_characters):
    """In a long text nothing is left out."""
    text = "lorem ipsum\n" * 700 + "Ω"
    counts = count_characters(text)
    expect.equal(sum(counts.values()), len(text), "the sum of all counts, for 8401 characters")
    expect.equal(counts.get("m"), 1400, 'the count of "m" in 700 times "lorem ipsum"')
