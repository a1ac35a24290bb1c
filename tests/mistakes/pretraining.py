"""Ways people get the loss's scale wrong."""

from vibejam_core.course.known import Mistake, edit

UPDATE = """        if finite:
            self.good += 1
            if self.good >= self.interval:
                self.scale, self.good = 2 * self.scale, 0
        elif self.scale <= 1:
            raise ArithmeticError("the gradient is infinite or not a number, although the loss isn't scaled any more")
        else:
            self.scale, self.good = max(1.0, self.scale / 2), 0
"""
IF = "        if finite:\n"
COUNT = "self.good += 1"
WHEN = "if self.good >= self.interval:"
DOUBLE = "self.scale, self.good = 2 * self.scale, 0"
LOW = "elif self.scale <= 1:"
RAISE = 'raise ArithmeticError("the gradient is infinite or not a number, although the loss isn\'t scaled any more")'
HALVE = "self.scale, self.good = max(1.0, self.scale / 2), 0"
FLOOR = "max(1.0, self.scale / 2)"

MISTAKES = {
    "pretraining.LossScale": [
        # Growing
        Mistake("the scale never grows", edit(DOUBLE, "self.good = 0")),
        Mistake("the scale doubles after every good step", edit(WHEN, "if True:")),
        Mistake("the scale doubles one step too late", edit(WHEN, "if self.good > self.interval:")),
        Mistake("the scale doubles one step too early", edit(WHEN, "if self.good >= self.interval - 1:")),
        Mistake("the scale grows by 1, not twofold", edit(DOUBLE, "self.scale, self.good = self.scale + 1, 0")),
        Mistake("the scale grows fourfold", edit(DOUBLE, "self.scale, self.good = 4 * self.scale, 0")),
        Mistake("the scale is squared", edit(DOUBLE, "self.scale, self.good = self.scale**2, 0")),
        Mistake("the counting goes on after the scale was doubled, which then doubles in every step", edit(DOUBLE, "self.scale = 2 * self.scale")),
        Mistake("the counting goes on after the scale was doubled, and doubles at multiples of the interval", edit(WHEN, "if self.good % self.interval == 0:", DOUBLE, "self.scale = 2 * self.scale")),
        Mistake("the counting begins anew at 1 after the scale was doubled", edit(DOUBLE, "self.scale, self.good = 2 * self.scale, 1")),
        Mistake("good steps aren't counted", edit(COUNT, "pass")),
        Mistake("good steps are counted twice", edit(COUNT, "self.good += 2")),
        Mistake("the interval is 2000, whatever is asked for", edit(WHEN, "if self.good >= 2000:")),
        Mistake("the interval is 3, whatever is asked for", edit(WHEN, "if self.good >= 3:")),
        Mistake("the interval doubles with the scale", edit(DOUBLE, DOUBLE + "\n                self.interval *= 2")),
        Mistake("the scale never grows beyond 2 to the 24th", edit(DOUBLE, "self.scale, self.good = min(2.0**24, 2 * self.scale), 0")),
        Mistake("the scale never grows beyond 2 to the 16th", edit(DOUBLE, "self.scale, self.good = min(2.0**16, 2 * self.scale), 0")),
        Mistake("the scale grows only up to what it was at first", edit(IF, "        self.first = getattr(self, 'first', self.scale)\n" + IF, DOUBLE, "self.scale, self.good = min(max(self.first, 256.0), 2 * self.scale), 0")),
        Mistake("a scale that fell to 1 stays there", edit(DOUBLE, "self.scale, self.good = self.scale if self.scale == 1 else 2 * self.scale, 0")),
        Mistake("a doubled scale is made a whole number", edit(DOUBLE, "self.scale, self.good = int(2 * self.scale), 0")),
        # Falling
        Mistake("the scale doesn't fall", edit(HALVE, "self.good = 0")),
        Mistake("the scale is divided by 4 after an overflow", edit(FLOOR, "max(1.0, self.scale / 4)")),
        Mistake("the scale falls by 1 after an overflow", edit(FLOOR, "max(1.0, self.scale - 1)")),
        Mistake("the scale falls to 1 at once", edit(FLOOR, "1.0")),
        Mistake("the scale falls to its root", edit(FLOOR, "max(1.0, self.scale**0.5)")),
        Mistake("the scale grows after an overflow and falls after good steps", edit(DOUBLE, "self.scale, self.good = self.scale / 2, 0", FLOOR, "2 * self.scale")),
        Mistake("finite is taken for overflow: the cases are swapped", edit(IF, "        if not finite:\n")),
        Mistake("the counting goes on after an overflow: good steps needn't be in a row", edit(HALVE, "self.scale = " + FLOOR)),
        Mistake("an overflow takes one good step back, not all", edit(HALVE, f"self.scale, self.good = {FLOOR}, max(0, self.good - 1)")),
        Mistake("an overflow counts below 0, so it takes longer to grow again", edit(HALVE, f"self.scale, self.good = {FLOOR}, -1")),
        Mistake("only the second overflow in a row halves the scale", edit(IF, "        self.bad = 0 if finite else getattr(self, 'bad', 0) + 1\n        if not finite and self.bad % 2 == 1 and self.scale > 1:\n            self.good = 0\n            return\n" + IF)),
        # The floor
        Mistake("the scale falls below 1", edit(FLOOR, "self.scale / 2", LOW, "elif self.scale < 0.01:")),
        Mistake("the scale falls below 1 once, where it is no power of two", edit(FLOOR, "self.scale / 2")),
        Mistake("the scale doesn't fall below 2", edit(FLOOR, "max(2.0, self.scale / 2)")),
        Mistake("the scale is always a whole number", edit(FLOOR, "max(1, self.scale // 2)")),
        Mistake("at scale 1 an overflow is passed over", edit(RAISE, "self.good = 0")),
        Mistake("at scale 1 an overflow is a RuntimeError", edit(RAISE, RAISE.replace("ArithmeticError", "RuntimeError"))),
        Mistake("at scale 1 an overflow is a ValueError", edit(RAISE, RAISE.replace("ArithmeticError", "ValueError"))),
        Mistake("at scale 1 an overflow is an error that doesn't say what overflowed", edit(RAISE, 'raise ArithmeticError("the scale is at its lowest")')),
        Mistake("at scale 1 an overflow is an error, and good steps are forgotten", edit(RAISE, "self.good = 0\n            " + RAISE)),
        Mistake("at scale 1 an overflow is an error, and the scale is halved before", edit(RAISE, "self.scale = 0.5\n            " + RAISE)),
        Mistake("the error comes when the scale gets to 1, before it was tried", edit(LOW, "elif self.scale <= 2:")),
        Mistake("at scale 1 a good step is an error, too", edit(IF, f"        if self.scale <= 1:\n            {RAISE}\n" + IF)),
        Mistake("an overflow is an error at any scale", edit(LOW, "elif True:")),
        # Other things
        Mistake("the scale is computed and returned, not kept", edit(DOUBLE, "self.good = 0\n                return 2 * self.scale", HALVE, "self.good = 0\n            return self.scale / 2")),
        Mistake("the counting is kept by the class, for all scales together",
                edit(COUNT, "LossScale.count = getattr(LossScale, 'count', 0) + 1\n            self.good = LossScale.count", DOUBLE, "LossScale.count = 0\n                " + DOUBLE, HALVE, "LossScale.count = 0\n            " + HALVE)),
        Mistake("the steps are counted in an attribute of its own, which a saved state doesn't have",
                edit(COUNT, "self.n = getattr(self, 'n', 0) + 1\n            self.good = self.n", DOUBLE, "self.n = 0\n                " + DOUBLE, HALVE, "self.n = 0\n            " + HALVE)),
        Mistake("the count is kept hidden, and good says nothing",
                edit(COUNT, "self.hidden = getattr(self, 'hidden', 0) + 1", WHEN, "if self.hidden >= self.interval:", DOUBLE, "self.scale, self.hidden = 2 * self.scale, 0", HALVE, f"self.scale, self.hidden = {FLOOR}, 0")),
    ],
}
