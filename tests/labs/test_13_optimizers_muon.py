"""Checks of lab 13: Newton and Schulz against singular values, and Muon against a computation in float64."""

import copy

import torch

from tests.labs.helpers_optimizers import evened, muon_by_hand, parameters_of, rand, walk
from vibejam_core.course import expect

SQUARE, WIDE, TALL = rand(5, 5, seed=1), rand(4, 9, seed=2), rand(12, 3, seed=3)
"""The learner's code gets copies of them: what changes its input must not change the next check's."""
WITHIN = {"atol": 2e-3, "rtol": 2e-3}
CLOSE = {"atol": 2e-4, "rtol": 2e-4}
RATES = [0.1, 0.03, 0.2, 0.05]


def gradients(shape, n=4):
    """A gradient for each of n steps, of changing size."""
    return [rand(*shape, seed=20 + i, scale=(1.0, 2.0, 0.5)[i % 3]) for i in range(n)]


# --- newton_schulz ----------------------------------------------------------------------------------------------------


def test_newton_schulz_keeps_the_shape(newton_schulz):
    """The result has the shape of the matrix, wide, tall or square."""
    for G in (WIDE, TALL, SQUARE, rand(1, 6, seed=4)):
        expect.shape(newton_schulz(G.clone()), G.shape)


def test_newton_schulz_singular_values(newton_schulz):
    """All singular values end between 0.68 and 1.21, though they began up to a hundred times apart."""
    U, _, V = torch.linalg.svd(rand(8, 8, seed=5))
    G = U @ torch.diag(torch.logspace(0, -2, 8)) @ V
    values = torch.linalg.svdvals(newton_schulz(G))
    expect.between(values.min(), 0.67, 1.22, "the smallest singular value")
    expect.between(values.max(), 0.67, 1.22, "the largest singular value")


def test_newton_schulz_no_round(newton_schulz):
    """With 0 rounds the matrix is only divided by its Frobenius norm, the root of the sum of all squares."""
    want = (WIDE.double() / WIDE.double().square().sum().sqrt()).float()
    expect.close(newton_schulz(WIDE.clone(), steps=0), want, "a wide matrix after no round")


def test_newton_schulz_one_round(newton_schulz):
    """One round is the polynomial of the matrix divided by its Frobenius norm."""
    expect.close(
        newton_schulz(WIDE.clone(), steps=1), evened(WIDE, 1).float(), "a wide matrix after one round", **WITHIN
    )
    expect.close(
        newton_schulz(TALL.clone(), steps=1), evened(TALL, 1).float(), "a tall matrix after one round", **WITHIN
    )


def test_newton_schulz_five_rounds_by_default(newton_schulz):
    """It repeats five times unless told otherwise; directions stay, and singular values follow the polynomial."""
    for name, G in (("square", SQUARE), ("wide", WIDE), ("tall", TALL)):
        expect.close(newton_schulz(G.clone()), evened(G).float(), f"a {name} matrix after five rounds", **WITHIN)


def test_newton_schulz_size_does_not_matter(newton_schulz):
    """A gradient a million times as large, or a billion times as small, gives the same result."""
    for factor in (1e6, 1e-6, 1e-9):
        expect.close(newton_schulz(WIDE * factor), evened(WIDE).float(), f"the matrix times {factor:g}", **WITHIN)


def test_newton_schulz_transposed(newton_schulz):
    """A transposed matrix, whose numbers lie in memory column by column, gives the transposed result."""
    expect.close(newton_schulz(TALL.clone().T), evened(TALL).T.float(), "the result for the transpose", **WITHIN)


def test_newton_schulz_batch(newton_schulz):
    """Of a batch each matrix is treated alone, by its own norm."""
    for shape in ((3, 4, 6), (2, 3, 7, 2)):
        batch = rand(*shape, seed=6) * torch.logspace(-1, 1, shape[-3])[:, None, None]
        expect.close(newton_schulz(batch), evened(batch).float(), f"a batch of shape {shape}", **WITHIN)


def test_newton_schulz_batch_takes_steps_and_dtype(newton_schulz):
    """What is asked for, the number of rounds and the dtype, counts for a batch too."""
    batch = rand(3, 4, 6, seed=6)
    expect.close(newton_schulz(batch.clone(), steps=2), evened(batch, 2).float(), "a batch after two rounds", **WITHIN)
    rough = newton_schulz(batch.clone(), dtype=torch.bfloat16)
    expect.true(not torch.equal(rough, newton_schulz(batch.clone())), "dtype=torch.bfloat16 changed nothing in a batch")


