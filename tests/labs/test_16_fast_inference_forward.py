"""Checks of lab 16: a modern GPT fed piece by piece, with a cache, scores what it scores when fed all at once."""

from dataclasses import replace

import torch

from tests.labs.helpers import tokens
from tests.labs.helpers_engine import SMALL, awake, full_forward
from vibejam_core.course import expect
from vibejam_core.inference.kv_cache import KVCache

PLAIN = replace(
    SMALL, value_embeddings=False, residual_scalars=False, window_pattern="L", softcap=0.0, vocab_multiple=1
)
"""The same model without options. Both have 12 positions, windows are of 6, and there are 11 tokens."""
V = SMALL.vocab_size


def fed(forward_cached, model, idx, cuts, cache=None):
    """The logits (B, T, V) of tokens that were fed in pieces of these lengths."""
    cache = cache or KVCache(model.config, len(idx), 3)
    return torch.cat([forward_cached(model, piece, cache) for piece in idx.split(list(cuts), dim=1)], dim=1)


def agrees(forward_cached, config, cuts, what, rows=2, seed=1):
    """Fed in pieces, a text scores as with the full forward, to 1e-4 at every position."""
    model, idx = awake(config), tokens(rows, sum(cuts), vocab=V, seed=seed)
    got = fed(forward_cached, model, idx, cuts)
    expect.close(got, torch.stack([full_forward(model, row) for row in idx.tolist()]), what, atol=1e-4)


ONE_BY_ONE = [1] * 12


def test_cached_returns_logits(forward_cached):
    """It returns logits (B, T, V), float32, V the true vocab_size; with last_only (B, V)."""
    for name in ("float32", "bfloat16"):
        for rows, T in ((3, 4), (3, 1), (1, 4), (1, 1)):
            for last_only, shape in ((False, (rows, T, V)), (True, (rows, V))):
                model = awake(replace(SMALL, compute_dtype=name))
                idx, cache = tokens(rows, T, vocab=V, seed=1), KVCache(model.config, rows)
                logits = forward_cached(model, idx, cache, last_only=last_only)
                what = f"the logits of {rows} rows of {T} tokens, compute_dtype {name}, last_only {last_only}"
                expect.shape(logits, shape, what)
                expect.dtype(logits, torch.float32, what)


def test_cached_counts_the_tokens_once(forward_cached):
    """The cache advances by the T tokens of each row, once for all layers."""
    model, cache = awake(), KVCache(SMALL, 2, 9)
    for length, total in ((3, 3), (1, 4), (2, 6)):
        forward_cached(model, tokens(2, length, vocab=V, seed=2), cache)
        expect.equal(list(cache.lengths), [total] * 2, f"the cache's lengths after {length} more tokens")


def test_cached_whole_text_scores_as_ever(forward_cached):
    """Fed all at once into an empty cache, a text scores as with the full forward."""
    for length in (1, 5, 12):
        agrees(forward_cached, PLAIN, [length], f"the logits of {length} tokens, fed at once")


def test_cached_one_by_one(forward_cached):
    """Fed token by token, a text scores as with the full forward, at every position."""
    agrees(forward_cached, PLAIN, ONE_BY_ONE, "the logits of 12 tokens, fed one by one")


def test_cached_after_a_prompt(forward_cached):
    """A prompt at once, then more tokens one by one or several at a time: the scores are the same."""
    for cuts in ([5, 1, 1, 1], [4, 3, 5], [1, 6, 2]):
        agrees(forward_cached, PLAIN, cuts, f"the logits of a text fed in pieces of {cuts}", rows=3)


def test_cached_windows(forward_cached):
    """Every layer keeps to its window, for a prompt and for single tokens."""
    for pattern in ("S", "SSL", "LS"):
        for cuts in ([9, 1, 1, 1], [4, 5, 3]):
            config = replace(PLAIN, window_pattern=pattern)
            agrees(forward_cached, config, cuts, f"the logits with window pattern {pattern}, in pieces of {cuts}")


def test_cached_value_embeddings(forward_cached):
    """A layer that has a value embedding adds that of the new tokens."""
    for cuts in ([7], [4, 1, 1, 3]):
        config = replace(PLAIN, value_embeddings=True)
        agrees(forward_cached, config, cuts, f"the logits with value embeddings, in pieces of {cuts}")


