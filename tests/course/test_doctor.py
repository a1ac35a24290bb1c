"""The doctor finds what it is made to find, and names a mend for it."""

import re

import pytest

from vibejam_core.course import doctor
from vibejam_core.course.cli import main
from vibejam_core.course.commands.doctor import line, verdict
from vibejam_core.course.doctor import Finding
from vibejam_core.course.workspace import Workspace, repo_root


def test_an_old_python_is_broken_and_a_new_one_is_odd():
    """3.10 can't run the course; 3.14 was never tried; the two ends of the tested range are fine."""
    states = [doctor.python(version).state for version in ((3, 10), (3, 11), (3, 13), (3, 14))]
    assert states == ["broken", "fine", "fine", "odd"]


def test_a_missing_package_is_named(monkeypatch):
    """The finding names the requirement and the command that installs it."""
    monkeypatch.setattr(doctor, "requirements", lambda root: ["torch>=2.11", "no-such-package-here>=1"])
    finding = doctor.packages(repo_root())
    assert finding.state == "broken"
    assert "no-such-package-here" in finding.says
    assert "torch" not in finding.says
    assert finding.mend == "pip install -r requirements.txt"


def test_a_torch_that_crashes_is_a_finding():
    """PyTorch is tried in a process of its own, so that the doctor outlives it."""
    finding = doctor.torch("import os; os.abort()")
    assert finding.state == "broken"


def test_a_torch_that_raises_is_quoted():
    """The last line of its error says most."""
    assert "no kernel image" in doctor.torch("raise RuntimeError('no kernel image')").says


def test_a_misspelt_setting_is_named():
    """VIBEJAM_WORKSPCE does nothing, silently, unless somebody says so."""
    (finding,) = doctor.variables({"VIBEJAM_WORKSPCE": "x", "HOME": "y"})
    assert finding.state == "odd"
    assert finding.mend == "unset VIBEJAM_WORKSPCE"


@pytest.mark.parametrize("value", ["soon", "0", "-3", "nan", "inf"])
def test_a_time_limit_that_is_no_time_is_broken(value):
    """The grader refuses it, too."""
    (finding,) = doctor.variables({"VIBEJAM_TIME_LIMIT": value})
    assert finding.state == "broken"


def test_settings_as_they_should_be_are_not_mentioned():
    """No news is good news."""
    fine = {"VIBEJAM_TIME_LIMIT": "60", "VIBEJAM_IMPL": "mine", "VIBEJAM_WORKSPACE": "/somewhere"}
    assert list(doctor.variables(fine)) == []


def test_every_setting_that_the_course_reads_is_known_to_the_doctor():
    """A new VIBEJAM_ variable in the code must not be called a misspelling."""
    code = (path.read_text(encoding="utf-8") for path in (repo_root() / "vibejam_core").rglob("*.py"))
    read = {name for text in code for name in re.findall(r"\bVIBEJAM_[A-Z_]*[A-Z]\b", text)}
    assert read <= doctor.VARIABLES


def test_a_workspace_that_is_not_there_is_broken(tmp_path):
    """Its mend makes the folder."""
    finding = doctor.work(Workspace(tmp_path / "gone"))
    assert finding.state == "broken"
    assert "mkdir" in finding.mend


def test_a_workspace_without_a_package_is_odd(tmp_path):
    """Nothing is lost yet: the skeletons can be written."""
    assert doctor.work(Workspace(tmp_path)).state == "odd"


def test_a_workspace_that_can_be_written_is_fine(tmp_path):
    """And nothing is left behind by the trial."""
    Workspace(tmp_path).prepare()
    before = sorted(tmp_path.rglob("*"))
    assert doctor.work(Workspace(tmp_path)).state == "fine"
    assert sorted(tmp_path.rglob("*")) == before


def test_another_clone_around_the_current_folder_is_odd(tmp_path):
    """Editing one clone while another runs is hard to notice."""
    (tmp_path / "other" / "vibejam_core" / "course").mkdir(parents=True)
    finding = doctor.clone(repo_root(), tmp_path / "other")
    assert finding.state == "odd"
    assert str(tmp_path / "other") in finding.mend


def test_a_folder_outside_of_any_clone_is_fine(tmp_path):
    """A workspace may lie anywhere."""
    assert doctor.clone(repo_root(), tmp_path).state == "fine"


def test_a_notebook_that_somebody_worked_in_is_not_odd(monkeypatch):
    """Working in notebooks is what they are for; only what is out of step by itself counts."""
    from vibejam_core.course.authoring import build

    edited = build.OutOfStep("labs/00_warm_up.ipynb", "somebody worked in it", edited=True)
    monkeypatch.setattr(build.Build, "out_of_step", lambda self: [edited])
    assert doctor.generated(repo_root()).state == "fine"


def test_a_stale_notebook_is_odd(monkeypatch):
    """The finding names it and how to bring it into step."""
    from vibejam_core.course.authoring import build

    monkeypatch.setattr(
        build.Build, "out_of_step", lambda self: [build.OutOfStep("labs/x.ipynb", "its source changed")]
    )
    finding = doctor.generated(repo_root())
    assert (finding.state, finding.mend) == ("odd", "vibejam build")
    assert "labs/x.ipynb" in finding.says


def test_a_full_disk_is_broken_and_a_nearly_full_one_is_odd():
    """Saving a checkpoint needs room."""
    assert [doctor.disk(free).state for free in (0.1, 1.0, 50.0)] == ["broken", "odd", "fine"]


def test_a_taken_port_is_said_and_is_not_a_fault():
    """`make course` steps over it."""
    finding = doctor.ports(lambda port: port == 8888)
    assert finding.state == "fine"
    assert "8888" in finding.says


def test_the_mend_stands_under_the_finding():
    """A line with an arrow is what to type."""
    assert line(Finding("disk", "odd", "1.0 GB free", "make clean")).splitlines()[1].strip() == "→ make clean"


def test_the_last_line_counts():
    """Odd and broken are told apart."""
    assert verdict(0, 0) == "All is well."
    assert verdict(2, 0).startswith("Nothing is broken; 2 odd.")
    assert verdict(1, 2).startswith("2 broken, 1 odd.")


def test_the_exit_code_is_1_only_when_something_is_broken(monkeypatch, capsys, tmp_path):
    """Odd things don't stop a script."""
    for state, code in (("fine", 0), ("odd", 0), ("broken", 1)):
        monkeypatch.setattr(doctor, "examine", lambda root, workspace, state=state: [Finding("a thing", state, "so")])
        assert main(["doctor", "--workspace", str(tmp_path)]) == code


def test_the_examination_of_this_machine_finds_nothing_broken(monkeypatch):
    """Where the tests run, the course runs."""
    monkeypatch.chdir(repo_root())
    found = list(doctor.examine(repo_root(), Workspace(repo_root() / "labs")))
    assert [finding for finding in found if finding.state == "broken"] == []
    assert {"Python", "PyTorch", "notebooks", "your work", "disk"} <= {finding.what for finding in found}
