"""What is wrong with a text: of the generator's, a model's or anyone's."""

from __future__ import annotations

from vibejam_core.text.tinyworld import arithmetic, question, rewrite, smalltalk, spelling
from vibejam_core.text.tinyworld.conversation import Message, asked_as, read_whole, to_messages, unfinished
from vibejam_core.text.tinyworld.reader import read_story
from vibejam_core.text.tinyworld.smalltalk_lines import EXCHANGES
from vibejam_core.text.tinyworld.story import LINES
from vibejam_core.text.tinyworld.vocabulary import WORD, words

HEADS = ("User: ", "Plain: ", "Problem: ")
"""How texts begin that are no stories."""


def violations(text: str, *, truncated: bool = False) -> list[str]:
    """What is wrong with a text, in plain English; an empty list if nothing is.

    Args:
        text: a text of any kind, also a broken one.
        truncated: whether the text may stop anywhere, as a model's sample does.
    """
    strange = next((character for character in text if not (" " <= character <= "~" or character == "\n")), None)
    if strange is not None:
        return [f"the character {strange!r} is not in the world"]
    text = text.strip("\n")
    if not text.strip():
        return ["there is no text"]
    faults = _unknown_words(text, truncated)
    if truncated and any(head.startswith(text) for head in HEADS):
        return []
    if text.startswith("User: "):
        faults += _conversation(text, truncated)
    elif text.startswith("Plain: "):
        faults += rewrite.check(text, truncated)
    elif text.startswith("Problem: "):
        faults += arithmetic.check(text, truncated)
    else:
        faults += _story(text, truncated)
    return list(dict.fromkeys(faults))


def score(text: str) -> float:
    """Violations per hundred words of a sample that may be cut off: 0 is faultless."""
    return 100 * len(violations(text, truncated=True)) / max(1, len(text.split()))


def _unknown_words(text: str, truncated: bool) -> list[str]:
    found = [word for word in WORD.findall(text) if len(word) > 1 and word.lower() not in words()]
    if truncated and found and text.endswith(found[-1]) and any(w.startswith(found[-1].lower()) for w in words()):
        found.pop()
    return [f'the word "{word}" is not in the world' for word in found]


def _story(text: str, truncated: bool) -> list[str]:
    reading = read_story(text)
    faults = list(reading.faults)
    if reading.cut_off and not truncated:
        faults.append("the last sentence is cut off")
    if not truncated and reading.events and reading.events[-1] != "end":
        faults.append("the story has no ending")
    if "end" in reading.events[:-1]:
        faults.append("the story goes on after its ending")
    return faults


def _conversation(text: str, truncated: bool) -> list[str]:
    head, _, last = text.rpartition("\n")
    if truncated and head and any(role.startswith(last) for role in ("User: ", "Assistant: ")):
        text = head
    messages = to_messages(text)
    faults = []
    if any(role != ("user", "assistant")[number % 2] for number, (role, _) in enumerate(messages)):
        faults.append("user and assistant do not take turns")
    if len(messages) % 2 and not truncated:
        faults.append("the last question has no answer")
    first = messages[0][1]
    if spelling.is_about_spelling(first):
        return faults + spelling.check(messages, truncated)
    if "<<" in text or any(read_whole(pattern.asked, first) for pattern in arithmetic.PATTERNS.values()):
        return faults + arithmetic.check(text, truncated)
    if any(line.pattern.match(first) for line in LINES["open"]) or "\n" in first:
        return faults + _questions(messages, truncated)
    if len(messages) == 1 and truncated and not asked_as(EXCHANGES, first):
        asked = [line for pattern in arithmetic.PATTERNS.values() for line in pattern.asked]
        if unfinished((*asked, *spelling.BEFORE, *LINES["open"]), first):
            return faults
    return faults + smalltalk.check(messages, truncated)


def _questions(messages: list[Message], truncated: bool) -> list[str]:
    story, gap, first = messages[0][1].rpartition("\n")
    if not gap:
        story, first = first, ""
    reading = read_story(story)
    faults = list(reading.faults)
    if reading.cut_off and (gap or not truncated):
        faults.append("a sentence of the story is cut off")
    if not gap:
        return faults if truncated and len(messages) == 1 else [*faults, "there is no question after the story"]
    if not reading.state.where:
        return faults or ["there is no story"]
    return faults + question.check(reading.state, [("user", first), *messages[1:]], truncated)
