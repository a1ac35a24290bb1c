"""When something is wrong, a run says what, and the checkpoints that it has stay as they are."""

import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from tests.training.runs import CORPUS, SHAPE, assert_same_run, config, interrupt, train
from vibejam_core.models.checkpoint import load_checkpoint
from vibejam_core.models.checkpoint_folder import checkpoints_in
from vibejam_core.text.config import DataConfig
from vibejam_core.training.log import read_log
from vibejam_core.training.run import Run, TrainingDiverged, start_run
from vibejam_core.training.trainer import train_lm

resource = pytest.importorskip("resource", reason="Windows has no limit on the size of files")


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """As on a disk that is nearly full: what is written beyond this many bytes of a file is refused."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_full_disk_stops_the_run_and_leaves_the_older_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When there is room again, it goes on as if there had always been."""
    train(tmp_path / "whole")
    with no_file_above(resource.RLIM_INFINITY):
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        interrupt(monkeypatch, 15, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, hard)))
        with pytest.raises(OSError, match=r"checkpoint of step 20 could not be written.*Earlier checkpoints are unt"):
            train(tmp_path / "full")
    monkeypatch.undo()
    assert names(tmp_path / "full") == ["log.csv", "log.jsonl", "step_000010"]
    assert load_checkpoint(tmp_path / "full").step == 10
    train(tmp_path / "full", resume=True)
    assert_same_run(tmp_path / "full", tmp_path / "whole")


def test_a_log_that_cannot_grow_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A half-written record is dropped when the run goes on."""
    train(tmp_path / "whole")
    with no_file_above(resource.RLIM_INFINITY):
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]

        def fill() -> None:
            size = (tmp_path / "full" / "log.jsonl").stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, hard))

        interrupt(monkeypatch, 15, fill)
        with pytest.raises(OSError, match=r"the log in .*full could not be written: .*checkpoints are untouched"):
            train(tmp_path / "full")
    monkeypatch.undo()
    assert load_checkpoint(tmp_path / "full").step == 10
    assert [record["step"] for record in read_log(tmp_path / "full")] == [0, 10]
    train(tmp_path / "full", resume=True)
    assert_same_run(tmp_path / "full", tmp_path / "whole")


def test_a_log_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    """A folder has its name; said before the first step."""
    (tmp_path / "log.csv").mkdir()
    with pytest.raises(OSError, match=r"the log in .* could not be written"):
        train(tmp_path)
    assert not checkpoints_in(tmp_path)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write everywhere, so become somebody who may not."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nobody may write into a folder."""
    folder.chmod(0o555)
    try:
        yield
    finally:
        folder.chmod(0o755)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can reach; pytest's own are for their owner alone."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_read_only_folder_is_named(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the start; or at the next save, where it has become one meanwhile: then the older checkpoint stays."""
    new = open_folder / "run"
    with read_only(open_folder), as_nobody(), pytest.raises(OSError, match=r"log in .*run could not .*[Pp]ermission"):
        train(new)
    assert not new.exists()
    train(new, max_iters=10)
    (new / "end.json").unlink()
    for file in new.rglob("*.safetensors"):  # which are for their owner alone
        file.chmod(0o644)
    with (
        read_only(new),
        as_nobody(),
        pytest.raises(OSError, match=r"could not be written.*Permission denied.*checkpoints are untouched"),
    ):
        Run(CORPUS, DataConfig(), SHAPE, config(new, resume=True), print)
    before = names(new)
    training = start_run(DataConfig(), SHAPE, config(new, resume=True), CORPUS, lambda line: None)
    monkeypatch.setattr(training.log, "add", training.log.records.append)
    with (
        read_only(new),
        as_nobody(),
        pytest.raises(OSError, match=r"step 20 could not .*Permission.*Earlier checkpoints are untouched"),
    ):
        train_lm(training)
    assert names(new) == before
    assert load_checkpoint(new).step == 10


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    """Before anything is computed."""
    (tmp_path / "run").write_text("mine")
    with pytest.raises(FileExistsError, match=r"run is a file, but a run needs a folder"):
        train(tmp_path / "run")
    assert (tmp_path / "run").read_text() == "mine"


@pytest.mark.parametrize("name", ["model.safetensors", "training.safetensors", "checkpoint.json"])
def test_a_damaged_checkpoint_is_not_resumed(tmp_path: Path, name: str) -> None:
    """The way out that the message offers works, and gives what a run without a break gives."""
    train(tmp_path / "whole")
    train(tmp_path / "run", max_iters=30)
    newest = checkpoints_in(tmp_path / "run")[-1]
    with (newest / name).open("r+b") as file:
        file.truncate(100)
    with pytest.raises(ValueError, match=rf"damaged: {name}.*delete .*step_000030 to use step_000020"):
        train(tmp_path / "run", resume=True)
    assert len(read_log(tmp_path / "run")) == 4
    shutil.rmtree(newest)
    train(tmp_path / "run", resume=True)
    assert_same_run(tmp_path / "run", tmp_path / "whole")


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the step, the learning rate and the last good checkpoint; nothing is saved."""
    original = Run.next_batch

    def poisoned(run: Run) -> tuple[torch.Tensor, torch.Tensor]:
        if run.step == 14:
            with torch.no_grad():
                next(run.model.parameters()).fill_(math.nan)
        return original(run)

    monkeypatch.setattr(Run, "next_batch", poisoned)
    with pytest.raises(TrainingDiverged, match=r"step 14, where the loss is nan.*rate was 0\.00\d+.*that of step 10"):
        train(tmp_path)
    assert [folder.name for folder in checkpoints_in(tmp_path)] == ["step_000010"]
    assert all(torch.isfinite(weight).all() for weight in load_checkpoint(tmp_path).model.state_dict().values())
    assert [record["step"] for record in read_log(tmp_path)] == [0, 10]


def test_a_measurement_that_is_no_number_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the step before it was still fine."""
    original = Run.tick

    def poisoned(run: Run, loss: float) -> None:
        original(run, loss)
        if run.step == 20:
            with torch.no_grad():
                next(run.model.parameters()).fill_(math.nan)

    monkeypatch.setattr(Run, "tick", poisoned)
    with pytest.raises(TrainingDiverged, match=r"step 20, where the loss is nan.*that of step 10"):
        train(tmp_path)
    assert [folder.name for folder in checkpoints_in(tmp_path)] == ["step_000010"]


def test_a_learning_rate_of_a_million_is_told(tmp_path: Path) -> None:
    """Whatever it is that breaks first, the run doesn't end as if it were finished."""
    with pytest.raises(
        TrainingDiverged, match=r"stopped at step \d+, where the .* is (nan|inf).*rate was (1e\+06|\d{5,})"
    ):
        train(tmp_path, learning_rate=1e6, warmup=0.0, max_iters=200, schedule="constant")
