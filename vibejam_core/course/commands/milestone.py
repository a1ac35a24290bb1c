"""``vibejam milestone``: run the whole model and earn its milestones."""

from __future__ import annotations

import argparse

from vibejam_core.course.curriculum import MILESTONES
from vibejam_core.course.curriculum import milestone as find
from vibejam_core.course.grading import report
from vibejam_core.course.grading.grader import Grader
from vibejam_core.course.milestones import earn, needed_verdicts
from vibejam_core.course.workspace import Workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    names = ", ".join(milestone.id for milestone in MILESTONES)
    parser.add_argument("ids", nargs="*", metavar="ID", help=f"one of: {names}; none means all")
    parser.add_argument("--workspace", metavar="DIR", help="the folder that holds mygpt (default: found from here)")


def run(args: argparse.Namespace) -> int:
    """Earn what was asked for; 0 only when all of it is earned."""
    chosen = [find(id) for id in args.ids] or list(MILESTONES)
    workspace = Workspace.find(args.workspace)
    workspace.prepare()
    with Grader(workspace) as grader:
        verdicts = needed_verdicts(chosen, grader)
    everything = True
    for milestone in chosen:
        earned = earn(milestone, workspace, verdicts, say=lambda line: report.show(f"  {line}"))
        everything = everything and earned.ok
        first, *rest = earned.said.splitlines()
        report.show(f"{'✓' if earned.ok else '✗'} {milestone.title:24}{first}")
        for line in rest:
            report.show(f"    {line}")
    return 0 if everything else 1
