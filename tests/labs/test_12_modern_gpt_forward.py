"""Checks of lab 12: what a modern GPT makes of tokens."""

import math
from dataclasses import replace
from itertools import product

import torch

from tests.labs.helpers import tokens
from tests.labs.helpers_modern import right
from tests.labs.helpers_modern_gpt import (
    BLOCK,
    FULL,
    PLAIN,
    B,
    D,
    T,
    V,
    capped,
    gpt_weights,
    loss_by_hand,
    modern_gpt,
    scores_by_hand,
    tables_by_hand,
    watch_blocks,
    without_blocks,
)
from vibejam_core.course import expect

HALVES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def scores(GPT, config, weights=None, rows=B, length=T, seed=1):
    """Some tokens, the learner's logits for them, and the logits by hand."""
    weights = weights or gpt_weights(config, seed=30)
    idx = tokens(rows, length, vocab=V, seed=seed)
    logits, _ = modern_gpt(GPT, config, weights)(idx)
    return logits, right(scores_by_hand(idx, weights, config))


# --- What comes out ---------------------------------------------------------------------------------------------------


def test_forward_returns_logits_and_loss(GPT):
    """Without targets it returns logits (B, T, V), V the true vocab_size, and None for the loss."""
    result = modern_gpt(GPT)(tokens(B, T, vocab=V, seed=1))
    expect.true(isinstance(result, tuple) and len(result) == 2, "forward should return two things: logits, loss")
    expect.shape(result[0], (B, T, V), "the logits")
    expect.equal(result[1], None, "the loss without targets")


def test_forward_works_without_padding(GPT):
    """Where the vocabulary needs no padding, nothing is cut off."""
    logits, _ = modern_gpt(GPT, replace(PLAIN, vocab_multiple=1))(tokens(B, T, vocab=V, seed=1))
    expect.shape(logits, (B, T, V), "the logits of a model without padding")


def test_forward_works_at_every_length(GPT):
    """Sequences of one token to block_size tokens work, in batches of any size."""
    model = modern_gpt(GPT)
    for rows, length in ((1, 1), (1, BLOCK), (BLOCK + 2, 3)):
        logits, _ = model(tokens(rows, length, vocab=V, seed=1))
        expect.shape(logits, (rows, length, V), f"the logits for {rows} x {length} tokens")


def test_forward_refuses_sequences_that_are_too_long(GPT):
    """More tokens than block_size raise a ValueError that names both numbers."""
    model = modern_gpt(GPT)
    for length in (BLOCK + 5, BLOCK + 1):
        idx = tokens(1, length, vocab=V, seed=2)
        what = f"{length} tokens at block_size 7"
        expect.raises(ValueError, lambda idx=idx: model(idx), (str(length), "7"), what)
        expect.raises(ValueError, lambda idx=idx: model(idx, idx), (str(length), "7"), what + ", with targets")


def test_forward_leaves_its_input_alone(GPT):
    """The tokens and targets that came in are the same afterwards."""
    idx, targets = tokens(B, T, vocab=V, seed=5), tokens(B, T, vocab=V, seed=6)
    before = idx.clone(), targets.clone()
    modern_gpt(GPT)(idx, targets)
    expect.equal(idx, before[0], "idx after the call")
    expect.equal(targets, before[1], "targets after the call")


def test_forward_loss_is_the_cross_entropy_of_its_logits(GPT):
    """With targets, the loss is the mean cross-entropy of the very logits that it returns, in nats."""
    idx, targets = tokens(B, T, vocab=V, seed=3), tokens(B, T, vocab=V, seed=4)
    targets[0, 0] = 0
    logits, loss = modern_gpt(GPT)(idx, targets)
    expect.shape(logits, (B, T, V), "the logits, with targets")
    expect.shape(loss, (), "the loss")
    expect.close(loss, right(loss_by_hand(logits.detach(), targets)), "the loss", atol=1e-4)


def test_forward_keeps_nothing_between_calls(GPT):
    """Other tokens in between don't change what the same tokens get."""
    model, idx = modern_gpt(GPT), tokens(B, T, vocab=V, seed=7)
    first, _ = model(idx)
    model(tokens(B, BLOCK, vocab=V, seed=8), tokens(B, BLOCK, vocab=V, seed=9))
    expect.close(model(idx)[0], first, "the logits of the same tokens after another call")


def test_forward_is_the_same_in_eval_mode(GPT):
    """Training mode and eval mode give the same logits and the same loss."""
    model, idx, targets = modern_gpt(GPT), tokens(B, T, vocab=V, seed=7), tokens(B, T, vocab=V, seed=8)
    logits, loss = model.train()(idx, targets)
    with torch.no_grad():  # as one evaluates
        again, loss_again = model.eval()(idx, targets)
        without, _ = model(idx)
    expect.close(again, logits.detach(), "the logits in eval mode, against those in training")
    expect.close(loss_again, loss.detach(), "the loss in eval mode, against that in training")
    expect.close(without, logits.detach(), "the logits in eval mode without targets, against those in training")


