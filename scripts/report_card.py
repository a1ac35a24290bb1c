"""A run's report card: ``python -m scripts.report_card --ckpt-path DIR`` writes report.md and report.html beside it.

It shows what the run logged and what scripts.base_eval measured, and puts the model to the test in TinyWorld: documents
of each split beside their entropy floor, and texts of its own, read by the checker. What was measured is kept in
``tinyworld.json``, so a second report takes no time.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scripts._main import options, run

if TYPE_CHECKING:
    from vibejam_core.evaluation.report_card import Facts
    from vibejam_core.evaluation.tinyworld_scores import SplitScore, Written

SCORES = "tinyworld.json"


@dataclass(frozen=True)
class CardOptions:
    """Write a run's report card."""

    ckpt_path: Path = Path("checkpoints/base")
    """The run's folder."""
    which: Literal["best", "last"] = "last"
    """The run's newest checkpoint, or the one with the lowest validation loss."""
    out_dir: Path | None = None
    """Where to write report.md and report.html; the run's folder by default."""
    title: str = ""
    """What stands above; the folder's name by default."""
    tinyworld: bool = True
    """Put the model to the test in TinyWorld. --no-tinyworld for a model that was trained on something else."""
    texts: int = 48
    """How many documents to let it write; about half become stories."""
    kilobytes: float = 60.0
    """How much text of each split to measure bits per byte on, in thousands of bytes."""
    facts_path: Path | None = None
    """A JSON file of what else is known: stages, commands, about, not_run. make speedrun writes one."""
    measure_only: bool = False
    """Put the model to the test in TinyWorld, show what it writes, and make no pages."""
    device: str = "auto"
    """cpu, cuda or mps; auto takes the fastest there is."""

    def __post_init__(self) -> None:
        if self.texts < 1 or self.kilobytes <= 0:
            raise ValueError(f"texts must be at least 1 and kilobytes above 0; they are {self.texts}, {self.kilobytes}")


def main() -> None:
    """Read the options, measure what is missing, write both pages."""
    args = options(CardOptions, "scripts.report_card")
    # Imported here, so that an error in a component of yours, which is imported too, is told like any other.
    from vibejam_core.evaluation.report_card import report_of
    from vibejam_core.evaluation.report_pages import to_html, to_markdown

    if args.measure_only:
        measure(args)
        return
    report = report_of(gather(args))
    folder = args.out_dir or args.ckpt_path
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in (("report.md", to_markdown(report)), ("report.html", to_html(report))):
        write(folder / name, page)
    for number, what in report.figures:
        print(f"{number:>12}  {what}")
    print(f"done: {folder / 'report.html'} and {folder / 'report.md'}")


def gather(args: CardOptions) -> Facts:
    """All that is known about a run."""
    from scripts._machine import machine, versions
    from scripts.base_eval import RESULT
    from vibejam_core.course.grafting import hook
    from vibejam_core.evaluation.report_card import Facts
    from vibejam_core.models.checkpoint_folder import find_checkpoint, read_facts
    from vibejam_core.training.log import read_log
    from vibejam_core.training.pretrain_log import read_samples

    given = read_json(args.facts_path) if args.facts_path else {}
    base_eval = read_json(args.ckpt_path / RESULT)
    folder = find_checkpoint(args.ckpt_path, args.which)
    saved = read_facts(folder)
    not_run = [str(each) for each in given.get("not_run", ())]
    if "not_run" in base_eval.get("val", {}):
        not_run.append(f"bits per byte: {base_eval['val']['not_run']}")
    if not base_eval:
        not_run.append("bits per byte and CORE: run python -m scripts.base_eval first.")
    corpus: SplitScore | None = None
    splits: Sequence[SplitScore] = ()
    written: Sequence[Written] = ()
    if args.tinyworld:
        corpus, splits, written = tinyworld_scores(args, folder, saved)
    else:
        not_run.append("TinyWorld's checker and splits: the model was trained on something else.")
    records = read_log(args.ckpt_path)
    about = [("model", model_in_words(saved)), *training_in_words(records), ("machine", machine())]
    about += [(name, version) for name, version in versions().items()]
    return Facts(
        title=args.title or f"Report card: {args.ckpt_path.resolve().name}",
        records=records,
        base_eval=base_eval,
        corpus=corpus,
        splits=splits,
        written=written,
        samples=[(each["step"], each["text"]) for each in read_samples(args.ckpt_path)],
        about=[*((str(name), str(value)) for name, value in given.get("about", ())), *about],
        stages=[(str(name), float(seconds)) for name, seconds in given.get("stages", ())],
        commands=[str(command) for command in given.get("commands", ())],
        components=hook.whose(),
        not_run=not_run,
    )


