"""Documents by number: the same text for the same kind, split, seed and index, whatever was made before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vibejam_core.text.tinyworld import arithmetic, question, rewrite, smalltalk, spelling
from vibejam_core.text.tinyworld.conversation import Message, to_text
from vibejam_core.text.tinyworld.rng import Draws
from vibejam_core.text.tinyworld.splits import SPLITS
from vibejam_core.text.tinyworld.story import tell_story

KINDS = ("story", "question", "arithmetic", "smalltalk", "rewrite", "spelling")
"""The kinds of document that there are."""

MIX = (6, 2, 1, 1, 1, 1)
"""How often each kind comes in a mixture of all, in the order of ``KINDS``: half of the documents are stories."""


@dataclass(frozen=True)
class Document:
    """One document, and how surprising it is in the world that made it."""

    kind: str
    split: str
    text: str
    bits: float
    """Minus the binary logarithm of the text's probability, given its kind and split."""
    choices: tuple[int, ...]
    """Every choice that was made on the way, in order: the text's one derivation."""
    facts: tuple[int, ...]
    """What decided the split: the thing, the persons and the places, as numbers."""
    messages: tuple[Message, ...]
    """``(role, text)`` of each message, where it can be read as a conversation."""

    @property
    def n_bytes(self) -> int:
        """The length of the text in bytes; it is ASCII, so also in characters."""
        return len(self.text)


def document(kind: str, split: str, seed: int, index: int) -> Document:
    """The document of this kind, split, seed and index.

    Args:
        kind: one of ``KINDS``.
        split: one of ``SPLITS``.
        seed: which of the endless series of documents.
        index: the place in the series, from 0.

    Raises:
        ValueError: if there is no such kind or split.
    """
    _must_be("kind", kind, KINDS)
    _must_be("split", split, SPLITS)
    draws = Draws(f"tinyworld/{kind}/{split}/{seed}/{index}")
    messages: list[Message] = []
    if kind == "story":
        text = tell_story(draws, split).text()
    elif kind == "arithmetic":
        text, messages = arithmetic.write(draws, split)
    elif kind == "rewrite":
        text, messages = rewrite.write(draws, split)
    else:
        write = {"question": question.converse, "smalltalk": smalltalk.write, "spelling": spelling.write}[kind]
        messages = write(draws, split)
        text = to_text(messages)
    return Document(kind, split, text, draws.bits, tuple(draws.choices), draws.facts, tuple(messages))


def documents(
    kinds: Sequence[str] = KINDS, split: str = "train", seed: int = 0, n_bytes: int = 1_000_000
) -> Iterator[Document]:
    """Documents until there are ``n_bytes`` of text; the last one may go over.

    Several kinds are mixed at random as ``MIX`` says, so with all of them half of the documents are stories.

    Raises:
        ValueError: if there is no kind, or no such kind or split.
    """
    for kind in kinds:
        _must_be("kind", kind, KINDS)
    _must_be("split", split, SPLITS)
    if not kinds:
        raise ValueError(f"documents needs at least one kind. Give some of {', '.join(KINDS)}.")
    weights = [MIX[KINDS.index(kind)] for kind in kinds]
    mixing = Draws(f"tinyworld/mixture/{split}/{seed}")
    made, index = 0, 0
    while made < n_bytes:
        found = document(kinds[mixing.weighted(weights)], split, seed, index)
        made += found.n_bytes
        index += 1
        yield found


def _must_be(what: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise ValueError(f"there is no {what} {value!r}. There are: {', '.join(known)}.")
