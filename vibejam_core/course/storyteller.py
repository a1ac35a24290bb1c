"""A small trained model to play with in the labs, whichever code the notebook runs."""

from __future__ import annotations

import importlib.util
import json
import sys
from functools import cache
from types import ModuleType
from typing import Any

from vibejam_core.course.grafting.skeleton import reference
from vibejam_core.course.workspace import repo_root
from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.text.characters import CharTokenizer

FILE = repo_root() / "book" / "models" / "storyteller.safetensors"
"""Weights in half precision; how they were made stands in the file: ``python book/figures/training.py stories``."""


def storyteller() -> tuple[BaseLM, CharTokenizer]:
    """A GPT that was trained on TinyWorld's stories, and its tokenizer.

    It is the reference's GPT even where your own runs, since weights fit only the layers that they were trained in.
    """
    from safetensors import safe_open

    with safe_open(FILE, framework="pt") as file:
        facts: dict[str, Any] = json.loads(file.metadata()["facts"])
        weights = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    model: BaseLM = _reference_gpt().GPTModel(ModelConfig(**facts["shape"]))
    model.load_state_dict(weights)
    return model.eval(), CharTokenizer.from_json(facts["tokenizer"])


@cache
def _reference_gpt() -> ModuleType:
    """The reference's module under a name of its own, which no import hook replaces."""
    spec = importlib.util.spec_from_file_location(f"{__name__}_gpt", reference("vibejam_core.models.gpt").path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
