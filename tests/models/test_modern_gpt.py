"""The modern GPT as a whole: its options do what they say, and a checkpoint brings it back."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from vibejam_core.models.base import BaseLM
from vibejam_core.models.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.modern_gpt import GPT
from vibejam_core.models.registry import build_model
from vibejam_core.text.characters import CharTokenizer

SMALL = ModelConfig(vocab_size=11, block_size=12, n_layer=3, n_head=4, n_kv_head=2, n_embd=32)
IDX = torch.randint(11, (2, 12), generator=torch.Generator().manual_seed(1))


def lively(config: ModelConfig) -> GPT:
    """A model none of whose matrices is zero, so that everything shows in the logits."""
    torch.manual_seed(0)
    model = GPT(config)
    for parameter in model.parameters():
        if parameter.ndim == 2:
            torch.nn.init.normal_(parameter, std=parameter.shape[1] ** -0.5)
    return model


def logits(model: BaseLM) -> Tensor:
    """(B, T, V) for the same tokens each time."""
    with torch.no_grad():
        return model(IDX)[0]  # type: ignore[no-any-return]


def test_the_registry_builds_it() -> None:
    assert isinstance(build_model("modern_gpt", SMALL), GPT)


def test_bfloat16_is_close_to_float32_and_its_weights_stay_float32() -> None:
    exact, rounded = lively(SMALL), lively(replace(SMALL, compute_dtype="bfloat16"))
    assert {parameter.dtype for parameter in rounded.parameters()} == {torch.float32}
    assert logits(rounded).dtype == torch.float32
    assert (logits(exact) - logits(rounded)).abs().max() < 0.2
    assert not torch.equal(logits(exact), logits(rounded))


def test_a_window_hides_what_is_far_away_from_all_layers_but_the_last() -> None:
    model = lively(replace(SMALL, n_layer=1, window_pattern="S"))
    assert torch.equal(logits(model), logits(lively(replace(SMALL, n_layer=1))))  # the only layer is the last one
    assert not torch.allclose(logits(lively(replace(SMALL, window_pattern="S"))), logits(lively(SMALL)))


def test_residual_scalars_change_nothing_at_first() -> None:
    plain, scaled = lively(SMALL), lively(replace(SMALL, residual_scalars=True))
    scaled.load_state_dict(plain.state_dict(), strict=False)
    assert torch.allclose(logits(plain), logits(scaled), atol=1e-6)


def test_value_embeddings_are_in_every_other_layer_and_the_last() -> None:
    model = lively(replace(SMALL, value_embeddings=True))
    assert list(model.value_embeds) == ["0", "2"]
    before = logits(model)
    torch.nn.init.zeros_(model.value_embeds["2"].weight)
    assert not torch.allclose(before, logits(model))


def test_without_a_cap_logits_may_be_large() -> None:
    model = lively(replace(SMALL, softcap=0.0))
    torch.nn.init.normal_(model.lm_head.weight, std=20.0)
    assert logits(model).abs().max() > 30
    capped = GPT(SMALL)
    capped.load_state_dict(model.state_dict())
    assert logits(capped).abs().max() <= 15


def test_flops_are_those_that_a_count_by_hand_gives() -> None:
    model = GPT(replace(SMALL, window_pattern="SL"))
    matrices = 3 * (32 * 32 + 2 * 16 * 32 + 32 * 32 + 2 * 4 * 32 * 32)
    head = 64 * 32  # 11 tokens, padded to 64
    assert model.parameter_counts()["matrices"] == matrices
    assert model.estimate_flops() == 6 * (matrices + head) + 12 * 4 * 8 * (6 + 12 + 12)


def test_a_checkpoint_brings_it_back_to_the_last_bit(tmp_path: Path) -> None:
    model = lively(replace(SMALL, value_embeddings=True, residual_scalars=True))
    tokenizer = CharTokenizer.build("abcdefghijk")
    save_checkpoint(tmp_path, Checkpoint(model=model, arch="modern_gpt", tokenizer=tokenizer, step=3))
    assert torch.equal(logits(load_checkpoint(tmp_path).model), logits(model))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n_kv_head": 3}, "n_kv_head 3"),
        ({"window_pattern": "SX"}, "'SX'"),
        ({"window_pattern": ""}, "S and L|L and S"),
        ({"softcap": -1.0}, "softcap"),
        ({"vocab_multiple": 0}, "vocab_multiple"),
        ({"rope_base": 0.0}, "rope_base"),
    ],
)
def test_a_shape_that_makes_no_sense_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(SMALL, **change)  # type: ignore[arg-type]
