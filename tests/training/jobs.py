"""Jobs of several processes for tests: started by torchrun, always with a limit of time, and never left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
TORCHRUN, LAUNCH = "torch.distributed.run", "scripts.launch"


def start(launcher: str, *arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
    """Start a job; all of its processes are one group."""
    return subprocess.Popen(
        [sys.executable, "-m", launcher, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(job: subprocess.Popen[str], seconds: float = 60) -> tuple[int, str]:
    """Its exit code and all that it said. A job that takes too long is killed, and that is an error."""
    try:
        said, _ = job.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(job.pid, signal.SIGKILL)
        said, _ = job.communicate()
        raise AssertionError(f"the job didn't end within {seconds} seconds. It said:\n{said}") from None
    return job.returncode, said


def do(folder: Path, n_ranks: int, *tasks: str) -> None:
    """Let so many ranks do some tasks of ``tests.training.rank``."""
    options = ("--standalone", "--nproc-per-node", str(n_ranks), "-m", "tests.training.rank")
    code, said = finish(start(TORCHRUN, *options, folder, *tasks), 240)
    assert code == 0, said


def found(folder: Path, task: str, n_ranks: int) -> list[dict[str, Any]]:
    """What each rank found."""
    return [json.loads((folder / f"{task}-{n_ranks}-{rank}.json").read_text()) for rank in range(n_ranks)]


@contextmanager
def taken_port() -> Iterator[int]:
    """A port on which another program listens."""
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()
        yield other.getsockname()[1]


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])
