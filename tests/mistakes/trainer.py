"""Ways people get the learning rate's schedule and early stopping wrong."""

from vibejam_core.course.known import Mistake, edit, whole

STEPS = "warmup_steps = int(config.warmup * config.max_iters)"
IF = "if step < warmup_steps:"
CLIMB = "return config.learning_rate * (step + 1) / warmup_steps"
PROGRESS = "progress = (step - warmup_steps) / (config.max_iters - warmup_steps)"
LINEAR = '"linear": 1 - progress'
COSINE = "(1 + math.cos(math.pi * progress)) / 2"
CONSTANT = '"constant": 1.0'
TRAPEZOID = '"trapezoid": trapezoid(progress, config.cooldown)'
RETURN = "return config.min_learning_rate + (config.learning_rate - config.min_learning_rate) * share[config.schedule]"
FALL = "config.min_learning_rate + (config.learning_rate - config.min_learning_rate) * share[config.schedule]"


def climb(new):
    """The warm-up's learning rate is computed in another way."""
    return edit(CLIMB, new)


def progress(new):
    """How far the fall has come is computed in another way."""
    return edit(PROGRESS, "progress = " + new)


def fall(new):
    """The learning rate after the warm-up is computed in another way."""
    return edit(RETURN, new)


MEASURED = "measured = [loss for loss in val_losses if loss is not None]"
TOO_FEW = "if patience == 0 or len(measured) <= patience:"
STOP = "return min(measured[-patience:]) >= min(measured[:-patience])"


def stop(new):
    """Whether to stop is decided in another way."""
    return edit(STOP, new)


EARLY = "def should_stop_early(val_losses: Sequence[float | None], patience: int) -> bool:\n"