def test_newton_schulz_one_row_or_column(newton_schulz):
    """A matrix of one row or one column is a matrix like others: its only singular value follows the polynomial."""
    for shape in ((1, 6), (6, 1), (1, 1)):
        G = rand(*shape, seed=4)
        expect.close(newton_schulz(G.clone()), evened(G).float(), f"a matrix of shape {shape}", **WITHIN)


def test_newton_schulz_of_zeros(newton_schulz):
    """A matrix of zeros gives zeros, also beside another one in a batch."""
    expect.equal(newton_schulz(torch.zeros(3, 4)), torch.zeros(3, 4), "the result for zeros")
    batch = torch.stack([torch.zeros(3, 4), rand(3, 4, seed=7)])
    expect.close(newton_schulz(batch), evened(batch).float(), "zeros and another matrix", **WITHIN)


def test_newton_schulz_of_next_to_zeros(newton_schulz):
    """A matrix that is hardly more than zeros gives small numbers, but no zeros."""
    out = newton_schulz(WIDE * 1e-15)
    expect.shape(out, WIDE.shape)
    expect.true(bool((out != 0).any()), "a matrix with numbers of 1e-15 gave zeros, as only a matrix of zeros should")
    expect.between(out.abs().max(), 0.0, 1.22, "its largest number")


def test_newton_schulz_computes_in_the_dtype_asked_for(newton_schulz):
    """With dtype=torch.bfloat16 the products are rounded, but the result is near and of the matrix's own dtype."""
    out = newton_schulz(WIDE.clone(), dtype=torch.bfloat16)
    expect.close(out, evened(WIDE).float(), "the result in bfloat16", atol=8e-2, rtol=8e-2)
    expect.dtype(out, torch.float32)
    exact = newton_schulz(WIDE.clone())
    expect.true(not torch.equal(out, exact), "dtype=torch.bfloat16 changed nothing: is it used?")
    large = newton_schulz(WIDE * 1e6, dtype=torch.float16)
    expect.close(large, evened(WIDE).float(), "a matrix beyond float16's largest number", atol=2e-2, rtol=2e-2)
    rounded = exact.bfloat16().float()
    expect.true(not torch.equal(out, rounded), "dtype=torch.bfloat16 rounded the result only, not the products")


def test_newton_schulz_keeps_the_dtype(newton_schulz):
    """The result has the dtype of the matrix, and half precision is computed in float32."""
    for dtype in (torch.bfloat16, torch.float16):
        G = (WIDE * 30).to(dtype)  # its squares' sum is near float16's largest number
        out = newton_schulz(G * 30)
        expect.dtype(out, dtype)
        expect.close(out.float(), evened(G.float()).float(), f"a matrix in {dtype}", atol=1e-2, rtol=1e-2)


def test_newton_schulz_leaves_its_input_alone(newton_schulz):
    """The matrix that came in is the same afterwards."""
    for shape in ((4, 7), (7, 4)):
        G = rand(*shape, seed=8)  # one that no other check has used
        before = G.clone()
        newton_schulz(G)
        expect.equal(G, before, "the matrix after the call")


# --- Muon -------------------------------------------------------------------------------------------------------------


def after(Muon, start, rows, rates, **settings):
    """One matrix after some steps of the learner's Muon."""
    [p] = parameters_of(start)
    walk(Muon([p], lr=rates[0], **settings), [p], [[g] for g in rows], rates)
    return p.detach()


def test_muon_step_is_equally_long_in_all_directions(Muon):
    """The singular values of a step, divided by the learning rate, are all near 1."""
    [g] = gradients((5, 8), 1)
    step = (after(Muon, torch.zeros(5, 8), [g], [0.5])) / 0.5
    values = torch.linalg.svdvals(step)
    expect.between(values.min(), 0.6, 1.25, "the smallest")
    expect.between(values.max(), 0.6, 1.25, "the largest")


def test_muon_first_step(Muon):
    """The first step subtracts the learning rate times the orthogonal matrix of the gradient."""
    [g] = gradients((5, 5), 1)
    expect.close(after(Muon, SQUARE, [g], [0.1]), (SQUARE - 0.1 * evened(g)).float(), "a square matrix", **CLOSE)


def test_muon_tall_matrices_step_farther(Muon):
    """A matrix with four times as many rows as columns steps twice as far; a wide one as far as a square one."""
    for start in (TALL, WIDE, rand(7, 4, seed=9)):
        rows = gradients(start.shape, 1)
        expect.close(after(Muon, start, rows, [0.1]), muon_by_hand(start, rows, [0.1]).float(),
                     f"a matrix of shape {tuple(start.shape)}", **CLOSE)  # fmt: skip


