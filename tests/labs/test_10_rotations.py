"""Checks of lab 10: a norm without parameters, and a rotation that tells positions."""

import torch

from tests.labs.helpers_by_hand import rand
from tests.labs.helpers_modern import (
    angles_by_hand,
    gradients_of,
    norm_by_hand,
    right,
    share_nearest,
)
from vibejam_core.course import expect

# Every size is another, so that no axis can be taken for its neighbour.
B, T, H, D = 2, 5, 6, 8
HALVES = (torch.bfloat16, torch.float16)
PLACES = torch.tensor([3, 0, 7, 11, 4])  # neither in order nor side by side
PLACES_PER_ROW = torch.tensor([[3, 0, 7, 11, 4], [20, 21, 5, 9, 1]])


# --- norm -------------------------------------------------------------------------------------------------------------


def test_norm_keeps_the_shape(norm):
    """The result has the shape of the input: one vector, many, or heads of many."""
    for shape in ((D,), (T, D), (B, T, D), (B, T, H, D)):
        expect.shape(norm(rand(*shape, seed=1)), shape, f"the result for an input of shape {shape}")


def test_norm_keeps_the_dtype(norm):
    """The result has the dtype of the input."""
    for dtype in (torch.float32, torch.bfloat16, torch.float16, torch.float64):
        expect.dtype(norm(rand(B, T, D, seed=1).to(dtype)), dtype, f"the result for {dtype}")


def test_norm_leaves_its_input_alone(norm):
    """The tensor that came in is the same afterwards, in float32 and in float64."""
    for dtype in (torch.float32, torch.float64):
        x = rand(B, T, D, seed=2).to(dtype)
        before = x.clone()
        norm(x)
        expect.equal(x, before, "the input after the call")


def test_norm_makes_every_vector_the_same_size(norm):
    """The root mean square of every vector becomes 1, however large or small its numbers are."""
    x = rand(B, T, D, seed=3) * torch.tensor([0.5, 1.0, 3.0, 20.0, 400.0])[:, None]
    size = norm(x).double().square().mean(dim=-1).sqrt()
    expect.close(size, torch.ones(B, T), "the root mean square of each vector of the result", atol=1e-3)


def test_norm_only_scales(norm):
    """Every number is divided by its vector's root mean square: no mean is subtracted, no sign is lost."""
    x = rand(B, T, D, seed=4) + 1.5
    expect.close(norm(x), right(norm_by_hand(x)), "the result for numbers around 1.5")


def test_norm_keeps_zeros(norm):
    """A vector of zeros stays a vector of zeros."""
    x = rand(2, D, seed=5)
    x[1] = 0.0
    expect.close(norm(x), right(norm_by_hand(x)), "the result for two vectors, the second all zeros")


def test_norm_adds_eps_inside_the_root(norm):
    """``eps`` is added to the mean of the squares, inside the root."""
    x = rand(T, D, seed=6)
    for eps in (0.5, 0.02):
        expect.close(norm(x, eps=eps), right(norm_by_hand(x, eps)), f"the result with eps={eps}")


def test_norm_has_an_eps_of_its_own(norm):
    """Without an ``eps`` it is 1e-5, which small vectors feel."""
    x = rand(T, D, seed=7, scale=2e-3)
    expect.close(norm(x), right(norm_by_hand(x)), "the result for numbers of about 0.002", rtol=1e-3)


def test_norm_survives_half_precision(norm):
    """Numbers whose squares are too large or too small for float16 are no problem: it computes in float32."""
    for dtype, exact in ((torch.float16, 2e-3), (torch.bfloat16, 1e-2)):
        for size in (700.0, 3e-4):
            x = rand(T, D, seed=8, scale=size).to(dtype)
            what = f"the result for {dtype} numbers of about {size}"
            expect.close(norm(x), right(norm_by_hand(x)), what, atol=1e-4, rtol=exact)


def test_norm_rounds_only_the_result(norm):
    """In half precision nothing but the result is rounded: it is the nearest number to the exact one."""
    x = rand(64, D, seed=9)
    for dtype in HALVES:
        halved = x.to(dtype)
        share = share_nearest(norm(halved), norm_by_hand(halved))
        expect.between(share, 0.98, 1, f"the share of {dtype} numbers that are the nearest to the exact result")


