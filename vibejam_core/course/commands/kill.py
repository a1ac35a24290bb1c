"""``vibejam kill``: how many of a component's known mistakes do your own tests catch?"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from vibejam_core.course.curriculum import component as find_component
from vibejam_core.course.grading import kill, kill_report, learner_tests, report
from vibejam_core.course.grading.folding import display_path
from vibejam_core.course.grading.warm import Worker, WorkerFailed
from vibejam_core.course.grafting import syntax
from vibejam_core.course.progress import Progress
from vibejam_core.course.workspace import Workspace

QUIET = 2.0
"""Seconds after which a terminal is told how far it is."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("component", metavar="COMPONENT", help="what your tests are about, such as measures.perplexity")
    parser.add_argument(
        "file", metavar="FILE.py", type=Path, help="functions test_… whose one parameter is the component's name"
    )
    parser.add_argument("--all", action="store_true", help="name every mistake, caught or not")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the score as JSON")
    parser.add_argument("--workspace", metavar="DIR", help="the folder that holds mygpt")


def run(args: argparse.Namespace) -> int:
    """Score the tests; 0 only when there is a score and no test rejects what is right."""
    component = find_component(args.component)
    workspace = Workspace.find(args.workspace)
    if args.json is not None and not args.json.absolute().parent.is_dir():
        raise ValueError(f"{args.json} can't be written: there is no folder {args.json.absolute().parent}")
    named = display_path(args.file)
    source = syntax.read(args.file).text
    try:
        tests = learner_tests.read(source, component)
    except ValueError as error:
        raise ValueError(f"{named}: {error}") from None
    say = _Progress()
    worker = Worker()
    try:
        score = kill.score(component, tests, worker, named, say)
    except WorkerFailed as error:
        raise ValueError(f"the grader itself failed; this is not about your tests. {error}") from None
    finally:
        say.clear()
        worker.close()
    Progress(workspace).record_kills(score)
    more = f"vibejam kill {component.id} {args.file} --all"
    report.show(kill_report.text(score, color=report.wants_colour(), everything=args.all, more=more))
    if args.json is not None:
        text = json.dumps(score.to_json(), indent=2, ensure_ascii=False) + "\n"
        syntax.write_atomically(args.json.absolute(), text.encode())
    return 0 if score.state == "scored" and score.tests and not score.rejections else 1


class _Progress:
    """Says on a terminal how far it is, once it takes longer than a moment."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.width = 0

    def __call__(self, done: int, total: int) -> None:
        if sys.stderr.isatty() and time.monotonic() - self.began > QUIET:
            line = f"trial {done} of {total}"
            self.width = max(self.width, len(line))
            print(line, end="\r", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self.width:
            print(" " * self.width, end="\r", file=sys.stderr, flush=True)
