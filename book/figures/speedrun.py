"""Fills the page about speed with what was measured: ``python book/figures/speedrun.py``.

``book/speedrun.md`` has marked blocks; everything between two marks is made here, from the records in
``book/figures/speed``: ``speed_recipes.json`` of scripts.bench_recipes, ``speedrun.json`` of scripts.speedrun_cpu and
``speed_ablations.json`` of scripts.speed_ablations. The chart beside this file is made from them, too.
"""

from __future__ import annotations

import json
import math
import re
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from draw import ACCENT, INK, LINE, MUTED, Drawing  # beside this file

HERE = Path(__file__).parent
PAGE = HERE.parent / "speedrun.md"


def kept(name: str) -> Any:
    """A record."""
    return json.loads((HERE / "speed" / f"{name}.json").read_text(encoding="utf-8"))


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """In Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (headings, ["---"] * len(headings), *rows))


def named(recipe: str) -> list[dict[str, Any]]:
    """The benchmark's runs of one recipe."""
    return [each for each in kept("speed_recipes")["runs"] if each["recipe"].startswith(recipe)]


def baseline() -> float:
    """The CPU-seconds that the tutorial recipe takes to the mark, or in all if it doesn't reach it."""
    (run,) = named("tutorial")
    return float(run["seconds_to_mark"] or run["seconds"])


def to_mark(run: dict[str, Any]) -> str:
    """CPU-seconds to the mark, as a table has them."""
    seconds = run["seconds_to_mark"]
    return "not reached" if seconds is None else f"{seconds:.2f}" if seconds < 10 else f"{seconds:.0f}"


def side_by_side() -> str:
    """The benchmark's table."""
    rows = []
    for run in kept("speed_recipes")["runs"]:
        seconds = run["seconds_to_mark"]
        faster = "–" if seconds is None else f"{baseline() / seconds:.{0 if baseline() / seconds > 10 else 1}f}"
        name = f"{run['recipe']}, seed {run['seed']}" if run["recipe"] == "sprint" else run["recipe"]
        in_all = f"{run['seconds']:.{2 if run['seconds'] < 10 else 0}f}"
        rows.append((name, f"{run['parameters']:,}", to_mark(run), faster, in_all, f"{run['loss']:.3f}"))
    return table(("Recipe", "Weights", "CPU-s to 1.90", "Times faster", "CPU-s in all", "Loss at the end"), rows)


def findings() -> str:
    """The same in words."""
    facts = kept("speed_recipes")
    (tutorial,), (classic,), (whole,) = named("tutorial"), named("classic"), named("whole")
    sprints = [run["seconds_to_mark"] for run in named("sprint")]
    best = min(facts["counts"], key=lambda each: each["loss"])
    reached = "" if tutorial["seconds_to_mark"] else ", where it still isn't at 1.90"
    share = 100 * classic["seconds_to_mark"] / baseline()
    times = (baseline() / max(sprints), baseline() / min(sprints))
    beaten = "below" if whole["loss"] < best["loss"] else "not below"
    longer = "less" if whole["seconds"] <= tutorial["seconds"] else "more"
    lines = [
        f"- The tutorial recipe ends at {tutorial['loss']:.3f} after {tutorial['seconds']:.0f} CPU-seconds{reached}.",
        f"- The classic GPT of lab 04, with the defaults of `train_lm`, is at 1.90 after "
        f"{classic['seconds_to_mark']:.0f}, {share:.0f} % of the recipe's time. It ends at {classic['loss']:.3f}.",
        f"- The sprint is there after {min(sprints):.2f} to {max(sprints):.2f}, "
        f"{times[0]:.0f} to {times[1]:.0f} times faster.",
        f"- A wider model of the sprint's kind ends at {whole['loss']:.3f} after {whole['seconds']:.0f} CPU-seconds, "
        f"{longer} than the recipe takes in all.",
        f"- The best n-gram counts (lab 02), of {best['order']}-grams, take {best['seconds']:.1f} CPU-seconds and give "
        f"{best['loss']:.3f}. The whole-budget run is {beaten} that.",
        "",
        f"*{facts['machine']}. `{facts['command']}`*",
    ]
    return "\n".join(lines)


def leaderboard() -> str:
    """One row per entry, the fastest to the mark first; those that never reach it last, by their loss."""
    bench = kept("speed_recipes")
    entries = [
        (f"{recipe}, in the benchmark above", bench["command"], bench["machine"], named(recipe))
        for recipe in ("tutorial recipe", "classic GPT", "sprint", "whole budget")
    ]
    entries += [(each["change"], each["command"], each["machine"], each["runs"]) for each in kept("speedrun")]
    rows = []
    for change, command, machine, runs in entries:
        times = [run["seconds_to_mark"] for run in runs]
        slowest = math.inf if None in times else max(times)
        loss = statistics.median(run["loss"] for run in runs)
        shown = ", ".join(to_mark(run) for run in runs)
        seeds = ", ".join(str(run["seed"]) for run in runs)
        rows.append(((slowest, loss), (change, shown, f"{loss:.3f}", seeds, f"`{command}`", machine)))
    headings = ("What is new", "CPU-s to 1.90", "Loss at the end", "Seeds", "Command", "Machine")
    return table(headings, [row for _, row in sorted(rows, key=lambda pair: pair[0])])


