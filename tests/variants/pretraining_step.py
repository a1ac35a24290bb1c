"""Correct ways to write a step of pretraining that differ from the reference's."""

from vibejam_core.course.known import Variant, whole

STEP = "def pretrain_step(model, optimizer, batches, learning_rate, grad_clip=0.0, scale=None):\n"

VARIANTS = {
    "pretraining.pretrain_step": [
        Variant("all batches as one large batch, gradients set to zero, rates first", whole(STEP + '''
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    model.train(True)
    optimizer.optimizer.zero_grad(set_to_none=False)
    _, loss = model(torch.cat([x for x, _ in batches]), torch.cat([y for _, y in batches]))
    world = optimizer.world
    mean = float(world.sum(loss.detach().double().reshape(1)) / world.size)
    if mean != mean or abs(mean) == float("inf"):
        raise FloatingPointError(f"loss {mean}")
    (loss if scale is None else loss * scale.scale).backward()
    if scale is not None:
        for p in model.parameters():
            if p.grad is not None:
                p.grad /= scale.scale
    optimizer.reduce()
    norm = optimizer.clip(grad_clip)
    finite = norm - norm == 0
    if scale:
        scale.update(finite)
    if not finite and scale is None:
        raise FloatingPointError(f"norm of the gradient {norm}")
    if finite:
        optimizer.update()
        optimizer.gather()
    return mean
''')),
        Variant("gradients added up, divided by batches and scale in one go after they were reduced", whole(STEP + '''
    model.train()
    for parameter in model.parameters():
        parameter.grad = None
    losses = []
    for batch in batches:
        loss = model(*batch)[1]
        losses.append(float(loss))
        scaled = loss if scale is None else scale.scale * loss
        scaled.backward()
    n = len(losses)
    optimizer.reduce()
    divisor = n * (1.0 if scale is None else scale.scale)
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
        for parameter in group["params"]:
            if parameter.grad is not None:
                parameter.grad = parameter.grad / divisor
    length = optimizer.clip(grad_clip)
    all_losses = optimizer.world.sum(torch.tensor([sum(losses), float(n)]))
    mean = (all_losses[0] / all_losses[1]).item()
    if not math.isfinite(mean):
        raise ArithmeticError("loss: " + str(mean))
    well = math.isfinite(length)
    if scale is not None:
        scale.update(well)
        if not well:
            return mean
    elif not well:
        raise ArithmeticError("gradient: " + str(length))
    optimizer.update()
    optimizer.gather()
    return mean
''')),
        Variant("torch.autograd.grad by hand; every rank adds up all ranks' losses in a vector", whole(STEP + '''
    model.train()
    factor = scale.scale if scale is not None else 1.0
    learned = [p for p in optimizer.parameters if p.requires_grad]
    sums = [None] * len(learned)
    mine = torch.zeros(optimizer.world.size, dtype=torch.float64)
    for x, y in batches:
        loss = model(x, y)[1]
        mine[optimizer.world.rank] += loss.item() / len(batches)
        for i, g in enumerate(torch.autograd.grad(loss * factor, learned, allow_unused=True)):
            if g is not None:
                sums[i] = g / len(batches) if sums[i] is None else sums[i] + g / len(batches)
    for p, g in zip(learned, sums):
        p.grad = g
    mean = optimizer.world.sum(mine).mean().item()
    if not math.isfinite(mean):
        raise ArithmeticError(f"a loss is not finite: {mean}")
    optimizer.reduce()
    if factor != 1:
        torch._foreach_div_([p.grad for p in learned if p.grad is not None] or [torch.zeros(1)], factor)
    length = optimizer.clip(grad_clip)
    if not math.isfinite(length):
        if scale is None:
            raise ArithmeticError(f"a gradient is not finite: {length}")
        scale.update(False)
        return mean
    if scale is not None:
        scale.update(True)
    for group in optimizer.param_groups:
        group.update(lr=learning_rate)
    optimizer.update()
    optimizer.gather()
    return mean
''')),
        Variant("the loss is reduced to rank 0 and copied from there; one backward pass for all batches", whole(STEP + '''
    world = optimizer.world
    model.zero_grad(set_to_none=True)
    model.train()
    loss = torch.stack([model(x, y)[1] for x, y in batches]).mean()
    told = loss.detach().clone()
    world.sum_to(told, 0)
    world.copy_from(told, 0)
    mean = told.item() / world.size
    if math.isnan(mean) or math.isinf(mean):
        raise ArithmeticError(f"the loss is not a finite number but {mean}")
    if scale is not None:
        loss = loss * scale.scale
    loss.backward()
    optimizer.reduce()
    if scale is not None:
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.grad is not None:
                    parameter.grad.mul_(1.0 / scale.scale)
    finite = math.isfinite(optimizer.clip(grad_clip))
    if scale is not None:
        scale.update(finite)
    elif not finite:
        raise ArithmeticError("the gradient is no finite number")
    if finite:
        for group in optimizer.optimizer.param_groups:
            group["lr"] = float(learning_rate)
        optimizer.update()
        optimizer.gather()
    return mean
''')),
        Variant("lists of losses, divided by the batches at the end, messages with capital letters", whole(STEP + '''
    for parameter in model.parameters():
        parameter.grad = None
    model.train()
    world, factor = optimizer.world, 1.0
    if scale is not None:
        factor = float(scale.scale)
    losses = []
    for x, y in batches:
        loss = model(x, y)[1]
        loss.mul(factor).backward()
        losses.append(loss.item())
    for parameter in model.parameters():
        if parameter.grad is not None:
            parameter.grad.div_(len(batches))
    mine = torch.tensor(losses, dtype=torch.float64)
    mean = world.sum(mine).mean().item() / world.size
    if math.isnan(mean) or math.isinf(mean):
        raise FloatingPointError(f"Loss is {mean}")
    optimizer.reduce()
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if parameter.grad is not None and factor != 1.0:
                parameter.grad = parameter.grad / factor
    norm = optimizer.clip(grad_clip)
    bad = math.isnan(norm) or math.isinf(norm)
    if bad and scale is None:
        raise FloatingPointError(f"Gradient norm is {norm}")
    if scale is not None:
        scale.update(not bad)
    if bad:
        return mean
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.update()
    optimizer.gather()
    return mean
''')),
    ],
}
