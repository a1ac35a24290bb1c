"""Ways people get a single training step wrong."""

from vibejam_core.course.known import Mistake, edit

RATES = """    for group in optimizer.param_groups:
        group["lr"] = learning_rate
"""
TRAIN = "    model.train()\n"
ZERO = "    optimizer.zero_grad()\n"
LOOP = "for x, y in batches:\n"
CALL = "_, loss = model(x, y)"
REFUSE_LOSS = "if not torch.isfinite(loss):"
RAISE_LOSS = 'raise ArithmeticError(f"the loss is {loss.item()}")'
BACKWARD = "(loss / len(batches)).backward()"
ADD = "total += loss.item() / len(batches)"
NORM = "norm = torch.nn.utils.clip_grad_norm_(model.parameters(), grad_clip or math.inf)"
REFUSE_NORM = "if not torch.isfinite(norm):"
RAISE_NORM = 'raise ArithmeticError(f"the length of the gradient is {norm.item()}")'
STEP = "    optimizer.step()\n"
RETURN = "    return total\n"
UNCLIPPED = "torch.nn.utils.clip_grad_norm_(model.parameters(), math.inf)"


def clip(new):
    """The gradient is clipped in another way; its length is measured as ever."""
    return edit(NORM, f"norm = {UNCLIPPED}", STEP, new + STEP)


