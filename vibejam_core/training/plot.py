"""Loss curves of runs, drawn from what their folders hold."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vibejam_core.models.checkpoint_folder import find_checkpoint, read_facts
from vibejam_core.training.log import read_log
from vibejam_core.training.palette import ACCENT, CONTRAST, INK, calm

PICTURE = "loss.png"
LOOKS = [(color, line) for line, color in product(("-", "--", ":", "-."), (ACCENT, CONTRAST, INK))]
"""What sets runs in one picture apart; more than these aren't told apart by anybody."""


def draw_run(run: Path, out: Path | None = None) -> Path:
    """Draw one run: both losses and, below them, the learning rate.

    Args:
        run: its folder.
        out: the picture, whose ending (.png, .svg, .pdf) says its kind; ``loss.png`` in the run's folder by default.

    Returns:
        The picture's path.

    Raises:
        ValueError: if the run has no measurements, or the picture's ending is unknown.
        OSError: if the picture can't be written.
    """
    records = measured(run)
    with calm():
        figure, upper, lower = empty()
        looks = (("training", "train_loss", CONTRAST, "--"), ("validation", "val_loss", ACCENT, "-"))
        for name, key, color, line in looks:
            curve(upper, records, key, label=name, color=color, linestyle=line)
        references(upper, compared_with(run))
        if any(record["val_loss"] is not None for record in records):
            upper.legend(loc="upper right", fontsize=9)
        curve(lower, records[1:], "learning_rate", color=INK)
        return saved(figure, out or run / PICTURE)


def draw_runs(runs: Sequence[Path], out: Path, names: Sequence[str] | None = None) -> Path:
    """Draw the validation loss of several runs over each other (of one without validation text, the training loss).

    Args:
        runs: their folders.
        out: the picture, whose ending says its kind.
        names: what to call them; by default what is left of their paths without what they share.

    Raises:
        ValueError: if there are none or too many, or one has no measurements.
        OSError: if the picture can't be written.
    """
    if not 1 <= len(runs) <= len(LOOKS):
        raise ValueError(f"one picture can tell 1 to {len(LOOKS)} runs apart, but {len(runs)} were given")
    with calm():
        figure, upper, lower = empty()
        for run, name, (color, line) in zip(runs, names or short_names(runs), LOOKS, strict=False):
            records = measured(run)
            key = "val_loss" if any(record["val_loss"] is not None for record in records) else "train_loss"
            label = name if key == "val_loss" else f"{name} (training)"
            curve(upper, records, key, label=label, color=color, linestyle=line)
            curve(lower, records[1:], "learning_rate", color=color, linestyle=line)
        upper.set_ylabel("validation loss\n(nats per token)")
        shared = [compared_with(run) for run in runs]
        if all(each == shared[0] for each in shared):  # on other texts other losses are good
            references(upper, shared[0])
        upper.legend(loc="upper right", fontsize=9)
        return saved(figure, out)


def measured(run: Path) -> list[dict[str, Any]]:
    """A run's records. Raises ValueError where there are none."""
    records = read_log(run)
    if not records:
        raise ValueError(f"there is nothing to draw in {run}: no log.jsonl with measurements. Give a run's folder.")
    return records


def compared_with(run: Path) -> dict[str, float]:
    """The losses that a run is compared with, by name, as far as they are known."""
    try:
        known = read_facts(find_checkpoint(run))["settings"].get("references", {})
    except (FileNotFoundError, ValueError):
        return {}
    return {name: loss for name, loss in known.items() if loss is not None}


def empty() -> tuple[Figure, Axes, Axes]:
    """A figure outside of pyplot's state, with a large plot for losses and a low one for the learning rate."""
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    upper.set_ylabel("loss (nats per token)")
    lower.set_ylabel("learning\nrate")
    lower.set_xlabel("step")
    lower.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3))
    return figure, upper, lower


def curve(ax: Axes, records: list[dict[str, Any]], key: str, **look: Any) -> None:
    """One field of the records against the step, where it was measured."""
    points = [(record["step"], record[key]) for record in records if record[key] is not None]
    if points:
        ax.plot(*zip(*points, strict=True), marker="o" if len(points) < 30 else None, markersize=3, **look)


def references(ax: Axes, known: dict[str, float]) -> None:
    """A dashed line across, with its name, for each loss that the curves are compared with."""
    for name, loss in known.items():
        ax.axhline(loss, color=INK, linewidth=1, linestyle="--")
        ax.annotate(
            f"{name} {loss:.2f}", (0, loss), xycoords=("axes fraction", "data"), xytext=(2, 2),
            textcoords="offset points", va="bottom", fontsize=9,
        )  # fmt: skip


def saved(figure: Figure, out: Path) -> Path:
    """Write a figure, of which the same run gives the same bytes.

    Raises:
        ValueError: if the ending is of no kind of picture.
        OSError: if it can't be written.
    """
    kind = out.suffix.removeprefix(".").lower()
    kinds: dict[str, Any] = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
    if kind not in kinds:
        raise ValueError(
            f"{out} should end in {', '.join('.' + each for each in kinds)}: that says the kind of picture"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, format=kind, dpi=160, metadata=kinds[kind])
    return out


def short_names(runs: Sequence[Path]) -> list[str]:
    """The runs' folders without the parts of their paths that all of them share at the beginning."""
    parts = [run.absolute().parts for run in runs]
    shared = 0
    while all(len(each) > shared + 1 and each[shared] == parts[0][shared] for each in parts):
        shared += 1
    return ["/".join(each[shared:]) for each in parts]
