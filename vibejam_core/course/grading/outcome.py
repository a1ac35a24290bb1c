"""What a worker reports about one job, as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Trace = list[list[Any]]
"""``[kind, what, got]`` for each demand that a check made, in order."""


@dataclass
class Result:
    """What came of one check."""

    name: str
    passed: bool
    message: str | None
    seconds: float
    trace: Trace = field(default_factory=list)


@dataclass
class Outcome:
    """What came of one job, however it ended."""

    parts: dict[str, str] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)
    broken: str | None = None
    """Why the module could not be loaded, or why the trial did not come to its end."""
    done: bool = False
    """Whether the trial came to its end."""
    running: str | None = None
    """The check that had started and not finished when the trial ended."""
    ended: str | None = None
    """How the process ended, in words, where it ended before the trial did: for example by its time limit."""
    limited: bool = False
    """Whether it was ended by a limit of the grader's, and not by the learner's code."""
    printed: str = ""
    """The end of what the learner's code printed."""
    seconds: float = 0.0

    @classmethod
    def of(cls, records: Iterable[list[Any]]) -> Outcome:
        """Put together what a trial emitted. Records of the wrong form are passed over."""
        outcome = cls()
        for record in records:
            outcome.add(record)
        return outcome

    def add(self, record: list[Any]) -> None:
        """Take in one record."""
        match record:
            case ["parts", dict(parts)]:
                self.parts = {str(name): str(origin) for name, origin in parts.items()}
            case ["start", str(name)]:
                self.running = name
            case ["result", str(name), "passed" | "failed" as state, message, float(seconds), list(trace)]:
                self.results[name] = Result(name, state == "passed", message, seconds, trace)
                self.running = None
            case ["broken", str(note)]:
                self.broken = note
            case ["done"]:
                self.done = True
            case ["ended", str(how), bool(limited)]:
                self.ended, self.limited = how, limited
            case ["printed", str(text)]:
                self.printed = text
            case ["seconds", float(seconds)]:
                self.seconds = seconds

    @property
    def failed(self) -> list[str]:
        """The names of the red checks, in the order in which they ran."""
        return [result.name for result in self.results.values() if not result.passed]

    @property
    def green(self) -> bool:
        """Whether the trial came to its end, ran at least one check, and none was red."""
        return self.done and self.broken is None and bool(self.results) and not self.failed
