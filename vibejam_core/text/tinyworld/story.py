"""Stories: a plot drawn step by step from what is possible, each step told in one of many ways."""

from __future__ import annotations

from vibejam_core.text.tinyworld import story_ending as ending
from vibejam_core.text.tinyworld import story_middle as middle
from vibejam_core.text.tinyworld import story_opening as opening
from vibejam_core.text.tinyworld.events import happen
from vibejam_core.text.tinyworld.grammar import CATEGORIES, Forms, Line
from vibejam_core.text.tinyworld.rng import Draws
from vibejam_core.text.tinyworld.splits import draw_facts
from vibejam_core.text.tinyworld.state import Roles, State
from vibejam_core.text.tinyworld.things import COLOURS, TREATS, amount

LINES: dict[str, tuple[Line, ...]] = {
    found[0].event: found
    for module in (opening, middle, ending)
    for found in vars(module).values()
    if isinstance(found, tuple)
}
"""Every way to tell each event of a story."""

LUNCH = range(4, 10)
"""How many treats a lunch can have."""

QUIET = ("habit", "weather", "scenery", "chat")
"""Events after which everything is as it was before."""

_ENTITIES = {role: entities for role, (_, entities) in CATEGORIES.items()}
_Option = tuple[int, str]


class Teller:
    """Tells events: each one happens in the state and becomes a text."""

    def __init__(self, draws: Draws) -> None:
        self.draws = draws
        self.state = State()
        self.paragraphs: list[list[str]] = [[]]
        self.last = ""
        self.used = False  # whether the thing has been put to use

    def tell(self, event: str, ways: tuple[Line, ...] | None = None, /, **roles: int) -> None:
        """Let an event happen, in one of its ways of telling; all of them are equally likely."""
        happen(self.state, event, roles)
        cast: dict[str, Forms] = {role: _ENTITIES[role][index] for role, index in roles.items()}
        self.paragraphs[-1].append(self.draws.pick(ways or LINES[event]).write(cast, self.draws))
        self.last = event

    def paragraph(self) -> None:
        """Begin a new paragraph."""
        self.paragraphs.append([])

    def options(self) -> list[_Option]:
        """``(weight, event)`` of what can happen next at the scene."""
        state, last = self.state, self.last
        present = state.present()
        company = len(present) > 1
        found: list[_Option] = []
        if state.holder in present:
            if company and last not in ("lend", "vow", "find"):
                found.append((5, "lend"))
                if state.promise is None:
                    found.append((4, "vow"))
            if not self.used:
                found.append((4, "use"))
            if company and last not in ("find", "hide"):
                found.append((1, "hide"))
            if company and last not in ("lend", "vow", "use", "ask", "find"):
                found.append((1, "ask"))
        elif state.holder < 0:
            if state.hidden != state.scene:
                if last != "miss":
                    found.append((2, "miss"))
            elif len(present) > (state.hider in present):
                found.append((4, "find"))
        elif last != "recall":
            found.append((2, "recall"))
        if state.owner in present and state.left > 2 and last not in ("share", "steal", "eat"):
            found += [(1, "eat"), (2, "steal")]
            if company:
                found.append((2, "share"))
        if last not in QUIET:
            found += [(2, "habit"), (1, "weather"), (2, "scenery")]
            if company:
                found.append((2, "chat"))
        return found

    def step(self) -> None:
        """Let one of the possible things happen."""
        options = self.options()
        event = options[self.draws.weighted([weight for weight, _ in options])][1]
        self.tell(event, **self.roles(event))

    def roles(self, event: str) -> Roles:
        """Draw who takes part in an event."""
        state, draws = self.state, self.draws
        present = state.present()
        thing, scene, holder = state.thing, state.scene, state.holder
        if event in ("lend", "vow", "ask"):
            return {"X": holder, "Y": draws.pick([p for p in present if p != holder]), "T": thing}
        if event == "use":
            self.used = True
            return {"X": holder, "T": thing}
        if event == "hide":
            return {"X": holder, "T": thing, "P": scene}
        if event == "find":
            return {"X": draws.pick([p for p in present if p != state.hider]), "T": thing, "P": scene}
        if event in ("share", "steal", "eat"):
            taken = 1 + draws.below(min(3, state.left - 1))
            kept = state.left - taken
            roles = {"X": state.owner, "K": amount(state.treat, taken), "N": amount(state.treat, kept), "S": kept}
            if event == "share":
                roles["Y"] = draws.pick([p for p in present if p != state.owner])
            return roles
        if event == "habit":
            return {"X": draws.pick(present)}
        if event == "scenery":
            return {"P": scene}
        if event == "chat":
            first = draws.below(len(present))
            return {"X": present[first], "Y": draws.pick(present[:first] + present[first + 1 :])}
        if event == "recall":
            return {"X": draws.pick(present), "Y": holder, "T": thing, "P": state.where[holder]}
        if event == "miss":
            return {"X": draws.pick(present), "T": thing, "P": state.hidden}
        return {}

    def begin(self, thing: int, hero: int, friend: int, place: int, *, lunch: bool = False) -> None:
        """The first scene: somebody with a thing and perhaps (or surely) a lunch, and somebody else."""
        draws = self.draws
        self.tell("open", X=hero, T=thing, G=draws.below(len(COLOURS)), P=place)
        if lunch or draws.below(2):
            self.tell("treats", X=hero, N=amount(draws.below(len(TREATS)), draws.pick(LUNCH)))
        self.paragraph()
        self.tell("arrive", X=hero, Y=friend, T=thing, P=place)

    def travel(self, stranger: int, place: int) -> None:
        """One of those present goes to another place, where somebody is already; perhaps another one comes after."""
        state, draws = self.state, self.draws
        self.paragraph()
        present = state.present()
        weights = [3 if person == state.holder else 1 for person in present]
        goer = present[draws.weighted(weights)]
        self.tell("go", X=goer, P=place)
        self.tell("meet", X=goer, Z=stranger)
        if draws.weighted((2, 1)):
            self.tell("follow", Y=next(p for p in present if p != goer), P=place)

    def finish(self) -> None:
        """What became of the promise, of the thing and of the lunch, and a last word."""
        state, thing = self.state, self.state.thing
        self.paragraph()
        if state.promise:
            giver, friend = state.promise
            if state.holder == giver:
                self.tell("return", X=giver, Y=friend, T=thing, P=state.where[friend])
            elif state.holder == friend:
                self.tell("kept", X=giver, Y=friend, T=thing)
            else:
                self.tell("broken", X=giver, Y=friend, T=thing)
        if self.last != "return":
            after = "_after" if state.promise else ""
            if state.holder >= 0:
                self.tell("held" + after, X=state.holder, T=thing, G=state.colour, P=state.where[state.holder])
            else:
                self.tell("lies" + after, X=state.hider, T=thing, G=state.colour, P=state.hidden)
        if state.owner >= 0:
            treats = {"X": state.owner, "M": amount(state.treat, state.start)}
            if state.left < state.start:
                self.tell("left", **treats, S=state.left)
            else:
                self.tell("whole", **treats)
        first, second, *_ = state.where
        self.tell("end", X=first, Y=second)

    def text(self, between: str = "\n\n") -> str:
        """The story so far."""
        return between.join([" ".join(paragraph) for paragraph in self.paragraphs])


def tell_story(draws: Draws, split: str, *, short: bool = False) -> Teller:
    """A whole story of a split; a short one has fewer events and no last word."""
    travels = draws.weighted((2, 3)) == 1
    if travels:
        thing, hero, friend, stranger, place, other = draw_facts(draws, split, 3, 2)
    else:
        thing, hero, friend, place = draw_facts(draws, split)
    teller = Teller(draws)
    teller.begin(thing, hero, friend, place)
    for _ in range(1 + draws.weighted((1, 1) if short else (2, 2, 1))):
        teller.step()
    if travels:
        teller.travel(stranger, other)
        for _ in range(1 + draws.weighted((3, 1))):
            teller.step()
    if not short:
        teller.finish()
    return teller
