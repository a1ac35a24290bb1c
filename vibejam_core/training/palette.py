"""The look of every plot of the course: one accent, one contrast colour, neutrals; legible on white and on black."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib

# Mid-tones: each has a contrast of about 4 to 1 against white and against a dark page. Blue and orange stay apart for
# the colour-blind; nothing in a plot is told by colour alone.
ACCENT = "#2f80d0"
CONTRAST = "#c4690f"
INK = "#757b84"

STYLE: Any = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "svg.hashsalt": "vibejam",
}


@contextmanager
def calm() -> Iterator[None]:
    """Draw in the course's style inside the ``with`` block, and leave matplotlib's settings as they were."""
    with matplotlib.rc_context(STYLE):
        yield
