"""The progress board: every lab, its components and milestones, and the next thing to do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from vibejam_core.course.curriculum import COMPONENTS, LABS, lab_of
from vibejam_core.course.progress import Standing

COLUMN = 42
"""Where the second column begins: the longest milestone is 'training step completes'."""
SIGNS: dict[Standing, str] = {"passed": "✓", "stale": "~", "started": "›", "untouched": "·", "unreadable": "✗"}
SAID: dict[Standing, str] = {
    "passed": "",
    "stale": "edited since it passed: check it again",
    "started": "in progress",
    "untouched": "",
    "unreadable": "its file can't be read: vibejam check says why",
}
COLOURS: dict[Standing, str] = {"passed": "32", "stale": "33", "started": "33", "untouched": "2", "unreadable": "31"}


def text(
    standings: Mapping[str, Standing],
    milestones: Mapping[str, Mapping[str, Any]],
    color: bool = False,
    kills: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """The board as text.

    Args:
        standings: where each component stands, by its id.
        milestones: what was earned: id to date and numbers.
        color: with ANSI colours.
        kills: component id to its kill score, where there is one.
    """

    def paint(code: str, line: str) -> str:
        return f"\033[{code}m{line}\033[0m" if color else line

    done = sum(standing == "passed" for standing in standings.values())
    lines = [f"{done} of {len(standings)} components done"]
    for lab in LABS:
        whole = all(standings[component.id] == "passed" for component in lab.components)
        title = f"lab {lab.number:02d}  {lab.title}"
        lines.append("\n" + paint("32" if whole else "1", title) + paint("2", f"   {lab.minutes} min"))
        for component in lab.components:
            standing = standings[component.id]
            line = f"  {SIGNS[standing]} {component.id}"
            if SAID[standing]:
                line = f"{line:{COLUMN}}{SAID[standing]}"
            lines.append(paint(COLOURS[standing], line))
        scores = [(component.symbol, (kills or {}).get(component.id)) for component in lab.components]
        lines += [
            f"    kill score: {name} {found.get('killed')}/{found.get('total')}" for name, found in scores if found
        ]
        for milestone in lab.milestones:
            earned = milestones.get(milestone.id)
            sign = "✓" if earned else "·"
            line = f"  {sign} milestone: {milestone.title}"
            if earned:
                line = f"{line:{COLUMN}}{_day(earned.get('date'))}"
            lines.append(paint("32" if earned else "2", line))
    lines.append("\n" + paint("1", "next: ") + next_thing(standings, milestones))
    return "\n".join(lines)


def next_thing(standings: Mapping[str, Standing], milestones: Mapping[str, Mapping[str, Any]]) -> str:
    """What to do now, with the command or the file for it."""
    for component in COMPONENTS:
        standing, lab = standings[component.id], lab_of(component)
        if standing in ("stale", "unreadable"):
            return f"vibejam check {component.id}"
        if standing == "started":
            return f"finish {component.id} (lab {lab.number:02d}), then: vibejam check {component.id}"
        if standing == "untouched":
            return f"{component.id}, in labs/{lab.name}.ipynb"
    unearned = [m for lab in LABS for m in lab.milestones if m.id not in milestones]
    if unearned:
        return "your model is complete. Run it and earn its milestones: vibejam milestone"
    return "all that there is is done. Train on a text of yours: python -m scripts.train_lm --help"


def _day(date: object) -> str:
    try:
        when = datetime.fromisoformat(str(date))
    except ValueError:
        return ""
    return f"{when.day} {when:%B %Y}"
