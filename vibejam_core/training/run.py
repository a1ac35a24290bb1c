"""A training run: everything that it holds, how it begins or goes on, what it measures and keeps."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vibejam_core.evaluation.measures import bits_per_byte, estimate_loss
from vibejam_core.evaluation.ngram import NGramModel
from vibejam_core.models.base import BaseLM
from vibejam_core.models.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from vibejam_core.models.checkpoint_folder import last_step, sweep
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.text.characters import CharTokenizer
from vibejam_core.text.config import DataConfig
from vibejam_core.text.corpora import Corpus
from vibejam_core.text.tokenizers import Tokenizer
from vibejam_core.text.windows import get_batch, split_corpus
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.log import RunLog

Say = Callable[[str], None]


class Run:
    """A model, its optimiser, its data and where it is in them. Made by :func:`start_run`."""

    def __init__(
        self, corpus: Corpus, data: DataConfig, shape: ModelConfig, config: TrainConfig, say: Say = print
    ) -> None:
        self.config = config
        self.device = choose_device(config.device)
        text = corpus.text
        self.tokenizer: Tokenizer = CharTokenizer.build(text)
        self.train, self.val = cut(torch.tensor(self.tokenizer.encode(text)), data, shape, say)
        self.val_bytes = 0 if self.val is None else len(self.tokenizer.decode(self.val.tolist()).encode("utf-8"))
        self.settings: dict[str, Any] = {
            "data": plain(asdict(data)),
            "train": plain(asdict(replace(config, resume=False, overwrite=False))),
            "text_sha256": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        }
        self.step = 0
        self.seconds = 0.0  # of training and measuring, all sittings together
        self.batches = torch.Generator().manual_seed(config.seed)
        torch.manual_seed(config.seed)
        shape = ModelConfig(**asdict(shape) | {"vocab_size": self.tokenizer.vocab_size})
        found = None
        if config.resume:
            found = load_checkpoint(config.ckpt_path, tokenizer=self.tokenizer, config=shape)
            if found.arch != config.arch:
                raise ValueError(
                    f"the run in {config.ckpt_path} trains a {found.arch}, not a {config.arch}. "
                    "Leave --arch out, or start a new run in another folder."
                )
        self.model: BaseLM = found.model if found else build_model(config.arch, shape)
        self.model.to(self.device)
        self.optimizer = self.model.configure_optimizers(config.learning_rate, config.weight_decay)
        if found:
            self.restore(found, say)
        self.log = RunLog(config.ckpt_path, last_step=self.step if found else -1)

    def restore(self, found: Checkpoint, say: Say) -> None:
        """Go back to where a checkpoint was made."""
        self.step, self.seconds = found.step, found.metrics.get("seconds", 0.0)
        self.optimizer.load_state_dict(found.optimizer)
        self.batches.set_state(found.randomness["batches"])
        set_randomness(self.device, found.randomness)
        if found.settings.get("text_sha256") != self.settings["text_sha256"]:
            say(
                "note      the text has changed since this run began, so its losses can't be compared with earlier ones"
            )

    def next_batch(self) -> tuple[Tensor, Tensor]:
        """The next batch of training windows: x and y, each (B, T)."""
        return get_batch(self.train, self.model.get_block_size(), self.config.batch_size, self.batches, self.device)

    def measure(self, learning_rate: float, tokens_per_second: float) -> dict[str, Any]:
        """Estimate both losses, write them into the log and return the record."""
        started = time.monotonic()
        n = self.config.eval_iters
        val_loss = None if self.val is None else finite(estimate_loss(self.model, self.val, eval_iters=n))
        record = {
            "step": self.step,
            "train_loss": finite(estimate_loss(self.model, self.train, eval_iters=n)),
            "val_loss": val_loss,
            "val_bits_per_byte": self.bits_per_byte(val_loss),
            "learning_rate": learning_rate,
            "tokens_per_second": round(tokens_per_second, 1),
        }
        self.seconds += time.monotonic() - started
        record["seconds"] = round(self.seconds, 3)
        self.log.add(record)
        return record

    def bits_per_byte(self, val_loss: float | None) -> float | None:
        """A validation loss in bits per byte of the validation text."""
        if val_loss is None or self.val is None:
            return None
        return bits_per_byte(val_loss, len(self.val), self.val_bytes)

    def save(self, metrics: dict[str, Any] | None = None) -> Path:
        """Write a checkpoint of this very moment."""
        return save_checkpoint(
            self.config.ckpt_path,
            Checkpoint(
                model=self.model,
                arch=self.config.arch,
                tokenizer=self.tokenizer,
                step=self.step,
                metrics=metrics or {"step": self.step, "seconds": round(self.seconds, 3)},
                settings=self.settings,
                optimizer=self.optimizer.state_dict(),
                randomness={"batches": self.batches.get_state(), **get_randomness(self.device)},
            ),
        )

    def describe(self, say: Say, corpus_name: str) -> None:
        """Say what will be trained on what, and how well counting alone does."""
        c, shape = self.config, self.model.config
        n_val = 0 if self.val is None else len(self.val)
        n_parameters = sum(parameter.numel() for parameter in self.model.parameters())
        n_threads = c.threads or torch.get_num_threads()
        threads = f", {n_threads} thread{'s' * (n_threads > 1)}" if self.device.type == "cpu" else ""
        say(f"text      {corpus_name}: {len(self.train) + n_val:,} tokens, {shape.vocab_size} different")
        say(f"split     {len(self.train):,} to train on, {n_val:,} to validate on")
        say(f"model     {c.arch}, {n_parameters:,} parameters, on {self.device.type}{threads}")
        batch = f"{c.batch_size}" + (f" x {c.accumulate}" if c.accumulate > 1 else "")
        say(f"training  {c.max_iters:,} steps of {batch} windows of {shape.block_size} tokens; kept in {c.ckpt_path}")
        if self.val is not None:
            sample = self.train[-N_GRAM_TOKENS:]
            loss = NGramModel.fit(sample, shape.vocab_size).loss(self.val)
            on = "" if len(sample) == len(self.train) else f", counted on {len(sample):,} tokens"
            say(f"to beat   {loss:.3f} nats per token on the validation text: 5-gram counts{on}, no neural network")


N_GRAM_TOKENS = 5_000_000
"""The 5-gram counts look at this many training tokens at most: a few seconds' worth."""


