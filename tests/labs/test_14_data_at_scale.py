"""Checks of lab 14: what write_tokens writes."""

import hashlib
import re

import numpy as np

from tests.labs.helpers_data import NAME, header_in, token_bytes, tokens_in, written
from tests.labs.helpers_files import fresh_folder
from vibejam_core.course import expect
from vibejam_core.text.token_header import HEADER_BYTES, pack_header

# --- write_tokens: the tokens -----------------------------------------------------------------------------------------


def four():
    """Four documents, new ones each time, in case they get changed."""
    return [([5, 6, 258], 11), ([], 3), ((8, 0), 2), ([7], 40)]


def test_write_puts_the_tokens_behind_the_header(write_tokens):
    """Behind 1,024 bytes of header are the tokens of all documents, two bytes each, the low one first."""
    data = written(write_tokens, four())
    expect.equal(list(data[HEADER_BYTES:]), [5, 0, 6, 0, 2, 1, 8, 0, 0, 0, 7, 0], "the bytes from byte 1,024 on")


def test_write_takes_four_bytes_where_two_are_too_few(write_tokens):
    """With a vocab_size above 65,536 each token is four bytes, the low one first."""
    data = written(write_tokens, [([5, 0x12345], 1), ([6], 1)], vocab_size=100_000)
    expected = [5, 0, 0, 0, 0x45, 0x23, 0x01, 0, 6, 0, 0, 0]
    expect.equal(list(data[HEADER_BYTES:]), expected, "the bytes from byte 1,024 on, with a vocab_size of 100,000")


