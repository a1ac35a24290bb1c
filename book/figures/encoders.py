"""The recorded curves of lab 08's bug hunt: ``python book/figures/encoders.py``.

One model is trained on tokens that the right encoder made. Every so often its loss is measured on one validation text
that was encoded by the right encoder and by each of the chapter's suspects, in bits per byte of that text.
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
from vibejam_core.text import bpe, corpora  # noqa: E402
from vibejam_core.text.windows import get_batch  # noqa: E402
from vibejam_core.training.config import TrainConfig  # noqa: E402
from vibejam_core.training.trainer import learning_rate_at, train_step  # noqa: E402

STEPS, EVERY, VOCAB, VAL = 600, 50, 1024, 30_000


def suspects() -> dict[str, object]:
    """The chapter's wrong encoders, by name."""
    names: dict[str, object] = dict(vars(bpe))
    for block in lab_source.read(ROOT / "book" / "labs" / "08_bpe.md").blocks:
        if block.kind == "code-cell" and "def suspect_" in block.text:
            exec(compile(block.text, f"08_bpe.md:{block.line}", "exec"), names)
    return {name: value for name, value in names.items() if name.startswith("suspect_")}


def main() -> None:
    """Train once, measure with every encoder, keep the curves."""
    torch.set_num_threads(1)
    torch.manual_seed(1337)
    text = corpora.load("pydocs").text
    text, val = text[:-VAL], text[-VAL:]
    from vibejam_core.text.bpe_scale import train_tokenizer

    tokenizer = train_tokenizer([text], VOCAB, trainer="python")
    tokens = torch.tensor(tokenizer.encode(text))
    encoders = {"right": lambda piece: tokenizer.encode_piece(piece)}
    for name, suspect in suspects().items():
        encoders[name] = lambda piece, suspect=suspect: suspect(tokenizer, piece)
    rows: dict[str, list[int]] = {}
    for name, encode in encoders.items():
        rows[name] = [id for piece in bpe.split_text(val) for id in encode(piece.encode("utf-8"))]
        assert tokenizer.decode(rows[name]) == val, name
    config = TrainConfig(max_iters=STEPS)
    model = build_model("gpt", ModelConfig(vocab_size=tokenizer.vocab_size))
    optimizer = model.configure_optimizers(config.learning_rate, config.weight_decay)
    batches = torch.Generator().manual_seed(1)
    curves: dict[str, dict[str, list[float]]] = {name: {"step": [], "loss": []} for name in rows}
    n_bytes = len(val.encode("utf-8"))
    for step in range(STEPS + 1):
        if step % EVERY == 0:
            for name, ids in rows.items():
                nats = loss_on_all(model, torch.tensor(ids)) * len(ids)
                curves[name]["step"].append(step)
                curves[name]["loss"].append(round(nats / math.log(2) / n_bytes, 4))
            print(step, {name: curve["loss"][-1] for name, curve in curves.items()}, flush=True)
        if step < STEPS:
            batch = get_batch(tokens, model.get_block_size(), config.batch_size, batches)
            train_step(model, optimizer, [batch], learning_rate_at(step, config), config.grad_clip)
    right = rows["right"]
    found = {
        name: {"tokens": len(ids), "same_pieces": share_alike(tokenizer, encoders[name], val)}
        for name, ids in rows.items()
    }
    record = {
        "command": "python book/figures/encoders.py",
        "python": platform.python_version(),
        "torch": torch.__version__.split("+")[0],
        "setting": f"pydocs, {VOCAB} tokens, gpt, {STEPS} steps; {len(right):,} validation tokens",
        "found": found,
        "curves": curves,
    }
    path = ROOT / "book" / "figures" / "curves" / "bug_hunt_08.json"
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def share_alike(tokenizer: bpe.BPETokenizer, encode, text: str) -> float:  # type: ignore[no-untyped-def]
    """For what share of a text's pieces an encoder gives the right tokens."""
    pieces = [piece.encode("utf-8") for piece in bpe.split_text(text)]
    return round(sum(encode(piece) == tokenizer.encode_piece(piece) for piece in pieces) / len(pieces), 4)


if __name__ == "__main__":
    main()
