"""Correct ways to write the trapezoid that differ from the reference's."""

from vibejam_core.course.known import Variant, whole

DEF = "def trapezoid(progress: float, cooldown: float) -> float:\n"

VARIANTS = {
    "schedules.trapezoid": [
        Variant("branches, from the start to the end", whole(DEF + """    if cooldown <= 0 or cooldown > 1:
        raise ValueError(f"cooldown must be above 0 and at most 1, got {cooldown}")
    if progress <= 1 - cooldown:
        return 1.0
    if progress >= 1:
        return 0.0
    return (1 - progress) / cooldown
""")),
        Variant("how far the cooldown has come is clamped, and taken from 1", whole(DEF + """    if not (cooldown > 0 and cooldown <= 1.0):
        raise ValueError("cooldown is " + str(cooldown))
    start = 1.0 - cooldown
    fallen = (progress - start) / cooldown
    fallen = min(max(fallen, 0.0), 1.0)
    return 1.0 - fallen
""")),
        Variant("NumPy's interpolation between the corners", whole(DEF + """    import numpy as np

    if not 0 < cooldown <= 1:
        raise ValueError(f"{cooldown=}")
    return float(np.interp(progress, [1 - cooldown, 1], [1, 0]))
""")),
        Variant("torch's clamp, in double precision", whole(DEF + """    import torch

    if cooldown > 1 or cooldown <= 0:
        raise ValueError(f"a cooldown of {cooldown} is not above 0 and at most 1")
    left = torch.tensor(1 - progress, dtype=torch.float64)
    return (left / cooldown).clamp(0, 1).item()
""")),
        Variant("the middle one of three numbers, by sorting", whole(DEF + """    if 0 < cooldown <= 1:
        return float(sorted((0.0, 1.0, (1.0 - progress) / cooldown))[1])
    raise ValueError(f"cooldown {cooldown} is out of range")
""")),
        Variant("the progress is clamped first", whole(DEF + """    if not 0.0 < cooldown <= 1.0:
        raise ValueError("the cooldown should be above 0 and at most 1, but is {}".format(cooldown))
    p = 0.0 if progress < 0 else 1.0 if progress > 1 else float(progress)
    top = 1.0 - cooldown
    return 1.0 if p <= top else (1.0 - p) / (1.0 - top)
""")),
    ]
}
