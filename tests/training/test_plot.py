"""Pictures of runs: drawn from their folders, the same each time, and never in the way of the run itself."""

from pathlib import Path

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.training.runs import train
from vibejam_core.text.corpora import Corpus
from vibejam_core.training import plot
from vibejam_core.training.plot import LOOKS, draw_run, draw_runs, short_names


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Figure, Axes, Axes]]:
    """What is drawn, to be looked at."""
    figures: list[tuple[Figure, Axes, Axes]] = []
    original = plot.empty

    def empty() -> tuple[Figure, Axes, Axes]:
        figures.append(original())
        return figures[-1]

    monkeypatch.setattr(plot, "empty", empty)
    return figures


def texts(ax: Axes) -> list[str]:
    """What is written into a plot."""
    return [text.get_text() for text in ax.texts]


def test_a_run_is_drawn_with_what_it_is_compared_with(tmp_path: Path, drawn: list[tuple[Figure, Axes, Axes]]) -> None:
    """Both losses at every measurement, the counts and the floor across, the learning rate below."""
    letters = "".join("abc"[n * n % 3] + "\n" for n in range(200))
    train(tmp_path / "run", Corpus("squares", (letters,), (letters[:100],), floor_bits=25.0))
    assert draw_run(tmp_path / "run") == tmp_path / "run" / "loss.png"
    assert (tmp_path / "run" / "loss.png").read_bytes().startswith(b"\x89PNG")
    [(_, upper, lower)] = drawn
    assert [list(line.get_xdata()) for line in upper.lines[:2]] == [[0, 10, 20, 30]] * 2
    assert [text.get_text() for text in upper.get_legend().get_texts()] == ["training", "validation"]
    assert [text.split()[0] for text in texts(upper)] == ["5-gram", "floor"]
    assert texts(upper)[1] == "floor 0.17"  # 25 bits over 100 tokens, in nats
    assert list(lower.lines[0].get_xdata()) == [10, 20, 30]


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    """Whatever the kind of picture."""
    train(tmp_path / "run")
    for kind in ("png", "svg", "pdf"):
        one, other = (draw_run(tmp_path / "run", tmp_path / f"{n}.{kind}").read_bytes() for n in (1, 2))
        assert one == other, kind


def test_runs_are_drawn_over_each_other(tmp_path: Path, drawn: list[tuple[Figure, Axes, Axes]]) -> None:
    """Each by a short name; what they are compared with only where it is the same for all."""
    for seed in (1, 2):
        train(tmp_path / f"seed{seed}" / "run", seed=seed)
    train(tmp_path / "other", Corpus("letters", ("abcdefgh" * 60,)))
    runs = [tmp_path / "seed1" / "run", tmp_path / "seed2" / "run"]
    draw_runs(runs, tmp_path / "both.svg")
    draw_runs([*runs, tmp_path / "other"], tmp_path / "all.svg")
    assert [text.get_text() for text in drawn[0][1].get_legend().get_texts()] == ["seed1/run", "seed2/run"]
    assert len(texts(drawn[0][1])) == 1
    assert texts(drawn[1][1]) == []
    assert "<svg" in (tmp_path / "all.svg").read_text()


def test_a_run_without_validation_text_shows_its_training_loss(
    tmp_path: Path, drawn: list[tuple[Figure, Axes, Axes]]
) -> None:
    """And says so."""
    train(tmp_path / "run", Corpus("short", ("abcdefghij" * 3,)))
    draw_run(tmp_path / "run")
    draw_runs([tmp_path / "run"], tmp_path / "one.png")
    assert len(drawn[0][1].lines) == 1
    assert drawn[1][1].get_legend().get_texts()[0].get_text() == "run (training)"


def test_what_cannot_be_drawn_is_named(tmp_path: Path) -> None:
    """No measurements, another kind of picture, too many runs."""
    with pytest.raises(ValueError, match=r"nothing to draw in .*no log\.jsonl"):
        draw_run(tmp_path)
    train(tmp_path / "run")
    with pytest.raises(ValueError, match=r"loss\.gif should end in \.png, \.svg, \.pdf"):
        draw_run(tmp_path / "run", tmp_path / "loss.gif")
    with pytest.raises(ValueError, match=r"1 to 12 runs apart, but 13 were given"):
        draw_runs([tmp_path / "run"] * (len(LOOKS) + 1), tmp_path / "loss.png")


def test_names_are_as_short_as_they_can_be() -> None:
    """What all share at the beginning is left out, but never the folder's own name."""
    assert short_names([Path("/a/b/c"), Path("/a/b/d")]) == ["c", "d"]
    assert short_names([Path("/a/b/run"), Path("/a/c/run")]) == ["b/run", "c/run"]
    assert short_names([Path("/a/b")]) == ["b"]
    assert short_names([Path("/a/b"), Path("/a/b")]) == ["b", "b"]
