"""Checks of lab 03: one attention head, and several side by side."""

import math

import torch

from tests.labs.helpers import (
    changed,
    close_per_row,
    heads_matrices,
    n_parameters,
    pour_attention,
    pour_head,
    survivors,
    token_gradient,
)
from tests.labs.helpers_by_hand import attention_by_hand, attention_weights, head_by_hand, head_weights, rand
from vibejam_core.course import expect

# Every size is another, so that no axis can be taken for its neighbour.
B, T, BLOCK = 2, 6, 7
C, D = 8, 5  # one head: 8 numbers per token in, 5 out
WIDTH, H = 12, 3  # several heads: 12 numbers per token, in 3 heads of 4

HEAD = head_weights(C, D, seed=10)
HEADS = attention_weights(WIDTH, H, seed=20)


def one_head(Head, dropout=0.0):
    """The learner's head, with known weights."""
    head = Head(C, D, BLOCK, dropout)
    pour_head(head, HEAD)
    torch.manual_seed(1)  # what dropout draws must not depend on how the first weights were drawn
    return head


def three_heads(MultiHeadAttention, dropout=0.0):
    """The learner's multi-head attention, with known weights."""
    attention = MultiHeadAttention(WIDTH, H, BLOCK, dropout)
    pour_attention(attention, HEADS)
    torch.manual_seed(1)  # what dropout draws must not depend on how the first weights were drawn
    return attention


# --- Head -------------------------------------------------------------------------------------------------------------


def test_head_learns_three_matrices(Head):
    """A head learns its query, key and value matrices, without biases, and nothing else."""
    head = Head(C, D, BLOCK)
    expect.equal(n_parameters(head), 3 * C * D, f"how many numbers Head({C}, {D}, {BLOCK}) learns")
    pour_head(head, HEAD)


def test_head_output_has_head_size_numbers_per_token(Head):
    """The output has the shape (B, T, head_size)."""
    expect.shape(one_head(Head)(rand(B, T, C, seed=1)), (B, T, D))


def test_head_keeps_the_dtype(Head):
    """The output has the dtype of the input, here float64."""
    expect.dtype(one_head(Head).double()(rand(B, T, C, seed=1).double()), torch.float64)


def test_head_leaves_its_input_alone(Head):
    """The tensor that came in is the same afterwards."""
    x = rand(B, T, C, seed=13)
    before = x.clone()
    one_head(Head)(x)
    expect.equal(x, before, "the input after the call")


def test_head_keeps_nothing_between_calls(Head):
    """The same input gives the same output again, whatever came in between."""
    head, x = one_head(Head), rand(B, T, C, seed=11)
    first = head(x)
    head(rand(B, T, C, seed=12))
    expect.close(head(x), first, "the output of the third call, which had the input of the first")


def test_head_weights_sum_to_one(Head):
    """The weights of each position sum to 1: where all values are alike, the output is that value."""
    head, x = Head(C, D, BLOCK), rand(B, T, C, seed=2)
    value = torch.zeros(D, C)
    value[:, 0] = torch.arange(1.0, D + 1)  # every value is 1, 2, 3, 4, 5 times the first number of its token,
    x[..., 0] = 1.0  # and that is 1 everywhere
    pour_head(head, {**HEAD, "value": value})
    expect.close(head(x), torch.arange(1.0, D + 1).expand(B, T, D), "the output where every value is 1, 2, 3, 4, 5")


def test_head_keeps_batch_rows_apart(Head):
    """The rows of a batch don't see each other."""
    head, x = one_head(Head), rand(3, T, C, seed=3)
    other = x.clone()
    other[0] = rand(T, C, seed=4)
    expect.close(head(other)[1:], head(x)[1:], "the outputs of rows 1 and 2 after row 0 was changed")


def test_head_later_token_changes_nothing_earlier(Head):
    """A later token must not change an earlier output."""
    head, x = one_head(Head), rand(B, T, C, seed=5)
    for token in (5, 2):
        after = head(changed(x, token, seed=6))[:, :token]
        expect.close(after, head(x)[:, :token], f"the outputs before token {token} when that token changes")


