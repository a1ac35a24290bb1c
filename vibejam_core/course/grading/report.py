"""A verdict as text for a terminal, and as HTML for a notebook."""

from __future__ import annotations

import os
import sys
import textwrap
from html import escape
from typing import IO

from vibejam_core.course.grading.verdict import CheckResult, Verdict

WIDTH = 88
MAX_LINES = 25
MAX_MESSAGE = 10
MAX_PRINTED = 20

SIGNS = {"passed": "✓", "failed": "✗", "waiting": "·"}
ASCII = {"✓": "ok", "✗": "X ", "·": "- ", "…": "...", "—": "-", "–": "-", "█": "#", "░": ".", "√": "sqrt ", "∂": "d"}
COLOURS = {"passed": "32", "failed": "31", "waiting": "2", "bold": "1"}


def can_show(stream: IO[str], text: str = "✓✗·…") -> bool:
    """Whether a stream's encoding has these characters."""
    try:
        text.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def wants_colour(stream: IO[str] | None = None) -> bool:
    """Colour is for terminals whose owner hasn't asked for none (https://no-color.org)."""
    stream = stream or sys.stdout
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def plain_ascii(text: str) -> str:
    """The text for a stream that knows ASCII only."""
    for sign, replacement in ASCII.items():
        text = text.replace(sign, replacement)
    return text.encode("ascii", "replace").decode()


def show(text: str, stream: IO[str] | None = None) -> None:
    """Print a text, in whatever characters the stream can show."""
    stream = stream or sys.stdout
    if not can_show(stream):
        text = plain_ascii(text)
    encoding = getattr(stream, "encoding", None) or "ascii"
    print(text.encode(encoding, "replace").decode(encoding), file=stream, flush=True)


def text(verdict: Verdict, color: bool = False, brief: bool = False) -> str:
    """The verdict for a terminal, in at most 25 lines and what the component printed.

    Args:
        verdict: what to show.
        color: with ANSI colours.
        brief: one line for a component that is done or not begun.
    """

    def paint(style: str, line: str) -> str:
        return f"\033[{COLOURS[style]}m{line}\033[0m" if color else line

    place = f"lab {verdict.lab:02d} · {verdict.location}"
    gap = " " * max(2, WIDTH - len(verdict.component) - len(place))
    lines = [paint("bold", verdict.component) + gap + paint("waiting", place)]
    count = len(verdict.checks)
    untouched = verdict.state == "unfinished" and verdict.counted("waiting") == count
    if verdict.passed and brief:
        return "\n".join([*lines, paint("passed", f"  ✓ all {count} checks pass")])
    if verdict.note:
        sign = "·" if verdict.state == "unfinished" else "✗"
        style = "waiting" if verdict.state == "unfinished" else "failed"
        first, *rest = verdict.note.splitlines()
        lines += [paint(style, f"  {sign} {first}"), *(f"    {line}" for line in rest[: MAX_MESSAGE + 4])]
    passed = [check for check in verdict.checks if check.state == "passed"]
    red = [check for check in verdict.checks if check.state == "failed"]
    waiting = verdict.counted("waiting")
    room = max(3, MAX_LINES - len(lines) - sum(2 + len(_message(check, verdict)) for check in red[:3]) - 4)
    if len(passed) > room:
        lines.append(paint("passed", f"  ✓ {len(passed) - room + 1} checks before these"))
        passed = passed[-(room - 1) :]
    shown_red = red if len(red) <= 3 else red[:3]
    chosen = [check for check in verdict.checks if check in passed or check in shown_red]
    for check in chosen:
        lines.append(paint(check.state, f"  {SIGNS[check.state]} {check.sentence}"))
        if check.state == "failed":
            lines += [f"      {line}" for line in _message(check, verdict)]
            if verdict.diagnosis and check is red[0]:
                lines.append(paint("bold", f"      {verdict.diagnosis}"))
    if len(red) > len(shown_red):
        lines.append(paint("failed", f"  ✗ {len(red) - len(shown_red)} more checks are red"))
    if waiting and not untouched and verdict.state != "broken":
        wait = "check waits" if waiting == 1 else "checks wait"
        lines.append(paint("waiting", f"  · {waiting} more {wait} for this one" if red else f"  · {waiting} {wait}"))
    elif waiting and untouched and not brief:
        lines.append(
            paint("waiting", f"  · {waiting} {'check waits' if waiting == 1 else 'checks wait'} for your code")
        )
    lines += _printed(verdict)
    if verdict.passed:
        lines.append(paint("passed", f"  all {count} checks pass"))
    elif verdict.next_step and not (untouched and brief):
        lines.append(f"  next: {verdict.next_step}")
    return "\n".join(lines)


