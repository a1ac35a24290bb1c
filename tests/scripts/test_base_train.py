"""scripts.base_train as it is used: from a text to a model that writes, stopped and gone on with."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from scripts import base_train, sample_lm
from tests.scripts.test_commands import Command, command, start, wait_for
from vibejam_core.models.checkpoint import load_checkpoint
from vibejam_core.training.log import read_log

__all__ = ["command"]  # a fixture

SMALL = (
    "--depth 1 --block-size 16 --vocab-size 280 --rows 4 --eval-interval 6 --eval-tokens 64 --threads 1 --device cpu"
)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """A file of counted sheep."""
    path = tmp_path / "sheep.txt"
    path.write_text("".join(f"{n} sheep\n" for n in range(2000)), encoding="utf-8")
    return path


def test_from_a_text_to_a_model_that_writes(tmp_path: Path, text: Path, command: Command) -> None:
    folder = tmp_path / "run"
    arguments = ("--corpus", "personal", "--text-path", text, "--ckpt-path", folder, *SMALL.split(), "--sample", 4)
    assert command(base_train.main, *arguments, "--steps", 12) == 0
    first_words = [line.split()[0] for line in command.out.splitlines() if line.strip()]
    for word in ("tokenizer", "train.bin", "val.bin", "model", "plan", "memory", "batch", "on", "step", "done:"):
        assert word in first_words
    assert command(sample_lm.main, "--ckpt-path", folder, "--max-new-tokens", 5) == 0
    assert len(command.out) > 1
    # More steps, from the same tokens, with the settings it began with.
    assert command(base_train.main, "--ckpt-path", folder, "--resume", "--steps", 18) == 0
    assert "tokenizer learning" not in command.out
    assert load_checkpoint(folder).step == 18
    # Another run can use the tokens that are there.
    again = ("--train-path", folder / "data", "--ckpt-path", tmp_path / "other", *SMALL.split(), "--steps", 6)
    assert command(base_train.main, *again) == 0


def test_wrong_uses_are_told_in_a_sentence(tmp_path: Path, text: Path, command: Command) -> None:
    where = ("--ckpt-path", tmp_path / "run")
    assert "--corpus tinyworld" in command.error(base_train.main, *where)
    assert "no tokenizer" in command.error(base_train.main, *where, "--train-path", tmp_path / "none.bin")
    assert "depth must be at least 1" in command.error(base_train.main, *where, "--depth", 0)
    assert "no checkpoint" in command.error(base_train.main, *where, "--corpus", "tinyworld", "--resume")
    personal = ("--corpus", "personal", "--text-path", text, *where, *SMALL.split(), "--steps", 6)
    assert command(base_train.main, *personal) == 0
    assert "already holds a run, at step 6" in command.error(base_train.main, *personal)
    both = ("--train-path", tmp_path / "run/data/val.bin", "--val-path", tmp_path / "run/data/val.bin")
    assert "nothing but" in command.error(base_train.main, "--ckpt-path", tmp_path / "new", *both)
    assert "pip install wandb" in command.error(base_train.main, *personal, "--overwrite", "--wandb")


def test_ctrl_c_in_a_terminal_and_on(tmp_path: Path, text: Path, command: Command) -> None:
    """The program says how to go on, and with those words alone it goes on with the settings that it had."""
    folder = tmp_path / "run"
    arguments = ["--corpus", "personal", "--text-path", text, "--ckpt-path", folder, *SMALL.split(), "--seed", 5]
    process = start("scripts.base_train", *arguments, "--steps", 100_000, "--eval-interval", 100_000)
    wait_for(lambda: len(read_log(folder)) > 2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    step = load_checkpoint(folder).step
    assert f"stopped after step {step}" in out
    assert f"python -m scripts.base_train --ckpt-path {folder} --resume" in out
    assert command(base_train.main, "--ckpt-path", folder, "--resume", "--steps", step + 5) == 0
    again = load_checkpoint(folder)
    assert again.step == step + 5
    assert again.settings["pretrain"]["seed"] == 5
