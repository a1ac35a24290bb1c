"""``vibejam compare``: train your code and the reference the same way and show where they differ."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import textwrap
from pathlib import Path

from vibejam_core.course import compare_report
from vibejam_core.course.compare import Settings, compare
from vibejam_core.course.curriculum import WALKS
from vibejam_core.course.grading import report
from vibejam_core.course.grafting import syntax
from vibejam_core.course.milestones import earn_by_comparison
from vibejam_core.course.workspace import Workspace
from vibejam_core.text.corpora import CORPORA
from vibejam_core.training.plot import draw_runs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    usual = Settings()
    parser.add_argument("--arch", choices=sorted(WALKS), default=usual.arch, help="which model (default: %(default)s)")
    parser.add_argument(
        "--tokenizer", choices=("char", "bpe"), default=usual.tokenizer, help="what a token is (default: %(default)s)"
    )
    parser.add_argument(
        "--corpus", choices=CORPORA, default=usual.corpus, help="what to train on (default: %(default)s)"
    )
    parser.add_argument("--text-path", metavar="PATH", type=Path, help="your own text instead: a file or a folder")
    parser.add_argument(
        "--max-iters", metavar="N", type=int, default=usual.max_iters, help="how many steps (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=usual.seed, help="of weights and batches (default: %(default)s)")
    parser.add_argument(
        "--json", metavar="FILE", type=Path, help="also write all numbers as JSON; the picture beside it"
    )
    parser.add_argument("--workspace", metavar="DIR", help="the folder that holds mygpt")


def run(args: argparse.Namespace) -> int:
    """Compare; 0 only when the final validation losses are within the tolerance."""
    workspace = Workspace.find(args.workspace)
    workspace.prepare()
    if args.max_iters < 1:
        raise ValueError(f"--max-iters must be at least 1, but it is {args.max_iters}")
    if args.text_path is not None and not args.text_path.exists():
        raise ValueError(f"there is no file or folder {args.text_path}")
    if args.json is not None and not args.json.absolute().parent.is_dir():
        raise ValueError(f"{args.json} can't be written: there is no folder {args.json.absolute().parent}")
    picture = workspace.state / "compare.png" if args.json is None else args.json.absolute().with_suffix(".png")
    settings = Settings(args.corpus, args.text_path, args.max_iters, args.seed, args.arch, args.tokenizer)
    with tempfile.TemporaryDirectory(prefix="vibejam-") as folder:
        home = Path(folder)
        comparison = compare(workspace, settings, home, report.show)
        draw_runs([home / "yours", home / "reference"], picture, ["yours", "the reference"])
    blocks = (
        compare_report.BLOCKS if report.can_show(sys.stdout, compare_report.BLOCKS) else compare_report.ASCII_BLOCKS
    )
    for line in compare_report.text(comparison, blocks).splitlines():
        report.show("\n" + line if line.startswith(" " * 32) else textwrap.fill(line, 100, break_on_hyphens=False))
    report.show(f"both curves: {syntax.shown(picture)}")
    if args.json is not None:
        data = json.dumps(comparison.to_json(), indent=2, ensure_ascii=False) + "\n"
        syntax.write_atomically(args.json.absolute(), data.encode())
    earned = earn_by_comparison(comparison, workspace)
    if earned is not None:
        report.show(f"{'✓' if earned.ok else '✗'} milestone: {earned.milestone.title}: {earned.said}")
    return 0 if comparison.matches else 1
