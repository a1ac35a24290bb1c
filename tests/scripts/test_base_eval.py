"""The program that measures base models: its tables, its JSON, what it says of what it can't do."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from scripts import base_eval
from scripts._main import run
from tests.evaluation.core_files import task, write_bundle
from vibejam_core.models.checkpoint import Checkpoint, save_checkpoint
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.text.bpe import BPETokenizer
from vibejam_core.text.corpora import DOC_END
from vibejam_core.text.token_file import write_tokens
from vibejam_core.text.tokenizers import fingerprint

TOKENIZER = BPETokenizer([(97, 98)], special_tokens=(DOC_END,))
Program = Callable[..., tuple[int, str, str]]


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    def measure(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["program", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            run(base_eval.main)
        out, err = capsys.readouterr()
        return int(str(leaving.value.code)), out, err

    return measure


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A run's folder with one checkpoint, and a validation file beside it."""
    torch.manual_seed(0)
    model = build_model("gpt", ModelConfig(TOKENIZER.vocab_size, block_size=16, n_layer=1, n_head=2, n_embd=8))
    save_checkpoint(tmp_path / "run", Checkpoint(model, "gpt", TOKENIZER, step=7))
    documents = [(TOKENIZER.encode(text), len(text)) for text in ("abc abd", "hello")]
    write_tokens(tmp_path / "val.tokens", documents, TOKENIZER.vocab_size, fingerprint(TOKENIZER), 257)
    tasks = {
        task("multiple_choice", shots=1, baseline=0.25, label="one"): [
            {"query": f"q{i}", "choices": ["a", "b"], "gold": i % 2} for i in range(5)
        ],
        task("language_modeling", label="two"): [{"context": "a", "continuation": "b"}],
    }
    write_bundle(tmp_path / "bundle" / "eval_bundle", tasks)
    return tmp_path


def test_what_is_not_there_is_not_run(trained: Path, program: Program) -> None:
    """And never passed: how to get it is said."""
    code, out, _ = program("--ckpt-path", trained / "run", "--bundle-path", trained / "none")
    assert code == 0
    assert "not run:  bits per byte" in out
    assert f"not run:  CORE: no bundle at {trained / 'none'}. Download https://" in out
    report = json.loads((trained / "run" / "base_eval.json").read_text())
    assert set(report["val"]) == set(report["core"]) == {"not_run"}
    assert report["step"] == 7


def test_both_measures(trained: Path, program: Program) -> None:
    """The mean is that of the tasks; a second time, nothing is measured again."""
    arguments = (
        "--ckpt-path",
        trained / "run",
        "--val-path",
        trained / "val.tokens",
        "--bundle-path",
        trained / "bundle",
    )
    code, out, err = program(*arguments, "--max-per-task", 3)
    assert code == 0, err
    assert "bits per byte" in out
    assert "3 of 5" in out
    assert "one is not one of the 22" in out
    path = trained / "run" / "base_eval.json"
    first = json.loads(path.read_text())
    assert first["val"]["n_bytes"] == len("abc abdhello") - 1 - 1  # the first token, ab, isn't predicted
    centred = [(each["accuracy"] - each["baseline"]) / (1 - each["baseline"]) for each in first["core"]["tasks"]]
    assert first["core"]["core"] == pytest.approx(sum(centred) / 2)
    _, out, _ = program(*arguments, "--max-per-task", 3)
    assert "2 of 2 tasks were measured before" in out
    assert "val       measured before" in out
    assert json.loads(path.read_text())["core"] == first["core"]
    _, out, _ = program(*arguments)
    assert "3 of 5" not in out
    assert "measured before: " in out


def test_interrupted_it_goes_on(trained: Path, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that was done is kept."""
    from vibejam_core.evaluation import core

    arguments = ("--ckpt-path", trained / "run", "--bundle-path", trained / "bundle")
    honest, asked = core.evaluate_task, []

    def stops(model: object, tokenizer: object, given: core.CoreTask, *rest: object, **named: object) -> object:
        asked.append(given.label)
        if asked == ["one", "two"]:
            raise KeyboardInterrupt
        return honest(model, tokenizer, given, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(core, "evaluate_task", stops)
    assert program(*arguments)[0] == 130
    code, out, _ = program(*arguments)
    assert code == 0
    assert "1 of 2 tasks were measured before" in out
    assert asked == ["one", "two", "two"]


def test_errors_in_one_paragraph(trained: Path, program: Program) -> None:
    """No checkpoint; another tokenizer's text; a damaged bundle."""
    code, _, err = program("--ckpt-path", trained / "none")
    assert (code, err.count("\n")) == (2, 1)
    write_tokens(trained / "other.tokens", [([1, 2, 3], 3)], 300, "another", None)
    code, _, err = program("--ckpt-path", trained / "run", "--val-path", trained / "other.tokens")
    assert code == 2
    assert "another tokenizer" in err
    (trained / "bundle" / "eval_bundle" / "eval_meta_data.csv").unlink()
    code, _, err = program("--ckpt-path", trained / "run", "--bundle-path", trained / "bundle")
    assert code == 2
    assert "eval_meta_data.csv. Unpack the bundle again" in err
