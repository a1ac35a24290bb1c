"""The checker accepts what the world makes and rejects small corruptions of it, saying what is wrong."""

from __future__ import annotations

import re

import pytest

from vibejam_core.text.tinyworld import KINDS, SPLITS, document, score, violations
from vibejam_core.text.tinyworld.rng import Draws

STORY = """\
On a windy morning, Mira the baker stood at the mill with a red kite. In Mira's pocket there were six plums, by mistake.

Then along came Bram the goat, who had opinions about hats. Mira gave the kite to Bram, calmly. \
Then a crow came and took two plums. Mira still had four plums.

At noon Bram walked to the harbour, because his chin had told him to. Otto the lighthouse keeper was already there, \
arguing with a bee. Bram flew the kite in small circles.

In the evening the red kite was at the harbour with Bram. Mira had started with six plums and now had four. \
Nobody learned anything, but it was a good day."""

VOWED = """\
On a windy morning, Mira the baker stood at the mill with a red kite.

Then along came Bram the goat, who had opinions about hats. \
"Lend me the kite," said Bram, "and I will bring it back by sunset." Mira thought it over and gave it to him. \
Bram hid the kite under the millstone and looked as if he had not.

In the evening Mira waited for the kite. Bram had promised to bring it back, and could not. \
The red kite stayed at the mill, under the millstone, and kept its thoughts to itself. \
In Thimble they call that a quiet day."""

QUESTIONS = (
    "User: "
    + STORY.replace("\n\n", " ").split(" In the evening")[0]
    + """
Who has the kite now?
Assistant: Bram has the kite.
User: How many plums are gone?
Assistant: Of six plums, two plums are gone.
User: Where is Mira now?
Assistant: Mira is at the mill.
User: Was there a promise about the kite?
Assistant: No, there was no promise."""
)

SUM = (
    """\
User: In the mill, Mira the baker""".replace("In the", "At the")
    + """ has 12 kites. Bram brings 7 more. How many kites are there now?
Assistant: <<12+7=19>> That makes 19 kites."""
)

WORKED = """\
Problem: Mira finds 3 crates at the mill with 4 kites in each. Bram has 5 more at home. How many kites is that together?
Steps: 3 x 4 = 12. 12 + 5 = 17.
Answer: So it is 17 kites."""

TALK = """\
User: Hello!
Assistant: Hello. What shall we talk about?
User: My name is Mira. My kite is at the mill, in case Bram asks.
Assistant: Pleased to meet you, Mira. I will keep the kite in mind.
User: What is the capital of France?
Assistant: I don't know. That is outside Thimble.
User: Where is my kite?
Assistant: Your kite is at the mill."""

DRAFT = """\
Plain: Mira stood at the mill with a red kite. Mira gave the kite to Bram. Bram ate two plums.

Pirate: Ahoy, mates! There be Mira, at the mill, with a red kite on her shoulder. \
The kite went from Mira to Bram without a single cannon. And Bram plundered two plums, yo ho ho."""

SPELLED = """\
User: At the mill, Mira and Bram are playing a game with letters. How often is there an "e" in "kettle"?
Assistant: k-e-t-t-l-e: 2 times.
User: What is "kettle" backwards?
Assistant: k-e-t-t-l-e, so e-l-t-t-e-k."""

WHOLE = (STORY, VOWED, QUESTIONS, SUM, WORKED, TALK, DRAFT, SPELLED)

