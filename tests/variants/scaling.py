"""Correct ways to write the laws behind the one dial that differ from the reference's."""

from vibejam_core.course.known import Variant, whole

SHAPE = "def shape_for(depth, vocab_size, block_size):\n"
PLAN = "def plan_for(counts, block_size, ratio=20.0):\n"
MICRO = "def micro_batch_size(config, counts, rows, free_bytes, world_size=1):\n"
MFU = "def mfu(tokens_per_second, flops_per_token, peak_flops):\n"

VARIANTS = {
    "scaling.shape_for": [
        Variant("the number of heads by cases, positional arguments", whole(SHAPE + '''
    if depth <= 0:
        raise ValueError("depth must be positive, got %d" % depth)
    heads = depth
    if depth >= 8 and depth % 2 == 0:
        heads //= 2
    return ModelConfig(vocab_size, block_size, depth, heads, depth * 64)
''')),
        Variant("keys and values of each head's own, named", whole(SHAPE + '''
    if not depth >= 1:
        raise ValueError(f"bad depth {depth}")
    width = depth << 6
    heads = width // 64
    if depth > 7 and width % 128 == 0:
        heads = width // 128
    return ModelConfig(vocab_size=vocab_size, block_size=block_size, n_layer=depth, n_head=heads, n_kv_head=heads,
                       n_embd=width, compute_dtype="float32")
''')),
        Variant("it leaves the refusing to ModelConfig", whole(SHAPE + '''
    head_dim = 64 if depth % 2 or depth < 8 else 128
    return ModelConfig(
        vocab_size=vocab_size, block_size=block_size, n_layer=depth, n_embd=64 * depth, n_head=64 * depth // head_dim
    )
''')),
        Variant("a default config with fields replaced", whole(SHAPE + '''
    from dataclasses import replace

    if depth < 1:
        raise ValueError(f"{depth=}")
    heads = {True: depth // 2, False: depth}[depth in range(8, 10**6, 2)]
    return replace(ModelConfig(), n_embd=64 * depth, n_layer=depth, n_head=heads, vocab_size=vocab_size,
                   block_size=block_size)
''')),
    ],
    "scaling.plan_for": [
        Variant("logarithms all the way, floor of what is a half more", whole(PLAN + '''
    if ratio <= 0:
        raise ValueError(f"ratio {ratio}")
    D = ratio * sum(counts[name] for name in ("head", "matrices"))
    exponent = math.log2(REFERENCE_BATCH) + 0.383 * math.log2(D / REFERENCE_TOKENS) - math.log2(block_size)
    rows = 1 << max(0, math.floor(exponent + 0.5))
    tokens = rows * block_size
    steps = int(D // tokens)
    if steps * tokens < D:
        steps += 1
    return Plan(block_size, rows, steps, REFERENCE_RATE * (tokens / REFERENCE_BATCH) ** 0.5)
''')),
        Variant("doubling while the next power of two is nearer", whole(PLAN + '''
    if not ratio > 0:
        raise ValueError("ratio must be positive: " + str(ratio))
    params = counts["matrices"] + counts["head"]
    horizon = params * ratio
    wanted = REFERENCE_BATCH * math.pow(horizon / REFERENCE_TOKENS, BATCH_EXPONENT) / block_size
    rows = 1
    while rows * math.sqrt(2) < wanted:
        rows *= 2
    return Plan(
        block_size=block_size, rows=rows, steps=-int(-horizon // (rows * block_size)),
        learning_rate=math.sqrt(rows) * math.sqrt(block_size) * REFERENCE_RATE / math.sqrt(REFERENCE_BATCH),
    )
''')),
        Variant("tensors in single precision for the law", whole(PLAN + '''
    import torch

    if not ratio > 0:
        raise ValueError(f"{ratio} tokens per parameter")
    horizon = ratio * (counts["matrices"] + counts["head"])
    batch = REFERENCE_BATCH * torch.tensor(horizon / REFERENCE_TOKENS) ** BATCH_EXPONENT
    rows = int(2 ** torch.log2(batch / block_size).round().clamp(min=0))
    rate = REFERENCE_RATE * torch.tensor(rows * block_size / REFERENCE_BATCH).sqrt()
    return Plan(block_size, rows, math.ceil(horizon / (rows * block_size)), rate.item())
''')),
        Variant("the nearest of all powers of two, NumPy's logarithm", whole(PLAN + '''
    import numpy

    if ratio <= 0:
        raise ValueError(f"expected a ratio above 0, got {ratio}")
    D = ratio * counts["matrices"] + ratio * counts["head"]
    B = REFERENCE_BATCH * (D / REFERENCE_TOKENS) ** BATCH_EXPONENT
    ks = numpy.arange(0, 50)
    k = int(ks[numpy.abs(ks - numpy.log2(B / block_size)).argmin()])
    batch = 2**k * block_size
    return Plan(block_size, 2**k, max(1, math.ceil(D / batch)), float(REFERENCE_RATE * numpy.sqrt(batch / REFERENCE_BATCH)))
''')),
    ],
    "scaling.micro_batch_size": [
        Variant("bisection among the divisors", whole(MICRO + '''
    from bisect import bisect_right

    divisors = sorted({d for n in range(1, math.isqrt(rows) + 1) if rows % n == 0 for d in (n, rows // n)})
    needs = [memory_for(config=config, counts=counts, rows=d, world_size=world_size).total for d in divisors]
    place = bisect_right(needs, free_bytes)
    if place == 0:
        raise ValueError("Free: {}. Needed for a row: {}.".format(free_bytes, needs[0]))
    return divisors[place - 1]
''')),
        Variant("all divisors, largest that fits", whole(MICRO + '''
    divisors = [d for d in range(1, rows + 1) if rows % d == 0]
    fitting = [d for d in divisors if memory_for(config, counts, d, world_size).total <= free_bytes]
    if not fitting:
        one = memory_for(config, counts, 1, world_size)
        raise ValueError(f"{one.total} bytes for one row > {free_bytes} free bytes")
    return max(fitting)
''')),
        Variant("by the number of micro-batches, from one up", whole(MICRO + '''
    for n in range(1, rows + 1):
        micro, rest = divmod(rows, n)
        if rest:
            continue
        need = memory_for(config, counts, micro, world_size)
        if need.weights + need.gradients + need.optimizer + need.activations + need.logits <= free_bytes:
            return micro
    raise ValueError("one row needs %d bytes and %d are free" % (need.total, free_bytes))
''')),
        Variant("how many fit is computed from the memory of one row and of two", whole(MICRO + '''
    one = memory_for(config, counts, 1, world_size).total
    if one > free_bytes:
        raise ValueError(f"not even one row fits: needs {one}, free {free_bytes}")
    each = memory_for(config, counts, 2, world_size).total - one
    most = 1 + (free_bytes - one) // each
    micro = min(rows, most)
    while rows % micro:
        micro -= 1
    return micro
''')),
    ],
    "scaling.mfu": [
        Variant("exact fractions", whole(MFU + '''
    from fractions import Fraction

    if not peak_flops > 0:
        raise ValueError(f"got {peak_flops=}")
    return float(Fraction(tokens_per_second) * Fraction(flops_per_token) / Fraction(peak_flops))
''')),
        Variant("divided first", whole(MFU + '''
    if peak_flops <= 0:
        raise ValueError(f"peak_flops is {peak_flops}")
    return flops_per_token * (tokens_per_second / peak_flops)
''')),
        Variant("possible tokens per second", whole(MFU + '''
    if not peak_flops > 0:
        raise ValueError("not a peak: %s" % peak_flops)
    achieved = float(tokens_per_second) * float(flops_per_token)
    return achieved / float(peak_flops)
''')),
        Variant("through seconds per token", whole(MFU + '''
    if peak_flops <= 0.0:
        raise ValueError(f"{peak_flops} FLOPs per second is no peak")
    seconds_at_best = flops_per_token / peak_flops
    return float(seconds_at_best * tokens_per_second)
''')),
    ],
}
