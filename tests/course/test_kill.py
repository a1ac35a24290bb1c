"""The kill score: what a learner's own tests catch, what they may not reject, and what they can't break."""

import json
import time

import pytest

from vibejam_core.course import known
from vibejam_core.course.cli import main
from vibejam_core.course.curriculum import component
from vibejam_core.course.grading import kill, kill_report, learner_tests
from vibejam_core.course.grading.warm import Worker
from vibejam_core.course.progress import Progress
from vibejam_core.course.workspace import Workspace

ID = "measures.perplexity"
PIECE = component(ID)
SMALL = """import math

def test_small(perplexity):
    assert math.isclose(perplexity(2.5), math.exp(2.5))
"""
LARGE = """
def test_large(perplexity):
    assert perplexity(1000.0) == float("inf")
"""
EXACT = """
def test_exact(perplexity):
    assert perplexity(1.0) == 2.718281828459045, "not to the last digit"
"""
UNWRITTEN = """
def test_later(perplexity):
    raise NotImplementedError("write your test here")
"""


@pytest.fixture(scope="module")
def worker():
    """One worker for all tests."""
    worker = Worker()
    yield worker
    worker.close()


def score(worker: Worker, source: str, **others) -> kill.Score:
    return kill.score(PIECE, learner_tests.read(source, PIECE), worker, "mine.py", **others)


def test_a_test_catches_what_it_asks_about(worker):
    """Each known mistake is either caught or alive, in the order of their file; the same every time."""
    found = score(worker, SMALL)
    sentences = [mistake.sentence for mistake in known.mistakes(PIECE)]
    caught = [each.sentence for each in found.killed]
    assert (found.state, found.rejections, found.variants) == ("scored", (), len(known.variants(PIECE)))
    assert sorted(caught + list(found.survivors)) == sorted(sentences)
    assert caught == [sentence for sentence in sentences if sentence in caught]
    assert "the base is 2, as if the loss were in bits" in caught
    assert "a large loss gives nan" in found.survivors
    assert {each.test for each in found.killed} == {"test_small"}
    assert score(worker, SMALL) == found


def test_another_test_catches_more(worker):
    """The first test that rejects a mistake is named for it."""
    found = score(worker, SMALL + LARGE)
    killed = {each.sentence: each.test for each in found.killed}
    assert killed["a large loss gives nan"] == "test_large"
    assert killed["the base is 10"] == "test_small"
    assert len(killed) > len(score(worker, SMALL).killed)


def test_what_rejects_the_reference_gets_no_score(worker):
    """The message is the assertion's own, with the learner's line."""
    found = score(worker, SMALL.replace("math.exp(2.5)", '3.0), ("e to the 2.5", 12'))
    assert (found.state, found.total) == ("rejecting", 0)
    (rejection,) = found.rejections
    assert (rejection.test, rejection.what) == ("test_small", "the reference")
    assert "e to the 2.5" in rejection.message
    assert "mine.py:4, in test_small" in rejection.message
    assert "test_small rejects a correct solution" in kill_report.text(found)


def test_a_test_that_rejects_a_variant_is_too_strict_and_does_not_count(worker):
    """It is told which, and its catches are left out; those of the others stay."""
    found = score(worker, SMALL + EXACT)
    (rejection,) = found.rejections
    assert rejection.test == "test_exact"
    assert rejection.what in {variant.name for variant in known.variants(PIECE)}
    assert "not to the last digit" in rejection.message
    assert found.tests == ("test_small",)
    assert found.killed == score(worker, SMALL).killed
    told = kill_report.text(found)
    assert "test_exact is too strict" in told
    assert rejection.what in told


def test_where_every_test_is_too_strict_there_is_no_score(worker, tmp_path):
    """And nothing is remembered."""
    found = score(worker, EXACT)
    assert (found.tests, found.killed) == ((), ())
    assert "No score yet" in kill_report.text(found)
    Progress(Workspace(tmp_path)).record_kills(found)
    assert Progress(Workspace(tmp_path)).kills() == {}


