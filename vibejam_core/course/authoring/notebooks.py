"""Makes the skeleton notebook and the solved notebook of a lab from its one source.

Both are plain data until they are written, and the same source always gives the same bytes: cell ids are names or
hashes, keys are sorted, nothing records a time or a machine.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from vibejam_core.course import curriculum
from vibejam_core.course.authoring import quizzes
from vibejam_core.course.authoring.block import Block, LabSourceError
from vibejam_core.course.authoring.lab_source import CELLS, LabSource
from vibejam_core.course.authoring.prose import Cell, Prose
from vibejam_core.course.bootstrap import first_cell
from vibejam_core.course.grading import learner_tests
from vibejam_core.course.grafting import skeleton
from vibejam_core.course.site import Site

Notebook = dict[str, Any]

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def skeleton_notebook(source: LabSource, root: Path, site: Site) -> Notebook:
    """The notebook that a learner fills in: exercise cells hold stubs, pictures are attached, no outputs."""
    return _notebook(source, root, site, solved=False)


def solved_notebook(source: LabSource, root: Path, site: Site) -> Notebook:
    """The same notebook with the reference's code in folded cells, not yet executed: a page of the book."""
    return _notebook(source, root, site, solved=True)


def dumps(notebook: Notebook) -> str:
    """A notebook as text, in the form in which it is written."""
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def without_outputs(notebook: Notebook) -> Notebook:
    """A notebook as it was before it ran."""
    copy: Notebook = json.loads(json.dumps(notebook))
    for cell in copy["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    return copy


def _notebook(source: LabSource, root: Path, site: Site, solved: bool) -> Notebook:
    prose = Prose(source.path, root, site, attached=not solved)
    title, rest = _title(source)
    cells = [
        _markdown(Cell(f"{title}\n\n{_links(source, site, solved)}")),
        _code(first_cell(site, solved), "first-cell", ["remove-cell"] if solved else []),
    ]
    waiting: list[Block] = []

    def flush() -> None:
        if waiting:
            hints = waiting[0].kind == "hint"
            cells.append(_markdown(prose.cell(waiting), f"hints-{_slug(waiting[0].argument)}" if hints else ""))
            waiting.clear()

    for block in rest:
        starts_new = block.kind in ("break", "quiz", *CELLS) or (block.kind == "text" and _heading(block.text))
        if starts_new or (waiting and (waiting[-1].kind == "hint") != (block.kind == "hint")):
            flush()
        if block.kind == "code-cell":
            cells.append(_code(block.text, "", block.tags))
        elif block.kind == "exercise":
            cells.extend(_exercise(block.argument, solved))
        elif block.kind == "kill":
            cells.extend(_kill(block, solved))
        elif block.kind == "quiz":
            cells.extend(_quiz(block, source, prose, solved))
        elif block.kind != "break":
            waiting.append(block)
    flush()
    if solved:
        _put_hints_first(cells)
    _make_ids_unique(cells)
    vibejam = {"lab": source.lab.number}
    return {"cells": cells, "metadata": {**METADATA, "vibejam": vibejam}, "nbformat": 4, "nbformat_minor": 5}


def _title(source: LabSource) -> tuple[str, list[Block]]:
    """The page's title, and the blocks after it, cut at their headings so that each section can be folded away."""
    first = source.blocks[0] if source.blocks else Block("text", 1, "")
    title, _, remainder = first.text.partition("\n")
    if not title.startswith("# "):
        raise LabSourceError(source.path, first.line, "a lab begins with its title: a line that starts with '# '")
    blocks: list[Block] = []
    for block in (Block("text", first.line + 1, remainder), *source.blocks[1:]):
        blocks.extend(_at_headings(block) if block.kind == "text" else [block])
    return title, blocks


def _at_headings(block: Block) -> list[Block]:
    """A stretch of prose, cut before each of its headings."""
    pieces: list[tuple[int, list[str]]] = [(block.line, [])]
    fence = ""
    for number, line in enumerate(block.text.split("\n"), block.line):
        mark = re.match(r"(`{3,}|~{3,})", line)
        if mark and (not fence or line.rstrip().startswith(fence)):
            fence = "" if fence else mark[1]
        if not fence and _heading(line) and any(text.strip() for text in pieces[-1][1]):
            pieces.append((number, []))
        pieces[-1][1].append(line)
    return [
        Block("text", line + next(i for i, text in enumerate(lines) if text.strip()), "\n".join(lines).strip("\n"))
        for line, lines in pieces
        if any(text.strip() for text in lines)
    ]


def _heading(text: str) -> bool:
    return re.match(r"#{1,4} ", text) is not None


def _links(source: LabSource, site: Site, solved: bool) -> str:
    path = f"labs/{source.lab.name}.ipynb"
    colab = f"[Open in Colab]({site.colab(path)})"
    if solved:
        return f"{colab} · [Download the notebook](../{path}) · about {source.lab.minutes} minutes"
    return f"{colab} · about {source.lab.minutes} minutes"


def _exercise(id: str, solved: bool) -> list[dict[str, Any]]:
    component = curriculum.component(id)
    name = f"exercise-{_slug(id)}"
    stub = skeleton.skeleton_definition(component).strip("\n")
    if not solved:
        return [_code(f"%%exercise {id}\n\n{stub}", name, ["exercise"])]
    solution = skeleton.reference_definition(component).strip("\n")
    return [
        _markdown(Cell(f"```python\n{stub}\n```"), f"stub-{_slug(id)}"),
        _code(f"%%exercise {id}\n\n{solution}", name, ["exercise", "hide-input"]),
    ]


def _quiz(block: Block, source: LabSource, prose: Prose, solved: bool) -> list[dict[str, Any]]:
    """The question with its folded answer. A notebook has buttons below it; a page makes a form of it."""
    name = quizzes.of(block, source.path).name
    asked = _markdown(prose.cell([block]), f"quiz-{name}")
    return [asked] if solved else [asked, _code(f"%quiz {source.lab.name} {name}", f"pick-{name}", ["quiz"])]


def _kill(block: Block, solved: bool) -> list[dict[str, Any]]:
    """A cell for a test of the learner's own; the page shows what it begins with, and folds a solution."""
    name, magic = f"kill-{_slug(block.argument)}", f"%%kill {block.argument}\n\n"
    begun = learner_tests.skeleton(block.text)
    if not solved:
        return [_code(magic + begun, name, ["kill"])]
    return [
        _markdown(Cell(f"```python\n{begun}\n```"), f"begun-{_slug(block.argument)}"),
        _code(magic + block.text, name, ["kill", "hide-input"]),
    ]


def _put_hints_first(cells: list[dict[str, Any]]) -> None:
    """On a page the hints stand between the exercise and its solution; in a notebook they follow the cell."""
    for i, cell in enumerate(cells[1:], 1):
        if cell["id"].startswith("hints-") and "exercise" in cells[i - 1]["metadata"].get("tags", ()):
            cells[i - 1], cells[i] = cell, cells[i - 1]


def _slug(id: str) -> str:
    return id.replace(".", "-")


def _markdown(cell: Cell, id: str = "") -> dict[str, Any]:
    made: dict[str, Any] = {
        "cell_type": "markdown",
        "id": id or "text-" + _digest(cell.text),
        "metadata": {},
        "source": cell.text.splitlines(keepends=True),
    }
    if cell.attachments:
        made["attachments"] = cell.attachments
    return made


def _code(text: str, id: str, tags: list[str]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": id or "demo-" + _digest(text),
        "metadata": {"tags": tags} if tags else {},
        "outputs": [],
        "source": text.splitlines(keepends=True),
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _make_ids_unique(cells: list[dict[str, Any]]) -> None:
    seen: dict[str, int] = {}
    for cell in cells:
        id = cell["id"]
        seen[id] = seen.get(id, 0) + 1
        if seen[id] > 1:
            cell["id"] = f"{id}-{seen[id]}"
