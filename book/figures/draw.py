"""Draws the chapters' diagrams: ``python book/figures/draw.py`` writes one SVG file per function below, beside itself.

Each stands on a soft card of its own, so that it reads the same on a light page, on a dark one and in print.

JupyterLab shows no SVG that is attached to a notebook. So for the notebooks there is a photograph of each drawing, a
JPEG file of twice the size whose EXIF data say so: a browser shows it as large as the drawing, and sharp on any screen.
It is taken with Chromium or Chrome, which must be installed; it names the drawing that it was taken of.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

CARD, INK, MUTED, LINE, ACCENT, TINT = "#f4f6f8", "#1d2630", "#55606c", "#8a95a1", "#1f6fb8", "#d6e6f5"
SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


class Drawing:
    """A card with boxes, texts and arrows on it; coordinates in pixels from the top left."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self.width, self.height, self.title = width, height, title
        self.pieces: list[str] = []

    def text(
        self, x: float, y: float, text: str, *, size: int = 17, color: str = INK, anchor: str = "middle",
        mono: bool = False, bold: bool = False,
    ) -> None:  # fmt: skip
        """One line of text; ``y`` is its baseline."""
        font = MONO if mono else SANS
        weight = ' font-weight="600"' if bold else ""
        self.pieces.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-family="{font}" fill="{color}" '
            f'text-anchor="{anchor}"{weight} xml:space="preserve">{escape(text)}</text>'
        )

    def box(
        self, x: float, y: float, width: float, height: float, *lines: str, fill: str = "#ffffff", stroke: str = LINE,
        mono: bool = False, size: int = 17, second: int = 14,
    ) -> None:  # fmt: skip
        """A rounded box with centred lines of text; lines after the first are smaller and muted."""
        self.pieces.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="7" fill="{fill}" stroke="{stroke}" '
            'stroke-width="1.5"/>'
        )
        spacing = second + 6
        top = y + height / 2 + size * 0.35 - spacing * (len(lines) - 1) / 2
        for number, line in enumerate(lines):
            first = number == 0
            self.text(x + width / 2, top + number * spacing, line, size=size if first else second, mono=mono,
                      color=INK if first else MUTED, bold=first and len(lines) > 1)  # fmt: skip

    def arrow(self, *points: tuple[float, float], color: str = MUTED, head: bool = True, dashed: bool = False) -> None:
        """A line through the points, with an arrowhead at the end."""
        path = " L".join(f"{x:g} {y:g}" for x, y in points)
        marker = f' marker-end="url(#{"accent" if color == ACCENT else "muted"})"' if head else ""
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.pieces.append(f'<path d="M{path}" fill="none" stroke="{color}" stroke-width="1.8"{dash}{marker}/>')

    def cells(
        self, x: float, y: float, texts: list[str], *, width: float = 38, height: float = 36, fill: str = "#ffffff",
        stroke: str = LINE, size: int = 17, fills: list[str] | None = None,
    ) -> None:  # fmt: skip
        """A row of equal cells, one text each, in the monospaced font."""
        for number, text in enumerate(texts):
            self.box(x + number * width, y, width - 4, height, text, fill=fills[number] if fills else fill,
                     stroke=stroke, mono=True, size=size)  # fmt: skip

    def svg(self) -> str:
        """The whole file."""
        heads = "".join(
            f'<marker id="{name}" viewBox="0 0 10 10" refX="8.5" refY="5" markerWidth="7" markerHeight="7" '
            f'orient="auto-start-reverse"><path d="M0 0.8 L10 5 L0 9.2 z" fill="{color}"/></marker>'
            for name, color in (("muted", MUTED), ("accent", ACCENT))
        )
        body = "\n".join(self.pieces)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" role="img">\n<title>{escape(self.title)}</title>\n<defs>{heads}</defs>\n'
            f'<rect width="{self.width}" height="{self.height}" rx="12" fill="{CARD}"/>\n{body}\n</svg>\n'
        )


