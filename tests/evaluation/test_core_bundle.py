"""Reading the bundle of CORE: the published format, and what is damaged about a damaged one."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.core_files import task, write_bundle
from vibejam_core.evaluation.core_bundle import find_bundle, read_examples, read_tasks
from vibejam_core.evaluation.core_tasks import CORE_TASKS, KINDS, differences

ASK = task("multiple_choice", shots=1, delimiter="\nAnswer: ", baseline=0.091, label="ask")
FILL = task("language_modeling", label="fill")
END = task("schema", baseline=0.5, label="end")
EXAMPLES: dict[Any, list[dict[str, Any]]] = {
    ASK: [{"query": f"q{n}", "choices": ["é", "b"], "gold": n, "category": "x"} for n in (0, 1)],
    FILL: [{"context": "a", "continuation": "b"}],
    END: [{"context_options": ["a", "b"], "continuation": "c", "gold": 1}],
}


def test_what_was_written_is_read(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "eval_bundle", EXAMPLES)
    assert find_bundle(bundle) == find_bundle(tmp_path) == bundle
    assert find_bundle(tmp_path / "none") is None
    assert read_tasks(bundle) == [ASK, FILL, END]
    assert [read_examples(bundle, each) for each in EXAMPLES] == list(EXAMPLES.values())


def test_a_byte_order_mark_and_empty_lines_do_no_harm(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path, EXAMPLES)
    path = bundle / "eval_data" / FILL.dataset_uri
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\n")
    assert read_examples(bundle, FILL) == EXAMPLES[FILL]


def test_a_line_separator_inside_a_text_is_no_end_of_a_line(tmp_path: Path) -> None:
    """JSON may hold U+2028 as it is; published files do."""
    bundle = write_bundle(tmp_path, EXAMPLES)
    example = {"context": "a\u2028b\u0085", "continuation": "c"}
    path = bundle / "eval_data" / FILL.dataset_uri
    path.write_text(json.dumps(example, ensure_ascii=False) + "\n", encoding="utf-8")
    assert read_examples(bundle, FILL) == [example]


def test_the_published_list() -> None:
    """22 tasks, one file twice; the numbers of each kind; nothing differs from itself."""
    assert len(CORE_TASKS) == len({each.label for each in CORE_TASKS}) == 22
    assert len({each.dataset_uri for each in CORE_TASKS}) == 21
    assert {kind: sum(each.kind == kind for each in CORE_TASKS) for kind in KINDS} == {
        "multiple_choice": 11,
        "schema": 2,
        "language_modeling": 9,
    }
    assert sum(each.delimiter == "\nAnswer: " for each in CORE_TASKS) == 5
    assert sum(each.baseline for each in CORE_TASKS) == pytest.approx(4.361)
    assert differences(CORE_TASKS) == []
    said = differences([*CORE_TASKS[1:], ASK])
    assert said == ["hellaswag_zeroshot is missing", "ask is not one of the 22"]
    assert differences([ASK])[0] == "22 of the 22 are missing"


def read(bundle: Path) -> None:
    for each in read_tasks(bundle):
        read_examples(bundle, each)


def cut(bundle: Path, name: str, old: str, new: str) -> None:
    path = bundle / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


CORE, META, DATA = "core.yaml", "eval_meta_data.csv", "eval_data/toys/ask.jsonl"


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        (CORE, "icl_tasks:", "tasks:", ["core.yaml", "icl_tasks"]),
        (CORE, "icl_tasks:", "icl_tasks: [", ["core.yaml", "not YAML"]),
        (CORE, "schema", "essay", ["end", "'essay'", "multiple_choice"]),
        (CORE, "[1]", "1", ["ask", "num_fewshot 1"]),
        (CORE, "[1]", "[-1]", ["ask", "[-1]"]),
        (CORE, "label: ask", "name: ask", ["without a label"]),
        (CORE, "label: end", "label: ask", ["ask twice"]),
        (CORE, "toys/ask", "../ask", ["ask", "dataset_uri"]),
        (META, "\nask,", "\nasked,", ["eval_meta_data.csv", "no line for the task ask"]),
        (META, "Random baseline", "Baseline", ["eval_meta_data.csv", "Random baseline"]),
        (META, "9.1", "none", ["ask", "'none'"]),
        (META, "9.1", "100", ["ask", "100 %"]),
        (DATA, "}", "", ["ask.jsonl, line 1", "not JSON"]),
        (DATA, '"gold": 1', '"gold": 2', ["ask.jsonl, line 2", "0 to 1", "is 2"]),
        (DATA, '"gold": 1', '"gold": true', ["ask.jsonl, line 2", "True"]),
        (DATA, '"query": "q1"', '"question": "q1"', ["line 2", "'query'"]),
        (DATA, ', "b"', "", ["line 1", "at least two"]),
        (
            DATA,
            '{"query": "q1", "choices": ["\\u00e9", "b"], "gold": 1, "category": "x"}',
            "",
            ["1 examples", "least 2"],
        ),
    ],
)
def test_damage_is_named(tmp_path: Path, name: str, old: str, new: str, words: list[str]) -> None:
    """The file, the place, and where to get the bundle."""
    bundle = write_bundle(tmp_path, EXAMPLES)
    cut(bundle, name, old, new)
    with pytest.raises(ValueError, match="Unpack the bundle again") as caught:
        read(bundle)
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize("name", [CORE, META, DATA])
def test_missing_and_binary_files_are_named(tmp_path: Path, name: str) -> None:
    bundle = write_bundle(tmp_path, EXAMPLES)
    (bundle / name).write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="not UTF-8"):
        read(bundle)
    (bundle / name).unlink()
    with pytest.raises(FileNotFoundError, match=Path(name).name):
        read(bundle)
