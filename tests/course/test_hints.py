"""Hints come one at a time, and the solution only when it is really wanted."""

from pathlib import Path

import pytest

from vibejam_core.course.cli import main
from vibejam_core.course.curriculum import component
from vibejam_core.course.grafting import skeleton

ID = "counting.count_characters"


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VIBEJAM_WORKSPACE", str(tmp_path))
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    main(arguments)
    return capsys.readouterr().out


def test_each_request_shows_one_more_hint(capsys):
    """And the fourth says where to go from there."""
    told = [said(capsys, "hint", ID) for _ in range(4)]
    assert [f"hint {n} of 3" in text for n, text in enumerate(told[:3], 1)] == [True] * 3
    assert "hint 2" not in told[0]
    assert "vibejam solution" in told[3]


def test_without_a_name_it_is_a_hint_for_what_comes_next(capsys):
    """In an untouched workspace that is the warm-up."""
    assert f"{ID}: hint 1 of 3" in said(capsys, "hint")


def test_again_shows_what_was_shown_and_no_more(capsys):
    """Reading a hint again costs nothing."""
    assert "No hint" in said(capsys, "hint", ID, "--again")
    first = said(capsys, "hint", ID)
    assert "hint 1 of 3" in first
    assert "hint 2 of 3" not in said(capsys, "hint", ID, "--again")
    assert "hint 2 of 3" in said(capsys, "hint", ID)


def test_all_shows_all(capsys):
    """Also when none was shown before."""
    told = said(capsys, "hint", ID, "--all")
    assert all(f"hint {n} of 3" in told for n in (1, 2, 3))


def test_a_hint_is_made_for_a_terminal(capsys):
    """No line is longer than it can be read, and no formula keeps its dollar signs; code stays as it is."""
    told = said(capsys, "hint", "gpt.Head", "--all")
    assert max(len(line) for line in told.splitlines()) <= 100
    assert "$" not in told
    assert "`scores = q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5`" in " ".join(told.split())


def test_a_damaged_record_is_no_obstacle(capsys, workspace: Path):
    """Hints start over."""
    (workspace / ".vibejam").mkdir()
    (workspace / ".vibejam" / "hints.json").write_text("{")
    assert "hint 1 of 3" in said(capsys, "hint", ID)


def test_an_unknown_component_is_named(capsys):
    """With what there is instead."""
    assert main(["hint", "gpt.Hat"]) == 2
    assert "gpt.Hat" in capsys.readouterr().err


def test_the_solution_needs_a_yes(capsys):
    """Without a terminal to ask at, it takes --yes."""
    assert main(["solution", ID]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "--yes" in captured.err
    assert main(["solution", ID, "--yes"]) == 0
    assert capsys.readouterr().out == skeleton.reference_definition(component(ID))
