"""``vibejam diff``: your version of a component beside the reference's."""

from __future__ import annotations

import argparse
import difflib
import shutil

from vibejam_core.course.curriculum import component
from vibejam_core.course.grafting import editing, graft, skeleton, syntax, updating
from vibejam_core.course.grafting.graft import Origin
from vibejam_core.course.progress import Progress
from vibejam_core.course.terminal import confirmed, paint_diff
from vibejam_core.course.workspace import Workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("component", metavar="COMPONENT", help="such as gpt.Head")
    parser.add_argument("--side-by-side", "-y", action="store_true", help="in two columns")
    parser.add_argument("--yes", action="store_true", help="show the solution without asking")
    parser.add_argument("--workspace", metavar="DIR", help="the folder that holds your mygpt")


def run(args: argparse.Namespace) -> int:
    """Show the difference. Raises ValueError where there is nothing of the learner's to compare."""
    chosen = component(args.component)
    workspace = Workspace.find(args.workspace)
    path = workspace.module_path(chosen.file)
    source = syntax.read(path)
    origins = graft.origins_of(chosen.module, path)[chosen.id]
    if Origin.YOURS not in origins.values():
        raise ValueError(
            f"you haven't written {chosen.id} yet, so there is nothing to compare. For a push in the right direction: "
            f"vibejam hint {chosen.id}"
        )
    if not args.yes and Progress(workspace).standings()[chosen.id] != "passed":
        answer = confirmed(f"This shows the solution of {chosen.id}. Go on?")
        if answer is None:
            raise ValueError(f"this shows the solution of {chosen.id}. If that is what you want, add --yes.")
        if not answer:
            return 1
    yours = editing.current(source, chosen.symbol) or ""
    theirs = skeleton.reference_definition(chosen)
    if args.side_by_side:
        print(side_by_side(yours, theirs, shutil.get_terminal_size().columns))
        return 0
    diff = updating.unified(yours, theirs, syntax.shown(path), "the reference")
    print(paint_diff(diff).rstrip("\n") if diff else f"{chosen.id}: yours is the reference's, word for word.")
    return 0


def side_by_side(left: str, right: str, width: int) -> str:
    """Two texts in two columns; ``|`` stands between lines that differ, ``<`` and ``>`` beside one that is alone."""
    column = max((width - 3) // 2, 20)
    rows = [(f"{'yours':<{column}}", " ", "the reference")]
    a, b = left.expandtabs().splitlines(), right.expandtabs().splitlines()
    for tag, a_first, a_last, b_first, b_last in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        for index in range(max(a_last - a_first, b_last - b_first)):
            one = a[a_first + index] if a_first + index < a_last else None
            other = b[b_first + index] if b_first + index < b_last else None
            mark = " " if tag == "equal" else "<" if other is None else ">" if one is None else "|"
            rows.append((f"{_cut(one, column):<{column}}", mark, _cut(other, column)))
    return "\n".join(f"{one} {mark} {other}".rstrip() for one, mark, other in rows)


def _cut(line: str | None, width: int) -> str:
    return "" if line is None else line if len(line) <= width else line[: width - 1] + "…"
