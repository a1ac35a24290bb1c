"""Let a trained model write: ``python -m scripts.sample_lm --ckpt-path DIR --prompt TEXT``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from scripts._main import options, run
from vibejam_core.inference.config import SamplingConfig

if TYPE_CHECKING:
    from vibejam_core.models.checkpoint import Checkpoint

Say = Callable[[str], None]


@dataclass(frozen=True)
class SampleOptions:
    """Let a trained model write."""

    ckpt_path: Path = Path("checkpoints/lm")
    """The run's folder, or one checkpoint's."""
    which: Literal["best", "last"] = "best"
    """The run's checkpoint with the lowest validation loss, or its newest."""
    prompt: str = ""
    """The beginning; the model writes on. Empty: the model begins a line of its own."""
    slide: bool = True
    """Whether the text may outgrow the model's context: what came first is forgotten then. Only a modern_gpt can do
    without: --no-slide refuses to write more than fits."""
    sampling: SamplingConfig = field(default_factory=SamplingConfig)


def main() -> None:
    """Read the options, load the model, print the text: a single one as it comes, several one after another."""
    args = options(SampleOptions, "scripts.sample_lm")
    # Imported here, so that an error in a component of yours, which is imported too, is told like any other.
    from vibejam_core.models.checkpoint import load_checkpoint
    from vibejam_core.text.corpora import clean
    from vibejam_core.text.tokenizers import prompt_ids

    checkpoint, config = load_checkpoint(args.ckpt_path, which=args.which), args.sampling
    wanted = clean(args.prompt, plain_quotes=checkpoint.settings.get("data", {}).get("plain_quotes", False))
    prompt, _ = prompt_ids(checkpoint.tokenizer, wanted, config.on_unknown)
    if prompt != wanted:
        left_out = "".join(dict.fromkeys(character for character in wanted if character not in prompt))
        print(f"note: left out of the prompt, since the model has never seen them: {left_out!r}", file=sys.stderr)
    way = by_engine if checkpoint.arch == "modern_gpt" else by_any
    if config.num_samples == 1:
        print(prompt, end="", flush=True)
        way(checkpoint, prompt, args, lambda piece: print(piece, end="", flush=True))
        print()
        return
    for i, text in enumerate(way(checkpoint, prompt, args, None)):
        print(f"--- sample {i + 1}, seed {config.seed + i}\n{text}")


def by_engine(checkpoint: Checkpoint, prompt: str, args: SampleOptions, say: Say | None) -> list[str]:
    """Let a modern GPT write, with a cache; ``say`` hears the text of a single sample as it comes."""
    from vibejam_core.inference.engine import Engine
    from vibejam_core.inference.writing import stream_text

    texts = [prompt] * args.sampling.num_samples
    engine = Engine(checkpoint.model)
    for sample, piece in stream_text(engine, checkpoint.tokenizer, [prompt], args.sampling, args.slide):
        texts[sample] += piece
        if say:
            say(piece)
    return texts


def by_any(checkpoint: Checkpoint, prompt: str, args: SampleOptions, say: Say | None) -> list[str]:
    """Let a model of any architecture write; else the same."""
    from vibejam_core.inference.sampling import generate_text
    from vibejam_core.inference.stopping import certain
    from vibejam_core.text.tokenizers import streamed

    complete, written, shown = streamed(checkpoint.tokenizer), "", ""

    def show(_: int, token: int) -> None:
        """Say what no stop text can take back any more."""
        nonlocal written, shown
        written += complete(token)
        text = written[: certain(written, args.sampling)]
        if say:
            say(text[len(shown) :])
        shown = text

    texts = generate_text(checkpoint.model, checkpoint.tokenizer, prompt, args.sampling, show if say else None)
    if say:
        say(texts[0][len(prompt) + len(shown) :])
    return texts


if __name__ == "__main__":
    run(main)
