"""Checks of lab 10, continued: what turns queries and keys."""

import torch

from tests.labs.helpers_by_hand import rand
from tests.labs.helpers_modern import angles_by_hand, gradients_of, norm_by_hand, right, turn_by_hand
from vibejam_core.course import expect

# Every size is another, so that no axis can be taken for its neighbour.
B, T, H, KV, D = 2, 5, 6, 3, 8
PLACES = torch.tensor([3, 0, 7, 11, 4])  # neither in order nor side by side
PLACES_PER_ROW = torch.tensor([[3, 0, 7, 11, 4], [20, 21, 5, 9, 1]])


def tables(positions=PLACES, head_dim=D, dtype=torch.float32):
    """The cosines and sines of some positions, by hand, with a base that turns every pair visibly."""
    angles = angles_by_hand(positions, head_dim, base=40.0)
    return angles.cos().to(dtype), angles.sin().to(dtype)


# --- apply_rotary_emb -------------------------------------------------------------------------------------------------


def test_rotation_keeps_the_shape(apply_rotary_emb):
    """The result has the shape (B, T, H, D), also for one row, one token, one head or one pair."""
    for shape in ((B, T, H, D), (1, T, H, D), (B, 1, H, D), (B, T, 1, D), (B, T, H, 2), (1, 1, 1, 2)):
        cos, sin = tables(PLACES[: shape[1]], head_dim=shape[3])
        expect.shape(apply_rotary_emb(rand(*shape, seed=1), cos, sin), shape, f"the result for an x of shape {shape}")


def test_rotation_keeps_the_dtype(apply_rotary_emb):
    """The result has the dtype of x, even where the tables have another one."""
    for dtype in (torch.bfloat16, torch.float16, torch.float32, torch.float64):
        for other in (torch.float32, torch.bfloat16):
            cos, sin = tables(dtype=other)
            out = apply_rotary_emb(rand(B, T, H, D, seed=1).to(dtype), cos, sin)
            expect.dtype(out, dtype, f"the result for an x of {dtype} and tables of {other}")


def test_rotation_leaves_its_inputs_alone(apply_rotary_emb):
    """The tensors that came in are the same afterwards."""
    x, (cos, sin) = rand(B, T, H, D, seed=2), tables()
    given = [x, cos, sin]
    before = [tensor.clone() for tensor in given]
    apply_rotary_emb(x, cos, sin)
    for tensor, old, name in zip(given, before, ("x", "cos", "sin"), strict=True):
        expect.equal(tensor, old, f"{name} after the call")


