"""GPT-2's weights in the GPT of lab 04: the logits are those of transformers, and what doesn't fit is named."""

from pathlib import Path
from types import ModuleType

import pytest
import torch

from tests.models.gpt2_checkpoints import SHAPE, by_hand, by_transformers
from vibejam_core.course import known
from vibejam_core.course.curriculum import component
from vibejam_core.course.grafting.skeleton import reference_definition
from vibejam_core.models import gpt
from vibejam_core.models.gpt2_config import read_gpt2_config
from vibejam_core.models.gpt2_weights import CONFIG, WEIGHTS, load_gpt2

LIKE_THE_DOCSTRINGS = {
    "gpt.Head": [
        "one fused projection and scaled_dot_product_attention",
        "a loop over positions, without any mask",
        "a float mask handed to scaled_dot_product_attention, one split fused projection",
    ],
    "gpt.MultiHeadAttention": [
        "one fused projection, batched heads, scaled_dot_product_attention",
        "three full-size projections, batched heads, a boolean mask",
        "every head adds its share of the projection",
        "heads folded into the batch, bmm",
    ],
    "gpt.FeedForward": ["the exact GELU", "the tanh formula written out, dropout as a function"],
    "gpt.Block": ["the norm written out by hand"],
    "gpt.GPTModel": ["blocks in nn.Sequential, positions in a buffer, a preallocated output under inference_mode"],
}
OTHER_NAMES = {
    "gpt.Head": ["queries and keys each scaled by the fourth root, the mask one row of positions at a time"],
    "gpt.MultiHeadAttention": ["einsum throughout, projections under other names"],
    "gpt.FeedForward": ["convolutions one position wide"],
    "gpt.Block": ["a layer norm of one's own"],
    "gpt.GPTModel": ["pieces in an nn.ModuleDict, with GPT-2's names"],
}


def pairs(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(id, name) for id, names in table.items() for name in names]


def somebodys(id: str, definition: str) -> gpt.GPTModel:
    """A model as a learner might have written it, with one definition in place of the reference's."""
    source = Path(gpt.__file__).read_text(encoding="utf-8")
    reference = reference_definition(component(id)).strip()
    assert source.count(reference) == 1
    module = ModuleType("learners_gpt")
    exec(compile(source.replace(reference, definition.strip()), "learners_gpt.py", "exec"), vars(module))
    made: gpt.GPTModel = module.GPTModel(SHAPE)
    return made


def variant(id: str, name: str) -> gpt.GPTModel:
    [found] = [variant for variant in known.variants(id) if variant.name == name]
    return somebodys(id, known.source(id, found.change))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, torch.Tensor, torch.Tensor]:
    """A checkpoint's folder, token ids, and what transformers makes of them."""
    folder = tmp_path_factory.mktemp("gpt2")
    return folder, *by_transformers(folder)


def test_the_logits_are_those_of_transformers(original: tuple[Path, torch.Tensor, torch.Tensor]) -> None:
    """To 1e-4, where they themselves are of order one; for shorter texts too."""
    folder, idx, logits = original
    model = load_gpt2(folder)
    assert logits.std() > 1
    torch.testing.assert_close(model(idx)[0], logits, atol=1e-4, rtol=0)
    torch.testing.assert_close(model(idx[:, :4])[0], logits[:, :4], atol=1e-4, rtol=0)
    assert not model.training
    assert model.config == SHAPE


@pytest.mark.parametrize(("id", "name"), pairs(LIKE_THE_DOCSTRINGS))
def test_learners_models_take_the_weights_too(
    original: tuple[Path, torch.Tensor, torch.Tensor], id: str, name: str
) -> None:
    """Whichever of the forms that the docstrings allow they have."""
    folder, idx, logits = original
    torch.testing.assert_close(load_gpt2(folder, variant(id, name))(idx)[0], logits, atol=1e-4, rtol=0)


@pytest.mark.parametrize("setting", ["activation_function", "layer_norm_epsilon", "tie_word_embeddings"])
def test_settings_that_change_the_computation(tmp_path: Path, setting: str) -> None:
    """The exact GELU, another epsilon, a head of its own."""
    value = {"activation_function": "gelu", "layer_norm_epsilon": 0.1, "tie_word_embeddings": False}[setting]
    idx, logits = by_transformers(tmp_path, **{setting: value})
    model = load_gpt2(tmp_path)
    torch.testing.assert_close(model(idx)[0], logits, atol=1e-4, rtol=0)
    tied = model.get_parameter("lm_head.weight") is model.get_parameter("token_embedding.weight")
    assert tied == (setting != "tie_word_embeddings")


def test_every_learners_parameter_comes_from_the_file(tmp_path: Path) -> None:
    """Nothing random is left, the biases of queries, keys and values are there, and no two share memory by accident."""
    tensors = by_hand(tmp_path)
    model = load_gpt2(tmp_path)
    assert sum(p.numel() for p in model.parameters()) == sum(t.numel() for t in tensors.values())
    second = model.get_submodule("blocks.1.attention.heads.2.key")
    torch.testing.assert_close(second.weight, tensors["h.1.attn.c_attn.weight"].T[24 + 16 : 24 + 24])
    torch.testing.assert_close(second.bias, tensors["h.1.attn.c_attn.bias"][24 + 16 : 24 + 24])
    memory = [p.untyped_storage().data_ptr() for p in model.parameters()]
    assert len(set(memory)) == len(memory)
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize("prefix", ["", "transformer."])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_both_ways_to_name_and_masks_that_are_no_weights(tmp_path: Path, prefix: str, dtype: torch.dtype) -> None:
    """OpenAI's own checkpoint has no prefix, and masks; others have the prefix; some are stored in half precision."""
    plain, other = tmp_path / "plain", tmp_path / "other"
    tensors = by_hand(plain)
    masks = {"h.0.attn.bias": torch.ones(1, 1, 11, 11), "h.1.attn.masked_bias": torch.tensor(-1e4)}
    by_hand(other, prefix=prefix, change={**{n: t.to(dtype) for n, t in tensors.items()}, **masks})
    idx = torch.arange(11)[None] * 5
    found, wanted = load_gpt2(other)(idx)[0], load_gpt2(plain)(idx)[0]
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, wanted, atol=0.0 if dtype == torch.float32 else 0.05, rtol=0)


