"""The recorded curves of lab 13: ``python book/figures/optimizers.py`` (about five minutes of one core).

The modern GPT is trained with AdamW at one rate for all, with AdamW and a rate for each group, and with Muon for the
matrices: the same first weights, the same batches. Each way has its learning rate chosen from a few, by the loss on the
validation text after the last step.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from vibejam_core.course.authoring import lab_source  # noqa: E402
from vibejam_core.evaluation.measures import estimate_loss  # noqa: E402
from vibejam_core.evaluation.whole import loss_on_all  # noqa: E402
from vibejam_core.models.base import BaseLM  # noqa: E402
from vibejam_core.models.config import ModelConfig  # noqa: E402
from vibejam_core.models.registry import build_model  # noqa: E402
from vibejam_core.text.config import DataConfig  # noqa: E402
from vibejam_core.text.windows import get_batch  # noqa: E402
from vibejam_core.training.config import TrainConfig  # noqa: E402
from vibejam_core.training.material import prepare  # noqa: E402
from vibejam_core.training.optimizer_set import build_optimizer  # noqa: E402
from vibejam_core.training.optimizers import AdamW, parameter_groups  # noqa: E402
from vibejam_core.training.trainer import learning_rate_at, train_step  # noqa: E402

STEPS, EVERY = 400, 40
SIZES = {"small": ModelConfig(n_layer=1, n_embd=32), "usual": ModelConfig()}


def one_rate(model: BaseLM, rate: float) -> torch.optim.Optimizer:
    """AdamW, the same learning rate for every parameter."""
    return build_optimizer(model, TrainConfig(optimizer="adamw", learning_rate=rate))


def rate_by_group(model: BaseLM, rate: float) -> torch.optim.Optimizer:
    """AdamW for all, with the groups' own rates; the matrices have the rate itself."""
    groups = parameter_groups(model, 0.1)
    for group in groups:
        group.setdefault("betas", (0.8, 0.95))
        if group["name"] == "matrices":
            group["lr_scale"] = 1.0
    return AdamW(groups, rate)


def muon(model: BaseLM, rate: float) -> torch.optim.Optimizer:
    """Muon for the matrices, AdamW for the rest."""
    return build_optimizer(model, TrainConfig(optimizer="muon", learning_rate=rate))


WAYS: dict[str, tuple[Callable[[BaseLM, float], torch.optim.Optimizer], tuple[float, ...]]] = {
    "AdamW, one rate": (one_rate, (5e-3, 1e-2, 2e-2, 4e-2)),
    "AdamW, a rate for each group": (rate_by_group, (2.5e-3, 5e-3, 1e-2, 2e-2)),
    "Muon for the matrices": (muon, (2.5e-3, 5e-3, 1e-2, 2e-2)),
}


class Stepper(torch.optim.Optimizer):
    """Takes the step of one parameter from a function, as the chapter's suspects are written."""

    def __init__(self, model: BaseLM, rate: float, rule: Callable[..., None]) -> None:
        super().__init__(model.parameters(), {"lr": rate})
        self.rule = rule

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """Move every parameter."""
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                self.rule(p, p.grad.clone(), state["m"], state["v"], state["t"], group["lr"], 0.1)


