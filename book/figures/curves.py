"""Makes the loss curves that the chapters show but can't compute in a cell: ``python book/figures/curves.py 03 04``.

Each bug hunt's suspects are taken from the chapter itself, so what was trained is what is shown. Right version and
suspects start from the same seed and see the same batches. ``python book/figures/curves.py --run FOLDER … --name NAME``
keeps the curves of finished runs of ``scripts.train_lm``. Everything lands as JSON in ``book/figures/curves``.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from vibejam_core.course.authoring import lab_source
from vibejam_core.evaluation.measures import estimate_loss
from vibejam_core.models import gpt
from vibejam_core.models.base import BaseLM
from vibejam_core.models.bigram import BigramLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.text import corpora
from vibejam_core.text.characters import CharTokenizer
from vibejam_core.text.prepare import PrepareConfig, prepare_corpus
from vibejam_core.text.windows import get_batch, split_corpus

HERE = Path(__file__).parent
LABS = HERE.parent / "labs"


def suspects(lab: str) -> dict[str, Any]:
    """The classes and functions that a chapter's demo cells put under suspicion, each cell run on its own."""
    names: dict[str, Any] = {**vars(gpt), **vars(corpora), "torch": torch, "BigramLM": BigramLM}
    signs = ("class TinyLM", "class Suspect", "def suspect_")
    for block in lab_source.read(LABS / f"{lab}.md").blocks:
        if block.kind == "code-cell" and any(sign in block.text for sign in signs):
            exec(compile(block.text, f"{lab}.md:{block.line}", "exec"), names)
    return names


def train(
    model: BaseLM, tokens: torch.Tensor, texts: Sequence[torch.Tensor], *, steps: int, batch_size: int, rate: float
) -> list[dict[str, list[float]]]:
    """Train with a short warm-up and a cosine; every 25 steps the loss on each of some texts."""
    generator = torch.Generator().manual_seed(0)
    optimizer = model.configure_optimizers(rate, weight_decay=0.1)
    curves: list[dict[str, list[float]]] = [{"step": [], "loss": []} for _ in texts]
    for step in range(steps + 1):
        if step % 25 == 0:
            for curve, text in zip(curves, texts, strict=True):
                curve["step"].append(step)
                curve["loss"].append(round(estimate_loss(model, text, eval_iters=8), 4))
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 50) * (0.55 + 0.45 * math.cos(math.pi * step / steps))
        x, y = get_batch(tokens, model.get_block_size(), batch_size, generator)
        _, loss = model(x, y)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[union-attr]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return curves


def contest(name: str, models: dict[str, Callable[[ModelConfig], BaseLM]], shape: dict[str, int], **how: Any) -> None:
    """Train several models on pydocs under equal conditions, and keep their curves."""
    corpus = corpora.load("pydocs")
    tokenizer = CharTokenizer.build(corpus.text)
    tokens, val = split_corpus(torch.tensor(tokenizer.encode(corpus.text)))
    curves = {}
    for label, make in models.items():
        started = time.monotonic()
        torch.manual_seed(0)
        model = make(ModelConfig(vocab_size=tokenizer.vocab_size, **shape))
        [curves[label]] = train(model, tokens, [val], **how)
        print(f"{label}: {curves[label]['loss'][-1]:.3f} after {time.monotonic() - started:.0f} s", flush=True)
    keep(name, curves, command=f"python book/figures/curves.py {name[-2:]}", model=shape, training=how)


def keep(name: str, curves: dict[str, Any], **facts: Any) -> None:
    """Write one file of curves, with what is needed to make them again."""
    machine = f"Python {platform.python_version()}, torch {torch.__version__.split('+')[0]}, CPU"
    path = HERE / "curves" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**facts, "machine": machine, "curves": curves}, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {path.relative_to(HERE.parent.parent)}")


def lab_01() -> None:
    """Windows whose targets are the inputs, and windows whose targets come before them; a bigram model learns."""
    found = suspects("01_characters")
    text = corpora.load("pydocs").text
    tokenizer = CharTokenizer.build(text)
    tokens, val = split_corpus(torch.tensor(tokenizer.encode(text)))
    curves: dict[str, Any] = {}
    for label in ("right", "suspect_1", "suspect_2"):
        draw = found.get(label, get_batch)
        torch.manual_seed(0)
        model = BigramLM(ModelConfig(vocab_size=tokenizer.vocab_size, block_size=64))
        optimizer = model.configure_optimizers(0.1, weight_decay=0.0)
        generator = torch.Generator().manual_seed(0)
        names = {get_batch: label} if label == "right" else {draw: f"{label}, own windows"}
        names |= {} if label == "right" else {get_batch: f"{label}, right windows"}
        for step in range(301):
            if step % 15 == 0:
                for windows, name in names.items():
                    curve = curves.setdefault(name, {"step": [], "loss": []})
                    x, y = windows(val, 64, 256, torch.Generator().manual_seed(1))
                    curve["step"].append(step)
                    curve["loss"].append(round(model(x, y)[1].item(), 4))
            loss = model(*draw(tokens, 64, 32, generator))[1]
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    training = {"steps": 300, "batch_size": 32, "rate": 0.1}
    keep("bug_hunt_01", curves, command="python book/figures/curves.py 01", model={"arch": "bigram"}, training=training)


