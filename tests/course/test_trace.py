"""``vibejam trace``: the shapes at every step of a forward pass, and where it stopped."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import torch

from tests.course.grading import solve, workspace
from vibejam_core.course import trace_report
from vibejam_core.course.cli import main
from vibejam_core.course.curriculum import WALKS, WHOLE_GPT
from vibejam_core.course.trace import Call, Recorder, Step, calls_of, described
from vibejam_core.course.workspace import Workspace
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model


def traced(capfd: pytest.CaptureFixture[str], made: Workspace | None, *arguments: str) -> tuple[int, list[str]]:
    """Run the command; its exit code, and what it printed, each line's blanks made one."""
    where = ["--impl", "core"] if made is None else ["--workspace", str(made.root)]
    code = main(["trace", *arguments, *where])
    out, err = capfd.readouterr()
    assert "Traceback" not in err, err
    return code, [" ".join(line.split()) for line in (out + err).splitlines()]


def recorded(arch: str) -> Recorder:
    """The reference's forward pass, in this process."""
    model = build_model(arch, ModelConfig(vocab_size=7, block_size=8, n_layer=3, n_head=2, n_embd=12))
    recorder = Recorder(None)
    tokens = torch.zeros(2, 4, dtype=torch.long)
    with recorder.watching():
        model(tokens, tokens)
    return recorder


@pytest.mark.parametrize("arch", sorted(WALKS))
def test_every_model_can_be_traced(arch: str) -> None:
    """From its arguments to what it returns, in lines that fit a terminal."""
    recorder = recorded(arch)
    assert recorder.error is None
    lines = trace_report.text(recorder, recorder.calls).splitlines()
    assert "forward(idx (2, 4) int64, targets (2, 4) int64)" in lines[0]
    assert lines[-1].endswith("-> ((2, 4, 7) float32, () float32)")
    assert max(map(len, lines)) <= trace_report.WIDTH


def test_what_is_alike_is_shown_once() -> None:
    """Three blocks, two heads in each."""
    recorder = recorded("gpt")
    text = trace_report.text(recorder, recorder.calls)
    assert text.count("Block.forward(") == 1
    assert text.count("Head.forward(x") == 1
    assert "... 2 more rounds alike" in text
    assert "... 1 more call of Head.forward alike" in text
    assert text.count("for block in self.blocks:") == 1


def test_the_calls_of_one_component_are_found_wherever_they_are() -> None:
    """Three blocks of two heads."""
    calls = recorded("gpt").calls
    assert len(calls_of("gpt.Head", calls)) == 6
    assert len(calls_of("gpt.Block", calls)) == 3
    assert calls_of("rotary.norm", calls) == []


def test_the_reference_is_shown_for_the_asking(capfd: pytest.CaptureFixture[str]) -> None:
    """Line by line, with the file; sizes that tell the axes apart."""
    code, lines = traced(capfd, None, "modern_block.attend", "--batch", "5", "--length", "7")
    assert code == 0
    assert lines[0] == ("modern_gpt, one forward pass: B = 5, T = 7, V = 65, C = 60, H = 6, KV = 3, D = 10, layers = 4")
    assert any("attend(q (5, 7, 6, 10) float32, k (5, 7, 3, 10) float32" in line for line in lines)
    assert lines[-1] == "... 3 more calls of attend alike"


