"""Checks of lab 12: the parts of a modern GPT, and their first values."""

import math
from dataclasses import replace

import torch

from tests.labs.helpers_modern import angles_by_hand, share_nearest
from tests.labs.helpers_modern_gpt import BLOCK, FULL, PLAIN, D, gpt_sizes, own_sizes
from vibejam_core.course import expect
from vibejam_core.models.config import ModelConfig

START = ModelConfig(  # large enough that a right draw is never refused
    vocab_size=300,
    block_size=8,
    n_layer=3,
    n_head=6,
    n_embd=48,
    n_kv_head=2,
    vocab_multiple=64,
    value_embeddings=True,
    residual_scalars=True,
)
BOUND = math.sqrt(3 / 48)
NORMALS = {"transformer.wte": 1.0, "lm_head": 0.001}
UNIFORMS = ("c_q", "c_k", "c_v", "c_fc")


def started(GPT):
    """The parameters of a new model, by name."""
    return dict(GPT(START).named_parameters())


def uniform_ones(parameters):
    """Those that start uniform: the widening and value matrices of the blocks, and the value embeddings."""
    return {name: p for name, p in parameters.items() if name.split(".")[-2:-1] and name.split(".")[-2] in UNIFORMS} | {
        name: p for name, p in parameters.items() if name.startswith("value_embeds")
    }


# --- __init__ ---------------------------------------------------------------------------------------------------------


def test_gpt_learns_what_it_should(GPT):
    """Without options it learns wte, the blocks and lm_head, of the sizes the exercise gives, and nothing else."""
    expect.equal(own_sizes(GPT(PLAIN)), gpt_sizes(PLAIN), "the parameters of a model without options")


def test_gpt_keeps_its_config(GPT):
    """``self.config`` is the config."""
    expect.true(GPT(PLAIN).config == PLAIN, "self.config should be the config that the model was made with")


def test_gpt_each_head_may_have_its_own_keys(GPT):
    """With ``n_kv_head=0`` every query head has keys and values of its own, and the sizes follow."""
    config = replace(FULL, n_kv_head=0, n_layer=1, vocab_size=16, vocab_multiple=16)
    expect.equal(own_sizes(GPT(config)), gpt_sizes(config), "the parameters of a model with n_kv_head=0")


def test_gpt_adds_value_embeddings_to_every_other_layer(GPT):
    """With ``value_embeddings`` every other layer has an embedding of kv_heads * head_dim numbers, the last one too."""
    for n_layer in (3, 4, 1):
        config = replace(PLAIN, n_layer=n_layer, value_embeddings=True)
        expect.equal(
            own_sizes(GPT(config)), gpt_sizes(config), f"the parameters with value embeddings in {n_layer} layers"
        )


def test_gpt_adds_two_scalars_per_layer(GPT):
    """With ``residual_scalars`` it learns resid_lambdas and x0_lambdas, one number per layer each."""
    config = replace(PLAIN, n_layer=3, residual_scalars=True)
    expect.equal(own_sizes(GPT(config)), gpt_sizes(config), "the parameters with residual scalars")


def test_gpt_keeps_its_weights_in_float32(GPT):
    """Every parameter is float32, whatever the compute dtype is."""
    for name, parameter in GPT(replace(FULL, compute_dtype="bfloat16")).named_parameters():
        expect.dtype(parameter, torch.float32, f"{name} of a model that computes in bfloat16")


def test_gpt_has_rotary_tables(GPT):
    """``self.cos`` and ``self.sin`` belong to the positions 0 to block_size - 1, with the config's rope_base."""
    model, angles = GPT(PLAIN), angles_by_hand(torch.arange(BLOCK), D, PLAIN.rope_base)
    expect.close(model.cos, angles.cos().float(), "self.cos")
    expect.close(model.sin, angles.sin().float(), "self.sin")


def test_gpt_keeps_tables_in_the_compute_dtype(GPT):
    """cos and sin are of the compute dtype, and nothing but the result was rounded to it."""
    for name, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16), ("float16", torch.float16)):
        model = GPT(replace(PLAIN, block_size=700, compute_dtype=name))
        angles = angles_by_hand(torch.arange(700), D, PLAIN.rope_base)
        for table, exact in ((model.cos, angles.cos()), (model.sin, angles.sin())):
            expect.dtype(table, dtype, f"self.cos and self.sin at compute_dtype {name}")
            if name != "float32":
                share = share_nearest(table, exact)
                expect.between(share, 0.98, 1, f"the share of {name} numbers in the tables that are the nearest ones")


def test_gpt_tables_are_buffers_that_are_not_saved(GPT):
    """cos and sin are buffers, so that they move with the model, but they aren't saved: the config says it all."""
    model = GPT(PLAIN)
    held = [name for name, _ in model.named_buffers() if name in ("cos", "sin")]
    expect.equal(sorted(held), ["cos", "sin"], "which of cos and sin are buffers")
    saved = [name for name in model.state_dict() if name in ("cos", "sin")]
    expect.equal(sorted(saved), [], "which of cos and sin are saved with the weights")


# --- init_weights -----------------------------------------------------------------------------------------------------


