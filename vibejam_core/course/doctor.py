"""Looks at everything that the course relies on: what is there and, if need be, which command mends it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vibejam_core.course.bootstrap import missing_requirements, requirements
from vibejam_core.course.workspace import Workspace

State = Literal["fine", "odd", "broken"]

OLDEST_PYTHON, NEWEST_TESTED_PYTHON = (3, 11), (3, 13)
PORTS = {8888: "JupyterLab", 8000: "the book"}
DISK_WANTED, DISK_NEEDED = 2.0, 0.2  # GB
MEMORY_WANTED = 2.0  # GB
TORCH_SECONDS = 60
REQUIREMENTS = "pip install -r requirements.txt"

# What the course understands; anything else that begins with VIBEJAM_ is a slip of the pen.
VARIABLES = {
    "VIBEJAM_IMPL", "VIBEJAM_WORKSPACE", "VIBEJAM_TIME_LIMIT", "VIBEJAM_TRACEBACK", "VIBEJAM_REPOSITORY",
    "VIBEJAM_ANNOUNCED", "VIBEJAM_WORKER", "VIBEJAM_WALK",
}  # fmt: skip

# Runs apart, so that a PyTorch that crashes or hangs is a finding and not the end of the examination.
TORCH_PROBE = """
import json, torch
cuda = torch.cuda.is_available()
mps = torch.backends.mps.is_available()
device = "cuda" if cuda else "mps" if mps else "cpu"
assert float(torch.ones(2, device=device).sum()) == 2, "1 + 1 is not 2 on " + device
print(json.dumps([torch.__version__, device, torch.cuda.get_device_name() if cuda else "", torch.get_num_threads()]))
"""


@dataclass(frozen=True)
class Finding:
    """What was seen in one place."""

    what: str
    state: State
    says: str
    mend: str = ""
    """The command, or the one sentence, that mends it."""


def examine(root: Path, workspace: Workspace) -> Iterator[Finding]:
    """Look at one thing after the other, the most basic first."""
    yield python(sys.version_info[:2])
    yield environment(root)
    yield packages(root)
    yield torch()
    yield kernel()
    yield clone(root, Path.cwd())
    yield from variables(os.environ)
    yield work(workspace)
    yield generated(root)
    yield disk(shutil.disk_usage(workspace.root if workspace.root.is_dir() else root).free / 1e9)
    yield memory()
    yield ports()


def python(version: tuple[int, ...]) -> Finding:
    """The version of Python."""
    says = ".".join(map(str, version))
    if version < OLDEST_PYTHON:
        return Finding("Python", "broken", f"{says}; the course needs 3.11 or later", "make course PYTHON=python3.11")
    if version > NEWEST_TESTED_PYTHON:
        return Finding("Python", "odd", f"{says}, newer than the course was made for", "make course PYTHON=python3.11")
    return Finding("Python", "fine", f"{says} ({sys.executable})")


def environment(root: Path) -> Finding:
    """Whether packages go into an environment of the course's own."""
    if sys.prefix != sys.base_prefix:
        return Finding("environment", "fine", sys.prefix)
    if os.environ.get("CONDA_PREFIX") or "COLAB_RELEASE_TAG" in os.environ:
        return Finding("environment", "fine", f"{sys.prefix}, managed outside of the course")
    mend = "make course" if (root / "Makefile").exists() and os.name != "nt" else f"{sys.executable} -m venv .venv"
    return Finding("environment", "odd", "no virtual environment is active, so packages are shared with others", mend)


def packages(root: Path) -> Finding:
    """Whether everything that the course imports is installed."""
    missing = missing_requirements(requirements(root))
    if missing:
        return Finding("packages", "broken", f"missing: {', '.join(missing)}", REQUIREMENTS)
    return Finding("packages", "fine", "all installed")


def torch(probe: str = TORCH_PROBE) -> Finding:
    """PyTorch, the device it would compute on, and its threads."""
    command = [sys.executable, "-c", probe]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TORCH_SECONDS)
    except subprocess.TimeoutExpired:
        return Finding("PyTorch", "broken", f"did not start within {TORCH_SECONDS} seconds", REQUIREMENTS)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"it ended with code {done.returncode}"])[-1]
        return Finding("PyTorch", "broken", f"cannot compute: {last}", REQUIREMENTS)
    version, device, name, threads = json.loads(done.stdout.splitlines()[-1])
    says = f"{version} on {device}{f' ({name})' if name else ''}, {threads} thread{'s' if threads != 1 else ''}"
    return Finding("PyTorch", "fine", says)


