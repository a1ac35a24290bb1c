"""The grader says "passed" only on evidence: every check green, on code that is all the learner's."""

from __future__ import annotations

import json

import pytest

from tests.course.grading import COUNT, RIGHT, counting, solve, workspace
from vibejam_core.course.curriculum import COMPONENTS, component
from vibejam_core.course.grading import checks, report
from vibejam_core.course.grading.grader import Grader
from vibejam_core.course.grafting.skeleton import reference_definition, skeleton_definition
from vibejam_core.course.progress import Progress


@pytest.fixture(scope="module")
def grader(tmp_path_factory):
    """One warm grader; each test writes what it needs into its workspace."""
    with Grader(workspace(tmp_path_factory.mktemp("grader"))) as grader:
        yield grader


def write(grader: Grader, file: str, source: str) -> None:
    """Write a module of the grader's workspace over."""
    grader.workspace.module_path(file).write_text(source)


def test_right_code_passes(grader):
    """All checks green, all parts the learner's."""
    write(grader, "counting", counting(RIGHT))
    verdict = grader.check(COUNT)
    assert verdict.passed
    assert verdict.parts == {"count_characters": "yours"}
    assert verdict.counted("passed") == len(checks.of(component(COUNT))) > 0


def test_a_deliberate_raise_turns_the_check_red(grader):
    """Were the reference graded instead of the learner's file, this would pass."""
    write(grader, "counting", counting("    raise RuntimeError('on purpose')\n"))
    verdict = grader.check(COUNT)
    assert verdict.state == "failed"
    assert "RuntimeError: on purpose" in (verdict.checks[0].message or "")


def test_a_half_written_class_is_told_when_it_was_the_stand_in_that_failed(grader):
    """The reference's forward looks for the reference's mask; the learner's has another name, which is their right."""
    piece = component("gpt.Head")
    made = workspace(grader.workspace.root / "half")
    reference = reference_definition(piece).replace("causal", "mask")
    stub = skeleton_definition(piece)
    made.write_definition(piece, reference[: reference.index("def forward")] + stub[stub.index("def forward") :])
    with Grader(made) as half:
        verdict = half.check(piece.id)
    told = next(check.message for check in verdict.checks if check.state == "failed")
    assert verdict.parts == {"__init__": "yours", "forward": "stub"}
    assert "no attribute 'causal'" in told
    assert "the reference's forward, which stands in for yours" in told


@pytest.mark.parametrize("id", [component.id for component in COMPONENTS])
def test_every_component_goes_red_when_one_part_raises(grader, id):
    """A raise in any part of any component is seen."""
    piece = component(id)
    made = workspace(grader.workspace.root / f"raise-{id}")
    for part in piece.parts:
        solve(made, id)
        path = made.module_path(piece.file)
        text = path.read_text()
        start = text.index(f"class {piece.symbol}") if piece.is_class else 0
        at = text.index(f"def {part.name}(", start)
        body = text.index('"""', text.index('"""', at) + 3) + 3  # after the docstring
        path.write_text(
            text[:body]
            + "\n        raise RuntimeError('on purpose')" * piece.is_class
            + "\n    raise RuntimeError('on purpose')" * (not piece.is_class)
            + text[body:]
        )
        with_raise = Grader(made, record=False)
        with_raise.worker = grader.worker
        verdict = with_raise.check(id)
        assert verdict.state in ("failed", "broken"), f"{id}.{part.name}"
        said = report.text(verdict)
        assert "on purpose" in said or "got 'RuntimeError'" in said  # the latter where another error was expected


def test_a_skeleton_is_unfinished(grader):
    """Nothing is run on behalf of an untouched stub."""
    write(grader, "counting", skeleton_definition(component(COUNT)))
    verdict = grader.check(COUNT)
    assert verdict.state == "unfinished"
    assert verdict.counted("passed") == 0


def test_half_a_class_is_checked_but_never_passes(grader):
    """The reference fills in what is missing; green checks then are no pass."""
    made = grader.workspace
    made.module_path("characters").unlink()
    solve(made, "characters.CharTokenizer")
    path = made.module_path("characters")
    text = path.read_text()
    at = text.index("        characters = []")
    path.write_text(
        text[:at] + '        raise NotImplementedError("later")\n' + "\n" + text[text.index("    def to_json") :]
    )
    verdict = grader.check("characters.CharTokenizer")
    assert verdict.state == "unfinished"
    assert verdict.parts == {"build": "yours", "encode": "yours", "decode": "stub"}
    assert verdict.counted("passed") > 0
    assert "Still to write: decode" in (verdict.note or "")


