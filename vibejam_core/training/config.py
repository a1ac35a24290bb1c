"""How to train."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class TrainConfig:
    """The settings of a training run. Defaults are the course's small CPU recipe."""

    arch: str = "gpt"
    """The architecture: gpt, modern_gpt, bigram or gram."""
    ckpt_path: Path = Path("checkpoints/lm")
    """The run's folder: checkpoints and logs are kept in it."""
    resume: bool = False
    """Go on from the last checkpoint in the run's folder, with the settings it was started with."""
    overwrite: bool = False
    """Start anew in a folder that holds an earlier run, and delete that run's checkpoints and logs."""
    max_iters: int = 2000
    """How many optimiser steps in all."""
    batch_size: int = 12
    """How many windows the model sees at a time."""
    accumulate: int = 1
    """How many batches are added up for one optimiser step: a larger batch in the same memory."""
    learning_rate: float = 5e-3
    """The highest learning rate, reached at the end of the warm-up."""
    min_learning_rate: float = 0.0
    """What the learning rate falls to at the end."""
    warmup: float = 0.05
    """The share of the steps, at the beginning, in which the learning rate climbs from zero."""
    schedule: Literal["linear", "cosine", "constant", "trapezoid"] = "linear"
    """How the learning rate falls after the warm-up."""
    cooldown: float = 0.4
    """For the schedule trapezoid: the last share of the steps after the warm-up, in which the learning rate falls."""
    optimizer: Literal["auto", "adamw", "muon"] = "auto"
    """Who moves the weights: adamw for all, or muon for the matrices and adamw for the rest. auto takes muon for
    modern_gpt and adamw for the others."""
    weight_decay: float = 0.1
    """How strongly matrices are pulled towards zero."""
    grad_clip: float = 1.0
    """The largest length of the gradient, all parameters together; 0 leaves it as it is."""
    patience: int = 0
    """Stop early when that many measurements in a row brought no new best validation loss; 0 never does."""
    max_seconds: float = 0.0
    """Stop when the run has trained and measured for that long, all sittings together; 0 sets no limit."""
    eval_interval: int = 200
    """How many steps from one measurement, and checkpoint, to the next."""
    eval_iters: int = 20
    """How many batches of 32 windows one measurement looks at."""
    sample: int = 40
    """How many tokens the model writes before and after training, where it has a generate of its own; 0 for none."""
    seed: int = 1337
    """Of the weights, the batches and the dropout."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to compute. auto takes a CUDA GPU, else an Apple GPU, else the CPU."""
    threads: int = 1
    """How many CPU threads one operation may use; 0 leaves the choice to PyTorch. Operations as small as this course's
    gain little from a second thread (a quarter on two idle cores) and lose far more where another program wants it."""

    def __post_init__(self) -> None:
        for name in ("max_iters", "batch_size", "accumulate", "eval_interval", "eval_iters"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, but it is {getattr(self, name)}")
        for name in ("min_learning_rate", "weight_decay", "grad_clip", "threads", "patience", "max_seconds", "sample"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be at least 0, but it is {getattr(self, name)}")
        if not 0 <= self.warmup < 1:
            raise ValueError(f"warmup is a share of the steps, at least 0 and below 1, but it is {self.warmup}")
        if not 0 < self.cooldown <= 1:
            raise ValueError(f"cooldown is a share of the steps, above 0 and at most 1, but it is {self.cooldown}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be above 0, but it is {self.learning_rate}")
