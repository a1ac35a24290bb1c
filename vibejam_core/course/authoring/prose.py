"""Turns a lab source's prose into Markdown that reads well in JupyterLab, on Colab and in the book alike.

Hints and answers become ``<details>``, pictures find their files, admonitions become quotations, and links between
sources become links between notebooks.
"""

from __future__ import annotations

import base64
import html
import mimetypes
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from vibejam_core.course.authoring import quizzes
from vibejam_core.course.authoring.block import Block, LabSourceError
from vibejam_core.course.authoring.lab_source import ADMONITIONS, HINTS, split
from vibejam_core.course.curriculum import LABS
from vibejam_core.course.site import Site

LINK = re.compile(r"(?P<picture>!?)\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]\((?P<address>[^()\s]+)\)")
SOURCE_FOLDER = "book/labs"
IMAGE_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}


@dataclass
class Cell:
    """A Markdown cell in the making."""

    text: str
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Prose:
    """Renders the blocks of one source for one kind of notebook.

    A skeleton notebook must stand alone, since Colab opens it without the files around it: its pictures are
    attached, its links to pages of the book lead to the web. A solved notebook is a page of the book: relative paths.
    """

    source: Path
    root: Path
    site: Site
    attached: bool

    def cell(self, blocks: list[Block]) -> Cell:
        """One Markdown cell from consecutive blocks."""
        cell = Cell("")
        hints: dict[str, int] = {}
        pieces = []
        for block in blocks:
            if block.kind == "hint":
                hints[block.argument] = hints.get(block.argument, 0) + 1
            pieces.append(self._block(block, cell, hints.get(block.argument, 0)))
        cell.text = "\n\n".join(pieces)
        return cell

    def markdown(self, text: str, line: int = 1) -> str:
        """A hint or another piece of prose on its own, links rewritten, as the terminal shows it."""
        return self._text(text, line, Cell(""))

    def _block(self, block: Block, cell: Cell, nth_hint: int) -> str:
        if block.kind == "text":
            return self._text(block.text, block.line, cell)
        if block.kind == "hint":
            summary = f"Hint {nth_hint} of {HINTS}"
            return _details(summary, self._inside(block, cell))
        if block.kind == "question":
            return _details(_inline(block.argument), self._inside(block, cell))
        if block.kind == "quiz":
            return self._quiz(block, cell)
        if block.kind == "figure":
            picture = self._link("!", block.options.get("alt", ""), block.argument, block.line, cell)
            caption = " ".join(self._text(block.text, block.line + 1, cell).split())
            return f"{picture}\n\n*{caption}*" if caption else picture
        if block.kind in ADMONITIONS:
            title = block.argument or block.kind.capitalize()
            body = f"**{title.rstrip('.')}.** {self._inside(block, cell)}"
            return "\n".join(f"> {line}".rstrip() for line in body.splitlines())
        raise AssertionError(f"a block of kind {block.kind} is no prose")

    def _quiz(self, block: Block, cell: Cell) -> str:
        """The question, its lettered choices, and the answer folded. ``quiz.js`` makes a form of just this."""
        quiz = quizzes.of(block, self.source)
        choices, feedback = [], []
        for index, choice in enumerate(quiz.choices):
            name = f"**{quizzes.letter(index)}.**"
            choices.append(f"- {name} {self._text(choice.text, choice.line, cell)}")
            verdict = "✓ *Right.*" if choice.right else "✗ *Not right.*"
            feedback.append(f"- {name} {verdict} {self._text(choice.feedback, choice.line, cell)}")
        several = "\n\n*More than one is right.*" if quiz.several else ""
        explanation = Block("text", quiz.explanation_line - 1, quiz.explanation)
        answer = "\n\n".join(["\n".join(feedback), self._inside(explanation, cell)])
        question = self._inside(Block("text", block.line - 1, f"**Quiz.** {quiz.question}"), cell)
        listed = "\n".join(choices)
        return f'<div class="quiz">\n\n{question}{several}\n\n{listed}\n\n{_details("Answer", answer)}\n\n</div>'

    def _inside(self, block: Block, cell: Cell) -> str:
        first_line = block.line + 1 + len(block.options)
        inner = split(block.text.splitlines(), self.source, first_line, nested=True)
        return "\n\n".join(self._block(piece, cell, 0) for piece in inner)

    def _text(self, text: str, line: int, cell: Cell) -> str:
        """Prose with its links and pictures rewritten; code stays as it is."""

        def rewrite(piece: str, at: int) -> str:
            return LINK.sub(lambda m: self._link(m["picture"], m["text"], m["address"], line + at, cell), piece)

        return outside_code(text, rewrite)

    def _link(self, picture: str, text: str, address: str, line: int, cell: Cell) -> str:
        if re.match(r"[a-z]+:|#", address):
            return f"{picture}[{text}]({address})"
        path, _, anchor = address.partition("#")
        target = (self.source.parent / path).resolve()
        inside = (
            target.relative_to(self.root.resolve()).as_posix() if target.is_relative_to(self.root.resolve()) else ""
        )
        if picture:
            return f"![{text}]({self._picture(target, inside, line, cell)})"
        anchor = f"#{anchor}" if anchor else ""
        if inside.startswith(f"{SOURCE_FOLDER}/") and target.stem in {lab.name for lab in LABS}:
            return f"[{text}]({target.stem}.ipynb{anchor})"
        if not inside or not target.exists():
            raise LabSourceError(self.source, line, f"the link [{text}]({address}) leads to no file of this repository")
        return f"[{text}]({self.site.page(inside) if self.attached else '../' + inside}{anchor})"

    def _picture(self, target: Path, inside: str, line: int, cell: Cell) -> str:
        if not inside or not target.is_file():
            raise LabSourceError(self.source, line, f"there is no picture {target.name} in {target.parent.name}/")
        if not self.attached:
            return f"../{inside}"
        photograph = target.with_suffix(".jpg")
        if target.suffix == ".svg" and photograph.is_file():
            target = photograph  # JupyterLab shows an attached SVG as a broken picture
        kind = IMAGE_TYPES.get(target.suffix) or mimetypes.guess_type(target.name)[0] or "application/octet-stream"
        cell.attachments[target.name] = {kind: base64.b64encode(target.read_bytes()).decode("ascii")}
        return f"attachment:{target.name}"


def outside_code(text: str, change: Callable[[str, int], str]) -> str:
    """Apply ``change(piece, line)`` to the parts of some Markdown that are no code; ``line`` counts from 0."""
    out = []
    fence = ""
    for number, line in enumerate(text.split("\n")):
        opening = re.match(r"\s*(`{3,}|~{3,})", line)
        if fence:
            fence = "" if line.strip().startswith(fence) else fence
            out.append(line)
        elif opening:
            fence = opening[1]
            out.append(line)
        else:
            # A link's text may hold code, so code is put out of sight while links are rewritten.
            codes = re.findall(r"`+[^`]*`+", line)
            hidden = re.sub(r"`+[^`]*`+", "\0", line)
            shown = iter(codes)
            out.append(re.sub("\0", lambda _, shown=shown: next(shown), change(hidden, number)))  # type: ignore[misc]
    return "\n".join(out)


def _details(summary: str, body: str) -> str:
    """Folded text. The empty lines make every renderer read the body as Markdown."""
    return f"<details>\n<summary>{summary}</summary>\n\n{body}\n\n</details>"


def _inline(text: str) -> str:
    """A question as HTML, since nothing renders Markdown inside a summary."""
    escaped = html.escape(text, quote=False)
    escaped = re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped)
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", escaped)
