"""The walk: from nothing written to a trained model, one stop after another, as a learner goes it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.course.kit import new_workspace
from vibejam_core.course.curriculum import WALKS, component, lab_of
from vibejam_core.course.grafting import skeleton, syntax
from vibejam_core.course.workspace import Workspace, repo_root

STOP = re.compile(r"(\w+\.\w+)(?:\.(\w+))? isn't written yet: (.*?) \(lab (\d\d)\)\. Write it at ")

GPT_WALK = [
    "gpt.GPTModel.__init__",
    "gpt.Block.__init__",
    "gpt.MultiHeadAttention.__init__",
    "gpt.Head.__init__",
    "gpt.FeedForward.__init__",
    "gpt.GPTModel.forward",
    "gpt.Block.forward",
    "gpt.MultiHeadAttention.forward",
    "gpt.Head.forward",
    "gpt.FeedForward.forward",
    "gpt.GPTModel.generate",
]
MODERN_WALK = [
    # making the model
    "modern_gpt.GPT.__init__",
    "rotary.precompute_rotary",
    "modern_block.Block.__init__",
    "modern_block.CausalSelfAttention.__init__",
    "modern_block.MLP.__init__",
    # its first weights
    "modern_gpt.GPT.init_weights",
    # the forward pass
    "modern_gpt.GPT.forward",
    "rotary.norm",
    "modern_block.Block.forward",
    "modern_block.CausalSelfAttention.forward",
    "rotary.rotate_and_norm",
    "rotary.apply_rotary_emb",
    "modern_block.attend",
    "modern_block.MLP.forward",
    # the training step
    "optimizers.parameter_groups",
    "optimizers.Muon.step",
    "optimizers.newton_schulz",
    "optimizers.AdamW.step",
    "modern_gpt.GPT.estimate_flops",
    "modern_gpt.GPT.parameter_counts",
    "modern_gpt.GPT.kv_bytes_per_token",
    # writing
    "modern_gpt.GPT.generate",
]


def run(workspace: Workspace, arch: str) -> subprocess.CompletedProcess[str]:
    """The command of the walk, in a folder of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VIBEJAM_")}
    environment |= {"VIBEJAM_IMPL": "strict", "VIBEJAM_WORKSPACE": str(workspace.root)}
    command = [sys.executable, "-m", "scripts.train_lm", "--arch", arch, "--max-iters", "1"]
    folder = ["--ckpt-path", str(workspace.root / "run")]
    return subprocess.run([*command, *folder], env=environment, cwd=repo_root(), capture_output=True, text=True)


def write_part(workspace: Workspace, id: str, name: str) -> None:
    """Put the reference's version of one part into the learner's module, and leave all else as it is."""
    piece = component(id)
    [part] = [part for part in piece.parts if part.name == name]
    texts = []
    for source in (syntax.read(workspace.module_path(piece.file)), skeleton.reference(piece.module)):
        node = syntax.definition(source.tree.body, piece.symbol)
        assert node is not None
        function = skeleton.part_node(node, piece, part)
        assert function is not None
        texts.append((source.text, source.segment(*syntax.span(function))))
    (text, stub), (_, solution) = texts
    assert text.count(stub) == 1
    workspace.module_path(piece.file).write_text(text.replace(stub, solution))


def walk(workspace: Workspace, arch: str, steps: int = 1000) -> list[str]:
    """Run, write what is asked for, run again: the stops on the way, until the program ends by itself."""
    stops: list[str] = []
    while len(stops) < steps:
        started = time.monotonic()
        done = run(workspace, arch)
        seconds = time.monotonic() - started
        if done.returncode == 0:
            assert "done: " in done.stdout
            break
        assert done.returncode == 1, done.stderr
        assert "Traceback" not in done.stderr
        stopped = STOP.search(" ".join(done.stderr.split()))
        assert stopped is not None, done.stderr
        id, name, todo, lab = stopped.groups()
        piece = component(id)
        [part] = [part for part in piece.parts if part.name == (name or piece.symbol)]
        assert (todo, int(lab)) == (part.todo, lab_of(piece).number)
        stops.append(f"{id}.{name}" if name else id)
        assert stops.count(stops[-1]) == 1, f"{stops[-1]} is written, and yet the program stops there"
        print(f"{seconds:5.1f} s  {stops[-1]}")
        write_part(workspace, id, part.name)
    return stops


def parts(arch: str) -> set[str]:
    """Every part that belongs to an architecture."""
    pieces = [component(id) for id in WALKS[arch]]
    return {f"{piece.id}.{part.name}" if piece.is_class else piece.id for piece in pieces for part in piece.parts}


def test_the_walk_begins_with_making_the_model(tmp_path: Path) -> None:
    """The first stops, in the order in which the code runs."""
    assert walk(new_workspace(tmp_path), "modern_gpt", 3) == MODERN_WALK[:3]


@pytest.mark.slow
def test_the_whole_walk_of_the_classic_gpt(tmp_path: Path) -> None:
    """Every part of it is met, once."""
    assert walk(new_workspace(tmp_path), "gpt") == GPT_WALK
    assert set(GPT_WALK) == parts("gpt")


@pytest.mark.slow
def test_the_whole_walk_of_the_modern_gpt(tmp_path: Path) -> None:
    """Model, weights, forward pass, training step, writing: in this order."""
    assert walk(new_workspace(tmp_path), "modern_gpt") == MODERN_WALK
    assert set(MODERN_WALK) == parts("modern_gpt")
