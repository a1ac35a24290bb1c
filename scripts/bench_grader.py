"""How fast the grader is: ``python -m scripts.bench_grader`` prints a table, and fails where a limit is exceeded.

Times are of the wall clock, so run it on a machine that has nothing else to do.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from vibejam_core.course.curriculum import COMPONENTS, component
from vibejam_core.course.grading.grader import Grader
from vibejam_core.course.grading.watching import Watcher
from vibejam_core.course.grafting.skeleton import reference_definition
from vibejam_core.course.workspace import Workspace

HEAD = component("gpt.Head")
UNSCALED = reference_definition(HEAD).replace(" * k.shape[-1] ** -0.5", "")


def seconds(act: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def measure(folder: Path) -> list[tuple[str, float, float]]:
    """``(what, seconds, limit)``: medians of a few rounds."""
    workspace = Workspace(folder)
    workspace.prepare()
    for piece in COMPONENTS:
        workspace.write_definition(piece, reference_definition(piece))
    command = [sys.executable, "-m", "vibejam_core.course.cli", "check", HEAD.id, "--workspace", str(folder)]
    cold = statistics.median(
        seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)) for _ in range(3)
    )
    with Grader(workspace) as grader:
        grader.check(HEAD.id)
        green = statistics.median(seconds(lambda: grader.check(HEAD.id)) for _ in range(5))
        each = {piece.id: seconds(lambda piece=piece: grader.check(piece.id)) for piece in COMPONENTS}
        slowest = max(each, key=lambda name: each[name])
        watcher = Watcher(workspace)
        workspace.write_definition(HEAD, UNSCALED)
        saved = seconds(lambda: [grader.check(id) for id in watcher.changed()])
        red = statistics.median(seconds(lambda: grader.check(HEAD.id)) for _ in range(5))
    with Grader(workspace, "core") as grader:
        grader.check(HEAD.id)
        core = seconds(lambda: [grader.check(piece.id) for piece in COMPONENTS])
    return [
        ("vibejam check gpt.Head, from a cold start", cold, 4.0),
        ("a verdict from a warm worker, passed", green, 1.0),
        ("a saved file to a first red verdict, mistake named", saved, 1.0),
        ("the same again", red, 1.0),
        (f"the slowest verdict, {slowest}", each[slowest], 1.0),
        ("all components of the learner's", sum(each.values()), 60.0),
        ("all components of the reference", core, 60.0),
    ]


def main() -> int:
    """Print the table; 1 when something took too long."""
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder))
    print(f"{'':54}{'seconds':>9}{'limit':>8}")
    for what, taken, limit in rows:
        print(f"{what:54}{taken:>9.2f}{limit:>8.0f}{'' if taken <= limit else '  too slow'}")
    return 0 if all(taken <= limit for _, taken, limit in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
