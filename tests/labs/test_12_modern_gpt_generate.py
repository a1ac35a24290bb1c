"""Checks of lab 12: how a modern GPT writes on."""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import torch

from tests.labs.helpers_modern_gpt import BLOCK, FULL, fixed_odds, gpt_weights, modern_gpt, written_by_hand
from vibejam_core.course import expect
from vibejam_core.models.config import ModelConfig

DICE = ModelConfig(
    vocab_size=5, block_size=2, n_layer=1, n_head=1, n_embd=4, softcap=1.2, vocab_multiple=8, rope_base=50.0
)
ODDS = [0.1, 0.45, 0.05, 0.25, 0.15]  # neither sorted nor alike
WRITER = replace(FULL, n_layer=2, window_pattern="L")
SEED = 130  # what it writes then varies, is never a close decision, and depends on the oldest token that it sees


def dice(GPT, odds=ODDS):
    """A model that gives the next token these odds, whatever came before; its block only hands on what it gets."""
    model = modern_gpt(GPT, DICE, fixed_odds(DICE, odds))
    model.transformer["h"][0].forward = lambda x, *others, **named: x  # it would add nothing, and take its time
    return model


def writer(GPT):
    """A model that weighs all it sees, and its weights."""
    weights = gpt_weights(WRITER, SEED)
    weights = {name: 3 * weight if "attn.c_proj" in name else weight for name, weight in weights.items()}
    return modern_gpt(GPT, WRITER, weights), weights


def shares_are(drawn, odds, what):
    """Each token must come as often as its odds say, give or take what chance alone does once in 100,000 times."""
    few = 3 / len(drawn)  # for a rare token, of which a single one is much
    for token, chance in enumerate(odds):
        slack = 4.5 * math.sqrt(chance * (1 - chance) / len(drawn)) + (few if 0 < chance < 1 else 0)
        share = drawn.count(token) / len(drawn)
        expect.between(share, chance - slack, chance + slack, f"how often token {token} comes {what}")


# --- What is handed out -----------------------------------------------------------------------------------------------


def test_generate_hands_out_an_iterator(GPT):
    """What comes back is an iterator: ``next`` and ``for`` take one token after another from it."""
    expect.true(
        isinstance(dice(GPT).generate([1], 2), Iterator), "generate should give an iterator (yield), not a list"
    )


def test_generate_yields_python_ints(GPT):
    """Every token is a Python int from 0 to V - 1."""
    for token in dice(GPT).generate([1], 20):
        expect.equal(type(token).__name__, "int", "the type of a token")
        expect.between(token, 0, 4, "a token of a vocabulary of 5")


def test_generate_yields_the_new_tokens_only(GPT):
    """It hands out max_new_tokens tokens, and not the prompt."""
    for prompt, count in (([1, 2, 3], 4), ([4], 1), ([0, 1], 0)):
        made = list(dice(GPT).generate(prompt, count))
        expect.equal(len(made), count, f"how many tokens come for max_new_tokens={count}, {len(prompt)} before them")


def test_generate_leaves_the_prompt_alone(GPT):
    """The list of tokens stays as it is, also while tokens are drawn; a tuple will do as well."""
    prompt = [1, 2, 3]
    for _ in dice(GPT).generate(prompt, 3):
        expect.equal(prompt, [1, 2, 3], "the prompt after a token was handed out")
    expect.equal(len(list(dice(GPT).generate((1, 2, 3), 2))), 2, "how many tokens come for a tuple as the prompt")


def test_generate_takes_the_likeliest_at_temperature_0(GPT):
    """At temperature 0 it is always the token with the largest logit, whatever the seed; also when it is a whole 0."""
    model = dice(GPT, [0.2, 0.19, 0.21, 0.22, 0.18])
    for temperature in (0.0, 0):
        for seed in (1, 2):
            for top_k in (None, 2):
                drawn = list(model.generate([1], 12, temperature=temperature, top_k=top_k, seed=seed))
                expect.equal(drawn, [3] * 12, f"12 tokens at temperature {temperature}, top_k={top_k}")


def test_generate_hands_out_each_token_at_once(GPT):
    """A token is handed out as soon as it is drawn: the model isn't asked for the next one before."""
    weights = {token: fixed_odds(DICE, [0.6 if i == token else 0.1 for i in range(5)]) for token in (3, 1)}
    model = modern_gpt(GPT, DICE, weights[3])
    stream = iter(model.generate([0, 2], 3, temperature=0.0))
    first = next(stream)
    model.lm_head.weight.detach().copy_(weights[1]["lm_head.weight"])  # now another token is the likeliest
    expect.equal([first, *stream], [3, 1, 1], "three tokens of a model that changes its mind after the first")


