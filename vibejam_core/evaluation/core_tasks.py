"""The 22 tasks of CORE, as they were published.

CORE is the mean, over these tasks, of how far a model is on the way from guessing (0) to faultless (1). The tasks were
chosen because they tell even small models apart.

Sources: the list is "CORE" in appendix G of Li et al., "DataComp-LM: In search of the next generation of training sets
for language models", 2024 (arXiv:2406.11794). Types, numbers of examples and delimiters are those of
``eval/heavy.yaml`` in github.com/mlfoundations/dclm, which took them from MosaicML's Eval Gauntlet; the baselines are
the column "Random baseline" of the ``eval_meta_data.csv`` in the bundle that nanochat published with its
``core.yaml``. (Version 1 of DCLM's own table had other baselines for some tasks, and so other values of CORE.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["multiple_choice", "schema", "language_modeling"]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True)
class CoreTask:
    """One task: where its examples are, how they are asked, and what guessing would get."""

    label: str
    dataset_uri: str
    """The file of its examples, below the bundle's ``eval_data``."""
    kind: Kind
    """``multiple_choice``: one context, several continuations. ``schema``: several contexts, one continuation.
    ``language_modeling``: one continuation, every token of which must be the model's first choice."""
    num_fewshot: int
    """How many solved examples stand before the question."""
    delimiter: str
    """What stands between a context and its continuation."""
    baseline: float
    """The accuracy of guessing, from 0 to below 1."""


MC: Kind = "multiple_choice"
LM: Kind = "language_modeling"
SCHEMA: Kind = "schema"
READING, REASONING, LANGUAGE = "reading_comprehension", "commonsense_reasoning", "language_understanding"
SYMBOLS, WORLD = "symbolic_problem_solving", "world_knowledge"
ANSWER = "\nAnswer: "


def _task(label: str, folder: str, kind: Kind, shots: int, delimiter: str, percent: float, file: str = "") -> CoreTask:
    return CoreTask(label, f"{folder}/{file or label}.jsonl", kind, shots, delimiter, percent / 100)


CORE_TASKS = (
    _task("hellaswag_zeroshot", LANGUAGE, MC, 0, " ", 25, "hellaswag"),
    _task("jeopardy", WORLD, LM, 10, ANSWER, 0, "jeopardy_all"),
    _task("bigbench_qa_wikidata", WORLD, LM, 10, " ", 0),
    _task("arc_easy", WORLD, MC, 10, ANSWER, 25),
    _task("arc_challenge", WORLD, MC, 10, ANSWER, 25),
    _task("copa", REASONING, MC, 0, " ", 50),
    _task("commonsense_qa", REASONING, MC, 10, " ", 20),
    _task("piqa", REASONING, MC, 10, ANSWER, 50),
    _task("openbook_qa", REASONING, MC, 0, " ", 25),
    _task("lambada_openai", LANGUAGE, LM, 0, " ", 0),
    _task("hellaswag", LANGUAGE, MC, 10, " ", 25),
    _task("winograd", LANGUAGE, SCHEMA, 0, " ", 50, "winograd_wsc"),
    _task("winogrande", LANGUAGE, SCHEMA, 0, " ", 50),
    _task("bigbench_dyck_languages", SYMBOLS, LM, 10, " ", 0),
    _task("agi_eval_lsat_ar", SYMBOLS, MC, 3, " ", 20),
    _task("bigbench_cs_algorithms", SYMBOLS, LM, 10, " ", 0),
    _task("bigbench_operators", SYMBOLS, LM, 10, " ", 0),
    _task("bigbench_repeat_copy_logic", SYMBOLS, LM, 10, " ", 0),
    _task("squad", READING, LM, 10, " ", 0),
    _task("coqa", READING, LM, 0, " ", 0),
    _task("boolq", READING, MC, 10, ANSWER, 62),
    _task("bigbench_language_identification", LANGUAGE, MC, 10, " ", 9.1),
)
"""The published list, in the published order."""


def differences(tasks: Sequence[CoreTask]) -> list[str]:
    """How a list of tasks differs from the published one, a clause each; empty where it is the published list."""
    published, given = ({task.label: task for task in each} for each in (CORE_TASKS, tasks))
    missing = [label for label in published if label not in given]
    found = [f"{len(missing)} of the {len(published)} are missing"] if len(missing) > 3 else []
    found += [f"{label} is missing" for label in missing if not found]
    found += [f"{label} is not one of the 22" for label in given if label not in published]
    for label in (label for label in published if label in given):
        for name, expected in vars(published[label]).items():
            if name != "dataset_uri" and getattr(given[label], name) != expected:
                found.append(f"{label} has {name} {getattr(given[label], name)!r}, published is {expected!r}")
    return found
