"""CORE, by hand: a model whose losses are known; prompts to the letter; contexts, batches, tokenizers of any kind."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.evaluation.core_files import TOKENIZER, TableLM, task, write_bundle
from vibejam_core.evaluation import core, core_prompts
from vibejam_core.evaluation.core import evaluate_core, evaluate_task
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.text.bpe import BPETokenizer
from vibejam_core.text.corpora import DOC_END

V = TOKENIZER.vocab_size
assert V == 10

# After a, b comes 6 times as often as each of the nine others: p = 6/15; every other letter p = 1/15.
# After c, d has 1/2 in the same way (9 of 18), others 1/18. Where nothing is said, all have p = 1/10.
ODDS = {"ab": 6.0, "cd": 9.0}


def loss(*probabilities: float) -> float:
    return -sum(math.log(p) for p in probabilities) / len(probabilities)


def in_batch(rows: list[tuple[str, int]], **shape: int) -> list[tuple[float, bool]]:
    return core.scored(TableLM(ODDS, **shape), [(TOKENIZER.encode(text), start) for text, start in rows])


def test_the_mean_loss_of_a_continuation_by_hand() -> None:
    """Of 'a' + 'bc' the b is foreseen and the c is not; rows of unequal lengths share a batch."""
    rows = [("abc", 1), ("ab", 1), ("hcd", 2), ("efghefgh", 5), ("cdcdcd", 1)]
    expected = [loss(6 / 15, 1 / 10), loss(6 / 15), loss(9 / 18), loss(0.1), loss(0.5, 0.1, 0.5, 0.1, 0.5)]
    assert [score for score, _ in in_batch(rows)] == pytest.approx(expected, rel=1e-6)
    assert [score for row in rows for score, _ in in_batch([row])] == pytest.approx(expected, rel=1e-6)


def test_every_token_must_be_the_first_choice() -> None:
    """All, not only the first or the last, and none before the continuation."""
    hits = [hit for _, hit in in_batch([("ab", 1), ("aab", 2), ("abb", 1), ("aba", 1), ("hab", 2)])]
    assert hits == [True, True, False, False, True]
    sure = {"ab": 9.0, "bc": 9.0}
    rows = [(TOKENIZER.encode(text), 1) for text in ("abc", "abb", "aac", "aaa")]
    assert [hit for _, hit in core.scored(TableLM(sure), rows)] == [True, False, False, False]


CHOICES = [
    {"query": "ga", "choices": ["d", "b", "h"], "gold": 2},
    {"query": "hc", "choices": ["d", "b", "h"], "gold": 0},
    {"query": "ee", "choices": ["cd", "cb", "ccc"], "gold": 0},
    {"query": "ee", "choices": ["cb", "cd", "c "], "gold": 0},
]
SCHEMAS = [
    {"context_options": ["ha", "hc"], "continuation": "d", "gold": 1},
    {"context_options": ["ha", "hcc"], "continuation": "b", "gold": 0},
    {"context_options": ["ggga", "hc"], "continuation": "b", "gold": 1},
]
FORETOLD = [{"context": "ga ", "continuation": "b"}, {"context": "c", "continuation": "dd"}]


def accuracy(kind: str, examples: list[dict[str, Any]], odds: dict[str, float] = ODDS, **settings: Any) -> float:
    return evaluate_task(TableLM(odds), TOKENIZER, task(kind, **{"delimiter": "", **settings}), examples).accuracy


def test_choices_by_hand() -> None:
    """The lowest mean per token is chosen, so a longer answer has no disadvantage; the first of equals counts."""
    assert accuracy("multiple_choice", CHOICES[:1]) == 0  # a -> b: choice 1, and 2 is right
    assert accuracy("multiple_choice", CHOICES[1:2]) == 1  # c -> d
    assert accuracy("multiple_choice", CHOICES[2:3]) == 1  # cd: the first c is shared, and d has 1/2
    assert accuracy("multiple_choice", CHOICES[3:]) == 0
    assert accuracy("multiple_choice", CHOICES) == 0.5
    longer = [{"query": "a", "choices": ["h", "bbbb"], "gold": 1}]  # 2.71 against (0.92 + 3 * 2.30) / 4
    assert accuracy("multiple_choice", longer) == 1
    equal = [{"query": "e", "choices": ["f", "g"], "gold": 0}, {"query": "e", "choices": ["g", "f"], "gold": 1}]
    assert accuracy("multiple_choice", equal) == 0.5


def test_schemas_by_hand() -> None:
    """Only the shared end counts: contexts may be of any likelihood and length."""
    assert [accuracy("schema", [each]) for each in SCHEMAS] == [1, 1, 0]
    likely = [{"context_options": ["ababababe", "a"], "continuation": "b", "gold": 1}]
    assert accuracy("schema", likely) == 1


def test_language_modelling_by_hand() -> None:
    """White space after the context goes."""
    assert [accuracy("language_modeling", [each]) for each in FORETOLD] == [1, 0]


def test_one_choice_that_begins_with_another() -> None:
    """The shorter one still has a token of its own to be judged by."""
    nested = [{"query": "a", "choices": ["b", "bh"], "gold": 0}]
    assert accuracy("multiple_choice", nested) == 1  # loss(.4) against loss(.4, .1)


def test_what_is_shown_is_never_the_question() -> None:
    """Different ones of the others, the same ones each time, not the same for all questions."""
    shown = [core_prompts.few_shots(12, index, 10) for index in range(12)]
    assert shown == [core_prompts.few_shots(12, index, 10) for index in range(12)]
    assert all(index not in few and len(set(few)) == 10 for index, few in enumerate(shown))
    assert len({tuple(few) for few in shown}) == 12


def test_prompts_to_the_letter() -> None:
    """As the published bundle's tasks are rendered: one delimiter, an empty line after each solved example."""
    choice = {"query": "Two and two?", "choices": ["three", "four"], "gold": 1}
    schema = {"context_options": ["The cup was full because it", "The jug"], "continuation": "ran over.", "gold": 0}
    words = {"context": " Once upon a ", "continuation": "time"}
    ask = task("multiple_choice", delimiter="\nAnswer: ")
    before = "Two and two?\nAnswer: four\n\n"
    assert core_prompts.prompts_of(choice, [], ask) == ["Two and two?\nAnswer: three", "Two and two?\nAnswer: four"]
    assert core_prompts.prompts_of(choice, [choice] * 2, ask)[0] == 2 * before + "Two and two?\nAnswer: three"
    assert core_prompts.prompts_of(schema, [schema], task("schema")) == [
        "The cup was full because it ran over.\n\nThe cup was full because it ran over.",
        "The cup was full because it ran over.\n\nThe jug ran over.",
    ]
    assert core_prompts.prompts_of(words, [words], task("language_modeling")) == [
        "Once upon a time\n\nOnce upon a",
        "Once upon a time\n\nOnce upon a time",
    ]


