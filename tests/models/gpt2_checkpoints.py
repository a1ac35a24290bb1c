"""Small GPT-2 checkpoints with random weights: made by transformers, and made by hand with any fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from vibejam_core.models.config import ModelConfig
from vibejam_core.models.gpt2_weights import CONFIG, WEIGHTS, shapes

SHAPE = ModelConfig(vocab_size=61, block_size=11, n_layer=2, n_head=3, n_embd=24)
SETTINGS: dict[str, Any] = {
    "model_type": "gpt2",
    "vocab_size": 61,
    "n_positions": 11,
    "n_layer": 2,
    "n_head": 3,
    "n_embd": 24,
}


def by_transformers(folder: Path, **settings: Any) -> tuple[Tensor, Tensor]:
    """Save a model of transformers'; (2, T) token ids and its logits for them, (2, T, V)."""
    why = "transformers, a test dependency, is not installed or can't be imported"
    transformers = pytest.importorskip("transformers", reason=why, exc_type=ImportError)
    torch.manual_seed(0)
    config = transformers.GPT2Config(**SETTINGS, bos_token_id=0, eos_token_id=0, **settings)
    model = transformers.GPT2LMHeadModel(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():  # of order one, so that everything shows; biases too
            parameter.normal_(std=0.3 if parameter.ndim > 1 else 0.5)
            if "ln_" in name and name.endswith("weight"):
                parameter.add_(1)
        idx = torch.randint(SHAPE.vocab_size, (2, SHAPE.block_size))
        logits = model(idx).logits
    model.save_pretrained(folder)
    return idx, logits


def by_hand(
    folder: Path, *, prefix: str = "", change: dict[str, Tensor | None] | None = None, **settings: Any
) -> dict[str, Tensor]:
    """Save random tensors; those in ``change`` replace others or, with None, take them away. All that was saved."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG).write_text(json.dumps(SETTINGS | settings), encoding="utf-8")
    shape = ModelConfig(**{**vars(SHAPE), "vocab_size": settings.get("vocab_size", SHAPE.vocab_size)})
    generator = torch.Generator().manual_seed(1)
    random = {name: 0.2 * torch.randn(size, generator=generator) for name, size in shapes(shape).items()}
    tensors = {prefix + n: value for n, value in (random | (change or {})).items() if value is not None}
    save_file(tensors, folder / WEIGHTS)
    return tensors
