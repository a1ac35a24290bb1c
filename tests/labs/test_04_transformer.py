"""Checks of lab 04: the feed-forward network, the block, and the whole GPT."""

import math

import torch

from tests.labs.helpers import (
    changed,
    loss_after_training,
    n_parameters,
    pour_block,
    pour_feed_forward,
    pour_model,
    token_gradient,
    tokens,
)
from tests.labs.helpers_by_hand import (
    block_by_hand,
    layer_weights,
    model_by_hand,
    model_weights,
    nearer,
    norm_by_hand,
    rand,
    silence,
    wide_by_hand,
    wide_weights,
)
from vibejam_core.course import expect
from vibejam_core.models.config import ModelConfig

# Every size is another, so that no axis can be taken for its neighbour.
B, T, BLOCK = 2, 5, 7
C, H, V = 12, 3, 11

WIDE = wide_weights(C, seed=10)
LAYER = layer_weights(C, H, seed=20)
TINY = ModelConfig(vocab_size=V, block_size=BLOCK, n_layer=2, n_head=H, n_embd=C)
SMALL = ModelConfig(vocab_size=40, block_size=16, n_layer=2, n_head=2, n_embd=24)


def wide_network(FeedForward, dropout=0.0, weights=WIDE):
    """The learner's feed-forward network, with known weights."""
    network = FeedForward(C, dropout)
    pour_feed_forward(network, weights)
    torch.manual_seed(1)  # what dropout draws must not depend on how the first weights were drawn
    return network


def right_wide(got, x, weights=WIDE):
    """What the network should make of x, with the form of the GELU that lies nearer: both are right."""
    return nearer(got, wide_by_hand(x, weights, "exact"), wide_by_hand(x, weights, "tanh"))


def one_block(Block, weights=LAYER, dropout=0.0):
    """The learner's block, with known weights."""
    block = Block(C, H, BLOCK, dropout)
    pour_block(block, weights)
    torch.manual_seed(1)
    return block


def right_block(got, x, weights=LAYER):
    """What the block should make of x."""
    return nearer(got, block_by_hand(x, weights, "exact"), block_by_hand(x, weights, "tanh"))


def whole_model(GPTModel, weights=None, config=TINY):
    """The learner's GPT, with known weights."""
    model = GPTModel(config)
    pour_model(model, weights or model_weights(config, seed=30))
    torch.manual_seed(1)
    return model


# --- FeedForward ------------------------------------------------------------------------------------------------------


def test_feed_forward_learns_two_layers(FeedForward):
    """It learns two linear layers, n_embd to 4 * n_embd and back, with their biases, and nothing else."""
    network = FeedForward(C)
    wanted = C * 4 * C + 4 * C + 4 * C * C + C
    expect.equal(n_parameters(network), wanted, f"how many numbers FeedForward({C}) learns")
    pour_feed_forward(network, WIDE)


def test_feed_forward_keeps_the_shape(FeedForward):
    """The output has the shape (B, T, n_embd), also for a single token."""
    expect.shape(wide_network(FeedForward)(rand(B, T, C, seed=1)), (B, T, C))
    expect.shape(wide_network(FeedForward)(rand(1, 1, C, seed=1)), (1, 1, C), "the output for one token")


def test_feed_forward_keeps_the_dtype(FeedForward):
    """The output has the dtype of the input, here bfloat16."""
    expect.dtype(wide_network(FeedForward).bfloat16()(rand(B, T, C, seed=1).bfloat16()), torch.bfloat16)


def test_feed_forward_leaves_its_input_alone(FeedForward):
    """The tensor that came in is the same afterwards."""
    x = rand(B, T, C, seed=2)
    before = x.clone()
    wide_network(FeedForward)(x)
    expect.equal(x, before, "the input after the call")


def test_feed_forward_repeats_itself_without_dropout(FeedForward):
    """Where dropout is 0, nothing is left to chance: the same input gives the same output."""
    network, x = wide_network(FeedForward), rand(B, T, C, seed=3)
    first = network(x)
    expect.close(network(x), first, "the output of a second call, at dropout 0")


