"""Ways people get the trapezoid wrong."""

from vibejam_core.course.known import Mistake, edit

IF = "if not 0 < cooldown <= 1:"
RETURN = "return max(0.0, min(1.0, (1 - progress) / cooldown))"


def share(new):
    """The share is computed in another way."""
    return edit(RETURN, new)


MISTAKES = {
    "schedules.trapezoid": [
        # The way down
        Mistake("the rate never falls", share("return 1.0")),
        Mistake("the rate is at the bottom all the time", share("return 0.0")),
        Mistake("the rate falls from the start, whatever the cooldown is", share("return max(0.0, min(1.0, 1 - progress))")),
        Mistake("the cooldown is taken for the share of time at the top", share("return max(0.0, min(1.0, (1 - progress) / (1 - cooldown) if cooldown < 1 else float(progress < 1)))")),
        Mistake("the rate stays at the top for the cooldown, then falls over all the time from the start", share("return 1.0 if progress <= cooldown else max(0.0, min(1.0, 1 - progress))")),
        Mistake("the rate drops to 0 at once when the cooldown begins", share("return 1.0 if progress <= 1 - cooldown else 0.0")),
        Mistake("the rate begins its fall at the height of the straight line from the start", share("return 1.0 if progress <= 1 - cooldown else max(0.0, 1 - progress)")),
        Mistake("the rate climbs in the cooldown", share("return 1.0 if progress <= 1 - cooldown else max(0.0, min(1.0, (progress - 1 + cooldown) / cooldown))") ),
        Mistake("the rate climbs from 0 and is at the top at the end", share("return max(0.0, min(1.0, progress / cooldown))")),
        Mistake("the fall is half a cosine's wave, not a straight line", share("import math\n    t = max(0.0, min(1.0, (1 - progress) / cooldown))\n    return (1 - math.cos(math.pi * t)) / 2")),
        Mistake("the fall is a root's curve, not a straight line", share("return max(0.0, min(1.0, (1 - progress) / cooldown)) ** 0.5")),
        Mistake("the fall is a parabola, not a straight line", share("return max(0.0, min(1.0, (1 - progress) / cooldown)) ** 2")),
        Mistake("the fall is 1 less the square of what is over of the cooldown", share("t = max(0.0, min(1.0, (1 - progress) / cooldown))\n    return 1 - (1 - t) ** 2")),
        Mistake("the fall goes in steps of a tenth", share("return int(10 * max(0.0, min(1.0, (1 - progress) / cooldown))) / 10")),
        Mistake("the way left is multiplied by the cooldown, not divided", share("return max(0.0, min(1.0, (1 - progress) * cooldown))")),
        Mistake("the rate falls to a tenth, not to 0", share("return max(0.1, min(1.0, (1 - progress) / cooldown))")),
        Mistake("the fall ends at a tenth, and its line is flatter", share("return 0.1 + 0.9 * max(0.0, min(1.0, (1 - progress) / cooldown))")),
        Mistake("the rate climbs before it falls: there is a warm-up of its own", share("return max(0.0, min(1.0, (1 - progress) / cooldown, progress / 0.1))")),
        Mistake("the fall is as long as the time before it at the longest", share("return max(0.0, min(1.0, (1 - progress) / min(cooldown, 0.5)))")),
        Mistake("the fall is twice as steep and over halfway", share("return max(0.0, min(1.0, 1 - 2 * (progress - 1 + cooldown) / cooldown))")),
        Mistake("a cooldown of 1 counts as no cooldown", share("return 1.0 if cooldown == 1 else max(0.0, min(1.0, (1 - progress) / cooldown))")),
        Mistake("the cooldown is 0.4, whatever is asked for", share("return max(0.0, min(1.0, (1 - progress) / 0.4))")),
        Mistake("the opposite is returned: how much of the rate is gone", share("return 1 - max(0.0, min(1.0, (1 - progress) / cooldown))")),
        Mistake("nothing is returned", share(RETURN.removeprefix("return "))),
        # Outside the run
        Mistake("nothing keeps the share below 1: it begins far above", share("return max(0.0, (1 - progress) / cooldown)")),
        Mistake("nothing keeps the share above 0: it goes on falling after the end", share("return min(1.0, (1 - progress) / cooldown)")),
        Mistake("the share after the end climbs again", share("return min(1.0, abs(1 - progress) / cooldown)")),
        Mistake("the share after the end is 1 again", share("return 1.0 if progress > 1 else max(0.0, min(1.0, (1 - progress) / cooldown))")),
        Mistake("the share before the start is 0", share("return 0.0 if progress < 0 else max(0.0, min(1.0, (1 - progress) / cooldown))")),
        Mistake("a progress outside 0 to 1 is refused", share('if not 0 <= progress <= 1:\n        raise ValueError(f"progress is {progress}")\n    ' + RETURN)),
        Mistake("a cooldown of 1 isn't kept below 1 before the start", share("return max(0.0, (1 - progress) / cooldown) if cooldown == 1 else max(0.0, min(1.0, (1 - progress) / cooldown))")),
        # The kind of number
        Mistake("the share is a whole number at the top", share("return max(0.0, min(1, (1 - progress) / cooldown))")),
        Mistake("the share is a whole number at the bottom", share("return min(1.0, (1 - progress) / cooldown) if progress < 1 else 0")),
        Mistake("the share is a whole number at both ends", share("return min(1, (1 - progress) / cooldown) if progress < 1 else 0")),
        Mistake("the share is a whole number outside the run", share("if not 0 <= progress <= 1:\n        return int(progress < 0)\n    " + RETURN)),
        Mistake("the share is rounded to hundredths", share("return round(max(0.0, min(1.0, (1 - progress) / cooldown)), 2)")),
        Mistake("the share is a tensor", share("import torch\n    return torch.tensor((1 - progress) / cooldown, dtype=torch.float64).clamp(0, 1)")),
        Mistake("the share is NumPy's kind of number", share("import numpy\n    return numpy.clip(numpy.float64(1 - progress) / cooldown, 0, 1)")),
        # What is refused
        Mistake("nothing is refused", edit(IF, "if False:")),
        Mistake("a cooldown of 0 is accepted and means that the rate never falls", edit(IF, "if cooldown == 0:\n        return 1.0\n    " + IF)),
        Mistake("a cooldown of 0 is accepted and divides by zero", edit(IF, "if not 0 <= cooldown <= 1:")),
        Mistake("a cooldown below 0 is accepted", edit(IF, "if not cooldown <= 1 or cooldown == 0:")),
        Mistake("a cooldown above 1 is accepted", edit(IF, "if cooldown <= 0:")),
        Mistake("a cooldown above 1 counts as 1", edit(IF, "cooldown = min(cooldown, 1)\n    " + IF)),
        Mistake("a cooldown of 1 is refused", edit(IF, "if not 0 < cooldown < 1:")),
        Mistake("a wrong cooldown is an AssertionError", edit(IF, "assert 0 < cooldown <= 1, cooldown\n    " + IF)),
        Mistake("a wrong cooldown is accepted before the start", edit(IF, "if progress <= 0:\n        return 1.0\n    " + IF)),
        Mistake("a wrong cooldown is accepted after the end", edit(IF, "if progress >= 1:\n        return 0.0\n    " + IF)),
        Mistake("a cooldown of less than a hundredth is refused", edit(IF, "if not 0.01 <= cooldown <= 1:")),
        Mistake("a cooldown of 1 that is no float is refused", edit(IF, "if not isinstance(cooldown, float) or not 0 < cooldown <= 1:")),
        Mistake("the error doesn't name the cooldown", edit(IF, 'if not 0 < cooldown <= 1:\n        raise ValueError("the cooldown is wrong")\n    ' + IF)),
        Mistake("the error is returned, not raised", edit(IF, 'if not 0 < cooldown <= 1:\n        return ValueError(f"cooldown is {cooldown}")\n    ' + IF)),
    ]
}
