"""Files read bit by bit: nothing is lost, nothing is cut where a tokenizer would see it."""

from pathlib import Path

import pytest

from vibejam_core.text.bpe_scale import count_words
from vibejam_core.text.corpora import read_text
from vibejam_core.text.streams import files_of, stream_file

TEXT = "\ufeffOnce, in Łódź,\r\nthere were “seven” geese…\r\rThey sang: «ой!» 你好 🦆🦆  \n\n  twice.\nEnd" * 3


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64, 10_000])
def test_joined_the_pieces_are_the_text(tmp_path: Path, chunk: int) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT.encode("utf-8"))
    pieces = list(stream_file(path, chunk=chunk))
    assert "".join(text for text, _ in pieces) == read_text(path)
    assert sum(n for _, n in pieces) == path.stat().st_size


@pytest.mark.parametrize("chunk", [5, 17, 40])
def test_words_are_counted_as_in_the_whole_text(tmp_path: Path, chunk: int) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT.encode("utf-8"))
    assert count_words(text for text, _ in stream_file(path, chunk=chunk)) == count_words([read_text(path)])


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    for name, data in (("zero.txt", b"a\0b"), ("latin.txt", b"caf\xe9 au lait"), ("cut.txt", b"caf\xc3")):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(ValueError, match=name):
            list(stream_file(path))


def test_a_folder_stands_for_its_text_files(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("b")
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "c.csv").write_text("c")
    assert [path.name for path in files_of(tmp_path)] == ["a.txt", "b.md"]
    with pytest.raises(FileNotFoundError, match="nowhere"):
        files_of(tmp_path / "nowhere")