# --- What a position may know -----------------------------------------------------------------------------------------


def test_forward_keeps_batch_rows_apart(GPT):
    """The rows of a batch don't see each other."""
    model, idx = modern_gpt(GPT), tokens(3, T, vocab=V, seed=10)
    other = torch.cat([(idx[:1] + 1) % V, idx[1:]])
    expect.close(model(other)[0][1:], model(idx)[0][1:], "the logits of rows 1 and 2 after row 0 was changed")


def test_forward_later_token_changes_nothing_earlier(GPT):
    """A later token must not change earlier scores."""
    model, idx = modern_gpt(GPT), tokens(B, BLOCK, vocab=V, seed=11)
    other = idx.clone()
    other[:, 4] = (idx[:, 4] + 1) % V
    expect.close(model(other)[0][:, :4], model(idx)[0][:, :4], "the logits before token 4 when that token changes")


def test_forward_no_gradient_from_the_future(GPT):
    """No gradient flows from a position's scores to later tokens; some flows to the token itself and those before."""
    model, idx = modern_gpt(GPT, PLAIN), torch.arange(BLOCK)[None] + 2
    model(idx)[0][0, 3, 5].backward()
    found = model.transformer["wte"].weight.grad
    expect.true(found is not None, "no gradient reaches wte: it is cut somewhere")
    matter = found[2 : BLOCK + 2].abs().sum(dim=-1)
    expect.close(matter[4:], torch.zeros(3), "how much tokens 4 to 6 matter to the scores of position 3", atol=1e-7)
    for place in range(4):
        expect.between(matter[place], 1e-4, math.inf, f"how much token {place} matters to the scores of position 3")


# --- The blocks' input ------------------------------------------------------------------------------------------------


def test_forward_calls_every_block_once(GPT):
    """Each block is called once; what comes in first is the normed embedding."""
    model, idx = modern_gpt(GPT, PLAIN), tokens(B, T, vocab=V, seed=12)
    calls = watch_blocks(model)
    model(idx)
    expect.equal(len(calls), PLAIN.n_layer, "how many calls of blocks there are in a model with 2 layers")
    size = calls[0].x.double().square().mean(dim=-1).sqrt()
    expect.close(size, torch.ones(B, T), "the root mean square of what the first block gets", atol=1e-3)


