"""Notebooks are generated from one source, the same bytes each time."""

import json
from pathlib import Path

import nbformat
import pytest

from tests.course import small_course
from vibejam_core.course import curriculum, site
from vibejam_core.course.authoring import lab_source, notebooks
from vibejam_core.course.authoring.lab_source import LabSourceError
from vibejam_core.course.grading import learner_tests
from vibejam_core.course.grafting import skeleton

COMPONENT = curriculum.component("counting.count_characters")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small_course.make(tmp_path)


def make(root: Path, solved: bool) -> dict:
    source = lab_source.read(root / "book" / "labs" / "00_warm_up.md")
    generate = notebooks.solved_notebook if solved else notebooks.skeleton_notebook
    return generate(source, root, site.load(root))


def texts(notebook: dict) -> dict[str, str]:
    return {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}


def all_text(notebook: dict) -> str:
    return "\n".join(texts(notebook).values())


@pytest.mark.parametrize("solved", [False, True])
def test_a_generated_notebook_is_a_valid_notebook(root: Path, solved: bool):
    """Jupyter's own validator accepts it."""
    nbformat.validate(nbformat.reads(notebooks.dumps(make(root, solved)), as_version=4))


@pytest.mark.parametrize("solved", [False, True])
def test_the_same_source_gives_the_same_bytes(root: Path, solved: bool):
    """Nothing in a notebook records a time, an order or a machine."""
    assert notebooks.dumps(make(root, solved)) == notebooks.dumps(make(root, solved))


def test_a_change_in_one_place_leaves_other_cells_ids_alone(root: Path):
    """So that a diff shows what changed and nothing else."""
    before = set(texts(make(root, False)))
    path = root / "book" / "labs" / "00_warm_up.md"
    path.write_text(path.read_text().replace("After the hints.", "After all hints."))
    assert len(before ^ set(texts(make(root, False)))) == 2


@pytest.mark.parametrize("solved", [False, True])
def test_a_page_shows_the_hints_before_the_solution(root: Path, solved: bool):
    """In the skeleton they follow the cell that is to be filled in."""
    ids = list(texts(make(root, solved)))
    hints, exercise = (ids.index(f"{kind}-counting-count_characters") for kind in ("hints", "exercise"))
    assert (hints < exercise) is solved


def test_an_exercise_is_a_stub_in_the_skeleton(root: Path):
    """The skeleton's exercise cell is what `%%exercise` compares with."""
    cell = texts(make(root, False))["exercise-counting-count_characters"]
    assert cell == f"%%exercise counting.count_characters\n\n{skeleton.skeleton_definition(COMPONENT).strip()}"
    assert "NotImplementedError" in cell


def test_an_exercise_is_solved_and_folded_in_the_solution(root: Path):
    """The page shows the stub; the reference's code is in a cell whose input is hidden."""
    notebook = make(root, True)
    cell = next(cell for cell in notebook["cells"] if cell["id"] == "exercise-counting-count_characters")
    assert "hide-input" in cell["metadata"]["tags"]
    assert skeleton.reference_definition(COMPONENT).strip() in "".join(cell["source"])
    assert "NotImplementedError" in texts(notebook)["stub-counting-count_characters"]


def test_the_solution_is_nowhere_in_the_skeleton(root: Path):
    """Not in a cell, an output, or metadata."""
    body = skeleton.reference_definition(COMPONENT).strip().splitlines()[-3].strip()
    assert body not in notebooks.dumps(make(root, False))


def test_hints_and_answers_are_folded(root: Path):
    """Each stands in a details element, its text still Markdown."""
    hints = texts(make(root, False))["hints-counting-count_characters"]
    assert hints.count("<details>\n<summary>Hint ") == 3
    assert "<summary>Hint 3 of 3</summary>\n\nThree.\n\n</details>" in hints
    assert "<summary>Is <code>a &lt; b</code> <em>always</em> true?</summary>" in all_text(make(root, False))


def test_an_admonition_becomes_a_quotation(root: Path):
    """Every renderer shows quotations."""
    assert "> **Warning.** Careful.\n>\n> Twice." in all_text(make(root, False))


def test_pictures_are_attached_to_the_skeleton(root: Path):
    """Colab opens the notebook without the files around it."""
    cells = [cell for cell in make(root, False)["cells"] if "attachments" in cell]
    assert len(cells) == 2
    assert all("(attachment:square.svg)" in "".join(cell["source"]) for cell in cells)
    assert list(cells[0]["attachments"]["square.svg"]) == ["image/svg+xml"]


