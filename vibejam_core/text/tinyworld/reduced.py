"""A world so small that all of its texts can be listed, made with the same machinery as the large one.

What is reported of its entropy can be compared with the truth: see the tests.
"""

from __future__ import annotations

from dataclasses import dataclass

from vibejam_core.text.tinyworld.grammar import CATEGORIES, lines
from vibejam_core.text.tinyworld.rng import Draws

BEGIN = lines("begin", "{X} was {P.at} with {T.a}.\n{P.At}, {X} had {T.a}.\n{X} took {T.a} and sat down, right {P.at}.")
GIVE = lines("give", "{X} gave the {T} to {Y}.\nThen {Y} got it from {X}.")
END = lines("end", "Now {X} has the {T}.")


@dataclass(frozen=True)
class ReducedWorld:
    """The first few people, things and places of Thimble, and stories of a thing that is given on at most twice."""

    people: int = 3
    things: int = 2
    places: int = 2
    seed: int = 0

    def document(self, index: int) -> tuple[str, float]:
        """``(text, surprise in bits)`` of the document of this index."""
        draws = Draws(f"reduced/{self.people}/{self.things}/{self.places}/{self.seed}/{index}")
        holder, thing, place = draws.below(self.people), draws.below(self.things), draws.below(self.places)
        cast = {"X": CATEGORIES["X"][1][holder], "T": CATEGORIES["T"][1][thing], "P": CATEGORIES["P"][1][place]}
        told = [draws.pick(BEGIN).write(cast, draws)]
        for _ in range(draws.weighted((3, 2, 1))):
            others = [person for person in range(self.people) if person != holder]
            taker = draws.pick(others)
            told.append(draws.pick(GIVE).write({**cast, "Y": CATEGORIES["Y"][1][taker]}, draws))
            holder, cast = taker, {**cast, "X": CATEGORIES["X"][1][taker]}
        told.append(draws.pick(END).write(cast, draws))
        return " ".join(told), draws.bits