def test_cached_residual_scalars(forward_cached):
    """With residual scalars, each layer takes in its share of the stream and of the first embedding."""
    for cuts in ([7], [4, 1, 1, 3]):
        config = replace(PLAIN, residual_scalars=True)
        agrees(forward_cached, config, cuts, f"the logits with residual scalars, in pieces of {cuts}")


def test_cached_softcap(forward_cached):
    """With a softcap the logits are bent as in lab 12; with 0 they stay free."""
    for softcap in (0.5, 3.0, 15.0, 0.0):
        agrees(forward_cached, replace(PLAIN, softcap=softcap), [4, 1], f"the logits with softcap {softcap}")


def test_cached_leaves_out_the_padded_vocabulary(forward_cached):
    """What the tables hold beyond the true vocabulary gets no score."""
    agrees(forward_cached, replace(PLAIN, vocab_multiple=64), [4, 1], "the logits of a padded vocabulary")


def test_cached_heads_of_any_number(forward_cached):
    """Heads of keys may be as many as query heads, or one for all."""
    for heads in (1, 3, 0):
        agrees(forward_cached, replace(PLAIN, n_kv_head=heads), [4, 1, 1], f"the logits with n_kv_head {heads}")


def test_cached_all_options(forward_cached):
    """Windows, value embeddings, scalars, cap and padding together: the same scores at every position."""
    for cuts in ([12], ONE_BY_ONE, [5, 1, 1, 4]):
        agrees(forward_cached, SMALL, cuts, f"the logits with all options, in pieces of {cuts}", rows=3)


def test_cached_models_of_any_depth(forward_cached):
    """One, two or four layers: which of them have a window or a value embedding changes with the depth."""
    for layers in (1, 2, 4):
        config = replace(SMALL, n_layer=layers, window_pattern="SSSL")
        agrees(forward_cached, config, [8, 1, 3], f"the logits of a model of {layers} layers")


def test_cached_keeps_texts_apart(forward_cached):
    """Two caches of one model, fed in turn, are two texts."""
    model, idx = awake(), tokens(2, 8, vocab=V, seed=7)
    caches = [KVCache(SMALL, 1), KVCache(SMALL, 1)]
    for t in range(0, 8, 2):
        for b, cache in enumerate(caches):
            got = forward_cached(model, idx[b : b + 1, t : t + 2], cache)
            wanted = full_forward(model, idx[b, : t + 2].tolist())[-2:]
            expect.close(got[0], wanted, f"the logits of text {b}, written beside another", atol=1e-4)


# --- Rows of unequal lengths ------------------------------------------------------------------------------------------

COUNTS = (3, 5, 1, 4)


def uneven(forward_cached, config=SMALL, pad=0, **more):
    """Rows of 3, 5, 1 and 4 tokens, padded to 6, in one pass: model, rows, cache, and what came back."""
    model, cache = awake(config), KVCache(config, 4, 4)
    idx = tokens(4, 12, vocab=V, seed=9)
    padded = idx[:, :6].clone()
    for b, n in enumerate(COUNTS):
        padded[b, n:] = pad
    return model, idx, cache, forward_cached(model, padded, cache, list(COUNTS), **more)


def test_cached_unequal_prompts(forward_cached):
    """Prompts of unequal lengths, padded behind their ends, score as each does alone."""
    model, idx, cache, logits = uneven(forward_cached)
    expect.equal(list(cache.lengths), list(COUNTS), "the cache's lengths after prompts of 3, 5, 1 and 4 tokens")
    for b, n in enumerate(COUNTS):
        expect.close(logits[b, :n], full_forward(model, idx[b, :n].tolist()), f"the logits of prompt {b}", atol=1e-4)


def test_cached_padding_may_be_any_token(forward_cached):
    """Which tokens stand in the padding changes nothing, now or later."""
    found = []
    for pad in (0, 7):
        model, idx, cache, logits = uneven(forward_cached, pad=pad)
        more = forward_cached(model, idx[:, 6:7], cache)
        found.append(torch.cat([*(logits[b, :n] for b, n in enumerate(COUNTS)), more[:, 0]]))
    expect.close(found[1], found[0], "all logits when the padding is token 7, against token 0", atol=1e-4)