def test_norm_computes_float64_in_float64(norm):
    """What comes in as float64 is computed in float64."""
    x = rand(T, D, seed=10).double() / 3
    expect.close(norm(x), norm_by_hand(x), "the result for float64, to 12 figures", atol=1e-12, rtol=1e-12)


def test_norm_takes_a_transposed_tensor(norm):
    """The numbers may lie in memory in another order than their axes, as a transposed tensor's do."""
    heads, columns = rand(B, H, T, D, seed=12).transpose(1, 2), rand(B, D, T, seed=13).transpose(1, 2)
    for x, name in ((heads, "(B, T, H, D), transposed from (B, H, T, D)"), (columns, "(B, T, C), from (B, C, T)")):
        expect.close(norm(x), right(norm_by_hand(x)), f"the result for {name}")


def test_norm_passes_gradients_on(norm):
    """The gradient is that of the formula, through the root mean square too; also where a vector is zero."""
    x = rand(T, D, seed=11)
    x[2] = 0.0
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    (wanted,) = gradients_of(norm_by_hand(theirs), [theirs], "x")
    (got,) = gradients_of(norm(ours), [ours], "x")
    expect.close(got, right(wanted), "the gradient at the input", atol=1e-4, rtol=1e-3)


# --- precompute_rotary ------------------------------------------------------------------------------------------------


