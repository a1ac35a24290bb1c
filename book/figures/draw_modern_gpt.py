"""Draws the diagram of lab 12: ``python book/figures/draw_modern_gpt.py``; see ``draw.py`` beside it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from draw import ACCENT, BROWSERS, LINE, MUTED, TINT, Drawing, photograph


def modern_stream() -> Drawing:
    """Lab 12: the whole model from token ids to capped logits; what differs from lab 04 is tinted."""
    d = Drawing(600, 640, "Token ids, embedding, norm, blocks that get cosines and sines, norm, head, crop, cap")
    x, new = 170, {"fill": TINT, "stroke": ACCENT}
    d.arrow((x, 585), (x, 92), color=ACCENT)
    d.box(x - 110, 578, 220, 48, "token ids", "(B, T)")
    d.box(x - 110, 508, 220, 44, "wte, a row per token")
    d.text(296, 535, "(padded V, C); no table of positions", anchor="start", size=15, color=MUTED)
    d.box(x - 110, 448, 220, 40, "norm", **new)
    d.text(296, 473, "every token starts at the same size", anchor="start", size=15, color=MUTED)
    d.pieces.append(
        f'<rect x="40" y="248" width="536" height="176" rx="10" fill="none" stroke="{LINE}" stroke-width="1.5" '
        'stroke-dasharray="6 5"/>'
    )
    d.text(562, 414, "n_layer blocks of lab 11", anchor="end", size=15, color=MUTED)
    for y, name in ((350, "attention"), (286, "MLP, relu²")):
        d.box(250, y, 74, 38, "norm")
        d.box(344, y, 122, 38, name)
        d.arrow((x, y + 19), (248, y + 19))
        d.arrow((324, y + 19), (342, y + 19))
        d.arrow((405, y), (405, y - 11), (x + 14, y - 11))
        d.pieces.append(f'<circle cx="{x}" cy="{y - 11}" r="11" fill="#ffffff" stroke="{ACCENT}" stroke-width="1.8"/>')
        d.text(x, y - 5, "+", size=18, color=ACCENT)
    d.box(492, 350, 72, 38, "cos, sin", size=15, **new)
    d.arrow((492, 369), (468, 369))
    d.text(528, 338, "buffers", size=14, color=MUTED)
    d.text(56, 332, "the stream", anchor="start", size=15, color=ACCENT)
    d.text(56, 351, "(B, T, C)", anchor="start", size=15, color=MUTED)
    d.box(x - 110, 190, 220, 48, "norm, then lm_head", "a table of its own")
    d.text(296, 219, "(B, T, padded V)", anchor="start", size=15, color=MUTED)
    d.box(x - 110, 126, 220, 40, "crop, float32", **new)
    d.text(296, 151, "(B, T, V): the padding is cut off", anchor="start", size=15, color=MUTED)
    d.box(x - 110, 62, 220, 40, "c · tanh(logits / c)", **new)
    d.text(296, 87, "no score beyond the cap", anchor="start", size=15, color=MUTED)
    d.arrow((x, 62), (x, 42))
    d.text(x, 32, "logits (B, T, V)", size=17)
    return d


FIGURES = (modern_stream,)


def main() -> int:
    """Write the figure beside this file, and photograph it where a browser is installed."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    path = Path(__file__).with_name("modern_stream.svg")
    path.write_text(modern_stream().svg(), encoding="utf-8")
    if browser:
        photograph(modern_stream(), path.with_suffix(".jpg"), browser)
    return 0 if browser else 1


if __name__ == "__main__":
    sys.exit(main())
