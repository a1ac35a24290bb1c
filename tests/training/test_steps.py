"""The schedule and the single step."""

import math

import pytest
import torch

from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.text.windows import get_batch
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.trainer import learning_rate_at, train_step

SHAPE = ModelConfig(vocab_size=11, block_size=8, n_layer=1, n_head=2, n_embd=16)


def test_the_learning_rate_climbs_to_its_top_and_falls_to_its_floor() -> None:
    """Ten steps up in a straight line, then half of the way down at the middle."""
    for schedule in ("linear", "cosine"):
        config = TrainConfig(
            max_iters=110, warmup=10 / 110, learning_rate=0.5, min_learning_rate=0.1, schedule=schedule
        )  # type: ignore[arg-type]
        rates = [learning_rate_at(step, config) for step in range(111)]
        assert rates[0] == pytest.approx(0.05)
        assert rates[4] == pytest.approx(0.25)
        assert max(rates) == rates[9] == rates[10] == 0.5
        assert rates[60] == pytest.approx(0.3)
        assert rates[110] == pytest.approx(0.1)
        assert rates[10:] == sorted(rates[10:], reverse=True)
    assert learning_rate_at(35, TrainConfig(max_iters=110, warmup=0, learning_rate=0.5, schedule="constant")) == 0.5


def batches(n: int, size: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """n batches of the same windows whatever their size."""
    x, y = get_batch(torch.arange(100) % 11, 8, n * size, torch.Generator().manual_seed(5))
    return list(zip(x.split(size), y.split(size), strict=True))


def test_accumulated_batches_move_the_weights_like_one_large_batch() -> None:
    """To 1e-6, with plain gradient descent, where the step is the gradient."""
    after = []
    for parts in (batches(1, 12), batches(4, 3)):
        torch.manual_seed(0)
        model = build_model("gpt", SHAPE).double()
        train_step(model, torch.optim.SGD(model.parameters()), parts, learning_rate=1.0)
        after.append(torch.cat([parameter.flatten() for parameter in model.parameters()]))
    assert (after[0] - after[1]).abs().max() < 1e-6


def test_clipping_shortens_the_gradient_and_keeps_its_direction() -> None:
    """The step has the length of grad_clip."""
    moves = []
    for grad_clip in (0.0, 0.01):
        torch.manual_seed(0)
        model = build_model("gpt", SHAPE)
        before = torch.cat([parameter.detach().flatten().clone() for parameter in model.parameters()])
        train_step(model, torch.optim.SGD(model.parameters()), batches(1, 6), 1.0, grad_clip)
        moves.append(torch.cat([parameter.detach().flatten() for parameter in model.parameters()]) - before)
    assert moves[0].norm() > 0.05
    assert moves[1].norm().item() == pytest.approx(0.01, rel=1e-3)
    assert torch.cosine_similarity(moves[0], moves[1], dim=0).item() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("poison", [math.nan, math.inf])
def test_a_loss_that_is_no_number_leaves_the_weights_alone(poison: float) -> None:
    """The step is refused before the optimiser sees it."""
    model = build_model("gpt", SHAPE)
    with torch.no_grad():
        model.get_parameter("ln_f.bias")[0] = poison
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    with pytest.raises(ArithmeticError, match="the loss is"):
        train_step(model, model.configure_optimizers(0.1, 0.1), batches(1, 2), 0.1)
    assert all(torch.equal(weight, before[name]) or name == "ln_f.bias" for name, weight in model.state_dict().items())
