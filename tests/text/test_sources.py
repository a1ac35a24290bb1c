"""Documents by number: shared by ranks, in the same order again, and over after the last epoch."""

import json
from itertools import islice
from typing import Any

import pytest

from tests.text.loaders import goes_on_anywhere
from vibejam_core.text.document_loader import DocumentLoader, DocumentSource
from vibejam_core.text.sources import ListSource, TinyWorldSource, in_pieces

LETTERS = list("abcdefghij")


def texts(source: DocumentSource, n: int | None = None, position: Any = None) -> list[str]:
    """The texts of the next documents."""
    return [text for text, _ in islice(source.documents(position), n)]


def goes_on_after_each(source: DocumentSource, n: int | None = None) -> None:
    """From each position come the documents behind it."""
    everything = list(islice(source.documents(), n))
    for done, (_, position) in enumerate(everything, start=1):
        rest = None if n is None else n - done
        position = json.loads(json.dumps(position))
        assert texts(source, rest, position) == [text for text, _ in everything[done:]]


def test_a_list_is_read_once_in_a_shuffled_order() -> None:
    found = texts(ListSource(LETTERS))
    assert sorted(found) == LETTERS
    assert found != LETTERS
    assert texts(ListSource(LETTERS, seed=None)) == LETTERS


def test_every_epoch_has_its_own_order() -> None:
    found = texts(ListSource(LETTERS, epochs=2))
    assert sorted(found[:10]) == sorted(found[10:]) == LETTERS
    assert found[:10] != found[10:]


def test_some_sources_never_end() -> None:
    assert len(texts(ListSource(LETTERS, epochs=None), 1000)) == 1000
    assert len(set(texts(TinyWorldSource(), 50))) > 40


@pytest.mark.parametrize("epochs", [1, 3])
def test_ranks_share_the_documents(epochs: int) -> None:
    shares = [texts(ListSource(LETTERS, rank=rank, world_size=3, epochs=epochs)) for rank in range(3)]
    assert sorted(letter for share in shares for letter in share) == sorted(LETTERS * epochs)


def test_positions_are_exact() -> None:
    goes_on_after_each(ListSource(LETTERS, rank=1, world_size=3, epochs=3))
    goes_on_after_each(TinyWorldSource(("story", "arithmetic"), rank=1, world_size=3), 12)
    goes_on_after_each(TinyWorldSource(n_documents=4, epochs=2))


def test_tinyworlds_ranks_share_one_series() -> None:
    alone = texts(TinyWorldSource(seed=5), 12)
    shares = [texts(TinyWorldSource(seed=5, rank=rank, world_size=3), 4) for rank in range(3)]
    assert [text for together in zip(*shares, strict=True) for text in together] == alone


def test_tinyworlds_validation_documents_are_others() -> None:
    train = set(texts(TinyWorldSource(("story",)), 100))
    assert train.isdisjoint(texts(TinyWorldSource(("story",), split="val"), 100))


def test_a_loader_of_tinyworld_goes_on_anywhere() -> None:
    goes_on_anywhere(lambda: DocumentLoader(TinyWorldSource(), lambda text: list(text.encode()), 2, 64, 5), n=8)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: ListSource(["a", "b"], rank=0, world_size=3), "2 documents, but 3 processes"),
        (lambda: ListSource(["a", "b"], rank=2, world_size=2), "rank 2 among 2"),
        (lambda: TinyWorldSource(("poem",)), "poem"),
        (lambda: TinyWorldSource(()), "at least one of story"),
        (lambda: TinyWorldSource(split="test"), "no split 'test'"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()


def test_a_position_of_another_number_of_ranks_is_refused() -> None:
    *_, (_, position) = ListSource(LETTERS, rank=0, world_size=2).documents()
    with pytest.raises(ValueError, match="with 2 processes and can't go on with 3"):
        texts(ListSource(LETTERS, rank=0, world_size=3), position=position)


def test_a_position_of_other_documents_is_refused() -> None:
    _, position = next(ListSource(LETTERS).documents())
    with pytest.raises(ValueError, match="began with 10 documents, but now there are 9"):
        texts(ListSource(LETTERS[:9]), position=position)


def test_long_documents_are_cut_where_it_hurts_least() -> None:
    assert list(in_pieces("one two\nthree\n\nfour five", 18)) == ["one two\nthree\n\n", "four five"]
    assert list(in_pieces("one two\nthree four", 12)) == ["one two\n", "three four"]
    assert list(in_pieces("onetwothree", 4)) == ["onet", "woth", "ree"]
    assert list(in_pieces("", 4)) == []
