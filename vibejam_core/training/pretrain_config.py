"""How to pretrain: one dial, ``depth``, and presets for the machines that people have."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from vibejam_core.text.training_texts import Name
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.scaling import Plan

Preset = Literal["smoke", "cpu", "t4", "a100", "h100x8"]

PRESETS: dict[str, dict[str, Any]] = {
    "smoke": {"depth": 2, "block_size": 128, "ratio": 2.0, "vocab_size": 1024, "megabytes": 4.0, "learning_rate": 6e-3},
    "cpu": {"depth": 4, "block_size": 256, "ratio": 5.0, "vocab_size": 4096, "megabytes": 60.0, "learning_rate": 6e-3},
    "t4": {"depth": 8, "block_size": 1024, "ratio": 20.0, "vocab_size": 16_384, "megabytes": 500.0},
    "a100": {"depth": 12, "block_size": 2048, "ratio": 20.0, "vocab_size": 32_768, "megabytes": 1000.0},
    "h100x8": {"depth": 20, "block_size": 2048, "ratio": 20.0, "vocab_size": 32_768, "megabytes": 1000.0},
}
"""What a preset sets. smoke takes a minute and shows that all is in place; a preset's name is the smallest machine on
which it is done within hours.

Runs as short as the first two want a higher learning rate than the law for long ones gives: smoke ended at 0.42 bits
per byte with 0.006, and at 1.10 with the 0.0018 of the law."""


@dataclass(frozen=True)
class PretrainConfig:
    """The settings of a pretraining run. What is None is as the preset says."""

    preset: Preset = "smoke"
    """For which machine the other settings are meant: smoke (any, for a minute), cpu, t4, a100 or h100x8."""
    depth: int | None = None
    """The one dial: how many layers. Width, heads, batch, learning rate and horizon follow."""
    block_size: int | None = None
    """T: the context, in tokens."""
    ratio: float | None = None
    """How many tokens to train on for each parameter that multiplies."""
    vocab_size: int | None = None
    """How many tokens a tokenizer gets that has to be trained first: for --corpus, without --tokenizer-path."""
    corpus: Name | None = None
    """A corpus that is made into tokens first, in the run's folder. Or give paths:"""
    stream: bool = False
    """Encode the corpus and pack its documents into rows while training, each process its own share, instead of making
    token files first: for a corpus that is larger than what you will train on. Needs --tokenizer-path."""
    megabytes: float | None = None
    """How much of the corpus tinyworld to make, in millions of bytes."""
    text_path: Path | None = None
    """For the corpus personal, a UTF-8 file, or a folder of .txt and .md files."""
    shards: int = 1
    """How many shards of the corpora tinystories or fineweb-edu to train on."""
    train_path: Path | None = None
    """What to train on: a token file of scripts.pre_tokenize, or a folder of them."""
    val_path: Path | None = None
    """What to validate on, and never train on: a token file. Without one the last file of the folder serves, or the
    last tenth of the only file."""
    tokenizer_path: Path | None = None
    """The tokenizer that made the tokens; without it tokenizer.json beside them."""
    ckpt_path: Path = Path("checkpoints/base")
    """The run's folder: checkpoints, logs and samples are kept in it."""
    resume: bool = False
    """Go on from the last whole checkpoint in the run's folder, with the settings it was started with."""
    overwrite: bool = False
    """Start anew in a folder that holds an earlier run, and delete that run's checkpoints and logs."""
    steps: int = 0
    """How many optimiser steps; 0 leaves it to the plan. The schedule is stretched or shortened with it."""
    rows: int = 0
    """How many rows of block_size tokens one optimiser step is made of; 0 leaves it to the plan."""
    learning_rate: float | None = None
    """The highest learning rate; 0 leaves it to the plan, and its law."""
    micro_batch: int = 0
    """How many rows a process takes at a time; 0 takes as many as fit into memory. What is learned is the same."""
    warmup: float = 0.02
    """The share of the steps, at the beginning, in which the learning rate climbs from zero."""
    cooldown: float = 0.5
    """The last share of the steps after the warm-up, in which the learning rate falls to zero."""
    weight_decay: float = 0.1
    """How strongly matrices are pulled towards zero."""
    grad_clip: float = 1.0
    """The largest length of the gradient, all parameters together; 0 leaves it as it is."""
    optimizer: Literal["auto", "adamw", "muon"] = "auto"
    """Who moves the weights: adamw for all, or muon for the matrices and adamw for the rest. auto is muon."""
    sharding: Literal["optimizer", "fsdp"] = "optimizer"
    """What several processes share out: only what the optimiser remembers, or with fsdp everything, for a model that
    outgrows one GPU. fsdp needs --optimizer adamw, since Muon needs whole matrices, and nothing is compiled."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to compute. auto takes a CUDA GPU, else an Apple GPU, else the CPU."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """What to compute in. auto takes bfloat16 where a CUDA GPU has it, else float16 there, and float32 elsewhere."""
    compile: Literal["auto", "yes", "no"] = "auto"
    """Whether torch.compile makes the model faster first. auto does on a CUDA GPU. Where it fails, training goes on
    without."""
    log_interval: int = 10
    """How many steps from one line in the log to the next."""
    eval_interval: int = 0
    """How many steps from one measurement, sample and checkpoint to the next; 0 makes twenty in all."""
    eval_tokens: int = 0
    """How many tokens of the validation file one measurement looks at, in windows spread evenly over it; 0 takes a
    two-hundredth of those to train on, but at least 8,192 and at most a million."""
    sample: int = 40
    """How many tokens the model writes after each measurement; 0 for none."""
    max_seconds: float = 0.0
    """Stop, and save, when the run has trained and measured for that long, all sittings together; 0 sets no limit."""
    seed: int = 1337
    """Of the weights and of the order of the text."""
    threads: int = 0
    """How many CPU threads one operation may use; 0 leaves the choice to PyTorch."""
    wandb: bool = False
    """Also report to Weights & Biases, if wandb is installed."""

    def __post_init__(self) -> None:
        for name in (
            "steps",
            "rows",
            "micro_batch",
            "eval_interval",
            "eval_tokens",
            "sample",
            "max_seconds",
            "threads",
        ):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be at least 0, but it is {getattr(self, name)}")
        for name in ("depth", "block_size", "vocab_size", "log_interval"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, but it is {getattr(self, name)}")
        if self.sharding == "fsdp" and self.optimizer != "adamw":
            raise ValueError(
                f"sharding fsdp leaves each process some rows of every matrix, but the optimizer {self.optimizer} uses "
                "Muon, which needs whole ones. Add --optimizer adamw, or leave --sharding out."
            )
        if self.stream and (self.corpus is None or self.tokenizer_path is None):
            raise ValueError(
                "a stream is encoded while training: say which corpus, with --corpus, and give the tokenizer, a file "
                "that scripts.tok_train wrote, with --tokenizer-path. For token files leave --stream out."
            )
        if self.learning_rate is not None and not self.learning_rate >= 0:
            raise ValueError(f"learning_rate must be above 0, or 0 for the plan's, but it is {self.learning_rate}")

    def filled(self) -> PretrainConfig:
        """With the preset's values where nothing else was asked for."""
        missing = {name: value for name, value in PRESETS[self.preset].items() if getattr(self, name) is None}
        if self.optimizer == "adamw":  # the presets' rates are Muon's
            missing.pop("learning_rate", None)
        return replace(self, **missing)

    def adjusted(self, plan: Plan) -> Plan:
        """The plan with what was asked for in its place."""
        wanted: dict[str, Any] = {"rows": self.rows, "steps": self.steps, "learning_rate": self.learning_rate}
        changed = replace(plan, **{name: value for name, value in wanted.items() if value})
        if self.rows and not self.steps:  # as many tokens as before
            changed = replace(changed, steps=max(1, -(-plan.n_tokens // changed.batch_tokens)))
        return changed

    def told_apart(self) -> dict[str, Any]:
        """The options in which all processes of a job must be alike: paths may differ from machine to machine."""
        both = {**self.plain(), "resume": self.resume, "overwrite": self.overwrite}
        return {name: value for name, value in both.items() if not name.endswith("_path")}

    def schedule(self, plan: Plan) -> TrainConfig:
        """What ``learning_rate_at`` and ``build_optimizer`` want to know."""
        return TrainConfig(
            arch="modern_gpt",
            max_iters=plan.steps,
            learning_rate=plan.learning_rate,
            warmup=self.warmup,
            schedule="trapezoid",
            cooldown=self.cooldown,
            optimizer=self.optimizer,
            weight_decay=self.weight_decay,
            grad_clip=self.grad_clip,
        )

    def plain(self) -> dict[str, Any]:
        """As JSON can keep it, without what belongs to one sitting only."""
        settings = asdict(replace(self, resume=False, overwrite=False))
        return {name: value.as_posix() if isinstance(value, Path) else value for name, value in settings.items()}


def saved_config(settings: dict[str, Any], ckpt_path: Path) -> PretrainConfig:
    """The configuration in a checkpoint's settings, for going on with it in the folder where it is now."""
    found: dict[str, Any] = {
        name: Path(value) if name.endswith("_path") and value is not None else value
        for name, value in settings["pretrain"].items()
    }
    return PretrainConfig(**{**found, "ckpt_path": ckpt_path, "resume": True})
