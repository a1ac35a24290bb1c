"""Draws the diagram of lab 13: ``python book/figures/draw_optimizers.py``; see ``draw.py`` beside it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import draw
from draw import ACCENT, LINE, MUTED, Drawing


def three_steps() -> Drawing:
    """Lab 13: what plain descent, AdamW and Muon make of one gradient with a strong and a weak direction."""
    d = Drawing(600, 340, "One gradient: plain descent goes mostly along the strong direction, Muon equally along both")
    panels = (
        ("plain descent", "as the gradient is:", "one direction rules", (92, 10), (-5, 46)),
        ("AdamW", "every number about", "equally far", (62, 62), (-62, 62)),
        ("Muon", "every direction", "equally far", (68, 8), (-8, 68)),
    )
    for number, (name, first, second, strong, weak) in enumerate(panels):
        x, y = 100 + 200 * number, 170
        d.box(x - 88, 24, 176, 276, fill="#ffffff")
        d.text(x, 54, name, bold=True)
        for dx, dy, color in ((*strong, ACCENT), (*weak, MUTED)):
            scale = 0.5 if number == 0 and color == MUTED else 0.8
            d.arrow((x - 20, y + 20), (x - 20 + dx * scale, y + 20 - dy * scale), color=color)
        d.arrow((x - 80, y + 20), (x + 80, y + 20), color=LINE, head=False, dashed=True)
        d.arrow((x - 20, y + 70), (x - 20, y - 70), color=LINE, head=False, dashed=True)
        d.text(x, 262, first, size=15, color=MUTED)
        d.text(x, 282, second, size=15, color=MUTED)
    d.text(300, 326, "blue: the gradient's strong direction, grey: its weak one", size=15, color=MUTED)
    return d


FIGURES = (three_steps,)


if __name__ == "__main__":
    draw.FIGURES = FIGURES
    sys.exit(draw.main())
