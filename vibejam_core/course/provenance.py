"""Whose code runs in this process: read off the code objects themselves, not off what somebody says."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Collection
from importlib import import_module

from vibejam_core.course.curriculum import COMPONENTS, Component
from vibejam_core.course.grafting.skeleton import reference


def borrowed(ids: Collection[str]) -> list[str]:
    """The parts of these components that run the reference's code in this process: ``gpt.Head.forward``."""
    return [part for component in COMPONENTS if component.id in ids for part in borrowed_parts(component)]


def owners() -> dict[str, str]:
    """Component id to ``yours``, ``in part`` or ``reference``, for every component that this process has loaded."""
    found = {}
    for component in COMPONENTS:
        if component.module in sys.modules:
            parts = borrowed_parts(component)
            whole = len(parts) == len(component.parts)
            found[component.id] = "reference" if whole else "in part" if parts else "yours"
    return found


def borrowed_parts(component: Component) -> list[str]:
    """The parts of a component whose code stands in the reference's file."""
    thing = getattr(import_module(component.module), component.symbol)
    theirs = str(reference(component.module).path)
    parts = []
    for part in component.parts:
        function = getattr(thing, part.name) if component.is_class else thing
        function = inspect.unwrap(getattr(function, "fget", None) or getattr(function, "__func__", function))
        code = getattr(function, "__code__", None)
        if code is None or code.co_filename == theirs:
            parts.append(f"{component.id}.{part.name}" if component.is_class else component.id)
    return parts
