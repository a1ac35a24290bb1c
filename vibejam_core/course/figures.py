"""The plots of the labs: curves, bars, matrices, rows of letters; legible on white, on black, on a phone."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from vibejam_core.training.palette import ACCENT, CONTRAST, INK, calm


class Picture:
    """A finished plot: an image with a text for those who can't see it. As a cell's last value it shows itself."""

    def __init__(self, figure: Figure, alt: str) -> None:
        self.alt = alt
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=192, metadata={"Software": None})
        self.png = buffer.getvalue()
        self.width = round(figure.get_figwidth() * 96)

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png).decode()
        # "dark-light" tells the book's theme that the image is at home on both backgrounds.
        return (
            f'<img class="dark-light" src="data:image/png;base64,{data}" width="{self.width}" '
            f'style="max-width: 100%; height: auto;" alt="{escape(self.alt)}">'
        )

    def __repr__(self) -> str:
        return f"[picture: {self.alt}]"


def axes(width: float = 5.0, height: float = 3.0, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """An empty figure outside of pyplot's state, so that nothing shows twice and nothing stays open."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, [figure.add_subplot(1, columns, column + 1) for column in range(columns)]


def curves(
    lines: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    references: Mapping[str, float] | None = None,
    *,
    xlabel: str = "training step",
    ylabel: str = "loss (nats per token)",
    alt: str,
) -> Picture:
    """Loss curves, each ``name: (x, y)``, over dashed horizontal reference lines, each ``name: height``."""
    looks = ((ACCENT, "-"), (CONTRAST, "-"), (INK, "-"), (ACCENT, ":"), (CONTRAST, ":"))
    with calm():
        figure, (ax,) = axes()
        for (name, (x, y)), (color, style) in zip(lines.items(), looks, strict=False):
            ax.plot(x, y, color=color, linestyle=style, label=name)
        for name, height in (references or {}).items():
            ax.axhline(height, color=INK, linewidth=1, linestyle="--")
            ax.annotate(
                f"{name} {height:.2f}", (1, height), xycoords=("axes fraction", "data"),
                xytext=(0, 2), textcoords="offset points", ha="right", va="bottom", fontsize=9,
            )  # fmt: skip
        ax.set_xlabel(xlabel)
        ax.set_ylabel(ylabel)
        if len(lines) > 1:
            figure.legend(loc="outside upper left", ncols=2, fontsize=9)
        return Picture(figure, alt)