# --- What the model is shown ------------------------------------------------------------------------------------------


def test_generate_follows_the_last_position(GPT):
    """Each token follows from the last position's logits and becomes part of what the model is shown next."""
    model, weights = writer(GPT)
    for prompt, count in (([3], 6), ([5, 1, 8], 4)):
        made = list(model.generate(prompt, count, temperature=0.0))
        wanted = written_by_hand(prompt, weights, WRITER, count)
        expect.equal(made, wanted, f"the likeliest tokens after {prompt}")


def test_generate_shows_the_last_block_size_tokens(GPT):
    """The context is the last block_size tokens, also when the prompt alone is longer than that."""
    model, weights = writer(GPT)
    for prompt, count in (
        ([1, 5, 9, 2, 0, 8, 4, 10, 3], 5),
        ([4, 9, 2, 7, 10, 0, 6, 1, 3, 5, 8], 1),
        ([6, 2, 9, 9, 0], 7),
    ):
        made = list(model.generate(prompt, count, temperature=0.0))
        wanted = written_by_hand(prompt, weights, WRITER, count)
        expect.equal(made, wanted, f"the likeliest tokens after a prompt of {len(prompt)}, block_size {BLOCK}")


# --- What it leaves alone ---------------------------------------------------------------------------------------------


def test_generate_keeps_the_models_mode(GPT):
    """The model stays in training or eval mode, also while tokens are drawn."""
    model = dice(GPT)
    for training in (True, False):
        model.train(training)
        modes = [model.training for _ in model.generate([1], 2)] + [model.training]
        expect.equal(modes, [training] * 3, f"model.training after each token and at the end, {training} before")


def test_generate_keeps_the_gradient_switch(GPT):
    """Gradients are recorded, or not, as before whenever a token is handed out, and afterwards."""
    model = dice(GPT)
    for recorded in (True, False):
        with torch.set_grad_enabled(recorded):
            switches = [torch.is_grad_enabled() for _ in model.generate([1], 2)] + [torch.is_grad_enabled()]
        what = f"torch.is_grad_enabled() after each token and at the end, {recorded} before"
        expect.equal(switches, [recorded] * 3, what)


def test_generate_keeps_nothing_for_a_backward_pass(GPT):
    """It runs without gradients: nothing is kept for a backward pass."""
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(kept.append, lambda saved: saved):
        list(dice(GPT).generate([1], 1))
    expect.equal(len(kept), 0, "how many tensors generate kept for a backward pass")


def test_generate_leaves_torchs_generator_alone(GPT):
    """torch's own generator is neither used nor seeded."""
    torch.manual_seed(5)
    before = torch.get_rng_state()
    model = dice(GPT)
    torch.set_rng_state(before)
    for _ in model.generate([1], 2):
        expect.true(torch.equal(torch.get_rng_state(), before), "torch's own generator has changed after a token")
    expect.true(torch.equal(torch.get_rng_state(), before), "torch's own generator has changed after generate")


# --- How it draws -----------------------------------------------------------------------------------------------------


def test_generate_draws_by_the_softmax(GPT):
    """At temperature 1 each token comes as often as the softmax of the capped logits says."""
    drawn = list(dice(GPT).generate([1], 500))
    shares_are(drawn, ODDS, "in 500 draws")


def test_generate_draws_each_step_anew(GPT):
    """Each step has its own luck: the generator is seeded once, not at every step."""
    drawn = list(dice(GPT).generate([1], 300, seed=9))
    luck = sum(chance * chance for chance in ODDS)  # how often two draws agree
    agree = sum(one == other for one, other in pairwise(drawn)) / 299
    expect.between(agree, luck - 0.12, luck + 0.12, "how often a token is drawn twice in a row")


def test_generate_divides_by_the_temperature(GPT):
    """The logits are divided by the temperature: below 1 it sharpens, above 1 it flattens."""
    model = dice(GPT)
    for temperature, count in ((4.0, 400), (0.25, 300)):
        sharper = [chance ** (1 / temperature) for chance in ODDS]
        odds = [chance / sum(sharper) for chance in sharper]
        drawn = list(model.generate([1], count, temperature=temperature))
        shares_are(drawn, odds, f"in {count} draws at temperature {temperature}")


def test_generate_survives_small_temperatures(GPT):
    """A very small temperature is no problem: the likeliest token is as good as certain."""
    drawn = list(dice(GPT).generate([1], 8, temperature=1e-4))
    expect.equal(drawn, [1] * 8, "8 tokens at temperature 0.0001")