def test_rotation_by_nothing(apply_rotary_emb):
    """Where every angle is 0, nothing changes."""
    x = rand(B, T, H, D, seed=3)
    out = apply_rotary_emb(x, torch.ones(T, D // 2), torch.zeros(T, D // 2))
    expect.close(out, x, "the result where all cosines are 1 and all sines 0")


def test_rotation_pairs_halves(apply_rotary_emb):
    """Number i of the first half and number i of the second half are a pair."""
    x, half = torch.zeros(1, 1, 1, D), torch.full((1, D // 2), 0.5**0.5)
    x[..., 1] = 1.0
    places = apply_rotary_emb(x, half, half).flatten().abs().gt(0.1).nonzero().flatten().tolist()
    expect.equal(places, [1, 1 + D // 2], "the places over which the number at place 1 of 8 is spread by 45 degrees")


def test_rotation_turns_counter_clockwise(apply_rotary_emb):
    """A quarter turn takes (1, 0) to (0, 1), and (0, 1) to (-1, 0)."""
    cos, sin = torch.zeros(1, 1), torch.ones(1, 1)
    x = torch.tensor([[1.0, 0.0], [0.0, 1.0]])[None, None]  # two heads of one pair
    out = apply_rotary_emb(x, cos, sin)[0, 0]
    expect.close(out, torch.tensor([[0.0, 1.0], [-1.0, 0.0]]), "the points (1, 0) and (0, 1) after a quarter turn")


def test_rotation_follows_the_positions(apply_rotary_emb):
    """Every token is turned by the angles of its own position, all its heads alike."""
    x, (cos, sin) = rand(B, T, H, D, seed=4), tables()
    expect.close(apply_rotary_emb(x, cos, sin), right(turn_by_hand(x, cos, sin)), "the result, as computed by hand")


def test_rotation_follows_the_rows(apply_rotary_emb):
    """With tables of shape (B, T, D/2) every row of the batch is turned by its own angles."""
    for places in (PLACES_PER_ROW, PLACES_PER_ROW.T):  # fewer rows than tokens, and more
        x, (cos, sin) = rand(*places.shape, H, D, seed=5), tables(places)
        what = f"the result for tables of shape {tuple(cos.shape)}"
        expect.close(apply_rotary_emb(x, cos, sin), right(turn_by_hand(x, cos, sin)), what)


def test_rotation_takes_transposed_tensors(apply_rotary_emb):
    """The numbers of x and of the tables may lie in memory in another order than their axes."""
    x = rand(B, H, T, D, seed=7).transpose(1, 2)  # (B, T, H, D)
    cos, sin = (table.transpose(0, 1) for table in tables(PLACES_PER_ROW.T))  # each (B, T, D/2)
    out = apply_rotary_emb(x, cos, sin)
    expect.close(out, right(turn_by_hand(x, cos, sin)), "the result for an x transposed from (B, H, T, D)")


def test_rotation_with_equal_sizes(apply_rotary_emb):
    """It works where B, T, H and D/2 happen to be the same number, too."""
    x, places = rand(4, 4, 4, 8, seed=6), torch.arange(16).reshape(4, 4)
    for cos, sin in (tables(places[2]), tables(places)):
        out, shape = apply_rotary_emb(x, cos, sin), tuple(cos.shape)
        expect.close(out, right(turn_by_hand(x, cos, sin)), f"the result for B = T = H = 4 with tables {shape}")


def test_rotation_in_half_precision(apply_rotary_emb):
    """In half precision it is as exact as half precision allows."""
    for dtype, exact in ((torch.bfloat16, 0.03), (torch.float16, 0.004)):
        for other in (dtype, torch.float32):
            x, (cos, sin) = rand(B, T, H, D, seed=9).to(dtype), tables(dtype=other)
            what = f"the result for an x of {dtype} and tables of {other}"
            expect.close(apply_rotary_emb(x, cos, sin), right(turn_by_hand(x, cos, sin)), what, atol=exact, rtol=0)


def test_rotation_is_as_exact_as_x(apply_rotary_emb):
    """The sums are done at least in the dtype of x, also where the tables are less exact."""
    for dtype, other, digits in ((torch.float32, torch.bfloat16, 5), (torch.float64, torch.float64, 12)):
        x, (cos, sin) = (rand(B, T, H, D, seed=10).double() / 3).to(dtype), tables(dtype=other)
        what = f"the result for an x of {dtype} and tables of {other}, to {digits} figures"
        exact = 10.0**-digits
        expect.close(apply_rotary_emb(x, cos, sin), turn_by_hand(x, cos, sin), what, atol=exact, rtol=exact)


def test_rotation_passes_gradients_on(apply_rotary_emb):
    """The gradient is turned back by the same angles."""
    x, (cos, sin) = rand(B, T, H, D, seed=11), tables()
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    (wanted,) = gradients_of(turn_by_hand(theirs, cos, sin), [theirs], "x")
    (got,) = gradients_of(apply_rotary_emb(ours, cos, sin), [ours], "x")
    expect.close(got, right(wanted), "the gradient at x")


# --- rotate_and_norm --------------------------------------------------------------------------------------------------


def queries_and_keys(dtype=torch.float32):
    """Queries and keys of different sizes, with fewer heads of keys, and a key of all zeros."""
    q, k = rand(B, T, H, D, seed=1, scale=3.0), rand(B, T, KV, D, seed=2, scale=1.5)
    k[0, 1, 2] = 0.0
    return q.to(dtype), k.to(dtype)


def right_pair(q, k, cos, sin):
    """What should come of queries and keys."""
    return [right(norm_by_hand(turn_by_hand(each, cos, sin))) for each in (q, k)]


def test_pair_keeps_shapes(rotate_and_norm):
    """It returns two tensors, queries and keys, of the shapes they had; keys may have fewer heads."""
    found = rotate_and_norm(*queries_and_keys(), *tables())
    expect.true(isinstance(found, tuple | list) and len(found) == 2, "it should return two things: q, k")
    expect.shape(found[0], (B, T, H, D), "the queries")
    expect.shape(found[1], (B, T, KV, D), "the keys")


def test_pair_keeps_the_dtype(rotate_and_norm):
    """Both have the dtype that they had, even where the tables have another one."""
    for dtype, other in ((torch.bfloat16, torch.float16), (torch.float64, torch.float32)):
        found = rotate_and_norm(*queries_and_keys(dtype), *tables(dtype=other))
        for each, name in zip(found, ("queries", "keys"), strict=True):
            expect.dtype(each, dtype, f"the {name} for {dtype} and tables of {other}")


def test_pair_leaves_its_inputs_alone(rotate_and_norm):
    """The tensors that came in are the same afterwards."""
    (q, k), (cos, sin) = queries_and_keys(), tables()
    before = [tensor.clone() for tensor in (q, k, cos, sin)]
    rotate_and_norm(q, k, cos, sin)
    for tensor, old, name in zip((q, k, cos, sin), before, ("q", "k", "cos", "sin"), strict=True):
        expect.equal(tensor, old, f"{name} after the call")


def test_pair_has_one_length(rotate_and_norm):
    """Every head's query and key has a root mean square of 1 afterwards, so its length is the square root of D."""
    q, k = rand(B, T, H, D, seed=3, scale=3.0), rand(B, T, KV, D, seed=4, scale=0.5)
    for each, name in zip(rotate_and_norm(q, k, *tables()), ("queries", "keys"), strict=True):
        size = each.double().square().mean(dim=-1).sqrt()
        expect.close(size, torch.ones(size.shape), f"the root mean squares of the {name}", atol=1e-3)


def test_pair_turns_and_norms_queries(rotate_and_norm):
    """The queries are turned by their positions and normed, as computed by hand."""
    (q, k), (cos, sin) = queries_and_keys(), tables()
    expect.close(rotate_and_norm(q, k, cos, sin)[0], right_pair(q, k, cos, sin)[0], "the queries")


def test_pair_turns_and_norms_keys(rotate_and_norm):
    """The keys are turned and normed in the same way, and a key of zeros stays one."""
    (q, k), (cos, sin) = queries_and_keys(), tables()
    expect.close(rotate_and_norm(q, k, cos, sin)[1], right_pair(q, k, cos, sin)[1], "the keys")


def test_pair_feels_the_eps(rotate_and_norm):
    """Very small vectors are normed with the eps of norm, and once only."""
    (q, k), (cos, sin) = (each * 3e-3 for each in queries_and_keys()), tables()
    for each, wanted, name in zip(
        rotate_and_norm(q, k, cos, sin), right_pair(q, k, cos, sin), ("queries", "keys"), strict=True
    ):
        expect.close(each, wanted, f"the {name}, of numbers near 0.01 and 0.005", rtol=1e-3)


def test_pair_takes_tables_per_row(rotate_and_norm):
    """With tables of shape (B, T, D/2) every row of the batch has its own angles."""
    (q, k), (cos, sin) = queries_and_keys(), tables(PLACES_PER_ROW)
    for each, wanted, name in zip(
        rotate_and_norm(q, k, cos, sin), right_pair(q, k, cos, sin), ("queries", "keys"), strict=True
    ):
        expect.close(each, wanted, f"the {name}, with tables per row")


def test_pair_survives_half_precision(rotate_and_norm):
    """Numbers whose squares overflow float16 are no problem: the sizes are computed in float32."""
    for dtype, exact in ((torch.float16, 0.006), (torch.bfloat16, 0.04)):
        (q, k), (cos, sin) = ((each * 200).to(dtype) for each in queries_and_keys()), tables(dtype=dtype)
        for each, wanted, name in zip(
            rotate_and_norm(q, k, cos, sin), right_pair(q, k, cos, sin), ("queries", "keys"), strict=True
        ):
            expect.close(each, wanted, f"the {name} in {dtype}, of numbers near 600 and 300", atol=exact, rtol=0)


def test_pair_computes_float64_in_float64(rotate_and_norm):
    """What comes in as float64 is turned and normed in float64."""
    (q, k), (cos, sin) = queries_and_keys(torch.float64), tables(dtype=torch.float64)
    found = rotate_and_norm(q / 3, k / 3, cos, sin)
    for each, given, name in zip(found, (q / 3, k / 3), ("queries", "keys"), strict=True):
        wanted = norm_by_hand(turn_by_hand(given, cos, sin))
        expect.close(each, wanted, f"the {name} in float64, to 10 figures", atol=1e-10, rtol=1e-10)


def test_pair_passes_gradients_on(rotate_and_norm):
    """The gradients of both are those of the formula."""
    q, k, (cos, sin) = rand(B, T, H, D, seed=5), rand(B, T, KV, D, seed=6), tables()
    ours, theirs = ([each.clone().requires_grad_() for each in (q, k)] for _ in range(2))
    flows = [each.requires_grad for each in rotate_and_norm(*ours, cos, sin)]
    expect.equal(flows, [True, True], "whether gradients flow back to q, and to k")
    for i, name in enumerate(("q", "k")):
        (wanted,) = gradients_of(norm_by_hand(turn_by_hand(theirs[i], cos, sin)), [theirs[i]], name)
        (got,) = gradients_of(rotate_and_norm(*ours, cos, sin)[i], [ours[i]], name)
        expect.close(got, right(wanted), f"the gradient at {name}", atol=1e-4, rtol=1e-3)
