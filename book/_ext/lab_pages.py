"""Turns a solved notebook into a page of the book: its solutions fold, its links lead to the notebook to fill in.

Two marks help every page's typography; the style sheet says what comes of them.
"""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

FOLDER = "solutions/"
PROMPTS = {"code_prompt_show": "Reveal the solution", "code_prompt_hide": "Hide the solution"}
NOTEBOOK = re.compile(r"\[([^\]]+)\]\((\.\./labs/\w+\.ipynb)\)")

# A line of a docstring, with what comes before it on its line; and a formula with what must not leave it.
DOCLINE = re.compile(
    r'^((?:<span class="w"> +</span>)?(?:<span class="sa">\w</span>)?<span class="sd">[^<\n]+</span>)$', re.M
)
FORMULA = re.compile(r'(\(?<span class="math notranslate nohighlight">[^<]*</span>(?:[,.;:?)’”]|-\w+)+)')


def prepare(app: Sphinx, docname: str, source: list[str]) -> None:
    """Name the fold of each solution, and make the link to the skeleton notebook a download."""
    if not docname.startswith(FOLDER):
        return
    notebook = json.loads(source[0])
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            text = "".join(cell["source"])
            cell["source"] = NOTEBOOK.sub(r"{download}`\1 <\2>`", text)
        elif {"exercise", "kill"} & set(cell["metadata"].get("tags", ())):
            cell["metadata"]["mystnb"] = PROMPTS
    source[0] = json.dumps(notebook)


def mark(app: Sphinx, doctree: nodes.document) -> None:
    """Give the row of links under a lab's title a class, so that the style sheet can find it."""
    if not app.env.docname.startswith(FOLDER):
        return
    title = doctree.next_node(nodes.title)
    paragraph = title and title.next_node(nodes.paragraph, siblings=True)
    link = paragraph and paragraph.next_node(nodes.reference)
    if link and "colab.research.google.com" in link.get("refuri", ""):
        paragraph["classes"].append("lab-links")


def mend_lines(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Mark each line of a docstring with its indent, and tie a formula to the punctuation around it."""
    if body := context.get("body"):
        body = DOCLINE.sub(_docline, body)
        context["body"] = FORMULA.sub(r'<span class="unbroken">\1</span>', body)


def _docline(found: re.Match[str]) -> str:
    text = re.sub(r"<[^>]+>", "", found[1])
    return f'<span class="docline" style="--indent: {len(text) - len(text.lstrip())}">{found[1]}</span>'


def drop_thebe(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Take out the scripts of a live-code service that Jupyter Book adds, twice, whether or not it is used."""
    scripts = context.get("script_files", [])
    scripts[:] = [script for script in scripts if "thebe" not in f"{script.filename} {script.attributes}".lower()]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the steps."""
    app.connect("source-read", prepare)
    app.connect("doctree-read", mark)
    app.connect("html-page-context", mend_lines)
    app.connect("html-page-context", drop_thebe, priority=900)
    changed = zlib.crc32(Path(__file__).read_bytes())  # a change of this file has every page read again
    return {"env_version": changed, "parallel_read_safe": True, "parallel_write_safe": True}
