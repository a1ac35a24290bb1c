"""Stages of a long job: each is a program that runs once, leaves a note that it is done, and can be interrupted."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Stage:
    """One program and what it leaves behind."""

    name: str
    program: str
    arguments: tuple[str, ...]
    results: tuple[Path, ...]
    """What must be there afterwards."""
    removed: tuple[Path, ...] = ()
    """What has to go before it runs with other settings."""
    resume: tuple[str, ...] = ()
    """The arguments for going on, where these are others."""
    resumable: Path | None = None
    """Only if this is there can it go on."""
    launcher: tuple[str, ...] = ()
    """In place of ``python``."""
    goes_on: bool = False
    """Whether its program goes on where it was interrupted, or the stage begins anew."""

    def command(self, resuming: bool = False) -> list[str]:
        """As it is run, but for the path of Python."""
        arguments = self.resume if resuming and self.resume else self.arguments
        return [*(self.launcher or ("python",)), "-m", self.program, *arguments]


def run_stage(folder: Path, stage: Stage, settings: dict[str, Any], place: str, lock: int | None = None) -> int:
    """Run a stage unless it is done with these settings; 0, or the exit code of its program."""
    note = note_of(folder, stage)
    before = read_note(note)
    same = before.get("settings") == settings
    if same and before.get("done") and all(path.exists() for path in stage.results):
        print(f"\n== {place} {stage.name}: done before, in {before['seconds']:.1f} s", flush=True)
        return 0
    goes_on = same and not before.get("done") and stage.goes_on
    if not goes_on:
        for path in stage.removed:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    resuming = goes_on and stage.resumable is not None and any(stage.resumable.glob("step_*"))
    if goes_on and not resuming and stage.resumable is not None:
        shutil.rmtree(stage.resumable, ignore_errors=True)  # it was killed before its first checkpoint
    spent = before.get("seconds", 0.0) if goes_on else 0.0
    write_note(note, {"settings": settings, "done": False, "seconds": spent})
    command = stage.command(resuming)
    print(f"\n== {place} {stage.name}{': goes on' if goes_on else ''}\n$ {shlex.join(command)}", flush=True)
    began = time.monotonic()
    code = call(command, lock)
    spent += time.monotonic() - began
    missing = [path for path in stage.results if not path.exists()]
    done = code == 0 and not missing
    write_note(note, {"settings": settings, "done": done, "seconds": spent})
    if code == 0 and missing:
        print(f"error: {stage.name} ended without {missing[0]}.", file=sys.stderr)
    if not done:
        told = "stopped" if code in (130, -signal.SIGINT, 128 + signal.SIGINT) else "failed"
        print(f"\n{stage.name} {told}; what is done is kept. The same command goes on from there.", file=sys.stderr)
    return 0 if done else 130 if code in (130, -signal.SIGINT) else code if code > 0 else 1


def call(command: Sequence[str], lock: int | None = None) -> int:
    """Run a program in this environment; its exit code.

    It has a process group of its own and hears of Ctrl-C from here, once, however it was sent. It keeps the lock on the
    folder as long as it lives, and where the system can do that (Linux), it is asked to stop when this program dies.
    """
    program = {"python": [sys.executable], "torchrun": [sys.executable, "-m", "torch.distributed.run"]}[command[0]]
    posix: dict[str, Any] = {"process_group": 0, "pass_fds": [lock] if lock is not None else []}
    if sys.platform.startswith("linux"):
        prctl = ctypes.CDLL(None).prctl
        posix["preexec_fn"] = lambda: prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: a SIGTERM when the parent is gone
    process = subprocess.Popen([*program, *command[1:]], env=environment(), **(posix if os.name == "posix" else {}))

    def pass_on(number: int, frame: object) -> None:
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        return process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def locked(folder: Path, seconds: float = 60.0) -> int | None:
    """Take the lock on a folder, which goes with this process and its stage; the file's number, where there are locks.

    Raises:
        OSError: if another speedrun is at work in the folder and goes on for so long.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    number = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR, 0o644)
    until, told = time.monotonic() + seconds, False
    while True:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return number
        except BlockingIOError:
            if time.monotonic() > until:
                os.close(number)
                raise OSError(
                    f"another speedrun is at work in {folder}. Wait for it, stop it, or give another --out-dir."
                ) from None
            if not told:
                print(f"waiting   for an earlier speedrun in {folder} to stop", flush=True)
                told = True
            time.sleep(0.2)


def environment() -> dict[str, str]:
    """That of this program, with the repository to import from."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


def times(folder: Path, stages: Sequence[Stage]) -> list[tuple[str, float]]:
    """How long each finished stage took, all sittings together."""
    notes = {stage.name: read_note(note_of(folder, stage)) for stage in stages}
    return [(name, note["seconds"]) for name, note in notes.items() if note.get("done")]


def note_of(folder: Path, stage: Stage) -> Path:
    """The file that says whether a stage is done, and with which settings."""
    return folder / "stages" / f"{stage.name.replace(' ', '_')}.json"


def read_note(path: Path) -> dict[str, Any]:
    """A JSON object; empty where there is none, or it is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_note(path: Path, facts: dict[str, Any]) -> None:
    """Write a JSON object, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8") as stream:
        stream.write(json.dumps(facts, indent=1) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
