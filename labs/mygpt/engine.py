# Yours to write, in lab 16 (Fast inference).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check engine.Engine
"""Writing many texts at once, quickly: the prompts in one pass, then a token for every text and step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from vibejam_core.inference.config import SamplingConfig
from vibejam_core.inference.kv_cache import KVCache, forward_cached
from vibejam_core.inference.sampling import apply_temperature, top_k_filter, top_p_filter
from vibejam_core.models.base import BaseLM
from vibejam_core.models.modern_gpt import GPT


class Engine:
    """Lets a modern GPT write, with a cache. ``self.model`` is the model, ``self.device`` where it is."""

    def __init__(self, model: BaseLM) -> None:
        if not isinstance(model, GPT):
            raise ValueError(
                f"the engine needs a modern_gpt, whose layers can keep keys and values, but this is a "
                f"{type(model).__name__}. Let it write with generate_text, which every architecture can. (If it was a "
                "modern_gpt, and you have run the cell of its class again since: make the model again, too.)"
            )
        self.model, self.device = model, next(model.parameters()).device
        if self.device.type == "cpu":
            by_columns(model)

    def prefill(self, prompts: Sequence[Sequence[int]]) -> tuple[Tensor, KVCache]:
        """Read prompts of any lengths, all in one pass.

        Shorter ones are filled up behind their end with padding, any token id, which
        :func:`forward_cached` leaves out of account if it is told how many tokens of
        each are real.

        Args:
            prompts: at least one, each at least one token id, at most ``block_size``;
                they stay as they are.

        Returns:
            ``(logits, cache)``: logits (B, V) float32 of what may follow each prompt,
            and a cache with exactly the prompts in it, row b for prompt b.
        """
        raise NotImplementedError(
            "engine.Engine.prefill: pad the prompts behind their ends, one pass, the last "
            "real logits of each (lab 16)"
        )

    def stream(
        self,
        prompts: Sequence[Sequence[int]],
        config: SamplingConfig,
        slide: bool = False,
        is_over: Callable[[int, list[int]], bool] | None = None,
    ) -> Iterator[tuple[int, int]]:
        """Continue every prompt ``config.num_samples`` times, and hand out each token at once.

        Sample i of prompt p has the number ``p * num_samples + i``. It draws with a CPU
        generator of its own, seeded once with ``config.seed + i``: :func:`draw` takes
        one number from it for each token. So what it writes doesn't depend on which
        other prompts and samples are written beside it.

        The prompts are prefilled once, however many samples each has. Then, step by
        step, every sample that goes on draws a token, and those that still go on are
        computed together, one new token each. A sample that is over costs nothing any
        more: it is no row of the computation. When the last is over, nothing more is
        computed.

        A sample is over after ``max_new_tokens`` tokens; when a token of
        ``config.stop_tokens`` is drawn, which isn't handed out; or when ``is_over``
        says so of it.

        A text, prompt included, may not become longer than ``block_size``, unless it
        may ``slide``: whenever the tokens that the model should see of it are more than
        ``block_size``, all but the last ``block_size // 2`` of them (at least 1) are
        forgotten, as if the text began there, and the texts are prefilled anew. Each
        text forgets when it is too long itself, not when another one is.

        Args:
            prompts: at least one, each at least one token id; they stay as they are.
            config: the settings ``max_new_tokens``, ``num_samples``, ``seed``,
                ``stop_tokens`` and those of :func:`draw`.
            slide: whether a text may outgrow the context.
            is_over: asked with a sample's number and the list of its new tokens, the
                newest included, when the caller has dealt with that token and wants the
                next. None: never over.

        Yields:
            ``(sample, token)``, both ints; in each step in the order of the samples.

        Raises:
            ValueError: before anything is computed, what :meth:`check` finds.
        """
        raise NotImplementedError(
            "engine.Engine.stream: draw, hand out, drop what is over, feed the rest; until "
            "all are over (lab 16)"
        )

    def check(self, prompts: Sequence[Sequence[int]], config: SamplingConfig, slide: bool) -> None:
        """Whether the prompts can be continued.

        Raises:
            ValueError: if there is no prompt, or an empty one; if a token id is not
                below V; if a prompt is longer than ``block_size``; or, unless texts may
                slide, if a prompt and ``max_new_tokens`` together are. The message says
                which prompt it is, and the numbers.
        """
        block_size, V = self.model.config.block_size, self.model.config.vocab_size
        if not prompts:
            raise ValueError("there is no prompt. Give at least one, of at least one token.")
        for number, prompt in enumerate(prompts):
            if not prompt:
                raise ValueError(f"prompt {number} is empty. A model needs at least one token to go on from.")
            wrong = [token for token in prompt if not 0 <= token < V]
            if wrong:
                raise ValueError(
                    f"prompt {number} holds the token {wrong[0]}, but the model knows only 0 to {V - 1}. "
                    "Encode it with the model's own tokenizer."
                )
            if len(prompt) > block_size:
                raise ValueError(
                    f"prompt {number} has {len(prompt)} tokens, but the model's block_size is {block_size}. "
                    f"Give its last {block_size} tokens at most."
                )
            if not slide and len(prompt) + config.max_new_tokens > block_size:
                raise ValueError(
                    f"prompt {number} has {len(prompt)} tokens and max_new_tokens is {config.max_new_tokens}: together "
                    f"more than the model's block_size of {block_size}. Ask for at most {block_size - len(prompt)}, or "
                    "let the context slide."
                )


def draw(logits: Tensor, generators: Sequence[torch.Generator], config: SamplingConfig) -> list[int]:
    """One token for each row, from the probabilities of lab 6, by the row's own generator.

    A row's generator gives one number u, from 0 up to 1. The token is the first one at which the probabilities, added
    up in the order of the ids, exceed u. That is the distribution that ``torch.multinomial`` draws from, with one
    random number for each row instead of one for each token of the vocabulary.

    Args:
        logits: (S, V) scores of what may come next.
        generators: S generators of the CPU.
        config: its ``temperature``, ``top_k`` and ``top_p`` count.

    Raises:
        ValueError: if there is a nan among the scores.
    """
    logits = logits.cpu()
    if logits.sum().isnan():  # a nan anywhere makes the sum one
        raise ValueError("the model's scores are not numbers (nan): its weights are broken. Train it again.")
    if config.temperature == 0:
        return [int(token) for token in logits.argmax(dim=-1)]
    logits = apply_temperature(logits, config.temperature)
    probabilities = torch.softmax(top_p_filter(top_k_filter(logits, config.top_k), config.top_p), dim=-1)  # (S, V)
    sums = probabilities.double().cumsum(dim=-1)  # (S, V), at last 1, but for rounding
    u = torch.stack([torch.rand(1, generator=own, dtype=torch.float64) for own in generators])  # (S, 1)
    return [int(token) for token in torch.searchsorted(sums, u * sums[:, -1:], right=True)]


def by_columns(model: BaseLM) -> None:
    """Let every linear layer's weights lie in memory column by column; their values and shapes stay.

    A single token's product with such a matrix took a third of the time on a CPU, for a head of 32,768 x 256.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            layer.weight.data = layer.weight.data.t().contiguous().t()  # (n_out, n_in), as before
