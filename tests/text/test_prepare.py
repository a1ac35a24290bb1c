"""One text from many files, and what was left out."""

from pathlib import Path

import pytest

from vibejam_core.text.corpora import load_corpus
from vibejam_core.text.prepare import PrepareConfig, prepare_corpus

END = "\n<|doc_end|>\n"


def test_what_is_usable_is_taken_and_the_rest_is_reported(tmp_path: Path) -> None:
    """A duplicate, an empty file, another encoding and another kind of file are each left out with the reason."""
    raw = tmp_path / "raw"
    raw.mkdir()
    for name, data in {"a.txt": b"one\r\n", "b.md": b"one", "c.txt": b"", "d.txt": b"\xe9", "e.pdf": b"x"}.items():
        (raw / name).write_bytes(data)
    (raw / "f.md").write_text("two “2”", encoding="utf-8")
    report = prepare_corpus(PrepareConfig(raw, tmp_path / "new" / "out.txt"))
    assert [path.name for path in report.taken] == ["a.txt", "f.md"]
    assert [path.name for path, _ in report.duplicates] == ["b.md"]
    assert sorted(path.name for path, _ in report.left_out) == ["c.txt", "d.txt", "e.pdf"]
    assert load_corpus(tmp_path / "new" / "out.txt").text == report.text == 'one\n<|doc_end|>\ntwo "2"'
    assert "byte 0" in "\n".join(report.lines())


def test_a_document_that_is_there_already_is_left_out(tmp_path: Path) -> None:
    """Each one is reported with the two files; its file is taken where another of its documents is."""
    raw = tmp_path / "raw"
    raw.mkdir()
    for name, text in {"a.txt": "one", "b.txt": f"two{END} one\n{END}two", "c.txt": "two"}.items():
        (raw / name).write_text(text)
    report = prepare_corpus(PrepareConfig(raw, tmp_path / "out.txt"))
    assert report.documents == ["one", "two\n"]
    assert [path.name for path in report.taken] == ["a.txt", "b.txt"]
    found = [(path.name, first.name) for path, first in report.duplicates]
    assert found == [("b.txt", "a.txt"), ("b.txt", "b.txt"), ("c.txt", "b.txt")]
    assert report.left_out == []
    assert f"3 duplicate documents left out\n{'':11} {raw / 'b.txt'}: was in {raw / 'a.txt'} already" in "\n".join(
        report.lines()
    )


def test_every_file_is_accounted_for(tmp_path: Path) -> None:
    """Taken, a duplicate, or left out: none is forgotten."""
    for name, text in {"a.txt": "one", "b.txt": "one", "c.txt": f"{END}{END}", "d.md": "", "e.png": "x"}.items():
        (tmp_path / name).write_text(text)
    report = prepare_corpus(PrepareConfig(tmp_path, tmp_path / "out.corpus"))
    named = [*report.taken, *(path for path, _ in report.duplicates), *(path for path, _ in report.left_out)]
    assert sorted(path.name for path in named) == ["a.txt", "b.txt", "c.txt", "d.md", "e.png"]
    assert f"{tmp_path / 'c.txt'} holds nothing but <|doc_end|>" in dict(report.left_out).values()
    assert prepare_corpus(PrepareConfig(tmp_path, tmp_path / "out.corpus")).left_out == report.left_out


def test_preparing_twice_gives_the_same_text(tmp_path: Path) -> None:
    """Even where the text is written into the folder that is read."""
    (tmp_path / "a.txt").write_text("one")
    config = PrepareConfig(tmp_path, tmp_path / "out.txt")
    assert prepare_corpus(config).text == prepare_corpus(config).text == "one"


def test_nothing_usable_is_an_error_and_writes_nothing(tmp_path: Path) -> None:
    """It says why."""
    (tmp_path / "c.txt").write_text("")
    with pytest.raises(ValueError, match=r"c\.txt is empty"):
        prepare_corpus(PrepareConfig(tmp_path, tmp_path / "out.md"))
    assert not (tmp_path / "out.md").exists()