def hunt() -> None:
    """The bug hunt: the chapter's wrong steps beside the right one, without a warm-up."""
    torch.set_num_threads(1)
    names: dict[str, Callable[..., None]] = {}
    for block in lab_source.read(ROOT / "book" / "labs" / "13_optimizers.md").blocks:
        if block.kind == "code-cell" and "def suspect_1" in block.text:
            exec(compile(block.text, f"13_optimizers.md:{block.line}", "exec"), names)
    material = prepare(DataConfig().load(), DataConfig(), 64, lambda _: None)
    assert material.val is not None
    val = material.val[:60_000]
    shape = ModelConfig(vocab_size=material.tokenizer.vocab_size)
    config = TrainConfig(max_iters=STEPS, warmup=0.0)
    ways: dict[str, Callable[[BaseLM], torch.optim.Optimizer]] = {
        "right": lambda model: AdamW(model.parameters(), config.learning_rate, weight_decay=0.1)
    }
    for name in ("suspect_1", "suspect_2", "suspect_3"):
        ways[name] = lambda model, rule=names[name]: Stepper(model, config.learning_rate, rule)  # type: ignore[misc]
    curves: dict[str, dict[str, list[float]]] = {}
    for name, make in ways.items():
        torch.manual_seed(1337)
        model = build_model("gpt", shape)
        optimizer, batches = make(model), torch.Generator().manual_seed(1)
        curve: dict[str, list[float]] = {"step": [], "loss": []}
        for step in range(STEPS + 1):
            if step % 20 == 0:
                curve["step"].append(step)
                curve["loss"].append(round(estimate_loss(model, val, eval_iters=6), 4))
            if step < STEPS:
                batch = get_batch(material.train, shape.block_size, config.batch_size, batches)
                train_step(model, optimizer, [batch], learning_rate_at(step, config), config.grad_clip)
        print(name, curve["loss"], flush=True)
        curves[name] = curve
    record = {
        "command": "python book/figures/optimizers.py hunt",
        "machine": f"Python {platform.python_version()}, torch {torch.__version__.split('+')[0]}, CPU",
        "setting": f"gpt on tinyworld, {STEPS} steps, learning rate 0.005, no warm-up",
        "curves": curves,
    }
    path = ROOT / "book" / "figures" / "curves" / "bug_hunt_13.json"
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Train every way at every rate (at fewer for the larger model), keep the best of each."""
    torch.set_num_threads(1)
    for corpus, shape_name in (("tinyworld", "small"), ("tinyworld", "usual"), ("pydocs", "usual")):
        if sys.argv[1:] and f"{corpus}_{shape_name}" not in sys.argv[1:]:
            continue
        shape = SIZES[shape_name]
        data = DataConfig(corpus=corpus)  # type: ignore[arg-type]
        material = prepare(data.load(), data, shape.block_size, lambda _: None)
        assert material.val is not None
        val = material.val[:60_000]
        shape = ModelConfig(vocab_size=material.tokenizer.vocab_size, n_layer=shape.n_layer, n_embd=shape.n_embd)
        curves: dict[str, dict[str, list[float]]] = {}
        tried: dict[str, dict[str, float]] = {}
        facts: dict[str, object] = {}
        for way, (make, rates) in WAYS.items():
            best = float("inf")
            for rate in rates if shape_name == "small" else rates[1:3]:
                torch.manual_seed(1337)
                model = build_model("modern_gpt", shape)
                facts["parameters"] = sum(p.numel() for p in model.parameters())
                optimizer, config = make(model, rate), TrainConfig(max_iters=STEPS, learning_rate=rate)
                batches = torch.Generator().manual_seed(1)
                curve: dict[str, list[float]] = {"step": [], "loss": []}
                began = time.process_time()
                for step in range(STEPS + 1):
                    if step % EVERY == 0:
                        curve["step"].append(step)
                        curve["loss"].append(round(estimate_loss(model, val, eval_iters=6), 4))
                    if step < STEPS:
                        batch = get_batch(material.train, shape.block_size, config.batch_size, batches)
                        train_step(model, optimizer, [batch], learning_rate_at(step, config), config.grad_clip)
                loss = loss_on_all(model, val)
                tried.setdefault(way, {})[f"{rate:g}"] = round(loss, 4)
                print(
                    f"{corpus} {shape_name} {way} {rate:g}: {loss:.4f}, {time.process_time() - began:.0f} s", flush=True
                )
                if loss < best:
                    best, curves[way] = loss, curve
        record = {
            "command": "python book/figures/optimizers.py",
            "machine": f"Python {platform.python_version()}, torch {torch.__version__.split('+')[0]}, CPU",
            "setting": f"{corpus}, {STEPS} steps of 12 windows of {shape.block_size} characters, one seed",
            "val_loss": tried,
            **facts,
            "curves": curves,
        }
        path = ROOT / "book" / "figures" / "curves" / f"muon_13_{corpus}_{shape_name}.json"
        path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    hunt() if sys.argv[1:] == ["hunt"] else main()
