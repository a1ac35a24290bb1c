"""Which model finds a text likelier? ``python -m scripts.who_wrote --ckpt-paths A B --text-path FILE``."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scripts._main import options, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vibejam_core.models.checkpoint import Checkpoint


@dataclass(frozen=True)
class WhoWroteOptions:
    """Measure how likely texts are under two or more models."""

    ckpt_paths: tuple[Path, ...]
    """The models: two or more runs' folders, or checkpoints'."""
    text_path: Path | None = None
    """A text file, or a folder of them; each document counts by itself."""
    text: str = ""
    """A text right here, instead of --text-path."""
    which: Literal["best", "last"] = "best"
    """Each run's checkpoint with the lowest validation loss, or its newest."""


@dataclass(frozen=True)
class Document:
    """One text to be judged."""

    name: str
    text: str


def main() -> None:
    """Read the options, load the models, print a line for each text."""
    args = options(WhoWroteOptions, "scripts.who_wrote")
    # Imported here, so that an error in a component of yours, which is imported too, is told like any other.
    from tqdm import tqdm

    from vibejam_core.models.checkpoint import load_checkpoint
    from vibejam_core.training.sitting import limited_threads

    if len(args.ckpt_paths) < 2:
        raise ValueError("who_wrote compares models: give the folders of at least two, as --ckpt-paths A B")
    if (args.text_path is None) == (not args.text):
        raise ValueError("give the text to judge, either as --text-path FILE or as --text '...'")
    models = {
        name: load_checkpoint(path, which=args.which)
        for name, path in zip(names(args.ckpt_paths), args.ckpt_paths, strict=True)
    }
    plain_quotes = any(each.settings.get("data", {}).get("plain_quotes", False) for each in models.values())
    documents = known_to_all(read(args, plain_quotes), models)
    width = max(len("text"), *(len(document.name) for document in documents))
    columns = [max(len(name), 8) for name in models]
    heading = "  ".join(name.rjust(column) for name, column in zip(models, columns, strict=True))
    print(f"{'':{width}}  {'':>10}  {'perplexity':<{len(heading)}}  bits per character")
    print(f"{'text':{width}}  characters  {heading}  {heading}  likelier, by bits per character")
    wins = dict.fromkeys(models, 0)
    total = sum(len(document.text) for document in documents) * len(models)
    with tqdm(total=total, delay=2, leave=False, disable=None, unit=" characters") as bar, ExitStack() as stack:
        stack.enter_context(limited_threads(1))
        for each in models.values():
            stack.enter_context(counted(each, bar))
        for document in documents:
            found = {name: measure(each, document.text) for name, each in models.items()}
            first, second = sorted(found, key=lambda name: found[name][1])[:2]
            margin = found[second][1] - found[first][1]
            wins[first] += margin > 0
            numbers = "  ".join(
                f"{found[name][kind]:{column}.2f}"
                for kind in (0, 1)
                for name, column in zip(models, columns, strict=True)
            )
            verdict = f"{first}, by {margin:.2f}" if margin > 0 else "neither"
            bar.write(f"{document.name:{width}}  {len(document.text):>10,}  {numbers}  {verdict}")
    if len(documents) > 1:
        print(", ".join(f"{name} finds {count} of {len(documents)} texts likelier" for name, count in wins.items()))


def names(paths: Sequence[Path]) -> list[str]:
    """What to call the models: their folders' names, or the whole paths where two share one."""
    short = [path.resolve().name for path in paths]
    found = short if len(set(short)) == len(short) else [str(path) for path in paths]
    if len(set(found)) < len(found):
        raise ValueError(f"the same model twice: {', '.join(found)}. Give the folders of different ones.")
    return found


def read(args: WhoWroteOptions, plain_quotes: bool) -> list[Document]:
    """The texts to judge: each file, cut at its separators."""
    from vibejam_core.text.corpora import clean, personal, read_text, split_documents, text_files

    if args.text_path is None:
        return [Document("your text", clean(args.text, plain_quotes=plain_quotes))]
    personal(args.text_path)  # says what is wrong with a path that can't be read
    files = text_files(args.text_path)[0] if args.text_path.is_dir() else [args.text_path]
    found = []
    for file in files:
        pieces = split_documents(read_text(file, plain_quotes=plain_quotes))
        label = file.relative_to(args.text_path).as_posix() if args.text_path.is_dir() else file.name
        found += [
            Document(label if len(pieces) == 1 else f"{label} {number}", piece.strip("\n"))
            for number, piece in enumerate(pieces, 1)
        ]
    return found


def known_to_all(documents: list[Document], models: dict[str, Checkpoint]) -> list[Document]:
    """The texts without the characters that one of the models has never seen, and a note that says so."""
    from vibejam_core.text.tokenizers import knows

    used = {character for document in documents for character in document.text}
    dropped = {
        name: {character for character in used if not knows(each.tokenizer, character)} for name, each in models.items()
    }
    for name, characters in dropped.items():
        if characters:
            shown = " ".join(repr(character)[1:-1] for character in sorted(characters))
            print(f"note: left out for all models, since {name} has never seen them: {shown}", file=sys.stderr)
    gone = str.maketrans(dict.fromkeys(set().union(*dropped.values())))
    kept = [Document(document.name, document.text.translate(gone)) for document in documents]
    for document in kept:
        if not document.text.strip():
            print(f"note: nothing is left of {document.name}", file=sys.stderr)
    kept = [document for document in kept if document.text.strip()]
    if not kept:
        raise ValueError("there is no text to judge: it has no character that all of the models have seen")
    return kept


def measure(checkpoint: Checkpoint, text: str) -> tuple[float, float]:
    """A text's perplexity per token, and its bits per character."""
    from vibejam_core.evaluation.voice import text_perplexity

    found = text_perplexity(checkpoint.model, checkpoint.tokenizer, text)
    n_tokens = len(checkpoint.tokenizer.encode(text))
    return found, math.log2(found) * n_tokens / len(text)


@contextmanager
def counted(checkpoint: Checkpoint, bar: Any) -> Iterator[None]:
    """Move the bar on by every window that the model sees meanwhile."""
    handle = checkpoint.model.register_forward_hook(lambda _, inputs, __: bar.update(len(inputs[0])))
    try:
        yield
    finally:
        handle.remove()


if __name__ == "__main__":
    run(main)
