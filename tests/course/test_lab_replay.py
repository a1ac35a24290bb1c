"""Merges, played one after another."""

from itertools import pairwise

from vibejam_core.course.replay import replay
from vibejam_core.text.bpe import BPETokenizer

TOKENIZER = BPETokenizer.train("the cat sat on the mat, the cat sat <b>there</b> " * 5, 300)


def test_every_step_changes_the_text_and_the_last_is_what_the_tokenizer_gives() -> None:
    shown = replay(TOKENIZER, "the cat there")
    rows = [shown.after(step)[1].encode("the cat there") for step in shown.steps]
    assert all(len(after) < len(before) for before, after in pairwise(rows))
    assert rows[0] == list(b"the cat there")
    assert rows[-1] == TOKENIZER.encode("the cat there")


def test_what_is_shown_is_escaped() -> None:
    assert "<b>" not in replay(TOKENIZER, "<b>there</b>").still()._repr_html_()


def test_the_slider_has_a_place_for_each_step() -> None:
    shown = replay(TOKENIZER, "the cat")
    slider, below = shown.widget().children
    before = below.value
    slider.value = shown.steps[-1]
    assert len(slider.options) == len(shown.steps)
    assert below.value != before