def warm_up_loop() -> Drawing:
    """Lab 00: write, run, verdict, hint."""
    d = Drawing(560, 250, "Write a cell, run it, read the verdict, repeat")
    d.box(30, 40, 200, 70, "you write", "a cell, or the file itself")
    d.box(330, 40, 200, 70, "your module", "labs/mygpt/…", fill=TINT, stroke=ACCENT)
    d.box(330, 155, 200, 70, "the grader", "runs every check")
    d.box(30, 155, 200, 70, "the verdict", "what held, what did not")
    d.arrow((230, 75), (328, 75))
    d.text(279, 66, "run or save", size=15, color=MUTED)
    d.arrow((430, 110), (430, 153))
    d.arrow((330, 190), (232, 190))
    d.arrow((130, 155), (130, 112))
    d.text(140, 138, "try again, or take a hint", size=15, color=MUTED, anchor="start")
    return d


def characters_windows() -> Drawing:
    """Lab 01: from text to ids to a window and its targets."""
    d = Drawing(580, 330, "Text becomes ids; a window of ids and the same window one place later become x and y")
    ids = {c: str(i) for i, c in enumerate(sorted(set("hello world")))}
    x0 = 116
    d.text(22, 52, "text", anchor="start", color=MUTED)
    d.cells(x0, 28, list("hello world"))
    d.text(22, 124, "token ids", anchor="start", color=MUTED)
    d.cells(x0, 100, [ids[c] for c in "hello world"], fill=TINT, stroke=ACCENT)
    for place in range(11):
        d.arrow((x0 + 17 + 38 * place, 66), (x0 + 17 + 38 * place, 97))
    d.text(22, 204, "x, a window", anchor="start", color=MUTED)
    d.cells(x0 + 38 * 2, 180, [ids[c] for c in "llo w"], fill="#ffffff")
    d.text(22, 290, "y, its targets", anchor="start", color=MUTED)
    d.cells(x0 + 38 * 3, 266, [ids[c] for c in "lo wo"], fill="#ffffff", stroke=ACCENT)
    for place in range(5):
        left = x0 + 17 + 38 * (2 + place)
        d.arrow((left, 218), (left + 34, 263), color=ACCENT)
    d.text(x0 + 38 * 7.6, 246, "what comes next?", size=16, color=ACCENT, anchor="start")
    return d


def bigram_table() -> Drawing:
    """Lab 02: one token picks one row of scores; softmax makes probabilities; the truth's one becomes a surprise."""
    d = Drawing(600, 330, "A token picks its row of the table; softmax turns the row into probabilities")
    d.text(62, 44, "last token", color=MUTED, size=15)
    d.box(38, 140, 48, 44, "q", mono=True, size=19)
    d.text(205, 44, "table, V × V", color=MUTED, size=15)
    for row, name in enumerate("opqrst"):
        on = name == "q"
        d.text(128, 83 + row * 40, name, mono=True, color=INK if on else MUTED)
        for column in range(5):
            score = ["−2", "0", "−1", "4", "1"][column] if on else ""
            d.box(142 + column * 27, 62 + row * 40, 24, 32, score, fill=TINT if on else "#ffffff",
                  stroke=ACCENT if on else LINE, mono=True, size=13)  # fmt: skip
    d.arrow((86, 160), (116, 160), color=ACCENT)
    d.arrow((282, 160), (340, 160), color=ACCENT)
    d.text(311, 150, "softmax", size=15, color=MUTED)
    d.text(430, 44, "probability of the next token", color=MUTED, size=15)
    for row, (name, share) in enumerate(zip("rstuv", (0.002, 0.017, 0.006, 0.928, 0.046), strict=True)):
        y = 80 + row * 40
        d.text(362, y + 14, name, mono=True)
        d.pieces.append(
            f'<rect x="378" y="{y:g}" width="{max(3, share * 120):.1f}" height="20" rx="3" '
            f'fill="{ACCENT if name == "u" else LINE}"/>'
        )
        d.text(388 + max(3, share * 120), y + 15, f"{share:.3f}", size=15, color=MUTED, anchor="start")
    d.text(430, 305, "u comes: surprise −ln 0.928 = 0.07", size=15, color=ACCENT)
    return d