def _message(check: CheckResult, verdict: Verdict) -> list[str]:
    """A red check's message, unless the verdict's note says the same."""
    lines = (check.message or "").splitlines()
    if check.message and verdict.note and check.message in verdict.note:
        return []
    return lines if len(lines) <= MAX_MESSAGE else [*lines[:MAX_MESSAGE], "…"]


def _printed(verdict: Verdict) -> list[str]:
    """The last lines of what the learner's code printed, where it helps: beside a verdict that isn't a pass."""
    if verdict.passed or not verdict.printed.strip():
        return []
    lines = [_visible(line) for line in verdict.printed.rstrip("\n").splitlines()]
    head = (
        "  your code printed:" if len(lines) <= MAX_PRINTED else f"  your code printed (the last {MAX_PRINTED} lines):"
    )
    return [head, *(f"    | {line[:120]}" for line in lines[-MAX_PRINTED:])]


def _visible(line: str) -> str:
    """A printed line without characters that move a terminal's cursor or change its colours."""
    return "".join(character if character.isprintable() or character == "\t" else "·" for character in line)


# Colours that are legible on a white page and on a dark one, unless a page brings its own (the book does); everything
# else is inherited from the notebook's theme.
GREEN, RED, GREY = "var(--vj-passed,#24895a)", "var(--vj-failed,#d1443c)", "var(--vj-quiet,#7a7a7a)"
STYLE = {"passed": f"color:{GREEN}", "failed": f"color:{RED}", "waiting": f"color:{GREY}"}
EDGE = {"passed": GREEN, "failed": RED, "unfinished": GREY, "broken": RED}
PRE = "margin:.2em 0 .2em 1.6em;padding:0;white-space:pre-wrap;background:transparent;color:inherit;font-size:.95em"


def html(verdict: Verdict) -> str:
    """The verdict for a notebook: a small block that needs no script, no style sheet and no picture."""
    rows = []
    if verdict.note:
        sign = "waiting" if verdict.state == "unfinished" else "failed"
        first, _, rest = verdict.note.partition("\n")
        rows.append(row(sign, escape(first)))
        if rest:
            rows.append(f"<pre style='{PRE}'>{escape(textwrap.dedent(rest))}</pre>")
    red = [check for check in verdict.checks if check.state == "failed"]
    green = "".join(row("passed", escape(check.sentence)) for check in verdict.checks if check.state == "passed")
    count = verdict.counted("passed")
    if count:
        said = (
            f"all {count} checks pass"
            if verdict.passed
            else f"{count} {'check passes' if count == 1 else 'checks pass'}"
        )
        summary = f"<summary style='cursor:pointer;{STYLE['passed']}'>✓ {said}</summary>"
        rows.append(f"<details>{summary}<div style='margin-left:1em'>{green}</div></details>")
    for check in red:
        rows.append(row("failed", f"<b>{escape(check.sentence)}</b>"))
        rows.append(f"<pre style='{PRE}'>{escape(chr(10).join(_message(check, verdict)))}</pre>")
        if verdict.diagnosis and check is red[0]:
            rows.append(f"<div style='margin-left:1.6em'><b>{escape(verdict.diagnosis)}</b></div>")
    waiting = verdict.counted("waiting")
    if waiting and red:
        wait = "check waits" if waiting == 1 else "checks wait"
        rows.append(row("waiting", f"{waiting} more {wait} for this one"))
    printed = _printed(verdict)
    if printed:
        body = escape("\n".join(line[6:] for line in printed[1:]))
        rows.append(
            f"<details><summary>{escape(printed[0].strip())}</summary><pre style='{PRE}'>{body}</pre></details>"
        )
    if verdict.state in ("failed", "unfinished"):
        rows.append(
            f"<div style='{STYLE['waiting']}'>next: <code>vibejam hint {escape(verdict.component)}</code></div>"
        )
    head = (
        f"<div style='display:flex;flex-wrap:wrap;align-items:baseline;gap:0 1em'>"
        f"<b><code style='background:transparent;color:inherit;padding:0'>{escape(verdict.component)}</code></b>"
        f"<span style='{STYLE['waiting']}'>lab {verdict.lab:02d} · {escape(verdict.location)}</span></div>"
    )
    style = f"border-left:3px solid {EDGE[verdict.state]};padding:.2em 0 .2em .8em;margin:.3em 0;"
    style += "line-height:1.5;max-width:52em"
    return f"<div style='{style}'>{head}{''.join(rows)}</div>"


def row(state: str, body: str) -> str:
    """A line of HTML with the sign of its state."""
    return f"<div><span style='{STYLE[state]}'>{SIGNS[state]}</span> {body}</div>"
