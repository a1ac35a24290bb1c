"""A lab's checks may be in several files, which are read without being run."""

from __future__ import annotations

import shutil

import pytest

from vibejam_core.course.curriculum import LABS, component
from vibejam_core.course.grading import checks

FIRST = '''def test_one(count_characters):
    """One."""
'''
SECOND = '''WORD = "second"


def test_two(count_characters):
    """Two."""
    assert count_characters(WORD)


def test_three(count_characters):
    """Three."""
'''
COUNT = component("counting.count_characters")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder of checks with two files of lab 00."""
    monkeypatch.setattr(checks, "folder", lambda: tmp_path)
    (tmp_path / "test_00_warm_up.py").write_text(FIRST)
    (tmp_path / "test_00_warm_up_words.py").write_text(SECOND)
    (tmp_path / "test_01_characters.py").write_text("")
    return tmp_path


def test_files_come_in_the_order_of_their_names(place):
    """And within a file, checks come as they are written."""
    assert [check.name for check in checks.of(COUNT)] == ["test_one", "test_two", "test_three"]
    assert [check.line for check in checks.in_file(LABS[0], place / "test_00_warm_up_words.py")] == [4, 9]


def test_each_check_is_taken_from_its_own_file(place):
    """With the names of that file."""
    functions = {check.name: function for check, function in checks.load(COUNT)}
    functions["test_one"](None)
    functions["test_two"](len)
    assert functions["test_two"].__globals__["WORD"] == "second"
    assert "WORD" not in functions["test_one"].__globals__


def test_a_file_belongs_to_the_lab_of_its_number(place):
    """Helpers belong to none."""
    assert checks.lab_of_file(place / "test_00_warm_up_words.py") is LABS[0]
    assert checks.lab_of_file(place / "helpers.py") is None


def test_two_files_may_not_define_the_same_check(place):
    """The verdict knows a check by its name."""
    (place / "test_00_words.py").write_text(FIRST)
    with pytest.raises(ValueError, match=r"test_00_words.py:1: test_one is also defined in test_00_warm_up.py"):
        checks.listing(LABS[0])


def test_a_change_in_any_file_changes_the_fingerprint(place):
    """What was known about mistakes must be found out again."""
    before = checks.fingerprint(COUNT)
    (place / "test_00_warm_up_words.py").write_text(SECOND + "\n")
    assert checks.fingerprint(COUNT) != before


def test_a_lab_without_files_has_no_checks(place):
    """An empty list, not an error."""
    shutil.rmtree(place)
    assert checks.of(COUNT) == []