def measure(args: CardOptions) -> None:
    """Put the model to the test, and show some of what it wrote."""
    from vibejam_core.models.checkpoint_folder import find_checkpoint, read_facts

    folder = find_checkpoint(args.ckpt_path, args.which)
    _, splits, written = tinyworld_scores(args, folder, read_facts(folder))
    for each in splits:
        print(f"{each.split:13} {each.bits_per_byte:.4f} bits per byte; the floor is {each.floor:.4f}")
    for text in [each for each in written if each.is_story][:2]:
        print(f"\n{text.text.strip()}\n  ({'; '.join(text.violations[:3]) or 'nothing is wrong with it'})")


def tinyworld_scores(
    args: CardOptions, folder: Path, saved: Mapping[str, Any]
) -> tuple[SplitScore, list[SplitScore], list[Written]]:
    """What is in ``tinyworld.json`` of this very model, or else measured and kept there."""
    from vibejam_core.evaluation.tinyworld_scores import SplitScore, Written, score_splits, write_texts
    from vibejam_core.models.checkpoint import load_checkpoint
    from vibejam_core.text.corpora import DOC_END
    from vibejam_core.training.devices import choose_device

    path = args.ckpt_path / SCORES
    asked = {
        "format": 2,
        "weights": saved["files"]["model.safetensors"]["sha256"],
        "texts": args.texts,
        "kilobytes": args.kilobytes,
    }
    before = read_json(path)
    if before.get("asked") == asked:
        print(f"TinyWorld measured before: {path}")
    else:
        checkpoint = load_checkpoint(folder)
        specials = getattr(checkpoint.tokenizer, "special_ids", {})
        if DOC_END not in specials:
            raise ValueError(
                f"the tokenizer of {folder} has no {DOC_END}, so the model can't begin a document of its own. Give "
                "--no-tinyworld, or train with a tokenizer of scripts.tok_train."
            )
        checkpoint.model.to(choose_device(args.device))
        print("TinyWorld: bits per byte of each split ...", flush=True)
        model, tokenizer, end, n_bytes = (
            checkpoint.model,
            checkpoint.tokenizer,
            specials[DOC_END],
            args.kilobytes * 1000,
        )
        [corpus] = score_splits(model, tokenizer, end, n_bytes=round(n_bytes), splits=("val",))
        splits = score_splits(model, tokenizer, end, n_bytes=round(n_bytes), kinds=("story",))
        print(f"TinyWorld: {args.texts} documents of its own ...", flush=True)
        written = write_texts(model, tokenizer, end, n=args.texts)
        before = {
            "asked": asked,
            "corpus": asdict(corpus),
            "splits": [asdict(each) for each in splits],
            "written": [asdict(each) for each in written],
        }
        write(path, json.dumps(before, indent=1) + "\n")
        before = read_json(path)
    texts = [Written(each["text"], each["whole"], tuple(each["violations"])) for each in before["written"]]
    return SplitScore(**before["corpus"]), [SplitScore(**each) for each in before["splits"]], texts


def model_in_words(saved: Mapping[str, Any]) -> str:
    """Its architecture, shape and age."""
    shape = saved["model"]
    layers, heads = (
        f"{shape[key]} {word}{'' if shape[key] == 1 else 's'}"
        for key, word in (("n_layer", "layer"), ("n_head", "head"))
    )
    return (
        f"{saved['arch']}, {layers} of width {shape['n_embd']}, {heads}, {shape['vocab_size']:,} tokens, "
        f"context {shape['block_size']:,}; step {saved['step']:,}"
    )


def training_in_words(records: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """How much was trained on, how fast, and how well the machine was used; as far as it was written down."""
    last: dict[str, Any] = {}
    for record in records:
        last |= {name: value for name, value in record.items() if value is not None}
    speeds = [record["tokens_per_second"] for record in records if record.get("tokens_per_second")]
    found = [("tokens trained on", f"{last['tokens']:,}")] if "tokens" in last else []
    if speeds:
        found.append(("tokens per second", f"{statistics.median(speeds):,.0f} (median)"))
    if "mfu" in last:
        found.append(("MFU", f"{100 * last['mfu']:.1f} %"))
    if "memory_bytes" in last:
        found.append(("memory", f"{last['memory_bytes'] / 2**30:.2f} GiB"))
    if "seconds" in last:
        found.append(("training and measuring", f"{last['seconds']:.0f} s"))
    return found


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; empty where there is none, or it is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


if __name__ == "__main__":
    run(main)
