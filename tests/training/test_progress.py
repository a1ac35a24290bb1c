"""The bar and the lines."""

import io
import sys

import pytest

from vibejam_core.training.progress import Progress, duration


class Terminal(io.StringIO):
    """A file that says it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def test_a_terminal_shows_a_bar_with_loss_speed_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """And takes it away at the end."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    progress = Progress(total=2)
    assert progress.bar is not None
    progress.bar.mininterval = 0
    progress.update(2.5, 1234)
    progress.close()
    shown = sys.stderr.getvalue().split("\r")  # type: ignore[attr-defined]
    assert "step 1/2, loss 2.500, 1,234 tokens/s, " in shown[2]
    assert shown[2].endswith(" left")
    assert shown[-1].strip() == ""


def test_elsewhere_a_line_comes_every_so_often(capsys: pytest.CaptureFixture[str]) -> None:
    """With the same facts."""
    progress = Progress(total=2, every=0)
    progress.update(2.5, 1234)
    assert "step     1/2  loss 2.500, 1,234 tokens/s, 0:00 left\n" in capsys.readouterr().out
    quiet = Progress(total=2, every=1000)
    quiet.update(2.5, 1234)
    assert capsys.readouterr().out == ""


def test_durations_read_like_a_clock() -> None:
    """Minutes and seconds, hours where there are any."""
    assert [duration(seconds) for seconds in (0, 65, 7200)] == ["0:00", "1:05", "2:00:00"]
