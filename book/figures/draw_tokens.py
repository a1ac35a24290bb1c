"""Draws the diagrams of labs 08 and 09: ``python book/figures/draw_tokens.py``; see ``draw.py`` beside it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import draw
from draw import ACCENT, INK, MUTED, TINT, Drawing


def bpe_merges() -> Drawing:
    """Lab 08: one word after more and more merges."""
    d = Drawing(560, 330, "The word there, byte by byte, and after one, two and three merges")
    rows = [
        ("the bytes", ["·", "t", "h", "e", "r", "e"], [1] * 6, []),
        ("merge 1:  h + e → he", ["·", "t", "he", "r", "e"], [1, 1, 2, 1, 1], [2]),
        ("merge 2:  · + t → ·t", ["·t", "he", "r", "e"], [2, 2, 1, 1], [0]),
        ("merge 3:  ·t + he → ·the", ["·the", "r", "e"], [4, 1, 1], [0]),
    ]
    for number, (title, texts, widths, fresh) in enumerate(rows):
        y, x = 30 + 72 * number, 290
        d.text(30, y + 24, title, size=16, color=INK if number else MUTED, anchor="start", mono=bool(number))
        for i, (text, width) in enumerate(zip(texts, widths, strict=True)):
            colors = {"fill": TINT, "stroke": ACCENT} if i in fresh else {}
            d.box(x, y, 40 * width - 4, 36, text, mono=True, **colors)
            x += 40 * width
    d.text(280, 318, "the pair that was most frequent in the whole text goes first", size=15, color=MUTED)
    return d


def merge_index() -> Drawing:
    """Lab 09: a merge looks up its words, changes their pairs' counts, and puts new pairs on the heap."""
    d = Drawing(600, 330, "The heap gives the most frequent pair, the index its words; their pairs are counted anew")
    d.box(30, 40, 160, 96, "heap", "the most frequent", "pair on top", fill=TINT, stroke=ACCENT)
    d.box(220, 40, 160, 96, "index", "pair → the words", "that hold it")
    d.box(410, 40, 160, 96, "words", "only these few", "are changed")
    d.arrow((190, 88), (218, 88))
    d.arrow((380, 88), (408, 88))
    d.box(220, 200, 350, 76, "counts", "minus the old pairs, plus the new ones")
    d.arrow((490, 136), (490, 198))
    d.arrow((220, 238), (110, 238), (110, 138), color=ACCENT)
    d.text(120, 262, "new pairs", size=15, color=MUTED)
    d.text(300, 312, "a pair whose count on the heap is out of date goes back and waits", size=15, color=MUTED)
    return d


FIGURES = (bpe_merges, merge_index)


if __name__ == "__main__":
    draw.FIGURES = FIGURES
    sys.exit(draw.main())
