"""Checks of lab 12: what a modern GPT says about its own size and cost."""

from dataclasses import replace

from tests.labs.helpers_modern_gpt import FULL, KV, PADDED, PLAIN, C, D, H
from vibejam_core.course import expect

MATRICES = C * C + 2 * KV * D * C + C * C + 2 * 4 * C * C  # of one block
TABLE = PADDED * C  # of wte, or of the head
SLIM = replace(PLAIN, n_kv_head=0, vocab_size=3, vocab_multiple=4, block_size=3, n_layer=6, n_embd=2, n_head=1)
WIDE = replace(PLAIN, n_kv_head=0, vocab_size=30, block_size=50, n_layer=3, n_embd=36, n_head=3, vocab_multiple=20)


def are_counts(numbers, wanted, what):
    """Each must be the whole number that is wanted, as a Python int."""
    expect.equal(numbers, wanted, what)
    kinds = [type(number).__name__ for number in numbers]
    expect.equal(kinds, ["int"] * len(wanted), f"the types of {what}")


# --- parameter_counts -------------------------------------------------------------------------------------------------


def test_counts_without_options(GPT):
    """Embeddings, head and matrices are counted, padding included; what the model doesn't have counts 0."""
    wanted = {"embeddings": TABLE, "value_embeddings": 0, "head": TABLE, "matrices": 2 * MATRICES, "scalars": 0}
    expect.equal(
        GPT(PLAIN).parameter_counts(),
        {**wanted, "total": 2 * TABLE + 2 * MATRICES},
        "parameter_counts() of a model without options",
    )


def test_counts_with_all_options(GPT):
    """Value embeddings and the scalars of both kinds are groups of their own."""
    wanted = {
        "embeddings": TABLE,
        "value_embeddings": 3 * PADDED * KV * D,
        "head": TABLE,
        "matrices": 5 * MATRICES,
        "scalars": 10,
    }
    expect.equal(
        GPT(FULL).parameter_counts(),
        {**wanted, "total": sum(wanted.values())},
        "parameter_counts() of a model with all options",
    )


def test_counts_are_whole_numbers(GPT):
    """Every count is a Python int."""
    for name, number in GPT(FULL).parameter_counts().items():
        expect.equal(type(number).__name__, "int", f"the type of the count of {name}")


# --- estimate_flops ---------------------------------------------------------------------------------------------------


def test_flops_count_six_per_weight_and_the_attention(GPT):
    """6 operations per weight of the matrices and the head, padding included, and 12 H D S for each layer."""
    wanted = [
        6 * (2 * MATRICES + TABLE) + 2 * 12 * H * D * 7,
        6 * (3 * 12 * 36 * 36 + 40 * 36) + 3 * 12 * 36 * 50,
    ]
    got = [GPT(config).estimate_flops() for config in (PLAIN, WIDE)]
    are_counts(got, wanted, "estimate_flops() of a model with shared heads, and of one without")


def test_flops_of_windows(GPT):
    """A layer with a window compares with as many positions as its window holds."""
    seen = {"S": 3 + 3 + 7, "LSS": 7 + 3 + 7, "SL": 3 + 7 + 7}
    wanted = [6 * (3 * MATRICES + TABLE) + 12 * H * D * positions for positions in seen.values()]
    got = [GPT(replace(PLAIN, n_layer=3, window_pattern=pattern)).estimate_flops() for pattern in seen]
    are_counts(got, wanted, "estimate_flops() of 3 layers with the window patterns S, LSS and SL")


def test_flops_leave_embeddings_and_scalars_out(GPT):
    """Value embeddings and scalars add nothing: an embedding is only looked up."""
    options = ({}, {"value_embeddings": True}, {"residual_scalars": True})
    got = [GPT(replace(SLIM, **option)).estimate_flops() for option in options]
    wanted = 6 * (6 * 12 * 2 * 2 + 4 * 2) + 6 * 12 * 2 * 3
    are_counts(got, [wanted] * 3, "estimate_flops() without options, with value embeddings, with scalars")


# --- kv_bytes_per_token -----------------------------------------------------------------------------------------------


def test_kv_bytes_in_float32(GPT):
    """Keys and values of all layers: 2 * n_layer * KV * D numbers of 4 bytes."""
    are_counts([GPT(PLAIN).kv_bytes_per_token()], [2 * 2 * KV * D * 4], "kv_bytes_per_token() in float32")


def test_kv_bytes_of_another_shape(GPT):
    """The same where every query head has keys of its own, and with all options."""
    got, wanted = [GPT(config).kv_bytes_per_token() for config in (WIDE, FULL)], [2 * 3 * 36 * 4, 2 * 5 * KV * D * 4]
    are_counts(got, wanted, "kv_bytes_per_token() with n_kv_head 0, and with all options")


def test_kv_bytes_in_half_precision(GPT):
    """A number of the compute dtype takes 2 bytes in half precision."""
    got = [GPT(replace(PLAIN, compute_dtype=name)).kv_bytes_per_token() for name in ("bfloat16", "float16")]
    are_counts(got, [2 * 2 * KV * D * 2] * 2, "kv_bytes_per_token() in bfloat16 and float16")
