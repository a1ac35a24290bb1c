"""The first cell finds or fetches the course, and changes nothing that is installed."""

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from vibejam_core.course import bootstrap, site
from vibejam_core.course.grafting.skeleton import repo_root

FINDING = bootstrap.first_cell(site.load(repo_root())).split("from vibejam_core.course import bootstrap")[0]


def run_first_cell(folder: Path, repository: str) -> subprocess.CompletedProcess[str]:
    """Run the part that finds the course, in a Python that has nothing installed."""
    environment = {**os.environ, "VIBEJAM_REPOSITORY": repository}
    code = FINDING + "\nimport vibejam_core; print(vibejam_core.__file__)"
    return subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=folder, env=environment, capture_output=True, text=True
    )


def test_inside_a_clone_that_clone_is_used(tmp_path: Path):
    """Whatever the folder inside it, and without a sound."""
    done = run_first_cell(repo_root() / "labs", "file:///nowhere")
    assert done.stdout.strip() == str(repo_root() / "vibejam_core" / "__init__.py")
    assert done.stderr == ""


def test_anywhere_else_the_course_is_fetched_once(tmp_path: Path):
    """The address comes from the environment or from the cell; a second run uses what is there."""
    origin = tmp_path / "origin"
    (origin / "vibejam_core" / "course").mkdir(parents=True)
    (origin / "vibejam_core" / "__init__.py").write_text("")
    (origin / "vibejam_core" / "course" / "__init__.py").write_text("")
    git = ["git", "-C", str(origin), "-c", "user.name=n", "-c", "user.email=e@example.org"]
    subprocess.run([*git[:3], "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "first"], check=True)
    empty = tmp_path / "content"
    empty.mkdir()
    for address in (origin.as_uri(), "file:///nowhere"):
        done = run_first_cell(empty, address)
        assert done.stdout.strip() == str(empty / "vibejam" / "vibejam_core" / "__init__.py"), done.stderr


def test_a_course_that_cannot_be_fetched_is_said_in_a_sentence(tmp_path: Path):
    """With the address that was tried."""
    done = run_first_cell(tmp_path, "file:///nowhere")
    assert "The course could not be fetched from file:///nowhere" in done.stderr


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Only torch is installed; pip does what it is told, and what it was told is listed."""
    told: list[list[str]] = []
    there = {"torch"}

    def run(command: list[str], **_: object) -> SimpleNamespace:
        told.append(command)
        there.update(
            bootstrap.name_of(part) for part in command if part[0].isalpha() and part not in ("pip", "install")
        )
        return SimpleNamespace(returncode=0, stderr="")

    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    monkeypatch.setattr(bootstrap, "_installed", lambda name: name in there)
    monkeypatch.setattr(bootstrap, "requirements", lambda root: ["torch>=99", "tyro>=0.9"])
    monkeypatch.setattr(bootstrap, "_required_by", lambda name: ["typeguard>=4", "torch"] if name == "tyro" else [])
    return told


def test_only_what_is_missing_is_installed_and_alone(pip: list[list[str]]):
    """What it needs in turn is looked at one by one; torch is left as it is, even where it is too old."""
    assert bootstrap.install_missing(Path()) == ["tyro>=0.9", "typeguard>=4"]
    assert all("--no-deps" in command for command in pip)
    assert not any(part.startswith("torch") for command in pip for part in command)


def test_torch_is_never_installed(pip: list[list[str]], monkeypatch: pytest.MonkeyPatch):
    """Which build of it fits a machine isn't for a notebook to decide."""
    monkeypatch.setattr(bootstrap, "_installed", lambda name: False)
    with pytest.raises(ImportError, match=r"pytorch\.org"):
        bootstrap.install_missing(Path())
    assert pip == []


def test_on_colab_the_workspace_goes_to_drive_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """There it outlives the runtime."""
    mounted: list[str] = []
    drive = ModuleType("google.colab.drive")
    drive.mount = mounted.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    monkeypatch.setitem(sys.modules, "google.colab.drive", drive)
    monkeypatch.setattr(bootstrap, "DRIVE", tmp_path)
    monkeypatch.setenv("VIBEJAM_WORKSPACE", str(tmp_path))
    assert bootstrap._workspace(save_to_drive=True, solved=False).root == tmp_path / "MyDrive" / "vibejam"
    assert mounted == [str(tmp_path)]
    assert bootstrap._workspace(save_to_drive=False, solved=False).root == tmp_path
    assert mounted == [str(tmp_path)]


def test_a_solved_notebook_never_works_in_the_learners_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Each has a folder of its own, wherever the settings point."""
    monkeypatch.setenv("VIBEJAM_WORKSPACE", str(tmp_path))
    roots = {bootstrap._workspace(save_to_drive=True, solved=True).root for _ in range(2)}
    assert len(roots) == 2
    assert not any(root.is_relative_to(tmp_path) or root.is_relative_to(repo_root()) for root in roots)
