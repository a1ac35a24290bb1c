"""What a pretraining run does with what it should never get: no targets, another context, a system without UTF-8."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.training import rank
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.training.base_run import IGNORED, pretrain
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.log import read_log
from vibejam_core.training.optimizer_set import build_optimizer
from vibejam_core.training.pretraining import pretrain_step
from vibejam_core.training.run import TrainingDiverged
from vibejam_core.training.sharded import ShardedOptimizer
from vibejam_core.training.world import World

ROOT = Path(__file__).parents[2]


# --- nothing to learn from --------------------------------------------------------------------------------------------


def test_a_mean_over_no_target_stops_training_and_changes_nothing() -> None:
    """Also where only one of several micro-batches has none."""
    model = rank.new_model()
    before = copy.deepcopy(model.state_dict())
    optimizer = ShardedOptimizer(build_optimizer(model, TrainConfig(arch="modern_gpt")), World())
    batches = rank.batches_of(0)
    batches[3] = (batches[3][0], torch.full_like(batches[3][1], IGNORED))
    with pytest.raises(ArithmeticError, match="loss is nan"):
        pretrain_step(model, optimizer, batches, 0.01, grad_clip=0.3)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert optimizer.state_dict()["state"] == {}


def test_a_run_without_targets_says_so_and_keeps_its_checkpoints(tmp_path: Path) -> None:
    run = rank.whole_run(World(), tmp_path)
    given = run.next_batches

    def without_targets() -> Any:
        batches = given()
        return batches if run.step < 6 else [(x, torch.full_like(y, IGNORED)) for x, y in batches]

    run.next_batches = without_targets
    with pytest.raises(TrainingDiverged, match=r"at step 6.*not a single target to learn from.*checkpoint is.* step 4"):
        pretrain(run)
    saved = load_file(tmp_path / "step_000004" / "model.safetensors")
    assert all(value.isfinite().all() for value in saved.values())
    assert not (tmp_path / "step_000006").exists()


# --- the context ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("block_size", [64, 128, 256, 512])
def test_a_context_of_any_length_is_trained(block_size: int) -> None:
    model = build_model("modern_gpt", ModelConfig(vocab_size=50, block_size=block_size, n_head=2, n_embd=16))
    optimizer = ShardedOptimizer(build_optimizer(model, TrainConfig(arch="modern_gpt")), World())
    x = torch.arange(block_size).remainder(50).expand(2, block_size)  # (B, T)
    losses = [pretrain_step(model, optimizer, [(x, (x + 1) % 50)], 0.01, grad_clip=1.0) for _ in range(3)]
    assert losses[2] < losses[0]
    with pytest.raises(ValueError, match=f"{block_size + 1} tokens, but the model's block_size is {block_size}"):
        model(torch.zeros(1, block_size + 1, dtype=torch.int64))


def test_a_run_with_a_context_of_64_is_not_gone_on_with_at_512(tmp_path: Path) -> None:
    """Its positions beyond 64 would never have been trained: it is refused, with both numbers, and left as it is."""
    rank.train_whole(World(), tmp_path, stop=1, block_size=64, eval_tokens=64)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ValueError, match=r"block_size 64 \(asked for: 512\).*A trained model keeps its shape"):
        rank.whole_run(World(), tmp_path, resume=True, block_size=512)
    assert sorted(tmp_path.rglob("*")) == before


# --- a system that isn't set to UTF-8 ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="locales are set differently there")
def test_everything_is_utf_8_whatever_the_system_says(tmp_path: Path) -> None:
    """From a text with many letters, in a folder with such a name, to a model that writes them."""
    text, folder = tmp_path / "été.txt", tmp_path / "Käfer"
    text.write_text("".join(f"Der Käfer №{n} trägt 🐞 — déjà vu.\n" for n in range(400)), encoding="utf-8")
    ascii_only = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ascii_only |= {"LC_ALL": "C", "LANG": "C"}
    ascii_only.pop("PYTHONIOENCODING", None)
    options = (
        "--depth 1 --block-size 16 --vocab-size 300 --rows 4 --steps 6 --eval-interval 3 --sample 20 --threads 1 "
        "--device cpu --corpus personal --preset smoke"
    )
    done = subprocess.run(
        [sys.executable, "-m", "scripts.base_train", *options.split(), "--text-path", text, "--ckpt-path", folder],
        cwd=ROOT,
        env=ascii_only,
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    samples = (folder / "samples.jsonl").read_text(encoding="utf-8")
    assert len(read_log(folder)) >= 2
    assert '"step": 6' in samples
    for file in [folder / "step_000006" / "checkpoint.json", *folder.rglob("*.jsonl"), *folder.rglob("*.csv")]:
        assert file.read_text(encoding="utf-8"), file
