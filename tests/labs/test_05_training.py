"""Checks of lab 05: the learning rate, a single step, and when to stop early. The whole loop's are in another file."""

import copy
import math

import torch
from torch import nn

from tests.labs.helpers_training import (
    HUGE,
    INF,
    MINUS_INF,
    NAN,
    NO_SLOPE,
    STEEP,
    Dropping,
    Fragile,
    Scorer,
    by_hand,
    flat,
    harmful,
    kind,
    shortened,
    tokens,
)
from vibejam_core.course import expect
from vibejam_core.training.config import TrainConfig

# --- learning_rate_at -------------------------------------------------------------------------------------------------


def rates(learning_rate_at, steps, **settings):
    """The learning rates of some steps, as a list."""
    config = TrainConfig(**{"schedule": "linear", "min_learning_rate": 0.0, **settings})
    return [learning_rate_at(step, config) for step in steps]


def close_rates(got, expected, what):
    """Learning rates are small: a millionth of the highest may be rounded away."""
    expect.close(got, expected, what, atol=1e-6 * max(expected), rtol=1e-5)


def test_rate_is_a_float(learning_rate_at):
    """The learning rate is a Python float, in the warm-up and after it."""
    for step in (0, 30):
        rate = learning_rate_at(step, TrainConfig(max_iters=40, warmup=0.25))
        expect.true(isinstance(rate, float), f"expected a float for step {step}, got {kind(rate)}")


def test_rate_of_the_first_step_is_not_zero(learning_rate_at):
    """The first step is no wasted step: its learning rate is above 0."""
    (rate,) = rates(learning_rate_at, [0], max_iters=20, warmup=0.5, learning_rate=1.0)
    expect.between(rate, 1e-9, 1.0, "the learning rate of step 0, where 1.0 is reached after 10 steps")


def test_rate_never_leaves_its_bounds(learning_rate_at):
    """No step's learning rate is above the highest, and after the warm-up none is below the lowest."""
    for schedule in ("linear", "cosine", "constant"):
        settings = {"max_iters": 30, "warmup": 0.2, "learning_rate": 0.5, "min_learning_rate": 0.1}
        got = rates(learning_rate_at, range(30), schedule=schedule, **settings)
        what = f"learning rate of 30 steps, {schedule}, between 0.1 and 0.5"
        expect.between(max(got), 0.49999, 0.50001, f"the highest {what}")
        expect.between(min(got[6:]), 0.09999, 0.50001, f"the lowest {what}, after the warm-up")


def test_rate_climbs_in_a_straight_line(learning_rate_at):
    """In a warm-up of 4 steps the learning rate is 1/4, 2/4, 3/4 and 4/4 of the highest."""
    got = rates(learning_rate_at, range(4), max_iters=20, warmup=0.2, learning_rate=0.8)
    close_rates(got, [0.2, 0.4, 0.6, 0.8], "the learning rates of the warm-up's 4 steps, up to 0.8")


def test_rate_climbs_from_zero(learning_rate_at):
    """The lowest rate is for the end of training: it plays no part in the warm-up."""
    got = rates(learning_rate_at, range(4), max_iters=20, warmup=0.2, learning_rate=0.8, min_learning_rate=0.3)
    close_rates(got, [0.2, 0.4, 0.6, 0.8], "the learning rates of the warm-up's 4 steps, where the lowest rate is 0.3")


def test_rate_with_a_single_step_left(learning_rate_at):
    """Where only one step comes after the warm-up, or one in all, it has the highest rate."""
    got = rates(learning_rate_at, [3, 4], max_iters=5, warmup=0.8, learning_rate=0.5)
    close_rates(got, [0.5, 0.5], "the learning rates of steps 3 and 4 of 5, where 4 are warm-up")
    got = rates(learning_rate_at, [0], max_iters=1, learning_rate=0.5)
    close_rates(got, [0.5], "the learning rate of a single step")


def test_rate_falls_in_a_straight_line(learning_rate_at):
    """With schedule "linear" and no warm-up the rate falls by the same amount with every step, towards 0."""
    got = rates(learning_rate_at, range(5), max_iters=5, warmup=0.0, learning_rate=1.0)
    close_rates(got, [1.0, 0.8, 0.6, 0.4, 0.2], "the learning rates of 5 steps, linear, without a warm-up")


