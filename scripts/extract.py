"""How much of a text does a model have by heart? ``python -m scripts.extract --ckpt-path DIR --source FILE``."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from scripts._main import options, run

if TYPE_CHECKING:
    from vibejam_core.models.checkpoint import Checkpoint


@dataclass(frozen=True)
class ExtractOptions:
    """Give a model beginnings from a text, and see how much of what follows comes back character for character."""

    ckpt_path: Path
    """The run's folder, or one checkpoint's."""
    source: Path
    """The text that the model was trained on: the file or folder that --text-path was."""
    prompt: str = ""
    """Ask for what follows this beginning. Empty: ask for passages from all over the text."""
    passages: int = 10
    """How many passages to ask for, of each part of the text."""
    prefix_length: int = 50
    """How many characters of a passage the model is given."""
    length: int = 50
    """How many characters it is to write."""
    which: Literal["best", "last"] = "best"
    """The run's checkpoint with the lowest validation loss, or its newest."""

    def __post_init__(self) -> None:
        for name in ("passages", "prefix_length", "length"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, but it is {getattr(self, name)}")


@dataclass(frozen=True)
class Attempt:
    """One beginning and what the model made of it."""

    written: str
    exact: int
    """How many of its characters, from the first on, are those of the text."""
    copy: str
    """The longest piece of it that stands anywhere in the text."""


def main() -> None:
    """Read the options, load model and text, ask, report."""
    args = options(ExtractOptions, "scripts.extract")
    # Imported here, so that an error in a component of yours, which is imported too, is told like any other.
    from vibejam_core.models.checkpoint import load_checkpoint
    from vibejam_core.text.corpora import clean, personal
    from vibejam_core.training.sitting import limited_threads

    checkpoint = load_checkpoint(args.ckpt_path, which=args.which)
    data = checkpoint.settings.get("data", {})
    plain_quotes = data.get("plain_quotes", False)
    source = personal(args.source, plain_quotes=plain_quotes).text
    with limited_threads(1):
        if args.prompt:
            prompt = clean(args.prompt, plain_quotes=plain_quotes)
            starts = [i + len(prompt) for i in range(len(source)) if source.startswith(prompt, i)]
            print(f"places in {args.source} where the prompt stands: {len(starts)}")
            attempts = [ask(checkpoint, source, prompt, starts, args.length)]
            print(line("the model writes", attempts[0]))
            return
        for name, part in parts(checkpoint, source, data.get("val_fraction", 0.0)).items():
            need = args.prefix_length + args.length
            if len(part) < need:
                print(f"{name}: its {len(part):,} characters are fewer than the {need} of one passage")
                continue
            print(f"{name}: {args.passages} passages of {args.prefix_length} + {args.length} characters")
            places = [(len(part) - need) * i // max(1, args.passages - 1) for i in range(args.passages)]
            attempts = []
            for place in places:
                start = place + args.prefix_length
                attempts.append(ask(checkpoint, part, part[place:start], [start], args.length))
                print(line(f"from {start:,}", attempts[-1]), flush=True)
            print(summary(attempts, args.length))


def parts(checkpoint: Checkpoint, source: str, val_fraction: float) -> dict[str, str]:
    """The text as the run cut it, if it is the run's text; else all of it."""
    if checkpoint.settings.get("text_sha256") != hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest():
        return {"this is not the text that the model was trained on": source}
    n_train = len(source) - int(len(source) * val_fraction)
    found = {"what it was trained on": source[:n_train]}
    if n_train < len(source):
        found["what it has never seen, for comparison"] = source[n_train:]
    return found


def ask(checkpoint: Checkpoint, source: str, beginning: str, starts: Sequence[int], length: int) -> Attempt:
    """Let the model continue a beginning, always with the likeliest character; compare with what stands there."""
    from vibejam_core.evaluation.voice import longest_copy
    from vibejam_core.inference.config import SamplingConfig
    from vibejam_core.inference.sampling import generate_text
    from vibejam_core.text.tokenizers import prompt_ids

    config = SamplingConfig(
        max_new_tokens=length, temperature=0, max_newlines=0, max_spaces=0, on_unknown="skip", num_samples=1
    )
    beginning, _ = prompt_ids(checkpoint.tokenizer, beginning, config.on_unknown)
    [text] = generate_text(checkpoint.model, checkpoint.tokenizer, beginning, config)
    written = text[len(beginning) :]
    exact = max((same(written, source[start : start + length]) for start in starts), default=0)
    return Attempt(written, exact, longest_copy(written, source))


def same(written: str, there: str) -> int:
    """How many characters two texts have in common before they part."""
    pairs = zip(written, there, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(written), len(there)))


def line(what: str, attempt: Attempt) -> str:
    """An attempt for people; a bar stands where the model leaves the text."""
    shown = f"{attempt.written[: attempt.exact]}|{attempt.written[attempt.exact :]}"
    return f"  {what:>12}: {attempt.exact:>3} exact, {len(attempt.copy):>3} copied  {repr(shown)[1:-1]}"


def summary(attempts: Sequence[Attempt], length: int) -> str:
    """What the attempts come to."""
    whole = sum(attempt.exact == length for attempt in attempts)
    mean = sum(attempt.exact for attempt in attempts) / len(attempts)
    copy = max((attempt.copy for attempt in attempts), key=len)
    return (
        f"  {whole} of {len(attempts)} came back whole, on average the first {mean:.1f} of {length} characters; "
        f"the longest copy has {len(copy)}: {copy!r}"
    )


if __name__ == "__main__":
    run(main)
