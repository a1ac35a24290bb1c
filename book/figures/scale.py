"""The tables of the page "From laptop to cluster": ``python book/figures/scale.py`` writes them into it."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from vibejam_core.training.contract import HEADINGS, JOBS, Job, contract, planned  # noqa: E402


def step(job: Job, devices: int) -> list[str]:
    """A step on so many devices: what it computes and what it sends."""
    found = planned(job)
    computing, sending = found.computing(devices), found.sending(devices)
    return [
        f"depth {found.shape.n_layer}, {devices:,} GPUs",
        f"{found.plan.batch_tokens / devices:,.0f}",
        f"{1000 * computing:,.0f} ms",
        f"{1000 * sending:,.0f} ms",
        f"{computing / (computing + sending):.0%}",
    ]


def table(rows: list[list[str]]) -> str:
    """Rows in Markdown; the first one is the heading."""
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (rows[0], ["---"] * len(rows[0]), *rows[1:]))


def tables() -> dict[str, str]:
    """Each table of the page, by its name there."""
    eight, thousand = JOBS[3], JOBS[-1]
    steps = [
        ["job", "tokens for each", "computing", "sending", "share that computes"],
        *(step(eight, devices) for devices in (8, 32, 128)),
        *(step(thousand, devices) for devices in (128, 512, 1024)),
    ]
    return {"contract": table([list(HEADINGS), *map(contract, JOBS)]), "sending": table(steps)}


def with_tables(page: str) -> str:
    """A page with each table between its two comments."""
    for name, text in tables().items():
        begin, end = f"<!-- {name}: made by book/figures/scale.py -->\n", f"<!-- end of {name} -->"
        before, after = page.split(begin)[0], page.split(end)[1]
        page = f"{before}{begin}\n{text}\n{end}{after}"
    return page


if __name__ == "__main__":
    path = ROOT / "book" / "scale.md"
    path.write_text(with_tables(path.read_text(encoding="utf-8")), encoding="utf-8")
    for text in tables().values():
        print(text)
