"""Checks of lab 15: by how much a loss is multiplied."""

from vibejam_core.course import expect

# --- LossScale --------------------------------------------------------------------------------------------------------


def walked(LossScale, steps, scale=64.0, interval=3):
    """The scale and the count after each step: a + for a good one, a - for an overflow."""
    loss_scale = LossScale(scale, interval)
    seen = []
    for step in steps:
        loss_scale.update(step == "+")
        seen.append([loss_scale.scale, loss_scale.good])
    return seen


def test_scale_stays_while_steps_are_good(LossScale):
    """Fewer good steps than the interval leave the scale as it is, and are counted."""
    expect.equal(walked(LossScale, "++"), [[64.0, 1], [64.0, 2]], "[scale, good] after each of 2 good steps")


def test_scale_doubles_after_the_interval(LossScale):
    """The third good step in a row doubles the scale, where the interval is 3."""
    want = [[64.0, 1], [64.0, 2], [128.0, 0]]
    expect.equal(walked(LossScale, "+++"), want, "[scale, good] after each of 3 good steps")


def test_scale_counts_anew_after_doubling(LossScale):
    """The next doubling takes as many good steps again."""
    scales = [scale for scale, _ in walked(LossScale, "+" * 9)]
    expect.equal(scales, [64.0] * 2 + [128.0] * 3 + [256.0] * 3 + [512.0], "the scale after each of 9 good steps")


def test_scale_halves_after_an_overflow(LossScale):
    """A step that overflowed halves the scale, and the next one again."""
    want = [[32.0, 0], [16.0, 0]]
    expect.equal(walked(LossScale, "--"), want, "[scale, good] after each of 2 overflows")


def test_scale_counts_anew_after_an_overflow(LossScale):
    """Good steps before an overflow no longer count: it takes three in a row."""
    seen = walked(LossScale, "++-++-+++")
    expect.equal([scale for scale, _ in seen], [64.0, 64.0, 32.0, 32.0, 32.0, 16.0, 16.0, 16.0, 32.0],
                 "the scale after 2 good steps, an overflow, 2 good ones, an overflow, 3 good ones")  # fmt: skip
    expect.equal([good for _, good in seen], [1, 2, 0, 1, 2, 0, 1, 2, 0], "good after each of these steps")


def test_scale_of_every_interval(LossScale):
    """The interval may be anything from 1 on."""
    expect.equal([s for s, _ in walked(LossScale, "+++", 2.0, 1)], [4.0, 8.0, 16.0], "the scales with interval 1")
    seen = walked(LossScale, "+" * 12, 2.0, 5)
    expect.equal([s for s, _ in seen], [2.0] * 4 + [4.0] * 5 + [8.0] * 3, "the scales with interval 5")


def test_scale_may_be_a_fraction(LossScale):
    """A scale that is no whole number is doubled and halved as it is."""
    seen = walked(LossScale, "+-", 2.25, 1)
    expect.equal([s for s, _ in seen], [4.5, 2.25], "the scale, 2.25 at first, after a good step and an overflow")


def test_scale_does_not_fall_below_1(LossScale):
    """Halves end at 1, which a scale that is no power of two comes to as well."""
    expect.equal([s for s, _ in walked(LossScale, "--", 4.0)], [2.0, 1.0], "the scale, 4 at first, after 2 overflows")
    expect.equal([s for s, _ in walked(LossScale, "--", 3.0)], [1.5, 1.0], "the scale, 3 at first, after 2 overflows")


def test_scale_grows_again_from_1(LossScale):
    """A scale that fell to 1 can double again, as often as steps are good."""
    seen = walked(LossScale, "-++++++", 2.0)
    expect.equal([s for s, _ in seen], [1.0] * 3 + [2.0] * 3 + [4.0], "the scale after an overflow and 6 good steps")


def test_scale_has_no_upper_end(LossScale):
    """Nothing but overflows keeps the scale from growing."""
    expect.equal(walked(LossScale, "+" * 40, 2.0**16, 1)[-1][0], 2.0**56, "the scale after 40 doublings from 65536")


def test_scale_at_1_is_not_to_blame(LossScale):
    """An overflow at scale 1 is an ArithmeticError that says "gradient", and nothing changes."""
    loss_scale = LossScale(1.0, 3)
    loss_scale.update(True)

    def overflow():
        try:
            loss_scale.update(False)
        except ArithmeticError as error:
            raise type(error)(str(error).lower()) from error  # "Gradient" says it as well

    expect.raises(ArithmeticError, overflow, ["gradient"], "an overflow at scale 1")
    expect.equal([loss_scale.scale, loss_scale.good], [1.0, 1], "[scale, good] afterwards, after one good step before")


def test_scale_goes_on_from_its_state(LossScale):
    """One that loads another's state goes on as that would have."""
    first, second = LossScale(16.0, 3), LossScale(2.0, 3)
    for finite in (True, True):
        first.update(finite)
    second.load_state_dict(first.state_dict())
    second.update(True)
    expect.equal([second.scale, second.good], [32.0, 0], "[scale, good] after 2 good steps, a load and a third one")
