"""What a solved notebook showed is stored without what changes from run to run."""

from typing import Any

from vibejam_core.course.authoring import execute


def shown(*texts: str) -> dict[str, Any]:
    outputs = [{"output_type": "stream", "name": "stdout", "text": [text]} for text in texts]
    return {"cells": [{"id": "a", "cell_type": "code", "execution_count": 1, "outputs": outputs}]}


def test_a_stream_is_one_however_it_was_cut():
    """Where a kernel flushes is chance."""
    pieces = [{"output_type": "stream", "name": "stdout", "text": text} for text in ("one\ntw", "o\n")]
    assert [output["text"] for output in execute._clean(pieces)] == [["one\n", "two\n"]]


def test_addresses_and_scratch_folders_are_left_out():
    """A page shows the path that a learner has."""
    said = "<function f at 0x7f12ab> in /tmp/vibejam-solved-x1_y/mygpt/gpt.py:3"
    output = {"output_type": "stream", "name": "stdout", "text": said}
    assert next(execute._clean([output]))["text"] == ["<function f> in labs/mygpt/gpt.py:3"]


def test_a_widget_goes_and_the_picture_beside_it_stays():
    """A widget's id is another in each run, and means nothing on a page."""
    widget = {execute.WIDGET: {"model_id": "1"}, "text/plain": "VBox()"}
    alone = {"output_type": "display_data", "data": dict(widget), "metadata": {}}
    with_picture = {"output_type": "display_data", "data": {**widget, "text/html": "<img>"}, "metadata": {}}
    cleaned = list(execute._clean([alone, with_picture]))
    assert [set(output["data"]) for output in cleaned] == [{"text/plain", "text/html"}]


def test_only_another_timing_keeps_what_was_shown_before():
    """A number that isn't a time is news."""
    before = shown("loss 1.31 after 0.5 s, 400,123 tokens/s, 0:01")
    faster = shown("loss 1.31 after 0.4 s, 512,000 tokens/s, 0:00")
    execute.keep_timings(faster, before)
    assert faster == before
    better = shown("loss 1.30 after 0.4 s, 512,000 tokens/s, 0:00")
    execute.keep_timings(better, before)
    assert better != before