def test_long_prompts_are_cut_from_the_left() -> None:
    """The continuation stays whole; one that is longer than the context counts as wrong, and is told."""
    examples = [
        {"query": "h" * 40 + "c", "choices": ["b", "d"], "gold": 1},
        {"query": "h" * 40 + "c", "choices": ["bbbb", "dddd"], "gold": 1},
        {"query": "h" * 40 + "c", "choices": ["b", "ddddd"], "gold": 1},
    ]
    choice = task("multiple_choice", delimiter="")
    found = [evaluate_task(TableLM(ODDS, block_size=4), TOKENIZER, choice, [each]) for each in examples]
    assert [(each.accuracy, each.n_not_asked) for each in found] == [(1, 0), (1, 0), (0, 1)]
    assert core_prompts.fitted([1, 2, 3, 4, 5, 6], 4, 4) == ([2, 3, 4, 5, 6], 3)
    assert core_prompts.fitted([1, 2, 3, 4, 5], 3, 4) == ([1, 2, 3, 4, 5], 3)
    assert core_prompts.fitted([1, 2, 3, 4, 5], 1, 4) == ([1, 2, 3, 4, 5], 1)
    assert core_prompts.fitted([1, 2, 3, 4, 5, 6], 1, 4) is None


def test_large_batches_are_split_and_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of like length share a batch, whatever their order was."""
    rows = [("ab" * n, n) for n in (3, 1, 7, 2, 2, 5)]
    whole = in_batch(rows)
    monkeypatch.setattr(core, "MAX_TOKENS", 8)
    assert list(core.batches([([0] * n, 1) for n in (3, 1, 9, 2, 4)], 8)) == [[1, 3], [0, 4], [2]]
    assert [score for score, _ in in_batch(rows)] == pytest.approx([score for score, _ in whole], rel=1e-6)


def test_a_limit_asks_some_of_the_examples_and_progress_is_told() -> None:
    """Which ones is always the same, and not simply the first."""
    examples = [{"query": "a" * (i + 1), "choices": ["b", "h"], "gold": 0} for i in range(8)]
    told: list[tuple[str, int, int]] = []
    seen = []
    for _ in range(2):
        model = TableLM(ODDS)
        found = evaluate_task(
            model, TOKENIZER, task("multiple_choice"), examples, max_examples=3, on_progress=lambda *a: told.append(a)
        )
        assert (found.n, found.n_there) == (3, 8)
        seen.append(torch.cat([batch.flatten() for batch in model.seen]).tolist())
    assert seen[0] == seen[1]
    assert told == [("toy", 3, 3)] * 2


def test_the_mode_of_the_model_stays_and_broken_weights_are_told() -> None:
    model = TableLM(ODDS)
    evaluate_task(model, TOKENIZER, task("multiple_choice"), CHOICES)
    assert model.training
    with torch.no_grad():
        model.table.fill_(float("nan"))
    with pytest.raises(ValueError, match="not numbers"):
        evaluate_task(model, TOKENIZER, task("multiple_choice"), CHOICES)
    assert model.training


def test_unknown_characters_are_left_out() -> None:
    """Of questions; but of an answer of which nothing is known, nobody can say how likely it is."""
    examples = [
        {"query": "Xa?", "choices": ["b!", "h"], "gold": 0},
        {"query": "a", "choices": ["?", "!"], "gold": 0},
        {"query": "", "choices": ["", ""], "gold": 0},
    ]
    choice = task("multiple_choice", delimiter="")
    found = [evaluate_task(TableLM(ODDS), TOKENIZER, choice, [each]) for each in examples]
    assert [(each.accuracy, each.n_not_asked) for each in found] == [(1, 0), (0, 1), (0, 1)]
    nothing = [{"context": "a", "continuation": "?!"}]
    told = evaluate_task(TableLM(ODDS), TOKENIZER, task("language_modeling", delimiter=""), nothing)
    assert (told.accuracy, told.n_not_asked) == (0, 1)


@pytest.mark.parametrize("arch", ["gpt", "modern_gpt"])
def test_any_model_with_a_bpe_tokenizer(tmp_path: Path, arch: str) -> None:
    """A token may hold a space and a letter; a document's end stands in front; padded vocabulary isn't scored."""
    tokenizer = BPETokenizer([(32, 98), (97, 98)], special_tokens=(DOC_END,))  # " b" and "ab" are tokens
    torch.manual_seed(0)
    model = build_model(arch, ModelConfig(tokenizer.vocab_size, block_size=16, n_layer=1, n_head=2, n_embd=16))
    bundle = write_bundle(
        tmp_path,
        {
            task("multiple_choice", shots=1, baseline=0.25, label="one"): CHOICES,
            task("schema", baseline=0.5, label="two"): SCHEMAS,
            task("language_modeling", delimiter="\nAnswer: ", label="three"): FORETOLD,
        },
    )
    first, second = (evaluate_core(model, tokenizer, bundle) for _ in range(2))
    assert first == second
    assert -1 <= first.core <= 1
    start = core_prompts.beginning(tokenizer)
    assert start == [tokenizer.special_ids[DOC_END]]
    question = core_prompts.question_of(
        {"query": "a", "choices": ["b", "bh"], "gold": 1}, [], task("multiple_choice"), tokenizer.encode, start
    )
    assert question.rows == [[258, 97, 256], [258, 97, 256, 104]]
    assert question.starts == [2, 2]
