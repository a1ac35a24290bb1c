"""Four recipes in one benchmark run: ``python -m scripts.bench_recipes --text-path tinyshakespeare.txt``.

The well-known tutorial recipe, the course's classic GPT, the sprint and the whole-budget run, trained by turns in one
process with one thread. The clock is CPU time; it stands still while a model is measured, always on the whole
validation text. The sprint is run with several seeds.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts._main import options, run

if TYPE_CHECKING:
    from scripts._speed import Text


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
        _speed.side_by_side(runs, say=lambda line: print(line, file=sys.stderr, flush=True))
        counts = [count(text, order) for order in (4, 5, 6)]
    records = [each.record() for each in runs]
    print(table(records))
    for each in counts:
        print(f"for comparison, {each['order']}-gram counts: {each['loss']:.4f} in {each['seconds']:.2f} CPU-s")
    if args.out_path is not None:
        facts = {
            "text": text.name,
            "mark": _speed.MARK,
            "machine": _speed.machine(),
            "command": command(),
            "counts": counts,
        }
        args.out_path.write_text(json.dumps({**facts, "runs": records}, indent=1) + "\n", encoding="utf-8")


def count(text: Text, order: int) -> dict[str, Any]:
    """What counting n-grams reaches on the same text, and the CPU time of fitting and measuring."""
    from vibejam_core.evaluation.ngram import NGramModel

    started = time.process_time()
    loss = NGramModel.fit(text.train, text.vocab_size, order).loss(text.val)
    return {"order": order, "loss": round(loss, 4), "seconds": round(time.process_time() - started, 2)}


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
