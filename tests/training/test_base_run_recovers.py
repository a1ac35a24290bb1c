"""However a pretraining run is disturbed, nothing that was saved is lost, and going on is as if nothing had been."""

from __future__ import annotations

import json
import math
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training.base_runs import CountingText, assert_same_run, records, train
from vibejam_core.models import checkpoint as checkpoint_module
from vibejam_core.models.checkpoint import load_checkpoint
from vibejam_core.models.checkpoint_folder import checkpoints_in
from vibejam_core.text.characters import CharTokenizer
from vibejam_core.training import base_run
from vibejam_core.training.run import TrainingDiverged


def interrupt(monkeypatch: pytest.MonkeyPatch, after: int, act: Callable[[], None]) -> None:
    """Do something in the middle of the step with this number."""
    original, calls = base_run.pretrain_step, 0

    def step(*arguments: Any) -> float:
        nonlocal calls
        calls += 1
        if calls == after:
            act()
        return original(*arguments)

    monkeypatch.setattr(base_run, "pretrain_step", step)


def ctrl_c() -> None:
    """As from the keyboard."""
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("at", [3, 4, 10])
def test_resumed_after_ctrl_c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, dtype: str) -> None:
    """Before, at and after a measurement; the schedule, the text and the loss scale go on where they were."""
    train(tmp_path / "whole", dtype=dtype, micro_batch=2)
    interrupt(monkeypatch, at, ctrl_c)
    outcome, _ = train(tmp_path / "halved", dtype=dtype, micro_batch=2)
    assert (outcome.step, outcome.ended) == (at, "interrupted")
    monkeypatch.undo()
    outcome, said = train(tmp_path / "halved", dtype=dtype, micro_batch=2, resume=True)
    assert outcome.ended == "finished"
    assert not any(line.startswith("note") for line in said)
    assert_same_run(tmp_path / "halved", tmp_path / "whole")


def test_killed_between_two_checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the log says of the lost steps is dropped, and made again alike."""

    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    train(tmp_path / "whole", sample=3)
    interrupt(monkeypatch, 7, die)
    with pytest.raises(Killed):
        train(tmp_path / "killed", sample=3)
    assert records(tmp_path / "killed")[-1]["step"] == 6
    monkeypatch.undo()
    train(tmp_path / "killed", resume=True, sample=3)
    assert_same_run(tmp_path / "killed", tmp_path / "whole")


@pytest.mark.parametrize("file", ["model.safetensors", "training.safetensors", "checkpoint.json"])
def test_a_damaged_checkpoint_leaves_the_one_before(tmp_path: Path, file: str) -> None:
    """Which is said, and in the end all is as if nothing had happened."""
    train(tmp_path / "whole")
    train(tmp_path / "hurt")
    damaged = tmp_path / "hurt" / "step_000012" / file
    damaged.write_bytes(damaged.read_bytes()[:-50])
    outcome, said = train(tmp_path / "hurt", resume=True)
    assert any("step_000012 is damaged" in line and "the one before" in line for line in said)
    assert outcome.ended == "finished"
    assert_same_run(tmp_path / "hurt", tmp_path / "whole")


def test_if_no_checkpoint_is_whole_that_is_an_error(tmp_path: Path) -> None:
    train(tmp_path)
    for folder in checkpoints_in(tmp_path):
        (folder / "model.safetensors").write_bytes(b"")
    with pytest.raises(ValueError, match=r"is damaged: model\.safetensors"):
        train(tmp_path, resume=True)


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original, calls = checkpoint_module.save_file, 0

    def save_file(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        if calls > 2:  # the first checkpoint has two such files
            raise OSError(28, "No space left on device")
        original(*arguments)

    monkeypatch.setattr(checkpoint_module, "save_file", save_file)
    with pytest.raises(OSError, match=r"step 8 could not be written .*No space left on device.*Make room"):
        train(tmp_path)
    monkeypatch.undo()
    assert load_checkpoint(tmp_path).step == 4
    assert train(tmp_path, resume=True)[0].ended == "finished"


def test_a_loss_that_is_not_finite_stops_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original, calls = base_run.pretrain_step, 0

    def step(model: Any, *arguments: Any) -> float:
        nonlocal calls
        calls += 1
        if calls == 7:
            next(model.parameters()).data.fill_(math.nan)
        return original(model, *arguments)

    monkeypatch.setattr(base_run, "pretrain_step", step)
    with pytest.raises(TrainingDiverged, match=r"step 6, where the loss is nan.*last good .* step 4.*smaller"):
        train(tmp_path)
    assert load_checkpoint(tmp_path).step == 4
    assert [each["step"] for each in records(tmp_path)] == list(range(7))


def test_time_is_up_and_is_given_more(tmp_path: Path) -> None:
    outcome, _ = train(tmp_path, steps=100_000, eval_interval=100_000, log_interval=100_000, max_seconds=0.3)
    assert outcome.ended == "time"
    assert load_checkpoint(tmp_path).step == outcome.step > 0


def test_resume_needs_the_run_that_it_was(tmp_path: Path) -> None:
    train(tmp_path, steps=4)
    with pytest.raises(FileExistsError, match="already holds a run, at step 4"):
        train(tmp_path)
    with pytest.raises(ValueError, match=r"n_layer 1 \(asked for: 2\)"):
        train(tmp_path, resume=True, depth=2)
    with pytest.raises(ValueError, match="trained with another optimizer"):
        train(tmp_path, resume=True, optimizer="adamw")
    with pytest.raises(ValueError, match="had seed 1337, but now it is 5"):
        train(tmp_path, resume=True, seed=5)
    with pytest.raises(ValueError, match="another tokenizer"):
        train(tmp_path, CountingText(tokenizer=CharTokenizer.build("0123456789, x")), resume=True)
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        train(tmp_path / "elsewhere", resume=True)
    outcome, _ = train(tmp_path, steps=8, overwrite=True)
    assert outcome.step == 8


def test_more_steps_can_be_asked_for(tmp_path: Path) -> None:
    train(tmp_path, steps=4)
    outcome, said = train(tmp_path, steps=6, resume=True)
    assert outcome.step == 6
    assert any("steps 4 (now 6)" in line for line in said)


def test_what_is_saved_is_plain(tmp_path: Path) -> None:
    train(tmp_path, steps=4)
    settings = json.loads((tmp_path / "step_000004" / "checkpoint.json").read_text())["settings"]
    assert settings["loaders"][0]["position"] == 16
    assert settings["plan"]["rows"] == 4
    assert "resume" not in settings["pretrain"] or not settings["pretrain"]["resume"]