MISTAKES = {
    "trainer.learning_rate_at": [
        # The warm-up
        Mistake("nothing is returned in the warm-up", climb("config.learning_rate * (step + 1) / warmup_steps")),
        Mistake("the first step's learning rate is 0: step is divided, not step + 1", climb(CLIMB.replace("(step + 1)", "step"))),
        Mistake(
            "the warm-up's learning rate is divided by one step too many, so the top comes a step late",
            climb("return config.learning_rate * (step + 1) / (warmup_steps + 1)"),
        ),
        Mistake("the warm-up starts at step 0 with a rate of 0 and reaches the top", climb("return config.learning_rate * step / max(warmup_steps - 1, 1)")),
        Mistake("the share of the warm-up is a whole-number division", climb("return config.learning_rate * ((step + 1) // warmup_steps)")),
        Mistake(
            "the warm-up climbs from the lowest rate, not from 0",
            climb("low = config.min_learning_rate\n        return low + (config.learning_rate - low) * (step + 1) / warmup_steps"),
        ),
        Mistake("the warm-up's rate is at least the lowest rate", climb("return max(config.min_learning_rate, config.learning_rate * (step + 1) / warmup_steps)")),
        Mistake("the warm-up is a quarter of a sine wave, not a straight line", climb("return config.learning_rate * math.sin(math.pi / 2 * (step + 1) / warmup_steps)")),
        Mistake("the warm-up is half of a cosine's wave, not a straight line", climb("return config.learning_rate * (1 - math.cos(math.pi * (step + 1) / warmup_steps)) / 2")),
        Mistake("the warm-up is a parabola, not a straight line", climb("return config.learning_rate * ((step + 1) / warmup_steps) ** 2")),
        Mistake("the warm-up uses the highest rate from the beginning", climb("return config.learning_rate")),
        Mistake("the warm-up divides by all steps, not by its own", climb("return config.learning_rate * (step + 1) / config.max_iters")),
        Mistake("the warm-up's share of the highest rate is returned, not the rate", climb("return (step + 1) / warmup_steps")),
        Mistake("the warm-up goes down, not up", climb("return config.learning_rate * (warmup_steps - step) / warmup_steps")),
        Mistake("the warm-up doubles with each step", climb("return config.learning_rate * 2.0 ** (step + 1 - warmup_steps)")),
        Mistake("there is no warm-up", edit(STEPS, "warmup_steps = 0")),
        Mistake("the warm-up lasts one step too long", edit(IF, "if step <= warmup_steps and warmup_steps:")),
        Mistake("the warm-up ends one step early", edit(IF, "if step < warmup_steps - 1:")),
        Mistake("the warm-up's steps are rounded to the nearest whole number", edit(STEPS, "warmup_steps = round(config.warmup * config.max_iters)")),
        Mistake("the warm-up's steps are rounded up", edit(STEPS, "warmup_steps = math.ceil(config.warmup * config.max_iters)")),
        Mistake("the warm-up's steps are not rounded at all", edit(STEPS, "warmup_steps = config.warmup * config.max_iters")),
        Mistake("config.warmup is taken for a number of steps, not a share of them", edit(STEPS, "warmup_steps = config.warmup")),
        Mistake("the warm-up is always at least one step long", edit(STEPS, "warmup_steps = max(1, int(config.warmup * config.max_iters))")),
        Mistake("a warm-up of 0 steps is divided by", edit(IF, "if step < warmup_steps or step == 0:")),
        Mistake("the warm-up has 100 steps, whatever the config says", edit(STEPS, "warmup_steps = min(100, config.max_iters - 1)")),
        Mistake("the warm-up is a twentieth of the steps, whatever the config says", edit(STEPS, "warmup_steps = int(0.05 * config.max_iters)")),
        # The fall
        Mistake("nothing is returned after the warm-up", fall(FALL)),
        Mistake("the fall begins one step late", progress("max(0, step - warmup_steps - 1) / (config.max_iters - warmup_steps)")),
        Mistake("the fall begins one step early, in the first step after the warm-up", progress("(step - warmup_steps + 1) / (config.max_iters - warmup_steps)")),
        Mistake("the fall is counted from step 0, so the rate jumps down after the warm-up", progress("step / config.max_iters")),
        Mistake("the fall is counted from the warm-up, but divided by all steps", progress("(step - warmup_steps) / config.max_iters")),
        Mistake("the fall reaches its end in the last step, one too early", progress("(step - warmup_steps) / max(1, config.max_iters - warmup_steps - 1)")),
        Mistake("the fall reaches its end in the last step, and a single step is divided by 0", progress("(step - warmup_steps) / (config.max_iters - warmup_steps - 1)")),
        Mistake("how far the fall has come is a whole-number division, so the rate never falls", progress("(step - warmup_steps) // (config.max_iters - warmup_steps)")),
        Mistake("the line rises after the warm-up", edit(LINEAR, '"linear": progress')),
        Mistake("the line is a parabola", edit(LINEAR, '"linear": (1 - progress) ** 2')),
        Mistake("the linear schedule is a square root", edit(LINEAR, '"linear": math.sqrt(1 - progress)')),
        Mistake("the linear schedule is an exponential", edit(LINEAR, '"linear": math.exp(-progress)')),
        Mistake("the cosine is a whole wave, which comes up again", edit(COSINE, "(1 + math.cos(2 * math.pi * progress)) / 2")),
        Mistake("the cosine is a quarter of a wave", edit(COSINE, "math.cos(math.pi / 2 * progress)")),
        Mistake("the cosine is not halved", edit(COSINE, "1 + math.cos(math.pi * progress)")),
        Mistake("the cosine goes below 0: 1 isn't added", edit(COSINE, "math.cos(math.pi * progress)")),
        Mistake("the cosine's sign is turned", edit(COSINE, "(1 - math.cos(math.pi * progress)) / 2")),
        Mistake("the cosine gets degrees", edit(COSINE, "(1 + math.cos(180 * progress)) / 2")),
        Mistake("the cosine is a sine", edit(COSINE, "(1 + math.sin(math.pi * progress)) / 2")),
        Mistake("pi is left out of the cosine", edit(COSINE, "(1 + math.cos(progress)) / 2")),
        Mistake("pi is rounded to 3", edit(COSINE, "(1 + math.cos(3 * progress)) / 2")),
        Mistake("the cosine counts all steps, the warm-up's too", edit(COSINE, "(1 + math.cos(math.pi * step / config.max_iters)) / 2")),
        Mistake("the cosine schedule falls in a straight line", edit(COSINE, "1 - progress")),
        Mistake("the linear schedule falls along a cosine", edit(LINEAR, '"linear": (1 + math.cos(math.pi * progress)) / 2')),
        Mistake("linear and cosine are mixed up", edit('"linear": 1', '"cosine": 1', '"cosine": (1', '"linear": (1')),
        Mistake("the schedule is always linear, whatever the config says", fall(RETURN.replace("config.schedule", '"linear"'))),
        Mistake("the schedule is always a cosine, whatever the config says", fall(RETURN.replace("config.schedule", '"cosine"'))),
        Mistake("the constant schedule stays at the lowest rate", edit(CONSTANT, '"constant": 0.0')),
        Mistake("the constant schedule has no warm-up", edit(IF, 'if step < warmup_steps and config.schedule != "constant":')),
        Mistake("the constant schedule stays halfway between the lowest rate and the highest", edit(CONSTANT, '"constant": 0.5')),
        Mistake("the constant schedule is an unknown one", edit(CONSTANT + ",", "")),
        Mistake("the trapezoid is an unknown schedule", edit(TRAPEZOID + ",", "")),
        Mistake("the trapezoid is a straight line all the way", edit(TRAPEZOID, '"trapezoid": 1 - progress')),
        Mistake("the trapezoid never falls", edit(TRAPEZOID, '"trapezoid": 1.0')),
        Mistake("trapezoid gets cooldown and progress the wrong way round", edit(TRAPEZOID, '"trapezoid": trapezoid(config.cooldown, max(progress, 0.01))')),
        Mistake("the trapezoid's cooldown is 0.4, whatever the config says", edit(TRAPEZOID, '"trapezoid": trapezoid(progress, 0.4)')),
        Mistake("the trapezoid counts all steps, the warm-up's too", edit(TRAPEZOID, '"trapezoid": trapezoid(step / config.max_iters, config.cooldown)')),
        Mistake("trapezoid gets how much is left, so the rate starts low and rises", edit(TRAPEZOID, '"trapezoid": trapezoid(1 - progress, config.cooldown)')),
        # The bounds
        Mistake("the lowest rate is ignored: all falls to 0", fall("return config.learning_rate * share[config.schedule]")),
        Mistake("the fall goes to 0 and is cut off at the lowest rate", fall("return max(config.min_learning_rate, config.learning_rate * share[config.schedule])")),
        Mistake("the lowest rate is added to the highest", fall("return config.min_learning_rate + config.learning_rate * share[config.schedule]")),
        Mistake("the lowest rate is taken off twice", fall("return (config.learning_rate - config.min_learning_rate) * share[config.schedule]")),
        Mistake("the lowest rate is taken for a share of the highest", fall("low = config.min_learning_rate * config.learning_rate\n    return low + (config.learning_rate - low) * share[config.schedule]")),
        Mistake("lowest and highest rate are swapped, so the rate rises", fall("return config.learning_rate + (config.min_learning_rate - config.learning_rate) * share[config.schedule]")),
        Mistake("the share is returned, not the learning rate", fall("return share[config.schedule]")),
        Mistake("the highest rate is 0.003, whatever the config says", edit(CLIMB, "return 3e-3 * (step + 1) / warmup_steps", RETURN, "return config.min_learning_rate + (3e-3 - config.min_learning_rate) * share[config.schedule]")),
        Mistake("there are 2,000 steps, whatever the config says", edit(STEPS, "warmup_steps = int(config.warmup * 2000)", PROGRESS, "progress = (step - warmup_steps) / (2000 - warmup_steps)")),
        # What comes back
        Mistake("the result is a tensor", edit(CLIMB, "return torch.tensor(config.learning_rate * (step + 1) / warmup_steps)", RETURN, f"return torch.tensor({FALL})")),
        Mistake("the result is a tensor after the warm-up", fall(f"return torch.tensor({FALL})")),
        Mistake("the result is a string", fall(f'return f"{{{FALL}:.6f}}"')),
        Mistake("the result is rounded to four digits", fall(f"return round({FALL}, 4)")),
        Mistake("the result is rounded to six digits", fall(f"return round({FALL}, 6)")),
        Mistake("the result is a tuple, of the rate and the progress", fall(f"return {FALL}, progress")),
        Mistake("the result is an int", edit(CLIMB, "return int(config.learning_rate * (step + 1) / warmup_steps)", RETURN, f"return int({FALL})")),
    ],
    "trainer.should_stop_early": [
        Mistake("nothing is returned", stop("min(measured[-patience:]) >= min(measured[:-patience])")),
        Mistake("the answer is turned round: it says whether to go on", stop("return min(measured[-patience:]) < min(measured[:-patience])")),
        Mistake("training never stops early", stop("return False")),
        Mistake("a tie counts as a new best", stop("return min(measured[-patience:]) > min(measured[:-patience])")),
        Mistake("higher losses count as better", stop("return max(measured[-patience:]) <= max(measured[:-patience])")),
        Mistake("it stops one measurement late", edit(TOO_FEW, TOO_FEW.replace("<= patience", "<= patience + 1"), STOP, "return min(measured[-patience - 1 :]) >= min(measured[: -patience - 1])")),
        Mistake("it stops one measurement early", edit(TOO_FEW, TOO_FEW.replace("<=", "<"), STOP, "recent = max(patience - 1, 1)\n    return len(measured) > recent and min(measured[-recent:]) >= min(measured[:-recent])")),
        Mistake("one measurement too many has to be there before it stops", edit(TOO_FEW, TOO_FEW.replace("<= patience", "<= patience + 1"))),
        Mistake("the first measurement isn't counted as a best", stop("return len(measured) > patience + 1 and min(measured[-patience:]) >= min(measured[1:-patience])")),
        Mistake("each of the last measurements must be worse than the one before it", stop("recent = measured[-patience - 1 :]\n    return all(later >= earlier for earlier, later in zip(recent, recent[1:]))")),
        Mistake("the last measurement is compared with the one just before those that patience covers, not with the best", stop("return measured[-1] >= measured[-patience - 1]")),
        Mistake("only the last measurement is compared with the best, whatever came before it", stop("return measured[-1] >= min(measured[:-1])")),
        Mistake("only the last measurement is compared with the best before patience began", stop("return measured[-1] >= min(measured[:-patience])")),
        Mistake("only the first of the last measurements is compared with the best", stop("return measured[-patience] >= min(measured[:-patience])")),
        Mistake("all of the last measurements must be new bests to go on: one bad one is enough to stop", stop("return max(measured[-patience:]) >= min(measured[:-patience])")),
        Mistake("the mean of the last measurements is compared with the best", stop("return sum(measured[-patience:]) / patience >= min(measured[:-patience])")),
        Mistake("means are compared, not bests", stop("before = measured[:-patience]\n    return sum(measured[-patience:]) / patience >= sum(before) / len(before)")),
        Mistake("the last measurements are compared with the last one before them, not with the best", stop("return min(measured[-patience:]) >= measured[-patience - 1]")),
        Mistake("the last measurements are compared with the very first one", stop("return min(measured[-patience:]) >= measured[0]")),
        Mistake("the last measurements are compared with the worst before them", stop("return min(measured[-patience:]) >= max(measured[:-patience])")),
        Mistake("the last measurements are compared with the best of as many before them, older ones are forgotten", stop("return min(measured[-patience:]) >= min(measured[-2 * patience : -patience])")),
        Mistake("the last measurements are compared with the best of all, themselves included", stop("return min(measured[-patience:]) >= min(measured)")),
        Mistake("it asks whether the last measurement is the best of all", stop("return measured[-1] != min(measured)")),
        Mistake("a gain must be at least a thousandth to count", stop("return min(measured[-patience:]) >= min(measured[:-patience]) - 1e-3")),
        Mistake("a gain must be at least a millionth to count", stop("return min(measured[-patience:]) >= min(measured[:-patience]) - 1e-6")),
        Mistake("the losses are rounded to two digits before they are compared", stop("return round(min(measured[-patience:]), 2) >= round(min(measured[:-patience]), 2)")),
        Mistake("a pause in the middle that is over counts, too: measurements without a new best are never forgiven", stop("best, bad = math.inf, 0\n    for loss in measured:\n        bad += loss >= best\n        best = min(best, loss)\n    return bad >= patience")),
        Mistake("it stops for ever once patience ran out, even if a new best came later", stop("best, bad, stop = math.inf, 0, False\n    for loss in measured:\n        bad = 0 if loss < best else bad + 1\n        best = min(best, loss)\n        stop = stop or bad >= patience\n    return stop")),
        Mistake("the pause is counted by rises since the first measurement", stop("bad = sum(later > earlier for earlier, later in zip(measured, measured[1:]))\n    return bad >= patience")),
        Mistake("the number of measurements since the best is counted with the best itself", edit(TOO_FEW, "if patience == 0 or not measured:", STOP, "return len(measured) - measured.index(min(measured)) >= patience")),
        Mistake("it stops where a best is exactly patience measurements old, but not where it is older", stop("return len(measured) - 1 - measured.index(min(measured)) == patience")),
        # Patience 0
        Mistake("patience 0 stops at once", edit(TOO_FEW, "if len(measured) <= patience:", STOP, "return patience == 0 or min(measured[-patience:]) >= min(measured[:-patience])")),
        Mistake("patience 0 is taken for 1", edit(TOO_FEW, "patience = max(patience, 1)\n    if len(measured) <= patience:")),
        Mistake("patience 0 is a ValueError", edit(TOO_FEW, "if len(measured) <= patience:")),
        Mistake("patience 0 is a ZeroDivisionError", edit(TOO_FEW, "if 1 / patience > 2 or len(measured) <= patience:")),
        # Few measurements, and none
        Mistake("no measurements are a ValueError", edit(TOO_FEW, "if patience == 0 or min(measured) is None or len(measured) <= patience:")),
        Mistake("with as many measurements as patience there is an error", edit(TOO_FEW, TOO_FEW.replace("<=", "<"))),
        Mistake("fewer measurements than patience are an error", edit(TOO_FEW, "if patience == 0 or len(measured) == patience or not measured:")),
        Mistake("with fewer measurements than patience it stops", edit("        return False\n", "        return patience > 0\n")),
        Mistake("losses that are None can't be compared", edit(MEASURED, "measured = list(val_losses)")),
        Mistake("a loss that is None counts as one of 0, or of any other number", edit(MEASURED, "measured = [loss or 0.0 for loss in val_losses]")),
        Mistake("it stops where there is no validation text", edit(TOO_FEW, "if val_losses and not measured:\n        return True\n    " + TOO_FEW)),
        # The list
        Mistake("the losses are sorted in place", edit(MEASURED, "val_losses.sort()\n    " + MEASURED)),
        Mistake("the last losses are taken out of the list", stop("recent = [val_losses.pop() for _ in range(patience)]\n    return min(recent) >= min(val_losses)")),
        Mistake("the losses are sorted, so that their order is lost", edit(MEASURED, "measured = sorted((loss for loss in val_losses if loss is not None), reverse=True)")),
        Mistake("the losses are read the wrong way round, newest first", edit(MEASURED, "measured = [loss for loss in val_losses if loss is not None][::-1]")),
        Mistake("equal losses are counted only once", edit(MEASURED, "measured = list(dict.fromkeys(loss for loss in val_losses if loss is not None))")),
        Mistake("the best loss is returned, not a decision", stop("return min(measured)")),
        Mistake("only the last ten measurements are looked at", edit(MEASURED, MEASURED + "[-10:]")),
        Mistake("patience is never more than 4", edit(MEASURED, "patience = min(patience, 4)\n    " + MEASURED)),
        Mistake("patience is 3, whatever it is asked for", edit(MEASURED, "patience = 3 if patience else 0\n    " + MEASURED)),
        Mistake(
            "what was seen is remembered between calls",
            whole(EARLY + """    seen = should_stop_early.__dict__.setdefault("seen", [])
    seen += [loss for loss in val_losses if loss is not None]
    if patience == 0 or len(seen) <= patience:
        return False
    return min(seen[-patience:]) >= min(seen[:-patience])
"""),
        ),
    ],
}  # fmt: skip
