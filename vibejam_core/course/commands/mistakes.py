"""``vibejam mistakes``: do the checks reject and name every known mistake, and accept every correct variant?"""

from __future__ import annotations

import argparse
import json

from vibejam_core.course import known
from vibejam_core.course.curriculum import COMPONENTS
from vibejam_core.course.curriculum import component as find_component
from vibejam_core.course.grading import table
from vibejam_core.course.grading.warm import Worker
from vibejam_core.course.grafting import syntax


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("components", nargs="*", metavar="COMPONENT", help="such as gpt.Head; none means all")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="also list which check rejects which mistake first"
    )
    parser.add_argument("--write", action="store_true", help="write down which check rejects which mistake first")


def run(args: argparse.Namespace) -> int:
    """Print the table; 1 when it has a hole."""
    chosen = [find_component(name) for name in args.components] or list(COMPONENTS)
    print(f"{'component':28}{'checks':>7}{'mistakes':>10}{'rejected':>10}{'named':>7}{'variants':>10}{'accepted':>10}")
    holes = 0
    first = known.first_red()
    worker = Worker()
    try:
        for component in chosen:
            row = table.row(component, worker.run)
            print(
                f"{row.component:28}{row.checks:>7}{row.mistakes:>10}{row.rejected:>10}{row.named:>7}"
                f"{row.variants:>10}{row.accepted:>10}",
                flush=True,
            )
            for hole in row.holes:
                print(f"  ! {hole}")
            if args.verbose:
                for name, sentences in row.first.items():
                    print("\n      ".join([f"  {name}", *sentences]))
            holes += len(row.holes)
            first[component.id] = {name: sentences for name, sentences in row.first.items() if sentences}
    finally:
        worker.close()
    if args.write:
        text = json.dumps({c.id: first[c.id] for c in COMPONENTS if c.id in first}, indent=1, ensure_ascii=False)
        syntax.write_atomically(known.FIRST_RED, text.encode() + b"\n")
    if holes:
        print(f"{holes} {'hole' if holes == 1 else 'holes'}")
    return 1 if holes else 0
