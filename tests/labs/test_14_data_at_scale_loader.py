"""Checks of lab 14: DocumentLoader.next_batch."""

from types import SimpleNamespace

import torch

from tests.labs.helpers_documents import (
    Source,
    batch,
    batches,
    encode,
    ends,
    in_batches,
    lengths,
    loader_of,
    rows_by_hand,
)
from vibejam_core.course import expect

SETTINGS = ((1, 3, 1), (2, 7, 4), (3, 5, 2), (4, 15, 30), (5, 1, 3))
"""Some batch_size, block_size and n_waiting."""


def of(B, T, n_waiting):
    """How a message names a loader."""
    return f"B = {B}, T = {T}, n_waiting = {n_waiting}"


# --- next_batch: rows -------------------------------------------------------------------------------------------------


def test_batch_of_two_rows(DocumentLoader):
    """x has the first T tokens of each row, y its last T: what follows each token of x."""
    x, y = loader_of(DocumentLoader, Source([2, 3, 1, 2, 7]), 2, 3, 5).next_batch()
    what = "of documents of 2, 3, 1, 2 and 7 tokens, all of which wait"
    expect.equal(x.tolist(), [[4000, 4001, 4002], [1000, 1001, 1002]], f"x, {what}")
    expect.equal(y.tolist(), [[4001, 4002, 4003], [1001, 1002, 2000]], f"y, {what}")


def test_batches_have_their_shape(DocumentLoader):
    """x and y are (B, T), of int64."""
    for B, T, n_waiting in SETTINGS:
        x, y = loader_of(DocumentLoader, Source([4] * 60), B, T, n_waiting).next_batch()
        for name, tensor in (("x", x), ("y", y)):
            expect.shape(tensor, (B, T), f"{name}, with {of(B, T, n_waiting)}")
            expect.dtype(tensor, torch.int64, name)


def test_batches_keep_large_tokens(DocumentLoader):
    """Tokens come out as they went in, however large."""
    tokens = {"a": [0, 70_000], "b": (2**31 + 1, 2**40 + 1)}
    source = Source([1, 1])
    source.texts = ["a", "b"]
    x, y = DocumentLoader(source, tokens.__getitem__, 1, 3).next_batch()
    found = [*x[0].tolist(), y[0, -1].item()]
    expect.equal(found, [0, 70_000, 2**31 + 1, 2**40 + 1], "the row of two documents with large tokens")


def test_rows_choose_among_the_documents_that_wait(DocumentLoader):
    """With n_waiting of 3, the first row chooses among three documents, the next among three again."""
    rows = batches(loader_of(DocumentLoader, Source([2, 3, 4, 5, 6, 1, 1, 1]), 1, 4))
    expected = [[[2000, 2001, 2002, 2003, 0]], [[3000, 3001, 3002, 3003, 3004]], [[4000, 4001, 4002, 4003, 4004]]]
    expect.equal(rows[:3], expected, "the first three rows of documents of 2, 3, 4, 5, 6, 1, 1 and 1 tokens")


def test_rows_wait_for_enough_tokens(DocumentLoader):
    """Where n_waiting documents are too few for a row, more are taken."""
    sizes = [1, 2, 1, 3, 1, 2, 4, 1, 1, 3, 2, 1, 2, 2]
    for n_waiting in (1, 2, 3):
        source = Source(sizes)
        found = batches(loader_of(DocumentLoader, source, 1, 7, n_waiting))
        expect.equal(found, in_batches(source.rows(8, n_waiting), 1), f"all rows, with {of(1, 7, n_waiting)}")


def test_rows_are_filled_up_before_each_of_them(DocumentLoader):
    """Documents are taken before each row, not only before each batch."""
    source = Source([2, 7, 4, 3, 6, 1, 5, 4, 2, 7, 3, 3, 6, 5])
    found = batch(loader_of(DocumentLoader, source, 4, 7))
    expect.equal(found, source.rows(8, 3)[:4], f"the rows of the first batch, with {of(4, 7, 3)}")


def test_rows_do_not_count_empty_documents(DocumentLoader):
    """A document without tokens doesn't wait, so another is taken in its place."""
    source = Source([0, 4, 0, 0, 2, 5, 0, 3, 4, 0, 0, 0, 5, 1, 0])
    found = batches(loader_of(DocumentLoader, source, 1, 4))
    expect.equal(found, in_batches(source.rows(5, 3), 1), "all rows of documents of which many have no tokens")


def test_batches_to_the_end(DocumentLoader):
    """All batches are what the packer makes of the documents, one row after another."""
    for B, T, n_waiting in SETTINGS:
        source = Source(lengths(90, 12, seed=B))
        found = batches(loader_of(DocumentLoader, source, B, T, n_waiting))
        expect.equal(found, in_batches(source.rows(T + 1, n_waiting), B), f"all batches, with {of(B, T, n_waiting)}")


def test_batches_with_a_hundred_waiting(DocumentLoader):
    """Unless another number is given, the packer can choose among 100 documents."""
    source = Source(lengths(230, 9, seed=3))
    found = batches(DocumentLoader(source, encode, 2, 11))
    expect.equal(found, in_batches(source.rows(12, 100), 2), "all batches of 230 documents")


# --- next_batch: the source -------------------------------------------------------------------------------------------


