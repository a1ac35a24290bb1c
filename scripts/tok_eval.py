"""How well tokenizers compress texts of many kinds: ``python -m scripts.tok_eval --tokenizer-path tokenizer.json``.

Prints bytes per token: the more, the shorter a text gets. GPT-2's own table of merges can stand beside yours.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts._main import options, run

if TYPE_CHECKING:
    from vibejam_core.text.bpe import BPETokenizer

WIDTH = 13


@dataclass(frozen=True)
class EvalOptions:
    """How many bytes of text a token stands for, for each kind of text."""

    tokenizer_path: tuple[Path, ...] = ()
    """The files of tokenizers, as scripts.tok_train writes them."""
    gpt2_merges_path: Path | None = None
    """GPT-2's table of merges (vocab.bpe, or merges.txt), if you have it."""
    download_gpt2: bool = False
    """Fetch GPT-2's table (half a megabyte) from the Hugging Face hub."""
    text_path: tuple[Path, ...] = ()
    """Texts of your own, one column more for each."""


def main() -> None:
    """Read the tokenizers, measure, print one table."""
    args = options(EvalOptions, "scripts.tok_eval")
    # Imported here, so that an error in a component of yours, which is imported too, is told like any other.
    from vibejam_core.text.bpe import BPETokenizer
    from vibejam_core.text.bpe_scale import compression_report
    from vibejam_core.text.corpora import read_text
    from vibejam_core.text.samples import samples

    tokenizers: dict[str, BPETokenizer] = {"bytes": BPETokenizer([])}
    for path in args.tokenizer_path:
        tokenizers[path.stem if path.stem not in tokenizers else str(path)] = BPETokenizer.load(path)
    tokenizers |= gpt2(args)
    if len(tokenizers) == 1:
        raise ValueError(
            "there is nothing to compare. Give --tokenizer-path FILE (python -m scripts.tok_train makes one), "
            "--gpt2-merges-path FILE or --download-gpt2."
        )
    texts = {**samples(), **{path.name: read_text(path, plain_quotes=False) for path in args.text_path}}
    reports = {name: compression_report(tokenizer, texts) for name, tokenizer in tokenizers.items()}
    print("bytes per token")
    print(f"{'':{WIDTH}}" + "".join(f"{shortened(name):>{WIDTH + 2}}" for name in reports))
    sizes = "".join(f"{tokenizer.vocab_size:>{WIDTH + 2},}" for tokenizer in tokenizers.values())
    print(f"{'vocabulary':{WIDTH}}" + sizes)
    for kind in next(iter(reports.values())):
        row = "".join(f"{report[kind]:>{WIDTH + 2}.2f}" for report in reports.values())
        print(f"{shortened(kind):{WIDTH}}" + row)


def gpt2(args: EvalOptions) -> dict[str, BPETokenizer]:
    """GPT-2's tokenizer, if it was asked for."""
    from vibejam_core.models.hub import fetch
    from vibejam_core.text.gpt2 import gpt2_tokenizer

    if args.gpt2_merges_path is not None:
        return {"GPT-2": gpt2_tokenizer(args.gpt2_merges_path)}
    if not args.download_gpt2:
        print("(GPT-2's table beside yours: --gpt2-merges-path FILE, or --download-gpt2)", file=sys.stderr)
        return {}
    return {"GPT-2": gpt2_tokenizer(fetch("openai-community/gpt2", "merges.txt"))}


def shortened(name: str) -> str:
    """A name that fits its column."""
    return name if len(name) <= WIDTH else name[: WIDTH - 1] + "…"


if __name__ == "__main__":
    run(main)
