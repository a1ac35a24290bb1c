"""The modern GPT as a whole: what each option changes, what half precision costs, and what is kept on the disk."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from vibejam_core.models.base import BaseLM
from vibejam_core.models.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.modern_gpt import GPT, layers_with_value_embedding
from vibejam_core.models.registry import build_model
from vibejam_core.text.characters import CharTokenizer

SMALL = ModelConfig(vocab_size=50, block_size=16, n_layer=3, n_head=4, n_embd=32, n_kv_head=2, vocab_multiple=16)
IDX = torch.randint(50, (2, 16), generator=torch.Generator().manual_seed(1))


def awake(config: ModelConfig, seed: int = 3) -> GPT:
    """A model all of whose weights matter: nothing is zero, every parameter is drawn anew from its name."""
    model = GPT(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            generator = torch.Generator().manual_seed(seed + sum(name.encode()))
            size = 1.0 if name.endswith("wte.weight") or "lambdas" in name else config.n_embd**-0.5
            parameter.copy_(size * torch.randn(parameter.shape, generator=generator))
    return model


def test_build_model_makes_one() -> None:
    """``build_model("modern_gpt")`` gives a GPT under BaseLM, padded inside and cropped in what comes out."""
    model = build_model("modern_gpt", SMALL)
    assert (
        type(model).__name__ == "GPT"
    )  # not by the class itself, which a test of the import hook may have loaded anew
    assert isinstance(model, BaseLM)
    assert model.get_block_size() == 16
    assert model.transformer["wte"].weight.shape == (64, 32)
    logits, loss = model(IDX, IDX)
    assert logits.shape == (2, 16, 50)
    assert loss is not None
    assert abs(loss.item() - torch.log(torch.tensor(50.0)).item()) < 0.01


@pytest.mark.parametrize(
    ("option", "added"),
    [
        ({"value_embeddings": True}, {"value_embeds.0.weight", "value_embeds.2.weight"}),
        ({"residual_scalars": True}, {"resid_lambdas", "x0_lambdas"}),
        ({"window_pattern": "SSL"}, set()),
        ({"softcap": 3.0}, set()),
        ({"rope_base": 100.0}, set()),
    ],
)
def test_an_option_adds_its_own_parameters_and_changes_the_scores(option: dict[str, object], added: set[str]) -> None:
    """The other parameters keep their names and shapes, and the option has an effect once weights are awake."""
    plain, other = awake(SMALL), awake(replace(SMALL, **option))  # type: ignore[arg-type]
    before = {name: value.shape for name, value in plain.state_dict().items()}
    after = {name: value.shape for name, value in other.state_dict().items()}
    assert after.keys() - before.keys() == added
    assert before.items() <= after.items()
    assert not torch.allclose(plain(IDX)[0], other(IDX)[0], atol=1e-2)


@pytest.mark.parametrize(
    "option", [{"value_embeddings": True}, {"residual_scalars": True}, {"window_pattern": "SSL"}, {"n_kv_head": 4}]
)
def test_a_new_model_scores_the_same_with_every_option(option: dict[str, object]) -> None:
    """At first every block adds nothing, so no option can change the scores: only wte and the head count."""
    plain, other = GPT(SMALL), GPT(replace(SMALL, **option))  # type: ignore[arg-type]
    for name in ("transformer.wte.weight", "lm_head.weight"):
        other.get_parameter(name).data.copy_(plain.get_parameter(name))
    assert torch.equal(plain(IDX)[0], other(IDX)[0])


def test_neutral_options_change_nothing() -> None:
    """Scalars of 1 and 0, value embeddings of 0 and windows as long as the text are as good as none."""
    plain, other = awake(SMALL), awake(replace(SMALL, value_embeddings=True, residual_scalars=True))
    with torch.no_grad():
        other.resid_lambdas.fill_(1.0)
        other.x0_lambdas.fill_(0.0)
        for embedding in other.value_embeds.values():
            embedding.weight.zero_()
    torch.testing.assert_close(other(IDX)[0], plain(IDX)[0], atol=1e-5, rtol=1e-4)
    windows = awake(replace(SMALL, window_pattern="S"))  # half of block_size: 8 positions
    torch.testing.assert_close(windows(IDX[:, :8])[0], plain(IDX[:, :8])[0], atol=1e-5, rtol=1e-4)
    assert not torch.allclose(windows(IDX)[0][:, 8:], plain(IDX)[0][:, 8:], atol=1e-2)


def test_value_embeddings_stand_in_every_other_layer() -> None:
    """The last layer always has one."""
    for n_layer, layers in ((1, [0]), (2, [1]), (3, [0, 2]), (6, [1, 3, 5])):
        assert layers_with_value_embedding(replace(SMALL, n_layer=n_layer, value_embeddings=True)) == layers
    assert layers_with_value_embedding(SMALL) == []


@pytest.mark.parametrize(("dtype", "off"), [("bfloat16", 0.15), ("float16", 0.02)])
def test_half_precision_comes_close_to_float32(dtype: str, off: float) -> None:
    """Logits of order 5 in half precision are off by little, and the loss by less."""
    options = {"value_embeddings": True, "residual_scalars": True, "window_pattern": "SL"}
    exact = awake(replace(SMALL, **options))  # type: ignore[arg-type]
    half = awake(replace(exact.config, compute_dtype=dtype))  # type: ignore[arg-type]
    (logits, loss), (rounded, loss_rounded) = exact(IDX, IDX.roll(-1, 1)), half(IDX, IDX.roll(-1, 1))
    assert rounded.dtype == torch.float32
    assert (rounded - logits).abs().max() < off
    assert not torch.equal(rounded, logits)
    assert (loss_rounded - loss).abs() < off / 5
    assert all(parameter.dtype == torch.float32 for parameter in half.parameters())


def test_no_score_leaves_the_cap() -> None:
    """However large the head's weights are."""
    model = awake(replace(SMALL, softcap=2.5))
    with torch.no_grad():
        model.lm_head.weight.mul_(1000)
    logits, _ = model(IDX)
    assert logits.abs().max() <= 2.5
    assert logits.abs().max() > 2.4


