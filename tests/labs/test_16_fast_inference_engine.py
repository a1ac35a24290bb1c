"""Checks of lab 16: an engine that reads prompts, writes samples, and spends nothing on those that are over."""

from dataclasses import replace

import torch

from tests.labs.helpers_engine import BLOCK, SMALL, awake, counted, full_forward, handed_out, three_prompts, written
from vibejam_core.course import expect
from vibejam_core.inference.config import SamplingConfig
from vibejam_core.inference.kv_cache import forward_cached

V = SMALL.vocab_size
LUCK = SamplingConfig(max_new_tokens=7, temperature=1.0, seed=5)
GREEDY = SamplingConfig(max_new_tokens=7, temperature=0.0)


def agrees(Engine, prompts, config, what, model=None, slide=False, **more):
    """An engine hands out what is written without a cache, each sample by itself."""
    model = model or awake()
    got = handed_out(Engine(model).stream(prompts, config, slide=slide, **more))
    expect.equal(got, written(model, prompts, config, **more), what)


# --- prefill ----------------------------------------------------------------------------------------------------------


def test_prefill_returns_logits_and_cache(Engine):
    """prefill returns logits (B, V), float32, and a cache that holds exactly the prompts."""
    result = Engine(awake()).prefill(three_prompts())
    expect.true(isinstance(result, tuple) and len(result) == 2, "prefill should return two things: logits, cache")
    logits, cache = result
    expect.shape(logits, (3, V), "the logits for three prompts")
    expect.dtype(logits, torch.float32, "the logits")
    expect.equal(list(cache.lengths), [3, 1, 5], "the cache's lengths after prompts of 3, 1 and 5 tokens")


def test_prefill_scores_what_follows_each_prompt(Engine):
    """The logits are those behind each prompt's own last token, as if it were alone."""
    model = awake()
    for prompts in (three_prompts(), [[4, 4, 8, 1]], ((2, 7), (9, 3)), [[6]], [[*range(11), 5], [1, 2]]):
        logits, _ = Engine(model).prefill(prompts)
        wanted = torch.stack([full_forward(model, prompt)[-1] for prompt in prompts])
        expect.close(logits, wanted, f"the logits behind {len(prompts)} prompts", atol=1e-4)


def test_prefill_makes_a_cache_that_goes_on(Engine):
    """With the cache each prompt goes on as if it were alone."""
    model = awake()
    _, cache = Engine(model).prefill(three_prompts())
    more = torch.tensor([[7, 0], [2, 10], [8, 8]])
    logits = forward_cached(model, more, cache)
    for row, prompt in enumerate(three_prompts()):
        wanted = full_forward(model, prompt + more[row].tolist())[-2:]
        expect.close(logits[row], wanted, f"the logits of two tokens behind prompt {row}", atol=1e-4)


def test_prefill_is_one_pass(Engine):
    """All prompts are read in one pass, as many positions as the longest has."""
    model = awake()
    engine = Engine(model)
    with counted(model) as shapes:
        engine.prefill(three_prompts())
    expect.equal(shapes, [[3, 5]], "the [rows, tokens] of each pass for prompts of 3, 1 and 5 tokens")


def test_prefill_makes_a_new_cache_each_time(Engine):
    """Every call makes a cache of its own, and the prompts stay as they are."""
    model, prompts = awake(), three_prompts()
    engine = Engine(model)
    first, cache = engine.prefill(prompts)
    for others in ([[8, 7], [2, 2, 2], [1, 1]], [[8, 7, 6, 5, 4, 3], [1, 1]]):
        engine.prefill(others)
        expect.equal(list(cache.lengths), [3, 1, 5], f"the first cache's lengths after a prefill of {others}")
    logits = forward_cached(model, torch.tensor([[1], [2], [3]]), cache)
    wanted = torch.stack([full_forward(model, [*prompt, n])[-1:] for n, prompt in enumerate(three_prompts(), 1)])
    expect.close(logits, wanted, "the logits of one more token, by the first cache, after other prefills", atol=1e-4)
    again, _ = engine.prefill(prompts)
    expect.close(again, first, "the logits of the same prompts, read again", atol=1e-4)
    expect.equal(prompts, three_prompts(), "the prompts after two calls")


