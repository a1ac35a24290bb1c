"""A run's report card: what it learned, how near it came to what can be learned, what it writes, and who did what.

Everything is put together from plain data, :class:`Facts`, that programs gather; what wasn't measured is told as "not
run". The pages themselves are made by :mod:`vibejam_core.evaluation.report_pages`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vibejam_core.evaluation.report_pages import Quote, Report, Section, Table
from vibejam_core.evaluation.report_plot import Curve, Plot
from vibejam_core.evaluation.tinyworld_scores import SplitScore, Written, per_hundred_words

SPLIT_NAMES = {"train": "known facts", "val": "unseen facts", "compositional": "unseen combinations"}
SHOWN = 6
"""How many texts of the model are shown."""


@dataclass(frozen=True)
class Facts:
    """What is known about a run. All of it may be missing."""

    title: str = "Report card"
    records: Sequence[Mapping[str, Any]] = ()
    """The run's log: ``step``, ``train_loss``, ``val_loss`` and ``val_bits_per_byte``, in nats per token and bits."""
    base_eval: Mapping[str, Any] = field(default_factory=dict)
    """What ``scripts.base_eval`` wrote."""
    corpus: SplitScore | None = None
    """The validation split of the corpus that was trained on, and its floor."""
    splits: Sequence[SplitScore] = ()
    """The splits' stories."""
    written: Sequence[Written] = ()
    samples: Sequence[tuple[int, str]] = ()
    """``(step, text)``: what it wrote on the way."""
    about: Sequence[tuple[str, str]] = ()
    """What was trained where, ``(name, value)``: model, tokens, machine, versions …"""
    stages: Sequence[tuple[str, float]] = ()
    """``(name, seconds)`` of each."""
    commands: Sequence[str] = ()
    components: str = ""
    """Whose components ran, as the import hook tells it; empty where all of them were the reference's."""
    not_run: Sequence[str] = ()
    """What could not be done here, and why."""


def report_of(facts: Facts) -> Report:
    """The report of these facts."""
    sections = [
        learning(facts),
        floor_table(facts),
        stories(facts),
        on_the_way(facts.samples),
        core(facts.base_eval.get("core", {})),
        components(facts.components),
        Section("The run", table=Table(("", ""), tuple(facts.about), numbers=False)) if facts.about else None,
        times(facts.stages),
        Section("Commands", code="\n".join(facts.commands)) if facts.commands else None,
        Section("Not run", words=tuple(f"not run: {why}" for why in facts.not_run)) if facts.not_run else None,
    ]
    return Report(facts.title, tuple(figures(facts)), tuple(each for each in sections if each is not None))


def figures(facts: Facts) -> list[tuple[str, str]]:
    """What is read first."""
    found = []
    splits = {each.split: each for each in facts.splits}
    val = facts.base_eval.get("val", {})
    if "bits_per_byte" in val:
        found.append((f"{val['bits_per_byte']:.4f}", "bits per byte on the validation text"))
    if facts.corpus:
        found.append((f"{facts.corpus.floor:.4f}", "bits per byte: the floor, which no model can beat for long"))
    if "compositional" in splits:
        found.append(
            (
                f"{splits['compositional'].above:+.4f}",
                "bits per byte above the floor, on stories with unseen combinations",
            )
        )
    told = [each for each in facts.written if each.is_story]
    if told:
        faultless = sum(not each.violations for each in told)
        found.append((f"{faultless} of {len(told)}", "stories without a fault"))
        found.append((f"{per_hundred_words(told):.1f}", "faults per hundred words of its stories"))
    if "core" in facts.base_eval.get("core", {}):
        found.append((f"{facts.base_eval['core']['core']:.4f}", "CORE"))
    if facts.stages:
        found.append((clock(sum(seconds for _, seconds in facts.stages)), "from nothing to this page"))
    return found


def learning(facts: Facts) -> Section | None:
    """The curves, with the floor drawn in."""
    if not facts.records:
        return None
    floor = facts.corpus
    nats = None if floor is None else floor.floor * math.log(2) * floor.n_bytes / floor.n_tokens
    losses = Plot(
        "Loss",
        "nats per token",
        (
            Curve("validation", points(facts.records, "val_loss")),
            Curve("training", points(facts.records, "train_loss"), "second"),
        ),
        nats,
    )
    bits = Plot(
        "Bits per byte",
        "on the validation text",
        (Curve("validation", points(facts.records, "val_bits_per_byte")),),
        None if floor is None else floor.floor,
    )
    words = []
    if floor is not None:
        words = [
            "TinyWorld's texts are made by rules and dice, so it is known how much of each is chance. The dotted line "
            "is that chance, estimated from a sample: a model that knew all rules would be there."
        ]
    return Section("Learning", tuple(words), (losses, bits))


def points(records: Sequence[Mapping[str, Any]], key: str) -> tuple[tuple[float, float], ...]:
    """One field of the records, where it was measured."""
    return tuple((record["step"], record[key]) for record in records if record.get(key) is not None)


