"""How many different stories there are, at least."""

from __future__ import annotations

from vibejam_core.text.tinyworld.splits import count
from vibejam_core.text.tinyworld.story import LINES
from vibejam_core.text.tinyworld.things import COLOURS


def n_stories(split: str = "train") -> int:
    r"""A lower bound on the number of different stories in a split.

    It counts only choices that every story has, and of each only the ones that need no other:

    $$\text{facts} \times \text{colours} \times \text{openings} \times \text{arrivals} \times \text{endings}$$

    Facts are three different persons, a thing and two different places; some 100 million of them are for training.
    With 14 colours, 32 openings, 20 ways to arrive and 44 endings that is more than $10^{13}$. Since a text has one
    derivation, different choices are different stories. What happens between arrival and ending multiplies it further
    and is not counted here.

    The stranger and the second place only show in stories that travel, and those are three in four; the bound counts
    each choice for stories that do.
    """
    product = count(split, 3, 2) * len(COLOURS)
    for event in ("open", "arrive", "end"):
        product *= len(LINES[event])
    return product
