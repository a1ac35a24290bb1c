"""What each event of a story needs, and what it changes."""

from __future__ import annotations

from collections.abc import Callable

from vibejam_core.text.tinyworld.places import PLACES
from vibejam_core.text.tinyworld.state import Roles, State, name
from vibejam_core.text.tinyworld.things import COLOURS, NUMBERS, THINGS


def happen(state: State, event: str, roles: Roles) -> None:
    """Check that an event can happen, then let it; what is wrong with it goes to ``state.faults``."""
    if event != "open":
        if state.thing < 0:
            return  # nothing is known yet: the reader says so
        thing = THINGS[state.thing][""]
        if event not in ("arrive", "meet"):
            for role in "XYZ":
                if role in roles:
                    state.must_be_known(roles[role])
        if roles.get("T", state.thing) != state.thing:
            state.faults.append(f"the thing of this story is the {thing}, not the {THINGS[roles['T']]['']}")
        if roles.get("G", state.colour) != state.colour:
            state.faults.append(f"the {thing} is {COLOURS[state.colour]['']}, not {COLOURS[roles['G']]['']}")
    if "X" in roles and roles["X"] in (roles.get("Y"), roles.get("Z")):
        state.faults.append(f"{name(roles['X'])} can't be both of them")
    EVENTS[event](state, roles)


def _open(state: State, roles: Roles) -> None:
    if state.thing >= 0:
        state.faults.append("the story begins a second time")
    state.where = {roles["X"]: roles["P"]}
    state.home = roles["P"]
    state.scene, state.thing, state.colour, state.holder = roles["P"], roles["T"], roles["G"], roles["X"]


def _treats(state: State, roles: Roles) -> None:
    if state.treat >= 0:
        state.faults.append("lunch was packed already")
    state.must_be_here(roles["X"])
    state.owner = roles["X"]
    state.treat, state.start = divmod(roles["N"], len(NUMBERS))
    state.left = state.start


def _arrive(state: State, roles: Roles) -> None:
    state.must_be_new(roles["Y"])
    state.must_be_the_scene(roles)
    state.where[roles["Y"]] = state.scene
    if "X" in roles:
        state.must_be_known(roles["X"])
        state.must_be_here(roles["X"])


def _meet(state: State, roles: Roles) -> None:
    _arrive(state, {**roles, "Y": roles["Z"]})


def _go(state: State, roles: Roles) -> None:
    if state.where[roles["X"]] == roles["P"]:
        state.faults.append(f"{name(roles['X'])} is {PLACES[roles['P']]['at']} already")
    state.where[roles["X"]] = state.scene = roles["P"]


def _follow(state: State, roles: Roles) -> None:
    state.must_be_the_scene(roles)
    if state.where[roles["Y"]] == state.scene:
        state.faults.append(f"{name(roles['Y'])} is {PLACES[state.scene]['at']} already")
    state.where[roles["Y"]] = state.scene


def _lend(state: State, roles: Roles) -> None:
    state.must_be_here(roles["X"])
    state.must_be_here(roles["Y"])
    state.must_hold(roles["X"])
    state.holder, state.hidden = roles["Y"], -1
    state.givers.append((roles["X"], roles["Y"]))


def _vow(state: State, roles: Roles) -> None:
    if state.promise:
        state.faults.append(f"{name(state.promise[0])} has promised the {THINGS[state.thing]['']} already")
    _lend(state, roles)
    state.promise = (roles["Y"], roles["X"])


def _use(state: State, roles: Roles) -> None:
    state.must_be_here(roles["X"])
    state.must_hold(roles["X"])


def _hide(state: State, roles: Roles) -> None:
    state.must_be_the_scene(roles)
    _use(state, roles)
    state.holder, state.hidden, state.hider = -1, state.scene, roles["X"]


def _find(state: State, roles: Roles) -> None:
    state.must_be_the_scene(roles)
    state.must_be_here(roles["X"])
    if state.holder >= 0:
        state.must_hold(roles["X"])
    elif state.hidden != state.scene:
        state.faults.append(f"the {THINGS[state.thing]['']} is {PLACES[state.hidden]['at']}")
    state.holder, state.hidden = roles["X"], -1


def _less(state: State, roles: Roles) -> None:
    if not _lunch(state, roles):
        return
    state.must_be_here(roles["X"])
    if "Y" in roles:
        state.must_be_here(roles["Y"])
    taken = roles["K"] % len(NUMBERS)
    if roles["K"] // len(NUMBERS) != state.treat:
        state.must_be_amount(roles["K"], 0, "")
    if taken > state.left:
        state.faults.append(f"there were only {NUMBERS[state.left]}, so {NUMBERS[taken]} can't go")
    why = f"{NUMBERS[state.left]} less {NUMBERS[taken]} is"
    state.left = max(state.left - taken, 0)
    if "N" in roles:
        state.must_be_amount(roles["N"], state.left, why)
    elif roles["S"] != state.left:
        state.faults.append(f"{why} {NUMBERS[state.left]}, not {NUMBERS[roles['S']]}")


