"""Parquet files: shared by row groups, read on at the very row, and the last shard never trained on."""

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.text.loaders import batches, documents_in, encode, goes_on_anywhere, text
from tests.text.test_sources import goes_on_after_each, texts
from vibejam_core.text.document_loader import DocumentLoader
from vibejam_core.text.parquet_source import ParquetSource

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def shard(path: Path, first: int, n: int, group_size: int = 5, **columns: Any) -> Path:
    """A Parquet file with documents ``first`` to ``first + n - 1``."""
    table = columns or {"id": list(range(n)), "text": [text(number) for number in range(first, first + n)]}
    pq.write_table(pa.table(table), path, row_group_size=group_size)
    return path


@pytest.fixture
def shards(tmp_path: Path) -> list[Path]:
    """Three files with 5, 3 and 2 row groups; the last one is for validation."""
    return [
        shard(tmp_path / "shard_0.parquet", 1, 23),
        shard(tmp_path / "shard_1.parquet", 101, 12),
        shard(tmp_path / "shard_2.parquet", 201, 10),
    ]


def numbers(source: ParquetSource) -> list[int]:
    """Which documents a source has, in order."""
    return [int(found.rstrip("x")) for found in texts(source)]


def test_all_documents_come_in_order_but_those_for_validation(shards: list[Path]) -> None:
    assert numbers(ParquetSource(shards)) == [*range(1, 24), *range(101, 113)]
    assert numbers(ParquetSource(shards, split="val")) == list(range(201, 211))
    assert numbers(ParquetSource(shards, epochs=2)) == 2 * numbers(ParquetSource(shards))


@pytest.mark.parametrize("world_size", [2, 3, 8])
def test_ranks_share_the_row_groups(shards: list[Path], world_size: int) -> None:
    shares = [numbers(ParquetSource(shards, rank=rank, world_size=world_size)) for rank in range(world_size)]
    assert all(shares)
    assert sorted(number for share in shares for number in share) == numbers(ParquetSource(shards))


def test_positions_are_exact(shards: list[Path]) -> None:
    goes_on_after_each(ParquetSource(shards, epochs=2))
    goes_on_after_each(ParquetSource(shards, rank=1, world_size=3, epochs=2))


def test_a_loader_goes_on_anywhere_and_never_sees_the_validation_shard(shards: list[Path]) -> None:
    for rank in range(2):

        def make(rank: int = rank) -> DocumentLoader:
            return DocumentLoader(ParquetSource(shards, rank=rank, world_size=2, epochs=3), encode, 2, 4, 3)

        goes_on_anywhere(make)
        found = documents_in(batches(make()))
        assert found <= set(numbers(ParquetSource(shards, rank=rank, world_size=2)))
        assert found.isdisjoint(numbers(ParquetSource(shards, split="val")))


def test_a_position_stays_true_when_shards_are_added(shards: list[Path], tmp_path: Path) -> None:
    _, position = list(ParquetSource(shards).documents())[20]
    more = [*shards[:-1], shard(tmp_path / "more.parquet", 301, 4), shards[-1]]
    assert texts(ParquetSource(more), position=position)[-1] == text(304)


@pytest.mark.parametrize(("group_size", "train"), [(4, 8), (100, 9)])
def test_one_shard_of_ten_documents_works_and_ends(tmp_path: Path, group_size: int, train: int) -> None:
    files = [shard(tmp_path / "only.parquet", 1, 10, group_size)]
    assert numbers(ParquetSource(files)) == list(range(1, train + 1))
    assert numbers(ParquetSource(files, split="val")) == list(range(train + 1, 11))
    assert batches(DocumentLoader(ParquetSource(files), encode, 1, 4, 3))


def test_rows_without_text_are_empty_documents(tmp_path: Path) -> None:
    table = pa.table({"text": pa.array(["1", None, "3", "4"])})
    pq.write_table(table, tmp_path / "some.parquet", row_group_size=2)
    assert texts(ParquetSource([tmp_path / "some.parquet"])) == ["1", ""]


def test_what_cannot_be_read_is_told_in_a_sentence(shards: list[Path], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"8 row groups .* but 9 processes"):
        ParquetSource(shards, rank=0, world_size=9)
    with pytest.raises(FileNotFoundError, match=r"gone\.parquet"):
        ParquetSource([tmp_path / "gone.parquet", *shards])
    with pytest.raises(ValueError, match="at least one"):
        ParquetSource([])
    with pytest.raises(ValueError, match=r"called 'body'. It has: id \(int64\), text \(string\)"):
        ParquetSource(shards, column="body")
    with pytest.raises(ValueError, match="one document or none"):
        ParquetSource([shard(tmp_path / "one.parquet", 1, 1)])
    with pytest.raises(ValueError, match="no split 'test'"):
        ParquetSource(shards, split="test")
    (tmp_path / "cut.parquet").write_bytes(shards[0].read_bytes()[:-20])
    with pytest.raises(ValueError, match=r"cut\.parquet is damaged"):
        ParquetSource([tmp_path / "cut.parquet", *shards])


def test_a_row_group_that_was_damaged_names_its_file(shards: list[Path]) -> None:
    source = ParquetSource(shards)
    data = bytearray(shards[0].read_bytes())
    data[4:300] = bytes(296)
    shards[0].write_bytes(data)
    with pytest.raises(ValueError, match=r"shard_0\.parquet is damaged"):
        texts(source)


def test_a_position_of_another_number_of_ranks_is_refused(shards: list[Path]) -> None:
    _, position = next(ParquetSource(shards, rank=0, world_size=2).documents())
    with pytest.raises(ValueError, match="with 2 processes and can't go on with 1"):
        texts(ParquetSource(shards), position=position)


def test_pyarrow_is_asked_for_where_it_is_missing(shards: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ModuleNotFoundError, match="pip install pyarrow"):
        ParquetSource(shards)
