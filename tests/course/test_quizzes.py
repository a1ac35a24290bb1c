"""A quiz of a lab's source: read, refused where it can't be asked, shown in notebooks, answered with buttons."""

from pathlib import Path

import pytest

from tests.course import small_course
from vibejam_core.course import site
from vibejam_core.course.authoring import lab_source, notebooks, quizzes
from vibejam_core.course.authoring.lab_source import LabSourceError
from vibejam_core.course.jupyter import quiz_widget
from vibejam_core.course.jupyter.quiz_widget import QuizButtons, inline
from vibejam_core.course.workspace import repo_root

QUIZ = """:::{quiz} Is `a < b` *always* $x$?
- [ ] No | never, since
  $e^{x}$ grows.
  > It *may* grow
  > and `x` too.
- [x] Yes.
  > See [a page](../glossary.md#token).

The explanation.

It has two paragraphs.
:::
"""
FIRST = small_course.SOURCE.count("\n") + 1
"""The line of the quiz in the source below."""


def source(quiz: str) -> str:
    return small_course.SOURCE + quiz


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small_course.make(tmp_path)


def read(root: Path, quiz: str = QUIZ) -> lab_source.LabSource:
    path = root / "book" / "labs" / "00_warm_up.md"
    path.write_text(source(quiz), encoding="utf-8")
    return lab_source.read(path)


def quiz_of(root: Path, quiz: str = QUIZ) -> quizzes.Quiz:
    made = read(root, quiz)
    return quizzes.of(next(block for block in made.blocks if block.kind == "quiz"), made.path)


def cells(root: Path, solved: bool) -> dict[str, str]:
    make = notebooks.solved_notebook if solved else notebooks.skeleton_notebook
    made = make(read(root), root, site.load(root))
    return {cell["id"]: "".join(cell["source"]) for cell in made["cells"]}


def test_a_quiz_is_read(root: Path):
    """Choices and feedback may go over several lines; the rest is the explanation."""
    quiz = quiz_of(root)
    assert quiz.question == "Is `a < b` *always* $x$?"
    assert [choice.text for choice in quiz.choices] == ["No | never, since $e^{x}$ grows.", "Yes."]
    assert [choice.right for choice in quiz.choices] == [False, True]
    assert quiz.choices[0].feedback == "It *may* grow and `x` too."
    assert quiz.explanation == "The explanation.\n\nIt has two paragraphs."
    assert (quiz.line, quiz.choices[1].line, quiz.several) == (FIRST, FIRST + 5, False)