def test_prefill_pads_with_a_token_that_there_is(Engine):
    """The padding is a token id of the model's, also where the vocabulary's table has no rows to spare."""
    model = awake(replace(SMALL, vocab_multiple=1))
    logits, _ = Engine(model).prefill(three_prompts())
    wanted = torch.stack([full_forward(model, prompt)[-1] for prompt in three_prompts()])
    expect.close(logits, wanted, "the logits behind three prompts, with a table of 11 rows for 11 tokens", atol=1e-4)


# --- What is handed out -----------------------------------------------------------------------------------------------


def test_stream_hands_out_pairs(Engine):
    """It hands out pairs of Python ints, the sample's number and the token, ``max_new_tokens`` for each sample."""
    for n in (1, 3, 0):
        pairs = list(Engine(awake()).stream([[3, 1, 4]], replace(LUCK, max_new_tokens=n)))
        expect.equal([[type(each).__name__ for each in pair] for pair in pairs], [["int", "int"]] * n,
                     f"the types of what is handed out with max_new_tokens {n}")  # fmt: skip
        expect.equal([pair[0] for pair in pairs], [0] * n, f"the samples' numbers with max_new_tokens {n}")


def test_stream_hands_out_each_token_at_once(Engine):
    """A token is handed out as soon as it is drawn, before anything is computed for the next."""
    model = awake()
    engine = Engine(model)
    with counted(model) as shapes:
        stream = engine.stream([[3, 1, 4]], LUCK)
        for step in range(3):
            next(stream)
            expect.equal(len(shapes), step + 1, f"how many passes there were when token {step} came")


def test_stream_writes_the_likeliest(Engine):
    """At temperature 0 it writes what the full forward finds likeliest, token after token."""
    for prompt in ([3, 1, 4], [2], (5, 9, 2, 6)):
        agrees(Engine, [prompt], GREEDY, f"the tokens behind a prompt of {len(prompt)}, at temperature 0")


def test_stream_draws_with_the_seed(Engine):
    """Each token is drawn from all that came before, by a generator seeded once with ``seed``."""
    for seed in (5, 0, 6):
        agrees(Engine, [[3, 1, 4]], replace(LUCK, seed=seed), f"the tokens with seed {seed}")


def test_stream_draws_as_the_settings_say(Engine):
    """Temperature, top_k and top_p count in every draw."""
    for settings in ({"temperature": 2.5}, {"temperature": 0.3}, {"top_k": 2}, {"top_p": 0.4}):
        agrees(Engine, [[3, 1, 4]], replace(LUCK, **settings), f"the tokens with {settings}")


def test_stream_fills_the_context(Engine):
    """Prompt and new tokens together may be as many as block_size."""
    for prompt in ([3, 1, 4], [7] * 12, [1, 2] * 5 + [8]):
        config = replace(LUCK, max_new_tokens=BLOCK - len(prompt))
        agrees(Engine, [prompt], config, f"the tokens behind a prompt of {len(prompt)}, up to block_size 12")


def test_stream_continues_unequal_prompts(Engine):
    """Prompts of unequal lengths are continued side by side, each as if it were alone."""
    for config in (GREEDY, LUCK):
        agrees(Engine, three_prompts(), config, f"the tokens behind three prompts, at temperature {config.temperature}")


def test_stream_continues_equal_prompts(Engine):
    """Two equal prompts are two texts: each is continued by itself."""
    prompts = [[3, 1, 4], [2], [3, 1, 4], [2]]
    agrees(Engine, prompts, LUCK, "the tokens behind two prompts that come twice")


def test_stream_goes_on_in_the_order_of_samples(Engine):
    """In each step there is one token for every sample that goes on, in the order of their numbers."""
    got = handed_out(Engine(awake()).stream(three_prompts(), replace(LUCK, max_new_tokens=3, num_samples=2)))
    expect.equal([sample for sample, _ in got], [0, 1, 2, 3, 4, 5] * 3, "the numbers of six samples, in three steps")


