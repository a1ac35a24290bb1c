"""How fast the grader answers: ``python -m tests.benchmarks.grader``. Prints a table; not a test.

Every figure is the median of several runs on this machine, in wall-clock seconds. The code that is graded is the
reference, put where a learner's would be, in a workspace of its own.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from vibejam_core.course import known
from vibejam_core.course.curriculum import COMPONENTS, component
from vibejam_core.course.grader import Grader
from vibejam_core.course.skeleton import reference_definition
from vibejam_core.course.workspace import Workspace

RUNS = 5


def median(call: Callable[[], object], runs: int = RUNS) -> float:
    """Seconds that a call takes, the median of several runs."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def command(*arguments: str) -> None:
    """Run the ``vibejam`` command in a process of its own, as a terminal does."""
    subprocess.run(
        [sys.executable, "-m", "vibejam_core.course.cli", *arguments], stdout=subprocess.DEVNULL, check=False
    )


def finished_workspace(root: Path) -> Workspace:
    """A workspace in which every component is written."""
    workspace = Workspace(root)
    workspace.prepare()
    for item in COMPONENTS:
        workspace.write_definition(item, reference_definition(item))
    return workspace


def main() -> None:
    """Measure and print."""
    head = component("gpt.Head")
    mistakes = known.mistakes("gpt.Head")
    with tempfile.TemporaryDirectory() as folder:
        workspace = finished_workspace(Path(folder))
        there = ("--workspace", folder)
        rows = [("cold: vibejam check gpt.Head", median(lambda: command("check", "gpt.Head", *there)), 4.0)]
        with Grader(workspace) as grader:
            grader.check("gpt.Head")
            rows.append(("warm: gpt.Head passes", median(lambda: grader.check("gpt.Head")), 1.0))
            workspace.write_definition(head, known.source(head, mistakes[0].change))
            grader.check("gpt.Head")
            rows.append(("warm: gpt.Head fails and is diagnosed", median(lambda: grader.check("gpt.Head")), 1.0))
            workspace.write_definition(head, reference_definition(head))
        slowest = {}
        with Grader(workspace) as grader:
            for item in COMPONENTS:
                slowest[item.id] = median(lambda item=item: grader.check(item.id), 3)  # type: ignore[misc]
        name = max(slowest, key=lambda id: slowest[id])
        rows.append((f"warm: the slowest component, {name}", slowest[name], 1.0))
        rows.append(("cold: all labs, vibejam check", median(lambda: command("check", *there), 3), 60.0))
    print(f"{'what':<55}{'seconds':>9}{'aim':>9}")
    for what, seconds, aim in rows:
        print(f"{what:<55}{seconds:>9.2f}{'≤ ' + format(aim, 'g'):>9}")


if __name__ == "__main__":
    main()
