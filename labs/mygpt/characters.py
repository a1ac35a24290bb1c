# Yours to write, in lab 01 (Characters).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check characters.CharTokenizer
"""A tokenizer whose tokens are single characters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class CharTokenizer:
    """Turns text into token ids and back, one character per token.

    The vocabulary is the sorted list of the characters that a text contains; a
    character's id is its place in that list, so ids run from 0 to ``vocab_size - 1``.

    Attributes:
        itos: list of str, id to character ("integer to string").
        stoi: dict from character to id ("string to integer").
    """

    kind = "char"

    def __init__(self, characters: Iterable[str]) -> None:
        self.itos = list(characters)
        self.stoi = {character: index for index, character in enumerate(self.itos)}

    @property
    def vocab_size(self) -> int:
        """How many different tokens there are."""
        return len(self.itos)

    @classmethod
    def build(cls, text: str) -> CharTokenizer:
        """Make a tokenizer whose vocabulary is every character of a text.

        Args:
            text: the corpus; at least one character.

        Returns:
            A tokenizer, made with ``cls(characters)``, whose characters are the
            different characters of ``text``, each once, sorted by code point (Python's
            ``sorted`` does that).

        Raises:
            ValueError: if ``text`` is empty.
        """
        raise NotImplementedError(
            "characters.CharTokenizer.build: make a tokenizer from the different "
            "characters of text, sorted (lab 01)"
        )

    def encode(self, text: str) -> list[int]:
        """Turn a text into token ids.

        Args:
            text: any string whose characters are all in the vocabulary; the empty
                string gives an empty list.

        Returns:
            One int per character, in the order of the text.

        Raises:
            ValueError: if the text holds characters outside the vocabulary; the message
                names each of them (with ``repr``, so that a line break can be seen).
        """
        raise NotImplementedError(
            "characters.CharTokenizer.encode: look up the id of each character; name "
            "unknown characters in a ValueError (lab 01)"
        )

    def decode(self, ids: Iterable[int]) -> str:
        """Turn token ids back into text.

        ``decode(encode(text)) == text`` for every text that can be encoded.

        Args:
            ids: token ids: a list of ints or a one-dimensional integer tensor.

        Returns:
            The characters, joined, nothing between them.

        Raises:
            ValueError: if an id is negative or not below ``vocab_size``; the message
                names the id.
        """
        raise NotImplementedError(
            "characters.CharTokenizer.decode: look up the character of each id and join "
            "them; refuse ids out of range (lab 01)"
        )

    def to_json(self) -> dict[str, Any]:
        """The tokenizer as plain data, as it is kept inside a checkpoint."""
        return {"kind": self.kind, "characters": self.itos}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CharTokenizer:
        """The tokenizer that :meth:`to_json` described."""
        return cls(data["characters"])
