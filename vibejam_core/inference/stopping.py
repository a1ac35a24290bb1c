"""When a sample is over: stop texts, and guards against a model that writes nothing but white space."""

from __future__ import annotations

import re

from vibejam_core.inference.config import SamplingConfig


def cut_at(text: str, config: SamplingConfig) -> int | None:
    """Where a sample ends.

    Args:
        text: what the model has written so far, without the prompt.
        config: its ``stop``, ``max_newlines`` and ``max_spaces`` count.

    Returns:
        How many characters of ``text`` to keep if the sample is over: up to the first stop text; with at most
        ``max_newlines`` line breaks and ``max_spaces`` characters of white space in a row. None if it goes on.
    """
    ends = [text.find(stop) for stop in config.stop]
    for characters, most in (("\n", config.max_newlines), (r"\s", config.max_spaces)):
        runaway = re.search(f"{characters}{{{most + 1}}}", text) if most else None
        ends.append(runaway.start() + most if runaway else -1)
    found = [end for end in ends if end >= 0]
    return min(found) if found else None


def certain(text: str, config: SamplingConfig) -> int:
    """How many characters of an unfinished sample can be shown already, because no stop text can begin in them."""
    for length in range(max(map(len, config.stop), default=1) - 1, 0, -1):
        if any(stop.startswith(text[-length:]) for stop in config.stop if len(stop) > length):
            return len(text) - min(length, len(text))
    return len(text)
