"""The ablations: what is compared, what is kept, how they go on after a stop."""

import json
import re
import sys
from pathlib import Path

import pytest

from scripts import ablate
from scripts._main import run
from scripts.ablate import VARIANTS, AblateOptions, Result, compared, configured, table
from vibejam_core.models.registry import build_model
from vibejam_core.training.run import Run

SMALL = "--max-iters 4 --batch-size 2 --block-size 8 --n-layer 2 --n-head 2 --n-embd 8 --megabytes 0.01".split(" ")  # noqa: SIM905


class Program:
    """``python -m scripts.ablate`` in this process."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.monkeypatch, self.capsys = folder, monkeypatch, capsys
        self.results = folder / "results.json"

    def __call__(self, *arguments: object) -> int:
        """The exit code; what was printed is in ``out`` and ``err``."""
        words = ["program", "--folder", str(self.folder), *SMALL, *map(str, arguments)]
        self.monkeypatch.setattr(sys, "argv", words)
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            run(ablate.main)
        self.out, self.err = self.capsys.readouterr()
        assert isinstance(leaving.value.code, int)
        return leaving.value.code


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    return Program(tmp_path / "runs", monkeypatch, capsys)


def result(variant: str, seed: int, bits: float) -> Result:
    """A run that never was."""
    return Result(variant, seed, 10, bits, bits, 100.0, {"step": [0, 1], "loss": [1.0, 0.5]})


def test_it_trains_compares_and_keeps(program: Program) -> None:
    assert program("--options", "windows", "--seeds", 2) == 0
    kept = json.loads(program.results.read_text(encoding="utf-8"))
    assert [(each["variant"], each["seed"]) for each in kept["runs"]] == [
        ("plain", 1), ("windows", 1), ("plain", 2), ("windows", 2),
    ]  # fmt: skip
    assert set(kept["curves"]) == {"plain, seed 1", "windows, seed 1", "plain, seed 2", "windows, seed 2"}
    assert kept["command"].startswith("python -m scripts.ablate --options windows --seeds 2 --max-iters 4")
    assert str(program.folder) not in json.dumps(kept)
    assert all(each["tokens_per_second"] > 0 for each in kept["runs"])
    assert "with windows, pattern SSL" in program.out
    assert "run 4 of 4" in program.out


def test_what_is_finished_is_not_trained_again(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    assert program("--options", "windows", "--seeds", 1) == 0
    before = program.results.read_text(encoding="utf-8")
    started: list[str] = []
    begin = Run.__init__
    monkeypatch.setattr(Run, "__init__", lambda self, *a, **k: (started.append(str(a)), begin(self, *a, **k))[1])
    assert program("--options", "windows", "--seeds", 1) == 0
    assert started == []
    assert program.results.read_text(encoding="utf-8") == before
    assert program("--options", "windows", "one-kv-head", "--seeds", 1) == 0
    assert len(started) == 1
    assert program("--options", "windows", "--seeds", 1, "--learning-rate", 0.01) == 0  # other settings, other runs
    assert len(started) == 3


def test_a_stopped_run_goes_on(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """And ends where one that was never stopped ends."""
    assert program("--options", "windows", "--seeds", 1) == 0
    whole = json.loads(program.results.read_text(encoding="utf-8"))["runs"]
    program.folder = program.folder.with_name("again")
    tick = Run.tick

    def stop(self: Run, loss: float) -> None:
        tick(self, loss)
        if self.step == 2 and self.config.ckpt_path.parent.name == "windows" and self.now:
            self.now.stop.requested = True

    monkeypatch.setattr(Run, "tick", stop)
    assert program("--options", "windows", "--seeds", 1) == 130
    assert "Go on with the same command" in program.out
    results = program.folder / "results.json"
    assert [each["variant"] for each in json.loads(results.read_text(encoding="utf-8"))["runs"]] == ["plain"]
    monkeypatch.setattr(Run, "tick", tick)
    assert program("--options", "windows", "--seeds", 1) == 0
    again = json.loads(results.read_text(encoding="utf-8"))["runs"]
    assert [each["val_loss"] for each in again] == [each["val_loss"] for each in whole]


def test_every_variant_is_a_model_of_its_own() -> None:
    seen = set()
    for name in VARIANTS:
        settings = configured(AblateOptions(), name, 1)
        build_model(settings["config"].arch, settings["shape"])
        seen.add((settings["shape"], settings["config"].arch, settings["config"].optimizer))
        assert settings["data"] == configured(AblateOptions(), "plain", 1)["data"]
        assert settings["config"].max_iters == AblateOptions().max_iters
    assert len(seen) == len(VARIANTS)


def test_a_difference_counts_only_where_the_seeds_do_not_overlap() -> None:
    runs = [result("plain", 1, 2.0), result("plain", 2, 2.2)]
    runs += [result("windows", 1, 2.1), result("windows", 2, 2.3)]
    runs += [result("adamw", 1, 2.3), result("adamw", 2, 2.4)]
    runs += [result("one-kv-head", 1, 1.8), result("one-kv-head", 2, 1.9)]
    rows = compared(runs)
    assert [row["said"] for row in rows] == ["", "within the seeds' spread", "worse", "better"]
    assert [row["wins"] for row in rows] == [0, 0, 0, 2]
    assert [row["difference"] for row in rows] == [0.0, 0.1, 0.25, -0.25]
    assert (rows[1]["lowest"], rows[1]["highest"], rows[1]["bits_per_byte"]) == (2.1, 2.3, 2.2)
    assert len(re.findall(r"2\.\d00 to 2\.\d00", table(rows))) == 3
    [_, other] = compared([result("plain", 1, 2.0), result("windows", 1, 1.0)])
    assert other["said"] == "one seed proves nothing"


def test_a_wrong_option_is_told(program: Program) -> None:
    assert program("--options", "magic") == 2
    assert "magic" in program.err
    assert program("--seeds", 0) == 2
    assert "seeds must be at least 1" in program.err
