"""Checks of lab 02: how wrong a guess is, the smallest model, and measuring it."""

import math

import torch
from torch import nn

from vibejam_core.course import expect
from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.text.windows import get_batch


def seeded(seed):
    """A generator of its own for each probe."""
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed, scale=1.5):
    """Random scores of order one."""
    return torch.randn(shape, generator=seeded(seed)) * scale


def tokens(*shape, vocab, seed):
    """Random tokens, the first and the last of the vocabulary among them."""
    drawn = torch.randint(vocab, shape, generator=seeded(seed))
    drawn.view(-1)[0], drawn.view(-1)[-1] = vocab - 1, 0
    return drawn


def kind(value):
    """What kind of thing came, for a message."""
    return "None (is a return missing?)" if value is None else f"something of type {type(value).__name__}"


def surprise(logits, targets):
    """The mean of ln(sum(exp(row))) - row[target], one number at a time in Python's double precision."""
    total = 0.0
    rows = logits.detach().double().flatten(0, 1).tolist()
    for row, target in zip(rows, targets.flatten().tolist(), strict=True):
        top = max(row)
        total += top + math.log(sum(math.exp(score - top) for score in row)) - row[target]
    return total / len(rows)


# --- language_model_loss ----------------------------------------------------------------------------------------------


def test_loss_is_a_scalar(language_model_loss):
    """The loss is a tensor without axes: one number for the whole batch."""
    expect.shape(language_model_loss(normal(2, 3, 5, seed=1), tokens(2, 3, vocab=5, seed=1)), (), "the loss")


def test_loss_of_equal_scores_is_ln_vocab_size(language_model_loss):
    """Where all 7 tokens score the same, the loss is ln 7."""
    loss = language_model_loss(torch.full((2, 3, 7), 0.5), tokens(2, 3, vocab=7, seed=2))
    expect.close(loss, math.log(7), "the loss of scores that are all 0.5, V = 7")


def test_loss_by_hand(language_model_loss):
    """With probabilities 1/2, 1/4, 1/8, 1/8, seeing tokens 0 and 2 costs (ln 2 + ln 8) / 2."""
    logits = torch.tensor([0.5, 0.25, 0.125, 0.125]).log().expand(1, 2, 4).clone()
    loss = language_model_loss(logits, torch.tensor([[0, 2]]))
    expect.close(loss, 2 * math.log(2), "the loss, worked out by hand")


def test_loss_of_random_scores(language_model_loss):
    """The loss is the mean over all positions of all rows, each with its own target."""
    logits, targets = normal(4, 6, 5, seed=3), tokens(4, 6, vocab=5, seed=3)
    expect.close(language_model_loss(logits.clone(), targets), surprise(logits, targets), "the loss of random scores")


def test_loss_of_one_token(language_model_loss):
    """A batch of one row of one token is enough."""
    logits, targets = normal(1, 1, 5, seed=4), torch.tensor([[3]])
    expect.close(language_model_loss(logits.clone(), targets), surprise(logits, targets), "the loss of a single token")


def test_loss_of_huge_scores(language_model_loss):
    """Scores of 1000 neither overflow nor lose the answer."""
    spread, low = [1000.0, 0.0, -1000.0], [-2000.0, -2000.0, -2000.0]
    logits = torch.tensor([[spread, spread], [spread, low]])
    loss = language_model_loss(logits, torch.tensor([[0, 1], [2, 0]]))  # costs 0, 1000, 2000 and ln 3
    expect.close(loss, (3000 + math.log(3)) / 4, "the loss of scores between -2000 and 1000")


def test_loss_leaves_the_scores_as_they_were(language_model_loss):
    """The scores and targets that were handed in are not changed."""
    logits, targets = normal(2, 3, 5, seed=7), tokens(2, 3, vocab=5, seed=7)
    language_model_loss(logits, targets)
    expect.equal(logits, normal(2, 3, 5, seed=7), "the scores after the call")
    expect.equal(targets, tokens(2, 3, vocab=5, seed=7), "the targets after the call")


def test_loss_is_float32(language_model_loss):
    """The loss is float32, whatever the dtype of the scores."""
    for dtype in (torch.float32, torch.bfloat16, torch.float16, torch.float64):
        loss = language_model_loss(normal(2, 3, 5, seed=5).to(dtype), tokens(2, 3, vocab=5, seed=5))
        expect.dtype(loss, torch.float32, f"the loss of {dtype} scores")


