"""What labs 05 and 06 show: several sliders, shares before and after, galleries, coloured text, the storyteller."""

import json

import pytest
import torch

from vibejam_core.course import lab
from vibejam_core.course.grafting import hook
from vibejam_core.course.workspace import Workspace


def picture():
    """Any small plot."""
    return lab.shares(["a", "b"], [0.7, 0.3], [1.0, 0.0], title="two", alt="a and b")


def test_each_of_several_dials_draws_anew():
    """Moving one keeps the others where they are."""
    drawn = []
    sliders = {"temperature": ([0.5, 1.0], 1.0), "top-k": ([0, 3], 0)}
    box = lab.dials(lambda *values: drawn.append(values) or picture(), sliders).widget()
    box.children[1].value = 3
    box.children[0].value = 0.5
    assert drawn == [(1.0, 0), (1.0, 3), (0.5, 3)]


def test_a_page_without_a_kernel_says_where_the_dials_stand():
    """The picture for the starting values, and their names."""
    bundle = lab.dials(lambda *_: picture(), {"temperature": ([0.5, 1.0], 1.0), "top-k": ([0, 3], 0)})
    html = bundle._repr_mimebundle_()["text/html"]
    assert "temperature: 1.0, top-k: 0 (in the notebook these are sliders)" in html
    assert "<img" in html


def test_a_start_that_a_dial_does_not_have_is_refused():
    """The second dial's, too."""
    with pytest.raises(ValueError, match="7 is not one of the choices"):
        lab.dials(lambda *_: picture(), {"temperature": ([1.0], 1.0), "top-k": ([0, 3], 7)})


def test_a_gallery_is_one_picture_with_words():
    """As many panels as wanted, also where the last row isn't full."""
    curve = ([0, 1, 2], [3.0, 2.0, 1.0])
    shown = lab.gallery({letter: {"one": curve} for letter in "ABCD"}, beside=curve, ylim=(0, 4), alt="four")
    assert 'alt="four"' in shown._repr_html_()


def test_nothing_that_a_model_writes_becomes_markup():
    """Tags, attributes and entities stay text."""
    html = lab.surprise(["<script>alert(1)</script>", '" onload="x', "&lt;"], [0.1, 3.0, 9.0])._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert '" onload' not in html
    assert "&amp;lt;" in html


def test_surprise_is_told_by_lines_and_words_and_not_by_colour_alone():
    """Each level has a line of its own, each token its number, and a sentence names the worst."""
    html = lab.surprise(["a", "b", "c", "d"], [0.5, 1.5, 3.0, 5.0])._repr_html_()
    assert [html.count(f"border-bottom: {line} rgb") for line in ("1px dotted", "2px dashed", "3px solid")] == [2, 2, 2]
    assert 'title="5.00 nats"' in html
    assert "4 tokens, 2.50 nats each on average; the most surprising: &#x27;d&#x27; at place 4 (5.0 nats)" in html


def test_a_coloured_text_without_colours_is_the_text():
    """Where no HTML can be shown."""
    assert repr(lab.surprise(["so", "\n"], [0.0, 1.0])).startswith("so\n\n[2 tokens, 0.50 nats")
    assert repr(lab.surprise([], [])) == "\n[no tokens]"


def test_a_line_break_shows_and_still_breaks_the_line():
    """As an arrow in front of it."""
    assert "↵\n</span>" in lab.surprise(["\n"], torch.tensor([2.0]))._repr_html_()


def test_tokens_without_losses_are_refused():
    """One loss for each token."""
    with pytest.raises(ValueError, match="2 tokens and 1 losses"):
        lab.surprise(["a", "b"], [1.0])


def test_the_storyteller_knows_its_language():
    """After "The ligh" comes t; and it was trained, so it is less surprised than by chance."""
    model, tokenizer = lab.storyteller()
    logits, _ = model(torch.tensor([tokenizer.encode("They all went to the ligh")]))
    assert tokenizer.decode([int(logits[0, -1].argmax())]) == "t"
    assert not model.training


def test_the_storyteller_is_the_same_whoever_s_gpt_the_notebook_runs(tmp_path):
    """A learner's GPT may be unfinished, or have layers of other names."""
    workspace = Workspace(tmp_path)
    workspace.prepare()
    path = workspace.module_path("gpt")
    path.write_text(path.read_text(encoding="utf-8") + "\n\nclass GPTModel:\n    pass\n", encoding="utf-8")
    hook.install("mine", workspace)
    try:
        model, _ = lab.storyteller()
    finally:
        hook.install("core", workspace)
    assert sum(parameter.numel() for parameter in model.parameters()) > 100_000


def test_the_storyteller_says_how_it_was_made():
    """The command stands in the file."""
    from safetensors import safe_open

    from vibejam_core.course.storyteller import FILE

    with safe_open(FILE, framework="pt") as file:
        facts = json.loads(file.metadata()["facts"])
    assert facts["command"].startswith("python -m scripts.train_lm")


def test_a_wrapped_text_keeps_its_words_and_its_line_breaks():
    """Only spaces become line breaks; what is short already stays as it is."""
    text = "one two three four\n\nfive"
    assert lab.wrapped(text, 9) == "one two\nthree\nfour\n\nfive"
    assert lab.wrapped(text) == text