def test_muon_momentum_looks_ahead(Muon):
    """What is made orthogonal is the running mean after its update, mixed once more with the gradient."""
    rows = gradients((4, 9))
    want = muon_by_hand(WIDE, rows, [0.1] * 4).float()
    expect.close(after(Muon, WIDE, rows, [0.1] * 4), want, "four steps with momentum 0.95", **CLOSE)


def test_muon_reads_its_settings_in_every_step(Muon):
    """Learning rate and momentum are used as they are at that step."""
    rows = gradients((4, 9))
    want = muon_by_hand(WIDE, rows, RATES, momentum=0.6).float()
    expect.close(after(Muon, WIDE, rows, RATES, momentum=0.6), want, "four steps with four learning rates", **CLOSE)


def test_muon_settings_may_change_between_steps(Muon):
    """Momentum, weight decay and lr_scale that change count from that step on."""
    first, second, *_ = gradients((4, 9))
    [p] = parameters_of(WIDE)
    optimizer = Muon([p], lr=0.1)
    walk(optimizer, [p], [[first]])
    want = muon_by_hand(p.detach(), [second], [0.1 * 2], momentum=0.0, weight_decay=0.9).float()
    optimizer.param_groups[0].update(momentum=0.0, weight_decay=0.9, lr_scale=2.0)
    walk(optimizer, [p], [[second]])
    expect.close(p.detach(), want, "a second step with momentum 0, weight decay 0.9 and lr_scale 2", **CLOSE)


def test_muon_learns_at_a_rate_of_zero(Muon):
    """A step at a learning rate of 0 moves nothing, but its gradient is remembered."""
    rows, rates = gradients((4, 9)), [0.0, *RATES[1:]]
    want = muon_by_hand(WIDE, rows, rates).float()
    expect.close(after(Muon, WIDE, rows, rates), want, "four steps, the first one at rate 0", **CLOSE)


def test_muon_decay_is_cautious(Muon):
    """Decay acts only on numbers that the step moves towards zero, and takes them as they were before the step."""
    rows = gradients((4, 9))
    want = muon_by_hand(WIDE, rows, RATES, weight_decay=0.9).float()
    expect.close(after(Muon, WIDE, rows, RATES, weight_decay=0.9), want, "four steps with weight decay 0.9", **CLOSE)


def test_muon_decay_goes_by_signs(Muon):
    """A number that the step carries beyond zero decays as well: only the signs count."""
    start, rows = WIDE * 0.05, gradients((4, 9), 1)
    want = muon_by_hand(start, rows, [0.5], weight_decay=1.0).float()
    expect.close(after(Muon, start, rows, [0.5], weight_decay=1.0), want, "small numbers after a long step", **CLOSE)


def test_muon_decay_in_a_tall_matrix(Muon):
    """The factor for tall matrices is for the step alone, not for the decay."""
    rows = gradients((12, 3), 2)
    want = muon_by_hand(TALL, rows, RATES[:2], weight_decay=0.9).float()
    expect.close(after(Muon, TALL, rows, RATES[:2], weight_decay=0.9), want, "two steps of a tall matrix", **CLOSE)


def test_muon_lr_scale_multiplies_the_learning_rate(Muon):
    """The learning rate is the group's "lr" times its "lr_scale", for the step and for the decay."""
    [p] = parameters_of(WIDE)
    rows = gradients((4, 9))
    walk(Muon([{"params": [p], "lr_scale": 3.0}], lr=0.05, weight_decay=0.8), [p], [[g] for g in rows])
    want = muon_by_hand(WIDE, rows, [3 * 0.05] * 4, weight_decay=0.8).float()
    expect.close(p.detach(), want, "a matrix of a group with lr_scale 3", **CLOSE)


def test_muon_groups_and_matrices_are_kept_apart(Muon):
    """Matrices have means of their own, and groups settings of their own."""
    a, b, c = parameters_of(SQUARE, SQUARE, WIDE)
    groups = [{"params": [a, b], "momentum": 0.5}, {"params": [c], "weight_decay": 0.5}]
    one, two, three = gradients((5, 5)), [-g.T for g in gradients((5, 5))], gradients((4, 9))
    walk(Muon(groups), [a, b, c], list(zip(one, two, three, strict=True)), RATES)
    expect.close(a.detach(), muon_by_hand(SQUARE, one, RATES, momentum=0.5).float(), "the first matrix", **CLOSE)
    expect.close(b.detach(), muon_by_hand(SQUARE, two, RATES, momentum=0.5).float(), "the second matrix", **CLOSE)
    expect.close(c.detach(), muon_by_hand(WIDE, three, RATES, weight_decay=0.5).float(), "the third", **CLOSE)