def test_head_no_gradient_from_the_future(Head):
    """No gradient flows from an output to a later token."""
    gradient = token_gradient(one_head(Head), rand(B, T, C, seed=5), token=2)
    expect.close(gradient[3:], torch.zeros(3), "how much tokens 3, 4 and 5 matter to output 2", atol=1e-6)


def test_head_sees_itself_and_everything_before(Head):
    """Each position sees itself and every token before it: with equal scores, the output is their values' mean."""
    head, x = Head(C, D, BLOCK), rand(B, T, C, seed=5)
    pour_head(head, {**HEAD, "query": torch.zeros(D, C)})  # so every score is 0
    values = x @ HEAD["value"].T
    means = values.cumsum(dim=1) / torch.arange(1, T + 1)[:, None]
    expect.close(head(x), means, "the output where all scores are equal")


def test_head_computes_attention(Head):
    """The output is softmax(q·k / √head_size) times the values, as computed by hand."""
    x = rand(B, T, C, seed=7)
    expect.close(one_head(Head)(x), head_by_hand(x, HEAD), "the output", atol=1e-4)


def test_head_survives_large_scores(Head):
    """Scores of a hundred and more, or of minus a hundred, neither overflow nor drown the mask."""
    for sign in (1, -1):
        weights = {role: matrix.clone() for role, matrix in HEAD.items()}
        weights["query"][:, 0], weights["key"][:, 0] = (
            7.5,
            sign * 7.5,
        )  # with a first number of 1, about 125 to each score
        head, x = Head(C, D, BLOCK), rand(B, T, C, seed=8)
        x[..., 0] = 1.0
        pour_head(head, weights)
        expect.close(head(x), head_by_hand(x, weights), f"the output where scores are near {sign * 125}", atol=1e-3)


def test_head_works_at_every_length(Head):
    """Sequences of every length up to block_size work, one after another, also a batch of one."""
    head = one_head(Head)
    for length in (3, BLOCK, 1, 4):
        x = rand(1, length, C, seed=length)
        expect.close(head(x), head_by_hand(x, HEAD), f"the output for one row of {length} tokens", atol=1e-4)
    expect.shape(Head(C, D, 300)(rand(1, 300, C, seed=1)), (1, 300, D), "the output for 300 tokens, block_size 300")


def test_head_gradients_reach_every_matrix(Head):
    """A backward pass gives every weight matrix a gradient."""
    head = one_head(Head)
    (head(rand(B, T, C, seed=9)) * rand(B, T, D, seed=10)).sum().backward()
    expect.gradients(head, "the head")


def test_head_dropout_rests_in_eval_mode(Head):
    """In eval mode nothing is dropped."""
    x = rand(B, T, C, seed=14)
    expect.close(one_head(Head, dropout=0.5).eval()(x), head_by_hand(x, HEAD), "the output in eval mode", atol=1e-4)


def test_head_dropout_drops_weights(Head):
    """In training, dropout sets attention weights to zero, after the softmax: a value goes out whole or not at all."""
    x = rand(400, 1, C, seed=15)  # one token: its only weight is 1, so it is dropped or doubled
    ratio = survivors(one_head(Head, dropout=0.5)(x), head_by_hand(x, HEAD))
    close_per_row(ratio, "the output over the output without dropout, for single tokens")
    expect.close(ratio.max(), 2.0, "the factor of the weights that are kept when half are dropped", atol=1e-3)
    expect.between((ratio == 0).double().mean(), 0.38, 0.62, "the share of weights dropped at dropout 0.5")


def test_head_dropout_follows_its_share(Head):
    """The share that is dropped is the one that was asked for, and each weight has its own luck."""
    x = rand(600, 2, C, seed=16)
    out = one_head(Head, dropout=0.8)(x)
    moved = (out - head_by_hand(x, HEAD)).abs().amax(dim=-1)[:, 1] > 1e-4  # the weights kept are 5 times as large
    expect.between(moved.double().mean(), 0.95, 1, "the share of second outputs that dropout changes")
    first, second = (out == 0).all(dim=-1).T
    expect.between(first.double().mean(), 0.73, 0.87, "the share of first outputs (one weight) that are zero at 0.8")
    expect.between(second.double().mean(), 0.56, 0.72, "the share of second outputs (two weights) that are zero at 0.8")
    both = (first & second).double().mean()
    expect.between(both, 0.43, 0.59, "the share of rows whose three weights are all dropped at 0.8")


