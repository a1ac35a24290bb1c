"""The virtual environment is made once, and again only when there is a reason."""

import subprocess
import sys

import pytest

from scripts import environment
from scripts.environment import STAMP, SetupError


@pytest.fixture
def clone(tmp_path):
    """A clone with requirements and without an environment."""
    (tmp_path / "requirements.txt").write_text("nothing==1\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def commands(clone, monkeypatch):
    """Record what set-up runs instead of running it; making the environment leaves a Python behind."""
    ran = []

    def run(command, **options):
        ran.append(command)
        if "venv" in command:
            python = environment.python_of(clone)
            python.parent.mkdir(parents=True)
            python.touch()
        return subprocess.CompletedProcess(command, 1 if "fails" in command else 0)

    monkeypatch.setattr(environment.subprocess, "run", run)
    return ran


def test_the_first_set_up_makes_the_environment_and_installs(clone, commands):
    """The requirements come before the package, whose own dependencies are left to them."""
    environment.set_up(clone)
    assert commands[0][1:3] == ["-m", "venv"]
    assert "requirements.txt" in commands[1]
    assert {"--no-deps", "--editable"} <= set(commands[2])
    assert environment.is_ready(clone)


def test_the_second_set_up_runs_nothing(clone, commands):
    """Not even pip, which alone takes seconds."""
    environment.set_up(clone)
    commands.clear()
    environment.set_up(clone)
    assert commands == []


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml"])
def test_a_changed_requirement_installs_again_into_the_same_environment(clone, commands, name):
    """What is installed already stays."""
    environment.set_up(clone)
    commands.clear()
    (clone / name).write_text("changed\n", encoding="utf-8")
    environment.set_up(clone)
    assert not any("venv" in command for command in commands)
    assert any("requirements.txt" in command for command in commands)


def test_a_clone_that_was_moved_is_set_up_again(clone, commands, tmp_path_factory):
    """The programs in an environment hold its path."""
    environment.set_up(clone)
    moved = clone.rename(tmp_path_factory.mktemp("elsewhere") / "clone")
    assert not environment.is_ready(moved)


def test_a_failed_installation_leaves_no_stamp(clone, commands, monkeypatch):
    """The next attempt continues, rather than believing that all is there."""
    monkeypatch.setattr(
        environment.subprocess, "run", lambda command, **options: subprocess.CompletedProcess(command, 1)
    )
    with pytest.raises(SetupError, match=r"remove \.venv"):
        environment.set_up(clone)
    assert not (clone / ".venv" / STAMP).exists()


def test_an_unsuitable_python_is_refused_by_its_version(clone, commands, monkeypatch):
    """The message says which versions do, and how to name one."""
    monkeypatch.setattr(environment, "PYTHONS", ((3, 99), (3, 99)))
    with pytest.raises(SetupError, match=r"course needs 3\.99.*PYTHON="):
        environment.set_up(clone)
    assert commands == []


def test_commands_find_the_environment_first(clone, monkeypatch):
    """A `vibejam` of another installation must not be found before the course's own."""
    monkeypatch.setenv("PATH", "/somewhere/else")
    monkeypatch.setenv("PYTHONPATH", "/another/place")
    variables = environment.variables(clone)
    assert variables["PATH"].startswith(str(environment.python_of(clone).parent))
    assert "PYTHONPATH" not in variables


def test_a_real_environment_is_found_to_work():
    """The probe that decides whether to make one anew says yes to this Python and no to a file that is none."""
    from pathlib import Path

    assert environment._works(Path(sys.executable))
    assert not environment._works(Path(__file__).parent / "no-such-python")
