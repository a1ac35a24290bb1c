# Yours to write, in lab 02 (Guessing the next character).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check bigram.BigramLM
"""The smallest language model: guess the next token from the last one alone."""

from __future__ import annotations

from torch import Tensor, nn

from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.loss import language_model_loss


class BigramLM(BaseLM):
    r"""A table with one row of next-token scores per token.

    .. math:: \mathrm{logits}_{b,t} = W_{\mathrm{idx}_{b,t}} \qquad W \in \mathbb{R}^{V \times V}
    """

    def __init__(self, config: ModelConfig) -> None:
        """Make ``self.table``: an ``nn.Embedding`` from V tokens to V scores.

        Its weights are drawn from a normal distribution with mean 0 and standard
        deviation 0.02, so that the untrained model finds all tokens about equally
        likely and its loss is about ``ln V``. The table is all that the model learns:
        it has no other parameters.

        Args:
            config: only ``vocab_size`` (V) matters here. Pass it to
                ``super().__init__`` first.
        """
        raise NotImplementedError(
            "bigram.BigramLM.__init__: make self.table, an nn.Embedding from V tokens to V "
            "scores, with small weights (lab 02)"
        )

    def forward(self, idx: Tensor, targets: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Look up each token's row of scores.

        Args:
            idx: (B, T) token ids, int64.
            targets: (B, T) the tokens that came next, or None.

        Returns:
            ``(logits, loss)``: logits (B, T, V); loss the scalar
            ``language_model_loss(logits, targets)``, or None where there are no
            targets.
        """
        raise NotImplementedError(
            "bigram.BigramLM.forward: look up each token's row of scores; with targets, "
            "compute the loss as well (lab 02)"
        )
