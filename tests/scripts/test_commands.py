"""The programs as they are used: what they print, what they leave behind, how they say what is wrong."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import plot_runs, prepare_data, sample_lm, train_lm
from scripts._main import run, unboxed
from vibejam_core.models.checkpoint import load_checkpoint
from vibejam_core.training.log import read_log

ROOT = Path(__file__).parents[2]
SMALL = "--n-layer=1 --n-head=2 --n-embd=16 --block-size=8 --max-iters=20 --eval-interval=10 --eval-iters=1".split(" ")  # noqa: SIM905


class Command:
    """Runs a program in this process, as ``python -m`` would, and keeps what it said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def __call__(self, main: Callable[[], int | None], *arguments: object) -> int:
        """The exit code."""
        self.capsys.readouterr()
        self.monkeypatch.setattr(sys, "argv", ["program", *map(str, arguments)])
        with pytest.raises(SystemExit) as leaving:
            run(main)
        self.out, self.err = self.capsys.readouterr()
        assert isinstance(leaving.value.code, int)
        return leaving.value.code

    def error(self, main: Callable[[], int | None], *arguments: object) -> str:
        """The one paragraph that a wrong use prints."""
        assert self(main, *arguments) == 2
        assert re.fullmatch(r"error: [^\n]+\n", self.err), self.err
        return self.err


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """See :class:`Command`."""
    return Command(monkeypatch, capsys)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """A file of counted sheep."""
    path = tmp_path / "sheep.txt"
    path.write_text("".join(f"{n} sheep\n" for n in range(200)), encoding="utf-8")
    return path


def test_prepare_train_sample(tmp_path: Path, text: Path, command: Command) -> None:
    """The main job, each program ending with the next one's command."""
    out, runs = tmp_path / "new" / "corpus.txt", tmp_path / "run"
    assert command(prepare_data.main, "--input-dir", tmp_path, "--out-path", out) == 0
    assert "1 files taken" in command.out
    assert f"--text-path {out}" in command.out
    assert command(train_lm.main, "--text-path", out, "--ckpt-path", runs, *SMALL) == 0
    assert "done: " in command.out
    assert f"scripts.sample_lm --ckpt-path {runs}" in command.out
    samples = []
    for seed in (1, 1, 2):
        arguments = ("--ckpt-path", runs, "--prompt", "7 sheep", "--max-new-tokens", 40, "--seed", seed)
        assert command(sample_lm.main, *arguments) == 0
        samples.append(command.out)
    assert all(sample.startswith("7 sheep") and len(sample) == 7 + 40 + 1 for sample in samples)
    assert samples[0] == samples[1] != samples[2]


def test_a_modern_gpt_writes_by_the_engine(tmp_path: Path, text: Path, command: Command) -> None:
    """One sample as it comes, the same as the first of two; --no-slide refuses what outgrows the context."""
    runs = tmp_path / "run"
    assert command(train_lm.main, "--text-path", text, "--arch", "modern_gpt", "--ckpt-path", runs, *SMALL) == 0
    sample = ("--ckpt-path", runs, "--prompt", "7 sheep", "--max-new-tokens", 12)
    assert command(sample_lm.main, *sample) == 0
    alone = command.out
    assert alone.startswith("7 sheep")
    assert len(alone) == 7 + 12 + 1
    assert command(sample_lm.main, *sample, "--num-samples", 2) == 0
    assert alone in command.out
    assert "block_size of 8" in command.error(sample_lm.main, *sample, "--no-slide")


