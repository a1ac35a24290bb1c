"""What the labs' demo cells use beside the course's own code: plots, sliders, and running a program.

Everything here is about showing; nothing about language models is hidden in it.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vibejam_core.course.figures import Picture, bars, curves, gallery, heatmaps, letters, shares, visible
from vibejam_core.course.live import bundle
from vibejam_core.course.pieces import Pieces, show_tokens, try_tokens
from vibejam_core.course.replay import replay
from vibejam_core.course.short_run import short_run
from vibejam_core.course.storyteller import storyteller
from vibejam_core.course.surprise import Coloured, surprise
from vibejam_core.course.workspace import Workspace, repo_root

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "Coloured",
    "Picture",
    "Pieces",
    "Playground",
    "attention_maps",
    "bars",
    "curves",
    "dials",
    "gallery",
    "heatmaps",
    "letters",
    "play",
    "program",
    "record",
    "recorded",
    "replay",
    "shares",
    "short_run",
    "show_tokens",
    "storyteller",
    "surprise",
    "try_tokens",
    "visible",
    "wrapped",
]


class Playground:
    """Sliders above a picture that is drawn again whenever one of them moves.

    Where there is a kernel, the sliders show; where there is none (the book's pages), the picture for the starting
    values stands in their place: both are offered, and the page takes what it can show.

    Args:
        draw: makes the picture from one value of each slider, in their order.
        sliders: ``label: (choices, start)``.
    """

    def __init__(self, draw: Callable[..., Picture], sliders: Mapping[str, tuple[Sequence[Any], Any]]) -> None:
        for choices, start in sliders.values():
            if start not in choices:
                raise ValueError(f"start {start!r} is not one of the choices: {', '.join(map(repr, choices))}")
        self.draw, self.sliders = draw, sliders
        self.picture = draw(*(start for _, start in sliders.values()))

    def widget(self) -> Any:
        """The live version: ``ipywidgets`` only, no output areas (those can hang a notebook that runs unattended)."""
        import ipywidgets as widgets  # type: ignore[import-untyped]

        sliders = [
            widgets.SelectionSlider(
                options=list(choices), value=start, description=label, continuous_update=False,
                style={"description_width": "initial"}, layout=widgets.Layout(width="min(480px, 100%)"),
            )
            for label, (choices, start) in self.sliders.items()
        ]  # fmt: skip
        image = widgets.Image(value=self.picture.png, format="png", layout=widgets.Layout(max_width="100%"))
        image.width = self.picture.width

        def redraw(_: dict[str, Any]) -> None:
            image.value = self.draw(*(slider.value for slider in sliders)).png

        for slider in sliders:
            slider.observe(redraw, names="value")
        return widgets.VBox([*sliders, image])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        what = "this is a slider" if len(self.sliders) == 1 else "these are sliders"
        caption = f"<div>{self.settings()} (in the notebook {what})</div>"
        return bundle(self.widget(), caption + self.picture._repr_html_(), repr(self))

    def settings(self) -> str:
        """Where the sliders stand at the start."""
        return ", ".join(f"{label}: {start}" for label, (_, start) in self.sliders.items())

    def __repr__(self) -> str:
        return f"{self.settings()} {self.picture!r}"


def play(draw: Callable[[Any], Picture], label: str, choices: Sequence[Any], start: Any) -> Playground:
    """Something to play with: ``draw(value)`` makes the picture for one of the choices."""
    return Playground(draw, {label: (choices, start)})


def dials(draw: Callable[..., Picture], sliders: Mapping[str, tuple[Sequence[Any], Any]]) -> Playground:
    """The same with several sliders, ``label: (choices, start)``: ``draw`` takes one value of each, in their order."""
    return Playground(draw, sliders)


def program(command: str, *, lines: int = 16, timeout: float = 60) -> None:
    """Run one of the course's programs with your components in it, and print the end of what it says.

    The same as ``VIBEJAM_IMPL=mine python -m COMMAND`` in a terminal at the course's root.

    Args:
        command: a module and its arguments, for example ``scripts.train_lm --corpus pydocs``.
        lines: how many of the last lines to print.
        timeout: seconds after which the program is stopped.
    """
    environment = {**os.environ, "VIBEJAM_WORKSPACE": str(Workspace.find().root)}
    environment.setdefault("VIBEJAM_IMPL", "mine")
    print(f"$ VIBEJAM_IMPL={environment['VIBEJAM_IMPL']} python -m {command}")
    try:
        done = subprocess.run(
            [sys.executable, "-m", *shlex.split(command)], cwd=repo_root(), env=environment, timeout=timeout,
            text=True, encoding="utf-8", errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        print(f"Stopped after {timeout:.0f} s. In a terminal it may run as long as you like.")
        return
    # A progress bar redraws its line after a carriage return: only the last state of each line is worth keeping.
    said = [re.split(r"\r(?!$)", line.rstrip("\r"))[-1] for line in done.stdout.split("\n")]
    print("\n".join([line for line in said if line.strip()][-lines:]))
    if done.returncode:
        print(f"The program ended with exit code {done.returncode}.")


def recorded(name: str) -> dict[str, tuple[list[float], list[float]]]:
    """Loss curves from runs that would take too long for a cell: ``name: (steps, losses)``.

    They lie in ``book/figures/curves``, each file with the command that made it.
    """
    return {label: (curve["step"], curve["loss"]) for label, curve in record(name)["curves"].items()}


def wrapped(text: str, width: int = 80) -> str:
    """A text with lines that fit a page; its own line breaks stay."""
    return "\n".join(textwrap.fill(line, width) for line in text.split("\n"))


def record(name: str) -> dict[str, Any]:
    """All that is kept of such runs: beside the curves the command, the machine, the settings and what was found."""
    file = repo_root() / "book" / "figures" / "curves" / f"{name}.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def attention_maps(attention: Any, x: Tensor, n_head: int = 1) -> list[Tensor]:
    """The attention weights of a ``Head``, or of each head of a ``MultiHeadAttention``, measured from outside.

    The output is the weighted sum of the values. So values that are one-hot (position 0 says "I am 0", and so on) make
    the output the weights themselves. Works however the module computes, as long as its projections have their names.

    Args:
        attention: the module.
        x: (1, T, C) what comes in.
        n_head: only for a ``MultiHeadAttention`` with one fused ``qkv``: how many heads it has.

    Returns:
        One (T, T) tensor per head: row t says how much position t takes from each position.
    """
    import torch

    if hasattr(attention, "heads"):
        return [each for head in attention.heads for each in attention_maps(head, x)]
    fused = hasattr(attention, "qkv")
    layer = attention.qkv if fused else attention.value
    width = layer.weight.shape[0] // (3 if fused else 1)  # of the values of all heads together
    T, D = x.shape[1], width // n_head
    columns: list[Tensor] = []  # each (H, T, D): what all positions take from D of them

    def swap(start: int) -> Any:
        values = torch.eye(T, T + D, dtype=x.dtype)[:, start : start + D].repeat(1, n_head)  # (T, H * D)

        def hook(_module: Any, _inputs: Any, output: Tensor) -> Tensor:
            return torch.cat([output[..., : output.shape[-1] - width], values[None].to(output)], dim=-1)

        return hook

    was_training = attention.training
    attention.eval()
    joined: list[Tensor] = []
    listener = (
        attention.proj.register_forward_pre_hook(lambda _, inputs: joined.append(inputs[0])) if n_head > 1 else None
    )
    with torch.no_grad():
        for start in range(0, T, D):
            handle = layer.register_forward_hook(swap(start))
            out = attention(x)
            handle.remove()
            columns.append((joined[-1] if n_head > 1 else out)[0].view(T, n_head, D).transpose(0, 1))
    if listener is not None:
        listener.remove()
    attention.train(was_training)
    return list(torch.cat(columns, dim=-1)[..., :T])
