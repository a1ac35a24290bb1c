"""The processes that train one model together, and the few things they say to each other.

A job is made of W processes, its ranks, numbered from 0. All run the same program. ``torchrun`` starts them and tells
each its number in environment variables. What they send goes through ``torch.distributed``: over NCCL between CUDA
devices, over gloo between CPUs. Only tensors and JSON are sent, nothing is pickled.
"""

from __future__ import annotations

import hashlib
import json
import os
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

PATIENCE = timedelta(minutes=5)
"""How long a rank waits for another one before it gives up. A rank that dies is noticed much sooner."""


class World:
    """This process among its peers. A process alone is a world of size 1, in which nothing is sent.

    Every method is called by all ranks, in the same order, with tensors of the same shape and dtype.
    """

    def __init__(self, rank: int = 0, size: int = 1, device: torch.device | str = "cpu") -> None:
        self.rank, self.size = rank, size
        self.device = torch.device(device)
        """Where the tensors are that it makes itself."""

    @classmethod
    def start(cls, device: torch.device | str = "cpu", patience: timedelta = PATIENCE) -> World:
        """Join the job that ``torchrun`` started this process for; without one, a world of one.

        With several CUDA devices in a machine, each process takes the one of its number in that machine.

        Raises:
            OSError: if the other processes can't be reached, as when the port is taken by another program.
        """
        device, size = torch.device(device), int(os.environ.get("WORLD_SIZE", "1"))
        if "RANK" not in os.environ or size == 1:
            return cls(device=device)
        if device.type == "mps":
            raise ValueError(
                "several processes can share CUDA devices or CPUs, but not an Apple GPU. Add --device cpu."
            )
        if device.type == "cuda":
            local_rank, n_devices = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
            if local_rank >= n_devices:
                raise ValueError(
                    f"process {local_rank} of this machine has no CUDA device of its own: there are {n_devices}. "
                    f"Start at most that many per machine: torchrun --nproc-per-node {n_devices}"
                )
            device = torch.device("cuda", local_rank)
            torch.cuda.set_device(device)
        address = f"{os.environ.get('MASTER_ADDR', '?')}:{os.environ.get('MASTER_PORT', '?')}"
        try:
            dist.init_process_group(
                "nccl" if device.type == "cuda" else "gloo",
                timeout=patience,
                device_id=device if device.type == "cuda" else None,
            )
        except (RuntimeError, ValueError) as error:  # torch's network errors are RuntimeErrors
            taken = "address already in use" in str(error).lower()
            why = "the port is taken by another program" if taken else str(error).splitlines()[0]
            raise OSError(
                f"the {size} processes of this job could not meet at {address}: {why}. Choose another port with "
                "torchrun --master-port, or --standalone on one machine, which finds a free one; and see that every "
                "machine can reach that address."
            ) from error
        return cls(dist.get_rank(), dist.get_world_size(), device)

    def close(self) -> None:
        """Leave the job."""
        if self.size > 1 and dist.is_initialized():
            dist.destroy_process_group()

    def sum_to(self, tensor: Tensor, rank: int) -> None:
        """Make this tensor, at one rank, the sum of all ranks' tensors. At the others it is no use afterwards."""
        if self.size > 1:
            dist.reduce(tensor, rank)

    def copy_from(self, tensor: Tensor, rank: int) -> None:
        """Make this tensor, at every rank, what it is at one rank."""
        if self.size > 1:
            dist.broadcast(tensor, rank)

    def sum(self, tensor: Tensor) -> Tensor:
        """The sum of all ranks' tensors, a new tensor, at every rank the same to the last bit."""
        total = tensor.clone()
        if self.size > 1:
            dist.all_reduce(total)
        return total

    def smallest(self, number: int) -> int:
        """The smallest of all ranks' whole numbers, at every rank the same."""
        numbers = torch.zeros(self.size, dtype=torch.int64, device=self.device)
        numbers[self.rank] = number
        return int(self.sum(numbers).min())

    def share(self, entries: dict[str, Any], rank: int) -> dict[str, Any]:
        """One rank's dictionary of tensors and plain data, at every rank. Received tensors are on the CPU.

        Args:
            entries: what this rank has; only that of ``rank`` counts.
            rank: whose.
        """
        if self.size == 1:
            return entries
        tensors = {name: value for name, value in entries.items() if isinstance(value, Tensor)}
        kinds = {name: [str(value.dtype).removeprefix("torch."), *value.shape] for name, value in tensors.items()}
        rest = {name: value for name, value in entries.items() if name not in tensors}
        text = json.dumps({"tensors": kinds, "rest": rest}).encode()
        length = torch.tensor([len(text)], device=self.device)
        self.copy_from(length, rank)
        letters = torch.zeros(int(length), dtype=torch.uint8, device=self.device)
        if self.rank == rank:
            letters = torch.tensor(list(text), dtype=torch.uint8, device=self.device)
        self.copy_from(letters, rank)
        told = json.loads(bytes(letters.tolist()))
        received: dict[str, Any] = {}
        for name, (kind, *shape) in told["tensors"].items():
            value = torch.empty(shape, dtype=getattr(torch, kind), device=self.device)
            if self.rank == rank:
                value = tensors[name].to(self.device).contiguous()
            self.copy_from(value, rank)
            received[name] = value.cpu()
        return {**received, **told["rest"]}

    def agree(self, what: str, content: bytes) -> None:
        """Make sure that all ranks have the same.

        Raises:
            RuntimeError: at every rank, if one differs; the message says what, and which ranks differ from rank 0.
        """
        if self.size == 1:
            return
        mine = torch.tensor(list(hashlib.sha256(content).digest()), device=self.device)  # (32,), int64
        all_of_them = torch.zeros(self.size, 32, dtype=torch.int64, device=self.device)
        all_of_them[self.rank] = mine
        all_of_them = self.sum(all_of_them)  # (W, 32): every row has been filled by one rank
        different = [i for i in range(self.size) if not torch.equal(all_of_them[i], all_of_them[0])]
        if different:
            raise RuntimeError(
                f"{what} differ between rank 0 and rank {', '.join(map(str, different))}, so these processes would "
                "train different models. Start all of them with the same program, options and files."
            )


def parameters_digest(model: nn.Module) -> bytes:
    """A fingerprint of a model's weights: two models with any different number have different ones."""
    digest = hashlib.sha256()
    for name, parameter in model.named_parameters():
        digest.update(name.encode())
        digest.update(parameter.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.digest()