def test_tables_have_one_column_per_pair(precompute_rotary):
    """It returns two tensors, cosines and sines, each (T, D/2)."""
    found = precompute_rotary(torch.arange(T), D)
    expect.true(isinstance(found, tuple | list) and len(found) == 2, "it should return two things: cos, sin")
    for table, name in zip(found, ("cos", "sin"), strict=True):
        expect.shape(table, (T, D // 2), name)


def test_tables_leave_the_positions_alone(precompute_rotary):
    """The positions that came in are the same afterwards."""
    positions = PLACES.clone()
    precompute_rotary(positions, D)
    expect.equal(positions, PLACES, "the positions after the call")


def test_tables_start_without_a_turn(precompute_rotary):
    """At position 0 nothing turns: every cosine is 1, every sine 0."""
    cos, sin = precompute_rotary(torch.arange(3), D)
    expect.close(cos[0], torch.ones(D // 2), "the cosines of position 0")
    expect.close(sin[0], torch.zeros(D // 2), "the sines of position 0")


def test_tables_turn_pair_0_by_a_radian(precompute_rotary):
    """Pair 0 turns by one radian per position, counter-clockwise: its cosine and sine are those of the position."""
    cos, sin = precompute_rotary(torch.arange(4), D)
    angle = torch.arange(4.0)
    expect.close(cos[:, 0], angle.cos(), "the cosines of pair 0 at positions 0 to 3")
    expect.close(sin[:, 0], angle.sin(), "the sines of pair 0 at positions 0 to 3")


def test_tables_turn_later_pairs_more_slowly(precompute_rotary):
    """Pair i turns by base ** (-2i / D) radians per position, with a base of 10,000."""
    positions = torch.tensor([0, 1, 40, 5, 100, 2])
    for head_dim in (D, 6, 2):
        cos, sin = precompute_rotary(positions, head_dim)
        angles = angles_by_hand(positions, head_dim)
        expect.close(cos, right(angles.cos()), f"the cosines of positions 0, 1, 40, ... with head_dim={head_dim}", 1e-4)
        expect.close(sin, right(angles.sin()), f"the sines of positions 0, 1, 40, ... with head_dim={head_dim}", 1e-4)


def test_tables_follow_the_base(precompute_rotary):
    """Another base gives other angles."""
    for base in (50.0, 500_000.0):
        _, sin = precompute_rotary(torch.arange(4), D, base)
        expect.close(sin, right(angles_by_hand(torch.arange(4), D, base).sin()), f"the sines with base={base:.0f}")


def test_tables_follow_the_positions(precompute_rotary):
    """Row t belongs to the position that stands there, whatever the order, and whatever integers they are."""
    angles = angles_by_hand(PLACES, D)
    for dtype in (torch.int64, torch.int32, torch.uint8):
        cos, sin = precompute_rotary(PLACES.to(dtype), D)
        expect.close(cos, right(angles.cos()), f"the cosines of positions 3, 0, 7, 11, 4 as {dtype}")
        expect.close(sin, right(angles.sin()), f"the sines of positions 3, 0, 7, 11, 4 as {dtype}")


def test_tables_for_every_row(precompute_rotary):
    """Positions of shape (B, T) give tables of shape (B, T, D/2), each row by its own positions."""
    cos, sin = precompute_rotary(PLACES_PER_ROW, D)
    angles = angles_by_hand(PLACES_PER_ROW, D)
    expect.close(cos, right(angles.cos()), "the cosines for two rows of positions")
    expect.close(sin, right(angles.sin()), "the sines for two rows of positions")


def test_tables_of_one_position(precompute_rotary):
    """A single position works, as a program that generates token by token asks for, also far into a text."""
    cos, sin = precompute_rotary(torch.tensor([3001]), D)
    angles = angles_by_hand(torch.tensor([3001]), D)
    expect.close(cos, right(angles.cos()), "the cosines of position 3001 alone", atol=2e-3)
    expect.close(sin, right(angles.sin()), "the sines of position 3001 alone", atol=2e-3)


def test_tables_far_into_a_text(precompute_rotary):
    """There is no last position: pair 0 turns by a radian per position beyond 100,000 too."""
    positions = torch.tensor([5_000, 40_000, 100_003])
    cos, sin = precompute_rotary(positions, D)
    expect.close(cos[:, 0], right(positions.double().cos()), "the cosines of pair 0 at 5000, 40000, 100003", atol=1e-3)
    expect.close(sin[:, 0], right(positions.double().sin()), "the sines of pair 0 at 5000, 40000, 100003", atol=1e-3)


def test_tables_of_expanded_positions(precompute_rotary):
    """The positions may be one row that was expanded to all rows of a batch, or a transposed tensor."""
    for positions, name in ((PLACES.expand(B, T), "a row expanded to two"), (PLACES_PER_ROW.T, "transposed positions")):
        cos, sin = precompute_rotary(positions, D)
        angles = angles_by_hand(positions, D)
        expect.close(cos, right(angles.cos()), f"the cosines for {name}")
        expect.close(sin, right(angles.sin()), f"the sines for {name}")


def test_tables_have_the_dtype_asked_for(precompute_rotary):
    """Both tables have the dtype that was asked for, float32 without one."""
    for dtype in (*HALVES, torch.float64):
        for table, name in zip(precompute_rotary(PLACES, D, dtype=dtype), ("cos", "sin"), strict=True):
            expect.dtype(table, dtype, f"{name} with dtype={dtype}")
    for table, name in zip(precompute_rotary(PLACES, D), ("cos", "sin"), strict=True):
        expect.dtype(table, torch.float32, f"{name} without a dtype")


def test_tables_compute_angles_in_full(precompute_rotary):
    """In half precision only the cosines and sines are rounded, not the positions, frequencies or angles."""
    positions = torch.tensor([257, 515, 3001])
    angles = angles_by_hand(positions, 10)  # tenths and fifths, which no half precision holds exactly
    for dtype in HALVES:
        cos, sin = precompute_rotary(positions, 10, dtype=dtype)
        expect.close(cos, right(angles.cos()), f"the cosines of positions 257, 515 and 3001 in {dtype}", atol=6e-3)
        expect.close(sin, right(angles.sin()), f"the sines of positions 257, 515 and 3001 in {dtype}", atol=6e-3)


def test_tables_are_where_the_positions_are(precompute_rotary):
    """The tables are on the device of the positions, which needn't be the default one."""

    def device(positions):
        try:
            return str(precompute_rotary(positions, D)[0].device)
        except Exception as error:
            return type(error).__name__

    # Torch's "meta" device holds shapes without numbers, and every machine has it. Here it is the default one and the
    # positions aren't on it; or else the other way round, for code that makes a table and then moves it.
    with torch.device("meta"):
        found = device(PLACES)
    if found != "cpu":
        found = "cpu" if device(PLACES.to("meta")) == "meta" else found
    expect.equal(found, "cpu", "the device of cos, where positions are on 'cpu' and the default device is 'meta'")


def test_tables_refuse_an_odd_head_dim(precompute_rotary):
    """An odd head_dim raises a ValueError that names it."""
    for head_dim in (7, 13):
        make = lambda head_dim=head_dim: precompute_rotary(PLACES, head_dim)  # noqa: E731
        expect.raises(ValueError, make, mentions=[str(head_dim)], what=f"head_dim {head_dim}")
