"""Checks of lab 05: the whole training loop, train_lm."""

import tempfile
from contextlib import contextmanager
from pathlib import Path

import torch

from tests.labs.helpers_bench import Bench
from tests.labs.helpers_training import kind
from vibejam_core.course import expect
from vibejam_core.models.checkpoint_folder import checkpoints_in
from vibejam_core.models.config import ModelConfig
from vibejam_core.text.config import DataConfig
from vibejam_core.text.corpora import Corpus
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.run import TrainingDiverged, start_run


def trained(train_lm, **settings):
    """A bench run after training: of 7 steps, measured every 3, if nothing else is said."""
    run = Bench(**settings)
    run.returned = train_lm(run)
    return run


def story(run):
    """What a run did, for a check of when things happen."""
    return {
        "steps made": len(run.told),
        "measured at": [step for step, _ in run.measured],
        "saved at": [step for step, _ in run.saved],
        "saved without a record at": [step for step, record in run.saved if record is None],
    }


def did(steps, measured, saved, without=()):
    """What a run should have done."""
    names = ("steps made", "measured at", "saved at", "saved without a record at")
    return dict(zip(names, (steps, measured, saved, list(without)), strict=True))


# --- All of a run -----------------------------------------------------------------------------------------------------


def test_lm_makes_all_steps(train_lm):
    """A new run makes max_iters steps, each of which it tells to run.tick, however small the loss is."""
    for n, weight in ((1, 10.0), (7, 10.0), (5, 0.0)):
        run = Bench(max_iters=n)
        run.model.weight.data.fill_(weight)
        train_lm(run)
        expect.equal([len(run.told), run.step], [n, n], f"how often run.tick was called, and run.step, of {n} steps")


def test_lm_returns_the_outcome(train_lm):
    """What comes back is the run's outcome."""
    run = trained(train_lm)
    expect.true(run.outcomes, "run.outcome() was never asked for")
    got = run.returned is not None and any(run.returned is outcome for outcome, _ in run.outcomes)
    expect.true(got, f"expected what run.outcome() gave, got {kind(run.returned)}")


def test_lm_sits_while_it_works(train_lm):
    """Measuring, stepping and saving, the last time too, happen inside one run.sitting()."""
    run = trained(train_lm, stop_at=5)
    expect.equal(run.sittings, 1, "how often run.sitting() was entered")
    expect.equal(run.outside, [], "what was asked of the run outside its sitting")


def test_lm_asks_for_the_outcome_after_the_sitting(train_lm):
    """Only when the sitting is over does the run know whether it was interrupted."""
    run = trained(train_lm)
    expect.equal([over for _, over in run.outcomes][-1:], [True], "whether the sitting was over before run.outcome()")


def test_lm_draws_fresh_batches_for_each_step(train_lm):
    """Each step takes as many batches as config.accumulate says, drawn for it, and none is drawn ahead."""
    for accumulate in (1, 3):
        run = trained(train_lm, max_iters=4, eval_interval=2, accumulate=accumulate)
        expect.equal(run.drawn, 4 * accumulate, f"how many batches 4 steps drew, accumulate {accumulate}")
        drawn, needed = zip(*run.ahead, strict=True)
        what = f"how many batches were drawn by each measurement, step and save, accumulate {accumulate}"
        expect.equal(list(drawn), list(needed), what)


# --- The steps --------------------------------------------------------------------------------------------------------


def slide(rates, gradients):
    """The weight of a Slope after each step, by hand."""
    weight, weights = 10.0, []
    for rate, gradient in zip(rates, gradients, strict=True):
        weight -= rate * gradient
        weights.append(weight)
    return weights


def test_lm_moves_the_weights(train_lm):
    """Each step moves the weights by its own batch's gradient, each of which is seen once, in order."""
    run = trained(train_lm, max_iters=5, schedule="constant", learning_rate=0.01)
    expect.close(run.weights, slide([0.01] * 5, [1, 2, 3, 4, 5]), "the weight after each of 5 steps")


