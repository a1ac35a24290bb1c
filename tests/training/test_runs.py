"""Whole runs on a small text, in this process."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.training.runs import CORPUS, SHAPE, config, losses, train
from vibejam_core.models.checkpoint import load_checkpoint
from vibejam_core.text.config import DataConfig
from vibejam_core.text.corpora import Corpus
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.log import FIELDS, line, read_end, read_log
from vibejam_core.training.run import start_run


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


def test_how_a_run_ended_is_written_down(tmp_path: Path) -> None:
    """With the loss on the whole validation text; and taken back when the run goes on."""
    outcome, _ = train(tmp_path)
    ended = read_end(tmp_path)
    assert (ended["step"], ended["ended"], ended["val_loss"]) == (30, "finished", outcome.val_loss_on_all)
    assert ended["val_bits_per_byte"] == pytest.approx(outcome.val_loss_on_all / torch.tensor(2.0).log().item())
    start_run(DataConfig(), SHAPE, config(tmp_path, resume=True, max_iters=40), CORPUS, lambda line: None)
    assert read_end(tmp_path) == {}


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


def test_impossible_settings_are_named() -> None:
    """Each with its value."""
    for name, value in {"max_iters": 0, "learning_rate": 0.0, "warmup": 1.5, "grad_clip": -1.0}.items():
        with pytest.raises(ValueError, match=f"{name} .*{value}"):
            replace(TrainConfig(), **{name: value})
