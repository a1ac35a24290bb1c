"""How far ``VIBEJAM_IMPL=strict`` goes: which components are never borrowed.

Where a program trains one architecture, it is that architecture's own components, so that the program walks from one
unwritten part of it to the next and the reference does the rest. Everywhere else it is all components.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from vibejam_core.course.curriculum import WALKS
from vibejam_core.course.grafting.explain import SettingError
from vibejam_core.training.config import TrainConfig

WALK = "VIBEJAM_WALK"
EVERYTHING = "everything"


def walk(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The architecture whose components are never borrowed, or ``everything``.

    Args:
        arguments: the program's, as in ``sys.argv``: with ``--arch NAME`` it is that one, and ``scripts.train_lm``
            without it trains the usual one. With ``--resume`` the run itself says which, so there it is everything.
        environment: ``VIBEJAM_WALK`` in it decides before all else. It is set for child processes.

    Raises:
        SettingError: if ``VIBEJAM_WALK`` is neither an architecture nor ``everything``.
    """
    chosen = environment.get(WALK)
    if chosen:
        if chosen not in (*WALKS, EVERYTHING):
            raise SettingError(
                f"{WALK} is {chosen!r}, which means nothing here. Set it to one of {', '.join(WALKS)}, to borrow no "
                f"component of that architecture, or to {EVERYTHING}, or leave it unset."
            )
        return chosen
    for argument, following in zip(arguments, [*arguments, ""][1:], strict=True):
        if argument == "--arch" or argument.startswith("--arch="):
            return argument.partition("=")[2] or following
    program = Path(arguments[0]).stem if arguments else ""
    return TrainConfig.arch if program == "train_lm" and "--resume" not in arguments else EVERYTHING


def never_borrowed(chosen: str) -> tuple[str, ...] | None:
    """The ids of the components of a walk; None stands for all.

    An architecture that has none of its own, or that doesn't exist (as the program will say), borrows what it needs.
    """
    return None if chosen == EVERYTHING else WALKS.get(chosen, ())
