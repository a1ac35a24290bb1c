"""What --sharding fsdp asks for, said in a sentence. That it trains as well as without: see test_processes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.training import rank
from vibejam_core.training.base_setup import set_up
from vibejam_core.training.pretrain_config import PretrainConfig
from vibejam_core.training.world import World


def test_muon_needs_whole_matrices() -> None:
    with pytest.raises(ValueError, match=r"Muon, which needs whole ones. Add --optimizer adamw"):
        PretrainConfig(sharding="fsdp")


def test_one_process_has_nobody_to_share_with(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"there is only one. Start more of them, torchrun"):
        rank.whole_run(World(), tmp_path, **rank.FSDP)


def test_what_each_process_needs_shrinks_with_their_number() -> None:
    """With it also weights and gradients; without it only what the optimiser remembers."""
    config = PretrainConfig(depth=4, vocab_size=1000, block_size=64, rows=8, steps=2, optimizer="adamw")

    def needed(sharding: str, size: int) -> list[int]:
        asked = replace(config, sharding=sharding)  # type: ignore[arg-type]
        memory = set_up(asked, 1000, World(size=size), torch.device("cpu")).memory
        return [memory.weights, memory.gradients, memory.optimizer]

    alone = needed("optimizer", 1)
    assert needed("optimizer", 4)[:2] == alone[:2]
    assert [4 * part for part in needed("fsdp", 4)] == pytest.approx(alone, rel=1e-4)


def test_the_plan_of_adamw_has_a_smaller_rate_for_wider_models() -> None:
    def rate(depth: int, optimizer: str) -> float:
        config = PretrainConfig(depth=depth, vocab_size=1000, block_size=64, optimizer=optimizer, learning_rate=0.0)  # type: ignore[arg-type]
        return set_up(config, 1000, World(), torch.device("cpu")).plan.learning_rate

    assert rate(6, "adamw") / rate(6, "muon") == pytest.approx(0.1 * 768 / 384)
    assert rate(12, "adamw") / rate(12, "muon") == pytest.approx(0.1)
