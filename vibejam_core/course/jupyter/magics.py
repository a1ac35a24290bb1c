"""The notebook's magics: ``%%exercise COMPONENT`` writes a cell into your module and grades it; ``%check`` grades.

``%%kill COMPONENT`` says how many known mistakes a cell's tests catch, and ``%quiz`` shows a quiz's buttons.

``%load_ext vibejam_core.course.jupyter.magics`` loads them; the first cell of every lab does it for you.
"""

from __future__ import annotations

import atexit
import sys
import threading
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
from IPython.display import display

from vibejam_core.course.curriculum import COMPONENTS, LABS, Component, component
from vibejam_core.course.grading import kill, kill_report, learner_tests, report
from vibejam_core.course.grading.grader import Grader
from vibejam_core.course.grading.verdict import Verdict
from vibejam_core.course.grafting import hook
from vibejam_core.course.grafting.syntax import LearnerError, shown
from vibejam_core.course.jupyter import pictures, quiz_widget
from vibejam_core.course.jupyter.cells import CellError, ExerciseCell, take_apart
from vibejam_core.course.progress import Progress
from vibejam_core.course.workspace import Workspace


class NotPassed(Exception):
    """Raised after what is wrong was shown, so that whatever runs the notebook sees that this cell isn't done.

    The verdict says everything already, so one line stands where a traceback would.
    """

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class Shown:
    """A verdict as a cell's output: text, and HTML for whoever can show it."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": report.text(self.verdict, color=False), "text/html": report.html(self.verdict)}


class Scored:
    """A kill score as a cell's output."""

    def __init__(self, score: kill.Score, everything: bool) -> None:
        self.score, self.everything = score, everything

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        more = f"%%kill {self.score.component} --all"
        return {
            "text/plain": kill_report.text(self.score, everything=self.everything, more=more),
            "text/html": kill_report.html(self.score, self.everything),
        }


class Trying:
    """What stands in the place of a kill score while it is being found out."""

    def __init__(self, done: int = 0, total: int = 0) -> None:
        self.text = f"trial {done} of {total} …" if total else "…"

    def __repr__(self) -> str:
        return self.text


