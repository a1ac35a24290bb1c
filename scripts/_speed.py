"""Recipes against the clock: training that is timed in CPU-seconds, and measured on the whole validation text.

The clock is the process's CPU time with one thread, so that other programs on the machine matter less than for a wall
clock. It runs while a model is built and trained, and stands still while it is measured.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from scripts._tutorial_gpt import TutorialGPT
from vibejam_core.evaluation.whole import loss_on_all
from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.text.characters import CharTokenizer
from vibejam_core.text.config import DataConfig
from vibejam_core.text.windows import get_batch, split_corpus
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.trainer import learning_rate_at, train_step

MARK = 1.90
"""The loss to reach, in nats per character: what the tutorial recipe ends at on tinyshakespeare."""
BLOCK = 64
GET_IT = (
    "The mark of 1.90 belongs to tinyshakespeare, one file of 1.1 million characters: get it from "
    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt, "
    "save it as tinyshakespeare.txt and give it with --text-path."
)


@dataclass(frozen=True)
class Text:
    """A corpus as characters, the last tenth held back."""

    name: str
    vocab_size: int
    train: Tensor
    val: Tensor

    @classmethod
    def load(cls, text_path: Path | None = None) -> Text:
        """A file, or the corpus that needs no download. Errors are those of ``load_corpus``."""
        corpus = DataConfig(text_path=text_path).load()
        tokenizer = CharTokenizer.build(corpus.text)
        train, val = split_corpus(torch.tensor(tokenizer.encode(corpus.text)))
        return cls(corpus.name, tokenizer.vocab_size, train, val)

    @property
    def has_the_mark(self) -> bool:
        """Whether this is the text that the mark belongs to, judged by its name, size and alphabet."""
        return "shakespeare" in self.name and self.vocab_size == 65 and len(self.train) + len(self.val) == 1_115_394


@dataclass(frozen=True)
class Recipe:
    """A model's shape, how to train it, and when to look at it."""

    name: str
    shape: ModelConfig
    train: TrainConfig
    every: int
    """Steps from one measurement to the next."""
    first: int = 1
    """No measurement before this step: it would only cost time."""

    def command(self) -> str:
        """The same run in the ordinary training program, without the clock."""
        wanted = {"arch": self.train.arch, "n_layer": self.shape.n_layer, "n_embd": self.shape.n_embd}
        for name in ("max_iters", "batch_size", "learning_rate", "warmup", "weight_decay"):
            wanted[name] = getattr(self.train, name)
        options = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in wanted.items())
        return f"python -m scripts.train_lm --text-path FILE {options}"


TUTORIAL = Recipe(
    "tutorial recipe",
    ModelConfig(n_layer=4, n_head=4, n_embd=128, block_size=BLOCK),
    TrainConfig(
        arch="tutorial", max_iters=2000, batch_size=12, learning_rate=1e-3, min_learning_rate=1e-4, schedule="cosine",
        warmup=100 / 2000, weight_decay=0.1, grad_clip=1.0,
    ),
    every=100,
    first=1000,
)  # fmt: skip
CLASSIC = Recipe("classic GPT, the course's default", ModelConfig(), TrainConfig(), every=100, first=600)
SPRINT = Recipe(
    "sprint",
    ModelConfig(n_layer=1, n_embd=32, block_size=BLOCK),
    TrainConfig(arch="gram", max_iters=80, batch_size=24, learning_rate=3e-2, warmup=0.05, weight_decay=0.0),
    every=5,
    first=40,
)
WHOLE = Recipe(
    "whole budget",
    ModelConfig(n_layer=2, n_embd=96, block_size=BLOCK),
    TrainConfig(arch="gram", max_iters=2000, batch_size=16, learning_rate=6e-3, warmup=0.03, weight_decay=0.5),
    every=200,
    first=200,
)


@dataclass(frozen=True)
class Point:
    """One measurement."""

    step: int
    seconds: float
    """CPU time of building and training so far; no measurement is in it."""
    loss: float
    """On the whole validation text, in nats per character."""


