"""Arithmetic: word problems with worked steps, and the same as conversations with a calculator."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np

from vibejam_core.text.tinyworld.conversation import Message, read_whole, to_text, unfinished
from vibejam_core.text.tinyworld.grammar import CATEGORIES, Line, lines
from vibejam_core.text.tinyworld.rng import Draws
from vibejam_core.text.tinyworld.splits import SHARE, draw_facts, scrambled
from vibejam_core.text.tinyworld.state import Roles


@dataclass(frozen=True)
class Pattern:
    """Problems that are worked in the same way: ``A`` and ``B`` make ``D``, and with ``C``, if there is one, ``E``."""

    signs: str
    asked: tuple[Line, ...]

    def work(self, a: int, b: int, c: int) -> list[tuple[int, str, int, int]]:
        """The steps: ``(left, sign, right, result)``."""
        steps: list[tuple[int, str, int, int]] = []
        left = a
        for sign, right in zip(self.signs, (b, c), strict=False):
            result = {"+": left + right, "-": left - right, "x": left * right, "/": left // max(right, 1)}[sign]
            steps.append((left, sign, right, result))
            left = result
        return steps


def _pattern(signs: str, text: str) -> Pattern:
    return Pattern(signs, lines(signs, text))


PATTERNS = {
    pattern.signs: pattern
    for pattern in (
        _pattern(
            "+",
            """
            {P.At}, {X} {X.title} has {A} {T.many}. {Y} brings {B} more. How many {T.many} are there now?
            {X} owns {A} {T.many} and {Y} owns {B}. They put them all in one heap {P.at}. How many {T.many} are in the heap?
            {X}, {X.who}, counts {A} {T.many} {P.at}. Then a cart arrives with {B} more for {Y}. How many {T.many} is that in all?
            On Monday {X} finds {A} {T.many} {P.at}, and on Tuesday {Y} finds {B}. How many {T.many} have they found together?
            """,
        ),
        _pattern(
            "-",
            """
            {X} {X.title} has {A} {T.many} {P.at}. {Y} borrows {B} of them and forgets why. How many {T.many} are left?
            There are {A} {T.many} {P.at}. {X} sells {B} to {Y}, who did not want any. How many {T.many} remain?
            {X} packs {A} {T.many}. By the time {X.she} reaches {P}, {Y} has lost {B}. How many {T.many} does {X} still have?
            {Y} needs {A} {T.many}. {X} has found {B} of them {P.at}. How many {T.many} are missing?
            """,
        ),
        _pattern(
            "x",
            """
            {P.At} stand {A} boxes. {X} puts {B} {T.many} into each, while {Y} tells {X.him} how. How many {T.many} is that?
            {X} can mend {B} {T.many} in a day. {X.She} stays {P.at} for {A} days, and {Y} brings {X.him} soup. How many {T.many} are mended?
            {Y} orders {A} parcels of {B} {T.many} each from {X}, to be sent to {P}. How many {T.many} must {X} find?
            {X} lays out {A} rows of {B} {T.many} {P.at}. {Y} thinks it is art. How many {T.many} lie there?
            """,
        ),
        _pattern(
            "/",
            """
            {X} has {A} {T.many} {P.at} and divides them evenly among {B} friends, {Y} first. How many {T.many} does {Y} get?
            {A} {T.many} must go into {B} boxes, the same number in each. {X} packs {P.at} and {Y} sits on the lids. How many {T.many} go into a box?
            {X} and {Y} carry {A} {T.many} to {P} in {B} equal loads. How many {T.many} are in a load?
            """,
        ),
        _pattern(
            "+-",
            """
            {X} {X.title} has {A} {T.many} {P.at}. {Y} gives {X.him} {B} more, and {C} of them fall into a puddle. How many dry {T.many} are there?
            In the morning there are {A} {T.many} {P.at}. {X} adds {B}, then {Y} takes {C} away. How many {T.many} are there in the evening?
            {X} has {A} {T.many} and {Y} has {B}. {P.At} they lend {C} to the mayor. How many {T.many} do they have between them?
            """,
        ),
        _pattern(
            "x+",
            """
            {X} finds {A} crates {P.at} with {B} {T.many} in each. {Y} has {C} more at home. How many {T.many} is that together?
            {A} cousins of {Y} come to {P}, each with {B} {T.many}. {X} had {C} already. How many {T.many} are there now?
            """,
        ),
        _pattern(
            "x-",
            """
            {X} buys {A} bags of {B} {T.many} {P.at}. {Y} sits on {C} of them. How many good {T.many} are left?
            {A} carts bring {B} {T.many} each to {P}. {X} counts them, and {Y} walks off with {C}. How many {T.many} stay?
            """,
        ),
    )
}  # fmt: skip
"""The kinds of problem by their signs, in the order in which they are worked."""

ANSWER = lines(
    "answer",
    """
