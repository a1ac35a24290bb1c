"""Curves as a small SVG that needs nothing else: readable on a phone, in light and dark, and without colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 400, 250
LEFT, RIGHT, TOP, BOTTOM = 42, 8, 12, 34

Point = tuple[float, float]


@dataclass(frozen=True)
class Curve:
    """Something that was measured again and again."""

    name: str
    points: tuple[Point, ...]
    """(step, value), in the order of the steps; values above 0."""
    look: str = "first"
    """``first`` is drawn through, ``second`` dashed."""


@dataclass(frozen=True)
class Plot:
    """Curves over the steps, with a line across where the floor is; the axis of values is logarithmic."""

    title: str
    unit: str
    curves: tuple[Curve, ...]
    floor: float | None = None


def ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten between two values; with finer ones between them where these are few."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)):
        found = [digit * 10.0**decade for decade in decades for digit in digits]
        found = [value for value in found if low <= value <= high]
        if len(found) >= 3:
            break
    return found


def steps_at(last: float) -> list[float]:
    """At most five round numbers from 0 on."""
    if last <= 0:
        return [0]
    unit = 10.0 ** math.floor(math.log10(last))
    width = next(width for width in (unit / 5, unit / 2, unit, 2 * unit, 5 * unit) if last / width <= 5)
    return [i * width for i in range(int(last / width) + 1)]


def draw(plot: Plot) -> str:
    """The plot as ``<svg>``; empty where there is nothing to draw."""
    values = [value for curve in plot.curves for _, value in curve.points if value > 0 and math.isfinite(value)]
    if not values:
        return ""
    if plot.floor:
        values.append(plot.floor)
    low, high = min(values) / 1.08, max(values) * 1.08
    last = max((step for curve in plot.curves for step, _ in curve.points), default=0)

    def x(step: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * step / (last or 1)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (math.log(high) - math.log(value)) / (math.log(high) - math.log(low))

    parts = []
    for value in ticks(low, high):
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 5}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    for step in steps_at(last):
        anchor = "middle" if step < 0.95 * last else "end"
        parts.append(
            f'<text class="tick" x="{x(step):.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="{anchor}">{step:,g}</text>'
        )
    parts.append(f'<text class="tick" x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">step</text>')
    if plot.floor:
        parts.append(
            f'<line class="floor" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(plot.floor):.1f}" y2="{y(plot.floor):.1f}"/>'
        )
        parts.append(
            f'<text class="tick" x="{LEFT + 4}" y="{y(plot.floor) - 4:.1f}">entropy floor {plot.floor:.3f}</text>'
        )
    for curve in plot.curves:
        shown = [(x(step), y(value)) for step, value in thinned(curve.points) if value > 0 and math.isfinite(value)]
        if len(shown) == 1:
            parts.append(f'<circle class="{curve.look} dot" cx="{shown[0][0]:.1f}" cy="{shown[0][1]:.1f}" r="3"/>')
        elif shown:
            line = " ".join(f"{across:.1f},{down:.1f}" for across, down in shown)
            parts.append(f'<polyline class="{curve.look}" points="{line}"/>')
    parts += legend(plot.curves)
    said = escape(f"{plot.title}, {plot.unit}: " + "; ".join(told(curve) for curve in plot.curves))
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{said}">{"".join(parts)}</svg>'


def legend(curves: Sequence[Curve]) -> list[str]:
    """Names at the upper right, each with a piece of its line."""
    parts = []
    for number, curve in enumerate(curves):
        down = TOP + 8 + 16 * number
        parts.append(f'<line class="{curve.look}" x1="{WIDTH - 128}" x2="{WIDTH - 104}" y1="{down}" y2="{down}"/>')
        parts.append(f'<text class="tick" x="{WIDTH - 98}" y="{down + 4}">{escape(curve.name)}</text>')
    return parts


def thinned(points: Sequence[Point], most: int = 400) -> Sequence[Point]:
    """Every so many-th point, and the last: more than a screen has columns can't be seen."""
    every = max(1, math.ceil(len(points) / most))
    return [*points[:-1:every], *points[-1:]]


def told(curve: Curve) -> str:
    """A curve in words, for whoever can't see it."""
    if not curve.points:
        return f"{curve.name} wasn't measured"
    (first, begin), (last, end) = curve.points[0], curve.points[-1]
    return f"{curve.name} from {begin:.3f} at step {first:g} to {end:.3f} at step {last:g}"
