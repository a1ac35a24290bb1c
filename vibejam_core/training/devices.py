"""Where to compute, and the random generators that live there."""

from __future__ import annotations

import ctypes
import sys

import torch
from torch import Tensor


def choose_device(name: str) -> torch.device:
    """The device of this name; ``auto`` takes the fastest kind there is.

    Raises:
        ValueError: if this machine has no such device.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, available in there.items() if available))
    if not there[name]:
        raise ValueError(f"this machine has no {name} device that PyTorch can use. Leave --device out, or give cpu.")
    return torch.device(name)


def get_randomness(device: torch.device) -> dict[str, Tensor]:
    """The state of the random generators that dropout draws from."""
    states = {"torch": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    if device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def set_randomness(device: torch.device, states: dict[str, Tensor]) -> None:
    """Put back what :func:`get_randomness` read. A state that another kind of device left is no use and skipped."""
    torch.set_rng_state(states["torch"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
    if device.type == "mps" and "mps" in states:
        torch.mps.set_rng_state(states["mps"])


def keep_freed_memory() -> bool:
    """Let this process keep the memory of tensors that are no longer needed, for the next ones.

    The C library of Linux gives large pieces back to the system at once, and a training step asks for them again: a
    batch of logits alone is tens of megabytes. Each time the system then fills every page with zeros, which took a
    quarter of a step on a CPU (``python -m scripts.bench_modern``, with and without ``--no-keep-memory``). The price is
    that the process holds more memory: what it needed at its peak, and gaps between.

    Returns:
        Whether that was possible. Other systems, and other C libraries, do as they think best.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library, such as musl
        return False
    mmap_max, trim_threshold, top_pad = -4, -1, -2  # their numbers in malloc.h
    return all([mallopt(mmap_max, 0), mallopt(trim_threshold, 2**31 - 1), mallopt(top_pad, 2**26)])
