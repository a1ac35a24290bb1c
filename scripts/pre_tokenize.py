"""Make token files of a corpus: ``python -m scripts.pre_tokenize --corpus tinyworld --out-dir data/tokens/tinyworld``.

The text is read and encoded bit by bit, so memory stays small however long it is. Stopped at any moment, even by a
kill, the same command goes on where it was, and the files are the same as without a stop.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from scripts._main import options, run
from vibejam_core.text.corpus_choice import CorpusChoice


@dataclass(frozen=True)
class PreTokenizeOptions:
    """Make token files of a corpus: train.bin and val.bin."""

    data: CorpusChoice = field(default_factory=CorpusChoice)
    tokenizer_path: Path = Path("checkpoints/tokenizer.json")
    """The tokenizer: a file that scripts.tok_train wrote."""
    out_dir: Path | None = None
    """Where the token files go; without it, data/tokens and the corpus's name."""
    threads: int = os.cpu_count() or 1
    """How many threads encode."""
    overwrite: bool = False
    """Delete the token files that are there, and begin anew."""

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise ValueError(f"threads must be at least 1, but it is {self.threads}")


def main() -> int:
    """Read the options, write the token files, say how it ended."""
    args = options(PreTokenizeOptions, "scripts.pre_tokenize")
    # Imported here, so that an error in a component of yours, which is imported too, is told like any other.
    from vibejam_core.text.bpe import BPETokenizer
    from vibejam_core.text.pretokenized import empty, pre_tokenize
    from vibejam_core.text.tokenizers import fingerprint
    from vibejam_core.text.training_texts import training_texts

    folder = args.out_dir or args.data.data_dir / "tokens" / args.data.corpus
    try:
        tokenizer = BPETokenizer.load(args.tokenizer_path)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{error} Make one: python -m scripts.tok_train --out-path {args.tokenizer_path}"
        ) from None
    print(f"tokenizer {args.tokenizer_path}, {tokenizer.vocab_size:,} tokens, {fingerprint(tokenizer)}")
    began = time.monotonic()
    try:
        texts = training_texts(args.data)
        print(f"text      {texts.name}, about {texts.train_bytes:,} bytes to train on")
        if args.overwrite:
            empty(folder)
        pre_tokenize(texts, tokenizer, folder, threads=args.threads)
    except KeyboardInterrupt:
        print(f"\nstopped; what is done is kept in {folder}. Go on with the same command:", file=sys.stderr)
        print(f"  python -m scripts.pre_tokenize {' '.join(sys.argv[1:])}", file=sys.stderr)
        return 130
    print(f"done: {folder}, in {time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    run(main)
