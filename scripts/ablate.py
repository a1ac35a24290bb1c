"""What the parts of the modern GPT are worth: ``python -m scripts.ablate``.

Each variant changes one thing of the plain modern GPT and is trained on the same text, with several seeds. A finished
run is kept and never trained again, so the program may be stopped at any time and goes on where it was.
"""

from __future__ import annotations

import json
import platform
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scripts._main import options, run

if TYPE_CHECKING:
    from vibejam_core.text.corpora import Corpus
    from vibejam_core.training.run import Run

PLAIN = "plain"
Option = Literal[
    "value-embeddings", "residual-scalars", "windows", "no-softcap", "one-kv-head", "adamw", "classic"
]  # fmt: skip


@dataclass(frozen=True)
class Variant:
    """The plain modern GPT with something changed."""

    says: str
    shape: Mapping[str, Any] = field(default_factory=dict)
    train: Mapping[str, Any] = field(default_factory=dict)


VARIANTS = {
    PLAIN: Variant("modern GPT as it is"),
    "value-embeddings": Variant("with value embeddings", {"value_embeddings": True}),
    "residual-scalars": Variant("with residual and x0 scalars", {"residual_scalars": True}),
    "windows": Variant("with windows, pattern SSL", {"window_pattern": "SSL"}),
    "no-softcap": Variant("without the soft cap", {"softcap": 0.0}),
    "one-kv-head": Variant("one head of keys and values", {"n_kv_head": 1}),
    "adamw": Variant("with AdamW for all weights", train={"optimizer": "adamw"}),
    "classic": Variant("classic GPT of lab 04", train={"arch": "gpt"}),
}


@dataclass(frozen=True)
class AblateOptions:
    """Train the modern GPT with one thing changed at a time. About eight CPU-minutes as it stands."""

    options: tuple[Option, ...] = (
        "value-embeddings", "residual-scalars", "windows", "no-softcap", "one-kv-head", "adamw", "classic",
    )  # fmt: skip
    """What to change; each makes one variant, which is compared with the plain modern GPT."""
    seeds: int = 3
    """How many runs of each variant."""
    max_iters: int = 400
    """How many optimiser steps a run makes."""
    batch_size: int = 12
    """How many windows the model sees at a time."""
    learning_rate: float = 5e-3
    """The highest learning rate."""
    block_size: int = 64
    """How many tokens a window has."""
    n_layer: int = 3
    """How many blocks."""
    n_head: int = 4
    """How many heads of queries a block has."""
    n_embd: int = 64
    """How many numbers describe one token inside the model."""
    megabytes: float = 1.5
    """How much of tinyworld to train on, in millions of characters."""
    tokenizer: Literal["char", "bpe"] = "char"
    """What a token is."""
    text_path: Path | None = None
    """Your own text instead of tinyworld."""
    folder: Path = Path("checkpoints/ablate")
    """Where the runs are kept."""
    out_path: Path | None = None
    """Where to write the results as JSON; otherwise into the folder, as results.json."""

    def __post_init__(self) -> None:
        if self.seeds < 1:
            raise ValueError(f"seeds must be at least 1, but it is {self.seeds}")

    def variants(self) -> list[str]:
        """The plain one first, each once."""
        return list(dict.fromkeys((PLAIN, *self.options)))


@dataclass(frozen=True)
class Result:
    """What one finished run found."""

    variant: str
    seed: int
    parameters: int
    val_loss: float
    """On the whole validation text, in nats per token."""
    bits_per_byte: float
    tokens_per_second: float
    """Trained on per second of CPU time, measuring left out."""
    curve: Mapping[str, Sequence[float]]
    """Steps, and the validation losses estimated at them."""


class Stopped(Exception):
    """By Ctrl-C; the run that was going on has saved itself."""


class CpuClock:
    """How much CPU time a run's steps take, from each batch that it asks for to the end of that step."""

    def __init__(self, training: Run) -> None:
        self.seconds, self.steps, self.began = 0.0, 0, 0.0
        draw, tick = training.next_batch, training.tick

        def next_batch() -> Any:
            self.began = time.process_time()
            return draw()

        def count(loss: float) -> None:
            self.seconds += time.process_time() - self.began
            self.steps += 1
            tick(loss)

        training.next_batch, training.tick = next_batch, count  # type: ignore[method-assign]