def test_a_head_in_the_file_counts_only_where_it_is_not_tied(tmp_path: Path) -> None:
    """As in transformers: tied is tied, whatever is stored besides."""
    head = torch.ones(61, 24)
    by_hand(tmp_path, change={"lm_head.weight": head})
    assert not torch.equal(load_gpt2(tmp_path).get_parameter("lm_head.weight"), head)
    by_hand(tmp_path, change={"lm_head.weight": head}, tie_word_embeddings=False)
    assert torch.equal(load_gpt2(tmp_path).get_parameter("lm_head.weight"), head)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"h.1.mlp.c_fc.bias": None, "wpe.weight": None}, "it lacks wpe.weight, h.1.mlp.c_fc.bias and has"),
        ({"h.0.crossattention.c_attn.weight": torch.ones(2)}, "belongs there, h.0.crossattention.c_attn.weight"),
        ({"h.1.ln_2.bias": torch.ones(25)}, r"h.1.ln_2.bias has shape \(25,\), but .* it should be \(24,\)"),
        ({"h.0.mlp.c_fc.weight": torch.ones(96, 24)}, r"c_fc.weight has shape \(96, 24\), .* should be \(24, 96\)"),
    ],
)
def test_tensors_that_dont_fit_are_named(tmp_path: Path, change: dict[str, torch.Tensor | None], said: str) -> None:
    """Missing, unknown, of another shape, not transposed."""
    by_hand(tmp_path, change=change)
    with pytest.raises(ValueError, match=said):
        load_gpt2(tmp_path)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"model_type": "llama"}, "of type 'llama', but the classic GPT of lab 04 can be a 'gpt2' only"),
        ({"model_type": None}, "of type None"),
        ({"n_layer": None, "n_embd": "24"}, "no whole number for n_layer, n_embd"),
        ({"activation_function": "relu"}, "activation_function to 'relu', .* GELU: gelu_new"),
        ({"n_inner": 48}, "n_inner to 48, .* 96 wide"),
        ({"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx to True"),
        ({"scale_attn_weights": False}, "scale_attn_weights to False"),
        ({"tie_word_embeddings": False}, "it lacks lm_head.weight"),
    ],
)
def test_another_architecture_is_refused(tmp_path: Path, settings: dict[str, object], said: str) -> None:
    """The field and its value are named."""
    by_hand(tmp_path, **settings)
    with pytest.raises(ValueError, match=said):
        load_gpt2(tmp_path)


def test_damaged_and_missing_files(tmp_path: Path) -> None:
    """The file is named, and what to do."""
    by_hand(tmp_path)
    (tmp_path / WEIGHTS).write_bytes((tmp_path / WEIGHTS).read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"model.safetensors is damaged or cut off"):
        load_gpt2(tmp_path)
    (tmp_path / WEIGHTS).unlink()
    with pytest.raises(FileNotFoundError, match=r"there is no .*model.safetensors"):
        load_gpt2(tmp_path)
    for text, said in (("{", "not JSON"), ("[1]", "holds a list"), ("\udcff", "not JSON")):
        (tmp_path / CONFIG).write_bytes(text.encode("utf-8", "surrogateescape"))
        with pytest.raises(ValueError, match=said):
            load_gpt2(tmp_path)
    with pytest.raises(FileNotFoundError, match="is a folder with"):
        load_gpt2(tmp_path / "nowhere")


@pytest.mark.parametrize(("id", "name"), pairs(OTHER_NAMES))
def test_parts_under_other_names_are_told(tmp_path: Path, id: str, name: str) -> None:
    """Such a model is right, but its parts can't be found; the error says whose."""
    by_hand(tmp_path)
    with pytest.raises(ValueError, match=rf"{id.removeprefix('gpt.')} (has no nn\.|should hold two linear layers)"):
        load_gpt2(tmp_path, variant(id, name))


def test_a_forward_that_misses_the_biases_is_found_out(tmp_path: Path) -> None:
    """It multiplies with the weights instead of calling the layers."""
    by_hand(tmp_path)
    definition = reference_definition(component("gpt.Head"))
    model = somebodys(
        "gpt.Head", definition.replace("self.key(x), self.value(x)", "self.key(x), x @ self.value.weight.T")
    )
    with pytest.raises(ValueError, match=r"computes something else than GPT-2 .* self.query"):
        load_gpt2(tmp_path, model)


def test_a_model_of_another_shape_is_refused(tmp_path: Path) -> None:
    """With what the checkpoint needs."""
    by_hand(tmp_path)
    other = gpt.GPTModel(read_gpt2_config(tmp_path / CONFIG).shape.__class__(vocab_size=60, block_size=11, n_embd=24))
    with pytest.raises(ValueError, match="a model with vocab_size 61, n_head 3; this one"):
        load_gpt2(tmp_path, other)
