# Yours to write, in lab 13 (Optimisers).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check optimizers.AdamW
"""AdamW for all that is looked up or added, Muon for matrices, and which parameter is which."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.optimizer import ParamsT

from vibejam_core.models.base import BaseLM

LR_SCALE = {"matrices": 4.0, "embeddings": 10.0, "head": 0.8, "scalars": 1.0}
"""By how much each group's learning rate differs from the one that a schedule sets, for a model of width 768."""


class AdamW(torch.optim.Optimizer):
    r"""Adam with decoupled weight decay: every number gets a step length of its own.

    In step :math:`t` = 1, 2, 3, ... of a parameter :math:`\theta` with gradient
    :math:`g`, all operations number by number:

    .. math::
       m &\leftarrow \beta_1 m + (1 - \beta_1)\, g \\
       v &\leftarrow \beta_2 v + (1 - \beta_2)\, g^2 \\
       \theta &\leftarrow \theta - \eta \lambda\, \theta - \eta\,
       \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    :math:`m` and :math:`v` begin at 0; :math:`\lambda` is the weight decay, and the
    :math:`\theta` that it shrinks is the one before the step.

    Source: "Decoupled Weight Decay Regularization", Loshchilov & Hutter 2019.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        """Keep the parameters in groups, each with its own settings where it has some.

        Args:
            params: parameters, or groups of them: dictionaries with the entry
                ``"params"`` and any of the other settings.
            lr: η, in every group the entry ``"lr"``.
            betas: β₁ and β₂.
            eps: ε.
            weight_decay: λ.
        """
        settings = {"lr": lr, "lr_scale": 1.0, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, settings)

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        r"""Move every parameter that has a gradient, once.

        The settings are entries of each group in ``self.param_groups``: ``"params"``,
        ``"lr"``, ``"lr_scale"``, ``"betas"``, ``"eps"``, ``"weight_decay"``. They may
        change from step to step, so they are read in each: η is ``"lr"`` times
        ``"lr_scale"``. A parameter whose ``grad`` is None is left alone, and its t
        doesn't count on. The gradients stay as they are.

        What has to be remembered is kept in ``self.state[parameter]``, a dictionary
        that begins empty: tensors shaped like the parameter and numbers, under any
        names. A checkpoint keeps exactly that. All is computed in the parameter's dtype.
        """
        raise NotImplementedError(
            "optimizers.AdamW.step: two running means, corrected; decay the weights, then "
            "move them (lab 13)"
        )


def newton_schulz(G: Tensor, steps: int = 5, dtype: torch.dtype = torch.float32) -> Tensor:
    r"""Bring all singular values of a matrix close to 1, and leave its directions.

    With the singular value decomposition :math:`G = U S V^\top` the result is close to
    :math:`U V^\top`, the nearest matrix whose rows (or columns, if there are fewer) are
    orthonormal. No decomposition is computed, only products:

    .. math:: X \leftarrow G / \|G\|_F, \quad \text{then } steps \text{ times} \quad
       A = X X^\top, \quad X \leftarrow a X + (b A + c A^2) X

    with :math:`(a, b, c) = (3.4445, -4.7750, 2.0315)`, where :math:`\|G\|_F` is the
    root of the sum of all squares. Each singular value goes through
    :math:`\sigma \leftarrow a \sigma + b \sigma^3 + c \sigma^5` by itself. After 5
    steps every one that was at least 0.2 % of :math:`\|G\|_F` is between 0.68 and 1.21;
    smaller ones end lower, none ends higher.

    A tall matrix, with more rows than columns, is transposed before and after: A is
    smaller then, and the result the same.

    Args:
        G: (..., rows, cols), one matrix or a batch of them, each treated alone.
        steps: how many times to iterate.
        dtype: what the iteration computes in; the first division is in float32 anyway.

    Returns:
        (..., rows, cols), with the dtype of G. A matrix of zeros, and no other, gives
        zeros: a length below 1e-12 counts as 1e-12. G itself stays as it is.

    Source: "Muon", Jordan 2024 (kellerjordan.github.io/posts/muon); "Old Optimizer, New
    Norm: An Anthology", Bernstein & Newhouse 2024.
    """
    raise NotImplementedError(
        "optimizers.newton_schulz: divide by the length, then iterate: singular values "
        "near 1 (lab 13)"
    )


class Muon(torch.optim.Optimizer):
    r"""Momentum, orthogonalised: a step for matrices that is equally long in all directions.

    For a matrix :math:`\theta` (rows, cols) with gradient :math:`g`:

    .. math::
       m &\leftarrow \mu\, m + (1 - \mu)\, g \\
       O &= \mathrm{newton\_schulz}(\mu\, m + (1 - \mu)\, g) \\
       \theta &\leftarrow \theta - \eta\, \sqrt{\max(1, rows / cols)}\; O
       - \eta \lambda\, \theta \cdot [\,\theta \cdot O > 0\,]

    :math:`m` begins at 0, and looking one step ahead, by adding :math:`g` once more, is
    Nesterov's. The weight decay is cautious: it shrinks only those numbers that the
    step moves towards 0 anyway, so those where :math:`\theta` (before the step) and
    :math:`O` have the same sign.

    Source: "Muon", Jordan 2024 (kellerjordan.github.io/posts/muon); "Cautious Weight
    Decay", Chen et al. 2025.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 0.02,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
    ) -> None:
        """Keep the matrices in groups, each with its own settings where it has some.

        Args:
            params: matrices, or groups of them, as :class:`AdamW` takes them.
            lr: η, in every group the entry ``"lr"``.
            momentum: μ.
            weight_decay: λ.

        Raises:
            ValueError: if a parameter isn't a matrix; the message names its shape.
        """
        super().__init__(params, {"lr": lr, "lr_scale": 1.0, "momentum": momentum, "weight_decay": weight_decay})
        for parameter in (each for group in self.param_groups for each in group["params"]):
            if parameter.ndim != 2:
                raise ValueError(
                    f"Muon trains matrices, but one of these parameters has the shape {tuple(parameter.shape)}. "
                    "Give it to AdamW."
                )

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        r"""Move every matrix that has a gradient, once.

        The settings are entries of each group in ``self.param_groups``: ``"params"``,
        ``"lr"``, ``"lr_scale"``, ``"momentum"``, ``"weight_decay"``. They are read in
        each step: η is ``"lr"`` times ``"lr_scale"``. A matrix whose ``grad`` is None
        is left alone. The gradients stay as they are. On a CUDA device the products of
        :func:`newton_schulz` are in bfloat16, elsewhere in float32.

        What has to be remembered is kept in ``self.state[parameter]``, a dictionary
        that begins empty, as in :class:`AdamW`.
        """
        raise NotImplementedError(
            "optimizers.Muon.step: momentum that looks ahead, orthogonalised and scaled; "
            "cautious decay (lab 13)"
        )