def _lunch(state: State, roles: Roles) -> bool:
    if state.treat < 0:
        state.faults.append("nobody has any lunch in this story")
    elif roles["X"] != state.owner:
        state.faults.append(f"the lunch is {name(state.owner)}'s, not {name(roles['X'])}'s")
    return state.treat >= 0


def _habit(state: State, roles: Roles) -> None:
    state.must_be_here(roles["X"])


def _nothing(state: State, roles: Roles) -> None:
    pass


def _scenery(state: State, roles: Roles) -> None:
    state.must_be_the_scene(roles)


def _chat(state: State, roles: Roles) -> None:
    state.must_be_here(roles["X"])
    state.must_be_here(roles["Y"])


def _ask(state: State, roles: Roles) -> None:
    _chat(state, roles)
    state.must_hold(roles["X"])


def _recall(state: State, roles: Roles) -> None:
    state.must_be_here(roles["X"])
    state.must_hold(roles["Y"])
    state.must_be_at(roles["Y"], roles["P"])


def _hidden(state: State, roles: Roles) -> None:
    thing = THINGS[state.thing][""]
    if state.holder >= 0:
        state.faults.append(f"the {thing} does not lie about: {name(state.holder)} has it")
    elif state.hidden != roles["P"]:
        state.faults.append(f"the {thing} lies {PLACES[state.hidden]['at']}, not {PLACES[roles['P']]['at']}")


def _miss(state: State, roles: Roles) -> None:
    state.must_be_here(roles["X"])
    _hidden(state, roles)


def _lies(state: State, roles: Roles) -> None:
    _hidden(state, roles)
    if "X" in roles and roles["X"] != state.hider:
        state.faults.append(f"it was {name(state.hider)} who left it there, not {name(roles['X'])}")


def _promised(state: State, roles: Roles) -> None:
    if state.promise != (roles["X"], roles["Y"]):
        state.faults.append(f"{name(roles['X'])} has promised {name(roles['Y'])} nothing")


def _return(state: State, roles: Roles) -> None:
    _promised(state, roles)
    state.must_be_at(roles["Y"], roles["P"])
    state.must_hold(roles["X"])
    state.where[roles["X"]] = state.scene = roles["P"]
    state.holder, state.hidden = roles["Y"], -1
    state.givers.append((roles["X"], roles["Y"]))


def _kept(state: State, roles: Roles) -> None:
    _promised(state, roles)
    state.must_hold(roles["Y"])


def _broken(state: State, roles: Roles) -> None:
    _promised(state, roles)
    if state.holder in (roles["X"], roles["Y"]):
        state.faults.append(f"the promise can still be kept: {name(state.holder)} has the {THINGS[state.thing]['']}")


def _held(state: State, roles: Roles) -> None:
    state.must_hold(roles["X"])
    state.must_be_at(roles["X"], roles["P"])


def _left(state: State, roles: Roles) -> None:
    if _lunch(state, {"X": state.owner, **roles}):
        state.must_be_amount(roles["M"], state.start, "in the beginning there were")
        if roles["S"] != state.left:
            state.faults.append(f"there are {NUMBERS[state.left]} left, not {NUMBERS[roles['S']]}")


def _whole(state: State, roles: Roles) -> None:
    if _lunch(state, roles):
        state.must_be_amount(roles["M"], state.start, "in the beginning there were")
        if state.left != state.start:
            state.faults.append(f"only {NUMBERS[state.left]} of {NUMBERS[state.start]} are left")


def _end(state: State, roles: Roles) -> None:
    for role, person in zip("XY", list(state.where), strict=False):
        if roles.get(role, person) != person:
            state.faults.append(f"the last word is {name(person)}'s, not {name(roles[role])}'s")


EVENTS: dict[str, Callable[[State, Roles], None]] = {
    "open": _open,
    "treats": _treats,
    "arrive": _arrive,
    "meet": _meet,
    "go": _go,
    "follow": _follow,
    "lend": _lend,
    "vow": _vow,
    "use": _use,
    "hide": _hide,
    "find": _find,
    "share": _less,
    "steal": _less,
    "eat": _less,
    "habit": _habit,
    "weather": _nothing,
    "scenery": _scenery,
    "chat": _chat,
    "ask": _ask,
    "recall": _recall,
    "miss": _miss,
    "return": _return,
    "kept": _kept,
    "broken": _broken,
    "held": _held,
    "held_after": _held,
    "lies": _lies,
    "lies_after": _lies,
    "left": _left,
    "whole": _whole,
    "end": _end,
}
"""What each event does to the state."""
