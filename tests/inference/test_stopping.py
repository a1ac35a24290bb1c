"""When a sample is over."""

import pytest

from vibejam_core.inference.config import SamplingConfig
from vibejam_core.inference.stopping import certain, cut_at


def test_a_sample_ends_before_the_first_stop_text() -> None:
    """Whichever of them comes first."""
    config = SamplingConfig(stop=("User:", "END"))
    assert cut_at("Yes. END User:", config) == 5
    assert cut_at("Yes. User: END", config) == 5
    assert cut_at("Yes. Use", config) is None


def test_line_breaks_and_white_space_may_not_run_away() -> None:
    """As many as allowed are kept; in a row only counts."""
    config = SamplingConfig(max_newlines=2, max_spaces=4)
    assert cut_at("a\n\nb\n\n", config) is None
    assert cut_at("a\n\n\nb", config) == 3
    assert cut_at("a \t  b", config) is None
    assert cut_at("a \t   b", config) == 5
    assert cut_at("a" + "\n" * 99, SamplingConfig(max_newlines=0, max_spaces=0)) is None


def test_what_could_be_the_beginning_of_a_stop_text_is_not_certain() -> None:
    """It is held back until it is clear, so that nothing printed must be taken back."""
    config = SamplingConfig(stop=("END", "NO"))
    assert certain("the EN", config) == 4
    assert certain("the E", config) == 4
    assert certain("E", config) == 0
    assert certain("the N", config) == 4
    assert certain("the ENx", config) == 7
    assert certain("the EN", SamplingConfig()) == 6


def test_impossible_settings_are_named() -> None:
    """Each with the value that was given."""
    with pytest.raises(ValueError, match=r"top_p must be above 0 and at most 1, but it is 1\.5"):
        SamplingConfig(top_p=1.5)
    with pytest.raises(ValueError, match="temperature must be at least 0, but it is -1"):
        SamplingConfig(temperature=-1)
    with pytest.raises(ValueError, match="num_samples must be at least 1, but it is 0"):
        SamplingConfig(num_samples=0)
    with pytest.raises(ValueError, match="stop text must not be empty"):
        SamplingConfig(stop=("",))
