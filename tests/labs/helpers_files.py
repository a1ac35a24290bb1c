"""Folders of files for the checks that need some."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
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
