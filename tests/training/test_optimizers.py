"""AdamW against torch's, the singular values that Newton and Schulz leave, Muon by hand, and the groups."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.training.runs import SHAPE, assert_same_run, config, interrupt, train
from vibejam_core.models.checkpoint import load_checkpoint, pack_optimizer, unpack_optimizer
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.training.optimizer_set import Together, build_optimizer, summary
from vibejam_core.training.optimizers import AdamW, Muon, newton_schulz, parameter_groups

MODERN = ModelConfig(
    vocab_size=11, block_size=8, n_layer=2, n_head=2, n_embd=16, value_embeddings=True, residual_scalars=True
)


def random(*shape: int, seed: int) -> Tensor:
    """Normally distributed numbers, always the same ones."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def steps(
    make: Callable[[list[dict[str, object]]], torch.optim.Optimizer], n: int, factor: float = 1.0
) -> list[nn.Parameter]:
    """Parameters in two groups after n steps, with a learning rate that changes."""
    parameters = [nn.Parameter(random(*shape, seed=i)) for i, shape in enumerate([(5, 3), (7,), (2, 4), ()])]
    optimizer = make([{"params": parameters[:2], "weight_decay": 0.3}, {"params": parameters[2:], "eps": 1e-2}])
    for step in range(n):
        for i, parameter in enumerate(parameters):
            late = i == 2 and step < 5  # without a gradient at first, so that its own steps are fewer
            parameter.grad = None if late else random(*parameter.shape, seed=100 * step + i) * 10.0 ** (i - 3)
        for group in optimizer.param_groups:
            group["lr"] = factor * 0.01 * (1 + math.sin(step))
        optimizer.step()
    return parameters


def test_adamw_is_torchs_adamw() -> None:
    """To 1e-6 over 50 steps with a changing learning rate, two groups, and a parameter that joins late."""
    ours = steps(lambda groups: AdamW(groups, betas=(0.8, 0.98), weight_decay=0.1), 50)
    torchs = steps(lambda groups: torch.optim.AdamW(groups, betas=(0.8, 0.98), weight_decay=0.1), 50)
    for mine, other in zip(ours, torchs, strict=True):
        assert (mine - other).abs().max() < 1e-6


def test_a_groups_own_factor_multiplies_the_learning_rate() -> None:
    """lr_scale 4 is four times the rate."""
    scaled = steps(lambda groups: AdamW([{**group, "lr_scale": 4.0} for group in groups]), 10)
    for mine, other in zip(scaled, steps(AdamW, 10, factor=4.0), strict=True):
        assert torch.allclose(mine, other)


@pytest.mark.parametrize("shape", [(24, 64), (64, 24), (3, 48, 16), (1, 9)])
def test_singular_values_end_near_1(shape: tuple[int, ...]) -> None:
    """Between 0.68 and 1.21, along the same directions."""
    G = random(*shape, seed=1) * 1e-5
    U, _, V = torch.linalg.svd(G, full_matrices=False)
    for dtype, slack in ((torch.float32, 0.0), (torch.bfloat16, 0.03)):
        got = newton_schulz(G, dtype=dtype)
        assert got.dtype == G.dtype
        assert got.shape == G.shape
        low, high = torch.linalg.svdvals(got).aminmax()
        assert 0.68 - slack < low
        assert high < 1.21 + slack
        assert (U.mT @ got @ V.mT).diagonal(dim1=-2, dim2=-1).min() > 0.65


def test_the_bounds_of_singular_values_hold_from_0_2_percent_on() -> None:
    """Of the matrix's length; smaller ones end lower, and 0 stays 0."""
    values = torch.logspace(-6, 0, 400)
    U, V = (torch.linalg.qr(random(400, 400, seed=seed))[0] for seed in (1, 2))
    length = values.norm()
    after = (U.mT @ newton_schulz(U @ torch.diag(values) @ V) @ V.mT).diagonal()
    large = values > 0.002 * length
    assert 0.68 < after[large].min()
    assert after.max() < 1.21
    assert after[~large].max() < 1.21
    assert torch.equal(newton_schulz(torch.zeros(3, 5)), torch.zeros(3, 5))


def test_muon_by_hand() -> None:
    """Two steps with all that belongs to them, written out."""
    parameter = nn.Parameter(random(6, 2, seed=1))
    optimizer = Muon([parameter], momentum=0.9, weight_decay=0.5)
    expected, buffer = parameter.detach().clone(), torch.zeros(6, 2)
    for step, rate in ((1, 0.1), (2, 0.03)):
        grad = random(6, 2, seed=10 + step)
        parameter.grad, optimizer.param_groups[0]["lr"] = grad.clone(), rate
        optimizer.step()
        assert torch.equal(parameter.grad, grad)
        buffer = 0.9 * buffer + grad  # the sum, not the mean: the length makes no difference
        update = newton_schulz(grad + 0.9 * buffer)
        decay = torch.where(update.sign() == expected.sign(), expected, 0.0)
        expected = expected - rate * (math.sqrt(3) * update + 0.5 * decay)
        assert torch.allclose(parameter, expected, atol=1e-6)


def test_muon_refuses_what_is_no_matrix() -> None:
    """And names its shape."""
    with pytest.raises(ValueError, match=r"shape \(4,\).*AdamW"):
        Muon([nn.Parameter(torch.zeros(2, 3)), nn.Parameter(torch.zeros(4))])


