"""The recorded curves of lab 15's bug hunt: ``python book/figures/ranks.py``, about a minute.

Four ranks, threads of this process, train one small modern GPT; the chapter's suspects take the place of the sharded
optimiser or of the rule that says which rows are a rank's.
"""

from __future__ import annotations

import copy
import json
import platform
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from vibejam_core.course.authoring import lab_source  # noqa: E402
from vibejam_core.evaluation.whole import loss_on_all  # noqa: E402
from vibejam_core.models.config import ModelConfig  # noqa: E402
from vibejam_core.models.registry import build_model  # noqa: E402
from vibejam_core.text import corpora  # noqa: E402
from vibejam_core.text.characters import CharTokenizer  # noqa: E402
from vibejam_core.text.windows import get_batch  # noqa: E402
from vibejam_core.training.config import TrainConfig  # noqa: E402
from vibejam_core.training.optimizer_set import build_optimizer  # noqa: E402
from vibejam_core.training.pretraining import pretrain_step  # noqa: E402
from vibejam_core.training.sharded import ShardedOptimizer  # noqa: E402
from vibejam_core.training.thread_world import together  # noqa: E402
from vibejam_core.training.trainer import learning_rate_at  # noqa: E402
from vibejam_core.training.world import World  # noqa: E402

RANKS, STEPS, EVERY, ROWS = 4, 200, 20, 4


def suspects() -> dict[str, Any]:
    """The chapter's classes and its function."""
    names: dict[str, Any] = {"ShardedOptimizer": ShardedOptimizer}
    for block in lab_source.read(ROOT / "book" / "labs" / "15_pretraining.md").blocks:
        if block.kind == "code-cell" and "class Suspect1" in block.text:
            exec(compile(block.text, f"15_pretraining.md:{block.line}", "exec"), names)
    return names


def own_rows(step: Tensor, rank: int, size: int) -> Tensor:
    """The rows of a step that are this rank's."""
    share = len(step) // size
    return step[rank * share : (rank + 1) * share]


def trained(kind: type[ShardedOptimizer], rows_of: Any) -> dict[str, list[float]]:
    """The validation loss of rank 0 on the way."""
    corpus = corpora.load("tinyworld", megabytes=0.4)
    tokenizer = CharTokenizer.build(corpus.text + corpus.held_out_text)
    tokens, val = (torch.tensor(tokenizer.encode(text)) for text in (corpus.text, corpus.held_out_text))
    torch.manual_seed(1)
    start = build_model("modern_gpt", ModelConfig(vocab_size=tokenizer.vocab_size, n_layer=2, n_embd=64, n_head=2))
    config = TrainConfig(arch="modern_gpt", max_iters=STEPS, learning_rate=5e-3)

    def act(world: World) -> dict[str, list[float]]:
        model, draws = copy.deepcopy(start), torch.Generator().manual_seed(1)
        optimizer = kind(build_optimizer(model, config), world)
        curve: dict[str, list[float]] = {"step": [], "loss": []}
        for step in range(STEPS + 1):
            if step % EVERY == 0 and world.rank == 0:
                curve["step"].append(step)
                curve["loss"].append(round(loss_on_all(model, val[:20_000]), 4))
            if step < STEPS:
                drawn = [get_batch(tokens, 64, 1, draws) for _ in range(ROWS)]  # alike on every rank
                step_rows = torch.stack([torch.cat([x[0], y[0, -1:]]) for x, y in drawn])  # (ROWS, T + 1)
                mine = rows_of(step_rows, world.rank, world.size)
                batches = [(mine[:, :-1], mine[:, 1:])]
                pretrain_step(model, optimizer, batches, learning_rate_at(step, config), config.grad_clip)
        return curve

    return together(RANKS, act)[0]


def main() -> None:
    """Train four times, keep the curves."""
    torch.set_num_threads(1)
    found = suspects()
    ways = {
        "right": (ShardedOptimizer, own_rows),
        "Suspect1": (found["Suspect1"], own_rows),
        "Suspect2": (found["Suspect2"], own_rows),
        "suspect_3": (ShardedOptimizer, found["suspect_3"]),
    }
    curves = {}
    for name, (kind, rows_of) in ways.items():
        curves[name] = trained(kind, rows_of)
        print(name, curves[name]["loss"], flush=True)
    record = {
        "command": "python book/figures/ranks.py",
        "machine": f"Python {platform.python_version()}, torch {torch.__version__.split('+')[0]}, CPU",
        "setting": f"tinyworld, characters; modern_gpt, width 64, 2 layers; {RANKS} ranks, {ROWS} rows of 64 in a step",
        "curves": curves,
    }
    path = ROOT / "book" / "figures" / "curves" / "bug_hunt_15.json"
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
