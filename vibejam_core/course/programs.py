"""Running the course's programs on somebody's code, each in a process of its own, and watching what they print."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vibejam_core.course.grading.warm import environment
from vibejam_core.course.workspace import Workspace


@dataclass(frozen=True)
class Ran:
    """How a program ended."""

    problem: str = ""
    """What went wrong, in at most eight lines; nothing if nothing did."""
    output: str = ""
    """What it printed."""
    killed: bool = False
    """Whether ``watch`` asked for its end."""
    peak_bytes: int = 0
    """The most memory that it had; 0 where it was killed."""
    components: dict[str, str] = field(default_factory=dict)
    """Whose code it ran: component id to ``yours``, ``in part`` or ``reference``; empty where it was killed."""


def run(
    arguments: Sequence[str],
    workspace: Workspace,
    *,
    impl: str = "mine",
    seconds: float = 120.0,
    each_line: Callable[[str], None] = lambda line: None,
    watch: Callable[[], bool] | None = None,
) -> Ran:
    """Run a module and wait for its end.

    Args:
        arguments: the module's name, such as ``scripts.train_lm``, and its arguments.
        workspace: whose code.
        impl: ``mine`` for the learner's code where it is written, ``core`` for the reference.
        seconds: after how long it is stopped.
        each_line: told each line that it prints, at once.
        watch: asked again and again; once it says yes, the program is killed, without a chance to clean up.

    Returns:
        How it ended. Should this function itself be interrupted, the program is ended first.
    """
    settings = {**environment(), "VIBEJAM_IMPL": impl, "VIBEJAM_WORKSPACE": str(workspace.root)}
    if "OMP_NUM_THREADS" not in os.environ:  # a program may use all cores
        del settings["OMP_NUM_THREADS"]
    with tempfile.TemporaryDirectory(prefix="vibejam-") as home:
        report = Path(home) / "report.json"
        with (Path(home) / "errors").open("w+", encoding="utf-8", errors="replace") as errors:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "vibejam_core.course.observed", str(report), *arguments],
                env=settings, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True,
                errors="replace",
            )  # fmt: skip
            lines: list[str] = []
            reader = threading.Thread(target=_read, args=(process, lines, each_line), daemon=True)
            reader.start()
            killed, late, deadline = False, False, time.monotonic() + seconds
            try:
                while process.poll() is None and not (killed or late):
                    time.sleep(0.02)
                    killed, late = watch is not None and watch(), time.monotonic() > deadline
            finally:
                if process.poll() is None:
                    process.kill()
                process.wait()
                reader.join(2.0)
            errors.seek(0)
            said = errors.read()
        output = "".join(lines)
        if killed:
            return Ran(output=output, killed=True)
        if late:
            return Ran(f"it ran for more than {seconds:g} seconds and was stopped", output)
        if process.returncode != 0:
            last = [line for line in said.strip().splitlines() if line.strip()][-8:]
            return Ran("\n".join(last) or f"it ended with exit code {process.returncode}", output)
        facts = _facts(report)
    if not facts:
        return Ran("it ended before it was done", output)
    return Ran(output=output, **facts)


def _read(process: subprocess.Popen[str], lines: list[str], each_line: Callable[[str], None]) -> None:
    assert process.stdout is not None
    with contextlib.suppress(ValueError, OSError):
        for line in process.stdout:
            lines.append(line)
            each_line(line.rstrip("\n"))


def _facts(report: Path) -> dict[str, Any]:
    try:
        facts = json.loads(report.read_text(encoding="utf-8"))
        return {"peak_bytes": int(facts["peak_bytes"]), "components": dict(facts["components"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
