"""``vibejam doctor``: what is missing or odd here, and the command that mends it."""

from __future__ import annotations

import argparse
import textwrap

from vibejam_core.course import doctor
from vibejam_core.course.grading import report
from vibejam_core.course.grafting.skeleton import repo_root
from vibejam_core.course.workspace import Workspace

MARKS = {"fine": "✓", "odd": "?", "broken": "✗"}
NAMES = 20
WIDTH = 110


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.add_argument("--workspace", metavar="DIR", help="the folder that holds mygpt (default: found from here)")


def run(args: argparse.Namespace) -> int:
    """Print the findings as they come; 1 only when something is broken."""
    count = {"fine": 0, "odd": 0, "broken": 0}
    for finding in doctor.examine(repo_root(), Workspace.find(args.workspace)):
        count[finding.state] += 1
        report.show(line(finding))
    report.show(f"\n{verdict(count['odd'], count['broken'])}")
    return int(count["broken"] > 0)


def line(finding: doctor.Finding) -> str:
    """One finding, and under it what mends it."""
    start = f"{MARKS[finding.state]} {finding.what:<{NAMES}}"
    said = textwrap.fill(
        finding.says, WIDTH, initial_indent=start, subsequent_indent=" " * len(start), break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    return f"{said}\n{' ' * len(start)}→ {finding.mend}" if finding.mend else said


def verdict(odd: int, broken: int) -> str:
    """The last line."""
    if broken:
        return f"{broken} broken{f', {odd} odd' if odd else ''}. The lines with an arrow say what mends each."
    if odd:
        return f"Nothing is broken; {odd} odd. Everything should work as it is."
    return "All is well."