MISTAKES = {
    "trainer.train_step": [
        # The learning rate
        Mistake("the learning rate isn't written into the optimiser's groups, where it looks for it", edit(RATES, "")),
        Mistake("the learning rate is set after the step, too late for it", edit(RATES, "", STEP, STEP + RATES)),
        Mistake("the learning rate is set for the first group only", edit(RATES, '    optimizer.param_groups[0]["lr"] = learning_rate\n')),
        Mistake("the learning rate is set for the last group only", edit(RATES, '    optimizer.param_groups[-1]["lr"] = learning_rate\n')),
        Mistake("the learning rates of the groups are multiplied by the new one", edit('group["lr"] = learning_rate', 'group["lr"] *= learning_rate')),
        Mistake("the learning rate is divided by the number of batches", edit('group["lr"] = learning_rate', 'group["lr"] = learning_rate / len(batches)')),
        Mistake("the learning rate is multiplied by the number of batches", edit('group["lr"] = learning_rate', 'group["lr"] = learning_rate * len(batches)')),
        Mistake("a learning rate of 0 is taken for none at all", edit('group["lr"] = learning_rate', 'group["lr"] = learning_rate or group["lr"]')),
        Mistake("a learning rate is set only where it is lower than before", edit('group["lr"] = learning_rate', 'group["lr"] = min(group["lr"], learning_rate)')),
        # The mode
        Mistake("the model isn't put into training mode", edit(TRAIN, "")),
        Mistake("the model is put into evaluation mode", edit(TRAIN, "    model.eval()\n")),
        Mistake("the model is in evaluation mode after the step", edit(STEP, STEP + "    model.eval()\n")),
        Mistake("the mode is put back after the step", edit(TRAIN, "    was_training = model.training\n" + TRAIN, RETURN, "    model.train(was_training)\n" + RETURN)),
        Mistake("only the model itself is told that it trains, not what is in it", edit(TRAIN, "    model.training = True\n")),
        Mistake("the training mode comes too late, after the loss", edit(TRAIN, "", STEP, TRAIN + STEP)),
        Mistake("a seed is set, so that each step drops out the same numbers", edit(TRAIN, TRAIN + "    torch.manual_seed(1337)\n")),
        # Gradients from before
        Mistake("the gradients of earlier steps stay", edit(ZERO, "")),
        Mistake("the gradients are cleared after the step, not before it", edit(ZERO, "", STEP, STEP + ZERO)),
        Mistake("the gradients are cleared for each batch, so that only the last one counts", edit(ZERO, "", LOOP, LOOP + "    " + ZERO)),
        Mistake("the gradients are cleared just before the step, so that none is left", edit(ZERO, "", STEP, "    optimizer.zero_grad(set_to_none=False)\n" + STEP)),
        Mistake("the gradients from before are halved, not cleared", edit(ZERO, "    for parameter in model.parameters():\n        if parameter.grad is not None:\n            parameter.grad /= 2\n")),
        # Batches
        Mistake("the gradients of the batches are added, not averaged", edit(BACKWARD, "loss.backward()")),
        Mistake("the gradients are divided by the number of batches twice", edit(BACKWARD, "(loss / len(batches) ** 2).backward()")),
        Mistake("the gradients are divided by the number of windows in a batch as well", edit(BACKWARD, "(loss / len(batches) / len(x)).backward()")),
        Mistake("only the first batch is used", edit(LOOP, "for x, y in batches[:1]:\n", BACKWARD, "loss.backward()", ADD, "total += loss.item()")),
        Mistake("only the last batch is used", edit(LOOP, "for x, y in batches[-1:]:\n", BACKWARD, "loss.backward()", ADD, "total += loss.item()")),
        Mistake("the last batch is left out", edit(LOOP, "for x, y in batches[:-1] or batches:\n")),
        Mistake("the first batch is left out", edit(LOOP, "for x, y in batches[1:] or batches:\n")),
        Mistake("backward is called after the loop, for the last batch alone", edit("        " + BACKWARD + "  # adds to the gradients of the batches before\n", "", "    norm =", "    loss.backward()\n    norm =")),
        Mistake("a step is made for every batch", edit("        " + ADD + "\n", "        " + ADD + "\n    " + STEP, NORM, NORM, "\n" + STEP + "    return", "\n    return")),
        Mistake("each batch has a step of its own, with its own gradient", edit(LOOP, LOOP + "    " + ZERO, BACKWARD, "loss.backward()", ADD, ADD + "\n    " + STEP.rstrip("\n"), "gradient is {norm.item()}\")\n" + STEP, 'gradient is {norm.item()}")\n')),
        Mistake("the step is made twice", edit(STEP, STEP * 2)),
        Mistake("the step is made before the gradients are there", edit(STEP, "", TRAIN, STEP + TRAIN)),
        Mistake("the weights are moved by hand, without the optimiser", edit(STEP, "    with torch.no_grad():\n        for parameter in model.parameters():\n            if parameter.grad is not None:\n                parameter -= learning_rate * parameter.grad\n")),
        Mistake("a new optimiser is made for each step, which remembers nothing", edit(STEP, "    type(optimizer)(optimizer.param_groups).step()\n")),
        Mistake("there is no step", edit(STEP, "")),
        Mistake("there is no backward pass", edit(BACKWARD, "")),
        Mistake("the weights climb the gradient: its sign is turned", edit(BACKWARD, "(-loss / len(batches)).backward()")),
        Mistake("inputs and targets are swapped", edit(CALL, "_, loss = model(y, x)")),
        Mistake("the inputs are their own targets", edit(CALL, "_, loss = model(x, x)")),
        Mistake("the loss is computed from the scores once more, not taken from the model", edit(CALL, "logits, _ = model(x, y)\n        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), y.flatten())")),
        Mistake("the logits are taken for the loss", edit(CALL, "loss = model(x, y)[0].mean()")),
        Mistake("the whole pair is taken for the loss", edit(CALL, "loss = model(x, y)")),
        Mistake("the loss is squared", edit(BACKWARD, "(loss**2 / len(batches)).backward()")),
        Mistake("gradients are switched off", edit(CALL, "with torch.no_grad():\n            _, loss = model(x, y)")),
        Mistake("the gradient of only the first parameter is computed", edit(BACKWARD, "(loss / len(batches)).backward(inputs=[next(p for p in model.parameters() if p.requires_grad)])")),
        # What comes back
        Mistake("nothing is returned", edit(RETURN, "")),
        Mistake("the loss of the last batch is returned, not the mean", edit(RETURN, "    return loss.item()\n")),
        Mistake("the loss of the first batch is returned, not the mean", edit(ADD, "total = total or loss.item()")),
        Mistake("the sum of the losses is returned, not the mean", edit(ADD, "total += loss.item()")),
        Mistake("the mean loss is divided by the number of batches once more", edit(RETURN, "    return total / len(batches)\n")),
        Mistake("the highest loss is returned, not the mean", edit(ADD, "total = max(total, loss.item())")),
        Mistake("a tensor is returned", edit(RETURN, "    return torch.tensor(total)\n")),
        Mistake("a string is returned", edit(RETURN, '    return f"{total:.4f}"\n')),
        Mistake("the loss is rounded to two digits", edit(RETURN, "    return round(total, 2)\n")),
        Mistake("the loss and the gradient's length are returned", edit(RETURN, "    return total, norm.item()\n")),
        Mistake("the gradient's length is returned, not the loss", edit(RETURN, "    return norm.item()\n")),
        Mistake("the loss after the step is returned", edit(RETURN, "    with torch.no_grad():\n        return sum(model(x, y)[1].item() for x, y in batches) / len(batches)\n")),
        Mistake("the perplexity is returned, not the loss", edit(RETURN, "    return math.exp(total)\n")),
        Mistake("the loss is turned into bits", edit(RETURN, "    return total / math.log(2)\n")),
        # Clipping
        Mistake("the gradient isn't clipped, or only after the step", edit(NORM, f"norm = {UNCLIPPED}")),
        Mistake("each parameter's gradient is clipped on its own", clip("    for parameter in model.parameters():\n        if grad_clip and parameter.grad is not None:\n            torch.nn.utils.clip_grad_norm_([parameter], grad_clip)\n")),
        Mistake("every number of the gradient is clipped on its own", clip("    if grad_clip:\n        torch.nn.utils.clip_grad_value_(model.parameters(), grad_clip)\n")),
        Mistake("the gradient is clipped before the backward pass", edit(NORM, f"norm = {UNCLIPPED}", "        " + BACKWARD, "        torch.nn.utils.clip_grad_norm_(model.parameters(), grad_clip or math.inf)\n        " + BACKWARD)),
        Mistake("the gradient is clipped after each batch's backward pass", edit(NORM, f"norm = {UNCLIPPED}", "        " + ADD, "        torch.nn.utils.clip_grad_norm_(model.parameters(), grad_clip or math.inf)\n        " + ADD)),
        Mistake("the sum of the gradients is clipped, and averaged only then", edit(BACKWARD, "loss.backward()", STEP, "    for parameter in model.parameters():\n        if parameter.grad is not None:\n            parameter.grad /= len(batches)\n" + STEP)),
        Mistake("the sum of the gradients' absolute values is taken for their length", edit("grad_clip or math.inf)", "grad_clip or math.inf, norm_type=1.0)")),
        Mistake("the largest number of the gradient is taken for its length", edit("grad_clip or math.inf)", "grad_clip or math.inf, norm_type=math.inf)")),
        Mistake("the gradient is always brought to the length grad_clip, short ones are lengthened", clip("    if grad_clip:\n        for parameter in model.parameters():\n            if parameter.grad is not None:\n                parameter.grad *= grad_clip / norm\n")),
        Mistake("a long gradient is dropped, not shortened", clip("    if grad_clip and norm > grad_clip:\n        optimizer.zero_grad()\n")),
        Mistake("a long gradient is multiplied by grad_clip, not brought to that length", clip("    if grad_clip and norm > grad_clip:\n        for parameter in model.parameters():\n            if parameter.grad is not None:\n                parameter.grad *= grad_clip\n")),
        Mistake("a long gradient is divided by its length, so it gets the length 1", clip("    if grad_clip and norm > grad_clip:\n        for parameter in model.parameters():\n            if parameter.grad is not None:\n                parameter.grad /= norm\n")),
        Mistake("the squared length is compared and divided by: the root is missing", clip("    if grad_clip and norm**2 > grad_clip:\n        for parameter in model.parameters():\n            if parameter.grad is not None:\n                parameter.grad *= grad_clip / norm**2\n")),
        Mistake("the length of the weights is taken for the gradient's", clip("    if grad_clip:\n        length = torch.cat([parameter.detach().flatten() for parameter in model.parameters()]).norm()\n        for parameter in model.parameters():\n            if parameter.grad is not None:\n                parameter.grad *= min(1.0, grad_clip / length.item())\n")),
        Mistake("the weights are clipped, not the gradient", clip("    if grad_clip:\n        for parameter in model.parameters():\n            parameter.data.clamp_(-grad_clip, grad_clip)\n")),
        Mistake("the limit is for the gradient times the learning rate", edit("grad_clip or math.inf)", "grad_clip / max(learning_rate, 1e-9) if grad_clip else math.inf)", STEP, "    if grad_clip and learning_rate >= 1:\n        torch.nn.utils.clip_grad_norm_(model.parameters(), grad_clip / 2)\n" + STEP)),
        Mistake("the gradient is clipped to 1, whatever grad_clip says", edit("grad_clip or math.inf)", "1.0 if grad_clip else math.inf)")),
        Mistake("grad_clip 0 shortens the gradient to nothing", edit("grad_clip or math.inf)", "grad_clip)")),
        Mistake("grad_clip 0 stands for 1000", edit("grad_clip or math.inf)", "grad_clip or 1000.0)")),
        Mistake("only the gradient of the optimiser's first group is clipped", edit(NORM, f"norm = {UNCLIPPED}\n    torch.nn.utils.clip_grad_norm_(optimizer.param_groups[0]['params'], grad_clip or math.inf)")),
        Mistake("only matrices are clipped, and count for the length", edit(NORM, f"norm = {UNCLIPPED}\n    torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.ndim >= 2], grad_clip or math.inf)")),
        Mistake("grad_clip is 1 where it isn't given", edit("grad_clip: float = 0.0", "grad_clip: float = 1.0")),
        Mistake("grad_clip is used only if it is 1 or more", edit("grad_clip or math.inf)", "grad_clip if grad_clip >= 1 else math.inf)")),
        Mistake("with grad_clip the length is shared out evenly among the parameters", clip("    tensors = [parameter for parameter in model.parameters() if parameter.grad is not None]\n    for parameter in tensors if grad_clip else ():\n        torch.nn.utils.clip_grad_norm_([parameter], grad_clip / math.sqrt(len(tensors)))\n")),
        # Parameters without a gradient
        Mistake("a parameter without a gradient is an error", edit(NORM, "norm = torch.stack([parameter.grad.norm() for parameter in model.parameters()]).norm()\n    if grad_clip:\n        torch.nn.utils.clip_grad_norm_(model.parameters(), grad_clip)")),
        Mistake("frozen parameters are thawed", edit(TRAIN, TRAIN + "    for parameter in model.parameters():\n        if not parameter.requires_grad:\n            parameter.requires_grad_(True)\n            optimizer.add_param_group({\"params\": [parameter], \"lr\": learning_rate})\n")),
        # What is no number
        Mistake("a loss that isn't finite is not noticed, only the gradient's length is", edit(REFUSE_LOSS, "if False:")),
        Mistake("only nan is refused as a loss, not infinity", edit(REFUSE_LOSS, "if torch.isnan(loss):")),
        Mistake("a loss of minus infinity is not refused", edit(REFUSE_LOSS, "if torch.isnan(loss) or loss == math.inf:")),
        Mistake("nan is looked for with ==, which never finds it", edit(REFUSE_LOSS, "if loss == math.nan or torch.isinf(loss):")),
        Mistake("only the last batch's loss is looked at", edit(f"        {REFUSE_LOSS}\n            {RAISE_LOSS}\n", "", "    norm =", f"    {REFUSE_LOSS}\n        {RAISE_LOSS}\n    norm =")),
        Mistake("only the first batch's loss is looked at", edit(REFUSE_LOSS, "if total == 0.0 and not torch.isfinite(loss):")),
        Mistake("a batch whose loss isn't finite is skipped", edit(RAISE_LOSS, "continue")),
        Mistake("where a loss isn't finite the step is left out silently", edit(RAISE_LOSS, "return loss.item()")),
        Mistake("a loss that isn't finite is replaced by 0", edit(REFUSE_LOSS, "if False:", CALL, CALL + "\n        loss = torch.nan_to_num(loss, nan=0.0, posinf=0.0, neginf=0.0)")),
        Mistake("a loss that isn't finite is a ValueError", edit(RAISE_LOSS, RAISE_LOSS.replace("ArithmeticError", "ValueError"))),
        Mistake("a loss that isn't finite is an AssertionError", edit(REFUSE_LOSS, "if False:", BACKWARD, f"assert torch.isfinite(loss)\n        {BACKWARD}")),
        Mistake("a loss that isn't finite is a RuntimeError", edit(RAISE_LOSS, RAISE_LOSS.replace("ArithmeticError", "RuntimeError"))),
        Mistake("the message for a loss doesn't name it", edit(RAISE_LOSS, 'raise ArithmeticError("not a finite number")')),
        Mistake("a loss is refused only after the step, when the weights are moved", edit(f"        {REFUSE_LOSS}\n            {RAISE_LOSS}\n", "", REFUSE_NORM, "if False:", RETURN, '    if not math.isfinite(total):\n        raise ArithmeticError(f"the loss is {total}")\n    if not torch.isfinite(norm):\n        raise ArithmeticError(f"the gradient is {norm}")\n' + RETURN)),
        Mistake("a loss is called infinite if it is more than 100", edit(REFUSE_LOSS, "if not loss < 100 or loss < -100:")),
        Mistake("the gradient's length isn't looked at", edit(REFUSE_NORM, "if False:")),
        Mistake("the gradient's length is looked at only after the step", edit(f"    {REFUSE_NORM}\n        {RAISE_NORM}\n", "", STEP, f"{STEP}    {REFUSE_NORM}\n        {RAISE_NORM}\n")),
        Mistake("the gradient's length is looked at only where it is clipped", edit(REFUSE_NORM, "if grad_clip and not torch.isfinite(norm):")),
        Mistake("only nan is refused as a gradient's length, not infinity", edit(REFUSE_NORM, "if torch.isnan(norm):")),
        Mistake("only infinity is refused as a gradient's length, not nan", edit(REFUSE_NORM, "if torch.isinf(norm):")),
        Mistake("a gradient that isn't finite is a RuntimeError", edit("grad_clip or math.inf)", "grad_clip or math.inf, error_if_nonfinite=True)")),
        Mistake("a gradient that isn't finite is a ValueError", edit(RAISE_NORM, RAISE_NORM.replace("ArithmeticError", "ValueError"))),
        Mistake("numbers of the gradient that aren't finite are replaced by 0", edit(NORM, "for parameter in model.parameters():\n        if parameter.grad is not None:\n            parameter.grad.nan_to_num_(0.0, 0.0, 0.0)\n    " + NORM)),
        Mistake("where the gradient isn't finite the step is left out silently", edit(RAISE_NORM, "return total")),
        Mistake("the message for a gradient doesn't name it", edit(RAISE_NORM, 'raise ArithmeticError("not a finite number")')),
        Mistake("one message is for both: the loss or the gradient is not finite", edit(RAISE_LOSS, 'raise ArithmeticError("the loss or the gradient is not finite")', RAISE_NORM, 'raise ArithmeticError("the loss or the gradient is not finite")')),
        Mistake("before it raises, the weights are set to 0 where the gradient isn't finite", edit(RAISE_NORM, f"for parameter in model.parameters():\n            parameter.data.zero_()\n        {RAISE_NORM}")),
        Mistake("before it raises, the optimiser forgets what it remembers", edit(RAISE_LOSS, f"optimizer.state.clear()\n            {RAISE_LOSS}")),
    ],
}  # fmt: skip
