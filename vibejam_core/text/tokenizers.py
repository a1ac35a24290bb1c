"""What every tokenizer can do, and how one is kept inside a checkpoint and found again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from vibejam_core.text.bpe import BPETokenizer, StreamDecoder
from vibejam_core.text.characters import CharTokenizer


class Tokenizer(Protocol):
    """Turns text into token ids and back; ``kind`` says which one it is."""

    kind: str

    @property
    def vocab_size(self) -> int:
        """How many different tokens there are."""

    def encode(self, text: str) -> list[int]:
        """Text to token ids."""

    def decode(self, ids: Iterable[int]) -> str:
        """Token ids to text."""

    def to_json(self) -> dict[str, Any]:
        """The tokenizer as plain data, its ``kind`` among it."""


def tokenizer_from_json(data: dict[str, Any]) -> Tokenizer:
    """The tokenizer that ``to_json`` described.

    Raises:
        ValueError: if its kind is unknown, and the message lists the known ones; or if the data is damaged.
    """
    kinds: dict[str, Callable[[dict[str, Any]], Tokenizer]] = {
        CharTokenizer.kind: CharTokenizer.from_json,
        BPETokenizer.kind: BPETokenizer.from_json,
    }
    if data.get("kind") not in kinds:
        raise ValueError(f"there is no tokenizer of kind {data.get('kind')!r}. There are: {', '.join(kinds)}.")
    return kinds[data["kind"]](data)


def fingerprint(tokenizer: Tokenizer) -> str:
    """A short name for a tokenizer: two that encode differently have different ones (SHA-256 of its data)."""
    data = json.dumps(tokenizer.to_json(), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(data.encode("ascii")).hexdigest()[:16]


def prompt_ids(tokenizer: Tokenizer, prompt: str, on_unknown: str = "error") -> tuple[str, list[int]]:
    """What a model is to continue.

    An empty prompt stands for the beginning of a line: a line break, or else token 0.

    Args:
        tokenizer: the model's.
        prompt: the beginning of a text; it may be empty.
        on_unknown: ``"error"``, or ``"skip"`` to leave out characters that the tokenizer doesn't know.

    Returns:
        ``(prompt, ids)``: the prompt without what was left out, and at least one token id.

    Raises:
        ValueError: if the prompt holds unknown characters and ``on_unknown`` is "error"; the message names them.
    """
    if on_unknown == "skip":
        prompt = "".join(character for character in prompt if knows(tokenizer, character))
    if prompt:
        return prompt, tokenizer.encode(prompt)
    return prompt, tokenizer.encode("\n") if knows(tokenizer, "\n") else [0]


def knows(tokenizer: Tokenizer, character: str) -> bool:
    """Whether a tokenizer can encode a character."""
    try:
        tokenizer.encode(character)
    except ValueError:
        return False
    return True


def byte_count(tokenizer: Tokenizer, ids: Iterable[int]) -> int:
    """How many bytes the text of these tokens has, counted in raw bytes, so that half a character counts as it is.

    A special token counts with its own text: that is how many bytes it stands for in the file, and so bits per byte can
    be compared between tokenizers.
    """
    if isinstance(tokenizer, BPETokenizer):
        return len(tokenizer.decode_bytes(ids))
    return len(tokenizer.decode(ids).encode("utf-8", "surrogatepass"))


def streamed(tokenizer: Tokenizer) -> Callable[[int], str]:
    """A function that takes a stream's tokens one by one and gives the text that each completes.

    Half a character is kept back until it is whole.
    """
    if isinstance(tokenizer, BPETokenizer):
        return StreamDecoder(tokenizer).feed
    return lambda token: tokenizer.decode([token])