def attention_head() -> Drawing:
    """Lab 03: one position's query meets the keys before it; the weights mix the values."""
    d = Drawing(600, 400, "One position asks; its query meets the keys of earlier positions; weights mix their values")
    letters, weights = ["t", "h", "e", "c", "a", "t"], ["0.02", "0.03", "0.62", "0.05", "0.28"]
    left, step = 110, 78
    d.text(20, 56, "tokens", anchor="start", color=MUTED, size=16)
    for place, letter in enumerate(letters):
        now, later = place == 4, place > 4
        d.box(left + step * place, 32, 60, 38, letter, mono=True, size=17, fill=TINT if now else "#ffffff",
              stroke=ACCENT if now else LINE)  # fmt: skip
        x = left + step * place + 30
        color = LINE if later else MUTED
        d.text(x, 150, "key", size=16, color=color)
        d.arrow((x, 70), (x, 132), color=LINE if later else MUTED, dashed=later)
        if later:
            d.text(x, 222, "masked", size=15, color=MUTED)
            continue
        d.box(left + step * place + 2, 202, 56, 32, weights[place], fill=TINT, stroke=ACCENT, mono=True, size=16)
        d.arrow((x, 158), (x, 200), color=ACCENT)
        d.text(x, 274, "value", size=16, color=color)
        d.arrow((x, 236), (x, 258), head=False)
        d.arrow((x, 282), (left + step * 2 + 30 + (place - 2) * 14, 330))
    d.text(20, 119, "query of a", anchor="start", color=ACCENT, size=16)
    d.text(20, 184, "scores", anchor="start", color=MUTED, size=16)
    d.text(20, 223, "softmax", anchor="start", color=MUTED, size=16)
    d.arrow((108, 114), (left + step * 4 + 30, 114), color=ACCENT, dashed=True, head=False)
    d.box(left + step * 2 - 50, 332, 160, 42, "weighted sum", fill=TINT, stroke=ACCENT)
    d.text(left + step * 2 + 124, 358, "= what a has gathered", anchor="start", color=MUTED, size=16)
    return d


def gpt_stream() -> Drawing:
    """Lab 04: the whole model as a stream that blocks read from and add to."""
    d = Drawing(600, 560, "Embeddings start a stream; each block reads it and adds to it; norm and head read it out")
    x = 170
    d.arrow((x, 505), (x, 92), color=ACCENT)
    d.box(x - 110, 498, 220, 48, "token ids", "(B, T)")
    d.box(x - 146, 422, 292, 48, "token + position embedding", "(B, T, C)")
    d.pieces.append(
        f'<rect x="40" y="152" width="530" height="246" rx="10" fill="none" stroke="{LINE}" stroke-width="1.5" '
        'stroke-dasharray="6 5"/>'
    )
    d.text(556, 388, "one block, repeated n_layer times", anchor="end", size=15, color=MUTED)
    d.box(290, 300, 90, 40, "norm", fill=TINT, stroke=ACCENT)
    d.box(410, 300, 140, 40, "attention", fill=TINT, stroke=ACCENT)
    d.box(290, 202, 90, 40, "norm", fill=TINT, stroke=ACCENT)
    d.box(410, 202, 140, 40, "feed-forward", fill=TINT, stroke=ACCENT)
    for y in (300, 202):
        d.arrow((x, y + 50), (250, y + 50), (250, y + 20), (288, y + 20))
        d.arrow((380, y + 20), (408, y + 20))
        d.arrow((480, y), (480, y - 22), (x + 14, y - 22))
        d.pieces.append(f'<circle cx="{x}" cy="{y - 22}" r="12" fill="#ffffff" stroke="{ACCENT}" stroke-width="1.8"/>')
        d.text(x, y - 16, "+", size=18, color=ACCENT)
    d.text(64, 330, "the stream", anchor="start", size=15, color=ACCENT)
    d.text(64, 348, "(B, T, C)", anchor="start", size=15, color=MUTED)
    d.box(x - 110, 88, 220, 40, "norm, then head")
    d.box(x - 110, 12, 220, 48, "logits", "(B, T, V)")
    d.arrow((x, 88), (x, 60))
    d.text(296, 42, "a score for every possible next token", anchor="start", size=15, color=MUTED)
    return d


