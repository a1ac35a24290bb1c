"""Checks of lab 11, continued: the attention layer."""

import math

import torch

from tests.labs.helpers_by_hand import rand
from tests.labs.helpers_modern import (
    attention_layer_by_hand,
    attention_layer_weights,
    gradients_of,
    pour_weights,
    replaced,
    right,
    sizes,
)
from tests.labs.helpers_modern_layer import (
    GATHER,
    KV,
    WINDOWS,
    B,
    C,
    D,
    H,
    T,
    config,
    extra,
    right_attention,
    stream,
    tables,
)
from vibejam_core.course import expect


def attention(CausalSelfAttention, shape=None, layer_idx=0, weights=GATHER):
    """The learner's attention, with known weights."""
    layer = CausalSelfAttention(shape or config(), layer_idx)
    pour_weights(layer, weights)
    return layer


# --- CausalSelfAttention ----------------------------------------------------------------------------------------------


def test_layer_learns_four_matrices(CausalSelfAttention):
    """It learns c_q, c_k, c_v and c_proj, without biases, and nothing else; keys and values have kv_heads heads."""
    for n_kv_head, kv in ((KV, KV), (1, 1), (0, H)):
        found = sizes(CausalSelfAttention(config(n_kv_head=n_kv_head), 0))
        matrices = {"c_q": [C, C], "c_k": [kv * D, C], "c_v": [kv * D, C], "c_proj": [C, C]}
        wanted = {f"{name}.weight": size for name, size in matrices.items()}
        expect.equal(found, wanted, f"the parameters with n_embd={C}, n_head={H}, n_kv_head={n_kv_head}")


def test_layer_keeps_the_shape(CausalSelfAttention):
    """The output has the shape (B, T, C)."""
    expect.shape(attention(CausalSelfAttention)(stream(), *tables()), (B, T, C))


def test_layer_leaves_its_inputs_alone(CausalSelfAttention):
    """The tensors that came in are the same afterwards."""
    given = [stream(), *tables(), extra()]
    before = [tensor.clone() for tensor in given]
    with torch.no_grad():
        attention(CausalSelfAttention)(*given)
    for tensor, old, name in zip(given, before, ("x", "cos", "sin", "value_embedding"), strict=True):
        expect.equal(tensor, old, f"{name} after the call")


def test_layer_keeps_batch_rows_apart(CausalSelfAttention):
    """The rows of a batch don't see each other."""
    layer, x = attention(CausalSelfAttention), stream()
    other = x.clone()
    other[0] = rand(T, C, seed=4)
    expect.close(layer(other, *tables())[1:], layer(x, *tables())[1:], "the outputs of other rows after row 0 changed")


def test_layer_later_token_changes_nothing_earlier(CausalSelfAttention):
    """A later token must not change an earlier output, in a layer with a window or without one."""
    for layer_idx in (0, 1):
        layer, x = attention(CausalSelfAttention, WINDOWS, layer_idx), stream()
        for token in (6, 2):
            after = layer(replaced(x, token, seed=5), *tables())[:, :token]
            what = f"the outputs of layer {layer_idx} before token {token} when that token changes"
            expect.close(after, layer(x, *tables())[:, :token], what)


def test_layer_no_gradient_from_the_future(CausalSelfAttention):
    """No gradient flows from an output to a later token; some flows to the token itself and each one before."""
    x = stream().requires_grad_()
    (gradient,) = gradients_of(attention(CausalSelfAttention)(x, *tables())[:, 3], [x], "x")
    size = gradient.abs().sum(dim=(0, 2))  # (T,)
    expect.close(size[4:], torch.zeros(3), "how much tokens 4, 5 and 6 matter to output 3", atol=1e-6)
    for token in range(4):
        expect.between(size[token], 1e-3, math.inf, f"how much token {token} matters to output 3")


def test_layer_first_token_gets_its_own_value(CausalSelfAttention):
    """The first token sees only itself: c_proj of its values, head after head, each shared by two query heads."""
    x = stream()
    values = (x[:, 0] @ GATHER["c_v"].T).unflatten(-1, (KV, D))
    wanted = values[:, [0, 0, 1, 1]].flatten(1) @ GATHER["c_proj"].T
    got = attention(CausalSelfAttention)(x, *tables())[:, 0]
    expect.close(got, wanted, "the output of the first token", atol=1e-4)


def test_layer_sees_everything_before(CausalSelfAttention):
    """Where all queries are zero, the output is c_proj of the mean of the values up to the token itself."""
    x, weights = stream(), {**GATHER, "c_q": 0 * GATHER["c_q"]}
    got = attention(CausalSelfAttention, weights=weights)(x, *tables())
    expect.close(got, right_attention(x, weights), "the output where all queries are zero", atol=1e-4)


def test_layer_compares_where_tokens_stand(CausalSelfAttention):
    """Queries and keys are turned by cos and sin, normed and compared; the output is the one computed by hand."""
    x = stream()
    for n_kv_head, kv in ((KV, KV), (1, 1), (0, H)):
        weights = attention_layer_weights(C, H, kv, seed=40)
        got = attention(CausalSelfAttention, config(n_kv_head=n_kv_head), weights=weights)(x, *tables())
        expect.close(got, right_attention(x, weights), f"the output with n_kv_head={n_kv_head}", atol=1e-4)


