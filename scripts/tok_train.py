"""Train a BPE tokenizer: ``python -m scripts.tok_train --text-path FILE --out-path tokenizer.json``.

The text is read bit by bit and only its different words are kept, so memory stays small however long it is. Nothing is
written before the end: stopped with Ctrl-C, the program leaves everything as it was.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tqdm import tqdm

from scripts._main import options, run
from vibejam_core.text.corpora import DOC_END, SUFFIXES
from vibejam_core.text.corpus_choice import CorpusChoice, Name
from vibejam_core.text.datasets import DATASETS

ENOUGH = 100_000_000
"""More bytes of a corpus than this hardly change which merges are found (a shard of fineweb-edu has 250 million)."""


@dataclass(frozen=True)
class TokOptions:
    """Train a BPE tokenizer."""

    corpus: Name = "tinyworld"
    """A corpus of scripts.pre_tokenize. What is held out for validation isn't looked at. The last three are
    downloaded."""
    megabytes: float = 10.0
    """How much of tinyworld to make, in millions of bytes."""
    text_path: Path | None = None
    """Your own text instead: a UTF-8 file of any length, or a folder of .txt and .md files. Without --corpus personal
    nothing of it is held out."""
    data_dir: Path = Path("data")
    """Where downloads are kept."""
    max_bytes: int = 0
    """Read no more than about so many bytes; 0 reads all, but of tinystories and fineweb-edu the first 100 MB."""
    vocab_size: int = 4096
    """How many tokens there should be: 256 bytes, one for each merge, and the special tokens."""
    special_tokens: tuple[str, ...] = (DOC_END,)
    """Texts that are one token each and take no part in training."""
    plain_quotes: bool = True
    """Turn typographic quotes, dashes and ellipses into their typewriter forms, as scripts.train_lm does."""
    trainer: Literal["auto", "rustbpe", "python"] = "auto"
    """Who finds the merges: rustbpe, which must be installed; the course's own code, yours if you have written it; or
    whichever is there."""
    out_path: Path = Path("checkpoints/tokenizer.json")
    """Where to keep the tokenizer."""
    overwrite: bool = False
    """Replace a file that is there already."""

    def __post_init__(self) -> None:
        if self.vocab_size < 256 + len(self.special_tokens):
            raise ValueError(
                f"vocab_size must be at least {256 + len(self.special_tokens)}, for 256 bytes and "
                f"{len(self.special_tokens)} special tokens, but it is {self.vocab_size}"
            )
        if self.text_path is None or self.corpus != "tinyworld":  # a path alone is a text of one's own
            self.choice()

    def choice(self) -> CorpusChoice:
        """The corpus, which the course knows by its name. Raises ValueError where something is missing."""
        return CorpusChoice(
            self.corpus,
            self.megabytes,
            text_path=self.text_path,
            plain_quotes=self.plain_quotes,
            data_dir=self.data_dir,
        )


def main() -> None:
    """Read the text, find the merges, keep and describe them."""
    args = options(TokOptions, "scripts.tok_train")
    # Imported here, so that an error in a component of yours, which is imported too, is told like any other.
    from vibejam_core.text.bpe_scale import has_rustbpe, train_tokenizer

    if args.out_path.exists() and not args.overwrite:
        raise FileExistsError(f"{args.out_path} is already there. Add --overwrite, or give another --out-path.")
    if args.trainer == "rustbpe" and not has_rustbpe():
        raise ValueError('rustbpe is not installed. Run "pip install rustbpe", or take --trainer python.')
    trainer = args.trainer if args.trainer != "auto" else "rustbpe" if has_rustbpe() else "python"
    print(f"text      {args.text_path or args.corpus}")
    print(f"trainer   {trainer}, up to {args.vocab_size:,} tokens")
    began = time.monotonic()
    with heartbeat("merging", began) as beat:
        tokenizer = train_tokenizer(counted(args, beat), args.vocab_size, args.special_tokens, trainer=trainer)
    if not tokenizer.merges:
        raise ValueError("there was nothing to merge: the text has no two bytes side by side. Give a longer text.")
    tokenizer.save(args.out_path)
    print(f"learnt    {len(tokenizer.merges):,} merges in {time.monotonic() - began:.1f} s")
    if tokenizer.vocab_size < args.vocab_size:
        print(
            f"note      the text had no more pairs to merge: {tokenizer.vocab_size:,} tokens, not {args.vocab_size:,}"
        )
    longest = sorted(tokenizer.token_bytes[256 : 256 + len(tokenizer.merges)], key=len)[-8:]
    print("longest   " + "  ".join(repr(token.decode("utf-8", "replace")) for token in reversed(longest)))
    print(f"done: {args.out_path}. Measure it, or train with it:")
    print(f"  python -m scripts.tok_eval --tokenizer-path {args.out_path}")
    print(f"  python -m scripts.train_lm --tokenizer bpe --tokenizer-path {args.out_path} --arch modern_gpt")


class Beat:
    """Whether the heart beats: not while another progress bar is shown."""

    def __init__(self) -> None:
        self.on = False
        self.over = threading.Event()


@contextmanager
def heartbeat(what: str, began: float) -> Iterator[Beat]:
    """Show every second that something still goes on, once that is switched on and if somebody looks."""
    beat = Beat()

    def tell() -> None:
        while not beat.over.wait(1.0):
            if beat.on and sys.stderr.isatty():
                print(f"\r{what} ... {time.monotonic() - began:.0f} s", end="", file=sys.stderr, flush=True)

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield beat
    finally:
        beat.over.set()
        thread.join()
        if beat.on and sys.stderr.isatty():
            print("\r", end="", file=sys.stderr)


def counted(args: TokOptions, beat: Beat) -> Iterator[str]:
    """The texts to learn from, with a bar that shows how many bytes of them were read."""
    total, found = texts(args)
    enough = args.max_bytes or (ENOUGH if args.corpus in DATASETS else 0)
    total = min(total, enough) if enough else total
    n_read = 0
    with tqdm(total=total, unit="B", unit_scale=True, desc="reading", disable=None, leave=False) as bar:
        for text, n_bytes in found:
            n_read += n_bytes
            bar.update(min(n_bytes, total - bar.n))
            yield text
            if enough and n_read >= enough:
                break
    if not n_read:
        raise ValueError(
            f"there is no text in {args.text_path or args.corpus}. Give a {' or '.join(SUFFIXES)} file with some."
        )
    print(f"read      {n_read:,} bytes")
    beat.on = True


def texts(args: TokOptions) -> tuple[int, Iterator[tuple[str, int]]]:
    """About how many bytes there are, and text after text, each with the number of bytes that it took."""
    from vibejam_core.text.streams import CHUNK, files_of, stream_file
    from vibejam_core.text.text_source import utf8
    from vibejam_core.text.tinyworld import KINDS, documents
    from vibejam_core.text.training_texts import training_texts

    if args.text_path is not None and args.corpus == "tinyworld":  # nothing is held out, so it is read only once
        chunk, files = min(CHUNK, args.max_bytes or CHUNK), files_of(args.text_path)
        pieces = (piece for file in files for piece in stream_file(file, plain_quotes=args.plain_quotes, chunk=chunk))
        return sum(file.stat().st_size for file in files), pieces
    if args.corpus == "tinyworld":
        n_bytes = round(args.megabytes * 1e6)
        return n_bytes, ((document.text, document.n_bytes) for document in documents(KINDS, "train", 0, n_bytes))
    corpus = training_texts(args.choice())
    return corpus.train_bytes, ((text, len(utf8(text))) for text, _ in corpus.train.documents())


if __name__ == "__main__":
    run(main)
