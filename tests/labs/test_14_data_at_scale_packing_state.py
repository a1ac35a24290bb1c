"""Checks of lab 14: Packer's state_dict and load_state_dict."""

import json

from tests.labs.helpers_documents import as_json, document, packer_with, rows_of
from vibejam_core.course import expect

# --- state_dict -------------------------------------------------------------------------------------------------------

SIZES = (3, 2, 9, 3, 5, 2, 4, 6)


def test_packer_state_fits_into_json(Packer):
    """The state is a dictionary that JSON can hold, before documents are added as well."""
    for packer in (Packer(7), packer_with(Packer, 7, *SIZES)):
        state = packer.state_dict()
        expect.true(isinstance(state, dict), f"the state is no dictionary, but a {type(state).__name__}")
        as_json(state)


def test_packer_state_stays_as_it_was(Packer):
    """What happens to the packer afterwards doesn't change the state."""
    packer = packer_with(Packer, 7, *SIZES)
    packer.row()
    state = packer.state_dict()
    before = as_json(state)
    packer.add([1, 2, 3])
    expect.equal(as_json(state), before, "the state, after a document was added")
    rows_of(packer)
    expect.equal(as_json(state), before, "the state, after all rows were made")


def test_packer_state_changes_nothing(Packer):
    """Asking for the state doesn't change the packer."""
    asked, other = packer_with(Packer, 7, *SIZES), packer_with(Packer, 7, *SIZES)
    asked.state_dict()
    asked.state_dict()
    expect.equal(len(asked), len(other), "how many wait after the state was asked for")
    expect.equal(rows_of(asked), rows_of(other), "the rows of a packer whose state was asked for")


# --- load_state_dict --------------------------------------------------------------------------------------------------


def test_packer_goes_on_from_a_state(Packer):
    """A new packer that loads the state makes the same rows, with the documents that are added later."""
    for through_json in (False, True):
        packer = packer_with(Packer, 7, *SIZES, *SIZES)
        packer.add([9, 0, 9, 70_000, 4])
        for n_rows in range(5):
            state = packer.state_dict()
            again = Packer(7)
            again.load_state_dict(json.loads(as_json(state)) if through_json else state)
            expect.equal(len(again), len(packer), f"how many wait after loading the state after {n_rows} rows")
            for each in (packer, again):
                each.add(document(50 + n_rows, 3))
            expect.equal(again.row(), packer.row(), f"the next row after loading the state after {n_rows} rows")
        expect.equal(rows_of(again), rows_of(packer), "all further rows")


def test_packer_forgets_what_waited(Packer):
    """Loading replaces what waited, also by nothing."""
    for sizes in (SIZES, (2,), ()):
        packer = packer_with(Packer, 7, 1, 1, 6, 7)
        packer.load_state_dict(packer_with(Packer, 7, *sizes).state_dict())
        expect.equal(len(packer), len(sizes), f"how many wait after loading a state of {len(sizes)} documents")
        expect.equal(rows_of(packer), rows_of(packer_with(Packer, 7, *sizes)), "the rows then")


def test_packer_leaves_the_state_as_it_is(Packer):
    """One state can be loaded by several packers, and stays as it is, whatever happens to them."""
    state = json.loads(as_json(packer_with(Packer, 7, *SIZES).state_dict()))
    before = as_json(state)
    first, second = Packer(7), Packer(7)
    first.load_state_dict(state)
    second.load_state_dict(state)
    expect.equal(as_json(state), before, "the state, after two packers loaded it")
    first.add([1, 2])
    expected = rows_of(packer_with(Packer, 7, *SIZES))
    expect.equal(second.row(), expected[0], "the second packer's row, after a document was added to the first")
    rows_of(first)
    expect.equal(as_json(state), before, "the state, after rows were made")
    expect.equal(rows_of(second), expected[1:], "the second packer's further rows, after the first made all of its own")


def test_packer_refuses_rows_of_another_length(Packer):
    """A state of a packer with another row_length is a ValueError that names both, and nothing changes."""
    found = {}
    for other, sizes in ((23, (5, 6)), (7, (5, 6)), (52, (5, 6)), (41, ())):
        packer = packer_with(Packer, 37, 30, 20)
        try:
            packer.load_state_dict(packer_with(Packer, other, *sizes).state_dict())
            found[other] = f"loaded; {packer.row_length}" if hasattr(packer, "row_length") else "loaded"
        except Exception as error:
            found[other] = type(error).__name__
    expect.equal(found, dict.fromkeys(found, "ValueError"), "what comes of states for rows of 23, 7, 52 and 41, not 37")
    for other in (23, 52):
        packer = packer_with(Packer, 37, 30, 20)
        state = packer_with(Packer, other, 5, 6).state_dict()
        act = lambda: packer.load_state_dict(state)  # noqa: B023, E731
        expect.raises(ValueError, act, ["37", str(other)], f"documents that wait for rows of {other}, not 37")
        expected = [[*document(1, 30), *document(2, 7)]]
        expect.equal([len(packer), *rows_of(packer)], [2, *expected], "what waits and the rows after that")
