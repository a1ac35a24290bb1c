"""``vibejam status``: the progress board."""

from __future__ import annotations

import argparse

from vibejam_core.course import board
from vibejam_core.course.grading import report
from vibejam_core.course.progress import Progress
from vibejam_core.course.workspace import Workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--workspace", metavar="DIR", help="the folder that holds mygpt (default: found from here)")


def run(args: argparse.Namespace) -> int:
    """Show what is done and what comes next. Nothing is graded."""
    progress = Progress(Workspace.find(args.workspace))
    report.show(board.text(progress.standings(), progress.milestones(), report.wants_colour(), progress.kills()))
    return 0
