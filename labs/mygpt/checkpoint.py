# Yours to write, in lab 05 (Training).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check checkpoint.save_checkpoint
"""The one authority on checkpoints: what is in them, how they are written, how they are found and read.

A run's folder holds one folder per checkpoint::

    my-run/
        step_000400/                the best so far
        step_000600/                the last
            model.safetensors       the weights
            training.safetensors    what the optimiser remembers, and the state of every random generator
            checkpoint.json         all the rest, and the size and SHA-256 of the two files above

There are no pointers that could point astray: the *last* checkpoint is the one with the highest step, the *best* the
one with the lowest validation loss among those kept. Nothing is pickled, so reading a checkpoint runs no code.

A save writes into a temporary folder beside its target, flushes every byte to the disk and only then gives the folder
its name, in one step. Killed at any moment, a run leaves complete checkpoints and perhaps a temporary folder, which
the next run sweeps up.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from vibejam_core.models.base import BaseLM
from vibejam_core.models.checkpoint_folder import (
    FACTS,
    FORMAT,
    TEMPORARY,
    TRAINING,
    WEIGHTS,
    damaged,
    find_checkpoint,
    flush_file,
    flush_folder,
    prune,
    read_facts,
    seal,
)
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.text.tokenizers import Tokenizer, fingerprint, tokenizer_from_json


@dataclass
class Checkpoint:
    """Everything a run needs to go on, or a sampler to begin."""

    model: BaseLM
    arch: str
    tokenizer: Tokenizer
    step: int
    """How many optimiser steps were made."""
    metrics: dict[str, Any] = field(default_factory=dict)
    """The measurements at this step, as they are in the log; ``val_loss`` decides which checkpoint is the best."""
    settings: dict[str, Any] = field(default_factory=dict)
    """What the run was started with, as plain data."""
    optimizer: dict[str, Any] = field(default_factory=dict)
    """The optimiser's ``state_dict()``, or nothing."""
    randomness: dict[str, Tensor] = field(default_factory=dict)
    """The state of each random generator, by name: where the run is in its stream of batches, too."""