def test_lm_uses_each_steps_learning_rate(train_lm):
    """Step 0 is made with the rate of step 0, up in the warm-up and then down."""
    run = trained(train_lm, max_iters=5, warmup=0.4)
    rates = [0.05, 0.1, 0.1, 0.2 / 3, 0.1 / 3]
    expect.close(run.weights, slide(rates, [1, 2, 3, 4, 5]), "the weight after each of 5 steps, 2 of them warm-up")


def test_lm_averages_the_batches_of_a_step(train_lm):
    """With accumulate 3 a step's gradient is the mean of 3 batches', and the schedule still counts steps."""
    run = trained(train_lm, max_iters=3, accumulate=3, learning_rate=0.03)
    expect.close(run.weights, slide([0.03, 0.02, 0.01], [2, 5, 8]), "the weight after each of 3 steps, accumulate 3")


def test_lm_clips(train_lm):
    """No gradient is longer than config.grad_clip."""
    run = trained(train_lm, max_iters=4, schedule="constant", learning_rate=0.01, grad_clip=2.5)
    expect.close(run.weights, slide([0.01] * 4, [1, 2, 2.5, 2.5]), "the weight after each of 4 steps, grad_clip 2.5")


def test_lm_tells_each_loss(train_lm):
    """run.tick gets the loss that the step returned."""
    run = trained(train_lm, max_iters=3, accumulate=2, schedule="constant", learning_rate=0.01)
    before = [10.0, *slide([0.01] * 2, [1.5, 3.5])]
    losses = [weight * mean for weight, mean in zip(before, [1.5, 3.5, 5.5], strict=True)]
    expect.close(run.told, losses, "the losses told to run.tick, 3 steps of 2 batches")


# --- Measuring and saving ---------------------------------------------------------------------------------------------


def test_lm_measures_a_new_run_first(train_lm):
    """The first measurement is that of step 0, before anything was learned."""
    run = trained(train_lm, max_iters=2, eval_interval=9)
    expect.equal(run.measured[:1], [[0, 0.1]], "the step and the learning rate of the first measurement")


def test_lm_measures_at_every_interval(train_lm):
    """With 9 steps and an interval of 3, a new run is measured at steps 0, 3, 6 and 9, each time once."""
    run = trained(train_lm, max_iters=9)
    expect.equal(story(run)["measured at"], [0, 3, 6, 9], "the steps at which a run of 9 was measured, interval 3")


def test_lm_measures_after_the_last_step(train_lm):
    """Whether or not it falls on an interval."""
    for n, interval, expected in ((7, 3, [0, 3, 6, 7]), (4, 9, [0, 4]), (3, 1, [0, 1, 2, 3])):
        run = trained(train_lm, max_iters=n, eval_interval=interval)
        what = f"the steps at which a run of {n} was measured, interval {interval}"
        expect.equal(story(run)["measured at"], expected, what)


def test_lm_measures_with_the_rate_of_the_step_before(train_lm):
    """A record has the learning rate of the step that was made last; that of step 0 before the first."""
    run = trained(train_lm, max_iters=5, eval_interval=2, warmup=0.4)
    expected = [0.05, 0.1, 0.2 / 3, 0.1 / 3]
    expect.close(
        [rate for _, rate in run.measured], expected, "the learning rates of the measurements, steps 0, 2, 4, 5"
    )


def test_lm_saves_what_it_measured(train_lm):
    """After each measurement but the first the run is saved, once."""
    for n, steps in ((7, (3, 6, 7)), (6, (3, 6))):
        expected = ["measured at 0", *(f"{what} at {step}" for step in steps for what in ("measured", "saved"))]
        expect.equal(trained(train_lm, max_iters=n).order, expected, f"what happened to a run of {n} steps, interval 3")


def test_lm_saves_the_record(train_lm):
    """A checkpoint has the record of the measurement made at its step."""
    run = trained(train_lm, next_losses=[3.0, 2.5, 2.25, 2.125])
    got = {f"at step {step}": record for step, record in run.saved}
    records = {f"at step {record['step']}": record for record in run.log.records if record["step"] > 0}
    expect.equal(got, records, "the record that was saved")


# --- Stopping ---------------------------------------------------------------------------------------------------------


def test_lm_stops_when_its_time_is_up(train_lm):
    """With 4 seconds for a run that needs 1 per step it makes 4 steps, and the last is saved."""
    run = trained(train_lm, max_seconds=4.0)
    expect.equal(story(run), did(4, [0, 3], [3, 4], [4]), "what a run of 7 steps with time for 4 did")


