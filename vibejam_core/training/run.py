"""A training run: everything that it holds, how it begins or goes on, what it measures and keeps."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from vibejam_core.evaluation.measures import bits_per_byte, estimate_loss
from vibejam_core.evaluation.whole import loss_on_all
from vibejam_core.models.base import BaseLM
from vibejam_core.models.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from vibejam_core.models.checkpoint_folder import claim, last_step, sweep
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.text.config import DataConfig
from vibejam_core.text.corpora import Corpus
from vibejam_core.text.windows import get_batch
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.devices import choose_device, get_randomness, set_randomness
from vibejam_core.training.log import RunLog, line
from vibejam_core.training.material import N_GRAM_TOKENS, Say, prepare
from vibejam_core.training.optimizer_set import build_optimizer, summary
from vibejam_core.training.progress import StopRequest
from vibejam_core.training.rehearsal import cost, first_words, rehearse
from vibejam_core.training.sitting import Sitting, limited_threads


class TrainingDiverged(ValueError):
    """A loss or gradient was infinite or not a number, so there was nothing left to train."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    step: int
    ended: Literal["finished", "early", "time", "interrupted"]
    """After its last step; because the validation loss had stopped falling; because its time was up; or by Ctrl-C."""
    record: dict[str, Any]
    """The last measurement, as it is in the log."""
    val_loss_on_all: float | None
    """The loss on the whole validation text; None without such a text, and for an interrupted run."""


