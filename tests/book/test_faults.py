"""What looks at the book sees the faults that it is there for."""

import pytest

from scripts.book import faults


def site(folder, body, other="<h2 id='there'>x</h2>"):
    """Two pages."""
    (folder / "index.html").write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    (folder / "other.html").write_text(other, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "body",
    [
        "<a href='other.html'>x</a>",
        "<a href='other.html#there'>x</a>",
        "<a href='#here'>x</a><p id='here'>",
        "<a href='https://example.org'>x</a>",
        "<link rel='canonical' href='https://example.org'>",
        "<img src='data:image/png;base64,AAAA'>",
    ],
)
def test_whole_links_and_links_to_the_web_are_no_faults(tmp_path, body):
    """A reader may leave; a page may not."""
    assert faults(site(tmp_path, body)) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<a href='gone.html'>x</a>", "no such file"),
        ("<a href='other.html#nowhere'>x</a>", "no such place"),
        ("<a href='#nowhere'>x</a>", "no such place"),
        ("<img src='gone.png'>", "no such file"),
        ("<script src='https://cdn.example.org/x.js'></script>", "fetches https://cdn"),
        ("<link rel='stylesheet' href='//fonts.example.org/x.css'>", "fetches //fonts"),
        ("<p style='background: url(https://example.org/x.png)'>", "fetches https://example"),
        ("<style>@import 'https://example.org/x.css';</style>", "fetches https://example"),
        ("<iframe src='https://example.org'></iframe>", "fetches https://example"),
    ],
)
def test_a_fault_is_seen(tmp_path, body, said):
    """One of each kind."""
    (fault,) = faults(site(tmp_path, body))
    assert said in fault


def test_a_style_sheet_that_fetches_a_font_is_seen(tmp_path):
    """Also in a file of its own."""
    (tmp_path / "a.css").write_text("@font-face { src: url('https://example.org/x.woff') }", encoding="utf-8")
    assert faults(site(tmp_path, "")) == ["a.css fetches https://example.org/x.woff"]


def test_an_empty_folder_is_no_book(tmp_path):
    """A check of nothing must not be green."""
    assert len(faults(tmp_path)) == 1
