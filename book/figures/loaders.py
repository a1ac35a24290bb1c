"""The recorded curves of lab 14's bug hunt: ``python book/figures/loaders.py``, about a minute.

One small model is trained on the same few stories four times, in six sittings each. Between two sittings a new loader
goes on from the state that the last one gave, JSON in between: the right state, and those of the chapter's suspects.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from vibejam_core.course.authoring import lab_source  # noqa: E402
from vibejam_core.evaluation.whole import loss_on_all  # noqa: E402
from vibejam_core.models.config import ModelConfig  # noqa: E402
from vibejam_core.models.registry import build_model  # noqa: E402
from vibejam_core.text import corpora  # noqa: E402
from vibejam_core.text.bpe_scale import train_tokenizer  # noqa: E402
from vibejam_core.text.document_loader import DocumentLoader  # noqa: E402
from vibejam_core.training.config import TrainConfig  # noqa: E402
from vibejam_core.training.trainer import learning_rate_at, train_step  # noqa: E402

SITTINGS, STEPS = 10, 40
N_TRAIN, N_VAL = 300, 20


class Shelf:
    """Texts in a list, over and over."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts

    def documents(self, position: int | None = None) -> Iterator[tuple[str, int]]:
        """From a place on."""
        place = position or 0
        while True:
            yield self.texts[place % len(self.texts)], place + 1
            place += 1


def suspects() -> dict[str, Any]:
    """The chapter's functions."""
    names: dict[str, Any] = {}
    for block in lab_source.read(ROOT / "book" / "labs" / "14_data_at_scale.md").blocks:
        if block.kind == "code-cell" and "def suspect_1" in block.text:
            exec(compile(block.text, f"14_data_at_scale.md:{block.line}", "exec"), names)
    return names


def right(loader: DocumentLoader, prefetched: list[Any]) -> dict[str, Any]:
    """The state of what was handed out."""
    return loader.state_dict()


def trained(split: Any, state_of: Any) -> dict[str, list[float]]:
    """The validation loss on the way."""
    torch.manual_seed(1)
    stories = list(corpora.load("tinyworld", megabytes=0.4).documents[: N_TRAIN + N_VAL])
    train, val = split(stories)
    tokenizer = train_tokenizer(train, 512, trainer="python")
    shape = ModelConfig(vocab_size=tokenizer.vocab_size, n_embd=64, n_head=2, block_size=256)
    config = TrainConfig(max_iters=SITTINGS * STEPS, learning_rate=3e-3, batch_size=4)
    model = build_model("gpt", shape)
    optimizer = model.configure_optimizers(config.learning_rate, config.weight_decay)
    held_out = torch.tensor(tokenizer.encode("\n".join(val)))
    curve: dict[str, list[float]] = {"step": [0], "loss": [round(loss_on_all(model, held_out), 4)]}
    state, step = None, 0
    for _ in range(SITTINGS):
        loader = DocumentLoader(
            Shelf(train), lambda text: tokenizer.encode(text + "\n"), config.batch_size, shape.block_size, n_waiting=20
        )
        if state is not None:
            loader.load_state_dict(json.loads(state))
        for _ in range(STEPS):
            train_step(model, optimizer, [loader.next_batch()], learning_rate_at(step, config), config.grad_clip)
            step += 1
        curve["step"].append(step)
        curve["loss"].append(round(loss_on_all(model, held_out), 4))
        state = json.dumps(state_of(loader, []))
    return curve


def main() -> None:
    """Train four times, keep the curves."""
    torch.set_num_threads(1)
    found = suspects()
    honest = lambda stories: (stories[:-N_VAL], stories[-N_VAL:])  # noqa: E731
    ways = {
        "right": (honest, right),
        "suspect_1": (found["suspect_1"], right),
        "suspect_2": (honest, found["suspect_2"]),
        "suspect_3": (honest, found["suspect_3"]),
    }
    curves = {}
    for name, (split, state_of) in ways.items():
        curves[name] = trained(split, state_of)
        print(name, curves[name]["loss"], flush=True)
    record = {
        "command": "python book/figures/loaders.py",
        "machine": f"Python {platform.python_version()}, torch {torch.__version__.split('+')[0]}, CPU",
        "setting": f"tinyworld, {N_TRAIN} stories to train on, {N_VAL} to measure on; 512 tokens; gpt, width 64, T 256",
        "curves": curves,
    }
    path = ROOT / "book" / "figures" / "curves" / "bug_hunt_14.json"
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
