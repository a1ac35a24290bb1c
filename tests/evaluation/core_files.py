"""A bundle in the published format, small enough to be computed by hand, and a model that is a table."""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vibejam_core.evaluation.core_tasks import CoreTask
from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.text.characters import CharTokenizer

LETTERS = "\nabcdefgh "
TOKENIZER = CharTokenizer.build(LETTERS)


class TableLM(BaseLM):
    """The next character depends on the last one only, with the odds of a table: after a, b is 8 times as likely."""

    def __init__(self, odds: dict[str, float], block_size: int = 64, tokenizer: CharTokenizer = TOKENIZER) -> None:
        super().__init__(ModelConfig(vocab_size=tokenizer.vocab_size, block_size=block_size))
        table = torch.ones(tokenizer.vocab_size, tokenizer.vocab_size)
        for pair, number in odds.items():
            first, second = tokenizer.encode(pair)
            table[first, second] = number
        self.table = torch.nn.Parameter(table.log())
        self.seen: list[Tensor] = []

    def forward(self, idx: Tensor, targets: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        assert targets is None
        assert idx.shape[1] <= self.config.block_size
        self.seen.append(idx)
        return self.table[idx], None


def task(kind: Any, shots: int = 0, delimiter: str = " ", baseline: float = 0.0, label: str = "toy") -> CoreTask:
    return CoreTask(label, f"toys/{label}.jsonl", kind, shots, delimiter, baseline)


def write_bundle(folder: Path, tasks: dict[CoreTask, list[dict[str, Any]]]) -> Path:
    """The files of a bundle, as the published one has them."""
    lines = ["icl_tasks:"]
    for each in tasks:
        lines += ["-", f"  label: {each.label}", f"  dataset_uri: {each.dataset_uri}"]
        lines += [f"  num_fewshot: [{each.num_fewshot}]", f"  icl_task_type: {each.kind}"]
        if each.delimiter != " ":
            lines.append(f"  continuation_delimiter: {json.dumps(each.delimiter)} # between the two")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "core.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    table = ["Eval Task,Task Category,Task Type,#shots,#datapoints,Random baseline,Centered Metric?,Description"]
    table += [f'{each.label},toys,any,0,1,{100 * each.baseline:g},,"What it is, in short"' for each in tasks]
    (folder / "eval_meta_data.csv").write_text("\n".join(table) + "\n", encoding="utf-8")
    for each, examples in tasks.items():
        path = folder / "eval_data" / each.dataset_uri
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(example) + "\n" for example in examples), encoding="utf-8")
    return folder
