"""Try the labs as Colab would: a fresh environment with older packages, an empty folder, nothing of the course there.

    python -m scripts.check_colab [--python PATH] [--labs 0 3]

Makes a virtual environment like Colab's image (IPython 7.34, ipywidgets 7.7.1, torch there already), clones this
repository from its ``file://`` address through the notebooks' own first cell, runs every lab's skeleton notebook, and
compares what is installed afterwards with what was there before. Exit code 0 means: every version is the same, and only
exercise cells were unfinished.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LIKE_COLAB = (
    "ipython==7.34.0",
    "ipywidgets==7.7.1",
    "ipykernel==6.17.1",
    "torch",
    "numpy",
    "matplotlib",
    "tqdm",
    "psutil",
    "pytest",
    "tiktoken",
)


def main() -> int:
    """Make or take an environment, run the notebooks in it, compare."""
    parser = argparse.ArgumentParser(description="Run the labs in an environment like Colab's.")
    parser.add_argument("--python", type=Path, help="an environment's Python (default: make a fresh environment)")
    parser.add_argument("--labs", nargs="*", help="numbers of labs (default: all)")
    args = parser.parse_args()
    wanted = sorted((ROOT / "labs").glob("[0-9][0-9]_*.ipynb"))
    if args.labs:
        wanted = [path for path in wanted if str(int(path.name[:2])) in args.labs]
    with tempfile.TemporaryDirectory(prefix="vibejam-colab-") as folder:
        python = args.python or make_environment(Path(folder) / "env")
        content = Path(folder) / "content"
        content.mkdir()
        before = installed(python)
        red = [line for path in wanted for line in run(path, python, content)]
        after = installed(python)
    changed = [name for name, version in before.items() if after.get(name) != version]
    added = sorted(set(after) - set(before))
    for name in changed:
        print(f"changed: {name} {before[name]} -> {after.get(name, 'gone')}")
    print(f"{len(before)} packages before, {len(changed)} changed, added: {', '.join(added) or 'none'}")
    print("\n".join(red) if red else f"{len(wanted)} notebooks ran; only exercise cells were unfinished")
    return 1 if changed or red or not wanted else 0


def make_environment(folder: Path) -> Path:
    """A virtual environment with what Colab's image has; gives back its Python."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *LIKE_COLAB], check=True)
    return python


def installed(python: Path) -> dict[str, str]:
    """Package to version, as the environment itself sees it."""
    code = (
        "import importlib.metadata as m, json; "
        "print(json.dumps({d.metadata['Name']: d.version for d in m.distributions()}))"
    )
    done = subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def run(path: Path, python: Path, content: Path) -> list[str]:
    """Run a notebook with that Python's kernel in a folder that isn't the course's; gives back what went wrong."""
    import nbformat
    from jupyter_client.manager import KernelManager
    from nbclient import NotebookClient

    notebook: Any = nbformat.read(path, as_version=4)
    manager = KernelManager(kernel_name="python3")
    manager.kernel_spec.argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("VIBEJAM", "PYTHON"))}
    begun = time.monotonic()
    client = NotebookClient(
        notebook, km=manager, timeout=120, allow_errors=True, resources={"metadata": {"path": content}}
    )
    client.execute(env={**kept, "VIBEJAM_REPOSITORY": ROOT.as_uri()})
    wrong = []
    for cell in notebook.cells:
        errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
        is_exercise = cell.id.startswith("exercise-")
        unfinished = any("is unfinished" in error.evalue for error in errors)
        if is_exercise != bool(errors) or is_exercise != unfinished:
            told = (
                "\n".join(f"{error.ename}: {error.evalue}" for error in errors) or "did not say that it is unfinished"
            )
            wrong.append(f"{path.name}, cell {cell.id}: {told}")
    print(f"{path.name}: {time.monotonic() - begun:.1f} s", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