def test_an_unwritten_test_is_no_failure(worker):
    """Alone it runs nothing; beside another it is left out."""
    alone = score(worker, UNWRITTEN)
    assert (alone.state, alone.total) == ("unwritten", 0)
    assert kill_report.WRITE in kill_report.text(alone)
    assert "write your test here" in kill_report.html(alone).lower()
    beside = score(worker, SMALL + UNWRITTEN)
    assert beside.killed == score(worker, SMALL).killed
    assert "left out: test_later" in kill_report.text(beside)


@pytest.mark.slow
def test_a_loop_that_never_ends_in_a_mistake_counts_for_that_mistake(worker):
    """The mistakes after it are tried as usual."""
    source = "def test_it(perplexity):\n    while type(perplexity(2.0)) is str:\n        pass\n"
    source += "    assert perplexity(0.0) == 1\n"
    began = time.monotonic()
    found = score(worker, source)
    stopped = [each for each in found.killed if each.how == "stopped"]
    assert [each.sentence for each in stopped] == ["the result is a string"]
    assert any(each.how == "rejected" for each in found.killed)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("source", "told"),
    [
        pytest.param(
            "import os\ndef test_a(perplexity):\n    os._exit(0)\n", "ended the whole Python process", id="exit"
        ),
        pytest.param("import math\ndef test_a(perplexity):\n    math.exp = None\n", "replaces math.exp", id="replaces"),
        pytest.param("def test_a(perplexity):\n    raise SystemExit\n", "sys.exit()", id="system exit"),
        pytest.param("1 / 0\ndef test_a(perplexity):\n    pass\n", "mine.py can't be loaded", id="does not load"),
        pytest.param("def test_a(perplexity):\n    perplexity()\n", "TypeError", id="wrong call"),
    ],
)
def test_a_hostile_test_gets_no_score_and_does_no_harm(worker, source, told):
    """The worker goes on."""
    found = score(worker, source)
    assert found.state in ("rejecting", "broken")
    assert told in kill_report.text(found)
    assert score(worker, SMALL).state == "scored"


def test_a_test_that_never_ends_is_stopped(worker, monkeypatch):
    """After the time limit that the grader has, too."""
    monkeypatch.setenv("VIBEJAM_TIME_LIMIT", "1")
    found = score(worker, "def test_a(perplexity):\n    while True:\n        pass\n")
    assert found.state == "rejecting"
    assert "more than 1 second" in found.rejections[0].message


def test_no_trial_disturbs_another(worker):
    """A test that counts its calls counts one, each time."""
    source = "calls = []\n\ndef test_a(perplexity):\n    calls.append(1)\n    assert len(calls) == 1\n"
    found = score(worker, source)
    assert (found.state, found.rejections, found.killed) == ("scored", (), ())


def test_it_is_said_how_far_it_is(worker):
    """At the beginning, and after each trial."""
    said: list[tuple[int, int]] = []
    score(worker, SMALL, say=lambda done, total: said.append((done, total)))
    total = 1 + len(known.mistakes(PIECE)) + len(known.variants(PIECE))
    assert said == [(done, total) for done in range(total + 1)]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("x = 1\n", "there is no test here"),
        ("def test_a():\n    pass\n", "line 1: test_a must take one parameter, perplexity"),
        ("def test_a(perplexity, loss):\n    pass\n", "must take one parameter, perplexity"),
        ("def test_a(*perplexity):\n    pass\n", "must take one parameter, perplexity"),
        ("def test_a(perplexity):\n    pass\n" * 2, "line 3: test_a is defined twice"),
        ("def test_a(perplexity:\n", "line 1 isn't Python yet"),
        ("x = '\0'\n", "isn't Python"),
    ],
)
def test_what_is_no_test_is_said(source, told):
    """Before anything runs."""
    with pytest.raises(ValueError, match=r".") as error:
        learner_tests.read(source, PIECE)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("solved", "begun"),
    [
        (
            "import math\n\ndef test_a(f):\n    assert f(1)\n\ndef test_b(f):\n    pass\n",
            "import math\n\ndef test_a(f):\n",
        ),
        (
            '# Above.\ndef test_a(f):\n    """What."""\n\n    assert f(1)\n',
            '# Above.\ndef test_a(f):\n    """What."""\n',
        ),
        ("def test_a(\n    f,\n):\n    # The first case.\n    assert f(1)\n", "def test_a(\n    f,\n):\n"),
        ("def test_a(f): assert f(1)\n", "def test_a(f):\n"),
    ],
)
def test_a_learner_starts_from_the_first_test_unwritten(solved, begun):
    """What stands above it stays; its body and the other tests go."""
    assert learner_tests.skeleton(solved) == f"{begun}    {learner_tests.UNWRITTEN}"


