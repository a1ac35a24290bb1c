"""Batches made ahead: the same ones, the right state, errors that arrive, and a thread that ends."""

import gc
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.text.loaders import batches, encode, goes_on_anywhere, text
from tests.text.test_token_batches import make
from vibejam_core.text.document_loader import DocumentLoader
from vibejam_core.text.prefetch import Prefetched
from vibejam_core.text.sources import ListSource


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Every test here leaves as many threads as it found."""
    yield
    gc.collect()
    assert not [thread for thread in threading.enumerate() if thread.name == "prefetch"]


def documents() -> DocumentLoader:
    """A loader of 40 documents, read twice."""
    return DocumentLoader(ListSource([text(number) for number in range(1, 41)], epochs=2), encode, 2, 4, 3)


def test_the_batches_are_the_same() -> None:
    assert batches(Prefetched(make(epochs=2))) == batches(make(epochs=2))
    assert batches(Prefetched(documents(), ahead=5)) == batches(documents())


def test_the_state_is_that_of_what_was_handed_out() -> None:
    goes_on_anywhere(lambda: Prefetched(make(epochs=2), ahead=3))
    goes_on_anywhere(lambda: Prefetched(documents(), ahead=3))


def test_a_loader_that_was_used_goes_back() -> None:
    with Prefetched(documents()) as loader:
        batches(loader, 3)
        state = loader.state_dict()
        expected = batches(loader)
        loader.load_state_dict(state)
        assert batches(loader) == expected


class Failing:
    """A loader that can't go on after two batches."""

    made = 0

    def next_batch(self) -> tuple[Tensor, Tensor]:
        self.made += 1
        if self.made > 2:
            raise ValueError("shard_3 is damaged")
        return torch.zeros(1, 1), torch.zeros(1, 1)

    def state_dict(self) -> dict[str, Any]:
        return {"made": self.made}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.made = state["made"]


def test_an_error_arrives_after_the_batches_before_it_and_again() -> None:
    loader = Prefetched(Failing(), ahead=4)
    for _ in range(2):
        loader.next_batch()
    for _ in range(2):
        with pytest.raises(ValueError, match="shard_3"):
            loader.next_batch()
    assert loader.state_dict() == {"made": 2}


def test_no_more_are_made_than_wanted() -> None:
    loader = Prefetched(make(), ahead=2)
    loader.next_batch()
    loader.stop()
    assert loader.loader.state_dict()["position"] <= 2 * (1 + 2 + 2)  # handed out, ready, and in hand


def test_a_closed_loader_says_so() -> None:
    with Prefetched(make()) as loader:
        loader.next_batch()
    with pytest.raises(ValueError, match="closed"):
        loader.next_batch()
    loader.close()


def test_a_forgotten_loader_stops_its_thread() -> None:
    loader = Prefetched(make())
    loader.next_batch()
    forgotten = weakref.ref(loader)
    del loader
    gc.collect()
    assert forgotten() is None


def test_at_least_one_is_made_ahead() -> None:
    with pytest.raises(ValueError, match="ahead"):
        Prefetched(make(), ahead=0)