# --- MultiHeadAttention -----------------------------------------------------------------------------------------------


def test_attention_learns_heads_and_a_projection(MultiHeadAttention):
    """It learns n_head heads of size n_embd // n_head and an output projection with a bias, and nothing else."""
    attention = MultiHeadAttention(WIDTH, H, BLOCK)
    wanted = 3 * WIDTH * WIDTH + WIDTH * WIDTH + WIDTH
    expect.equal(n_parameters(attention), wanted, f"how many numbers MultiHeadAttention({WIDTH}, {H}, {BLOCK}) learns")
    pour_attention(attention, HEADS)


def test_attention_refuses_widths_that_do_not_divide(MultiHeadAttention):
    """An n_embd that n_head does not divide raises a ValueError that names both."""
    make = lambda: MultiHeadAttention(14, 5, BLOCK)  # noqa: E731
    expect.raises(ValueError, make, mentions=("14", "5"), what="n_embd 14 with n_head 5")


def test_attention_heads_start_different(MultiHeadAttention):
    """Every head starts with weights of its own."""
    first, *others = heads_matrices(MultiHeadAttention(WIDTH, H, BLOCK), WIDTH, H)
    for h, other in enumerate(others, start=1):
        for role in first:
            difference = (first[role] - other[role]).abs().max()
            expect.between(difference, 1e-4, math.inf, f"how far the {role} matrices of heads 0 and {h} differ")


def test_attention_output_is_as_wide_as_the_input(MultiHeadAttention):
    """The output has the shape (B, T, n_embd)."""
    expect.shape(three_heads(MultiHeadAttention)(rand(B, T, WIDTH, seed=1)), (B, T, WIDTH))


def test_attention_keeps_the_dtype(MultiHeadAttention):
    """The output has the dtype of the input, here float64."""
    out = three_heads(MultiHeadAttention).double()(rand(B, T, WIDTH, seed=1).double())
    expect.dtype(out, torch.float64)


def test_attention_leaves_its_input_alone(MultiHeadAttention):
    """The tensor that came in is the same afterwards."""
    x = rand(B, T, WIDTH, seed=13)
    before = x.clone()
    three_heads(MultiHeadAttention)(x)
    expect.equal(x, before, "the input after the call")


def test_attention_keeps_batch_rows_apart(MultiHeadAttention):
    """The rows of a batch don't see each other."""
    attention, x = three_heads(MultiHeadAttention), rand(3, T, WIDTH, seed=3)
    other = x.clone()
    other[0] = rand(T, WIDTH, seed=4)
    expect.close(attention(other)[1:], attention(x)[1:], "the outputs of rows 1 and 2 after row 0 was changed")


def test_attention_later_token_changes_nothing_earlier(MultiHeadAttention):
    """A later token must not change an earlier output."""
    attention, x = three_heads(MultiHeadAttention), rand(B, T, WIDTH, seed=5)
    for token in (5, 2):
        after = attention(changed(x, token, seed=6))[:, :token]
        expect.close(after, attention(x)[:, :token], f"the outputs before token {token} when that token changes")


def test_attention_no_gradient_from_the_future(MultiHeadAttention):
    """No gradient flows from an output to a later token; some flows to the token itself and each one before."""
    gradient = token_gradient(three_heads(MultiHeadAttention), rand(B, T, WIDTH, seed=5), token=3)
    expect.close(gradient[4:], torch.zeros(2), "how much tokens 4 and 5 matter to output 3", atol=1e-6)
    for token in range(4):
        expect.between(gradient[token], 1e-4, math.inf, f"how much token {token} matters to output 3")


def test_attention_joins_heads_in_order(MultiHeadAttention):
    """Head h fills the h-th stretch of the joined outputs."""
    attention, x = MultiHeadAttention(WIDTH, H, BLOCK), rand(B, T, WIDTH, seed=17)
    weights = attention_weights(WIDTH, H, seed=20)
    weights.proj, weights.proj_bias = torch.eye(WIDTH), torch.zeros(WIDTH)  # the projection changes nothing
    pour_attention(attention, weights)
    out, size = attention(x), WIDTH // H
    for h, head in enumerate(weights.heads):
        stretch = out[..., h * size : (h + 1) * size]
        what = f"numbers {h * size} to {(h + 1) * size - 1} of each token, which are head {h}'s"
        expect.close(stretch, head_by_hand(x, head), what, atol=1e-4)