def gallery(
    panels: Mapping[str, Mapping[str, tuple[Sequence[float], Sequence[float]]]],
    *,
    beside: tuple[Sequence[float], Sequence[float]] | None = None,
    ylim: tuple[float, float] | None = None,
    xlabel: str = "training step",
    ylabel: str = "loss (nats)",
    columns: int = 2,
    alt: str,
) -> Picture:
    """Small plots that share their axes, each ``title: {name: (x, y)}``; ``beside`` is dotted in each."""
    looks = ((ACCENT, "-"), (CONTRAST, "--"))
    rows = -(-len(panels) // columns)
    with calm():
        figure = Figure(figsize=(5.0, 0.7 + 1.6 * rows), layout="constrained")
        grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for ax in grid.flat[len(panels) :]:
            ax.set_visible(False)
        for ax, (title, lines) in zip(grid.flat, panels.items(), strict=False):
            for (name, (x, y)), (color, style) in zip(lines.items(), looks, strict=False):
                ax.plot(x, y, color=color, linestyle=style, linewidth=1.5, label=name)
            if beside is not None:
                ax.plot(*beside, color=INK, linestyle=":", linewidth=1.3, label="as it should be")
            ax.set_title(title, loc="left", fontweight="bold")
        if ylim is not None:
            grid[0, 0].set_ylim(*ylim)
        figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside upper left", ncols=3, fontsize=9)
        figure.supxlabel(xlabel, fontsize=10, color=INK)
        figure.supylabel(ylabel, fontsize=10, color=INK)
        return Picture(figure, alt)


def shares(labels: Sequence[str], before: Sequence[float], after: Sequence[float], *, title: str, alt: str) -> Picture:
    """Two probabilities for each label: an outline (``before``) and a filled bar (``after``), or a cross for 0."""
    with calm():
        figure, (ax,) = axes(5.6, 2.8)
        places = range(len(labels))
        ax.bar(places, after, color=ACCENT, width=0.55, label="drawn with this probability")
        ax.bar(places, before, facecolor="none", edgecolor=INK, width=0.8, linewidth=1.2, label="the model's own")
        for place, share in enumerate(after):
            if share == 0:
                ax.annotate("×", (place, 0), xytext=(0, 1), textcoords="offset points", ha="center", color=CONTRAST)
        ax.set_xticks(places, labels, family="monospace")
        ax.tick_params(axis="x", length=0)
        ax.set_ylim(0, 1.02)
        ax.set_ylabel("probability")
        ax.set_title(title, loc="left")
        ax.legend(loc="upper right", fontsize=9)
        return Picture(figure, alt)


def visible(character: str) -> str:
    """A character as a plot can show it: the space as ``␣``, a line break as ``\\n``."""
    return "␣" if character == " " else repr(character)[1:-1]


def bars(
    labels: Sequence[str], values: Sequence[float], *, ylabel: str, alt: str, title: str = "", highlight: bool = True
) -> Picture:
    """One bar per label; the highest one stands out unless ``highlight`` is off."""
    with calm():
        figure, (ax,) = axes(5.0, 2.6)
        top = max(range(len(values)), key=values.__getitem__) if highlight and len(values) else -1
        ax.bar(range(len(values)), values, color=[ACCENT if i == top else INK for i in range(len(values))])
        ax.set_xticks(range(len(labels)), labels, fontsize=9)
        ax.set_ylabel(ylabel)
        ax.set_title(title, loc="left")
        return Picture(figure, alt)


def heatmaps(
    maps: Mapping[str, Any],
    *,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    ylabel: str = "",
    xlabel: str = "",
    alt: str,
) -> Picture:
    """One or more matrices side by side, each shaded from nothing (zero) to full blue (its own largest value)."""
    from matplotlib.colors import LinearSegmentedColormap

    shade = LinearSegmentedColormap.from_list("shade", [(0.18, 0.5, 0.82, 0.0), (0.18, 0.5, 0.82, 1.0)])
    with calm():
        tallest = max(len(matrix) for matrix in maps.values())
        side = max(2.4, 0.8 + 0.135 * tallest) if len(maps) > 1 else max(3.2, 0.9 + 0.15 * tallest)
        figure, all_axes = axes(side * len(maps), side + 0.3, len(maps))
        for ax, (name, matrix) in zip(all_axes, maps.items(), strict=True):
            values = np.asarray(matrix, dtype=float)
            ax.imshow(values, cmap=shade, vmin=0.0, aspect="auto" if values.shape[0] != values.shape[1] else "equal")
            ax.set_title(name, loc="left")
            for axis, labels in ((ax.set_xticks, columns), (ax.set_yticks, rows)):
                axis(range(len(labels)) if labels else [], labels or [], fontsize=7.5, family="monospace")
                ax.tick_params(length=0)
            ax.set_xlabel(xlabel)
        all_axes[0].set_ylabel(ylabel)
        return Picture(figure, alt)


def letters(rows: Mapping[str, tuple[int, str]], *, alt: str, marked: Sequence[str] = ()) -> Picture:
    """Rows of single characters under each other, each ``name: (offset, text)``; ``marked`` rows are shaded."""
    longest = max(offset + len(text) for offset, text in rows.values())
    with calm():
        figure, (ax,) = axes(max(3.0, 0.7 + 0.19 * longest), 0.3 + 0.32 * len(rows))
        for height, (name, (offset, text)) in enumerate(rows.items()):
            color = ACCENT if name in marked else INK
            for place, character in enumerate(text):
                ax.text(offset + place + 0.5, -height, visible(character), ha="center", va="center", color=color,
                        family="monospace", fontsize=10)  # fmt: skip
                ax.add_patch(Rectangle((offset + place, -height - 0.42), 1, 0.84, facecolor="none", edgecolor=color,
                                       linewidth=0.8 if name in marked else 0.3))  # fmt: skip
        ax.set_yticks([-height for height in range(len(rows))], list(rows))
        ax.tick_params(length=0)
        ax.set_xticks([])
        ax.set_xlim(0, longest)
        ax.set_ylim(-len(rows) + 0.5, 0.5)
        ax.spines[:].set_visible(False)
        return Picture(figure, alt)
