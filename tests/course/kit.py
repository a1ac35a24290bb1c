"""Small pieces that the tests of the course engine share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from vibejam_core.course.curriculum import component
from vibejam_core.course.grafting.graft import Graft, graft
from vibejam_core.course.grafting.skeleton import reference_definition, repo_root, skeleton_definition, skeleton_module
from vibejam_core.course.workspace import Workspace

CHARACTERS = "vibejam_core.text.characters"
GPT = "vibejam_core.models.gpt"

COUNT_WITH_COUNTER = '''def count_characters(text):
    """Count."""
    from collections import Counter

    return dict(Counter(text))
'''


def new_workspace(folder: Path) -> Workspace:
    """A workspace of skeletons."""
    workspace = Workspace(folder)
    workspace.prepare()
    return workspace


def with_solution(module: str, *ids: str) -> str:
    """A skeleton module in which some components are solved."""
    text = skeleton_module(module)
    for id in ids:
        text = text.replace(skeleton_definition(component(id)), reference_definition(component(id)))
    return text


def grafted(module: str, text: str, under_test: set[str] | None = None, runnable: bool = False) -> Graft:
    """The graft of a learner's text."""
    return graft(module, None, source=text, under_test=under_test, runnable=runnable)


def origins(made: Graft, id: str) -> dict[str, str]:
    """Part to origin, as plain strings."""
    return {part: str(origin) for part, origin in made.origins[id].items()}


def python(
    code: str, workspace: Workspace, impl: str | None = "mine", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own, as a learner would."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("VIBEJAM_")}
    variables |= {"VIBEJAM_WORKSPACE": str(workspace.root), **environment}
    if impl is not None:
        variables["VIBEJAM_IMPL"] = impl
    return subprocess.run(
        [sys.executable, "-c", code], env=variables, cwd=repo_root(), capture_output=True, text=True, timeout=120
    )