class Run:
    """A model, its optimiser, its data and where it is in them. Made by :func:`start_run`."""

    def __init__(
        self, corpus: Corpus, data: DataConfig, shape: ModelConfig, config: TrainConfig, say: Say = print
    ) -> None:
        self.config, self.say = config, say
        self.device = choose_device(config.device)
        material = prepare(corpus, data, shape.block_size, say)
        self.tokenizer, self.train, self.val = material.tokenizer, material.train, material.val
        self.val_bytes = material.val_bytes
        self.material = material
        self.settings: dict[str, Any] = {
            "data": plain(asdict(data)),
            "train": plain(asdict(replace(config, resume=False, overwrite=False))),
            "text_sha256": material.text_sha256,
        }
        self.step = 0
        self.seconds = 0.0  # of training and measuring, all sittings together
        self.saved_step: int | None = None  # of the last checkpoint that this run made or began from
        self.now: Sitting | None = None  # while it trains
        self.interrupted = False
        self.batches = torch.Generator().manual_seed(config.seed)
        shape = ModelConfig(**asdict(shape) | {"vocab_size": self.tokenizer.vocab_size})
        torch.manual_seed(config.seed)
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
        self.optimizer = self.optimizer_for(self.model)
        if found:
            self.restore(found, say)
        self.log = RunLog(config.ckpt_path, last_step=self.step or -1)  # stopped at step 0, it is measured anew

    def optimizer_for(self, model: BaseLM) -> torch.optim.Optimizer:
        """A new optimiser for a model of this run's kind."""
        return build_optimizer(model, self.config)

    @cached_property
    def references(self) -> dict[str, float | None]:
        """Losses to compare with, in nats per token. The first look takes as long as counting does, a second or two."""
        return {"5-gram counts": self.material.five_gram_loss(), "floor": self.material.floor}

    def restore(self, found: Checkpoint, say: Say) -> None:
        """Go back to where a checkpoint was made."""
        self.step, self.seconds, self.saved_step = found.step, found.metrics.get("seconds", 0.0), found.step
        try:
            self.optimizer.load_state_dict(found.optimizer)
        except ValueError as error:  # other groups, or as many with other parameters
            raise ValueError(
                f"the run in {self.config.ckpt_path} was trained with another optimizer. "
                "Leave --optimizer out, or start a new run in another folder."
            ) from error
        self.batches.set_state(found.randomness["batches"])
        set_randomness(self.device, found.randomness)
        if found.settings.get("text_sha256") != self.settings["text_sha256"]:
            say(
                "note      the text has changed since this run began, so its losses can't be compared with earlier ones"
            )

    def next_batch(self) -> tuple[Tensor, Tensor]:
        """The next batch of training windows: x and y, each (B, T)."""
        return get_batch(self.train, self.model.get_block_size(), self.config.batch_size, self.batches, self.device)

    @property
    def val_losses(self) -> list[float | None]:
        """The validation loss of every measurement so far, oldest first, in nats per token."""
        return [record["val_loss"] for record in self.log.records]

    @contextmanager
    def sitting(self) -> Iterator[None]:
        """Watch over training: progress, Ctrl-C, the number of threads, and what to say when the numbers explode."""
        with limited_threads(self.config.threads), StopRequest() as stop:
            self.now = Sitting(self.config.max_iters, self.step, stop)
            try:
                yield
            except ArithmeticError as error:
                raise self.diverged(error) from error
            finally:
                self.interrupted = stop.requested
                self.now.close()
                self.now = None

    def tick(self, loss: float) -> None:
        """One step is done: count it and its time, and show it."""
        self.step += 1
        if self.now:
            self.seconds += self.now.clock.tick()
            self.now.progress.update(loss, self.tokens_per_second)

    @property
    def tokens_per_second(self) -> float:
        """The speed since the last measurement; 0 before the first step."""
        tokens_per_step = self.config.batch_size * self.config.accumulate * self.model.get_block_size()
        return tokens_per_step * self.now.clock.steps_per_second if self.now else 0.0

    def must_stop(self) -> bool:
        """Whether Ctrl-C was pressed, or the time that the run was given is up."""
        return self.out_of_time() or (self.now is not None and self.now.stop.requested)

    def out_of_time(self) -> bool:
        """Whether the run has trained for as long as it may."""
        return 0 < self.config.max_seconds <= self.seconds

    def measure(self, learning_rate: float) -> dict[str, Any]:
        """Estimate both losses, write them into the log, show and return the record."""
        started = time.monotonic()
        n = self.config.eval_iters
        val_loss = None if self.val is None else finite(estimate_loss(self.model, self.val, eval_iters=n))
        record = {
            "step": self.step,
            "train_loss": finite(estimate_loss(self.model, self.train, eval_iters=n)),
            "val_loss": val_loss,
            "val_bits_per_byte": self.bits_per_byte(val_loss),
            "learning_rate": learning_rate,
            "tokens_per_second": round(self.tokens_per_second, 1),
        }
        self.seconds += time.monotonic() - started
        record["seconds"] = round(self.seconds, 3)
        self.log.add(record)
        if self.now:
            self.now.progress.say(line(record))
            self.now.clock.restart()
        return record

    def outcome(self) -> Outcome:
        """How the run ended; unless it was interrupted, with the loss on the whole validation text."""
        whole = None
        if self.step == self.config.max_iters:
            ended: Literal["finished", "early", "time", "interrupted"] = "finished"
        else:
            ended = "interrupted" if self.interrupted else "time" if self.out_of_time() else "early"
        if self.val is not None and ended != "interrupted":
            self.say("measuring the whole validation text ...")
            with limited_threads(self.config.threads):
                whole = loss_on_all(self.model, self.val)
            if not math.isfinite(whole):
                raise self.diverged(ArithmeticError(f"the loss on the whole validation text is {whole}"))
        bits = self.bits_per_byte(whole)
        self.log.end({"step": self.step, "ended": ended, "val_loss": whole, "val_bits_per_byte": bits})
        return Outcome(self.step, ended, self.log.records[-1] if self.log.records else {}, whole)

    def diverged(self, error: ArithmeticError) -> TrainingDiverged:
        """What to say when a loss or gradient is not a finite number."""
        good, rate = last_step(self.config.ckpt_path), self.optimizer.param_groups[0]["lr"]
        saved = "No checkpoint was saved yet." if good is None else f"The last good checkpoint is that of step {good}."
        return TrainingDiverged(
            f"training stopped at step {self.step}, where {error}; the learning rate was {rate:g}. {saved} "
            "Start again with a smaller --learning-rate."
        )

    def bits_per_byte(self, val_loss: float | None) -> float | None:
        """A validation loss in bits per byte of the validation text."""
        if val_loss is None or self.val is None:
            return None
        return bits_per_byte(val_loss, len(self.val), self.val_bytes)

    def save(self, record: dict[str, Any] | None = None) -> Path:
        """Write a checkpoint of this very moment, with the measurement made at this step if there is one."""
        checkpoint = Checkpoint(
            model=self.model,
            arch=self.config.arch,
            tokenizer=self.tokenizer,
            step=self.step,
            metrics=record or {"step": self.step, "seconds": round(self.seconds, 3)},
            settings={**self.settings, "references": self.references},
            optimizer=self.optimizer.state_dict(),
            randomness={"batches": self.batches.get_state(), **get_randomness(self.device)},
        )
        folder = save_checkpoint(self.config.ckpt_path, checkpoint)
        self.saved_step = self.step
        return folder

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
        if (costs := cost(self.model)) is not None:
            flops, remembered = costs
            say(f"cost      {flops:,} FLOPs to train on a token, {remembered:,} bytes to keep its keys and values")
        if (trained_by := summary(self.optimizer)) is not None:
            say(f"optimiser {trained_by}")
        words = first_words(self.model, self.tokenizer, c.sample) if c.sample else None
        if words is not None:
            say(f"writes    {words!r}{', untrained' if self.step == 0 else ''}")
        batch = f"{c.batch_size}" + (f" x {c.accumulate}" if c.accumulate > 1 else "")
        say(f"training  {c.max_iters:,} steps of {batch} windows of {shape.block_size} tokens; kept in {c.ckpt_path}")
        counts, floor = self.references["5-gram counts"], self.references["floor"]
        if counts is not None:
            on = f", counted on {N_GRAM_TOKENS:,} tokens" if len(self.train) > N_GRAM_TOKENS else ""
            say(f"to beat   {counts:.3f} nats per token on the validation text: 5-gram counts{on}, no neural network")
        if floor is not None:
            say(f"the floor {floor:.3f} nats per token: so much of the validation text is chance, whatever the model")


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
    claim(config.ckpt_path, resume=config.resume, overwrite=config.overwrite)
    small = build_model(config.arch, shape).to(choose_device(config.device))
    rehearse(small, lambda: build_optimizer(small, config), generate=config.sample > 0)
    corpus = corpus or data.load()
    run = Run(corpus, data, shape, config, say)  # a mistake in the settings shows here, before anything is deleted
    sweep(config.ckpt_path, everything=config.overwrite and not config.resume)
    run.describe(say, corpus.name)
    return run


def finite(loss: float) -> float:
    """The loss itself. Raises ArithmeticError if it is infinite or not a number."""
    if loss - loss != 0:  # inf - inf and nan - nan are nan
        raise ArithmeticError(f"the loss is {loss}")
    return loss


def plain(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings as JSON can keep them: paths become text."""
    return {name: value.as_posix() if isinstance(value, Path) else value for name, value in settings.items()}
