"""``vibejam compare``: two real trainings, and a finding that follows from their numbers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.course.grading import solve, workspace
from vibejam_core.course import compare_report, known
from vibejam_core.course.cli import main
from vibejam_core.course.compare import ROUNDING, TOLERANCE, Comparison, Settings, Side, finding
from vibejam_core.course.curriculum import component, milestone
from vibejam_core.course.milestones import earn_by_comparison
from vibejam_core.course.progress import Progress

TRAINED = ("gpt.GPTModel", "gpt.Head", "trainer.train_step")


def side(*losses: float, **changes) -> Side:
    """A training with these losses at the steps 0, 50, 100, ..."""
    records = [
        {"step": 50 * i, "train_loss": loss + 0.1, "val_loss": loss, "tokens_per_second": 1000.0}
        for i, loss in enumerate(losses)
    ]
    return replace(Side(records, losses[-1], 1.4 * losses[-1], 1000.0, 2**28, {"gpt.Head": "yours"}), **changes)


@pytest.fixture
def text(tmp_path) -> Path:
    """A short text."""
    path = tmp_path / "sheep.txt"
    path.write_text("".join(f"{n} sheep\n" for n in range(400)))
    return path


def compared(made, text, *arguments) -> tuple[int, dict]:
    """Run the command; the exit code, and its JSON."""
    out = made.root / "compared.json"
    command = ["compare", "--workspace", made.root, "--text-path", text, "--max-iters", 3, "--json", out, *arguments]
    code = main([str(argument) for argument in command])
    return code, json.loads(out.read_text())


def test_the_reference_in_the_learners_hands_is_identical(tmp_path, text, capsys):
    """Every loss, to the last bit; the table is whole, and the picture is there."""
    made = solve(workspace(tmp_path / "w"), *TRAINED)
    code, data = compared(made, text)
    said = capsys.readouterr().out
    assert code == 0, said
    assert data["yours"]["val_loss"] == data["reference"]["val_loss"]
    assert "Identical: no loss differs" in data["finding"]
    assert {id for id, owner in data["yours"]["components"].items() if owner == "yours"} == set(TRAINED)
    assert set(data["reference"]["components"].values()) == {"reference"}
    assert all(100 * 2**20 < data[name]["peak_bytes"] < 2**34 for name in ("yours", "reference"))
    assert data["yours"]["tokens_per_second"] > 0
    for row in ("validation loss at step 3", "final validation loss", "bits per byte", "tokens per sec", "peak memory"):
        assert row in said
    assert "yours (3): gpt.Head, gpt.GPTModel, trainer.train_step" in said
    assert (made.root / "compared.png").read_bytes().startswith(b"\x89PNG")
    assert "yours      step     3" in said
    assert "milestone" not in said


def test_the_modern_gpt_with_byte_pairs_is_compared_too(tmp_path, text, capsys):
    """With bits per byte, and no milestone for so short a text."""
    made = solve(workspace(tmp_path / "w"), "rotary.norm", "modern_block.attend")
    code, data = compared(made, text, "--arch", "modern_gpt", "--tokenizer", "bpe")
    said = capsys.readouterr().out
    assert code == 0, said
    assert "modern_gpt on sheep.txt, in tokens of a BPE tokenizer: 3 steps, seed 1337" in said
    assert data["yours"]["components"]["rotary.norm"] == "yours"
    assert data["yours"]["components"]["modern_gpt.GPT"] == "reference"
    assert data["yours"]["val_bits_per_byte"] == data["reference"]["val_bits_per_byte"] > 0


@pytest.mark.slow
def test_first_weights_in_another_order_are_found_out(tmp_path, text, capsys):
    """By a third training that begins with the reference's."""
    made = solve(workspace(tmp_path / "w"), *TRAINED)
    variant = known.variants("gpt.GPTModel")[0]
    made.write_definition(component("gpt.GPTModel"), known.source("gpt.GPTModel", variant.change))
    _, data = compared(made, text)
    assert data["yours"]["val_loss"] != data["reference"]["val_loss"]
    assert "Your first weights are drawn in another way, and that is all" in data["finding"]
    assert data["from_same_weights"]["val_loss"] == pytest.approx(data["reference"]["val_loss"], abs=ROUNDING)


