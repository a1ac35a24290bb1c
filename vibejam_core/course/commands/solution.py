"""``vibejam solution gpt.Head``: the reference's version of a component, after asking whether it is really wanted."""

from __future__ import annotations

import argparse
import sys

from vibejam_core.course import hints
from vibejam_core.course.curriculum import component
from vibejam_core.course.grafting import skeleton
from vibejam_core.course.workspace import Workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.add_argument("component", help="such as gpt.Head")
    parser.add_argument("--yes", action="store_true", help="show it without asking")
    parser.add_argument("--workspace", metavar="DIR", help="the folder that holds mygpt (default: found from here)")


def run(args: argparse.Namespace) -> int:
    """Show a definition of the reference; 1 where it wasn't wanted after all."""
    piece = component(args.component)
    if not args.yes and not _wanted(piece.id, Workspace.find(args.workspace), len(hints.of(piece))):
        return 1
    code = skeleton.reference_definition(piece)
    print(highlighted(code) if sys.stdout.isatty() else code, end="")
    return 0


def _wanted(id: str, workspace: Workspace, total: int) -> bool:
    left = total - min(hints.shown(workspace).get(id, 0), total)
    if left:
        print(f"You have {left} of {total} hints left: vibejam hint {id}", file=sys.stderr)
    if not sys.stdin.isatty():
        print(f"To see the solution without being asked: vibejam solution {id} --yes", file=sys.stderr)
        return False
    print(f"Show the solution of {id}? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def highlighted(code: str) -> str:
    """Python code in colours, where Pygments is there to do it."""
    try:
        from pygments import highlight  # type: ignore[import-untyped]
        from pygments.formatters import TerminalFormatter  # type: ignore[import-untyped]
        from pygments.lexers import PythonLexer  # type: ignore[import-untyped]
    except ImportError:
        return code
    coloured: str = highlight(code, PythonLexer(), TerminalFormatter())
    return coloured
