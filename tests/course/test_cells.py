"""An exercise cell is taken apart before anything is written."""

import pytest

from vibejam_core.course.curriculum import component
from vibejam_core.course.grafting import skeleton
from vibejam_core.course.jupyter.cells import CellError, take_apart

COUNT = component("counting.count_characters")
HEAD = component("gpt.Head")


def test_the_skeleton_is_recognised_whatever_its_comments():
    """Comments and spacing are no work that could get lost."""
    stub = skeleton.skeleton_definition(COUNT)
    assert take_apart(COUNT, stub).untouched
    assert take_apart(COUNT, "\n# a note\n" + stub.replace("    raise", "    # hm\n\n    raise")).untouched
    assert not take_apart(COUNT, stub.replace("raise NotImplementedError", "return {}; raise ValueError")).untouched


@pytest.mark.parametrize("piece", [COUNT, HEAD], ids=lambda piece: piece.id)
def test_a_skeleton_from_before_an_update_is_recognised(piece):
    """Other words in its docstrings don't make it work that may replace a finished definition."""
    older = skeleton.skeleton_definition(piece).replace("Args:", "Arguments:").replace("(lab", "(in lab")
    assert older != skeleton.skeleton_definition(piece)
    assert take_apart(piece, older).untouched


def test_a_class_with_one_part_written_is_not_untouched():
    """Nor is one with a method of the learner's own."""
    stub = skeleton.skeleton_definition(HEAD)
    written = stub.replace("raise NotImplementedError", "return x; raise NotImplementedError")
    assert not take_apart(HEAD, written).untouched
    assert not take_apart(HEAD, stub + "\n    def help(self):\n        return 1\n").untouched


def test_helpers_go_with_the_definition():
    """Functions, classes and imports anywhere, assignments above; with their comments."""
    helper = "def help(t):\n    return N\n"
    cell = f"import math\n# how many\nN = 3\n\ndef count_characters(text):\n    return help(text)\n\n{helper}"
    taken = take_apart(COUNT, cell)
    assert taken.kept == cell
    assert taken.rest == ""
    assert not taken.untouched


def test_a_stub_with_a_helper_is_not_untouched():
    """The helper is work."""
    assert not take_apart(COUNT, "N = 3\n" + skeleton.skeleton_definition(COUNT)).untouched


def test_what_only_tries_the_component_stays_in_the_notebook():
    """It would run at every import of the module."""
    cell = "print('a')\ndef count_characters(text):\n    return {}\n\ncounts = count_characters('abc')\ncounts\n"
    taken = take_apart(COUNT, cell)
    assert taken.kept.strip() == "def count_characters(text):\n    return {}"
    assert taken.rest == "print('a')\ncounts = count_characters('abc')\ncounts"


@pytest.mark.parametrize(
    ("piece", "cell", "told"),
    [
        pytest.param(COUNT, "def count_characters(text:\n    return {}", "Line 2 of this cell", id="syntax error"),
        pytest.param(COUNT, "%timeit 1\ndef count_characters(text): ...", "belong in another cell", id="magic"),
        pytest.param(COUNT, "def count(text): ...", "it defines count.", id="wrong name"),
        pytest.param(COUNT, "", "defines nothing", id="empty"),
        pytest.param(HEAD, "def Head(): ...", "'class Head'", id="function for a class"),
        pytest.param(COUNT, "count_characters = len", "'def count_characters'", id="assignment"),
        pytest.param(COUNT, "def count_characters(): ...\ndef count_characters(): ...", "twice", id="twice"),
        pytest.param(HEAD, "class Head: ...\nclass Block: ...", "%%exercise gpt.Block", id="another component"),
    ],
)
def test_what_is_wrong_with_a_cell_is_said_plainly(piece, cell: str, told: str):
    """In one sentence, before anything is written."""
    with pytest.raises(CellError) as error:
        take_apart(piece, cell)
    assert told in str(error.value)