def training_run() -> Drawing:
    """Lab 05: one step as a circle, and what happens every so many steps."""
    d = Drawing(600, 330, "A step: batch, loss, gradient, clip, move; now and then the run is measured and saved")
    d.text(22, 40, "one step, thousands of times", anchor="start", color=MUTED, size=15)
    steps = (("batches", "(x, y)"), ("loss", "how wrong?"), ("gradient", "which way?"))
    for place, (name, note) in enumerate(steps):
        d.box(22 + place * 150, 62, 116, 62, name, note)
        if place:
            d.arrow((138 + (place - 1) * 150, 93), (170 + (place - 1) * 150, 93))
    d.box(462, 62, 116, 62, "clip", "not too far")
    d.arrow((438, 93), (460, 93))
    d.box(462, 178, 116, 62, "move", "the optimiser", fill=TINT, stroke=ACCENT)
    d.arrow((520, 124), (520, 176))
    d.box(252, 178, 150, 62, "learning rate", "of this step")
    d.arrow((402, 209), (460, 209))
    d.arrow((520, 240), (520, 294), (6, 294), (6, 93), (20, 93), color=ACCENT)
    d.text(300, 285, "the next step", size=15, color=ACCENT)
    d.box(40, 178, 166, 62, "measure, save", "every eval_interval")
    d.arrow((80, 292), (80, 242), dashed=True)
    return d


def clipping() -> Drawing:
    """Lab 05: one factor for all keeps the direction; cutting each number by itself bends it."""
    d = Drawing(600, 300, "Clipping by the common length shortens the gradient and keeps its direction")
    for left, title in ((20, "one factor for all"), (310, "each number cut by itself")):
        d.text(left + 135, 40, title, size=17, bold=True)
        x0, y0, unit = left + 40, 220, 62
        d.arrow((x0 - 18, y0), (x0 + 226, y0), head=False)
        d.arrow((x0, y0 + 18), (x0, y0 - 160), head=False)
        far = (x0 + 3.4 * unit, y0 - 1.6 * unit)
        d.arrow((x0, y0), far, color=MUTED, dashed=True)
        d.text(far[0] - 6, far[1] - 10, "gradient", anchor="end", size=15, color=MUTED)
        if left == 20:
            d.pieces.append(
                f'<path d="M{x0 + unit * 1.5:g} {y0} A {unit * 1.5:g} {unit * 1.5:g} 0 0 0 {x0} {y0 - unit * 1.5:g}" '
                f'fill="none" stroke="{LINE}" stroke-width="1.5" stroke-dasharray="3 4"/>'
            )
            share = 1.5 / (3.4**2 + 1.6**2) ** 0.5
            d.arrow((x0, y0), (x0 + 3.4 * unit * share, y0 - 1.6 * unit * share), color=ACCENT)
            d.text(left + 135, 268, "shorter, same direction", size=15, color=ACCENT)
        else:
            d.pieces.append(
                f'<rect x="{x0}" y="{y0 - unit * 1.5:g}" width="{unit * 1.5:g}" height="{unit * 1.5:g}" fill="none" '
                f'stroke="{LINE}" stroke-width="1.5" stroke-dasharray="3 4"/>'
            )
            d.arrow((x0, y0), (x0 + unit * 1.5, y0 - unit * 1.5), color=ACCENT)
            d.text(left + 135, 268, "shorter, and bent", size=15, color=ACCENT)
    return d


