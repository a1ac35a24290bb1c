"""A comparison as a table for a terminal, with both curves in a line each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vibejam_core.course.compare import AT, TOLERANCE, Comparison, Side, steps

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII_BLOCKS = "_.-=+*%#"
MEBIBYTE = 2**20


def text(comparison: Comparison, blocks: str = BLOCKS) -> str:
    """The table, the curves, whose components ran, and what was found.

    Args:
        comparison: what to show.
        blocks: the characters of the curves, from low to high.
    """
    yours, reference = comparison.yours, comparison.reference
    lines = [comparison.settings.title, "", f"{'':32}{'yours':>12}{'reference':>12}{'difference':>12}"]
    early = min(AT, max(steps(reference)))
    if early in steps(yours):
        lines.append(
            _row(f"training loss at step {early}", yours, reference, lambda side: side.at(early)["train_loss"])
        )
        lines.append(
            _row(f"validation loss at step {early}", yours, reference, lambda side: side.at(early)["val_loss"])
        )
    lines += [
        _row("final validation loss", yours, reference, lambda side: side.val_loss),
        _row("bits per byte", yours, reference, lambda side: side.val_bits_per_byte),
        _row("tokens per second", yours, reference, lambda side: side.tokens_per_second, "{:,.0f}", "{:+,.0f}"),
        _row("peak memory (MiB)", yours, reference, lambda side: side.peak_bytes / MEBIBYTE, "{:,.0f}", "{:+,.0f}"),
        "",
    ]
    low = min(value for side in (yours, reference) for value in curve(side))
    high = max(value for side in (yours, reference) for value in curve(side))
    for name, side in (("yours", yours), ("reference", reference)):
        line = sparkline(curve(side), low, high, blocks)
        lines.append(f"validation loss, {name:9}   {curve(side)[0]:.2f} {line} {curve(side)[-1]:.2f}")
    return "\n".join([*lines, "", *owned(yours), "", comparison.finding, ending(comparison)])


def ending(comparison: Comparison) -> str:
    """How far apart both end, and whether that is a match."""
    verdict = "within" if comparison.difference <= TOLERANCE else "beyond"
    said = f"{comparison.difference:.4f} nats apart at the end, {verdict} the tolerance of {TOLERANCE}"
    if comparison.same_start is None:
        return f"{said}."
    verdict = "within" if comparison.same_start <= TOLERANCE else "beyond"
    return f"{said}; from the same first weights {comparison.same_start:.4f}, {verdict} it."


def curve(side: Side) -> list[float]:
    """The validation losses, oldest first."""
    return [record["val_loss"] for record in side.records]


def sparkline(values: Sequence[float], low: float, high: float, blocks: str = BLOCKS) -> str:
    """A curve in one line, one character per value."""
    span = high - low or 1.0
    return "".join(blocks[round((value - low) / span * (len(blocks) - 1))] for value in values)


def owned(side: Side) -> list[str]:
    """Whose components the learner's training ran."""
    lines = []
    for owner, said in (("yours", "yours"), ("in part", "in part yours"), ("reference", "the reference's")):
        ids = [id for id, whose in side.components.items() if whose == owner]
        if ids:
            lines.append(f"{said} ({len(ids)}): {', '.join(ids)}")
    return lines


def _row(
    name: str,
    yours: Side,
    reference: Side,
    value: Callable[[Side], float],
    form: str = "{:.4f}",
    change: str = "{:+.1e}",
) -> str:
    one, other = value(yours), value(reference)
    difference = "0" if one == other else change.format(one - other)
    return f"{name:32}{form.format(one):>12}{form.format(other):>12}{difference:>12}"