def configured(args: AblateOptions, name: str, seed: int) -> dict[str, Any]:
    """The three configurations of one run, as keyword arguments of ``start_run``."""
    from vibejam_core.models.config import ModelConfig
    from vibejam_core.text.config import DataConfig
    from vibejam_core.training.config import TrainConfig

    variant = VARIANTS[name]
    shape = ModelConfig(block_size=args.block_size, n_layer=args.n_layer, n_head=args.n_head, n_embd=args.n_embd)
    train = TrainConfig(
        arch="modern_gpt", ckpt_path=args.folder / name / f"seed_{seed}", max_iters=args.max_iters, seed=seed,
        batch_size=args.batch_size, learning_rate=args.learning_rate, eval_interval=max(1, args.max_iters // 5),
        eval_iters=4, sample=0, device="cpu",
    )  # fmt: skip
    return {
        "data": DataConfig(megabytes=args.megabytes, tokenizer=args.tokenizer, text_path=args.text_path),
        "shape": replace(shape, **variant.shape),
        "config": replace(train, **variant.train),
    }


def train_one(args: AblateOptions, name: str, seed: int, corpus: Corpus) -> Result:
    """One run to its end; what an earlier call has finished is read, and what it has begun goes on.

    Raises:
        Stopped: by Ctrl-C.
    """
    from vibejam_core.models.checkpoint_folder import last_step
    from vibejam_core.training.run import start_run
    from vibejam_core.training.trainer import train_lm

    settings = configured(args, name, seed)
    folder: Path = settings["config"].ckpt_path
    wanted = json.loads(json.dumps({key: asdict(each) for key, each in settings.items()}, default=str))
    kept = folder / "ablate.json"
    found = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    begun = found.get("settings") == wanted
    if begun and "result" in found:
        return Result(**found["result"])
    resume = begun and last_step(folder) is not None
    settings["config"] = replace(settings["config"], resume=resume, overwrite=not resume)
    write(kept, {"settings": wanted})
    training = start_run(**settings, corpus=corpus, say=lambda _: None)
    clock = CpuClock(training)
    outcome = train_lm(training)
    if outcome.ended == "interrupted":
        raise Stopped
    bits = training.bits_per_byte(outcome.val_loss_on_all)
    if outcome.val_loss_on_all is None or bits is None:
        raise ValueError("this text is too short to hold anything back for validation. Give a longer one.")
    tokens = clock.steps * args.batch_size * args.block_size
    result = Result(
        variant=name,
        seed=seed,
        parameters=sum(parameter.numel() for parameter in training.model.parameters()),
        val_loss=round(outcome.val_loss_on_all, 4),
        bits_per_byte=round(bits, 4),
        tokens_per_second=round(tokens / clock.seconds) if clock.seconds else 0,
        curve={
            "step": [record["step"] for record in training.log.records],
            "loss": [round(record["val_loss"], 4) for record in training.log.records],
        },
    )
    write(kept, {"settings": wanted, "result": asdict(result)})
    return result


def write(path: Path, data: Any) -> None:
    """JSON, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    new.replace(path)


def everything(args: AblateOptions) -> Iterator[Result]:
    """All runs, seed by seed, so that whoever stops early has whole comparisons."""
    from vibejam_core.text.config import DataConfig
    from vibejam_core.training.sitting import limited_threads

    data = DataConfig(megabytes=args.megabytes, text_path=args.text_path)
    corpus, names = data.load(), args.variants()
    for number in range(args.seeds * len(names)):
        seed, name = number // len(names) + 1, names[number % len(names)]
        print(f"run {number + 1} of {args.seeds * len(names)}: {VARIANTS[name].says}, seed {seed}", flush=True)
        with limited_threads(1):
            result = train_one(args, name, seed, corpus)
        print(f"  {result.bits_per_byte:.4f} bits per byte", flush=True)
        yield result


def compared(results: Sequence[Result]) -> list[dict[str, Any]]:
    """A row for each variant: its mean, how far its seeds are apart, and how it stands to the plain one.

    A difference is taken for one only where all runs of a variant end on the same side of all plain ones. With three
    seeds each, luck alone does that once in ten times.
    """
    runs: dict[str, list[Result]] = {}
    for result in results:
        runs.setdefault(result.variant, []).append(result)
    plain = [each.bits_per_byte for each in runs[PLAIN]]
    same_seed = {each.seed: each.bits_per_byte for each in runs[PLAIN]}
    rows = []
    for name, found in runs.items():
        bits = [each.bits_per_byte for each in found]
        said = "within the seeds' spread"
        if name == PLAIN:
            said = ""
        elif len(bits) == 1:
            said = "one seed proves nothing"
        elif max(bits) < min(plain):
            said = "better"
        elif min(bits) > max(plain):
            said = "worse"
        rows.append(
            {
                "variant": name,
                "says": VARIANTS[name].says,
                "seeds": len(bits),
                "bits_per_byte": round(statistics.mean(bits), 4),
                "lowest": min(bits),
                "highest": max(bits),
                "difference": round(statistics.mean(bits) - statistics.mean(plain), 4),
                "said": said,
                "wins": sum(each.bits_per_byte < same_seed[each.seed] for each in found if each.seed in same_seed),
                "tokens_per_second": round(statistics.median(each.tokens_per_second for each in found)),
                "parameters": found[0].parameters,
            }
        )
    return rows


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as lines for a terminal."""
    lines = [f"{'':30}{'bits per byte':>13}  {'lowest to highest':19}{'tokens/s':>9}{'parameters':>12}"]
    lines += [
        f"{row['says']:30}{row['bits_per_byte']:>13.3f}  {row['lowest']:.3f} to {row['highest']:.3f}"
        f"{'':5}{row['tokens_per_second']:>9,}{row['parameters']:>12,}  "
        + ("" if row["variant"] == PLAIN else f"{row['difference']:+.3f}, {row['said']} ({wins(row)})")
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def wins(row: Mapping[str, Any]) -> str:
    """Against the plain model of the same seed, which saw the same batches."""
    return f"lower with {row['wins']} of {row['seeds']} seeds"


def command(args: AblateOptions) -> str:
    """How to repeat this, without the folders of this machine."""
    words = ["python -m scripts.ablate"]
    for each in fields(args):
        value = getattr(args, each.name)
        if value != each.default and each.name not in ("folder", "out_path"):
            shown = value.name if isinstance(value, Path) else value
            words.append(f"--{each.name.replace('_', '-')} {' '.join(value) if isinstance(value, tuple) else shown}")
    return " ".join(words)


def facts(args: AblateOptions, results: Sequence[Result]) -> dict[str, Any]:
    """All that was found, and what is needed to find it again."""
    import torch

    machine = f"Python {platform.python_version()}, torch {torch.__version__.split('+')[0]}, one CPU thread"
    settings = {name: value for name, value in asdict(args).items() if name not in ("folder", "out_path", "text_path")}
    return {
        "command": command(args),
        "machine": machine,
        "settings": settings,
        "table": compared(results),
        "curves": {f"{each.variant}, seed {each.seed}": each.curve for each in results},
        "runs": [{k: v for k, v in asdict(each).items() if k != "curve"} for each in results],
    }


def main() -> int:
    """Train, print a table, write the file."""
    args = options(AblateOptions, "scripts.ablate")
    results: list[Result] = []
    stopped = False
    try:
        for result in everything(args):
            results.append(result)
    except (Stopped, KeyboardInterrupt):
        stopped = True
    out_path = args.out_path or args.folder / "results.json"
    if results:
        write(out_path, facts(args, results))
        print(f"\n{table(compared(results))}\n\nwritten to {out_path}")
    if stopped:
        print("stopped; what is finished is kept. Go on with the same command.")
        return 130
    return 0


if __name__ == "__main__":
    run(main)
