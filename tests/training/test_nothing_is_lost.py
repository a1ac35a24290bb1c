"""However a run ends, nothing that was saved is lost, and going on gives what a run without a break gives."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training.runs import assert_same_run, interrupt, train
from vibejam_core.models import checkpoint as module
from vibejam_core.models.checkpoint import load_checkpoint
from vibejam_core.models.checkpoint_folder import TEMPORARY, checkpoints_in
from vibejam_core.training.log import read_log
from vibejam_core.training.run import Run

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the killed processes are forked")
def test_killed_a_hundred_times(tmp_path: Path) -> None:
    """The newest checkpoint always loads, and in the end all is as if nothing had happened. See kill_often."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.kill_often", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    counted = json.loads(done.stdout.splitlines()[-1])
    assert counted["kills"] == 100
    assert counted["during_a_save"] >= 10
    assert counted["loaded"] >= 80  # the others died before their run had a checkpoint


def ctrl_c() -> None:
    """As from the keyboard."""
    os.kill(os.getpid(), signal.SIGINT)


def test_resumed_after_ctrl_c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With dropout and accumulated batches, stopped between two measurements."""
    train(tmp_path / "whole", accumulate=2)
    interrupt(monkeypatch, 14, ctrl_c)
    outcome, _ = train(tmp_path / "halved", accumulate=2)
    assert (outcome.step, outcome.ended, outcome.val_loss_on_all) == (14, "interrupted", None)
    monkeypatch.undo()
    outcome, _ = train(tmp_path / "halved", accumulate=2, resume=True)
    assert outcome.ended == "finished"
    assert_same_run(tmp_path / "halved", tmp_path / "whole")


def test_resumed_after_its_time_was_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then with more time. The seconds of all sittings count."""
    train(tmp_path / "whole")

    def wait() -> None:
        monkeypatch.setattr(Run, "out_of_time", lambda run: run.config.max_seconds == 50)

    interrupt(monkeypatch, 17, wait)
    outcome, _ = train(tmp_path / "halved", max_seconds=50)
    assert (outcome.step, outcome.ended) == (17, "time")
    assert outcome.val_loss_on_all is not None
    monkeypatch.undo()
    outcome, _ = train(tmp_path / "halved", resume=True, max_seconds=100)
    assert outcome.ended == "finished"
    assert_same_run(tmp_path / "halved", tmp_path / "whole")


def test_the_time_budget_is_kept(tmp_path: Path) -> None:
    """A run stops soon after its seconds are over, and saves."""
    outcome, _ = train(tmp_path, max_iters=1_000_000, eval_interval=1_000_000, max_seconds=0.3)
    saved = load_checkpoint(tmp_path)
    assert outcome.ended == "time"
    assert saved.step == outcome.step > 0
    assert 0.3 <= saved.metrics["seconds"] < 5
    outcome, _ = train(tmp_path, resume=True, max_iters=1_000_000, eval_interval=1_000_000, max_seconds=0.3)
    assert (outcome.ended, outcome.step) == ("time", saved.step)


def test_resumed_after_stopping_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked again it stops at once; without patience it goes on as if it had never had any."""
    rate = {"learning_rate": 1e-9}  # so that the loss falls by nothing
    train(tmp_path / "whole", **rate, weight_decay=0.0)
    monkeypatch.setattr("vibejam_core.training.trainer.should_stop_early", lambda val, patience: len(val) == 3)
    outcome, _ = train(tmp_path / "halved", **rate, weight_decay=0.0, patience=1)
    assert (outcome.step, outcome.ended) == (20, "early")
    outcome, _ = train(tmp_path / "halved", **rate, weight_decay=0.0, patience=1, resume=True)
    assert (outcome.step, outcome.ended) == (20, "early")
    monkeypatch.undo()
    outcome, _ = train(tmp_path / "halved", **rate, weight_decay=0.0, resume=True)
    assert outcome.ended == "finished"
    assert_same_run(tmp_path / "halved", tmp_path / "whole")


def test_a_run_without_progress_stops_early(tmp_path: Path) -> None:
    """With a learning rate that destroys, the first measurement stays the best; two more, and it is over."""
    outcome, _ = train(tmp_path, max_iters=100, learning_rate=20.0, warmup=0.0, weight_decay=0.0, patience=2)
    assert (outcome.step, outcome.ended) == (20, "early")
    assert [record["step"] for record in read_log(tmp_path)] == [0, 10, 20]


def test_killed_between_log_and_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The records after the last checkpoint are dropped, a half-written line too, and made again alike."""

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
    assert_same_run(tmp_path / "killed", tmp_path / "whole")


@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_in_the_middle_of_a_save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, presses: int) -> None:
    """Once, the save is finished first. Twice, it is dropped, and the checkpoint before it is the newest."""
    train(tmp_path / "whole")
    original, calls = module.save_file, 0

    def save_file(*arguments: object) -> None:
        nonlocal calls
        calls += 1
        original(*arguments)
        if calls == 3:  # the weights of the second checkpoint
            for _ in range(presses):
                ctrl_c()

    monkeypatch.setattr(module, "save_file", save_file)
    if presses == 1:
        outcome, _ = train(tmp_path / "halved")
        assert (outcome.step, outcome.ended) == (20, "interrupted")
    else:
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "halved")
        assert any((tmp_path / "halved").glob(f"{TEMPORARY}*"))
    monkeypatch.undo()
    assert load_checkpoint(tmp_path / "halved").step == (20 if presses == 1 else 10)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    train(tmp_path / "halved", resume=True)
    assert_same_run(tmp_path / "halved", tmp_path / "whole")
    assert not any((tmp_path / "halved").glob(f"{TEMPORARY}*"))
    assert [folder.name for folder in checkpoints_in(tmp_path / "halved")][-1] == "step_000030"


def test_killed_while_the_log_is_rewritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A resumed run writes its log anew; killed just then, it has lost no record."""

    class Killed(BaseException):
        pass

    def die(*arguments: object) -> None:
        raise Killed

    train(tmp_path / "whole")
    interrupt(monkeypatch, 25, ctrl_c)
    train(tmp_path / "halved")
    monkeypatch.undo()
    monkeypatch.setattr(Path, "replace", die)
    with pytest.raises(Killed):
        train(tmp_path / "halved", resume=True)
    monkeypatch.undo()
    train(tmp_path / "halved", resume=True)
    assert_same_run(tmp_path / "halved", tmp_path / "whole")
