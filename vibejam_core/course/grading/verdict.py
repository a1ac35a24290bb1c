"""What the grader says about a component."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

State = Literal["passed", "failed", "unfinished", "broken"]
CheckState = Literal["passed", "failed", "waiting"]


@dataclass(frozen=True)
class CheckResult:
    """What came of one check."""

    name: str
    sentence: str
    """What must hold."""
    state: CheckState
    """``waiting``: an earlier check is red, so this one is not shown yet."""
    message: str | None = None
    """For a red check: expected, got, and where."""
    seconds: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """What the grader says about a component."""

    component: str
    """Its id."""
    state: State
    """``passed``: every part is the learner's and every check is green. ``failed``: a check is red. ``unfinished``: a
    part is not written yet. ``broken``: it could not be graded, because it can't be loaded or ended the process."""
    checks: tuple[CheckResult, ...]
    diagnosis: str | None = None
    """The known mistake that it looks like."""
    note: str | None = None
    """Why it is unfinished or broken."""
    parts: dict[str, str] = field(default_factory=dict)
    """Part to origin: ``yours``, ``stub``, ``missing``, ``reference``."""
    location: str = ""
    """``labs/mygpt/gpt.py:41``."""
    lab: int = 0
    next_step: str = ""
    """The command that helps on."""
    printed: str = ""
    """The end of what the component printed while it was checked."""
    seconds: float = 0.0
    came_to_end: bool = False
    """Whether the checks ended by themselves: not by a limit, an exit or a crash. Such code may run in a notebook."""

    @property
    def passed(self) -> bool:
        """Whether it is done."""
        return self.state == "passed"

    def counted(self, state: CheckState) -> int:
        """How many checks are in this state."""
        return sum(check.state == state for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """The verdict as plain data."""
        return {**asdict(self), "checks": [asdict(check) for check in self.checks]}
