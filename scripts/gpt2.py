"""Let OpenAI's GPT-2 write, in the GPT of lab 04: ``python -m scripts.gpt2 --prompt TEXT``."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

from scripts._main import options, run
from vibejam_core.inference.config import SamplingConfig

MERGES = "merges.txt"


@dataclass(frozen=True)
class GPT2Options:
    """Let OpenAI's GPT-2 write, in the GPT of lab 04."""

    repo: str = "openai-community/gpt2"
    """Where the weights come from: a repository on the Hugging Face Hub, about 550 MB for this one, fetched once."""
    path: Path | None = None
    """A folder with config.json, model.safetensors and merges.txt instead; nothing is fetched then."""
    prompt: str = ""
    """The beginning; the model writes on. Empty: it begins a line of its own."""
    sampling: SamplingConfig = field(default_factory=lambda: SamplingConfig(max_new_tokens=100, top_k=50))


def main() -> None:
    """Read the options, fetch and read the model, print the text: a single one as it comes, several one by one."""
    args = options(GPT2Options, "scripts.gpt2")
    # Imported here, so that an error in a component of yours, which is imported too, is told like any other.
    from dataclasses import replace

    from vibejam_core.inference.sampling import generate_text
    from vibejam_core.inference.stopping import certain
    from vibejam_core.models.gpt2_weights import fetch_gpt2, load_gpt2
    from vibejam_core.models.hub import fetch
    from vibejam_core.text.gpt2 import gpt2_tokenizer
    from vibejam_core.text.tokenizers import streamed

    if args.path is None:
        tell(f"fetching {args.repo}, unless it is here already")
        folder = fetch_gpt2(args.repo)
        merges = fetch(args.repo, MERGES)
    else:
        folder, merges = args.path, args.path / MERGES
        if not merges.is_file():
            raise FileNotFoundError(f"there is no {merges}. It is GPT-2's table of merges, in every repository of it.")
    tell("reading the table of merges and the weights")
    tokenizer = gpt2_tokenizer(merges)
    model = load_gpt2(folder)
    shape = model.config
    if tokenizer.vocab_size != shape.vocab_size:
        raise ValueError(
            f"{merges} makes {tokenizer.vocab_size} tokens, but the model in {folder} has {shape.vocab_size}: "
            "they don't belong together. Take both from the same repository."
        )
    size = sum(parameter.numel() for parameter in model.parameters())
    tell(f"{shape.n_layer} layers, {size / 1e6:,.1f} million parameters, context of {shape.block_size} tokens")
    ends = args.sampling.stop_tokens + tuple(tokenizer.special_ids.values())
    config = replace(args.sampling, stop_tokens=ends)
    completed, written, shown = streamed(tokenizer), "", ""

    def show(_: int, token: int) -> None:
        """Print what is a whole character and can't be taken back by a stop text any more."""
        nonlocal written, shown
        written += completed(token)
        safe = written[: certain(written, config)]
        print(safe[len(shown) :], end="", flush=True)
        shown = safe

    if config.num_samples == 1:
        print(args.prompt, end="", flush=True)
        [text] = generate_text(model, tokenizer, args.prompt, config, on_token=show)
        print(text[len(args.prompt) + len(shown) :])
        return
    for i, text in enumerate(generate_text(model, tokenizer, args.prompt, config)):
        print(f"--- sample {i + 1}, seed {config.seed + i}\n{text}")


def tell(what: str) -> None:
    """Say what goes on, on standard error, so that the text alone can be kept."""
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    run(main)
