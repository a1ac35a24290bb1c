"""Draws the diagrams of labs 10 and 11: ``python book/figures/draw_modern.py`` writes each as SVG, and its photograph.

They are drawn and photographed as all others are; ``draw.py`` beside this file says how and why.
"""

from __future__ import annotations

import math
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from draw import ACCENT, BROWSERS, INK, LINE, MUTED, TINT, Drawing, photograph  # beside this file


def hand(d: Drawing, x: float, y: float, length: float, angle: float, color: str, width: float = 2.0) -> None:
    """A clock's hand that points counter-clockwise from the right, as angles are counted in mathematics."""
    far = (x + length * math.cos(angle), y - length * math.sin(angle))
    d.pieces.append(
        f'<path d="M{x:g} {y:g} L{far[0]:.1f} {far[1]:.1f}" stroke="{color}" stroke-width="{width:g}" fill="none"/>'
    )
    d.pieces.append(f'<circle cx="{far[0]:.1f}" cy="{far[1]:.1f}" r="{2 + width:g}" fill="{color}"/>')


def rotary_pairs() -> Drawing:
    """Lab 10: a head's numbers are pairs; each is a hand that turns with the position, at a speed of its own."""
    d = Drawing(600, 420, "A head's numbers form pairs; each pair is a hand that turns with the position, each slower")
    d.text(22, 32, "one head's query, D = 6 numbers", anchor="start", size=16, color=MUTED)
    for place in range(6):
        inside = place in (0, 3)
        d.box(66 + place * 80, 96, 68, 44, f"x{place}", mono=True, fill=TINT if inside else "#ffffff",
              stroke=ACCENT if inside else LINE)  # fmt: skip
    for pair in range(3):
        left, right, high = 100 + pair * 80, 340 + pair * 80, 100 - 10 * pair
        color = ACCENT if pair == 0 else LINE
        d.arrow((left, 94), (left, high - 24), (right, high - 24), (right, 94), color=color, head=False)
    d.text(180, 164, "first half", size=15, color=MUTED)
    d.text(420, 164, "second half", size=15, color=MUTED)
    speeds = (1.0, 0.22, 0.05)
    names = ("pair 0: x0 and x3", "pair 1: x1 and x4", "pair 2: x2 and x5")
    notes = ("fast", "slower", "hardly moves")
    for pair, (speed, name, note) in enumerate(zip(speeds, names, notes, strict=True)):
        x, y, radius = 106 + pair * 194, 282, 62
        d.pieces.append(
            f'<circle cx="{x}" cy="{y}" r="{radius}" fill="#ffffff" stroke="{ACCENT if pair == 0 else LINE}" '
            'stroke-width="1.5"/>'
        )
        for position in range(4):
            hand(d, x, y, 50, 0.35 + speed * position, ACCENT if position == 3 else LINE, 2.6 if position == 3 else 1.4)
        d.text(x, 204, name, size=15, color=ACCENT if pair == 0 else INK)
        d.text(x, 370, note, size=15, color=MUTED)
    d.text(300, 402, "grey: the same pair at positions 0, 1 and 2; blue: at position 3", size=15, color=MUTED)
    return d


