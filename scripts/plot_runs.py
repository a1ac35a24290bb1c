"""Draw the loss curves of runs: ``python -m scripts.plot_runs DIR [DIR ...] --out FILE``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from scripts._main import options, run


@dataclass(frozen=True)
class PlotOptions:
    """Draw the loss curves of one run, or those of several over each other."""

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """The runs' folders."""
    out: Path = Path("loss.png")
    """The picture; its ending, .png, .svg or .pdf, says its kind."""


def main() -> None:
    """Read the options and draw."""
    args = options(PlotOptions, "scripts.plot_runs")
    from vibejam_core.training.plot import draw_run, draw_runs

    if not args.runs:
        raise ValueError("name the folder of at least one run: python -m scripts.plot_runs checkpoints/lm")
    out = draw_run(args.runs[0], args.out) if len(args.runs) == 1 else draw_runs(args.runs, args.out)
    print(f"drawn in {out}")


if __name__ == "__main__":
    run(main)
