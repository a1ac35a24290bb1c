"""What a run writes down: a record per measurement, as JSON lines and as CSV, and at last how it ended."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vibejam_core.training.progress import duration

FIELDS = (
    "step",
    "train_loss",
    "val_loss",
    "val_bits_per_byte",
    "learning_rate",
    "tokens_per_second",
    "seconds",
)
"""A record's fields. Losses are in nats per token; what wasn't measured is None (null in JSON, empty in CSV)."""

END = "end.json"


def read_log(run: Path) -> list[dict[str, Any]]:
    """The records in a run's folder, oldest first. A last line that a killed run left unfinished is left out."""
    records = []
    file = run / "log.jsonl"
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        try:
            records.append(json.loads(line))
        except ValueError:
            break
    return records


def read_end(run: Path) -> dict[str, Any]:
    """How the run in a folder ended: what :meth:`RunLog.end` wrote. Empty while it trains, or where it was killed."""
    try:
        found = json.loads((run / END).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


class RunLog:
    """Writes ``log.jsonl`` and ``log.csv`` in a run's folder, and at last ``end.json``.

    Args:
        run: the folder; made if need be.
        last_step: where a resumed run goes on: later records, of a run that was killed, are dropped. With -1 the
            log begins anew.
        fields: what a record has, in the order of the table's columns.

    Raises:
        OSError: if the folder or a file can't be written; the message names the folder.
    """

    def __init__(self, run: Path, last_step: int = -1, fields: Sequence[str] = FIELDS) -> None:
        self.run, self.fields = run, fields
        self.records = [record for record in read_log(run) if record["step"] <= last_step]
        with told(run):
            run.mkdir(parents=True, exist_ok=True)
            for name, form in FORMS.items():
                # Another file takes the old one's place in one step, so a run that is killed here loses no record.
                fresh = run / f"{name}.new"
                fresh.write_text(form(self.records, self.fields, header=True), encoding="utf-8", newline="")
                fresh.replace(run / name)
            (run / END).unlink(missing_ok=True)

    def add(self, record: dict[str, Any]) -> None:
        """Append one record to both files.

        Raises:
            OSError: if a file can't be written; the message names the folder.
        """
        self.records.append(record)
        with told(self.run):
            for name, form in FORMS.items():
                with (self.run / name).open("a", encoding="utf-8", newline="") as file:
                    file.write(form([record], self.fields, header=False))

    def end(self, facts: dict[str, Any]) -> None:
        """Write down how the run ended: ``step``, ``ended``, and the loss on the whole validation text.

        Raises:
            OSError: if the file can't be written; the message names the folder.
        """
        with told(self.run):
            (self.run / END).write_text(json.dumps(facts, allow_nan=False) + "\n", encoding="utf-8")


def as_lines(records: list[dict[str, Any]], fields: Sequence[str], *, header: bool) -> str:
    """Records as JSON, one per line; such files have no header."""
    return "".join(json.dumps(record, allow_nan=False) + "\n" for record in records)


def as_table(records: list[dict[str, Any]], fields: Sequence[str], *, header: bool) -> str:
    """Records as CSV, with or without the names of the columns."""
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, fields)
    if header:
        writer.writeheader()
    writer.writerows(records)
    return table.getvalue()


FORMS = {"log.jsonl": as_lines, "log.csv": as_table}


@contextmanager
def told(run: Path) -> Iterator[None]:
    """Say which log could not be written, and that the checkpoints are as they were."""
    try:
        yield
    except OSError as error:
        raise OSError(
            f"the log in {run} could not be written: {error}. The checkpoints are untouched. "
            "Make room or give another --ckpt-path."
        ) from error


def line(record: dict[str, Any]) -> str:
    """A measurement in one line for people."""
    val, bits = (
        f"{record[key]:.4f}" if record[key] is not None else "none" for key in ("val_loss", "val_bits_per_byte")
    )
    speed = f", {record['tokens_per_second']:,.0f} tokens/s" if record["tokens_per_second"] else ""
    return (
        f"step {record['step']:>5}  train {record['train_loss']:.4f}  val {val} nats per token, {bits} bits per byte"
        f"{speed}, {duration(record['seconds'])}"
    )
