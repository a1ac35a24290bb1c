"""Ways people get apply_temperature, top_k_filter and top_p_filter wrong."""

from vibejam_core.course.known import Mistake, edit, whole

HOT = "return (logits - logits.amax(dim=-1, keepdim=True)) / temperature"
FLOAT = "logits = logits.float()"
BEST = "best = logits.argmax(dim=-1, keepdim=True)"
ONLY = 'return torch.full_like(logits, float("-inf")).scatter(-1, best, 0.0)'
COLD = "if temperature == 0:"
NEGATIVE = "if not temperature >= 0:"
SAID = 'raise ValueError(f"temperature must be at least 0, but it is {temperature}")'

THRESHOLD = "threshold = logits.topk(k, dim=-1).values[..., -1:]"
MASK = 'return logits.masked_fill(logits < threshold, float("-inf"))'
ALL = "if k == 0 or k >= logits.shape[-1]:"
NEGATIVE_K = "if k < 0:"
SAID_K = 'raise ValueError(f"k must be at least 0, but it is {k}")'

SORT = "ordered, order = logits.sort(dim=-1, descending=True)"
SOFTMAX = "probabilities = torch.softmax(ordered.float(), dim=-1)"
BEFORE = "before = probabilities.cumsum(dim=-1) - probabilities"
OUTSIDE = "outside = torch.zeros_like(before, dtype=torch.bool).scatter(-1, order, before >= p)"
NUCLEUS = 'return logits.masked_fill(outside, float("-inf"))'
RANGE = "if not 0 < p <= 1:"
SAID_P = 'raise ValueError(f"p must be above 0 and at most 1, but it is {p}")'
ONE = "    if p == 1:\n        return logits\n"


def temperature(body):
    """A whole apply_temperature with the usual beginning."""
    return whole(
        "def apply_temperature(logits: Tensor, temperature: float) -> Tensor:\n"
        "    if not temperature >= 0:\n"
        '        raise ValueError(f"temperature must be at least 0, but it is {temperature}")\n' + body
    )


def top_k(body):
    """A whole top_k_filter with the usual beginning."""
    return whole(
        "def top_k_filter(logits: Tensor, k: int) -> Tensor:\n"
        "    if k < 0:\n"
        '        raise ValueError(f"k must be at least 0, but it is {k}")\n'
        "    if k == 0 or k >= logits.shape[-1]:\n"
        "        return logits\n" + body
    )


def top_p(body):
    """A whole top_p_filter with the usual beginning."""
    return whole(
        "def top_p_filter(logits: Tensor, p: float) -> Tensor:\n"
        "    if not 0 < p <= 1:\n"
        '        raise ValueError(f"p must be above 0 and at most 1, but it is {p}")\n'
        "    if p == 1:\n"
        "        return logits\n" + body
    )


