"""Where to compute, and the random generators that live there."""

from __future__ import annotations

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
