"""Which text to train on."""

from typing import get_args, get_type_hints

import pytest

from vibejam_core.text.config import DataConfig
from vibejam_core.text.corpora import CORPORA, load


def test_the_option_offers_every_corpus_that_has_a_name() -> None:
    """The type of the field is what the command line offers."""
    assert get_args(get_type_hints(DataConfig)["corpus"]) == tuple(CORPORA)


def test_an_unknown_corpus_and_an_impossible_split_are_named() -> None:
    """With what there is, and what is possible."""
    with pytest.raises(ValueError, match=r"'web'\. There are: tinyworld, pydocs"):
        load("web")
    with pytest.raises(ValueError, match="below 1, but it is 1"):
        DataConfig(val_fraction=1.0)
    with pytest.raises(ValueError, match=r"megabytes must be from 0\.01 to 1000, but it is 0"):
        DataConfig(megabytes=0)
    with pytest.raises(ValueError, match="kinds is empty"):
        DataConfig(kinds=())


def test_tinyworld_is_what_nothing_said_gives() -> None:
    """The default corpus of every command."""
    assert DataConfig().corpus == "tinyworld"
    assert DataConfig(megabytes=0.02).load().name == "tinyworld"
