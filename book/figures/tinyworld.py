"""Makes what the page on TinyWorld shows: ``python book/figures/tinyworld.py`` writes the folder of the same name.

The map, the samples, the floors and the checker's words are all made by the world itself, so they can't differ from it.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from draw import ACCENT, CARD, INK, LINE, MUTED, TINT, Drawing

from vibejam_core.text.tinyworld import (
    DISTANCES,
    KINDS,
    SPLITS,
    document,
    entropy,
    n_stories,
    probes,
    violations,
    words,
)  # fmt: skip
from vibejam_core.text.tinyworld.people import PEOPLE
from vibejam_core.text.tinyworld.places import PLACES
from vibejam_core.text.tinyworld.things import THINGS

FOLDER = Path(__file__).with_suffix("")
SAMPLES = {"story": 50, "question": 10, "arithmetic": 10, "smalltalk": 10, "rewrite": 10, "spelling": 10}
"""How many of each kind make up the hundred samples."""

WHERE = {
    "mill": (250, 70), "hill": (120, 66), "lighthouse": (650, 76), "harbour": (548, 178), "boathouse": (530, 264),
    "beach": (540, 345), "bridge": (470, 196), "market": (335, 215), "bakery": (330, 150), "post office": (205, 190),
    "library": (196, 262), "school": (80, 212), "museum": (318, 292), "theatre": (196, 334), "clock tower": (444, 268),
    "old well": (330, 362), "orchard": (74, 138), "greenhouse": (72, 290), "barn": (84, 370), "station": (480, 372),
}  # fmt: skip
"""Where each place lies on the map, in pixels from the top left."""

PATHS = (
    "hill mill bakery market bridge harbour boathouse beach", "harbour lighthouse", "orchard hill", "station beach",
    "school post-office market museum old-well station clock-tower bridge", "post-office library theatre old-well",
    "mill orchard school", "school greenhouse barn theatre", "library museum clock-tower",
)  # fmt: skip
"""The paths of the village."""


def village() -> Drawing:
    """The map of Thimble."""
    d = Drawing(740, 440, "The village of Thimble: twenty places and the paths between them")
    sea = "M560 0 C520 90 600 120 560 205 S600 330 555 440 H728 a12 12 0 0 0 12 -12 V12 a12 12 0 0 0 -12 -12 z"
    river = "M420 0 C500 90 430 150 470 196 S560 200 570 215"
    d.pieces.append(f'<path d="{sea}" fill="{TINT}"/>')
    d.pieces.append(f'<path d="{river}" fill="none" stroke="{TINT}" stroke-width="16"/>')
    for path in PATHS:
        stops = [WHERE[stop.replace("-", " ")] for stop in path.split()]
        d.arrow(*stops, color=LINE, head=False, dashed=True)
    for place in PLACES:
        x, y = WHERE[place["bare"]]
        d.pieces.append(f'<circle cx="{x}" cy="{y}" r="5" fill="{ACCENT}" stroke="{CARD}" stroke-width="2"/>')
        width = 8 * len(place["bare"]) + 6
        d.pieces.append(f'<rect x="{x - width / 2:g}" y="{y - 25}" width="{width}" height="18" rx="6" fill="{CARD}"/>')
        d.text(x, y - 11, place["bare"], size=15, color=INK)
    d.text(30, 36, "Thimble", size=20, bold=True, anchor="start")
    d.text(712, 412, "the sea", size=15, color=MUTED, anchor="end")
    return d


def block(text: str) -> str:
    """A text as a block with lines that are short enough for a page."""
    rows = [textwrap.fill(row, 86, break_on_hyphens=False) for row in text.split("\n")]
    return "```text\n" + "\n".join(rows) + "\n```\n"


def kinds() -> str:
    """One sample of each kind."""
    return "\n".join(f"**{kind}**\n\n{block(document(kind, 'train', 2, 0).text)}" for kind in KINDS)


def samples() -> str:
    """A hundred samples, folded by kind."""
    parts = [
        f"These are the first documents of the series with seed 0, split `train`: {sum(SAMPLES.values())} in all.\n"
    ]
    for kind, number in SAMPLES.items():
        parts.append(f":::{{dropdown}} {kind}: {number} samples\n")
        parts += [block(document(kind, "train", 0, index).text) for index in range(number)]
        parts.append(":::\n")
    return "\n".join(parts)


def floors() -> str:
    """The table of floors."""
    rows = [
        "| Kind | bits per byte | standard error | nats per byte | bits per document | bytes per document |",
        "|---|---|---|---|---|---|",
    ]
    for kind in KINDS:
        found = entropy(kind, "train", n=4000)
        size = found.bits_per_document / found.bits_per_byte
        rows.append(
            f"| {kind} | {found.bits_per_byte:.4f} | {found.standard_error:.4f} | {found.nats_per_byte:.4f} "
            f"| {found.bits_per_document:.1f} | {size:.0f} |"
        )
    return "\n".join([*rows, "", "From 4,000 documents of each kind, split `train`, seed 0.\n"])


def facts() -> str:
    """How large the world is."""
    sizes = ", ".join(f"{n_stories(split) / 1e12:.1f} million million in `{split}`" for split in SPLITS)
    return (
        f"There are {len(PEOPLE)} people, {len(PLACES)} places and {len(THINGS)} things, and {len(words()):,} word "
        f"forms in all. A lower bound on the number of different stories: {sizes}.\n"
    )


CORRUPTIONS = (
    ("One carrot was left", "Two carrots were left"),
    ("had nothing better to do", "nothing better to do"),
    ("still there with the spoon", "still there with the banana"),
    ("And Magnus had been", "And Wren had been"),
)
"""What is changed in the story that the checker is shown."""


def checked() -> str:
    """A story with a few faults, and what the checker says."""
    text = document("story", "train", 4, 2).text
    for right, wrong in CORRUPTIONS:
        if right not in text:
            raise ValueError(f"{right!r} is not in the story any more. Choose another story or other corruptions.")
        text = text.replace(right, wrong)
    told = "\n".join(f"- {fault}" for fault in violations(text))
    return f"{block(text)}\nThe checker says:\n\n{block(told)}"


def asked() -> str:
    """One probe of each of a few distances."""
    parts = []
    for distance in DISTANCES[:4]:
        probe = probes(distance, "val", seed=5, n=1)[0]
        wrong = ", ".join(f"`{word.strip()}`" for word in probe.wrong)
        parts.append(f"Distance {distance}. Right: `{probe.answer.strip()}`. Wrong: {wrong}.\n\n{block(probe.prompt)}")
    return "\n".join(parts)


def files() -> dict[str, str]:
    """Everything in the folder: file name -> text."""
    return {
        "map.svg": village().svg(),
        "facts.md": facts(),
        "kinds.md": kinds(),
        "floors.md": floors(),
        "checked.md": checked(),
        "asked.md": asked(),
        "samples.md": samples(),
    }


def main() -> int:
    """Write the files."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"wrote {FOLDER.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
