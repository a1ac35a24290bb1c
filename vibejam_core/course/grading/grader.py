"""The grader: one verdict per component, from a warm worker.

Nothing here imports torch or runs a learner's code; both happen in the worker's children.
"""

from __future__ import annotations

import ast
from types import TracebackType
from typing import Literal, Self

from vibejam_core.course import hints, known
from vibejam_core.course.authoring.lab_source import HINTS
from vibejam_core.course.curriculum import Component, lab_of
from vibejam_core.course.curriculum import component as find_component
from vibejam_core.course.grading import checks
from vibejam_core.course.grading.diagnosis import Diagnosis, agree_on, diagnose
from vibejam_core.course.grading.folding import display_path
from vibejam_core.course.grading.job import GIBIBYTES, Job, time_limit
from vibejam_core.course.grading.known_results import KnownResults
from vibejam_core.course.grading.outcome import Outcome
from vibejam_core.course.grading.verdict import CheckResult, State, Verdict
from vibejam_core.course.grading.warm import Worker, WorkerFailed
from vibejam_core.course.grafting import syntax
from vibejam_core.course.grafting.graft import LearnerError, Origin
from vibejam_core.course.progress import Progress, source_hash
from vibejam_core.course.workspace import Workspace

__all__ = ["CheckResult", "Grader", "Verdict"]


