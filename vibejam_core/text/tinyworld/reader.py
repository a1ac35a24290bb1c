"""Reading a story back: which event each piece of it tells, and what the pieces are that tell none."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vibejam_core.text.tinyworld.events import happen
from vibejam_core.text.tinyworld.grammar import Line
from vibejam_core.text.tinyworld.state import State
from vibejam_core.text.tinyworld.story import LINES

ALL_LINES = tuple(line for lines in LINES.values() for line in lines)
"""Every line that a story can have."""

_NEXT = re.compile(r'[.!?]"?\s+(?=["A-Z])')
_GAP = re.compile(r"\n\n| ?")


@dataclass
class Reading:
    """What was understood of a story."""

    state: State = field(default_factory=State)
    events: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    cut_off: bool = False
    """Whether the last piece is only the beginning of a line."""


def longest(text: str, position: int) -> tuple[Line, re.Match[str]] | None:
    """The line that covers most of the text from a position on."""
    best: tuple[Line, re.Match[str]] | None = None
    for line in ALL_LINES:
        match = line.pattern.match(text, position)
        if match and (best is None or match.end() > best[1].end()) and _ends(text, match.end()):
            best = line, match
    return best


def _ends(text: str, position: int) -> bool:
    """Whether a sentence can end here."""
    return position == len(text) or text[position] in " \n"


def derivations(text: str) -> int:
    """In how many ways a text divides into lines of stories; 1 for every story."""
    ways = {0: 1}
    for position in range(len(text)):
        here = ways.get(position, 0)
        if not here:
            continue
        for line in ALL_LINES:
            match = line.pattern.match(text, position)
            if match and _ends(text, match.end()):
                gap = _GAP.match(text, match.end())
                end = gap.end() if gap else match.end()
                ways[end] = ways.get(end, 0) + here
    return ways.get(len(text), 0)


def read_story(text: str) -> Reading:
    """Read a story from start to end; what can't be read is skipped, sentence by sentence, and listed."""
    reading = Reading()
    state = reading.state
    position = previous = 0  # of this piece and of the one before, which may have been the beginning of a longer line
    while position < len(text):
        found = longest(text, position)
        if found is None:
            if any(line.begins(text[start:]) for start in (position, previous) for line in ALL_LINES):
                reading.cut_off = True
                break
            skip = _NEXT.search(text, position)
            end = skip.end() if skip else len(text)
            if piece := text[position:end].strip():
                reading.faults.append(f'broken sentence: "{piece}"')
            position = end
            continue
        line, match = found
        roles, wrong = line.read(match)
        if state.thing < 0 and line.event != "open":
            reading.faults.append("the story does not begin at its beginning, so nobody knows who has what")
        before = len(state.faults)
        happen(state, line.event, roles)
        reading.events.append(line.event)
        reading.faults += [f"{fault} (in: {match[0]})" for fault in wrong + state.faults[before:]]
        gap = _GAP.match(text, match.end())
        previous, position = position, gap.end() if gap else match.end()
    return reading