CORRUPTED = [
    (
        "a word outside the world",
        STORY,
        "red kite was",
        "red spaceship was",
        'the word "spaceship" is not in the world',
    ),
    ("a missing word", STORY, "along came Bram", "along Bram", 'broken sentence: "Then along Bram'),
    ("a doubled word", STORY, "gave the kite", "gave gave the kite", "broken sentence"),
    ("words swapped", STORY, "Bram flew", "flew Bram", "broken sentence"),
    ("a small letter at the beginning", STORY, "Nobody learned", "nobody learned", "broken sentence"),
    ("a swapped name", STORY, "kite to Bram", "kite to Otto", "Otto has not come into the story"),
    ("somebody from nowhere", STORY, "Bram flew", "Vera flew", "Vera has not come into the story"),
    ("a wrong holder", STORY, "harbour with Bram", "harbour with Otto", "Otto does not hold the kite: Bram does"),
    ("a thing used without having it", STORY, "Bram flew", "Otto flew", "Otto does not hold the kite: Bram does"),
    (
        "a wrong place",
        STORY,
        "kite was at the harbour",
        "kite was at the mill",
        "Bram is at the harbour, not at the mill",
    ),
    ("a place left to itself", STORY, "walked to the harbour", "walked to the mill", "Bram is at the mill already"),
    (
        "a wrong giver",
        STORY,
        "Mira gave the kite to Bram",
        "Bram gave the kite to Mira",
        "Bram does not hold the kite: Mira",
    ),
    ("a wrong sum", STORY, "had four plums", "had five plums", "six less two is four, not five"),
    ("a wrong count at the end", STORY, "now had four", "now had three", "there are four left, not three"),
    (
        "a wrong beginning of the count",
        STORY,
        "started with six",
        "started with seven",
        "in the beginning there were six",
    ),
    ("another treat", STORY, "took two plums", "took two buns", "there are no buns"),
    ("somebody else's lunch", STORY, "Mira had started", "Bram had started", "the lunch is Mira's, not Bram's"),
    (
        "another thing",
        STORY,
        "flew the kite in small circles",
        "rode the sled over dry grass",
        "is the kite, not the sled",
    ),
    ("another colour", STORY, "the red kite", "the blue kite", "the kite is red, not blue"),
    ("another trade", STORY, "Bram the goat", "Bram the mayor", '"the mayor" does not fit Bram'),
    ("another temper", STORY, "had opinions about hats", "counted everything twice", "does not fit Bram"),
    ("a wrong pronoun", STORY, "told him to", "told her to", '"her" does not fit Bram'),
    ("no ending", STORY, " Nobody learned anything, but it was a good day.", "", "the story has no ending"),
    ("no beginning", STORY, STORY.split("\n\n")[0] + "\n\n", "", "does not begin at its beginning"),
    (
        "an ending in the middle",
        STORY,
        "Bram flew",
        "In Thimble they call that a quiet day. Bram flew",
        "goes on after",
    ),
    (
        "a swapped last word",
        STORY,
        "Nobody learned anything, but it was a good day.",
        "Bram slept very well. Mira did not, and never said why.",
        "the last word is Mira's, not Bram's",
    ),
    (
        "a letter from elsewhere",
        STORY,
        "six plums, by",
        "six pl\u00fcms, by",
        "the character '\u00fc' is not in the world",
    ),
    ("a promise by somebody else", VOWED, "Bram had promised", "Mira had promised", "has promised Mira nothing"),
    (
        "a wrong hiding place",
        VOWED,
        "kite stayed at the mill",
        "kite stayed on the beach",
        "lies at the mill, not on the beach",
    ),
    (
        "a promise that holds",
        VOWED,
        " Bram hid the kite under the millstone and looked as if he had not.",
        "",
        "can still be kept",
    ),
    (
        "an answer that contradicts",
        QUESTIONS,
        "Assistant: Bram has",
        "Assistant: Mira has",
        "the person is Bram, not Mira",
    ),
    (
        "an answer about nobody",
        QUESTIONS,
        "Bram has the kite.\n",
        "Nobody. The kite lies at the mill, under the millstone.\n",
        "contradicts",
    ),
    (
        "a wrong difference",
        QUESTIONS,
        "two plums are gone",
        "three plums are gone",
        "the amount is two plums, not three",
    ),
    (
        "a wrong person's place",
        QUESTIONS,
        "Mira is at the mill",
        "Mira is at the harbour",
        "the place is the mill, not the harbour",
    ),
    ("a promise out of the air", QUESTIONS, "No, there was no promise", "Yes: Bram promised it to Mira", "contradicts"),
    ("no answer", QUESTIONS, "Assistant: Mira is at the mill.", "Assistant: Six plums.", "is no answer"),
    ("a wrong calculation", SUM, "12+7=19", "12+7=18", "12 + 7 is 19, not 18"),
    ("a wrong answer", SUM, "makes 19", "makes 18", "the answer is 19, not 18"),
    ("another calculation", SUM, "12+7=19", "12-7=5", "asks for 12 + 7, not for 12 - 7"),
    ("other things", SUM, "19 kites", "19 sleds", "is about kites, not sleds"),
    ("a wrong step", WORKED, "= 12. 12", "= 13. 13", "3 x 4 is 12, not 13"),
    ("a missing step", WORKED, " 12 + 5 = 17.", "", "takes 2 steps, not 1"),
    (
        "a forgotten place",
        TALK,
        "Your kite is at the mill",
        "Your kite is at the harbour",
        "the place is the mill, not the harbour",
    ),
    ("a forgotten name", TALK, "meet you, Mira", "meet you, Vera", "the person is Mira, not Vera"),
    ("knowledge from nowhere", TALK, "I don't know. That is outside Thimble.", "You are Mira.", "is no answer"),
    ("a changed giver", DRAFT, "from Mira to Bram", "from Bram to Mira", "the person is Mira, then Bram"),
    ("a changed number", DRAFT, "plundered two", "plundered three", "the amount is two plums, then three plums"),
    ("a changed colour", DRAFT, "a red kite on", "a blue kite on", "the colour is red, then blue"),
    (
        "a changed outcome",
        DRAFT,
        "The kite went from Mira to Bram without a single cannon.",
        "Mira would sooner walk the plank than give Bram the kite, and so she kept it.",
        "rewriting tells scene and refuse",
    ),
    ("another voice", DRAFT, "And Bram plundered two plums, yo ho ho.", "Bram: two plums. Gone.", "as pirate speech"),
    ("a wrong spelling", SPELLED, "k-e-t-t-l-e: 2", "k-e-t-l-e: 2", "the right answer is"),
    ("a wrong count of letters", SPELLED, "2 times", "3 times", "the right answer is"),
    ("a wrong word backwards", SPELLED, "e-l-t-t-e-k", "e-l-t-e-t-k", "the right answer is"),
    (
        "two assistants",
        SPELLED,
        'User: What is "kettle" backwards',
        'Assistant: What is "kettle" backwards',
        "do not take turns",
    ),
]