def test_muon_groups_have_their_own_learning_rates(Muon):
    """Each group goes by its own "lr" and "lr_scale", and all matrices of a group by the same."""
    matrices, rows = parameters_of(TALL, TALL, TALL, TALL), gradients((12, 3))
    one = {"params": matrices[:2], "lr": 0.1, "lr_scale": 0.5}
    two = {"params": matrices[2:], "lr": 0.03, "lr_scale": 3.0}
    walk(Muon([one, two], weight_decay=0.2), matrices, [[g] * 4 for g in rows])
    names = ("the first group's first", "the first group's second", "the second group's first", "the second's second")
    for p, name, rate in zip(matrices, names, (0.05, 0.05, 0.09, 0.09), strict=True):
        expect.close(p.detach(), muon_by_hand(TALL, rows, [rate] * 4, weight_decay=0.2).float(), name, **CLOSE)


def test_muon_leaves_a_matrix_without_gradient_alone(Muon):
    """A matrix whose gradient is None stays as it is; those behind it and in the next group move."""
    a, b, alone, c = parameters_of(SQUARE, SQUARE, SQUARE, SQUARE)
    groups = [{"params": [a, b]}, {"params": [alone]}, {"params": [c]}]
    rows = [[None, g, None, g] for g in gradients((5, 5), 2)]
    walk(Muon(groups, weight_decay=0.5), [a, b, alone, c], rows, RATES[:2])
    moved = [not torch.equal(p.detach(), SQUARE) for p in (a, b, alone, c)]
    expect.equal(moved, [False, True, False, True], "of matrices without, with, without, with gradient: which moved")


def test_muon_pauses_where_a_gradient_is_missing(Muon):
    """A step without a gradient changes nothing of what is remembered."""
    first, second, third, _ = gradients((4, 9))
    gaps = [first, None, second, third]
    want = muon_by_hand(WIDE, gaps, RATES, momentum=0.6).float()
    expect.close(after(Muon, WIDE, gaps, RATES, momentum=0.6), want, "with a gap between its steps", **CLOSE)


def test_muon_gradient_of_zero(Muon):
    """A first gradient of zeros moves nothing and breaks nothing, decay included."""
    moved = after(Muon, SQUARE, [torch.zeros(5, 5)], [0.1], weight_decay=0.5)
    expect.close(moved, SQUARE, "a matrix after a gradient of zeros")


def test_muon_goes_on_by_momentum_where_a_gradient_is_zero(Muon):
    """A gradient of zeros after another one is a gradient: the mean shrinks, and the matrix moves on along it."""
    first, _, third, _ = gradients((4, 9))
    rows = [first, torch.zeros(4, 9), third]
    want = muon_by_hand(WIDE, rows, RATES[:3]).float()
    expect.close(after(Muon, WIDE, rows, RATES[:3]), want, "three steps, the second with zeros", **CLOSE)


def test_muon_moves_the_matrices_themselves(Muon):
    """The matrices are the same objects as before, without a graph; gradients stay as they are."""
    [p] = parameters_of(WIDE)
    [g], optimizer = gradients((4, 9), 1), Muon([p], weight_decay=0.5)
    walk(optimizer, [p], [[g]], [0.1])
    expect.true(optimizer.param_groups[0]["params"][0] is p, "the group holds another matrix than before")
    expect.true(p.requires_grad and p.is_leaf, "the matrix is no leaf any more: steps are made without a graph")
    expect.equal(p.grad, g, "the gradient after the step")


def test_muon_goes_on_from_its_state(Muon):
    """All that it remembers is in its state: a new optimiser that loads it makes the same steps."""
    rows = gradients((4, 9))
    [p] = parameters_of(WIDE)
    optimizer = Muon([p], weight_decay=0.1)
    walk(optimizer, [p], [[g] for g in rows[:2]], RATES[:2])
    kept = optimizer.state[p]
    expect.true(len(kept) > 0, "self.state holds nothing for the matrix after a step")
    fits = all(isinstance(value, torch.Tensor | int | float) for value in kept.values())
    expect.true(fits, "self.state[matrix] should hold tensors and numbers, and nothing else")
    for name, value in kept.items():
        if isinstance(value, torch.Tensor) and value.numel() > 1:  # a single number may be kept as a tensor too
            expect.shape(value, p.shape, f"self.state[matrix][{name!r}]")
    [q] = parameters_of(p.detach())
    other = Muon([q], weight_decay=0.1)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    walk(other, [q], [[g] for g in rows[2:]], RATES[2:])
    expect.close(q.detach(), muon_by_hand(WIDE, rows, RATES, weight_decay=0.1).float(), "two and two steps", **CLOSE)
