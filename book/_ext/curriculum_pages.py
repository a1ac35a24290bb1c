"""Directives that show the curriculum table in the book, so that no page retypes it.

``{labs}`` lists the labs with what each asks for; ``{pacing}`` gives minutes for whoever plans a class;
``{milestones}`` lists what runs at the end.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from vibejam_core.course import curriculum
from vibejam_core.course.curriculum import LABS, Lab

EFFORT = {1: "short", 2: "medium", 3: "long"}


def code(*names: str) -> nodes.paragraph:
    """Names as code, separated by commas."""
    paragraph = nodes.paragraph()
    for index, name in enumerate(names):
        if index:
            paragraph += nodes.Text(", ")
        paragraph += nodes.literal(name, name)
    return paragraph


def words(text: str) -> nodes.paragraph:
    """A cell of plain words."""
    return nodes.paragraph("", text)


def minutes(count: int) -> nodes.paragraph:
    """A duration; the number and its unit stay on one line."""
    return words(f"{count}\N{NO-BREAK SPACE}min")


def link(lab: Lab) -> nodes.paragraph:
    """A link to the lab's page."""
    reference = addnodes.pending_xref(
        "", refdomain="std", reftype="doc", reftarget=f"/solutions/{lab.name}", refexplicit=True, refwarn=True
    )
    reference += nodes.inline("", lab.title)
    return nodes.paragraph("", "", reference)


def table(headings: Sequence[str], widths: Sequence[int], rows: Sequence[Sequence[nodes.Node]]) -> nodes.table:
    """A table with one heading row."""
    group = nodes.tgroup(cols=len(headings))
    group += [nodes.colspec(colwidth=width) for width in widths]
    head = nodes.thead("", nodes.row("", *[nodes.entry("", words(heading)) for heading in headings]))
    body = nodes.tbody("", *[nodes.row("", *[nodes.entry("", cell) for cell in row]) for row in rows])
    group += [head, body]
    return nodes.table("", group, classes=["course-table"])


def labs() -> nodes.table:
    """What each lab asks the reader to build."""
    rows = [[words(f"{lab.number:02d}"), link(lab), code(*(item.symbol for item in lab.components))] for lab in LABS]
    return table(("Lab", "Title", "You build"), (1, 4, 8), rows)


def pacing() -> nodes.table:
    """Minutes and effort of each lab."""
    rows = []
    for lab in LABS:
        efforts = [f"{item.symbol} ({EFFORT[item.effort]})" for item in lab.components]
        rows.append([words(f"{lab.number:02d}"), link(lab), minutes(lab.minutes), words(", ".join(efforts))])
    rows.append([words(""), words("Together"), minutes(sum(lab.minutes for lab in LABS)), words("")])
    return table(("Lab", "Title", "Time", "Components"), (1, 4, 2, 7), rows)


def milestones() -> nodes.table:
    """What runs with the reader's own code, and the labs whose components must be the reader's own."""
    rows = []
    for item in (milestone for lab in LABS for milestone in lab.milestones):
        needed = [f"{lab.number:02d}" for lab in LABS if any(part.id in item.needs for part in lab.components)]
        rows.append([code(item.id), words(item.title), words(" and ".join(needed))])
    return table(("Milestone", "What it says", "Needs labs"), (3, 4, 3), rows)


def directive(make: Callable[[], nodes.table]) -> type[Directive]:
    """A directive that shows a table; a page that holds one is read again when the curriculum changes."""

    class TableDirective(Directive):
        def run(self) -> list[nodes.Node]:
            self.state.document.settings.record_dependencies.add(curriculum.__file__)
            return [make()]

    return TableDirective


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives."""
    for make in (labs, pacing, milestones):
        app.add_directive(make.__name__, directive(make))
    changed = zlib.crc32(Path(__file__).read_bytes())  # a change of this file has every page read again
    return {"env_version": changed, "parallel_read_safe": True, "parallel_write_safe": True}
