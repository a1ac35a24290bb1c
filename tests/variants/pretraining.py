"""Correct ways to write the loss's scale that differ from the reference's."""

from vibejam_core.course.known import Variant, whole

CLASS = "class LossScale:\n    def update(self, finite):\n"

VARIANTS = {
    "pretraining.LossScale": [
        Variant("what is left to be done first, an early return, a message with a capital letter", whole(CLASS + '''
        if finite and self.good + 1 < self.interval:
            self.good += 1
            return
        if not finite and not self.scale > 1:
            raise OverflowError("Gradients are not finite, and the scale can't fall any further")
        self.scale = math.ldexp(self.scale, 1) if finite else max(math.ldexp(self.scale, -1), 1.0)
        self.good = 0
''')),
        Variant("the overflow first, in-place operators", whole(CLASS + '''
        if not finite:
            if self.scale == 1:
                raise FloatingPointError("gradient overflow at scale 1")
            self.scale /= 2
            self.scale = self.scale if self.scale > 1 else 1.0
            self.good = 0
            return
        self.good = self.good + 1
        if self.good == self.interval:
            self.scale *= 2
            self.good = 0
''')),
        Variant("the count modulo the interval", whole(CLASS + '''
        if finite:
            self.good = (self.good + 1) % self.interval
            if self.good == 0:
                self.scale = self.scale * 2.0
        elif self.scale > 1.0:
            self.good = 0
            self.scale = max(self.scale * 0.5, 1.0)
        else:
            raise OverflowError(f"gradients overflow without a scale ({self.scale})".replace("gradients", "the gradient's numbers"))
''')),
        Variant("match on whether it was finite", whole(CLASS + '''
        match bool(finite), self.scale <= 1:
            case True, _:
                good, factor = self.good + 1, 1.0
                if good >= self.interval:
                    good, factor = 0, 2.0
            case False, True:
                raise ArithmeticError("the scale is 1, and yet the gradient is not finite")
            case _:
                good, factor = 0, 0.5
        self.good, self.scale = good, max(1.0, factor * self.scale)
''')),
    ],
}
