"""Each bug that would change the number of CORE, put into a bundle that is computed by hand."""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.evaluation.core_files import TOKENIZER, TableLM, task, write_bundle
from vibejam_core.evaluation import core, core_prompts
from vibejam_core.evaluation.core import evaluate_core

V = TOKENIZER.vocab_size


class CountLM(TableLM):
    """The more often a letter stood in the text so far, the likelier it comes next: this one learns from examples."""

    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple[torch.Tensor, None]:
        seen = torch.nn.functional.one_hot(idx, V).cumsum(dim=1)  # (B, T, V)
        return self.table[idx] + math.log(2) * seen, None


# p(b|a) = p(a|b) = 6/15 = 0.4; p(d|c) = p(c|d) = p(b|space) = p(space|h) = 9/18 = 0.5. In nats: 0.4 is 0.92, 0.5 is
# 0.69, the nine others after a and b have 2.71 each, after c, d, h and the space 2.89; all others have 2.30.
PAIRS = {"ab": 6.0, "ba": 6.0, "cd": 9.0, "dc": 9.0, " b": 9.0, "h ": 9.0}
LETTERS = [
    {"query": "ga", "choices": ["d", "b", "h"], "gold": 2},  # wrong: b has 0.92
    {"query": "hc", "choices": ["d", "b", "h"], "gold": 0},
    {"query": "ee", "choices": ["cd", "cb", "ccc"], "gold": 0},  # all share the c
    {"query": "a", "choices": ["h", "bbbb"], "gold": 1},  # 2.71 against (0.92 + 3 * 2.71) / 4 = 2.26
    {"query": "hc", "choices": ["d", "dcdb"], "gold": 0},  # 0.69 against (3 * 0.69 + 2.89) / 4 = 1.24
]
ENDS = [
    {"context_options": ["ha", "hc"], "continuation": "d", "gold": 1},  # 2.71 against 0.69
    {"context_options": ["ha", "hcc"], "continuation": "b", "gold": 0},  # 0.92 against 2.89
    {"context_options": ["ggga", "hc"], "continuation": "b", "gold": 1},  # the same: wrong
    {"context_options": ["ga", "gcb"], "continuation": "bb", "gold": 0},  # (0.92 + 2.71) / 2 against 2.71
    {"context_options": ["fe", "ba"], "continuation": "h", "gold": 0},  # 2.30 against 2.71
]
SPACED = [
    {"context": "h", "continuation": "b"},  # after h the space is likeliest, after the space b
    {"context": "f", "continuation": "b"},  # after f the space isn't
    {"context": "h ", "continuation": "h"},  # after the space h isn't
]
SHOWN = [  # each is shown before the other, and the answer that was shown is the likelier one: both wrong
    {"query": "e", "choices": ["f", "g"], "gold": 0},
    {"query": "h", "choices": ["f", "g"], "gold": 1},
]
EXPECTED = {"letters": (4 / 5 - 1 / 4) / (3 / 4), "ends": (4 / 5 - 1 / 2) / (1 / 2), "spaced": 1 / 3, "shown": -0.25}


def found(folder: Path) -> dict[str, float]:
    """The centred accuracy of each task, and CORE."""
    tasks = {
        task("multiple_choice", delimiter="", baseline=0.25, label="letters"): LETTERS,
        task("schema", delimiter="", baseline=0.5, label="ends"): ENDS,
        task("language_modeling", delimiter=" ", label="spaced"): SPACED,
    }
    by_table = evaluate_core(TableLM(PAIRS), TOKENIZER, write_bundle(folder / "first", tasks))
    shown = {task("multiple_choice", shots=1, baseline=0.2, label="shown"): SHOWN}
    by_count = evaluate_core(CountLM({}), TOKENIZER, write_bundle(folder / "second", shown))
    return {each.label: each.centred for each in (*by_table.tasks, *by_count.tasks)} | {"core": by_table.core}


def test_a_whole_bundle_by_hand(tmp_path: Path) -> None:
    assert found(tmp_path) == pytest.approx({**EXPECTED, "core": (0.55 / 0.75 + 0.6 + 1 / 3) / 3})


honest: dict[str, Any] = {
    name: getattr(place, name)
    for place, name in ((core, "judged"), (core, "question_of"), (core_prompts, "prompts_of"))
}


def moved(by: int, gold: int = 0) -> Callable[..., core_prompts.Question]:
    """Questions whose continuations begin elsewhere, or whose right answer is another."""

    def question_of(*given: Any) -> core_prompts.Question:
        right = honest["question_of"](*given)
        return core_prompts.Question(right.rows, [start + by for start in right.starts], right.gold + gold)

    return question_of


def late(scores: torch.Tensor, row: list[int], start: int) -> tuple[float, bool]:
    """The scores after a token taken for those of the token itself."""
    return honest["judged"](torch.cat((scores[1:], scores[-1:])), row, start)


def padded(scores: torch.Tensor, row: list[int], start: int) -> tuple[float, bool]:
    """Rows as long as the longest of their batch, the rest zeros."""
    return honest["judged"](scores, row + [0] * (len(scores) + 1 - len(row)), start)


def changed(change: Callable[[float, bool, int], tuple[float, bool]]) -> Callable[..., tuple[float, bool]]:
    """Another judgement of a continuation of so many tokens."""
    return lambda scores, row, start: change(*honest["judged"](scores, row, start), len(row) - start)


def with_delimiter(change: Callable[[str], str]) -> Callable[..., list[str]]:
    """Prompts with another delimiter."""
    return lambda example, shots, given: honest["prompts_of"](
        example, shots, dataclasses.replace(given, delimiter=change(given.delimiter))
    )


BUGS: dict[str, tuple[Any, str, Callable[..., Any], str]] = {
    "continuation begins one token late": (core, "question_of", moved(1), "letters ends spaced"),
    "continuation begins one token early": (core, "question_of", moved(-1), "letters ends spaced"),
    "scores are taken one place late": (core, "judged", late, "letters ends spaced"),
    "padding is counted": (core, "judged", padded, "letters"),
    "the gold index is shifted": (core, "question_of", moved(0, gold=1), "letters ends"),
    "not centred": (core, "centred", lambda a, g: a, "letters ends shown"),
    "centred by subtracting only": (core, "centred", lambda a, g: a - g, "letters ends shown"),
    "the baseline stays a percentage": (core, "centred", lambda a, g: (a - 100 * g) / (1 - 100 * g), "letters ends"),
    "the question is shown too": (core, "few_shots", lambda n, index, k: [index] * k, "shown"),
    "nothing is shown": (core, "few_shots", lambda n, index, k: [], "shown"),
    "the delimiter is missing": (core_prompts, "prompts_of", with_delimiter(lambda d: ""), "spaced"),
    "the delimiter is doubled": (core_prompts, "prompts_of", with_delimiter(lambda d: 2 * d), "spaced"),
    "the sum of losses, not their mean": (core, "judged", changed(lambda x, hit, n: (x * n, hit)), "letters"),
    "the highest loss is chosen": (core, "judged", changed(lambda x, hit, n: (-x, hit)), "letters ends shown"),
    "any token will do": (core, "judged", changed(lambda x, hit, n: (x, True)), "spaced"),
}


@pytest.mark.parametrize("bug", BUGS)
def test_each_bug_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    """In every task that it can show in."""
    place, name, wrong, where = BUGS[bug]
    monkeypatch.setattr(place, name, wrong)
    numbers = found(tmp_path)
    unchanged = [label for label in where.split() if numbers[label] == pytest.approx(EXPECTED[label])]
    assert not unchanged
