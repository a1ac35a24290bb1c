"""``vibejam update``: take a new edition of the course, and keep your work."""

from __future__ import annotations

import argparse
import textwrap

from vibejam_core.course.grafting import updating
from vibejam_core.course.terminal import paint_diff
from vibejam_core.course.workspace import Workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("--workspace", metavar="DIR", help="the folder that holds your mygpt")


def run(args: argparse.Namespace) -> int:
    """Update the workspace; the exit code is 1 if a file could not be read."""
    workspace = Workspace.find(args.workspace)
    changes = updating.update_package(workspace) + updating.update_notebooks(workspace)
    for change in changes:
        if change.kind == "kept":
            print(f"{'kept':<11} {change.name}: you worked on it, and the new edition says something else")
            detail = paint_diff(change.detail) if change.detail.startswith("---") else change.detail
            print(textwrap.indent(detail.rstrip("\n"), "    "))
        elif change.kind == "unreadable":
            print(f"{change.kind:<11} {change.detail}\n{'':<12}Mend it, then run this again.")
        else:
            print(f"{change.kind:<11} {change.name}")
    if not changes:
        print("Nothing to update: your workspace is as new as the course.")
    return 1 if any(change.kind == "unreadable" for change in changes) else 0
