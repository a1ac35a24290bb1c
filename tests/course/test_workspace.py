"""The learner's folder: found, filled, and changed one definition at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.course.kit import COUNT_WITH_COUNTER, GPT, new_workspace, with_solution
from vibejam_core.course.curriculum import component
from vibejam_core.course.grafting import skeleton
from vibejam_core.course.grafting.syntax import LearnerError
from vibejam_core.course.workspace import VARIABLE, Workspace, repo_root

COUNT = component("counting.count_characters")
HEAD = component("gpt.Head")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return new_workspace(tmp_path)


# --- finding --------------------------------------------------------------------------------------------------------


def test_the_explicit_folder_wins_then_the_variable_then_the_nearest_then_the_courses_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near, named, given = (tmp_path / name for name in ("near", "named", "given"))
    for folder in (near / "mygpt" / "deep", named, given):
        folder.mkdir(parents=True)
    monkeypatch.setenv(VARIABLE, str(named))
    monkeypatch.chdir(near / "mygpt" / "deep")
    assert Workspace.find(given).root == given
    assert Workspace.find().root == named
    monkeypatch.delenv(VARIABLE)
    assert Workspace.find().root == near
    monkeypatch.chdir(tmp_path)
    assert Workspace.find().root == repo_root() / "labs"


def test_the_package_itself_may_be_named(workspace: Workspace) -> None:
    assert Workspace.find(workspace.package) == workspace


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere.*--workspace"):
        Workspace.find(tmp_path / "nowhere")


# --- preparing ------------------------------------------------------------------------------------------------------


def test_preparing_writes_what_is_missing_and_touches_nothing_else(workspace: Workspace) -> None:
    workspace.module_path("gpt").write_text("# mine\n")
    workspace.module_path("loss").unlink()
    assert workspace.prepare() == [workspace.module_path("loss")]
    assert workspace.module_path("gpt").read_text() == "# mine\n"
    assert workspace.prepare() == []


# --- writing a definition -------------------------------------------------------------------------------------------


def test_a_stub_is_replaced_and_nothing_else_changes(workspace: Workspace) -> None:
    before = workspace.module_path("counting").read_text()
    assert workspace.write_definition(COUNT, COUNT_WITH_COUNTER) is None
    after = workspace.module_path("counting").read_text()
    assert after == before.replace(skeleton.skeleton_definition(COUNT), COUNT_WITH_COUNTER)


@pytest.mark.parametrize(("newline", "bom"), [("\r\n", b""), ("\n", b"\xef\xbb\xbf"), ("\r\n", b"\xef\xbb\xbf")])
def test_the_rest_of_the_file_stays_byte_for_byte(workspace: Workspace, newline: str, bom: bytes) -> None:
    path = workspace.module_path("counting")
    noise = "# odd   spacing\t\nx = {'a':1 ,}\x0c\n"
    text = skeleton.skeleton_module(COUNT.module) + noise
    path.write_bytes(bom + text.replace("\n", newline).encode())
    workspace.write_definition(COUNT, COUNT_WITH_COUNTER)
    wanted = text.replace(skeleton.skeleton_definition(COUNT), COUNT_WITH_COUNTER)
    assert path.read_bytes() == bom + wanted.replace("\n", newline).encode()


def test_what_is_replaced_is_kept_with_its_date(workspace: Workspace) -> None:
    workspace.write_definition(COUNT, COUNT_WITH_COUNTER)
    kept = workspace.write_definition(COUNT, "def count_characters(text):\n    return {}\n")
    assert kept is not None
    assert kept.read_text() == COUNT_WITH_COUNTER
    assert kept.parent == workspace.state / "history" / "counting" / "count_characters"
    again = workspace.write_definition(COUNT, COUNT_WITH_COUNTER)
    assert again is not None
    assert again != kept


def test_writing_the_same_again_changes_nothing(workspace: Workspace) -> None:
    workspace.write_definition(COUNT, COUNT_WITH_COUNTER)
    before = workspace.module_path("counting").stat().st_mtime_ns
    assert workspace.write_definition(COUNT, COUNT_WITH_COUNTER) is None
    assert workspace.module_path("counting").stat().st_mtime_ns == before


def test_a_missing_definition_is_put_at_the_end(workspace: Workspace) -> None:
    workspace.module_path("counting").write_text("x = 1")
    workspace.write_definition(COUNT, COUNT_WITH_COUNTER)
    assert workspace.module_path("counting").read_text() == "x = 1\n\n\n" + COUNT_WITH_COUNTER


def test_decorators_go_with_their_definition(workspace: Workspace) -> None:
    path = workspace.module_path("counting")
    path.write_text(
        "import functools\n\n# above\n@functools.cache\ndef count_characters(text):\n    return {}\n\n# below\n"
    )
    workspace.write_definition(COUNT, COUNT_WITH_COUNTER)
    assert path.read_text() == f"import functools\n\n# above\n{COUNT_WITH_COUNTER}\n# below\n"


def test_an_assignment_or_an_import_is_replaced_as_well(workspace: Workspace) -> None:
    path = workspace.module_path("counting")
    for before in ("count_characters = dict\n", "from mylib import count_characters\n"):
        path.write_text(before)
        workspace.write_definition(COUNT, COUNT_WITH_COUNTER)
        assert path.read_text() == COUNT_WITH_COUNTER


def test_helpers_come_along_once(workspace: Workspace) -> None:
    cell = "import math\n\n\ndef helper(x):\n    return math.sqrt(x)\n\n\n" + COUNT_WITH_COUNTER
    workspace.write_definition(COUNT, cell)
    workspace.write_definition(COUNT, cell.replace("sqrt", "floor"))
    text = workspace.module_path("counting").read_text()
    assert text.count("def helper") == text.count("import math") == text.count("def count_characters") == 1
    assert "math.floor(x)" in text
    assert "sqrt" not in text
    (kept,) = (workspace.state / "history" / "counting" / "helper").iterdir()
    assert "sqrt" in kept.read_text()


def test_new_imports_go_to_the_others_at_the_top(workspace: Workspace) -> None:
    cell = "import math\nimport torch\n" + skeleton.reference_definition(HEAD)
    workspace.write_definition(HEAD, cell)
    wanted = with_solution(GPT, "gpt.Head").replace(
        "import language_model_loss\n", "import language_model_loss\nimport math\n"
    )
    assert workspace.module_path("gpt").read_text() == wanted


def test_imports_that_the_module_has_are_left_out(workspace: Workspace) -> None:
    cell = "from __future__ import annotations\nimport torch\nfrom torch import nn\n" + skeleton.reference_definition(
        HEAD
    )
    workspace.write_definition(HEAD, cell)
    assert workspace.module_path("gpt").read_text() == with_solution(GPT, "gpt.Head")


def test_a_file_with_a_syntax_error_is_left_alone(workspace: Workspace) -> None:
    path = workspace.module_path("counting")
    path.write_text("def precious(:\n")
    with pytest.raises(LearnerError, match="line 1"):
        workspace.write_definition(COUNT, COUNT_WITH_COUNTER)
    assert path.read_text() == "def precious(:\n"


@pytest.mark.parametrize("cell", ["def count_characters(:\n", "def another(): pass\n", ""])
def test_a_cell_that_does_not_define_the_component_writes_nothing(workspace: Workspace, cell: str) -> None:
    before = workspace.module_path("counting").read_bytes()
    with pytest.raises(LearnerError):
        workspace.write_definition(COUNT, cell)
    assert workspace.module_path("counting").read_bytes() == before


def test_what_the_files_encoding_lacks_is_said(workspace: Workspace) -> None:
    path = workspace.module_path("counting")
    path.write_bytes("# coding: latin-1\n# café\n".encode("latin-1"))
    with pytest.raises(LearnerError, match="'→'"):
        workspace.write_definition(COUNT, "def count_characters(text):\n    return '→'\n")
    assert path.read_bytes() == "# coding: latin-1\n# café\n".encode("latin-1")


def test_a_linked_module_stays_a_link(workspace: Workspace, tmp_path: Path) -> None:
    path = workspace.module_path("counting")
    path.rename(tmp_path / "elsewhere.py")
    path.symlink_to(tmp_path / "elsewhere.py")
    workspace.write_definition(COUNT, COUNT_WITH_COUNTER)
    assert path.is_symlink()
    assert COUNT_WITH_COUNTER in (tmp_path / "elsewhere.py").read_text()
