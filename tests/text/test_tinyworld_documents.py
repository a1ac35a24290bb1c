"""Documents by number: the same everywhere, in any order, and with one derivation each."""

from __future__ import annotations

import hashlib
import itertools
import re
import subprocess
import sys
from collections import Counter

import pytest

from vibejam_core.text.tinyworld import KINDS, SPLITS, document, documents, n_stories, to_messages, words
from vibejam_core.text.tinyworld.reader import derivations
from vibejam_core.text.tinyworld.vocabulary import WORD

HASHES = """
import hashlib
from vibejam_core.text.tinyworld import KINDS, SPLITS, document
made = [document(kind, split, 7, index) for kind in KINDS for split in SPLITS for index in range(20)]
print(hashlib.sha256("|".join(f"{each.text}/{each.bits:.6f}" for each in made).encode()).hexdigest())
"""

FIRST = {
    "story": "1e4f913b",
    "question": "dff6c052",
    "arithmetic": "dfa7f259",
    "smalltalk": "c3b2b8c9",
    "rewrite": "3fde96ae",
    "spelling": "e8466fc7",
}
"""The first eight digits of the SHA-256 of each kind's first ten training documents."""


def test_two_processes_give_the_same_bytes() -> None:
    run = [
        subprocess.run([sys.executable, "-c", HASHES], capture_output=True, text=True, check=True, env=env).stdout
        for env in ({"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2"})
    ]
    assert run[0] == run[1]
    assert len(run[0].strip()) == 64


@pytest.mark.parametrize("kind", KINDS)
def test_the_world_is_the_one_that_is_written_down_here(kind: str) -> None:
    text = "|".join(document(kind, "train", 0, index).text for index in range(10))
    assert hashlib.sha256(text.encode()).hexdigest()[:8] == FIRST[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_order_does_not_matter(kind: str) -> None:
    forwards = [document(kind, "val", 3, index) for index in range(30)]
    backwards = [document(kind, "val", 3, index) for index in reversed(range(30))]
    assert forwards == backwards[::-1]


@pytest.mark.parametrize("kind", KINDS)
def test_seed_and_index_matter(kind: str) -> None:
    texts = {document(kind, "train", seed, index).text for seed in range(4) for index in range(25)}
    assert len(texts) == 100


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_is_plain_ascii_with_its_size_and_its_conversation(kind: str) -> None:
    for index in range(100):
        found = document(kind, "train", 0, index)
        assert all(" " <= character <= "~" or character == "\n" for character in found.text)
        assert found.n_bytes == len(found.text.encode())
        assert "  " not in found.text
        assert found.text == found.text.strip()
        if found.text.startswith("User: "):
            assert to_messages(found.text) == list(found.messages)


def test_a_wrong_kind_or_split_is_named() -> None:
    with pytest.raises(ValueError, match=r"no kind 'poem'.*story"):
        document("poem", "train", 0, 0)
    with pytest.raises(ValueError, match=r"no split 'test'.*compositional"):
        document("story", "test", 0, 0)
    with pytest.raises(ValueError, match="at least one kind"):
        next(documents((), "train"))


def test_a_corpus_is_as_long_as_was_asked_for_and_half_of_it_is_stories() -> None:
    made = list(documents(KINDS, "train", 0, 300_000))
    sizes = [each.n_bytes for each in made]
    assert sum(sizes[:-1]) < 300_000 <= sum(sizes)
    kinds = Counter(each.kind for each in made)
    assert set(kinds) == set(KINDS)
    assert 0.4 < kinds["story"] / len(made) < 0.6
    again = list(documents(KINDS, "train", 0, 100_000))
    assert again == made[: len(again)]


def test_the_words_are_about_fifteen_hundred_and_every_one_in_a_document_is_among_them() -> None:
    assert 1200 <= len(words()) <= 1800
    for kind in KINDS:
        for index in range(200):
            for word in WORD.findall(document(kind, "train", 1, index).text):
                assert len(word) == 1 or word.lower() in words(), word


def test_nearly_every_word_is_used() -> None:
    seen: set[str] = set()
    for kind in KINDS:
        for index in range(1500):
            seen.update(word.lower() for word in WORD.findall(document(kind, "train", 2, index).text))
    assert len(words() - seen) < 0.03 * len(words())


def test_there_are_more_than_a_million_million_stories() -> None:
    assert all(n_stories(split) > 10**12 for split in SPLITS)


def test_a_story_divides_into_lines_in_one_way() -> None:
    for index in range(150):
        assert derivations(document("story", "train", 5, index).text) == 1


def one_derivation_each(kind: str, n: int) -> None:
    """No two documents have the same text and different choices."""
    known: dict[str, tuple[int, ...]] = {}
    for index, split in itertools.product(range(n // len(SPLITS) + 1), SPLITS):
        found = document(kind, split, 11, index)
        assert known.setdefault(found.text, found.choices) == found.choices, found.text


@pytest.mark.parametrize("kind", KINDS)
def test_one_text_has_one_derivation(kind: str) -> None:
    one_derivation_each(kind, 2_000)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_one_text_has_one_derivation_over_a_hundred_thousand_documents(kind: str) -> None:
    one_derivation_each(kind, 20_000)


@pytest.mark.parametrize("kind", KINDS)
def test_articles_suit_the_word_that_follows(kind: str) -> None:
    for index in range(400):
        text = document(kind, "train", 31, index).text
        assert not re.search(r"\b[Aa] (?!one\b)[aeiou]", text), text
        assert not re.search(r"\b[Aa]n (?!hour\b)[b-df-hj-np-tv-z]", text), text


@pytest.mark.parametrize("kind", KINDS)
def test_sentences_begin_with_a_capital(kind: str) -> None:
    for index in range(400):
        text = document(kind, "train", 32, index).text
        assert not re.search(r"[.!?] [a-z]", text.replace("yawn, ", "")), text