def lab_02() -> None:
    """A bigram model that takes softmax twice, and one whose targets are in another order."""
    found = suspects("02_guessing")
    models = {"right": BigramLM} | {name: found[name] for name in ("SuspectScores", "SuspectOrder")}
    contest("bug_hunt_02", models, {"block_size": 64}, steps=300, batch_size=32, rate=0.1)


def lab_03() -> None:
    """Attention that shares one head; a mask that comes too late."""
    names = suspects("03_attention")
    attentions = {"right": gpt.MultiHeadAttention} | {n: names[n] for n in ("SuspectAttention", "SuspectHeads")}
    models = {label: lambda config, a=attention: names["TinyLM"](config, a) for label, attention in attentions.items()}
    shape = {"block_size": 32, "n_embd": 64, "n_head": 4}
    contest("bug_hunt_03", models, shape, steps=1000, batch_size=32, rate=0.01)


def lab_04() -> None:
    """A GPT with one wrong line."""
    models = {"right": gpt.GPTModel, "SuspectGPT": suspects("04_transformer")["SuspectGPT"]}
    shape = {"block_size": 64, "n_layer": 3, "n_embd": 64, "n_head": 4}
    contest("bug_hunt_04", models, shape, steps=1000, batch_size=16, rate=0.004)


def lab_07() -> None:
    """Letters of which a backup lies in the same folder, prepared with and without noticing it."""
    letters = LABS.parent / "voices" / "lighthouse"
    files = sorted(letters.glob("*.md"))
    honest = "".join(path.read_text(encoding="utf-8") for path in files[-2:])  # neither run sees these two
    tokenizer = CharTokenizer.build(corpora.personal(letters).text)
    shape, how = {"block_size": 64, "n_layer": 2, "n_head": 4, "n_embd": 96}, {"steps": 1500, "batch_size": 12}
    curves: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "letters")
        for copies in (folder, folder / "backup"):
            copies.mkdir()
            for path in files[:-2]:
                shutil.copy(path, copies)
        report = prepare_corpus(PrepareConfig(folder, Path(place, "text.txt")))
        suspect = suspects("07_voice")["suspect_documents"](folder)
    for label, documents in (("prepare_corpus", report.documents), ("suspect_documents", suspect)):
        text = corpora.Corpus(label, tuple(documents)).text
        tokens, val = split_corpus(torch.tensor(tokenizer.encode(text)))
        new = torch.tensor(tokenizer.encode(corpora.clean(honest)))
        torch.manual_seed(0)
        model = gpt.GPTModel(ModelConfig(vocab_size=tokenizer.vocab_size, **shape))
        own, two = train(model, tokens, (val, new), rate=0.004, **how)
        curves |= {label: own, f"{label}, two new letters": two}
        print(f"{label}: {len(documents)} documents, {own['loss'][-1]}, {two['loss'][-1]}", flush=True)
    training = {**how, "rate": 0.004}
    keep("bug_hunt_07", curves, command="python book/figures/curves.py 07", model=shape, training=training)


BUG_HUNTS = {"01": lab_01, "02": lab_02, "03": lab_03, "04": lab_04, "07": lab_07}


def main() -> None:
    """Make what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labs", nargs="*", choices=[*BUG_HUNTS, []], help="bug hunts to run")
    parser.add_argument("--run", type=Path, nargs="+", help="the folders of finished runs of scripts.train_lm")
    parser.add_argument("--both", action="store_true", help="of one run: the loss on the training text as well")
    parser.add_argument("--name", help="what to call the file with their curves")
    parser.add_argument("--command", help="the command that made them")
    args = parser.parse_args()
    for number in args.labs:
        BUG_HUNTS[number]()
    if args.run and args.both:
        [run] = args.run
        keep(args.name, {f"{part} text": finished(run, which)[1] for part, which in BOTH.items()}, command=args.command)
    elif args.run:
        keep(args.name, {label: curve for label, curve in map(finished, args.run)}, command=args.command)


BOTH = {"training": "train_loss", "validation": "val_loss"}


def finished(run: Path, which: str = "val_loss") -> tuple[str, dict[str, list[float]]]:
    """A curve of a run of ``scripts.train_lm``, called after its length."""
    records = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    curve = {"step": [r["step"] for r in records], "loss": [round(r[which], 4) for r in records]}
    return f"{records[-1]['step']:,} steps", curve


if __name__ == "__main__":
    main()
