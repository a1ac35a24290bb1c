"""One traced forward pass of a small model, in a process of its own: what ``vibejam trace`` starts.

``VIBEJAM_IMPL`` says whose code runs. Every size is another one, so that each number in a shape tells which axis it is.
"""

from __future__ import annotations

import argparse
import os
import sys

import torch

from vibejam_core.course import trace_report
from vibejam_core.course.grading import report
from vibejam_core.course.trace import Recorder, calls_of
from vibejam_core.course.workspace import Workspace
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model

VOCABULARY, LAYERS, HEADS, KV_HEADS, HEAD_DIM = 65, 4, 6, 3, 10


def main() -> int:
    """Make the model, run it once, show what happened; 1 where it came to no end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("arch")
    parser.add_argument("component", help="the one to show, or nothing for all of the model")
    parser.add_argument("batch", type=int)
    parser.add_argument("length", type=int)
    args = parser.parse_args()
    config = ModelConfig(
        vocab_size=VOCABULARY, block_size=max(args.length, 16), n_layer=LAYERS, n_head=HEADS,
        n_kv_head=KV_HEADS if args.arch == "modern_gpt" else 0, n_embd=HEADS * HEAD_DIM,
    )  # fmt: skip
    torch.manual_seed(0)
    model = build_model(args.arch, config)
    tokens = torch.randint(VOCABULARY, (args.batch, args.length + 1))  # (B, T + 1)
    yours = os.environ.get("VIBEJAM_IMPL") == "mine"
    recorder = Recorder(Workspace.find() if yours else None)
    with recorder.watching():
        model(tokens[:, :-1], tokens[:, 1:])
    sizes = {"B": args.batch, "T": args.length, "V": VOCABULARY}
    if args.arch != "bigram":
        sizes |= {"C": config.n_embd, "H": HEADS, "KV": config.kv_heads, "D": HEAD_DIM, "layers": LAYERS}
    report.show(f"{args.arch}, one forward pass: {', '.join(f'{name} = {size}' for name, size in sizes.items())}\n")
    calls = calls_of(args.component, recorder.calls) if args.component else recorder.calls
    if not calls and recorder.error is None:
        report.show(f"{args.component} has no part in the forward pass.")
        return 1
    calls = calls or recorder.calls  # an error came before it
    report.show(trace_report.text(recorder, calls))
    if yours and all(call.borrowed for call in calls):
        what = args.component or args.arch
        report.show(
            f"\nOnly what you wrote is shown line by line. To see the reference: vibejam trace {what} --impl core"
        )
    if recorder.error is not None and not recorder.calls:
        raise recorder.error
    return 0 if recorder.error is None else 1


if __name__ == "__main__":
    sys.exit(main())