def test_feed_forward_works_on_each_position_alone(FeedForward):
    """Changing one token changes its own output and no other."""
    network, x = wide_network(FeedForward), rand(B, T, C, seed=3)
    other = x.clone()
    other[1, 2] = rand(C, seed=4)
    right = network(x)
    right[1, 2] = network(other)[1, 2]
    expect.close(network(other), right, "the output after token 2 of row 1 was changed")


def test_feed_forward_bends_with_a_gelu(FeedForward):
    """Between the layers stands a GELU: the bare curve, seen through layers that change nothing."""
    weights, x = wide_weights(C, seed=10), torch.linspace(-4, 4, 15)[None, :, None].expand(1, 15, C)
    weights.up, weights.down = torch.eye(C).repeat(4, 1), torch.eye(C).repeat(1, 4) / 4
    weights.up_bias, weights.down_bias = torch.zeros(4 * C), torch.zeros(C)
    network = FeedForward(C)
    pour_feed_forward(network, weights)
    curve = network(x)
    expect.close(curve[0, :, 0], right_wide(curve, x, weights)[0, :, 0], "the curve from -4 to 4", atol=1e-4)


def test_feed_forward_computes_both_layers(FeedForward):
    """The output is the second layer of the GELU of the first, as computed by hand."""
    x = rand(B, T, C, seed=5)
    out = wide_network(FeedForward)(x)
    expect.close(out, right_wide(out, x), "the output", atol=1e-4)


def test_feed_forward_gradients_reach_everything(FeedForward):
    """A backward pass gives every parameter a gradient, and the input too."""
    network, x = wide_network(FeedForward), rand(B, T, C, seed=6).requires_grad_()
    (network(x) * rand(B, T, C, seed=7)).sum().backward()
    expect.gradients(network, "the feed-forward network")
    expect.true(x.grad is not None and x.grad.any(), "no gradient reaches the input: it is cut somewhere")


def test_feed_forward_dropout_rests_in_eval_mode(FeedForward):
    """In eval mode nothing is dropped."""
    x = rand(B, T, C, seed=8)
    out = wide_network(FeedForward, dropout=0.5).eval()(x)
    expect.close(out, right_wide(out, x), "the output in eval mode", atol=1e-4)


def test_feed_forward_dropout_comes_last(FeedForward):
    """In training, each number of the output is dropped, or scaled up to make up for those that are."""
    weights, x = wide_weights(C, seed=10), 8 * rand(20, 40, C, seed=9).sign()
    weights.up, weights.up_bias = torch.eye(C).repeat(4, 1), torch.zeros(4 * C)  # here both forms of the GELU agree
    out = wide_network(FeedForward, 0.2, weights)(x)
    right = wide_by_hand(x, weights, "exact")
    untouched = (out - right).abs() < 1e-3
    expect.between(untouched.double().mean(), 0, 0.02, "the share of outputs that dropout leaves as they were")
    expect.between((out == 0).double().mean(), 0.16, 0.24, "the share of outputs that are zero at dropout 0.2")
    for dim, which in enumerate(("rows", "positions", "numbers of a token")):
        shared = (out == 0).all(dim=dim).double().mean()
        expect.between(shared, 0, 0.01, f"how often all {which} are zero together at dropout 0.2")
    kept = torch.where(out == 0, 0.0, right / 0.8)
    expect.close(out, kept, "the output at dropout 0.2, where it is not zero", atol=1e-3)


# --- Block ------------------------------------------------------------------------------------------------------------


def test_block_learns_its_four_parts(Block):
    """It learns two layer norms, an attention and a feed-forward network, and nothing else."""
    wanted = (4 * C * C + C) + (8 * C * C + 5 * C) + 2 * 2 * C
    block = Block(C, H, BLOCK)
    expect.equal(n_parameters(block), wanted, f"how many numbers Block({C}, {H}, {BLOCK}) learns")
    pour_block(block, LAYER)


def test_block_keeps_the_shape(Block):
    """The output has the shape (B, T, n_embd)."""
    expect.shape(one_block(Block)(rand(B, T, C, seed=1)), (B, T, C))


def test_block_keeps_the_dtype(Block):
    """The output has the dtype of the input, here bfloat16."""
    expect.dtype(one_block(Block).bfloat16()(rand(B, T, C, seed=1).bfloat16()), torch.bfloat16)