def test_loss_is_computed_in_float32(language_model_loss):
    """Half-precision scores are converted before anything is computed, so nothing more is rounded away."""
    for dtype in (torch.bfloat16, torch.float16):
        logits, targets = normal(3, 5, 40, seed=6).to(dtype), tokens(3, 5, vocab=40, seed=6)
        loss = language_model_loss(logits.clone(), targets)
        expect.close(loss, surprise(logits, targets), f"the loss of {dtype} scores")


def test_loss_sends_gradients_back(language_model_loss):
    """The gradient of each score is its probability, less 1 for the true token, divided by the number of positions."""
    logits, targets = normal(2, 3, 5, seed=8).requires_grad_(), tokens(2, 3, vocab=5, seed=8)
    loss = language_model_loss(logits, targets)
    expect.true(loss.requires_grad, "the loss is detached from the scores: no gradient can flow back")
    loss.backward()
    expect.true(logits.grad is not None, "no gradient reaches the scores: somewhere on the way they are detached")
    powers = logits.detach().double().exp()
    truth = (torch.arange(5) == targets[..., None]).double()
    expect.close(logits.grad, (powers / powers.sum(-1, keepdim=True) - truth) / 6, "the gradient of the scores")


def test_loss_refuses_shapes_that_do_not_match(language_model_loss):
    """Targets of another shape than the scores' (B, T) are a ValueError, also where their number fits."""
    logits = normal(2, 3, 5, seed=9)
    for shape in ((2, 2), (4, 3), (6,), (3, 2), (2, 3, 1), (1, 3)):
        targets = torch.ones(shape, dtype=torch.int64)
        what = f"scores of shape (2, 3, 5) with targets of shape {shape}"
        expect.raises(ValueError, lambda targets=targets: language_model_loss(logits, targets), what=what)


def test_loss_names_both_shapes(language_model_loss):
    """The ValueError names the shape of the scores and the shape of the targets."""
    logits = normal(11, 13, 5, seed=10)
    for shape, names in (((17, 19), ("11", "13", "17", "19")), ((11, 19), ("11", "13", "19"))):
        targets = torch.ones(shape, dtype=torch.int64)
        what = f"scores of shape (11, 13, 5) with targets of shape {shape}"
        expect.raises(ValueError, lambda targets=targets: language_model_loss(logits, targets), names, what)


# --- BigramLM ---------------------------------------------------------------------------------------------------------

# Sizes that are all different, so that none can stand in for another. Only vocab_size may matter, so nothing drops out.
SMALL = ModelConfig(vocab_size=11, block_size=8, n_layer=1, n_head=2, n_embd=6, dropout=0.5)


def poured(BigramLM, seed):
    """A model whose table holds scores of order one: with weights of 0.02 most mistakes are too small to see."""
    model = BigramLM(SMALL)
    with torch.no_grad():
        model.table.weight.copy_(normal(11, 11, seed=seed))
    return model, normal(11, 11, seed=seed)


def test_bigram_keeps_a_table(BigramLM):
    """self.table is an nn.Embedding with a row of vocab_size scores for each of vocab_size tokens."""
    table = getattr(BigramLM(SMALL), "table", None)
    expect.true(isinstance(table, nn.Embedding), f"self.table should be an nn.Embedding; it is {type(table).__name__}")
    expect.shape(table.weight, (11, 11), "table.weight, for vocab_size 11")


def test_bigram_keeps_its_config(BigramLM):
    """The config goes to super().__init__, so that get_block_size works."""
    expect.equal(BigramLM(SMALL).get_block_size(), 8, "get_block_size() of a model with block_size 8")


def test_bigram_has_no_other_parameters(BigramLM):
    """The table is all that the model learns."""
    count = sum(parameter.numel() for parameter in BigramLM(SMALL).parameters())
    expect.equal(count, 121, "how many numbers the model can learn, for V = 11")


def test_bigram_returns_logits_and_no_loss(BigramLM):
    """Without targets the result is a pair: logits of shape (B, T, V), and None."""
    out = BigramLM(SMALL)(tokens(2, 3, vocab=11, seed=21))
    expect.true(isinstance(out, tuple) and len(out) == 2, f"expected (logits, None), got {kind(out)}")
    expect.shape(out[0], (2, 3, 11), "logits, for B = 2, T = 3 and V = 11")
    expect.equal(out[1], None, "the loss without targets")


