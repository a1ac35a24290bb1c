"""What the checks of a training step share: models whose losses and gradients are known.

Nothing here is computed the way a solution would: gradients come from formulas, not from autograd.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch._dynamo  # it comes with the first optimiser and takes a second: once here, not in each trial
from torch import Tensor, nn

Batch = tuple[Tensor, Tensor]


def kind(value: object) -> str:
    """What kind of thing came, for a message."""
    return "None (is a return missing?)" if value is None else f"something of type {type(value).__name__}"


def seeded(seed: int) -> torch.Generator:
    """A generator of its own for each probe."""
    return torch.Generator().manual_seed(seed)


def tokens(n: int, seed: int) -> list[Batch]:
    """n batches of the same size, 4 windows of 5 tokens out of 7, no two alike."""
    drawn = torch.randint(7, (n, 2, 4, 5), generator=seeded(seed))
    return [(x, y) for x, y in drawn]


# --- Models whose gradients are known ---------------------------------------------------------------------------------


class Scorer(nn.Module):
    """Two matrices and a bias in double precision. The loss is a little more than the cross-entropy of the scores."""

    def __init__(self) -> None:
        super().__init__()
        draw = seeded(50)
        self.table = nn.Parameter(torch.randn(7, 3, generator=draw, dtype=torch.float64))
        self.out = nn.Parameter(torch.randn(3, 7, generator=draw, dtype=torch.float64))
        self.bias = nn.Parameter(torch.randn(7, generator=draw, dtype=torch.float64))

    def forward(self, idx: Tensor, targets: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Scores, and the mean of -ln p(target) plus a tenth of the squares of the scores."""
        logits = self.table[idx] @ self.out + self.bias
        if targets is None:
            return logits, None
        surprise = logits.logsumexp(-1) - logits.gather(-1, targets[..., None])[..., 0]
        return logits, (surprise + logits.square().sum(-1) / 10).mean()


def by_hand(model: Scorer, batches: Sequence[Batch]) -> tuple[float, list[Tensor]]:
    """A scorer's loss on all batches together and its gradients, by the formulas and without autograd."""
    x, y = (torch.cat(side).flatten() for side in zip(*batches, strict=True))
    table, out, bias = (parameter.detach() for parameter in model.parameters())
    logits = table[x] @ out + bias
    powers = logits.exp()
    chances = powers / powers.sum(-1, keepdim=True)
    loss = (logits.square().sum(-1) / 10 - chances[torch.arange(len(y)), y].log()).mean()
    blame = (chances - (torch.arange(7) == y[:, None]).double() + logits / 5) / len(y)  # (N, 7): d loss / d logits
    rows = torch.zeros_like(table).index_add(0, x, blame @ out.T)
    return loss.item(), [rows, table[x].T @ blame, blame.sum(0)]


def flat(values: Sequence[Tensor]) -> Tensor:
    """All of them as one vector of its own."""
    return torch.cat([value.detach().flatten() for value in values]).clone()


def shortened(gradients: list[Tensor], longest: float) -> list[Tensor]:
    """Gradients as they are when all of them together may be no longer than that."""
    length = math.sqrt(sum(gradient.square().sum().item() for gradient in gradients))
    return [gradient * min(1.0, longest / length) for gradient in gradients]


class Dropping(nn.Module):
    """64 weights behind a dropout; it writes down which survived, and in what mode it was."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(64))
        self.inner = nn.Sequential(nn.Dropout(0.5))
        self.modes: list[bool] = []
        self.survivors: list[Tensor] = []

    def forward(self, idx: Tensor, targets: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The mean of what is left of the weights, and of the targets."""
        left = self.inner(self.weight)
        self.modes += [self.training, self.inner[0].training]
        self.survivors.append(left.detach() != 0)
        return left, left.mean() + (0 if targets is None else targets.double().mean())


NAN, INF, MINUS_INF, STEEP, NO_SLOPE, HUGE = range(1, 7)


class Fragile(nn.Module):
    """A model on whose loss or gradient a token does some harm."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([1.0, -2.0, 0.5]))
        self.zero = nn.Parameter(torch.zeros(()))

    def forward(self, idx: Tensor, targets: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The mean of the squares of three weights, and what the tokens add to that."""
        loss = self.weight.square().mean() + 0 * self.zero
        harms = {
            NAN: math.nan,
            INF: math.inf,
            MINUS_INF: -math.inf,
            STEEP: self.zero.sqrt(),  # 0, with an infinite slope
            NO_SLOPE: (0 * self.zero).sqrt(),  # 0, with a slope of 0 times infinity
            HUGE: 1e12,
        }
        for token, harm in harms.items():
            if bool((idx == token).any()):
                loss = loss + harm
        return idx[..., None].float(), loss


def harmful(*harms: int) -> list[Batch]:
    """A batch per harm (0 for none), each 2 windows of 3 tokens with one harmful token among them."""
    batches = [(torch.zeros(2, 3, dtype=torch.int64), torch.zeros(2, 3, dtype=torch.int64)) for _ in harms]
    for (x, _), harm in zip(batches, harms, strict=True):
        x[1, 1] = harm
    return batches