def test_block_leaves_its_input_alone(Block):
    """The tensor that came in is the same afterwards."""
    x = rand(B, T, C, seed=2)
    before = x.clone()
    one_block(Block)(x)
    expect.equal(x, before, "the input after the call")


def test_block_repeats_itself_without_dropout(Block):
    """Where dropout is 0, nothing is left to chance: the same input gives the same output."""
    block, x = one_block(Block), rand(B, T, C, seed=3)
    first = block(x.clone())
    expect.close(block(x), first, "the output of a second call, at dropout 0")


def test_block_lets_the_stream_pass(Block):
    """Where both sub-layers are silent, what comes in goes out unchanged."""
    x = rand(B, T, C, seed=3)
    expect.close(one_block(Block, silence(LAYER, attention=True, wide=True))(x), x, "the output of a silent block")


def test_block_keeps_batch_rows_apart(Block):
    """The rows of a batch don't see each other."""
    block, x = one_block(Block), rand(3, T, C, seed=4)
    other = x.clone()
    other[0] = rand(T, C, seed=5)
    expect.close(block(other)[1:], block(x)[1:], "the outputs of rows 1 and 2 after row 0 was changed")


def test_block_later_token_changes_nothing_earlier(Block):
    """A later token must not change an earlier output."""
    block, x = one_block(Block), rand(B, T, C, seed=6)
    after = block(changed(x, 3, seed=7))[:, :3]
    expect.close(after, block(x)[:, :3], "the outputs before token 3 when that token changes")


def test_block_no_gradient_from_the_future(Block):
    """No gradient flows from an output to a later token; some flows to the token itself and each one before."""
    gradient = token_gradient(one_block(Block), rand(B, T, C, seed=6), token=2)
    expect.close(gradient[3:], torch.zeros(2), "how much tokens 3 and 4 matter to output 2", atol=1e-6)
    for token in range(3):
        expect.between(gradient[token], 1e-4, math.inf, f"how much token {token} matters to output 2")


def test_block_adds_attention_of_the_normed_stream(Block):
    """Where the feed-forward network is silent, the output is x + attention(ln_1(x))."""
    weights, x = silence(LAYER, wide=True), rand(B, T, C, seed=8, scale=2.0)
    out = one_block(Block, weights)(x)
    expect.close(out, right_block(out, x, weights), "the output with a silent feed-forward network", atol=1e-4)


def test_block_adds_feed_forward_of_the_normed_stream(Block):
    """Where the attention is silent, the output is x + feed_forward(ln_2(x))."""
    weights, x = silence(LAYER, attention=True), rand(B, T, C, seed=9, scale=2.0)
    out = one_block(Block, weights)(x)
    expect.close(out, right_block(out, x, weights), "the output with silent attention", atol=1e-4)


def test_block_feeds_forward_what_attention_added(Block):
    """Attention comes first, and the feed-forward network sees the stream with attention's part in it."""
    x = rand(B, T, C, seed=10, scale=2.0)
    out = one_block(Block)(x)
    expect.close(out, right_block(out, x), "the output", atol=1e-4)


def test_block_works_at_every_length(Block):
    """Sequences of every length up to block_size work, also a batch of one."""
    block = one_block(Block)
    for length in (BLOCK, 1, 4):
        x = rand(1, length, C, seed=length)
        out = block(x)
        expect.close(out, right_block(out, x), f"the output for one row of {length} tokens", atol=1e-4)
    long = Block(C, H, 300)(rand(1, 300, C, seed=1))
    expect.shape(long, (1, 300, C), "the output for 300 tokens, block_size 300")


def test_block_gradients_reach_every_parameter(Block):
    """A backward pass gives every parameter a gradient."""
    block = one_block(Block)
    (block(rand(B, T, C, seed=11)) * rand(B, T, C, seed=12)).sum().backward()
    expect.gradients(block, "the block")


def test_block_dropout_rests_in_eval_mode(Block):
    """In eval mode nothing is dropped."""
    x = rand(B, T, C, seed=13)
    out = one_block(Block, dropout=0.5).eval()(x)
    expect.close(out, right_block(out, x), "the output in eval mode", atol=1e-4)