def test_lm_stops_when_it_must(train_lm):
    """When run.must_stop() says so no further step is made, and the last one is saved, without a measurement."""
    run = trained(train_lm, stop_at=5)
    expect.equal(story(run), did(5, [0, 3], [3, 5], [5]), "what a run that must stop after 5 steps did")


def test_lm_saves_once_where_it_stops(train_lm):
    """A run that stops just after it was measured is saved already."""
    expect.equal(
        story(trained(train_lm, stop_at=3)), did(3, [0, 3], [3]), "what a run that must stop after 3 steps did"
    )


def test_lm_may_have_to_stop_at_once(train_lm):
    """A new run that must stop at once makes no step, and is saved."""
    expect.equal(
        story(trained(train_lm, stop_at=0)), did(0, [0], [0], [0]), "what a new run did that must stop at once"
    )


def test_lm_goes_on_without_patience(train_lm):
    """With patience 0, and where no validation loss is measured, nothing ends it early."""
    for patience, losses in ((0, [1.0, 2.0, 3.0, 4.0, 5.0]), (1, [None] * 5)):
        run = trained(train_lm, max_iters=4, eval_interval=1, patience=patience, next_losses=losses)
        expect.equal(run.step, 4, f"how many steps were made with the losses {losses}, patience {patience}")


def test_lm_stops_early(train_lm):
    """When the validation loss brought no new best config.patience times in a row, training ends."""
    losses = [3.0, 2.0, 2.0, 1.5, 1.75, 1.625, 1.75, 1.75, 1.75, 1.0]
    run = trained(train_lm, max_iters=20, eval_interval=2, patience=2, next_losses=losses)
    what = "what a run did with the losses 3, 2, 2, 1.5, 1.75, 1.625, patience 2"
    expect.equal(story(run), did(10, [0, 2, 4, 6, 8, 10], [2, 4, 6, 8, 10]), what)


# --- Going on ---------------------------------------------------------------------------------------------------------


def test_lm_goes_on_where_it_was(train_lm):
    """A run resumed at step 4 of 7 makes 3 steps, and is measured and saved at 6 and 7, not at once."""
    run = trained(train_lm, step=4, val_losses=[2.0, 1.9])
    expected = did(3, [6, 7], [6, 7])
    expect.equal(story(run), expected, "what a run resumed at step 4 of 7 did, interval 3")


def test_lm_goes_on_with_the_rate_where_it_was(train_lm):
    """The schedule goes by the steps of the whole run."""
    run = trained(train_lm, max_iters=5, step=2, val_losses=[2.0])
    expected = slide([0.06, 0.04, 0.02], [1, 2, 3])
    expect.close(run.weights, expected, "the weight after each step of a run resumed at 2 of 5")


def test_lm_remembers_measurements_from_before(train_lm):
    """All measurements of a run count for stopping early, those before it was resumed included."""
    run = trained(train_lm, max_iters=20, step=4, val_losses=[3.0, 1.0], patience=2, next_losses=[2.0, 1.5, 1.25])
    expected = did(5, [6, 9], [6, 9])
    expect.equal(
        story(run), expected, "what a run did that measured 3, 1 before it was resumed, then 2, 1.5; patience 2"
    )


def test_lm_does_nothing_to_a_finished_run(train_lm):
    """A run that has made all its steps is neither measured nor saved again; its outcome is asked for."""
    for step in (7, 8):
        run = trained(train_lm, step=step, val_losses=[2.0, 1.9])
        expected = did(0, [], [])
        expect.equal(story(run), expected, f"what a run of 7 steps did that was resumed at step {step}")
        expect.true(run.returned is not None, "nothing was returned; expected run.outcome()")


def test_lm_does_nothing_where_it_must_not_go_on(train_lm):
    """A resumed run whose time is up, or that had stopped early, makes no step and isn't saved again."""
    expected = did(0, [], [])
    run = trained(train_lm, step=4, val_losses=[2.0, 1.9], max_seconds=4.0)
    expect.equal(story(run), expected, "what a resumed run did whose time is up")
    run = trained(train_lm, step=4, val_losses=[1.0, 2.0, 3.0], patience=2)
    expect.equal(story(run), expected, "what a resumed run did that had stopped early before")


