"""Checks of lab 11, continued: the MLP, and the block that is made of it and the attention."""

import math

import torch

from tests.labs.helpers_by_hand import rand
from tests.labs.helpers_modern import (
    attention_layer_by_hand,
    gradients_of,
    mlp_by_hand,
    norm_by_hand,
    pour_weights,
    replaced,
    right,
    sizes,
    under,
)
from tests.labs.helpers_modern_layer import (
    GATHER,
    KV,
    PLACES,
    THINK,
    WINDOWS,
    B,
    C,
    H,
    T,
    config,
    extra,
    stream,
    tables,
)
from vibejam_core.course import expect

WHOLE = {**under("attn", GATHER), **under("mlp", THINK)}


def network(MLP, weights=THINK):
    """The learner's MLP, with known weights."""
    mlp = MLP(config())
    pour_weights(mlp, weights)
    return mlp


def whole_block(Block, shape=None, layer_idx=0, weights=WHOLE):
    """The learner's block, with known weights."""
    block = Block(shape or config(), layer_idx)
    pour_weights(block, weights)
    return block


def right_block(x, attn=GATHER, mlp=THINK, window=0, value_embedding=None):
    """What the block should make of x at our positions."""
    x = x.double()
    x = x + attention_layer_by_hand(norm_by_hand(x), attn, H, *tables(), window, value_embedding)
    return right(x + mlp_by_hand(norm_by_hand(x), mlp))


def silent(weights):
    """The same weights, but what comes out is zero."""
    return {**weights, "c_proj": 0 * weights["c_proj"]}


# --- MLP --------------------------------------------------------------------------------------------------------------


def test_mlp_learns_two_matrices(MLP):
    """It learns c_fc, from n_embd to 4 * n_embd, and c_proj, back, without biases, and nothing else."""
    wanted = {"c_fc.weight": [4 * C, C], "c_proj.weight": [C, 4 * C]}
    expect.equal(sizes(MLP(config())), wanted, f"the parameters with n_embd={C}")


def test_mlp_keeps_the_shape(MLP):
    """The output has the shape (B, T, C), also for a single token."""
    expect.shape(network(MLP)(stream()), (B, T, C))
    expect.shape(network(MLP)(rand(1, 1, C, seed=1)), (1, 1, C), "the output for one token")


def test_mlp_leaves_its_input_alone(MLP):
    """The tensor that came in is the same afterwards."""
    x = stream()
    before = x.clone()
    with torch.no_grad():
        network(MLP)(x)
    expect.equal(x, before, "the input after the call")


def test_mlp_works_on_each_position_alone(MLP):
    """Changing one token changes its own output and no other."""
    mlp, x = network(MLP), stream()
    other = x.clone()
    other[1, 2] = rand(C, seed=4)
    wanted = mlp(x).detach().clone()
    wanted[1, 2] = mlp(other)[1, 2]
    expect.close(mlp(other), wanted, "the output after token 2 of row 1 was changed")


def test_mlp_squares_what_is_above_zero(MLP):
    """Between the layers each number becomes its square if it is above zero, else zero: the bare curve."""
    plain = {"c_fc": torch.eye(C).repeat(4, 1), "c_proj": torch.eye(C).repeat(1, 4) / 4}  # layers that change nothing
    x = torch.linspace(-12, 12, 17)
    got = network(MLP, plain)(x[None, :, None].expand(1, 17, C))[0, :, 0]
    expect.close(got, torch.tensor([max(number, 0.0) ** 2 for number in x.tolist()]), "the curve from -12 to 12")


def test_mlp_computes_both_layers(MLP):
    """The output is c_proj of the squares of what c_fc has above zero, as computed by hand."""
    x = stream(scale=2.0)
    expect.close(network(MLP)(x), right(mlp_by_hand(x, THINK)), "the output", atol=1e-4)


def test_mlp_computes_in_the_dtype_of_x(MLP):
    """The output has the dtype of x, whatever the weights have, and is as exact as that allows; the weights stay."""
    for dtype, exact in ((torch.bfloat16, 0.1), (torch.float64, 1e-5)):
        mlp, x = network(MLP), stream().to(dtype)
        got = mlp(x)
        expect.dtype(got, dtype, f"the output for an x of {dtype}")
        expect.close(got, right(mlp_by_hand(x, THINK)), f"the output for an x of {dtype}", atol=exact, rtol=0.03)
        expect.dtype(mlp.c_fc.weight, torch.float32, f"the weights of c_fc after an x of {dtype}")


def test_mlp_keeps_its_weights_in_float32(MLP):
    """The weights are float32, whatever the compute dtype is."""
    for name, weight in MLP(config(compute_dtype="bfloat16")).named_parameters():
        expect.dtype(weight, torch.float32, f"{name} with compute_dtype bfloat16")