def test_block_passes_dropout_to_attention(Block):
    """In training, dropout acts in the attention."""
    x = rand(20, T, C, seed=14)
    added = one_block(Block, silence(LAYER, wide=True), dropout=0.5)(x) - x
    expect.between((added == 0).double().mean(), 0.42, 0.58, "the share of attention's numbers that are zero at 0.5")


def test_block_passes_dropout_to_feed_forward(Block):
    """In training, dropout acts in the feed-forward network."""
    x = rand(20, T, C, seed=15)
    added = one_block(Block, silence(LAYER, attention=True), dropout=0.5)(x) - x
    expect.between((added == 0).double().mean(), 0.42, 0.58, "the share of feed-forward's numbers that are zero at 0.5")


# --- GPTModel ---------------------------------------------------------------------------------------------------------


def test_model_learns_what_it_should(GPTModel):
    """It learns two embeddings, n_layer blocks, a final norm and a head with weights of its own, and nothing else."""
    block = 12 * C * C + 10 * C
    wanted = V * C + BLOCK * C + 2 * block + 2 * C + C * V
    model = GPTModel(TINY)
    expect.equal(
        n_parameters(model), wanted, "how many numbers a model with V=11, block_size=7, n_layer=2, n_embd=12 learns"
    )
    pour_model(model, model_weights(TINY, seed=30))


def test_model_scores_every_next_token(GPTModel):
    """Without targets it returns logits of shape (B, T, V), and None for the loss."""
    result = whole_model(GPTModel)(tokens(B, T, vocab=V, seed=1))
    expect.true(isinstance(result, tuple) and len(result) == 2, "forward should return two things: logits, loss")
    expect.shape(result[0], (B, T, V), "the logits")
    expect.equal(result[1], None, "the loss without targets")


def test_model_starts_undecided(GPTModel):
    """A new model finds all V tokens about equally likely: its loss is close to ln V."""
    idx = tokens(8, 16, vocab=40, seed=2)
    logits, loss = GPTModel(SMALL)(idx, tokens(8, 16, vocab=40, seed=3))
    expect.between(
        loss, math.log(40) - 0.1, math.log(40) + 0.1, "the loss of a new model with 40 tokens (ln 40 = 3.69)"
    )
    expect.between(logits.abs().max(), 0, 1, "the largest logit of a new model")


def test_model_weights_start_small(GPTModel):
    """Every matrix starts with a standard deviation of 0.02, every bias at 0, every norm's gain at 1."""
    for name, parameter in GPTModel(SMALL).named_parameters():
        if parameter.ndim >= 2:
            expect.between(parameter.std(), 0.016, 0.024, f"the standard deviation of {name} in a new model")
            expect.between(parameter.mean(), -0.006, 0.006, f"the mean of {name} in a new model")
        else:
            start = (
                torch.zeros_like(parameter) if name.endswith(("bias", "beta", "shift")) else torch.ones_like(parameter)
            )
            expect.equal(parameter, start, f"{name} in a new model")


def test_model_loss_is_the_cross_entropy(GPTModel):
    """With targets, the loss is the mean cross-entropy of the model's own logits."""
    idx, targets = tokens(B, T, vocab=V, seed=4), tokens(B, T, vocab=V, seed=5)
    logits, loss = whole_model(GPTModel)(idx, targets=targets)
    expect.shape(logits, (B, T, V), "the logits, with targets")
    scores = logits.detach().double()
    surprise = scores.exp().sum(dim=-1).log() - scores.gather(-1, targets[..., None])[..., 0]
    expect.close(loss, surprise.mean(), "the loss", atol=1e-4)


def test_model_refuses_sequences_that_are_too_long(GPTModel):
    """More tokens than block_size raise a ValueError that names both numbers."""
    model = whole_model(GPTModel)
    for length in (BLOCK + 3, BLOCK + 1):
        long = tokens(1, length, vocab=V, seed=6)
        expect.raises(ValueError, lambda long=long: model(long), (str(length), "7"), f"{length} tokens for 7 places")