def test_attention_projects_the_joined_heads(MultiHeadAttention):
    """The output is the joined heads times the projection plus its bias, as computed by hand."""
    x = rand(B, T, WIDTH, seed=7)
    expect.close(three_heads(MultiHeadAttention)(x), attention_by_hand(x, HEADS), "the output", atol=1e-4)


def test_attention_works_at_every_length(MultiHeadAttention):
    """Sequences of every length up to block_size work, one after another, also a batch of one."""
    attention = three_heads(MultiHeadAttention)
    for length in (3, BLOCK, 1, 4):
        x = rand(1, length, WIDTH, seed=length)
        expect.close(attention(x), attention_by_hand(x, HEADS), f"the output for one row of {length} tokens", atol=1e-4)
    long = MultiHeadAttention(WIDTH, H, 300)(rand(1, 300, WIDTH, seed=1))
    expect.shape(long, (1, 300, WIDTH), "the output for 300 tokens, block_size 300")


def test_attention_works_with_one_head(MultiHeadAttention):
    """One head alone, and as many heads as numbers, work too."""
    x = rand(B, T, WIDTH, seed=18)
    for n_head in (1, WIDTH):
        weights, attention = attention_weights(WIDTH, n_head, seed=40), MultiHeadAttention(WIDTH, n_head, BLOCK)
        pour_attention(attention, weights)
        expect.close(attention(x), attention_by_hand(x, weights), f"the output with n_head={n_head}", atol=1e-4)


def test_attention_gradients_reach_every_parameter(MultiHeadAttention):
    """A backward pass gives every parameter a gradient."""
    attention = three_heads(MultiHeadAttention)
    (attention(rand(B, T, WIDTH, seed=9)) * rand(B, T, WIDTH, seed=10)).sum().backward()
    expect.gradients(attention, "the attention")


def test_attention_dropout_rests_in_eval_mode(MultiHeadAttention):
    """In eval mode nothing is dropped."""
    x, attention = rand(B, T, WIDTH, seed=14), three_heads(MultiHeadAttention, dropout=0.5).eval()
    expect.close(attention(x), attention_by_hand(x, HEADS), "the output in eval mode", atol=1e-4)


def dropped(MultiHeadAttention):
    """One token through one head that adds its value to a bias of 1, all at dropout 0.5; and that value."""
    weights, x = attention_weights(WIDTH, 1, seed=50), rand(300, 1, WIDTH, seed=15)
    weights.proj, weights.proj_bias = torch.eye(WIDTH), torch.ones(WIDTH)
    attention = MultiHeadAttention(WIDTH, 1, BLOCK, 0.5)
    pour_attention(attention, weights)
    torch.manual_seed(1)
    return attention(x)[:, 0], head_by_hand(x, weights.heads[0])[:, 0]


def test_attention_dropout_is_passed_on(MultiHeadAttention):
    """In training, dropout acts on the heads' weights."""
    out, _ = dropped(MultiHeadAttention)
    bias_alone = ((out == 0) | (out == 1) | (out == 2)).all(dim=-1)  # the head's only weight was dropped
    expect.between(bias_alone.double().mean(), 0.35, 0.65, "the share of tokens whose head's weight is dropped at 0.5")


def test_attention_dropout_comes_last(MultiHeadAttention):
    """In training, dropout acts on the output too, after the projection."""
    out, value = dropped(MultiHeadAttention)
    kept = ((out - (2 * value + 1)).abs() < 1e-4).double().mean()
    expect.between(kept, 0, 0.05, "the share of outputs that the projection made and nothing dropped or scaled up")
    expect.between((out == 0).double().mean(), 0.42, 0.58, "the share of outputs that are zero at dropout 0.5")
    right = torch.stack([0 * value, 2 + 0 * value, 2 * (2 * value + 1)])  # dropped; the bias alone; bias and value
    odd = ((out - right).abs().amin(dim=0) > 1e-3).double().mean()
    expect.between(odd, 0, 0.02, "the share of outputs that are neither zero nor twice what the projection makes")
