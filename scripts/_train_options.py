"""The options of ``scripts.train_lm``: those of the text, of the model and of the training, side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import tyro

from vibejam_core.models.checkpoint_folder import find_checkpoint, read_facts
from vibejam_core.models.config import ModelConfig
from vibejam_core.text.config import DataConfig
from vibejam_core.training.config import TrainConfig

Config = TypeVar("Config")


@dataclass(frozen=True)
class Shape(ModelConfig):
    """The shape of the model."""

    vocab_size: tyro.conf.Suppress[int] = ModelConfig.vocab_size  # the text decides, so it is no option


@dataclass(frozen=True)
class TrainOptions:
    """Train a language model on a text."""

    data: DataConfig = field(default_factory=DataConfig)
    model: Shape = field(default_factory=Shape)
    train: TrainConfig = field(default_factory=TrainConfig)


def saved_options(run: Path) -> TrainOptions:
    """The options that the last checkpoint in a run's folder was trained with."""
    facts = read_facts(find_checkpoint(run))
    train = restored(TrainConfig, {**facts["settings"]["train"], "ckpt_path": run, "resume": True})
    return TrainOptions(restored(DataConfig, facts["settings"]["data"]), Shape(**facts["model"]), train)


def restored(kind: Callable[..., Config], settings: dict[str, Any]) -> Config:
    """A configuration from its JSON: what is called a path becomes one again, and a list a tuple."""
    settings = {k: Path(v) if k.endswith("_path") and v is not None else v for k, v in settings.items()}
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()})
