"""From nothing to a report card: each stage once, whatever happens in between."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from scripts import _stages, speedrun
from scripts._main import run
from scripts._stages import Stage, locked, run_stage
from tests.course.kit import new_workspace, with_solution

ROOT = Path(__file__).parents[2]


class Programs:
    """In place of real programs: notes which were run, leaves what they should, ends as it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ran: list[str] = []
        self.codes: dict[str, int] = {}
        monkeypatch.setattr(_stages, "call", self.call)

    def call(self, command: Sequence[str], lock: int | None = None) -> int:
        self.ran.append(shlex.join(command))
        code = self.codes.pop(command[2], 0)
        if code == 0:
            for path in command[command.index("--makes") + 1 :]:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                Path(path).write_text("made")
        return code


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Programs:
    return Programs(monkeypatch)


def a_stage(folder: Path, **changes: object) -> Stage:
    result = folder / "work" / "result"
    given: dict[str, object] = {
        "name": "a stage",
        "program": "one",
        "arguments": ("--makes", f"{result}"),
        "results": (result,),
        "removed": (folder / "work",),
    }
    return Stage(**{**given, **changes})  # type: ignore[arg-type]


def test_a_stage_runs_once_for_each_setting(tmp_path: Path, programs: Programs) -> None:
    """Again when a setting changes, or its result is gone."""
    stage = a_stage(tmp_path)
    for settings, n_runs in (({"a": 1}, 1), ({"a": 1}, 1), ({"a": 2}, 2), ({"a": 2}, 2)):
        assert run_stage(tmp_path, stage, settings, "1/1") == 0
        assert len(programs.ran) == n_runs
    stage.results[0].unlink()
    assert run_stage(tmp_path, stage, {"a": 2}, "1/1") == 0
    assert len(programs.ran) == 3


@pytest.mark.parametrize(("code", "expected"), [(130, 130), (-signal.SIGINT, 130), (2, 2), (-signal.SIGKILL, 1)])
def test_a_stage_that_failed_is_not_done(tmp_path: Path, programs: Programs, code: int, expected: int) -> None:
    """However it ended: the next time it runs again."""
    stage = a_stage(tmp_path)
    programs.codes["one"] = code
    assert run_stage(tmp_path, stage, {}, "1/1") == expected
    assert run_stage(tmp_path, stage, {}, "1/1") == 0
    assert len(programs.ran) == 2


def test_a_program_that_left_nothing_is_not_done(tmp_path: Path, programs: Programs) -> None:
    stage = a_stage(tmp_path, arguments=("--makes",))
    assert run_stage(tmp_path, stage, {}, "1/1") == 1


def test_what_goes_on_goes_on_only_with_the_same_settings(tmp_path: Path, programs: Programs) -> None:
    """Its folder stays, and it gets the arguments for going on; with another setting it begins anew."""
    checkpoints = tmp_path / "work"
    stage = a_stage(
        tmp_path, goes_on=True, resumable=checkpoints, resume=("--resume", "--makes", f"{checkpoints / 'result'}")
    )
    for settings, is_resumed in (({"a": 1}, False), ({"a": 1}, True), ({"a": 2}, False)):
        programs.codes["one"] = 130
        assert run_stage(tmp_path, stage, settings, "1/1") == 130
        assert ("--resume" in programs.ran[-1]) == is_resumed
        if not is_resumed:
            assert not checkpoints.exists()
        (checkpoints / "step_000010").mkdir(parents=True, exist_ok=True)
    assert run_stage(tmp_path, stage, {"a": 2}, "1/1") == 0
    assert "--resume" in programs.ran[-1]


def test_killed_before_its_first_checkpoint_it_begins_anew(tmp_path: Path, programs: Programs) -> None:
    """What it left would be in the way."""
    stage = a_stage(tmp_path, goes_on=True, resumable=tmp_path / "work", resume=("--resume",))
    programs.codes["one"] = -signal.SIGKILL
    run_stage(tmp_path, stage, {}, "1/1")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "log.jsonl").touch()
    assert run_stage(tmp_path, stage, {}, "1/1") == 0
    assert "--resume" not in programs.ran[-1]
    assert not (tmp_path / "work" / "log.jsonl").exists()


def test_a_note_that_a_power_cut_damaged_means_not_done(tmp_path: Path, programs: Programs) -> None:
    stage = a_stage(tmp_path)
    run_stage(tmp_path, stage, {}, "1/1")
    (tmp_path / "stages" / "a_stage.json").write_text('{"settings": {}, "do')
    run_stage(tmp_path, stage, {}, "1/1")
    assert len(programs.ran) == 2


