"""Checks of lab 14, sixth part: DocumentLoader. Each part is tried without the ones after it."""

import json

import torch

from tests.labs.helpers_data import Source, batch, batches, encode, in_batches, lengths, rows_by_hand
from vibejam_core.course import expect

SETTINGS = ((1, 3, 1), (2, 7, 4), (3, 5, 2), (4, 15, 30), (5, 1, 3))
"""Some batch_size, block_size and n_waiting."""


def loader_of(DocumentLoader, source, B, T, n_waiting=3):
    """A loader of a source's documents."""
    return DocumentLoader(source, encode, B, T, n_waiting)


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
    tokens = {"a": [0, 70_000], "b": (2**31, 2**40)}
    source = Source([1, 1])
    source.texts = ["a", "b"]
    x, y = DocumentLoader(source, tokens.__getitem__, 1, 3).next_batch()
    found = [*x[0].tolist(), y[0, -1].item()]
    expect.equal(found, [0, 70_000, 2**31, 2**40], "the row of two documents with large tokens")


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


def ends(loader, what):
    """Whether the loader is at its end, three times over."""
    for i in range(3):
        expect.raises(StopIteration, loader.next_batch, what=f"{what}, asked {('once', 'twice', 'three times')[i]}")


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


# --- state_dict -------------------------------------------------------------------------------------------------------


def as_json(state):
    """The state as text, or a failed check."""
    try:
        return json.dumps(state)
    except (TypeError, ValueError) as error:
        expect.true(False, f"JSON can't hold the state: {error}")
    return None


def test_loader_state_fits_into_json(DocumentLoader):
    """At any moment the state is a dictionary that JSON can hold."""
    for n_batches in (0, 1, 3):
        loader = loader_of(DocumentLoader, Source(lengths(60, 12, seed=7)), 2, 7)
        for _ in range(n_batches):
            loader.next_batch()
        state = loader.state_dict()
        expect.true(isinstance(state, dict), f"the state is no dictionary, but a {type(state).__name__}")
        as_json(state)


def test_loader_state_stays_as_it_was(DocumentLoader):
    """What happens to the loader afterwards doesn't change the state."""
    loader = loader_of(DocumentLoader, Source(lengths(60, 12, seed=8)), 2, 7)
    loader.next_batch()
    state = loader.state_dict()
    before = as_json(state)
    loader.next_batch()
    expect.equal(as_json(state), before, "the state, after the next batch")
    batches(loader)
    expect.equal(as_json(state), before, "the state, after all batches")


def test_loader_state_changes_nothing(DocumentLoader):
    """Asking for the state takes no document, and the batches are the same."""
    source = Source(lengths(60, 12, seed=9))
    loader = loader_of(DocumentLoader, source, 2, 7)
    loader.state_dict()
    expect.equal(len(source.taken), 0, "how many documents are taken after the state was asked for, before any batch")
    found = [batch(loader)]
    before = len(source.taken)
    loader.state_dict()
    expect.equal(len(source.taken), before, "how many documents are taken after the state was asked for")
    expect.equal(found + batches(loader), in_batches(source.rows(8, 3), 2), "all batches")


# --- load_state_dict --------------------------------------------------------------------------------------------------


def resumed(DocumentLoader, source, state, B=2, T=7):
    """A new loader that goes on from a state."""
    loader = loader_of(DocumentLoader, source, B, T)
    loader.load_state_dict(state)
    return loader


def test_loader_goes_on_at_the_very_token(DocumentLoader):
    """After any number of batches, a new loader that loads the state gives the very batches that were to come."""
    sizes = lengths(40, 12, seed=10)
    expected = in_batches(Source(sizes).rows(8, 3), 2)
    loader = loader_of(DocumentLoader, Source(sizes), 2, 7)
    for n_batches in range(len(expected) + 1):
        state = loader.state_dict()
        for how, given in (("written as JSON and loaded", json.loads(as_json(state))), ("loaded", state)):
            again = resumed(DocumentLoader, Source(sizes), given)
            expect.equal(batches(again), expected[n_batches:], f"all batches, from a state {how} after {n_batches}")
        if n_batches < len(expected):
            loader.next_batch()


def test_loader_reads_no_document_twice(DocumentLoader):
    """The source is asked for the documents behind the last that was taken, and gives none that was taken before."""
    sizes = lengths(60, 12, seed=11)
    first, second = Source(sizes), Source(sizes)
    loader = loader_of(DocumentLoader, first, 2, 7)
    for _ in range(3):
        loader.next_batch()
    again = resumed(DocumentLoader, second, loader.state_dict())
    again.next_batch()
    expect.equal(second.asked[-1:], [first.position(len(first.taken))], "the position behind the last that was taken")
    expect.equal(second.taken[0], len(first.taken), "the first document that is read after going on")


def test_loader_goes_on_in_a_later_epoch(DocumentLoader):
    """In the second epoch and at its beginning it is the same: the source knows what its positions mean."""
    sizes = [8, 3, 5, 8, 2]
    expected = Source(sizes, epochs=4).rows(8, 3)
    loader = loader_of(DocumentLoader, Source(sizes, epochs=4), 1, 7)
    for n_batches in range(len(expected)):
        again = resumed(DocumentLoader, Source(sizes, epochs=4), loader.state_dict(), B=1)
        what = f"all batches of four epochs of five documents, loaded after {n_batches}"
        expect.equal(batches(again), in_batches(expected[n_batches:], 1), what)
        loader.next_batch()