def test_model_gradients_reach_every_parameter(GPTModel):
    """A backward pass from the loss gives every parameter a gradient."""
    model = whole_model(GPTModel)
    model(tokens(B, BLOCK, vocab=V, seed=7), tokens(B, BLOCK, vocab=V, seed=8))[1].backward()
    expect.gradients(model, "the model")


def test_model_repeats_itself_without_dropout(GPTModel):
    """Where dropout is 0, nothing is left to chance: the same tokens get the same scores."""
    model, idx = whole_model(GPTModel), tokens(B, T, vocab=V, seed=11)
    first, _ = model(idx)
    expect.close(model(idx)[0], first, "the logits of a second call, at dropout 0")


def test_model_knows_where_a_token_stands(GPTModel):
    """The same token gets other scores at another position."""
    logits, _ = whole_model(GPTModel)(torch.full((1, T), 3))
    for t in range(1, T):
        moved = (logits[0, t] - logits[0, t - 1]).abs().max()
        expect.between(
            moved, 1e-3, math.inf, f"how far the scores of the same token at positions {t - 1} and {t} differ"
        )


def test_model_keeps_batch_rows_apart(GPTModel):
    """The rows of a batch don't see each other."""
    model, idx = whole_model(GPTModel), tokens(3, T, vocab=V, seed=11)
    other = torch.cat([(idx[:1] + 1) % V, idx[1:]])
    expect.close(model(other)[0][1:], model(idx)[0][1:], "the logits of rows 1 and 2 after row 0 was changed")


def test_model_later_token_changes_nothing_earlier(GPTModel):
    """A later token must not change earlier scores."""
    model, idx = whole_model(GPTModel), tokens(B, T, vocab=V, seed=12)
    other = idx.clone()
    other[:, 3] = (idx[:, 3] + 1) % V
    expect.close(model(other)[0][:, :3], model(idx)[0][:, :3], "the logits before token 3 when that token changes")


def test_model_learns_one_batch_by_heart(GPTModel):
    """Trained on a single small batch, the loss falls far below ln V."""
    idx, targets = tokens(4, BLOCK, vocab=V, seed=9), tokens(4, BLOCK, vocab=V, seed=10)
    loss = loss_after_training(GPTModel(TINY), idx, targets, steps=30)
    expect.between(loss, 0, 0.7, "the loss after 30 steps on the same 28 tokens")


def test_model_computes_a_gpt(GPTModel):
    """Embeddings, blocks in order, final norm and head give the logits that were computed by hand."""
    for rows, length in ((B, T), (1, 1), (1, BLOCK)):
        idx, weights = tokens(rows, length, vocab=V, seed=13), model_weights(TINY, seed=30)
        logits, _ = whole_model(GPTModel)(idx)
        right = nearer(logits, *(model_by_hand(idx, weights, form) for form in ("exact", "tanh")))
        expect.close(logits, right, f"the logits for {rows} x {length} tokens", atol=1e-3)


def test_model_dropout_rests_in_eval_mode(GPTModel):
    """In eval mode nothing is dropped."""
    config = ModelConfig(vocab_size=V, block_size=BLOCK, n_layer=2, n_head=H, n_embd=C, dropout=0.5)
    idx, weights = tokens(B, T, vocab=V, seed=14), model_weights(TINY, seed=30)
    logits, _ = whole_model(GPTModel, weights, config).eval()(idx)
    right = nearer(logits, *(model_by_hand(idx, weights, form) for form in ("exact", "tanh")))
    expect.close(logits, right, "the logits in eval mode", atol=1e-3)


def test_model_dropout_acts_on_the_embeddings(GPTModel):
    """In training, dropout acts on the sum of the two embeddings, number by number."""
    config = ModelConfig(vocab_size=V, block_size=BLOCK, n_layer=2, n_head=H, n_embd=C, dropout=0.5)
    weights, one = model_weights(TINY, seed=30), torch.eye(C)
    weights.layers = [silence(layer, attention=True, wide=True) for layer in weights.layers]
    weights.tokens, weights.positions = one[1].expand(V, C), one[0].expand(BLOCK, C)  # the sum is 1, 1, 0, 0, 0 …
    logits = whole_model(GPTModel, weights, config)(tokens(1, 1, vocab=V, seed=15).expand(400, 1))[0][:, 0]
    left = {}
    for kept, stream in (("both", one[0] + one[1]), ("first", one[0]), ("neither", 0 * one[0])):
        right = norm_by_hand(stream, weights.norm) @ weights.head.double().T  # the norm hides how large it is
        left[kept] = ((logits - right).abs().amax(dim=-1) < 1e-2).double().mean()
    expect.between(left["both"], 0, 0.4, "the share of sums of which nothing is dropped at 0.5 (two numbers)")
    expect.between(left["first"], 0.15, 0.35, "the share of sums of which only the position's number is left")
    expect.between(left["neither"], 0.15, 0.35, "the share of sums of which nothing is left")


