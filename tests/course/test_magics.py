"""`%%exercise` and `%check` in a real kernel: what is written, what is shown, what is raised."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

from vibejam_core.course import bootstrap, curriculum, site
from vibejam_core.course.authoring import lab_source, quizzes
from vibejam_core.course.grafting import skeleton
from vibejam_core.course.progress import Progress
from vibejam_core.course.workspace import Workspace, repo_root

pytestmark = pytest.mark.slow

ID = "counting.count_characters"
STUB = f"%%exercise {ID}\n\n{skeleton.skeleton_definition(curriculum.component(ID))}"
RIGHT = f"%%exercise {ID}\n\ndef count_characters(text):\n    return {{c: text.count(c) for c in text}}\n"
WRONG = RIGHT.replace("in text}", "in text.strip()}")


@dataclass
class Ran:
    """What came of a cell."""

    text: str = ""
    kinds: set[str] = field(default_factory=set)
    error: list[str] | None = None


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture(scope="module")
def kernel(root: Path) -> Iterator[Callable[[str], Ran]]:
    """A kernel in which the first cell ran, as in a lab."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("VIBEJAM")}
    settings = {"VIBEJAM_WORKSPACE": str(root), "VIBEJAM_TIME_LIMIT": "3", "OMP_NUM_THREADS": "1"}
    manager, client = start_new_kernel(cwd=str(repo_root() / "labs"), env={**kept, **settings})

    def run(code: str) -> Ran:
        ran = Ran()

        def hear(message: dict) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                ran.text += content["text"]
            elif message["msg_type"] in ("display_data", "execute_result", "update_display_data"):
                ran.text += content["data"].get("text/plain", "") + "\n"
                ran.kinds |= set(content["data"])
            elif message["msg_type"] == "error":
                ran.error = content["traceback"]

        client.execute_interactive(code, output_hook=hear, timeout=60, allow_stdin=False)
        return ran

    first = run(bootstrap.first_cell(site.load(repo_root())))
    assert (first.text, first.error) == ("", None)
    yield run
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture(autouse=True)
def fresh(kernel: Callable[[str], Ran], root: Path) -> None:
    """Each test begins with an untouched module."""
    Workspace(root).module_path("counting").write_text(skeleton.skeleton_module("vibejam_core.text.counting"))


def module(root: Path) -> str:
    return Workspace(root).module_path("counting").read_text()


def test_a_right_cell_is_written_graded_and_drawn(kernel, root: Path):
    """The verdict is text and HTML; a picture follows; nothing is raised."""
    ran = kernel(RIGHT)
    assert ran.error is None
    assert "✓" in ran.text
    assert "[picture: " in ran.text
    assert {"text/html", "text/plain"} <= ran.kinds
    assert "text.count(c) for c in text" in module(root)


def test_a_wrong_cell_raises_one_line_after_its_verdict(kernel, root: Path):
    """So nbval sees red, and the learner no traceback."""
    ran = kernel(WRONG)
    assert "✗" in ran.text
    assert ran.error is not None
    assert len(ran.error) == 1
    assert ran.error[0].startswith(f"{ID} doesn't pass yet: ")
    assert "text.strip()" in module(root)


def test_an_untouched_stub_never_overwrites(kernel, root: Path):
    """It grades the module's version and says so."""
    kernel(RIGHT)
    before = module(root)
    ran = kernel(STUB)
    assert module(root) == before
    assert ran.error is None
    assert "Nothing is written in this cell yet" in ran.text
    assert "✓" in ran.text


def test_a_stub_over_a_stub_is_unfinished(kernel, root: Path):
    """Nothing is written, and the cell is red."""
    before = module(root)
    ran = kernel(STUB)
    assert module(root) == before
    assert ran.error == [f"{ID} is unfinished: Not written yet."]


def test_what_a_cell_replaces_is_kept(kernel, root: Path):
    """In the workspace's history."""
    kernel(WRONG)
    kernel(RIGHT)
    kept = list((Workspace(root).state / "history").rglob("*.py"))
    assert any("text.strip()" in path.read_text() for path in kept)


