"""What a run tries out before it begins, and what a model writes before and after."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.training.runs import SHAPE, losses, train
from vibejam_core.models import registry
from vibejam_core.models.bigram import BigramLM
from vibejam_core.models.checkpoint import load_checkpoint
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.gpt import GPTModel
from vibejam_core.models.registry import build_model
from vibejam_core.text.characters import CharTokenizer
from vibejam_core.training.rehearsal import first_words, rehearse

TOKENIZER = CharTokenizer.build("abc\n")


class Stumbling(GPTModel):
    """A GPT that fails on its way back."""

    def forward(self, idx: Tensor, targets: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """A loss from which no gradient comes."""
        logits, loss = super().forward(idx, targets)
        return logits, None if loss is None else loss.detach()


def test_what_is_wrong_with_a_model_shows_before_an_earlier_run_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And before a text is read."""
    train(tmp_path)
    before = losses(tmp_path)
    monkeypatch.setitem(registry.ARCHITECTURES, "gpt", Stumbling)
    monkeypatch.setattr("vibejam_core.training.run.prepare", lambda *_: pytest.fail("it read the text"))
    with pytest.raises(RuntimeError, match="does not require grad"):
        train(tmp_path, overwrite=True)
    assert losses(tmp_path) == before
    assert load_checkpoint(tmp_path).step == 30


def test_a_rehearsal_takes_one_step() -> None:
    """Of all weights that the window has to do with."""
    model = build_model("gpt", SHAPE)
    before = model.lm_head.weight.detach().clone()  # type: ignore[operator,union-attr]
    rehearse(model, lambda: torch.optim.SGD(model.parameters(), lr=1.0))
    assert not torch.equal(before, model.lm_head.weight)  # type: ignore[arg-type,union-attr]


@pytest.mark.parametrize("arch", ["gpt", "modern_gpt"])
def test_a_run_says_what_its_model_writes(tmp_path: Path, arch: str) -> None:
    """Before training; it has no part in what is learned."""
    _, said = train(tmp_path / "a", arch=arch)
    assert sum(line.startswith("writes ") and line.endswith(", untrained") for line in said) == 1
    _, quiet = train(tmp_path / "b", arch=arch, sample=0)
    assert not any(line.startswith("writes ") for line in quiet)
    assert losses(tmp_path / "a") == losses(tmp_path / "b")
    assert any(line.startswith("cost ") for line in said) is (arch == "modern_gpt")


def test_first_words_leave_no_trace() -> None:
    """The same each time, in no need of the global generator, and the mode stays."""
    for arch in ("gpt", "modern_gpt"):
        model = build_model(arch, ModelConfig(vocab_size=4, block_size=8, n_layer=1, n_embd=16, n_head=2, dropout=0.5))
        torch.manual_seed(1)
        state = torch.get_rng_state()
        words = first_words(model, TOKENIZER, 12)
        assert words is not None
        assert len(words) == 12
        assert torch.equal(torch.get_rng_state(), state)
        torch.manual_seed(2)
        assert first_words(model, TOKENIZER, 12) == words
        assert model.training


def test_a_model_without_generate_says_nothing() -> None:
    """There is nothing of its own to run."""
    assert first_words(BigramLM(ModelConfig(vocab_size=4)), TOKENIZER, 3) is None
