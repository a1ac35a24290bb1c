"""Folders of files for the checks that need some."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """An empty folder that is gone afterwards. Meanwhile nothing is really flushed to the disk, which takes long.

    Its name differs from run to run in digits alone, which the diagnosis overlooks when it compares what errors say.
    """
    folder = Path(tempfile.gettempdir()) / f"vibejam-{secrets.randbelow(10**12)}"
    folder.mkdir(mode=0o700)
    try:
        with mock.patch.object(os, "fsync", return_value=None):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fill(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files into a folder, byte for byte, and the folders that their names need."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


@contextmanager
def replaced(place: Any, name: str, stand_in: Any) -> Iterator[None]:
    """Let an attribute be another thing for a while; ``stand_in`` is called with the original first."""
    original = getattr(place, name)

    def called(*arguments: Any, **named: Any) -> Any:
        return stand_in(original, *arguments, **named)

    with mock.patch.object(place, name, called):
        yield


_watchers: list[Callable[[str, tuple[Any, ...]], None]] = []
_installed: list[bool] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _watchers and event.startswith(("open", "os.", "shutil.")):
        watcher = _watchers.pop()  # what it does to files itself is no news
        try:
            watcher(event, arguments)
        finally:
            _watchers.append(watcher)


@contextmanager
def auditing(watcher: Callable[[str, tuple[Any, ...]], None]) -> Iterator[None]:
    """Python tells of every call that touches files, before it is made. (What it calls can't be taken off again.)"""
    if not _installed:
        sys.addaudithook(_audit)
        _installed.append(True)
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)
