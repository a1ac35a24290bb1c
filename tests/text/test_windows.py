"""Splits and batches."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from vibejam_core.text.windows import get_batch, split_corpus


@given(st.integers(0, 500), st.floats(0, 0.99))
def test_a_split_loses_and_reorders_nothing(n: int, fraction: float) -> None:
    """Train, then validation, is the corpus."""
    train, val = split_corpus(torch.arange(n), fraction)
    assert torch.equal(torch.cat([train, val]), torch.arange(n))


def test_every_start_is_equally_likely() -> None:
    """40,000 draws from 8 starts: each about 5,000 times (four standard deviations are 265)."""
    x, _ = get_batch(torch.arange(12), 4, 40_000, torch.Generator().manual_seed(3))
    counts = torch.bincount(x[:, 0], minlength=8)
    assert len(counts) == 8
    assert (counts - 5000).abs().max() < 265


@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 9))
def test_targets_are_the_inputs_one_token_later(block_size: int, batch_size: int, extra: int) -> None:
    """On a corpus that counts, y is x + 1 and x counts."""
    x, y = get_batch(torch.arange(block_size + 1 + extra), block_size, batch_size)
    assert x.shape == (batch_size, block_size)
    assert torch.equal(y, x + 1)
    assert torch.equal(x - x[:, :1], torch.arange(block_size).expand_as(x))
