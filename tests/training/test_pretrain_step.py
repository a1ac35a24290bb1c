"""A step of pretraining: many ranks and micro-batches give what one process on one large batch gives."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import Tensor

from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.optimizer_set import build_optimizer
from vibejam_core.training.pretraining import LossScale, pretrain_step
from vibejam_core.training.sharded import ShardedOptimizer
from vibejam_core.training.thread_world import together
from vibejam_core.training.trainer import train_step
from vibejam_core.training.world import World, parameters_digest

CONFIG = ModelConfig(vocab_size=50, block_size=8, n_layer=2, n_head=2, n_embd=24, residual_scalars=True)


def first_model() -> BaseLM:
    torch.manual_seed(3)
    model = build_model("modern_gpt", CONFIG)
    for parameter in model.parameters():  # projections begin at zero, and what isn't there can't go wrong
        parameter.data += 0.02 * torch.randn(parameter.shape)
    return model


FIRST = first_model()


def new_model() -> BaseLM:
    return copy.deepcopy(FIRST)  # not made anew: threads share torch's generator


def new_batches(n: int, seed: int = 0) -> list[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randint(CONFIG.vocab_size, (n, 2, CONFIG.block_size + 1), generator=generator)
    return [(row[:, :-1], row[:, 1:]) for row in rows]


def optimizer_of(model: BaseLM) -> torch.optim.Optimizer:
    return build_optimizer(model, TrainConfig(arch="modern_gpt"))


def trained(world: World, model: BaseLM, steps: int, state: dict | None = None) -> tuple[BaseLM, list[float], dict]:
    """Every step on four batches, shared out among the ranks."""
    optimizer = ShardedOptimizer(optimizer_of(model), world)
    if state is not None:
        optimizer.load_state_dict(copy.deepcopy(state))  # torch works on the tensors that it is given
    losses = []
    share = 4 // world.size
    for step in range(steps):
        mine = new_batches(4, seed=step)[world.rank * share : (world.rank + 1) * share]
        losses.append(pretrain_step(model, optimizer, mine, 0.01, grad_clip=0.5))
    return model, losses, optimizer.state_dict()


def close(a: BaseLM, b: BaseLM) -> bool:
    return all(torch.allclose(x, y, atol=1e-5) for x, y in zip(a.parameters(), b.parameters(), strict=True))


def test_alone_it_is_the_train_step_of_lab_05() -> None:
    one, other = new_model(), new_model()
    optimizer, sharded = optimizer_of(one), ShardedOptimizer(optimizer_of(other), World())
    for step in range(3):
        batches = new_batches(2, seed=step)
        expected = train_step(one, optimizer, batches, 0.02, grad_clip=0.3)
        assert pretrain_step(other, sharded, batches, 0.02, grad_clip=0.3) == pytest.approx(expected, abs=1e-6)
    assert close(one, other)


@pytest.mark.parametrize("n_ranks", [2, 4])
def test_many_ranks_do_what_one_does(n_ranks: int) -> None:
    model, losses, state = trained(World(), new_model(), 3)
    ranks = together(n_ranks, lambda world: trained(world, new_model(), 3))
    for other, its_losses, _ in ranks:
        assert close(other, model)
        assert its_losses == pytest.approx(losses, abs=1e-5)
    assert len({parameters_digest(other) for other, _, _ in ranks}) == 1
    assert all(found == {} for _, _, found in ranks[1:])
    found = ranks[0][2]
    assert found["state"].keys() == state["state"].keys()
    for i, entries in state["state"].items():
        assert found["state"][i].keys() == entries.keys()
        assert all(
            torch.allclose(torch.as_tensor(v), torch.as_tensor(found["state"][i][k]), atol=1e-5)
            for k, v in entries.items()
        )


@pytest.mark.parametrize(("before", "after"), [(2, 1), (2, 4), (1, 2)])
def test_any_number_of_ranks_goes_on(before: int, after: int) -> None:
    def second(world: World) -> BaseLM:
        return trained(world, copy.deepcopy(half), 2, state)[0]

    half, _, state = together(before, lambda world: trained(world, new_model(), 2))[0]
    expected = second(World())
    for model in together(after, second):
        assert close(model, expected)


def test_each_rank_remembers_only_its_part() -> None:
    def remembered(world: World) -> int:
        model = new_model()
        optimizer = ShardedOptimizer(optimizer_of(model), world)
        pretrain_step(model, optimizer, new_batches(1), 0.01)
        return sum(entries["mean"].numel() for entries in optimizer.optimizer.state.values())

    parts = together(3, remembered)
    assert sum(parts) == sum(parameter.numel() for parameter in new_model().parameters())
    assert max(parts) < 1.5 * min(parts)


class Exploding(torch.nn.Module):
    """Its gradient overflows once the loss is scaled by more than 8, as in float16."""

    def __init__(self, loss: float = 1.0) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(3))
        self.loss = loss

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        loss = self.weight.sum() * self.loss
        loss.register_hook(lambda grad: grad * (math.inf if grad > 8 else 1.0))
        return loss, loss


def test_a_scale_that_is_too_large_skips_the_step_and_halves() -> None:
    model, scale = Exploding(), LossScale(32.0)
    optimizer = ShardedOptimizer(torch.optim.SGD(model.parameters(), lr=0.1), World())
    seen = []
    for _ in range(3):
        pretrain_step(model, optimizer, new_batches(1), 0.1, scale=scale)  # type: ignore[arg-type]
        seen.append((scale.scale, model.weight[0].item()))
    assert seen == [(16.0, 1.0), (8.0, 1.0), (8.0, pytest.approx(0.9))]


def test_a_loss_that_is_not_finite_stops_all_ranks() -> None:
    def step(world: World) -> str:
        model = Exploding(math.nan if world.rank == 1 else 1.0)
        optimizer = ShardedOptimizer(torch.optim.SGD(model.parameters(), lr=0.1), world)
        with pytest.raises(ArithmeticError) as error:
            pretrain_step(model, optimizer, new_batches(1), 0.1, scale=LossScale(4.0))  # type: ignore[arg-type]
        return str(error.value)

    assert together(3, step) == ["the loss is nan"] * 3


def test_scale_doubles_after_enough_good_steps_and_goes_on_from_its_state() -> None:
    scale = LossScale(4.0, interval=3)
    for finite in (True, True, False, True, True):
        scale.update(finite)
    other = LossScale(interval=3)
    other.load_state_dict(scale.state_dict())
    assert (other.scale, other.good) == (2.0, 2)
    other.update(True)
    assert (other.scale, other.good) == (4.0, 0)


def test_ranks_that_differ_are_told_apart() -> None:
    def check(world: World) -> str:
        model = new_model()
        if world.rank == 2:
            next(model.parameters()).data[0] += 1e-6
        with pytest.raises(RuntimeError) as error:
            world.agree("the weights", parameters_digest(model))
        return str(error.value)

    assert all("between rank 0 and rank 2," in said for said in together(3, check))


def test_share_gives_tensors_and_numbers_to_all() -> None:
    mine = {"step": 3, "mean": torch.tensor([[0.5, -2.0]]), "count": torch.tensor(7)}

    def share(world: World) -> dict:
        return world.share(mine if world.rank == 1 else {}, 1)

    for found in together(2, share):
        assert found["step"] == 3
        assert torch.equal(found["mean"], mine["mean"])
        assert found["count"].dtype == torch.int64
