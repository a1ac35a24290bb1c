"""The page that shows tokens as they are typed: its script and the course's tokenizer agree."""

import json
import random
import runpy

import pytest

from tests.book import browser
from vibejam_core.course.workspace import repo_root
from vibejam_core.text.bpe import BPETokenizer

MAKER = runpy.run_path(str(repo_root() / "book" / "figures" / "vocabularies.py"), run_name="maker")
in_a_browser = pytest.mark.skipif(browser.find() is None, reason="no Chromium or Chrome is installed")


@pytest.fixture(scope="module")
def merges() -> list[tuple[int, int]]:
    text = MAKER["SCRIPT"].read_text(encoding="utf-8")
    flat = json.loads(text[text.index("{") : text.rindex("}") + 1])["merges"]
    return list(zip(flat[::2], flat[1::2], strict=True))


def strings() -> list[str]:
    """Texts of many scripts, with all kinds of spaces, signs and digits."""
    chance = random.Random(0)
    letters = ["abc THE the ing 's 'LL", "äłźß", "你好世界", "дом", "שלום", "ſ\u0301\u200b\ufeff"]
    alphabets = [*letters, "0123456789", " \n\t\r ", "🦆👩‍🚀🏳️‍🌈", ".,!?()[]{}\"'"]
    return ["".join(chance.choice(chance.choice(alphabets)) for _ in range(chance.randint(0, 40))) for _ in range(400)]


def test_what_stands_before_the_script_runs_is_what_the_tokenizer_gives(merges) -> None:
    assert MAKER["EXAMPLE"].read_text(encoding="utf-8") == MAKER["example"](merges)


def test_the_vocabularies_are_as_large_as_the_page_says(merges) -> None:
    page = (repo_root() / "book" / "tokens.md").read_text(encoding="utf-8")
    for size in MAKER["SIZES"][1:]:
        assert f"{size - 256:,}" in page
    assert len(merges) == MAKER["SIZES"][-1] - 256


@in_a_browser
def test_the_script_encodes_as_the_course_does(pages, merges) -> None:
    expression = f"{json.dumps(strings())}.map(text => [tokensOf(text), tokensOf(text, 768)])"
    with browser.running() as chromium:
        visit = chromium.visit((pages / "book/tokens.html").as_uri(), expression)
    assert visit.errors == []
    large, small = BPETokenizer(merges), BPETokenizer(merges[:768])
    for text, found in zip(strings(), visit.value, strict=True):
        assert found == [large.encode(text), small.encode(text)], repr(text)


@in_a_browser
def test_typing_shows_tokens_and_never_markup(pages) -> None:
    type_in = """(() => {
      const area = document.getElementById("tokens-text");
      area.value = "<b>the duck</b>";
      area.dispatchEvent(new Event("input"));
      const rows = [...document.querySelectorAll("#tokens-live .tokens")];
      const slider = document.getElementById("tokens-slider");
      slider.value = slider.max;
      slider.dispatchEvent(new Event("input"));
      return [rows.map(row => row.textContent), document.querySelectorAll("#tokens-live b").length,
              document.querySelectorAll(".fresh").length, Number(slider.max)];
    })()"""
    with browser.running() as chromium:
        texts, bold, fresh, stops = chromium.visit((pages / "book/tokens.html").as_uri(), type_in).value
    assert texts == ["<b>the·duck</b>"] * 4
    assert bold == 0
    assert fresh > 0
    assert stops > 3
