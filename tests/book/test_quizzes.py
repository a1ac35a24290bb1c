"""The quizzes on the book's pages: answered at once, by sign and word, by keyboard, and readable without a script."""

import functools

import pytest
from bs4 import BeautifulSoup

from tests.book import browser
from tests.book.test_in_a_browser import CONTRAST, NARROW_AND_DARK, OVERFLOW, WIDE_AND_LIGHT
from vibejam_core.course.authoring import lab_source, quizzes
from vibejam_core.course.workspace import repo_root

SOURCES = lab_source.sources(repo_root() / "book" / "labs")
in_a_browser = pytest.mark.skipif(browser.find() is None, reason="no Chromium or Chrome is installed")

# What each choice of each quiz says when it is picked, one after another.
PICK = """(() => [...document.querySelectorAll("div.quiz")].map(quiz => ({
  group: document.getElementById(quiz.querySelector("[role=group]").getAttribute("aria-labelledby")).textContent,
  before: quiz.querySelector(".quiz-form").textContent,
  picked: [...quiz.querySelectorAll("button.quiz-choice")].map(button => {
    button.focus();
    const focused = document.activeElement === button;
    button.click();
    const said = button.nextElementSibling;
    return {focused, pressed: button.getAttribute("aria-pressed"), right: button.classList.contains("right"),
            wrong: button.classList.contains("wrong"), said: said.textContent, seen: said.offsetHeight > 0,
            live: said.getAttribute("aria-live")};
  }),
  pressed: quiz.querySelectorAll("[aria-pressed=true]").length,
  count: quiz.querySelector(".quiz-count").textContent,
  fold: quiz.querySelector("details").open,
  summary: quiz.querySelector("summary").textContent.trim(),
})))()"""
LOOK = f"(() => {{ const quizzes = {PICK}; return {{quizzes, overflow: {OVERFLOW}, contrast: {CONTRAST}}}; }})()"


def asked(path) -> list[quizzes.Quiz]:
    """The quizzes of a lab's source."""
    return [quizzes.of(block, path) for block in lab_source.read(path).blocks if block.kind == "quiz"]


WITH_QUIZZES = [path for path in SOURCES if asked(path)]


@pytest.fixture(scope="module")
def look(pages):
    """Pick every choice of a page's quizzes, and look at the page; each only once."""
    with browser.running() as chromium:
        yield functools.cache(
            lambda path, width, dark: (
                chromium.visit((pages / "solutions" / f"{path.stem}.html").as_uri(), LOOK, width=width, dark=dark).value
            )
        )


def test_there_are_quizzes():
    """So that what follows looks at something."""
    assert WITH_QUIZZES


@in_a_browser
@pytest.mark.parametrize("path", WITH_QUIZZES, ids=lambda path: path.stem)
def test_every_choice_is_answered_as_its_source_says(look, path):
    """With a sign and a word, beside the choice, and announced to who can't see it."""
    shown = look(path, *WIDE_AND_LIGHT)["quizzes"]
    for quiz, seen in zip(asked(path), shown, strict=True):
        assert seen["group"].startswith("Quiz. ")
        assert "✓" not in seen["before"]
        assert "✗" not in seen["before"]
        assert not seen["fold"]
        assert seen["summary"] == "Explanation"
        for choice, picked in zip(quiz.choices, seen["picked"], strict=True):
            assert picked["said"].strip().startswith("✓ Right." if choice.right else "✗ Not right."), choice.text
            assert (picked["right"], picked["wrong"]) == (choice.right, not choice.right)
            assert (picked["focused"], picked["pressed"], picked["seen"]) == (True, "true", True)
            assert picked["live"] == "polite"


@in_a_browser
@pytest.mark.parametrize("path", WITH_QUIZZES, ids=lambda path: path.stem)
def test_one_answer_replaces_the_other_unless_several_are_right(look, path):
    """Then it is counted how many were found."""
    for quiz, seen in zip(asked(path), look(path, *WIDE_AND_LIGHT)["quizzes"], strict=True):
        right = sum(choice.right for choice in quiz.choices)
        assert seen["pressed"] == (len(quiz.choices) if quiz.several else 1)
        assert seen["count"] == (f"{right} of {right} right choices found" if quiz.several else "")


@in_a_browser
@pytest.mark.parametrize("theme", [WIDE_AND_LIGHT, NARROW_AND_DARK], ids=["light", "dark"])
@pytest.mark.parametrize("path", WITH_QUIZZES, ids=lambda path: path.stem)
def test_an_answered_quiz_fits_and_stands_out(look, path, theme):
    """On a phone as on a screen, in both themes."""
    seen = look(path, *theme)
    assert seen["overflow"] == [0, []]
    assert all(contrast >= 4.5 for contrast, _ in seen["contrast"]), seen["contrast"]


@pytest.mark.parametrize("path", WITH_QUIZZES, ids=lambda path: path.stem)
def test_a_quiz_can_be_read_without_a_script(pages, path):
    """The choices in sight, everything that gives them away in a closed fold."""
    page = BeautifulSoup((pages / "solutions" / f"{path.stem}.html").read_text(encoding="utf-8"), "html.parser")
    for quiz, shown in zip(asked(path), page.select("div.quiz"), strict=True):
        fold = shown.find("details", recursive=False)
        assert not fold.has_attr("open")
        feedback = [item.get_text() for item in fold.find("ul").find_all("li", recursive=False)]
        assert [("✓" in said, "✗" in said) for said in feedback] == [(c.right, not c.right) for c in quiz.choices]
        fold.extract()
        letters = [item.get_text().split()[0] for item in shown.find("ul").find_all("li", recursive=False)]
        assert letters == [f"{quizzes.letter(index)}." for index in range(len(quiz.choices))]
        assert "✓" not in shown.get_text()