def test_start_embeddings_and_head_are_normal(GPT):
    """wte starts normal with standard deviation 1, lm_head normal with 0.001."""
    parameters = started(GPT)
    for name, std in NORMALS.items():
        weight = parameters[f"{name}.weight"]
        expect.between(weight.std(), 0.97 * std, 1.03 * std, f"the standard deviation of {name}")
        expect.between(weight.mean(), -0.05 * std, 0.05 * std, f"the mean of {name}")
        expect.between(weight.abs().max() / std, 3, 8, f"the largest weight of {name}, in standard deviations")


def test_start_matrices_are_uniform(GPT):
    """c_q, c_k, c_v and c_fc start uniform from -sqrt(3 / C) to sqrt(3 / C), and so do value embeddings."""
    for name, weight in uniform_ones(started(GPT)).items():
        expect.between(weight.abs().max() / BOUND, 0.97, 1.0001, f"the largest weight of {name}, over sqrt(3 / C)")
        expect.between(
            weight.std() / BOUND * math.sqrt(3), 0.9, 1.1, f"the standard deviation of {name}, times sqrt(C)"
        )
        expect.between(weight.mean() / BOUND, -0.12, 0.12, f"the mean of {name}, over sqrt(3 / C)")


def test_start_projections_are_zero(GPT):
    """Both c_proj of every block start at zero, so that at first no block adds anything."""
    for name, weight in started(GPT).items():
        if "c_proj" in name:
            expect.equal(weight, torch.zeros_like(weight), f"{name} in a new model")


def test_start_scalars_change_nothing(GPT):
    """resid_lambdas start at 1, x0_lambdas at 0."""
    parameters = started(GPT)
    expect.equal(parameters["resid_lambdas"], torch.ones(3), "resid_lambdas in a new model")
    expect.equal(parameters["x0_lambdas"], torch.zeros(3), "x0_lambdas in a new model")


def test_start_draws_are_all_different(GPT):
    """Every matrix is drawn for itself: no two are alike, nor two rows of one."""
    parameters = started(GPT)
    drawn = uniform_ones(parameters) | {f"{name}.weight": parameters[f"{name}.weight"] for name in NORMALS}
    size = {name: NORMALS.get(name.removesuffix(".weight"), BOUND) for name in drawn}
    first = [float(weight.detach()[0, 0]) / size[name] for name, weight in drawn.items()]
    expect.equal(len(set(first)), len(drawn), "how many different first numbers there are, over all matrices")
    for name, weight in drawn.items():
        expect.true(not torch.equal(weight[0], weight[1]), f"the first two rows of {name} are the same numbers")


def test_init_weights_starts_anew(GPT):
    """Called on a trained model, init_weights gives every parameter its first value again."""
    model = GPT(START)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(7.0)
    model.init_weights()
    wanted = {"c_proj": 0.0, "resid_lambdas": 1.0, "x0_lambdas": 0.0, "wte": 1.0, "lm_head": 0.001}
    for name, parameter in model.named_parameters():
        kind = next((key for key in wanted if key in name), None)
        size = parameter.square().mean().sqrt()
        right = BOUND / math.sqrt(3) if kind is None else wanted[kind]
        expect.between(size, 0.9 * right, 1.1 * right, f"the root mean square of {name} after init_weights")


def test_init_weights_draws_anew(GPT):
    """Every call of init_weights gives other numbers."""
    model = GPT(START)
    before = {name: parameter.clone() for name, parameter in model.named_parameters()}
    model.init_weights()
    for name, parameter in uniform_ones(dict(model.named_parameters())).items():
        expect.true(
            not torch.equal(parameter, before[name]), f"{name} has the same numbers after a second init_weights"
        )
    for name in NORMALS:
        same = torch.equal(dict(model.named_parameters())[f"{name}.weight"], before[f"{name}.weight"])
        expect.true(not same, f"{name} has the same numbers after a second init_weights")


def test_start_of_another_model_is_another(GPT):
    """Two models made one after the other start with other numbers: no seed is set while one is made."""
    one, other = started(GPT), started(GPT)
    for name in [*uniform_ones(one), *(f"{name}.weight" for name in NORMALS)]:
        expect.true(not torch.equal(one[name], other[name]), f"{name} has the same numbers in two new models")


def test_init_weights_keeps_the_parameters(GPT):
    """The parameters stay the objects they are, so that an optimiser goes on training them."""
    model = GPT(FULL)
    before = dict(model.named_parameters())
    model.init_weights()
    for name, parameter in model.named_parameters():
        expect.true(parameter is before[name], f"{name} is another object after init_weights")
        expect.true(parameter.requires_grad and parameter.is_leaf, f"{name} can't be trained after init_weights")


def test_gpt_starts_its_weights(GPT):
    """A model is made with its first values: ``__init__`` calls init_weights."""
    called = []

    class Watched(GPT):
        def init_weights(self):
            called.append(len(list(self.parameters())))
            return super().init_weights()

    Watched(FULL)
    found = called[-1] if called else "init_weights isn't called"
    expect.equal(found, len(gpt_sizes(FULL)), "how many parameters there are when __init__ calls init_weights")
