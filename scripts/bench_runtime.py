"""What counting and training take here: ``python -m scripts.bench_runtime [FILE]`` prints a table of each.

FILE is the text to count, for example tinyshakespeare.txt; without one, it is the Python language reference.
"""

from __future__ import annotations

import sys
import time

from scripts._main import run

ORDERS = (1, 2, 3, 4, 5, 6)
MODELS = ((1, 16, 4), (2, 32, 12), (4, 64, 12), (4, 128, 12), (4, 128, 32))  # layers, width, windows per batch


def main() -> None:
    """Both tables."""
    from vibejam_core.text.corpora import load_corpus

    corpus = load_corpus(sys.argv[1] if len(sys.argv) > 1 else "pydocs")
    count(corpus.name, corpus.text)
    train(corpus.text)


def count(name: str, text: str) -> None:
    """The loss and the time of n-gram counts, fitted on the first nine tenths, measured on the last tenth."""
    import torch

    from vibejam_core.evaluation.ngram import NGramModel
    from vibejam_core.text.characters import CharTokenizer
    from vibejam_core.text.windows import split_corpus

    tokenizer = CharTokenizer.build(text)
    train_tokens, val_tokens = split_corpus(torch.tensor(tokenizer.encode(text)))
    print(f"{name}: {len(text):,} characters, {tokenizer.vocab_size} different\n")
    print("| counts | nats per character | seconds to fit and measure |\n|---|---|---|")
    for order in ORDERS:
        started = time.perf_counter()
        loss = NGramModel.fit(train_tokens, tokenizer.vocab_size, order).loss(val_tokens)
        print(f"| {order}-gram | {loss:.4f} | {time.perf_counter() - started:.2f} |", flush=True)


def train(text: str, steps: int = 20) -> None:
    """Steps of the trainer with one thread and with PyTorch's own choice of threads."""
    import torch

    from vibejam_core.models.config import ModelConfig
    from vibejam_core.models.registry import build_model
    from vibejam_core.text.characters import CharTokenizer
    from vibejam_core.text.windows import get_batch
    from vibejam_core.training.trainer import limited_threads, train_step

    tokenizer = CharTokenizer.build(text)
    tokens = torch.tensor(tokenizer.encode(text))
    print("\n| layers, width, windows | threads | ms per step | CPU ms per step | tokens/s |\n|---|---|---|---|---|")
    for n_layer, n_embd, batch_size in MODELS:
        for threads in sorted({1, torch.get_num_threads()}):
            model = build_model("gpt", ModelConfig(tokenizer.vocab_size, n_layer=n_layer, n_embd=n_embd))
            optimizer = model.configure_optimizers(1e-3, 0.1)
            with limited_threads(threads):
                for step in range(steps + 3):
                    if step == 3:  # the first ones warm up
                        wall, cpu = time.perf_counter(), time.process_time()
                    train_step(model, optimizer, [get_batch(tokens, 64, batch_size)], 1e-3, 1.0)
            seconds, busy = (time.perf_counter() - wall) / steps, (time.process_time() - cpu) / steps
            speed = f"{1e3 * seconds:.1f} | {1e3 * busy:.1f} | {64 * batch_size / seconds:,.0f}"
            print(f"| {n_layer}, {n_embd}, {batch_size} | {threads} | {speed} |", flush=True)


if __name__ == "__main__":
    run(main)
