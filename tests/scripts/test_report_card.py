"""The program that writes report cards."""

import json
import sys
from pathlib import Path

import pytest
import torch

from scripts import report_card
from scripts._main import run
from vibejam_core.models.checkpoint import Checkpoint, save_checkpoint
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.text.bpe import BPETokenizer
from vibejam_core.text.corpora import DOC_END


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):  # type: ignore[no-untyped-def]
    """Runs the program on an untrained model."""
    tokenizer = BPETokenizer([(97, 98)], special_tokens=(DOC_END,))
    torch.manual_seed(0)
    model = build_model("modern_gpt", ModelConfig(tokenizer.vocab_size, block_size=32, n_layer=1, n_head=2, n_embd=16))
    folder = tmp_path / "run"
    save_checkpoint(folder, Checkpoint(model, "modern_gpt", tokenizer, step=7))
    (folder / "log.jsonl").write_text('{"step": 0, "train_loss": 5.0, "val_loss": null}\n', encoding="utf-8")

    def make(*arguments: object) -> tuple[int, str, str]:
        given = ["--ckpt-path", folder, "--texts", 3, "--kilobytes", 1, *arguments]
        monkeypatch.setattr(sys, "argv", ["program", *map(str, given)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            run(report_card.main)
        out, err = capsys.readouterr()
        return int(str(leaving.value.code)), out, err

    return make


def test_both_pages_are_written_and_a_second_time_nothing_is_measured(card, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    facts = {"stages": [["tokenizer", 2.0]], "commands": ["make <all>"], "not_run": ["a GPU is missing"]}
    (tmp_path / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    code, out, err = card("--facts-path", tmp_path / "facts.json")
    assert code == 0, err
    markdown = (tmp_path / "run" / "report.md").read_text(encoding="utf-8")
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "not run: a GPU is missing" in markdown
    assert "make &lt;all&gt;" in page
    assert "modern_gpt, 1 layer of width 16, 2 heads" in page
    assert "not run: bits per byte and CORE" in page
    assert "entropy floor" in page
    assert "the reference&#x27;s" in page
    _, out, _ = card("--out-dir", tmp_path / "elsewhere")
    assert "measured before" in out
    assert (tmp_path / "elsewhere" / "report.html").exists()


def test_without_tinyworld_it_says_so(card, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    code, _, err = card("--no-tinyworld")
    assert code == 0, err
    markdown = (tmp_path / "run" / "report.md").read_text(encoding="utf-8")
    assert "not run: TinyWorld" in markdown
    assert not (tmp_path / "run" / "tinyworld.json").exists()


def test_no_run_is_told_in_one_paragraph(card, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    code, _, err = card("--ckpt-path", tmp_path / "none")
    assert code == 2
    assert err.count("\n") == 1
    assert "no checkpoint in" in err
