"""What labs 08 to 13 show: tokens in boxes, a box to type in, and training for a moment."""

import pytest
import torch

from vibejam_core.course import lab
from vibejam_core.models.config import ModelConfig
from vibejam_core.text.bpe import BPETokenizer
from vibejam_core.text.characters import CharTokenizer

CHARACTERS = CharTokenizer.build('the cat\n<b>&"')
PAIRS = BPETokenizer.train("the cat sat on the mat, the cat sat", 270)


def test_each_token_has_a_box_with_its_id():
    """And the row says how many there are, and how long."""
    html = lab.show_tokens(PAIRS, "the cat")._repr_html_()
    ids = PAIRS.encode("the cat")
    assert [f'title="token {id}"' in html for id in ids] == [True] * len(ids)
    assert f"bpe: {len(ids)} tokens, {7 / len(ids):.2f} bytes per token" in html


def test_several_vocabularies_stand_below_each_other():
    """Under their names, also in plain text."""
    shown = lab.show_tokens({"characters": CHARACTERS, "pairs": PAIRS}, "the cat")
    words = repr(shown).splitlines()
    assert words[0] == "characters: 7 tokens, 1.00 bytes per token"
    assert words[1] == "  t|h|e|·|c|a|t"
    assert words[2].startswith("pairs: ")
    assert repr(lab.show_tokens(CHARACTERS, "")) == "char: 0 tokens\n  "


def test_nothing_that_a_reader_types_becomes_markup():
    """Tags stay text, and names too."""
    html = lab.show_tokens({"<i>": CHARACTERS}, '<b>&"')._repr_html_()
    assert "<b>" not in html
    assert "<i>" not in html
    assert "&lt;" in html
    assert "&amp;" in html


def test_bytes_that_are_no_character_are_shown_as_numbers():
    """White space as signs: it is part of the token."""
    assert "\\xe2|\\x82|\\xac" in repr(lab.show_tokens(PAIRS, "€"))
    assert "↵" in repr(lab.show_tokens(PAIRS, "\n"))


def test_typing_shows_the_new_tokens_and_names_what_is_unknown():
    """Where a tokenizer can't, it says so in the tokens' place."""
    box = lab.try_tokens(CHARACTERS, "the cat").widget()
    box.children[0].value = "tea"
    assert "3 tokens" in box.children[1].value
    box.children[0].value = "<img>"
    assert "<img" not in box.children[1].value
    assert "&#x27;" in box.children[1].value


def test_a_page_without_a_kernel_shows_the_first_text():
    """And says that there is more to it."""
    bundle = lab.try_tokens(PAIRS, "the cat")._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"} == set(bundle)
    assert "you can type" in bundle["text/html"]
    assert 'class="pieces"' in bundle["text/html"]


@pytest.mark.parametrize("arch", ["gpt", "modern_gpt"])
def test_a_short_run_learns(arch):
    """Its curve has a point for every ten steps, and falls; the same seed gives the same."""
    tokens = torch.arange(400) % 7
    shape = ModelConfig(vocab_size=7, block_size=8, n_layer=1, n_head=2, n_embd=16)
    model, (steps, losses) = lab.short_run(arch, shape, tokens, max_iters=35, seed=3)
    assert steps == [10, 20, 30, 35]
    assert losses[-1] < losses[0] - 0.2
    assert lab.short_run(arch, shape, tokens, max_iters=35, seed=3)[1] == (steps, losses)
    _, (_, on) = lab.short_run(arch, shape, tokens, max_iters=10, model=model)
    assert on[0] < losses[0]
