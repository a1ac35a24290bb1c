"""Ways people get a step of pretraining wrong."""

from vibejam_core.course.known import Mistake, edit

TRAIN = "    model.train()\n"
ZERO = "    model.zero_grad()\n"
FACTOR = "factor = 1.0 if scale is None else scale.scale"
TOTAL = "total = torch.zeros((), device=batches[0][0].device)"
LOOP = "    for x, y in batches:\n"
CALL = "_, loss = model(x, y)"
BACKWARD = "(loss * (factor / len(batches))).backward()"
ADD = "total += loss.detach() / len(batches)"
MEAN = "mean = optimizer.world.sum(total).item() / optimizer.world.size"
REFUSE_LOSS = "if not math.isfinite(mean):"
RAISE_LOSS = 'raise ArithmeticError(f"the loss is {mean}")'
LOSS = f"""    {REFUSE_LOSS}  # known to all ranks alike, so that all stop here and none waits for another
        {RAISE_LOSS}
"""
REDUCE = "    optimizer.reduce()\n"
UNSCALE = """    if scale is not None:
        for parameter in optimizer.parameters:
            if parameter.grad is not None:
                parameter.grad.div_(factor)
"""
DIVIDE = "parameter.grad.div_(factor)"
CLIP = "    length = optimizer.clip(grad_clip)\n"
TELL = """    if scale is not None:
        scale.update(math.isfinite(length))
"""
UPDATE = "scale.update(math.isfinite(length))"
REFUSE = "    elif not math.isfinite(length):\n"
RAISE = 'raise ArithmeticError(f"the length of the gradient is {length}")'
REFUSING = f"{REFUSE}        {RAISE}\n"
WELL = "    if math.isfinite(length):\n"
RATES = """        for group in optimizer.param_groups:
            group["lr"] = learning_rate
"""
RATE = 'group["lr"] = learning_rate'
STEP = "        optimizer.update()\n"
GATHER = "        optimizer.gather()\n"
RETURN = "    return mean\n"


def every(body, indent="    "):
    """Do something for every gradient."""
    return f"{indent}for parameter in optimizer.parameters:\n{indent}    if parameter.grad is not None:\n{indent}        {body}\n"