@pytest.mark.slow
def test_a_model_that_computes_something_else_is_found_out(tmp_path, text, capsys):
    """The same weights give another loss."""
    made = solve(workspace(tmp_path / "w"), *TRAINED)
    path = made.module_path("gpt")
    path.write_text(path.read_text().replace("self.lm_head(self.ln_f(x))", "3 * self.lm_head(self.ln_f(x))"))
    _, data = compared(made, text)
    assert "give other losses for the same weights" in data["finding"]


@pytest.mark.slow
def test_a_training_step_that_differs_is_found_out(tmp_path, text, capsys):
    """The same start, and then another way."""
    made = solve(workspace(tmp_path / "w"), *TRAINED)
    path = made.module_path("trainer")
    path.write_text(path.read_text().replace("    optimizer.step()\n", "    optimizer.step()\n    optimizer.step()\n"))
    _, data = compared(made, text)
    assert data["finding"].startswith("Both start with the same losses. The largest difference is")
    assert "something in the training steps differs" in data["finding"]


@pytest.mark.slow
def test_layers_with_other_names_leave_the_reason_open(tmp_path, text, capsys):
    """Then nothing is claimed."""
    made = solve(workspace(tmp_path / "w"), *TRAINED)
    for id in ("gpt.Head", "gpt.GPTModel"):  # a fused projection, and another order of drawing
        made.write_definition(component(id), known.source(id, known.variants(id)[0].change))
    _, data = compared(made, text)
    assert "can't be tried, because yours can't take the reference's weights" in data["finding"]
    assert data["from_same_weights"] is None


def test_an_error_in_the_learners_code_is_told(tmp_path, text, capsys):
    """In a few lines, and no reference is trained for nothing."""
    made = solve(workspace(tmp_path / "w"), *TRAINED)
    path = made.module_path("gpt")
    path.write_text(path.read_text().replace("T = idx.shape[1]", "T = idx.shape[9]"))
    assert main(["compare", "--workspace", str(made.root), "--text-path", str(text), "--max-iters", "3"]) == 2
    out, err = capsys.readouterr()
    assert "vibejam compare: your training stopped: " in err
    assert "IndexError" in err
    assert len(err.splitlines()) <= 9
    assert "reference" not in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--max-iters", "0"], "--max-iters must be at least 1, but it is 0"),
        (["--text-path", "no-such-file"], "no file or folder no-such-file"),
        (["--json", "no-such-folder/x.json"], "there is no folder"),
    ],
)
def test_a_wrong_use_is_told(tmp_path, capsys, arguments, words):
    """Before anything is trained."""
    assert main(["compare", "--workspace", str(workspace(tmp_path).root), *arguments]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="sends a Ctrl-C")
