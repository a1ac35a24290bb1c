"""A text cut into tokens, each in a box of its own: under one tokenizer, or under several to compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from vibejam_core.course.live import bundle
from vibejam_core.text.tokenizers import Tokenizer

TINTS = ("90, 120, 200", "196, 105, 15", "70, 150, 90")
"""They take turns. A line around each token says the same without colour."""
SIGNS = {" ": "\u00b7", "\n": "\u21b5", "\t": "\u21e5"}
"""What white space is shown as: it is part of the token."""


@dataclass(frozen=True)
class Pieces:
    """A text under some tokenizers; as a cell's last value it shows their tokens."""

    tokenizers: Mapping[str, Tokenizer]
    text: str

    def rows(self) -> dict[str, list[tuple[int, str]]]:
        """For each tokenizer its tokens: the id, and what it stands for. Raises what ``encode`` raises."""
        return {
            name: [(id, shown(tokenizer, id)) for id in tokenizer.encode(self.text)]
            for name, tokenizer in self.tokenizers.items()
        }

    def _repr_html_(self) -> str:
        # A reader may type anything, and a token may be anything: all of it is escaped.
        blocks = []
        for name, row in self.rows().items():
            boxes = "".join(_box(number, id, piece) for number, (id, piece) in enumerate(row))
            blocks.append(
                f'<div style="font-size: 0.85em; margin-top: 0.6em;">{escape(name)}: {self.counted(len(row))}</div>'
                '<div class="pieces" style="line-height: 2; overflow-wrap: anywhere; white-space: pre-wrap; '
                f'font-family: ui-monospace, Menlo, Consolas, monospace;">{boxes}</div>'
            )
        return "".join(blocks)

    def counted(self, n_tokens: int) -> str:
        """How many tokens, and how long they are."""
        n_bytes = len(self.text.encode("utf-8", "surrogatepass"))
        each = f", {n_bytes / n_tokens:.2f} bytes per token" if n_tokens else ""
        return f"{n_tokens:,} token{'' if n_tokens == 1 else 's'}{each}"

    def __repr__(self) -> str:
        lines = []
        for name, row in self.rows().items():
            lines.append(f"{name}: {self.counted(len(row))}\n  {'|'.join(piece for _, piece in row)}")
        return "\n".join(lines)


class Typing:
    """A box to type in, and below it the tokens; on a page without a kernel, those of the first text."""

    def __init__(self, first: Pieces) -> None:
        self.first = first

    def widget(self) -> Any:
        """The live version."""
        import ipywidgets as widgets  # type: ignore[import-untyped]

        wide = widgets.Layout(width="min(640px, 100%)")
        box = widgets.Textarea(value=self.first.text, description="text", layout=wide)
        below = widgets.HTML(value=self.first._repr_html_())

        def cut(_: dict[str, Any]) -> None:
            try:
                below.value = Pieces(self.first.tokenizers, box.value)._repr_html_()
            except ValueError as error:  # a character that one of them doesn't know
                below.value = escape(str(error))

        box.observe(cut, names="value")
        return widgets.VBox([box, below])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        caption = "<div>(in the notebook you can type a text of your own)</div>"
        return bundle(self.widget(), self.first._repr_html_() + caption, repr(self.first))

    def __repr__(self) -> str:
        return repr(self.first)


def show_tokens(tokenizers: Tokenizer | Mapping[str, Tokenizer], text: str) -> Pieces:
    """A text with a box around each of its tokens.

    Args:
        tokenizers: one, or several by the names that stand above their rows.
        text: anything that they can encode.
    """
    return Pieces(tokenizers if isinstance(tokenizers, Mapping) else {tokenizers.kind: tokenizers}, text)


def try_tokens(tokenizers: Tokenizer | Mapping[str, Tokenizer], text: str) -> Typing:
    """The same with a box to type in; ``text`` is what stands in it at first."""
    return Typing(show_tokens(tokenizers, text))


def shown(tokenizer: Tokenizer, id: int) -> str:
    r"""What a token stands for, white space as signs; bytes that are no character on their own as ``\xe2``."""
    table: list[bytes] | None = getattr(tokenizer, "token_bytes", None)  # a character tokenizer has none
    try:
        piece = tokenizer.decode([id]) if table is None else table[id].decode("utf-8")
    except UnicodeDecodeError:
        assert table is not None
        return "".join(f"\\x{byte:02x}" for byte in table[id])
    return "".join(SIGNS.get(character, character) for character in piece)


def _box(number: int, id: int, piece: str) -> str:
    tint = TINTS[number % len(TINTS)]
    style = f"background: rgba({tint}, 0.18); border: 1px solid rgba({tint}, 0.6); border-radius: 3px; margin: 0 1px;"
    return f'<span title="token {id}" style="{style}">{escape(piece)}</span>'