def test_an_import_of_the_reference_is_no_solution(grader):
    """Whoever imports the component has not written it."""
    write(grader, "counting", "from vibejam_core.text.counting import count_characters\n")
    verdict = grader.check(COUNT)
    assert verdict.state == "unfinished"
    assert "imports count_characters from the reference" in (verdict.note or "")


def test_no_checks_is_red(grader, monkeypatch):
    """Zero checks are no evidence."""
    write(grader, "counting", counting(RIGHT))
    monkeypatch.setattr(checks, "of", lambda component: [])
    verdict = grader.check(COUNT)
    assert verdict.state == "broken"
    assert "no checks" in (verdict.note or "")


def test_a_check_that_was_listed_and_not_run_is_red(grader, monkeypatch):
    """The worker's word is not enough: every check in the file must have a result."""
    write(grader, "counting", counting(RIGHT))
    real = checks.of(component(COUNT))
    ghost = checks.Check(COUNT, "test_ghost", "Never run.", real[0].path, 1)
    monkeypatch.setattr(checks, "of", lambda component: [*real, ghost])
    assert grader.check(COUNT).state == "broken"


def test_checks_after_the_first_red_one_wait(grader):
    """One thing at a time; with all_checks all are shown."""
    write(grader, "counting", counting("    return {}\n"))
    states = [check.state for check in grader.check(COUNT).checks]
    red = states.index("failed")
    assert set(states[:red]) <= {"passed"}
    assert set(states[red + 1 :]) == {"waiting"}
    assert "waiting" not in [check.state for check in grader.check(COUNT, all_checks=True).checks]


def test_checks_share_no_randomness(grader):
    """Each check starts from the same seed, so that neither order nor neighbours matter."""
    made = solve(workspace(grader.workspace.root / "seed"), "windows.get_batch")
    alone = Grader(made, record=False)
    alone.worker = grader.worker
    first, second = (alone.check("windows.get_batch").to_json() for _ in range(2))
    assert [check["state"] for check in first["checks"]] == [check["state"] for check in second["checks"]]


def test_the_reference_passes_its_own_checks():
    """Of every component."""
    with Grader(workspace_of_nobody(), impl="core") as grader:
        for piece in COMPONENTS:
            verdict = grader.check(piece.id)
            assert verdict.passed, report.text(verdict)


def workspace_of_nobody():
    """A workspace that isn't there: the reference needs none."""
    from pathlib import Path

    from vibejam_core.course.workspace import Workspace

    return Workspace(Path("nowhere"))


def test_a_verdict_is_plain_data(grader):
    """It goes into a file as JSON."""
    write(grader, "counting", counting("    return {}\n"))
    data = json.loads(json.dumps(grader.check(COUNT).to_json()))
    assert data["state"] == "failed"
    assert data["component"] == COUNT


def test_an_unknown_component_is_refused(grader):
    """With the names that there are."""
    with pytest.raises(ValueError, match=r"gpt\.Head"):
        grader.check("gpt.Hed")


def test_a_time_limit_that_is_no_number_is_refused(monkeypatch, tmp_path):
    """The variable is named, and its value."""
    monkeypatch.setenv("VIBEJAM_TIME_LIMIT", "soon")
    with pytest.raises(ValueError, match=r"VIBEJAM_TIME_LIMIT.*'soon'"):
        Grader(workspace(tmp_path))


def test_a_pass_is_recorded_and_an_edit_makes_it_stale(grader):
    """Comments and docstrings are no edits; a changed helper is."""
    write(
        grader,
        "counting",
        counting("    return tally(text)\n", "def tally(text):\n    return {c: text.count(c) for c in text}\n"),
    )
    assert grader.check(COUNT).passed
    progress = Progress(grader.workspace)
    assert progress.standings()[COUNT] == "passed"
    path = grader.workspace.module_path("counting")
    path.write_text("# a remark\n" + path.read_text())
    assert progress.standings()[COUNT] == "passed"
    path.write_text(path.read_text().replace("for c in text", "for c in text[1:]"))
    assert progress.standings()[COUNT] == "stale"
    assert grader.check(COUNT).state == "failed"
    assert progress.standings()[COUNT] == "stale"


def test_an_unreadable_progress_file_is_set_aside(grader):
    """It is neither an error nor overwritten."""
    write(grader, "counting", counting(RIGHT))
    progress = Progress(grader.workspace)
    progress.path.parent.mkdir(exist_ok=True)
    progress.path.write_text("{half")
    assert grader.check(COUNT).passed
    assert progress.standings()[COUNT] == "passed"
    assert [path.read_text() for path in progress.path.parent.glob("progress-unreadable-*")] == ["{half"]
