"""What a run writes down: one record per measurement, as JSON lines for programs and as CSV for spreadsheets."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

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


class RunLog:
    """Writes ``log.jsonl`` and ``log.csv`` in a run's folder.

    Args:
        run: the folder; made if need be.
        last_step: where a resumed run goes on: later records, of a run that was killed, are dropped. With -1 the
            log begins anew.
    """

    def __init__(self, run: Path, last_step: int = -1) -> None:
        run.mkdir(parents=True, exist_ok=True)
        self.run = run
        self.records = [record for record in read_log(run) if record["step"] <= last_step]
        with (run / "log.jsonl").open("w", encoding="utf-8") as lines:
            lines.writelines(json.dumps(record) + "\n" for record in self.records)
        with (run / "log.csv").open("w", encoding="utf-8", newline="") as table:
            writer = csv.DictWriter(table, FIELDS)
            writer.writeheader()
            writer.writerows(self.records)

    def add(self, record: dict[str, Any]) -> None:
        """Append one record to both files."""
        self.records.append(record)
        with (self.run / "log.jsonl").open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(record, allow_nan=False) + "\n")
        with (self.run / "log.csv").open("a", encoding="utf-8", newline="") as table:
            csv.DictWriter(table, FIELDS).writerow(record)
