"""Runs a program and writes down what only its own process knows: its peak of memory, and whose components it ran.

``python -m vibejam_core.course.observed REPORT.json scripts.train_lm ARGUMENTS`` runs the program as ``python -m
scripts.train_lm ARGUMENTS`` would, on the code that ``VIBEJAM_IMPL`` chooses, and ends with its exit code.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import threading
import time
from pathlib import Path

import psutil

from vibejam_core.course.provenance import owners


def peak_memory() -> int:
    """The most memory that this process has had, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux: getrusage would count what the process that started this one had, too
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows
        return int(getattr(psutil.Process().memory_info(), "peak_wset"))  # noqa: B009 - other systems have no such field
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS


def end_with_parent(parent: int) -> None:
    """End this process soon after the one that started it has gone: nobody would read what it finds."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def main() -> None:
    """Run the program that the command line names; the report is written however it ends."""
    report, program, *arguments = sys.argv[1:]
    sys.argv = [program, *arguments]
    threading.Thread(target=end_with_parent, args=(os.getppid(),), daemon=True).start()
    try:
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    finally:
        Path(report).write_text(json.dumps({"peak_bytes": peak_memory(), "components": owners()}), encoding="utf-8")


if __name__ == "__main__":
    main()