def start_run(
    data: DataConfig, shape: ModelConfig, config: TrainConfig, corpus: Corpus | None = None, say: Say = print
) -> Run:
    """Begin a run, or with ``config.resume`` go on with one.

    Args:
        data: which text, and how it is cut.
        shape: of the model; its ``vocab_size`` is replaced by the tokenizer's.
        config: how to train, and in which folder the run is kept.
        corpus: a text that is loaded already, instead of the one that ``data`` names.
        say: how to tell the user something; ``print``, or a function that drops it.

    Raises:
        FileNotFoundError: if there is nothing to resume, or no text at the path.
        FileExistsError: if the folder holds an earlier run and neither ``resume`` nor ``overwrite`` is set.
        ValueError: if the text is too short, or the checkpoint has another shape or tokenizer.
    """
    if config.ckpt_path.exists() and not config.ckpt_path.is_dir():
        raise FileExistsError(f"{config.ckpt_path} is a file, but a run needs a folder. Give another --ckpt-path.")
    earlier = last_step(config.ckpt_path)
    if earlier is not None and not (config.resume or config.overwrite):
        raise FileExistsError(
            f"{config.ckpt_path} already holds a run, at step {earlier}. "
            "Add --resume to go on with it, --overwrite to start anew, or give another --ckpt-path."
        )
    corpus = corpus or data.load()
    run = Run(corpus, data, shape, config, say)  # a mistake in the settings shows here, before anything is deleted
    sweep(config.ckpt_path, everything=config.overwrite and not config.resume)
    run.describe(say, corpus.name)
    return run


def cut(tokens: Tensor, data: DataConfig, shape: ModelConfig, say: Say) -> tuple[Tensor, Tensor | None]:
    """The training and the validation tokens; the latter are None where they don't make a single window."""
    need = shape.block_size + 1
    if len(tokens) < need + 1:
        raise ValueError(
            f"block_size {shape.block_size} needs a text of at least {need + 1} tokens; this one has {len(tokens)}. "
            "Give a longer text or a smaller --block-size."
        )
    train, val = split_corpus(tokens, data.val_fraction)
    if len(val) < need:
        say(
            f"note      the validation part has {len(val)} tokens and one window needs {need}, so all of the text is "
            "trained on and the validation loss will be none. For one, give a longer text, a larger --val-fraction or "
            "a smaller --block-size."
        )
        return tokens, None
    if len(train) < need:
        raise ValueError(
            f"val_fraction {data.val_fraction} leaves {len(train)} of {len(tokens)} tokens to train on, and "
            f"block_size {shape.block_size} needs {need}. Give a smaller --val-fraction or --block-size."
        )
    return train, val


def finite(loss: float) -> float:
    """The loss itself. Raises ArithmeticError if it is infinite or not a number."""
    if loss - loss != 0:  # inf - inf and nan - nan are nan
        raise ArithmeticError(f"the loss is {loss}")
    return loss


def choose_device(name: str) -> torch.device:
    """The device of this name; ``auto`` takes the fastest kind there is.

    Raises:
        ValueError: if this machine has no such device.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, available in there.items() if available))
    if not there[name]:
        raise ValueError(f"this machine has no {name} device that PyTorch can use. Leave --device out, or give cpu.")
    return torch.device(name)


def get_randomness(device: torch.device) -> dict[str, Tensor]:
    """The state of the random generators that dropout draws from."""
    states = {"torch": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    if device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def set_randomness(device: torch.device, states: dict[str, Tensor]) -> None:
    """Put back what :func:`get_randomness` read. A state that another kind of device left is no use and skipped."""
    torch.set_rng_state(states["torch"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
    if device.type == "mps" and "mps" in states:
        torch.mps.set_rng_state(states["mps"])


def plain(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings as JSON can keep them: paths become text."""
    return {name: value.as_posix() if isinstance(value, Path) else value for name, value in settings.items()}