def test_bigram_returns_logits_and_a_loss(BigramLM):
    """With targets the logits keep their shape, and the loss is one number."""
    out = BigramLM(SMALL)(tokens(2, 3, vocab=11, seed=22), tokens(2, 3, vocab=11, seed=23))
    expect.true(isinstance(out, tuple) and len(out) == 2, f"expected (logits, loss), got {kind(out)}")
    expect.shape(out[0], (2, 3, 11), "logits, for B = 2, T = 3 and V = 11, when targets are given")
    expect.shape(out[1], (), "the loss")


def test_bigram_accepts_a_single_token(BigramLM):
    """One row of one token gives logits of shape (1, 1, V)."""
    logits, _ = BigramLM(SMALL)(torch.tensor([[4]]))
    expect.shape(logits, (1, 1, 11), "logits, for B = 1, T = 1 and V = 11")


def test_bigram_looks_at_one_token_only(BigramLM):
    """Another token at one place changes the scores at that place and nowhere else."""
    model, _ = poured(BigramLM, seed=24)
    idx = torch.tensor([[3, 1, 4, 1, 5]])
    other = torch.tensor([[3, 1, 9, 1, 5]])
    moved = (model(idx)[0] - model(other)[0]).abs().amax(dim=-1)[0] > 1e-6
    expect.equal(moved.nonzero().flatten().tolist(), [2], "the places whose scores change when token 2 does")


def test_bigram_scores_do_not_depend_on_targets(BigramLM):
    """The scores are the same with and without targets."""
    model, _ = poured(BigramLM, seed=26)
    idx, targets = tokens(2, 3, vocab=11, seed=27), tokens(2, 3, vocab=11, seed=28)
    expect.close(model(idx, targets)[0], model(idx)[0].detach(), "logits with targets, beside those without")


def test_bigram_looks_up_rows(BigramLM):
    """The scores after a token are its row of the table, as they stand there."""
    model, weight = poured(BigramLM, seed=25)
    logits, _ = model(torch.tensor([[3, 0, 10], [7, 3, 2]]))
    rows = [[weight[i].tolist() for i in row] for row in ([3, 0, 10], [7, 3, 2])]
    expect.close(logits, torch.tensor(rows), "logits")


def test_bigram_computes_the_loss(BigramLM):
    """The loss is the mean surprise of the targets."""
    model, weight = poured(BigramLM, seed=29)
    idx, targets = tokens(2, 3, vocab=11, seed=30), tokens(2, 3, vocab=11, seed=31)
    _, loss = model(idx, targets)
    expect.close(loss, surprise(weight[idx], targets), "the loss")


def test_bigram_measures_in_evaluation_mode(BigramLM):
    """In evaluation mode it computes the same loss."""
    model, weight = poured(BigramLM, seed=36)
    idx, targets = tokens(2, 3, vocab=11, seed=37), tokens(2, 3, vocab=11, seed=38)
    _, loss = model.eval()(idx, targets)
    expect.close(loss, surprise(weight[idx], targets), "the loss in evaluation mode")


def test_bigram_starts_undecided(BigramLM):
    """An untrained model's loss is about ln V: it finds all tokens about equally likely."""
    model = BigramLM(ModelConfig(vocab_size=100))
    _, loss = model(tokens(20, 30, vocab=100, seed=32), tokens(20, 30, vocab=100, seed=33))
    expect.between(loss, math.log(100) - 0.05, math.log(100) + 0.05, "the untrained loss, for V = 100 (ln 100 = 4.605)")


def test_bigram_starts_with_small_weights(BigramLM):
    """The weights start normally distributed, with mean 0 and standard deviation 0.02."""
    weight = BigramLM(ModelConfig(vocab_size=100)).table.weight.detach().double()
    expect.between(weight.mean(), -0.002, 0.002, "the mean of the weights")
    expect.between(weight.std(), 0.018, 0.022, "the standard deviation of the weights")
    far, beyond = ((weight.abs() > distance).double().mean() for distance in (0.02, 0.04))
    expect.between(far, 0.29, 0.345, "the share of weights more than 0.02 from 0 (in a normal distribution 0.317)")
    expect.between(beyond, 0.033, 0.058, "the share of weights more than 0.04 from 0 (in a normal distribution 0.046)")