def test_ctrl_c_in_a_terminal_then_resume(tmp_path: Path, text: Path, command: Command) -> None:
    """The run says how to go on, and with those words alone it goes on with the settings that it had."""
    folder = tmp_path / "run"
    arguments = ["--text-path", text, "--ckpt-path", folder, *SMALL, "--max-iters", "100000", "--seed", "5"]
    process = start("scripts.train_lm", *arguments)
    wait_for(lambda: len(read_log(folder)) > 2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    step = load_checkpoint(folder).step
    assert f"stopped after step {step}" in out
    assert f"python -m scripts.train_lm --ckpt-path {folder} --resume" in out
    assert command(train_lm.main, "--ckpt-path", folder, "--resume", "--max-iters", step + 5) == 0
    again = load_checkpoint(folder)
    assert again.step == step + 5
    assert again.settings["train"]["seed"] == 5


def test_killed_while_it_saves_all_the_time(tmp_path: Path, text: Path) -> None:
    """The newest checkpoint is whole."""
    folder = tmp_path / "run"
    process = start(
        "scripts.train_lm",
        "--text-path",
        text,
        "--ckpt-path",
        folder,
        *SMALL,
        "--eval-interval",
        "1",
        "--max-iters",
        "100000",
    )
    wait_for(lambda: len(read_log(folder)) > 20)
    process.kill()
    process.communicate()
    assert load_checkpoint(folder).step >= 19


def test_a_time_budget_is_told_and_can_be_raised(tmp_path: Path, text: Path, command: Command) -> None:
    """The command that the run prints goes on with twice the time."""
    folder = tmp_path / "run"
    endless = ["--max-iters", 1_000_000, "--max-seconds", 0.2]
    assert command(train_lm.main, "--text-path", text, "--ckpt-path", folder, *SMALL, *endless) == 0
    step = load_checkpoint(folder).step
    assert f"its time was up after step {step}; all of it is saved" in command.out
    [again] = re.findall(
        rf"  python -m scripts.train_lm (--ckpt-path {folder} --resume --max-seconds 0.4)\n", command.out
    )
    assert command(train_lm.main, *again.split()) == 0
    assert load_checkpoint(folder).step > step


def test_patience_is_told_and_the_best_is_sampled(tmp_path: Path, text: Path, command: Command) -> None:
    """A run that only gets worse stops, keeps its best checkpoint, and sample_lm finds either."""
    folder = tmp_path / "run"
    wild = ["--max-iters", 200, "--patience", 2, "--learning-rate", 20, "--warmup", 0, "--weight-decay", 0]
    assert command(train_lm.main, "--text-path", text, "--ckpt-path", folder, *SMALL, *wild) == 0
    losses = {record["step"]: record["val_loss"] for record in read_log(folder)}
    assert "no better validation loss 2 times in a row" in command.out
    last, best = (load_checkpoint(folder, which=which).step for which in ("last", "best"))
    assert best == min((step for step in losses if step), key=lambda step: (losses[step], -step))
    assert best != last == max(losses)
    said = []
    for path in (folder, folder / f"step_{best:06d}", folder / f"step_{last:06d}"):
        for which in ("best", "last"):
            sampled = ("--ckpt-path", path, "--which", which, "--prompt", "7 sheep", "--max-new-tokens", 40)
            assert command(sample_lm.main, *sampled) == 0
            said.append(command.out)
    assert said[0] == said[2] == said[3] != said[1] == said[4] == said[5]
    assert command(train_lm.main, "--ckpt-path", folder, "--resume", "--patience", 0, "--max-iters", last + 10) == 0
    assert load_checkpoint(folder).step == last + 10


def test_curves_are_drawn_and_laid_over_each_other(tmp_path: Path, text: Path, command: Command) -> None:
    """Each run leaves loss.png; what can't be drawn is told in a paragraph."""
    for seed in (1, 2):
        folder = tmp_path / f"run{seed}"
        assert command(train_lm.main, "--text-path", text, "--ckpt-path", folder, "--seed", seed, *SMALL) == 0
        assert f"curves    {folder / 'loss.png'}" in command.out
        assert (folder / "loss.png").exists()
    assert command(plot_runs.main, tmp_path / "run1", tmp_path / "run2", "--out", tmp_path / "both.svg") == 0
    drawn = (tmp_path / "both.svg").read_text()
    assert drawn.startswith("<?xml")
    assert "nothing to draw in" in command.error(plot_runs.main, tmp_path / "none")
    assert "both.gif should end in" in command.error(plot_runs.main, tmp_path / "run1", "--out", tmp_path / "both.gif")
    assert "name the folder" in command.error(plot_runs.main)


def test_a_picture_that_cannot_be_drawn_does_not_fail_the_run(tmp_path: Path, text: Path, command: Command) -> None:
    """All that counts is saved before."""
    folder = tmp_path / "run"
    (folder / "loss.png").mkdir(parents=True)
    assert command(train_lm.main, "--text-path", text, "--ckpt-path", folder, *SMALL) == 0
    assert "note      no picture of the losses" in command.out
    assert "done: " in command.out


def test_what_stops_a_run_is_told_in_one_paragraph(tmp_path: Path, text: Path, command: Command) -> None:
    """A learning rate that destroys; another text, block or damage where a run is to go on."""
    folder = tmp_path / "run"
    rate = ["--learning-rate", "1e6", "--schedule", "constant", "--max-iters", "200"]
    said = command.error(train_lm.main, "--text-path", text, "--ckpt-path", tmp_path / "wild", *SMALL, *rate)
    assert re.search(r"stopped at step \d+, where the .* is (nan|inf); the learning rate was .*smaller", said)
    assert command(train_lm.main, "--text-path", text, "--ckpt-path", folder, *SMALL) == 0
    resume = ["--ckpt-path", folder, "--resume"]
    other = tmp_path / "goats.txt"
    other.write_text("goats " * 100)
    assert "trained with another tokenizer" in command.error(train_lm.main, *resume, "--text-path", other)
    assert "block_size 8 (asked for: 16)" in command.error(train_lm.main, *resume, "--block-size", 16)
    weights = folder / "step_000020" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    said = command.error(train_lm.main, *resume)
    assert "step_000020 is damaged: model.safetensors" in said
    assert "to use step_000010" in said


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    """A program in a process of its own."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", program, *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition: Callable[[], bool], seconds: float = 90) -> None:
    """Until it is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--bloc-size", "8"], ["--bloc-size", "--help"]),
        (["--n-layer", "two"], ["--n-layer", "'two'"]),
        (["--n-embd", "30"], ["n_embd 30", "n_head 4"]),
        (["--corpus", "web"], ["'web'", "pydocs"]),
        (["--vocab-size", "9"], ["--vocab-size"]),
        (["--learning-rate", "-1"], ["learning_rate", "-1"]),
        (["--text-path", "no-such-file"], ["no-such-file"]),
        (["--text-path", "EMPTY/empty.txt"], ["empty.txt", "is empty"]),
        (["--text-path", "EMPTY/none"], ["holds no text"]),
        (["--text-path", "EMPTY/short.txt"], ["block_size 64", "at least 66", "has 5"]),
        (["--arch", "rnn"], ["'rnn'", "bigram, gpt"]),
        (["--resume"], ["no checkpoint in"]),
    ],
)
def test_a_wrong_use_of_training_is_told_in_one_paragraph(
    tmp_path: Path, command: Command, arguments: list[str], words: list[str]
) -> None:
    """It names the value that was wrong; no traceback, no files left behind."""
    folder = tmp_path / "texts"
    (folder / "none").mkdir(parents=True)
    (folder / "empty.txt").write_text("")
    (folder / "short.txt").write_text("short")
    arguments = [argument.replace("EMPTY", str(folder)) for argument in arguments]
    said = command.error(train_lm.main, "--ckpt-path", tmp_path / "run", *arguments)
    assert all(word in said for word in words), said
    assert not (tmp_path / "run").exists()


