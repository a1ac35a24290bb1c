"""Notices when a learner's code replaces something that the checks stand on, and puts it back."""

from __future__ import annotations

import builtins
import math
import random
import sys
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vibejam_core.course import expect

_absent = object()


class Guard:
    """Remembers what every guarded name stands for at the moment the guard is made."""

    def __init__(self, checks: list[Callable[[Any], None]]) -> None:
        places: list[Any] = [torch, nn, F, nn.init, Tensor, nn.Module, builtins, math, random, expect]
        places += [kind for kind in vars(nn).values() if isinstance(kind, type) and kind is not nn.Module]
        places += [module for name, module in sys.modules.items() if name.startswith("tests.labs.")]
        self._places = [(place, dict(vars(place)), _identities(place)) for place in places]
        functions = [thing for thing in vars(expect).values() if isinstance(thing, FunctionType)]
        functions += [check for check in checks if isinstance(check, FunctionType)]
        self._codes = [(function, function.__code__, function.__defaults__) for function in functions]
        # The checks' own modules: what a check calls by name must be what its file defines.
        modules = {id(function.__globals__): function.__globals__ for function in functions}
        self._globals = [(names, dict(names)) for names in modules.values()]

    def restore(self) -> list[str]:
        """Put every replaced name back; returns what was replaced, as ``torch.nn.functional.softmax``."""
        replaced: list[str] = []
        for place, before, identities in self._places:
            if _identities(place) == identities:
                continue
            now = vars(place)
            for name, value in before.items():
                private = name.startswith("_") and _called(place).startswith("torch") and isinstance(place, ModuleType)
                if now.get(name, _absent) is not value and not private:
                    if not _torch_wrapped(now.get(name), value):
                        replaced.append(f"{_called(place)}.{name}")
                    setattr(place, name, value)
            if isinstance(place, type):  # a new special method changes what every object of the class does
                for name in [name for name in now if name not in before and name.startswith("__")]:
                    if name not in ("__annotations__", "__static_attributes__", "__slotnames__"):
                        delattr(place, name)
                        replaced.append(f"{_called(place)}.{name}")
        for function, code, defaults in self._codes:
            if function.__code__ is not code or function.__defaults__ is not defaults:
                function.__code__, function.__defaults__ = code, defaults
                replaced.append(f"{function.__module__}.{function.__name__}")
        for names, before in self._globals:
            for name, value in before.items():
                if names.get(name, _absent) is not value:
                    names[name] = value
                    replaced.append(f"{before.get('__name__')}.{name}")
        return replaced


def _torch_wrapped(now: Any, before: Any) -> bool:
    """Whether torch itself wrapped the function, as it does to ``torch.manual_seed`` when some operators first run."""
    made_in = getattr(getattr(now, "__code__", None), "co_filename", "")
    return getattr(now, "__wrapped__", None) is before and Path(made_in).is_relative_to(Path(torch.__file__).parent)


def _identities(place: Any) -> list[int]:
    """What tells quickly that nothing was replaced. (The guard keeps the values, so no identity is used twice.)"""
    return list(map(id, vars(place).values()))


def _called(place: Any) -> str:
    """The name by which people know a module or class."""
    if isinstance(place, ModuleType):
        return place.__name__
    if place is Tensor:
        return "torch.Tensor"
    return f"torch.nn.{place.__name__}"
