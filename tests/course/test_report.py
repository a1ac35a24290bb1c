"""Verdicts as people see them: short, plain, and harmless whatever a learner's code prints."""

from __future__ import annotations

import io
from dataclasses import replace

from vibejam_core.course.grading import report
from vibejam_core.course.grading.verdict import CheckResult, Verdict

VERDICT = Verdict(
    "gpt.Head",
    "failed",
    (
        CheckResult("test_shape", "The output has the shape (B, T, head_size).", "passed"),
        CheckResult(
            "test_causal", "A later token must not change an earlier output.", "failed", "output 2 moved by 0.31"
        ),
        *(CheckResult(f"test_{i}", f"Check {i}.", "waiting") for i in range(4)),
    ),
    diagnosis="this is exactly what happens when the causal mask is missing",
    parts={"__init__": "yours", "forward": "yours"},
    next_step="vibejam hint gpt.Head   (1 of 3)",
    location="labs/mygpt/gpt.py:41",
    lab=3,
)


def test_a_red_verdict_reads_as_designed():
    """One screen: what holds, what doesn't, how, which mistake, what next."""
    assert report.text(VERDICT).splitlines() == [
        "gpt.Head" + " " * 51 + "lab 03 · labs/mygpt/gpt.py:41",
        "  ✓ The output has the shape (B, T, head_size).",
        "  ✗ A later token must not change an earlier output.",
        "      output 2 moved by 0.31",
        "      this is exactly what happens when the causal mask is missing",
        "  · 4 more checks wait for this one",
        "  next: vibejam hint gpt.Head   (1 of 3)",
    ]


def test_a_long_verdict_stays_on_one_screen():
    """At most 25 lines, however many checks and however long the message."""
    many = tuple(CheckResult(f"t{i}", f"Check {i}.", "passed") for i in range(60))
    red = CheckResult("red", "Red.", "failed", "\n".join(f"line {i}" for i in range(100)))
    text = report.text(replace(VERDICT, checks=(*many, red)))
    assert len(text.splitlines()) <= 25
    assert "line 0" in text


def test_no_colour_codes_unless_asked():
    """A file or a pipe gets plain text."""
    assert "\033" not in report.text(VERDICT)
    assert "\033[31m" in report.text(VERDICT, color=True)


def test_printed_escape_codes_do_not_reach_the_terminal():
    """What the learner's code prints is shown, not obeyed."""
    text = report.text(replace(VERDICT, printed="\033[2J\033]0;title\007hello\r\x08"))
    assert "\033" not in text
    assert "\007" not in text
    assert "hello" in text


def test_an_ascii_terminal_gets_ascii():
    """Signs have replacements; nothing raises."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    report.show(report.text(VERDICT), stream)
    assert b"X  A later token" in raw.getvalue()


def test_a_legacy_code_page_never_raises():
    """A console that knows the signs but not the learner's characters still shows the rest."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="cp437")
    report.show(report.text(replace(VERDICT, printed="☃ 😀 \udcff")), stream)
    assert raw.getvalue()


def test_no_color_is_respected(monkeypatch):
    """https://no-color.org"""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert report.wants_colour(Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not report.wants_colour(Terminal())


def test_html_escapes_whatever_comes_from_the_learner():
    """A message, a print or a file name is never markup."""
    evil = "<script>alert(1)</script>"
    red = CheckResult("t", "A sentence.", "failed", evil)
    page = report.html(replace(VERDICT, checks=(red,), printed=evil, note=evil, location=evil, diagnosis=evil))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_html_needs_nothing_from_outside():
    """No script, no style sheet, no address."""
    page = report.html(VERDICT)
    for word in ("http", "<script", "<link", "<img", "src=", "url("):
        assert word not in page
