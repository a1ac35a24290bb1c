r"""CORE: one number for what a base model knows and can do, from 22 tasks that it was not trained for.

A base model answers no questions, but it can be asked how likely a text is. Of several continuations (or contexts) it
chooses the one whose continuation has the lowest mean loss per token; where there is a single right continuation, each
of its tokens must be the model's first choice. Guessing gets some of these right, more in some tasks than in others,
so accuracies are centred before they are averaged:

.. math:: \mathrm{CORE} = \frac{1}{K} \sum_{k=1}^{K} \frac{a_k - g_k}{1 - g_k}

with :math:`a_k` the accuracy in task k and :math:`g_k` the accuracy of guessing. 0 is guessing, 1 is faultless.

Source: Li et al., "DataComp-LM", 2024 (arXiv:2406.11794), appendix G.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from vibejam_core.evaluation.core_bundle import Example, read_examples, read_tasks
from vibejam_core.evaluation.core_prompts import (
    Encode,
    Question,
    beginning,
    encoder_of,
    few_shots,
    fitted,
    question_of,
)
from vibejam_core.evaluation.core_tasks import CoreTask
from vibejam_core.models.base import BaseLM
from vibejam_core.text.tokenizers import Tokenizer

MAX_TOKENS = 16_384
"""How many tokens the model sees at a time, padding included."""
MAX_LOGITS = 2**28
"""How many scores it gives at a time: a gigabyte of them in float32."""
AT_A_TIME = 32
"""How many questions are made into batches together: rows of like length find each other."""

Progress = Callable[[str, int, int], None]
Row = tuple[list[int], int]


@dataclass(frozen=True)
class TaskResult:
    """How a model did in one task."""

    label: str
    kind: str
    accuracy: float
    baseline: float
    n: int
    """How many examples were asked."""
    n_there: int
    """How many there are."""
    n_not_asked: int = 0
    """How many of these could not be asked after all: the continuation is longer than the model's context, or the
    tokenizer knows nothing of it. They count as wrong."""

    @property
    def centred(self) -> float:
        """0 for guessing, 1 for faultless."""
        return centred(self.accuracy, self.baseline)


@dataclass(frozen=True)
class CoreResult:
    """How a model did in all tasks."""

    tasks: tuple[TaskResult, ...]

    @property
    def core(self) -> float:
        """The mean of the tasks' centred accuracies."""
        return sum(task.centred for task in self.tasks) / len(self.tasks)


def centred(accuracy: float, baseline: float) -> float:
    """How far an accuracy is on the way from guessing (0) to faultless (1)."""
    return (accuracy - baseline) / (1 - baseline)


def evaluate_core(
    model: BaseLM,
    tokenizer: Tokenizer,
    bundle: Path,
    *,
    max_per_task: int = 0,
    on_progress: Progress | None = None,
    done: Sequence[TaskResult] = (),
    on_task: Callable[[TaskResult], None] | None = None,
) -> CoreResult:
    """Put all tasks of a bundle to a model.

    Args:
        model: gives ``(logits, None)`` for token ids (B, T), and can't look ahead. It is in evaluation mode meanwhile,
            and afterwards in the mode it was in before.
        tokenizer: the one it was trained with.
        bundle: the folder with ``core.yaml``.
        max_per_task: how many examples of each task to ask; 0 asks all. The solved examples come from all the same.
        on_progress: called with a task's label, how many examples were asked and how many will be.
        done: results of an earlier attempt with the same model and settings; these tasks aren't put again.
        on_task: called with each new result, so that it can be kept.

    Raises:
        FileNotFoundError: if a file of the bundle is missing.
        ValueError: if the bundle is damaged, or the model's scores are not numbers.
    """
    tasks = [(task, read_examples(bundle, task)) for task in read_tasks(bundle)]  # damage shows before hours of work
    results = {result.label: result for result in done}
    for task, examples in tasks:
        if task.label not in results:
            results[task.label] = evaluate_task(
                model, tokenizer, task, examples, max_examples=max_per_task, on_progress=on_progress
            )
            if on_task:
                on_task(results[task.label])
    return CoreResult(tuple(results[task.label] for task, _ in tasks))


def evaluate_task(
    model: BaseLM,
    tokenizer: Tokenizer,
    task: CoreTask,
    examples: Sequence[Example],
    *,
    max_examples: int = 0,
    on_progress: Progress | None = None,
) -> TaskResult:
    """Put one task to a model; see :func:`evaluate_core`."""
    examples = shuffled(examples)
    n = min(max_examples or len(examples), len(examples))
    encode, start = encoder_of(tokenizer), beginning(tokenizer)
    right, n_not_asked = 0, 0
    was_training = model.training
    model.eval()
    try:
        for first in range(0, n, AT_A_TIME):
            numbers = range(first, min(first + AT_A_TIME, n))
            questions = [asked(examples, index, task, encode, start) for index in numbers]
            for answer in answers(model, questions, task.kind):
                right += bool(answer)
                n_not_asked += answer is None
            if on_progress:
                on_progress(task.label, numbers.stop, n)
    finally:
        model.train(was_training)
    return TaskResult(task.label, task.kind, right / n, task.baseline, n, len(examples), n_not_asked)


