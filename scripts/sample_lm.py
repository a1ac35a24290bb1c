"""Let a trained model write: ``python -m scripts.sample_lm --ckpt-path DIR --prompt TEXT``."""

from __future__ import annotations

from scripts._main import options, run


def main() -> None:
    """Read the options, load the model, print the text as it comes."""
    # Imported here, so that an error in a component of yours, which is imported too, is told like any other.
    from vibejam_core.inference.sampling import SampleConfig, prompt_ids, sample_tokens
    from vibejam_core.models.checkpoint import load_checkpoint
    from vibejam_core.text.corpora import clean

    args = options(SampleConfig, "scripts.sample_lm")
    checkpoint = load_checkpoint(args.ckpt_path, which=args.which)
    plain_quotes = checkpoint.settings.get("data", {}).get("plain_quotes", False)
    prompt = clean(args.prompt, plain_quotes=plain_quotes)
    ids = prompt_ids(checkpoint.tokenizer, prompt)
    print(prompt, end="", flush=True)
    for token in sample_tokens(checkpoint.model, ids, args.max_new_tokens, args.temperature, args.top_k, args.seed):
        print(checkpoint.tokenizer.decode([token]), end="", flush=True)
    print()


if __name__ == "__main__":
    run(main)
