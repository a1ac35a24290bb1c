"""``vibejam reset``: put a skeleton back; what stood there is kept."""

from __future__ import annotations

import argparse

from vibejam_core.course.curriculum import COMPONENTS, component
from vibejam_core.course.grafting import skeleton, syntax
from vibejam_core.course.workspace import Workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        "target", nargs="+", metavar="COMPONENT", help="such as gpt.Head, or gpt for the whole of mygpt/gpt.py"
    )
    parser.add_argument("--workspace", metavar="DIR", help="the folder that holds your mygpt")


def run(args: argparse.Namespace) -> int:
    """Put the skeletons back. Raises ValueError for a target that there is not, before anything is touched."""
    workspace = Workspace.find(args.workspace)
    files = {item.file for item in COMPONENTS}
    chosen = [target if target in files else component(target) for target in args.target]
    for target in chosen:
        missing = workspace.prepare()
        if isinstance(target, str):
            path, kept = workspace.module_path(target), workspace.reset_module(target)
            name, changed = target, kept is not None or path in missing
        else:
            path = workspace.module_path(target.file)
            before = path.read_bytes()
            kept = workspace.write_definition(target, skeleton.skeleton_definition(target))
            name, changed = target.id, path.read_bytes() != before or path in missing
        if not changed:
            print(f"{name} was the skeleton already.")
        elif kept is None:
            print(f"{name} is the skeleton again, in {syntax.shown(path)}.")
        else:
            print(f"{name} is the skeleton again, in {syntax.shown(path)}. Yours is kept in {syntax.shown(kept)}")
    return 0
