"""What the labs' demo cells use beside the course's own code: plots, one slider, and running a program.

Everything here is about showing; nothing about language models is hidden in it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from vibejam_core.course.figures import Picture, bars, curves, heatmaps, letters, visible
from vibejam_core.course.workspace import Workspace, repo_root

__all__ = ["Picture", "Playground", "bars", "curves", "heatmaps", "letters", "play", "program", "visible"]


class Playground:
    """A slider above a picture that is drawn again whenever the slider moves.

    Where there is a kernel, the slider shows; where there is none (the book's pages), the picture for the starting
    value stands in its place: both are offered, and the page takes what it can show.
    """

    def __init__(self, draw: Callable[[Any], Picture], label: str, choices: Sequence[Any], start: Any) -> None:
        if start not in choices:
            raise ValueError(f"start {start!r} is not one of the choices: {', '.join(map(repr, choices))}")
        self.draw, self.label, self.choices, self.start = draw, label, list(choices), start
        self.picture = draw(start)

    def widget(self) -> Any:
        """The live version: ``ipywidgets`` only, no output areas (those can hang a notebook that runs unattended)."""
        import ipywidgets as widgets  # type: ignore[import-untyped]

        slider = widgets.SelectionSlider(
            options=self.choices, value=self.start, description=self.label, continuous_update=False,
            style={"description_width": "initial"}, layout=widgets.Layout(width="min(480px, 100%)"),
        )  # fmt: skip
        image = widgets.Image(value=self.picture.png, format="png", layout=widgets.Layout(max_width="100%"))
        image.width = self.picture.width

        def redraw(change: dict[str, Any]) -> None:
            image.value = self.draw(change["new"]).png

        slider.observe(redraw, names="value")
        return widgets.VBox([slider, image])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = self.widget()._repr_mimebundle_()
        caption = f"<div>{self.label}: {self.start} (in the notebook this is a slider)</div>"
        return {**bundle, "text/plain": repr(self), "text/html": caption + self.picture._repr_html_()}

    def __repr__(self) -> str:
        return f"{self.label}: {self.start} {self.picture!r}"


def play(draw: Callable[[Any], Picture], label: str, choices: Sequence[Any], start: Any) -> Playground:
    """Something to play with: ``draw(value)`` makes the picture for one of the choices."""
    return Playground(draw, label, choices, start)


def program(module: str, *arguments: str, lines: int = 16, timeout: float = 60) -> None:
    """Run one of the course's programs with your components in it, and print the end of what it says.

    The same as ``VIBEJAM_IMPL=mine python -m module arguments…`` in a terminal at the course's root.

    Args:
        module: for example ``scripts.train_lm``.
        arguments: of the command line.
        lines: how many of the last lines to print.
        timeout: seconds after which the program is stopped.
    """
    environment = {**os.environ, "VIBEJAM_WORKSPACE": str(Workspace.find().root)}
    environment.setdefault("VIBEJAM_IMPL", "mine")
    print(f"$ VIBEJAM_IMPL={environment['VIBEJAM_IMPL']} python -m {module} {' '.join(arguments)}")
    command = [sys.executable, "-m", module, *arguments]
    try:
        done = subprocess.run(
            command, cwd=repo_root(), env=environment, timeout=timeout, text=True, encoding="utf-8", errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        print(f"Stopped after {timeout:.0f} s. In a terminal it may run as long as you like.")
        return
    # A progress bar redraws its line after a carriage return: only the last state of each line is worth keeping.
    said = [re.split(r"\r(?!$)", line.rstrip("\r"))[-1] for line in done.stdout.split("\n")]
    print("\n".join([line for line in said if line.strip()][-lines:]))
    if done.returncode:
        print(f"The program ended with exit code {done.returncode}.")
