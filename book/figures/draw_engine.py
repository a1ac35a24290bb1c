"""Draws the diagrams of lab 16: ``python book/figures/draw_engine.py``; see ``draw.py`` beside it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from draw import ACCENT, BROWSERS, CARD, LINE, MUTED, TINT, Drawing, photograph


def prefill_decode() -> Drawing:
    """Lab 16: the prompt in one pass, then one column a step, with what is behind it kept."""
    d = Drawing(600, 330, "Prefill computes all columns of the prompt at once; each step of decoding computes one more")
    words = ("Vera", "had", "a", "blue", "lamp", ".")
    left, step, width = 118, 70, 62
    for place, word in enumerate(words):
        d.text(left + step * place + width / 2, 40, word, mono=True, size=16)
    rows = (("prefill", 3, 0), ("decode", 4, 3), ("decode", 5, 4))
    for number, (name, tokens, kept) in enumerate(rows):
        y = 62 + number * 72
        d.text(20, y + 32, name, anchor="start", size=17, bold=True)
        for place in range(tokens):
            x = left + step * place
            if place < kept:
                d.box(x, y, width, 50, "kept", size=14, fill=TINT, stroke=ACCENT)
            else:
                d.box(x, y, width, 50, fill=ACCENT, stroke=ACCENT)
                d.text(x + width / 2, y + 30, "new", size=14, color="#ffffff")
        x = left + step * tokens
        d.arrow((x - 6, y + 25), (x + 16, y + 25), color=ACCENT)
        d.text(x + 22, y + 31, words[tokens], mono=True, size=16, anchor="start", color=ACCENT)
    d.text(20, 300, "kept: keys and values of every layer are read, not computed again", anchor="start", size=15,
           color=MUTED)  # fmt: skip
    return d


def padding_behind() -> Drawing:
    """Lab 16: three prompts of unequal lengths in one cache, before and after a step."""
    d = Drawing(600, 388, "Shorter rows are padded behind; each row's next token takes the place of its first padding")
    left, step = 96, 62
    for place in range(6):
        d.text(left + step * place + 27, 36, str(place), size=15, color=MUTED)
    d.text(20, 36, "position", anchor="start", size=15, color=MUTED)
    d.text(left + step * 6 + 16, 36, "lengths", anchor="start", size=15, color=MUTED)
    prompts = (("One", "day", "a", "fox", "sang"), ("Vera", "had"), ("The", "old", "lamp"))
    written = (".", "a", "fell")
    for half, (y0, name) in enumerate(((48, "prefill"), (214, "decode"))):
        d.text(16, y0 + 70, name, anchor="start", size=16, bold=True)
        for row, (prompt, new) in enumerate(zip(prompts, written, strict=True)):
            y = y0 + row * 46
            for place in range(6 if half else 5):
                x = left + step * place
                if place < len(prompt):
                    d.box(x, y, 54, 36, prompt[place], fill=TINT, stroke=ACCENT, mono=True, size=15)
                elif half and place == len(prompt):
                    d.box(x, y, 54, 36, fill=ACCENT, stroke=ACCENT)
                    d.text(x + 27, y + 23, new, mono=True, size=15, color="#ffffff")
                else:
                    d.pieces.append(
                        f'<rect x="{x}" y="{y}" width="54" height="36" rx="7" fill="{CARD}" stroke="{LINE}" '
                        'stroke-width="1.5" stroke-dasharray="4 3"/>'
                    )
            d.text(left + step * 6 + 40, y + 24, str(len(prompt) + half), mono=True, color=MUTED)
    d.text(20, 374, "dashed: padding. Nobody looks at it, and the next token is written over it.", anchor="start",
           size=15, color=MUTED)  # fmt: skip
    return d


FIGURES = (prefill_decode, padding_behind)


def main() -> int:
    """Write the figures beside this file, and photograph them where a browser is installed."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    for figure in FIGURES:
        path = Path(__file__).with_name(f"{figure.__name__}.svg")
        path.write_text(figure().svg(), encoding="utf-8")
        if browser:
            photograph(figure(), path.with_suffix(".jpg"), browser)
    return 0 if browser else 1


if __name__ == "__main__":
    sys.exit(main())
