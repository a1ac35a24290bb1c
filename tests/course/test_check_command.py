"""``vibejam check``, ``status``, ``watch`` and ``milestone``, as typed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import pytest

from tests.course.grading import COUNT, RIGHT, counting, solve, workspace
from vibejam_core.course import board
from vibejam_core.course.cli import main
from vibejam_core.course.commands.check import as_junit, choose
from vibejam_core.course.curriculum import COMPONENTS, LABS
from vibejam_core.course.grading.verdict import CheckResult, Verdict
from vibejam_core.course.grading.watching import Watcher
from vibejam_core.course.progress import Progress


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ([], [component.id for component in COMPONENTS]),
        (["3"], ["gpt.Head", "gpt.MultiHeadAttention"]),
        (["03"], ["gpt.Head", "gpt.MultiHeadAttention"]),
        (["03_attention"], ["gpt.Head", "gpt.MultiHeadAttention"]),
        (["attention"], ["gpt.Head", "gpt.MultiHeadAttention"]),
        (["gpt.Block", "gpt.Head"], ["gpt.Head", "gpt.Block"]),
        (["Head", "gpt.Head"], ["gpt.Head"]),
        (["0"], ["counting.count_characters"]),
        (["windows"], ["windows.split_corpus", "windows.get_batch"]),
    ],
)
def test_labs_and_components_are_called_as_people_call_them(words, ids):
    """By number, name or symbol; each once, in the labs' order."""
    assert [component.id for component in choose(words)] == ids


@pytest.mark.parametrize(
    ("word", "near"), [("gpt.Hed", "gpt.Head"), ("03_atention", "03_attention"), ("getbatch", "windows.get_batch")]
)
def test_an_unknown_name_gets_its_near_misses(word, near):
    """What was meant is named."""
    with pytest.raises(ValueError, match=f"Did you mean {near}"):
        choose([word])


def test_an_unknown_name_ends_with_code_2(capsys):
    """As wrong usage does, with one line and no traceback."""
    assert main(["check", "gpt.Hed"]) == 2
    assert "Did you mean gpt.Head" in capsys.readouterr().err


def test_the_exit_code_is_0_only_when_all_that_was_asked_for_passes(tmp_path, capsys):
    """One red component among green ones is red."""
    made = workspace(tmp_path, counting=counting(RIGHT))
    folder = ["--workspace", str(tmp_path)]
    assert main(["check", COUNT, *folder]) == 0
    assert main(["check", COUNT, "gpt.Head", *folder]) == 1
    assert "all 10 checks pass" in capsys.readouterr().out or made


def test_json_and_junit_say_the_same(tmp_path, capsys):
    """One case per check; what did not run is no pass."""
    workspace(tmp_path, counting=counting("    return {}\n"))
    files = tmp_path / "out.json", tmp_path / "out.xml"
    assert main(["check", COUNT, "--workspace", str(tmp_path), "--json", str(files[0]), "--junit", str(files[1])]) == 1
    data = json.loads(files[0].read_text())
    root = ElementTree.parse(files[1]).getroot()
    (component,) = data["components"]
    cases = root.findall("testsuite/testcase")
    assert data["passed"] is False
    assert [case.get("name") for case in cases] == [check["name"] for check in component["checks"]]
    assert {case.get("classname") for case in cases} == {COUNT}
    red = [case for case in cases if case.find("failure") is not None]
    assert len(red) == sum(check["state"] != "passed" for check in component["checks"]) == int(root.get("failures"))
    assert all(float(case.get("time")) >= 0 for case in cases)


def test_junit_stays_xml_whatever_a_message_holds():
    """Control characters and lone surrogates can't be XML."""
    red = CheckResult("t", "A <sentence> & more.", "failed", "\x00\x1b[31m <b>&\udcff ]]>")
    root = ElementTree.fromstring(as_junit([Verdict(COUNT, "failed", (red,))]).encode())
    assert "<b>&" in root.find("testsuite/testcase/failure").text


def test_junit_counts_a_component_without_any_check_as_an_error():
    """A suite of nothing would look green."""
    root = ElementTree.fromstring(as_junit([Verdict(COUNT, "broken", (), note="no checks")]).encode())
    assert root.get("errors") == "1"


def test_the_board_imports_no_torch_and_names_the_next_thing(tmp_path):
    """It must be instant."""
    workspace(tmp_path)
    code = "import sys; from vibejam_core.course.cli import main; main(sys.argv[1:]); assert 'torch' not in sys.modules"
    done = subprocess.run(
        [sys.executable, "-c", code, "status", "--workspace", str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "next: counting.count_characters" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="pipes end in another way there")
def test_a_reader_that_stops_early_is_no_error(tmp_path):
    """``vibejam status | head -1`` says nothing but that line."""
    arguments = [sys.executable, "-m", "vibejam_core.course.cli", "status", "--workspace", str(tmp_path)]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(arguments, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_the_board_goes_from_lab_to_lab_to_the_milestones():
    """What comes next is always the first thing that isn't done."""
    standings = {component.id: "passed" for component in COMPONENTS}
    earned = {milestone.id: {"date": "2026-11-21T10:00:00+00:00"} for lab in LABS for milestone in lab.milestones}
    assert "vibejam milestone" in board.next_thing(standings, {})
    assert "is done" in board.next_thing(standings, earned)
    assert board.next_thing({**standings, "gpt.Head": "stale"}, earned) == "vibejam check gpt.Head"
    assert "21 November 2026" in board.text(standings, earned)


def test_watching_sees_only_the_component_that_changed(tmp_path):
    """A comment changes nothing; a definition changes one; a helper module of the learner's own may change all."""
    made = solve(workspace(tmp_path), "windows.split_corpus", "windows.get_batch")
    watcher = Watcher(made)
    path = made.module_path("windows")
    assert watcher.changed() == []
    path.write_text(path.read_text() + "# a remark\n")
    assert watcher.changed() == []
    path.write_text(path.read_text().replace("n_starts < 1", "n_starts <= 0"))
    assert watcher.changed() == ["windows.get_batch"]
    path.write_text(path.read_text() + "def broken(:\n")
    assert watcher.changed() == ["windows.split_corpus", "windows.get_batch"]
    (made.package / "helper.py").write_text("x = 1\n")
    assert watcher.changed() == [component.id for component in COMPONENTS]


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_watch_grades_what_is_saved_and_ends_cleanly(tmp_path):
    """From a saved file to a verdict, and Ctrl-C is no error."""
    made = workspace(tmp_path)
    watching = subprocess.Popen(
        [sys.executable, "-u", "-m", "vibejam_core.course.cli", "watch", "--workspace", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    try:
        assert watching.stdout is not None
        assert "watching" in watching.stdout.readline()
        time.sleep(0.3)
        made.module_path("counting").write_text(counting(RIGHT))
        lines = []
        while "checks pass" not in "".join(lines):
            lines.append(watching.stdout.readline())
            assert lines[-1], "".join(lines)
        assert COUNT in "".join(lines)
    finally:
        watching.send_signal(signal.SIGINT)
        rest, _ = watching.communicate(timeout=20)
    assert watching.returncode == 0
    assert "Traceback" not in rest
    assert Progress(made).standings()[COUNT] == "passed"