def test_model_passes_dropout_to_the_blocks(GPTModel):
    """In training, dropout acts in the blocks."""
    config = ModelConfig(vocab_size=V, block_size=BLOCK, n_layer=1, n_head=H, n_embd=C, dropout=0.5)
    weights, idx = model_weights(config, seed=30), tokens(1, T, vocab=V, seed=16).expand(50, T)
    weights.tokens, weights.positions = torch.zeros(V, C), torch.zeros(BLOCK, C)  # nothing for dropout to drop before
    logits, _ = whole_model(GPTModel, weights, config)(idx)
    spread = logits.std(dim=0).mean()
    expect.between(spread, 0.05, math.inf, "how much the scores of 50 equal rows vary at dropout 0.5")


def sure(seed=684):
    """Weights of a model so sure of itself that drawing the next token leaves nothing to chance."""
    weights = model_weights(TINY, seed=seed)
    weights.norm, weights.head = (torch.ones(C), torch.zeros(C)), weights.head * 400
    weights.positions = weights.positions * 1.5  # so that it doesn't write the same token for ever
    for layer in weights.layers:
        layer.attention.proj *= 4  # so that every token it sees has a say
    return weights


def continued(idx, weights, count):
    """What a sure model writes, one token after another, from the last BLOCK tokens at most."""
    for _ in range(count):
        logits = model_by_hand(idx[:, -BLOCK:], weights, "tanh")[:, -1]
        idx = torch.cat([idx, logits.argmax(dim=-1, keepdim=True)], dim=1)
    return idx


def fixed(odds):
    """Weights of a model that gives the next token these odds, whatever came before."""
    weights = model_weights(TINY, seed=50)
    weights.norm = (torch.zeros(C), torch.eye(C)[0])
    weights.head[:, 0] = torch.log(torch.tensor(odds))
    return weights


ODDS = [0.35, 0.2, 0.1, 0.09, 0.06, 0.05, 0.045, 0.035, 0.03, 0.025, 0.015]  # one for each of the V tokens


def test_generate_appends_to_the_prompt(GPTModel):
    """It returns the prompt followed by max_new_tokens new token ids, shape (B, T + max_new_tokens), int64."""
    idx = tokens(B, 3, vocab=V, seed=17)
    out = whole_model(GPTModel, fixed(ODDS)).generate(idx, 2)
    expect.shape(out, (B, 3 + 2), "what generate returns")
    expect.dtype(out, torch.int64, "what generate returns")
    expect.equal(out[:, :3], idx, "the first 3 tokens, which were the prompt")


def test_generate_nothing_gives_the_prompt_back(GPTModel):
    """With max_new_tokens=0 the prompt comes back as it is."""
    idx = tokens(B, 3, vocab=V, seed=18)
    expect.equal(whole_model(GPTModel, fixed(ODDS)).generate(idx, 0), idx, "what generate(idx, 0) returns")


def test_generate_leaves_everything_as_it_was(GPTModel):
    """The prompt, the model's mode and torch's gradient switch are the same afterwards."""
    model, idx = whole_model(GPTModel, fixed(ODDS)), tokens(B, 3, vocab=V, seed=19)
    before = idx.clone()
    for training in (True, False):
        model.train(training).generate(idx, 2)
        expect.equal(model.training, training, "model.training after generate")
    expect.equal(idx, before, "the prompt after generate")
    expect.equal(torch.is_grad_enabled(), True, "torch.is_grad_enabled() after generate")


