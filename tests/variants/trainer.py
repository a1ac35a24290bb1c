"""Correct ways to write the learning rate's schedule and early stopping that differ from the reference's."""

from vibejam_core.course.known import Variant, whole

RATE = "def learning_rate_at(step: int, config: TrainConfig) -> float:\n"
EARLY = "def should_stop_early(val_losses: Sequence[float | None], patience: int) -> bool:\n"

VARIANTS = {
    "trainer.learning_rate_at": [
        Variant("branches, one per schedule", whole(RATE + """    n, top, low = config.max_iters, config.learning_rate, config.min_learning_rate
    w = int(config.warmup * n)
    if step < w:
        return top / w * (step + 1)
    p = (step - w) / (n - w)
    if config.schedule == "linear":
        return top - p * (top - low)
    elif config.schedule == "cosine":
        return low + 0.5 * (top - low) * (1.0 + math.cos(p * math.pi))
    elif config.schedule == "trapezoid":
        return low + (top - low) * trapezoid(p, config.cooldown)
    else:
        return top
""")),
        Variant("torch in double precision", whole(RATE + """    w = int(config.warmup * config.max_iters)
    t = torch.tensor(step, dtype=torch.float64)
    if step < w:
        return float(config.learning_rate * (t + 1) / w)
    p = (t - w) / (config.max_iters - w)
    shape = {"linear": lambda: 1 - p, "cosine": lambda: (1 + torch.cos(math.pi * p)) / 2}
    shape["trapezoid"] = lambda: torch.tensor(trapezoid(p.item(), config.cooldown))
    d = shape.get(config.schedule, lambda: torch.ones(()))()
    return torch.lerp(torch.tensor(config.min_learning_rate).double(), torch.tensor(config.learning_rate).double(), d.double()).item()
""")),
        Variant("torch in single precision, all steps at once", whole(RATE + """    n = config.max_iters
    w = math.floor(config.warmup * n)
    t = torch.arange(n)
    climb = (t[:w] + 1) / max(w, 1)
    p = (t[w:] - w) / (n - w)
    d = {"linear": 1 - p, "cosine": 0.5 + 0.5 * torch.cos(torch.pi * p), "constant": torch.ones_like(p), "trapezoid": torch.clamp((1 - p) / config.cooldown, max=1)}[config.schedule]
    low = config.min_learning_rate
    return torch.cat([config.learning_rate * climb, low + (config.learning_rate - low) * d])[step].item()
""")),
        Variant("NumPy's interpolation between corners", whole(RATE + """    import numpy as np

    n, w = config.max_iters, int(config.warmup * config.max_iters)
    if step < w:
        return float(np.interp(step + 1, [0, w], [0.0, config.learning_rate]))
    if config.schedule == "cosine":
        x = np.linspace(0, np.pi, n - w + 1)[step - w]
        return config.min_learning_rate + (config.learning_rate - config.min_learning_rate) * float(np.cos(x / 2) ** 2)
    end = config.learning_rate if config.schedule == "constant" else config.min_learning_rate
    start = n - (n - w) * config.cooldown if config.schedule == "trapezoid" else w
    return float(np.interp(step, [start, n], [config.learning_rate, end]))
""")),
        Variant("a match statement and the steps that are left", whole(RATE + """    warm = int(config.warmup * config.max_iters)
    fall = config.max_iters - warm
    left = config.max_iters - step
    span = config.learning_rate - config.min_learning_rate
    if step + 1 <= warm:
        return config.learning_rate * ((1 + step) / warm)
    match config.schedule:
        case "linear":
            return span * left / fall + config.min_learning_rate
        case "cosine":
            return span * (1 - math.cos(math.pi * left / fall)) / 2 + config.min_learning_rate
        case "constant":
            return config.learning_rate
        case "trapezoid":
            return config.min_learning_rate + span * min(1, left / fall / config.cooldown)
    raise ValueError(f"there is no schedule called {config.schedule}")
""")),
        Variant("PyTorch's own schedulers, run up to the step", whole(RATE + """    w = int(config.warmup * config.max_iters)
    if step < w:
        return config.learning_rate * (step + 1) / w
    if config.schedule == "constant":
        return config.learning_rate
    if config.schedule == "trapezoid":
        d = trapezoid(cooldown=config.cooldown, progress=(step - w) / (config.max_iters - w))
        return (1 - d) * config.min_learning_rate + d * config.learning_rate
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=config.learning_rate)
    n, low = config.max_iters - w, config.min_learning_rate
    if config.schedule == "linear":
        made = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, low / config.learning_rate, n)
    else:
        made = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n, low)
    for _ in range(step - w):
        optimizer.step()
        made.step()
    return optimizer.param_groups[0]["lr"]
""")),
        Variant("the smaller of climb and fall", whole(RATE + """    w = int(config.warmup * config.max_iters)
    climb = (step + 1) / w if w else 1.0
    p = max(0.0, (step - w) / (config.max_iters - w))
    d = 1.0 if config.schedule == "constant" else 1 - p if config.schedule == "linear" else math.cos(math.pi / 2 * p) ** 2
    d = trapezoid(p, config.cooldown) if config.schedule == "trapezoid" else d
    if climb <= 1 and step < w:
        return climb * config.learning_rate
    return d * config.learning_rate + (1 - d) * config.min_learning_rate
""")),
    ],
    "trainer.should_stop_early": [
        Variant("how long ago the first best was", whole(EARLY + """    measured = [loss for loss in val_losses if loss is not None]
    if not patience or not measured:
        return False
    return len(measured) - 1 - measured.index(min(measured)) >= patience
""")),
        Variant("a counter of measurements without a new best", whole(EARLY + """    best, since = float("inf"), 0
    for loss in val_losses:
        if loss is None:
            continue
        if loss < best:
            best, since = loss, 0
        else:
            since += 1
    return patience > 0 and since >= patience
""")),
        Variant("all of the last ones compared with the best", whole(EARLY + """    if patience <= 0 or len(val_losses) < patience + 1 or val_losses[0] is None:
        return False
    best = min(val_losses[: len(val_losses) - patience])
    return all(loss >= best for loss in val_losses[len(val_losses) - patience :])
""")),
        Variant("any None says no", whole(EARLY + """    if patience == 0 or None in val_losses:
        return False
    earlier, recent = val_losses[:-patience], val_losses[-patience:]
    return bool(earlier) and not any(loss < min(earlier) for loss in recent)
""")),
        Variant("torch, running minima", whole(EARLY + """    losses = torch.tensor([loss for loss in val_losses if loss is not None], dtype=torch.float64)
    if patience == 0 or len(losses) <= patience:
        return False
    lowest = losses.cummin(0).values
    return bool(lowest[-1] == lowest[-1 - patience])
""")),
        Variant("NumPy's argmin, and a NumPy bool", whole(EARLY + """    import numpy as np

    losses = np.array([np.inf if loss is None else loss for loss in val_losses])
    if patience < 1 or not np.isfinite(losses).any():
        return False
    return np.bool_(len(losses) - np.argmin(losses) > patience)
""")),
        Variant("backwards from the newest", whole(EARLY + """    measured = list(filter(lambda loss: loss is not None, val_losses))
    if patience == 0:
        return False
    for age, loss in enumerate(reversed(measured)):
        before = measured[: len(measured) - 1 - age]
        if all(loss < other for other in before):
            return age >= patience
    return False
""")),
        Variant("sorted by loss, then by age", whole(EARLY + """    ranked = sorted((loss, position) for position, loss in enumerate(val_losses) if loss is not None)
    return patience > 0 and len(ranked) > patience and ranked[0][1] < len(val_losses) - patience
""")),
    ],
}  # fmt: skip
