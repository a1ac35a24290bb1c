"""The plots of labs 10 and 11: dials with hands, arrows from one point."""

from vibejam_core.course.figures_modern import arrows, clocks


def dials():
    """Two dials with two hands each."""
    return clocks({"pair 0": {"query": 1.0, "key": -2.0}, "pair 1": {"query": 0.1, "key": 0.3}}, alt="two dials")


def test_the_same_dials_give_the_same_bytes():
    """Stored outputs change only when a plot does."""
    assert dials().png == dials().png


def test_dials_and_arrows_tell_those_who_cannot_see_them_what_they_show():
    """Both are pictures with an alternative text."""
    assert 'alt="two dials"' in dials()._repr_html_()
    assert 'alt="an arrow"' in arrows({"before": [(1.0, 2.0)]}, circle=1.4, alt="an arrow")._repr_html_()


def test_arrows_need_no_circle():
    """It is drawn only where it is asked for."""
    assert (
        arrows({"before": [(1.0, 2.0)]}, alt="an arrow").png
        != arrows({"before": [(1.0, 2.0)]}, circle=1.0, alt="an arrow").png
    )