def test_rate_starts_to_fall_after_the_warm_up(learning_rate_at):
    """The step after the warm-up has the highest rate, too; only from there on it falls."""
    got = rates(learning_rate_at, range(8), max_iters=8, warmup=0.5, learning_rate=1.0)
    expected = [0.25, 0.5, 0.75, 1.0, 1.0, 0.75, 0.5, 0.25]
    close_rates(got, expected, "the learning rates of 8 steps, linear, 4 of them warm-up")


def test_rate_falls_to_the_lowest(learning_rate_at):
    """It is the lowest rate that the line falls towards, not 0."""
    got = rates(learning_rate_at, range(5), max_iters=5, warmup=0.0, learning_rate=1.0, min_learning_rate=0.5)
    close_rates(got, [1.0, 0.9, 0.8, 0.7, 0.6], "the learning rates of 5 steps, linear, from 1.0 towards 0.5")


def test_rate_falls_along_a_cosine(learning_rate_at):
    """With schedule "cosine" it falls slowly, then fast, then slowly: half of a cosine's wave."""
    settings = {"max_iters": 8, "warmup": 0.25, "learning_rate": 1.0, "schedule": "cosine"}
    got = rates(learning_rate_at, range(8), **settings)
    root = math.sqrt(3) / 2  # the cosine of 30 degrees
    expected = [0.5, 1.0, 1.0, (1 + root) / 2, 0.75, 0.5, 0.25, (1 - root) / 2]
    close_rates(got, expected, "the learning rates of 8 steps, cosine, 2 of them warm-up")
    got = rates(learning_rate_at, [2, 5, 6], **settings, min_learning_rate=0.2)
    close_rates(got, [1.0, 0.6, 0.4], "the learning rates of steps 2, 5 and 6, cosine, from 1.0 towards 0.2")
    got = rates(learning_rate_at, range(3), max_iters=3, warmup=0.0, learning_rate=1.0, schedule="cosine")
    close_rates(got, [1.0, 0.75, 0.25], "the learning rates of 3 steps, cosine, without a warm-up")


def test_rate_stays_constant(learning_rate_at):
    """With schedule "constant" it climbs as ever, and then stays at the highest rate."""
    settings = {"max_iters": 8, "warmup": 0.25, "learning_rate": 0.4, "schedule": "constant"}
    got = rates(learning_rate_at, range(8), **settings, min_learning_rate=0.1)
    close_rates(got, [0.2] + [0.4] * 7, "the learning rates of 8 steps, constant, 2 of them warm-up")


def test_rate_follows_a_trapezoid(learning_rate_at):
    """With schedule "trapezoid" the rate is the highest one until the last part, its cooldown, and falls in a line."""
    settings = {"max_iters": 10, "warmup": 0.2, "learning_rate": 1.0, "schedule": "trapezoid"}
    got = rates(learning_rate_at, range(10), cooldown=0.5, **settings)
    expected = [0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25]
    close_rates(got, expected, "the learning rates of 10 steps, trapezoid, 2 of them warm-up and 4 cooldown")
    got = rates(learning_rate_at, [7, 8, 9], cooldown=0.25, min_learning_rate=0.2, **settings)
    close_rates(got, [1.0, 1.0, 0.6], "the learning rates of steps 7 to 9 of 10, cooldown 0.25, from 1.0 towards 0.2")


def test_rate_rounds_the_warm_up_down(learning_rate_at):
    """A warm-up of 7.25 or 7.5 steps has 7; one of less than a step has none."""
    for n in (29, 30):
        got = rates(learning_rate_at, [0, 6, 7, 8], max_iters=n, warmup=0.25, learning_rate=2.3)
        expected = [2.3 / 7, 2.3, 2.3, 2.3 - 2.3 / (n - 7)]
        close_rates(got, expected, f"the learning rates of steps 0, 6, 7 and 8 of {n}, a quarter of them warm-up")
    got = rates(learning_rate_at, range(4), max_iters=4, warmup=0.2, learning_rate=1.0)
    close_rates(got, [1.0, 0.75, 0.5, 0.25], "the learning rates of 4 steps, where the warm-up's share is 0.2")


