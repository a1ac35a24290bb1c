"""``vibejam check``: grade components and show the verdicts."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

from vibejam_core.course.curriculum import COMPONENTS, LABS, Component
from vibejam_core.course.grading import report
from vibejam_core.course.grading.grader import Grader
from vibejam_core.course.grading.verdict import Verdict
from vibejam_core.course.grafting import syntax
from vibejam_core.course.workspace import Workspace

NOT_XML = {code: "?" for code in range(32) if chr(code) not in "\t\n\r"} | {0xFFFE: "?", 0xFFFF: "?"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "asked", nargs="*", metavar="LAB|COMPONENT", help="such as 3, 03_attention or gpt.Head; none means everything"
    )
    parser.add_argument("--workspace", metavar="DIR", help="the folder that holds mygpt")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the verdicts as JSON")
    parser.add_argument("--junit", metavar="FILE", type=Path, help="also write the verdicts as JUnit XML")
    parser.add_argument("--all", action="store_true", help="show the checks after the first red one, too")
    parser.add_argument("--impl", choices=("mine", "core"), default="mine", help="core grades the reference")


def run(args: argparse.Namespace) -> int:
    """Grade what was asked for; 0 only when all of it passes."""
    components = choose(args.asked)
    workspace = Workspace.find(args.workspace)
    if args.impl == "mine":
        workspace.prepare()
    for file in (args.json, args.junit):
        if file is not None and not file.absolute().parent.is_dir():
            raise ValueError(f"{file} can't be written: there is no folder {file.absolute().parent}")
    began = time.monotonic()
    verdicts = []
    with Grader(workspace, args.impl) as grader:
        for component in components:
            with _Doing(f"checking {component.id} …"):
                verdict = grader.check(component.id, all_checks=args.all)
            verdicts.append(verdict)
            report.show(report.text(verdict, color=report.wants_colour(), brief=len(components) > 1))
    if len(verdicts) > 1:
        report.show(summary(verdicts, time.monotonic() - began))
    if args.json is not None:
        _write(args.json, json.dumps(as_json(verdicts), indent=2, ensure_ascii=False) + "\n")
    if args.junit is not None:
        _write(args.junit, as_junit(verdicts))
    return 0 if all(verdict.passed for verdict in verdicts) else 1


def choose(asked: Sequence[str]) -> list[Component]:
    """The components that these words mean, each once, in the labs' order; all of them for no words.

    Raises:
        ValueError: if a word means nothing; the message names what is near.
    """
    if not asked:
        return list(COMPONENTS)
    chosen: set[str] = set()
    for word in asked:
        lab = next((lab for lab in LABS if word in (str(lab.number), f"{lab.number:02d}", lab.name, lab.slug)), None)
        matches = lab.components if lab else [c for c in COMPONENTS if word in (c.id, c.symbol)]
        if not matches:
            matches = [c for c in COMPONENTS if c.file == word]
        if not matches:
            raise ValueError(_unknown(word))
        chosen.update(component.id for component in matches)
    return [component for component in COMPONENTS if component.id in chosen]


def _unknown(word: str) -> str:
    names = {name.lower(): c.id for c in COMPONENTS for name in (c.symbol, c.id)}
    names |= {lab.name: lab.name for lab in LABS} | {lab.slug: lab.name for lab in LABS}
    near = dict.fromkeys(names[name] for name in difflib.get_close_matches(word.lower(), names, n=3, cutoff=0.6))
    said = f"there is no lab or component {word!r}. "
    if near:
        return said + f"Did you mean {' or '.join(near)}?"
    return said + f"Labs: {', '.join(lab.name for lab in LABS)}. Components: {', '.join(c.id for c in COMPONENTS)}."


def summary(verdicts: Sequence[Verdict], seconds: float) -> str:
    """One line on many verdicts."""
    counts = [
        f"{count} {word}"
        for state, word in (("passed", "passed"), ("failed", "red"), ("broken", "broken"), ("unfinished", "to do"))
        if (count := sum(verdict.state == state for verdict in verdicts))
    ]
    return f"\n{len(verdicts)} components: {', '.join(counts)}   ({seconds:.1f} s)"


def as_json(verdicts: Sequence[Verdict]) -> dict[str, object]:
    """The verdicts as one JSON document."""
    passed = all(verdict.passed for verdict in verdicts)
    return {"version": 1, "passed": passed, "components": [verdict.to_json() for verdict in verdicts]}


def as_junit(verdicts: Sequence[Verdict]) -> str:
    """The verdicts as JUnit XML: a suite per component, a case per check, classname the component."""
    root = ElementTree.Element("testsuites", name="vibejam")
    totals = {"tests": 0, "failures": 0, "errors": 0}
    for verdict in verdicts:
        suite = ElementTree.SubElement(root, "testsuite", name=verdict.component)
        counts = {"tests": 0, "failures": 0, "errors": 0}
        seconds = 0.0
        for check in verdict.checks:
            case = ElementTree.SubElement(
                suite, "testcase", classname=verdict.component, name=check.name, time=f"{check.seconds:.4f}"
            )
            seconds += check.seconds
            counts["tests"] += 1
            if check.state == "failed":
                counts["failures"] += 1
                said = "\n".join(filter(None, [check.message, verdict.diagnosis]))
                ElementTree.SubElement(case, "failure", message=_xml(check.sentence)).text = _xml(said)
            elif check.state == "waiting":
                # Not a skip: whoever adds up the points must not take a check that never ran for one that is fine.
                counts["failures"] += 1
                why = verdict.note or "waits for an earlier check of this component"
                ElementTree.SubElement(case, "failure", message="not run").text = _xml(why)
        if not verdict.passed and not counts["failures"]:
            counts["tests"] += 1
            counts["errors"] += 1
            case = ElementTree.SubElement(suite, "testcase", classname=verdict.component, name=verdict.state, time="0")
            ElementTree.SubElement(case, "error", message=_xml(verdict.note or verdict.state))
        for name, count in counts.items():
            suite.set(name, str(count))
            totals[name] += count
        suite.set("time", f"{seconds:.4f}")
    for name, count in totals.items():
        root.set(name, str(count))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _xml(text: str) -> str:
    """The text without the characters that XML can't hold."""
    return text.translate(NOT_XML).encode("utf-8", "replace").decode("utf-8")


def _write(path: Path, text: str) -> None:
    syntax.write_atomically(path.absolute(), text.encode("utf-8", "replace"))


class _Doing:
    """Says on a terminal what is being done, and takes it back when it is done."""

    def __init__(self, what: str) -> None:
        self.what = what if report.can_show(sys.stderr) else report.plain_ascii(what)
        self.shown = sys.stderr.isatty()

    def __enter__(self) -> None:
        if self.shown:
            print(self.what, end="\r", file=sys.stderr, flush=True)

    def __exit__(self, *_: object) -> None:
        if self.shown:
            print(" " * len(self.what), end="\r", file=sys.stderr, flush=True)
