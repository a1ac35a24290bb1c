"""From an example of CORE to rows of tokens, and where in each row the continuation begins."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vibejam_core.evaluation.core_bundle import Example
from vibejam_core.evaluation.core_tasks import CoreTask
from vibejam_core.text.bpe import BPETokenizer
from vibejam_core.text.bpe_scale import to_tiktoken
from vibejam_core.text.corpora import DOC_END
from vibejam_core.text.tokenizers import Tokenizer, knows, prompt_ids

Encode = Callable[[str], list[int]]

GAP = "\n\n"
"""Stands after each solved example."""


@dataclass(frozen=True)
class Question:
    """What a model is asked: one row of tokens for each choice. Language modelling has a single row."""

    rows: list[list[int]]
    starts: list[int]
    """For each row the place of its continuation's first token; the continuation goes to the row's end."""
    gold: int
    """The number of the right row."""


def encoder_of(tokenizer: Tokenizer) -> Encode:
    """A function from text to token ids; a fast one where there is one. Unknown characters are left out."""
    if isinstance(tokenizer, BPETokenizer):
        return to_tiktoken(tokenizer).encode_ordinary

    def encode(text: str) -> list[int]:
        try:
            return tokenizer.encode(text)
        except ValueError:
            known = {character: knows(tokenizer, character) for character in set(text)}
            return tokenizer.encode("".join(character for character in text if known[character]))

    return encode


def beginning(tokenizer: Tokenizer) -> list[int]:
    """What stands before a text's first token: the end of the document before it, or else an empty prompt's ids."""
    if isinstance(tokenizer, BPETokenizer) and DOC_END in tokenizer.special_ids:
        return [tokenizer.special_ids[DOC_END]]
    return prompt_ids(tokenizer, "")[1]


def few_shots(n_examples: int, index: int, n: int) -> list[int]:
    """Which solved examples stand before the one with number ``index``: ``n`` different others, always the same ones.

    They are drawn as nanochat's ``core_eval.py`` draws them, so that values can be compared.
    """
    others = [i for i in range(n_examples) if i != index]
    return random.Random(1234 + index).sample(others, n)


def solved(example: Example, task: CoreTask) -> str:
    """An example with its right answer."""
    if task.kind == "multiple_choice":
        return f"{example['query']}{task.delimiter}{example['choices'][example['gold']]}"
    if task.kind == "schema":
        return f"{example['context_options'][example['gold']]}{task.delimiter}{example['continuation']}"
    return f"{example['context'].strip()}{task.delimiter}{example['continuation']}"


def prompts_of(example: Example, shots: Sequence[Example], task: CoreTask) -> list[str]:
    """The whole texts of a question, the solved examples before each.

    Returns:
        One text for each choice; for language modelling two, without and with the continuation. The former has no
        white space at its end: that belongs to the continuation's first token.
    """
    before = "".join(solved(shot, task) + GAP for shot in shots)
    if task.kind == "multiple_choice":
        return [f"{before}{example['query']}{task.delimiter}{choice}" for choice in example["choices"]]
    if task.kind == "schema":
        ends = f"{task.delimiter}{example['continuation']}"
        return [f"{before}{context}{ends}" for context in example["context_options"]]
    context = f"{before}{example['context'].strip()}{task.delimiter}"
    return [context.strip(), context + example["continuation"]]


def common_prefix(rows: Sequence[Sequence[int]]) -> int:
    """How many tokens all rows have in common from their beginning on."""
    shortest = min(len(row) for row in rows)
    return next((i for i in range(shortest) if any(row[i] != rows[0][i] for row in rows)), shortest)


def question_of(
    example: Example, shots: Sequence[Example], task: CoreTask, encode: Encode, start: list[int]
) -> Question:
    """Turn an example into rows of tokens.

    The continuation is found in the tokens, not in the text, because a token may hold the end of the one and the
    beginning of the other. Where choices differ, it begins after what all rows share (and at the last token of the
    shortest row at the latest, where one choice begins with another). Where contexts differ, it is what all rows
    share at their ends. A continuation that begins at its row's end is none: it can't be judged.
    """
    rows = [start + encode(prompt) for prompt in prompts_of(example, shots, task)]
    if task.kind == "language_modeling":
        return Question(rows[1:], [common_prefix(rows)], 0)
    if all(row == rows[0] for row in rows):  # the tokenizer knows nothing of what sets them apart
        return Question(rows, [len(row) for row in rows], example["gold"])
    shortest = min(len(row) for row in rows)
    if task.kind == "multiple_choice":
        return Question(rows, [min(common_prefix(rows), shortest - 1)] * len(rows), example["gold"])
    length = min(common_prefix([row[::-1] for row in rows]), shortest - 1)
    return Question(rows, [len(row) - length for row in rows], example["gold"])


def fitted(row: list[int], start: int, block_size: int) -> tuple[list[int], int] | None:
    """A row that a model can take in, cut from the left.

    The row's last token is only predicted, so ``block_size + 1`` tokens fit, and at least one stands before the
    continuation. None where the continuation alone is too long, or the tokenizer knows nothing of it.
    """
    if not 1 <= len(row) - start <= block_size or start < 1:
        return None
    cut = max(0, len(row) - block_size - 1)
    return row[cut:], start - cut
