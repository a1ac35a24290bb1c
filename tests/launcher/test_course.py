"""`make test` runs every step and is red when one is; `make clean` leaves work alone; make says what it lacks."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from scripts import course
from vibejam_core.course import site

ROOT = Path(__file__).resolve().parents[2]
make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.mark.parametrize("failing", course.STEPS)
def test_one_red_step_makes_the_whole_run_red(monkeypatch, capsys, failing):
    """And the others run all the same."""
    ran = []
    monkeypatch.setattr(
        course, "module", lambda *command: ran.append(command) or int(command == course.steps()[failing])
    )
    assert course.test() == 1
    assert ran == list(course.STEPS.values())
    assert f"FAILED  {failing}" in capsys.readouterr().out


def test_green_steps_make_a_green_run(monkeypatch, capsys):
    """0 is what CI waits for."""
    monkeypatch.setattr(course, "module", lambda *command: 0)
    assert course.test() == 0
    assert "FAILED" not in capsys.readouterr().out


def test_everything_that_must_pass_is_a_step():
    """Format, lint, types, generated files, the book and the tests."""
    words = {word for command in course.STEPS.values() for word in command}
    assert {"ruff", "format", "check", "mypy", "build", "scripts.book", "pytest"} <= words


def test_cleaning_removes_what_was_built_and_nothing_else(tmp_path, monkeypatch):
    """A learner's modules, progress and checkpoints stay."""
    kept = ["labs/mygpt/gpt.py", "labs/.vibejam/progress.json", "checkpoints/first/model.safetensors", ".venv/stamp"]
    built = ["_build/html/index.html", ".mypy_cache/x", "vibejam_core/__pycache__/x.pyc"]
    for name in kept + built:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.setattr(course, "ROOT", tmp_path)
    course.clean()
    assert all((tmp_path / name).exists() for name in kept)
    assert not any((tmp_path / name).exists() for name in built)


def run_make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What make would do, without doing it."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", "-n", *arguments], cwd=ROOT, env=outside, capture_output=True, text=True)


@make
@pytest.mark.parametrize(("given", "browser"), [((), True), (("OPEN=0",), False), (("OPEN=1",), True)])
def test_open_0_starts_no_browser(given, browser):
    """The README says so."""
    command = run_make("course", "PYTHON=python", *given).stdout.strip()
    assert command.startswith("python -m scripts.course course")
    assert ("--no-browser" not in command) == browser


@make
def test_without_a_python_make_says_which_it_needs():
    """In one line, before it does anything."""
    done = run_make("test", "PYTHON=")
    assert done.returncode != 0
    assert "No Python 3.11 to 3.13" in done.stderr


@make
def test_make_alone_explains_itself():
    """Every target that people use is listed."""
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True).stdout
    assert all(f"make {target}" in said for target in ("course", "test", "book", "mistakes", "bench", "clean"))


@pytest.mark.parametrize(("whose", "strict"), [(site.load(ROOT).slug, True), ("ada/vibejam", False)])
def test_a_fork_with_work_in_it_may_pass(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, whose: str, strict: bool):
    """In the course's own repository the skeletons must be untouched; in a learner's they are there to be filled."""
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    monkeypatch.setattr(course, "ROOT", tmp_path)
    monkeypatch.setenv("GITHUB_REPOSITORY", whose)
    assert ("--allow-work" not in course.steps()["in step"]) is strict


@make
@pytest.mark.parametrize(("given", "preset"), [((), ""), (("PRESET=t4",), " --preset t4")])
def test_speedrun_takes_its_preset(given, preset):
    """PRESET=t4 make speedrun is the same program."""
    command = run_make("speedrun", "PYTHON=python", *given).stdout.strip().replace("'", "")
    assert command == f"python -m scripts.course speedrun{preset}"


def test_speedrun_is_waited_for(monkeypatch):
    """Ctrl-C is for the program that trains: it saves, and then says how to go on."""
    monkeypatch.setattr(course.environment, "set_up", lambda root: None)
    seen = []

    def module(*arguments: str) -> int:
        signal.raise_signal(signal.SIGINT)
        seen.append(arguments)
        return 130

    monkeypatch.setattr(course, "module", module)
    before = signal.getsignal(signal.SIGINT)
    assert course.main(["speedrun", "--preset", "smoke"]) == 130
    assert seen == [("scripts.speedrun", "--preset", "smoke")]
    assert signal.getsignal(signal.SIGINT) is before
