"""A shuffled order that takes no memory."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vibejam_core.text.shuffle import shuffled


@given(st.integers(1, 300), st.text(max_size=5))
def test_every_number_comes_once(n: int, seed: str) -> None:
    assert sorted(shuffled(np.arange(n), n, seed).tolist()) == list(range(n))


def test_the_order_depends_on_the_seed_and_never_changes() -> None:
    assert shuffled(np.arange(8), 8, "0/0").tolist() == [0, 7, 1, 3, 5, 6, 4, 2]
    assert shuffled(np.arange(8), 8, "0/1").tolist() != [0, 7, 1, 3, 5, 6, 4, 2]


def test_places_can_be_asked_for_alone() -> None:
    n = 10**12
    together = shuffled(np.array([5, 77, n - 1]), n, "a")
    assert [shuffled(np.array([place]), n, "a")[0] for place in (5, 77, n - 1)] == together.tolist()
    assert (together < n).all()


def test_it_looks_like_chance() -> None:
    n = 10_000
    found = shuffled(np.arange(n), n, "seed")
    assert abs(np.corrcoef(np.arange(n), found)[0, 1]) < 0.03
    assert abs(np.mean(np.diff(found) > 0) - 0.5) < 0.02
