"""The course's virtual environment: made once, brought up to date when its requirements change.

Only the standard library is imported here and by the launcher, since nothing else is there on a fresh machine.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

FOLDER = ".venv"
STAMP = "vibejam-is-set-up"
PYTHONS = ((3, 11), (3, 13))
# Nobody who opens JupyterLab for the first time wants to answer whether they would like to read news.
JUPYTERLAB_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    }
}


class SetupError(Exception):
    """Something on this machine has to change first; the message is one paragraph for the person in front of it."""


def python_of(root: Path) -> Path:
    """The Python inside the environment, whether or not it is there."""
    return root / FOLDER / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def variables(root: Path) -> dict[str, str]:
    """The process environment of someone who activated the course's environment."""
    python = python_of(root)
    path = os.pathsep.join([str(python.parent), os.environ.get("PATH", "")])
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    return {**kept, "PATH": path, "VIRTUAL_ENV": str(root / FOLDER)}


def fingerprint(root: Path) -> str:
    """Changes with the requirements, and when the clone moves, since an environment can't be moved along."""
    digest = hashlib.sha256(str(root).encode())
    for name in ("requirements.txt", "pyproject.toml"):
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def is_ready(root: Path) -> bool:
    """Whether an earlier set-up finished, with these requirements and in this place."""
    stamp = root / FOLDER / STAMP
    return python_of(root).exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == fingerprint(root)


def set_up(root: Path) -> None:
    """Make the environment and install into it what is missing; does nothing where an earlier set-up finished.

    Raises:
        SetupError: if this Python doesn't do, or if a step fails; the next call begins where this one stopped.
    """
    if is_ready(root):
        return
    python = python_of(root)
    if not _works(python):
        if not PYTHONS[0] <= sys.version_info[:2] <= PYTHONS[1]:
            wanted = " to ".join(".".join(map(str, version)) for version in PYTHONS)
            raise SetupError(
                f"This is Python {sys.version.split()[0]}; the course needs {wanted}. Install one of them and name it: "
                "make course PYTHON=/path/to/python3.11"
            )
        print(f"Making a virtual environment in {FOLDER} (Python {sys.version.split()[0]})", flush=True)
        _run(root, [sys.executable, "-m", "venv", "--clear", str(root / FOLDER)], "the virtual environment")
    print("Installing what the course needs; the first time this takes some minutes", flush=True)
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    pip += [] if sys.stdout.isatty() else ["--quiet"]  # whoever waits at a terminal sees that something happens
    _run(root, [*pip, "--requirement", "requirements.txt"], "the requirements")
    _run(root, [*pip, "--no-deps", "--editable", "."], "the course's own package")
    settings = root / FOLDER / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps(JUPYTERLAB_SETTINGS, indent=2) + "\n", encoding="utf-8")
    (root / FOLDER / STAMP).write_text(fingerprint(root), encoding="utf-8")


def _works(python: Path) -> bool:
    """Whether the environment's Python starts and has pip; after an upgrade of the system's it may not."""
    if not python.exists():
        return False
    return subprocess.run([str(python), "-c", "import pip"], capture_output=True).returncode == 0


def _run(root: Path, command: list[str], what: str) -> None:
    # Without a terminal on its input, nothing asks and waits for ever.
    done = subprocess.run(command, cwd=root, env=variables(root), stdin=subprocess.DEVNULL)
    if done.returncode:
        raise SetupError(
            f"Setting up {what} failed; the lines above say why. Is there a network, and room on the disk? The next "
            f"attempt continues from here. To start afresh, remove {FOLDER} first."
        )
