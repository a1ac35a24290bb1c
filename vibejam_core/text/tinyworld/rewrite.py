"""Rewriting: a plain draft and the same facts in another voice."""

from __future__ import annotations

from vibejam_core.text.tinyworld.conversation import Message, unfinished
from vibejam_core.text.tinyworld.grammar import CATEGORIES
from vibejam_core.text.tinyworld.rewrite_lines import EVENTS, STYLES, VOICES
from vibejam_core.text.tinyworld.rng import Draws
from vibejam_core.text.tinyworld.splits import draw_facts
from vibejam_core.text.tinyworld.state import Roles
from vibejam_core.text.tinyworld.things import COLOURS, TREATS, amount

ORDERS = {
    "Pirate": "Say it like a pirate",
    "Formal": "Make it formal",
    "Excited": "Make it excited",
    "Terse": "Make it terse",
    "Sleepy": "Say it as if half asleep",
    "Gossip": "Tell it as gossip",
    "Royal": "Proclaim it like a herald",
}
"""How each voice is asked for."""


def write(draws: Draws, split: str) -> tuple[str, list[Message]]:
    """``(text, messages)``: the draft and its rewriting; as messages, an order and what comes of it."""
    thing, first, second, place = draw_facts(draws, split)
    colour, treat = draws.below(len(COLOURS)), draws.below(len(TREATS))
    roles = {"X": first, "Y": second, "T": thing, "P": place, "G": colour}
    roles["K"] = amount(treat, 1 + draws.below(9))
    events = ("scene", "refuse" if draws.below(2) else "gift", "meal")
    style = draws.pick(STYLES)
    cast = {role: CATEGORIES[role][1][index] for role, index in roles.items()}
    draft, final = (
        " ".join([draws.pick(VOICES[voice][event]).write(cast, draws) for event in events])
        for voice in ("Plain", style)
    )
    order = f"{ORDERS[style]}: {draft}"
    return f"Plain: {draft}\n\n{style}: {final}", [("user", order), ("assistant", final)]


def read(voice: str, text: str, truncated: bool = False) -> tuple[dict[str, Roles], list[str]]:
    """``(roles of each event, faults)`` of a text in a voice; a truncated one may stop anywhere."""
    found: dict[str, Roles] = {}
    faults: list[str] = []
    position = 0
    for events in (("scene",), ("gift", "refuse"), ("meal",)):
        ways = [(event, line) for event in events for line in VOICES[voice][event]]
        matches = [(m.end(), event, line, m) for event, line in ways if (m := line.pattern.match(text, position))]
        if not matches:
            rest = text[position:]
            if truncated and unfinished([line for _, line in ways], rest):
                return found, faults
            return found, [*faults, f'I can\'t read "{rest}" as {voice.lower()} speech']
        end, event, line, match = max(matches, key=lambda each: each[0])
        found[event], wrong = line.read(match)
        faults += wrong
        position = end + (text[end : end + 1] == " ")
    if position < len(text):
        faults.append(f'there is too much: "{text[position:]}"')
    return found, faults


def check(text: str, truncated: bool = False) -> list[str]:
    """What is wrong with a draft and its rewriting."""
    first, gap, rest = text.removeprefix("Plain: ").partition("\n\n")
    style, colon, second = rest.partition(": ")
    draft, faults = read("Plain", first, truncated and not gap)
    if not colon and truncated and any(f"{known}: ".startswith(style) for known in STYLES):
        return faults
    if style not in STYLES or not colon:
        return [*faults, f"a rewriting is a plain draft and then one of {', '.join(STYLES)}"]
    final, wrong = read(style, second, truncated)
    faults += wrong
    known: Roles = {}
    for facts in (draft, final):
        for event in EVENTS:
            if (event in draft) != (event in final):
                continue
            for role, index in facts.get(event, {}).items():
                kind, entities = CATEGORIES[role]
                right = known.setdefault(role, index)
                if right != index:
                    faults.append(f"the {kind} is {entities[right]['']}, then {entities[index]['']}")
    if not final.keys() <= draft.keys() or (final.keys() != draft.keys() and not truncated):
        faults.append(f"the draft tells {' and '.join(draft)}, the rewriting tells {' and '.join(final)}")
    if known.get("X", -1) == known.get("Y", -2):
        faults.append("one person can't be both of them")
    return list(dict.fromkeys(faults))
