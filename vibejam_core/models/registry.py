"""One door to every architecture: ``build_model("gpt", config)``."""

from __future__ import annotations

from vibejam_core.models.base import BaseLM
from vibejam_core.models.bigram import BigramLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.gpt import GPTModel
from vibejam_core.models.gram import GramLM
from vibejam_core.models.modern_gpt import GPT

ARCHITECTURES: dict[str, type[BaseLM]] = {"bigram": BigramLM, "gpt": GPTModel, "gram": GramLM, "modern_gpt": GPT}


def build_model(arch: str, config: ModelConfig) -> BaseLM:
    """A new, untrained model.

    Args:
        arch: a name from ``ARCHITECTURES``.
        config: its shape.

    Raises:
        ValueError: if there is no such architecture; the message lists those that there are.
    """
    if arch not in ARCHITECTURES:
        raise ValueError(f"there is no architecture {arch!r}. Choose one of: {', '.join(sorted(ARCHITECTURES))}.")
    return ARCHITECTURES[arch](config)