The answer is {D} {T.many}.
That makes {D} {T.many}.
So it is {D} {T.many}.
{D} {T.many}, if nobody has sneezed.
""",
)

_STEP = re.compile(r"(\d+) ([-+x/]) (\d+) = (\d+)")
_CALL = re.compile(r"<<(\d+)([-+x/])(\d+)=(\d+)>>")


@cache
def numbers(signs: str, split: str) -> tuple[tuple[int, int, int], ...]:
    """All ``(a, b, c)`` of a kind of problem in a split; a hash keeps one in ``SHARE`` for validation."""
    found = []
    small, middle = range(2, 13), range(2, 100)
    for a, b in product(middle, middle) if signs[0] in "+-" else product(small, small):
        if signs[0] == "/":
            a *= b
        for c in (0,) if len(signs) == 1 else range(2, 21):
            first = a + b if signs[0] == "+" else a * b
            if (signs == "-" and a - b < 2) or (signs in ("+-", "x-") and first - c < 2):
                continue
            if signs == "+-" and (a > 30 or b > 30):
                continue
            found.append((a, b, c))
    keys = np.array([(a * 1000 + b) * 1000 + c for a, b, c in found], dtype=np.uint64)
    kept = scrambled(keys, 3 + sum(map(ord, signs))) % np.uint64(SHARE) == 0
    return tuple(item for item, out in zip(found, kept.tolist(), strict=True) if out == (split == "val"))


def write(draws: Draws, split: str) -> tuple[str, list[Message]]:
    """``(text, messages)``; there are no messages when it is a problem with its steps written out."""
    thing, first, second, place = draw_facts(draws, split)
    pattern = tuple(PATTERNS.values())[draws.below(len(PATTERNS))]
    a, b, c = draws.pick(numbers(pattern.signs, split))
    steps = pattern.work(a, b, c)
    roles = {"X": first, "Y": second, "T": thing, "P": place, "A": a, "B": b, "C": c, "D": steps[-1][-1]}
    cast = {role: CATEGORIES[role][1][index] for role, index in roles.items()}
    problem = draws.pick(pattern.asked).write(cast, draws)
    answer = draws.pick(ANSWER).write(cast, draws)
    if draws.below(2):
        messages = [("user", problem), ("assistant", f"{_calls(steps)} {answer}")]
        return to_text(messages), messages
    return f"Problem: {problem}\nSteps: {_worked(steps)}.\nAnswer: {answer}", []


def check(text: str, truncated: bool = False) -> list[str]:
    """What is wrong with a problem, with or without a calculator."""
    talk = text.startswith("User: ")
    parts = re.fullmatch(
        r"User: (.*?)(?:\nAssistant: (.*))?" if talk else r"Problem: (.*?)(?:\nSteps: (.*))?", text, re.S
    )
    if not parts or "\n" in parts[1]:
        unclear = parts[1].split("\n")[0] if parts else text
        return [] if truncated and _could_go_on(unclear, parts[1] if parts else "") else [f'I can\'t read "{text}"']
    found = [(pattern, read) for pattern in PATTERNS.values() if (read := read_whole(pattern.asked, parts[1]))]
    if not found:
        asked = [line for pattern in PATTERNS.values() for line in pattern.asked]
        cut_off = truncated and parts[2] is None and unfinished(asked, parts[1])
        return [] if cut_off else [f'I can\'t read the problem "{parts[1]}"']
    pattern, (roles, faults) = found[0]
    if roles["X"] == roles["Y"]:
        faults.append("one person can't be both of them")
    if parts[2] is None:
        return faults if truncated else [*faults, "the problem has no answer"]
    steps = pattern.work(roles["A"], roles["B"], roles.get("C", 0))
    if truncated and any(right.startswith(parts[2]) for right in _solutions(steps, roles["T"], talk)):
        return faults
    return faults + _check_solution(parts[2], steps, roles["T"], talk)


def _could_go_on(problem: str, whole: str) -> bool:
    """Whether a problem was cut off in the middle of what comes after it."""
    rest = whole.removeprefix(problem + "\n")
    return any(read_whole(each.asked, problem) for each in PATTERNS.values()) and any(
        head.startswith(rest) for head in ("Assistant: ", "Steps: ")
    )


def _solutions(steps: list[tuple[int, str, int, int]], thing: int, talk: bool) -> list[str]:
    """Everything that would be right after the problem."""
    cast = {"D": CATEGORIES["D"][1][steps[-1][-1]], "T": CATEGORIES["T"][1][thing]}
    worked = _calls(steps) + " " if talk else _worked(steps) + ".\nAnswer: "
    return [worked + line.write(cast, Draws("")) for line in ANSWER]


def _calls(steps: list[tuple[int, str, int, int]]) -> str:
    return " ".join(f"<<{left}{sign}{right}={result}>>" for left, sign, right, result in steps)


def _worked(steps: list[tuple[int, str, int, int]]) -> str:
    return ". ".join(f"{left} {sign} {right} = {result}" for left, sign, right, result in steps)


def _check_solution(text: str, steps: list[tuple[int, str, int, int]], thing: int, talk: bool) -> list[str]:
    faults: list[str] = []
    called = [(int(a), sign, int(b), int(c)) for a, sign, b, c in (_CALL if talk else _STEP).findall(text)]
    head = _calls(called) + " " if talk else _worked(called) + ".\nAnswer: "
    if not called or not text.startswith(head):
        how = (
            "calls of the calculator, such as <<12+7=19>>"
            if talk
            else "its steps, such as 12 + 7 = 19, and a line Answer"
        )
        return [f"the solution does not begin with {how}"]
    for (a, sign, b, said), right in zip(called, steps, strict=False):
        if (a, sign, b) != right[:3]:
            faults.append(f"the problem asks for {right[0]} {right[1]} {right[2]}, not for {a} {sign} {b}")
        elif said != right[3]:
            faults.append(f"{a} {sign} {b} is {right[3]}, not {said}")
    if len(called) != len(steps):
        faults.append(f"this takes {len(steps)} steps, not {len(called)}")
    closing = read_whole(ANSWER, text.removeprefix(head))
    if closing is None:
        return [*faults, f'I can\'t read the answer "{text.removeprefix(head)}"']
    return faults + closing[1] + _compare(thing, closing[0], steps[-1][-1])


def _compare(thing: int, said: Roles, right: int) -> list[str]:
    faults = [] if said["D"] == right else [f"the answer is {right}, not {said['D']}"]
    if said["T"] != thing:
        things = CATEGORIES["T"][1]
        faults.append(f"the problem is about {things[thing]['many']}, not {things[said['T']]['many']}")
    return faults
