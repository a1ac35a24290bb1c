"""The trapezoid, alone and as a schedule."""

import pytest

from vibejam_core.training.config import TrainConfig
from vibejam_core.training.schedules import trapezoid
from vibejam_core.training.trainer import learning_rate_at


def test_the_trapezoid_is_flat_and_then_falls_in_a_line() -> None:
    """1 up to the cooldown, half of it at its middle, 0 at the end; never outside of 0 to 1."""
    assert [trapezoid(p, 0.4) for p in (0.0, 0.3, 0.6)] == [1.0, 1.0, 1.0]
    assert trapezoid(0.8, 0.4) == pytest.approx(0.5)
    assert trapezoid(0.9, 0.4) == pytest.approx(0.25)
    assert trapezoid(1.0, 0.4) == trapezoid(1.5, 0.4) == 0.0
    assert trapezoid(-0.5, 0.4) == 1.0


def test_a_cooldown_of_1_is_the_straight_line() -> None:
    """As the schedule "linear" has it."""
    for p in (0.0, 0.25, 0.7, 1.0):
        assert trapezoid(p, 1.0) == pytest.approx(1 - p)
    rates = [
        [learning_rate_at(step, TrainConfig(max_iters=50, schedule=schedule, cooldown=1.0)) for step in range(50)]
        for schedule in ("linear", "trapezoid")
    ]
    assert rates[0] == pytest.approx(rates[1])


@pytest.mark.parametrize("cooldown", [0.0, -0.1, 1.01, float("nan")])
def test_a_cooldown_that_is_no_share_is_refused(cooldown: float) -> None:
    """By the function and by the settings."""
    with pytest.raises(ValueError, match=f"cooldown.*{cooldown}"):
        trapezoid(0.5, cooldown)
    with pytest.raises(ValueError, match=f"cooldown.*{cooldown}"):
        TrainConfig(cooldown=cooldown)
