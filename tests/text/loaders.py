"""What the tests of loaders share: documents that can be told apart, and a stop at any point."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count

from vibejam_core.text.prefetch import Loader

Batch = tuple[list[list[int]], list[list[int]]]


def encode(text: str) -> list[int]:
    """A token for each letter; those of document "7" + "x" * 3 are 7000, 7001, 7002, 7003."""
    number = int(text.rstrip("x"))
    return [1000 * number + i for i in range(len(text) - len(str(number)) + 1)]


def text(number: int) -> str:
    """Document ``number``, of a length of its own."""
    return f"{number}{'x' * (5 * number % 7)}"


def batches(loader: Loader, n: int | None = None) -> list[Batch]:
    """The next ``n`` batches as lists, or all of them."""
    found: list[Batch] = []
    for _ in count() if n is None else range(n):
        try:
            x, y = loader.next_batch()
        except StopIteration:
            break
        found.append((x.tolist(), y.tolist()))
    return found


def documents_in(found: list[Batch]) -> set[int]:
    """Which documents the batches have tokens of."""
    return {token // 1000 for x, y in found for row in (*x, *y) for token in row}


def goes_on_anywhere(make: Callable[[], Loader], n: int | None = None) -> None:
    """After every number of batches, a new loader with the state makes exactly the rest."""
    expected = batches(make(), n)
    assert len(expected) > 3
    loader = make()
    for done in range(len(expected)):
        again = make()
        again.load_state_dict(json.loads(json.dumps(loader.state_dict())))
        assert batches(again, None if n is None else n - done) == expected[done:]
        loader.next_batch()