def test_stream_writes_several_samples(Engine):
    """Sample i of prompt p has the number p * num_samples + i and the seed ``seed + i``, whatever is beside it."""
    for n, prompts in ((4, [[3, 1, 4]]), (3, three_prompts())):
        agrees(Engine, prompts, replace(LUCK, num_samples=n), f"the tokens of {n} samples of each of {len(prompts)}")


# --- When a sample is over --------------------------------------------------------------------------------------------


def test_stream_ends_at_stop_tokens(Engine):
    """A stop token ends its sample and isn't handed out; the others go on."""
    for stops in (tuple(range(V)), (1, 2, 10), (4,)):
        config = replace(LUCK, num_samples=4, stop_tokens=stops)
        agrees(Engine, three_prompts(), config, f"the tokens of twelve samples with the stop tokens {stops}")


def test_stream_tells_is_over_what_is_new(Engine):
    """``is_over`` is asked with the sample's number and the list of its new tokens, which never end in a stop token."""
    for stops in ((), (1, 2, 10)):
        told, due, new = [], [], {}
        config = replace(LUCK, num_samples=2, max_new_tokens=5, stop_tokens=stops)
        for sample, token in written(awake(), three_prompts(), config):
            new[sample] = [*new.get(sample, []), token]
            due.append([sample, new[sample]])
        note = lambda sample, new: told.append([sample, list(new)])  # noqa: B023, E731
        handed_out(Engine(awake()).stream(three_prompts(), config, is_over=note))
        # At the very end there is nothing left to decide.
        told, due = ([asked for asked in each if len(asked[1]) < 5] for each in (told, due))
        expect.equal(told, due, f"what is_over was asked with, with the stop tokens {stops}")


def test_stream_ends_where_is_over_says(Engine):
    """A sample for which ``is_over`` is true gets no more tokens; the others go on."""
    config = replace(LUCK, num_samples=2)
    for is_over in (lambda sample, new: len(new) > sample, lambda sample, new: new[-1] % 3 == 0):
        agrees(Engine, three_prompts(), config, "the tokens of six samples, some of them ended", is_over=is_over)


def test_stream_asks_when_the_caller_goes_on(Engine):
    """``is_over`` is asked about a token after the caller has dealt with it, not before it gets it."""
    seen = []
    ends = lambda sample, new: sum(token for other, token in seen if other == sample) > 9  # noqa: E731
    for pair in Engine(awake()).stream(three_prompts(), LUCK, is_over=ends):
        seen.append(tuple(pair))
    over = lambda sample, new: sum(new) > 9  # noqa: E731
    expect.equal(
        seen, written(awake(), three_prompts(), LUCK, over), "the tokens when the caller ends a sample above a sum of 9"
    )


# --- What it costs ----------------------------------------------------------------------------------------------------


def passes(Engine, prompts, config, **more):
    """The [rows, tokens] of each pass through the model, and how many tokens each sample got."""
    model = awake()
    engine = Engine(model)
    with counted(model) as shapes:
        pairs = handed_out(engine.stream(prompts, config, **more))
    return shapes, [[sample for sample, _ in pairs].count(n) for n in range(len(prompts) * config.num_samples)]


def test_stream_reads_a_prompt_once(Engine):
    """Each prompt is prefilled once, however many samples it has; then each sample costs one token a step."""
    for n in (1, 4):
        shapes, _ = passes(Engine, three_prompts(), replace(LUCK, num_samples=n, max_new_tokens=3))
        expect.equal(shapes, [[3, 5], [3 * n, 1], [3 * n, 1]], f"the [rows, tokens] of each pass for {n} samples each")


