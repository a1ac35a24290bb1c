"""Bugs that spoil a run in silence, planted one at a time: each turns a property of a run red.

The properties come first; they hold. The table says which bug is seen by which of them. What learners write has a table
of its own, tests/mistakes; here the bugs are in what they are given, or run through both.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.training import rank
from vibejam_core.models.base import BaseLM
from vibejam_core.text.bpe_scale import train_tokenizer
from vibejam_core.text.prefetch import Prefetched
from vibejam_core.text.token_batches import TokenBatches
from vibejam_core.text.token_file import write_tokens
from vibejam_core.text.tokenizers import fingerprint
from vibejam_core.training import base_run, pretrain_data
from vibejam_core.training.base_run import BaseRun
from vibejam_core.training.log import read_log
from vibejam_core.training.pretrain_data import open_data
from vibejam_core.training.pretraining import pretrain_step
from vibejam_core.training.sharded import ShardedOptimizer
from vibejam_core.training.thread_world import ThreadWorld, together
from vibejam_core.training.trainer import learning_rate_at
from vibejam_core.training.world import World

T = rank.SHAPE.block_size
FIRST = rank.new_model()
TOKENS = torch.randint(50, (400,), generator=torch.Generator().manual_seed(7))


# --- the properties ---------------------------------------------------------------------------------------------------


def trained(world: World, model: BaseLM, steps: int, state: dict[str, Any] | None = None) -> tuple[BaseLM, dict]:
    """Twelve rows a step, shared out among the ranks, one at a time; on from a state if there is one."""
    optimizer = ShardedOptimizer(rank.calm_optimizer(model), world)
    rows = 12 // world.size
    loader = TokenBatches([TOKENS], rows, T, rank=world.rank, world_size=world.size)
    if state is not None:
        optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))
        loader.load_state_dict(state["loader"])
    for _ in range(steps):
        x, y = loader.next_batch()  # each (rows, T)
        pretrain_step(model, optimizer, list(zip(x.split(1), y.split(1), strict=True)), 0.001, grad_clip=0.3)
    return model, {"optimizer": optimizer.state_dict(), "loader": loader.state_dict()}


def ranks_train_as_one() -> None:
    """Two ranks take a step, three take the next, and have the weights that one process has."""
    expected, _ = trained(World(), copy.deepcopy(FIRST), 2)
    half, state = together(2, lambda world: trained(world, copy.deepcopy(FIRST), 1))[0]
    for model, _ in together(3, lambda world: trained(world, copy.deepcopy(half), 1, state)):
        for one, other in zip(model.parameters(), expected.parameters(), strict=True):
            assert torch.allclose(one, other, atol=1e-5)


def micro_batches_train_as_one_batch() -> None:
    """With plain gradient descent, for Muon and AdamW take the same step whatever the gradient is multiplied by."""
    batches = rank.batches_of(0)
    models = []
    for parts in (batches, [tuple(torch.cat(each) for each in zip(*batches, strict=True))]):
        model = copy.deepcopy(FIRST)
        optimizer = ShardedOptimizer(torch.optim.SGD(model.parameters(), lr=0.1), World())
        base_run.pretrain_step(model, optimizer, parts, 0.1)
        models.append(model)
    for one, other in zip(*(model.parameters() for model in models), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def a_resumed_run_is_a_whole_one(folder: Path) -> None:
    """Loss and learning rate of every step are the same to the last bit."""
    rank.train_whole(World(), folder / "whole")
    rank.train_whole(World(), folder / "half", stop=3)
    rank.train_whole(World(), folder / "half", resume=True)
    whole, half = (
        [[line[name] for name in ("step", "train_loss", "val_loss", "learning_rate")] for line in read_log(each)]
        for each in (folder / "whole", folder / "half")
    )
    assert half == whole
    assert len({line[3] for line in whole}) == 4  # the rate does change


def the_validation_text_is_never_trained_on(folder: Path) -> None:
    """Not the last file, nor the file that is named, nor the end of the only one."""
    tokenizer = train_tokenizer(["a b c d e f g"], 260)
    tokenizer.save(folder / "tokenizer.json")
    for name, first in (("a", 0), ("b", 60), ("c", 120)):
        write_tokens(folder / f"{name}.bin", [(range(first, first + 60), 60)], 260, fingerprint(tokenizer))
    for data, held_out in (
        (open_data(folder), set(range(120, 180))),
        (open_data(folder, folder / "b.bin"), set(range(60, 120))),
        (open_data(folder / "a.bin"), set(range(54, 60))),
    ):
        loader = TokenBatches(data.train, 1, 3)
        seen = {
            token for _ in range(2 * loader.n_windows) for part in loader.next_batch() for token in part[0].tolist()
        }
        assert set(data.val.tolist()) == held_out
        assert seen
        assert not seen & held_out


Property = Callable[..., None]
PROPERTIES: list[Property] = [
    ranks_train_as_one,
    micro_batches_train_as_one_batch,
    a_resumed_run_is_a_whole_one,
    the_validation_text_is_never_trained_on,
]


def check(which: Property, folder: Path) -> None:
    which(*[folder] * which.__code__.co_argcount)


@pytest.mark.parametrize("which", PROPERTIES, ids=lambda which: which.__name__)
def test_it_holds(which: Property, tmp_path: Path) -> None:
    check(which, tmp_path)


# --- the bugs ---------------------------------------------------------------------------------------------------------


class Steeper:
    """A model whose gradient is ``n`` times what it should be; its loss is right."""

    def __init__(self, model: Any, n: int) -> None:
        self.model, self.n = model, n

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def __call__(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        logits, loss = self.model(x, y)
        return logits, loss + (self.n - 1) * (loss - loss.detach())


def not_averaged(self: ThreadWorld, tensor: Tensor, to: int) -> None:
    self.all_tensors(tensor)  # sent, but not added up


def not_divided_by_ranks(self: ShardedOptimizer) -> None:
    for parameter, owner in zip(self.parameters, self.owners, strict=True):
        self.world.sum_to(parameter.grad, owner)
        if owner != self.world.rank:
            parameter.grad = None
        elif owner:  # rank 0 does it right
            pass
        else:
            parameter.grad.div_(self.world.size)


def not_divided_by_batches(model: Any, optimizer: Any, batches: Any, *arguments: Any) -> float:
    return pretrain_step(Steeper(model, len(batches)), optimizer, batches, *arguments)  # type: ignore[arg-type]


def from_the_next_rank(self: ShardedOptimizer) -> None:
    for parameter, owner in zip(self.parameters, self.owners, strict=True):
        self.world.copy_from(parameter.detach(), (owner + 1) % self.world.size)


def memory_of_the_next_rank(self: ShardedOptimizer, state: dict[str, Any]) -> None:
    owners = [(owner + 1) % self.world.size for owner in self.owners]
    mine = {i: entries for i, entries in state["state"].items() if owners[i] == self.world.rank}
    self.optimizer.load_state_dict({"state": mine, "param_groups": state["param_groups"]})


def rows_of_rank(which: Callable[[int, int], int]) -> Callable[..., None]:
    original = TokenBatches.__init__

    def init(self: TokenBatches, *arguments: Any, **settings: Any) -> None:
        original(self, *arguments, **settings)
        self.rank = which(self.rank, self.world_size)

    return init


def schedule_from_here(self: BaseRun, batches: Any) -> float:
    assert self.now is not None
    rate = learning_rate_at(self.step - self.now.progress.first, self.schedule)
    return pretrain_step(self.quick, self.optimizer, batches, rate, self.config.grad_clip, self.scale)


def nothing_restored(self: Any, state: dict[str, Any]) -> None:
    """As if there were no state."""


def state_of_what_was_made_ahead(self: Prefetched) -> dict[str, Any]:
    return self.loader.state_dict()


def validation_is_trained_on_too(path: Path, name: str | None = None) -> tuple[list[Tensor], Tensor]:
    train, val = open_tokens(path, name)
    return [*train, val], val


def the_first_file_is_for_validation(path: Path, name: str | None = None) -> tuple[list[Tensor], Tensor]:
    train, val = open_tokens(path, name)
    return [*train[1:], val], train[0]


open_tokens = pretrain_data.open_tokens

BUGS: dict[str, tuple[Property, object, str, Any]] = {
    "gradients not added up": (ranks_train_as_one, ThreadWorld, "sum_to", not_averaged),
    "gradients not averaged": (ranks_train_as_one, ShardedOptimizer, "reduce", not_divided_by_ranks),
    "new weights taken from a rank that doesn't own them": (
        ranks_train_as_one, ShardedOptimizer, "gather", from_the_next_rank),
    "optimiser's memory given to a rank that doesn't own it": (
        ranks_train_as_one, ShardedOptimizer, "load_state_dict", memory_of_the_next_rank),
    "all ranks read the same rows": (
        ranks_train_as_one, TokenBatches, "__init__", rows_of_rank(lambda rank, size: 0)),
    "a rank reads the next one's rows": (
        ranks_train_as_one, TokenBatches, "__init__", rows_of_rank(lambda rank, size: min(rank + 1, size - 1))),
    "accumulation not divided": (
        micro_batches_train_as_one_batch, base_run, "pretrain_step", not_divided_by_batches),
    "schedule begins anew on resume": (a_resumed_run_is_a_whole_one, BaseRun, "improve", schedule_from_here),
    "text begins anew on resume": (
        a_resumed_run_is_a_whole_one, TokenBatches, "load_state_dict", nothing_restored),
    "text made ahead is skipped on resume": (
        a_resumed_run_is_a_whole_one, Prefetched, "state_dict", state_of_what_was_made_ahead),
    "optimiser's memory is lost on resume": (
        a_resumed_run_is_a_whole_one, ShardedOptimizer, "load_state_dict", nothing_restored),
    "validation file among those to train on": (
        the_validation_text_is_never_trained_on, pretrain_data, "open_tokens", validation_is_trained_on_too),
    "another file for validation": (
        the_validation_text_is_never_trained_on, pretrain_data, "open_tokens", the_first_file_is_for_validation),
}  # fmt: skip


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_seen(bug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    which, place, name, wrong = BUGS[bug]
    monkeypatch.setattr(place, name, wrong)
    with pytest.raises(AssertionError):
        check(which, tmp_path)
