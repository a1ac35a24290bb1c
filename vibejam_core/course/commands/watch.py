"""``vibejam watch``: a verdict whenever a file is saved."""

from __future__ import annotations

import argparse
import time
from datetime import datetime

from vibejam_core.course import board
from vibejam_core.course.commands.check import choose
from vibejam_core.course.grading import report
from vibejam_core.course.grading.folding import display_path
from vibejam_core.course.grading.grader import Grader
from vibejam_core.course.grading.watching import Watcher
from vibejam_core.course.progress import Progress
from vibejam_core.course.workspace import Workspace

POLL = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("asked", nargs="*", metavar="LAB|COMPONENT", help="watch these only; none means everything")
    parser.add_argument("--workspace", metavar="DIR", help="the folder that holds mygpt (default: found from here)")


def run(args: argparse.Namespace) -> int:
    """Watch until Ctrl-C."""
    wanted = {component.id for component in choose(args.asked)}
    workspace = Workspace.find(args.workspace)
    workspace.prepare()
    watcher = Watcher(workspace)
    progress = Progress(workspace)
    colour = report.wants_colour()
    with Grader(workspace) as grader:
        report.show(f"watching {display_path(workspace.package)}: save a file to have it checked; Ctrl-C ends this")
        if args.asked:
            for id in (component.id for component in choose(args.asked)):
                report.show(report.text(grader.check(id), color=colour, brief=True))
        try:
            while True:
                changed = [id for id in watcher.changed() if id in wanted]
                if changed:
                    report.show(f"\n{datetime.now():%H:%M:%S}")
                broken_files = set()
                for id in changed:
                    verdict = grader.check(id)
                    place = verdict.location.partition(":")[0]
                    if verdict.state == "broken" and not verdict.parts:
                        # The whole file can't be read: once is enough.
                        if place in broken_files:
                            continue
                        broken_files.add(place)
                    report.show(report.text(verdict, color=colour, brief=len(changed) > 1))
                if changed:
                    report.show(f"  next: {board.next_thing(progress.standings(), progress.milestones())}")
                time.sleep(POLL)
        except KeyboardInterrupt:
            report.show("\nstopped watching")
            return 0