MISTAKES = {
    "pretraining.pretrain_step": [
        # The mode, and gradients from before
        Mistake("the model isn't put into training mode", edit(TRAIN, "")),
        Mistake("the model is put into evaluation mode", edit(TRAIN, "    model.eval()\n")),
        Mistake("the model is in evaluation mode after the step", edit(RETURN, "    model.eval()\n" + RETURN)),
        Mistake("the mode is put back after the step", edit(TRAIN, "    was_training = model.training\n" + TRAIN, RETURN, "    model.train(was_training)\n" + RETURN)),
        Mistake("only the model itself is told that it trains, not what is in it", edit(TRAIN, "    model.training = True\n")),
        Mistake("a seed is set, so that each step drops out the same numbers", edit(TRAIN, TRAIN + "    torch.manual_seed(7)\n")),
        Mistake("the gradients of earlier steps stay", edit(ZERO, "")),
        Mistake("the gradients are cleared after the step, not before it", edit(ZERO, "", RETURN, ZERO + RETURN)),
        Mistake("the gradients are cleared for each batch, so that only the last one counts", edit(ZERO, "", LOOP, LOOP + "    " + ZERO)),
        Mistake("the gradients are cleared only where there is no scale", edit(ZERO, "    if scale is None:\n    " + ZERO)),
        # Batches
        Mistake("the gradients of the batches are added, not averaged", edit(BACKWARD, "(loss * factor).backward()")),
        Mistake("the gradients are divided by the number of batches twice", edit(BACKWARD, "(loss * (factor / len(batches) ** 2)).backward()")),
        Mistake("the gradients are divided by the number of ranks once more", edit(BACKWARD, "(loss * (factor / len(batches) / optimizer.world.size)).backward()")),
        Mistake("the gradients are multiplied by the number of ranks, as if they had to be summed", edit(BACKWARD, "(loss * (factor / len(batches) * optimizer.world.size)).backward()")),
        Mistake("the gradients are divided by the number of windows in a batch as well", edit(BACKWARD, "(loss * (factor / len(batches) / len(x))).backward()")),
        Mistake("only the first batch is used", edit(LOOP, "    batches = batches[:1]\n" + LOOP)),
        Mistake("only the last batch is used", edit(LOOP, "    batches = batches[-1:]\n" + LOOP)),
        Mistake("the last batch is left out", edit(LOOP, "    for x, y in batches[:-1] or batches:\n")),
        Mistake("the first batch's gradient counts, and the others' losses only", edit(BACKWARD, "if x is batches[0][0]:\n            (loss * factor).backward()")),
        Mistake("a whole step is made for every batch", edit(ADD, ADD + "\n        if len(batches) > 1:\n            pretrain_step(model, optimizer, [(x, y)], learning_rate, grad_clip, scale)", BACKWARD, "(loss * (factor / len(batches))).backward()")),
        Mistake("inputs and targets are swapped", edit(CALL, "_, loss = model(y, x)")),
        Mistake("the inputs are their own targets", edit(CALL, "_, loss = model(x, x)")),
        Mistake("the loss is computed from the scores once more, not taken from the model", edit(CALL, "logits, _ = model(x, y)\n        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), y.flatten())")),
        Mistake("the whole pair is taken for the loss", edit(CALL, "loss = model(x, y)")),
        Mistake("the logits are taken for the loss", edit(CALL, "loss = model(x, y)[0].mean()")),
        Mistake("the model is computed under autocast, in half precision", edit(CALL, "with torch.autocast(x.device.type, torch.bfloat16):\n            _, loss = model(x, y)")),
        Mistake("with a scale the model is computed under autocast, in half precision", edit(CALL, "with torch.autocast(x.device.type, torch.bfloat16, enabled=scale is not None):\n            _, loss = model(x, y)")),
        Mistake("the batches are used up: each is taken out of the list", edit(LOOP, "    n, left = len(batches), batches\n    while left:\n        x, y = left[0]\n        left = left[1:] if isinstance(left, tuple) else (left.pop(0), left)[1]\n", BACKWARD, "(loss * (factor / n)).backward()", ADD, "total += loss.detach() / n")),
        Mistake("the tokens are written over once they were used", edit(ADD, ADD + "\n        x.zero_()")),
        Mistake("gradients are switched off", edit(CALL, "with torch.no_grad():\n            _, loss = model(x, y)")),
        Mistake("the weights climb the gradient: its sign is turned", edit(BACKWARD, "(-loss * (factor / len(batches))).backward()")),
        # The loss that comes back
        Mistake("nothing is returned", edit(RETURN, "")),
        Mistake("a tensor is returned", edit(RETURN, "    return torch.tensor(mean)\n")),
        Mistake("the loss is rounded to two digits", edit(RETURN, "    return round(mean, 2)\n")),
        Mistake("the loss is rounded to four digits", edit(RETURN, "    return round(mean, 4)\n")),
        Mistake("the sum of the losses of the batches is returned, not the mean", edit(ADD, "total += loss.detach()")),
        Mistake("the loss of the last batch is returned, not the mean", edit(ADD, "total = loss.detach()")),
        Mistake("the loss of the first batch is returned, not the mean", edit(ADD, "total = total or loss.detach()")),
        Mistake("the loss is summed over the ranks, not averaged", edit(MEAN, "mean = optimizer.world.sum(total).item()")),
        Mistake("each rank returns its own loss", edit(RETURN, "    return total.item()\n")),
        Mistake("the loss is known to rank 0 only", edit(MEAN, "optimizer.world.sum_to(total, 0)\n    mean = total.item() / optimizer.world.size", REFUSE_LOSS, "if optimizer.world.rank == 0 and not math.isfinite(mean):")),
        Mistake("rank 0's loss is returned on all ranks", edit(MEAN, "optimizer.world.copy_from(total, 0)\n    mean = total.item()")),
        Mistake("the loss comes back with the scale", edit(RETURN, "    return mean * factor\n")),
        Mistake("the loss that comes back is divided by the scale once more", edit(RETURN, "    return mean / factor\n")),
        Mistake("the gradient's length is returned, not the loss", edit(RETURN, "    return length\n")),
        Mistake("the loss and the gradient's length are returned", edit(RETURN, "    return mean, length\n")),
        Mistake("the loss after the step is returned", edit(RETURN, "    with torch.no_grad():\n        after = sum(model(x, y)[1] for x, y in batches) / len(batches)\n    return (optimizer.world.sum(after) / optimizer.world.size).item()\n")),
        Mistake("the loss is turned into bits", edit(RETURN, "    return mean / math.log(2)\n")),
        Mistake("the loss is returned as a perplexity", edit(RETURN, "    return math.exp(mean)\n")),
        # The learning rate
        Mistake("the learning rate isn't written into the optimiser's groups", edit(RATES, "")),
        Mistake("the learning rate is set after the step, too late for it", edit(RATES, "", GATHER, GATHER + RATES)),
        Mistake("the learning rate is set for the first group only", edit(RATES, '        optimizer.param_groups[0]["lr"] = learning_rate\n')),
        Mistake("the learning rate is set for the last group only", edit(RATES, '        optimizer.param_groups[-1]["lr"] = learning_rate\n')),
        Mistake("the learning rates of the groups are multiplied by the new one", edit(RATE, 'group["lr"] *= learning_rate')),
        Mistake("the learning rate is multiplied by the number of ranks", edit(RATE, 'group["lr"] = learning_rate * optimizer.world.size')),
        Mistake("the learning rate is divided by the number of batches", edit(RATE, 'group["lr"] = learning_rate / len(batches)')),
        Mistake("the learning rate is divided by the scale", edit(RATE, 'group["lr"] = learning_rate / factor')),
        Mistake("the learning rate is multiplied by a group's lr_scale, which the optimisers do themselves", edit(RATE, 'group["lr"] = learning_rate * group.get("lr_scale", 1.0)')),
        Mistake("the learning rate is rounded to six digits", edit(RATE, 'group["lr"] = round(learning_rate, 6)')),
        Mistake("a learning rate of 0 is taken for none at all", edit(RATE, 'group["lr"] = learning_rate or group["lr"]')),
        # The order of reduce, clip, update, gather
        Mistake("the gradients aren't reduced: each rank goes by its own", edit(REDUCE, "")),
        Mistake("the gradients are reduced for every batch, and what was dropped begins anew", edit(REDUCE, "", ADD, ADD + "\n    " + REDUCE.rstrip())),
        Mistake("the gradients are reduced twice", edit(REDUCE, REDUCE * 2)),
        Mistake("the gradients are reduced only at rank 0", edit(REDUCE, "    if optimizer.world.rank == 0:\n    " + REDUCE)),
        Mistake("each rank clips its own gradient, before they are reduced", edit(REDUCE, "", CLIP, CLIP + REDUCE)),
        Mistake("there is no clipping", edit(CLIP, "    length = optimizer.clip(0.0)\n")),
        Mistake("the gradient is clipped to 1, whatever grad_clip is", edit(CLIP, "    length = optimizer.clip(1.0 if grad_clip else 0.0)\n")),
        Mistake("grad_clip is 1 where it isn't given", edit("grad_clip: float = 0.0", "grad_clip: float = 1.0")),
        Mistake("grad_clip is 10 where it isn't given", edit("grad_clip: float = 0.0", "grad_clip: float = 10.0")),
        Mistake("grad_clip is divided by the number of ranks", edit(CLIP, "    length = optimizer.clip(grad_clip / optimizer.world.size)\n")),
        Mistake("the gradient is clipped after every batch", edit(ADD, ADD + "\n        torch.nn.utils.clip_grad_norm_(model.parameters(), grad_clip * factor or math.inf)")),
        Mistake("each rank clips by PyTorch's own function, by its own part's length", edit(CLIP, "    length = optimizer.clip(0.0)\n    torch.nn.utils.clip_grad_norm_(model.parameters(), grad_clip or math.inf)\n")),
        Mistake("there is no update", edit(STEP, "")),
        Mistake("the update is made twice", edit(STEP, STEP * 2)),
        Mistake("the update is made at rank 0 only", edit(STEP, "        if optimizer.world.rank == 0:\n    " + STEP)),
        Mistake("the new values aren't gathered", edit(GATHER, "")),
        Mistake("the values are gathered before the update", edit(STEP, "", GATHER, GATHER + STEP)),
        Mistake("the values are gathered at the beginning of the next step", edit(GATHER, "", TRAIN, TRAIN + "    optimizer.gather()\n")),
        Mistake("the weights are averaged over the ranks instead of the gradients", edit(REDUCE, "", GATHER, "        for parameter in optimizer.parameters:\n            parameter.data = optimizer.world.sum(parameter.data) / optimizer.world.size\n")),
        Mistake("frozen parameters are thawed", edit(TRAIN, TRAIN + "    model.requires_grad_(True)\n")),
        Mistake("a parameter without a gradient is given one of zeros plus its own value", edit(REDUCE, "    for parameter in optimizer.parameters:\n        if parameter.grad is None:\n            parameter.grad = parameter.detach().clone()\n" + REDUCE)),
        # What is no number
        Mistake("a loss that isn't finite isn't looked for", edit(REFUSE_LOSS, "if False:")),
        Mistake("each rank looks at its own loss only, and leaves the others waiting", edit(REFUSE_LOSS, "if not math.isfinite(total):")),
        Mistake("each rank looks at its own losses in the loop, and leaves the others waiting", edit(ADD, ADD + '\n        if not math.isfinite(loss):\n            raise ArithmeticError(f"the loss is {loss}")')),
        Mistake("only rank 0 stops at a loss that isn't finite", edit(REFUSE_LOSS, "if optimizer.world.rank == 0 and not math.isfinite(mean):")),
        Mistake("only nan is refused as a loss, not infinity", edit(REFUSE_LOSS, "if math.isnan(mean):")),
        Mistake("only infinity is refused as a loss, not nan", edit(REFUSE_LOSS, "if math.isinf(mean):")),
        Mistake("minus infinity isn't refused as a loss", edit(REFUSE_LOSS, "if math.isnan(mean) or mean == math.inf:")),
        Mistake("where the loss isn't finite the step is left out silently", edit(RAISE_LOSS, "return mean")),
        Mistake("a batch whose loss isn't finite is left out", edit(CALL, f"{CALL}\n        if not math.isfinite(loss):\n            continue")),
        Mistake("a loss that isn't finite is a ValueError", edit(RAISE_LOSS, RAISE_LOSS.replace("ArithmeticError", "ValueError"))),
        Mistake("a loss that isn't finite is a RuntimeError", edit(RAISE_LOSS, RAISE_LOSS.replace("ArithmeticError", "RuntimeError"))),
        Mistake("the message for a loss doesn't name it", edit(RAISE_LOSS, 'raise ArithmeticError("not a finite number")')),
        Mistake("a loss is refused only after the step, when the weights are moved", edit(LOSS, "", RETURN, f"    {REFUSE_LOSS}\n        {RAISE_LOSS}\n" + RETURN)),
        Mistake("a loss that isn't finite is refused only where there is no scale", edit(REFUSE_LOSS, "if scale is None and not math.isfinite(mean):")),
        Mistake("with a scale, a loss that isn't finite is an overflow like any other: the step is skipped", edit(RAISE_LOSS, f"if scale is not None:\n            scale.update(False)\n            return mean\n        {RAISE_LOSS}")),
        Mistake("the gradient's length isn't looked at", edit(REFUSING, "", WELL, "    if scale is None or math.isfinite(length):\n")),
        Mistake("where the gradient isn't finite the step is left out silently, without a scale too", edit(REFUSING, "")),
        Mistake("only nan is refused as a gradient's length, not infinity", edit(REFUSE, "    elif math.isnan(length):\n")),
        Mistake("only infinity is refused as a gradient's length, not nan", edit(REFUSE, "    elif math.isinf(length):\n")),
        Mistake("the gradient's length is looked at only where it is clipped", edit(REFUSE, "    elif grad_clip and not math.isfinite(length):\n")),
        Mistake("the gradient's length is looked at only after the update", edit(REFUSING, "", WELL, "    if scale is None or math.isfinite(length):\n", RETURN, f"    if scale is None and not math.isfinite(length):\n        {RAISE}\n" + RETURN)),
        Mistake("each rank looks at its own gradient before they are reduced, and leaves the others waiting",
                edit(REDUCE, "    for parameter in optimizer.parameters:\n        if scale is None and parameter.grad is not None and not torch.isfinite(parameter.grad).all():\n            raise ArithmeticError('a gradient is not finite')\n" + REDUCE)),
        Mistake("a gradient that isn't finite is a ValueError", edit(RAISE, RAISE.replace("ArithmeticError", "ValueError"))),
        Mistake("the message for a gradient doesn't name it", edit(RAISE, 'raise ArithmeticError("not a finite number")')),
        Mistake("numbers of the gradient that aren't finite are replaced by 0", edit(REDUCE, every("parameter.grad.nan_to_num_(0.0, 0.0, 0.0)") + REDUCE)),
        # The scale
        Mistake("the scale is ignored", edit(FACTOR, "factor, scale = 1.0, None")),
        Mistake("the loss isn't multiplied by the scale, but the gradients are divided", edit(BACKWARD, "(loss * (1 / len(batches))).backward()")),
        Mistake("the gradients aren't divided by the scale", edit(UNSCALE, "")),
        Mistake("the gradients are multiplied by the scale once more", edit(DIVIDE, "parameter.grad.mul_(factor)")),
        Mistake("the gradients are multiplied by the scale after the way back, where they have vanished", edit(BACKWARD, "(loss * (1 / len(batches))).backward()", REDUCE, every("parameter.grad.mul_(factor)") + REDUCE)),
        Mistake("the gradients are clipped with the scale in them, and divided afterwards", edit(UNSCALE, "", CLIP, CLIP + UNSCALE)),
        Mistake("the gradients are divided by the scale for every batch", edit(ADD, ADD + "\n        for parameter in optimizer.parameters:\n            if parameter.grad is not None and scale is not None and len(batches) > 1:\n                parameter.grad.div_(factor)")),
        Mistake("the gradients are divided by the scale as it is after scale.update", edit(UNSCALE, "", CLIP, "    length = optimizer.clip(grad_clip * factor)\n", TELL, TELL + UNSCALE.replace("    if scale is not None:\n        for parameter in optimizer.parameters:\n            if parameter.grad is not None:\n                ", "        for parameter in optimizer.parameters:\n            if parameter.grad is not None:\n                ").replace("factor", "scale.scale"))),
        Mistake("only the first group's gradients are divided by the scale", edit(UNSCALE, UNSCALE.replace("optimizer.parameters", "optimizer.parameters[:1]"))),
        Mistake("the gradients are divided by the scale at rank 0 only", edit(UNSCALE, UNSCALE.replace("scale is not None", "scale is not None and optimizer.world.rank == 0"))),
        Mistake("the scale is never told", edit(TELL + REFUSE, "    if scale is None and not math.isfinite(length):\n")),
        Mistake("the scale is told only of good steps", edit(UPDATE, "if math.isfinite(length):\n            scale.update(True)")),
        Mistake("the scale is told only of overflows", edit(UPDATE, "if not math.isfinite(length):\n            scale.update(False)")),
        Mistake("the scale is told of every step that it was good", edit(UPDATE, "scale.update(True)")),
        Mistake("the scale is told the opposite", edit(UPDATE, "scale.update(not math.isfinite(length))")),
        Mistake("the scale is told for every batch", edit(UPDATE, "for _ in batches:\n            scale.update(math.isfinite(length))")),
        Mistake("the scale is told at rank 0 only", edit(UPDATE, "if optimizer.world.rank == 0:\n            scale.update(math.isfinite(length))")),
        Mistake("each rank tells its scale of its own gradients only", edit(REDUCE, "    own = all(bool(torch.isfinite(p.grad).all()) for p in optimizer.parameters if p.grad is not None)\n" + REDUCE, UPDATE, "scale.update(own)")),
        Mistake("the scale is told that a step was good only if the gradient wasn't clipped", edit(UPDATE, "scale.update(math.isfinite(length) and not 0 < grad_clip < length)")),
        Mistake("an overflow doesn't keep the weights from moving", edit(WELL, "    if True:\n")),
        Mistake("an overflow leaves the step out, but the update is made with gradients of 0", edit(WELL, "    if not math.isfinite(length):\n        for parameter in optimizer.parameters:\n            if parameter.grad is not None:\n                parameter.grad.zero_()\n    if True:\n")),
        Mistake("an overflow makes the optimiser forget all that it remembered", edit(RETURN, "    if not math.isfinite(length):\n        optimizer.optimizer.state.clear()\n" + RETURN)),
        Mistake("an overflow skips the step before the loss is looked at", edit(LOSS, "", WELL, f"    if scale is not None and not math.isfinite(length):\n        return mean\n{LOSS}" + WELL)),
        Mistake("an overflow is an error, with a scale too", edit(UPDATE, f"scale.update(math.isfinite(length))\n    if not math.isfinite(length):\n        {RAISE}", REFUSING, "")),
        Mistake("an overflow returns no loss", edit(WELL, "    if not math.isfinite(length):\n        return math.nan\n" + WELL)),
        Mistake("a step that overflowed is tried again at once with the smaller scale", edit(RETURN, "    if scale is not None and not math.isfinite(length):\n        return pretrain_step(model, optimizer, batches, learning_rate, grad_clip, scale)\n" + RETURN)),
        Mistake("at scale 1 an overflow is skipped silently", edit(UPDATE, "if math.isfinite(length) or scale.scale > 1:\n            scale.update(math.isfinite(length))")),
        Mistake("the scale is halved by hand after an overflow, and its count goes on", edit(UPDATE, "if math.isfinite(length):\n            scale.update(True)\n        elif scale.scale > 1:\n            scale.scale /= 2\n        else:\n            scale.update(False)")),
    ],
}
