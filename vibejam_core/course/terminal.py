"""Talking to somebody at a terminal: colour where there is one, and a question where it can be answered."""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap

RED, GREEN, CYAN, BOLD, OFF = "\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[1m", "\x1b[0m"
STYLES = (("---", BOLD), ("+++", BOLD), ("@@", CYAN), ("-", RED), ("+", GREEN))


def wants_color() -> bool:
    """Whether standard output is a terminal that shows colours (see no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint_diff(diff: str) -> str:
    """A unified diff, in colour where that can be seen."""
    if not wants_color():
        return diff
    return "".join(_painted(line) for line in diff.splitlines(keepends=True))


def _painted(line: str) -> str:
    style = next((style for start, style in STYLES if line.startswith(start)), None)
    text = line.rstrip("\n")
    return line if style is None else f"{style}{text}{OFF}{line[len(text) :]}"


def prose(text: str) -> str:
    """A paragraph of a page for reading here: formulas without their dollar signs, lines that fit."""
    width = min(shutil.get_terminal_size((100, 24)).columns, 100)
    bare = re.sub(r"(?<!`)\$([^$`]+)\$", r"\1", text)
    paragraphs = (" ".join(paragraph.split()) for paragraph in bare.split("\n\n"))
    return "\n\n".join(
        textwrap.fill(paragraph, width, break_long_words=False, break_on_hyphens=False) for paragraph in paragraphs
    )


def confirmed(question: str) -> bool | None:
    """The answer to a yes-or-no question; None where nobody is there to answer."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
