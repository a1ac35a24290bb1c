"""Correct ways to write perplexity, bits_per_byte and estimate_loss that differ from the reference's."""

from vibejam_core.course.known import Variant, whole

BITS = """def bits_per_byte(loss: float, n_tokens: int, n_bytes: int) -> float:
"""
PERPLEXITY = """def perplexity(loss: float) -> float:
"""
ESTIMATE = """def estimate_loss(
    model: BaseLM, tokens: Tensor, *, eval_iters: int = 20, batch_size: int = 32, seed: int = 1
) -> float:
"""

VARIANTS = {
    "measures.perplexity": [
        Variant(
            "a power of e, a limit checked beforehand",
            whole(
                PERPLEXITY
                + """    return math.inf if loss > 709.78 else math.e**loss
"""
            ),
        ),
        Variant(
            "torch in float64",
            whole(
                PERPLEXITY
                + """    return torch.tensor(loss, dtype=torch.float64).exp().item()
"""
            ),
        ),
        Variant(
            "NumPy, which overflows to infinity",
            whole(
                PERPLEXITY
                + """    import numpy as np

    with np.errstate(over="ignore"):
        return np.exp(np.float64(loss))
"""
            ),
        ),
        Variant(
            "2 to the power of the loss in bits",
            whole(
                PERPLEXITY
                + """    try:
        return 2.0 ** (loss / math.log(2))
    except OverflowError:
        return float("inf")
"""
            ),
        ),
        Variant(
            "halves multiplied, where multiplication overflows to infinity",
            whole(
                PERPLEXITY
                + """    if loss > 1400:
        return float("inf")
    half = math.exp(loss / 2)
    return half * half
"""
            ),
        ),
    ],
    "measures.bits_per_byte": [
        Variant(
            "log2(e), then the ratio",
            whole(
                BITS
                + """    if n_bytes < 1:
        raise ValueError(f"n_bytes={n_bytes}")
    return loss * math.log2(math.e) * (n_tokens / n_bytes)
"""
            ),
        ),
        Variant(
            "total nats, total bits, bits per byte",
            whole(
                BITS
                + """    if not n_bytes > 0:
        raise ValueError("n_bytes must be positive, not %d" % n_bytes)
    nats = loss * n_tokens
    bits = nats / math.log(2)
    return bits / n_bytes
"""
            ),
        ),
        Variant(
            "the logarithm to base 2 of the probability",
            whole(
                BITS
                + """    import numpy as np

    if n_bytes <= 0:
        raise ValueError(n_bytes)
    return -np.log2(np.exp(-loss)) * n_tokens / n_bytes
"""
            ),
        ),
        Variant(
            "torch in float64",
            whole(
                BITS
                + """    if n_bytes <= 0:
        raise ValueError(f"there are {n_bytes} bytes")
    loss, n_tokens, n_bytes = torch.tensor([loss, n_tokens, n_bytes], dtype=torch.float64)
    return (loss / torch.tensor(2.0, dtype=torch.float64).log() / (n_bytes / n_tokens)).item()
"""
            ),
        ),
    ],
    "measures.estimate_loss": [
        Variant(
            "inference_mode, a tensor of losses, its mean",
            whole(
                ESTIMATE
                + """    device = next(iter(model.parameters())).device
    mode = model.training
    generator = torch.Generator()
    generator.manual_seed(seed)
    losses = torch.zeros(eval_iters)
    model.train(False)
    with torch.inference_mode():
        for k in range(eval_iters):
            X, Y = get_batch(tokens, block_size=model.get_block_size(), batch_size=batch_size, generator=generator)
            losses[k] = model(X.to(device), Y.to(device))[1]
    if mode:
        model.train()
    return losses.mean().item()
"""
            ),
        ),
        Variant(
            "no_grad as a decorator, a running sum, try and finally",
            whole(
                "@torch.no_grad()\n"
                + ESTIMATE
                + """    rng, block_size, total = torch.Generator("cpu").manual_seed(seed), model.get_block_size(), 0.0
    device = [p.device for p in model.parameters()][0]
    before = model.training
    try:
        model.eval()
        for _ in range(eval_iters):
            logits, loss = model(*get_batch(tokens, block_size, batch_size, rng, device=device))
            total += float(loss)
    finally:
        model.train(before)
    return total / eval_iters
"""
            ),
        ),
        Variant(
            "all batches first, then stack",
            whole(
                ESTIMATE
                + """    g = torch.Generator().manual_seed(seed)
    device = next(model.parameters()).device
    batches = [get_batch(tokens, model.get_block_size(), batch_size, g, str(device)) for _ in range(eval_iters)]
    modes = {module: module.training for module in model.modules()}
    model.eval()
    previous = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    losses = [model(x, targets=y)[1] for x, y in batches]
    torch.set_grad_enabled(previous)
    for module, mode in modes.items():
        module.training = mode
    return torch.stack(losses).double().mean().item()
"""
            ),
        ),
        Variant(
            "a mean kept up to date, NumPy's float",
            whole(
                ESTIMATE
                + """    import numpy as np

    was, device = model.training, next(model.parameters()).device
    generator = torch.Generator()
    generator.manual_seed(seed)
    model.eval()
    mean = np.float64(0)
    for n in range(1, eval_iters + 1):
        x, y = get_batch(tokens, model.get_block_size(), batch_size, generator, device)
        with torch.no_grad():
            output = model(x, y)
        mean += (output[1].cpu().numpy() - mean) / n
    model.train(mode=was)
    return mean
"""
            ),
        ),
        Variant(
            "a generator expression and statistics.fmean",
            whole(
                ESTIMATE
                + """    from statistics import fmean

    generator = torch.Generator().manual_seed(seed)
    was_training = model.training
    device = next(model.parameters()).device

    def one_loss() -> float:
        x, y = get_batch(tokens, model.get_block_size(), batch_size, generator)
        return model(x.to(device), y.to(device))[-1].detach().item()

    with torch.no_grad():
        model.eval()
        answer = fmean(one_loss() for _ in range(eval_iters))
        model.train(was_training)
    return answer
"""
            ),
        ),
        Variant(
            "an exit stack that restores the mode",
            whole(
                ESTIMATE
                + """    from contextlib import ExitStack

    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode())
        stack.callback(model.train, model.training)
        model.eval()
        generator, device = torch.Generator().manual_seed(seed), next(model.parameters()).device
        sizes = model.get_block_size(), batch_size
        losses = [model(*get_batch(tokens, *sizes, generator, device=device))[1] for _ in range(eval_iters)]
        return float(torch.tensor(losses).mean())
"""
            ),
        ),
    ],
}
