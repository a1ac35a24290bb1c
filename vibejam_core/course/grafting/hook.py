"""Running every program on the learner's code: an import hook that serves grafted modules in the reference's place.

``VIBEJAM_IMPL`` chooses: ``mine`` (your code where it is written, the reference elsewhere), ``strict`` (your code
alone, up to the first NotImplementedError) or ``core`` (the reference). ``VIBEJAM_WORKSPACE`` says whose code. Both
reach child processes through the environment, so scripts, data workers and ``torchrun`` ranks all run the same.

How much of the code is yours alone in strict mode depends on the program: where it trains one architecture, it is the
components of that architecture, and everything else is as with ``mine``. See :mod:`vibejam_core.course.grafting.walk`.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import multiprocessing
import os
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from vibejam_core.course.curriculum import WALKS
from vibejam_core.course.grafting import explain
from vibejam_core.course.grafting.explain import SettingError
from vibejam_core.course.grafting.graft import Graft, LearnerError, Origin, alone, graft, origins_of, untouched
from vibejam_core.course.grafting.skeleton import MODULES, components_of, module_of, reference
from vibejam_core.course.grafting.syntax import shown
from vibejam_core.course.grafting.walk import EVERYTHING, WALK, never_borrowed, walk
from vibejam_core.course.workspace import VARIABLE, Workspace

IMPL = "VIBEJAM_IMPL"
ANNOUNCED = "VIBEJAM_ANNOUNCED"
CHOICES = ("mine", "strict", "core")


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds and runs the modules that hold components."""

    def __init__(
        self,
        impl: str,
        workspace: Workspace,
        under_test: Collection[str] | None,
        announce: bool,
        walk: str = EVERYTHING,
    ) -> None:
        self.impl = impl
        self.walk = walk
        self.never_borrowed = never_borrowed(walk) if impl == "strict" else ()
        self.workspace = workspace
        self.under_test = under_test
        self.announce = announce

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for a module that holds components; None for every other, which Python then finds itself."""
        if fullname not in MODULES:
            return None
        return importlib.util.spec_from_file_location(fullname, self.file_of(fullname), loader=self)

    def exec_module(self, module: ModuleType) -> None:
        """Run a module that was just found."""
        self.run(module.__name__, module.__dict__)

    def file_of(self, module: str) -> Path:
        """The file that a module comes from: the learner's, or the reference's where the learner has none."""
        path = self.workspace.module_path(module.rpartition(".")[2])
        return reference(module).path if self.impl == "core" or self._lacks(module) else path

    def grafted(self, module: str) -> Graft:
        """What is run for a module."""
        path = self.workspace.module_path(module.rpartition(".")[2])
        if self.impl == "core":
            return untouched(module)
        if self.never_borrowed is None:
            return alone(module, path)
        return graft(
            module,
            None if self._lacks(module) else path,
            under_test=self.under_test,
            runnable=True,
            never_borrowed=self.never_borrowed,
        )

    def _lacks(self, module: str) -> bool:
        """Whether the learner has no file for a module, and may do without."""
        walked = self.never_borrowed is None or any(c.id in self.never_borrowed for c in components_of(module))
        return not walked and not self.workspace.module_path(module.rpartition(".")[2]).exists()

    def run(self, module: str, namespace: dict[str, Any]) -> None:
        """Execute a module, and the first time say whose code this program runs."""
        if self.announce:
            self.announce = False
            _announce(self)
        self.grafted(module).run(namespace)


_finder: Finder | None = None
_originals: dict[str, dict[str, Any]] = {}
"""What was in each module before a workspace's code took its place."""


def install(
    impl: str,
    workspace: Workspace,
    under_test: Collection[str] | None = None,
    *,
    announce: bool = False,
    walk: str = EVERYTHING,
) -> None:
    """Serve a workspace's code from now on. Modules that are loaded already are run again, in place.

    With ``core`` they get back the very definitions that they had, so that whoever kept one of those is still right.

    Args:
        impl: ``mine``, ``strict`` or ``core``; ``core`` takes an earlier installation back.
        workspace: whose code.
        under_test: ids of the components to take from it; None means all that are written.
        announce: whether to print, once per program, who supplied what.
        walk: with ``strict``, the architecture whose components are never borrowed; none is by default.

    Raises:
        SettingError: if ``impl`` is none of the three.
        LearnerError: if a module that is loaded already can't be replaced by the learner's.
    """
    global _finder
    if impl not in CHOICES:
        raise SettingError(
            f"{IMPL} is {impl!r}, which means nothing here. Set it to mine (your code where it is written, the "
            "reference elsewhere), strict (your code alone) or core (the reference), or leave it unset."
        )
    untouched = _finder is None or _finder.impl == "core"
    if _finder is not None and _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    _finder = Finder(impl, workspace, under_test, announce, walk)
    if impl != "core":
        sys.meta_path.insert(0, _finder)
    if impl == "core" and untouched:
        return
    loaded = [sys.modules[name] for name in MODULES if name in sys.modules]
    if untouched:  # all of them before the first is run again: it hands its new definitions to the others
        _originals.update({module.__name__: dict(vars(module)) for module in loaded})
    for module in loaded:
        if impl == "core" and module.__name__ in _originals:
            _put_back(module, _originals.pop(module.__name__))
        else:
            _run_again(_finder, module)


