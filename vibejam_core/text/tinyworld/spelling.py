"""Spelling: a sign is painted, and somebody wants to know how a word is written."""

from __future__ import annotations

from vibejam_core.text.tinyworld.conversation import Message, read_whole, unfinished
from vibejam_core.text.tinyworld.grammar import CATEGORIES, Line, lines
from vibejam_core.text.tinyworld.rng import Draws
from vibejam_core.text.tinyworld.splits import draw_facts
from vibejam_core.text.tinyworld.things import THINGS

BEFORE = lines(
    "sign",
    """
{X} is painting a sign for {Y}, and it is to hang {P.at}.
{X} {X.title} is writing to {Y} about what happened {P.at}.
{P.At}, {X} and {Y} are playing a game with letters.
I am {X}, I am {P.at}, and {Y} is laughing at my spelling.
There is a sign {P.at}. {Y} says that {X} has spelled it wrong.
{X} has a bet with {Y}. Loser sweeps the floor {P.at}.
{X} needs a word for a poem, and {Y} wants it by tonight, {P.at}.
""",
)

ASKED: dict[str, tuple[Line, ...]] = {
    "spell": lines("spell", 'How do you spell "{T}"?\nPlease spell "{T}".\nHow is "{T}" written, letter by letter?'),
    "length": lines("length", 'How many letters has "{T}"?\nHow long is the word "{T}"?\nCount the letters of "{T}".'),
    "letter": lines("letter", 'How often is there {L.a} in "{T}"?\nHow many times does "{T}" have {L.a} in it?'),
    "back": lines("back", 'What is "{T}" backwards?\nSpell "{T}" from the end.'),
    "first": lines("first", 'What does "{T}" begin with?\nWhich letter comes first in "{T}"?'),
    "last": lines("last", 'What does "{T}" end with?\nWhich letter comes last in "{T}"?'),
}
"""What can be asked about a word, and how."""

CLOSING = ("", " Mind the paint.", " I counted on my fingers.", " Good luck with it.", " That is all of it.")

LETTERS = {forms[""]: forms for forms in CATEGORIES["L"][1]}
"""Each letter's forms; ``a`` has the article: an "e", a "b"."""


def letters(word: str) -> str:
    """A word with hyphens between its letters."""
    return "-".join(word)


def answer(task: str, word: str, letter: str) -> str:
    """What is to be said, with the work shown where there is some."""
    if task == "spell":
        return f"{letters(word)}."
    if task == "length":
        return f"{letters(word)}: {len(word)} letters."
    if task == "letter":
        number = word.count(letter)
        return f"{letters(word)}: {number} time{'' if number == 1 else 's'}."
    if task == "back":
        return f"{letters(word)}, so {letters(word[::-1])}."
    return f"With {LETTERS[word[0 if task == 'first' else -1]]['a']}."


def write(draws: Draws, split: str) -> list[Message]:
    """A conversation about the spelling of one word or two questions on it."""
    thing, first, second, place = draw_facts(draws, split)
    cast = {role: CATEGORIES[role][1][i] for role, i in {"X": first, "Y": second, "T": thing, "P": place}.items()}
    word = THINGS[thing][""]
    tasks = list(ASKED)
    messages: list[Message] = []
    for number in range(1 + draws.below(3)):
        task = tasks.pop(draws.below(len(tasks)))
        letter = ""
        if task == "letter":
            letter = _drawn_letter(draws, word)
            cast["L"] = LETTERS[letter]
        asked = draws.pick(ASKED[task]).write(cast, draws)
        if number == 0:
            asked = f"{draws.pick(BEFORE).write(cast, draws)} {asked}"
        messages += [("user", asked), ("assistant", answer(task, word, letter) + draws.pick(CLOSING))]
    return messages


def _drawn_letter(draws: Draws, word: str) -> str:
    """Mostly a letter that is in the word, sometimes one that is not."""
    inside = "".join(sorted(set(word)))
    outside = "".join(letter for letter in LETTERS if letter not in inside)
    return draws.pick(inside if draws.weighted((4, 1)) == 0 else outside)


def is_about_spelling(question: str) -> bool:
    """Whether a conversation that begins like this is one about spelling."""
    return any(line.pattern.match(question) for line in BEFORE)


def check(messages: list[Message], truncated: bool = False) -> list[str]:
    """What is wrong with a conversation about spelling."""
    faults: list[str] = []
    thing = -1
    for number, (_, asked) in enumerate(messages[::2]):
        answers = messages[2 * number + 1 : 2 * number + 2]
        if number == 0:
            asked = _read_before(asked, faults)
        task, roles = next(((t, read[0]) for t, ways in ASKED.items() if (read := read_whole(ways, asked))), ("", {}))
        if not task:
            every = [line for ways in ASKED.values() for line in ways]
            if answers or not (truncated and unfinished(every, asked)):
                faults.append(f'I can\'t read the question "{asked}"')
            continue
        faults += [] if thing in (-1, roles["T"]) else ["the question is about another word than before"]
        thing = roles["T"]
        right = answer(task, THINGS[thing][""], CATEGORIES["L"][1][roles["L"]][""] if "L" in roles else "")
        for _, said in answers:
            cut_off = truncated and 2 * number + 2 == len(messages)
            if not any(said == right + end or (cut_off and (right + end).startswith(said)) for end in CLOSING):
                faults.append(f'the right answer is "{right}", not "{said}"')
    return faults


def _read_before(asked: str, faults: list[str]) -> str:
    for line in BEFORE:
        if match := line.pattern.match(asked):
            roles, wrong = line.read(match)
            faults += wrong
            if roles["X"] == roles["Y"]:
                faults.append("one person can't be both of them")
            return asked[match.end() :].removeprefix(" ")
    return asked