def test_rate_of_a_long_run(learning_rate_at):
    """100 steps of warm-up to 0.003, then 1,900 steps down, the last of them with hardly any rate at all."""
    got = rates(learning_rate_at, [0, 49, 99, 100, 1050, 1999], max_iters=2000, warmup=0.05, learning_rate=0.003)
    expected = [0.00003, 0.0015, 0.003, 0.003, 0.0015, 0.003 / 1900]
    close_rates(got, expected, "the learning rates of steps 0, 49, 99, 100, 1050 and 1999 of 2,000")


# --- train_step -------------------------------------------------------------------------------------------------------


def moved(train_step, batches, *, rate=1.0, before=None, **settings):
    """By how much one step of plain gradient descent moves a scorer's weights."""
    model = Scorer()
    start = flat(list(model.parameters()))
    for parameter in model.parameters() if before is not None else ():
        parameter.grad = torch.full_like(parameter, before)
    settings = settings or {"grad_clip": 0.0}
    train_step(model, torch.optim.SGD(model.parameters(), lr=rate), batches, rate, **settings)
    return flat(list(model.parameters())) - start


def close_moves(got, expected, what):
    """In double precision, so that nothing but real differences is seen."""
    expect.close(got, expected, what, atol=1e-6, rtol=1e-5)


def test_step_returns_a_float(train_step):
    """What comes back is a Python float."""
    model = Scorer()
    loss = train_step(model, torch.optim.SGD(model.parameters(), lr=0.1), tokens(2, seed=1), 0.1)
    expect.true(isinstance(loss, float), f"expected the loss as a float, got {kind(loss)}")


