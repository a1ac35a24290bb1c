"""How a pretraining run begins, or goes on: what must be so before its first step."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import torch

from vibejam_core.models.checkpoint import Checkpoint
from vibejam_core.models.checkpoint_folder import claim, sweep
from vibejam_core.models.registry import build_model
from vibejam_core.text.tokenizers import fingerprint
from vibejam_core.training.base_run import BaseRun, Data
from vibejam_core.training.base_setup import ARCH, Setup, recovered, set_up
from vibejam_core.training.material import Say
from vibejam_core.training.optimizer_set import build_optimizer, summary
from vibejam_core.training.pretrain_config import PretrainConfig
from vibejam_core.training.rehearsal import rehearse
from vibejam_core.training.scaling import shape_for
from vibejam_core.training.world import World


def start_base_run(config: PretrainConfig, data: Data, world: World, device: torch.device, say: Say = print) -> BaseRun:
    """Plan a run and begin it, or with ``config.resume`` go on with one. All ranks call it.

    Args:
        config: how to train, and in which folder the run is kept.
        data: what to train on.
        world: the processes of this job.
        device: where this one computes.
        say: how to tell the user something; only what rank 0 says is shown.

    Raises:
        FileNotFoundError: if there is nothing to resume.
        FileExistsError: if the folder holds an earlier run and neither ``resume`` nor ``overwrite`` is set.
        ValueError: if something doesn't fit: the memory, the number of ranks, the text, the checkpoint.
        RuntimeError: if the ranks aren't alike.
    """
    say = say if world.rank == 0 else silent
    world.agree("the options", json.dumps(config.told_apart()).encode())
    make_room(config, world)
    found = recovered(config, world, say) if config.resume else None
    setup = set_up(config, data.tokenizer.vocab_size, world, device, micro_of(found, world))
    setup = replace(setup, micro=world.smallest(setup.micro))
    if found is not None:
        check_same(found, setup, data, config.ckpt_path)
    say(f"text      {data.n_tokens:,} tokens to train on, {len(data.val):,} to validate on")
    setup.describe(say)
    small = build_model(ARCH, shape_for(1, data.tokenizer.vocab_size, min(32, setup.plan.block_size))).to(device)
    rehearse(small, lambda: build_optimizer(small, setup.config.schedule(setup.plan)), generate=config.sample > 0)
    run = BaseRun(setup, data, found, say)
    if (trained_by := summary(run.optimizer.optimizer)) is not None:
        say(f"optimiser {trained_by}")
    epochs = run.plan.n_tokens / data.n_tokens
    if epochs > 4:
        say(
            f"note      the plan goes {epochs:.0f} times through the text. From about the fourth time on, repeated "
            "text teaches less (Muennighoff et al. 2023): give more of it, or a smaller --ratio."
        )
    return run


def make_room(config: PretrainConfig, world: World) -> None:
    """See that the folder is free for a new run, or holds one to go on with, and sweep it."""
    claim(config.ckpt_path, resume=config.resume, overwrite=config.overwrite)
    world.sum(torch.zeros((), device=world.device))  # nobody deletes anything before all have looked
    if world.rank == 0:
        sweep(config.ckpt_path, everything=config.overwrite and not config.resume)


def micro_of(found: Checkpoint | None, world: World) -> int:
    """How many rows a time the run took before, if it had as many ranks; else 0."""
    if found is None or found.settings.get("world_size") != world.size:
        return 0
    return int(found.settings.get("micro", 0))


def check_same(found: Checkpoint, setup: Setup, data: Data, folder: Path) -> None:
    """Refuse a checkpoint of another kind of run, another tokenizer or another shape."""
    if "loaders" not in found.settings:
        raise ValueError(
            f"{folder} holds a run of scripts.train_lm, not of scripts.base_train. Give another --ckpt-path."
        )
    if fingerprint(data.tokenizer) != fingerprint(found.tokenizer):
        raise ValueError(
            f"the run in {folder} was trained with another tokenizer, {fingerprint(found.tokenizer)}, not "
            f"{fingerprint(data.tokenizer)}. Go on with the text it was trained on, or start a new run elsewhere."
        )
    have, want = asdict(found.model.config), asdict(setup.shape)
    differences = [f"{key} {have[key]} (asked for: {want[key]})" for key in have if have[key] != want[key]]
    if differences:
        raise ValueError(
            f"the model in {folder} has {', '.join(differences)}. A trained model keeps its shape: leave those options "
            "out, or start a new run in another folder."
        )


def silent(_: str) -> None:
    """Say nothing, as every rank but the first."""