@dataclass
class TimedRun:
    """A recipe in training."""

    recipe: Recipe
    text: Text
    seed: int
    points: list[Point] = field(default_factory=list)
    step: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        started = time.process_time()
        torch.manual_seed(self.seed)
        self.batches = torch.Generator().manual_seed(self.seed)
        self.model = self.build(replace(self.recipe.shape, vocab_size=self.text.vocab_size))
        self.optimizer = self.make_optimizer()
        self.seconds = time.process_time() - started

    def build(self, shape: ModelConfig) -> BaseLM:
        """The untrained model."""
        arch = self.recipe.train.arch
        return TutorialGPT(shape) if arch == "tutorial" else build_model(arch, shape)

    def make_optimizer(self) -> torch.optim.Optimizer:
        """The model's own."""
        return self.model.configure_optimizers(self.recipe.train.learning_rate, self.recipe.train.weight_decay)

    def next_step(self) -> None:
        """One step of training."""
        config = self.recipe.train
        batch = get_batch(self.text.train, self.recipe.shape.block_size, config.batch_size, self.batches)
        train_step(self.model, self.optimizer, [batch], learning_rate_at(self.step, config), config.grad_clip)
        self.step += 1

    @property
    def share_done(self) -> float:
        """From 0 to 1."""
        return self.step / self.recipe.train.max_iters

    def advance(self) -> None:
        """Train up to the next measurement, and make it."""
        config = self.recipe.train
        goal = min(self.step + self.recipe.every, config.max_iters)
        started = time.process_time()
        while self.step < goal:
            self.next_step()
        self.seconds += time.process_time() - started
        if self.step >= self.recipe.first or self.step == config.max_iters:
            self.points.append(Point(self.step, self.seconds, loss_on_all(self.model, self.text.val)))

    def record(self) -> dict[str, Any]:
        """What is kept of a finished run, ready for JSON."""
        last = self.points[-1]
        return {
            "recipe": self.recipe.name,
            "seed": self.seed,
            "seconds_to_mark": rounded(time_to(self.points, MARK)) if self.text.has_the_mark else None,
            "seconds": rounded(last.seconds),
            "loss": round(last.loss, 4),
            "steps": last.step,
            "parameters": sum(parameter.numel() for parameter in self.model.parameters()),
            "curve": [[point.step, rounded(point.seconds), round(point.loss, 4)] for point in self.points],
        }


def rounded(seconds: float | None) -> float | None:
    """To a hundredth."""
    return None if seconds is None else round(seconds, 2)


def time_to(points: Iterable[Point], mark: float) -> float | None:
    """The CPU time of the first measurement that is at or below the mark; None where none is.

    Nothing is interpolated: what lies between two measurements wasn't measured. So the figure is the time of a model
    that was really there, and a little too long rather than too short.
    """
    return next((point.seconds for point in points if point.loss <= mark), None)


def warm_up(text: Text) -> None:
    """One step that counts for nothing: the first one of a process loads parts of PyTorch, about a second's work."""
    TimedRun(replace(SPRINT, train=replace(SPRINT.train, max_iters=1), first=2, every=1), text, seed=0).advance()


def side_by_side(runs: Sequence[TimedRun], say: Callable[[str], None] | None = None) -> None:
    """Train all of them, in slices by turns, so that a busy moment of the machine falls on each alike."""
    while waiting := [run for run in runs if run.share_done < 1]:
        now = min(waiting, key=lambda run: run.share_done)
        now.advance()
        if say and now.points and now.points[-1].step == now.step:
            say(f"{now.recipe.name}, seed {now.seed}: {now.points[-1].loss:.4f} after {now.seconds:.2f} CPU-s")


def machine() -> str:
    """What the numbers were measured on."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{model}, one thread; Python {platform.python_version()}, torch {torch.__version__.split('+')[0]}"
