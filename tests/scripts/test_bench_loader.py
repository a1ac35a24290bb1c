"""The program that measures how fast batches come."""

import json
import sys
from importlib.util import find_spec

import pytest
import torch

from scripts import bench_loader
from scripts._main import run


def test_the_last_line_holds_all_that_was_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "program --megabytes 0.1 --vocab-size 400 --batch-size 2 --block-size 64 --seconds 0.1 --step-ms 5"
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)  # that of the whole process
    monkeypatch.setattr(sys, "argv", line.split())
    with pytest.raises(SystemExit) as leaving:
        run(bench_loader.main)
    assert leaving.value.code == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    ways = ["token file", "TinyWorld, packed", *(["Parquet, packed"] if find_spec("pyarrow") else [])]
    assert all(found[way]["tokens_per_second"] > 0 for way in ways)
    assert found["token file"]["dropped"] == 0
    assert 0.5 < found["TinyWorld, packed"]["dropped"] < 1  # documents are much longer than a row of 65 tokens
