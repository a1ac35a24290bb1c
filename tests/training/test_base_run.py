"""A pretraining run in one process: what it plans, says, writes down, and how it ends."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch

from tests.training.base_runs import CountingText, config, records, train
from vibejam_core.models.checkpoint import load_checkpoint
from vibejam_core.training import base_setup, base_start
from vibejam_core.training.base_start import start_base_run
from vibejam_core.training.log import read_end
from vibejam_core.training.pretrain_config import PretrainConfig
from vibejam_core.training.pretrain_log import FIELDS, read_samples
from vibejam_core.training.world import World


def test_a_run_learns_and_writes_everything_down(tmp_path: Path) -> None:
    outcome, _ = train(tmp_path, steps=40, eval_interval=20, rows=16, sample=5)
    assert (outcome.step, outcome.ended) == (40, "finished")
    written = records(tmp_path)
    assert [each["step"] for each in written] == list(range(41))
    assert written[0]["val_loss"] == pytest.approx(2.5, abs=0.3)
    assert written[-1]["val_loss"] < 0.8 * written[0]["val_loss"]
    assert written[-1]["val_bits_per_byte"] == pytest.approx(written[-1]["val_loss"] / 0.6931, rel=1e-3)
    with (tmp_path / "log.csv").open(newline="") as file:
        assert tuple(next(csv.reader(file))) == FIELDS
    assert [each["step"] for each in read_samples(tmp_path)] == [0, 20, 40]
    assert any((tmp_path / "tensorboard").iterdir())
    assert read_end(tmp_path)["ended"] == "finished"
    assert load_checkpoint(tmp_path).metrics["val_loss"] == written[-1]["val_loss"]


def test_the_plan_is_said_before_anything_is_allocated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def none(*arguments: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(base_start, "BaseRun", none)
    with pytest.raises(MemoryError):
        start_base_run(config(tmp_path), CountingText(), World(), torch.device("cpu"), said.append)
    assert [line.split()[0] for line in said] == ["text", "model", "plan", "learning", "memory", "batch", "on"]
    assert "1 process, 1 times 4 rows" in said[5]


def test_the_micro_batch_changes_nothing_that_is_learned(tmp_path: Path) -> None:
    train(tmp_path / "whole")
    _, said = train(tmp_path / "parts", micro_batch=2)
    assert any("2 times 2 rows" in line for line in said)
    for one, other in zip(records(tmp_path / "whole"), records(tmp_path / "parts"), strict=True):
        assert one["train_loss"] == pytest.approx(other["train_loss"], abs=1e-5)


def test_the_memory_decides_the_micro_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = base_setup.set_up(config(tmp_path), 13, World(), torch.device("cpu"))
    needed = base_setup.memory_for(setup.shape, setup.counts, 2).total
    monkeypatch.setattr(base_setup, "free_memory", lambda device: needed)
    assert base_setup.set_up(config(tmp_path), 13, World(), torch.device("cpu")).micro == 2


def test_a_preset_gives_what_is_not_asked_for(tmp_path: Path) -> None:
    setup = base_setup.set_up(PretrainConfig(preset="cpu", ratio=2.0), 4096, World(), torch.device("cpu"))
    assert (setup.shape.n_layer, setup.shape.block_size, setup.config.ratio) == (4, 256, 2.0)
    assert setup.plan.learning_rate == 6e-3
    by_law = base_setup.set_up(PretrainConfig(preset="cpu", learning_rate=0.0), 4096, World(), torch.device("cpu"))
    assert by_law.plan.learning_rate == pytest.approx(2.5e-3)


def test_rows_that_cannot_be_shared_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the 4 rows of a step can't be shared evenly among 3 processes"):
        base_setup.set_up(config(tmp_path), 13, World(0, 3), torch.device("cpu"))


@pytest.mark.parametrize("rows_per_rank", [4, 2])
def test_a_loss_scale_is_used_in_float16_and_kept(tmp_path: Path, rows_per_rank: int) -> None:
    train(tmp_path, dtype="float16", steps=4, micro_batch=rows_per_rank)
    assert records(tmp_path)[-1]["loss_scale"] == 2**16
    assert load_checkpoint(tmp_path).settings["scale"] == {"scale": 2**16, "good": 4}


def test_where_compiling_fails_training_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def compiled(model: torch.nn.Module, **options: Any) -> Any:
        def fails(*arguments: Any) -> None:
            raise RuntimeError("no compiler here\nand much more")

        model_like: Any = type("Compiled", (), {"__call__": lambda self, *a: fails(), "train": lambda self: self})()
        return model_like

    train(tmp_path / "plain")
    monkeypatch.setattr(torch, "compile", compiled)
    _, said = train(tmp_path / "compiled", compile="yes")
    assert "note      torch.compile failed (no compiler here); training goes on without it, more slowly" in said
    assert records(tmp_path / "plain") == records(tmp_path / "compiled")


def test_too_little_memory_takes_fewer_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = base_setup.try_out

    def full(model: Any, setup: Any, micro: int) -> None:
        if micro > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        original(model, setup, micro)

    monkeypatch.setattr(base_setup, "try_out", full)
    monkeypatch.setattr(torch, "compile", lambda model, **options: _Same(model))
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    _, said = train(tmp_path, compile="yes")
    assert [line for line in said if line.startswith("note")] == [
        "note      OutOfMemoryError: taking 2 rows at a time instead",
        "note      OutOfMemoryError: taking 1 rows at a time instead",
    ]


def test_all_batches_lie_in_memory_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the first try, too: for others torch.compile would begin again, which takes minutes on a GPU."""
    monkeypatch.setattr(torch, "compile", lambda model, **options: _Same(model))
    _Same.layouts.clear()
    train(tmp_path, compile="yes", micro_batch=2)
    assert len(_Same.layouts) == 2 * (1 + 12 * 2)  # x and y of the first try, and of 12 steps of two micro-batches
    assert set(_Same.layouts) == {((2, 8), (8, 1), torch.int64, False)}


class _Same:
    """What torch.compile returns: another object that does the same."""

    layouts: ClassVar[list[tuple[Any, ...]]] = []
    """Shape, strides and dtype of each tensor that it was given, and whether two of them were one."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def __call__(self, *arguments: Any) -> Any:
        x, y = arguments
        self.layouts += [(tuple(each.shape), each.stride(), each.dtype, x is y) for each in arguments]
        return self.model(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)


def test_a_text_that_ends_ends_the_run(tmp_path: Path) -> None:
    text = CountingText(epochs=1)
    n_steps = (text.n_tokens - 1) // 8 // 4
    outcome, _ = train(tmp_path, text, steps=10_000, eval_interval=5000, log_interval=5000)
    assert (outcome.step, outcome.ended) == (n_steps, "text")
    assert load_checkpoint(tmp_path).step == n_steps


def test_many_times_through_the_text_is_noted(tmp_path: Path) -> None:
    _, said = train(tmp_path, steps=1000, max_seconds=0.001)
    assert any("times through the text" in line for line in said)


def test_a_peak_is_looked_up_and_never_guessed() -> None:
    from vibejam_core.training.hardware import peak_flops

    assert peak_flops("Tesla T4", "float16") == 65e12
    assert peak_flops("NVIDIA A100-SXM4-40GB", "bfloat16") == 312e12
    assert peak_flops("NVIDIA H100 80GB HBM3", "bfloat16") == 989e12
    assert peak_flops("NVIDIA H200", "bfloat16") == 989e12
    assert peak_flops("NVIDIA H100 PCIe", "bfloat16") is None
    assert peak_flops("NVIDIA H200", "float32") is None
    assert peak_flops("CPU", "float32") is None
