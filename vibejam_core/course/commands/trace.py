"""``vibejam trace modern_gpt``: the shapes at every step of one forward pass."""

from __future__ import annotations

import argparse
import subprocess
import sys

from vibejam_core.course.curriculum import COMPONENTS, WALKS
from vibejam_core.course.grading.warm import environment
from vibejam_core.course.workspace import Workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "what", nargs="?", default="gpt", metavar="ARCH or COMPONENT",
        help=f"a model ({', '.join(WALKS)}), or one component of it, such as gpt.Head (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--batch", metavar="B", type=int, default=2, help="how many rows (default: %(default)s)")
    parser.add_argument("--length", metavar="T", type=int, default=8, help="how many tokens (default: %(default)s)")
    parser.add_argument(
        "--impl", choices=("mine", "core"), default="mine",
        help="mine: your code line by line; core: the reference (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--workspace", metavar="DIR", help="the folder that holds mygpt")


def run(args: argparse.Namespace) -> int:
    """Trace; 0 only when the forward pass came to its end."""
    for name in ("batch", "length"):
        if getattr(args, name) < 1:
            raise ValueError(f"--{name} must be at least 1, but it is {getattr(args, name)}")
    arch, component = architecture_of(args.what)
    workspace = Workspace.find(args.workspace)
    workspace.prepare()
    settings = {**environment(), "VIBEJAM_IMPL": args.impl, "VIBEJAM_WORKSPACE": str(workspace.root)}
    settings["VIBEJAM_ANNOUNCED"] = "1"  # the trace itself says whose code each call runs
    program = [sys.executable, "-P", "-m", "vibejam_core.course.trace_run"]
    return subprocess.run([*program, arch, component, str(args.batch), str(args.length)], env=settings).returncode


def architecture_of(name: str) -> tuple[str, str]:
    """``("gpt", "")`` for an architecture, ``("gpt", "gpt.Head")`` for a component of one.

    Raises:
        ValueError: if it is neither, or a component that no model's forward pass runs.
    """
    if name in WALKS:
        return name, ""
    for arch, ids in WALKS.items():
        if name in ids:
            return arch, name
    known = ", ".join(id for ids in WALKS.values() for id in ids)
    if name in {piece.id for piece in COMPONENTS}:
        raise ValueError(f"{name} isn't part of a model, so no forward pass runs it. What can be traced: {known}.")
    raise ValueError(f"there is no model or component {name!r}. Models: {', '.join(WALKS)}. Components: {known}.")