def test_stream_computes_nothing_for_what_is_over(Engine):
    """A sample that is over is no row of the computation any more."""
    shapes, _ = passes(
        Engine, three_prompts(), replace(LUCK, num_samples=2), is_over=lambda sample, new: len(new) > sample
    )
    wanted = [[3, 5], [5, 1], [4, 1], [3, 1], [2, 1], [1, 1]]
    expect.equal(shapes, wanted, "the [rows, tokens] of each pass when sample n is over after n + 1 tokens")
    config = replace(LUCK, num_samples=3, stop_tokens=(1, 4, 6))
    shapes, counts = passes(Engine, three_prompts(), config)
    rows = [sum(count > step for count in counts) for step in range(config.max_new_tokens - 1)]
    expect.equal(shapes, [[3, 5], *([n, 1] for n in rows if n)], "the [rows, tokens] of each pass with stop tokens")


def test_stream_computes_nothing_after_the_end(Engine):
    """When nothing more will be handed out, nothing more is computed: not for the last token, not for 0 tokens."""
    for n, wanted in ((0, []), (1, [[1, 3]]), (2, [[1, 3], [1, 1]])):
        shapes, _ = passes(Engine, [[3, 1, 4]], replace(LUCK, max_new_tokens=n))
        expect.equal(shapes, wanted, f"the [rows, tokens] of each pass with max_new_tokens {n}")
    shapes, _ = passes(Engine, three_prompts(), LUCK, is_over=lambda sample, new: True)
    expect.equal(shapes, [[3, 5]], "the [rows, tokens] of each pass when all are over after a token")


# --- Beyond the context -----------------------------------------------------------------------------------------------


def test_stream_slides_only_where_it_must(Engine):
    """A text that fits is written with all its tokens, whether it may slide or not."""
    for n in (9, 10, 11):
        shapes, _ = passes(Engine, [[3, 1, 4]], replace(LUCK, max_new_tokens=n), slide=True)
        wanted = [[1, 3], *[[1, 1]] * 9, [1, 6]][:n]
        expect.equal(shapes, wanted, f"the [rows, tokens] of each pass for {n} tokens behind 3, block_size 12")


def test_stream_slides(Engine):
    """With ``slide``, a text that outgrows block_size forgets all but its last block_size // 2 tokens."""
    for prompt in ([3, 1, 4], [5, 9] * 6):
        for config in (replace(GREEDY, max_new_tokens=24), replace(LUCK, max_new_tokens=24)):
            what = f"24 tokens behind a prompt of {len(prompt)}, at temperature {config.temperature}, block_size 12"
            agrees(Engine, [prompt], config, what, slide=True)


def test_stream_slides_for_nobody_who_is_over(Engine):
    """A text that is full when its sample is over makes no other one slide."""
    config = replace(LUCK, max_new_tokens=5)
    shapes, _ = passes(Engine, [[5, 9] * 6, [3]], config, slide=True, is_over=lambda sample, new: sample == 0)
    wanted = [[2, 12], *[[1, 1]] * 4]
    expect.equal(shapes, wanted, "the [rows, tokens] of each pass when a text is over as it outgrows the context")


def test_stream_slides_an_odd_block(Engine):
    """Half of an odd block_size is rounded down; of a block of one token one token stays."""
    for block in (7, 1):
        config = replace(SMALL, block_size=block)
        what = f"20 tokens with block_size {block}"
        agrees(Engine, [[3]], replace(LUCK, max_new_tokens=20), what, model=awake(config), slide=True)


def test_stream_slides_each_text_by_itself(Engine):
    """Each text forgets when it is too long itself, not when another one is."""
    config = replace(LUCK, max_new_tokens=25, num_samples=2, seed=18)
    agrees(
        Engine,
        [*three_prompts(), [8] * 12],
        config,
        "25 tokens behind prompts of 3, 1, 5 and 12, block_size 12",
        slide=True,
    )


def test_stream_slides_what_goes_on(Engine):
    """Samples that are over stay over when others slide."""
    config = replace(LUCK, max_new_tokens=25, num_samples=3, stop_tokens=(1,), seed=61)
    over = lambda sample, new: len(new) > 4 * sample  # noqa: E731
    agrees(Engine, three_prompts(), config, "25 tokens of nine samples that end one by one", slide=True, is_over=over)