def test_a_report_names_three_survivors_and_all_on_request(worker):
    """In both forms, and nothing in them is taken for a tag."""
    found = score(worker, SMALL)
    hinted, everything = kill_report.text(found, more="vibejam kill …"), kill_report.text(found, everything=True)
    assert [sentence in hinted for sentence in found.survivors] == [True] * 3 + [False] * (len(found.survivors) - 3)
    assert all(sentence in everything for sentence in found.survivors)
    assert f"kills {len(found.killed)} of {found.total} known mistakes" in hinted
    assert "vibejam kill …" in hinted
    page = kill_report.html(found)
    assert page.count("<div") == page.count("</div>")
    assert f"{len(found.killed)} of {found.total}" in page
    assert found.survivors[3] not in page
    assert found.survivors[3] in kill_report.html(found, everything=True)


def test_progress_keeps_the_best_score(tmp_path):
    """Until the number of known mistakes changes."""

    def scored(killed: int, total: int) -> kill.Score:
        kills = tuple(kill.Kill(f"k{n}", "test_a") for n in range(killed))
        survivors = tuple(f"s{n}" for n in range(total - killed))
        return kill.Score(ID, "scored", ("test_a",), killed=kills, survivors=survivors)

    progress = Progress(Workspace(tmp_path))
    for killed, total, kept in ((3, 9, 3), (2, 9, 3), (5, 9, 5), (4, 10, 4)):
        progress.record_kills(scored(killed, total))
        assert progress.kills()[ID]["killed"] == kept


def test_the_command_scores_a_file(tmp_path, capsys):
    """It writes JSON, remembers the score, and the board shows it."""
    file, out, workspace = tmp_path / "mine.py", tmp_path / "score.json", tmp_path / "w"
    workspace.mkdir()
    file.write_text(SMALL)
    assert main(["kill", ID, str(file), "--json", str(out), "--workspace", str(workspace)]) == 0
    written = json.loads(out.read_text())
    assert written["state"] == "scored"
    assert written["score"] + len(written["survivors"]) == written["total"] == len(known.mistakes(PIECE))
    assert f"your test kills {written['score']} of {written['total']} known mistakes" in capsys.readouterr().out
    assert main(["status", "--workspace", str(workspace)]) == 0
    assert f"kill score: perplexity {written['score']}/{written['total']}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "code", "told"),
    [(EXACT, 1, "too strict"), (UNWRITTEN, 1, "Write your test here"), ("x = 1\n", 2, "there is no test here")],
)
def test_the_exit_code_tells_a_score_from_none(tmp_path, capsys, source, code, told):
    """0 is for a score; 2 for a file that holds no tests."""
    file = tmp_path / "mine.py"
    file.write_text(source)
    assert main(["kill", ID, str(file), "--workspace", str(tmp_path)]) == code
    said = capsys.readouterr()
    assert told in said.out + said.err


def test_a_component_without_known_mistakes_is_said_so(worker, monkeypatch):
    """Nothing out of nothing is no score."""
    monkeypatch.setattr(known, "mistakes", lambda component: ())
    found = score(worker, SMALL)
    assert found.state == "broken"
    assert "no mistakes of measures.perplexity are known" in kill_report.text(found)
