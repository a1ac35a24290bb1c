# Yours to write, in lab 10 (Norms and rotations).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check rotary.norm
"""Two functions without parameters that hold a modern GPT together: a norm, and a rotation that tells positions.

Sources: RMSNorm, Zhang & Sennrich 2019; rotary position embeddings, Su et al. 2021; QK-norm, Henry et al. 2020.
"""

from __future__ import annotations

import torch
from torch import Tensor


def norm(x: Tensor, eps: float = 1e-5) -> Tensor:
    r"""Bring every vector to the same size: its root mean square becomes 1 (RMSNorm).

    .. math:: y = \frac{x}{\sqrt{\frac{1}{C} \sum_{i=1}^{C} x_i^2 + \varepsilon}}

    Nothing is learned and no mean is subtracted. ``eps`` stands inside the root, so a
    vector of zeros stays a vector of zeros. Half precision (float16 or bfloat16) is
    turned into float32 first, because squares of a few hundred overflow float16, and
    only the result is rounded back. float64 is computed in float64.

    Args:
        x: (..., C), of any floating dtype; it stays as it is.
        eps: what is added to the mean of the squares.

    Returns:
        (..., C), of the dtype of ``x``.

    Source: "Root Mean Square Layer Normalization", Zhang & Sennrich 2019, equation 4,
        without its gain.
    """
    raise NotImplementedError(
        "rotary.norm: divide each vector by its root mean square, computed in float32 at "
        "least (lab 10)"
    )


def precompute_rotary(
    positions: Tensor, head_dim: int, base: float = 10_000.0, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    r"""The cosine and sine of the angle by which each pair of numbers turns at each position.

    .. math:: \theta_{t,i} = t \cdot \mathrm{base}^{-2i/D} \qquad i = 0, \dots, D/2 - 1

    Pair 0 turns by one radian per position, the last one hardly at all. The angles are
    computed in float32 at least, whatever ``dtype`` is: bfloat16 can't even tell
    position 256 from 257. Only the cosines and sines are rounded to it.

    Args:
        positions: (T,), or (B, T), of any integer dtype, in any order: 0 for the first
            token of a text. They stay as they are.
        head_dim: D, even.
        base: how slow the slowest pairs are.
        dtype: of the result.

    Returns:
        ``(cos, sin)``, each (T, D/2), or (B, T, D/2), of dtype ``dtype`` and on the
        device of ``positions``.

    Raises:
        ValueError: if ``head_dim`` is odd; the message names it.

    Source: "RoFormer", Su et al. 2021, section 3.2.2.
    """
    raise NotImplementedError(
        "rotary.precompute_rotary: the cosine and sine of position times frequency, for "
        "each pair (lab 10)"
    )


def apply_rotary_emb(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    r"""Turn each head's vectors by the angles of their positions.

    Number i of the first half and number i of the second half are a pair, a point in
    the plane, and it turns counter-clockwise:

    .. math:: y_i = x_i \cos\theta_i - x_{i+D/2} \sin\theta_i \qquad
       y_{i+D/2} = x_i \sin\theta_i + x_{i+D/2} \cos\theta_i

    Lengths stay as they are, and the product of a turned query and a turned key depends
    only on how far apart they are.

    Args:
        x: (B, T, H, D) queries or keys.
        cos: (T, D/2), the same for all rows of the batch, or (B, T, D/2).
        sin: likewise.

    Returns:
        (B, T, H, D), of the dtype of ``x``, even where ``cos`` has another one, and
        computed at least in that dtype. What came in stays as it is.

    Source: "RoFormer", Su et al. 2021, equation 34. Its pairs are neighbours, ours are
        half a head apart, as in GPT-NeoX: which numbers form a pair doesn't matter,
        as long as queries and keys agree.
    """
    raise NotImplementedError(
        "rotary.apply_rotary_emb: turn the pairs (i, i + D/2) of every head by their "
        "angles (lab 10)"
    )


def rotate_and_norm(q: Tensor, k: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
    r"""Make queries and keys ready to be compared: turned by their positions, and all of one length.

    Each is put through :func:`apply_rotary_emb`, then each head's vector through
    :func:`norm` (QK-norm). So no score can become larger than :math:`\sqrt{D}` after
    the division by :math:`\sqrt{D}`, however large the weights grow.

    Args:
        q: (B, T, H, D).
        k: (B, T, KV, D): it may have fewer heads.
        cos: (T, D/2) or (B, T, D/2).
        sin: likewise.

    Returns:
        ``(q, k)``, of the shapes and dtypes they had. What came in stays as it is.

    Source: "Query-Key Normalization for Transformers", Henry et al. 2020, here with
        RMSNorm in the place of the L2 norm.
    """
    raise NotImplementedError(
        "rotary.rotate_and_norm: turn queries and keys by their positions, then norm them "
        "(lab 10)"
    )