# --- Errors, and what must not change ---------------------------------------------------------------------------------


def test_stream_refuses_what_check_refuses(Engine):
    """What ``check`` finds wrong is a ValueError before anything is computed; ``slide`` allows texts to grow longer."""
    model = awake()
    engine = Engine(model)
    with counted(model) as shapes:
        for prompts, names, what in (
            ([[1, 11]], ["11"], "token 11 of a vocabulary of 11"),
            ([[1] * 6], ["6", "7", "12"], "6 tokens and max_new_tokens 7, with block_size 12"),
            ([], ["no prompt"], "no prompt at all"),
            ([[1], []], ["prompt 1"], "an empty prompt"),
            ([[1], [1] * 13], ["prompt 1", "13", "12"], "a prompt of 13 tokens, with block_size 12"),
        ):
            for more in ({"slide": False}, {}):
                act = lambda: list(engine.stream(prompts, LUCK, **more))  # noqa: B023, E731
                expect.raises(ValueError, act, names, what)
        act = lambda: list(engine.stream([[1], []], replace(LUCK, max_new_tokens=0)))  # noqa: E731
        expect.raises(ValueError, act, ["prompt 1"], "an empty prompt and max_new_tokens 0")
    expect.equal(shapes, [], "the [rows, tokens] of each pass before the refusals")
    expect.equal(len(list(engine.stream([[1] * 6], LUCK, slide=True))), 7, "how many tokens there are with slide")


def test_stream_may_be_left_in_the_middle(Engine):
    """A stream that isn't read to its end leaves nothing behind, and two may be read in turn."""
    model = awake()
    engine, config = Engine(model), replace(LUCK, num_samples=2)
    wanted = written(model, three_prompts(), config)
    left = engine.stream(three_prompts(), config)
    for _ in range(5):
        next(left)
    del left
    expect.equal(handed_out(engine.stream(three_prompts(), config)), wanted, "the tokens after another stream was left")
    pairs = list(zip(engine.stream(three_prompts(), config), engine.stream([[2, 2]], LUCK), strict=False))
    expect.equal([tuple(one) for one, _ in pairs], wanted[: len(pairs)], "the tokens of a stream read beside another")
    expect.equal([tuple(other) for _, other in pairs], written(model, [[2, 2]], LUCK), "the tokens of the other one")


def test_stream_remembers_nothing(Engine):
    """The same prompt read again is read anew, with the weights that the model has then."""
    model = awake()
    engine = Engine(model)
    wanted = written(model, [[3, 1, 4]], GREEDY)
    for time in ("first", "second"):
        expect.equal(handed_out(engine.stream([[3, 1, 4]], GREEDY)), wanted, f"the tokens of the {time} stream")
    with torch.no_grad():
        model.lm_head.weight.neg_()  # what was likeliest is now the least likely
    token = int(full_forward(model, [3, 1, 4])[-1].argmin())
    expect.equal(next(engine.stream([[3, 1, 4]], GREEDY))[1], token, "the first token when the weights have changed")


def test_stream_leaves_its_arguments_alone(Engine):
    """The prompts are the same afterwards, and torch's own generator and setting of gradients too."""
    prompts, engine, before = three_prompts(), Engine(awake()), torch.get_rng_state()
    handed_out(engine.stream(prompts, replace(LUCK, max_new_tokens=20, num_samples=2), slide=True))
    expect.equal(prompts, three_prompts(), "the prompts afterwards")
    expect.true(torch.equal(torch.get_rng_state(), before), "torch's own generator was used")
    stream = engine.stream(three_prompts(), LUCK)
    next(stream)
    expect.true(torch.is_grad_enabled(), "gradients are off for the caller between two tokens")


def test_stream_works_in_half_precision(Engine):
    """A model that computes in bfloat16 writes too."""
    model = awake(replace(SMALL, compute_dtype="bfloat16"))
    got = handed_out(Engine(model).stream(three_prompts(), LUCK))
    expect.equal([sample for sample, _ in got], [0, 1, 2] * 7, "the numbers of three samples, in seven steps")
