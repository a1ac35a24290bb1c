"""Let a trained model write: ``python -m scripts.sample_lm --ckpt-path DIR --prompt TEXT``."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from scripts._main import options, run
from vibejam_core.inference.config import SamplingConfig


@dataclass(frozen=True)
class SampleOptions:
    """Let a trained model write."""

    ckpt_path: Path = Path("checkpoints/lm")
    """The run's folder, or one checkpoint's."""
    which: Literal["best", "last"] = "best"
    """The run's checkpoint with the lowest validation loss, or its newest."""
    prompt: str = ""
    """The beginning; the model writes on. Empty: the model begins a line of its own."""
    sampling: SamplingConfig = field(default_factory=SamplingConfig)


def main() -> None:
    """Read the options, load the model, print the text: a single one as it comes, several one after another."""
    args = options(SampleOptions, "scripts.sample_lm")
    # Imported here, so that an error in a component of yours, which is imported too, is told like any other.
    from vibejam_core.inference.sampling import generate_text
    from vibejam_core.inference.stopping import certain
    from vibejam_core.models.checkpoint import load_checkpoint
    from vibejam_core.text.corpora import clean
    from vibejam_core.text.tokenizers import prompt_ids, streamed

    checkpoint = load_checkpoint(args.ckpt_path, which=args.which)
    tokenizer, config = checkpoint.tokenizer, args.sampling
    wanted = clean(args.prompt, plain_quotes=checkpoint.settings.get("data", {}).get("plain_quotes", False))
    prompt, _ = prompt_ids(tokenizer, wanted, config.on_unknown)
    if prompt != wanted:
        left_out = "".join(dict.fromkeys(character for character in wanted if character not in prompt))
        print(f"note: left out of the prompt, since the model has never seen them: {left_out!r}", file=sys.stderr)
    complete, written, shown = streamed(tokenizer), "", ""

    def show(_: int, token: int) -> None:
        """Print what no stop text can take back any more."""
        nonlocal written, shown
        written += complete(token)
        text = written[: certain(written, config)]
        print(text[len(shown) :], end="", flush=True)
        shown = text

    if config.num_samples == 1:
        print(prompt, end="", flush=True)
        [text] = generate_text(checkpoint.model, tokenizer, prompt, config, on_token=show)
        print(text[len(prompt) + len(shown) :])
        return
    for i, text in enumerate(generate_text(checkpoint.model, tokenizer, prompt, config)):
        print(f"--- sample {i + 1}, seed {config.seed + i}\n{text}")


if __name__ == "__main__":
    run(main)