def test_forward_gives_the_blocks_their_positions(GPT):
    """The blocks get cos and sin of the first T positions, and none of any other."""
    model = modern_gpt(GPT)
    calls = watch_blocks(model)
    for length in (T, 1, BLOCK):
        model(tokens(B, length, vocab=V, seed=13))
        cos, sin = tables_by_hand(FULL, length)
        for got, wanted, name in ((calls[-1].cos, cos, "cos"), (calls[-1].sin, sin, "sin")):
            expect.close(
                got.reshape(-1, D // 2)[:length], right(wanted), f"the {name} that a block gets, {length} tokens"
            )
            expect.equal(got.shape[-2], length, f"how many positions' {name} a block gets for {length} tokens")


def test_forward_works_in_the_compute_dtype(GPT):
    """All that the blocks are called with is in the compute dtype: the stream, cos, sin and value embeddings."""
    for (name, dtype), config in product(HALVES.items(), (PLAIN, FULL)):
        model = modern_gpt(GPT, replace(config, compute_dtype=name))
        calls = watch_blocks(model)
        model(tokens(B, T, vocab=V, seed=14))
        for i, call in enumerate(calls):
            expect.dtype(call.x, dtype, f"the stream that block {i} gets, compute_dtype {name}")
            expect.dtype(call.cos, dtype, f"the cos that block {i} gets, compute_dtype {name}")
            expect.dtype(call.sin, dtype, f"the sin that block {i} gets, compute_dtype {name}")
            if call.value_embedding is not None:
                expect.dtype(call.value_embedding, dtype, f"the value embedding that block {i} gets, {name}")


# --- The head ---------------------------------------------------------------------------------------------------------


def test_forward_returns_float32(GPT):
    """Logits and loss are float32, whatever the compute dtype is, with a cap and without."""
    idx, targets = tokens(B, T, vocab=V, seed=15), tokens(B, T, vocab=V, seed=16)
    for name in ("float32", *HALVES):
        for softcap in (0.0, 4.0):
            logits, loss = modern_gpt(GPT, replace(FULL, compute_dtype=name, softcap=softcap))(idx, targets)
            expect.dtype(logits, torch.float32, f"the logits at compute_dtype {name}, softcap {softcap}")
            expect.dtype(loss, torch.float32, f"the loss at compute_dtype {name}, softcap {softcap}")


def test_forward_scores_with_the_head(GPT):
    """Where the blocks add nothing, the free logits are the head's scores of the normed embedding."""
    config = replace(PLAIN, softcap=0.0)
    got, wanted = scores(GPT, config, without_blocks(config, seed=40))
    expect.close(got, wanted, "the logits of a model whose blocks add nothing, without a cap", atol=1e-3)


def test_forward_bends_logits_under_the_cap(GPT):
    """With a softcap c they are c * tanh(logits / c), whatever c is; with 0 they stay free."""
    for softcap in (0.0, 0.7, 5.0, 30.0):
        config = replace(PLAIN, softcap=softcap)
        got, wanted = scores(GPT, config, without_blocks(config, seed=40))
        expect.close(got, wanted, f"the logits with softcap {softcap}", atol=1e-3)


def test_forward_computes_the_head_in_the_compute_dtype(GPT):
    """The head computes in the compute dtype too: without a cap, every logit is a number of that dtype."""
    for name, dtype in HALVES.items():
        config = replace(PLAIN, compute_dtype=name, softcap=0.0)
        logits, _ = modern_gpt(GPT, config)(tokens(B, T, vocab=V, seed=17))
        share = (logits == logits.to(dtype).float()).double().mean()
        expect.between(share, 1, 1, f"the share of logits that are {name} numbers")


def test_forward_caps_in_float32(GPT):
    """The cap is computed in float32, from the very logits that there are without a cap."""
    idx = tokens(B, T, vocab=V, seed=18)
    for name in HALVES:
        config = replace(PLAIN, compute_dtype=name)
        free, _ = modern_gpt(GPT, replace(config, softcap=0.0))(idx)
        bent, _ = modern_gpt(GPT, replace(config, softcap=3.0))(idx)
        expect.close(bent, capped(free.detach(), 3.0), f"the logits with softcap 3, compute_dtype {name}", atol=1e-5)


# --- The numbers ------------------------------------------------------------------------------------------------------


def test_forward_runs_the_blocks_in_order(GPT):
    """Embedding, norm, blocks in order, norm and head give the logits that were computed by hand."""
    for rows, length in ((B, T), (1, 1), (3, BLOCK)):
        got, wanted = scores(GPT, PLAIN, rows=rows, length=length)
        expect.close(got, wanted, f"the logits for {rows} x {length} tokens", atol=1e-3)


def test_forward_adds_value_embeddings(GPT):
    """A layer that has a value embedding gets that of the tokens."""
    got, wanted = scores(GPT, replace(PLAIN, n_layer=3, value_embeddings=True))
    expect.close(got, wanted, "the logits with value embeddings", atol=1e-3)


def test_forward_mixes_by_the_scalars(GPT):
    """Before block i the stream becomes resid_lambdas[i] * x + x0_lambdas[i] * x0, x0 the normed embedding."""
    got, wanted = scores(GPT, replace(PLAIN, n_layer=3, residual_scalars=True))
    expect.close(got, wanted, "the logits with residual scalars", atol=1e-3)


def test_forward_tells_each_block_its_layer(GPT):
    """Each layer sees as far as the window pattern says: it knows its ``layer_idx``."""
    for pattern, n_layer in (("S", 2), ("SL", 3), ("LSS", 4)):
        config = replace(PLAIN, n_layer=n_layer, window_pattern=pattern)
        got, wanted = scores(GPT, config, length=BLOCK)
        expect.close(got, wanted, f"the logits with window pattern {pattern}, {n_layer} layers", atol=1e-3)


def test_forward_combines_all_options(GPT):
    """Windows, value embeddings and scalars together, in five layers."""
    got, wanted = scores(GPT, FULL, length=BLOCK)
    expect.close(got, wanted, "the logits with all options", atol=1e-3)


# --- Gradients --------------------------------------------------------------------------------------------------------


def test_forward_gradients_reach_every_parameter(GPT):
    """A backward pass from the loss gives every parameter a gradient."""
    model = modern_gpt(GPT)
    _, loss = model(tokens(B, BLOCK, vocab=V, seed=19), tokens(B, BLOCK, vocab=V, seed=20))
    expect.true(isinstance(loss, torch.Tensor) and loss.requires_grad, "the loss has no gradient: it is cut somewhere")
    loss.backward()
    expect.gradients(model, "the model")


def test_forward_gradients_are_right(GPT):
    """Every parameter's gradient is that of the sums by hand: nothing on the way is detached, nothing counted twice."""
    idx, targets, weights = tokens(B, T, vocab=V, seed=21), tokens(B, T, vocab=V, seed=22), gpt_weights(FULL, seed=30)
    model = modern_gpt(GPT, FULL, weights)
    model(idx, targets)[1].backward()
    exact = {name: weight.double().requires_grad_() for name, weight in weights.items()}
    loss_by_hand(scores_by_hand(idx, exact, FULL), targets).backward()
    for name, parameter in model.named_parameters():
        expect.close(parameter.grad, right(exact[name].grad), f"the gradient of {name}", atol=1e-4, rtol=1e-3)


def test_forward_gradients_flow_in_half_precision(GPT):
    """Computing in bfloat16, every parameter still gets a gradient."""
    model = modern_gpt(GPT, replace(FULL, compute_dtype="bfloat16"))
    model(tokens(B, BLOCK, vocab=V, seed=23), tokens(B, BLOCK, vocab=V, seed=24))[1].backward()
    expect.gradients(model, "the model that computes in bfloat16")
