"""What the labs' demo cells use: plots, the slider, running a program, attention maps; and the diagrams' files."""

import importlib
import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from vibejam_core.course import lab
from vibejam_core.models.gpt import Head, MultiHeadAttention

FIGURES = Path(__file__).parents[2] / "book" / "figures"


def picture():
    """Any small plot."""
    return lab.bars(["a", "b"], [1.0, 2.0], ylabel="height", alt='two bars, "b" higher')


def test_a_picture_tells_those_who_cannot_see_it_what_it_shows():
    """The alternative text is in the HTML, with its quotes escaped."""
    assert 'alt="two bars, &quot;b&quot; higher"' in picture()._repr_html_()


def test_the_same_plot_gives_the_same_bytes():
    """Stored outputs change only when a plot does."""
    assert picture().png == picture().png


def test_a_playground_offers_a_slider_and_a_picture_for_pages_without_a_kernel():
    """Both kinds stand in the cell's output; each page takes what it can show."""
    bundle = lab.play(lambda _: picture(), "height", [1, 2, 3], start=2)._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "text/html"} <= set(bundle)
    assert "height: 2" in bundle["text/html"]


def test_moving_the_slider_draws_anew():
    """The image shows what draw returns for the slider's value."""
    drawn = []
    box = lab.play(lambda value: drawn.append(value) or picture(), "height", [1, 2, 3], start=2).widget()
    box.children[0].value = 3
    assert drawn == [2, 3]


def test_a_playground_refuses_a_start_that_the_slider_does_not_have():
    """A typing error in a lab's source is told, not drawn."""
    with pytest.raises(ValueError, match="4 is not one of the choices"):
        lab.play(lambda _: picture(), "height", [1, 2, 3], start=4)


@pytest.mark.parametrize("T", [3, 8, 12])
def test_attention_maps_are_the_weights_of_the_formula(T):
    """Measured from outside, they agree with query, key and softmax, for windows shorter and longer than the head."""
    torch.manual_seed(0)
    head, x = Head(8, 5, 12), torch.randn(1, T, 8)
    q, k = head.query(x)[0], head.key(x)[0]
    expected = torch.zeros(T, T)
    for t in range(T):
        expected[t, : t + 1] = (k[: t + 1] @ q[t] / 5**0.5).softmax(0)
    assert torch.allclose(lab.attention_maps(head, x)[0], expected, atol=1e-6)


class Fused(torch.nn.Module):
    """The same attention with one fused projection, from the weights of a plain one."""

    def __init__(self, plain):
        super().__init__()
        C = plain.proj.weight.shape[0]
        self.n_head, self.proj, self.qkv = len(plain.heads), plain.proj, torch.nn.Linear(C, 3 * C, bias=False)
        kinds = [torch.cat([getattr(h, name).weight for h in plain.heads]) for name in ("query", "key", "value")]
        self.qkv.weight = torch.nn.Parameter(torch.cat(kinds))

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (p.view(B, T, self.n_head, -1).transpose(1, 2) for p in self.qkv(x).split(C, dim=-1))
        out = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.proj(out.transpose(1, 2).reshape(B, T, C))


def test_attention_maps_do_not_depend_on_how_the_heads_are_computed():
    """Heads in a list and one fused projection give the same maps."""
    torch.manual_seed(0)
    plain, x = MultiHeadAttention(12, 3, 9), torch.randn(1, 7, 12)
    for one, other in zip(lab.attention_maps(plain, x), lab.attention_maps(Fused(plain), x, n_head=3), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_measuring_attention_leaves_the_module_as_it_was():
    """No hook stays behind, and the mode is the one before."""
    attention, x = MultiHeadAttention(12, 3, 9), torch.randn(1, 7, 12)
    before = attention(x)
    lab.attention_maps(attention, x)
    assert attention.training
    assert torch.equal(attention(x), before)


def test_a_program_that_fails_says_so(capsys):
    """The end of its output and its exit code are printed; the cell goes on."""
    lab.program("scripts.there_is_no_such_program")
    said = capsys.readouterr().out
    assert "No module named" in said
    assert "exit code 1" in said


@pytest.fixture(params=sorted(path.stem for path in FIGURES.glob("draw*.py")))
def drawings(request, monkeypatch):
    """A module that draws diagrams, and the one with the tools."""
    monkeypatch.syspath_prepend(FIGURES)
    return importlib.import_module(request.param), importlib.import_module("draw")


def test_every_diagram_is_in_step_with_the_code_that_draws_it(drawings):
    """``python book/figures/draw.py`` and its like would change nothing."""
    for figure in drawings[0].FIGURES:
        assert (FIGURES / f"{figure.__name__}.svg").read_text(encoding="utf-8") == figure().svg()


def test_every_photograph_shows_its_diagram_at_the_same_size(drawings):
    """It names the drawing that it was taken of, and says that it is twice as dense."""
    module, draw = drawings
    for figure in module.FIGURES:
        with Image.open(FIGURES / f"{figure.__name__}.jpg") as picture:
            facts = picture.getexif()
            assert facts[draw.DESCRIPTION] == draw.described(figure().svg())
            assert picture.size == (2 * figure().width, 2 * figure().height)
            assert facts[draw.X_RESOLUTION] == facts[draw.Y_RESOLUTION] == 2 * 72


def test_recorded_curves_say_which_command_made_them():
    """Each file holds curves as long as their steps, and the way to make them again."""
    files = sorted((FIGURES / "curves").glob("*.json"))
    assert files
    for file in files:
        assert json.loads(file.read_text(encoding="utf-8"))["command"].startswith("python ")
        assert all(len(steps) == len(losses) > 1 for steps, losses in lab.recorded(file.stem).values())