def test_bigram_starts_differently_each_time(BigramLM):
    """Two models get different weights: nothing inside sets a seed."""
    first, second = (BigramLM(SMALL).table.weight.detach().clone() for _ in range(2))
    expect.true(not torch.equal(first, second), "two new models have the same weights")


def test_bigram_can_learn(BigramLM):
    """Trained on one batch, it learns which token follows which."""
    model = BigramLM(SMALL)
    idx = torch.tensor([[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 1, 2]])
    logits, loss = model(idx, idx % 10 + 1)
    tracked = [model.table.weight.requires_grad, logits.requires_grad, loss.requires_grad]
    expect.equal(tracked, [True] * 3, "whether gradients are tracked through the table, the logits and the loss")
    for _ in range(60):  # plain gradient descent
        (gradient,) = torch.autograd.grad(loss, [model.table.weight])
        model.table.weight.data -= 40 * gradient
        _, loss = model(idx, idx % 10 + 1)
    expect.between(loss, 0.0, 0.05, "the loss after 60 steps on one batch")


def test_bigram_sends_gradients_to_the_table(BigramLM):
    """Each row of the table receives the gradient of its token's predictions; rows of absent tokens receive none."""
    model, weight = poured(BigramLM, seed=34)
    idx, targets = torch.tensor([[0, 4, 0], [2, 10, 4]]), tokens(2, 3, vocab=11, seed=35)
    model(idx, targets)[1].backward()
    gradient = model.table.weight.grad
    expect.equal(str(getattr(gradient, "layout", None)), "torch.strided", "the layout of the gradient of table.weight")
    powers = weight[idx].double().exp()
    blame = (powers / powers.sum(-1, keepdim=True) - (torch.arange(11) == targets[..., None]).double()) / 6
    expected = torch.zeros(11, 11).double().index_add(0, idx.flatten(), blame.flatten(0, 1))
    expect.close(gradient, expected, "the gradient of table.weight")


# --- perplexity -------------------------------------------------------------------------------------------------------


def test_perplexity_is_a_float(perplexity):
    """The result is a Python float."""
    result = perplexity(1.5)
    expect.true(isinstance(result, float), f"expected a float, got {kind(result)}")


def test_perplexity_of_equal_chances(perplexity):
    """A loss of ln V is a perplexity of V."""
    for vocab_size in (1, 2, 65):
        expect.close(perplexity(math.log(vocab_size)), vocab_size, f"the perplexity of a loss of ln {vocab_size}")


def test_perplexity_grows_with_the_loss(perplexity):
    """Perplexity is e to the power of the loss, with its fractions."""
    expect.close(perplexity(0.01), 1.0100502, "the perplexity of a loss of 0.01")
    expect.close(perplexity(1.5), 4.4816891, "the perplexity of a loss of 1.5")


def test_perplexity_of_a_large_loss(perplexity):
    """A large loss has its large perplexity, as long as a float can hold it."""
    expect.close(perplexity(20.0), 485165195.4, "the perplexity of a loss of 20")
    expect.close(perplexity(95.0) / 1e41, 1.8112390829, "the perplexity of a loss of 95, divided by 1e41")
    expect.close(perplexity(700.0) / 1e304, 1.0142320547, "the perplexity of a loss of 700, divided by 1e304")


def test_perplexity_beyond_floats_is_infinite(perplexity):
    """Where e to the loss is too large for a float the perplexity is infinite, not an error."""
    expect.equal(perplexity(710.0), math.inf, "the perplexity of a loss of 710")
    expect.equal(perplexity(1e6), math.inf, "the perplexity of a loss of a million")


# --- bits_per_byte ----------------------------------------------------------------------------------------------------


def test_bits_is_a_float(bits_per_byte):
    """The result is a Python float."""
    result = bits_per_byte(1.5, 30, 40)
    expect.true(isinstance(result, float), f"expected a float, got {kind(result)}")


def test_bits_of_a_coin_toss(bits_per_byte):
    """A loss of ln 2 nats per token is 1 bit; with one byte per token it is 1 bit per byte."""
    expect.close(bits_per_byte(math.log(2), 10, 10), 1.0, "bits per byte, for a loss of ln 2 and 10 tokens in 10 bytes")


