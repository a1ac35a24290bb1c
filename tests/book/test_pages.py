"""The built book: complete, whole links, nothing fetched, solutions folded."""

import json
import re

import pytest
import yaml
from bs4 import BeautifulSoup

from scripts import book
from scripts.book import ROOT, faults
from vibejam_core.course.curriculum import COMPONENTS, LABS
from vibejam_core.course.site import load


def soup(path):
    """A page, parsed."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_every_link_leads_somewhere_and_nothing_is_fetched(pages):
    """Warnings are errors at the build; what the builder doesn't see is looked at here."""
    assert faults(pages) == []


def test_a_second_build_makes_nothing_again(pages):
    """Nothing changed, so every page stays as it was written."""
    written = {path: path.stat().st_mtime_ns for path in pages.rglob("*.html")}
    assert book.build(quiet=True) == 0
    assert written == {path: path.stat().st_mtime_ns for path in pages.rglob("*.html")}


def test_a_change_of_any_source_is_noticed(tmp_path):
    """A page, a picture, a solved notebook, the curriculum."""
    names = ["_config.yml", "_toc.yml", "requirements.txt", "vibejam_core/course/curriculum.py", "solutions/a.ipynb"]
    names += ["book/a.md", "book/figures/a.svg", "book/_static/a.css"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("before", encoding="utf-8")
    seen = {book.fingerprint(tmp_path)}
    for name in names:
        (tmp_path / name).write_text("after!", encoding="utf-8")
        seen.add(book.fingerprint(tmp_path))
    assert len(seen) == len(names) + 1


def test_the_pages_have_the_style_sheet_as_it_is_now(pages):
    """Also if it is all that changed since the last build."""
    made = (pages / "_static" / "vibejam.css").read_bytes()
    assert made == (ROOT / "book" / "_static" / "vibejam.css").read_bytes()


def test_the_labs_in_the_contents_are_those_of_the_curriculum():
    """In the same order."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    assert [file for file in files if file.startswith("solutions/")] == [f"solutions/{lab.name}" for lab in LABS]


def test_every_lab_and_component_stands_in_the_overview(pages):
    """The table is made from the curriculum."""
    text = soup(pages / "book" / "curriculum.html").get_text()
    assert all(lab.title in text for lab in LABS)
    assert all(component.symbol in text for component in COMPONENTS)
    assert all(milestone.title in text for lab in LABS for milestone in lab.milestones)


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_a_lab_folds_each_solution_behind_reveal(pages, lab):
    """Nothing of a solution is in sight before a click: the fold is closed, and says what it holds."""
    page = soup(pages / "solutions" / f"{lab.name}.html")
    for component in lab.components:
        cells = [cell for cell in page.select("div.tag_exercise") if f"%%exercise {component.id}" in cell.get_text()]
        assert len(cells) == 1, component.id
        fold = cells[0].find("details")
        assert fold is not None
        assert not fold.has_attr("open")
        assert "Reveal the solution" in fold.find("summary").get_text()
        assert f"%%exercise {component.id}" in fold.get_text()


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_a_lab_leads_to_the_notebook_to_fill_in(pages, lab):
    """Both links open the skeleton, never the solved notebook."""
    page = soup(pages / "solutions" / f"{lab.name}.html")
    (row,) = page.select("p.lab-links")
    links = {a.get_text().strip(): a["href"] for a in row.find_all("a")}
    assert links["Open in Colab"] == load(ROOT).colab(f"labs/{lab.name}.ipynb")
    download = pages / "solutions" / links["Download the notebook"]
    cells = json.loads(download.read_text(encoding="utf-8"))["cells"]
    exercises = ["".join(cell["source"]) for cell in cells if "exercise" in cell["metadata"].get("tags", ())]
    assert len(exercises) == len(lab.components)
    assert all("NotImplementedError" in source for source in exercises)


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_every_picture_has_words_for_those_who_cannot_see_it(pages, lab):
    """An empty text is for ornaments, and a lab has none."""
    pictures = soup(pages / "solutions" / f"{lab.name}.html").select("article img")
    assert all(picture.get("alt", "").strip() for picture in pictures)


def test_no_page_names_the_folder_it_was_built_in(pages):
    """A stored output with a path of somebody's machine is noise to everybody else."""
    for page in pages.rglob("*.html"):
        assert str(ROOT) not in page.read_text(encoding="utf-8"), page


def test_printing_reveals_nothing(pages):
    """The theme would open every fold on paper unless told not to."""
    page = (pages / "solutions" / f"{LABS[0].name}.html").read_text(encoding="utf-8")
    assert "let toggleOpenOnPrint = 'false'" in page


def test_the_readme_clones_the_repository_that_pyproject_names():
    """The one place of the address is pyproject.toml; `vibejam build` carries it to the notebooks."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"git clone (\S+)", readme) == [load(ROOT).repository]


def test_commands_that_the_pages_show_exist():
    """Every `vibejam …` in the prose names a command."""
    from vibejam_core.course.cli import COMMANDS

    sources = [
        ROOT / "README.md",
        *sorted((ROOT / "book").glob("*.md")),
        *sorted((ROOT / "book" / "labs").glob("*.md")),
    ]
    for source in sources:
        named = set(re.findall(r"(?:`|^\$ |^    )vibejam ([a-z]+)", source.read_text(encoding="utf-8"), re.MULTILINE))
        assert named <= set(COMMANDS), source.name