def ablations() -> str:
    """What each ingredient is worth."""
    facts = kept("speed_ablations")
    base = facts["variants"][0]["loss"]
    rows = []
    for each in facts["variants"]:
        worse = "" if each is facts["variants"][0] else f"{each['loss'] - base:+.3f}".replace("-", "−")
        spread = f"{min(each['losses']):.3f} to {max(each['losses']):.3f}"
        rows.append((each["variant"], f"{each['loss']:.3f}", worse, spread, f"{each['seconds']:.2f}"))
    headings = ("Variant", "Mean loss", "Difference", "From … to", "CPU-s")
    return table(headings, rows) + f"\n\n*{facts['machine']}. `{facts['command']}`*"


def ways() -> str:
    """How a step can be computed."""
    facts = kept("speed_ablations")
    rows = [
        (each["recipe"], each["way"], f"{each['cpu_ms']:.1f}", f"{each['wall_ms']:.1f}", f"{each['first_steps_s']:.1f}")
        for each in facts["ways"]
    ]
    headings = ("Recipe", "Computed", "CPU-ms per step", "ms per step", "s for the first three steps")
    return table(headings, rows)


BLOCKS: dict[str, Callable[[], str]] = {
    "side by side": side_by_side,
    "findings": findings,
    "leaderboard": leaderboard,
    "ablations": ablations,
    "ways": ways,
}


def filled(page: str) -> str:
    """The page with every block made anew.

    Raises:
        ValueError: if a block is missing.
    """
    for name, make in BLOCKS.items():
        begin, end = f"<!-- {name}: made by book/figures/speedrun.py -->", f"<!-- end of {name} -->"
        if begin not in page or end not in page:
            raise ValueError(f"{PAGE.name} has no block {name!r}: it begins with {begin} and ends with {end}")
        block = f"{begin}\n\n{make()}\n\n{end}"
        page = re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _, block=block: block, page, flags=re.DOTALL)
    return page


def speedrun() -> Drawing:
    """Loss against CPU time, both recorded; the time in powers of ten."""
    d = Drawing(640, 400, "Validation loss against CPU-seconds: the sprint reaches 1.90 first, by two powers of ten")
    left, right, top, bottom = 74, 618, 30, 330
    lowest, highest = 1.55, 2.15

    def x(seconds: float) -> float:
        return left + (right - left) * (math.log10(seconds) + 1) / 3.3  # 0.1 s to 200 s

    def y(loss: float) -> float:
        return bottom - (bottom - top) * (min(loss, highest) - lowest) / (highest - lowest)

    for seconds in (0.1, 1, 10, 100):
        d.arrow((x(seconds), top), (x(seconds), bottom), color=LINE, head=False, dashed=True)
        d.text(x(seconds), bottom + 24, f"{seconds:g}", size=15, color=MUTED)
    d.text((left + right) / 2, bottom + 52, "CPU-seconds of one thread", size=16, color=MUTED)
    for loss in (1.6, 1.7, 1.8, 1.9, 2.0, 2.1):
        d.text(left - 10, y(loss) + 5, f"{loss:.1f}", size=15, color=MUTED, anchor="end")
    d.text(left, 20, "loss on the validation text, nats", size=15, color=MUTED, anchor="start")
    d.arrow((left, top), (left, bottom), (right, bottom), head=False)
    d.arrow((left, y(1.9)), (right, y(1.9)), color=INK, head=False)
    for label, recipe, color in (("sprint", "sprint", ACCENT), ("whole budget", "whole", ACCENT),
                                 ("classic GPT", "classic", INK), ("tutorial recipe", "tutorial", MUTED)):  # fmt: skip
        curve = named(recipe)[0]["curve"]
        d.arrow(*((x(seconds), y(loss)) for _, seconds, loss in curve), color=color, head=False)
        _, seconds, loss = curve[0]
        if recipe == "tutorial":  # above its beginning: to the left runs another line
            d.text(x(seconds), y(loss) - 12, label, size=15, color=color)
        else:
            d.text(x(seconds) - 8, y(loss) + 5, label, size=15, color=color, anchor="end")
    return d


def main() -> None:
    """Write the page and the chart."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    (HERE / "speedrun.svg").write_text(speedrun().svg(), encoding="utf-8")
    print(f"wrote {PAGE.name} and speedrun.svg")


if __name__ == "__main__":
    main()