def test_lm_leaves_the_generators_alone(train_lm):
    """No seed is set: where a run is in its random numbers is part of what is saved and resumed."""
    run = Bench()
    before = [torch.get_rng_state(), run.batches.get_state()]
    train_lm(run)
    after = [torch.get_rng_state(), run.batches.get_state()]
    same = [torch.equal(*pair) for pair in zip(before, after, strict=True)]
    expect.equal(same, [True, True], "whether torch's generator, and that of the batches, are where they were")


# --- When something goes wrong ----------------------------------------------------------------------------------------


def after_a_nan(train_lm):
    """A function that trains a run with a nan in its fifth step, and the run."""
    run = Bench(poison=5)

    def act():
        train_lm(run)
        return ", ".join([*run.order, f"{len(run.told)} steps told"])

    return act, run


def test_lm_tells_when_the_loss_is_no_number(train_lm):
    """A nan ends training as TrainingDiverged, which names the step."""
    act, _ = after_a_nan(train_lm)
    expect.raises(TrainingDiverged, act, ["step 4", "nan"], "a loss of nan in the fifth step")


def test_lm_saves_nothing_after_a_nan(train_lm):
    """The step isn't counted, and the weights that led to it are not saved."""
    act, run = after_a_nan(train_lm)
    expect.raises(TrainingDiverged, act, what="a loss of nan in the fifth step")
    expect.equal(story(run), did(4, [0, 3], [3]), "what a run did with a nan in its fifth step")


def test_lm_lets_other_errors_through(train_lm):
    """When a checkpoint can't be written, the OSError is not swallowed."""
    run = Bench(max_iters=4, eval_interval=2)

    def full(record=None):
        raise OSError("the disk is full")

    run.save = full
    expect.raises(OSError, lambda: train_lm(run), ["the disk is full"], "a full disk at the first checkpoint")
    expect.equal(run.step, 2, "the step at which the run ended")


# --- A real run, on the disk ------------------------------------------------------------------------------------------

TEXT = Corpus("counting", ("".join(f"{n}, " for n in range(60)),))
SHAPE = ModelConfig(block_size=4, n_layer=1, n_head=1, n_embd=4, dropout=0.5)


def real_run(folder, **changes):
    """A small GPT with dropout, which trains without a word."""
    settings = {"max_iters": 5, "eval_interval": 3, "eval_iters": 1, "batch_size": 2, "accumulate": 2, **changes}
    run = start_run(
        DataConfig(), SHAPE, TrainConfig(ckpt_path=folder, device="cpu", **settings), TEXT, lambda line: None
    )
    sitting, draw = run.sitting, run.next_batch

    @contextmanager
    def silent():
        with sitting():
            run.now.progress.say = lambda line: None
            yield

    def next_batch():
        if run.step > 20:
            expect.true(False, f"training does not end: it is at step {run.step} of {run.config.max_iters}")
        return draw()

    run.sitting, run.next_batch = silent, next_batch
    return run


def test_lm_resumes_as_if_it_had_never_stopped(train_lm):
    """A run stopped at step 2 and resumed ends with the same weights, to the last bit, dropout and all."""
    with tempfile.TemporaryDirectory() as place:
        whole = real_run(Path(place, "whole"))
        train_lm(whole)
        halved = real_run(Path(place, "halved"))
        halved.must_stop = lambda: halved.step >= 2
        train_lm(halved)
        resumed = real_run(Path(place, "halved"), resume=True)
        outcome = train_lm(resumed)
        expect.equal([resumed.step, outcome.step, outcome.ended], [5, 5, "finished"], "where the resumed run ended")
        weights = [
            torch.cat([weight.detach().flatten() for weight in run.model.parameters()]) for run in (resumed, whole)
        ]
        expect.equal(weights[0], weights[1], "the weights of the resumed run, beside those of one that never stopped")
        names = [folder.name for folder in checkpoints_in(Path(place, "halved"))]
        expect.equal(names, ["step_000003", "step_000005"], "the checkpoints in the run's folder")
