"""vibejam update, reset and diff: new text without a lost line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.course.kit import COUNT_WITH_COUNTER, GPT, new_workspace, with_solution
from vibejam_core.course import cli
from vibejam_core.course.curriculum import component
from vibejam_core.course.grafting import skeleton, syntax, updating
from vibejam_core.course.grafting.manifest import Manifest
from vibejam_core.course.progress import Progress, source_hash
from vibejam_core.course.workspace import Workspace

COUNT = component("counting.count_characters")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return new_workspace(tmp_path)


@pytest.fixture
def new_edition(monkeypatch: pytest.MonkeyPatch):
    """From here on the course says something else about heads and blocks."""
    module, definition = skeleton.skeleton_module, skeleton.skeleton_definition

    def edited(text: str) -> str:
        text = text.replace("One head of causal self-attention", "One head, in the new words,")
        return text.replace("Add what attention found", "Add, in the new words, what attention found")

    def turn() -> None:
        monkeypatch.setattr(skeleton, "skeleton_module", lambda name: edited(module(name)))
        monkeypatch.setattr(skeleton, "skeleton_definition", lambda item: edited(definition(item)))

    return turn


def kinds(changes: list[updating.Change]) -> dict[str, str]:
    return {change.name: change.kind for change in changes}


def test_nothing_new_is_nothing_to_do(workspace: Workspace) -> None:
    assert updating.update_package(workspace) == []


def test_an_untouched_module_becomes_the_new_skeleton(workspace: Workspace, new_edition) -> None:
    new_edition()
    assert kinds(updating.update_package(workspace)) == {"mygpt/gpt.py": "updated"}
    assert workspace.module_path("gpt").read_text() == skeleton.skeleton_module(GPT)
    assert updating.update_package(workspace) == []


def test_only_untouched_components_are_replaced(workspace: Workspace, new_edition) -> None:
    mine = with_solution(GPT, "gpt.Head") + "\n# my notes\n"
    workspace.module_path("gpt").write_text(mine)
    new_edition()
    changes = updating.update_package(workspace)
    assert kinds(changes) == {"gpt.Head": "kept", "gpt.Block": "updated"}
    text = workspace.module_path("gpt").read_text()
    assert text == mine.replace("Add what attention found", "Add, in the new words, what attention found")


def test_what_was_kept_is_shown_as_a_diff_of_its_text_alone_and_once(workspace: Workspace, new_edition) -> None:
    workspace.module_path("gpt").write_text(with_solution(GPT, "gpt.Head"))
    new_edition()
    (kept,) = [change for change in updating.update_package(workspace) if change.kind == "kept"]
    changed = [line for line in kept.detail.splitlines()[2:] if line[0] in "+-"]
    assert len(changed) == 2
    assert "in the new words" in changed[1]
    assert updating.update_package(workspace) == []


def test_a_deleted_component_stays_deleted_and_a_new_module_is_added(workspace: Workspace, new_edition) -> None:
    text = skeleton.skeleton_module(GPT)
    workspace.module_path("gpt").write_text(text[: text.index("class Head")] + text[text.index("class MultiHead") :])
    workspace.module_path("loss").unlink()
    new_edition()
    assert kinds(updating.update_package(workspace)) == {"mygpt/loss.py": "added", "gpt.Block": "updated"}
    assert "class Head" not in workspace.module_path("gpt").read_text()


def test_a_file_that_cannot_be_read_is_named_and_left(workspace: Workspace, new_edition) -> None:
    workspace.module_path("gpt").write_text("def f(:\n")
    new_edition()
    assert kinds(updating.update_package(workspace)) == {"mygpt/gpt.py": "unreadable"}
    assert workspace.module_path("gpt").read_text() == "def f(:\n"


def test_windows_line_ends_are_no_work(workspace: Workspace, new_edition) -> None:
    path = workspace.module_path("gpt")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    new_edition()
    assert kinds(updating.update_package(workspace)) == {"mygpt/gpt.py": "updated"}
    assert path.read_bytes() == skeleton.skeleton_module(GPT).replace("\n", "\r\n").encode()


def test_notebooks_are_taken_unless_somebody_worked_in_them(workspace: Workspace) -> None:
    name, other = "00_warm_up.ipynb", "01_characters.ipynb"
    manifest = workspace.manifest()
    for notebook in (name, other):
        (workspace.root / notebook).write_text("the old edition\n")
        manifest.record(notebook, "the old edition\n")
    manifest.save()
    (workspace.root / other).write_text("my answers\n")
    assert kinds(updating.update_notebooks(workspace)) == {name: "updated", other: "kept"}
    assert (workspace.root / name).read_text() == (skeleton.repo_root() / "labs" / name).read_text()
    assert (workspace.root / other).read_text() == "my answers\n"


# --- the commands ---------------------------------------------------------------------------------------------------


def vibejam(workspace: Workspace, *arguments: str) -> int:
    return cli.main([*arguments, "--workspace", str(workspace.root)])


def test_reset_puts_the_skeleton_back_and_says_where_yours_is(workspace: Workspace, capsys) -> None:
    workspace.write_definition(COUNT, COUNT_WITH_COUNTER)
    assert vibejam(workspace, "reset", COUNT.id) == 0
    assert workspace.module_path("counting").read_text() == skeleton.skeleton_module(COUNT.module)
    (kept,) = (workspace.state / "history" / "counting" / "count_characters").iterdir()
    assert kept.read_text() == COUNT_WITH_COUNTER
    assert kept.name in capsys.readouterr().out


def test_reset_mends_a_module_that_cannot_be_read(workspace: Workspace) -> None:
    workspace.module_path("counting").write_bytes(b"def f(:\n\xff")
    assert vibejam(workspace, "reset", COUNT.id) == 2
    assert vibejam(workspace, "reset", "counting") == 0
    assert workspace.module_path("counting").read_text() == skeleton.skeleton_module(COUNT.module)
    (kept,) = (workspace.state / "history" / "counting").iterdir()
    assert kept.read_bytes() == b"def f(:\n\xff"


def test_reset_of_something_unknown_touches_nothing(workspace: Workspace, capsys) -> None:
    workspace.write_definition(COUNT, COUNT_WITH_COUNTER)
    assert vibejam(workspace, "reset", COUNT.id, "gpt.Tail") == 2
    assert "gpt.Tail" in capsys.readouterr().err
    assert COUNT_WITH_COUNTER in workspace.module_path("counting").read_text()


def test_diff_asks_before_it_shows_the_solution(workspace: Workspace, capsys) -> None:
    workspace.write_definition(COUNT, COUNT_WITH_COUNTER)
    assert vibejam(workspace, "diff", COUNT.id) == 2
    told = capsys.readouterr()
    assert "--yes" in told.err
    assert "counts.get" not in told.out
    assert vibejam(workspace, "diff", COUNT.id, "--yes") == 0
    shown = capsys.readouterr().out
    assert "-    from collections import Counter\n" in shown
    assert "+        counts[character] = counts.get(character, 0) + 1\n" in shown


def test_diff_does_not_ask_once_the_component_has_passed(workspace: Workspace, capsys) -> None:
    workspace.write_definition(COUNT, COUNT_WITH_COUNTER)
    source = syntax.read(workspace.module_path("counting"))
    Progress(workspace).record(COUNT.id, source_hash(COUNT, source.tree), passed=True, checks=1)
    assert vibejam(workspace, "diff", COUNT.id) == 0
    assert "counts.get" in capsys.readouterr().out


def test_diff_side_by_side_has_yours_on_the_left(workspace: Workspace, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    workspace.write_definition(COUNT, COUNT_WITH_COUNTER)
    assert vibejam(workspace, "diff", COUNT.id, "--yes", "-y") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["yours", "the", "reference"]
    line = next(line for line in lines if "Counter(text)" in line)
    assert line.index("Counter(text)") < 80


def test_diff_of_a_stub_has_nothing_to_show(workspace: Workspace, capsys) -> None:
    assert vibejam(workspace, "diff", COUNT.id, "--yes") == 2
    told = capsys.readouterr()
    assert f"vibejam hint {COUNT.id}" in told.err
    assert told.out == ""


# --- the manifest ---------------------------------------------------------------------------------------------------


def test_a_fingerprint_ignores_line_ends_and_nothing_else(tmp_path: Path) -> None:
    manifest = Manifest.load(tmp_path)
    manifest.record("a", "x = 1\ny = 2\n")
    manifest.save()
    again = Manifest.load(tmp_path / ".generated.json")
    assert again.matches("a", "\ufeffx = 1\r\ny = 2\r\n")
    assert not again.matches("a", "x = 1\ny = 3\n")
    assert not again.matches("b", "x = 1\ny = 2\n")


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}'])
def test_a_damaged_manifest_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / ".generated.json").write_text(text)
    with pytest.raises(ValueError, match=r"generated\.json"):
        Manifest.load(tmp_path)
