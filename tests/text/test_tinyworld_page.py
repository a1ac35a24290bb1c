"""The page on TinyWorld shows what the world makes now."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

BOOK = Path(__file__).parents[2] / "book"
FIGURES = BOOK / "figures"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """The program that makes the samples, the map and the numbers."""
    sys.path.insert(0, str(FIGURES))
    try:
        spec = importlib.util.spec_from_file_location("tinyworld_figures", FIGURES / "tinyworld.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        module.__file__ = str(FIGURES / "tinyworld.py")
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(FIGURES))


def test_what_the_page_shows_is_in_step_with_the_world(maker: ModuleType) -> None:
    """``python book/figures/tinyworld.py`` would change nothing."""
    for name, text in maker.files().items():
        assert (FIGURES / "tinyworld" / name).read_text(encoding="utf-8") == text, name


def test_the_page_includes_everything_that_is_made_for_it(maker: ModuleType) -> None:
    page = (BOOK / "tinyworld.md").read_text(encoding="utf-8")
    assert set(re.findall(r"figures/tinyworld/(\S+)", page)) == set(maker.files())


def test_there_are_a_hundred_samples(maker: ModuleType) -> None:
    assert sum(maker.SAMPLES.values()) == 100
    assert maker.samples().count("```text") == 100


def test_every_place_of_the_world_is_on_the_map(maker: ModuleType) -> None:
    assert set(maker.WHERE) == {place["bare"] for place in maker.PLACES}
    on_paths = {stop.replace("-", " ") for path in maker.PATHS for stop in path.split()}
    assert on_paths == set(maker.WHERE)