def test_generate_keeps_the_k_largest(GPT):
    """With top_k only the k largest logits stay, and share the probability among them."""
    model = dice(GPT)
    for top_k, stay in ((1, {1}), (2, {1, 3}), (3, {1, 3, 4})):
        odds = [chance if token in stay else 0.0 for token, chance in enumerate(ODDS)]
        drawn = list(model.generate([1], 150, top_k=top_k))
        shares_are(drawn, [chance / sum(odds) for chance in odds], f"in 150 draws with top_k={top_k}")


def test_generate_counts_top_k_from_the_vocabulary(GPT):
    """A top_k of V or more keeps all tokens."""
    model = dice(GPT, [0.2, 0.19, 0.21, 0.18, 0.22])
    for top_k in (5, 6, 8, 1000):
        drawn = list(model.generate([1], 70, top_k=top_k))
        expect.equal(sorted(set(drawn)), [0, 1, 2, 3, 4], f"which tokens come with top_k={top_k}, V=5")


def test_generate_combines_top_k_and_temperature(GPT):
    """top_k and the temperature work together."""
    drawn = list(dice(GPT).generate([1], 200, temperature=0.25, top_k=2))
    one, other = 0.45**4, 0.25**4
    shares_are(
        drawn, [0.0, one / (one + other), 0.0, other / (one + other), 0.0], "in 200 draws at temperature 0.25, top_k=2"
    )


def test_generate_leaves_out_at_every_temperature(GPT):
    """What top_k leaves out never comes, however high the temperature is."""
    drawn = list(dice(GPT).generate([1], 100, temperature=50.0, top_k=2))
    expect.equal(sorted(set(drawn)), [1, 3], "which tokens come in 100 draws at temperature 50, top_k=2")


# --- Where the luck comes from ----------------------------------------------------------------------------------------


def test_generate_follows_its_seed(GPT):
    """The same seed gives the same tokens, another seed others; torch's own seed has no say."""
    model, runs = dice(GPT), []
    for seed, global_ in ((5, 1), (5, 2), (6, 1), (0, 1), (42, 1)):
        torch.manual_seed(global_)
        runs.append(list(model.generate([1], 60, seed=seed)))
    expect.equal(runs[0] == runs[1], True, "whether seed 5 gives the same tokens twice")
    pairs = {"5 and 6": (runs[0], runs[2]), "0 and 42": runs[3:], "5, one step on, and 6": (runs[0][1:], runs[2])}
    for seeds, (one, other) in pairs.items():
        share = sum(a == b for a, b in zip(one, other, strict=False)) / len(one)
        expect.between(share, 0, 0.75, f"the share of equal tokens from the seeds {seeds}")


def test_generate_has_defaults(GPT):
    """Left out, temperature is 1, top_k is None and seed is 42, so that a call repeats itself."""
    model = dice(GPT)
    plain, again = (list(model.generate([1], 100)) for _ in range(2))
    expect.equal(again, plain, "100 tokens of a second call")
    spelt_out = list(model.generate([1], 100, temperature=1.0, top_k=None, seed=42))
    expect.equal(spelt_out, plain, "100 tokens with temperature 1, top_k None and seed 42, against those without")


def test_generate_keeps_all_tokens_by_default(GPT):
    """Without a top_k no token of a large vocabulary is left out."""
    config = replace(DICE, vocab_size=600)
    model = modern_gpt(GPT, config, fixed_odds(config, [1 + token / 600 for token in range(600)]))
    plain, spelt_out = (list(model.generate([1], 60, **given)) for given in ({}, {"top_k": None}))
    expect.equal(plain, spelt_out, "60 tokens of a vocabulary of 600, against those with top_k=None")


def test_generate_calls_do_not_share_their_luck(GPT):
    """Two calls side by side draw what each would draw alone: every call has a generator of its own."""
    model = dice(GPT)
    alone = [list(model.generate([1], 20, seed=seed)) for seed in (3, 4)]
    streams = [model.generate([1], 20, seed=seed) for seed in (3, 4)]
    together = [list(each) for each in zip(*(zip(*streams, strict=True)), strict=True)]
    expect.equal(together, alone, "the tokens of two calls that took turns")


def test_generate_calls_do_not_share_their_text(GPT):
    """Two calls side by side write on their own texts."""
    model, _ = writer(GPT)
    prompts = ([3], [5, 1, 8])
    alone = [list(model.generate(prompt, 5, temperature=0.0)) for prompt in prompts]
    streams = [model.generate(prompt, 5, temperature=0.0) for prompt in prompts]
    together = [list(each) for each in zip(*(zip(*streams, strict=True)), strict=True)]
    expect.equal(together, alone, "the likeliest tokens of two calls that took turns")