class Grader:
    """Grades the components of one workspace. A context manager: leaving it stops the worker."""

    def __init__(
        self,
        workspace: Workspace,
        impl: Literal["mine", "core"] = "mine",
        *,
        record: bool = True,
        seconds: float | None = None,
        gibibytes: float = GIBIBYTES,
    ) -> None:
        """Prepare; the worker starts with the first check, or on entering the context.

        Args:
            workspace: whose work is graded.
            impl: ``mine`` for the learner's code, ``core`` for the reference.
            record: write what passes into the workspace's progress (for ``mine`` only).
            seconds: the time limit per component.
            gibibytes: the memory limit per component.
        """
        if impl not in ("mine", "core"):
            raise ValueError(f"impl must be 'mine' or 'core', but it is {impl!r}")
        self.workspace, self.impl = workspace, impl
        self.record = record and impl == "mine"
        self.seconds = time_limit() if seconds is None else seconds
        self.gibibytes = gibibytes
        self.worker = Worker()

    def __enter__(self) -> Self:
        self.worker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the worker; the next check would start another."""
        self.worker.close()

    def check(self, component_id: str, *, all_checks: bool = False) -> Verdict:
        """Grade one component.

        Args:
            component_id: such as ``gpt.Head``.
            all_checks: show what came of the checks after the first red one, too.

        Raises:
            ValueError: if there is no such component.
        """
        component = find_component(component_id)
        if self.impl == "core":
            return self._verdict(
                component, self._run(Job(component.id, impl="core", all_checks=all_checks)), all_checks
            )
        path = self.workspace.module_path(component.file)
        try:
            source = syntax.read(path)
        except LearnerError as error:
            return self._verdict(component, Outcome(broken=str(error)), all_checks, line=error.line)
        # The text is read once: what is graded is what is recorded, even when the file is saved again meanwhile.
        job = Job(component.id, path=str(path), source=source.text, all_checks=all_checks)
        verdict = self._verdict(component, self._run(job), all_checks, line=_line(component, source.tree))
        if self.record and verdict.state != "unfinished":
            Progress(self.workspace).record(
                component.id, source_hash(component, source.tree), verdict.passed, len(verdict.checks)
            )
        return verdict

    def _run(self, job: Job) -> Outcome:
        limited = Job.from_json({**job.to_json(), "seconds": self.seconds, "gibibytes": self.gibibytes})
        try:
            return self.worker.run([limited])[0]
        except WorkerFailed as error:
            return Outcome(broken=f"The grader itself failed; this is not about your code. {error}")

    def _verdict(self, component: Component, outcome: Outcome, all_checks: bool, line: int | None = None) -> Verdict:
        listed = checks.of(component)
        results = [_result(check, outcome) for check in listed]
        if not all_checks:
            red = next((i for i, result in enumerate(results) if result.state == "failed"), len(results))
            results[red + 1 :] = [CheckResult(c.name, c.sentence, "waiting") for c in listed[red + 1 :]]
        state, note = self._state(component, outcome, results)
        diagnosis = None
        if state in ("failed", "unfinished") and outcome.failed:
            diagnosis = self._diagnose(component, outcome)
        path = self.workspace.module_path(component.file)
        place = display_path(path) if self.impl == "mine" else component.module
        return Verdict(
            component.id,
            state,
            tuple(results),
            diagnosis=str(diagnosis) if diagnosis else None,
            note=note,
            parts=outcome.parts,
            location=f"{place}:{line}" if line else place,
            lab=lab_of(component).number,
            printed=outcome.printed,
            next_step=self._next_step(component) if state in ("failed", "unfinished") else "",
            seconds=outcome.seconds,
            came_to_end=outcome.done and outcome.ended is None and outcome.broken is None,
        )

    def _state(self, component: Component, outcome: Outcome, results: list[CheckResult]) -> tuple[State, str | None]:
        """The one place where "passed" is said. It needs evidence of everything; what is missing makes it red."""
        if outcome.broken is not None:
            return "broken", outcome.broken
        red = any(result.state == "failed" for result in results)
        if outcome.ended is not None and not (red and (outcome.limited or outcome.failed)):
            when = "" if outcome.running or outcome.parts == {} else " while it was loaded"
            stop = "" if outcome.ended.endswith("?") else "."
            return "broken", f"{component.symbol} could not be graded{when}: {outcome.ended}{stop}"
        if not results:
            return "broken", f"There are no checks for {component.id}, so nothing was graded."
        wanted = Origin.YOURS.value if self.impl == "mine" else Origin.REFERENCE.value
        parts = {part.name: outcome.parts.get(part.name) for part in component.parts}
        if any(origin != wanted for origin in parts.values()):
            return "unfinished", _unfinished(component, parts, display_path(self.workspace.module_path(component.file)))
        if red:
            return "failed", None
        if outcome.done and all(result.state == "passed" for result in results):
            return "passed", None
        return "broken", f"The checks of {component.id} did not come to their end, so nothing can be said."

    def _next_step(self, component: Component) -> str:
        """The command that helps on: the next hint or, when all were shown, the solution."""
        shown = hints.shown(self.workspace).get(component.id, 0)
        if shown >= HINTS:
            return f"vibejam solution {component.id}   (all {HINTS} hints were shown)"
        return f"vibejam hint {component.id}   ({shown + 1} of {HINTS})"

    def _diagnose(self, component: Component, outcome: Outcome) -> Diagnosis | None:
        """Compare with the known mistakes: on the first red check, and those that fit there on all checks."""
        first = outcome.failed[0]
        results = KnownResults(component, self.worker, self.workspace.state / "cache")
        try:
            mistakes = known.candidates(component, first)
            there = results.of(mistakes, only=first)
            near = [m for m in mistakes if agree_on(first, outcome, there[m.sentence])]
            return diagnose(outcome, results.of(near)) if near else None
        except (WorkerFailed, ValueError):
            return None  # a verdict without a diagnosis is still a verdict
        finally:
            results.save()


def _result(check: checks.Check, outcome: Outcome) -> CheckResult:
    result = outcome.results.get(check.name)
    if result is not None:
        state: Literal["passed", "failed"] = "passed" if result.passed else "failed"
        return CheckResult(check.name, check.sentence, state, result.message, result.seconds)
    if outcome.running == check.name and outcome.ended is not None and not outcome.failed:
        return CheckResult(check.name, check.sentence, "failed", outcome.ended)
    return CheckResult(check.name, check.sentence, "waiting")


def _line(component: Component, tree: ast.Module) -> int | None:
    node = syntax.definition(tree.body, component.symbol)
    return None if node is None else node.lineno


def _unfinished(component: Component, parts: dict[str, str | None], file: str) -> str:
    """What is still to be done, in one sentence."""
    if all(origin == Origin.MISSING.value for origin in parts.values()):
        return f"{file} defines no {component.symbol}. Put its skeleton back with: vibejam reset {component.id}"
    if all(origin == Origin.REFERENCE.value for origin in parts.values()):
        return f"{file} imports {component.symbol} from the reference. The exercise is to write your own."
    if not component.is_class:
        return "Not written yet."
    stubs = [name for name, origin in parts.items() if origin == Origin.STUB.value]
    missing = [name for name, origin in parts.items() if origin not in (Origin.STUB.value, Origin.YOURS.value)]
    said = []
    if stubs:
        said.append(f"Still to write: {', '.join(stubs)}.")
    if missing:
        said.append(f"{component.symbol} has no {', '.join(missing)}: is the name spelt as in the skeleton?")
    if any(origin == Origin.YOURS.value for origin in parts.values()):
        said.append("What you have is checked with the reference's version of the rest.")
    return " ".join(said)