def save_checkpoint(run: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint into a run's folder, whole or not at all.

    The files are written by :func:`write_folder` into a new folder inside ``run`` whose
    name begins with ``TEMPORARY``; one that a killed program left behind must not be in
    the way. Once all of it is on the disk (:func:`flush_folder`), the folder gets its
    name, ``step_`` and the step in at least six digits, by one ``rename``; then ``run``
    is flushed too, since it holds the name. So whenever the program is killed, every
    folder called ``step_...`` is complete. At last :func:`prune` deletes the
    checkpoints that are no longer needed.

    Args:
        run: the run's folder; made, with those above it, if need be.
        checkpoint: what to keep; its ``step`` names the folder.

    Returns:
        The new checkpoint's folder, ``run / "step_000400"`` for step 400.

    Raises:
        FileExistsError: if ``run`` has a checkpoint of this step; it isn't touched, and
            the message names its folder.
        OSError: if it can't be written (a full disk, a folder without permission),
            which ``write_folder`` reports as an OSError or as a SafetensorError. The
            message names the step, ``run`` and the reason, which is that error's text;
            what was there is untouched, and nothing half-written is left.
    """
    raise NotImplementedError(
        "checkpoint.save_checkpoint: write a folder under another name, flush it, then "
        "rename it (lab 05)"
    )


def write_folder(folder: Path, checkpoint: Checkpoint) -> None:
    """Write the three files of a checkpoint, each flushed to the disk."""
    tensors, optimizer = pack_optimizer(checkpoint.optimizer)
    tensors |= {f"random.{name}": state for name, state in checkpoint.randomness.items()}
    for name, content in ((WEIGHTS, checkpoint.model.state_dict()), (TRAINING, tensors)):
        # Cloned, because safetensors refuses tensors that share their memory, as tied weights do.
        save_file({key: value.detach().cpu().clone().contiguous() for key, value in content.items()}, folder / name)
        flush_file(folder / name)
    facts = {
        "format": FORMAT,
        "arch": checkpoint.arch,
        "model": asdict(checkpoint.model.config),
        "step": checkpoint.step,
        "metrics": checkpoint.metrics,
        "settings": checkpoint.settings,
        "optimizer": optimizer,
        "tokenizer": {"fingerprint": fingerprint(checkpoint.tokenizer), **checkpoint.tokenizer.to_json()},
        "files": {name: seal(folder / name) for name in (WEIGHTS, TRAINING)},
    }
    (folder / FACTS).write_text(json.dumps(facts, indent=1, allow_nan=False), encoding="utf-8")
    flush_file(folder / FACTS)


def load_checkpoint(
    path: Path, *, which: str = "last", tokenizer: Tokenizer | None = None, config: ModelConfig | None = None
) -> Checkpoint:
    """Read a checkpoint, on the CPU, and check that it is whole and what was expected.

    :func:`find_checkpoint` says which folder is meant and :func:`read_facts` reads its
    ``checkpoint.json``. There, ``facts["files"]`` maps each other file's name to the
    :func:`seal` that it had when it was written: a file that is missing or has another
    seal makes the checkpoint :func:`damaged`. It is refused then, whatever others there
    are: nothing of it is used, not even read by safetensors. Only then is it decided
    whether :func:`identity`, its tokenizer and shape, is what was expected, and
    :func:`assemble` makes a :class:`Checkpoint` of the folder.

    Args:
        path: a run's folder, or one checkpoint's.
        which: ``"last"`` or ``"best"``, where ``path`` is a run's folder; for a
            checkpoint's own folder it doesn't matter.
        tokenizer: the tokenizer it must have, if that matters. Two are the same if
            their :func:`fingerprint` is.
        config: the shape it must have, in every field, if that matters.

    Returns:
        All that was saved, to the last bit.

    Raises:
        FileNotFoundError: if there is no checkpoint.
        ValueError: if a file is damaged; the message names folder and file. If the
            tokenizer is another one; the message names both fingerprints. If the shape
            is another one; the message names each field that differs, with the
            checkpoint's value and the expected one.
            If the weights don't fit the model, as ``assemble`` finds.
    """
    raise NotImplementedError(
        "checkpoint.load_checkpoint: refuse what is damaged or another's; read the rest "
        "(lab 05)"
    )


def identity(folder: Path, facts: dict[str, Any]) -> tuple[Tokenizer, ModelConfig]:
    """A checkpoint's tokenizer and the shape of its model.

    Raises:
        ValueError: if they can't be read or the tokenizer isn't the one that was saved.
    """
    try:
        found, shape = tokenizer_from_json(facts["tokenizer"]), ModelConfig(**facts["model"])
    except (KeyError, TypeError) as error:
        raise damaged(folder, f"{FACTS} was changed ({error})") from error
    if fingerprint(found) != facts["tokenizer"]["fingerprint"]:
        raise damaged(folder, f"{FACTS} isn't as it was written, its tokenizer was changed")
    return found, shape


def assemble(folder: Path, facts: dict[str, Any], tokenizer: Tokenizer, config: ModelConfig) -> Checkpoint:
    """A :class:`Checkpoint` of a folder's files. Raises ValueError where the weights don't fit the model."""
    try:
        weights, tensors = load_file(folder / WEIGHTS), load_file(folder / TRAINING)
    except SafetensorError as error:
        raise damaged(folder, str(error)) from error
    return Checkpoint(
        model=load_weights(facts["arch"], config, weights, folder),
        arch=facts["arch"],
        tokenizer=tokenizer,
        step=facts["step"],
        metrics=facts["metrics"],
        settings=facts["settings"],
        optimizer=unpack_optimizer(tensors, facts["optimizer"]),
        randomness={key.removeprefix("random."): value for key, value in tensors.items() if key.startswith("random.")},
    )


def load_weights(arch: str, config: ModelConfig, weights: dict[str, Tensor], folder: Path) -> BaseLM:
    """A model with these weights. Raises ValueError where names or shapes don't fit, and says which."""
    model = build_model(arch, config)
    expected = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    have = {name: tuple(value.shape) for name, value in weights.items()}
    for name in sorted(expected.keys() | have.keys()):
        if expected.get(name) != have.get(name):
            raise ValueError(
                f"{folder} doesn't fit the {arch} model that runs here: {name} has shape {have.get(name, 'none')} in "
                f"the checkpoint and {expected.get(name, 'none')} in the model. It was saved by another implementation "
                "of this architecture; load it with the code that saved it, or train again."
            )
    model.load_state_dict(weights)
    return model


def pack_optimizer(state: dict[str, Any]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """An optimiser's ``state_dict`` as tensors (for safetensors) and the rest (for JSON)."""
    tensors: dict[str, Tensor] = {}
    numbers: dict[str, dict[str, Any]] = {}
    for index, entries in state.get("state", {}).items():
        for name, value in entries.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer.{index}.{name}"] = value
            else:
                numbers.setdefault(str(index), {})[name] = value
    return tensors, {"param_groups": state.get("param_groups", []), "numbers": numbers}


def unpack_optimizer(tensors: dict[str, Tensor], rest: dict[str, Any]) -> dict[str, Any]:
    """The ``state_dict`` that :func:`pack_optimizer` took apart; empty where there was none."""
    if not rest["param_groups"]:
        return {}
    state: dict[int, dict[str, Any]] = {int(index): dict(entries) for index, entries in rest["numbers"].items()}
    for key, value in tensors.items():
        if key.startswith("optimizer."):
            _, index, name = key.split(".", 2)
            state.setdefault(int(index), {})[name] = value
    return {"state": state, "param_groups": rest["param_groups"]}