MISTAKES = {
    "sampling.apply_temperature": [
        Mistake("the result is not returned", edit(HOT, "logits / temperature")),
        Mistake("the scores are returned as they were", edit(HOT, "return logits")),
        Mistake("the scores are multiplied by the temperature, not divided", edit(HOT, "return logits * temperature")),
        Mistake("the scores are divided by the square root of the temperature", edit(HOT, "return logits / temperature**0.5")),
        Mistake("the scores are divided by the square of the temperature", edit(HOT, "return logits / temperature**2")),
        Mistake("the scores are raised to the power of 1 / temperature", edit(HOT, "return logits.abs() ** (1 / temperature)")),
        Mistake("probabilities are returned, not scores", edit(HOT, "return torch.softmax(logits / temperature, dim=-1)")),
        Mistake("softmax is applied first and the probabilities are divided", edit(HOT, "return torch.softmax(logits, dim=-1) / temperature")),
        Mistake("the temperature is at least 1", edit(HOT, "return logits / max(1.0, temperature)")),
        Mistake("the temperature is at most 1", edit(HOT, "return logits / min(1.0, temperature)")),
        Mistake("the temperature is rounded to a whole number", edit(HOT, "return logits / max(1, round(temperature))")),
        Mistake("a small number is added to the temperature that is not small", edit(HOT, "return logits / (temperature + 0.01)")),
        Mistake("the scores are divided in place, which changes the caller's", edit(HOT, "return logits.div_(temperature)")),
        Mistake("the scores are divided as integers", edit(HOT, "return logits // temperature")),
        Mistake("the scores are normalised over the rows, not over the vocabulary", edit(HOT, "return (logits - logits.amax(dim=-1, keepdim=True) if logits.ndim == 1 else torch.log_softmax(logits, dim=0)) / temperature")),
        Mistake("the scores are divided by their largest, too", edit(HOT, "return logits / logits.abs().amax() / temperature")),
        Mistake("one row's largest score is used to clamp all rows", edit(HOT, "return (logits / temperature).clamp(max=1.0)")),
        Mistake("excluded tokens get a finite score", edit(HOT, "return torch.nan_to_num(logits, neginf=-10.0) / temperature")),
        Mistake("the result stays in half precision", edit(FLOAT, "dtype = logits.dtype", HOT, "return (logits / temperature).to(dtype)")),
        Mistake("the scores are divided in half precision and converted afterwards", edit(FLOAT, "half = logits\n    logits = logits.float()", HOT, "return (half / temperature).float()")),
        Mistake("the result is float64", edit(FLOAT, "logits = logits.double()")),
        Mistake("temperature 0 divides by zero", temperature("    return logits.float() / temperature\n")),
        Mistake("temperature 0 is treated as 1", edit(ONLY, "return logits")),
        Mistake("temperature 0 is treated as a small one, which leaves others a chance", temperature("    return logits.float() / max(temperature, 0.01)\n")),
        Mistake("temperature 0 is a very small one, so the others' scores stay finite", temperature("    return logits.float() / max(temperature, 1e-5)\n")),
        Mistake("temperature 0 is a ValueError", edit(COLD + "\n", 'if temperature == 0:\n        raise ValueError("temperature must be above 0")\n    if temperature < 0:\n')),
        Mistake("at temperature 0 the ids of the likeliest tokens are returned, not scores", edit(ONLY, "return best")),
        Mistake("at temperature 0 only the likeliest token of all rows stays", edit(BEST, "best = logits.flatten().argmax().remainder(logits.shape[-1]).expand(*logits.shape[:-1], 1)")),
        Mistake("at temperature 0 the likeliest token is sought along the rows", edit(BEST, "best = logits.argmax(dim=0, keepdim=True).flatten()[:1].remainder(logits.shape[-1]).expand(*logits.shape[:-1], 1)")),
        Mistake("at temperature 0 the least likely token stays", edit(BEST, "best = logits.argmin(dim=-1, keepdim=True)")),
        Mistake("at temperature 0 the others keep a score of 0", edit(ONLY, "return torch.zeros_like(logits).scatter(-1, best, 1.0)")),
        Mistake("at temperature 0 the likeliest gets a score of inf", edit(ONLY, 'return torch.zeros_like(logits).scatter(-1, best, float("inf"))')),
        Mistake("at temperature 0 the others are -1e4, not -inf", edit(ONLY, "return torch.full_like(logits, -1e4).scatter(-1, best, 0.0)")),
        Mistake("at temperature 0 all that share the largest score stay", edit(ONLY, 'return logits.masked_fill(logits < logits.amax(dim=-1, keepdim=True), float("-inf"))')),
        Mistake("temperatures below 0.01 are taken for 0", edit(COLD, "if temperature < 0.01:")),
        Mistake("at temperature 0 everything near the largest score stays", edit(ONLY, 'return logits.masked_fill(logits < logits.amax(dim=-1, keepdim=True) - 0.01, float("-inf"))')),
        Mistake("at temperature 0 the caller's scores are overwritten", edit(ONLY, 'chosen = logits.gather(-1, best)\n        return logits.fill_(float("-inf")).scatter_(-1, best, chosen)')),
        Mistake("at temperature 0 the axis of length 1 is lost in the result", edit(ONLY, 'return torch.full_like(logits, float("-inf")).scatter(-1, best, 0.0).unsqueeze(0)')),
        Mistake("temperature 0 is recognised as an int only", edit(COLD, "if isinstance(temperature, int) and temperature == 0:")),
        Mistake("temperatures below 0.5 are taken for 0", edit(COLD, "if temperature < 0.5:")),
        Mistake("a negative temperature is taken for 0", edit(NEGATIVE, "if temperature != temperature:", COLD, "if temperature <= 0:")),
        Mistake("a negative temperature is accepted", edit(NEGATIVE, "if temperature != temperature:")),
        Mistake("a temperature of nan is accepted", edit(NEGATIVE, "if temperature < 0:")),
        Mistake("an impossible temperature is a RuntimeError", edit("raise ValueError", "raise RuntimeError")),
        Mistake("the ValueError does not name the temperature", edit(SAID, 'raise ValueError("temperature must be at least 0")')),
        Mistake("an impossible temperature is an AssertionError", edit(SAID, "assert temperature >= 0")),
    ],
    "sampling.top_k_filter": [
        Mistake("the result is not returned", edit(MASK, 'logits.masked_fill(logits < threshold, float("-inf"))')),
        Mistake("the k likeliest scores are returned alone, not the whole row", edit(MASK, "return logits.topk(k, dim=-1).values")),
        Mistake("the ids of the k likeliest tokens are returned", edit(MASK, "return logits.topk(k, dim=-1).indices")),
        Mistake("the k least likely tokens stay", edit(THRESHOLD, "threshold = (-logits).topk(k, dim=-1).values[..., -1:].neg()", MASK, 'return logits.masked_fill(logits > threshold, float("-inf"))')),
        Mistake("the k likeliest tokens are excluded and the others stay", edit(MASK, 'return logits.masked_fill(logits >= threshold, float("-inf"))')),
        Mistake("the k-th largest itself is excluded, so k - 1 tokens stay", edit(MASK, 'return logits.masked_fill(logits <= threshold, float("-inf"))')),
        Mistake("one token too many stays", edit(THRESHOLD, "threshold = logits.topk(k + 1, dim=-1).values[..., -1:]")),
        Mistake("only the likeliest stays: the threshold is the largest score, not the k-th", edit(THRESHOLD, "threshold = logits.topk(k, dim=-1).values[..., :1]")),
        Mistake("excluded tokens get the score 0", edit(MASK, "return logits.masked_fill(logits < threshold, 0.0)")),
        Mistake("excluded tokens get a score of -10", edit(MASK, "return logits.masked_fill(logits < threshold, -10.0)")),
        Mistake("excluded tokens get +inf", edit(MASK, 'return logits.masked_fill(logits < threshold, float("inf"))')),
        Mistake("excluded tokens get nan", edit(MASK, 'return logits.masked_fill(logits < threshold, float("nan"))')),
        Mistake("excluded tokens are multiplied by -inf, which makes +inf of negative scores", edit(MASK, 'return torch.where(logits < threshold, logits * float("-inf"), logits)')),
        Mistake("the scores that stay are replaced by 0", edit(MASK, 'return torch.zeros_like(logits).masked_fill(logits < threshold, float("-inf"))')),
        Mistake("the scores that stay become probabilities", edit(MASK, 'kept = logits.masked_fill(logits < threshold, float("-inf"))\n    return torch.softmax(kept, dim=-1).masked_fill(logits < threshold, float("-inf"))')),
        Mistake("softmax is applied to the result", edit(MASK, 'return torch.softmax(logits.masked_fill(logits < threshold, float("-inf")), dim=-1)')),
        Mistake("the caller's scores are changed in place", edit(MASK, 'return logits.masked_fill_(logits < threshold, float("-inf"))')),
        Mistake("the threshold of the first row is used for all rows", edit(MASK, 'return logits.masked_fill(logits < threshold.flatten()[0], float("-inf"))')),
        Mistake("the threshold is taken as if there were always two axes", edit(THRESHOLD, "threshold = logits.topk(k, dim=-1).values[:, [-1]]")),
        Mistake("the k largest of all rows together stay", edit(THRESHOLD, "threshold = logits.flatten().topk(k).values[-1]")),
        Mistake("the k largest are sought along the first axis", edit(THRESHOLD, "threshold = logits.topk(min(k, logits.shape[0]), dim=0).values[-1:]")),
        Mistake("the threshold lost its last axis, so it lines up with the wrong one", edit(THRESHOLD, "threshold = logits.topk(k, dim=-1).values[..., -1]\n    threshold = threshold if logits.ndim == 1 else threshold.flatten()[: logits.shape[-1]].repeat(logits.shape[-1])[: logits.shape[-1]]")),
        Mistake("scores are compared by size without their sign", edit(THRESHOLD, "threshold = logits.abs().topk(k, dim=-1).values[..., -1:]", MASK, 'return logits.masked_fill(logits.abs() < threshold, float("-inf"))')),
        Mistake("the first k tokens of the vocabulary stay, not the likeliest", edit(MASK, 'return logits.masked_fill(torch.arange(logits.shape[-1]) >= k, float("-inf"))')),
        Mistake("the scores that stay are put in order", edit(MASK, 'best = logits.topk(k, dim=-1).values\n    return torch.cat([best, torch.full_like(logits, float("-inf"))], dim=-1)[..., : logits.shape[-1]]')),
        Mistake("the threshold is a fixed share of the largest score", edit(THRESHOLD, "threshold = logits.amax(dim=-1, keepdim=True) - k / 2")),
        Mistake("k of 0 leaves no token", edit(ALL, "if k == 0:\n        return torch.full_like(logits, float('-inf'))\n    if k >= logits.shape[-1]:")),
        Mistake("k of 0 leaves one token", edit(ALL, "k = max(k, 1)\n    if k >= logits.shape[-1]:")),
        Mistake("k of 0 is an error", edit("if k < 0:", "if k <= 0:")),
        Mistake("a k larger than the vocabulary crashes", edit(ALL, "if k == 0:")),
        Mistake("a k larger than the vocabulary is a ValueError", edit(ALL, "if k > logits.shape[-1]:\n        raise ValueError(f'k is {k}')\n    if k == 0:")),
        Mistake("a k of the vocabulary's size or more leaves no token", edit(ALL, "if k >= logits.shape[-1]:\n        return torch.full_like(logits, float('-inf'))\n    if k == 0:")),
        Mistake("with k of V - 1 all tokens stay", edit(ALL, "if k == 0 or k >= logits.shape[-1] - 1:")),
        Mistake("excluded tokens come back as finite scores", edit(MASK, 'return torch.nan_to_num(logits, neginf=-50.0).masked_fill(logits < threshold, float("-inf"))')),
        Mistake("a negative k is accepted as 0", edit(NEGATIVE_K, "if False:", ALL, "if k <= 0 or k >= logits.shape[-1]:")),
        Mistake("a negative k is not refused", edit(NEGATIVE_K, "if k < -(10**9):")),
        Mistake("a negative k is taken by its size", edit(NEGATIVE_K + "\n        " + SAID_K, "k = abs(k)")),
        Mistake("the ValueError does not name k", edit(SAID_K, 'raise ValueError("k must be at least 0")')),
        Mistake("a negative k is an AssertionError", edit(NEGATIVE_K + "\n        " + SAID_K, "assert k >= 0, k")),
    ],
    "sampling.top_p_filter": [
        Mistake("the result is not returned", edit(NUCLEUS, 'logits.masked_fill(outside, float("-inf"))')),
        Mistake("nothing is filtered", edit(NUCLEUS, "return logits")),
        Mistake("the sum includes the token itself, so the one that crosses the line is lost", edit(BEFORE, "before = probabilities.cumsum(dim=-1)")),
        Mistake("the sum includes the token itself, and the likeliest is kept by force", edit(OUTSIDE, "cut = probabilities.cumsum(dim=-1) >= p\n    cut[..., 0] = False\n    outside = torch.zeros_like(before, dtype=torch.bool).scatter(-1, order, cut)")),
        Mistake("one token too many stays after the line is crossed", edit(OUTSIDE, "cut = torch.roll(before >= p, 1, dims=-1)\n    cut[..., 0] = False\n    outside = torch.zeros_like(before, dtype=torch.bool).scatter(-1, order, cut)")),
        Mistake("the mask stays in sorted order, so the wrong tokens are excluded", edit(OUTSIDE, "outside = before >= p")),
        Mistake("the mask is put back with gather, which undoes nothing", edit(OUTSIDE, "outside = (before >= p).gather(-1, order)")),
        Mistake("the sorted scores are returned", edit(NUCLEUS, 'return ordered.masked_fill(before >= p, float("-inf"))')),
        Mistake("the scores are sorted from the least likely", edit(SORT, "ordered, order = logits.sort(dim=-1)")),
        Mistake("the nucleus is excluded and the rest stays", edit(OUTSIDE, "outside = torch.zeros_like(before, dtype=torch.bool).scatter(-1, order, before < p)")),
        Mistake("tokens whose own probability is below p are excluded", edit(OUTSIDE, "outside = torch.softmax(logits.float(), dim=-1) < p")),
        Mistake("tokens whose own probability is below 1 - p are excluded", edit(OUTSIDE, "outside = torch.softmax(logits.float(), dim=-1) < 1 - p")),
        Mistake("tokens are excluded whose probability is below p times the largest, as min-p does", edit(OUTSIDE, "own = torch.softmax(logits.float(), dim=-1)\n    outside = own < p * own.amax(dim=-1, keepdim=True)")),
        Mistake("p is taken for 1 - p", edit(OUTSIDE, "outside = torch.zeros_like(before, dtype=torch.bool).scatter(-1, order, before >= 1 - p)")),
        Mistake("the cumulative sum is of scores, not of probabilities", edit(SOFTMAX, "probabilities = ordered.float()")),
        Mistake("the cumulative sum is of probabilities that were not normalised", edit(SOFTMAX, "probabilities = ordered.float().exp()")),
        Mistake("exp is taken without moving the scores to a safe place", edit(SOFTMAX, "probabilities = ordered.float().exp() / ordered.float().exp().sum(dim=-1, keepdim=True)")),
        Mistake("the softmax is taken over the rows", edit(SOFTMAX, "probabilities = torch.softmax(ordered.float(), dim=0)")),
        Mistake("the sum runs over the rows", edit(BEFORE, "before = probabilities.cumsum(dim=0) - probabilities")),
        Mistake("the softmax is taken of all rows together", edit(SOFTMAX, "probabilities = torch.softmax(ordered.float().flatten(), dim=0).view(ordered.shape)")),
        Mistake("the first row's nucleus is used for all rows", edit(NUCLEUS, 'first = outside.reshape(-1, outside.shape[-1])[0]\n    return logits.masked_fill(first, float("-inf"))')),
        Mistake("the vocabulary is not sorted at all", edit(SORT, "ordered, order = logits, torch.arange(logits.shape[-1]).expand_as(logits)")),
        Mistake("as many tokens stay as the first row's nucleus has", edit(OUTSIDE, "n = int((before < p).reshape(-1, before.shape[-1])[0].sum())\n    cut = (torch.arange(before.shape[-1]) >= n).expand_as(before)\n    outside = torch.zeros_like(before, dtype=torch.bool).scatter(-1, order, cut)")),
        Mistake("excluded tokens get the score 0", edit(NUCLEUS, "return logits.masked_fill(outside, 0.0)")),
        Mistake("excluded tokens get a score of -10", edit(NUCLEUS, "return logits.masked_fill(outside, -10.0)")),
        Mistake("probabilities are returned, not scores", edit(NUCLEUS, 'return torch.softmax(logits.masked_fill(outside, float("-inf")), dim=-1)')),
        Mistake("the logarithms of the probabilities are returned, so the scores that stay change", edit(NUCLEUS, 'return torch.log_softmax(logits, dim=-1).masked_fill(outside, float("-inf"))')),
        Mistake("the caller's scores are changed in place", edit(NUCLEUS, 'return logits.masked_fill_(outside, float("-inf"))')),
        Mistake("at least two tokens always stay", edit(OUTSIDE, "cut = before >= p\n    cut[..., :2] = False\n    outside = torch.zeros_like(before, dtype=torch.bool).scatter(-1, order, cut)")),
        Mistake("p is the share of tokens that stay, not of probability", edit(OUTSIDE, "n = max(1, round(p * logits.shape[-1]))\n    cut = (torch.arange(logits.shape[-1]) >= n).expand_as(before)\n    outside = torch.zeros_like(before, dtype=torch.bool).scatter(-1, order, cut)")),
        Mistake("p of 1 excludes tokens whose rest is rounded away", edit(ONE, "")),
        Mistake("p of 1 leaves only the likeliest", edit(ONE, "    if p == 1:\n        p = 1e-9\n")),
        Mistake("p of 1 is refused", edit(RANGE, "if not 0 < p < 1:")),
        Mistake("p of 0 is accepted", edit(RANGE, "if not 0 <= p <= 1:")),
        Mistake("p above 1 is accepted", edit(RANGE, "if not 0 < p:")),
        Mistake("p is not checked", edit(RANGE, "if False:")),
        Mistake("a p of nan is accepted", edit(RANGE, "if p <= 0 or p > 1:")),
        Mistake("the ValueError does not name p", edit(SAID_P, 'raise ValueError("p must be above 0 and at most 1")')),
        Mistake("an impossible p is an AssertionError", edit(RANGE + "\n        " + SAID_P, "assert 0 < p <= 1, p")),
        Mistake("excluded tokens count as if they were likely", edit(SORT, "ordered, order = torch.nan_to_num(logits, neginf=0.0).sort(dim=-1, descending=True)")),
    ],
}
