"""Runs solved notebooks and stores what they showed, so that running one again on the same machine changes no byte."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vibejam_core.course import known
from vibejam_core.course.authoring.notebooks import Notebook, dumps
from vibejam_core.course.curriculum import LABS
from vibejam_core.course.grading import checks

CELL_SECONDS = 120
WIDGET = "application/vnd.jupyter.widget-view+json"
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
TIMING = re.compile(r"\d[\d,.]*(?= ?(?:tokens/s|s|ms|seconds?)\b)|\b\d+:\d\d\b")
SCRATCH = re.compile(r"[^\s\"'<>()]*/vibejam-solved-\w+/")

# What a notebook shows must not hang on the machine's number of cores, its terminal, or on who builds.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "TQDM_DISABLE": "1",
    "NO_COLOR": "1",
    "COLUMNS": "100",
    "VIBEJAM_IMPL": "",
    "VIBEJAM_WORKSPACE": "",
}


class CellFailed(ValueError):
    """A cell of a notebook that should run to its end raised, or took too long."""


def execute(notebook: Notebook, folder: Path) -> Notebook:
    """Run a notebook as if it lay in ``folder``; gives back a copy with its outputs.

    Raises:
        CellFailed: if a cell raises or doesn't end; the message holds the cell and its traceback.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    node = nbformat.from_dict(json.loads(json.dumps(_joined(notebook))))  # type: ignore[no-untyped-call]
    environment = {key: value for key, value in {**os.environ, **ENVIRONMENT}.items() if value}
    client = NotebookClient(
        node,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        client.execute(env=environment)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise CellFailed(str(error)) from None
    ran: Notebook = json.loads(dumps(node))
    executed: Notebook = json.loads(json.dumps(notebook))
    for cell, done in zip(executed["cells"], ran["cells"], strict=True):
        if cell["cell_type"] == "code":
            cell["execution_count"] = done["execution_count"]
            cell["outputs"] = list(_clean(done["outputs"]))
    return executed


def keep_timings(executed: Notebook, before: Notebook) -> None:
    """Where a cell shows what it showed before but for how long something took, keep what it showed before.

    Both are true, and a rebuild that changes nothing else should change no byte.
    """
    shown = {cell["id"]: cell.get("outputs") for cell in before["cells"]}
    for cell in executed["cells"]:
        old = shown.get(cell["id"])
        if old and cell.get("outputs") != old and _timeless(cell.get("outputs")) == _timeless(old):
            cell["outputs"] = old


def _timeless(shown: Any) -> str:
    return TIMING.sub("", json.dumps(shown, sort_keys=True, ensure_ascii=False))


def inputs(notebook: Notebook, root: Path) -> str:
    """A fingerprint of all that a solved notebook's outputs rest on, to tell whether it must run again.

    The notebook before it ran (which holds the lab's source and the reference's definitions), the modules that its
    cells import and those that they import in turn, programs of ``scripts`` that it names, and the lab's checks.
    """
    code = "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code")
    number = notebook["metadata"]["vibejam"]["lab"]
    lab = next(lab for lab in LABS if lab.number == number)
    programs = {f"scripts/{name}.py" for name in re.findall(r"\bscripts\.(\w+)", code)}
    shown = {
        "vibejam_core/course/jupyter/pictures.py",
        "vibejam_core/course/grading/report.py",
        *(f"tests/labs/{path.name}" for path in checks.files_of(lab)),
    }
    if killed := re.findall(r"^%%kill (\S+)", code, re.M):
        shown |= {"vibejam_core/course/grading/kill.py", "vibejam_core/course/grading/kill_report.py"}
        shown |= {f"tests/{path.parent.name}/{path.name}" for id in killed for path in known.files(id)}
    files = _reached({*_imports(code), *programs, *shown}, root)
    digest = hashlib.sha256(dumps(notebook).encode())
    for file in sorted(files):
        digest.update(b"\0" + file.encode() + b"\0" + (root / file).read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:32]


def outputs(notebook: Notebook) -> str:
    """A fingerprint of what a notebook showed, to tell whether somebody changed it by hand."""
    shown = [[cell["execution_count"], cell["outputs"]] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:32]


def _reached(files: set[str], root: Path) -> set[str]:
    """Those files and all that they import from the course; the engine that shows and grades doesn't count."""
    reached: set[str] = set()
    waiting = sorted(files)
    while waiting:
        file = waiting.pop()
        if file in reached or not (root / file).is_file():
            continue
        reached.add(file)
        inner = _imports((root / file).read_text(encoding="utf-8"))
        waiting += [name for name in inner if not name.startswith("vibejam_core/course/") or name in files]
    return reached


def _imports(code: str) -> Iterator[str]:
    """The files of the course that some code may import. Cells may hold magics, which are no imports."""
    plain = "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in code.split("\n"))
    for node in ast.walk(ast.parse(plain)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for place in (name.replace(".", "/") for name in names if name.startswith(("vibejam_core", "scripts"))):
            yield from (f"{place}.py", f"{place}/__init__.py")


def _clean(outputs: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Outputs without what changes from run to run: addresses, widgets' ids, how a stream was cut into pieces."""
    merged: list[dict[str, Any]] = []
    for output in outputs:
        if output["output_type"] == "stream" and merged and merged[-1].get("name") == output["name"]:
            merged[-1]["text"] += output["text"]
        else:
            merged.append(output)
    for output in merged:
        if output["output_type"] == "stream":
            yield {**output, "text": _plain(output["text"]).splitlines(keepends=True)}
            continue
        data = output.get("data", {})
        if data.pop(WIDGET, None) is not None and set(data) <= {"text/plain"}:
            continue  # a widget without a picture beside it shows nothing on a page
        for kind, value in data.items():
            if kind.startswith("text/"):
                data[kind] = _plain(value).splitlines(keepends=True)
        yield output


def _plain(text: str) -> str:
    """A text without memory addresses, and with the workspace called what a learner's is called."""
    return SCRATCH.sub("labs/", ADDRESS.sub("", text))


def _joined(notebook: Notebook) -> Notebook:
    """The notebook with each cell's source as one string, as nbformat holds it in memory."""
    cells = [{**cell, "source": "".join(cell["source"])} for cell in notebook["cells"]]
    return {**notebook, "cells": cells}
