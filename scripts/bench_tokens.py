"""How fast tokenizers are trained and encode: ``python -m scripts.bench_tokens`` prints a table of each.

Ours, beside ``rustbpe``, Hugging Face's ``tokenizers`` and ``tiktoken``, where they are installed. The text is Python's
own standard library, which lies inside every Python, or ``--text-path``. Times are of the processor, of all threads
together; the number of threads is held at one where a package allows it.
"""

from __future__ import annotations

import os
import sysconfig
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from scripts._main import options, run

LIMIT = 8.0
"""Our trainer may take so many times the processor time of rustbpe."""


@dataclass(frozen=True)
class BenchOptions:
    """How fast tokenizers are trained and encode."""

    text_path: Path | None = None
    """A UTF-8 text; left out, Python's standard library."""
    megabytes: float = 10.0
    """How much of the text, in millions of bytes."""
    vocab_size: int = 4096
    """How many tokens to learn."""
    repeats: int = 3
    """How often each is timed; the fastest counts."""


def main() -> int:
    """Print both tables; 1 where our trainer is slower than it may be."""
    for name in ("RAYON_NUM_THREADS", "TOKENIZERS_PARALLELISM"):  # read when the packages are loaded
        os.environ.setdefault(name, "1" if name.startswith("RAYON") else "false")
    args = options(BenchOptions, "scripts.bench_tokens")
    # Imported here, so that an error in a component of yours, which is imported too, is told like any other.
    from vibejam_core.text.bpe import PATTERN
    from vibejam_core.text.bpe_scale import count_words, to_tiktoken, train_bpe_incremental, train_tokenizer

    text = a_text(args)
    size = len(text.encode("utf-8"))
    print(f"{size / 1e6:.1f} MB, {len(count_words([text])):,} different words, vocabulary {args.vocab_size:,}\n")
    tokenizer = train_tokenizer([text], args.vocab_size, trainer="python")

    trainers: dict[str, Callable[[], Any]] = {
        "ours, cutting and counting words": lambda: count_words([text]),
        "ours, merging": lambda: train_bpe_incremental(count, args.vocab_size),
        "ours, all": lambda: train_bpe_incremental(count_words([text]), args.vocab_size),
    }
    count = count_words([text])
    if find_spec("rustbpe"):
        trainers["rustbpe"] = lambda: rust_trained(text, args.vocab_size, PATTERN)
    if find_spec("tokenizers"):
        trainers["tokenizers"] = lambda: face_trained(text, args.vocab_size, PATTERN)
    print("| training | CPU-s | MB/s |\n|---|---|---|")
    seconds = {name: row(name, act, size, args.repeats) for name, act in trainers.items()}

    lines = text.splitlines(keepends=True)
    encoding = to_tiktoken(tokenizer)
    encoders: dict[str, Callable[[], Any]] = {
        "ours": lambda: [tokenizer.encode(line) for line in lines],
        "ours, exported to tiktoken": lambda: [encoding.encode_ordinary(line) for line in lines],
    }
    if find_spec("rustbpe"):
        rust = rust_trained(text, args.vocab_size, PATTERN)
        encoders["rustbpe"] = lambda: [rust.encode(line) for line in lines]
    if find_spec("tokenizers"):
        face = face_trained(text, args.vocab_size, PATTERN)
        encoders["tokenizers"] = lambda: [face.encode(line) for line in lines]
    print("\n| encoding, line by line | CPU-s | MB/s |\n|---|---|---|")
    for name, act in encoders.items():
        row(name, act, size, args.repeats)

    if "rustbpe" not in seconds:
        print('\nrustbpe is not installed ("pip install rustbpe"), so ours is compared with nothing')
        return 0
    times = seconds["ours, all"] / seconds["rustbpe"]
    print(f"\nour trainer takes {times:.1f} times as long as rustbpe; it may take {LIMIT:.0f} times")
    return int(times > LIMIT)


def row(name: str, act: Callable[[], Any], size: int, repeats: int) -> float:
    """Print a row; the seconds of the processor that the fastest of some tries took."""
    seconds = []
    for _ in range(repeats):
        began = time.process_time()
        act()
        seconds.append(time.process_time() - began)
    print(f"| {name} | {min(seconds):.2f} | {size / min(seconds) / 1e6:.1f} |", flush=True)
    return min(seconds)


def a_text(args: BenchOptions) -> str:
    """The text to work on."""
    from vibejam_core.text.corpora import read_text

    n = round(args.megabytes * 1e6)
    if args.text_path is not None:
        return read_text(args.text_path, plain_quotes=False).encode("utf-8")[:n].decode("utf-8", "ignore")
    found = b""
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).rglob("*.py")):
        if "site-packages" not in path.parts:
            found += path.read_bytes()
        if len(found) >= n:
            break
    return found[:n].decode("utf-8", "ignore")


def rust_trained(text: str, vocab_size: int, pattern: str) -> Any:
    """A tokenizer trained by rustbpe."""
    tokenizer = import_module("rustbpe").Tokenizer()
    tokenizer.train_from_iterator(iter([text]), vocab_size, pattern=pattern)
    return tokenizer


def face_trained(text: str, vocab_size: int, pattern: str) -> Any:
    """A tokenizer trained by Hugging Face's tokenizers, set up to do the same."""
    package = import_module("tokenizers")
    tokenizer = package.Tokenizer(package.models.BPE())
    cut = package.pre_tokenizers.Split(package.Regex(pattern), behavior="isolated", invert=False)
    to_bytes = package.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = package.pre_tokenizers.Sequence([cut, to_bytes])
    trainer = package.trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=0,
        show_progress=False,
        initial_alphabet=package.pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(iter([text]), trainer)
    return tokenizer


if __name__ == "__main__":
    run(main)