def test_ctrl_c_leaves_nothing_running(tmp_path, text):
    """Neither a process nor a folder."""
    made = solve(workspace(tmp_path / "w"), *TRAINED)
    (tmp_path / "tmp").mkdir()
    command = ["compare", "--workspace", str(made.root), "--text-path", str(text), "--max-iters", "1000000"]
    process = subprocess.Popen(
        [sys.executable, "-m", "vibejam_core.course.cli", *command],
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp"), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert "step     0" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    finally:
        process.kill()
        process.stdout.close()
    time.sleep(0.1)
    assert list((tmp_path / "tmp").glob("vibejam-*")) == []
    running = subprocess.run(["ps", "-A", "-o", "args"], capture_output=True, text=True).stdout
    assert str(tmp_path / "tmp") not in running


def test_findings_follow_from_the_numbers():
    """Other times, rounding, and what neither explains."""
    reference = side(4.0, 3.0, 2.0)
    assert "keeps other times" in finding(side(4.0, 3.0), reference, None)
    assert "as much as rounding makes" in finding(side(4.0, 3.0, 2.00001), reference, None)
    assert "at step 100. Rounding makes less" in finding(side(4.0, 3.0, 2.1), reference, None)
    assert "drawn in another way" in finding(side(4.1, 3.0, 2.0), reference, side(4.0, 3.0, 2.00002))
    assert "something in the training steps" in finding(side(4.1, 3.0, 2.0), reference, side(4.0, 3.1, 2.0))


def test_the_table_has_both_curves_and_fits_a_terminal():
    """In the characters that it is given."""
    shown = Comparison(Settings(), side(4.0, 3.0, 2.0), side(4.0, 2.5, 2.2), None, "Found.")
    assert "4.00 █▅▁ 2.00" in compare_report.text(shown)
    assert "4.00 %=_ 2.00" in compare_report.text(shown, "_=%")
    assert "0.2000 nats apart at the end, beyond the tolerance of 0.05." in compare_report.text(shown)
    assert all(len(line) <= 80 for line in compare_report.text(shown).splitlines())


def test_only_the_usual_comparison_can_earn_the_milestone(tmp_path):
    """Not one of few steps or on another text, and not on borrowed code."""
    made = workspace(tmp_path)
    whole = dict.fromkeys(milestone("matches-reference").needs, "yours")
    yours = side(4.0, 2.0, components=whole)
    others = (Settings(max_iters=10), Settings(text_path=Path("mine")), Settings(corpus="pydocs"))
    for settings in (*others, Settings(arch="bigram"), Settings(tokenizer="bpe")):
        assert earn_by_comparison(Comparison(settings, yours, yours, None, ""), made) is None
    some = side(4.0, 2.0, components={**whole, "gpt.Head": "reference"})
    assert earn_by_comparison(Comparison(Settings(), some, yours, None, ""), made) is None
    unwritten = earn_by_comparison(Comparison(Settings(), yours, yours, None, ""), made)
    assert unwritten is not None
    assert not unwritten.ok
    assert "vibejam check" in unwritten.said
    assert Progress(made).milestones() == {}


def test_other_first_weights_may_be_no_mistake():
    """Then the run from the reference's own decides; both are told."""
    made = Comparison(Settings(), side(4.0, 2.6), side(4.1, 2.0), side(4.1, 2.04), "")
    assert made.matches
    assert made.to_json()["same_start"] == pytest.approx(0.04)
    assert (
        "0.6000 nats apart at the end, beyond the tolerance of 0.05; from the same first weights 0.0400, within it."
        in (compare_report.text(made))
    )
    assert not replace(made, from_same_weights=side(4.1, 2.06)).matches


def test_each_model_has_settings_of_its_own():
    """And a title that says them."""
    modern = Settings(arch="modern_gpt", tokenizer="bpe").arguments(Path("run"))
    assert modern[modern.index("--arch") + 1] == "modern_gpt"
    assert modern[modern.index("--tokenizer") + 1] == "bpe"
    assert "--n-kv-head" in modern
    assert "--n-kv-head" not in Settings().arguments(Path("run"))
    assert Settings().title == "gpt on tinyworld, in characters: 300 steps, seed 1337"
    assert Settings(text_path=Path("a/b.txt"), tokenizer="bpe").title.startswith("gpt on b.txt, in tokens of a BPE")


def test_the_tolerance_decides():
    """Just below it is a match, just above it is none."""
    for distance, matches in ((0.99 * TOLERANCE, True), (1.01 * TOLERANCE, False)):
        made = Comparison(Settings(), side(4.0, 2.0 + distance), side(4.0, 2.0), None, "")
        assert made.matches is matches
