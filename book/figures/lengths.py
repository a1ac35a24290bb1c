"""The recorded curves of lab 09's bug hunt: ``python book/figures/lengths.py``.

One model is trained on a text half in English and half in Cyrillic letters, with a vocabulary learnt from English. Its
loss is told in bits per byte twice: with the true lengths of the tokens, and with those of the chapter's suspect.
"""

from __future__ import annotations

import json
import math
import platform
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from vibejam_core.course.authoring import lab_source  # noqa: E402
from vibejam_core.evaluation.whole import loss_on_all  # noqa: E402
from vibejam_core.models.config import ModelConfig  # noqa: E402
from vibejam_core.models.registry import build_model  # noqa: E402
from vibejam_core.text import corpora  # noqa: E402
from vibejam_core.text.bpe_scale import token_byte_lengths, train_tokenizer  # noqa: E402
from vibejam_core.text.windows import get_batch, split_corpus  # noqa: E402
from vibejam_core.training.config import TrainConfig  # noqa: E402
from vibejam_core.training.trainer import learning_rate_at, train_step  # noqa: E402

STEPS, EVERY = 400, 40
RUSSIAN = str.maketrans(
    dict(zip("abcdefghijklmnopqrstuvwxyz", "абцдефгхийклмнопярстувшьыз", strict=True))
    | dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "АБЦДЕФГХИЙКЛМНОПЯРСТУВШЬЫЗ", strict=True))
)
"""English in Cyrillic letters: as long as Russian in bytes, and as regular as the English beside it."""


def suspect() -> object:
    """The chapter's wrong lengths."""
    names: dict[str, object] = {"torch": torch}
    for block in lab_source.read(ROOT / "book" / "labs" / "09_tokenizers.md").blocks:
        if block.kind == "code-cell" and "def suspect" in block.text:
            exec(compile(block.text, f"09_tokenizers.md:{block.line}", "exec"), names)
    return names["suspect"]


def main() -> None:
    """Train once, tell the loss twice, keep both curves."""
    torch.set_num_threads(1)
    torch.manual_seed(1337)
    documents = corpora.load("tinyworld", megabytes=0.4).documents
    tokenizer = train_tokenizer(documents, 512, trainer="python")
    text = "\n".join(text.translate(RUSSIAN) if i % 2 else text for i, text in enumerate(documents))
    tokens, val = split_corpus(torch.tensor(tokenizer.encode(text)))
    val = val[:8000]
    config = TrainConfig(max_iters=STEPS)
    model = build_model("gpt", ModelConfig(vocab_size=tokenizer.vocab_size))
    optimizer = model.configure_optimizers(config.learning_rate, config.weight_decay)
    batches = torch.Generator().manual_seed(1)
    lengths = {"right": token_byte_lengths(tokenizer), "suspect": suspect()(tokenizer)}  # type: ignore[operator]
    curves: dict[str, dict[str, list[float]]] = {name: {"step": [], "loss": []} for name in lengths}
    for step in range(STEPS + 1):
        if step % EVERY == 0:
            bits = loss_on_all(model, val) * len(val) / math.log(2)
            for name, table in lengths.items():
                curves[name]["step"].append(step)
                curves[name]["loss"].append(round(bits / int(table[val].sum()), 4))
            print(step, {name: curve["loss"][-1] for name, curve in curves.items()}, flush=True)
        if step < STEPS:
            batch = get_batch(tokens, model.get_block_size(), config.batch_size, batches)
            train_step(model, optimizer, [batch], learning_rate_at(step, config), config.grad_clip)
    record = {
        "command": "python book/figures/lengths.py",
        "machine": f"Python {platform.python_version()}, torch {torch.__version__.split('+')[0]}, CPU",
        "setting": "tinyworld, every other document in Cyrillic letters; 512 tokens learnt from English; gpt",
        "curves": curves,
    }
    path = ROOT / "book" / "figures" / "curves" / "bug_hunt_09.json"
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