def install_from_environment() -> None:
    """What ``vibejam_core`` does on import where ``VIBEJAM_IMPL`` is set: the one door to the course."""
    explain.install()
    try:
        workspace = Workspace.find()
    except ValueError as error:
        raise SettingError(str(error)) from None
    os.environ[VARIABLE] = str(workspace.root)  # a child process may start in another folder
    explain.package = workspace.package
    chosen = EVERYTHING
    if os.environ[IMPL] == "strict":
        chosen = walk(sys.argv, os.environ)
        if chosen in (*WALKS, EVERYTHING):  # a child process has a command line of its own
            os.environ[WALK] = chosen
    if os.environ[IMPL] != "core":
        install(os.environ[IMPL], workspace, announce=_is_main_program(), walk=chosen)


def reload(file: str) -> ModuleType:
    """Run a learner's module again after a change, in place, and hand its new definitions to whoever imported the old.

    Objects that exist already keep their old class: make a new model after a change.

    Args:
        file: the module's short name, such as ``gpt``.

    Raises:
        LearnerError: if the file can't be used; the old code then stays.
    """
    if _finder is None:
        raise RuntimeError("no workspace is installed: call hook.install first")
    name = module_of(file)
    if name not in sys.modules:
        return importlib.import_module(name)
    _run_again(_finder, sys.modules[name])
    return sys.modules[name]


def _run_again(finder: Finder, module: ModuleType) -> None:
    namespace, before = module.__dict__, dict(module.__dict__)
    inside = str(finder.workspace.package.resolve())
    for name, other in list(sys.modules.items()):  # the learner's own helper modules may have changed as well
        if str(getattr(other, "__file__", None) or "").startswith(inside + os.sep) and name not in (
            *MODULES,
            "__main__",
        ):
            del sys.modules[name]
    try:
        finder.run(module.__name__, namespace)
    except BaseException:
        namespace.clear()
        namespace.update(before)
        raise
    module.__file__ = str(finder.file_of(module.__name__))
    _hand_out(module, before)


def _put_back(module: ModuleType, original: dict[str, Any]) -> None:
    before = dict(vars(module))
    vars(module).clear()
    vars(module).update(original)
    _hand_out(module, before)


def _hand_out(module: ModuleType, before: dict[str, Any]) -> None:
    """Give a module's definitions to whoever imported those that it had before."""
    namespace = vars(module)
    renewed = {
        id(old): namespace[name]
        for name, old in before.items()
        if getattr(old, "__module__", None) == module.__name__ and name in namespace and callable(old)
    }
    for name, other in list(sys.modules.items()):
        if other is not module and name.partition(".")[0] in ("vibejam_core", "scripts"):
            _renew(vars(other), renewed)


def _renew(namespace: dict[Any, Any], renewed: dict[int, Any]) -> None:
    for name, value in list(namespace.items()):
        if id(value) in renewed:
            namespace[name] = renewed[id(value)]
        elif type(value) is dict and isinstance(name, str) and name.isupper():  # a table such as ARCHITECTURES
            _renew(value, renewed)


def _is_main_program() -> bool:
    """Whether this is the process that a person started, and not one of its workers."""
    return (
        ANNOUNCED not in os.environ
        and multiprocessing.parent_process() is None
        and os.environ.get("RANK", "0") == "0"  # torchrun starts one process per rank
    )


def _announce(finder: Finder) -> None:
    os.environ[ANNOUNCED] = "1"
    print(summary(finder), file=sys.stderr, flush=True)


def whose() -> str:
    """Who supplies what in this program, as a small table; empty where all of it is the reference's."""
    return "" if _finder is None or _finder.impl == "core" else summary(_finder)


def summary(finder: Finder) -> str:
    """Who supplies what, as a small table."""
    if finder.never_borrowed is None:
        return f"only your code runs ({IMPL}=strict, {shown(finder.workspace.package)}): nothing is borrowed"
    titles = ("yours", "to write", "in part", "half done", "reference", "unreadable")
    rows: dict[str, list[str]] = {title: [] for title in titles}
    for module in MODULES:
        path = finder.workspace.module_path(module.rpartition(".")[2])
        try:
            used, written = finder.grafted(module).origins, origins_of(module, path if path.exists() else None)
        except LearnerError as error:
            rows["unreadable"].append(path.name + (f" (line {error.line})" if error.line else ""))
            continue
        for component in components_of(module):
            origins = used[component.id]
            borrowed = [name for name, origin in origins.items() if origin is not Origin.YOURS]
            if component.id in finder.never_borrowed and borrowed:
                rows["to write"].append(
                    component.id if len(borrowed) == len(origins) else f"{component.id} ({', '.join(borrowed)})"
                )
            elif not borrowed:
                rows["yours"].append(component.id)
            elif len(borrowed) < len(origins):
                rows["in part"].append(f"{component.id} (the reference's {', '.join(borrowed)})")
            elif Origin.YOURS in written[component.id].values() and _is_used(component.id, finder):
                rows["half done"].append(f"{component.id} (the reference's runs until yours is whole)")
            else:
                rows["reference"].append(component.id)
    lines = [f"whose code runs ({IMPL}={finder.impl}, {shown(finder.workspace.package)})"]
    if finder.never_borrowed:
        lines[0] += f": nothing of {finder.walk} is borrowed"
    for title, entries in rows.items():
        if entries:
            lines.append(explain.row(title, _shortened(entries) if title == "reference" else entries))
    return "\n".join(lines)


def _shortened(ids: list[str]) -> list[str]:
    """Component ids, with ``gpt.*`` in the place of all components of a module that has several."""
    short: list[str] = []
    for module in MODULES:
        here = [component.id for component in components_of(module)]
        found = [id for id in here if id in ids]
        short += [f"{module.rpartition('.')[2]}.*"] if found == here and len(here) > 1 else found
    return short


def _is_used(id: str, finder: Finder) -> bool:
    return finder.under_test is None or id in finder.under_test
