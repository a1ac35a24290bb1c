"""Four recipes in one benchmark run: ``python -m scripts.bench_recipes --text-path tinyshakespeare.txt``.

The well-known tutorial recipe, the course's classic GPT, the sprint and the whole-budget run, trained by turns in one
process with one thread. The clock is CPU time; it stands still while a model is measured, always on the whole
validation text. The sprint is run with several seeds.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts._main import options, run


@dataclass(frozen=True)
class BenchOptions:
    """Time four recipes side by side. About seven CPU-minutes."""

    text_path: Path | None = None
    """tinyshakespeare, or another text, for which there is no mark."""
    seeds: int = 3
    """How many sprints to run."""
    out_path: Path | None = None
    """Where to write the results as JSON."""


def main() -> None:
    """Run, print a table, write the file."""
    args = options(BenchOptions, "scripts.bench_recipes")
    from scripts import _speed
    from vibejam_core.training.sitting import limited_threads

    if args.text_path is None:
        raise ValueError(_speed.GET_IT)
    text = _speed.Text.load(args.text_path)
    with limited_threads(1):
        _speed.warm_up(text)
        runs = [_speed.TimedRun(recipe, text, seed=1) for recipe in (_speed.TUTORIAL, _speed.CLASSIC, _speed.WHOLE)]
        runs += [_speed.TimedRun(_speed.SPRINT, text, seed=seed) for seed in range(1, args.seeds + 1)]
        _speed.side_by_side(runs)
    records = [each.record() for each in runs]
    print(table(records))
    if args.out_path is not None:
        facts = {"text": text.name, "mark": _speed.MARK, "machine": _speed.machine(), "command": command()}
        args.out_path.write_text(json.dumps({**facts, "runs": records}, indent=1) + "\n", encoding="utf-8")


def command() -> str:
    """How this was called, as anyone would call it: without the folders of this machine."""
    words = (word if word.startswith("-") else Path(word).name for word in sys.argv[1:])
    return " ".join(("python -m scripts.bench_recipes", *words))


def table(records: list[dict[str, Any]]) -> str:
    """A Markdown table, the tutorial recipe first and everything compared with it."""
    base = records[0]["seconds_to_mark"] or records[0]["seconds"]
    lines = [
        "| recipe | seed | CPU-s to the mark | times faster | CPU-s in all | final loss |",
        "|---|---|---|---|---|---|",
    ]
    for each in records:
        to_mark = each["seconds_to_mark"]
        faster = ("–", "–") if to_mark is None else (f"{to_mark:.2f}", f"{base / to_mark:.1f}")
        cells = (each["recipe"], each["seed"], *faster, f"{each['seconds']:.1f}", f"{each['loss']:.4f}")
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


if __name__ == "__main__":
    run(main)