def test_a_wrong_use_of_sampling_is_told_in_one_paragraph(tmp_path: Path, text: Path, command: Command) -> None:
    """No checkpoint; characters that the model has never seen; a temperature below zero."""
    run_folder = ["--ckpt-path", tmp_path / "run"]
    assert "no checkpoint in" in command.error(sample_lm.main, *run_folder)
    assert command(train_lm.main, "--text-path", text, *run_folder, *SMALL) == 0
    assert "'é', '学'" in command.error(sample_lm.main, *run_folder, "--prompt", "é学s")
    assert "temperature must be at least 0, but it is -1.0" in command.error(
        sample_lm.main, *run_folder, "--temperature", "-1"
    )


def test_an_error_from_elsewhere_keeps_its_traceback() -> None:
    """A ValueError of a library is a bug, not a message for people."""
    with pytest.raises(ValueError, match="invalid literal"):
        run(lambda: compile_and_run("int('x')", "/somewhere/learner.py"))


def compile_and_run(source: str, filename: str) -> None:
    """As if it stood in that file."""
    exec(compile(source, filename, "exec"))


BOX = """\
╭─ Title ─────────────────╮
│ Unrecognized options:   │
│ --lrr                   │
│ ─────────────────────── │
│ Perhaps you meant: --lr │
│ ─────────────────────── │
│ For full helptext, run… │
╰─────────────────────────╯
"""


@pytest.mark.parametrize(
    "box", [BOX, re.sub("[╭╮╰╯│]", " ", BOX).replace("─", "-").replace("- Title -", "  Title\n -")]
)
def test_a_boxed_message_becomes_a_paragraph(box: str) -> None:
    """Suggestions stay, the repeated help goes; with and without characters for boxes."""
    assert unboxed(box) == "Unrecognized options: --lrr. Perhaps you meant: --lr."