def test_layer_adds_the_value_embedding(CausalSelfAttention):
    """A value embedding is added to the values, and to nothing else."""
    x, added = stream(), extra()
    for layer_idx, window in ((1, 0), (0, 4)):
        got = attention(CausalSelfAttention, WINDOWS, layer_idx)(x, *tables(), added)
        wanted = right_attention(x, window=window, value_embedding=added)
        expect.close(got, wanted, f"the output of layer {layer_idx} with a value embedding", atol=1e-4)


def test_layer_forgets_the_value_embedding(CausalSelfAttention):
    """A value embedding is added in its own call only, in eval mode as in training."""
    layer, x = attention(CausalSelfAttention), stream()
    for mode in (True, False):
        layer.train(mode)
        for added in (extra(), None):
            what = f"the output {'without' if added is None else 'with'} a value embedding, layer.training={mode}"
            expect.close(layer(x, *tables(), added), right_attention(x, value_embedding=added), what, atol=1e-4)


def test_layer_has_the_window_of_its_place(CausalSelfAttention):
    """Each layer sees as far back as ``config.window_of(layer_idx)`` says."""
    x, seen = stream().requires_grad_(), []
    for layer in [attention(CausalSelfAttention, WINDOWS, layer_idx) for layer_idx in range(5)]:
        out = layer(x, *tables())
        (gradient,) = gradients_of(out[:, -1], [x], "x")
        seen.append(int((gradient.abs().sum(dim=(0, 2)) > 1e-5).sum()))
    expect.equal(seen, [4, T, 4, T, T], f"how many tokens the last of {T} sees in layers 0 to 4, with the pattern SL")


def test_layer_works_at_every_length(CausalSelfAttention):
    """Texts of every length work, one after another, in a layer with a window or without one."""
    for layer_idx, window in ((1, 0), (0, 4)):
        layer = attention(CausalSelfAttention, WINDOWS, layer_idx)
        for length in (3, 8, 1, 5):
            x, (cos, sin) = stream(length, length), tables(torch.arange(length))
            wanted = right(attention_layer_by_hand(x, GATHER, H, cos, sin, window))
            what = f"the output of layer {layer_idx} for {length} tokens"
            expect.close(layer(x, cos, sin), wanted, what, atol=1e-4)


def test_layer_computes_in_the_dtype_of_x(CausalSelfAttention):
    """The output has the dtype of x, whatever the weights have, and is as exact as that allows; the weights stay."""
    for dtype, exact in ((torch.bfloat16, 0.08), (torch.float64, 1e-5)):
        layer, x = attention(CausalSelfAttention), stream().to(dtype)
        got = layer(x, *tables(dtype=dtype))
        expect.dtype(got, dtype, f"the output for an x of {dtype}")
        expect.close(got, right_attention(x), f"the output for an x of {dtype}", atol=exact, rtol=0.03)
        expect.dtype(layer.c_q.weight, torch.float32, f"the weights of c_q after an x of {dtype}")


def test_layer_keeps_its_weights_in_float32(CausalSelfAttention):
    """The weights are float32, whatever the compute dtype is."""
    for name, weight in CausalSelfAttention(config(compute_dtype="bfloat16"), 0).named_parameters():
        expect.dtype(weight, torch.float32, f"{name} with compute_dtype bfloat16")


def test_layer_drops_nothing(CausalSelfAttention):
    """Nothing is left to chance in training, whatever ``config.dropout`` says."""
    layer, x = attention(CausalSelfAttention, config(dropout=0.5)).train(), stream()
    expect.close(layer(x, *tables()), right_attention(x), "the output in training, with dropout=0.5", atol=1e-4)


def test_layer_passes_gradients_on(CausalSelfAttention):
    """A backward pass gives every matrix, x and the value embedding the gradient of the formula."""
    layer, x, added = attention(CausalSelfAttention), stream().requires_grad_(), extra().requires_grad_()
    exact = {name: weight.clone().requires_grad_() for name, weight in GATHER.items()}
    by_hand = attention_layer_by_hand(x, exact, H, *tables(), 0, added)
    wanted = gradients_of(by_hand, [*exact.values(), x, added], "the weights")
    ours = [layer.c_q.weight, layer.c_k.weight, layer.c_v.weight, layer.c_proj.weight, x, added]
    found = gradients_of(layer(x, *tables(), added), ours, "the weights")
    flows = {name: bool(gradient.any()) for name, gradient in zip((*exact, "x", "value_embedding"), found, strict=True)}
    expect.equal(flows, dict.fromkeys(flows, True), "whether a gradient reaches each matrix and each input")
    for got, gradient, name in zip(found, wanted, (*exact, "x", "value_embedding"), strict=True):
        expect.close(got, right(gradient), f"the gradient at {name}", atol=1e-3, rtol=1e-3)