def test_a_question_may_hold_code_above_its_choices(root: Path):
    """What looks like a choice inside the code is code."""
    quiz = quiz_of(root, QUIZ.replace("- [ ] No", "```text\n- [ ] no choice\n```\n- [ ] No", 1))
    assert "- [ ] no choice" in quiz.question
    assert len(quiz.choices) == 2


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        pytest.param("- [x] Yes", "- [ ] Yes", 0, "no choice of this quiz is right", id="none right"),
        pytest.param("- [ ] No", "- [x] No", 0, "every choice of this quiz is right", id="all right"),
        pytest.param("  > See [a page](../glossary.md#token).\n", "", 5, "'Yes.' has no feedback", id="no feedback"),
        pytest.param(" Is `a < b` *always* $x$?", "", 0, "asks nothing", id="no question"),
        pytest.param("- [x] Yes.", "- [x]", 5, "says nothing", id="an empty choice"),
        pytest.param("- [x] Yes.", "-[x] Yes.", 5, "begins with '- [ ] ' or '- [x] '", id="a misspelt choice"),
        pytest.param("- [x] Yes.", "* [x] Yes.", 5, "begins with '- [ ] ' or '- [x] '", id="another bullet"),
        pytest.param("Yes.", "No | never, since $e^{x}$ grows.", 5, "say the same", id="twice"),
        pytest.param("The explanation.\n\nIt has two paragraphs.\n", "", 0, "no explanation", id="no explanation"),
        pytest.param("It has two", "- [ ] It has two", 10, "below the explanation", id="a late choice"),
        pytest.param("  > It *may*", "  - a list\n  > It *may*", 3, "a line of text each", id="a list in a choice"),
        pytest.param("paragraphs.", "{term}`paragraphs`.", 10, "{term}", id="a role"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(root: Path, old: str, new: str, line: int, told: str):
    """An author reads where to look and what to change."""
    assert QUIZ.count(old) == 1
    with pytest.raises(LabSourceError) as error:
        read(root, QUIZ.replace(old, new))
    assert str(error.value).startswith(f"00_warm_up.md:{FIRST + line}: ")
    assert told in str(error.value)


def test_one_choice_is_no_choice(root: Path):
    """And seven are too many."""
    one = ":::{quiz} Why?\n- [x] So.\n  > Yes.\n\nBecause.\n:::\n"
    seven = one.replace("- [x]", "".join(f"- [ ] {n}\n  > No.\n" for n in range(6)) + "- [x]")
    for text, count in ((one, 1), (seven, 7)):
        with pytest.raises(LabSourceError, match=f"has 2 to 6 choices.* this one has {count}"):
            read(root, text)


def test_two_quizzes_that_begin_alike_are_refused(root: Path):
    """Their first words are how a notebook finds them."""
    with pytest.raises(LabSourceError, match=f":{FIRST + 13}: .*begins as the one on line {FIRST} does"):
        read(root, QUIZ + "\n" + QUIZ)


def test_a_quiz_stands_alone(root: Path):
    """Not inside a note."""
    with pytest.raises(LabSourceError, match="can't stand inside another block"):
        read(root, f"::::{{note}}\n{QUIZ}::::\n")


def test_a_notebook_shows_the_quiz_without_a_kernel(root: Path):
    """Question and lettered choices in sight, feedback and explanation folded, in both notebooks."""
    for solved in (False, True):
        asked, folded = cells(root, solved)["quiz-is-a-b-always-x"].split("<details>\n<summary>Answer</summary>")
        assert "**Quiz.** Is `a < b` *always* $x$?" in asked
        assert "- **A.** No | never, since $e^{x}$ grows.\n- **B.** Yes.\n" in asked
        assert "- **A.** ✗ *Not right.* It *may* grow and `x` too." in folded
        assert "- **B.** ✓ *Right.* See [a page](" in folded
        assert "It has two paragraphs." in folded


def test_only_the_notebook_to_fill_in_has_buttons(root: Path):
    """On a page of the book, the page's own script makes them."""
    assert cells(root, False)["pick-is-a-b-always-x"] == "%quiz 00_warm_up is-a-b-always-x"
    assert not any(id.startswith("pick-") for id in cells(root, True))


def test_a_pick_is_answered_at_once_in_words_and_signs(root: Path):
    """And the next pick takes its place, since one choice is right."""
    buttons = QuizButtons(quiz_of(root))
    wrong, right = buttons.pick(0), buttons.pick(1)
    assert "✗ A. Not right.</b> It <em>may</em> grow and <code>x</code> too." in wrong
    assert "✓ B. Right." in right
    assert "Not right" not in right
    assert "Answer" in right


def test_where_several_are_right_all_must_be_found(root: Path):
    """Each pick stays in sight, and how many are left is said."""
    buttons = QuizButtons(quiz_of(root, QUIZ.replace("\nThe expl", "- [x] Perhaps.\n  > So it is.\n\nThe expl")))
    assert "still to find: 1" in buttons.pick(1)
    assert "still to find: 1" in buttons.pick(0)
    last = buttons.pick(2)
    assert all(said in last for said in ("A. Not right.", "B. Right.", "C. Right.", "All right choices found."))


def test_the_buttons_show_what_was_picked(root: Path):
    """A sign on the button, the feedback below; both go when another is picked."""
    box = QuizButtons(quiz_of(root)).widget()
    (first, second), said = box.children[0].children, box.children[1]
    assert (first.description, said.value) == ("A", "")
    first.click()
    assert (first.description, second.description) == ("A ✗", "B")
    assert "Not right." in said.value
    second.click()
    assert (first.description, second.description) == ("A", "B ✓")
    assert "Not right." not in said.value


def test_feedback_is_html_whose_formulas_the_notebook_sets():
    """Nothing in it is taken for a tag, and a star in code or a formula is no emphasis."""
    shown = inline("**b** `a*b<c*d` $x^*_1 < y^*$ *i* [w](https://e.org/a_b) <script>")
    assert shown == (
        "<strong>b</strong> <code>a*b&lt;c*d</code> $x^*_1 &lt; y^*$ <em>i</em> "
        '<a href="https://e.org/a_b" target="_blank" rel="noopener">w</a> &lt;script&gt;'
    )


def test_every_quiz_of_the_course_is_found_by_its_cell():
    """With its feedback's links made absolute, as in the skeleton notebook."""
    found = 0
    for path in lab_source.sources(repo_root() / "book" / "labs"):
        for block in lab_source.read(path).blocks:
            if block.kind == "quiz":
                quiz = quizzes.of(block, path)
                buttons = quiz_widget.find(path.stem, quiz.name)
                assert buttons.quiz == quiz
                assert not any("](../" in told for told in buttons.feedback)
                found += 1
    assert found


def test_a_quiz_that_was_reworded_is_said_so():
    """The notebook is older than the course."""
    with pytest.raises(ValueError, match="no quiz 'gone' any more"):
        quiz_widget.find("02_guessing", "gone")
    with pytest.raises(ValueError, match="no lab '77_gone'"):
        quiz_widget.find("77_gone", "gone")