def test_cached_goes_on_after_unequal_prompts(forward_cached):
    """Each row goes on at its own position, token by token or several at once, as if it were alone."""
    for steps in ([1, 1, 1, 1], [2, 1, 3], [7]):
        model, idx, cache, _ = uneven(forward_cached)
        done = list(COUNTS)
        for T in steps:
            piece = torch.stack([idx[b, n : n + T] for b, n in enumerate(done)])
            logits = forward_cached(model, piece, cache)
            done = [n + T for n in done]
            expect.equal(list(cache.lengths), done, f"the cache's lengths when {T} more tokens were fed")
            for b, n in enumerate(done):
                wanted = full_forward(model, idx[b, :n].tolist())[-T:]
                expect.close(logits[b], wanted, f"the logits of row {b}, {n} tokens long, in pieces of {steps}",
                             atol=1e-4)  # fmt: skip


def test_cached_padding_again_and_again(forward_cached):
    """Padding may come in every pass, other rows being padded each time."""
    model, idx, cache, _ = uneven(forward_cached)
    done = list(COUNTS)
    for counts in ([1, 3, 2, 1], [3, 1, 1, 2]):
        piece = torch.zeros(4, 3, dtype=torch.int64)
        for b, n in enumerate(counts):
            piece[b, :n] = idx[b, done[b] : done[b] + n]
        logits = forward_cached(model, piece, cache, tuple(counts))
        done = [n + count for n, count in zip(done, counts, strict=True)]
        for b, n in enumerate(done):
            wanted = full_forward(model, idx[b, :n].tolist())[-counts[b] :]
            expect.close(logits[b, : counts[b]], wanted, f"the logits of row {b}, {n} tokens long", atol=1e-4)


def test_cached_last_only(forward_cached):
    """With last_only it returns the scores behind each row's last real token."""
    model, idx, cache, logits = uneven(forward_cached, last_only=True)
    wanted = torch.stack([full_forward(model, idx[b, :n].tolist())[-1] for b, n in enumerate(COUNTS)])
    expect.close(logits, wanted, "the logits behind each prompt", atol=1e-4)
    logits = forward_cached(model, idx[:, 3:6], cache, last_only=True)
    wanted = [full_forward(model, [*idx[b, :n].tolist(), *idx[b, 3:6].tolist()])[-1] for b, n in enumerate(COUNTS)]
    expect.close(logits, torch.stack(wanted), "the logits behind three more tokens, none of them padding", atol=1e-4)
    logits = forward_cached(model, idx[:2, :6], KVCache(SMALL, 2), [4, 4], last_only=True)
    wanted = [full_forward(model, idx[b, :4].tolist())[-1] for b in range(2)]
    expect.close(logits, torch.stack(wanted), "the logits behind four tokens and two of padding in each row", atol=1e-4)


def test_cached_padding_may_stand_beyond_the_block(forward_cached):
    """Only real tokens count for block_size: a row that is nearly full may be padded beyond it."""
    model, cache = awake(), KVCache(SMALL, 2, 12)
    idx = tokens(2, 12, vocab=V, seed=10)
    forward_cached(model, idx[:, :10], cache, [10, 4])
    piece = torch.stack([idx[0, 10:12].repeat(4), idx[1, 4:12]])
    logits = forward_cached(model, piece, cache, [2, 8], last_only=True)
    wanted = torch.stack([full_forward(model, row)[-1] for row in idx.tolist()])
    expect.close(logits, wanted, "the logits of rows that were filled up to 12 tokens, one of them padded", atol=1e-4)
    logits = forward_cached(model, idx.repeat(1, 2), KVCache(SMALL, 2), [12, 12], last_only=True)
    expect.close(logits, wanted, "the logits of 12 tokens and 12 of padding, fed at once", atol=1e-4)


def test_cached_on_selected_rows(forward_cached):
    """It goes on with the rows that ``select`` left, in their new order, some of them twice."""
    model, idx, cache, _ = uneven(forward_cached)
    rows = [3, 0, 3]
    cache = cache.select(rows)
    logits = forward_cached(model, idx[:3, 7:9], cache)
    for r, b in enumerate(rows):
        text = [*idx[b, : COUNTS[b]].tolist(), *idx[r, 7:9].tolist()]
        expect.close(logits[r], full_forward(model, text)[-2:], f"the logits of row {b} among rows {rows}", atol=1e-4)


# --- Errors, and what must not change ---------------------------------------------------------------------------------


