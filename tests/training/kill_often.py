"""Kills a training run again and again: ``python -m tests.training.kill_often FOLDER``.

The run goes on in forked children of this process, which has imported torch already. Each child is killed with SIGKILL
at a random moment, some while they begin or resume, most while they train and save, which they do at every other step.
After each kill the newest checkpoint must load and its record must be the one that a run that was never killed has for
this step. In the end the run may finish, and must have done the same. The last line printed is what was counted.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from vibejam_core.models.checkpoint import Checkpoint, load_checkpoint
from vibejam_core.models.checkpoint_folder import TEMPORARY, last_step
from vibejam_core.models.config import ModelConfig
from vibejam_core.text.config import DataConfig
from vibejam_core.text.corpora import Corpus
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.log import read_log
from vibejam_core.training.run import start_run
from vibejam_core.training.trainer import train_lm

KILLS = 100
STEPS = 500
DONE = os.WEXITED | os.WNOHANG | os.WNOWAIT
CORPUS = Corpus("counting", ("".join(f"{n}, " for n in range(300)),))
SHAPE = ModelConfig(block_size=8, n_layer=1, n_head=2, n_embd=8, dropout=0.2)
LOSSES = ("step", "train_loss", "val_loss", "val_bits_per_byte", "learning_rate")


def train(folder: Path, seed: int, begun: Callable[[], object]) -> None:
    """Start a run or go on with it, and train to its end."""
    config = TrainConfig(
        ckpt_path=folder, max_iters=STEPS, eval_interval=2, eval_iters=1, batch_size=4, seed=seed, accumulate=2,
        resume=last_step(folder) is not None, device="cpu",
    )  # fmt: skip
    run = start_run(DataConfig(), SHAPE, config, CORPUS, say=lambda line: None)
    begun()
    train_lm(run)


def child(folder: Path, seed: int) -> tuple[int, int]:
    """A process that trains: its id, and a pipe that ends once it has begun to."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    code = 1
    try:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.close(reader)
        train(folder, seed, begun=lambda: os.close(writer))
        code = 0
    finally:
        os._exit(code)


def life(folder: Path, seed: int, kind: str, seconds: float = 0.0) -> bool:
    """Let a child train, and kill it that long after an event. Whether it was killed; a child that fails is an error.

    Args:
        folder: the run's.
        seed: the run's.
        kind: the event: ``birth`` of the process; ``start`` of the training; its next ``save``, so that the run gets on
            however slow the machine is; or ``never``.
        seconds: how long after it.
    """
    before = last_step(folder)
    pid, reader = child(folder, seed)
    if kind in ("start", "save"):
        os.read(reader, 1)
    while kind == "save" and last_step(folder) == before and not os.waitid(os.P_PID, pid, DONE):
        time.sleep(0.001)
    if kind != "never":
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
    os.close(reader)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0, f"the run in {folder} failed"
    return False


def losses(record: dict[str, Any]) -> list[Any]:
    """What in a record doesn't depend on the clock."""
    return [record[name] for name in LOSSES]


def same(one: Checkpoint, other: Checkpoint) -> bool:
    """Whether weights, optimiser and every random generator agree to the last bit."""
    pairs = [(one.model.state_dict(), other.model.state_dict()), (one.randomness, other.randomness)]
    pairs += [(state, other.optimizer["state"][index]) for index, state in one.optimizer["state"].items()]
    return all(a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a) for a, b in pairs)


def torment(folder: Path, whole: Path, seed: int, kills: int, chance: random.Random, longest: float) -> dict[str, int]:
    """Kill a run that often, each time within so many seconds, or until it has finished; look at what is left."""
    counted = {"kills": 0, "during_a_save": 0, "loaded": 0}
    expected = {record["step"]: losses(record) for record in read_log(whole)}
    finished = False
    while counted["kills"] < kills and not finished:
        kind = chance.choice(("birth", "start", "save", "save"))
        finished = not life(folder, seed, kind, chance.uniform(0, longest))
        counted["kills"] += not finished
        counted["during_a_save"] += any(folder.glob(f"{TEMPORARY}step_*"))
        if last_step(folder) is not None:
            newest = load_checkpoint(folder)  # checks sizes and hashes, and that the weights fit
            assert losses(newest.metrics) == expected[newest.step], newest.step
            counted["loaded"] += 1
    if not finished:
        life(folder, seed, "never")
    assert [losses(record) for record in read_log(folder)] == list(expected.values())
    assert same(load_checkpoint(folder), load_checkpoint(whole))
    return counted


def main() -> None:
    """As many runs as it takes."""
    home, chance = Path(sys.argv[1]), random.Random(5)
    total = {"runs": 0, "kills": 0, "during_a_save": 0, "loaded": 0}
    torch.set_num_threads(1)
    torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))])  # it imports for a second or two, once for all children
    while total["kills"] < KILLS:
        seed = total["runs"]
        began = time.monotonic()
        life(home / f"whole-{seed}", seed, "never")
        longest = 6 * (time.monotonic() - began) / STEPS  # three saves' time, however busy the machine is
        left = KILLS - total["kills"]
        counted = torment(home / f"killed-{seed}", home / f"whole-{seed}", seed, left, chance, longest)
        total = {name: value + counted.get(name, 1) for name, value in total.items()}
    print(json.dumps(total))


if __name__ == "__main__":
    main()
