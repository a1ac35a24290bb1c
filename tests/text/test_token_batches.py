"""Windows of token files: every one once an epoch, the same for any number of ranks, and on again where they were."""

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.text.loaders import batches, goes_on_anywhere
from vibejam_core.text.token_batches import TokenBatches, open_tokens
from vibejam_core.text.token_file import write_tokens


def make(
    *, sizes: tuple[int, ...] = (61, 30, 4), batch_size: int = 2, block_size: int = 4, **settings: Any
) -> TokenBatches:
    """Batches of rows whose tokens can be told apart: 1000, 1001, ... in the first."""
    rows = [(torch.arange(size) + 1000 * (i + 1)).to(torch.uint16) for i, size in enumerate(sizes)]
    return TokenBatches(rows, batch_size, block_size, **settings)


def test_every_window_comes_once_in_an_epoch() -> None:
    found = batches(make(epochs=1, batch_size=1))
    assert sorted(x[0][0] for x, _ in found) == [*range(1000, 1057, 4), *range(2000, 2026, 4)]
    for x, y in found:
        assert x[0] == list(range(x[0][0], x[0][0] + 4))
        assert y[0] == list(range(x[0][0] + 1, x[0][0] + 5))


def test_the_dtypes_are_a_models() -> None:
    x, y = make().next_batch()
    assert x.shape == y.shape == (2, 4)
    assert x.dtype == y.dtype == torch.int64


def test_epochs_have_different_orders_and_a_batch_may_lie_in_two() -> None:
    loader = make(batch_size=1)
    first, second = batches(loader, loader.n_windows), batches(loader, loader.n_windows)
    assert first != second
    assert sorted(first) == sorted(second)
    assert loader.epoch == 2
    across = [row for x, _ in batches(make(batch_size=4), 11) for row in x]
    assert across == [x[0] for x, _ in first + second]


def test_the_seed_decides_the_order() -> None:
    assert batches(make(seed=1), 5) == batches(make(seed=1), 5) != batches(make(seed=2), 5)


def test_it_goes_on_anywhere() -> None:
    goes_on_anywhere(lambda: make(epochs=3))


@pytest.mark.parametrize("world_size", [2, 4])
def test_a_step_has_the_same_windows_on_any_number_of_ranks(world_size: int) -> None:
    alone = batches(make(batch_size=8), 6)
    ranks = [make(batch_size=8 // world_size, rank=rank, world_size=world_size) for rank in range(world_size)]
    for x, y in alone:
        parts = [batches(rank, 1)[0] for rank in ranks]
        assert [row for part in parts for row in part[0]] == x
        assert [row for part in parts for row in part[1]] == y


def test_a_state_of_two_ranks_goes_on_with_one_and_with_four() -> None:
    alone = batches(make(batch_size=8), 6)
    two = [make(batch_size=4, rank=rank, world_size=2) for rank in range(2)]
    for rank in two:
        batches(rank, 3)
    assert two[0].state_dict() == two[1].state_dict()
    one = make(batch_size=8)
    one.load_state_dict(two[1].state_dict())
    assert batches(one, 3) == alone[3:]
    four = [make(batch_size=2, rank=rank, world_size=4) for rank in range(4)]
    for loader in four:
        loader.load_state_dict(two[0].state_dict())
    assert [row for loader in four for row in batches(loader, 1)[0][0]] == alone[3][0]


def test_all_ranks_end_together() -> None:
    ends = [batches(make(rank=rank, world_size=3, epochs=2)) for rank in range(3)]
    assert [len(end) for end in ends] == [44 // 6] * 3


def test_a_small_corpus_works() -> None:
    assert len(batches(make(sizes=(6,), batch_size=2), 3)) == 3
    assert len(batches(make(sizes=(6,), batch_size=1, epochs=1))) == 1


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"sizes": (4, 3)}, "at least 5 tokens in a row; the longest has 4"),
        ({"sizes": ()}, "the longest has 0"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"rank": 2, "world_size": 2}, "rank 2 among 2"),
        ({"batch_size": 9, "rank": 0, "world_size": 3, "epochs": 1}, "22 windows .* needs 27"),
    ],
)
def test_what_makes_no_sense_is_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make(**settings)


@pytest.mark.parametrize("settings", [{"sizes": (60,)}, {"block_size": 5}, {"seed": 1}])
def test_a_state_of_another_order_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=" and so the windows that it has seen would come again"):
        make(**settings).load_state_dict(make().state_dict())


def test_the_last_shard_is_for_validation_and_never_trained_on(tmp_path: Path) -> None:
    for name, first in (("a", 1000), ("b", 2000), ("val", 3000)):
        write_tokens(tmp_path / f"{name}.bin", [(range(first, first + 50), 50)], 5000, "abc")
    train, val = open_tokens(tmp_path, "abc")
    assert val.long().tolist() == list(range(3000, 3050))
    seen = {token for x, y in batches(TokenBatches(train, 2, 4), 40) for row in (*x, *y) for token in row}
    assert seen <= {*range(1000, 1050), *range(2000, 2050)}


def test_the_end_of_a_single_file_is_for_validation(tmp_path: Path) -> None:
    path = tmp_path / "only.tokens"
    write_tokens(path, [(range(50), 50)], 100, "abc")
    [train], val = open_tokens(path)
    assert train.long().tolist() == list(range(45))
    assert val.long().tolist() == list(range(45, 50))
    with pytest.raises(ValueError, match="abc, not xyz"):
        open_tokens(path, "xyz")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no token file"):
        open_tokens(tmp_path / "empty")


def test_a_folder_that_is_still_being_filled_is_refused(tmp_path: Path) -> None:
    """Its only file may be the one for validation, and be trained on."""
    write_tokens(tmp_path / "val.bin", [(range(50), 50)], 100, "abc")
    (tmp_path / "train.bin.unfinished").write_bytes(b"")
    with pytest.raises(ValueError, match="not finished yet"):
        open_tokens(tmp_path)