def floor_table(facts: Facts) -> Section | None:
    """The splits of TinyWorld, each beside its floor: also those combinations that were held out."""
    if not facts.splits:
        return None
    rows = tuple(
        (
            SPLIT_NAMES.get(each.split, each.split),
            f"{each.bits_per_byte:.4f}",
            f"{each.floor:.4f}",
            f"{each.above:.4f} ± {each.standard_error:.4f}",
        )
        for each in facts.splits
    )
    table = Table(("stories about", "bits/byte", "floor", "above it"), rows)
    words = [
        "Bits per byte on stories that the model has never seen, beside what the very same stories cost the world that "
        "made them. Known facts stand in the training text, too. Unseen facts don't. Unseen combinations are a person "
        "with a thing in a place where these three were never together: they show whether rules were learned or lines."
    ]
    by_name = {each.split: each for each in facts.splits}
    if {"val", "compositional"} <= by_name.keys():
        words.append(compared(by_name["compositional"], by_name["val"]))
    return Section("How near to the floor", tuple(words), table=table)


def compared(combinations: SplitScore, val: SplitScore) -> str:
    """Whether unseen combinations are harder, as far as the samples can tell."""
    further = combinations.above - val.above
    error = math.hypot(combinations.standard_error, val.standard_error)
    if abs(further) < 2 * error:
        return (
            f"Unseen combinations are no harder and no easier than unseen facts, as far as so many stories can tell "
            f"(a difference of {further:+.4f} ± {error:.4f})."
        )
    return (
        f"On unseen combinations it is {abs(further):.4f} ± {error:.4f} bits per byte "
        f"{'further from' if further > 0 else 'nearer to'} the floor than on unseen facts."
    )


def stories(facts: Facts) -> Section | None:
    """What the model wrote, and what is wrong with it."""
    if not facts.written:
        return None
    told = [each for each in facts.written if each.is_story]
    words = [
        f"It wrote {len(facts.written)} documents, {len(told)} of them stories, each from nothing. The checker knows "
        "the world's rules: who can be where, who has what, what follows from what. Those that the model didn't end "
        "itself were cut off. (*) per hundred words."
    ]
    rows = []
    for name, some in (("stories", told), ("all documents", list(facts.written))):
        if some:
            rows.append(
                (
                    name,
                    f"{len(some)}",
                    f"{sum(not each.violations for each in some)}",
                    f"{sum(each.whole for each in some)}",
                    f"{per_hundred_words(some):.2f}",
                )
            )
    table = Table(("", "written", "faultless", "ended", "faults*"), tuple(rows))
    quotes = []
    for each in (told or list(facts.written))[:SHOWN]:
        said = "; ".join(each.violations[:3]) + ("; and more" if len(each.violations) > 3 else "")
        cut = "" if each.whole else " (cut off)"
        quotes.append(Quote(each.text.strip("\n"), (said or "nothing is wrong with it") + cut))
    return Section("What it writes", tuple(words), table=table, quotes=tuple(quotes))


def on_the_way(samples: Sequence[tuple[int, str]]) -> Section | None:
    """How the model's writing changed while it was trained: the first sample, the last, and some between."""
    if len(samples) < 2:
        return None
    n = min(SHOWN, len(samples))
    chosen = [samples[i * (len(samples) - 1) // (n - 1)] for i in range(n)]
    quotes = tuple(Quote(text.strip("\n"), f"after step {step:,}") for step, text in chosen)
    return Section("How its writing changed", quotes=quotes)


def core(found: Mapping[str, Any]) -> Section | None:
    """CORE, or why there is none."""
    if not found:
        return None
    if "not_run" in found:
        return Section("CORE", (f"not run: {found['not_run']}",))
    rows = tuple(
        (
            each["label"],
            f"{each['accuracy']:.4f}",
            f"{each['baseline']:.4f}",
            f"{(each['accuracy'] - each['baseline']) / (1 - each['baseline']):.4f}",
            f"{each['n']:,}",
        )
        for each in found.get("tasks", ())
    )
    words = ["The mean of centred accuracies: 0 is guessing, 1 is faultless."]
    if "core" not in found:
        words = ["CORE was interrupted; these tasks are done."]
    if found.get("differences"):
        words.append(f"This isn't the published list: {'; '.join(found['differences'])}.")
    return Section("CORE", tuple(words), table=Table(("task", "accuracy", "guessing", "centred", "examples"), rows))


def components(told: str) -> Section:
    """Whose code it was."""
    if not told:
        return Section("Whose components ran", ("All components were the reference's.",))
    return Section("Whose components ran", code=told)


def times(stages: Sequence[tuple[str, float]]) -> Section | None:
    """How long each stage took."""
    if not stages:
        return None
    total = sum(seconds for _, seconds in stages)
    rows = [(name, clock(seconds)) for name, seconds in stages]
    return Section("Time", table=Table(("stage", "time"), (*rows, ("together", clock(total)))))


def clock(seconds: float) -> str:
    """``4.2 s``, ``1:05 min`` or ``2:00:00 h``."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d} h" if hours else f"{minutes}:{rest:02d} min"
