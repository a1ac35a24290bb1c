"""The first cell of every lab notebook, and what it calls once the course is there.

Only the standard library is imported at the top: on Colab this runs before anything that is missing is installed.
Nothing that is already installed is ever changed, torch least of all.
"""

from __future__ import annotations

import atexit
import importlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vibejam_core.course.site import Site
    from vibejam_core.course.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
DRIVE = Path("/content/drive")

FIRST_CELL = """\
# Run this cell first. In your own copy of the course it shows nothing; anywhere else it fetches the course.
SAVE_TO_DRIVE = False  # on Colab: True keeps your work on your Google Drive

import importlib.util, os, subprocess, sys
from pathlib import Path

installed = importlib.util.find_spec("vibejam_core")
folders = [Path.cwd(), *Path.cwd().parents] + ([Path(installed.origin).parents[1]] if installed else [])
course = next((folder for folder in folders if (folder / "vibejam_core" / "course").is_dir()), Path("vibejam"))
if not course.exists():
    address = os.environ.get("VIBEJAM_REPOSITORY", "{repository}")
    if subprocess.run(["git", "clone", "--quiet", "--depth", "1", address, str(course)]).returncode:
        raise ConnectionError(f"The course could not be fetched from {{address}}. Is this notebook online?")
sys.path.insert(0, str(course.resolve()))
from vibejam_core.course import bootstrap
bootstrap.start({arguments})"""


def first_cell(site: Site, solved: bool = False) -> str:
    """The generated first cell: the same in every lab."""
    arguments = "save_to_drive=SAVE_TO_DRIVE" + (", solved=True" if solved else "")
    return FIRST_CELL.format(repository=site.repository, arguments=arguments)


def start(save_to_drive: bool = False, solved: bool = False) -> None:
    """Make this notebook ready: install what is missing, find the workspace, use the learner's components, load magics.

    Args:
        save_to_drive: on Colab, keep the workspace on Google Drive, where it outlives the runtime.
        solved: work in a folder of its own that vanishes with the kernel, so that a learner's work stays untouched.
    """
    # A notebook inside its own clone runs in an environment that its owner looks after; elsewhere the first cell has
    # fetched the course into the current folder, and what it needs is installed beside what is there.
    if fetched := ROOT == Path("vibejam").resolve():
        install_missing(ROOT)
    elif missing := missing_requirements(requirements(ROOT)):
        raise ImportError(
            f"The kernel's Python ({sys.executable}) lacks {', '.join(map(name_of, missing))}. Run 'make course' or "
            "'pip install -r requirements.txt' in the course's folder, and choose that environment as the kernel."
        )
    workspace = _workspace(save_to_drive, solved)
    workspace.prepare()
    os.environ["VIBEJAM_WORKSPACE"] = str(workspace.root)

    if solved:  # a page of the book: running it again shows the same
        import torch

        torch.manual_seed(0)

    from vibejam_core.course.grafting import hook
    from vibejam_core.course.jupyter import magics

    hook.install(os.environ.get("VIBEJAM_IMPL", "mine"), workspace)
    magics.load(workspace)
    if fetched and not solved:
        advice = "" if _on_drive(workspace) else _advice()
        print(f"Ready. Your code is kept in {workspace.package}.{advice}")


def requirements(root: Path) -> list[str]:
    """What the course needs at run time, from pyproject.toml."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return list(project["dependencies"])


def missing_requirements(needed: list[str]) -> list[str]:
    """Those of the requirements of which no version at all is installed (an old version is left as it is)."""
    return [requirement for requirement in needed if not _installed(name_of(requirement))]


def install_missing(root: Path) -> list[str]:
    """Install what is missing and what that in turn needs, and nothing else; gives back what was installed.

    Each is installed without its dependencies, which are then looked at one by one: so pip can never decide to
    replace a package that is already there.
    """
    installed: list[str] = []
    needed = requirements(root)
    while missing := missing_requirements(needed):
        if any(name_of(requirement) == "torch" for requirement in missing):
            raise ImportError("PyTorch isn't installed here. Install it first: https://pytorch.org/get-started/locally")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        done = subprocess.run([*command, *missing], capture_output=True, text=True)
        importlib.invalidate_caches()
        if done.returncode or missing_requirements(missing):
            raise ImportError(f"pip could not install {', '.join(missing)}. It said:\n{done.stderr.strip()[-1000:]}")
        installed += missing
        needed = [inner for outer in missing for inner in _required_by(name_of(outer))]
    return installed


def name_of(requirement: str) -> str:
    """``tyro`` for ``tyro>=0.9; python_version < "4"``."""
    match = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", requirement)
    assert match is not None, requirement
    return match[0]


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _required_by(name: str) -> list[str]:
    """What a package needs on this machine, without its extras."""
    from packaging.requirements import Requirement  # every Jupyter kernel brings it

    found = [Requirement(line) for line in importlib.metadata.requires(name) or []]
    return [
        f"{requirement.name}{requirement.specifier}"
        for requirement in found
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    ]


def _workspace(save_to_drive: bool, solved: bool) -> Workspace:
    from vibejam_core.course.workspace import Workspace

    if solved:
        folder = Path(tempfile.mkdtemp(prefix="vibejam-solved-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return Workspace(folder)
    if save_to_drive and _on_colab():
        drive = importlib.import_module("google.colab.drive")
        drive.mount(str(DRIVE))
        return Workspace(DRIVE / "MyDrive" / "vibejam")
    return Workspace.find()


def _on_colab() -> bool:
    return "google.colab" in sys.modules


def _on_drive(workspace: Workspace) -> bool:
    return workspace.root.is_relative_to(DRIVE)


def _advice() -> str:
    if not _on_colab():
        return ""
    return (
        "\nThat folder vanishes with this runtime. To keep your work, set SAVE_TO_DRIVE = True above and run the cell "
        "again, and save the notebook itself with File > Save a copy in Drive."
    )
