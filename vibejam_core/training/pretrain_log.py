"""What a pretraining run tells: JSON lines, CSV, TensorBoard, Weights & Biases if asked for, and lines for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vibejam_core.training.log import RunLog, told
from vibejam_core.training.material import Say
from vibejam_core.training.progress import duration

FIELDS = (
    "step",
    "train_loss",
    "train_bits_per_byte",
    "val_loss",
    "val_bits_per_byte",
    "learning_rate",
    "tokens",
    "tokens_per_second",
    "mfu",
    "memory_bytes",
    "loss_scale",
    "seconds",
)
"""A record's fields. Losses are in nats per token; what wasn't measured, or can't be known, is None."""

SAMPLES = "samples.jsonl"


class Journal:
    """Writes all of it, in a run's folder; only rank 0 has one."""

    def __init__(self, folder: Path, last_step: int, settings: dict[str, Any], wandb: bool, say: Say) -> None:
        """Begin, or go on after ``last_step``; -1 begins anew.

        Raises:
            OSError: if the folder can't be written to.
            ValueError: if wandb is asked for but isn't installed.
        """
        self.log = RunLog(folder, last_step, FIELDS)
        self.samples = folder / SAMPLES
        kept = [line for line in read_samples(folder) if line["step"] <= last_step]
        with told(folder):
            self.samples.write_text("".join(map(as_line, kept)), encoding="utf-8")
        self.board = open_board(folder / "tensorboard", last_step, say)
        self.wandb = open_wandb(folder, settings, resume=last_step >= 0) if wandb else None

    def add(self, record: dict[str, Any]) -> None:
        """Write a record down everywhere."""
        self.log.add(record)
        numbers = {name: value for name, value in record.items() if value is not None and name != "step"}
        if self.board is not None:
            with told(self.log.run):
                for name, value in numbers.items():
                    self.board.add_scalar(name, value, record["step"])
                self.board.flush()
        if self.wandb is not None:
            self.wandb.log(numbers, step=record["step"])

    def add_sample(self, step: int, text: str) -> None:
        """Write down what the model wrote."""
        with told(self.log.run), self.samples.open("a", encoding="utf-8") as file:
            file.write(as_line({"step": step, "text": text}))
        if self.board is not None:
            self.board.add_text("sample", text, step)

    def end(self, facts: dict[str, Any]) -> None:
        """Write down how the run ended."""
        self.log.end(facts)

    def close(self) -> None:
        """Nothing more will be written in this sitting."""
        if self.board is not None:
            self.board.close()
        if self.wandb is not None:
            self.wandb.finish()


def open_board(folder: Path, last_step: int, say: Say) -> Any:
    """A writer for TensorBoard, whose package only that needs; None, with a word, where it is missing."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        say("note      no TensorBoard files, since tensorboard isn't installed: pip install tensorboard")
        return None
    # What a stopped run wrote after its last checkpoint is made again, so TensorBoard is told to forget it.
    try:
        return SummaryWriter(folder, purge_step=last_step + 1 if last_step >= 0 else None)
    except UnicodeEncodeError:  # tensorboard wants a name in UTF-8, whatever the system's own encoding is
        say("note      no TensorBoard files: this system isn't set to UTF-8, and the folder's name has other letters")
        return None


def open_wandb(folder: Path, settings: dict[str, Any], *, resume: bool) -> Any:
    """A run of Weights & Biases. Raises ValueError where the package is missing."""
    try:
        import wandb  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        raise ValueError("--wandb needs a package that isn't installed: pip install wandb. Or leave it out.") from None
    return wandb.init(
        project="vibejam", name=folder.name, dir=folder, config=settings, resume="allow" if resume else None
    )


def read_samples(folder: Path) -> list[dict[str, Any]]:
    """What the model wrote on the way, oldest first: ``step`` and ``text``. A half-written last line is left out."""
    found = []
    file = folder / SAMPLES
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found


def as_line(facts: dict[str, Any]) -> str:
    """One line of JSON."""
    return json.dumps(facts) + "\n"


def facts_of(record: dict[str, Any]) -> list[str]:
    """What there is to say about a step besides its loss and its speed, for people."""
    facts = []
    if record["train_bits_per_byte"] is not None:
        facts.append(f"{record['train_bits_per_byte']:.3f} bits/byte")
    if record["mfu"] is not None:
        facts.append(f"MFU {100 * record['mfu']:.1f} %")
    if record["memory_bytes"]:
        facts.append(size(record["memory_bytes"]))
    return facts


def measured(record: dict[str, Any]) -> str:
    """A measurement in one line for people."""
    train = "" if record["train_loss"] is None else f"  train {record['train_loss']:.4f}"
    speed = f", {record['tokens_per_second']:,.0f} tokens/s" if record["tokens_per_second"] else ""
    return (
        f"step {record['step']:>5}{train}  val {record['val_loss']:.4f} nats per token, "
        f"{record['val_bits_per_byte']:.4f} bits per byte{speed}, {duration(record['seconds'])}"
    )


def size(n_bytes: float) -> str:
    """``1.5 GiB``, ``300 MiB``."""
    return f"{n_bytes / 2**30:.1f} GiB" if n_bytes >= 2**30 else f"{n_bytes / 2**20:.0f} MiB"


def scientific(number: float) -> str:
    """``3.1e15``."""
    return f"{number:.1e}".replace("e+", "e").replace("e0", "e")
