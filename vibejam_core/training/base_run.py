"""A pretraining run: shared out among processes, measured, kept, and gone on with exactly."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from vibejam_core.evaluation.measures import bits_per_byte
from vibejam_core.models.checkpoint import Checkpoint, save_checkpoint
from vibejam_core.models.checkpoint_folder import last_step
from vibejam_core.models.registry import build_model
from vibejam_core.text.prefetch import Loader
from vibejam_core.text.tokenizers import Tokenizer, fingerprint
from vibejam_core.training.base_setup import ARCH, Setup, prepared
from vibejam_core.training.devices import get_randomness, set_randomness
from vibejam_core.training.hardware import memory_in_use
from vibejam_core.training.material import Say
from vibejam_core.training.optimizer_set import build_optimizer
from vibejam_core.training.pretrain_data import Exam
from vibejam_core.training.pretrain_log import Journal, facts_of, measured
from vibejam_core.training.pretraining import LossScale, pretrain_step
from vibejam_core.training.progress import StopRequest
from vibejam_core.training.rehearsal import first_words
from vibejam_core.training.run import TrainingDiverged
from vibejam_core.training.scaling import mfu
from vibejam_core.training.sharded import ShardedOptimizer
from vibejam_core.training.sitting import Sitting, limited_threads
from vibejam_core.training.trainer import learning_rate_at
from vibejam_core.training.world import parameters_digest

IGNORED = -100
"""A target that PyTorch's cross-entropy leaves out."""