def test_loader_goes_on_from_any_position(DocumentLoader):
    """A position of 0, or a negative one, is a position like any other; only None is the beginning."""
    sizes = lengths(20, 8, seed=12)
    expected = in_batches(Source(sizes).rows(8, 3), 1)
    for zero in range(4, 9):
        loader = loader_of(DocumentLoader, Source(sizes, zero=zero), 1, 7)
        for n_batches in range(5):
            again = resumed(DocumentLoader, Source(sizes, zero=zero), loader.state_dict(), B=1)
            what = f"all batches, loaded after {n_batches}, where the position behind document {zero} is 0"
            expect.equal(batches(again), expected[n_batches:], what)
            loader.next_batch()


def test_loader_forgets_what_was_read(DocumentLoader):
    """Loading replaces whatever the loader was at: in the middle, at the end, at the beginning."""
    sizes = lengths(40, 12, seed=13)
    expected = in_batches(Source(sizes).rows(8, 3), 2)
    states, loader = [], loader_of(DocumentLoader, Source(sizes), 2, 7)
    for _ in range(4):
        states.append(as_json(loader.state_dict()))
        loader.next_batch()
    for n_batches in (3, 1, 0, 2):
        loader.load_state_dict(json.loads(states[n_batches]))
        expect.equal(batch(loader), expected[n_batches], f"the next batch, loaded after {n_batches}")
    for n_batches in (0, 3):
        batches(loader)
        loader.load_state_dict(json.loads(states[n_batches]))
        expect.equal(batches(loader), expected[n_batches:], f"all batches, loaded after {n_batches} at the end")


def test_loader_gives_the_state_that_it_loaded(DocumentLoader):
    """A state that is asked for right after loading is as good as the one that was loaded."""
    sizes = lengths(40, 12, seed=14)
    loader = loader_of(DocumentLoader, Source(sizes), 2, 7)
    loader.next_batch()
    once = resumed(DocumentLoader, Source(sizes), loader.state_dict())
    twice = resumed(DocumentLoader, Source(sizes), once.state_dict())
    expect.equal(batches(twice), in_batches(Source(sizes).rows(8, 3), 2)[1:], "all batches, after loading twice")


def test_loader_leaves_the_state_as_it_is(DocumentLoader):
    """One state can be loaded by several loaders, and stays as it is, whatever happens to them."""
    sizes = lengths(40, 12, seed=15)
    expected = in_batches(Source(sizes).rows(8, 3), 2)
    loader = loader_of(DocumentLoader, Source(sizes), 2, 7)
    loader.next_batch()
    state = json.loads(as_json(loader.state_dict()))
    before = as_json(state)
    first, second = (resumed(DocumentLoader, Source(sizes), state) for _ in range(2))
    expect.equal(batch(first), expected[1], "the first loader's next batch")
    expect.equal(as_json(state), before, "the state, after it was loaded and a batch was made")
    expect.equal(batches(second), expected[1:], "all batches of the second loader")
    expect.equal(batches(first), expected[2:], "all further batches of the first loader")


def test_loader_goes_on_with_larger_batches(DocumentLoader):
    """The batch_size may be another one after loading: the rows go on where they were."""
    sizes = lengths(60, 12, seed=16)
    rows = Source(sizes).rows(8, 3)
    loader = loader_of(DocumentLoader, Source(sizes), 2, 7)
    for _ in range(2):
        loader.next_batch()
    for B in (1, 3, 5):
        again = resumed(DocumentLoader, Source(sizes), loader.state_dict(), B=B)
        expect.equal(batches(again), in_batches(rows[4:], B), f"all batches of {B} rows, after two batches of 2 rows")


def test_loader_goes_on_at_the_end(DocumentLoader):
    """The state of a loader that is at its end is the state of one at its end."""
    sizes = lengths(20, 12, seed=17)
    loader = loader_of(DocumentLoader, Source(sizes), 3, 7)
    batches(loader)
    ends(resumed(DocumentLoader, Source(sizes), loader.state_dict(), B=3), "a loader that goes on from an end")


def outcome(loader, state):
    """The name of the error when a state is loaded, or what comes then."""
    try:
        loader.load_state_dict(state)
        return f"rows of {len(batch(loader)[0])}"
    except Exception as error:
        return type(error).__name__


def test_loader_refuses_rows_of_another_length(DocumentLoader):
    """A state of a loader with another block_size is a ValueError, and nothing changes."""
    sizes = lengths(40, 12, seed=18)
    expected = in_batches(Source(sizes).rows(8, 3), 2)
    states = {}
    for T in (6, 8, 23):
        other = loader_of(DocumentLoader, Source(sizes), 1, T)
        other.next_batch()
        other.next_batch()
        states[T] = other.state_dict()
    found = {T: outcome(loader_of(DocumentLoader, Source(sizes), 2, 7), state) for T, state in states.items()}
    expect.equal(found, dict.fromkeys(found, "ValueError"), "what comes of states of block_size 6, 8 and 23, not 7")
    for T, state in states.items():
        loader = loader_of(DocumentLoader, Source(sizes), 2, 7)
        loader.next_batch()
        expect.equal(outcome(loader, state), "ValueError", f"what comes of a state of block_size {T}, not 7")
        expect.equal(batches(loader), expected[1:], "all further batches after that")