def test_write_goes_up_to_the_last_token_of_two_bytes(write_tokens):
    """A vocab_size of 65,536 still fits into two bytes, with tokens up to 65,535; one more takes four."""
    expected = {1: "uint16", 300: "uint16", 32_768: "uint16", 32_769: "uint16", 65_535: "uint16", 65_536: "uint16",
                65_537: "uint32", 100_000: "uint32", 2**31 + 1: "uint32", 2**32: "uint32"}  # fmt: skip
    found = {size: header_in(written(write_tokens, [([0], 1)], size)).get("dtype") for size in expected}
    expect.equal(found, expected, "the header's dtype for each vocab_size")
    for vocab_size, dtype in expected.items():
        tokens = sorted({0, vocab_size // 2, vocab_size - 1})
        data = written(write_tokens, [(tokens, 1)], vocab_size)
        what = f"the bytes of the tokens {tokens}, with a vocab_size of {vocab_size}"
        expect.equal(list(data[HEADER_BYTES:]), list(token_bytes(tokens, dtype)), what)


def test_write_ends_every_document(write_tokens):
    """Behind each document's tokens comes end_id, behind an empty document and the last one, too."""
    data = written(write_tokens, four(), end_id=299)
    expected = [5, 6, 258, 299, 299, 8, 0, 299, 7, 299]
    expect.equal(tokens_in(data, "uint16"), expected, "the tokens of four documents, the second empty, end_id 299")
    data = written(write_tokens, [([7, 299], 1), ([299], 1)], end_id=299)
    expect.equal(tokens_in(data, "uint16"), [7, 299, 299, 299, 299], "the same where the documents hold that token")


def test_write_ends_documents_with_token_0(write_tokens):
    """An end_id of 0 is a token like any other; only None means none."""
    data = written(write_tokens, [([5, 6], 1), ([7], 1)], end_id=0)
    expect.equal(tokens_in(data, "uint16"), [5, 6, 0, 7, 0], "the tokens of two documents, with end_id 0")


def test_write_counts_an_end_as_a_token(write_tokens):
    """A single empty document with an end_id makes a file of one token."""
    data = written(write_tokens, [([], 0)], end_id=9)
    expect.equal(tokens_in(data, "uint16"), [9], "the tokens of an empty document, with end_id 9")


def test_write_takes_ids_of_many_kinds(write_tokens):
    """A document's ids may be a list, a tuple or a NumPy array of any integer type; end_id needn't fit into it."""
    for vocab_size, dtype in ((65_536, "uint16"), (70_000, "uint32")):
        kinds = [np.array([1, 200], np.uint8), np.array([2], np.int64), (3,), [4], np.array([], np.int32),
                 np.array([65_535, 5], np.uint16), np.array([6], ">i4"), np.array([7], np.uint32)]  # fmt: skip
        data = written(write_tokens, [(ids, 1) for ids in kinds], vocab_size, end_id=vocab_size - 1)
        end = vocab_size - 1
        expected = [1, 200, end, 2, end, 3, end, 4, end, end, 65_535, 5, end, 6, end, 7, end]
        expect.equal(tokens_in(data, dtype), expected, f"the tokens of documents of many kinds, in {dtype}")


def test_write_takes_documents_from_anything_that_gives_them(write_tokens):
    """The documents come from a generator as well as from a list, and are gone through once."""
    for documents in (four(), tuple(four()), iter(four()), (pair for pair in four())):
        found = tokens_in(written(write_tokens, documents), "uint16")
        expect.equal(found, [5, 6, 258, 8, 0, 7], f"the tokens of documents in a {type(documents).__name__}")


def test_write_leaves_the_documents_as_they_are(write_tokens):
    """The lists and arrays of ids are the same afterwards."""
    documents = [([5, 6], 1), (np.array([7, 8]), 1), ([], 0)]
    written(write_tokens, documents, end_id=9)
    found = [list(map(int, ids)) for ids, _ in documents]
    expect.equal(found, [[5, 6], [7, 8], []], "the documents after they were written")


def test_write_begins_anew_with_each_file(write_tokens):
    """Nothing of one file gets into the next: neither tokens nor sums nor the checksum."""
    with fresh_folder() as folder:
        first = write_tokens(folder / "first", four(), 300, "abc")
        write_tokens(folder / "second", [([9], 1)], 300, "abc")
        again = write_tokens(folder / "third", four(), 300, "abc")
        found = tokens_in((folder / "third").read_bytes(), "uint16")
    expect.equal(again, first, "the facts of the same documents, written again")
    expect.equal(found, [5, 6, 258, 8, 0, 7], "the tokens of the third file")


# --- write_tokens: the header -----------------------------------------------------------------------------------------


def test_write_says_the_facts_in_the_header(write_tokens):
    """The header says the version, the type, three sums over all documents, the vocabulary and the tokenizer."""
    for end_id, n_tokens in ((None, 6), (4, 10)):
        facts = header_in(written(write_tokens, four(), end_id=end_id))
        facts.pop("sha256", None)
        expected = {"version": 1, "dtype": "uint16", "n_tokens": n_tokens, "n_documents": 4, "n_bytes": 56,
                    "vocab_size": 300, "tokenizer": "abc"}  # fmt: skip
        expect.equal(facts, expected, f"the header's entries, all but the checksum, with end_id {end_id}")
    facts = header_in(written(write_tokens, [([5], 3_000_000_000)] * 2))
    expect.equal(facts.get("n_bytes"), 6_000_000_000, "n_bytes of two documents of 3,000,000,000 bytes each")


def test_write_says_the_checksum_of_the_tokens(write_tokens):
    """The header's "sha256" is that of all tokens' bytes, in hexadecimal."""
    for end_id, vocab_size in ((None, 300), (4, 70_000)):
        data = written(write_tokens, four(), vocab_size, end_id=end_id)
        expected = hashlib.sha256(data[HEADER_BYTES:]).hexdigest()
        expect.equal(header_in(data).get("sha256"), expected, f"the header's sha256, with end_id {end_id}")


def test_write_packs_the_header(write_tokens):
    """The header is what pack_header makes of the facts: spaces fill it, and its last byte is a line break."""
    data = written(write_tokens, four())
    same = data[:HEADER_BYTES] == pack_header(header_in(data))
    expect.true(same, f"the first 1,024 bytes aren't what pack_header makes; they end with {data[1016:HEADER_BYTES]!r}")


def test_write_returns_the_facts(write_tokens):
    """The result is the header's facts, as a dictionary."""
    with fresh_folder() as folder:
        found = write_tokens(folder / NAME, four(), 300, "some tokenizer", 4)
        expect.equal(found, header_in((folder / NAME).read_bytes()), "the result, and the facts in the header")
        expect.equal(found["tokenizer"], "some tokenizer", 'the "tokenizer" in the result')


# --- write_tokens: what is refused ------------------------------------------------------------------------------------


def refused(write_tokens, documents, numbers, what, vocab_size=300, end_id=None):
    """The documents must be a ValueError with these numbers in its message."""
    with fresh_folder() as folder:
        act = lambda: write_tokens(folder / NAME, documents, vocab_size, "abc", end_id)  # noqa: E731
        expect.raises(ValueError, act, what=what)
        try:
            act()
        except ValueError as error:
            found = re.findall(r"-?\d+", re.sub(r"(?<=\d)[,_](?=\d{3})", "", str(error)))
    absent = [str(number) for number in numbers if str(number) not in found]
    said = f"the numbers in its message are {', '.join(found) or 'none'}"
    expect.true(not absent, f"the ValueError for {what} should name {', '.join(absent)}; {said}")


BEFORE = (([1], 1), ([], 1)) * 8 + (([2], 1),)
"""17 documents, half of them empty."""


def test_write_refuses_tokens_that_do_not_fit(write_tokens):
    """A token above what its bytes can hold is a ValueError, and is never cut off."""
    for token, vocab_size in ((65_536, 65_536), (70_123, 65_000), (131_072, 300), (4_295_000_000, 100_000)):
        what = f"the token {token}, with a vocab_size of {vocab_size}"
        refused(write_tokens, [([3, token, 4], 1)], [], what, vocab_size)


def test_write_refuses_tokens_beyond_the_vocabulary(write_tokens):
    """A token that isn't below vocab_size is a ValueError that names it, vocab_size and the document's number."""
    for token, vocab_size in ((31_999, 300), (300, 300), (65_536, 65_536), (69_999, 65_537), (70_123, 65_000)):
        documents = [*BEFORE, ([3, token, 4], 1), ([5], 1)]
        what = f"document 17 with the token {token}, vocab_size {vocab_size}"
        refused(write_tokens, documents, [token, vocab_size, 17], what, vocab_size)
    documents = [*BEFORE, (np.array([3, 4, 999]), 1)]
    refused(write_tokens, documents, [999, 300, 17], "document 17, an array with the token 999, vocab_size 300")


def test_write_refuses_negative_tokens(write_tokens):
    """A negative token is a ValueError that names it, vocab_size and the document's number."""
    for vocab_size in (300, 70_000):
        documents = [([1], 1)] * 13 + [([3, -45], 1)]
        what = f"document 13 with the token -45, vocab_size {vocab_size}"
        refused(write_tokens, documents, [-45, vocab_size, 13], what, vocab_size)


def test_write_refuses_tokens_in_wide_arrays(write_tokens):
    """In an array of a wide type, too, a token that isn't in the vocabulary is refused, and is never cut off."""
    for token, vocab_size in ((70_123, 65_000), (-1, 65_536), (2**32 + 7, 100_000), (-1, 2**32)):
        documents = [([1], 1)] * 13 + [(np.array([3, token, 4]), 1)]
        what = f"document 13, an array of int64 with the token {token}, vocab_size {vocab_size}"
        refused(write_tokens, documents, [token, vocab_size, 13], what, vocab_size)


def test_write_refuses_an_end_beyond_the_vocabulary(write_tokens):
    """An end_id that isn't below vocab_size, or is negative, is a ValueError that names both."""
    for end_id, vocab_size in ((300, 300), (65_536, 65_536), (-7, 300)):
        what = f"end_id {end_id}, vocab_size {vocab_size}"
        refused(write_tokens, [([1], 1)], [end_id, vocab_size], what, vocab_size, end_id)


def test_write_refuses_to_write_nothing(write_tokens):
    """Where there isn't a single token it is a ValueError: no documents, or only empty ones without an end_id."""
    refused(write_tokens, [], [], "no documents")
    refused(write_tokens, iter([]), [], "no documents, with an end_id", end_id=3)
    refused(write_tokens, [([], 7), ((), 7)], [], "two empty documents, without an end_id")
