"""What the programs in this folder share: options from dataclasses, errors as one paragraph without a traceback."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

Options = TypeVar("Options")
OUR_FOLDERS = [Path(__file__).parent, Path(__file__).parent.parent / "vibejam_core"]
COURSE = Path(__file__).parent.parent / "vibejam_core" / "course"


def run(main: Callable[[], int | None]) -> NoReturn:
    """Run a program and leave with its exit code: 2 after an error, 130 after Ctrl-C.

    An error that our own code raises on purpose is told in a paragraph. Any other one is a bug, ours or in a
    component of yours, and keeps its traceback; ``VIBEJAM_TRACEBACK=1`` shows it for the former too. What the course
    has to say about your code (not written yet, not Python yet) it says itself: see
    vibejam_core.course.grafting.explain.
    """
    if hasattr(sys.stdout, "reconfigure"):  # a console that can't show a character shows a question mark instead
        sys.stdout.reconfigure(errors="replace")
    try:
        code = main() or 0
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        code = 130
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except (ValueError, OSError) as error:
        if not meant_for_people(error) or os.environ.get("VIBEJAM_TRACEBACK"):
            raise
        print(f"error: {one_paragraph(str(error))}", file=sys.stderr)
        code = 2
    sys.exit(code)


def meant_for_people(error: Exception) -> bool:
    """Whether the message alone is enough: an OSError, or a ValueError from our own code."""
    if not isinstance(error, ValueError):
        return True
    raised_in = Path(traceback.extract_tb(error.__traceback__)[-1].filename).resolve()
    if raised_in.is_relative_to(COURSE.resolve()):
        return False
    return any(raised_in.is_relative_to(folder.resolve()) for folder in OUR_FOLDERS)


def one_paragraph(text: str) -> str:
    """The text with every line break and run of spaces made one space."""
    return " ".join(text.split())


def options(kind: type[Options], program: str, default: Options | None = None) -> Options:
    """Read the command line into a dataclass, whose fields are the options and whose docstrings are their help.

    Raises:
        ValueError: if an option is unknown or a value is wrong; the message says which, and what was expected.
    """
    import tyro  # late, like all that is slow to import: see the programs

    said = io.StringIO()
    settings: dict[str, Any] = {} if default is None else {"default": default}
    try:
        with contextlib.redirect_stderr(said):
            found: Options = tyro.cli(
                kind, prog=f"python -m {program}", config=(tyro.conf.OmitArgPrefixes,), **settings
            )
            return found
    except SystemExit as leaving:
        if not leaving.code:  # --help
            raise
    raise ValueError(f"{unboxed(said.getvalue())} All options: python -m {program} --help")


def unboxed(message: str) -> str:
    """What tyro says in a box of several sections, as plain sentences without the title and the repeated help.

    Where the console has no such characters, the box is a title and rules of hyphens.
    """
    lines = [line.strip("│╭╰╯╮ ") for line in re.sub(r"\x1b\[[0-9;]*m", "", message).splitlines()]
    sections = "\n".join("§" if re.fullmatch(r"[─-]+", line) else line for line in lines[1:]).split("§")
    kept = [one_paragraph(section) for section in sections]
    kept = [part for part in kept if part and not part.startswith(("For full helptext", "Argument helptext"))]
    kept = [re.sub(r"^Error parsing \w+: ", "", part) for part in kept]
    return " ".join(part if part.endswith((".", "?")) else f"{part}." for part in kept)
