"""Documents from files of any length, and the border between what is trained on and what is not."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibejam_core.text.corpora import personal
from vibejam_core.text.text_source import ByteRange, census, documents_of, in_parts

END = "<|doc_end|>"


def test_documents_are_cut_at_their_end(tmp_path: Path) -> None:
    """The line breaks around it belong to no document; a folder's files come by name."""
    (tmp_path / "b.md").write_text("four")
    (tmp_path / "a.txt").write_text(f"one\n\n{END}\n  two\n{END}\n\n{END}\nthree\n", encoding="utf-8")
    assert list(documents_of(tmp_path)) == ["one", "  two", "three", "four"]


def test_a_file_without_ends_is_one_document_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo “three”\n", encoding="utf-8")
    assert list(documents_of(tmp_path)) == ['one\ntwo "three"\n']
    assert list(documents_of(tmp_path, plain_quotes=False)) == ["one\ntwo “three”\n"]


def test_they_are_the_documents_of_personal(tmp_path: Path) -> None:
    """However the file falls into pieces while it is read."""
    text = "".join(f"geese {i} 鵞\n{'and more ' * (i * 40)}\n{END}\n" for i in range(120))
    assert len(text) > 2 << 20
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    expected = [document.strip("\n") for document in personal(tmp_path).documents]
    assert list(documents_of(tmp_path)) == expected


def test_a_long_document_is_cut_where_a_line_begins(tmp_path: Path) -> None:
    text = "".join(f"line {i} of many\n" for i in range(500)) + "x" * 300 + " end"
    (tmp_path / "a.txt").write_text(text)
    parts = list(documents_of(tmp_path, longest=200))
    assert "".join(parts) == text
    assert max(map(len, parts)) <= 200
    assert all(part.endswith("\n") for part in parts[:10])


def test_a_text_that_is_nothing_but_white_space_has_no_documents(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"\n{END}\n  \n")
    (tmp_path / "b.txt").write_text("")
    assert list(documents_of(tmp_path)) == []
    assert list(in_parts(" \n", 10)) == []


def ranges(texts: list[str], border: int) -> tuple[ByteRange, ByteRange]:
    """What is before the border and what is behind it."""

    def stream() -> Iterator[str]:
        return iter(texts)

    return ByteRange(stream, 0, border), ByteRange(stream, border, census(texts).n_bytes)


def given_by(found: ByteRange, position: object = None) -> list[str]:
    return [text for text, _ in found.documents(position)]


def test_whole_documents_on_both_sides() -> None:
    texts = [f"document {i} is here" for i in range(10)]
    train, val = ranges(texts, 9 * len(texts[0]))
    assert given_by(train) == texts[:9]
    assert given_by(val) == texts[9:]


@pytest.mark.parametrize(
    ("text", "border", "before"),
    [("one two three", 9, "one two"), ("one\ntwo three", 9, "one\n"), ("grüße aus łódź", 9, "grüße"), ("abc", 2, "ab")],
)
def test_one_document_is_cut_where_a_line_or_a_word_begins(text: str, border: int, before: str) -> None:
    train, val = ranges([text], border)
    assert given_by(train) == [before]
    assert given_by(val) == [text[len(before) :]]


words = st.text(alphabet=st.sampled_from("ab é鵞\n"), max_size=30)


@given(st.lists(words, max_size=8), st.integers(0, 400))
def test_no_character_is_on_both_sides_and_none_is_lost(texts: list[str], border: int) -> None:
    train, val = ranges(texts, border)
    assert squeezed([*given_by(train), *given_by(val)]) == squeezed(texts)
    assert census(given_by(train)).n_bytes <= border


def squeezed(texts: list[str]) -> str:
    """All characters but white space: a document of nothing else isn't given."""
    return "".join("".join(texts).split())


@pytest.mark.parametrize("which", [0, 1])
def test_from_every_position_it_goes_on(which: int) -> None:
    found = ranges([f"document {i}, word by word" for i in range(12)], 100)[which]
    everything = list(found.documents())
    for i, (_, position) in enumerate(everything):
        assert list(found.documents(position)) == everything[i + 1 :]


def test_a_census_tells_texts_apart() -> None:
    tell: Callable[[list[str]], str] = lambda texts: census(texts).sha256  # noqa: E731
    assert tell(["ab", "c"]) == tell(["ab", "c"])
    assert len({tell(["ab", "c"]), tell(["a", "bc"]), tell(["abc"]), tell(["ab", "d"])}) == 4