def parameter_groups(model: BaseLM, weight_decay: float = 0.0) -> list[dict[str, Any]]:
    r"""Sort a model's parameters by what they do, and say how each group is trained.

    ============  ======================================  =====  ==================
    name          parameters                              kind   ``"lr_scale"``
    ============  ======================================  =====  ==================
    matrices      with two dimensions, none of the below  muon   its own
    embeddings    of an ``nn.Embedding``                  adamw  its own times s
    head          of the module called ``lm_head``        adamw  its own times s
    scalars       all others                              adamw  its own
    ============  ======================================  =====  ==================

    The group's own factor is ``LR_SCALE[name]``, and with C = ``model.config.n_embd``
    the tables of the vocabulary, whose gradients shrink as a model gets wider, have

    .. math:: s = \frac{1}{\sqrt{C / 768}}

    Args:
        model: each of its parameters that is trained (``requires_grad``) goes into one
            group, and only once. A table that serves as embedding and head is an
            embedding.
        weight_decay: of the matrices; the other groups have none.

    Returns:
        The groups in the order of the table, without those that would be empty. Each is
        a dictionary with ``"params"`` (a list, in the model's order), ``"name"``,
        ``"kind"``, ``"lr_scale"`` and ``"weight_decay"``; those of AdamW also have
        ``"betas"`` (0.8, 0.95) and ``"eps"`` 1e-10.

    Source: the groups and the scaling are nanochat's, Karpathy 2025.
    """
    raise NotImplementedError(
        "optimizers.parameter_groups: matrices, embeddings, head, scalars: each parameter "
        "once (lab 13)"
    )