def shuffled(examples: Sequence[Example]) -> list[Example]:
    """The examples in the order in which they are numbered, so that the first few are a fair sample.

    They are shuffled as nanochat's ``base_eval.py`` does it, so that values can be compared.
    """
    mixed = list(examples)
    random.Random(1337).shuffle(mixed)
    return mixed


def asked(examples: Sequence[Example], index: int, task: CoreTask, encode: Encode, start: list[int]) -> Question:
    """The question with number ``index``, with solved examples before it."""
    shots = [examples[i] for i in few_shots(len(examples), index, task.num_fewshot)]
    return question_of(examples[index], shots, task, encode, start)


def answers(model: BaseLM, questions: Sequence[Question], kind: str) -> Iterator[bool | None]:
    """Whether the model is right about each question; None where it can't be asked."""
    rows = [
        [fitted(row, start, model.get_block_size()) for row, start in zip(each.rows, each.starts, strict=True)]
        for each in questions
    ]
    fitting = [[row for row in each if row is not None] for each in rows]
    whole = [len(some) == len(each) for some, each in zip(fitting, rows, strict=True)]
    scores = iter(scored(model, [row for each, fits in zip(fitting, whole, strict=True) if fits for row in each]))
    for question, fits in zip(questions, whole, strict=True):
        if not fits:
            yield None
            continue
        losses, hits = zip(*(next(scores) for _ in question.rows), strict=True)
        yield is_right(question, losses, hits, kind)


def is_right(question: Question, losses: Sequence[float], hits: Sequence[bool], kind: str) -> bool:
    """Whether the right row has the lowest mean loss (the first of equals counts), or every token was foreseen."""
    if kind == "language_modeling":
        return hits[0]
    return min(range(len(losses)), key=losses.__getitem__) == question.gold


def scored(model: BaseLM, rows: Sequence[Row]) -> list[tuple[float, bool]]:
    """For each row the mean loss of its continuation, and whether each of its tokens was the model's first choice."""
    found: dict[int, tuple[float, bool]] = {}
    for numbers in batches(rows, min(MAX_TOKENS, MAX_LOGITS // model.config.vocab_size)):
        batch = [rows[i] for i in numbers]
        logits = predictions(model, [row for row, _ in batch])  # (B, T, V)
        for i, (row, start), scores in zip(numbers, batch, logits, strict=True):
            found[i] = judged(scores, row, start)
    return [found[i] for i in range(len(rows))]


def batches(rows: Sequence[Row], max_tokens: int) -> Iterator[list[int]]:
    """The numbers of the rows in groups of like length, each of up to so many tokens, padding included, or one row."""
    group: list[int] = []
    for i in sorted(range(len(rows)), key=lambda i: len(rows[i][0])):
        if group and (len(group) + 1) * len(rows[i][0]) > max_tokens:
            yield group
            group = []
        group.append(i)
    if group:
        yield group


@torch.no_grad()
def predictions(model: BaseLM, rows: Sequence[list[int]]) -> Tensor:
    """(B, T, V) the scores after each token of each row but its last, which is only predicted.

    Shorter rows are filled up at their ends, where nothing that counts can see it.
    """
    T = max(len(row) for row in rows) - 1
    ids = torch.zeros(len(rows), T, dtype=torch.long)  # (B, T)
    for i, row in enumerate(rows):
        ids[i, : len(row) - 1] = torch.tensor(row[:-1])
    logits: Tensor = model(ids.to(next(model.parameters()).device))[0]
    return logits


def judged(scores: Tensor, row: list[int], start: int) -> tuple[float, bool]:
    """The mean loss of one row's continuation, and whether each of its tokens was the first choice.

    Args:
        scores: (T, V) after each token of the row; those after its end don't count.
        row: all its tokens.
        start: the place of the continuation's first token, at least 1.
    """
    guesses = scores[start - 1 : len(row) - 1].float()  # (C, V): the score of a token stands one place before it
    targets = torch.tensor(row[start:], device=scores.device)  # (C,)
    loss = torch.nn.functional.cross_entropy(guesses, targets).item()
    if loss != loss:
        raise ValueError("the model's scores are not numbers (nan): its weights are broken. Train it again.")
    return loss, bool((guesses.argmax(dim=-1) == targets).all())