def test_bits_of_a_nat(bits_per_byte):
    """A loss of 1 nat is 1.4427 bits."""
    expect.close(bits_per_byte(1.0, 1, 1), 1.4426950, "bits per byte, for a loss of 1 and 1 token in 1 byte")


def test_bits_with_long_tokens(bits_per_byte):
    """Where a token covers several bytes, they share its bits."""
    found = bits_per_byte(3 * math.log(2), 20, 90)
    expect.close(found, 2 / 3, "bits per byte, for a loss of 3 ln 2 and 20 tokens in 90 bytes")


def test_bits_with_long_characters(bits_per_byte):
    """Where a text has more tokens than this, or fewer bytes, each byte costs more: nothing is rounded."""
    found = bits_per_byte(0.3, 70, 30)
    expect.close(found, 1.0098865, "bits per byte, for a loss of 0.3 and 70 tokens in 30 bytes")


def test_bits_of_a_long_text(bits_per_byte):
    """A gigabyte of text is no different."""
    found = bits_per_byte(2 * math.log(2), 500_000_000, 2_000_000_000)
    expect.close(found, 0.5, "bits per byte, for a loss of 2 ln 2 and 5e8 tokens in 2e9 bytes")


def test_bits_refuses_a_text_without_bytes(bits_per_byte):
    """n_bytes of 0 is a ValueError, not a division by zero."""
    expect.raises(ValueError, lambda: bits_per_byte(1.0, 5, 0), ("0",), "n_bytes 0")


def test_bits_refuses_a_negative_number_of_bytes(bits_per_byte):
    """A negative n_bytes is a ValueError that names it."""
    expect.raises(ValueError, lambda: bits_per_byte(1.0, 5, -73), ("-73",), "n_bytes -73")


# --- estimate_loss ----------------------------------------------------------------------------------------------------

CORPUS = torch.randperm(90, generator=seeded(50))
LOSSES = (2.0, 1.0, 9.5, 3.512)  # mean 4, median 2.75


class Recorder(BaseLM):
    """A model that notes how it is called and answers with losses that are fixed beforehand."""

    def __init__(self, device="cpu"):
        super().__init__(ModelConfig(vocab_size=90, block_size=7))
        self.weight = nn.Parameter(torch.ones((), device=device))
        self.dropout = nn.Dropout(0.5)
        self.calls = []

    def forward(self, idx, targets=None):
        loss = torch.tensor(LOSSES[len(self.calls) % 4])
        training, gradients = [self.training, self.dropout.training], torch.is_grad_enabled()
        self.calls.append({"x": idx, "y": targets, "training": training, "gradients": gradients})
        return torch.zeros(*idx.shape, 90), loss if targets is not None else None


def recorded(estimate_loss, training=True, device="cpu", **options):
    """The recorder after one estimate of 4 batches of 6 windows, and the estimate."""
    model = Recorder(device).train(training)
    return model, estimate_loss(model, CORPUS.clone(), **{"eval_iters": 4, "batch_size": 6, "seed": 3} | options)


def test_estimate_is_a_float(estimate_loss):
    """The result is a Python float."""
    _, result = recorded(estimate_loss)
    expect.true(isinstance(result, float), f"expected a float, got {kind(result)}")


def test_estimate_is_the_mean(estimate_loss):
    """The result is the mean of the batches' losses."""
    expect.close(recorded(estimate_loss)[1], 4.003, "the estimate, for batches with losses 2, 1, 9.5 and 3.512")


def test_estimate_runs_eval_iters_batches(estimate_loss):
    """The model is called eval_iters times."""
    counts = [len(recorded(estimate_loss, eval_iters=count)[0].calls) for count in (1, 4, 6)]
    expect.equal(counts, [1, 4, 6], "how often the model is called, for eval_iters 1, 4 and 6")


def test_estimate_shapes_its_batches(estimate_loss):
    """Each batch has batch_size windows of the model's block size."""
    model, _ = recorded(estimate_loss)
    shapes = [list(call["x"].shape) for call in model.calls]
    expect.equal(shapes, [[6, 7]] * 4, "the shapes of x, for batch_size 6 and get_block_size() 7")


