"""Makes what lab 06's bug hunt shows: ``python book/figures/samplers.py`` lets the chapter's samplers write."""

from __future__ import annotations

from typing import Any

import torch
from curves import keep  # beside this file
from training import code_of

from vibejam_core.course.storyteller import storyteller

ORDER = (  # which letter hides which change
    "the window from the wrong end",
    "top-k along the wrong axis",
    "one generator for all",
    "seeded anew for each token",
    "temperature after the softmax",
)
SEEDS = list(range(20, 26))
ALONE = 3


def returns(text: str, length: int = 40) -> bool:
    """Whether a passage of that length stands in a text twice."""
    return any(text.find(text[i : i + length], i + 1) >= 0 for i in range(len(text) - length))


def main() -> None:
    """Six samples of each, and the fourth of them alone."""
    names: dict[str, Any] = {"torch": torch}
    cell = code_of("06_sampling", "def sampler")
    loop, _, _ = cell.partition("CHANGES")
    exec(cell, names)
    changes: dict[str, tuple[str, str]] = names["CHANGES"]
    if set(ORDER) != set(changes):
        raise ValueError(f"the chapter's changes are {', '.join(changes)}, which are not those that are hidden here")
    model, tokenizer = storyteller()
    samples: dict[str, Any] = {}
    for letter, change in {"right": None, **dict(zip("ABCDE", ORDER, strict=True))}.items():
        changed = loop
        if change:
            old, new = changes[change]
            if loop.count(old) != 1:
                raise ValueError(f"the chapter's sampler should have one {old!r}")
            changed = loop.replace(old, new)
        exec(compile(changed, "06_sampling.md", "exec"), names)
        texts, choices = names["sampler"](model, tokenizer, "Vera ", SEEDS)
        try:
            alone = "yes" if names["sampler"](model, tokenizer, "Vera ", [SEEDS[ALONE]])[0][0] == texts[ALONE] else "no"
        except (RuntimeError, IndexError) as error:
            alone = type(error).__name__
        caught = sum(map(returns, texts))
        samples[letter] = {"texts": texts, "choices": choices, "caught": caught, "same_alone": alone}
        print(letter, choices, caught, alone, sep="  ", flush=True)
    keep("bug_hunt_06", {}, command="python book/figures/samplers.py", seeds=SEEDS, samples=samples)


if __name__ == "__main__":
    main()
