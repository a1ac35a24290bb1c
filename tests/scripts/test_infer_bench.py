"""The program that measures how fast a model writes."""

import json
import sys
from pathlib import Path

import pytest
import torch

from scripts import infer_bench
from scripts._main import run
from vibejam_core.models.checkpoint import Checkpoint, save_checkpoint
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.text.characters import CharTokenizer

TINY = "--depth 1 --vocab-size 50 --block-size 16 --prompt 5 --new-tokens 4 --repeat 1"


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program sets the number of threads of the whole process; and nobody needs the true bandwidth here."""
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
    monkeypatch.setattr(infer_bench, "COPIED", 2**20)


def bench(monkeypatch: pytest.MonkeyPatch, line: str) -> int | str | None:
    """The exit code."""
    monkeypatch.setattr(sys, "argv", ["program", *line.split()])
    with pytest.raises(SystemExit) as leaving:
        run(infer_bench.main)
    return leaving.value.code


def test_the_last_line_holds_all_that_was_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For each batch size, and for the loop without a cache."""
    assert bench(monkeypatch, f"{TINY} --batch-sizes 1 3") == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    matrices = 12 * 64 * 64 + 64 * 64  # a block's, and the head's: 50 tokens are padded to 64
    assert found["weight_bytes"] == 4 * matrices
    assert found["kv_bytes_per_token"] == 2 * 64 * 4
    assert found["copy_gb_per_second"] > 0
    assert found["times_uncached"] > 0
    assert set(found["uncached"]) == {"tokens_per_second", "cpu_seconds"}
    assert [batch["batch_size"] for batch in found["batches"]] == [1, 3]
    for batch in found["batches"]:
        names = ("ms_to_first_token", "ms_per_step", "ms_per_token", "tokens_per_second", "bound_tokens_per_second")
        assert all(batch[name] > 0 for name in names)
        assert batch["share_of_bound"] >= 0
    assert found["settings"]["prompt"] == 5


def test_a_trained_model_is_measured_without_the_slow_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its shape comes from the checkpoint."""
    shape = ModelConfig(vocab_size=3, block_size=16, n_layer=1, n_head=1, n_embd=8)
    save_checkpoint(tmp_path, Checkpoint(build_model("modern_gpt", shape), "modern_gpt", CharTokenizer("abc"), 1))
    assert bench(monkeypatch, f"{TINY} --no-uncached --ckpt-path {tmp_path}") == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["kv_bytes_per_token"] == 2 * 8 * 4
    assert not {"uncached", "times_uncached"} & set(found)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"{TINY} --prompt 13", "block_size of 16"),
        (f"{TINY} --new-tokens 1", "at least 2"),
        (f"{TINY} --batch-sizes 0", "batch_sizes"),
    ],
)
def test_what_cannot_be_measured_is_told(
    line: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one paragraph."""
    assert bench(monkeypatch, line) == 2
    assert said in capsys.readouterr().err