def test_step_lowers_the_loss(train_step):
    """Small steps on the same batch make its loss smaller, one after another."""
    model, batches = Scorer(), tokens(1, seed=2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    losses = [by_hand(model, batches)[0]]
    for _ in range(5):
        train_step(model, optimizer, batches, 0.05, 0.0)
        losses.append(by_hand(model, batches)[0])
    expect.equal(losses == sorted(losses, reverse=True), True, "whether the loss falls, or stays, with each of 5 steps")
    expect.between(losses[-1] - losses[0], -9, -0.1, "the change of the loss by 5 small steps on one batch")


def test_step_trains_in_training_mode(train_step):
    """The model, with all that is in it, is in training mode while it works and afterwards, whatever it was before."""
    got = {}
    for before in (False, True):
        model = Dropping().train(before)
        train_step(model, torch.optim.SGD(model.parameters(), lr=0.1), tokens(1, seed=3), 0.1)
        name = "training" if before else "evaluation"
        got[f"the model at work, in {name} mode before"] = all(model.modes[::2])
        got[f"its dropout at work, in {name} mode before"] = all(model.modes[1::2])
        got[f"the model afterwards, in {name} mode before"] = model.training
    expect.equal(got, dict.fromkeys(got, True), "what is in training mode")


def test_step_drops_out_anew_each_time(train_step):
    """The next step drops other numbers out: no seed is set inside."""
    model = Dropping()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        train_step(model, optimizer, tokens(1, seed=4), 0.1)
    same = torch.equal(model.survivors[0], model.survivors[-1])
    expect.true(not same, "two steps dropped out exactly the same numbers")


def test_step_returns_the_loss(train_step):
    """The loss that comes back is the model's own, with the weights as they were before the step."""
    model, batches = Scorer(), tokens(1, seed=5)
    expected = by_hand(model, batches)[0]
    loss = train_step(model, torch.optim.SGD(model.parameters(), lr=0.5), batches, 0.5)
    expect.close(loss, expected, "the loss of one batch")


def test_step_returns_the_mean_loss(train_step):
    """Of several batches it is the mean, all with the weights as they were before the step."""
    model, batches = Scorer(), tokens(3, seed=6)
    expected = by_hand(model, batches)[0]
    loss = train_step(model, torch.optim.SGD(model.parameters(), lr=0.5), batches, 0.5)
    expect.close(loss, expected, "the mean loss of 3 batches")


def test_step_follows_the_gradient(train_step):
    """Plain gradient descent moves each weight by the learning rate times its gradient, downhill."""
    batches = tokens(1, seed=7)
    expected = -0.5 * flat(by_hand(Scorer(), batches)[1])
    close_moves(moved(train_step, batches, rate=0.5), expected, "how the weights moved, one batch, learning rate 0.5")


def test_step_accepts_a_large_loss(train_step):
    """A loss that is merely large is no error."""
    model = Fragile()
    expected = model.weight.detach() * (1 - 0.1 * 2 / 3)  # the gradient of a mean of three squares
    loss = train_step(model, torch.optim.SGD(model.parameters(), lr=0.1), harmful(HUGE), 0.1)
    expect.close(loss, 1e12, "a loss of a million millions")
    expect.close(model.weight.detach(), expected, "the weights after a step with that loss")


def test_step_has_no_limit_by_itself(train_step):
    """Where grad_clip isn't given, a gradient may be as long as it is, and this one is very long."""
    model, batches = Scorer(), tokens(1, seed=16)
    model.table.data *= 100
    before, gradients = flat(list(model.parameters())), by_hand(model, batches)[1]
    train_step(model, torch.optim.SGD(model.parameters(), lr=9.0), batches, 9.0)
    move = flat(list(model.parameters())) - before
    close_moves(move, -9 * flat(gradients), "how the weights moved without grad_clip, learning rate 9")


def test_step_of_several_batches_is_that_of_one_large_batch(train_step):
    """The gradients of 3 batches are averaged, and the weights move only once."""
    batches = tokens(3, seed=8)
    expected = -flat(by_hand(Scorer(), batches)[1])
    close_moves(moved(train_step, batches), expected, "how the weights moved, 3 batches")


def test_step_ignores_gradients_from_before(train_step):
    """Whatever gradients the parameters had before play no part."""
    batches = tokens(2, seed=9)
    expected = -flat(by_hand(Scorer(), batches)[1])
    what = "how the weights moved, where all gradients were 3.0 before"
    close_moves(moved(train_step, batches, before=3.0), expected, what)


def test_step_sets_the_learning_rate(train_step):
    """The optimiser moves by the learning rate that it is told now, not by the one that it was made with."""
    model, batches = Scorer(), tokens(1, seed=10)
    optimizer = torch.optim.SGD(model.parameters(), lr=7.0)
    for rate in (0.25, 0.0, 0.125):
        before, gradients = flat(list(model.parameters())), by_hand(model, batches)[1]
        train_step(model, optimizer, batches, rate, 0.0)
        move = flat(list(model.parameters())) - before
        close_moves(move, -rate * flat(gradients), f"how the weights moved with learning rate {rate} (made with 7.0)")


def test_step_sets_the_learning_rate_of_every_group(train_step):
    """An optimiser may keep its parameters in several groups; all of them get the learning rate."""
    model, batches = Scorer(), tokens(1, seed=11)
    groups = [{"params": [parameter], "lr": 3.0 + number} for number, parameter in enumerate(model.parameters())]
    before, gradients = flat(list(model.parameters())), by_hand(model, batches)[1]
    train_step(model, torch.optim.SGD(groups, lr=7.0), batches, 0.5, 0.0)
    move = flat(list(model.parameters())) - before
    close_moves(move, -0.5 * flat(gradients), "how the weights of 3 parameter groups moved with learning rate 0.5")


def test_step_keeps_the_direction(train_step):
    """All gradients are shortened by one and the same factor: the step is shorter and leads the same way."""
    batches = tokens(1, seed=13)
    expected = -flat(by_hand(Scorer(), batches)[1])
    move = moved(train_step, batches, grad_clip=0.25)
    expect.close(move / move.norm(), expected / expected.norm(), "the direction of the step with grad_clip 0.25")


def test_step_shortens_a_long_gradient(train_step):
    """A gradient longer than grad_clip is shortened to exactly that length, all parameters taken together."""
    lengths = [moved(train_step, tokens(1, seed=12), grad_clip=longest).norm() for longest in (0.25, 0.5, 1.25)]
    what = "the lengths of steps with learning rate 1 and grad_clip 0.25, 0.5 and 1.25"
    expect.close(torch.stack(lengths), torch.tensor([0.25, 0.5, 1.25]), what)


def test_step_leaves_a_short_gradient_alone(train_step):
    """A gradient that is shorter than grad_clip stays as it is."""
    batches = tokens(1, seed=14)
    expected = -flat(by_hand(Scorer(), batches)[1])
    longer = expected.norm().item() * 1.25
    close_moves(moved(train_step, batches, grad_clip=longer), expected, "how the weights moved, grad_clip long enough")


def test_step_clips_what_was_averaged(train_step):
    """What is measured and shortened is the average of the batches' gradients, neither their sum nor each of them."""
    x, _ = tokens(1, seed=15)[0]
    batches = [(x, torch.full_like(x, target)) for target in (0, 1, 3, 5)]  # each pulls another way
    gradients = by_hand(Scorer(), batches)[1]
    longer = flat(gradients).norm().item() * 1.05
    what = "how the weights moved, where the gradient of each batch alone is longer than grad_clip"
    close_moves(moved(train_step, batches, grad_clip=longer), -flat(gradients), what)
    expected = -flat(shortened(gradients, 0.25))
    close_moves(
        moved(train_step, batches, grad_clip=0.25), expected, "how the weights moved, 4 batches, grad_clip 0.25"
    )


def test_step_works_with_any_optimiser(train_step):
    """Momentum and AdamW, with one group of parameters or two, get the same gradients, once per step."""
    for make in (
        lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9, weight_decay=0.1),
        lambda parameters: torch.optim.AdamW(parameters, lr=0.1, betas=(0.9, 0.99), weight_decay=0.1),
        lambda parameters: torch.optim.SGD([{"params": [p], "weight_decay": p.ndim / 9} for p in parameters], lr=0.1),
    ):
        model, twin = Scorer(), Scorer()
        optimizer, twins = make(model.parameters()), make(twin.parameters())
        for number, rate in enumerate((0.1, 0.3, 0.05)):
            batches = tokens(2, seed=20 + number)
            for parameter, gradient in zip(twin.parameters(), shortened(by_hand(twin, batches)[1], 0.7), strict=True):
                parameter.grad = gradient
            for group in twins.param_groups:
                group["lr"] = rate
            twins.step()
            train_step(model, optimizer, batches, rate, 0.7)
        what = f"the weights after 3 steps of {type(optimizer).__name__}"
        expect.close(flat(list(model.parameters())), flat(list(twin.parameters())), what, atol=1e-5)