def test_estimate_asks_for_the_next_tokens(estimate_loss):
    """The model is called with x and with the tokens that come next."""
    model, _ = recorded(estimate_loss)
    following = dict(zip(CORPUS.tolist(), CORPUS.tolist()[1:], strict=False))
    expected = torch.tensor([following[token] for token in model.calls[0]["x"].flatten().tolist()]).reshape(6, 7)
    expect.equal(model.calls[0]["y"], expected, "the targets that the model is given")


def test_estimate_runs_in_evaluation_mode(estimate_loss):
    """While it is measured the model is in evaluation mode, and so are its layers."""
    modes = [call["training"] for before in (True, False) for call in recorded(estimate_loss, before)[0].calls]
    expect.equal(modes, [[False, False]] * 8, "whether the model and its dropout are in training mode, per batch")


def test_estimate_goes_back_to_training_mode(estimate_loss):
    """A model that was in training mode is in training mode afterwards."""
    model, _ = recorded(estimate_loss, training=True)
    found = [model.training, model.dropout.training]
    expect.equal(found, [True, True], "whether the model and its dropout are in training mode afterwards")


def test_estimate_stays_in_evaluation_mode(estimate_loss):
    """A model that was in evaluation mode is still in it afterwards."""
    model, _ = recorded(estimate_loss, training=False)
    found = [model.training, model.dropout.training]
    expect.equal(found, [False, False], "whether the model and its dropout are in training mode afterwards")


def test_estimate_computes_no_gradients(estimate_loss):
    """No gradients are computed meanwhile, and they are again afterwards."""
    model, _ = recorded(estimate_loss)
    enabled = [call["gradients"] for call in model.calls]
    expect.equal(enabled, [False] * 4, "whether gradients are computed, per batch")
    expect.equal(torch.is_grad_enabled(), True, "whether gradients are computed afterwards")


def test_estimate_leaves_the_model_as_it_was(estimate_loss):
    """The weights, their gradients so far, and whether they are trained: all as before."""
    model = Recorder()
    model.weight.grad = torch.tensor(0.25)  # as in the middle of gradient accumulation
    estimate_loss(model, CORPUS.clone(), eval_iters=2, batch_size=6)
    gradient = model.weight.grad
    found = [model.weight.item(), model.weight.requires_grad, None if gradient is None else gradient.item()]
    expect.equal(found, [1.0, True, 0.25], "a weight of 1, whether it is trained, and its gradient of 0.25")


def test_estimate_draws_different_batches(estimate_loss):
    """The batches of one estimate differ from each other."""
    model, _ = recorded(estimate_loss)
    different = {tuple(call["x"].flatten().tolist()) for call in model.calls}
    expect.equal(len(different), 4, "how many different batches there are among 4")


def test_estimate_sees_the_same_windows_each_time(estimate_loss):
    """Two calls with the same seed see the same windows."""
    first, second = ([call["x"] for call in recorded(estimate_loss)[0].calls] for _ in range(2))
    expect.true(torch.equal(torch.stack(first), torch.stack(second)), "two calls with seed 3 saw different windows")


def test_estimate_leaves_the_global_generator_alone(estimate_loss):
    """Measuring neither uses nor seeds torch's global generator, from which training draws."""
    before = torch.random.get_rng_state()
    recorded(estimate_loss)
    expect.true(torch.equal(torch.random.get_rng_state(), before), "torch's global generator was used or seeded")


def test_estimate_follows_the_seed(estimate_loss):
    """The batches are those that get_batch draws one after another from a generator with the given seed."""
    for seed in (1, 8):
        model, _ = recorded(estimate_loss, seed=seed)
        generator = seeded(seed)
        expected = torch.stack([get_batch(CORPUS, 7, 6, generator)[0] for _ in range(4)])
        found = torch.stack([call["x"] for call in model.calls])
        expect.equal(found, expected, f"the windows of the 4 batches, for seed {seed}")


def test_estimate_goes_to_the_models_device(estimate_loss):
    """The batches are on the device of the model's parameters."""
    model, _ = recorded(estimate_loss, device="meta")  # a device that every machine has; its tensors hold no numbers
    found = [model.calls[0]["x"].device.type, model.calls[0]["y"].device.type]
    expect.equal(found, ["meta", "meta"], 'the devices of x and y, for a model on "meta"')