def test_your_lines_are_shown_and_the_references_are_not(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Of what stands in for the rest, only what goes in and out."""
    made = solve(workspace(tmp_path), "gpt.Head")
    code, lines = traced(capfd, made, "gpt")
    assert code == 0
    assert "the reference's Block.forward(x (2, 8, 60) float32) -> (2, 8, 60) float32" in lines
    assert not any("self.attention(" in line for line in lines)
    scores = next(line for line in lines if "scores = " in line)
    assert scores.startswith("gpt.py:")
    assert scores.endswith("scores (2, 8, 8) float32")


def test_a_helper_of_your_own_is_shown(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It is your code too."""
    made = solve(workspace(tmp_path), "gpt.FeedForward")
    path = made.module_path("gpt")
    helper = "def doubled(values):\n    twice = 2 * values\n    return twice\n"
    path.write_text(path.read_text().replace("return self.net(x)", "return doubled(self.net(x))") + f"\n\n{helper}")
    _, lines = traced(capfd, made, "gpt.FeedForward")
    assert any(line.endswith("twice (2, 8, 60) float32") for line in lines)


def test_an_error_is_shown_where_it_happened(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With the shapes so far, and what the line had to work with."""
    made = solve(workspace(tmp_path), *WHOLE_GPT)
    path = made.module_path("gpt")
    path.write_text(path.read_text().replace("q @ k.transpose(-2, -1)", "q @ k"))
    code, lines = traced(capfd, made, "gpt")
    assert code == 1
    at = next(number for number, line in enumerate(lines) if line.startswith("here "))
    assert "scores = q @ k" in lines[at - 1]
    assert "RuntimeError: Expected size for first two dimensions of batch2" in lines[at]
    assert {"with q (2, 8, 10) float32", "with k (2, 8, 10) float32"} <= set(lines[at:])
    assert any("positions (8,) int64" in line for line in lines[:at])
    assert sum(line.startswith("here ") for line in lines) == 1


def test_an_error_in_what_was_borrowed_is_shown_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A head of the wrong width, seen where the reference projects."""
    made = solve(workspace(tmp_path), "gpt.Head")
    path = made.module_path("gpt")
    path.write_text(path.read_text().replace("return weights @ v", "return (weights @ v)[..., 1:]"))
    code, lines = traced(capfd, made, "gpt")
    assert code == 1
    at = next(number for number, line in enumerate(lines) if line.startswith("here "))
    assert "✗ RuntimeError" in lines[at]
    assert any(line.endswith("-> (2, 8, 9) float32") for line in lines[:at])


def test_an_error_before_the_forward_pass_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Where the model is made."""
    made = solve(workspace(tmp_path), *WHOLE_GPT)
    path = made.module_path("gpt")
    path.write_text(path.read_text().replace("nn.Dropout(config.dropout)", "nn.Dropout(config.drop)", 1))
    code, lines = traced(capfd, made, "gpt")
    assert code == 1
    assert "your code stopped: AttributeError: 'ModelConfig' object has no attribute 'drop'" in lines[0]


def test_a_caught_error_is_no_end() -> None:
    """Calls that it ended are over."""
    recorder = Recorder(None)
    model = build_model("gpt", ModelConfig(vocab_size=7, block_size=4, n_layer=1, n_head=2, n_embd=12))
    with recorder.watching():
        for length in (5, 3):  # the first is too long
            try:
                model(torch.zeros(1, length, dtype=torch.long))
            except ValueError:
                continue
    assert recorder.error is None
    assert recorder.calls[0].result is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["gtp"], "no model or component 'gtp'. Models: bigram, gpt, modern_gpt."),
        (["windows.get_batch"], "windows.get_batch isn't part of a model"),
        (["gpt", "--length", "0"], "--length must be at least 1, but it is 0"),
    ],
)
def test_a_wrong_use_is_told(capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    """Before anything runs."""
    assert main(["trace", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_what_is_said_of_a_value() -> None:
    """Shapes and numbers; nothing of what a line can't say."""
    tensor = torch.zeros(2, 3)
    assert described(tensor) == "(2, 3) float32"
    assert described((tensor, None)) == "((2, 3) float32, None)"
    assert described([tensor] * 9) == "9 tensors, the first (2, 3) float32"
    assert described("x" * 90) == f"'{'x' * 22}…"
    assert described(7) == "7"
    assert described(object()) is None
    assert described([object()]) is None


def test_rounds_of_a_loop_are_found() -> None:
    """The longest stretch that repeats; what stands alone stays alone."""
    steps = [Step(line, "", ast.Expr, done=True) for line in (1, 2, 3, 2, 3, 2, 3, 2, 4)]
    found = [([step.line for step in group], more) for group, more in trace_report.rounds(steps)]
    assert found == [([1], 0), ([2, 3], 2), ([2], 0), ([4], 0)]
    calls = [Call("f", None, Path("f.py"), 1, False, (), result=result) for result in ("1", "1", "2")]
    assert [(call.result, more) for call, more in trace_report.grouped(calls)] == [("1", 1), ("2", 0)]
