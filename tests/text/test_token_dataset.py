"""Windows over tokens."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from vibejam_core.text.token_dataset import TokenDataset


@given(st.integers(2, 30), st.integers(1, 10), st.integers(1, 12))
def test_every_window_that_fits_is_there(n: int, block_size: int, stride: int) -> None:
    tokens = torch.arange(n, dtype=torch.int32) + 100
    if n < block_size + 1:
        with pytest.raises(ValueError, match=str(n)):
            TokenDataset(tokens, block_size, stride)
        return
    dataset = TokenDataset(tokens, block_size, stride)
    starts = [start for start in range(0, n, stride) if start + block_size < n]
    assert len(dataset) == len(starts)
    for start, (x, y) in zip(starts, dataset, strict=True):
        assert x.tolist() == list(range(100 + start, 100 + start + block_size))
        assert torch.equal(y, x + 1)
        assert x.dtype == y.dtype == torch.int64
    assert torch.equal(dataset[-1][0], dataset[len(dataset) - 1][0])


def test_a_loader_batches_it() -> None:
    [(x, y)] = DataLoader(TokenDataset(torch.arange(9), 4, 4), batch_size=5)
    assert x.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert y[1].tolist() == [5, 6, 7, 8]


@pytest.mark.parametrize(
    ("tokens", "block_size", "stride", "says"),
    [
        (torch.zeros(2, 9, dtype=torch.long), 4, 1, r"\(2, 9\)"),
        (torch.zeros(9), 4, 1, "float32"),
        (torch.arange(9), 0, 1, "block_size"),
        (torch.arange(9), 4, 0, "stride"),
    ],
)
def test_what_makes_no_windows_is_refused(tokens: torch.Tensor, block_size: int, stride: int, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        TokenDataset(tokens, block_size, stride)


def test_an_index_out_of_range_is_named() -> None:
    for index in (5, -6):
        with pytest.raises(IndexError, match=str(index)):
            TokenDataset(torch.arange(9), 4)[index]
