"""``vibejam build``: generate skeletons and notebooks from their sources, or check that they are in step."""

from __future__ import annotations

import argparse

from vibejam_core.course.authoring.build import Build
from vibejam_core.course.curriculum import LABS
from vibejam_core.course.grafting.skeleton import repo_root

IN_STEP = "everything generated is in step with its sources"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.add_argument("labs", nargs="*", metavar="LAB", help="numbers or names of labs (default: all of them)")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where something is out of step")
    parser.add_argument(
        "--allow-work", action="store_true", help="with --check: what somebody worked on in labs/ is no fault"
    )
    parser.add_argument("--again", action="store_true", help="run every solved notebook, also where nothing changed")


def run(args: argparse.Namespace) -> int:
    """Build, or check; 0 means that everything generated follows from its sources."""
    build = Build(repo_root(), [name_of(lab) for lab in args.labs])
    if args.check:
        stale = build.out_of_step()
        if args.allow_work:
            stale = [item for item in stale if not item.edited]
        for item in stale:
            print(f"{item.path}: {item.why}")
        if any(not item.edited for item in stale):
            print("\nTo bring these into step: vibejam build")
        if edited := [item.path for item in stale if item.edited]:
            print("\nWhere somebody worked, nothing is overwritten. If the change is meant for the course, make it in")
            print(f"the source, and then: git checkout {' '.join(edited)}; vibejam build")
        if not stale:
            print(IN_STEP)
        return 1 if stale else 0
    written: list[str] = []

    def say(path: str) -> None:
        written.append(path)
        print(f"wrote {path}", flush=True)

    build.run(say, again=args.again)
    if not written:
        print(IN_STEP)
    return 0


def name_of(asked: str) -> str:
    """``03_attention`` for ``3``, ``03`` or ``03_attention``. Raises ValueError that names the labs."""
    for lab in LABS:
        if asked in (str(lab.number), f"{lab.number:02d}", lab.name):
            return lab.name
    raise ValueError(f"there is no lab {asked!r}. There are: {', '.join(lab.name for lab in LABS)}.")
