"""From documents to batches, and on again to the very token."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.text.loaders import batches, documents_in, encode, goes_on_anywhere, text
from vibejam_core.text.document_loader import DocumentLoader, row_groups_of
from vibejam_core.text.sources import ListSource


@given(st.lists(st.integers(0, 5), max_size=6), st.integers(1, 5))
def test_every_row_group_belongs_to_one_rank(counts: list[int], world_size: int) -> None:
    shares = [row_groups_of(counts, rank, world_size) for rank in range(world_size)]
    everything = [(file, group) for file, n in enumerate(counts) for group in range(n)]
    assert sorted(place for share in shares for place in share) == everything
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert all(share == sorted(share) for share in shares)


def test_dealing_goes_on_from_file_to_file() -> None:
    assert row_groups_of([3, 0, 2], 1, 2) == [(0, 1), (2, 0)]
    for rank, world_size in ((2, 2), (-1, 2)):
        with pytest.raises(ValueError, match=f"rank {rank} among {world_size}"):
            row_groups_of([3], rank, world_size)


def loader(
    n: int = 60, *, batch_size: int = 2, block_size: int = 4, n_waiting: int = 3, **settings: Any
) -> DocumentLoader:
    """A loader of documents that can be told apart."""
    source = ListSource([text(number) for number in range(1, n + 1)], **settings)
    return DocumentLoader(source, encode, batch_size, block_size, n_waiting)


def test_batches_are_windows_and_their_next_tokens() -> None:
    x, y = loader().next_batch()
    assert x.shape == y.shape == (2, 4)
    assert x.dtype == y.dtype == torch.int64
    assert torch.equal(x[:, 1:], y[:, :-1])


def test_no_token_comes_twice_and_few_are_lost() -> None:
    found = batches(loader())
    rows = [[*row, targets[-1]] for x, y in found for row, targets in zip(x, y, strict=True)]
    tokens = [token for row in rows for token in row]
    assert len(set(tokens)) == len(tokens)
    assert all(row[0] % 1000 == 0 for row in rows)
    assert len(tokens) > 0.8 * sum(len(encode(text(number))) for number in range(1, 61))


@pytest.mark.parametrize("n_waiting", [1, 7])
def test_it_goes_on_anywhere(n_waiting: int) -> None:
    goes_on_anywhere(lambda: loader(epochs=2, n_waiting=n_waiting))


def test_it_goes_on_anywhere_on_each_of_three_ranks() -> None:
    for rank in range(3):
        goes_on_anywhere(lambda rank=rank: loader(rank=rank, world_size=3, epochs=3), n=12)  # type: ignore[misc]


def test_no_rank_reads_anothers_documents() -> None:
    shares = [documents_in(batches(loader(rank=rank, world_size=3))) for rank in range(3)]
    assert sum(map(len, shares)) == len(set.union(*shares))


def test_a_loader_that_was_used_goes_back() -> None:
    used = loader()
    state = used.state_dict()
    first = batches(used, 5)
    used.load_state_dict(state)
    assert batches(used, 5) == first


def test_the_batch_size_may_change_on_the_way() -> None:
    rows = [row for x, _ in batches(loader(batch_size=1)) for row in x]
    start = loader(batch_size=1)
    batches(start, 6)
    again = loader(batch_size=3)
    again.load_state_dict(start.state_dict())
    assert [row for x, _ in batches(again, 2) for row in x] == rows[6:12]


def test_another_block_size_is_refused() -> None:
    with pytest.raises(ValueError, match="5 tokens, but here a row has 9"):
        loader(block_size=8).load_state_dict(loader(block_size=4).state_dict())


def test_it_ends_and_stays_at_its_end() -> None:
    ends = loader(n=10, epochs=1)
    assert 0 < len(batches(ends)) < 10
    for _ in range(2):
        with pytest.raises(StopIteration):
            ends.next_batch()


def test_it_reads_no_further_than_it_must() -> None:
    class Endless:
        taken = 0

        def documents(self, position: Any = None) -> Iterator[tuple[str, Any]]:
            for number in count(1):
                Endless.taken = number
                yield text(number), number

    DocumentLoader(Endless(), encode, 2, 4, 10).next_batch()
    assert Endless.taken < 20
