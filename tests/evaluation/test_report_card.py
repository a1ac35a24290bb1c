"""The report card: what it says, that it needs nothing else, and that no text of a model becomes markup."""

import math
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from vibejam_core.evaluation.report_card import Facts, clock, report_of
from vibejam_core.evaluation.report_pages import fenced, to_html, to_markdown
from vibejam_core.evaluation.report_plot import Curve, Plot, draw, steps_at, ticks
from vibejam_core.evaluation.tinyworld_scores import SplitScore, checked
from vibejam_core.text.tinyworld import document

STORY = document("story", "train", 0, 0).text
EVIL = "</blockquote><script>alert(1)</script><img src=x onerror=y> ``` **bold** [a](javascript:b) & \"'"


def facts(**changes: object) -> Facts:
    records = [
        {"step": 0, "train_loss": None, "val_loss": 8.0, "val_bits_per_byte": 3.0, "tokens_per_second": None},
        {"step": 50, "train_loss": 3.0, "val_loss": None, "val_bits_per_byte": None},
        {"step": 100, "train_loss": 1.5, "val_loss": 1.6, "val_bits_per_byte": 0.4},
    ]
    given: dict[str, object] = {
        "title": "Speedrun, cpu",
        "records": records,
        "base_eval": {"val": {"bits_per_byte": 0.3987}, "core": {"not_run": "no bundle at data/eval_bundle"}},
        "corpus": SplitScore("val", 70, 60_000, 15_000, 0.4, 0.12, 0.001),
        "splits": [
            SplitScore("train", 70, 60_000, 15_000, 0.3951, 0.1217, 0.001),
            SplitScore("val", 70, 60_000, 15_000, 0.4012, 0.12, 0.001),
            SplitScore("compositional", 70, 60_000, 15_000, 0.4511, 0.12, 0.001),
        ],
        "written": [checked(STORY, True), checked(EVIL, False), checked("User: Hello", False)],
        "samples": [(step, f"text {step} {EVIL}") for step in range(0, 100, 5)],
        "about": [("machine", "a <machine> & more")],
        "stages": [("tokenizer", 3.2), ("pretraining", 236.0)],
        "commands": ["make speedrun", "python -m scripts.base_train --depth 4"],
        "components": "whose code runs\n  yours      gpt.Block, <b>",
    }
    return Facts(**{**given, **changes})  # type: ignore[arg-type]


class Tags(HTMLParser):
    """All tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_whole_and_needs_nothing_else() -> None:
    """Every tag is closed; no script, no link, nothing from elsewhere."""
    page = Tags(to_html(report_of(facts())))
    assert not page.open
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("src", "href")]
    assert not re.search(r"https?:|url\(|@import", to_html(report_of(facts())))


def test_what_a_model_wrote_stays_text() -> None:
    """In the page and in Markdown; so do the names of machines and components."""
    page = Tags(to_html(report_of(facts())))
    for text in (EVIL, "a <machine> & more", "gpt.Block, <b>", STORY.split("\n")[0]):
        assert text in page.text
    markdown = to_markdown(report_of(facts()))
    assert f"````text\n{EVIL}\n````" in markdown
    assert "a \\<machine\\> & more" in markdown
    assert fenced("a ````` b").startswith("``````text\n")


def test_the_numbers_that_are_read_first() -> None:
    """Bits per byte, the floor, the unseen combinations, the checker's score, the time."""
    shown = dict((what, number) for number, what in report_of(facts()).figures)
    assert shown["bits per byte on the validation text"] == "0.3987"
    assert shown["bits per byte: the floor, which no model can beat for long"] == "0.1200"
    assert shown["bits per byte above the floor, on stories with unseen combinations"] == "+0.3311"
    assert shown["stories without a fault"] == "1 of 2"
    assert shown["from nothing to this page"] == "3:59 min"
    markdown = to_markdown(report_of(facts()))
    assert "0.0499 ± 0.0014 bits per byte further from the floor" in markdown
    assert "| unseen facts | 0.4012 | 0.1200 | 0.2812 ± 0.0010 |" in markdown
    assert "not run: no bundle at data/eval\\_bundle" in markdown
    assert "passed" not in markdown


def test_a_difference_within_the_error_is_none() -> None:
    """A sample of stories is only a sample."""
    splits = [SplitScore("val", 9, 9, 9, 0.4, 0.1, 0.01), SplitScore("compositional", 9, 9, 9, 0.41, 0.1, 0.01)]
    assert "no harder and no easier" in to_markdown(report_of(facts(splits=splits)))


def test_both_plots_with_their_floors() -> None:
    """The floor of the loss is that of the bits, for as many tokens as the bytes were."""
    losses, bits = report_of(facts()).sections[0].plots
    assert bits.floor == 0.12
    assert losses.floor == pytest.approx(0.12 * math.log(2) * 4)
    assert bits.curves[0].points == ((0, 3.0), (100, 0.4))
    assert losses.curves[1].points == ((50, 3.0), (100, 1.5))
    for plot in (losses, bits):
        svg = ElementTree.fromstring(draw(plot))
        assert len([each for each in svg if each.get("class") == "floor"]) == 1
        texts = " ".join(each.text or "" for each in svg)
        assert "entropy floor" in texts
        for each in svg.iter():  # nothing is drawn outside
            for name in ("x", "x1", "x2"):
                assert 0 <= float(each.get(name, 0)) <= 400
            for name in ("y", "y1", "y2"):
                assert 0 <= float(each.get(name, 0)) <= 250


def test_nothing_known_is_no_error() -> None:
    """An empty run, a run that was just begun, nothing but infinite losses."""
    for known in (
        Facts(),
        facts(records=[], corpus=None, splits=[], written=[], base_eval={}, stages=[], components=""),
    ):
        assert not Tags(to_html(report_of(known))).open
        assert "reference" in to_markdown(report_of(known))
    assert draw(Plot("a", "b", (Curve("c", ((0, math.inf), (1, 0.0))),))) == ""
    one = draw(Plot("a", "b", (Curve("c", ((0, 2.0),)),)))
    assert "circle" in one
    interrupted = facts(base_eval={"core": {"tasks": [{"label": "x", "accuracy": 0.5, "baseline": 0.0, "n": 3}]}})
    assert "interrupted" in to_markdown(report_of(interrupted))


def test_samples_on_the_way_are_the_first_the_last_and_some_between() -> None:
    markdown = to_markdown(report_of(facts()))
    steps = [int(step) for step in re.findall(r"after step (\d+)", markdown)]
    assert steps == [0, 15, 35, 55, 75, 95]
    assert "How its writing changed" not in to_markdown(report_of(facts(samples=[(0, "only one")])))


def test_axes() -> None:
    """Round numbers, at least three where there are so many, never more than a plot can hold."""
    assert ticks(0.1, 9) == pytest.approx([0.1, 0.2, 0.5, 1, 2, 5])
    assert ticks(1.9, 6.1) == pytest.approx([2, 3, 4, 5, 6])
    assert steps_at(1000) == [0, 200, 400, 600, 800, 1000]
    assert steps_at(7) == [0, 2, 4, 6]
    assert steps_at(0) == [0]
    assert all(len(steps_at(last)) <= 6 for last in range(1, 3000, 7))


def test_times_in_words() -> None:
    assert [clock(seconds) for seconds in (0.04, 59.9, 60, 3599, 7261)] == [
        "0.0 s",
        "59.9 s",
        "1:00 min",
        "59:59 min",
        "2:01:01 h",
    ]
