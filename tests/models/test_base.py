"""What every model does before its own forward pass."""

import torch

from vibejam_core.models.bigram import BigramLM
from vibejam_core.models.config import ModelConfig


def test_forward_gets_tensors_that_view_accepts() -> None:
    """A batch cut from a larger tensor reaches forward in one piece, so that ``view`` works on it."""

    class Viewing(BigramLM):
        def forward(self, idx, targets=None):  # type: ignore[no-untyped-def]
            return idx.view(-1), targets.view(-1)

    windows = torch.arange(12).view(3, 4)
    idx, targets = Viewing(ModelConfig(vocab_size=12))(windows[:, :-1], windows[:, 1:])
    assert torch.equal(idx, windows[:, :-1].flatten())
    assert torch.equal(targets, windows[:, 1:].flatten())
