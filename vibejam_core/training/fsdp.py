"""Fully sharded: each rank keeps a part of every weight, for models that outgrow one GPU. PyTorch's FSDP2 does it.

With a :class:`ShardedOptimizer` every rank still has all weights and all gradients, 8 bytes for each parameter. Here it
has its part of them, and of the optimiser's memory: 16 bytes for each parameter, divided by the number of ranks. A
block's weights are brought together shortly before they are needed and dropped afterwards; its gradients are averaged
and cut up again as soon as they are there. So ranks talk all the time, and a model that fits is trained faster without.

Each rank has some rows of every matrix. AdamW treats number by number and doesn't mind. Muon makes a matrix's singular
values equal, for which it needs the whole matrix: it can't be used here.

Source: "PyTorch FSDP", Zhao et al. 2023; ``torch.distributed.fsdp.fully_shard`` is its second version, by parameters.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from vibejam_core.models.base import BaseLM
from vibejam_core.models.modern_gpt import GPT, dtype_of
from vibejam_core.models.registry import build_model
from vibejam_core.training.optimizers import Muon
from vibejam_core.training.sharded import ShardedOptimizer
from vibejam_core.training.world import World


def shard_model(model: GPT, world: World) -> None:
    """Leave each rank its part of the weights, on ``world.device``. From now on all ranks call the model together.

    Every block is sharded by itself, then what is left: embeddings, head, scalars. Give it a model on the CPU: it is
    moved block by block, so that a GPU never holds all of it. In half precision the weights travel in half precision,
    gradients are averaged in float32, and what each rank keeps stays float32.

    Args:
        model: with the same weights on every rank. It becomes another kind of module, in place.
        world: this rank and the others; more than one.

    Raises:
        ValueError: if this process is alone.
    """
    if world.size == 1:
        raise ValueError(
            "--sharding fsdp spreads a model over several processes, but there is only one. Start more of them, "
            "torchrun --standalone --nproc-per-node 2 -m ..., or leave --sharding out."
        )
    mesh = init_device_mesh(world.device.type, (world.size,))
    dtype = dtype_of(model.config)
    half = MixedPrecisionPolicy(param_dtype=dtype, reduce_dtype=torch.float32)
    policy = MixedPrecisionPolicy() if dtype == torch.float32 else half
    for block in model.transformer["h"]:
        fully_shard(block, mesh=mesh, mp_policy=policy)
    fully_shard(model, mesh=mesh, mp_policy=policy)
    model.to(world.device)  # the buffers, which are not sharded


class FullyShardedOptimizer(ShardedOptimizer):
    """An optimiser of a model that :func:`shard_model` has sharded, for :func:`pretrain_step`.

    A step has the same four parts as ever, but FSDP has done two of them: the gradients are averaged when the backward
    pass is over, and the weights are gathered when the next forward pass needs them.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, world: World) -> None:
        """Take an optimiser that was made of the sharded model's parameters.

        Raises:
            ValueError: if Muon is part of it.
        """
        if any(isinstance(each, Muon) for each in getattr(optimizer, "optimizers", [optimizer])):
            raise ValueError(
                "Muon needs whole matrices, but with --sharding fsdp each rank has some rows of them. Add --optimizer "
                "adamw, or leave --sharding out."
            )
        super().__init__(optimizer, world)

    def reduce(self) -> None:
        """Nothing: each rank has its part of the averaged gradients already."""

    def gather(self) -> None:
        """Nothing: the weights are brought together when they are needed."""

    @torch.no_grad()
    def clip(self, limit: float) -> float:
        """As :meth:`ShardedOptimizer.clip`: the squares of every rank's part add up to those of the whole."""
        gradients = [parameter.grad.to_local() for parameter in self.parameters if isinstance(parameter.grad, DTensor)]
        squares = torch.zeros((), device=self.world.device)
        for gradient in gradients:
            squares += torch.linalg.vector_norm(gradient).square()
        length = self.world.sum(squares).sqrt().item()
        if 0 < limit < length:
            for gradient in gradients:
                gradient.mul_(limit / length)
        return length

    def state_dict(self) -> dict[str, Any]:
        """As :meth:`ShardedOptimizer.state_dict`: whole tensors at rank 0, as if one process had done it all."""
        state = {}
        for i, parameter in enumerate(self.parameters):
            entries = {name: whole(value) for name, value in self.optimizer.state.get(parameter, {}).items()}
            if entries and self.world.rank == 0:
                state[i] = entries
        if self.world.rank != 0:
            return {}
        return {"state": state, "param_groups": self.optimizer.state_dict()["param_groups"]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Remember this rank's part of what :meth:`state_dict` collected, on any number of ranks, sharded or not.

        Raises:
            ValueError: if it isn't that of such an optimiser; torch says how they differ.
        """
        self.optimizer.load_state_dict({"state": {}, "param_groups": state_dict["param_groups"]})
        for i, entries in state_dict["state"].items():
            parameter = self.parameters[i]
            self.optimizer.state[parameter] = {name: part_of(value, parameter) for name, value in entries.items()}


def whole(value: Any) -> Any:
    """A sharded tensor, put together on the CPU; all ranks call it. Anything else stays as it is."""
    return value.full_tensor().cpu() if isinstance(value, DTensor) else value


def part_of(value: Any, parameter: Tensor) -> Any:
    """A whole tensor, sharded as a parameter is; nothing is sent, for every rank has it. A number stays one."""
    if not isinstance(value, Tensor) or not isinstance(parameter, DTensor) or value.shape != parameter.shape:
        return value
    local = value.to(parameter.device)
    return distribute_tensor(local, parameter.device_mesh, parameter.placements, src_data_rank=None)


def whole_model(model: GPT, arch: str, world: World) -> BaseLM:
    """An ordinary model with all the weights, on the CPU, for a checkpoint. All ranks call it.

    Returns:
        At rank 0 the whole model. At the others one without memory (on the "meta" device).
    """
    with torch.device("meta"):
        plain = build_model(arch, model.config)
    weights = {}
    for name, value in model.state_dict().items():
        weight = whole(value)
        if world.rank == 0:  # the others have no room for it
            weights[name] = weight
    if world.rank == 0:
        plain.load_state_dict(weights, assign=True)
    return plain
