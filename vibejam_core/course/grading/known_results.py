"""What the known mistakes do on the checks: run when first asked for, then kept in the workspace's cache."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vibejam_core.course import known
from vibejam_core.course.curriculum import Component
from vibejam_core.course.grading import checks
from vibejam_core.course.grading.job import Job
from vibejam_core.course.grading.outcome import Outcome
from vibejam_core.course.grading.warm import Worker
from vibejam_core.course.grafting import syntax
from vibejam_core.course.known import Mistake

Entry = list[Any]
"""One check's ``result`` record, as a trial emits it."""


class KnownResults:
    """The results of one component's known mistakes, valid for this version of checks, mistakes and reference."""

    def __init__(self, component: Component, worker: Worker, folder: Path) -> None:
        self.component, self.worker = component, worker
        fingerprint = checks.fingerprint(component, *known.files(component))
        self.path = folder / f"{component.id}-{fingerprint}.json"
        self.listed = [check.name for check in checks.of(component)]
        self.changed = False
        self.entries: dict[str, dict[str, Entry]] = {}
        with contextlib.suppress(OSError, ValueError, AttributeError):
            loaded = json.loads(self.path.read_text(encoding="utf-8"))
            self.entries = {str(sentence): dict(found) for sentence, found in loaded.items()}

    def of(self, mistakes: Sequence[Mistake], only: str | None = None) -> dict[str, Outcome]:
        """Sentence to outcome, of one check or of all of them."""
        wanted = self.listed if only is None else [only]
        missing = [m for m in mistakes if not self.entries.get(m.sentence, {}).keys() >= set(wanted)]
        jobs = [
            Job(
                self.component.id,
                source=known.module_source(self.component, mistake.change),
                all_checks=True,
                only=None if only is None else (only,),
            )
            for mistake in missing
        ]
        for mistake, outcome in zip(missing, self.worker.run(jobs), strict=True):
            kept = self.entries.setdefault(mistake.sentence, {})
            for name in wanted:  # a check that the mistake never came to is remembered as one without evidence
                result = outcome.results.get(name)
                kept[name] = ["result", name, "waiting", None, 0.0, []]
                if result is not None:
                    state = "passed" if result.passed else "failed"
                    kept[name] = ["result", name, state, None, result.seconds, result.trace]
            self.changed = True
        return {m.sentence: self._outcome(m.sentence, wanted) for m in mistakes}

    def _outcome(self, sentence: str, wanted: Sequence[str]) -> Outcome:
        found = self.entries.get(sentence, {})
        return Outcome.of([*(found[name] for name in wanted if name in found), ["done"]])

    def save(self) -> None:
        """Keep what was found out for the next time, in place of what an older version of the checks left."""
        if not self.changed:
            return
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            for older in self.path.parent.glob(f"{self.component.id}-*.json"):
                older.unlink(missing_ok=True)
            syntax.write_atomically(self.path, json.dumps(self.entries).encode())
        self.changed = False