def test_a_drawing_is_attached_as_its_photograph(root: Path):
    """JupyterLab shows an attached SVG as a broken picture; a page of the book shows the drawing itself."""
    (root / "book" / "figures" / "square.jpg").write_bytes(b"jpeg")
    cells = [cell for cell in make(root, False)["cells"] if "attachments" in cell]
    assert all(cell["attachments"] == {"square.jpg": {"image/jpeg": "anBlZw=="}} for cell in cells)
    assert all("(attachment:square.jpg)" in "".join(cell["source"]) for cell in cells)
    assert "(../book/figures/square.svg)" in all_text(make(root, True))


def test_links_lead_from_labs_and_from_the_book(root: Path):
    """Between labs they lead to notebooks; to the book's pages by path in the book, over the web elsewhere."""
    skeleton_text, solved_text = all_text(make(root, False)), all_text(make(root, True))
    for text in (skeleton_text, solved_text):
        assert "[a lab](01_characters.ipynb#ids)" in text
        assert "[the web](https://example.org/a.md)" in text
        assert "`[x](y.md)`" in text
    assert "[term](https://github.com/someone/small/blob/main/book/glossary.md#token)" in skeleton_text
    assert "[term](../book/glossary.md#token)" in solved_text
    assert "![A square](../book/figures/square.svg)" in solved_text


@pytest.mark.parametrize("address", ["../glosary.md", "../figures/circle.svg", "../../../outside.md", "09_nothing.md"])
def test_a_dead_link_is_refused(root: Path, address: str):
    """An author reads where it stands."""
    path = root / "book" / "labs" / "00_warm_up.md"
    path.write_text(path.read_text().replace("../glossary.md#token", address))
    with pytest.raises(LabSourceError, match=r"00_warm_up.md:6: "):
        make(root, False)


def test_the_address_stands_in_one_place(root: Path):
    """Changing it in pyproject.toml changes every badge, link and first cell."""
    before = [notebooks.dumps(make(root, solved)) for solved in (False, True)]
    assert all("someone/small" in text for text in before)
    pyproject = root / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("someone/small", "other/course"))
    after = [notebooks.dumps(make(root, solved)) for solved in (False, True)]
    for old, new in zip(before, after, strict=True):
        assert "someone/small" not in new
        assert old.count("someone/small") == new.count("other/course") >= 2


def test_the_first_cell_is_short_and_the_same_everywhere(root: Path):
    """A learner can read it; the solved one only adds that it is solved."""
    skeleton_cell, solved_cell = (texts(make(root, solved))["first-cell"] for solved in (False, True))
    assert len(skeleton_cell.splitlines()) <= 16
    assert solved_cell == skeleton_cell.replace(
        "save_to_drive=SAVE_TO_DRIVE", "save_to_drive=SAVE_TO_DRIVE, solved=True"
    )
    compile(skeleton_cell, "first cell", "exec")


def test_a_solved_page_leads_to_the_skeleton(root: Path):
    """In Colab and as a download it is the notebook to fill in that one gets."""
    first = "".join(make(root, True)["cells"][0]["source"])
    assert first.startswith("# Warm-up\n\n[Open in Colab](https://colab.research.google.com/github/someone/small/blob/")
    assert "/labs/00_warm_up.ipynb)" in first
    assert "[Download the notebook](../labs/00_warm_up.ipynb)" in first


def test_nothing_of_a_widget_or_a_machine_is_in_the_metadata(root: Path):
    """Stored state makes noisy diffs."""
    assert set(make(root, True)["metadata"]) == {"kernelspec", "language_info", "vibejam"}
    assert json.loads(notebooks.dumps(make(root, True))) == make(root, True)


def test_a_kill_cell_is_unwritten_in_the_skeleton_and_folded_in_the_solution(root: Path):
    """The page shows what a learner begins with."""
    path = root / "book" / "labs" / "00_warm_up.md"
    tests = 'def test_a(count_characters):\n    """What."""\n    assert count_characters("a")\n'
    fence = f"```{{kill}} counting.count_characters\n{tests}```\n"
    path.write_text(path.read_text() + fence, encoding="utf-8")
    magic, id = "%%kill counting.count_characters\n\n", "kill-counting-count_characters"
    begun = learner_tests.skeleton(tests)
    assert texts(make(root, False))[id] == magic + begun
    solved = make(root, True)
    cell = next(cell for cell in solved["cells"] if cell["id"] == id)
    assert "".join(cell["source"]) == magic + tests.rstrip()
    assert {"kill", "hide-input"} <= set(cell["metadata"]["tags"])
    assert texts(solved)["begun-counting-count_characters"] == f"```python\n{begun}\n```"
