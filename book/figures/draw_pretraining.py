"""Draws the diagrams of lab 15: ``python book/figures/draw_pretraining.py``; see ``draw.py`` beside it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import draw
from draw import ACCENT, CARD, MUTED, TINT, Drawing


def one_dial() -> Drawing:
    """Lab 15: what follows from the depth, by which law."""
    d = Drawing(
        640, 300, "From the depth follow the shape, the horizon, the batch, the rate; from the machine the rest"
    )
    d.box(24, 30, 130, 60, "depth", "the one dial", fill=TINT, stroke=ACCENT)
    chain = (("shape", "64 wide per layer"), ("tokens", "20 per parameter"), ("batch", "tokens to the 0.383"),
             ("rate", "root of the batch"))  # fmt: skip
    for number, (name, law) in enumerate(chain):
        x = 24 + 156 * number
        d.box(x, 130, 136, 60, name, law, second=13)
        if number:
            d.arrow((x - 20, 160), (x - 2, 160), color=ACCENT)
    d.arrow((89, 92), (89, 128), color=ACCENT)
    d.box(24, 228, 292, 52, "micro-batch, ranks, dtype", "what the machine allows", fill=CARD, second=14)
    d.text(340, 259, "decide how fast, not what is learned", size=15, color=MUTED, anchor="start")
    return d


def shared_out() -> Drawing:
    """Lab 15: three parameters and two ranks in a step: reduce, update, gather."""
    d = Drawing(640, 380, "Reduce each gradient to its owner, update there, gather the new values everywhere")
    colors = (TINT, "#fbe3c8", TINT)
    for rank in range(2):
        y = 40 + 180 * rank
        d.text(30, y + 62, f"rank {rank}", bold=True, anchor="start")
        for stage, x in enumerate((110, 300, 490)):
            for p, name in enumerate("ABC"):
                mine = (0, 1, 0)[p] == rank
                fill = colors[p] if stage == 0 or stage == 2 or mine else CARD
                label = ("g" + name) if stage == 0 else (name + "'" if stage == 2 or mine else "")
                d.box(x, y + 44 * p, 110, 38, label, fill=fill)
    for p in range(3):
        owner = (0, 1, 0)[p]
        to = 40 + 180 * owner + 44 * p + 19
        other = 40 + 180 * (1 - owner) + 44 * p + 19
        for source in (to, other):
            d.arrow((222, source), (298, to), color=ACCENT if owner == 0 else MUTED)
            d.arrow((412, to), (488, source), color=ACCENT if owner == 0 else MUTED)
    for x, name in ((260, "reduce"), (450, "gather")):
        d.text(x, 26, name, bold=True)
    d.text(355, 26, "update", bold=True)
    return d


FIGURES = (one_dial, shared_out)


if __name__ == "__main__":
    draw.FIGURES = FIGURES
    sys.exit(draw.main())