def test_a_checkpoint_brings_it_back(tmp_path: Path) -> None:
    """Weights and config to the last bit; the rotary tables aren't saved but made again."""
    tokenizer = CharTokenizer("".join(chr(65 + i) for i in range(50)))
    config = replace(SMALL, value_embeddings=True, residual_scalars=True, window_pattern="SL", compute_dtype="bfloat16")
    model = awake(config)
    optimizer = model.configure_optimizers(0.01, 0.1)
    loss = model(IDX, IDX)[1]
    assert loss is not None
    loss.backward()
    optimizer.step()
    save_checkpoint(tmp_path, Checkpoint(model, "modern_gpt", tokenizer, step=1, optimizer=optimizer.state_dict()))
    found = load_checkpoint(tmp_path, tokenizer=tokenizer, config=config)
    assert type(found.model).__name__ == "GPT"
    assert found.model.config == config
    assert found.model.state_dict().keys() == {name for name, _ in model.named_parameters()}
    assert torch.equal(found.model(IDX)[0], model(IDX)[0])
    assert torch.equal(found.model.cos, model.cos)


def test_parameter_counts_add_up() -> None:
    """Every parameter is in one group, whatever the options are."""
    for options in ({}, {"value_embeddings": True}, {"residual_scalars": True, "value_embeddings": True}):
        model = GPT(replace(SMALL, **options))  # type: ignore[arg-type]
        counts = model.parameter_counts()
        assert counts["total"] == sum(p.numel() for p in model.parameters())
        assert counts["total"] == sum(number for name, number in counts.items() if name != "total")


def test_estimate_flops_agrees_with_a_count_by_hand() -> None:
    """Every multiplication of one token's forward pass, written down one by one; twice for the adding, times 3."""
    config = replace(SMALL, window_pattern="SL", value_embeddings=True, residual_scalars=True)
    C, D, H, KV = 32, 8, 4, 2
    multiplications = 64 * C  # the head, padding included
    for window in (8, 16, 16):  # S, L, and the last layer sees the whole
        multiplications += C * H * D  # queries
        multiplications += 2 * C * KV * D  # keys and values
        multiplications += H * window * D  # scores
        multiplications += H * window * D  # the sum of the values
        multiplications += H * D * C  # the output projection
        multiplications += 2 * C * 4 * C  # the MLP
    assert GPT(config).estimate_flops() == 3 * 2 * multiplications


def test_kv_bytes_are_those_of_the_keys_and_values() -> None:
    """Measured on what the projections give for one token."""
    for dtype, size in (("float32", 4), ("bfloat16", 2)):
        model = GPT(replace(SMALL, compute_dtype=dtype))  # type: ignore[arg-type]
        stream = torch.zeros(1, 1, 32, dtype=torch.float32 if size == 4 else torch.bfloat16)
        cached = [layer(stream) for b in model.transformer["h"] for layer in (b.attn.c_k, b.attn.c_v)]
        assert model.kv_bytes_per_token() == sum(each.numel() * each.element_size() for each in cached)


def test_one_batch_is_learnt_by_heart() -> None:
    """A few dozen steps of AdamW bring the loss on one batch far below ln V."""
    torch.manual_seed(1)
    model = build_model("modern_gpt", replace(SMALL, value_embeddings=True, residual_scalars=True))
    optimizer = model.configure_optimizers(0.01, 0.0)
    targets = torch.randint(50, (2, 16), generator=torch.Generator().manual_seed(2))
    for _ in range(40):
        loss = model(IDX, targets)[1]
        assert loss is not None
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss is not None
    assert loss.item() < 0.5


def test_generate_writes_within_the_vocabulary() -> None:
    """The padding is never drawn, and a call repeats itself."""
    model = awake(SMALL)
    with torch.no_grad():
        model.lm_head.weight[50:] = 100.0
    first = list(model.generate([1, 2, 3], 40))
    assert len(first) == 40
    assert all(0 <= token < 50 for token in first)
    assert first == list(model.generate([1, 2, 3], 40, seed=42))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"n_kv_head": 3}, "n_head 4 is not divisible by n_kv_head 3"),
        ({"n_kv_head": -1}, "n_kv_head -1"),
        ({"n_embd": 30}, "n_embd 30 is not divisible by n_head 4"),
        ({"window_pattern": "SX"}, "'SX'"),
        ({"window_pattern": ""}, "''"),
        ({"softcap": -1.0}, "-1.0"),
        ({"rope_base": 0.0}, "0.0"),
        ({"vocab_multiple": 0}, "vocab_multiple must be at least 1"),
    ],
)
def test_a_config_that_cannot_be_is_refused(wrong: dict[str, object], says: str) -> None:
    """With a message that names the value."""
    with pytest.raises(ValueError, match=says):
        replace(SMALL, **wrong)  # type: ignore[arg-type]


def test_an_odd_head_is_refused() -> None:
    """A rotation turns pairs of numbers."""
    with pytest.raises(ValueError, match="3"):
        GPT(ModelConfig(vocab_size=5, n_head=4, n_embd=12))
