"""A language model in a CPU-second: ``python -m scripts.speedrun_cpu --text-path tinyshakespeare.txt``.

Trains the sprint with several seeds, each measured on the whole validation text, and says after how many CPU-seconds of
one thread its loss was 1.90 or below. ``--budget whole`` trains for about as long as the tutorial recipe takes instead.
Without ``--text-path`` it runs on the corpus that needs no download, which has no mark to reach.
"""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scripts._main import options, run

if TYPE_CHECKING:
    from scripts._speed import Recipe


@dataclass(frozen=True)
class SpeedrunOptions:
    """Train small and fast, against the clock."""

    text_path: Path | None = None
    """The text: tinyshakespeare, where the mark of 1.90 is to be reached, or any other."""
    budget: Literal["sprint", "whole"] = "sprint"
    """To the mark and no further, or all the CPU time of the tutorial recipe."""
    seeds: int = 3
    """How many runs; they differ in weights and batches."""
    n_embd: int | None = None
    """The model's width, if it is to be another."""
    max_iters: int | None = None
    """The number of steps, if it is to be another."""
    batch_size: int | None = None
    """The windows per step, if it is to be another."""
    learning_rate: float | None = None
    """The highest learning rate, if it is to be another."""
    weight_decay: float | None = None
    """How strongly weights are pulled towards zero, if it is to be another."""
    out_path: Path | None = None
    """A JSON file that the results are added to: book/figures/speed/speedrun.json is the leaderboard's."""
    change: str = ""
    """What is new in these runs, one line for the leaderboard."""

    def __post_init__(self) -> None:
        if self.seeds < 1:
            raise ValueError(f"seeds must be at least 1, but it is {self.seeds}")
        if self.out_path is not None and not self.change:
            raise ValueError("an entry for the leaderboard needs --change, one line that says what is new in it")


def main() -> None:
    """Run, say how it went, keep it if wanted."""
    args = options(SpeedrunOptions, "scripts.speedrun_cpu")
    from scripts import _speed
    from vibejam_core.training.sitting import limited_threads

    recipe = changed({"sprint": _speed.SPRINT, "whole": _speed.WHOLE}[args.budget], args)
    text = _speed.Text.load(args.text_path)
    print(f"{text.name}: {len(text.train):,} characters to learn from, {len(text.val):,} to measure on")
    print("CPU-seconds of one thread; the clock stands still while a loss is measured")
    if not text.has_the_mark:
        print(_speed.GET_IT)
    records = []
    with limited_threads(1):
        _speed.warm_up(text)
        for seed in range(1, args.seeds + 1):
            timed = _speed.TimedRun(recipe, text, seed)
            while timed.share_done < 1:
                timed.advance()
            records.append(timed.record())
            print(told(records[-1]), flush=True)
    if len(records) > 1:
        print(f"median: {statistics.median(record['loss'] for record in records):.4f} nats per character")
    if args.out_path is not None:
        add(args.out_path, entry(args, recipe, records, text.name, _speed.machine()))


def changed(recipe: Recipe, args: SpeedrunOptions) -> Recipe:
    """The recipe with the numbers that were given."""
    names = ("max_iters", "batch_size", "learning_rate", "weight_decay")
    given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    shape = {} if args.n_embd is None else {"n_embd": args.n_embd}
    return replace(recipe, train=replace(recipe.train, **given), shape=replace(recipe.shape, **shape))


def told(record: dict[str, Any]) -> str:
    """One run in one line."""
    reached = record["seconds_to_mark"]
    said = "" if reached is None else f"  1.90 after {reached:.2f} CPU-s;"
    end = f"loss {record['loss']:.4f} after {record['steps']:,} steps and {record['seconds']:.2f} CPU-s"
    return f"seed {record['seed']}:{said} {end}"


def entry(
    args: SpeedrunOptions, recipe: Recipe, records: list[dict[str, Any]], text: str, machine: str
) -> dict[str, Any]:
    """One row of the leaderboard."""
    words = ["python -m scripts.speedrun_cpu --text-path", text, "--budget", args.budget]
    for name in ("n_embd", "max_iters", "batch_size", "learning_rate", "weight_decay"):
        if getattr(args, name) is not None:
            words += [f"--{name.replace('_', '-')}", str(getattr(args, name))]
    return {
        "change": args.change,
        "command": " ".join(words),
        "text": text,
        "machine": machine,
        "shape": {"n_layer": recipe.shape.n_layer, "n_embd": recipe.shape.n_embd},
        "runs": records,
    }


def add(path: Path, new: dict[str, Any]) -> None:
    """Append to a JSON list, which is made if need be."""
    entries = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    path.write_text(json.dumps([*entries, new], indent=1) + "\n", encoding="utf-8")
    print(f"added to {path}")


if __name__ == "__main__":
    run(main)
