"""The loss on every token of a text."""

import pytest
import torch
from torch.nn import functional as F

from vibejam_core.evaluation.whole import loss_on_all
from vibejam_core.models.bigram import BigramLM
from vibejam_core.models.config import ModelConfig


@pytest.mark.parametrize("n", [2, 8, 9, 10, 33])
def test_every_token_but_the_first_counts_once(n: int) -> None:
    """A bigram model needs one token of context, so windows can't matter."""
    model = BigramLM(ModelConfig(vocab_size=7, block_size=8))
    torch.nn.init.normal_(model.table.weight)
    tokens = torch.randint(7, (n,), generator=torch.Generator().manual_seed(n))
    expected = F.cross_entropy(model.table.weight[tokens[:-1]], tokens[1:])
    assert loss_on_all(model, tokens, batch_size=2) == pytest.approx(expected.item(), rel=1e-5)
    assert model.training  # as before


def test_one_token_is_too_few() -> None:
    """There is nothing to guess."""
    with pytest.raises(ValueError, match="has 1"):
        loss_on_all(BigramLM(ModelConfig(vocab_size=7)), torch.zeros(1))
