"""The plots and diagrams of labs 10 and 11."""

import importlib
import sys
from pathlib import Path

import pytest
from PIL import Image

from vibejam_core.course.figures_modern import arrows, clocks

FIGURES = Path(__file__).parents[2] / "book" / "figures"


@pytest.fixture
def drawings(monkeypatch):
    """The module that draws these labs' diagrams, and the one whose helpers it uses."""
    monkeypatch.setattr(sys, "path", [str(FIGURES), *sys.path])
    yield importlib.import_module("draw_modern"), importlib.import_module("draw")
    for name in ("draw_modern", "draw"):
        del sys.modules[name]


def test_every_diagram_is_in_step_with_the_code_that_draws_it(drawings):
    """``python book/figures/draw_modern.py`` would change nothing."""
    modern, _ = drawings
    for figure in modern.FIGURES:
        assert (FIGURES / f"{figure.__name__}.svg").read_text(encoding="utf-8") == figure().svg()


def test_every_photograph_shows_its_diagram_at_the_same_size(drawings):
    """It names the drawing that it was taken of, and is twice as large."""
    modern, draw = drawings
    for figure in modern.FIGURES:
        with Image.open(FIGURES / f"{figure.__name__}.jpg") as picture:
            assert picture.getexif()[draw.DESCRIPTION] == draw.described(figure().svg())
            assert picture.size == (2 * figure().width, 2 * figure().height)


def test_clocks_and_arrows_tell_those_who_cannot_see_them_what_they_show():
    """Both are pictures with an alternative text, and the same call gives the same bytes."""
    for _ in range(2):
        dial = clocks({"pair 0": {"query": 1.0, "key": -2.0}, "pair 1": {"query": 0.1, "key": 0.3}}, alt="two dials")
        assert 'alt="two dials"' in dial._repr_html_()
    again = clocks({"pair 0": {"query": 1.0, "key": -2.0}, "pair 1": {"query": 0.1, "key": 0.3}}, alt="two dials")
    assert dial.png == again.png
    assert arrows({"before": [(1.0, 2.0)]}, circle=1.4, alt="an arrow").png.startswith(b"\x89PNG")
    assert arrows({"before": [(1.0, 2.0)]}, alt="an arrow").width > 0
