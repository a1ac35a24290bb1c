"""What the checks of lab 13 compute by other means: number by number in float64, and through singular values."""

import torch

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def rand(*shape, seed, scale=1.0):
    """Normal numbers in float32, the same on every call."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * scale


def adam_by_hand(start, gradients, rates, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    """Where AdamW takes one parameter: a rate and a gradient (or None) for each step, all in float64."""
    b1, b2 = betas
    p, m, v, t = start.double(), torch.zeros_like(start).double(), torch.zeros_like(start).double(), 0
    for g, rate in zip(gradients, rates, strict=True):
        if g is None:
            continue
        t, g = t + 1, g.double()
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        p = p - rate * weight_decay * p - rate * (m / (1 - b1**t)) / ((v / (1 - b2**t)) ** 0.5 + eps)
    return p


def evened(G, steps=5):
    """What Newton and Schulz make of a matrix, through its singular values, in float64."""
    U, S, V = torch.linalg.svd(G.double(), full_matrices=False)
    a, b, c = COEFFICIENTS
    s = S / S.square().sum(-1, keepdim=True).sqrt().clamp_min(1e-12)
    for _ in range(steps):
        s = a * s + b * s**3 + c * s**5
    return (U * s[..., None, :]) @ V


def muon_by_hand(start, gradients, rates, momentum=0.95, weight_decay=0.0):
    """Where Muon takes one matrix, all in float64."""
    p, m = start.double(), torch.zeros_like(start).double()
    factor = max(1.0, start.shape[0] / start.shape[1]) ** 0.5
    for g, rate in zip(gradients, rates, strict=True):
        if g is None:
            continue
        m = momentum * m + (1 - momentum) * g.double()
        direction = evened(momentum * m + (1 - momentum) * g.double())
        towards_zero = torch.sign(direction) * torch.sign(p) > 0
        p = p - rate * factor * direction - rate * weight_decay * torch.where(towards_zero, p, 0.0)
    return p


def walk(optimizer, parameters, gradients, rates=None):
    """Make steps: in each a gradient (or None) for every parameter, and one learning rate for all groups."""
    for i, row in enumerate(gradients):
        for parameter, gradient in zip(parameters, row, strict=True):
            parameter.grad = None if gradient is None else gradient.clone()
        if rates is not None:
            for group in optimizer.param_groups:
                group["lr"] = rates[i]
        optimizer.step()


def parameters_of(*tensors):
    """Fresh parameters with these numbers."""
    return [torch.nn.Parameter(tensor.clone()) for tensor in tensors]