def test_cached_refuses_what_is_too_long(forward_cached):
    """If a row would hold more than block_size tokens, that is a ValueError that names both numbers."""
    model = awake()
    act = lambda: forward_cached(model, tokens(1, 15, vocab=V, seed=4), KVCache(SMALL, 1))  # noqa: E731
    expect.raises(ValueError, act, ["15", "12"], "a first piece of 15 tokens, with block_size 12")
    for held, T, counts, name in (
        ([9, 2, 5], 6, None, "15"),
        ([9, 2, 5], 4, None, "13"),
        ([5, 9, 2], 4, [1, 4, 1], "13"),
        ([5, 9, 2], 15, [1, 1, 11], "13"),
    ):
        cache = KVCache(SMALL, 3, 9)
        forward_cached(model, tokens(3, 9, vocab=V, seed=3), cache, held)
        keys, values = cache.keys[2].clone(), cache.values[0].clone()
        act = lambda: forward_cached(model, tokens(3, T, vocab=V, seed=4), cache, counts)  # noqa: B023, E731
        expect.raises(ValueError, act, [name, "12"], f"counts of {counts or [T] * 3} behind {held}, with block_size 12")
        expect.equal(list(cache.lengths), held, "the cache's lengths after a refusal")
        expect.equal(cache.keys[2][:, :9], keys, "the cache's keys after a refusal")
        expect.equal(cache.values[0][:, :9], values, "the cache's values after a refusal")


def test_cached_records_no_gradients(forward_cached):
    """No gradients are recorded, neither for the logits nor in the cache, and the caller's setting stays."""
    model, cache = awake(), KVCache(SMALL, 1)
    logits = forward_cached(model, tokens(1, 3, vocab=V, seed=5), cache)
    found = [logits.requires_grad, cache.keys[1].requires_grad, cache.values[1].requires_grad]
    expect.equal(found, [False, False, False], "whether logits, keys and values have a graph behind them")
    expect.true(torch.is_grad_enabled(), "after the call gradients are switched off for the whole program")
    expect.raises(ValueError, lambda: forward_cached(model, tokens(1, 13, vocab=V, seed=5), cache), ["16"], "16 tokens")
    expect.true(torch.is_grad_enabled(), "after a refusal gradients are switched off for the whole program")
    with torch.no_grad():
        forward_cached(model, tokens(1, 1, vocab=V, seed=5), cache)
        expect.true(not torch.is_grad_enabled(), "the call switches gradients on for a caller who had them off")


def test_cached_leaves_its_arguments_alone(forward_cached):
    """Tokens, counts and the model are the same afterwards."""
    model, counts = awake(), [2, 3]
    idx, before = tokens(2, 3, vocab=V, seed=6), {name: value.clone() for name, value in model.state_dict().items()}
    forward_cached(model, idx, KVCache(SMALL, 2), counts)
    expect.equal(idx, tokens(2, 3, vocab=V, seed=6), "the tokens after the call")
    expect.equal(counts, [2, 3], "the counts after the call")
    expect.true(model.training, "the model is in another mode after the call")
    trained = all(parameter.requires_grad for parameter in model.parameters())
    expect.true(trained, "after the call some of the model's parameters can't be trained any more")
    for name, value in model.state_dict().items():
        expect.equal(value, before[name], f"{name} after the call")


def test_cached_computes_in_the_compute_dtype(forward_cached):
    """In bfloat16 the scores are those of the full forward in bfloat16, but for its coarse rounding."""
    model = awake(replace(SMALL, compute_dtype="bfloat16"))
    idx = tokens(2, 7, vocab=V, seed=8)
    got = fed(forward_cached, model, idx, [4, 1, 2])
    with torch.no_grad():
        wanted = model(idx)[0]
    expect.close(got, wanted, "the logits in bfloat16", atol=0.3, rtol=0.0)
    free = fed(forward_cached, awake(replace(SMALL, compute_dtype="bfloat16", softcap=0.0)), idx, [6, 1])
    share = (free == free.bfloat16().float()).double().mean()
    expect.between(share, 1, 1, "the share of logits that are bfloat16 numbers, without a cap")
    bent = fed(forward_cached, awake(replace(SMALL, compute_dtype="bfloat16", softcap=3.0)), idx, [6, 1])
    expect.close(bent, 3 * torch.tanh(free / 3), "the logits with a softcap of 3, which is computed in float32")
