"""Text to ids and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibejam_core.text.characters import CharTokenizer
from vibejam_core.text.tokenizers import fingerprint, tokenizer_from_json

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(texts)
def test_encoding_and_decoding_gives_any_text_back(text: str) -> None:
    """Whatever the characters: accents, emoji, line breaks."""
    tokenizer = CharTokenizer.build(text)
    assert tokenizer.decode(tokenizer.encode(text)) == text


@given(texts)
def test_a_tokenizer_survives_its_json(text: str) -> None:
    """The copy encodes alike and has the same fingerprint."""
    tokenizer = CharTokenizer.build(text)
    copy = tokenizer_from_json(tokenizer.to_json())
    assert copy.encode(text) == tokenizer.encode(text)
    assert fingerprint(copy) == fingerprint(tokenizer)


def test_tokenizers_that_encode_differently_have_different_fingerprints() -> None:
    """The same characters in another order are another tokenizer."""
    assert fingerprint(CharTokenizer("abc")) != fingerprint(CharTokenizer("acb"))


def test_an_unknown_kind_of_tokenizer_is_named() -> None:
    """So that a checkpoint of a newer version is understood as such."""
    with pytest.raises(ValueError, match="'words'"):
        tokenizer_from_json({"kind": "words"})
