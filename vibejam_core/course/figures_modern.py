"""The plots of labs 10 and 11 that the others don't need: hands that turn, and arrows from one point."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from vibejam_core.course.figures import Picture, axes
from vibejam_core.training.palette import ACCENT, CONTRAST, INK, calm

LOOKS = ((ACCENT, "-", "o"), (CONTRAST, "--", "s"))


def clocks(dials: Mapping[str, Mapping[str, float]], *, title: str = "", alt: str) -> Picture:
    """Dials side by side, each ``title: {hand: angle}``, with at most two hands.

    Angles are in radians, counted counter-clockwise from the right.
    """
    with calm():
        figure, all_axes = axes(1.4 * len(dials), 2.2, len(dials))
        for ax, (name, hands) in zip(all_axes, dials.items(), strict=True):
            _circle(ax, 1.0)
            _empty(ax, 1.15)
            for (hand, angle), (color, style, mark) in zip(hands.items(), LOOKS, strict=False):
                x, y = math.cos(angle), math.sin(angle)
                ax.plot([0, x], [0, y], color=color, linestyle=style, linewidth=2.2, label=hand)
                ax.plot([x], [y], color=color, marker=mark, markersize=6)
            ax.set_title(name, fontsize=10, pad=4)
        if title:
            figure.suptitle(title, fontsize=10, color=INK)
        figure.legend(*all_axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=9)
        return Picture(figure, alt)


def arrows(panels: Mapping[str, Sequence[Sequence[float]]], *, circle: float = 0.0, alt: str) -> Picture:
    """Vectors of two numbers as arrows from the middle, each panel ``title: vectors``; perhaps with a circle."""
    with calm():
        figure, all_axes = axes(1.9 * len(panels), 2.2, len(panels))
        reach = 1.1 * max([circle, *(abs(number) for vectors in panels.values() for v in vectors for number in v)])
        for ax, (name, vectors) in zip(all_axes, panels.items(), strict=True):
            if circle:
                _circle(ax, circle)
            for x, y in vectors:
                ax.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "->", "color": ACCENT, "linewidth": 1.5})
            _empty(ax, reach)
            ax.set_title(name, fontsize=10, pad=4)
        return Picture(figure, alt)


def _circle(ax: Axes, radius: float) -> None:
    turn = [math.tau * step / 90 for step in range(91)]
    ax.plot([radius * math.cos(a) for a in turn], [radius * math.sin(a) for a in turn], color=INK, linewidth=0.8)


def _empty(ax: Axes, reach: float) -> None:
    ax.set_xlim(-reach, reach)
    ax.set_ylim(-reach, reach)
    ax.set_aspect("equal")
    ax.set_axis_off()
