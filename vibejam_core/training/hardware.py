"""What the machine is and can do: number formats, free memory, and what its maker says it computes per second."""

from __future__ import annotations

import os

import psutil
import torch

PEAKS = (
    ("T4", "float16", 65e12),
    ("A100", "bfloat16", 312e12),
    ("A100", "float16", 312e12),
    ("H100 80GB HBM3", "bfloat16", 989e12),
    ("H100 80GB HBM3", "float16", 989e12),
    ("H200", "bfloat16", 989e12),
    ("H200", "float16", 989e12),
)
"""What a device's name contains, the dtype, and how many dense FLOPs per second its maker states for it (half of what
is stated "with sparsity"). "H100 80GB HBM3" is what the SXM module calls itself; the PCIe card is slower.

Sources: NVIDIA's data sheets of the T4, the A100, the H100 and the H200 Tensor Core GPU.
"""

CPU_SHARE = 2**30
"""So many bytes are enough on a CPU: more rows at a time bring no speed there."""


def peak_flops(name: str, dtype: str) -> float | None:
    """What a device of this name computes per second at best; None where that isn't known, for it is never guessed."""
    return next((flops for part, kind, flops in PEAKS if kind == dtype and part in name.replace("Tesla ", "")), None)


def device_name(device: torch.device) -> str:
    """What the device calls itself."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return {"mps": "Apple GPU", "cpu": "CPU"}.get(device.type, device.type)


def best_dtype(device: torch.device) -> str:
    """The fastest number format that suits training there."""
    if device.type != "cuda":
        return "float32"
    return "bfloat16" if torch.cuda.get_device_capability(device) >= (8, 0) else "float16"


def free_memory(device: torch.device) -> int:
    """How many bytes one process may use for training: nine tenths of what is free, and on a CPU no more than pays.

    Several processes on one machine share its memory, but each has its own GPU.
    """
    if device.type == "cuda":
        return int(0.9 * torch.cuda.mem_get_info(device)[0])
    if device.type == "mps":
        return int(0.9 * (torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()))
    return int(0.9 * psutil.virtual_memory().available / int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


def memory_in_use(device: torch.device) -> int:
    """How many bytes training took at its peak: on the GPU, or all of this process on a CPU."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if device.type == "mps":
        return torch.mps.driver_allocated_memory()
    return int(psutil.Process().memory_info().rss)
