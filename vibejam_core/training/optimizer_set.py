"""The optimiser of a run: several that act as one, and which of them suits a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from vibejam_core.models.base import BaseLM
from vibejam_core.models.modern_gpt import GPT
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.optimizers import AdamW, Muon, parameter_groups


class Together(torch.optim.Optimizer):
    """Several optimisers that look like one: one list of groups, one memory, one checkpoint."""

    def __init__(self, optimizers: Sequence[torch.optim.Optimizer]) -> None:
        self.optimizers = list(optimizers)
        super().__init__([group for each in self.optimizers for group in each.param_groups], {})
        self.share()

    def share(self) -> None:
        """Let every optimiser work on this one's groups and memory: the same objects, so that nothing is kept twice."""
        groups = iter(self.param_groups)
        for each in self.optimizers:
            each.param_groups = [next(groups) for _ in each.param_groups]
            each.state = self.state

    def step(self) -> None:  # type: ignore[override]
        """One step of each."""
        for each in self.optimizers:
            each.step()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Remember what a ``state_dict()`` says.

        Raises:
            ValueError: if it isn't that of such an optimiser; torch says how they differ.
        """
        super().load_state_dict(state_dict)
        self.share()


def build_optimizer(model: BaseLM, config: TrainConfig) -> torch.optim.Optimizer:
    """The optimiser that ``config.optimizer`` asks for.

    - "adamw": AdamW for all parameters, with weight decay for matrices and tables.
    - "muon": the groups of :func:`parameter_groups`, Muon for matrices and AdamW for the rest.
    - "auto": "muon" for the modern GPT, and for all others what they configure themselves.
    """
    kind = config.optimizer
    if kind == "auto" and not isinstance(model, GPT):
        return model.configure_optimizers(config.learning_rate, config.weight_decay)
    if kind == "adamw":
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        groups: list[dict[str, Any]] = [
            {"params": [p for p in trained if p.ndim >= 2], "weight_decay": config.weight_decay},
            {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
        ]
        return AdamW([group for group in groups if group["params"]], config.learning_rate, betas=(0.8, 0.98))
    groups = parameter_groups(model, config.weight_decay)
    muon = [group for group in groups if group["kind"] == "muon"]
    adamw = [group for group in groups if group["kind"] == "adamw"]
    made: list[torch.optim.Optimizer] = []
    if muon:
        made.append(Muon(muon, config.learning_rate))
    if adamw:
        made.append(AdamW(adamw, config.learning_rate))
    return Together(made)


def summary(optimizer: torch.optim.Optimizer) -> str | None:
    """Which group is trained how, in one line; None where the groups have no names."""
    if not isinstance(optimizer, Together):
        return None
    named: dict[str, list[str]] = {}
    for each in optimizer.optimizers:
        for group in each.param_groups:
            named.setdefault(type(each).__name__, []).append(f"{len(group['params'])} {group['name']}")
    return "; ".join(f"{kind} for {', '.join(groups)}" for kind, groups in named.items())
