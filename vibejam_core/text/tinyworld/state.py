"""Who is where, who holds what, what was promised and how much is left: the state behind a story.

The writer of stories asks it what can happen next; the checker tells it what a text says and reads what is wrong. What each event does to it stands in ``events``.
"""

from __future__ import annotations

from vibejam_core.text.tinyworld.people import PEOPLE
from vibejam_core.text.tinyworld.places import PLACES
from vibejam_core.text.tinyworld.things import AMOUNTS, NUMBERS, THINGS

Roles = dict[str, int]
"""Who or what plays each role of an event: role -> index into the lexicon."""


def name(person: int) -> str:
    """A person's name."""
    return PEOPLE[person][""]


class State:
    """The world of one story. What is told but could not have happened is noted in ``faults``."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.where: dict[int, int] = {}  # person -> place, in order of appearance
        self.scene = -1
        self.home = -1  # where it all began
        self.thing = -1
        self.colour = -1
        self.holder = -1  # -1: nobody
        self.hidden = -1  # the place where it lies, if nobody holds it
        self.hider = -1
        self.owner = -1  # of the lunch
        self.treat = -1
        self.start = 0
        self.left = 0
        self.promise: tuple[int, int] | None = None  # (who promised, to whom)
        self.givers: list[tuple[int, int]] = []  # (from, to), each time the thing changed hands

    def present(self) -> list[int]:
        """Who is at the scene, in order of appearance."""
        return [person for person, place in self.where.items() if place == self.scene]

    def thing_place(self) -> int:
        """Where the thing is."""
        return self.hidden if self.holder < 0 else self.where[self.holder]

    def must_hold(self, person: int) -> None:
        """This person has to hold the thing."""
        if self.holder != person:
            who = f"{name(self.holder)} does" if self.holder >= 0 else "nobody does"
            self.faults.append(f"{name(person)} does not hold the {THINGS[self.thing]['']}: {who}")

    def must_be_at(self, person: int, place: int) -> None:
        """This person has to be at this place."""
        if self.where.get(person, place) != place:
            self.faults.append(f"{name(person)} is {PLACES[self.where[person]]['at']}, not {PLACES[place]['at']}")

    def must_be_here(self, person: int) -> None:
        """This person has to be at the scene."""
        self.must_be_at(person, self.scene)

    def must_be_the_scene(self, roles: Roles) -> None:
        """If a place is named, it has to be the scene."""
        if roles.get("P", self.scene) != self.scene:
            self.faults.append(f"this happens {PLACES[self.scene]['at']}, not {PLACES[roles['P']]['at']}")

    def must_be_amount(self, said: int, number: int, what: str) -> None:
        """What is said has to be so many of the lunch."""
        treat, told = divmod(said, len(NUMBERS))
        if treat != self.treat:
            self.faults.append(f"there are no {AMOUNTS[said][''].split()[-1]} in this story")
        elif told != number:
            self.faults.append(f"{what} {NUMBERS[number]}, not {NUMBERS[told]}")

    def must_be_new(self, person: int) -> None:
        """This person must not have come in before."""
        if person in self.where:
            self.faults.append(f"{name(person)} was in the story already")

    def must_be_known(self, person: int) -> None:
        """This person has to have come into the story."""
        if person not in self.where:
            self.faults.append(f"{name(person)} has not come into the story")
            self.where[person] = self.scene
