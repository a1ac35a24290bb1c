"""Draws the diagrams of lab 14: ``python book/figures/draw_data.py``; see ``draw.py`` beside it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import draw
from draw import ACCENT, CARD, MUTED, TINT, Drawing

SHADES = {"A": "#d6e6f5", "B": "#fbe3c8", "C": "#d9ecd6", "D": "#ead9f0", "E": "#f6d5d8", "F": "#fff3b8"}


def three_ways() -> Drawing:
    """Lab 14: six documents in rows of ten tokens: cut anywhere, padded, and packed by best fit."""
    d = Drawing(640, 420, "Six documents in rows: cut anywhere, padded, packed from their beginnings")
    ways = (
        ("cut anywhere", "rows begin in the middle", ("AAAAAAABBB", "BBBBCCCDDD", "DDDDDEEFFF"), ""),
        (
            "padded",
            "half of the work is for nothing",
            ("AAAAAAA...", "BBBBBBB...", "CCC......."),
            "(and three more rows)",
        ),
        (
            "packed",
            "every row begins with a beginning",
            ("DDDDDDDDEE", "AAAAAAACCC", "BBBBBBBFFF"),
            "nothing is cut here",
        ),
    )
    for number, (name, what, rows, note) in enumerate(ways):
        y = 34 + 128 * number
        d.text(24, y + 12, name, bold=True, anchor="start")
        d.text(24, y + 34, what, size=14, color=MUTED, anchor="start")
        if note:
            d.text(24, y + 54, note, size=14, color=MUTED, anchor="start")
        for r, row in enumerate(rows):
            fills = [SHADES.get(letter, CARD) for letter in row]
            texts = ["" if letter == "." else letter for letter in row]
            d.cells(270, y + 34 * r - 8, texts, width=35, height=30, fills=fills, size=15)
    return d


def dealt() -> Drawing:
    """Lab 14: the row groups of three files, dealt out to two ranks; the last file is for validation."""
    d = Drawing(640, 300, "Row groups of two files go to rank 0 and rank 1 in turn; the third file is for validation")
    groups = 0
    for file, count in enumerate((3, 4, 2)):
        x = 24 + 206 * file
        kept = file == 2
        d.box(x, 24, 186, 132, fill="#ffffff" if not kept else CARD)
        d.text(x + 93, 50, f"file {file}" if not kept else "file 2: validation", bold=True, size=16)
        for group in range(count):
            rank = groups % 2
            fill = CARD if kept else (TINT if rank == 0 else "#fbe3c8")
            d.box(x + 14 + 41 * group, 74, 36, 60, str(group), fill=fill)
            if not kept:
                d.arrow(
                    (x + 32 + 41 * group, 140), (160 if rank == 0 else 400, 226), color=ACCENT if rank == 0 else MUTED
                )
                groups += 1
    d.box(90, 232, 140, 44, "rank 0", fill=TINT)
    d.box(330, 232, 140, 44, "rank 1", fill="#fbe3c8")
    return d


FIGURES = (three_ways, dealt)


if __name__ == "__main__":
    draw.FIGURES = FIGURES
    sys.exit(draw.main())
