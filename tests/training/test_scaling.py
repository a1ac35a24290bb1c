"""The laws behind the one dial."""

from __future__ import annotations

import pytest

from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.training.scaling import memory_for, mfu, micro_batch_size, plan_for, shape_for


def test_shapes() -> None:
    heads = {1: 1, 4: 4, 7: 7, 8: 4, 9: 9, 12: 6, 20: 10}
    for depth, n_head in heads.items():
        shape = shape_for(depth, 4096, 512)
        assert (shape.n_layer, shape.n_embd, shape.n_head) == (depth, 64 * depth, n_head)
        assert shape.head_dim in (64, 128)


def test_a_plan_grows_with_the_model() -> None:
    small = plan_for({"matrices": 3_145_728, "head": 1_048_576}, 256)
    large = plan_for({"matrices": 84_934_656, "head": 25_165_824}, 2048)
    assert (small.rows, small.batch_tokens, small.steps) == (128, 32_768, 2560)
    assert (large.batch_tokens, large.steps) == (131_072, 16_800)
    assert small.learning_rate == pytest.approx(5e-3 * 0.5**0.5)
    assert large.learning_rate == pytest.approx(5e-3 * 2**0.5)
    assert plan_for({"matrices": 10, "head": 3}, 256).rows == 1


def test_memory_decides_the_micro_batch_but_not_the_batch() -> None:
    config = ModelConfig(vocab_size=4096, block_size=256, n_layer=4, n_head=4, n_embd=256)
    counts = build_model("modern_gpt", config).parameter_counts()
    needed = [memory_for(config, counts, rows).total for rows in (1, 12, 24)]
    assert micro_batch_size(config, counts, 24, needed[2]) == 24
    assert micro_batch_size(config, counts, 24, needed[2] - 1) == 12
    assert micro_batch_size(config, counts, 24, needed[1] - 1) == 8
    with pytest.raises(ValueError, match=str(needed[0])):
        micro_batch_size(config, counts, 24, needed[0] - 1)
    assert memory_for(config, counts, 1, world_size=4).optimizer < memory_for(config, counts, 1).optimizer


def test_mfu_is_a_share() -> None:
    assert mfu(1000.0, 2e9, 4e12) == 0.5
    with pytest.raises(ValueError, match="0"):
        mfu(1000.0, 2e9, 0.0)
