"""A kill score as text for a terminal, and as HTML for a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from vibejam_core.course.grading.kill import Kill, Rejection, Score
from vibejam_core.course.grading.report import COLOURS, GREEN, GREY, MAX_MESSAGE, PRE, RED, WIDTH, row

HINTED = 3
"""How many survivors are named unless all are asked for."""
BAR = 30
WRITE = "Write your test here: replace the line that raises NotImplementedError, and run it again."


def summary(score: Score) -> str:
    """The result in one sentence."""
    if score.state == "unwritten":
        return WRITE
    if score.state == "rejecting":
        return "No score yet: a test must accept what is right before it can be asked what it catches."
    if score.state == "broken":
        return f"No score: {score.note}"
    if not score.tests:
        return "No score yet: every test here rejects a correct solution."
    subject = "your test kills" if len(score.tests) == 1 else "your tests kill"
    return f"{subject} {len(score.killed)} of {score.total} known mistakes"


def text(score: Score, color: bool = False, everything: bool = False, more: str = "") -> str:
    """The score for a terminal.

    Args:
        score: what to show.
        color: with ANSI colours.
        everything: name every mistake, caught or not.
        more: the command that does so.
    """

    def paint(style: str, line: str) -> str:
        return f"\033[{COLOURS[style]}m{line}\033[0m" if color else line

    head = f"{len(score.killed)}/{score.total}" if score.state == "scored" else ""
    place = f"kill score {head}".strip()
    lines = [paint("bold", score.component) + " " * max(2, WIDTH - len(score.component) - len(place)) + place]
    for rejection in score.rejections:
        told, *what = _told(rejection).splitlines()
        lines += [paint("failed", f"  ✗ {told}"), *(f"    {line}" for line in what)]
        lines += [f"      {line}" for line in rejection.message.splitlines()[:MAX_MESSAGE]]
    lines += _left_out(score)
    first, *rest = summary(score).splitlines()
    counted = score.state == "scored" and bool(score.tests)
    lines += [paint("bold" if counted else "waiting", f"  {first}"), *(f"    {line}" for line in rest)]
    if not counted:
        return "\n".join(lines)
    done = round(BAR * len(score.killed) / max(1, score.total))
    lines.append("  " + paint("passed", "█" * done) + paint("waiting", "░" * (BAR - done)))
    if everything:
        lines += [paint("passed", f"  ✓ {kill.sentence}") + f"   ({_how(kill)})" for kill in score.killed]
    shown = score.survivors if everything else score.survivors[:HINTED]
    if shown:
        lines.append(f"  {_alive(shown, score)}")
        lines += [paint("waiting", f"  · {sentence}") for sentence in shown]
    else:
        lines.append(paint("passed", "  none is still alive"))
    if len(shown) < len(score.survivors) and more:
        lines.append(f"  all {len(score.survivors)}: {more}")
    return "\n".join(lines)


def html(score: Score, everything: bool = False) -> str:
    """The score for a notebook: a small block that needs no script and no style sheet."""
    rows = []
    for rejection in score.rejections:
        told, *what = _told(rejection).splitlines()
        rows.append(row("failed", " ".join([f"<b>{escape(told)}</b>", *map(escape, what)])))
        rows.append(f"<pre style='{PRE}'>{escape(rejection.message)}</pre>")
    rows += [f"<div>{escape(line.strip())}</div>" for line in _left_out(score)]
    counted = score.state == "scored" and bool(score.tests)
    first, _, rest = summary(score).partition("\n")
    rows.append(f"<div>{'<b>' if counted else ''}{escape(first)}{'</b>' if counted else ''}</div>")
    rows += [f"<pre style='{PRE}'>{escape(rest)}</pre>"] if rest else []
    if counted:
        rows.append(_bar(score))
        if score.killed:
            rows.append(_fold("✓ what was caught", "".join(row("passed", _caught(kill)) for kill in score.killed)))
        hinted = score.survivors[:HINTED]
        if hinted:
            rows.append(f"<div>{_alive(hinted, score)}</div>")
            rows += [row("waiting", escape(sentence)) for sentence in hinted]
        else:
            rows.append(row("passed", "none is still alive"))
        others = score.survivors[HINTED:]
        if others and everything:
            rows += [row("waiting", escape(sentence)) for sentence in others]
        elif others:
            rows.append(_quiet(f"the other {len(others)}: %%kill {score.component} --all"))
    edge = GREEN if counted and not score.survivors else RED if score.rejections or score.state == "broken" else GREY
    style = f"border-left:3px solid {edge};padding:.2em 0 .2em .8em;margin:.3em 0;line-height:1.5;max-width:52em"
    code = f"<code style='background:transparent;color:inherit;padding:0'>{escape(score.component)}</code>"
    return f"<div style='{style}'><b>{code}</b>{''.join(rows)}</div>"


def _told(rejection: Rejection) -> str:
    if rejection.what == "the reference":
        return f"{rejection.test} rejects a correct solution, the reference"
    return f"{rejection.test} is too strict, so it doesn't count. It rejects a correct solution:\n{rejection.what}"


def _left_out(score: Score) -> list[str]:
    if score.state == "unwritten" or not score.unwritten:
        return []
    return [f"  not written yet, so left out: {', '.join(score.unwritten)}"]


def _alive(shown: Sequence[str], score: Score) -> str:
    return "still alive:" if len(shown) == len(score.survivors) else "still alive, among others:"


def _how(kill: Kill) -> str:
    if kill.how == "rejected":
        return f"by {kill.test}"
    return f"stopped, in {kill.test}" if kill.test else "stopped"


def _caught(kill: Kill) -> str:
    return f"{escape(kill.sentence)} <span style='color:{GREY}'>({escape(_how(kill))})</span>"


def _bar(score: Score) -> str:
    said = f"{len(score.killed)} of {score.total}"
    percent = 100 * len(score.killed) / max(1, score.total)
    return (
        f"<div role='img' aria-label='{said}' style='height:.7em;max-width:24em;margin:.3em 0;border:1px solid {GREY};"
        f"border-radius:3px'><div style='width:{percent:.1f}%;height:100%;background:{GREEN}'></div></div>"
    )


def _fold(summary: str, body: str) -> str:
    head = f"<summary style='cursor:pointer;color:{GREEN}'>{summary}</summary>"
    return f"<details>{head}<div style='margin-left:1em'>{body}</div></details>"


def _quiet(text: str) -> str:
    return f"<div style='color:{GREY}'>{escape(text)}</div>"
