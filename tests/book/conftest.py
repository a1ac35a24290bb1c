"""The pages that the tests look at: built once, into the folder where `make book` puts them."""

import contextlib
import io
from pathlib import Path

import pytest

from scripts import book


@pytest.fixture(scope="session")
def pages() -> Path:
    """The book's folder of pages, up to date, built with warnings as errors."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        failed = book.build(quiet=True)
    assert not failed, said.getvalue()
    return book.PAGES