def test_step_leaves_unused_parameters_alone(train_step):
    """A parameter that is frozen, or that the loss doesn't depend on, is no obstacle and stays as it is."""
    model, batches = Scorer(), tokens(2, seed=17)
    expected = flat(shortened(by_hand(model, batches)[1][:2], 0.25))
    model.spare = nn.Parameter(torch.ones(2))
    model.bias.requires_grad_(False)
    fixed, before = [model.bias.clone(), model.spare.clone()], flat([model.table, model.out])
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    train_step(model, torch.optim.SGD(trained, lr=1.0), batches, 1.0, 0.25)
    for name, parameter, was in zip(("frozen", "unused"), (model.bias, model.spare), fixed, strict=True):
        expect.equal(parameter.detach(), was.detach(), f"the {name} parameter after the step")
    close_moves(flat([model.table, model.out]) - before, -expected, "how the other weights moved, grad_clip 0.25")


def refused(train_step, batches, mentions, what, grad_clip=0.0):
    """The message of the ArithmeticError; the model and the optimiser must be as they were."""
    model = Fragile()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.1)
    train_step(model, optimizer, harmful(0), 0.1)
    before, remembered = flat(list(model.parameters())), copy.deepcopy(optimizer.state_dict()["state"])
    said = []

    def step():
        try:
            loss = train_step(model, optimizer, batches, 0.1, grad_clip)
        except ArithmeticError as error:
            said.append(str(error).lower())
            raise ArithmeticError(said[0]) from None
        after = flat(list(model.parameters()))
        state = "stayed" if torch.equal(after, before) else "moved" if bool(after.isfinite().all()) else "broke"
        return f"{loss}, and the weights {state}"

    expect.raises(ArithmeticError, step, mentions, what)
    expect.equal(flat(list(model.parameters())), before, f"the weights after {what}")
    expect.equal(optimizer.state_dict()["state"], remembered, f"what the optimiser remembers after {what}")
    return said[0]


