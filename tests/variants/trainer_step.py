"""Correct ways to write a training step that differ from the reference's."""

from vibejam_core.course.known import Variant, edit, whole

STEP = """def train_step(
    model: BaseLM,
    optimizer: torch.optim.Optimizer,
    batches: Sequence[tuple[Tensor, Tensor]],
    learning_rate: float,
    grad_clip: float = 0.0,
) -> float:
"""

VARIANTS = {
    "trainer.train_step": [
        Variant("all batches as one large batch", whole(STEP + """    model.train()
    optimizer.zero_grad(set_to_none=False)
    _, loss = model(torch.cat([x for x, _ in batches]), torch.cat([y for _, y in batches]))
    if not math.isfinite(loss.item()):
        raise FloatingPointError(f"The loss is {loss.item()}")
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), grad_clip if grad_clip > 0 else float("inf"))
    if not math.isfinite(norm):
        raise FloatingPointError(f"The norm of the gradient is {norm}")
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.step()
    return float(loss)
""")),
        Variant("all losses first, then one backward pass through their mean", whole(STEP + """    for group in optimizer.param_groups:
        group.update(lr=learning_rate)
    model.train(True)
    losses = torch.stack([model(x, y)[1] for x, y in batches])
    if losses.isnan().any() or losses.isinf().any():
        raise ArithmeticError(f"a loss is no number: {losses.tolist()}")
    model.zero_grad()
    losses.mean().backward()
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    length = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in gradients]))
    if length.isnan() or length.isinf():
        raise ArithmeticError(f"gradient of length {length}")
    if grad_clip > 0 and length > grad_clip:
        for gradient in gradients:
            gradient.mul_(grad_clip / length)
    optimizer.step()
    return losses.mean().item()
""")),
        Variant("torch.autograd.grad, and gradients summed by hand", whole(STEP + """    model.train()
    parameters = [p for p in model.parameters() if p.requires_grad]
    sums, losses = [None] * len(parameters), []
    for x, y in batches:
        loss = model(x, y)[1]
        losses.append(loss.item())
        if not math.isfinite(losses[-1]):
            raise ArithmeticError("the loss is not finite")
        for i, gradient in enumerate(torch.autograd.grad(loss, parameters, allow_unused=True)):
            if gradient is not None:
                sums[i] = gradient if sums[i] is None else sums[i] + gradient
    means = [None if total is None else total / len(batches) for total in sums]
    length = math.sqrt(sum(float((mean.double() ** 2).sum()) for mean in means if mean is not None))
    if not math.isfinite(length):
        raise ArithmeticError("the gradient is not finite")
    factor = grad_clip / length if 0 < grad_clip < length else 1.0
    for parameter, mean in zip(parameters, means):
        parameter.grad = None if mean is None else mean * factor
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.step()
    return sum(losses) / len(losses)
""")),
        Variant("gradients added up, divided by the number of batches afterwards", whole(STEP + """    model.train()
    for parameter in model.parameters():
        parameter.grad = None
    total = 0.0
    for batch in batches:
        logits, loss = model(*batch)
        if not torch.isfinite(loss).item():
            raise ArithmeticError(f"loss: {loss}")
        loss.backward()
        total = total + loss.detach()
    squares = 0.0
    for parameter in model.parameters():
        if parameter.grad is not None:
            parameter.grad.div_(len(batches))
            squares += parameter.grad.square().sum().item()
    norm = squares**0.5
    if norm != norm or norm == math.inf:
        raise ArithmeticError(f"gradient: {norm}")
    scale = min(1.0, grad_clip / (norm + 1e-6)) if grad_clip else 1.0
    for parameter in model.parameters():
        if parameter.grad is not None:
            parameter.grad *= scale
    for i in range(len(optimizer.param_groups)):
        optimizer.param_groups[i]["lr"] = learning_rate
    optimizer.step()
    return (total / len(batches)).item()
""")),
        Variant("a closure that the optimiser calls", whole(STEP + """    model.train()
    for group in optimizer.param_groups:
        group["lr"] = learning_rate

    def closure():
        optimizer.zero_grad()
        total = torch.zeros((), dtype=torch.float64)
        for x, y in batches:
            loss = model(x, y)[1]
            if not torch.isfinite(loss):
                raise ArithmeticError("the loss is " + str(loss.item()))
            (loss / len(batches)).backward()
            total += loss.detach().double() / len(batches)
        norm = torch.nn.utils.clip_grad_norm_([p for p in model.parameters()], grad_clip or float("inf"))
        if norm.isnan() or norm.isinf():
            raise ArithmeticError("the gradient is " + str(norm.item()))
        return total

    return optimizer.step(closure).item()
""")),
        Variant("functional: torch.func on a copy of the parameters", whole(STEP + """    model.train()
    weights = {name: p.detach() for name, p in model.named_parameters() if p.requires_grad}

    def mean_loss(values):
        losses = [torch.func.functional_call(model, values, (x, y))[1] for x, y in batches]
        return sum(losses) / len(losses)

    gradients, loss = torch.func.grad_and_value(mean_loss)(weights)
    if not math.isfinite(loss.item()):
        raise ArithmeticError(f"loss = {loss.item()}")
    norm = torch.cat([g.flatten() for g in gradients.values()]).norm()
    if not math.isfinite(norm.item()):
        raise ArithmeticError(f"gradient norm = {norm.item()}")
    for name, p in model.named_parameters():
        if name in gradients:
            p.grad = gradients[name] * (grad_clip / norm if grad_clip and norm > grad_clip else 1.0)
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.step()
    return loss.item()
""")),
        Variant("the error of clip_grad_norm_ turned into the right one", edit(
            "norm = torch.nn.utils.clip_grad_norm_(model.parameters(), grad_clip or math.inf)",
            """try:
        torch.nn.utils.clip_grad_norm_(model.parameters(), grad_clip or math.inf, error_if_nonfinite=True)
    except RuntimeError as error:
        raise ArithmeticError("the gradient is not finite") from error""",
            """    if not torch.isfinite(norm):
        raise ArithmeticError(f"the length of the gradient is {norm.item()}")
""", "")),
        Variant("the gradient's length by numbers alone, clipping in its own function", whole(STEP + """    def shorten(parameters, longest):
        vector = torch.nn.utils.parameters_to_vector([p.grad for p in parameters])
        length = vector.norm().item()
        if math.isnan(length) or math.isinf(length):
            raise ArithmeticError(f"the gradient has length {length}")
        if longest and length > longest:
            for p in parameters:
                p.grad.copy_(p.grad * longest / length)

    model.train()
    optimizer.zero_grad(set_to_none=True)
    n, losses = len(batches), []
    for i in range(n):
        out = model(batches[i][0], batches[i][1])
        losses.append(out[1].item())
        if not all(-math.inf < loss < math.inf for loss in losses):
            raise ArithmeticError(f"the loss is {losses[-1]}")
        torch.autograd.backward(out[1], torch.full_like(out[1], 1 / n))
    shorten([p for p in model.parameters() if p.grad is not None], grad_clip)
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.step()
    return math.fsum(losses) / n
""")),
    ],
}  # fmt: skip
