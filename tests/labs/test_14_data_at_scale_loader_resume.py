"""Checks of lab 14: DocumentLoader's state_dict and load_state_dict."""

import json

from tests.labs.helpers_documents import Source, as_json, batch, batches, ends, in_batches, lengths, loader_of
from vibejam_core.course import expect

# --- state_dict -------------------------------------------------------------------------------------------------------


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
    sizes = lengths(43, 12, seed=13)  # 31 rows: one is left over
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
    """A state that is asked for right after loading is as good as the one that was loaded, wherever the loader was."""
    sizes = lengths(40, 12, seed=14)
    loader = loader_of(DocumentLoader, Source(sizes), 2, 7)
    loader.next_batch()
    state = as_json(loader.state_dict())
    for n_batches in (0, 3):
        once = loader_of(DocumentLoader, Source(sizes), 2, 7)
        for _ in range(n_batches):
            once.next_batch()
        once.load_state_dict(json.loads(state))
        twice = resumed(DocumentLoader, Source(sizes), once.state_dict())
        what = f"all batches, loaded after one by a loader that was at batch {n_batches}, whose state was loaded"
        expect.equal(batches(twice), in_batches(Source(sizes).rows(8, 3), 2)[1:], what)


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
    sizes = lengths(23, 12, seed=17)  # two rows are left over
    loader = loader_of(DocumentLoader, Source(sizes), 3, 7)
    batches(loader)
    ends(resumed(DocumentLoader, Source(sizes), loader.state_dict(), B=3), "a loader that goes on from an end")


def test_loader_has_read_all_documents_at_the_end(DocumentLoader):
    """Documents that were taken in vain, for a batch that lacks rows, don't come again after going on either."""
    loader = loader_of(DocumentLoader, Source([8, 5]), 1, 7, 1)
    expect.equal(batches(loader), [[[*range(8)]]], "all batches of documents of 8 and 5 tokens, rows of 8")
    again = loader_of(DocumentLoader, Source([8, 5]), 1, 7, 1)
    again.load_state_dict(loader.state_dict())
    ends(again, "a loader that goes on from there, where the second document waits")


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
