"""Makes what lab 12 shows but can't compute in a cell: ``python book/figures/modern_gpt.py bug_hunt shapes lengths``.

``bug_hunt`` takes the chapter's class and its changes and trains each; ``shapes`` trains deep and narrow, shallow and
wide models of the same size; ``lengths`` trains the same model on short and on long windows. The table of the options
is made by ``python -m scripts.ablate``.
"""

from __future__ import annotations

import argparse
import math
import time
from typing import Any

import torch
from curves import keep  # beside this file
from torch import Tensor, nn
from training import code_of, tinyworld  # beside this file

from vibejam_core.course.short_run import short_run
from vibejam_core.evaluation.whole import loss_on_all
from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.modern_gpt import GPT
from vibejam_core.text.characters import CharTokenizer
from vibejam_core.text.tokenizers import prompt_ids

COMMAND = "python book/figures/modern_gpt.py"
ORDER = (  # which letter hides which change
    "one block, many times",
    "labels shifted twice",
    "the padding stays",
    "the head reads the embedding",
    "the cap isn't scaled back",
)


def written(model: BaseLM, tokenizer: CharTokenizer) -> str:
    """Sixty characters, from an empty page."""
    _, prompt = prompt_ids(tokenizer, "")
    tokens = model.generate(prompt, 60, temperature=0.7, seed=0)  # type: ignore[operator]
    return "".join(tokenizer.decode([t]) if t < tokenizer.vocab_size else "□" for t in tokens)


def bug_hunt() -> None:
    """The chapter's class, with each of its changes."""
    names: dict[str, Any] = {"torch": torch, "nn": nn}
    source = code_of("12_modern_gpt", "class Suspect(GPT)")
    exec(code_of("12_modern_gpt", "CHANGES = {"), names)
    changes: dict[str, tuple[str, str]] = names["CHANGES"]
    assert set(ORDER) == set(changes)
    tokenizer, tokens, val = tinyworld(1.0)
    V = tokenizer.vocab_size
    shape = ModelConfig(vocab_size=V, block_size=64, n_layer=3, n_head=4, n_embd=64)
    curves: dict[str, Any] = {}
    found: dict[str, Any] = {}
    for label, change in {"right": None, **dict(zip("ABCDE", ORDER, strict=True))}.items():
        old, new = changes[change] if change else ("", "")
        assert source.count(old) == 1 or not old
        exec(compile(source.replace(old, new) if old else source, "12_modern_gpt.md", "exec"), names)
        torch.manual_seed(0)
        model: BaseLM = names["Suspect"](shape)
        window = tokens[: 16 * 65].view(16, 65)  # (16, 65)
        loss = model(window[:, :-1], window[:, 1:])[1]
        assert loss is not None
        loss.backward()
        silent = sum(parameter.grad is None for parameter in model.parameters())
        first = loss.item()
        model, (steps, losses) = short_run("modern_gpt", shape, tokens, model=model, max_iters=500, batch_size=16)
        curves[label] = {"step": steps, "loss": [round(each, 4) for each in losses]}
        own = loss_on_all(model, val[:40_000])
        right = GPT(shape)
        right.load_state_dict(model.state_dict())
        found[label] = {
            "first_loss": round(first, 3),
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "silent": silent,
            "own_loss": round(own, 3),
            "right_loss": round(loss_on_all(right, val[:40_000]), 3),
            "written": written(model, tokenizer),
        }
        print(label, found[label], flush=True)
    facts = {"ln V": round(math.log(V), 3), "vocab_size": V, "found": found}
    keep("bug_hunt_12", curves, command=f"{COMMAND} bug_hunt", **facts)


