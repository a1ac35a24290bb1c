"""The proof of the checks: each known mistake is rejected and named, each correct variant accepted."""

from __future__ import annotations

import pytest

from tests.course.grading import workspace
from vibejam_core.course import known
from vibejam_core.course.curriculum import COMPONENTS, component
from vibejam_core.course.grading import report, table
from vibejam_core.course.grading.grader import Grader
from vibejam_core.course.grading.warm import Worker
from vibejam_core.course.grafting.skeleton import reference_definition

MANY = {"gpt.Head": 12, "windows.get_batch": 12}


@pytest.fixture(scope="module")
def worker():
    """One worker for all components."""
    worker = Worker()
    yield worker
    worker.close()


@pytest.mark.parametrize("id", [component.id for component in COMPONENTS])
def test_checks_reject_and_name_every_mistake_and_accept_every_variant(worker, id):
    """No hole of any kind, and what is written down about the mistakes is still so."""
    row = table.row(component(id), worker.run)
    assert row.holes == []
    assert row.mistakes == row.rejected == row.named >= MANY.get(id, 8)
    assert row.variants == row.accepted >= 3
    written = known.first_red().get(id)
    assert written == {name: found for name, found in row.first.items() if found}, "run: vibejam mistakes --write"


def test_only_the_faulty_component_is_red(tmp_path):
    """With a mistake in Head, all that is built on Head is still green: each component is grafted alone."""
    made = workspace(tmp_path)
    upper = ("gpt.MultiHeadAttention", "gpt.Block", "gpt.GPTModel")
    for id in upper:
        made.write_definition(component(id), reference_definition(component(id)))
    unscaled = next(m for m in known.mistakes("gpt.Head") if "not divided by the square root" in m.sentence)
    made.write_definition(component("gpt.Head"), known.source("gpt.Head", unscaled.change))
    with Grader(made) as grader:
        head = grader.check("gpt.Head")
        assert head.diagnosis == f"this is exactly what happens when {unscaled.sentence}", report.text(head)
        for id in upper:
            assert grader.check(id).passed


@pytest.mark.parametrize("id", [component.id for component in COMPONENTS])
def test_mistakes_are_sentences_that_complete_another(id):
    """A clause in lower case, without a full stop, and no two alike."""
    sentences = [mistake.sentence for mistake in known.mistakes(id)]
    assert len(set(sentences)) == len(sentences)
    for sentence in sentences:
        assert sentence == sentence.strip()
        assert not sentence.endswith(".")
        first = sentence.split()[0]
        assert first[0].islower() or not first.isalpha() or first.isupper(), sentence


def test_a_file_belongs_to_the_longest_name_that_fits():
    """``bpe_scale`` begins as ``bpe`` does, and its tables are its own."""
    names = {id: {path.stem for path in known.files(id)} for id in ("bpe.train_bpe", "bpe_scale.count_words")}
    assert "bpe_scale_export" in names["bpe_scale.count_words"]
    assert not any(name.startswith("bpe_scale") for name in names["bpe.train_bpe"])
