"""Builds the book, then looks at every page: each internal link leads somewhere, and nothing is fetched from the web.

``python -m scripts.book`` leaves the pages in ``_build/html``; warnings are errors.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "_build" / "html"

# Attributes that make a browser fetch something by itself, without the reader's click.
FETCHING = {
    ("audio", "src"), ("embed", "src"), ("iframe", "src"), ("img", "src"), ("img", "srcset"), ("input", "src"),
    ("link", "href"), ("object", "data"), ("script", "src"), ("source", "src"), ("source", "srcset"), ("track", "src"),
    ("video", "poster"), ("video", "src"), ("image", "href"), ("use", "href"),
}  # fmt: skip
# Links in a page's head that describe it and are not followed.
DESCRIBING = {"canonical", "next", "prev", "author", "index", "search", "license"}
IN_STYLE = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""")


@dataclass
class Page(HTMLParser):
    """What one page links to, what it fetches and which anchors it has."""

    path: Path
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._in_style = False
        self.feed(self.path.read_text(encoding="utf-8"))

    __hash__ = HTMLParser.__hash__

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what is of interest from a tag."""
        values = {name: value or "" for name, value in attrs}
        self._in_style = tag == "style"
        self.anchors.update(values[name] for name in ("id", "name") if values.get(name))
        self.fetched += IN_STYLE.findall(values.get("style", ""))
        described = tag == "link" and DESCRIBING & set(values.get("rel", "").split())
        for name, value in values.items():
            if (tag, name) in FETCHING and not described:
                self.fetched.append(value)
            elif name == "href" and tag == "a":
                self.links.append(value)

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag: str) -> None:
        """Leave a style sheet."""
        self._in_style = False

    def handle_data(self, data: str) -> None:
        """Read a style sheet that stands in the page."""
        if self._in_style:
            self.fetched += IN_STYLE.findall(data)


def is_external(address: str) -> bool:
    """Whether an address leads to another machine."""
    return urlsplit(address.strip()).scheme in ("http", "https") or address.strip().startswith("//")


def faults(pages: Path) -> list[str]:
    """Links that lead nowhere, and things that a page would fetch from the web or from a file that isn't there."""
    paths = sorted(pages.rglob("*.html"))
    read = {path: Page(path) for path in paths if path.relative_to(pages).parts[0] != "_static"}  # there: templates
    found = [] if (pages / "index.html").is_file() else [f"{pages} holds no index.html: nothing was built"]
    for path, page in read.items():
        name = path.relative_to(pages).as_posix()
        found += [f"{name} fetches {address}" for address in page.fetched if is_external(address)]
        for address in dict.fromkeys([*page.links, *page.fetched]):
            if not urlsplit(address).scheme and not address.startswith("//") and (why := _broken(path, address, read)):
                found.append(f"{name} links to {address}: {why}")
    found += [
        f"{style.relative_to(pages).as_posix()} fetches {address}"
        for style in sorted(pages.rglob("*.css"))
        for address in IN_STYLE.findall(style.read_text(encoding="utf-8"))
    ]
    return found


def _broken(page: Path, address: str, read: dict[Path, Page]) -> str:
    """Why an address within the book leads nowhere; empty if it does lead somewhere."""
    parts = urlsplit(address)
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return "there is no such file"
    anchor = unquote(parts.fragment)
    if anchor and target in read and anchor not in read[target].anchors:
        return "there is no such place in that page"
    return ""


def fingerprint(root: Path = ROOT) -> str:
    """Changes with everything that pages are made from."""
    digest = hashlib.sha256()
    names = ["_config.yml", "_toc.yml", "requirements.txt", "vibejam_core/course/curriculum.py"]
    paths = [root / name for name in names] + [*(root / "solutions").glob("*.ipynb")]
    paths += [path for path in (root / "book").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    for path in sorted(paths):
        digest.update(f"{path.relative_to(root).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def build(quiet: bool = False, pages: Path = PAGES) -> int:
    """Have Jupyter Book make the pages, unless those that are there were made from just this; 0 after no warning."""
    stamp, wanted = pages / ".made-from", fingerprint()
    if not (stamp.exists() and stamp.read_text(encoding="utf-8") == wanted):
        stamp.unlink(missing_ok=True)
        if failed := _run_jupyter_book(pages):
            return failed
        stamp.write_text(wanted, encoding="utf-8")
    if not quiet:
        print(f"The book: {(pages / 'index.html').as_uri()}")
    return 0


def _run_jupyter_book(pages: Path) -> int:
    start = "from jupyter_book.cli.main import main; main()"  # it has no `python -m` of its own
    command = [sys.executable, "-c", start, "build", str(ROOT), "-W", "-n", "--keep-going", "-q"]
    command += ["--path-output", str(pages.parent.parent)]
    # The pages' directives import the course from this clone.
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
    # Where no page changed, the style sheet isn't copied again, although it may have changed.
    shutil.copytree(ROOT / "book" / "_static", pages / "_static", dirs_exist_ok=True)
    return done.returncode


def report(found: Iterable[str]) -> int:
    """Print the faults; 1 if there is one."""
    faulty = False
    for fault in found:
        print(fault, file=sys.stderr)
        faulty = True
    return int(faulty)


def main() -> int:
    """Build and look."""
    parser = argparse.ArgumentParser(prog="python -m scripts.book", description=__doc__)
    parser.add_argument("--quiet", action="store_true", help="say nothing unless something is wrong")
    return build(parser.parse_args().quiet) or report(faults(PAGES))


if __name__ == "__main__":
    sys.exit(main())
