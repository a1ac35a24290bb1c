"""Makes what lab 05 shows but can't compute in a cell: ``python book/figures/training.py bug_hunt stories``.

``bug_hunt`` takes the chapter's loop and its changes and trains each; ``overfitting`` gives a model far too little
text; ``stories`` trains the storyteller of labs 05 and 06, and keeps its curve, and its weights as
``book/models/storyteller.safetensors``.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from curves import HERE, LABS, finished, keep  # beside this file
from safetensors.torch import save_file

from vibejam_core.course.authoring import lab_source
from vibejam_core.evaluation.measures import estimate_loss
from vibejam_core.evaluation.ngram import NGramModel
from vibejam_core.models.checkpoint_folder import last_step
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.gpt import GPTModel
from vibejam_core.text import corpora
from vibejam_core.text.characters import CharTokenizer
from vibejam_core.text.config import DataConfig
from vibejam_core.text.windows import get_batch
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.run import start_run
from vibejam_core.training.trainer import learning_rate_at, train_lm, train_step

STORYTELLER = HERE.parent / "models" / "storyteller.safetensors"


def code_of(lab: str, sign: str) -> str:
    """The one demo cell of a chapter in which something is defined."""
    cells = [block.text for block in lab_source.read(LABS / f"{lab}.md").blocks if block.kind == "code-cell"]
    (found,) = (text for text in cells if sign in text)
    return found


def tinyworld(megabytes: float) -> tuple[CharTokenizer, torch.Tensor, torch.Tensor]:
    """Tokens to train on and to validate on."""
    corpus = corpora.load("tinyworld", megabytes=megabytes)
    tokenizer = CharTokenizer.build(corpus.text + corpus.held_out_text)
    train, val = (torch.tensor(tokenizer.encode(text)) for text in (corpus.text, corpus.held_out_text))
    return tokenizer, train, val


ORDER = (  # which letter hides which change
    "wrong sign",
    "rate never falls",
    "always the same batch",
    "ten times the rate, no warm-up",
    "old gradients stay",
    "measured in training mode",
)


def bug_hunt() -> None:
    """The chapter's loop, with each of its changes."""
    loop, names = code_of("05_training", "def training_run"), {"torch": torch, "get_batch": get_batch}
    exec(code_of("05_training", "CHANGES = {"), names)
    changes: dict[str, tuple[str, str]] = names["CHANGES"]  # type: ignore[assignment]
    assert set(ORDER) == set(changes)
    tokenizer, train_tokens, val = tinyworld(1.0)
    shape = {"block_size": 32, "n_layer": 1, "n_head": 4, "n_embd": 64}
    curves: dict[str, Any] = {}
    again, lengths = {}, {}
    for label, change in {"right": None, **dict(zip("ABCDEF", ORDER, strict=True))}.items():
        old, new = changes[change] if change else ("", "")
        assert old in loop
        exec(compile(loop.replace(old, new) if old else loop, "05_training.md", "exec"), names)
        torch.manual_seed(0)
        model = GPTModel(ModelConfig(vocab_size=tokenizer.vocab_size, dropout=0.1, **shape))
        curve, again[label] = names["training_run"](model, train_tokens, val)  # type: ignore[operator]
        for kind in ("batch", "validation"):
            curves[f"{label}, {kind}"] = {"step": curve["step"], "loss": [round(loss, 4) for loss in curve[kind]]}
        length = dict(zip(curve["step"], curve["length"], strict=True))
        lengths[label] = {step: round(length[step], 3) for step in (0, 100, 250, 499)}
        print(f"{label}: {curve['validation'][-1]:.3f}", flush=True)
    again = {label: [round(loss, 4) for loss in losses] for label, losses in again.items()}
    keep(
        "bug_hunt_05",
        curves,
        command="python book/figures/training.py bug_hunt",
        model=shape,
        again=again,
        lengths=lengths,
    )


def overfitting() -> None:
    """Far too little text for a model of the course's small shape."""
    tokenizer, train_tokens, val = tinyworld(0.1)
    few = train_tokens[:8_000]
    torch.manual_seed(0)
    model = GPTModel(ModelConfig(vocab_size=tokenizer.vocab_size))
    settings = TrainConfig(max_iters=1000, learning_rate=2e-3, schedule="constant")
    optimizer = model.configure_optimizers(settings.learning_rate, settings.weight_decay)
    generator = torch.Generator().manual_seed(0)
    curves: dict[str, Any] = {name: {"step": [], "loss": []} for name in ("training", "validation")}
    for step in range(settings.max_iters + 1):
        if step % 40 == 0:
            for name, tokens in (("training", few), ("validation", val)):
                curves[name]["step"].append(step)
                curves[name]["loss"].append(round(estimate_loss(model, tokens, eval_iters=8), 4))
            print(step, *(f"{curve['loss'][-1]:.3f}" for curve in curves.values()), flush=True)
        batch = get_batch(few, model.get_block_size(), 12, generator)
        if step < settings.max_iters:
            train_step(model, optimizer, [batch], learning_rate_at(step, settings), settings.grad_clip)
    n = sum(parameter.numel() for parameter in model.parameters())
    keep("overfitting_05", curves, command="python book/figures/training.py overfitting", parameters=n)


def stories() -> None:
    """The storyteller: its curve beside the counts and the floor, and its weights in half precision."""
    folder = Path("checkpoints/storyteller")
    settings = TrainConfig(
        ckpt_path=folder, max_iters=4000, batch_size=16, learning_rate=5e-3, eval_interval=100, device="cpu",
        resume=last_step(folder) is not None,
    )  # fmt: skip
    run = start_run(DataConfig(corpus="tinyworld"), ModelConfig(n_layer=2, n_embd=96), settings)
    whole = train_lm(run).val_loss_on_all
    if run.val is None or whole is None:
        raise ValueError(f"the run in {folder} has no validation loss")
    command = (
        "python -m scripts.train_lm --corpus tinyworld --n-layer 2 --n-embd 96 --max-iters 4000 --batch-size 16 "
        "--learning-rate 0.005 --eval-interval 100"
    )
    counted = NGramModel.fit(run.train, run.tokenizer.vocab_size, order=2).loss(run.val)
    lines = {"2-gram counts": counted} | {name: loss for name, loss in run.references.items() if loss is not None}
    keep(
        "stories_05",
        {"a small GPT": finished(folder)[1]},
        command=command,
        parameters=sum(parameter.numel() for parameter in run.model.parameters()),
        val_loss_on_all=round(whole, 4),
        bits_per_byte=round(run.bits_per_byte(whole) or 0.0, 4),
        lines={name: round(loss, 4) for name, loss in lines.items()},
    )
    facts = {"shape": asdict(run.model.config), "tokenizer": run.tokenizer.to_json(), "command": command}
    weights = {name: value.half().contiguous() for name, value in run.model.state_dict().items()}
    STORYTELLER.parent.mkdir(exist_ok=True)
    save_file(weights, STORYTELLER, metadata={"facts": json.dumps(facts)})


MAKERS = {"bug_hunt": bug_hunt, "overfitting": overfitting, "stories": stories}


def main() -> None:
    """Make what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="+", choices=MAKERS)
    for name in parser.parse_args().what:
        MAKERS[name]()


if __name__ == "__main__":
    main()