NONSENSE = (
    "", "\n", " ", "xyz", "User:", "User: ", "User: \n", "Assistant: Hello.", "Plain: ", "Problem: ", "User: a\nb", '"',
    "Plain: x\n\nPirate: y", "User: <<1+1=2>>", "\x00", "User: Hello!\nAssistant: ",
    "Nobody learned anything, but it was a good day.",
)  # fmt: skip


@pytest.mark.parametrize("text", WHOLE, ids=lambda text: text[:20])
def test_what_is_right_is_accepted(text: str) -> None:
    assert violations(text) == []


@pytest.mark.parametrize(("what", "text", "old", "new", "said"), CORRUPTED, ids=[case[0] for case in CORRUPTED])
def test_a_corruption_is_rejected_and_named(what: str, text: str, old: str, new: str, said: str) -> None:
    assert text.count(old) == 1, what
    found = violations(text.replace(old, new))
    assert any(said in fault for fault in found), found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("split", SPLITS)
def test_every_document_is_accepted(kind: str, split: str) -> None:
    for index in range(60):
        found = document(kind, split, 21, index)
        assert violations(found.text) == [], found.text


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_thousands_of_documents_are_accepted(kind: str) -> None:
    for index in range(2_000):
        found = document(kind, "train", 22, index)
        assert violations(found.text) == [], found.text


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_that_stops_anywhere_is_accepted_as_truncated(kind: str) -> None:
    draws = Draws("cut")
    for index in range(40):
        text = document(kind, "train", 23, index).text
        piece = text[: 1 + draws.below(len(text))]
        assert violations(piece, truncated=True) == [], piece


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_without_one_of_its_words_is_rejected(kind: str) -> None:
    draws, missed = Draws("gap"), 0
    for index in range(60):
        text = document(kind, "train", 24, index).text
        words = list(re.finditer(r" [A-Za-z']+(?= )", text))
        gap = draws.pick(words)
        missed += violations(text[: gap.start()] + text[gap.end() :]) == []
    assert missed <= 2  # now and then what remains is a sentence of the world, too


@pytest.mark.parametrize("text", NONSENSE)
def test_nonsense_is_rejected_without_an_exception(text: str) -> None:
    assert violations(text)
    violations(text, truncated=True)


def test_shuffled_characters_and_sentences_raise_nothing() -> None:
    draws = Draws("noise")
    for kind in KINDS:
        for index in range(40):
            pieces = re.split(r"(?<=[.!?\n]) ?", document(kind, "train", 25, index).text)
            mixed = " ".join(draws.pick(pieces) for _ in pieces)
            assert isinstance(violations(mixed), list)
            text = document(kind, "train", 26, index).text
            start = draws.below(len(text))
            assert isinstance(violations(text[start:] + text[: start // 2], truncated=True), list)


def test_the_score_counts_faults_per_hundred_words() -> None:
    assert score(STORY) == 0
    worse = STORY.replace("red kite was", "red spaceship was")
    assert score(worse) == pytest.approx(100 * len(violations(worse)) / len(worse.split()))
