"""Merges played one after another on a text, with a slider; on a page without a kernel, some of the steps."""

from __future__ import annotations

from typing import Any

from vibejam_core.course.live import bundle
from vibejam_core.course.pieces import Pieces, shown
from vibejam_core.text.bpe import BPETokenizer

STILL = 6
"""So many steps a page shows that can't move."""


class Replay:
    """A text as it is after each of the merges that change it; as a cell's last value it shows them."""

    def __init__(self, tokenizer: BPETokenizer, text: str) -> None:
        self.tokenizer, self.text = tokenizer, text
        self.steps = [0, *(id - 255 for id in used(tokenizer, tokenizer.encode(text)))]

    def after(self, n_merges: int) -> tuple[str, BPETokenizer]:
        """What is said of a step, and the tokenizer that knows only the merges up to it."""
        t = self.tokenizer
        if n_merges == 0:
            return "no merge: every byte is a token", BPETokenizer([], (), t.pattern, t.byte_order)
        left, right = t.merges[n_merges - 1]
        pair = f"{shown(t, left)} + {shown(t, right)} \u2192 {shown(t, 255 + n_merges)}"
        return f"merge {n_merges:,}: {pair}", BPETokenizer(t.merges[:n_merges], (), t.pattern, t.byte_order)

    def pieces(self, steps: list[int]) -> Pieces:
        """The text's tokens after some steps."""
        return Pieces(dict(map(self.after, steps)), self.text)

    def still(self) -> Pieces:
        """Some of the steps, from the first to the last."""
        n = len(self.steps) - 1
        chosen = sorted({round(i * n / (STILL - 1)) for i in range(STILL)})
        return self.pieces([self.steps[i] for i in chosen])

    def widget(self) -> Any:
        """The live version."""
        import ipywidgets as widgets  # type: ignore[import-untyped]

        slider = widgets.SelectionSlider(
            options=[(f"{step:,}", step) for step in self.steps], value=0, description="merges",
            layout=widgets.Layout(width="min(480px, 100%)"),
        )  # fmt: skip
        below = widgets.HTML(value=self.pieces([0])._repr_html_())

        def redraw(_: dict[str, Any]) -> None:
            below.value = self.pieces([slider.value])._repr_html_()

        slider.observe(redraw, names="value")
        return widgets.VBox([slider, below])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        caption = "<div>(in the notebook a slider plays every merge)</div>"
        return bundle(self.widget(), self.still()._repr_html_() + caption, repr(self))

    def __repr__(self) -> str:
        return repr(self.still())


def used(tokenizer: BPETokenizer, ids: list[int]) -> list[int]:
    """The ids of all merges that made these tokens, those inside them included, in the order they were learnt."""
    found: set[int] = set()
    waiting = list(ids)
    while waiting:
        id = waiting.pop()
        if 256 <= id < 256 + len(tokenizer.merges) and id not in found:
            found.add(id)
            waiting += tokenizer.merges[id - 256]
    return sorted(found)


def replay(tokenizer: BPETokenizer, text: str) -> Replay:
    """The merges that make a text's tokens, one after another.

    Args:
        tokenizer: whose merges.
        text: ordinary text, short enough to look at.
    """
    return Replay(tokenizer, text)
