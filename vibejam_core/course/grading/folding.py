"""An exception, told to the learner: the message, and the learner's own lines that led to it."""

from __future__ import annotations

import linecache
import re
import traceback
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

MAX_FRAMES = 5
MAX_MESSAGE = 8


@dataclass(frozen=True)
class Borrowed:
    """Which methods of a half-written class are the reference's, and the file that they come from."""

    path: str
    parts: frozenset[str]


NOTHING = Borrowed("", frozenset())


def explain(
    error: BaseException, learner: str, named: str, given: Collection[str] = (), borrowed: Borrowed = NOTHING
) -> str:
    """What was raised and where, in at most a dozen lines.

    Args:
        error: what was caught.
        learner: the path of the learner's module, as it stands in code objects.
        named: how to call that file in the message.
        given: the checks' own files; their last line is shown where none of the learner's lines is involved.
        borrowed: what of the reference stands in for parts that the learner hasn't written.
    """
    lines = [_headline(error)]
    frames = traceback.extract_tb(error.__traceback__) if not isinstance(error, RecursionError) else _ends(error)
    own = [frame for frame in frames if frame.filename == learner]
    shown: list[str] = []
    for frame in own:
        text = (frame.line or linecache.getline(learner, frame.lineno or 0)).strip()
        shown.append(f"  {named}:{frame.lineno}, in {frame.name}" + (f"\n    {text}" if text else ""))
    shown = _fold(shown)
    stand_in = next((f.name for f in frames if f.filename == borrowed.path and f.name in borrowed.parts), None)
    if not shown and stand_in is not None:
        shown = [
            f"  raised in the reference's {stand_in}, which stands in for yours: it uses what the reference's __init__",
            f"  makes, by the reference's names. Write {stand_in} to see what yours does.",
        ]
    elif not shown:
        theirs = [frame for frame in frames if frame.filename in given]
        shown = [f"  raised in the check, at:\n    {theirs[-1].line}"] if theirs else []
    return "\n".join(lines + shown)


def _headline(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "it called sys.exit(), which would end the whole program"
    if isinstance(error, KeyboardInterrupt):
        return "it raised KeyboardInterrupt, which is how Ctrl-C stops a program"
    if isinstance(error, RecursionError):
        return "RecursionError: a function calls itself, or a property asks for itself, without end"
    if isinstance(error, MemoryError) or "can't allocate memory" in _text(error):
        asked = re.search(r"allocate (\d+) bytes", _text(error))
        much = f"{int(asked[1]) / 2**30:,.1f} GiB at once, " if asked else ""
        return f"it asked for {much}more memory than the grader allows"
    if isinstance(error, NotImplementedError):
        return f"not written yet: {_cut(_text(error))}" if _text(error) else "a part is not written yet"
    message = _cut(_text(error))
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""


def _cut(message: str) -> str:
    lines = [line if len(line) <= 300 else line[:297] + "..." for line in message.splitlines() if line.strip()]
    return "\n".join(lines[:MAX_MESSAGE] + (["..."] if len(lines) > MAX_MESSAGE else []))


def _ends(error: BaseException) -> list[traceback.FrameSummary]:
    """The first few and the last few frames of a very deep traceback, without reading a line for each."""
    frames = list(traceback.walk_tb(error.__traceback__))
    chosen = frames if len(frames) <= 60 else frames[:40] + frames[-20:]
    return list(traceback.StackSummary.extract(iter(chosen)))


def _fold(shown: list[str]) -> list[str]:
    """Fold repeated frames into one, and keep only the outermost and the innermost few."""
    folded: list[str] = []
    for text in shown:
        if text not in folded:
            folded.append(text)
    if len(folded) > MAX_FRAMES:
        folded = [
            folded[0],
            f"  ... {len(folded) - MAX_FRAMES + 1} more of your lines ...",
            *folded[-(MAX_FRAMES - 2) :],
        ]
    return folded


def display_path(path: Path) -> str:
    """A path as a learner would type it: from the repository's root, else from where they are, else absolute."""
    for base in (Path(__file__).resolve().parents[3], Path.cwd()):
        try:
            return path.resolve().relative_to(base.resolve()).as_posix()
        except (ValueError, OSError):
            continue
    return str(path)
