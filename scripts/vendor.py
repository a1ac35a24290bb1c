"""Fetch the scripts that the book's pages need, so that no page fetches anything itself.

Run it only to change a version: ``python -m scripts.vendor``. It needs ``npm`` and the network; what it writes under
``book/_static/vendor`` is committed, with each package's licence beside it.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
import tempfile
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

VENDOR = Path(__file__).resolve().parent.parent / "book" / "_static" / "vendor"

# Package, version -> which of its files the pages use. MathJax loads an extension such as \boldsymbol only where a
# formula asks for it, from the folder beside the main script; the fonts and icons of the widgets lie beside theirs.
PACKAGES = {
    ("mathjax", "3.2.2"): (
        "LICENSE",
        "es5/tex-mml-chtml.js",
        "es5/output/chtml/fonts/woff-v2/*.woff",
        "es5/input/tex/extensions/boldsymbol.js",
        "es5/input/tex/extensions/cancel.js",
        "es5/input/tex/extensions/color.js",
        "es5/input/tex/extensions/mathtools.js",
    ),
    ("@jupyter-widgets/html-manager", "1.0.14"): (
        "LICENSE",
        "dist/embed.js",
        "dist/embed.js.LICENSE.txt",
        "dist/*.woff2",
    ),
}


def vendor(name: str, version: str, patterns: tuple[str, ...]) -> int:
    """Unpack the wanted files of one package; how many bytes they take."""
    target = VENDOR / name.rpartition("/")[2]
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(
            ["npm", "pack", "--json", f"{name}@{version}"], cwd=folder, check=True, capture_output=True, text=True
        )
        archive = Path(folder, json.loads(packed.stdout)[0]["filename"].replace("@", "").replace("/", "-")).read_bytes()
    size = 0
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar.getmembers():
            path = PurePosixPath(member.name).relative_to("package")
            source = tar.extractfile(member)
            if source is None or not any(fnmatch(str(path), pattern) for pattern in patterns):
                continue
            content = source.read()
            out = target / path
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(content)
            size += len(content)
    (target / "VERSION").write_text(f"{name} {version}, from the npm registry\n", encoding="utf-8")
    return size


def main() -> None:
    """Fetch every package and say how large it is."""
    for (name, version), patterns in PACKAGES.items():
        print(f"{name} {version}: {vendor(name, version, patterns) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