def shared_heads() -> Drawing:
    """Lab 11: each query head with its own keys and values, some sharing, all sharing."""
    d = Drawing(600, 308, "Eight query heads over eight, two and one head of keys and values")
    columns = (("multi-head", "KV = 8", 8), ("grouped-query", "KV = 2", 2), ("multi-query", "KV = 1", 1))
    for place, (name, note, kv) in enumerate(columns):
        left = 26 + place * 192
        d.text(left + 82, 40, name, bold=True, color=ACCENT if kv == 2 else INK)
        d.text(left + 82, 62, note, size=15, color=MUTED)
        centre = [left + 10 + 20.6 * h for h in range(8)]
        for h in range(8):
            d.pieces.append(
                f'<rect x="{centre[h] - 8:.1f}" y="106" width="16" height="44" rx="4" fill="#ffffff" stroke="{INK}" '
                'stroke-width="1.5"/>'
            )
            group = h * kv // 8
            below = (centre[group * 8 // kv] + centre[(group + 1) * 8 // kv - 1]) / 2
            d.arrow((centre[h], 151), (below, 212), head=False, color=ACCENT)
        for group in range(kv):
            below = (centre[group * 8 // kv] + centre[(group + 1) * 8 // kv - 1]) / 2
            for x in (below - 8, below + 1):
                d.pieces.append(
                    f'<rect x="{x:.1f}" y="214" width="7" height="44" rx="2" fill="{TINT}" stroke="{ACCENT}" '
                    'stroke-width="1.5"/>'
                )
    d.text(300, 92, "queries: used once, then forgotten", size=15, color=MUTED)
    d.text(300, 286, "keys and values: these are kept for every token of the text", size=15, color=ACCENT)
    return d


def modern_block() -> Drawing:
    """Lab 11: one block with its shapes, from the stream and back to it."""
    d = Drawing(600, 620, "The block: attention and a network read the normed stream, and each adds to it")
    x = 70
    d.arrow((x, 590), (x, 26), color=ACCENT)
    d.text(x - 40, 606, "the stream (B, T, C)", anchor="start", size=14, color=ACCENT)
    d.text(586, 596, "attention", anchor="end", size=16, bold=True, color=MUTED)
    d.arrow((x, 560), (130, 560))
    d.box(132, 540, 92, 40, "norm")
    for place, (name, note) in enumerate((("c_q", "(B, T, H, D)"), ("c_k", "(B, T, KV, D)"), ("c_v", "(B, T, KV, D)"))):
        left = 120 + place * 140
        d.arrow((178, 540), (178, 524), (left + 64, 524), (left + 64, 510))
        d.box(left, 456, 128, 52, name, note, mono=False)
    d.box(120, 376, 268, 42, "rotate_and_norm", fill=TINT, stroke=ACCENT)
    d.arrow((184, 456), (184, 420))
    d.arrow((324, 456), (324, 420))
    d.arrow((464, 456), (464, 346))
    d.arrow((254, 376), (254, 346))
    d.text(474, 390, "+ value", anchor="start", size=14, color=MUTED)
    d.text(474, 408, "embedding", anchor="start", size=14, color=MUTED)
    d.box(120, 302, 408, 42, "attend: shared heads, mask, window", fill=TINT, stroke=ACCENT)
    d.arrow((254, 302), (254, 286))
    d.box(172, 244, 164, 40, "c_proj", mono=False)
    d.text(346, 269, "heads joined, back to (B, T, C)", anchor="start", size=14, color=MUTED)
    d.arrow((172, 264), (x + 14, 264))
    d.arrow((x, 196), (130, 196))
    d.box(132, 176, 92, 40, "norm")
    d.arrow((224, 196), (246, 196))
    d.box(248, 176, 92, 40, "c_fc")
    d.arrow((340, 196), (362, 196))
    d.box(364, 176, 92, 40, "relu²", fill=TINT, stroke=ACCENT)
    d.text(352, 166, "(B, T, 4C)", size=14, color=MUTED)
    d.arrow((456, 196), (478, 196))
    d.box(480, 176, 92, 40, "c_proj")
    d.text(586, 130, "MLP", anchor="end", size=16, bold=True, color=MUTED)
    d.arrow((526, 176), (526, 90), (x + 14, 90))
    for y in (264, 90):
        d.pieces.append(f'<circle cx="{x}" cy="{y}" r="12" fill="#ffffff" stroke="{ACCENT}" stroke-width="1.8"/>')
        d.text(x, y + 6, "+", size=18, color=ACCENT)
    d.text(x + 24, 46, "as wide as it came, so that the next block can go on", anchor="start", size=14, color=MUTED)
    return d


FIGURES: tuple[Callable[[], Drawing], ...] = (rotary_pairs, shared_heads, modern_block)


def main() -> int:
    """Write every figure beside this file, and photograph it where a browser is installed."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    for figure in FIGURES:
        path = Path(__file__).with_name(f"{figure.__name__}.svg")
        path.write_text(figure().svg(), encoding="utf-8")
        if browser:
            photograph(figure(), path.with_suffix(".jpg"), browser)
        print(path.name)
    if not browser:
        print("The JPEG files for the notebooks are as they were: install Chromium or Chrome.", file=sys.stderr)
    return 0 if browser else 1


if __name__ == "__main__":
    sys.exit(main())
