"""A text whose tokens show how much they surprised a model: by colour, and by the line below them for who sees none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

LEVELS = (
    (1.0, "", "none", 0.0),
    (2.0, "dotted", "1px dotted", 0.16),
    (4.0, "dashed", "2px dashed", 0.32),
    (float("inf"), "solid", "3px solid", 0.5),
)
"""Up to how many nats, what the line is called, how it is drawn, and how strong the colour is."""

RGB = "196, 105, 15"  # the plots' contrast colour: legible as a tint of a white and of a dark page
BREAK = "\u21b5"  # an arrow that turns back: what a line break is shown as


def level(loss: float) -> int:
    """Which of the LEVELS a loss belongs to."""
    return next(i for i, (most, *_) in enumerate(LEVELS) if loss < most or i == len(LEVELS) - 1)


@dataclass(frozen=True)
class Coloured:
    """Tokens and their losses; as a cell's last value it shows the text, and below it what the marks mean."""

    tokens: Sequence[str]
    losses: Sequence[float]
    """Nats per token."""

    def __post_init__(self) -> None:
        if len(self.tokens) != len(self.losses):
            raise ValueError(f"there are {len(self.tokens)} tokens and {len(self.losses)} losses: give one for each")

    def words(self) -> str:
        """The picture for those who can't see it."""
        if not self.tokens:
            return "no tokens"
        most = sorted(range(len(self.tokens)), key=lambda i: -self.losses[i])[:3]
        named = ", ".join(f"{self.tokens[i]!r} at place {i + 1} ({self.losses[i]:.1f} nats)" for i in most)
        mean = sum(self.losses) / len(self.losses)
        return f"{len(self.tokens)} tokens, {mean:.2f} nats each on average; the most surprising: {named}"

    def _repr_html_(self) -> str:
        # A model may write anything, so every token is escaped; nothing of it can become a tag or an attribute.
        marked = "".join(map(_mark, self.tokens, self.losses))
        legend = " ".join(_legend(i) for i in range(len(LEVELS)))
        return (
            '<div class="surprise" style="line-height: 2; overflow-wrap: anywhere; '
            f'font-family: ui-monospace, Menlo, Consolas, monospace; white-space: pre-wrap;">{marked}</div>'
            f'<div class="surprise-legend" style="font-size: 0.85em; margin-top: 0.6em;">nats: {legend}'
            f"<br>{escape(self.words())}</div>"
        )

    def __repr__(self) -> str:
        return "".join(self.tokens) + f"\n[{self.words()}]"


def surprise(tokens: Sequence[str], losses: Sequence[float]) -> Coloured:
    """A text coloured by surprise: the stronger the colour and the line below a token, the less it was expected.

    Args:
        tokens: the pieces of the text.
        losses: how much each surprised the model, in nats; a list or a (N,) tensor.
    """
    return Coloured(tokens, [float(loss) for loss in losses])


def _mark(token: str, loss: float) -> str:
    shown = escape(token).replace("\n", f"{BREAK}\n")
    style = _style(level(loss))
    return f'<span title="{loss:.2f} nats"{style}>{shown}</span>'


def _style(number: int) -> str:
    _, name, line, strength = LEVELS[number]
    return f' style="background: rgba({RGB}, {strength:g}); border-bottom: {line} rgb({RGB});"' if name else ""


def _legend(number: int) -> str:
    """One sample of a mark with what it means."""
    most, name, _, _ = LEVELS[number]
    least = LEVELS[number - 1][0] if number else 0.0
    numbers = (
        f"{least:g} or more" if most == float("inf") else f"{least:g} to {most:g}" if number else f"below {most:g}"
    )
    return f"<span{_style(number)}>&nbsp;{numbers}{f', {name} line' if name else ''}&nbsp;</span>"