@pytest.mark.skipif(os.name != "posix", reason="there are no such locks on Windows")
def test_two_at_once_are_refused(tmp_path: Path) -> None:
    """Two would write over each other."""
    held = locked(tmp_path)
    assert held is not None
    with pytest.raises(OSError, match="another speedrun is at work"):
        locked(tmp_path, seconds=0.1)
    os.close(held)
    again = locked(tmp_path, seconds=0.1)
    assert again is not None
    os.close(again)


@pytest.mark.parametrize("preset", ["t4", "a100", "h100x8"])
def test_without_a_gpu_it_is_not_run(
    preset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nobody can take it for passed."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(sys, "argv", ["speedrun", "--preset", preset, "--out-dir", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as leaving:
        run(speedrun.main)
    said = capsys.readouterr().out
    assert said.startswith("not run: the preset")
    assert "passed" not in said
    assert leaving.value.code == 1
    assert not (tmp_path / "out").exists()


def test_presets_are_the_same_program(tmp_path: Path) -> None:
    """The same stages, in the same order; several GPUs by torchrun."""
    args = {name: speedrun.SpeedrunOptions(preset=name) for name in speedrun.RECIPES}  # type: ignore[arg-type]
    stages = {name: speedrun.stages_of(given, tmp_path, 8 if name == "h100x8" else 0) for name, given in args.items()}
    assert len({tuple(each.name for each in some) for some in stages.values()}) == 1
    assert stages["h100x8"][2].command()[:4] == ["torchrun", "--standalone", "--nproc-per-node", "8"]
    assert stages["cpu"][2].command()[:3] == ["python", "-m", "scripts.base_train"]
    assert {*speedrun.NEEDS_GPU} < {*speedrun.RECIPES}


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """A speedrun in a process of its own."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("VIBEJAM_")}
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.speedrun", "--preset", "smoke", "--out-dir", str(folder), *arguments],
        cwd=ROOT,
        env={**variables, "OMP_NUM_THREADS": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(folder: Path, *arguments: str, **environment: str) -> str:
    process = start(folder, *arguments, **environment)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return said


@pytest.mark.slow
def test_from_nothing_to_a_report_card(tmp_path: Path) -> None:
    """Six stages; a second time none of them; with another number of steps, the last four."""
    said = finish(tmp_path)
    assert [f"== {i}/6" in said for i in range(1, 7)] == [True] * 6
    assert "not run:  CORE" in said
    page, markdown = ((tmp_path / name).read_text(encoding="utf-8") for name in ("report.html", "report.md"))
    for words in ("entropy floor", "unseen combinations", "scripts.tok_train", "not run"):
        assert words in page
    assert "All components were the reference" in markdown
    assert finish(tmp_path).count("done before") == 6
    said = finish(tmp_path, "--steps", "13")
    assert said.count("done before") == 2
    assert json.loads((tmp_path / "base" / "end.json").read_text())["step"] == 13


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_stopped_in_the_middle_of_pretraining_it_goes_on(tmp_path: Path, number: signal.Signals) -> None:
    """By Ctrl-C or killed: the stages before are done, and pretraining goes on from a checkpoint."""
    process = start(tmp_path, "--steps", "400")
    until = time.monotonic() + 120
    while not list((tmp_path / "base").glob("step_*[1-9]*")):
        assert time.monotonic() < until
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else -signal.SIGKILL)
    said = finish(tmp_path, "--steps", "400")
    assert said.count("done before") == 2
    assert "pretraining: goes on" in said
    assert "--resume" in said
    assert json.loads((tmp_path / "base" / "end.json").read_text())["step"] == 400
    steps = [json.loads(line)["step"] for line in (tmp_path / "base" / "log.jsonl").read_text().splitlines()]
    assert steps == sorted(set(steps))


@pytest.mark.slow
def test_on_your_own_components_the_report_says_whose_they_are(tmp_path: Path) -> None:
    """Yours where they are written, the reference's elsewhere."""
    workspace = new_workspace(tmp_path / "labs")
    name = "vibejam_core.models.rotary"
    (workspace.package / "rotary.py").write_text(with_solution(name, "rotary.norm"), encoding="utf-8")
    said = finish(tmp_path / "run", VIBEJAM_IMPL="mine", VIBEJAM_WORKSPACE=str(workspace.root))
    assert "whose code runs (VIBEJAM_IMPL=mine" in said
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "yours       rotary.norm" in page