def atomic_save() -> Drawing:
    """Lab 05: three states of a run's folder while a checkpoint is written."""
    d = Drawing(600, 300, "A checkpoint is written under another name, flushed, and renamed; the old one stays whole")
    d.text(300, 36, "killed here, or here, or here: what is called step_... is always whole", size=15, color=MUTED)
    columns = (
        ("1  write", "half a file", "#ffffff", LINE, ".saving-…"),
        ("2  flush", "all on the disk", "#ffffff", LINE, ".saving-…"),
        ("3  rename", "all on the disk", TINT, ACCENT, "step_000600"),
    )
    for place, (title, note, fill, stroke, name) in enumerate(columns):
        x = 20 + place * 196
        d.text(x + 84, 76, title, bold=True)
        d.pieces.append(
            f'<rect x="{x}" y="90" width="168" height="176" rx="10" fill="none" stroke="{LINE}" stroke-width="1.5" '
            'stroke-dasharray="6 5"/>'
        )
        d.text(x + 84, 114, "my-run/", mono=True, size=15, color=MUTED)
        d.box(x + 9, 124, 150, 54, "step_000400", "whole", mono=True, size=15, fill=TINT, stroke=ACCENT)
        d.box(x + 9, 194, 150, 54, name, note, mono=True, size=15, fill=fill, stroke=stroke)
        if place:
            d.arrow((x - 26, 178), (x - 2, 178))
    return d


def sampling_steps() -> Drawing:
    """Lab 06: the way from a model's scores to the next token, and round again."""
    d = Drawing(600, 290, "Scores pass temperature, top-k and top-p, become probabilities, and one token is drawn")
    d.box(20, 50, 130, 62, "model", "last position")
    d.arrow((150, 81), (190, 81))
    for place, (name, note) in enumerate(
        (("temperature", "how bold?"), ("top-k", "the k best"), ("top-p", "the nucleus"))
    ):
        d.box(192 + place * 136, 50, 116, 62, name, note, fill=TINT, stroke=ACCENT, size=15)
        if place:
            d.arrow((172 + place * 136, 81), (190 + place * 136, 81))
    d.text(384, 36, "scores in, scores out", size=15, color=MUTED)
    d.arrow((522, 112), (522, 166))
    d.box(464, 168, 116, 62, "softmax", "probabilities")
    d.arrow((464, 199), (426, 199))
    d.box(288, 168, 136, 62, "draw", "own generator", fill=TINT, stroke=ACCENT)
    d.arrow((288, 199), (248, 199))
    d.box(112, 168, 134, 62, "is it over?", "stop, guard")
    d.arrow((112, 199), (85, 199), (85, 114), color=ACCENT)
    d.text(78, 262, "no: append it, and look again", anchor="start", size=15, color=ACCENT)
    return d


def nucleus() -> Drawing:
    """Lab 06: top-p takes bars from the left until their sum reaches p."""
    d = Drawing(600, 330, "The tokens in order; those that are needed to reach probability 0.8 are the nucleus")
    shares = (0.42, 0.23, 0.16, 0.08, 0.05, 0.03, 0.02, 0.01)
    before = 0.0
    d.text(22, 40, "probability", anchor="start", size=15, color=MUTED)
    for place, (name, share) in enumerate(zip("eaosiunt", shares, strict=True)):
        x, inside = 40 + place * 68, before < 0.8
        d.pieces.append(
            f'<rect x="{x}" y="{250 - share * 420:.1f}" width="46" height="{share * 420:.1f}" rx="3" '
            f'fill="{ACCENT if inside else "#ffffff"}" stroke="{ACCENT if inside else LINE}" stroke-width="1.5"'
            + ("" if inside else ' stroke-dasharray="4 3"')
            + "/>"
        )
        d.text(x + 23, 250 - share * 420 - 8, f"{share:.2f}", size=15, color=INK if inside else MUTED)
        d.text(x + 23, 274, name, mono=True, color=INK if inside else MUTED)
        d.text(x + 23, 298, f"{before:.2f}", size=15, color=ACCENT if inside else MUTED)
        before += share
    d.arrow((235, 60), (235, 306), color=ACCENT, head=False, dashed=True)
    d.text(227, 76, "nucleus, p = 0.8", anchor="end", size=15, color=ACCENT)
    d.text(246, 76, "may not be drawn", anchor="start", size=15, color=MUTED)
    d.text(300, 322, "what the likelier ones have together", size=15, color=MUTED)
    return d


