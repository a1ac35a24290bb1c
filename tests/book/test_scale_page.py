"""The page "From laptop to cluster" says what the laws of lab 15 say."""

import importlib.util

import pytest

from vibejam_core.course.grafting.skeleton import repo_root
from vibejam_core.training.contract import JOBS, planned

ROOT = repo_root()


@pytest.fixture(scope="module")
def scale():
    """The program that makes the page's tables."""
    spec = importlib.util.spec_from_file_location("scale", ROOT / "book" / "figures" / "scale.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_are_those_that_the_laws_give_today(scale):
    """A law that changes changes the page: python book/figures/scale.py."""
    page = (ROOT / "book" / "scale.md").read_text(encoding="utf-8")
    assert scale.with_tables(page) == page


def test_the_arithmetic_of_the_page_is_that_of_its_table():
    """Depth 20 on eight GPUs, by hand: parameters, tokens, operations, seconds."""
    found = planned(JOBS[3])
    matrices, head = 20 * 12 * 1280**2, 32_768 * 1280
    assert found.counts["matrices"] + found.counts["head"] == matrices + head == 435_159_040
    per_token = 6 * (matrices + head) + 12 * 20 * 1280 * 2048
    assert found.model.estimate_flops() == per_token
    assert found.plan.n_tokens == pytest.approx(20 * (matrices + head), rel=1e-3)
    assert found.plan.steps * found.computing(8) == pytest.approx(
        20 * (matrices + head) * per_token / (8 * 989e12 * 0.4), rel=1e-3
    )


def test_twice_the_gpus_compute_in_half_the_time_and_send_as_long():
    """Which is why they stop helping."""
    found = planned(JOBS[4])
    assert found.computing(64) == pytest.approx(found.computing(32) / 2)
    assert found.sending(64) == found.sending(32) > 0
    assert found.sending(1) == 0