@pytest.mark.parametrize("arch", ["gpt", "modern_gpt", "bigram"])
def test_each_parameter_is_in_one_group(arch: str) -> None:
    """Frozen ones in none."""
    model = build_model(arch, MODERN)
    frozen = next(iter(model.parameters()))
    for wanted in (list(model.parameters()), list(model.parameters())[1:]):
        ids = [id(parameter) for group in parameter_groups(model) for parameter in group["params"]]
        assert sorted(ids) == sorted(id(parameter) for parameter in wanted)
        frozen.requires_grad_(False)


def test_the_groups_of_the_modern_gpt() -> None:
    """Which parameter is where, and how each is trained."""
    model = build_model("modern_gpt", MODERN)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    groups = {group["name"]: group for group in parameter_groups(model, 0.3)}
    found = {name: [names[id(parameter)] for parameter in group["params"]] for name, group in groups.items()}
    assert found["embeddings"] == ["transformer.wte.weight", "value_embeds.1.weight"]
    assert found["head"] == ["lm_head.weight"]
    assert found["scalars"] == ["resid_lambdas", "x0_lambdas"]
    assert all(name.startswith("transformer.h.") for name in found["matrices"])
    assert {name: (group["kind"], group["weight_decay"]) for name, group in groups.items()} == {
        "matrices": ("muon", 0.3),
        "embeddings": ("adamw", 0.0),
        "head": ("adamw", 0.0),
        "scalars": ("adamw", 0.0),
    }
    wide = ModelConfig(vocab_size=11, block_size=8, n_layer=1, n_head=2, n_embd=64)
    of_wide = {group["name"]: group["lr_scale"] for group in parameter_groups(build_model("modern_gpt", wide))}
    assert of_wide["matrices"] == groups["matrices"]["lr_scale"]
    for name in ("embeddings", "head"):
        assert groups[name]["lr_scale"] == pytest.approx(2 * of_wide[name])  # a quarter of the width


def test_a_tied_table_is_an_embedding() -> None:
    """Once, although it is the head, too."""
    model = build_model("gpt", SHAPE)
    model.lm_head.weight = model.token_embedding.weight  # type: ignore[union-attr]
    assert "head" not in {group["name"] for group in parameter_groups(model)}


def losses_of(optimizer: torch.optim.Optimizer, model: nn.Module, n: int) -> list[float]:
    """Some steps on one batch."""
    x = torch.arange(16).view(2, 8) % 11
    losses = []
    for _ in range(n):
        optimizer.zero_grad()
        loss = model(x, x.roll(1))[1]
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_several_optimisers_go_on_from_a_checkpoint_as_one() -> None:
    """Through safetensors and JSON, and with the learning rate of the one list of groups."""
    torch.manual_seed(0)
    model, other = build_model("modern_gpt", MODERN), build_model("modern_gpt", MODERN)
    optimizer = build_optimizer(model, config(Path("unused"), arch="modern_gpt"))
    assert isinstance(optimizer, Together)
    assert losses_of(optimizer, model, 6)[-1] < 2.3
    again = build_optimizer(other, config(Path("unused"), arch="modern_gpt"))
    other.load_state_dict(model.state_dict())
    again.load_state_dict(copy.deepcopy(unpack_optimizer(*pack_optimizer(optimizer.state_dict()))))
    for each in (optimizer, again):
        for group in each.param_groups:
            group["lr"] = 0.002
    assert losses_of(again, other, 4) == losses_of(optimizer, model, 4)


def test_the_optimiser_suits_the_architecture() -> None:
    """Unless it is chosen."""
    gpt, modern = build_model("gpt", SHAPE), build_model("modern_gpt", SHAPE)
    kinds = {
        (arch, wanted): type(build_optimizer(model, config(Path("unused"), optimizer=wanted))).__name__
        for arch, model in (("gpt", gpt), ("modern_gpt", modern))
        for wanted in ("auto", "adamw", "muon")
    }
    assert kinds == {
        ("gpt", "auto"): "AdamW",
        ("gpt", "adamw"): "AdamW",
        ("gpt", "muon"): "Together",
        ("modern_gpt", "auto"): "Together",
        ("modern_gpt", "adamw"): "AdamW",
        ("modern_gpt", "muon"): "Together",
    }
    told = summary(build_optimizer(modern, config(Path("unused"))))
    assert told == "Muon for 6 matrices; AdamW for 1 embeddings, 1 head"
    assert summary(build_optimizer(gpt, config(Path("unused")))) is None


@pytest.mark.parametrize(("arch", "optimizer"), [("modern_gpt", "auto"), ("gpt", "muon"), ("gpt", "adamw")])
def test_a_resumed_run_is_the_same_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arch: str, optimizer: str
) -> None:
    """To the last bit, with Muon too."""
    wanted = {"arch": arch, "optimizer": optimizer}
    _, said = train(tmp_path / "whole", **wanted)
    assert any(line.startswith("optimiser Muon for ") for line in said) is (optimizer != "adamw")

    def stop() -> None:
        raise OSError("the power went out")

    with monkeypatch.context() as patch:
        interrupt(patch, 15, stop)
        with pytest.raises(OSError, match="the power"):
            train(tmp_path / "parts", **wanted)
    assert load_checkpoint(tmp_path / "parts").step == 10
    train(tmp_path / "parts", resume=True, **wanted)
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_another_optimisers_memory_is_refused(tmp_path: Path) -> None:
    """Resuming with other groups can't go on as before."""
    train(tmp_path, arch="modern_gpt")
    with pytest.raises(ValueError, match="another optimizer"):
        train(tmp_path, arch="modern_gpt", optimizer="adamw", resume=True, max_iters=40)
