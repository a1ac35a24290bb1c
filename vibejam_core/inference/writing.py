"""Text in, text out, by way of the engine: whole characters only, and nothing that a stop text takes back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vibejam_core.inference.config import SamplingConfig
from vibejam_core.inference.engine import Engine
from vibejam_core.inference.stopping import certain, cut_at
from vibejam_core.text.tokenizers import Tokenizer, prompt_ids, streamed


class Draft:
    """What is known of one sample: its text so far, how much of it was shown, and whether it is over."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.complete = streamed(tokenizer)
        self.text, self.shown, self.over = "", 0, False

    def add(self, token: int, config: SamplingConfig) -> str:
        """Take a new token; give the text that can be shown now, and will stay."""
        self.text += self.complete(token)
        end = cut_at(self.text, config)
        if end is not None:
            self.text, self.over = self.text[:end], True
        return self.show(len(self.text) if self.over else certain(self.text, config))

    def show(self, end: int) -> str:
        """What comes before ``end`` and wasn't shown yet."""
        begin, self.shown = self.shown, max(self.shown, end)
        return self.text[begin : self.shown]


def stream_text(
    engine: Engine, tokenizer: Tokenizer, prompts: Sequence[str], config: SamplingConfig, slide: bool = False
) -> Iterator[tuple[int, str]]:
    """Continue texts, and hand out each piece as soon as it is certain.

    A character whose bytes haven't all come is kept back, and so is what may be the beginning of a stop text. A sample
    ends where :func:`cut_at` says, or for the engine's own reasons. If it ends in the middle of a character, that one
    is left out.

    Args:
        engine: what writes.
        tokenizer: the one that its model was trained with.
        prompts: at least one text; an empty one stands for the beginning of a line.
        config: the settings, ``num_samples`` for each prompt.
        slide: whether a text may outgrow the model's context. Then of a longer prompt only the end is read, too.

    Yields:
        ``(sample, piece)``: sample i of prompt p has the number ``p * num_samples + i``; a piece isn't empty. All
        pieces of a sample, joined, are its continuation.

    Raises:
        ValueError: if a prompt holds characters outside the vocabulary, and ``on_unknown`` is "error"; and what the
            engine raises.
    """
    ids = [prompt_ids(tokenizer, prompt, config.on_unknown)[1] for prompt in prompts]
    if slide:
        ids = [tokens[-engine.model.config.block_size :] for tokens in ids]
    drafts = [Draft(tokenizer) for _ in range(len(prompts) * config.num_samples)]
    for sample, token in engine.stream(ids, config, slide, is_over=lambda sample, _: drafts[sample].over):
        piece = drafts[sample].add(token, config)
        if piece:
            yield sample, piece
    for sample, draft in enumerate(drafts):  # no stop text came of what was kept back
        piece = draft.show(len(draft.text))
        if piece:
            yield sample, piece


def write(
    engine: Engine, tokenizer: Tokenizer, prompts: Sequence[str], config: SamplingConfig, slide: bool = False
) -> list[str]:
    """Continue texts; see :func:`stream_text`.

    Returns:
        For each sample, in the order of their numbers, its prompt (without what was left out of it) and continuation.
    """
    kept = [prompt_ids(tokenizer, prompt, config.on_unknown)[0] for prompt in prompts]
    texts = [prompt for prompt in kept for _ in range(config.num_samples)]
    for sample, piece in stream_text(engine, tokenizer, prompts, config, slide):
        texts[sample] += piece
    return texts
