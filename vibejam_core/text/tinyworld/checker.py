"""What is wrong with a text: of the generator's, a model's or anyone's."""

from __future__ import annotations

import re
from collections.abc import Callable

from vibejam_core.text.tinyworld import arithmetic, question, rewrite, smalltalk, spelling
from vibejam_core.text.tinyworld.conversation import asked_as, read_whole, to_messages
from vibejam_core.text.tinyworld.reader import Reading, read_story
from vibejam_core.text.tinyworld.vocabulary import WORD, words


def violations(text: str, *, truncated: bool = False) -> list[str]:
    """What is wrong with a text, in plain English; an empty list if nothing is.

    Args:
        text: a text of any kind, also a broken one.
        truncated: whether the text may stop anywhere, as a model's sample does.
    """
    try:
        text.encode("ascii")
    except UnicodeEncodeError as error:
        return [f"the character {text[error.start]!r} is not in the world"]
    text = text.strip("\n")
    if not text.strip():
        return ["there is no text"]
    faults = [f'the word "{word}" is not in the world' for word in _strange(text, truncated)]
    if text.startswith("User: "):
        return _unique(faults + _conversation(text, truncated))
    if text.startswith("Plain: "):
        return _unique(faults + _unless_cut(rewrite.check, text, truncated))
    if text.startswith("Problem: "):
        return _unique(faults + _unless_cut(arithmetic.check, text, truncated))
    return _unique(faults + _story(read_story(text), truncated, whole=True))


def _strange(text: str, truncated: bool) -> list[str]:
    found = [word for word in WORD.findall(text) if len(word) > 1 and word.lower() not in words()]
    if truncated and found and text.endswith(found[-1]):
        last = found.pop()
        if not any(word.startswith(last.lower()) for word in words()):
            found.append(last)
    return found


def _unique(faults: list[str]) -> list[str]:
    return list(dict.fromkeys(faults))


def _story(reading: Reading, truncated: bool, *, whole: bool) -> list[str]:
    faults = list(reading.faults)
    if reading.cut_off and not truncated:
        faults.append("the last sentence is cut off")
    if whole and not truncated and reading.events and reading.events[-1] != "end":
        faults.append("the story has no ending")
    if whole and "end" in reading.events[:-1]:
        faults.append("the story goes on after its ending")
    if not reading.events and not reading.cut_off and not faults:
        faults.append("there is no story")
    return faults


def _unless_cut(check: Callable[[str], list[str]], text: str, truncated: bool) -> list[str]:
    """A text of a fixed form can't be judged before its end: of a cut-off one, only what must come is asked for."""
    faults = check(text)
    if truncated:
        faults = [fault for fault in faults if not fault.startswith(("broken", "I can't read", "this takes"))]
    return faults


def _conversation(text: str, truncated: bool) -> list[str]:
    messages = to_messages(text)
    faults = []
    if any(role != ("user", "assistant")[number % 2] for number, (role, _) in enumerate(messages)):
        faults.append("user and assistant do not take turns")
    if len(messages) % 2 and not truncated:
        faults.append("the last question has no answer")
    if truncated and len(messages) > 1:
        messages = messages[:-1] if len(messages) % 2 else messages
    if "\n" in messages[0][1]:
        return faults + _questions(messages, truncated)
    checks = (arithmetic.check, spelling.check, smalltalk.check)
    found = sorted((_unless_cut(check, text, truncated) for check in checks), key=len)
    return faults + found[0]


def _questions(messages: list[tuple[str, str]], truncated: bool) -> list[str]:
    story, _, first = messages[0][1].rpartition("\n")
    reading = read_story(story)
    faults = _story(reading, False, whole=False)
    if not reading.events:
        return faults
    asked_all = [first, *(text for role, text in messages[1:] if role == "user")]
    answers = [text for role, text in messages if role == "assistant"]
    for number, (asked, said) in enumerate(zip(asked_all, answers, strict=False)):
        last = truncated and number == len(answers) - 1
        found = asked_as(question.EXCHANGES, asked)
        if not found:
            faults.append(f'I can\'t read the question "{asked}"')
            continue
        results = []
        for each, roles, wrong in found:
            answered = read_whole(each.answered, said)
            if answered is not None:
                results.append(wrong + answered[1] + question.check(reading.state, each, roles, answered[0]))
        if results:
            faults += min(results, key=len)
        elif not (last and any(line.begins(said) for each, _, _ in found for line in each.answered)):
            faults.append(f'"{said}" is no answer to "{asked}"')
    return faults


_BLANK = re.compile(r"\s+")


def score(text: str) -> float:
    """Violations per hundred words of a sample that may be cut off: 0 is faultless."""
    return 100 * len(violations(text, truncated=True)) / max(1, len(_BLANK.split(text.strip())))