def test_mlp_is_the_same_in_eval_mode(MLP):
    """In eval mode it computes what it computes in training."""
    x = stream()
    expect.close(network(MLP).eval()(x), right(mlp_by_hand(x, THINK)), "the output in eval mode", atol=1e-4)


def test_mlp_drops_nothing(MLP):
    """Nothing is left to chance in training, whatever ``config.dropout`` says."""
    mlp, x = MLP(config(dropout=0.5)).train(), stream()
    pour_weights(mlp, THINK)
    expect.close(mlp(x), right(mlp_by_hand(x, THINK)), "the output in training, with dropout=0.5", atol=1e-4)


def test_mlp_passes_gradients_on(MLP):
    """A backward pass gives both matrices and x the gradient of the formula."""
    mlp, x = network(MLP), stream().requires_grad_()
    exact = {name: weight.clone().requires_grad_() for name, weight in THINK.items()}
    wanted = gradients_of(mlp_by_hand(x, exact), [*exact.values(), x], "the weights")
    found = gradients_of(mlp(x), [mlp.c_fc.weight, mlp.c_proj.weight, x], "the weights")
    flows = {name: bool(gradient.any()) for name, gradient in zip((*exact, "x"), found, strict=True)}
    expect.equal(flows, dict.fromkeys(flows, True), "whether a gradient reaches each matrix and x")
    for got, gradient, name in zip(found, wanted, (*exact, "x"), strict=True):
        expect.close(got, right(gradient), f"the gradient at {name}", atol=1e-3, rtol=1e-3)


# --- Block ------------------------------------------------------------------------------------------------------------


def test_block_learns_attention_and_mlp(Block):
    """It learns an attention, self.attn, and an MLP, self.mlp, and nothing else: the norms learn nothing."""
    wanted = {f"{name}.weight": list(weight.shape) for name, weight in WHOLE.items()}
    expect.equal(sizes(Block(config(), 0)), wanted, f"the parameters with n_embd={C}, n_head={H}, n_kv_head={KV}")


def test_block_keeps_the_shape_of_the_stream(Block):
    """The output has the shape (B, T, C), also for a batch of one token."""
    expect.shape(whole_block(Block)(stream(), *tables()), (B, T, C))
    got = whole_block(Block)(rand(1, 1, C, seed=1), *tables(PLACES[:1]))
    expect.shape(got, (1, 1, C), "the output for one token")


def test_block_leaves_its_inputs_alone(Block):
    """The tensors that came in are the same afterwards."""
    given = [stream(), *tables(), extra()]
    before = [tensor.clone() for tensor in given]
    with torch.no_grad():
        whole_block(Block)(*given)
    for tensor, old, name in zip(given, before, ("x", "cos", "sin", "value_embedding"), strict=True):
        expect.equal(tensor, old, f"{name} after the call")


def test_block_lets_the_stream_pass(Block):
    """Where attention and MLP are silent, what comes in goes out unchanged."""
    x = stream(scale=2.0)
    weights = {**under("attn", silent(GATHER)), **under("mlp", silent(THINK))}
    expect.close(whole_block(Block, weights=weights)(x, *tables()), x, "the output of a silent block")


def test_block_keeps_rows_apart(Block):
    """The rows of a batch don't see each other."""
    block, x = whole_block(Block), stream()
    other = x.clone()
    other[0] = rand(T, C, seed=4)
    expect.close(block(other, *tables())[1:], block(x, *tables())[1:], "the outputs of other rows after row 0 changed")


def test_block_later_token_changes_nothing_earlier(Block):
    """A later token must not change an earlier output."""
    block, x = whole_block(Block), stream()
    after = block(replaced(x, 3, seed=5), *tables())[:, :3]
    expect.close(after, block(x, *tables())[:, :3], "the outputs before token 3 when that token changes")


def test_block_no_gradient_from_the_future(Block):
    """No gradient flows from an output to a later token; some flows to the token itself and each one before."""
    x = stream().requires_grad_()
    (gradient,) = gradients_of(whole_block(Block)(x, *tables())[:, 3], [x], "x")
    size = gradient.abs().sum(dim=(0, 2))  # (T,)
    expect.close(size[4:], torch.zeros(3), "how much tokens 4, 5 and 6 matter to output 3", atol=1e-6)
    for token in range(4):
        expect.between(size[token], 1e-3, math.inf, f"how much token {token} matters to output 3")


def test_block_adds_attention_of_the_normed_stream(Block):
    """Where the MLP is silent, the output is x + attn(norm(x))."""
    x, quiet = stream(scale=2.0), silent(THINK)
    got = whole_block(Block, weights={**under("attn", GATHER), **under("mlp", quiet)})(x, *tables())
    expect.close(got, right_block(x, mlp=quiet), "the output with a silent MLP", atol=1e-4)


