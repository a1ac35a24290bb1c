"""Reading the published bundle of CORE: a list of tasks, their baselines, and a file of examples for each.

The bundle's folder holds::

    core.yaml               icl_tasks: for each task label, dataset_uri, num_fewshot (a list of one number),
                            icl_task_type and, where it isn't one space, continuation_delimiter
    eval_meta_data.csv      for each task a line with at least "Eval Task" and "Random baseline", in percent
    eval_data/**.jsonl      one example per line:
                            multiple choice      query, choices, gold
                            schema               context_options, continuation, gold
                            language modelling   context, continuation
"""

from __future__ import annotations

import csv
import io
import json
from importlib import import_module
from pathlib import Path
from typing import Any

from vibejam_core.evaluation.core_tasks import KINDS, CoreTask

Example = dict[str, Any]

TASKS, BASELINES, DATA = "core.yaml", "eval_meta_data.csv", "eval_data"
ADDRESS = "https://karpathy-public.s3.us-west-2.amazonaws.com/eval_bundle.zip"
"""Where nanochat published the bundle: about 160 MB to download."""
AGAIN = f"Unpack the bundle again; it is published at {ADDRESS}"

FIELDS = {
    "multiple_choice": ("query", "choices"),
    "schema": ("continuation", "context_options"),
    "language_modeling": ("context", "continuation"),
}
"""For each kind of task the fields of an example; what there is to choose from, where there is any, stands last."""


def find_bundle(path: Path) -> Path | None:
    """The bundle's own folder, whether ``path`` is that or the one above it; None where there is neither."""
    return next((folder for folder in (path, path / "eval_bundle") if (folder / TASKS).is_file()), None)


def read_tasks(bundle: Path) -> list[CoreTask]:
    """The tasks of a bundle, in its order, with their baselines.

    Raises:
        FileNotFoundError: if one of its two lists is missing.
        ValueError: if one is damaged, or they don't fit together; the message names file and task.
    """
    path = bundle / TASKS
    try:
        yaml = import_module("yaml")
    except ModuleNotFoundError:
        raise ValueError('reading the bundle needs PyYAML. Run "pip install pyyaml".') from None
    try:
        found = yaml.safe_load(text_of(path))
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {error}. {AGAIN}") from None
    entries = found.get("icl_tasks") if isinstance(found, dict) else None
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"{path} should hold a list icl_tasks, and holds none. {AGAIN}")
    baselines = read_baselines(bundle)
    tasks = [task_of(entry, baselines, path) for entry in entries]
    labels = [task.label for task in tasks]
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise ValueError(f"{path} lists the task {twice} twice. {AGAIN}")
    return tasks


def task_of(entry: Any, baselines: dict[str, float], path: Path) -> CoreTask:
    """One entry of the list of tasks, checked."""
    label = entry.get("label") if isinstance(entry, dict) else None
    if not isinstance(label, str):
        raise ValueError(f"{path} has a task without a label: {entry!r}. {AGAIN}")
    kind, uri, shots = (entry.get(name) for name in ("icl_task_type", "dataset_uri", "num_fewshot"))
    delimiter = entry.get("continuation_delimiter", " ")
    if kind not in KINDS:
        raise ValueError(f"{path}: {label} has icl_task_type {kind!r}; there are {', '.join(KINDS)}. {AGAIN}")
    if not isinstance(uri, str) or not isinstance(delimiter, str) or ".." in Path(uri).parts or Path(uri).is_absolute():
        raise ValueError(f"{path}: {label} has dataset_uri {uri!r} and delimiter {delimiter!r}; see to both. {AGAIN}")
    if not isinstance(shots, list) or len(shots) != 1 or type(shots[0]) is not int or shots[0] < 0:
        raise ValueError(f"{path}: {label} has num_fewshot {shots!r}, which should be a list of one number. {AGAIN}")
    if label not in baselines:
        raise ValueError(f"{path.parent / BASELINES} has no line for the task {label} of {TASKS}. {AGAIN}")
    return CoreTask(label, uri, kind, shots[0], delimiter, baselines[label])


def read_baselines(bundle: Path) -> dict[str, float]:
    """The accuracy of guessing for each task, as a share."""
    path = bundle / BASELINES
    rows = csv.DictReader(io.StringIO(text_of(path)))
    columns = ("Eval Task", "Random baseline")
    if not set(columns) <= set(rows.fieldnames or ()):
        raise ValueError(f"{path} should have the columns {columns[0]!r} and {columns[1]!r}. {AGAIN}")
    found = {}
    for row in rows:
        label, percent = (str(row[name] or "").strip() for name in columns)
        try:
            found[label] = float(percent) / 100
        except ValueError:
            raise ValueError(
                f"{path}: the baseline of {label} is {percent!r}, which should be a percentage. {AGAIN}"
            ) from None
        if not 0 <= found[label] < 1:
            raise ValueError(
                f"{path}: the baseline of {label} is {percent} %; it should be from 0 to below 100. {AGAIN}"
            )
    return found


def read_examples(bundle: Path, task: CoreTask) -> list[Example]:
    """All examples of a task, in the order of its file.

    Raises:
        FileNotFoundError: if the file is missing.
        ValueError: if it is damaged, or has too few examples for the task; the message names the line.
    """
    path = bundle / DATA / task.dataset_uri
    examples = []
    for number, line in enumerate(text_of(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            example = json.loads(line)
        except ValueError as error:
            raise ValueError(f"{path}, line {number} is not JSON ({error}). {AGAIN}") from None
        fault = fault_of(example, task.kind)
        if fault:
            raise ValueError(f"{path}, line {number}: {fault}. {AGAIN}")
        examples.append(example)
    if len(examples) <= task.num_fewshot:
        raise ValueError(
            f"{path} has {len(examples)} examples; {task.label} needs at least {task.num_fewshot + 1}, one to ask and "
            f"{task.num_fewshot} to show. {AGAIN}"
        )
    return examples


def fault_of(example: Any, kind: str) -> str:
    """What is wrong with an example, as a clause; empty where nothing is."""
    if not isinstance(example, dict):
        return f"an example should be an object, and this is {type(example).__name__}"
    context, options = FIELDS[kind]
    if kind == "language_modeling":
        for name in (context, options):
            if not isinstance(example.get(name), str):
                return f"{name!r} should be a text, and is {example.get(name)!r}"
        return "" if example[options].strip() else f"{options!r} is empty"
    if not isinstance(example.get(context), str):
        return f"{context!r} should be a text, and is {example.get(context)!r}"
    choices, gold = example.get(options), example.get("gold")
    if not isinstance(choices, list) or len(choices) < 2 or not all(isinstance(choice, str) for choice in choices):
        return f"{options!r} should be a list of at least two texts, and is {choices!r}"
    if type(gold) is not int or not 0 <= gold < len(choices):
        return f"'gold' should be from 0 to {len(choices) - 1}, and is {gold!r}"
    return ""


def text_of(path: Path) -> str:
    """A file's text. Raises FileNotFoundError or ValueError that say what is wrong with the bundle."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FileNotFoundError(f"the bundle has no {path}. {AGAIN}") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is damaged: byte {error.start} is not UTF-8. {AGAIN}") from None