class Data(Protocol):
    """What a run reads; ``PretrainData`` is one."""

    @property
    def tokenizer(self) -> Tokenizer:
        """What made the tokens."""

    @property
    def val(self) -> Tensor:
        """(M,) The tokens to validate on."""

    @property
    def n_tokens(self) -> int:
        """How many there are to train on."""

    def digest(self) -> bytes:
        """A fingerprint of the text."""

    def batches(self, rows: int, block_size: int, rank: int, world_size: int, seed: int) -> Loader:
        """One rank's share of every step."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    step: int
    ended: Literal["finished", "time", "interrupted", "text"]
    """After its last step; because its time was up; by Ctrl-C; or because its text was over."""
    record: dict[str, Any]
    """The last measurement, as it is in the log; empty where there is none, and at all ranks but 0."""


class BaseRun:
    """A model, its optimiser, its text and where it is in it, at one rank. Made by :func:`start_base_run`."""

    def __init__(self, setup: Setup, data: Data, found: Checkpoint | None, say: Say) -> None:
        self.setup, self.config, self.plan, self.world = setup, setup.config, setup.plan, setup.world
        self.device, self.say = setup.device, say
        self.tokenizer = data.tokenizer
        torch.manual_seed(self.config.seed)
        model: Any = found.model if found else build_model(ARCH, setup.shape)
        self.world.agree(f"the weights at step {found.step if found else 0}", parameters_digest(model))
        self.schedule = self.config.schedule(self.plan)
        self.fsdp = self.config.sharding == "fsdp"
        if self.fsdp:
            from vibejam_core.training.fsdp import FullyShardedOptimizer, shard_model  # slow to import

            shard_model(model, self.world)
            self.optimizer: ShardedOptimizer = FullyShardedOptimizer(build_optimizer(model, self.schedule), self.world)
        else:
            model.to(self.device)
            self.optimizer = ShardedOptimizer(build_optimizer(model, self.schedule), self.world)
        self.model = model
        self.scale = LossScale() if setup.shape.compute_dtype == "float16" else None
        self.batches = data.batches(
            setup.rows_per_rank, self.plan.block_size, self.world.rank, self.world.size, self.config.seed
        )
        self.exam = Exam(data.val, data.tokenizer, self.plan.block_size, setup.eval_tokens)
        self.step = 0
        self.seconds = 0.0  # of training and measuring, all sittings together
        self.saved_step: int | None = None
        self.last: dict[str, Any] = {}  # the last measurement
        self.now: Sitting | None = None  # while it trains
        self.text_over = self.interrupted = False
        if found is not None:
            self.restore(found)
        self.agree(data)
        self.quick, self.micro = prepared(self.model, setup, say)
        self.micro = self.world.smallest(self.micro)
        self.journal = None
        if self.world.rank == 0:
            last = -1 if self.step == 0 else self.step
            self.journal = Journal(self.config.ckpt_path, last, self.settings, self.config.wandb, say)

    @property
    def settings(self) -> dict[str, Any]:
        """What the run was started with, as plain data."""
        return {"pretrain": self.config.plain(), "plan": asdict(self.plan)}

    def agree(self, data: Data) -> None:
        """Make sure that all ranks are about to train the same model in the same way.

        Raises:
            RuntimeError: at every rank, if one differs.
        """
        facts = [asdict(self.plan), asdict(self.setup.shape), fingerprint(self.tokenizer), self.step, self.exam.n_bytes]
        self.world.agree("the settings", json.dumps(facts).encode())
        self.world.agree("the texts", data.digest())

    def restore(self, found: Checkpoint) -> None:
        """Go back to where a checkpoint was made, with any number of ranks.

        Raises:
            ValueError: if the optimiser is another one, or the text can't be gone on with.
        """
        self.step, self.saved_step = found.step, found.step
        self.seconds = found.metrics.get("seconds", 0.0)
        self.last = found.metrics if found.metrics.get("val_loss") is not None else {}
        try:
            self.optimizer.load_state_dict(found.optimizer)
        except ValueError as error:
            raise ValueError(
                f"the run in {self.config.ckpt_path} was trained with another optimizer. "
                "Leave --optimizer out, or start a new run in another folder."
            ) from error
        states = found.settings["loaders"]  # one for all ranks, or one for each
        if len(states) not in (1, self.world.size):
            raise ValueError(
                f"the run in {self.config.ckpt_path} read its text with {len(states)} processes, each its own part, "
                f"and can't go on with {self.world.size}. Start {len(states)} again."
            )
        self.batches.load_state_dict(states[self.world.rank % len(states)])
        if self.scale is not None and found.settings["scale"] is not None:
            self.scale.load_state_dict(found.settings["scale"])
        set_randomness(self.device, found.randomness)
        before = found.settings["plan"]
        changed = [
            f"{name} {before[name]} (now {now})" for name, now in asdict(self.plan).items() if before[name] != now
        ]
        if changed:
            self.say(f"note      the plan is another one than this run was saved with: {', '.join(changed)}")

    @contextmanager
    def sitting(self) -> Iterator[None]:
        """Watch over training: progress, Ctrl-C, the number of threads, and what to say when the numbers explode."""
        with limited_threads(self.config.threads), StopRequest(patient=self.world.size > 1) as stop:
            self.now = Sitting(self.plan.steps, self.step, stop, quiet=self.world.rank > 0)
            try:
                yield
            except ArithmeticError as error:
                raise self.diverged(error) from error
            finally:
                self.interrupted = stop.requested
                self.now.close()
                if self.journal is not None:
                    self.journal.close()

    def close(self) -> None:
        """Stop reading ahead."""
        close = getattr(self.batches, "close", None)
        if close is not None:
            close()

    def any_rank(self, here: bool) -> bool:
        """Whether something is so at one rank at least: known to all alike, so that all do the same next."""
        return self.world.sum(torch.tensor(float(here), device=self.world.device)).item() > 0

    def must_stop(self) -> bool:
        """Whether, at any rank, Ctrl-C was pressed or the time that the run was given is up."""
        return self.any_rank(self.out_of_time() or (self.now is not None and self.now.stop.requested))

    def out_of_time(self) -> bool:
        """Whether the run has trained for as long as it may."""
        return 0 < self.config.max_seconds <= self.seconds

    def next_batches(self) -> list[tuple[Tensor, Tensor]]:
        """This rank's rows of the next step, in micro-batches, on the device; none where a text is over."""
        try:
            x, y = self.batches.next_batch()  # each (rows of this rank, T)
        except StopIteration:
            x = y = torch.empty(0)
        self.text_over = self.any_rank(x.numel() == 0)
        if self.text_over:
            return []
        x, y = (part.to(self.device, non_blocking=True).contiguous() for part in (x, y))
        return list(zip(torch.split(x, self.micro), torch.split(y, self.micro), strict=True))  # pairs, each (B, T)

    def improve(self, batches: list[tuple[Tensor, Tensor]]) -> float:
        """One step of training; the loss before it."""
        rate = learning_rate_at(self.step, self.schedule)
        try:
            return pretrain_step(self.quick, self.optimizer, batches, rate, self.config.grad_clip, self.scale)
        except ArithmeticError as error:
            if any((y == IGNORED).all() for _, y in batches):  # a mean over nothing
                raise ArithmeticError(
                    f"{error}, because a micro-batch has not a single target to learn from"
                ) from error
            raise

    def tick(self, loss: float) -> None:
        """One step more is done."""
        self.step += 1
        assert self.now is not None
        self.seconds += self.now.clock.tick()
        record = self.record(loss)
        self.now.progress.update(loss, record["tokens_per_second"], *facts_of(record))
        if self.journal is not None and self.step % self.config.log_interval == 0 and not self.due:
            self.journal.add(record)

    @property
    def due(self) -> bool:
        """Whether it is time to measure and to save."""
        return self.step % self.setup.eval_interval == 0 or self.step == self.plan.steps

    def record(self, loss: float | None, val_loss: float | None = None) -> dict[str, Any]:
        """A record for the log; ``loss`` is that of the last step."""
        speed = self.plan.batch_tokens * self.now.clock.steps_per_second if self.now else 0.0
        peak = self.setup.peak
        return {
            "step": self.step,
            "train_loss": loss,
            "train_bits_per_byte": self.in_bits(loss),
            "val_loss": val_loss,
            "val_bits_per_byte": self.in_bits(val_loss),
            "learning_rate": learning_rate_at(max(0, self.step - 1), self.schedule),
            "tokens": self.step * self.plan.batch_tokens,
            "tokens_per_second": round(speed, 1),
            "mfu": round(mfu(speed, self.setup.flops_per_token, peak), 4) if peak and speed else None,
            "memory_bytes": memory_in_use(self.device),
            "loss_scale": self.scale.scale if self.scale else None,
            "seconds": round(self.seconds, 3),
        }

    def in_bits(self, loss: float | None) -> float | None:
        """A loss in bits per byte, with as many bytes per token as the validation text has."""
        return None if loss is None else bits_per_byte(loss, self.exam.n_tokens, self.exam.n_bytes)

    def measure(self, loss: float | None = None) -> dict[str, Any]:
        """Measure the validation loss, write it down, let the model write a little, and return the record.

        Raises:
            ArithmeticError: at all ranks, if the loss is infinite or not a number.
        """
        started = time.monotonic()
        val_loss = self.val_loss()
        if not math.isfinite(val_loss):
            raise ArithmeticError(f"the validation loss is {val_loss}")
        record = self.record(loss, val_loss)
        if self.journal is not None and self.now is not None:
            self.now.progress.say(measured(record))
        if self.now is not None and (self.journal is not None or self.fsdp):
            self.sample()
        self.seconds += time.monotonic() - started
        record["seconds"] = round(self.seconds, 3)
        self.last = record
        if self.journal is not None:
            self.journal.add(record)
        if self.now is not None:
            self.now.clock.restart()
        return record

    def val_loss(self) -> float:
        """The mean loss on the exam's windows, shared out among the ranks."""
        total = 0.0
        self.model.eval()
        mine = self.exam.pieces(self.micro, self.world.rank, self.world.size)  # pairs, each (B, T)
        # With FSDP all ranks call the model equally often. Rank 0 has the most pieces; what isn't ours counts nothing.
        more = self.exam.pieces(self.micro, 0, self.world.size)[len(mine) :] if self.fsdp else []
        with torch.no_grad():
            for i, (x, y) in enumerate([*mine, *more]):
                _, loss = self.model(x.to(self.device), y.to(self.device))
                assert loss is not None  # targets were given
                total += loss.item() * x.numel() * (i < len(mine))
        kind = torch.float32 if self.world.device.type == "mps" else torch.float64
        everywhere = self.world.sum(torch.tensor(total, dtype=kind, device=self.world.device))
        return everywhere.item() / self.exam.n_tokens

    def sample(self) -> None:
        """Let the model write, and keep that. With FSDP all ranks do it together."""
        words = first_words(self.model, self.tokenizer, self.config.sample) if self.config.sample else None
        if words is not None and self.journal is not None and self.now is not None:
            self.now.progress.say(f"  writes  {words!r}")
            self.journal.add_sample(self.step, words)

    def save(self, record: dict[str, Any] | None = None) -> None:
        """Write a checkpoint of this very moment, at rank 0, with what all ranks have.

        Raises:
            OSError: at all ranks, if it can't be written.
            RuntimeError: at all ranks, if their weights aren't the same.
        """
        model: Any = self.model
        if self.fsdp:  # ranks have different parts of one model, so there is nothing in which they could differ
            from vibejam_core.training.fsdp import whole_model

            model = whole_model(model, ARCH, self.world)
        else:
            self.world.agree(f"the weights at step {self.step}", parameters_digest(model))
        loaders = [
            self.world.share({"loader": self.batches.state_dict()}, rank)["loader"] for rank in range(self.world.size)
        ]
        optimizer = self.optimizer.state_dict()
        failure: dict[str, Any] = {}
        if self.world.rank == 0:
            checkpoint = Checkpoint(
                model=model,
                arch=ARCH,
                tokenizer=self.tokenizer,
                step=self.step,
                metrics=record or {"step": self.step, "seconds": round(self.seconds, 3)},
                settings={
                    **self.settings,
                    "loaders": loaders[:1] if all(each == loaders[0] for each in loaders) else loaders,
                    "scale": self.scale.state_dict() if self.scale else None,
                    "micro": self.micro,
                    "world_size": self.world.size,
                },
                optimizer=optimizer,
                randomness=get_randomness(self.device),
            )
            try:
                save_checkpoint(self.config.ckpt_path, checkpoint)
            except OSError as error:
                failure = {"problem": str(error)}
        failure = self.world.share(failure, 0)
        if failure:
            raise OSError(failure["problem"])
        self.saved_step = self.step

    def diverged(self, error: ArithmeticError) -> TrainingDiverged:
        """What to say when a loss or gradient is not a finite number."""
        good = last_step(self.config.ckpt_path)
        saved = "No checkpoint was saved yet." if good is None else f"The last good checkpoint is that of step {good}."
        rate = learning_rate_at(min(self.step, self.plan.steps - 1), self.schedule)
        return TrainingDiverged(
            f"training stopped at step {self.step}, where {error}; the learning rate was {rate:.3g}. {saved} "
            f"Start again with a smaller --learning-rate than {self.plan.learning_rate:.3g}."
        )

    def outcome(self) -> Outcome:
        """How the run ended."""
        ended: Literal["finished", "time", "interrupted", "text"]
        if self.step == self.plan.steps:
            ended = "finished"
        elif self.text_over:
            ended = "text"
        else:
            ended = "time" if self.out_of_time() and not self.interrupted else "interrupted"
        if self.journal is not None:
            facts = {name: self.last.get(name) for name in ("val_loss", "val_bits_per_byte")}
            self.journal.end({"step": self.step, "ended": ended, **facts})
        return Outcome(self.step, ended, self.last)


def pretrain(run: BaseRun) -> Outcome:
    """Train until the run is over, and keep what was learned. All ranks call it."""
    try:
        with run.sitting():
            if run.step == 0:
                run.measure()
            while run.step < run.plan.steps and not run.must_stop():
                batches = run.next_batches()
                if not batches:
                    break
                loss = run.improve(batches)
                run.tick(loss)
                if run.due:
                    run.save(run.measure(loss))
            if run.saved_step != run.step:
                run.save()
    finally:
        run.close()
    return run.outcome()
