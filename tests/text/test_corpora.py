"""Text from files, folders and Python itself."""

from pathlib import Path

import pytest

from vibejam_core.text.corpora import CORPORA, clean, load, load_corpus, text_files
from vibejam_core.text.tinyworld import document


def write(folder: Path, **files: str) -> Path:
    """Files in a folder; __ in a name is a slash, _ a full stop."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return folder


def test_a_folder_is_read_in_order_with_separators(tmp_path: Path) -> None:
    """Folders in it too, other kinds of file not, hidden ones not."""
    write(tmp_path, b_txt="two\n", a_md="one\n", c__d_TXT="three", e_pdf="no", _git__f_txt="no")
    corpus = load_corpus(tmp_path)
    assert corpus.text == "one\n<|doc_end|>\ntwo\n<|doc_end|>\nthree"
    assert [path.name for path in text_files(tmp_path)[1]] == ["e.pdf"]


def test_a_text_with_separators_is_several_documents(tmp_path: Path) -> None:
    """Reading what was written gives the same text again."""
    write(tmp_path / "in", a_txt="one\n", b_txt="two\n")
    text = load_corpus(tmp_path / "in").text
    write(tmp_path, all_txt=text)
    again = load_corpus(tmp_path / "all.txt")
    assert len(again.documents) == 2
    assert again.text == text


def test_a_single_file_is_taken_as_it_is(tmp_path: Path) -> None:
    """Down to its last line break."""
    write(tmp_path, a_txt="\n one \n\n")
    assert load_corpus(tmp_path / "a.txt").text == "\n one \n\n"


def test_marks_and_line_breaks_are_made_plain(tmp_path: Path) -> None:
    """Byte order mark, CRLF, CR, typographic quotes, dashes, ellipsis, no-break space."""
    assert clean("\ufeff“a” ‘b’\r\nc\rd—e…\u00a0f") == "\"a\" 'b'\nc\nd--e... f"
    assert clean("\ufeff“a”\r\n", plain_quotes=False) == "“a”\n"


def test_pydocs_is_the_same_each_time_and_plain() -> None:
    """The language reference has its statements, and no typographic quotes."""
    corpus = load_corpus("pydocs")
    assert corpus == load_corpus("pydocs")
    assert 'The "for" statement' in corpus.text
    assert len(corpus.text) > 300_000
    assert not set("“”‘’…") & set(corpus.text)
    assert "pydocs" in CORPORA


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", ["a.txt", "empty"]),
        (b" \n ", ["a.txt", "empty"]),
        (b"caf\xe9 x", ["a.txt", "byte 3", "0xe9", "UTF-8"]),
        (b"abc\0d", ["a.txt", "byte 3", "text file"]),
        ("hello".encode("utf-16"), ["a.txt", "UTF-16"]),
    ],
)
def test_a_file_that_is_no_text_is_named(tmp_path: Path, data: bytes, words: list[str]) -> None:
    """With the place in it, where there is one."""
    (tmp_path / "a.txt").write_bytes(data)
    for path in (tmp_path, tmp_path / "a.txt"):
        with pytest.raises(ValueError, match=r"a\.txt") as error:
            load_corpus(path)
        assert all(word in str(error.value) for word in words)


def test_a_missing_path_and_a_folder_without_text_are_named(tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(FileNotFoundError, match="no-such"):
        load_corpus(tmp_path / "no-such")
    write(tmp_path, picture_png="x")
    with pytest.raises(ValueError, match=r"no \.txt or \.md file .*1 of other kinds"):
        load_corpus(tmp_path)


def test_tinyworld_brings_its_own_unseen_documents_and_their_floor() -> None:
    """A ninth of the training text; about other facts; and what they hold at least is the world's own count."""
    corpus = load("tinyworld", megabytes=0.05)
    assert len(corpus.text) == pytest.approx(50_000, rel=0.05)
    assert len(corpus.held_out_text) == pytest.approx(50_000 / 9, rel=0.3)
    assert not set(corpus.documents) & set(corpus.held_out)
    world = [document("story", "val", 0, index) for index in range(len(corpus.held_out))]
    assert list(corpus.held_out) == [each.text for each in world]
    assert corpus.floor_bits == pytest.approx(sum(each.bits for each in world))
    assert corpus.text.isascii()


def test_tinyworld_takes_the_kinds_that_are_wanted() -> None:
    """In equal parts."""
    corpus = load("tinyworld", megabytes=0.02, kinds=("spelling", "arithmetic"))
    assert any("Answer:" in each for each in corpus.documents)
    assert any("letter" in each for each in corpus.documents)
