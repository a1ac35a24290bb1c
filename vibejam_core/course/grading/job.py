"""What a worker is asked to try."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any

SECONDS = 20.0
GIBIBYTES = 4.0


def time_limit() -> float:
    """Seconds that the checks of one component may take; ``VIBEJAM_TIME_LIMIT`` sets it.

    Raises:
        ValueError: if the variable holds no positive number.
    """
    text = os.environ.get("VIBEJAM_TIME_LIMIT", "")
    try:
        seconds = float(text or SECONDS)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ValueError(f"VIBEJAM_TIME_LIMIT must be a number of seconds above 0, but it is {text!r}")
    return seconds


@dataclass(frozen=True)
class Job:
    """What to try. It travels to the worker as JSON."""

    component: str
    impl: str = "mine"
    """``mine``: the learner's file. ``core``: the reference itself, which has nothing to do with any learner."""
    path: str | None = None
    """The learner's file."""
    source: str | None = None
    """Instead of a file: the text of a whole module."""
    all_checks: bool = False
    """Give the checks after the first red one as much time as those before it; they are run in any case."""
    only: tuple[str, ...] | None = None
    """The names of the checks to run; None is all of them."""
    tests: str | None = None
    """Instead of the course's checks: the text of a learner's own tests, of which ``only`` names those to run."""
    tests_named: str = "your tests"
    """What to call these tests' file in messages."""
    seconds: float = SECONDS
    gibibytes: float = GIBIBYTES

    def to_json(self) -> dict[str, Any]:
        """The job as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Job:
        """The job that :meth:`to_json` described."""
        only = data.get("only")
        return cls(**{**data, "only": None if only is None else tuple(only)})