def voice_files() -> Drawing:
    """Lab 07: from your files to a model, and the three things to ask of it."""
    d = Drawing(600, 330, "Your files become one text, the text a model; the model writes, judges, and remembers")
    for place, name in enumerate(("letters.md", "notes.txt", "copy.md", "photo.png")):
        used = place < 2
        d.box(20, 58 + 52 * place, 120, 38, name, mono=True, size=16, fill="#ffffff" if used else CARD)
        if used:
            d.arrow((140, 77 + 52 * place), (216, 118 + 26 * place), color=ACCENT)
        else:
            d.text(152, 83 + 52 * place, "left out", anchor="start", color=MUTED, size=14)
    d.text(80, 36, "your files", color=MUTED, size=16)
    d.text(20, 290, "What can't be used or is there twice", anchor="start", color=MUTED, size=15)
    d.text(20, 310, "is left out, and the report says so.", anchor="start", color=MUTED, size=15)
    d.box(220, 92, 116, 100, "one text", fill=TINT, stroke=ACCENT)
    d.text(278, 72, "prepare", color=MUTED, size=16)
    d.text(278, 166, "<|doc_end|>", color=MUTED, size=13, mono=True)
    d.text(278, 182, "in between", color=MUTED, size=13)
    d.arrow((336, 152), (382, 152), color=ACCENT)
    d.text(359, 142, "train", color=MUTED, size=16)
    d.box(384, 118, 82, 68, "model", fill=TINT, stroke=ACCENT)
    for y, first, second in (
        (40, "writes", "in your voice"),
        (125, "judges", "whose is it?"),
        (210, "recites", "your secrets?"),
    ):
        d.box(490, y, 102, 54, first, second)
        d.arrow((466, 152), (488, y + 27))
    return d


FIGURES: tuple[Callable[[], Drawing], ...] = (
    warm_up_loop,
    characters_windows,
    bigram_table,
    attention_head,
    gpt_stream,
    training_run,
    clipping,
    atomic_save,
    sampling_steps,
    nucleus,
    voice_files,
)


DENSITY = 2
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars")
DESCRIPTION, UNIT, X_RESOLUTION, Y_RESOLUTION, EXIF, WIDTH, HEIGHT = 0x10E, 0x128, 0x11A, 0x11B, 0x8769, 0xA002, 0xA003


def described(svg: str) -> str:
    """What a photograph says about the drawing that it shows."""
    return f"sha256 of the drawing: {hashlib.sha256(svg.encode()).hexdigest()}"


def photograph(drawing: Drawing, path: Path, browser: str) -> None:
    """Have a browser show a drawing, and keep what it shows."""
    from PIL import Image

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        page, shot = Path(folder, "page.html"), Path(folder, "shot.png")
        style = f"body {{ margin: 0; background: {CARD}; }} svg {{ display: block; }}"
        page.write_text(f"<!doctype html><meta charset=utf-8><style>{style}</style>{drawing.svg()}", encoding="utf-8")
        window = [f"--window-size={drawing.width},{drawing.height}", f"--force-device-scale-factor={DENSITY}"]
        command = [browser, *OPTIONS, *window, f"--user-data-dir={folder}/profile", f"--screenshot={shot}"]
        subprocess.run([*command, page.as_uri()], check=True, timeout=60, stderr=subprocess.DEVNULL)
        picture = Image.open(shot).convert("RGB")
    facts = Image.Exif()
    facts[DESCRIPTION] = described(drawing.svg())
    facts[UNIT], facts[X_RESOLUTION], facts[Y_RESOLUTION] = 2, 72.0 * DENSITY, 72.0 * DENSITY
    facts.get_ifd(EXIF).update({WIDTH: drawing.width, HEIGHT: drawing.height})
    picture.save(path, quality=80, optimize=True, progressive=True, exif=facts)


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
