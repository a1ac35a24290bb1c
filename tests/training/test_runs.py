"""Whole runs on a small text, in this process."""

import csv
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from vibejam_core.models.checkpoint import load_checkpoint
from vibejam_core.models.config import ModelConfig
from vibejam_core.text.config import DataConfig
from vibejam_core.text.corpora import Corpus
from vibejam_core.training import trainer
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.log import FIELDS, line, read_log
from vibejam_core.training.run import Outcome, TrainingDiverged, start_run
from vibejam_core.training.trainer import train_lm

SHAPE = ModelConfig(block_size=8, n_layer=1, n_head=2, n_embd=16, dropout=0.2)
CORPUS = Corpus("counting", ("".join(f"{n}, " for n in range(400)),))
LOSSES = ("step", "train_loss", "val_loss", "val_bits_per_byte", "learning_rate")


def config(folder: Path, **changes: Any) -> TrainConfig:
    """30 steps, measured every 10."""
    return replace(
        TrainConfig(ckpt_path=folder, max_iters=30, eval_interval=10, eval_iters=2, batch_size=4, device="cpu"),
        **changes,
    )


def train(
    folder: Path, corpus: Corpus = CORPUS, shape: ModelConfig = SHAPE, **changes: Any
) -> tuple[Outcome, list[str]]:
    """A run, and what it said."""
    said: list[str] = []
    return train_lm(start_run(DataConfig(), shape, config(folder, **changes), corpus, said.append)), said


def losses(folder: Path) -> list[list[Any]]:
    """What in the log doesn't depend on the clock."""
    return [[record[name] for name in LOSSES] for record in read_log(folder)]


def interrupt(monkeypatch: pytest.MonkeyPatch, after: int, act: Callable[[], None]) -> None:
    """Do something in the middle of the step with this number."""
    original, calls = trainer.train_step, 0

    def step(*arguments: Any) -> float:
        nonlocal calls
        calls += 1
        if calls == after:
            act()
        return original(*arguments)

    monkeypatch.setattr(trainer, "train_step", step)