def test_generate_follows_the_last_position(GPTModel):
    """Each new token comes from the logits of the last position, and is part of the next step's input."""
    idx, weights = tokens(4, BLOCK - 3, vocab=V, seed=20), sure()
    out = whole_model(GPTModel, weights).generate(idx, 3)
    expect.equal(out, continued(idx, weights, 3), "what a model that is sure of every next token writes")


def test_generate_looks_at_the_last_block_size_tokens(GPTModel):
    """Beyond block_size, each step sees the last block_size tokens, also when the prompt is longer than that."""
    weights = sure()
    for length, count in ((BLOCK + 4, 1), (BLOCK + 4, 4), (BLOCK - 2, 6)):
        idx = tokens(3, length, vocab=V, seed=21)
        out = whole_model(GPTModel, weights).generate(idx, count)
        expect.equal(out, continued(idx, weights, count), f"what a sure model writes after {length} tokens")


def test_generate_draws_by_the_probabilities(GPTModel):
    """The next token is drawn at random, each as often as its probability says."""
    out = whole_model(GPTModel, fixed(ODDS)).generate(torch.zeros(10000, 1, dtype=torch.int64), 1)
    shares = torch.bincount(out[:, 1], minlength=V) / 10000
    for token, odds in enumerate(ODDS):
        slack = 4.5 * math.sqrt(odds * (1 - odds) / 10000)  # what chance alone may do, about once in 100,000 times
        expect.between(
            shares[token], odds - slack, odds + slack, f"how often token {token} of probability {odds} comes"
        )


def test_generate_draws_each_row_and_step_anew(GPTModel):
    """Each row has its own luck, and so has each step."""
    out = whole_model(GPTModel, fixed(ODDS)).generate(torch.zeros(400, 1, dtype=torch.int64), 3)[:, 1:]
    luck = sum(p * p for p in ODDS)  # how often two draws agree
    rows, steps = (out[1:] == out[:-1]).double().mean(), (out[:, 1:] == out[:, :-1]).double().mean()
    expect.between(rows, luck - 0.09, luck + 0.09, "how often neighbouring rows draw the same token")
    expect.between(steps, luck - 0.09, luck + 0.09, "how often a row draws the same token twice in a row")


def test_generate_takes_its_luck_from_the_generator(GPTModel):
    """With a generator, the same seed gives the same tokens, another seed others; torch's own seed has no say."""
    model, idx = whole_model(GPTModel, fixed(ODDS)), torch.zeros(20, 1, dtype=torch.int64)
    runs = []
    for own, global_ in ((5, 1), (5, 2), (6, 1)):
        torch.manual_seed(global_)
        runs.append(model.generate(idx, 5, generator=torch.Generator().manual_seed(own)))
    expect.equal(torch.equal(runs[0], runs[1]), True, "whether two generators of one seed give the same tokens")
    expect.between((runs[0] == runs[2]).double().mean(), 0.1, 0.6, "the share of equal tokens from two different seeds")
    one = torch.Generator().manual_seed(7)
    again = [model.generate(idx, 5, generator=one) for _ in range(2)]
    share = (again[0] == again[1]).double().mean()
    expect.between(share, 0.1, 0.6, "the share of equal tokens from two calls with one generator, which moves on")


def test_generate_without_a_generator_uses_torchs_own(GPTModel):
    """Without a generator, torch.manual_seed decides what is drawn."""
    model, idx, runs = whole_model(GPTModel, fixed(ODDS)), torch.zeros(20, 1, dtype=torch.int64), []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        runs.append(model.generate(idx, 5))
    expect.equal(torch.equal(runs[0], runs[1]), True, "whether the same manual_seed gives the same tokens")
    expect.between((runs[0] == runs[2]).double().mean(), 0.1, 0.6, "the share of equal tokens after different seeds")


def test_generate_keeps_nothing_for_a_backward_pass(GPTModel):
    """It runs without gradients: nothing is kept for a backward pass."""
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(kept.append, lambda saved: saved):
        whole_model(GPTModel, fixed(ODDS)).generate(tokens(B, 2, vocab=V, seed=22), 1)
    expect.equal(len(kept), 0, "how many tensors generate kept for a backward pass")
