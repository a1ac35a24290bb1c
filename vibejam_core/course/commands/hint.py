"""``vibejam hint gpt.Head``: one hint for a component; ask again for the next."""

from __future__ import annotations

import argparse

from vibejam_core.course import hints, terminal
from vibejam_core.course.curriculum import COMPONENTS, Component, component
from vibejam_core.course.progress import Progress
from vibejam_core.course.workspace import Workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.add_argument("component", nargs="?", help="such as gpt.Head (default: the first that isn't done)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--again", action="store_true", help="the hints that were shown before, and no new one")
    which.add_argument("--all", action="store_true", help="all hints at once")
    parser.add_argument("--workspace", metavar="DIR", help="the folder that holds mygpt (default: found from here)")


def run(args: argparse.Namespace) -> int:
    """Show the next hint, or those that were asked for."""
    workspace = Workspace.find(args.workspace)
    piece = component(args.component) if args.component else next_up(workspace)
    texts = hints.of(piece)
    before = min(hints.shown(workspace).get(piece.id, 0), len(texts))
    if args.again:
        first, last = 0, before
        if not before:
            print(f"No hint for {piece.id} was shown yet. The first: vibejam hint {piece.id}")
            return 0
    elif args.all:
        first, last = 0, len(texts)
    else:
        first, last = before, min(before + 1, len(texts))
        if before == len(texts):
            print(f"Those were all {before} hints. Again: vibejam hint {piece.id} --again")
            print(f"The reference's version: vibejam solution {piece.id}")
            return 0
    for number, text in enumerate(texts[first:last], first + 1):
        print(f"{piece.id}: hint {number} of {len(texts)}\n\n{terminal.prose(text)}\n")
    hints.remember(workspace, piece, last)
    if last < len(texts):
        print(f"The next one: vibejam hint {piece.id}")
    return 0


def next_up(workspace: Workspace) -> Component:
    """The first component that hasn't passed; the last one where all have."""
    standings = Progress(workspace).standings()
    return next((piece for piece in COMPONENTS if standings[piece.id] != "passed"), COMPONENTS[-1])
