# Yours to write, in lab 15 (Pretraining on a GPU).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check sharded.owners
"""One optimiser for one process or many: each rank keeps a part of the optimiser's memory, and does that part's work.

This is the first stage of ZeRO ("ZeRO", Rajbhandari et al. 2020), by whole parameters: with one rank, that rank owns
them all, nothing is sent, and what remains is an ordinary optimiser.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from vibejam_core.training.world import World


def owners(sizes: Sequence[int], n_ranks: int) -> list[int]:
    """Share parameters out among ranks, so that each has about as many numbers.

    The parameters are dealt out one by one, largest first, each to the rank that has
    the fewest numbers so far. Among parameters of equal size the one that comes first
    in ``sizes`` is dealt first; among ranks with equally few, the lowest takes it.

    Args:
        sizes: how many numbers each parameter has; the list stays as it is.
        n_ranks: how many ranks there are, at least 1; it may be more than there are
            parameters.

    Returns:
        For each parameter, in the order of ``sizes``, the rank that owns it, an int.

    Raises:
        ValueError: if there isn't at least one rank; the message names ``n_ranks``.

    Source: the rule, "Bounds on Multiprocessing Timing Anomalies", Graham 1969.
    """
    raise NotImplementedError(
        "sharded.owners: the largest first, each to the rank that has the least so far "
        "(lab 15)"
    )


class ShardedOptimizer:
    """An optimiser whose memory is spread over the ranks of a job: each moves the parameters that it owns.

    A step is :meth:`reduce`, :meth:`clip`, :meth:`update`, :meth:`gather`, on all ranks. Every rank has the whole
    model, the same weights before a step and after it.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, world: World) -> None:
        """Decide who owns what.

        Args:
            optimizer: of all the model's parameters, made alike on every rank. A parameter whose ``grad`` is None, it
                leaves alone.
            world: this rank and the others.
        """
        self.optimizer, self.world = optimizer, world
        self.parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        """All parameters, in the order of the groups, which is also how a ``state_dict`` numbers them."""
        self.owners = owners([parameter.numel() for parameter in self.parameters], world.size)
        """Which rank owns each of them, in the same order."""

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The optimiser's groups; a learning rate is their entry ``"lr"``."""
        return self.optimizer.param_groups

    @torch.no_grad()
    def reduce(self) -> None:
        """Bring every gradient to the rank that needs it.

        Afterwards ``parameter.grad`` of each of ``self.parameters`` is, at the rank
        that owns it (``self.owners``), the mean of all ranks' gradients of it, and at
        all others None. A parameter without a gradient has none on any rank, since the
        model is the same everywhere; it stays without.

        All ranks call it, and every method of ``self.world`` that one of them calls,
        all must call, in the same order, with tensors of the same shape.
        :meth:`World.sum_to` sends least.
        """
        raise NotImplementedError(
            "sharded.ShardedOptimizer.reduce: each gradient's mean over the ranks to its "
            "owner; None elsewhere (lab 15)"
        )

    @torch.no_grad()
    def clip(self, limit: float) -> float:
        r"""Shorten the gradient, all parameters together, to ``limit`` if it is longer.

        All ranks call it after :meth:`reduce`, when each has the gradients that it
        owns, which may be none at all, and no others. The length of the whole is

        .. math:: \sqrt{\sum_{ranks} \sum_{own} g^2}

        where the ranks add their squares up with :meth:`World.sum`. If the length is
        greater than ``limit``, every gradient is multiplied by ``limit`` / length, so
        all ranks shorten by one factor.

        Args:
            limit: the largest length; 0 means no limit, and then nothing is changed.

        Returns:
            The length before that, a Python float, on every rank the same. Where a
            gradient is infinite or not a number, so is the length; the gradients are of
            no use then.
        """
        raise NotImplementedError(
            "sharded.ShardedOptimizer.clip: the length of all gradients on all ranks; one "
            "factor for all if it is too long (lab 15)"
        )

    def update(self) -> None:
        """Let the optimiser move the parameters that this rank owns: the others have no gradient here."""
        self.optimizer.step()

    @torch.no_grad()
    def gather(self) -> None:
        """Give every rank every parameter's new values, from the rank that owns it.

        All ranks call it; :meth:`World.copy_from` does this for one tensor, and all
        ranks must call that in the same order. Every one of ``self.parameters`` is sent,
        since the others can't know which have moved. The parameters stay the objects
        they are, with other numbers in them.
        """
        raise NotImplementedError(
            "sharded.ShardedOptimizer.gather: every parameter from its owner to every rank "
            "(lab 15)"
        )

    def state_dict(self) -> dict[str, Any]:
        """Collect what all ranks remember at rank 0, as if one process had done it all.

        All ranks call it. What an optimiser remembers of a parameter is the dictionary
        ``self.optimizer.state[parameter]``, at the parameter's owner; what another rank
        may have of it is out of date and doesn't count. ``world.share(entries, rank)``
        gives every rank that of one rank. What the optimiser remembers stays as it is,
        so that a rank still has no more than its own part.

        Returns:
            At rank 0 a dictionary in the format of ``torch.optim.Optimizer``:
            ``"state"`` maps the number of each parameter that something is remembered
            of, its place in ``self.parameters``, to that dictionary; ``"param_groups"``
            is that of ``self.optimizer.state_dict()``. A parameter of which nothing is
            remembered has no entry in ``"state"``. The dictionary doesn't depend on the
            number of ranks. At the others ``{}``.
        """
        raise NotImplementedError(
            "sharded.ShardedOptimizer.state_dict: on rank 0 what an optimiser would say "
            "that had never been shared out (lab 15)"
        )

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Remember what this rank owns of what :meth:`state_dict` collected.

        Every rank calls it with the whole. It may come from a job with any number of
        ranks, or from an optimiser of one process. What other ranks own is dropped.

        Raises:
            ValueError: if it isn't that of such an optimiser; torch says how they
                differ.
        """
        mine = {i: entries for i, entries in state_dict["state"].items() if self.owners[i] == self.world.rank}
        self.optimizer.load_state_dict({"state": mine, "param_groups": state_dict["param_groups"]})
