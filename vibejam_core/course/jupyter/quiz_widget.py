"""Buttons for a quiz in a notebook: pick a letter, read what it says about that choice.

The question and its choices stand in the Markdown cell above; the feedback is read from the lab's source, so it is
written once. Nothing is recorded, and no answer blocks anything.
"""

from __future__ import annotations

import html
import re
from typing import Any

from vibejam_core.course import site
from vibejam_core.course.authoring import lab_source, quizzes
from vibejam_core.course.authoring.prose import Prose
from vibejam_core.course.authoring.quizzes import Quiz
from vibejam_core.course.workspace import repo_root

# Colours that are legible on a white page and on a dark one; signs and words say the same.
GREEN, RED = "#24895a", "#d1443c"
HIDDEN = re.compile(r"`([^`]+)`|\$([^$]+)\$")
LINK = re.compile(r"\[([^\]]+)\]\(([^()\s]+)\)")


class QuizButtons:
    """A row of buttons, one per choice, and below it the feedback on what was picked."""

    def __init__(self, quiz: Quiz, feedback: tuple[str, ...] = ()) -> None:
        """Prepare.

        Args:
            quiz: what is asked.
            feedback: the choices' feedback as Markdown with its links made absolute; by default as it is written.
        """
        self.quiz = quiz
        self.feedback = feedback or tuple(choice.feedback for choice in quiz.choices)
        self.picked: list[int] = []

    def pick(self, index: int) -> str:
        """Take an answer; gives back what to show, as HTML. Of a quiz with one right choice, the last one counts."""
        if not self.quiz.several:
            self.picked = [index]
        elif index not in self.picked:
            self.picked.append(index)
        rows = [self._row(each) for each in self.picked]
        right = sum(choice.right for choice in self.quiz.choices)
        found = sum(self.quiz.choices[each].right for each in self.picked)
        if self.quiz.several:
            left = right - found
            rows.append(_line("All right choices found." if not left else f"Right ones still to find: {left}."))
        if found == right:
            rows.append(_line("Why this is so stands folded in the cell above, under <em>Answer</em>."))
        return "".join(rows)

    def _row(self, index: int) -> str:
        right = self.quiz.choices[index].right
        sign, word, colour = ("✓", "Right.", GREEN) if right else ("✗", "Not right.", RED)
        head = f"<b style='color:{colour}'>{sign} {quizzes.letter(index)}. {word}</b>"
        return _line(f"{head} {inline(self.feedback[index])}")

    def widget(self) -> Any:
        """The live version."""
        import ipywidgets as widgets  # type: ignore[import-untyped]

        names = [quizzes.letter(index) for index in range(len(self.quiz.choices))]
        layout = widgets.Layout(width="4.8em")
        buttons = [widgets.Button(description=name, tooltip=f"Choose {name}", layout=layout) for name in names]
        said = widgets.HTMLMath(value="")

        def answer(index: int) -> Any:
            def clicked(_: Any) -> None:
                said.value = self.pick(index)
                for each, button in enumerate(buttons):
                    chosen = each in self.picked
                    right = self.quiz.choices[each].right
                    button.description = names[each] + ((" ✓" if right else " ✗") if chosen else "")

            return clicked

        for index, button in enumerate(buttons):
            button.on_click(answer(index))
        return widgets.VBox([widgets.HBox(buttons, layout=widgets.Layout(flex_flow="row wrap")), said])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget().model_id}
        return {"application/vnd.jupyter.widget-view+json": view, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"[quiz: {', '.join(quizzes.letter(index) for index in range(len(self.quiz.choices)))}]"


def find(lab: str, name: str) -> QuizButtons:
    """The quiz of a lab's source, such as ``find("02_guessing", "why-the-logarithm")``.

    Raises:
        ValueError: if there is no such lab or quiz. A notebook from before an update may ask for one that was reworded.
    """
    root = repo_root()
    path = root / "book" / "labs" / f"{lab}.md"
    if not path.is_file():
        known = ", ".join(each.stem for each in lab_source.sources(path.parent))
        raise ValueError(f"there is no lab {lab!r}. There are: {known}.")
    asked = [quizzes.of(block, path) for block in lab_source.read(path).blocks if block.kind == "quiz"]
    quiz = next((each for each in asked if each.name == name), None)
    if quiz is None:
        listed = "".join(f"\n    {each.name}" for each in asked) or " none"
        raise ValueError(f"lab {lab} has no quiz {name!r} any more. Its quizzes are:{listed}")
    prose = Prose(path, root, site.load(root), attached=True)
    return QuizButtons(quiz, tuple(prose.markdown(choice.feedback, choice.line) for choice in quiz.choices))


def inline(markdown: str) -> str:
    """A line of Markdown as HTML: code, emphasis and links. Formulas stay as they are, for the notebook to set."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        code, formula = found[1], found[2]
        kept.append(f"<code>{html.escape(code)}</code>" if code else f"${html.escape(formula, quote=False)}$")
        return f"\0{len(kept) - 1}\0"

    text = html.escape(HIDDEN.sub(keep, markdown), quote=False)
    text = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", text)
    text = re.sub(r"\*([^*]+)\*", r"<em>\1</em>", text)
    text = LINK.sub(r'<a href="\2" target="_blank" rel="noopener">\1</a>', text)
    return re.sub("\0(\\d+)\0", lambda found: kept[int(found[1])], text)


def _line(body: str) -> str:
    return f"<div style='line-height:1.5;max-width:52em;margin:.2em 0'>{body}</div>"