def test_block_adds_the_mlp_of_the_normed_stream(Block):
    """Where the attention is silent, the output is x + mlp(norm(x))."""
    x, quiet = stream(scale=2.0), silent(GATHER)
    got = whole_block(Block, weights={**under("attn", quiet), **under("mlp", THINK)})(x, *tables())
    expect.close(got, right_block(x, attn=quiet), "the output with silent attention", atol=1e-4)


def test_block_thinks_about_what_attention_added(Block):
    """Attention comes first, and the MLP sees the stream with attention's part in it."""
    x = stream(scale=2.0)
    expect.close(whole_block(Block)(x, *tables()), right_block(x), "the output", atol=1e-4)


def test_block_norms_small_numbers_as_norm_does(Block):
    """The norms are those of lab 10, with their eps, which a small stream feels."""
    x = stream(scale=2e-3)
    for attn, mlp, silenced in ((silent(GATHER), THINK, "attention"), (GATHER, silent(THINK), "MLP")):
        got = whole_block(Block, weights={**under("attn", attn), **under("mlp", mlp)})(x, *tables())
        what = f"the output for numbers of about 0.002 with a silent {silenced}"
        expect.close(got, right_block(x, attn, mlp), what, atol=1e-4)


def test_block_passes_the_value_embedding_on(Block):
    """A value embedding reaches the attention."""
    x, added = stream(), extra()
    got = whole_block(Block)(x, *tables(), added)
    expect.close(got, right_block(x, value_embedding=added), "the output with a value embedding", atol=1e-4)


def test_block_is_the_same_in_every_call(Block):
    """A call keeps nothing for the next one, in eval mode as in training."""
    block, x = whole_block(Block), stream()
    for mode in (True, False):
        block.train(mode)
        for added in (extra(), None):
            what = f"the output {'without' if added is None else 'with'} a value embedding, block.training={mode}"
            expect.close(block(x, *tables(), added), right_block(x, value_embedding=added), what, atol=1e-4)


def test_block_passes_the_layer_on(Block):
    """The attention is that of this layer: it has its window."""
    x, seen = stream().requires_grad_(), []
    for layer_idx in range(5):
        (gradient,) = gradients_of(whole_block(Block, WINDOWS, layer_idx)(x, *tables())[:, -1], [x], "x")
        seen.append(int((gradient.abs().sum(dim=(0, 2)) > 1e-5).sum()))
    expect.equal(seen, [4, T, 4, T, T], f"how many tokens the last of {T} sees in layers 0 to 4, with the pattern SL")


def test_block_computes_in_the_dtype_of_x(Block):
    """The output has the dtype of x, whatever the weights have, and is as exact as that allows."""
    for dtype, exact in ((torch.bfloat16, 0.2), (torch.float64, 1e-5)):
        x = stream().to(dtype)
        got = whole_block(Block)(x, *tables(dtype=dtype))
        expect.dtype(got, dtype, f"the output for an x of {dtype}")
        expect.close(got, right_block(x), f"the output for an x of {dtype}", atol=exact, rtol=0.03)


def test_block_drops_nothing(Block):
    """Nothing is left to chance in training, whatever ``config.dropout`` says."""
    block, x = whole_block(Block, config(dropout=0.5)).train(), stream()
    expect.close(block(x, *tables()), right_block(x), "the output in training, with dropout=0.5", atol=1e-4)


def test_block_passes_gradients_on(Block):
    """A backward pass gives every matrix and x the gradient of the formula."""
    block, x = whole_block(Block), stream(scale=2.0).requires_grad_()
    attn = {name: weight.clone().requires_grad_() for name, weight in GATHER.items()}
    mlp = {name: weight.clone().requires_grad_() for name, weight in THINK.items()}
    after = x.double() + attention_layer_by_hand(norm_by_hand(x), attn, H, *tables())
    by_hand = after + mlp_by_hand(norm_by_hand(after), mlp)
    wanted = gradients_of(by_hand, [*attn.values(), *mlp.values(), x], "the weights")
    layers = [*(getattr(block.attn, name) for name in attn), *(getattr(block.mlp, name) for name in mlp)]
    found = gradients_of(block(x, *tables()), [*(layer.weight for layer in layers), x], "the weights")
    names = (*under("attn", attn), *under("mlp", mlp), "x")
    flows = {name: bool(gradient.any()) for name, gradient in zip(names, found, strict=True)}
    expect.equal(flows, dict.fromkeys(flows, True), "whether a gradient reaches each matrix and x")
    for got, gradient, name in zip(found, wanted, names, strict=True):
        expect.close(got, right(gradient), f"the gradient at {name}", atol=1e-3, rtol=1e-3)
