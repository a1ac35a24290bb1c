"""Pretrain a model: ``python -m scripts.base_train --preset smoke --corpus tinyworld --ckpt-path DIR``.

One dial, ``--depth``, sets width, heads, batch, learning rate and horizon. On several GPUs, or several machines, the
same program is started by torchrun: ``torchrun --standalone --nproc-per-node 8 -m scripts.base_train --preset h100x8``.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any

from scripts._main import options, run

PROGRAM = "scripts.base_train"


def main() -> int:
    """Read the options, train, say how it ended."""
    # Imported here, so that an error in a component of yours, which is imported too, is told like any other.
    from vibejam_core.training.devices import choose_device, keep_freed_memory
    from vibejam_core.training.world import World

    config = configured()
    keep_freed_memory()
    world = World.start(choose_device(config.device))
    try:
        code = train(config, world)
    except RuntimeError as error:
        if world.size == 1:
            raise
        raise OSError(f"rank {world.rank} of {world.size} stops: {reason(error)}") from error
    world.close()  # only now: after an error others may never answer, and torchrun ends them
    return code


def reason(error: RuntimeError) -> str:
    """What to say of an error of one rank of several; gloo and NCCL have many words for another rank that is gone."""
    said = str(error).strip().splitlines()[0]
    if any(words in said for words in ("closed by peer", "reset by peer", "Broken pipe", "remote process exited")):
        return "another rank is gone, and what it said itself is the reason"
    return said


def configured() -> Any:
    """The options of the command line; with ``--resume`` what it leaves out is as it was."""
    from vibejam_core.models.checkpoint_folder import DamagedCheckpoint, checkpoints_in, read_facts
    from vibejam_core.training.pretrain_config import PretrainConfig, saved_config

    config = options(PretrainConfig, PROGRAM)
    if not config.resume:
        return config
    for folder in reversed(checkpoints_in(config.ckpt_path)):
        try:
            settings = read_facts(folder)["settings"]
        except DamagedCheckpoint:
            continue  # the one before is as good: all of a run have the same settings
        if "pretrain" not in settings:
            raise ValueError(
                f"{config.ckpt_path} holds a run of scripts.train_lm, not of {PROGRAM}. Give another --ckpt-path."
            )
        return options(PretrainConfig, PROGRAM, default=saved_config(settings, config.ckpt_path))
    return config


def train(config: Any, world: Any) -> int:
    """A run, from its text to its last word; the exit code."""
    from scripts.train_lm import draw
    from vibejam_core.training.base_run import pretrain
    from vibejam_core.training.base_start import silent, start_base_run
    from vibejam_core.training.pretrain_corpus import ready_corpus
    from vibejam_core.training.pretrain_data import open_data
    from vibejam_core.training.pretrain_stream import stream_data

    say = print if world.rank == 0 else silent
    data: Any
    if config.stream:
        data = stream_data(config.filled())
    elif config.corpus is not None and config.train_path is None:
        data = open_data(ready_corpus(config.filled(), world, say))
    elif config.train_path is not None:
        data = open_data(config.train_path, config.val_path, config.tokenizer_path)
    else:
        raise ValueError(
            "there is nothing to train on: give --train-path, what scripts.pre_tokenize wrote, or --corpus tinyworld "
            "for the course's own text"
        )
    outcome = pretrain(start_base_run(config, data, world, world.device, say))
    folder = config.ckpt_path
    if world.rank == 0:
        draw(folder)
    again = f"  {launcher()} {PROGRAM} --ckpt-path {folder} --resume"
    if outcome.ended == "interrupted":
        say(f"\nstopped after step {outcome.step}; all of it is saved in {folder}. Go on with:\n{again}")
        return 130
    if outcome.ended == "time":
        say(
            f"its time was up after step {outcome.step}; all of it is saved. Go on with:\n{again} "
            f"--max-seconds {2 * config.max_seconds:g}"
        )
    if outcome.ended == "text":
        say(f"the text was over after step {outcome.step}, and all of it is saved")
    if outcome.record.get("val_loss") is not None:
        say(
            f"done: {outcome.record['val_loss']:.4f} nats per token, {outcome.record['val_bits_per_byte']:.4f} bits "
            "per byte on the validation text"
        )
    say(f"  python -m scripts.sample_lm --ckpt-path {folder}")
    return 0


def launcher() -> str:
    """How this program was started, as far as it can know."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return "python -m"
    return f"torchrun --nproc-per-node {os.environ.get('LOCAL_WORLD_SIZE', '1')} -m"


def run_as_rank() -> None:
    """Run as one process of a job, and after an error leave it at once.

    NCCL would like to say farewell first, to ranks that may be gone or wait for this one: torchrun, which waits for a
    process to end, would never learn of the error.
    """
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(line_buffering=True)  # what torchrun collects should come when it is said
    code: Any = 1
    try:
        run(main)
    except SystemExit as leaving:
        code = leaving.code
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    if code:
        os._exit(code)


if __name__ == "__main__":
    if "RANK" in os.environ:
        run_as_rank()
    else:
        run(main)