def test_a_run_logs_learns_and_saves(tmp_path: Path) -> None:
    """The record of step 0 has the loss before training, and the two logs agree."""
    outcome, said = train(tmp_path, learning_rate=1e-2)
    records = read_log(tmp_path)
    assert [record["step"] for record in records] == [0, 10, 20, 30]
    assert records[0]["val_loss"] == pytest.approx(torch.tensor(12.0).log().item(), abs=0.1)
    assert records[-1]["val_loss"] < records[0]["val_loss"] - 0.3
    assert outcome.ended == "finished"
    assert outcome.val_loss_on_all == pytest.approx(records[-1]["val_loss"], abs=0.2)
    with (tmp_path / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [[float(row[name]) for name in FIELDS] for row in rows] == [
        [rec[name] for name in FIELDS] for rec in records
    ]
    assert load_checkpoint(tmp_path).metrics == records[-1]
    assert any("5-gram counts" in line for line in said)


def test_ctrl_c_saves_and_resuming_gives_the_same_losses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With dropout, and stopped between two measurements, as if it had never stopped."""
    train(tmp_path / "whole")
    interrupt(monkeypatch, 14, lambda: os.kill(os.getpid(), signal.SIGINT))
    outcome, _ = train(tmp_path / "halved")
    assert (outcome.step, outcome.ended) == (14, "interrupted")
    monkeypatch.undo()
    outcome, _ = train(tmp_path / "halved", resume=True)
    assert outcome.ended == "finished"
    assert losses(tmp_path / "halved") == losses(tmp_path / "whole")
    one, other = (load_checkpoint(tmp_path / name) for name in ("whole", "halved"))
    for name, weight in one.model.state_dict().items():
        assert torch.equal(weight, other.model.state_dict()[name])


def test_a_killed_run_goes_on_from_its_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The records after that checkpoint are dropped, a half-written line too, and made again alike."""

    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    train(tmp_path / "whole")
    interrupt(monkeypatch, 25, die)
    with pytest.raises(Killed):
        train(tmp_path / "killed")
    monkeypatch.undo()
    with (tmp_path / "killed" / "log.jsonl").open("a") as file:
        file.write('{"step": 24, "train_loss": 9}\n{"step": 2')
    train(tmp_path / "killed", resume=True)
    assert losses(tmp_path / "killed") == losses(tmp_path / "whole")


def test_the_same_seed_gives_the_same_losses_and_another_gives_others(tmp_path: Path) -> None:
    """Whatever was drawn from the global generator before."""
    train(tmp_path / "a")
    torch.rand(3)
    train(tmp_path / "b")
    train(tmp_path / "c", seed=2)
    assert losses(tmp_path / "a") == losses(tmp_path / "b") != losses(tmp_path / "c")


def test_an_earlier_run_is_never_overwritten_by_accident(tmp_path: Path) -> None:
    """The message offers to resume; overwrite starts anew."""
    train(tmp_path)
    with pytest.raises(FileExistsError, match=r"at step 30\. Add --resume"):
        train(tmp_path, max_iters=10)
    outcome, _ = train(tmp_path, max_iters=10, overwrite=True)
    assert outcome.step == load_checkpoint(tmp_path).step == 10
    assert [record["step"] for record in read_log(tmp_path)] == [0, 10]


def test_a_finished_run_can_be_made_longer(tmp_path: Path) -> None:
    """With more steps than before."""
    train(tmp_path)
    outcome, _ = train(tmp_path, resume=True, max_iters=40)
    assert outcome.step == 40


def test_resuming_as_something_else_is_refused(tmp_path: Path) -> None:
    """Another architecture, shape or vocabulary."""
    train(tmp_path)
    with pytest.raises(ValueError, match="trains a gpt, not a bigram"):
        train(tmp_path, resume=True, arch="bigram")
    with pytest.raises(ValueError, match=r"n_embd 16 \(asked for: 32\)"):
        train(tmp_path, resume=True, shape=replace(SHAPE, n_embd=32))
    with pytest.raises(ValueError, match="another tokenizer"):
        train(tmp_path, resume=True, corpus=Corpus("letters", ("abcdefgh" * 50,)))


def test_a_text_too_short_for_one_window_is_refused(tmp_path: Path) -> None:
    """9 tokens for a block of 8: one window needs 9, and one more to choose from."""
    with pytest.raises(ValueError, match=r"block_size 8 needs a text of at least 10 tokens; this one has 9"):
        train(tmp_path, Corpus("short", ("abcdefghi",)))
    assert not (tmp_path / "log.jsonl").exists()


def test_a_validation_part_too_short_for_one_window_is_said(tmp_path: Path) -> None:
    """The run trains on all of the text and its validation loss is none."""
    outcome, said = train(tmp_path, Corpus("short", ("abcdefghij" * 3,)))
    assert outcome.ended == "finished"
    assert outcome.record["val_loss"] is outcome.val_loss_on_all is None
    assert any("validation part has 3 tokens and one window needs 9" in line for line in said)
    assert "val none" in line(outcome.record)


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the step, the learning rate and the last good checkpoint."""

    def explode() -> None:
        raise ArithmeticError("the loss is nan")

    interrupt(monkeypatch, 15, explode)
    with pytest.raises(TrainingDiverged, match=r"step 14, where the loss is nan.*rate was 0\.00\d+.*that of step 10"):
        train(tmp_path)
    assert load_checkpoint(tmp_path).step == 10


def test_impossible_settings_are_named() -> None:
    """Each with its value."""
    for name, value in {"max_iters": 0, "learning_rate": 0.0, "warmup": 1.5, "grad_clip": -1.0}.items():
        with pytest.raises(ValueError, match=f"{name} .*{value}"):
            replace(TrainConfig(), **{name: value})
