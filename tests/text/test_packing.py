"""Documents in rows: nothing padded, every row from a beginning, and little is lost."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibejam_core.text.packing import Packer


def packer_of(row_length: int, *lengths: int) -> Packer:
    """A packer with documents of these lengths; document 3 is 301, 302, ..."""
    packer = Packer(row_length)
    for number, length in enumerate(lengths, start=1):
        packer.add([100 * number + i for i in range(1, length + 1)])
    return packer


def test_the_longest_that_fits_comes_first() -> None:
    assert packer_of(6, 2, 4, 3, 5).row() == [401, 402, 403, 404, 405, 101]
    assert packer_of(6, 2, 4, 3).row() == [201, 202, 203, 204, 101, 102]


def test_the_shortest_is_cut_where_none_fits() -> None:
    packer = packer_of(6, 5, 4, 3, 5)
    assert packer.row() == [101, 102, 103, 104, 105, 301]
    assert packer.row() == [401, 402, 403, 404, 405, 201]
    assert len(packer) == 0


def test_a_long_document_is_cut_to_a_row() -> None:
    packer = packer_of(3, 5)
    assert packer.row() == [101, 102, 103]
    assert not packer.ready


def test_too_few_tokens_are_refused_and_kept() -> None:
    packer = packer_of(6, 2, 3)
    with pytest.raises(ValueError, match="6 tokens, but only 5"):
        packer.row()
    packer.add([7])
    assert packer.row() == [201, 202, 203, 101, 102, 7]


def test_an_empty_document_is_left_out() -> None:
    packer = packer_of(2, 0, 3)
    assert len(packer) == 1


@given(st.lists(st.integers(1, 9), max_size=30), st.integers(1, 8))
def test_every_row_is_full_and_no_token_comes_twice(lengths: list[int], row_length: int) -> None:
    packer = packer_of(row_length, *lengths)
    rows = []
    while packer.ready:
        rows.append(packer.row())
    tokens = [token for row in rows for token in row]
    assert len(set(tokens)) == len(tokens)
    for row in rows:
        assert len(row) == row_length
        assert row[0] % 100 == 1  # a document's beginning
        assert all(after == before + 1 or after % 100 == 1 for before, after in pairwise(row))
    assert sum(len(document) for document in packer.waiting) < row_length


@given(st.lists(st.integers(1, 9), min_size=5, max_size=20), st.integers(1, 8), st.integers(0, 3))
def test_a_state_goes_on_as_it_was(lengths: list[int], row_length: int, n_rows: int) -> None:
    packer = packer_of(row_length, *lengths)
    for _ in range(n_rows):
        if packer.ready:
            packer.row()
    state = json.loads(json.dumps(packer.state_dict()))
    again = packer_of(row_length, 3)
    again.load_state_dict(state)
    kept = json.dumps(state)
    while packer.ready:
        assert again.row() == packer.row()
    assert not again.ready
    assert json.dumps(state) == kept


def test_a_state_of_other_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="rows of 4 tokens, but here a row has 5"):
        Packer(5).load_state_dict(Packer(4).state_dict())
    with pytest.raises(ValueError, match="at least 1"):
        Packer(0)