def kernel() -> Finding:
    """What a notebook's cells run in, and what shows the notebook."""
    missing = [name for name in ("ipykernel", "nbformat", "jupyterlab") if importlib.util.find_spec(name) is None]
    if missing == ["jupyterlab"]:
        return Finding("notebooks", "odd", "JupyterLab is not installed; another editor can show them", REQUIREMENTS)
    if missing:
        return Finding("notebooks", "broken", f"{' and '.join(missing)} missing", REQUIREMENTS)
    version = importlib.metadata.version("ipykernel")
    specification = Path(sys.prefix, "share", "jupyter", "kernels", "python3", "kernel.json")
    register = "python -m ipykernel install --sys-prefix --name python3"
    if not specification.exists():
        return Finding("notebooks", "odd", "the kernel python3 is not registered in this environment", register)
    try:
        command = json.loads(specification.read_text(encoding="utf-8"))["argv"][0]
    except (ValueError, LookupError, TypeError):
        return Finding("notebooks", "broken", f"{specification} can't be read", register)
    if os.path.isabs(command) and not Path(command).exists():
        return Finding("notebooks", "broken", f"the kernel python3 starts {command}, which isn't there", register)
    if int(version.split(".")[0]) >= 7:
        return Finding("notebooks", "odd", f"ipykernel {version} is known to hang in some editors", REQUIREMENTS)
    return Finding("notebooks", "fine", f"kernel python3, ipykernel {version}")


def clone(root: Path, here: Path) -> Finding:
    """Whether the course that is imported is the one that this folder belongs to."""
    around = next((folder for folder in (here, *here.parents) if (folder / "vibejam_core" / "course").is_dir()), root)
    if around.resolve() == root.resolve():
        return Finding("course", "fine", str(root))
    says = f"this folder belongs to {around}, but the course that runs is the one in {root}"
    return Finding("course", "odd", says, f"cd {around} && pip install --no-deps -e .")


def variables(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Settings in the environment: unknown ones are misspelt, and some values can't be meant."""
    ours = {name: value for name, value in environ.items() if name.startswith("VIBEJAM_")}
    for name in sorted(set(ours) - VARIABLES):
        yield Finding("settings", "odd", f"{name} means nothing to the course", f"unset {name}")
    limit = ours.get("VIBEJAM_TIME_LIMIT", "")
    if limit and not _is_positive(limit):
        says = f"VIBEJAM_TIME_LIMIT is {limit!r}, not a number of seconds"
        yield Finding("settings", "broken", says, "unset VIBEJAM_TIME_LIMIT")
    consequences = {"strict": "stop at what you haven't written", "core": "don't use your components"}
    if what := consequences.get(ours.get("VIBEJAM_IMPL", "")):
        says = f"VIBEJAM_IMPL={ours['VIBEJAM_IMPL']}, so programs {what}"
        yield Finding("settings", "odd", says, "unset VIBEJAM_IMPL")


def work(workspace: Workspace) -> Finding:
    """The folder with the learner's work: there, and writable."""
    folder = workspace.package if workspace.package.is_dir() else workspace.root
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        says = f"{folder} can't be written to: {error.strerror or error}"
        mend = f"chmod u+rwx {folder}" if folder.exists() else f"mkdir -p {folder}"
        return Finding("your work", "broken", says, mend)
    if not workspace.package.is_dir():
        return Finding("your work", "odd", f"{workspace.package} isn't there yet", "vibejam update")
    return Finding("your work", "fine", str(workspace.package))


def generated(root: Path) -> Finding:
    """Whether skeletons and notebooks follow from their sources. What a learner has worked in is as it should be."""
    from vibejam_core.course.authoring.build import Build  # a finding, should it not import

    try:
        stale = [item for item in Build(root).out_of_step() if not item.edited]
    except (ValueError, OSError) as error:
        return Finding("notebooks' sources", "broken", str(error), "git status")
    if stale:
        more = f" and {len(stale) - 1} more" if len(stale) > 1 else ""
        return Finding("notebooks' sources", "odd", f"{stale[0].path}: {stale[0].why}{more}", "vibejam build")
    return Finding("notebooks' sources", "fine", "in step")


def disk(free: float) -> Finding:
    """Room for checkpoints, in GB."""
    says = f"{free:.1f} GB free"
    if free < DISK_NEEDED:
        return Finding("disk", "broken", f"{says}; saving may fail", "make clean, or free some space")
    return Finding("disk", "odd" if free < DISK_WANTED else "fine", says, "make clean" if free < DISK_WANTED else "")


def memory() -> Finding:
    """Memory that programs can still get."""
    if importlib.util.find_spec("psutil") is None:
        return Finding("memory", "odd", "unknown, since psutil is missing", REQUIREMENTS)
    import psutil

    free = psutil.virtual_memory().available / 1e9
    if free < MEMORY_WANTED:
        return Finding(
            "memory", "odd", f"{free:.1f} GB available", "close programs, or shut down kernels you don't use"
        )
    return Finding("memory", "fine", f"{free:.1f} GB available")


def ports(is_taken: Callable[[int], bool] | None = None) -> Finding:
    """The two ports that `make course` tries first."""
    taken = [f"{port} ({name})" for port, name in PORTS.items() if (is_taken or _is_taken)(port)]
    if taken:
        return Finding("ports", "fine", f"{' and '.join(taken)} in use; make course takes the next free one")
    return Finding("ports", "fine", f"{' and '.join(map(str, PORTS))} free")


def _is_positive(text: str) -> bool:
    try:
        return 0 < float(text) < float("inf")
    except ValueError:
        return False


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
