"""Reading files that somebody else wrote."""

from __future__ import annotations

import ast
import pickle
from pathlib import Path

import pytest

from vibejam_core.course.grafting import syntax
from vibejam_core.course.grafting.syntax import LearnerError


def written(folder: Path, data: bytes) -> Path:
    path = folder / "gpt.py"
    path.write_bytes(data)
    return path


def only(text: str) -> ast.stmt:
    return ast.parse(text).body[0]


def test_a_syntax_error_names_the_line_and_points_at_the_place(tmp_path: Path) -> None:
    with pytest.raises(LearnerError) as caught:
        syntax.read(written(tmp_path, b"x = 1\ndef f(:\n    pass\n"))
    assert caught.value.line == 2
    assert "gpt.py, line 2" in str(caught.value)
    assert str(caught.value).splitlines()[1:] == ["    def f(:", "          ^"]


def test_the_caret_stands_under_its_character_after_tabs(tmp_path: Path) -> None:
    with pytest.raises(LearnerError) as caught:
        syntax.read(written(tmp_path, b"if x:\n\t\tif y:\n\t\t\treturn = 1\n"))
    line, caret = str(caught.value).splitlines()[1:]
    assert line[caret.index("^") :].startswith(("return", "="))


@pytest.mark.parametrize(
    "text", [b"return 1\n", b"x = 1\nfrom __future__ import annotations\n", b"def f(a, a): pass\n"]
)
def test_what_only_the_compiler_notices_is_found(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(LearnerError):
        syntax.read(written(tmp_path, text))


@pytest.mark.parametrize("text", [b"x = 1\0\n", b"x = " + b"(" * 5000 + b")" * 5000])
def test_what_python_cannot_even_read_is_a_plain_sentence(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(LearnerError, match=r"gpt\.py"):
        syntax.read(written(tmp_path, text))


def test_a_wrong_encoding_names_file_line_and_byte(tmp_path: Path) -> None:
    with pytest.raises(LearnerError, match=r"gpt\.py, line 2: byte 11 \(0xe9\) is not UTF-8") as caught:
        syntax.read(written(tmp_path, b"x = 1\n# caf\xe9\n"))
    assert caught.value.line == 2


def test_utf_16_is_refused_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(LearnerError, match="byte 0"):
        syntax.read(written(tmp_path, "x = 1\n".encode("utf-16")))


def test_the_error_survives_the_way_home_from_a_worker_process(tmp_path: Path) -> None:
    error = pickle.loads(pickle.dumps(LearnerError("broken", tmp_path, 3)))
    assert (str(error), error.path, error.line) == ("broken", tmp_path, 3)


def test_a_missing_file_is_a_plain_sentence(tmp_path: Path) -> None:
    with pytest.raises(LearnerError, match="vibejam reset gpt"):
        syntax.read(tmp_path / "gpt.py")


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbfx = 1\r\n", b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", b"x = 1\ry = 2\r"]
)
def test_what_was_read_can_be_written_back_byte_for_byte(tmp_path: Path, data: bytes) -> None:
    source = syntax.read(written(tmp_path, data))
    assert source.text.encode(source.encoding) == data


def test_lines_are_split_where_the_parser_splits_them() -> None:
    text = "a = 1\x0c\nb = '\u2028'\r\nc = 3\rd = 4"
    last = ast.parse(text).body[-1]
    assert syntax.split_lines(text)[last.lineno - 1] == "d = 4"


@pytest.mark.parametrize(
    "body",
    [
        "raise NotImplementedError",
        "raise NotImplementedError()",
        "raise NotImplementedError('my own words')",
        "'''Doc.'''\n    raise NotImplementedError('x')",
        "# a comment\n    raise NotImplementedError('x')  # and another",
    ],
)
def test_a_stub_is_recognised_by_its_structure(body: str) -> None:
    assert syntax.is_stub(only(f"def f():\n    {body}\n"))


@pytest.mark.parametrize(
    "body", ["pass", "'''Doc.'''", "raise ValueError", "x = 1\n    raise NotImplementedError", "return 1"]
)
def test_what_does_something_else_is_no_stub(body: str) -> None:
    assert not syntax.is_stub(only(f"def f():\n    {body}\n"))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Head = MyHead", {"Head"}),
        ("Head: type = MyHead", {"Head"}),
        ("Head: type", set()),
        ("a, (b, *c) = x", {"a", "b", "c"}),
        ("from mylib import Head, Other as Block", {"Head", "Block"}),
        ("import torch.nn as nn, os.path", {"nn", "os"}),
        ("from mylib import *", set()),
        ("try:\n    from a import X\nexcept ImportError:\n    class X: pass", {"X"}),
        ("if TYPE_CHECKING:\n    from torch import Tensor\nelse:\n    Tensor = None", {"Tensor"}),
        ("if typing.TYPE_CHECKING:\n    from torch import Tensor", set()),
        ("x[0] = [y for y in z]", set()),
        ("def f():\n    inner = 1", {"f"}),
    ],
)
def test_the_names_that_a_statement_binds(text: str, names: set[str]) -> None:
    assert syntax.bound(only(text)) == names


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, b"old")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        syntax.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
