"""What ``make`` runs: ``python -m scripts.course course|test|book|mistakes|bench|speedrun|speedrun-cpu|clean``.

Each begins by bringing the virtual environment up to date, which takes no time when nothing changed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from scripts import environment
from scripts.environment import SetupError
from scripts.servers import BookServer, JupyterLab
from vibejam_core.course import site

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / "_build"
PAGES = BUILT / "html"
FIRST_LAB = "labs/00_warm_up.ipynb"

# What takes longest stands by itself and may use every core: the table of known mistakes, and all notebooks.
LONG = ("tests/course/test_mistakes_table.py", "tests/test_notebooks_run.py")
# Everything that must pass, in the order in which a failure is cheapest to hear of.
STEPS = {
    "format": ("ruff", "format", "--check", "--quiet"),
    "lint": ("ruff", "check", "--quiet"),
    "types": ("mypy",),
    "in step": ("vibejam_core.course.cli", "build", "--check"),
    "book": ("scripts.book",),
    "checks": ("pytest", "tests/labs", "--impl", "core"),
    "tests": ("pytest", *(f"--ignore={path}" for path in LONG)),
    "mistakes": ("pytest", "-n", "auto", "--dist", "worksteal", *LONG),
}


def steps() -> dict[str, tuple[str, ...]]:
    """What must pass here. A learner's clone holds a learner's work, and a fork's CI sees it: that is no fault."""
    slug = site.load(ROOT).slug
    ours = os.environ.get("GITHUB_REPOSITORY", slug) == slug
    if ours and not (ROOT / "labs" / ".vibejam").exists():
        return STEPS
    return STEPS | {"in step": (*STEPS["in step"], "--allow-work")}


def module(*arguments: str) -> int:
    """Run ``python -m …`` in the course's environment; its exit code."""
    command = [str(environment.python_of(ROOT)), "-m", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment.variables(ROOT)).returncode


def undisturbed(*arguments: str) -> int:
    """As :func:`module`, for a program that saves what it has on Ctrl-C: it is waited for, and not killed."""
    before = {number: signal.signal(number, _ignore) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        return module(*arguments)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def course(open_browser: bool) -> int:
    """Build the book, start JupyterLab and the book's server, and stop both on Ctrl-C."""
    print("Building the book", flush=True)
    if module("scripts.book", "--quiet"):
        print("The book has faults, named above. The labs work without it.", flush=True)
    PAGES.mkdir(parents=True, exist_ok=True)
    python, variables = environment.python_of(ROOT), environment.variables(ROOT)
    lab = JupyterLab(python, ROOT, FIRST_LAB, BUILT / "jupyterlab.log", variables, first_port=8888)
    for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(number, _as_ctrl_c)
    try:
        with contextlib.ExitStack() as running:
            book = running.enter_context(BookServer(PAGES, first_port=8000))
            running.enter_context(lab)
            running.callback(_finish_undisturbed)  # the last one in is the first one out
            module("vibejam_core.course.cli", "status")
            lab.wait_until_ready()
            print(f"\nJupyterLab  {lab.address}\nThe book    {book.address}\n\nCtrl-C stops both.", flush=True)
            if open_browser and _has_screen():
                webbrowser.open(lab.address)
            lab.process.wait()
            print(f"JupyterLab ended by itself. Its messages are in {lab.log}.")
            return 1
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0


def test() -> int:
    """Run every step, also after one failed, and say at the end how each went."""
    results = []
    for name, command in steps().items():
        print(f"== {name}: python -m {' '.join(command)}", flush=True)
        began = time.monotonic()
        results.append((name, module(*command), time.monotonic() - began))
    print()
    for name, code, seconds in results:
        print(f"{'passed' if code == 0 else 'FAILED'}  {name:<8} {seconds:7.1f} s")
    return int(any(code for _, code, _ in results))


def clean() -> int:
    """Remove what was built and cached. The environment and everything of the learner's stay."""
    for folder in ("_build", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".jupyter_cache"):
        shutil.rmtree(ROOT / folder, ignore_errors=True)
    for top in ("vibejam_core", "scripts", "tests", "book"):
        for cache in list((ROOT / top).rglob("__pycache__")):
            shutil.rmtree(cache, ignore_errors=True)
    return 0


def _ignore(number: int, frame: object) -> None:
    """A handler of our own: unlike SIG_IGN it isn't handed on to the programs that are started."""


def _as_ctrl_c(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _finish_undisturbed() -> None:
    """From here on everything is being stopped: a second Ctrl-C must not leave half of it running."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _has_screen() -> bool:
    """Whether a browser would open in a window; in a terminal it would take the terminal over."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Set up, then do what was asked."""
    parser = argparse.ArgumentParser(prog="python -m scripts.course", description=__doc__)
    jobs = ("course", "test", "book", "mistakes", "bench", "speedrun", "speedrun-cpu", "clean")
    parser.add_argument("what", choices=jobs)
    parser.add_argument("--no-browser", action="store_true", help="print the addresses, open nothing")
    parser.add_argument("--text-path", type=Path, help="for speedrun-cpu: the text, for example tinyshakespeare.txt")
    parser.add_argument("--preset", default="cpu", help="for speedrun: smoke, cpu, t4, a100 or h100x8")
    asked = parser.parse_args(arguments)
    if asked.what == "clean":
        return clean()
    try:
        environment.set_up(ROOT)
        if asked.what == "course":
            return course(open_browser=not asked.no_browser)
    except (SetupError, OSError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130
    if asked.what == "test":
        return test()
    if asked.what == "book":
        return module("scripts.book")
    if asked.what == "mistakes":
        return module("vibejam_core.course.cli", "mistakes")
    if asked.what == "speedrun":
        return undisturbed("scripts.speedrun", "--preset", asked.preset)
    if asked.what == "speedrun-cpu":
        return module("scripts.speedrun_cpu", *(["--text-path", str(asked.text_path)] if asked.text_path else []))
    return module("scripts.bench_grader")


if __name__ == "__main__":
    sys.exit(main())
