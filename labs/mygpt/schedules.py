# Yours to write, in lab 13 (Optimisers).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check schedules.trapezoid
"""The learning rate's way down after the warm-up, as a share of the highest rate."""

from __future__ import annotations


def trapezoid(progress: float, cooldown: float) -> float:
    r"""Stay at the top, then fall in a straight line: the share of the learning rate.

    With progress :math:`p` and cooldown :math:`c`:

    .. math:: d(p) = 1 \;\text{ for } p \le 1 - c, \qquad
       d(p) = \frac{1 - p}{c} \;\text{ after that, down to 0 at } p = 1.

    With the warm-up before it, the rate draws a trapezoid. A cooldown of 1 is the
    straight line of the schedule "linear".

    Args:
        progress: p, 0 right after the warm-up and 1 at the end of training. Below 0 the
            share is 1, above 1 it is 0.
        cooldown: c, the share of that time in which the rate falls; above 0, at most 1.

    Returns:
        d, a Python float from 0 to 1.

    Raises:
        ValueError: if the cooldown isn't above 0 and at most 1; the message names it.

    Source: "Scaling Laws and Compute-Optimal Training Beyond Fixed Training
    Durations", Hägele et al. 2024.
    """
    raise NotImplementedError(
        "schedules.trapezoid: 1, then in a straight line down to 0 (lab 13)"
    )
