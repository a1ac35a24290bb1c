"""How fast batches come: ``python -m scripts.bench_loader`` prints a row for each way to read; the last line is JSON.

The documents are TinyWorld's, the same for all: pretokenised in a file; as text in Parquet, tokenised and packed on the
way; and made on the way, tokenised and packed. Everything runs in one thread. "waited" is for a step on an accelerator,
a pause of ``--step-ms`` in which a thread makes the next batches: as long as it is 0, the loader keeps up.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from scripts._main import options, run

if TYPE_CHECKING:
    from vibejam_core.text.prefetch import Loader


@dataclass(frozen=True)
class BenchOptions:
    """How fast batches come."""

    megabytes: float = 4.0
    """How much text, in millions of bytes."""
    vocab_size: int = 2048
    """How many tokens the tokenizer has, at most."""
    batch_size: int = 16
    """How many rows a batch has."""
    block_size: int = 1024
    """How many tokens a row has."""
    n_waiting: int = 100
    """How many documents the packer can choose from."""
    seconds: float = 2.0
    """How long each way is timed."""
    step_ms: float = 50.0
    """How long a pretended step takes."""


@dataclass(frozen=True)
class Speed:
    """What was measured for one way to read."""

    tokens_per_second: int
    dropped: float
    """The share of the tokens that packing cut off."""
    waited_ms: float
    """How long a step waited for its batch, on average, while a thread made them ahead."""


def main() -> int:
    """Print the table, then the JSON."""
    args = options(BenchOptions, "scripts.bench_loader")
    # Imported here, so that an error in a component of yours, which is imported too, is told like any other.
    import torch

    from vibejam_core.text.bpe_scale import to_tiktoken, train_tokenizer
    from vibejam_core.text.corpora import DOC_END
    from vibejam_core.text.document_loader import DocumentLoader
    from vibejam_core.text.parquet_source import ParquetSource
    from vibejam_core.text.sources import TinyWorldSource
    from vibejam_core.text.token_batches import TokenBatches, open_tokens
    from vibejam_core.text.token_file import write_tokens
    from vibejam_core.text.tokenizers import fingerprint

    torch.set_num_threads(1)
    texts, size = [], 0.0
    for text, _ in TinyWorldSource().documents():
        texts.append(text)
        size += len(text) / 1e6
        if size >= args.megabytes:
            break
    tokenizer = train_tokenizer(islice(texts, 2000), args.vocab_size, [DOC_END])
    encoding, mark = to_tiktoken(tokenizer), tokenizer.special_ids[DOC_END]
    encoded = [0]

    def encode(text: str) -> list[int]:
        """A document's tokens behind the mark of a beginning; they are counted."""
        ids = [mark, *encoding.encode_ordinary(text)]
        encoded[0] += len(ids)
        return ids

    def packed(source: Any) -> DocumentLoader:
        return DocumentLoader(source, encode, args.batch_size, args.block_size, args.n_waiting)

    print(
        f"{size:.1f} MB in {len(texts):,} documents; vocabulary {tokenizer.vocab_size:,}; B {args.batch_size}, ", end=""
    )
    print(f"T {args.block_size}; {args.n_waiting} documents wait; a step takes {args.step_ms:g} ms\n")
    print("| way | tokens/s | dropped | waited, ms |\n|---|---|---|---|", flush=True)
    found: dict[str, Speed] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.tokens"
        write_tokens(path, ((encode(text), len(text)) for text in texts), tokenizer.vocab_size, fingerprint(tokenizer))
        ways: dict[str, Callable[[], Loader]] = {
            "token file": lambda: TokenBatches(open_tokens(path)[0], args.batch_size, args.block_size)
        }
        if find_spec("pyarrow"):
            shards = [in_parquet(Path(folder) / "0.parquet", texts), in_parquet(Path(folder) / "1.parquet", texts[:10])]
            ways["Parquet, packed"] = lambda: packed(ParquetSource(shards, epochs=None))
        ways["TinyWorld, packed"] = lambda: packed(TinyWorldSource())
        for name, make in ways.items():
            found[name] = measure(make, encoded, args)
            print("| {} | {:,} | {:.1%} | {:.1f} |".format(name, *asdict(found[name]).values()), flush=True)
    if "Parquet, packed" not in found:
        print('\nParquet was not run: pyarrow is not installed ("pip install pyarrow")')
    print(f"\n{json.dumps({**asdict(args), **{name: asdict(speed) for name, speed in found.items()}})}")
    return 0


def in_parquet(path: Path, texts: list[str]) -> Path:
    """A Parquet file of documents, in row groups of a thousand."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"text": texts}), path, row_group_size=1000)
    return path


def measure(make: Callable[[], Loader], encoded: list[int], args: BenchOptions) -> Speed:
    """Time one way: alone, then with pretended steps. ``encoded[0]`` is how many tokens were made so far."""
    from vibejam_core.text.prefetch import Prefetched

    loader = make()
    loader.next_batch()  # opens files
    n_tokens, before = 0, encoded[0]
    waiting = waiting_tokens(loader)
    began = time.perf_counter()
    while (seconds := time.perf_counter() - began) < args.seconds:
        x, _ = loader.next_batch()
        n_tokens += x.numel() + len(x)  # a row has a token more than x
    made = encoded[0] - before + waiting - waiting_tokens(loader)
    waits = []
    with Prefetched(make()) as ahead:
        ahead.next_batch()
        for _ in range(max(3, round(args.seconds / args.step_ms * 1000))):
            time.sleep(args.step_ms / 1000)
            began = time.perf_counter()
            ahead.next_batch()
            waits.append(1000 * (time.perf_counter() - began))
    return Speed(round(n_tokens / seconds), round(1 - n_tokens / made, 4) if made else 0.0, round(mean(waits), 2))


def waiting_tokens(loader: Any) -> int:
    """How many tokens wait in a loader's packer, if it has one."""
    packer = getattr(loader, "packer", None)
    return 0 if packer is None else sum(len(document) for document in packer.waiting)


if __name__ == "__main__":
    run(main)