def test_documents_are_taken_when_they_are_needed(DocumentLoader):
    """Of a source that hardly ever ends only as much is read as the rows need."""
    sizes = lengths(50, 9, seed=4)
    source = Source(sizes, epochs=1000)
    loader = loader_of(DocumentLoader, source, 2, 9, 5)
    expected = rows_by_hand(map(encode, source.texts[:400]), 10, 5)
    for i in range(4):
        found, (_, taken) = batch(loader), expected[2 * i + 1]
        expect.equal(found, [row for row, _ in expected[2 * i : 2 * i + 2]], f"batch {i}")
        much = f"{taken} documents are needed for the first {2 * i + 2} rows, but {len(source.taken)} were taken"
        expect.true(taken <= len(source.taken) <= taken + 5, much)


def test_documents_are_asked_for_once(DocumentLoader):
    """The source is asked for its documents once, from the beginning, and each is encoded once, in order."""
    source, seen = Source([3, 4, 2, 5, 6, 3, 3]), []

    def noting(text):
        seen.append(text)
        return tuple(encode(text))

    batches(DocumentLoader(source, noting, 1, 4, 2))
    expect.equal(source.asked, [None], "the positions from which documents were asked for")
    expect.equal(seen, source.texts, "the texts that were encoded")


def test_texts_are_encoded_as_they_are(DocumentLoader):
    """Each text goes to encode as it came, an empty one too: it may have a token that marks its end."""
    source, seen = Source([1] * 7), []
    source.texts = ["a", "", " b\n", "", "\n", "c", ""]

    def noting(text):
        seen.append(text)
        return [1, 2]

    batches(DocumentLoader(source, noting, 1, 3, 2))
    expect.equal(seen, source.texts, "the texts that were encoded")


def no_network(position=None):
    """One document, and then an error."""
    yield "0:9", {"row": 0}
    raise OSError("no network")


def test_errors_are_not_the_end(DocumentLoader):
    """An error of the source or of encode goes on as it is: the documents aren't over, and none is skipped."""
    loader = loader_of(DocumentLoader, SimpleNamespace(documents=no_network), 1, 3)
    expect.raises(OSError, loader.next_batch, what="a source that loses its network")

    def failing(text):
        raise LookupError(text)

    loader = DocumentLoader(Source([5, 5]), failing, 1, 3)
    expect.raises(LookupError, loader.next_batch, what="a text that can't be encoded")


def test_tokens_are_left_as_they_are(DocumentLoader):
    """The lists that encode returns stay as they are."""
    made = []

    def keeping(text):
        made.append(encode(text))
        return made[-1]

    source = Source([3, 4, 2, 9, 6, 3, 3])
    batches(DocumentLoader(source, keeping, 1, 4, 2))
    expect.equal(made, [encode(text) for text in source.texts], "what encode returned, after all batches")


def test_batches_stay_as_they_are(DocumentLoader):
    """A batch doesn't change when the next ones are made, and neither do those when it is changed."""
    source = Source(lengths(60, 12, seed=5))
    loader = loader_of(DocumentLoader, source, 2, 7)
    first = loader.next_batch()
    before = [tensor.clone() for tensor in first]
    second = loader.next_batch()
    for name, tensor, expected in zip("xy", first, before, strict=True):
        expect.equal(tensor, expected, f"the first batch's {name}, after the second was made")
    for tensor in (*first, *second):
        tensor.fill_(7)
    expect.equal(batches(loader), in_batches(source.rows(8, 3), 2)[2:], "all further batches")


def test_loaders_are_apart(DocumentLoader):
    """Two loaders of one source, asked in turn, each give all batches."""
    source = Source(lengths(60, 12, seed=6))
    one, other = (loader_of(DocumentLoader, source, 2, 7) for _ in range(2))
    expected = in_batches(source.rows(8, 3), 2)
    for i in range(4):
        expect.equal(batch(one), expected[i], f"batch {i} of one loader")
        expect.equal(batch(other), expected[i], f"batch {i} of the other")


# --- next_batch: the end ----------------------------------------------------------------------------------------------


def test_what_waits_at_the_end_is_used(DocumentLoader):
    """When the documents are over, those that wait are made into rows until too few tokens are left."""
    source = Source([3, 3, 3, 3, 2])
    loader = loader_of(DocumentLoader, source, 1, 3, 50)
    expected = [[[0, 1, 2, 4000]], [[1000, 1001, 1002, 2000]]]
    found = [batch(loader) for _ in range(2)]
    expect.equal(found, expected, "the rows of 4 of documents of 3, 3, 3, 3 and 2, all of which wait")
    ends(loader, "a loader with 3 tokens left for rows of 4")
    loader = loader_of(DocumentLoader, Source([3, 1, 4]), 1, 3, 50)
    expect.equal([batch(loader), batch(loader)], [[[2000, 2001, 2002, 2003]], [[0, 1, 2, 1000]]], "two rows that fit")
    ends(loader, "a loader with no tokens left")


def test_a_batch_that_lacks_rows_is_not_returned(DocumentLoader):
    """Where fewer than B rows are left it is a StopIteration, and again whenever it is asked."""
    for n in (1, 2, 4, 5):
        source = Source([4] * n)
        loader = loader_of(DocumentLoader, source, 3, 3, 2)
        expect.equal(len(source.taken), 0, "how many documents are taken before the first batch")
        for _ in range(n // 3):
            loader.next_batch()
        ends(loader, f"a loader of {n} documents, each a row, with batches of 3 rows")
        expect.equal(source.asked, [None], "the positions from which documents were asked for")


def test_a_source_without_documents_ends_at_once(DocumentLoader):
    """No documents, or none with tokens, are a StopIteration."""
    for sizes in ([], [0, 0, 0], [3]):
        ends(loader_of(DocumentLoader, Source(sizes), 1, 3), f"a loader of documents of {sizes} tokens, rows of 4")