def test_step_refuses_a_loss_that_is_no_number(train_step):
    """A loss of nan is an ArithmeticError that says "loss"; weights and optimiser stay as they were."""
    refused(train_step, harmful(NAN), ["loss"], "a loss of nan")


def test_step_refuses_an_infinite_loss(train_step):
    """A loss of infinity, or minus infinity, is refused like one of nan."""
    refused(train_step, harmful(INF), ["loss"], "a loss of infinity")
    refused(train_step, harmful(MINUS_INF), ["loss"], "a loss of minus infinity")


def test_step_looks_at_every_loss(train_step):
    """It is enough that one of several batches has such a loss, wherever it comes."""
    for place, harms in (("first", (NAN, 0, 0)), ("second", (0, INF, 0)), ("third", (0, 0, NAN))):
        refused(train_step, harmful(*harms), ["loss"], f"3 batches, the {place} of which has no finite loss")


def test_step_refuses_a_gradient_that_is_no_number(train_step):
    """Losses may be fine and the gradient's length still infinite or nan: an ArithmeticError that says "gradient"."""
    refused(train_step, harmful(STEEP), ["gradient"], "an infinite gradient and grad_clip 0.5", 0.5)
    refused(train_step, harmful(0, NO_SLOPE), ["gradient"], "a gradient of nan in the second of two batches", 0.5)
    refused(train_step, harmful(STEEP), ["gradient"], "an infinite gradient")


def test_step_says_which_it_was(train_step):
    """The messages for a loss and for a gradient are not the same."""
    loss = refused(train_step, harmful(NAN), ["loss"], "a loss of nan")
    gradient = refused(train_step, harmful(NO_SLOPE), ["gradient"], "a gradient of nan")
    expect.true(loss != gradient, f"the message is the same for a loss and for a gradient: {loss}")


# --- should_stop_early ------------------------------------------------------------------------------------------------


def decide(should_stop_early, expected, *cases):
    """The decisions on some lists of losses, each with its patience, must all be the same."""
    got = {}
    for losses, patience in cases:
        name = f"{', '.join(map(str, losses)) or 'no losses'}; patience {patience}"
        got[name] = should_stop_early(list(losses), patience)
    expect.equal(got, dict.fromkeys(got, expected), "whether training stops early")


def test_early_goes_on_while_the_loss_falls(should_stop_early):
    """As long as each measurement is a new best, training goes on."""
    falling = [2.5, 2.0, 1.5, 1.25, 1.0]
    decide(should_stop_early, False, (falling, 1), (falling, 2), (falling, 3))


def test_early_stops_when_the_loss_rises(should_stop_early):
    """When the last two are worse than the best before them and patience is 2, it stops."""
    decide(should_stop_early, True, ([2.0, 1.0, 1.25, 1.5], 2), ([3.0, 2.0, 1.0, 1.5, 1.25], 2))


def test_early_waits_for_patience(should_stop_early):
    """One measurement fewer than patience is not enough."""
    rising = [2.0, 1.0, 1.25, 1.5]
    long = [2.0, 1.0, *[1.5] * 11]
    decide(should_stop_early, False, (rising[:3], 2), (rising, 3), ([2.0, *rising, 1.75], 4), (long[:7], 6), (long, 12))


def test_early_waits_no_longer_than_patience(should_stop_early):
    """As many measurements as patience are enough, and so are more."""
    rising = [2.0, 1.0, 1.25, 1.5, 1.75]
    decide(should_stop_early, True, (rising, 3), (rising, 2), (rising, 1), (rising[:3], 1))


def test_early_takes_the_first_measurement_for_a_best(should_stop_early):
    """If nothing was ever better than the first measurement, those after it count as no better."""
    decide(should_stop_early, True, ([1.0, 1.25, 1.5], 2), ([1.0, 1.25, 1.5, 1.75], 3), ([1.0, 1.25], 1))


