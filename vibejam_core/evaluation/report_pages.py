"""A report as Markdown, and as a page that needs nothing else: no network, no script, no file beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from importlib import resources

from vibejam_core.evaluation.report_plot import Plot, draw, told


@dataclass(frozen=True)
class Table:
    """Rows under a header. Numbers stand at the right: every column but the first, unless ``numbers`` is off."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: bool = True


@dataclass(frozen=True)
class Quote:
    """A text as a model wrote it, and what is said of it. Nothing of either is taken for markup."""

    text: str
    said: str = ""


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it, in this order."""

    title: str
    words: tuple[str, ...] = ()
    """Paragraphs."""
    plots: tuple[Plot, ...] = ()
    table: Table | None = None
    quotes: tuple[Quote, ...] = ()
    code: str = ""


@dataclass(frozen=True)
class Report:
    """A whole report."""

    title: str
    figures: tuple[tuple[str, str], ...]
    """What is read first: ``(number, what it is)``."""
    sections: tuple[Section, ...] = field(default_factory=tuple)


def to_markdown(report: Report) -> str:
    """The report for a terminal, an editor or a forge. Curves are told in a line each."""
    parts = [f"# {plain(report.title)}"]
    parts.append("\n".join(f"- **{plain(number)}** {plain(what)}" for number, what in report.figures))
    for section in report.sections:
        parts.append(f"## {plain(section.title)}")
        parts += [plain(words) for words in section.words]
        parts += [
            "\n".join(f"- {plain(told(curve))}" for curve in plot.curves) for plot in section.plots if plot.curves
        ]
        if section.table:
            parts.append(markdown_table(section.table))
        for quote in section.quotes:
            parts.append(fenced(quote.text) + (f"\n\n{plain(quote.said)}" if quote.said else ""))
        if section.code:
            parts.append(fenced(section.code))
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(text: str) -> str:
    """Text in Markdown that is nothing but text."""
    return "".join(f"\\{character}" if character in r"\`*_[]<>#|~" else character for character in text)


def fenced(text: str) -> str:
    """Text in a block of code, whatever it holds."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}text\n{text}\n{fence}"


def markdown_table(table: Table) -> str:
    """A table, its columns aligned."""
    rule = ["---", *("---:" if table.numbers else "---" for _ in table.header[1:])]
    rows = [[plain(cell).replace("\n", " ") for cell in row] for row in (table.header, *table.rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (rows[0], rule, *rows[1:]))


def to_html(report: Report) -> str:
    """The report as one page."""
    style = resources.files("vibejam_core.evaluation").joinpath("report_card.css").read_text(encoding="utf-8")
    figures = "".join(
        f"<li><strong>{escape(number)}</strong> <span>{escape(what)}</span></li>" for number, what in report.figures
    )
    body = "".join(html_section(section) for section in report.sections)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(report.title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f'<h1>{escape(report.title)}</h1>\n<ul class="figures">{figures}</ul>\n{body}</main>\n</body>\n</html>\n'
    )


def html_section(section: Section) -> str:
    """A heading and what stands below it."""
    parts = [f"<section>\n<h2>{escape(section.title)}</h2>"]
    parts += [f"<p>{escape(words)}</p>" for words in section.words]
    drawn = [(plot, draw(plot)) for plot in section.plots]
    if any(svg for _, svg in drawn):
        shown = "".join(
            f"<figure><figcaption>{escape(plot.title)} <small>{escape(plot.unit)}</small></figcaption>{svg}</figure>"
            for plot, svg in drawn
            if svg
        )
        parts.append(f'<div class="plots">{shown}</div>')
    if section.table:
        parts.append(html_table(section.table))
    for quote in section.quotes:
        said = f"<figcaption>{escape(quote.said)}</figcaption>" if quote.said else ""
        parts.append(f"<figure><blockquote>{escape(quote.text)}</blockquote>{said}</figure>")
    if section.code:
        parts.append(f"<pre>{escape(section.code)}</pre>")
    return "\n".join([*parts, "</section>\n"])


def html_table(table: Table) -> str:
    """A table that scrolls by itself where a phone is too narrow for it."""

    def cells(row: Sequence[str], tag: str) -> str:
        kinds = ["", *(' class="number"' if table.numbers else "" for _ in row[1:])]
        return "".join(f"<{tag}{kind}>{escape(cell)}</{tag}>" for kind, cell in zip(kinds, row, strict=True))

    rows = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in table.rows)
    head = f"<tr>{cells(table.header, 'th')}</tr>"
    return f'<div class="scroll"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'