def shapes() -> None:
    """Models with equally many weights in their blocks, from deep and narrow to shallow and wide."""
    tokenizer, tokens, val = tinyworld(1.0)
    curves: dict[str, Any] = {}
    found = []
    for n_layer, n_embd in ((16, 32), (4, 64), (1, 128)):
        for seed in (1, 2):
            shape = ModelConfig(
                vocab_size=tokenizer.vocab_size, block_size=64, n_layer=n_layer, n_head=n_embd // 16, n_embd=n_embd
            )
            started = time.process_time()
            model, (steps, losses) = short_run("modern_gpt", shape, tokens, max_iters=300, every=20, seed=seed)
            seconds = time.process_time() - started
            assert isinstance(model, GPT)
            curves[f"{n_layer} x {n_embd}, seed {seed}"] = {"step": steps, "loss": [round(each, 4) for each in losses]}
            found.append(
                {
                    "n_layer": n_layer,
                    "n_embd": n_embd,
                    "seed": seed,
                    "matrices": model.parameter_counts()["matrices"],
                    "val_loss": round(loss_on_all(model, val[:40_000]), 3),
                    "cpu_seconds": round(seconds, 1),
                }
            )
            print(found[-1], flush=True)
    keep("shapes_12", curves, command=f"{COMMAND} shapes", found=found)


VOWELS, CONSONANTS = "aeiou", "bcdfghjklmnpqrstvwxyz"


def likeness(model: GPT, tokenizer: CharTokenizer) -> float:
    """How much more alike two vowels are than a vowel and a consonant, by the cosine of their embeddings."""
    table = nn.functional.normalize(model.transformer["wte"].weight.detach(), dim=-1)  # (V, C)

    def rows(letters: str) -> Tensor:
        return table[[tokenizer.encode(letter)[0] for letter in letters if letter in tokenizer.stoi]]

    vowels, consonants = rows(VOWELS), rows(CONSONANTS)
    among = vowels @ vowels.T  # (5, 5)
    others = (among.sum() - among.diagonal().sum()) / (len(vowels) * (len(vowels) - 1))
    return (others - (vowels @ consonants.T).mean()).item()


def loss_by_place(model: BaseLM, tokens: Tensor, length: int) -> list[float]:
    """The mean loss at every place of a window, over 2,000 windows whose beginnings are the same for every length."""
    starts = torch.linspace(0, len(tokens) - 200, 2000).long()  # (W,)
    windows = tokens[starts[:, None] + torch.arange(length + 1)]  # (W, T + 1)
    found = []
    with torch.no_grad():
        for some in windows.split(250):
            logits = model(some[:, :-1])[0]  # (W, T, V)
            found.append(nn.functional.cross_entropy(logits.transpose(1, 2), some[:, 1:], reduction="none"))  # (W, T)
    return [round(loss, 3) for loss in torch.cat(found).mean(dim=0).tolist()]


def lengths() -> None:
    """The same model on short and on long windows, with as many tokens in each step."""
    tokenizer, tokens, val = tinyworld(1.0)
    curves: dict[str, Any] = {}
    found = []
    for block_size in (8, 32, 128):
        shape = ModelConfig(vocab_size=tokenizer.vocab_size, block_size=block_size, n_layer=2, n_head=4, n_embd=64)
        model, _ = short_run("modern_gpt", shape, tokens, max_iters=600, batch_size=1024 // block_size)
        assert isinstance(model, GPT)
        places = loss_by_place(model, val, block_size)
        curves[f"windows of {block_size}"] = {"step": list(range(1, block_size + 1)), "loss": places}
        found.append(
            {
                "block_size": block_size,
                "first_eight": round(sum(places[:8]) / 8, 3),
                "last_eight": round(sum(places[-8:]) / 8, 3),
                "whole": round(sum(places) / block_size, 3),
                "likeness": round(likeness(model, tokenizer), 3),
            }
        )
        print(found[-1], flush=True)
    torch.manual_seed(1337)
    untrained = round(likeness(GPT(shape), tokenizer), 3)
    keep("lengths_12", curves, command=f"{COMMAND} lengths", found=found, untrained=untrained)


MAKERS = {"bug_hunt": bug_hunt, "shapes": shapes, "lengths": lengths}


def main() -> None:
    """Make what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="+", choices=MAKERS)
    torch.set_num_threads(1)
    for name in parser.parse_args().what:
        MAKERS[name]()


if __name__ == "__main__":
    main()