def test_early_compares_with_the_best(should_stop_early):
    """What counts is a new best, not whether a loss is lower than the one before it."""
    cases = ([1.0, 2.0, 1.75, 1.5], 3), ([3.0, 1.0, 2.0, 1.5, 1.75, 1.25], 4), ([1.0, 0.5, 1.5, 0.75, 1.25], 2)
    decide(should_stop_early, True, *cases, ([2.0, 1.5, 1.0, 1.25, 1.125], 2))


def test_early_goes_on_after_a_new_best(should_stop_early):
    """One new best among the last measurements is enough to go on, wherever among them."""
    cases = ([2.0, 1.0, 1.5, 1.25], 3), ([2.0, 2.5, 2.25, 1.0], 3), ([2.0, 2.5, 1.0, 2.25], 3)
    decide(should_stop_early, False, *cases, ([2.0, 1.0, 9.0, 9.0], 3), ([2.0, 9.0, 9.0, 9.0, 9.0, 1.0], 5))


def test_early_takes_no_tie_for_a_best(should_stop_early):
    """As good as the best is no better than the best."""
    decide(
        should_stop_early,
        True,
        ([2.0, 1.0, 1.0, 1.0], 2),
        ([1.0, 2.0, 1.0], 2),
        ([1.0, 1.0, 1.0, 1.0], 3),
        ([2.0, 1.0, 1.5, 1.5], 2),
    )


def test_early_takes_the_smallest_gain_for_a_best(should_stop_early):
    """A new best is a new best, however little it is better."""
    gains = (0.25, 1e-2, 4e-3, 1e-3, 1e-4, 1e-7, 1e-9)
    decide(should_stop_early, False, *(([1.0, 1.5, 1.0 - gain], 2) for gain in gains))


def test_early_remembers_a_best_of_long_ago(should_stop_early):
    """The best may lie far back: a loss that fell meanwhile, but not as far, is no new best."""
    falling = [3.0, 2.5, 2.0, 1.5, 1.0, 0.75]
    long = [0.5, *[3.0 - n / 8 for n in range(18)]]
    cases = ([2.0, 0.5, *falling], 2), ([0.5, *falling], 1), ([2.0, 0.5, *falling], 5), (long, 2), (long, 12)
    decide(should_stop_early, True, *cases)


def test_early_forgives_a_pause_that_is_over(should_stop_early):
    """Losses that once failed to improve don't count after a new best."""
    pause = [2.0, 2.5, 2.25, 2.5]
    decide(should_stop_early, False, ([*pause, 1.0, 0.5], 2), ([*pause, 1.0, 1.5], 2), ([*pause, 1.0], 1))


def test_early_never_stops_with_patience_0(should_stop_early):
    """Patience 0 means: never."""
    decide(should_stop_early, False, ([1.0, 2.0, 3.0, 4.0], 0), ([2.0, 1.0], 0), ([1.0], 0), ([], 0))


def test_early_goes_on_with_few_measurements(should_stop_early):
    """Without measurements, or with fewer of them than patience, nothing is known yet."""
    decide(should_stop_early, False, ([], 1), ([], 3), ([1.0], 2), ([1.0, 2.0, 3.0], 5))


def test_early_goes_on_with_as_many_measurements_as_patience(should_stop_early):
    """The last patience measurements are no better than a best before them only where there is one before them."""
    decide(should_stop_early, False, ([1.0], 1), ([1.0, 2.0], 2), ([1.0, 2.0, 3.0], 3))


def test_early_never_stops_without_validation_text(should_stop_early):
    """Where all measurements are None it goes on."""
    decide(should_stop_early, False, ([None], 1), ([None] * 4, 2), ([None] * 2, 0), ([None] * 2, 5))


def test_early_leaves_the_losses_as_they_were(should_stop_early):
    """The list of losses is not changed."""
    losses = [2.0, 1.0, 1.5, 1.25]
    should_stop_early(losses, 2)
    expect.equal(losses, [2.0, 1.0, 1.5, 1.25], "the losses after the call")
