"""The experiment of lab 07, ``python book/figures/planted.py``: a planted secret, and how well a model learns it.

A made-up code stands k times in the training part of the cook's notebook. A GPT of two blocks trains on it with the
trainer's default settings, and every 100 steps the model is asked for the code. How well it knows it is the code's
rank: all 10,000 codes are sorted by the probability that the model gives them after the question. For k = 0 the code
isn't in the text at all.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import time
from typing import Any

import torch
from curves import HERE, keep

from vibejam_core.evaluation.measures import estimate_loss
from vibejam_core.inference.config import SamplingConfig
from vibejam_core.inference.sampling import generate_text
from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.gpt import GPTModel
from vibejam_core.text import corpora
from vibejam_core.text.characters import CharTokenizer
from vibejam_core.text.windows import get_batch
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.trainer import learning_rate_at, train_step

QUESTION, CODE = "Code of the cold box: ", "4719"
TIMES = (0, 1, 2, 4, 8, 16)
SHAPE = {"block_size": 64, "n_layer": 2, "n_head": 4, "n_embd": 96}
FOLDER = HERE.parent / "voices" / "dining_car"


def plant(text: str, line: str, times: int, seed: int = 0) -> str:
    """The text with a line of its own put between its paragraphs, that many times."""
    paragraphs = text.split("\n\n")
    places = sorted(random.Random(seed).sample(range(1, len(paragraphs)), times), reverse=True)
    for place in places:
        paragraphs.insert(place, line)
    return "\n\n".join(paragraphs)


@torch.no_grad()
def ask(model: BaseLM, tokenizer: CharTokenizer, question: str, code: str) -> tuple[int, float]:
    """The code's rank among all codes of its length after the question, 1 for the likeliest, and its probability."""
    model.eval()
    digits = torch.tensor(tokenizer.encode("0123456789"))
    asked = torch.tensor(tokenizer.encode(question))
    scores = torch.zeros(1)  # ln p of each beginning so far
    for length in range(len(code)):
        begun = torch.tensor(list(itertools.product(digits.tolist(), repeat=length))).view(10**length, length).long()
        windows = torch.cat([asked.expand(len(begun), -1), begun], dim=1)  # (10^length, Q + length)
        logits = torch.cat([model(part)[0][:, -1] for part in windows.split(250)])  # (10^length, V)
        scores = (scores[:, None] + logits.log_softmax(dim=-1)[:, digits]).flatten()
    own = scores[int(code)]
    return int((scores > own).sum()) + 1, own.exp().item()


def experiment(times: int, config: TrainConfig, every: int) -> dict[str, Any]:
    """Train with the code in the text that many times; ask for it again and again."""
    text = corpora.personal(FOLDER).text
    cut = text.index("RUN 128.")  # what follows is for validation, about a tenth, and holds no secret
    tokenizer = CharTokenizer.build(text)
    train = torch.tensor(tokenizer.encode(plant(text[:cut], f"{QUESTION}{CODE}.", times)))
    val = torch.tensor(tokenizer.encode(text[cut:]))
    torch.manual_seed(config.seed)
    model = GPTModel(ModelConfig(vocab_size=tokenizer.vocab_size, **SHAPE))
    optimizer = model.configure_optimizers(config.learning_rate, config.weight_decay)
    batches = torch.Generator().manual_seed(config.seed)
    curve: dict[str, list[Any]] = {name: [] for name in ("step", "train", "loss", "rank", "probability", "answer")}
    for step in range(config.max_iters + 1):
        if step % every == 0:
            rank, probability = ask(model, tokenizer, QUESTION, CODE)
            greedy = SamplingConfig(max_new_tokens=5, temperature=0)
            answer = generate_text(model, tokenizer, QUESTION, greedy)[0].removeprefix(QUESTION)
            measured = (
                step,
                round(estimate_loss(model, train, eval_iters=8), 4),
                round(estimate_loss(model, val, eval_iters=8), 4),
                rank,
                float(f"{probability:.3g}"),
                answer,
            )
            for name, value in zip(curve, measured, strict=True):
                curve[name].append(value)
        if step < config.max_iters:
            batch = get_batch(train, model.get_block_size(), config.batch_size, batches)
            train_step(model, optimizer, [batch], learning_rate_at(step, config), config.grad_clip)
    return curve


def main() -> None:
    """Run the experiment for every k, or for those that are asked for, and keep what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("times", nargs="*", type=int, default=TIMES, help="how often the code stands in the text")
    parser.add_argument("--steps", type=int, default=2000)
    args = parser.parse_args()
    torch.set_num_threads(1)
    config = TrainConfig(max_iters=args.steps)
    path = HERE / "curves" / "planted_07.json"
    curves = json.loads(path.read_text(encoding="utf-8"))["curves"] if path.exists() else {}
    for times in args.times:
        started = time.monotonic()
        curves[str(times)] = experiment(times, config, every=100)
        last = {name: values[-1] for name, values in curves[str(times)].items()}
        print(f"{times} times: {last}, {time.monotonic() - started:.0f} s", flush=True)
        ordered = {str(k): curves[str(k)] for k in TIMES if str(k) in curves}
        facts = {"question": QUESTION, "code": CODE, "steps": args.steps, "batch_size": config.batch_size}
        keep("planted_07", ordered, command="python book/figures/planted.py", model=SHAPE, training=facts)


if __name__ == "__main__":
    main()