def test_names_that_were_imported_before_are_renewed(kernel):
    """Demo cells above imported the reference's; they go on with the learner's."""
    kernel("from vibejam_core.text import counting\nfrom vibejam_core.text.counting import count_characters as count")
    kernel(RIGHT + "    # mine\n")
    ran = kernel("import inspect\nprint(inspect.getsource(count), counting.count_characters is count)")
    assert "# mine" in ran.text
    assert "True" in ran.text


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        pytest.param(RIGHT.replace("(text):", "(text:"), "Line 3 of this cell", id="syntax error"),
        pytest.param(RIGHT.replace("def count_c", "def c"), "but it defines", id="name"),
        pytest.param("%%exercise gpt.Hat\n1", "gpt.Hat", id="unknown component"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_meant_writes_nothing(kernel, root: Path, cell: str, told: str):
    """One plain message stands where the traceback would."""
    before = module(root)
    ran = kernel(cell)
    assert module(root) == before
    assert ran.error is not None
    assert len(ran.error) == 1
    assert told in ran.error[0]


def test_helpers_are_kept_and_the_rest_runs_here(kernel, root: Path):
    """What tries the component out is no part of the module."""
    ran = kernel(RIGHT.replace("def", "import math\nLIMIT = 3\n\ndef", 1) + "\ncount_characters('abba')\n")
    assert ran.error is None
    assert "{'a': 2, 'b': 2}" in ran.text
    assert "LIMIT = 3" in module(root)
    assert "abba" not in module(root).replace('"abba"', "")


def test_a_component_that_never_ends_leaves_the_kernel_alive(kernel):
    """It runs in the grader only, which stops it."""
    ran = kernel(RIGHT.replace("return {", "while True: pass\n    return {"))
    assert ran.error is not None
    assert "3 s" in ran.text + ran.error[0]
    assert kernel("print('alive')").text == "alive\n"


def test_an_error_at_import_leaves_the_notebook_with_the_version_before(kernel, root: Path):
    """The verdict names it; the names in the notebook still work."""
    ran = kernel(RIGHT.replace("def", "LIMIT = 1 / 0\n\ndef", 1))
    assert ran.error is not None
    assert "ZeroDivisionError" in ran.text
    assert kernel("count_characters('aa')").text.strip() == "{'a': 2}"


def test_check_grades_a_component_and_a_lab(kernel):
    """Red as long as anything that was asked for is not done."""
    assert kernel(f"%check {ID}").error == [f"{ID} is unfinished: Not written yet."]
    kernel(RIGHT)
    assert kernel("%check 0").error is None
    ran = kernel("%check nonsense")
    assert ran.error is not None
    assert "nonsense" in ran.error[0]


KILL = "%%kill measures.perplexity\n\ndef test_it(perplexity):\n    assert perplexity(0.0) == 1.0\n"


def test_a_kill_cell_scores_its_tests(kernel, root: Path):
    """As text and HTML, in one output; and the board remembers."""
    ran = kernel(KILL)
    assert ran.error is None
    assert "your test kills " in ran.text
    assert {"text/html", "text/plain"} <= ran.kinds
    assert Progress(Workspace(root)).kills()["measures.perplexity"]["killed"] > 0


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('raise NotImplementedError("write your test here")', "Write your test here"),
        ("assert perplexity(0.0) == 2.0", "this cell:4, in test_it"),
        ("assert (", "line 4 isn't Python yet"),
    ],
)
def test_a_kill_cell_never_raises(kernel, body: str, told: str):
    """A learner who is writing a test needs no red cell; lines are counted from the magic's own."""
    ran = kernel(KILL.replace("assert perplexity(0.0) == 1.0", body))
    assert ran.error is None
    assert told in ran.text


def test_a_kill_cell_of_nothing_names_what_there_is(kernel):
    """A misspelt component is told as in an exercise."""
    ran = kernel(KILL.replace("measures.perplexity", "measures.perplexitty"))
    assert ran.error is not None
    assert "there is no component 'measures.perplexitty'" in ran.error[0]


def test_a_quiz_cell_shows_buttons_and_blocks_nothing(kernel):
    """A quiz that is no longer there is a sentence, not an error."""
    path = repo_root() / "book" / "labs" / "02_guessing.md"
    quiz = next(quizzes.of(block, path) for block in lab_source.read(path).blocks if block.kind == "quiz")
    ran = kernel(f"%quiz 02_guessing {quiz.name}")
    assert ran.error is None
    assert "application/vnd.jupyter.widget-view+json" in ran.kinds
    for asked in ("02_guessing gone", "nothing", ""):
        ran = kernel(f"%quiz {asked}")
        assert ran.error is None
        assert "folded in the cell above" in ran.text
