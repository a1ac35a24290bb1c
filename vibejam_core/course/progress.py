"""What a learner has done so far, kept in ``.vibejam/progress.json`` of the workspace.

A component that passed is kept with a hash of its code, so that one that was edited since can be told apart. The hash
is of the syntax tree: comments, spacing and docstrings don't count, and a helper counts for the components that use it.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from vibejam_core.course.curriculum import COMPONENTS, Component
from vibejam_core.course.grafting import syntax
from vibejam_core.course.grafting.graft import origins_of
from vibejam_core.course.workspace import Workspace

if TYPE_CHECKING:
    from vibejam_core.course.grading.kill import Score

Standing = Literal["passed", "stale", "started", "untouched", "unreadable"]
"""``stale``: passed once, edited since. ``started``: something is written and it hasn't passed."""


class Progress:
    """The record of one workspace. Every change is written at once, and atomically."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.path = workspace.state / "progress.json"

    def record(self, component: str, source_hash: str | None, passed: bool, checks: int) -> None:
        """Remember a verdict. A component that once passed keeps the code that did."""
        data = self._read()
        entry = data["components"].setdefault(component, {})
        entry["last"] = {"state": "passed" if passed else "failed", "hash": source_hash, "date": _now()}
        if passed:
            entry["passed"] = {"hash": source_hash, "date": _now(), "checks": checks}
        self._write(data)

    def record_milestone(self, milestone: str, numbers: dict[str, Any]) -> None:
        """Remember a milestone that was just earned, with what was measured."""
        data = self._read()
        data["milestones"][milestone] = {"date": _now(), **numbers}
        self._write(data)

    def record_kills(self, score: Score) -> None:
        """Remember a kill score. The best one stays, as long as it is out of the same number of known mistakes."""
        if score.state != "scored" or not score.tests:
            return
        data = self._read()
        before = data["kills"].get(score.component, {})
        if before.get("total") != score.total or before.get("killed", 0) <= len(score.killed):
            data["kills"][score.component] = {"killed": len(score.killed), "total": score.total, "date": _now()}
            self._write(data)

    def kills(self) -> dict[str, dict[str, Any]]:
        """Component id to its best kill score: how many were ``killed``, of how many in ``total``, and when."""
        return dict(self._read()["kills"])

    def milestones(self) -> dict[str, dict[str, Any]]:
        """What was earned: id to date and numbers."""
        return dict(self._read()["milestones"])

    def standings(self) -> dict[str, Standing]:
        """Where every component stands, by its id. Reads the learner's files, but runs nothing."""
        entries = self._read()["components"]
        standings: dict[str, Standing] = {}
        for component in COMPONENTS:
            entry = entries.get(component.id, {})
            standings[component.id] = self._standing(component, entry if isinstance(entry, dict) else {})
        return standings

    def _standing(self, component: Component, entry: dict[str, Any]) -> Standing:
        path = self.workspace.module_path(component.file)
        if not path.exists():
            return "untouched"
        try:
            source = syntax.read(path)
            origins = origins_of(component.module, path, source=source.text)[component.id]
        except syntax.LearnerError:
            return "unreadable"
        passed = entry.get("passed", {}).get("hash")
        if all(origin == "yours" for origin in origins.values()) and passed is not None:
            last = entry.get("last", {})
            same = passed == source_hash(component, source.tree)
            regressed = last.get("state") == "failed" and last.get("hash") == passed
            return "passed" if same and not regressed else "stale"
        return "started" if any(origin == "yours" for origin in origins.values()) else "untouched"

    def _read(self) -> dict[str, Any]:
        """What the file says. One that can't be read is set aside, never overwritten."""
        empty: dict[str, Any] = {"version": 1, "components": {}, "milestones": {}, "kills": {}}
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            data = {**empty, **data} if {"components", "milestones"} <= data.keys() else {}
            if all(isinstance(data[kind], dict) for kind in ("components", "milestones", "kills")):
                return dict(data)
            raise ValueError
        except FileNotFoundError:
            return empty
        except (ValueError, KeyError, TypeError, AttributeError, OSError):
            stamp = datetime.now().strftime("%Y-%m-%dT%H-%M-%S")
            with contextlib.suppress(OSError):
                self.path.replace(self.path.with_name(f"progress-unreadable-{stamp}.json"))
            return empty

    def _write(self, data: dict[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(data, indent=2, sort_keys=True) + "\n"
        syntax.write_atomically(self.path, text.encode())


def source_hash(component: Component, tree: ast.Module) -> str | None:
    """A hash of a component's code and of the module's own things that it uses; None if it isn't there."""
    components = {other.symbol for other in COMPONENTS if other.module == component.module}
    own: dict[str, list[ast.stmt]] = {}
    for node in tree.body:
        for name in syntax.bound(node):
            own.setdefault(name, []).append(node)
    if component.symbol not in own:
        return None
    digest = hashlib.sha256()
    seen: set[str] = set()
    waiting = [component.symbol]
    while waiting:
        name = waiting.pop()
        for node in own.get(name, []):
            digest.update(ast.dump(_without_docstrings(node)).encode())
            used = {item.id for item in ast.walk(node) if isinstance(item, ast.Name)} - components - seen
            seen |= used
            waiting += sorted(used & own.keys())
    for node in tree.body:  # a method that is put on the class from outside
        if syntax.patched(node, component.symbol):
            digest.update(ast.dump(node).encode())
    return digest.hexdigest()[:16]


def _without_docstrings(statement: ast.stmt) -> ast.stmt:
    class Strip(ast.NodeTransformer):
        def generic_visit(self, node: ast.AST) -> ast.AST:
            super().generic_visit(node)
            body = getattr(node, "body", None)
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef) and isinstance(body, list):
                first = body[0]
                if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                    node.body = body[1:]
            return node

    copied = ast.parse(ast.unparse(statement)).body[0]
    stripped: ast.stmt = Strip().visit(copied)
    return stripped


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