@magics_class
class CourseMagics(Magics):
    """``%%exercise`` and ``%check``, with one warm grader between them."""

    def __init__(self, shell: InteractiveShell, workspace: Workspace) -> None:
        super().__init__(shell)
        self.notebook = shell
        self.workspace = workspace
        self.grader = Grader(workspace)
        # Starting the worker takes as long as importing torch: do it while the first cells are being read.
        self._warming = threading.Thread(target=self.grader.__enter__, daemon=True)
        self._warming.start()
        atexit.register(self.close)

    def close(self) -> None:
        """Stop the grader's worker."""
        self._warming.join()
        self.grader.__exit__(None, None, None)
        atexit.unregister(self.close)

    @cell_magic
    def exercise(self, line: str, cell: str) -> None:
        """Write this cell's definition into your module, and grade it.

        ``%%exercise gpt.Head``. What the cell replaces is kept in the workspace's history. A cell that is still the
        skeleton overwrites nothing: your module's version is graded.
        """
        piece = self._component(line.strip(), "%%exercise")
        try:
            taken = take_apart(piece, cell)
            note = self._write(piece, taken)
        except (CellError, LearnerError) as error:
            raise NotPassed(str(error)) from None
        verdict = self._check(piece)
        if note and "yours" in verdict.parts.values():
            print(note)
        show(Shown(verdict))
        if may_run_here(verdict):
            self._use(piece, verdict)
        if verdict.state != "passed":
            raise NotPassed(summary(verdict))
        if taken.rest:
            self.notebook.run_cell(taken.rest).raise_error()  # type: ignore[no-untyped-call]

    @line_magic
    def check(self, line: str) -> None:
        """Grade what your modules say: ``%check gpt.Head``, ``%check 3`` for a lab, ``%check`` for everything."""
        pieces = [piece for word in line.split() for piece in self._asked(word)] or list(COMPONENTS)
        red = []
        for piece in pieces:
            verdict = self._check(piece)
            show(Shown(verdict))
            if may_run_here(verdict):
                self._use(piece, verdict, picture=len(pieces) == 1)
            if verdict.state != "passed":
                red.append(verdict)
        if red:
            more = f" (and {len(red) - 1} more)" if len(red) > 1 else ""
            raise NotPassed(summary(red[0]) + more)

    @cell_magic
    def kill(self, line: str, cell: str) -> None:
        """How many of a component's known mistakes this cell's tests catch: ``%%kill COMPONENT``, ``--all`` for all.

        An unwritten test is no failure, and a score is no verdict: this never raises for what a test does.
        """
        words = line.split()
        piece = self._component(" ".join(word for word in words if word != "--all"), "%%kill")
        try:
            tests = learner_tests.read("\n" + cell, piece)  # so that lines are counted as the cell shows them
        except ValueError as error:
            print(f"These tests can't be run: {error}")
            return
        self._warming.join()
        handle = display(Trying(), display_id=True)  # type: ignore[no-untyped-call]
        said = kill.score(piece, tests, self.grader.worker, "this cell", lambda *far: handle.update(Trying(*far)))
        Progress(self.workspace).record_kills(said)
        handle.update(Scored(said, "--all" in words))

    @line_magic
    def quiz(self, line: str) -> None:
        """Buttons for the quiz in the cell above: ``%quiz LAB NAME``. No answer blocks anything."""
        try:
            show(quiz_widget.find(*line.split()))
        except (TypeError, ValueError) as error:
            print(f"%quiz {line.strip()}: {error}\nThe answer is folded in the cell above.")

    def _component(self, id: str, magic: str) -> Component:
        try:
            return component(id)
        except ValueError as error:
            raise NotPassed(f"{magic} {id}: {error}") from None

    def _asked(self, word: str) -> tuple[Component, ...]:
        lab = next((lab for lab in LABS if word in (str(lab.number), f"{lab.number:02d}", lab.name)), None)
        return lab.components if lab else (self._component(word, "%check"),)

    def _write(self, piece: Component, taken: ExerciseCell) -> str:
        """Put the cell's code into the module; gives back what the learner should know about it."""
        place = shown(self.workspace.module_path(piece.file))
        if taken.untouched:
            return f"Nothing is written in this cell yet, so the version in {place} is graded."
        self.workspace.write_definition(piece, taken.kept)
        return ""

    def _check(self, piece: Component) -> Verdict:
        self._warming.join()
        return self.grader.check(piece.id)

    def _use(self, piece: Component, verdict: Verdict, picture: bool = True) -> None:
        """Let this notebook use the component from now on, and draw what it does.

        Only for code that the grader has seen come to an end: it runs here, in the learner's own kernel.
        """
        loaded = sys.modules.get(piece.module)
        before = dict(vars(loaded)) if loaded else {}
        try:
            module = hook.reload(piece.file)
        except Exception as error:
            print(f"This notebook goes on with the version from before: {type(error).__name__}: {error}")
            return
        self._rebind(before, vars(module), piece)
        wanted = verdict.passed or (verdict.state == "failed" and pictures.can_limit_time())
        if not (picture and wanted):
            return
        drawn = pictures.draw(piece.id, getattr(module, piece.symbol))
        if isinstance(drawn, str):
            if verdict.state == "passed":
                print(drawn)
        elif drawn is not None:
            show(drawn)

    def _rebind(self, before: dict[str, Any], after: dict[str, Any], piece: Component) -> None:
        """Bring the notebook's names up to date, and add those that the module's code may use (torch, nn, Tensor)."""
        names = self.notebook.user_ns
        renewed = {id(old): after[name] for name, old in before.items() if name in after and callable(old)}
        for name, value in list(names.items()):
            if id(value) in renewed:
                names[name] = renewed[id(value)]
        for name, value in after.items():
            if not name.startswith("__"):
                names.setdefault(name, value)
        names[piece.symbol] = after[piece.symbol]


def show(output: Any) -> None:
    """Make something an output of the cell that is running."""
    display(output)  # type: ignore[no-untyped-call]


def may_run_here(verdict: Verdict) -> bool:
    """Whether there is code that the grader has seen come to an end, so that it can run in this kernel as well."""
    return verdict.came_to_end and "yours" in verdict.parts.values()


def summary(verdict: Verdict) -> str:
    """A verdict that isn't "passed" in one line."""
    if verdict.state == "failed":
        return f"{verdict.component} doesn't pass yet: {verdict.counted('passed')} of {len(verdict.checks)} checks do."
    return f"{verdict.component} is {verdict.state}: {verdict.note}"


def load(workspace: Workspace) -> None:
    """Give the running notebook its magics, for this workspace."""
    if (shell := get_ipython()) is not None:
        register(shell, workspace)


def register(shell: InteractiveShell, workspace: Workspace) -> CourseMagics:
    """Give a shell the magics, in place of those for another workspace."""
    unregister(shell)
    magics = CourseMagics(shell, workspace)
    shell.register_magics(magics)
    return magics


def unregister(shell: InteractiveShell) -> None:
    """Stop the grader of a shell that has the magics."""
    loaded = shell.magics_manager.registry.pop(CourseMagics.__name__, None)
    if isinstance(loaded, CourseMagics):
        loaded.close()


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What ``%load_ext`` calls."""
    workspace = Workspace.find()
    workspace.prepare()
    if "vibejam_core" in sys.modules:
        hook.install("mine", workspace)
    register(shell, workspace)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """What ``%unload_ext`` calls."""
    unregister(shell)
