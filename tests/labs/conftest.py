"""``pytest tests/labs`` grades your components with the same grader as ``vibejam check``, one test per check.

``--workspace DIR`` says whose code; ``--impl core`` grades the reference instead. The checks' files are read here but
never imported: they run in the grader's worker, with its limits. Run as part of the whole suite (plain ``pytest``),
these tests are left out: they are about a learner's code, not about the project.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from vibejam_core.course.grading import checks
from vibejam_core.course.grading.grader import Grader
from vibejam_core.course.grading.verdict import Verdict
from vibejam_core.course.workspace import Workspace

collect_ignore_glob: list[str] = []
HERE = Path(__file__).resolve().parent
GRADER = pytest.StashKey[Grader]()
VERDICTS = pytest.StashKey[dict[str, Verdict]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare whose code is graded."""
    group = parser.getgroup("vibejam")
    group.addoption("--impl", choices=("mine", "core"), default="mine", help="mine: your code; core: the reference")
    group.addoption("--workspace", metavar="DIR", help="the folder that holds mygpt")


def pytest_configure(config: pytest.Config) -> None:
    """Leave the labs out unless they were asked for."""
    asked = [Path(argument.partition("::")[0]).resolve() for argument in config.args]
    if not any(path == HERE or HERE in path.parents for path in asked):
        collect_ignore_glob.append("*")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the worker."""
    if GRADER in config.stash:
        config.stash[GRADER].close()


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say whose code is graded."""
    if collect_ignore_glob:
        return None
    if config.getoption("--impl", "mine") == "core":
        return "grading: the reference (--impl core)"
    return f"grading: {Workspace.find(config.getoption('--workspace', None)).package}"


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take a lab's file apart without importing it."""
    if module_path.parent == HERE and checks.lab_of_file(module_path) is not None:
        return LabFile.from_parent(parent, path=module_path)  # type: ignore[no-any-return]
    return None


class LabFile(pytest.File):
    """The checks of one lab, or those of them that are in this file."""

    def collect(self):
        """One item per check, in the file's order."""
        lab = checks.lab_of_file(self.path)
        assert lab is not None
        for check in checks.in_file(lab, self.path):
            yield CheckItem.from_parent(self, name=check.name, check=check)


class Red(Exception):
    """A check that is not green; the message is all that is shown."""


class CheckItem(pytest.Item):
    """One check, which asks the grader what came of it."""

    def __init__(self, *, check: checks.Check, **others: object) -> None:
        super().__init__(**others)  # type: ignore[arg-type]
        self.check = check

    def runtest(self) -> None:
        """Green only where the grader says that this check passed, on code that is all the learner's."""
        verdict = verdict_on(self.config, self.check.component)
        result = next((result for result in verdict.checks if result.name == self.check.name), None)
        if result is not None and result.state == "failed":
            raise Red("\n".join(filter(None, [result.message, verdict.diagnosis])))
        if verdict.state in ("unfinished", "broken"):
            raise Red(f"{verdict.component}: {verdict.note}")
        if result is None or result.state != "passed":
            raise Red("this check did not run to its end, because an earlier one ended the trial")

    def repr_failure(self, excinfo, style=None):
        """What a learner needs: the sentence and the message, no traceback."""
        if isinstance(excinfo.value, Red):
            return f"{self.check.component}: {self.check.sentence}\n{excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        """Where the check is written."""
        return self.path, self.check.line - 1, f"{self.check.component}: {self.check.name}"


def verdict_on(config: pytest.Config, component: str) -> Verdict:
    """A component's verdict, given once per session."""
    verdicts = config.stash.setdefault(VERDICTS, {})
    if component not in verdicts:
        if GRADER not in config.stash:
            workspace = Workspace.find(config.getoption("--workspace", None))
            impl = config.getoption("--impl", "mine")
            if impl == "mine":
                workspace.prepare()
            config.stash[GRADER] = Grader(workspace, impl, record=False)
        verdicts[component] = config.stash[GRADER].check(component, all_checks=True)
    return verdicts[component]
