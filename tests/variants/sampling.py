"""Correct ways to write the components of lab 06 that differ from the reference's."""

from vibejam_core.course.known import Variant, edit, whole

TEMPERATURE = """def apply_temperature(logits: Tensor, temperature: float) -> Tensor:
    if temperature < 0 or temperature != temperature:
        raise ValueError(f"a temperature of {temperature} makes no sense; give 0 or more")
"""
TOP_K = """def top_k_filter(logits: Tensor, k: int) -> Tensor:
    if k < 0:
        raise ValueError(f"{k} tokens can't be kept")
"""
TOP_P = """def top_p_filter(logits: Tensor, p: float) -> Tensor:
    if not (p > 0 and p <= 1):
        raise ValueError(f"p = {p} is no share")
"""
GENERATE = """def generate_text(model, tokenizer, prompt="", config=None, on_token=None):
"""

VARIANTS = {
    "sampling.apply_temperature": [
        Variant("plain division", whole(TEMPERATURE + """    logits = logits.to(torch.float32)
    if temperature == 0:
        kept = torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1]).bool()
        return logits.masked_fill(~kept, -torch.inf)
    return logits / temperature
""")),
        Variant("multiplied by the inverse, where() for 0", whole(TEMPERATURE + """    x = logits.float()
    if not temperature:
        top = x.max(dim=-1, keepdim=True)
        return torch.where(torch.arange(x.shape[-1]) == top.indices, top.values, torch.tensor(float("-inf")))
    return x * (1.0 / temperature)
""")),
        Variant("logarithms of tempered probabilities", whole(TEMPERATURE + """    logits = logits.float()
    if temperature == 0:
        out = torch.zeros_like(logits) - torch.inf
        out.scatter_(-1, logits.argmax(-1, keepdim=True), 1.0)
        return out
    return torch.log_softmax(logits / temperature, dim=-1)
""")),
        Variant("computed in float64 and rounded", whole(TEMPERATURE + """    x = logits.double().clone()
    if temperature == 0:
        flat = x.reshape(-1, x.shape[-1])
        best = flat.argmax(dim=1)
        result = torch.full_like(flat, float("-inf"))
        result[torch.arange(len(flat)), best] = 0
        return result.view(x.shape).float()
    return x.div(temperature).float()
""")),
        Variant("topk for 0", whole(TEMPERATURE + """    logits = logits.float()
    if temperature == 0.0:
        values, indices = logits.topk(1, dim=-1)
        return torch.full(logits.shape, float("-inf"), device=logits.device).scatter(-1, indices, values)
    return torch.true_divide(logits, temperature)
""")),
    ],
    "sampling.top_k_filter": [
        Variant("topk and scatter", whole(TOP_K + """    if k == 0:
        return logits
    values, indices = logits.topk(min(k, logits.shape[-1]), dim=-1)
    return torch.full_like(logits, float("-inf")).scatter(-1, indices, values)
""")),
        Variant("sort, and a place for each token", whole(TOP_K + """    V = logits.shape[-1]
    if k == 0 or k >= V:
        return logits.clone()
    rank = logits.argsort(dim=-1, descending=True).argsort(dim=-1)
    return logits.masked_fill(rank >= k, -torch.inf)
""")),
        Variant("a copy, changed row by row", whole(TOP_K + """    result = logits.clone()
    if 0 < k < logits.shape[-1]:
        for row in result.view(-1, result.shape[-1]):
            keep = set(row.topk(k).indices.tolist())
            for i in range(len(row)):
                if i not in keep:
                    row[i] = float("-inf")
    return result
""")),
        Variant("kthvalue", whole(TOP_K + """    V = logits.shape[-1]
    if k == 0 or k >= V:
        return logits
    least = logits.kthvalue(V - k + 1, dim=-1, keepdim=True).values
    return torch.where(logits >= least, logits, torch.full_like(logits, float("-inf")))
""")),
        Variant("an additive mask", whole(TOP_K + """    if not k:
        return logits
    k = min(k, logits.shape[-1])
    mask = torch.full_like(logits, float("-inf")).scatter_(-1, torch.topk(logits, k).indices, 0.0)
    return logits + mask
""")),
    ],
    "sampling.top_p_filter": [
        Variant("the shifted mask", whole(TOP_P + """    if p == 1:
        return logits
    ordered, order = torch.sort(logits, descending=True, dim=-1)
    total = ordered.softmax(dim=-1).cumsum(dim=-1)
    out = total >= p
    out[..., 1:] = out[..., :-1].clone()
    out[..., 0] = False
    return logits.masked_fill(out.gather(-1, order.argsort(dim=-1)), float("-inf"))
""")),
        Variant("sums of those that are likelier, pair by pair", whole(TOP_P + """    if p == 1:
        return logits
    own = logits.softmax(dim=-1)
    likelier = logits[..., None, :] > logits[..., :, None]
    before = (own[..., None, :] * likelier).sum(dim=-1)
    return torch.where(before < p, logits, torch.tensor(float("-inf"), dtype=logits.dtype))
""")),
        Variant("row by row in Python", whole(TOP_P + """    if p >= 1:
        return logits.clone()
    result = torch.full_like(logits, float("-inf")).view(-1, logits.shape[-1])
    for new, row in zip(result, logits.reshape(-1, logits.shape[-1])):
        total = 0.0
        for i in row.argsort(descending=True).tolist():
            if total >= p:
                break
            new[i] = row[i]
            total += row.softmax(-1)[i].item()
    return result.view(logits.shape)
""")),
        Variant("the smallest score of the nucleus as a threshold", whole(TOP_P + """    if p == 1:
        return logits
    ordered = logits.sort(dim=-1, descending=True).values
    sure = torch.softmax(ordered, dim=-1)
    size = ((sure.cumsum(-1) - sure) < p).sum(dim=-1, keepdim=True)
    return logits.masked_fill(logits < ordered.gather(-1, size - 1), float("-inf"))
""")),
        Variant("sums from the other end", whole(TOP_P + """    if p == 1:
        return logits
    rising, order = logits.double().sort(dim=-1)
    rest = rising.softmax(dim=-1).cumsum(dim=-1)
    drop = rest <= 1 - p
    drop[..., -1] = False
    return logits.masked_fill(torch.empty_like(drop).scatter_(-1, order, drop), float("-inf"))
""")),
    ],
    "sampling.generate_text": [
        Variant("a tensor that grows, inverse of the distribution function", whole(GENERATE + """    if config is None:
        config = SamplingConfig()
    prompt, ids = prompt_ids(tokenizer, prompt, config.on_unknown)
    device = next(model.parameters()).device
    mode = model.training
    model.eval()
    texts = []
    tokens = torch.tensor([ids] * config.num_samples)
    alive = torch.arange(config.num_samples)
    dice = {i: torch.Generator() for i in range(config.num_samples)}
    for i in dice:
        dice[i].manual_seed(config.seed + i)
    results = {i: "" for i in dice}
    written = {i: [] for i in dice}
    for step in range(config.max_new_tokens):
        if len(alive) == 0:
            break
        with torch.inference_mode():
            scores, _ = model(tokens[:, -model.get_block_size():].to(device))
        scores = scores[:, -1, :].cpu().clone()
        if bool(torch.isnan(scores).any()):
            raise ValueError("the scores are nan")
        scores = apply_temperature(scores, config.temperature)
        scores = top_k_filter(scores, config.top_k)
        scores = top_p_filter(scores, config.top_p)
        cumulative = scores.double().softmax(-1).cumsum(-1)
        drawn, on = [], []
        for place, i in enumerate(alive.tolist()):
            luck = torch.rand((), generator=dice[i], dtype=torch.float64) * cumulative[place, -1]
            token = int((cumulative[place] <= luck).sum())
            drawn.append(token)
            if token in config.stop_tokens:
                continue
            written[i].append(token)
            text = tokenizer.decode(written[i])
            end = cut_at(text, config)
            results[i] = text if end is None else text[:end]
            if end is None:
                on.append(place)
                if on_token is not None:
                    on_token(i, token)
        tokens = torch.cat([tokens, torch.tensor(drawn)[:, None]], dim=1)[on]
        alive = alive[on]
    model.train(mode)
    return [prompt + results[i] for i in range(config.num_samples)]
""")),
        Variant("Gumbel noise, try and finally", whole(GENERATE + """    config = config or SamplingConfig()
    prompt, ids = prompt_ids(tokenizer, prompt, config.on_unknown)
    n, T = config.num_samples, model.get_block_size()
    rows = [dict(ids=list(ids), new=[], text="", on=True, g=torch.Generator().manual_seed(config.seed + i)) for i in range(n)]
    before = model.training
    model.eval()
    try:
        with torch.no_grad():
            for _ in range(config.max_new_tokens):
                active = [(i, row) for i, row in enumerate(rows) if row["on"]]
                if not active:
                    break
                batch = torch.stack([torch.tensor(row["ids"][-T:]) for _, row in active])
                scores = model(batch.to(next(model.parameters()).device))[0][:, -1].cpu()
                if torch.isnan(scores).sum() > 0:
                    raise ValueError("scores are nan")
                scores = top_p_filter(top_k_filter(apply_temperature(scores, config.temperature), config.top_k), config.top_p)
                for (i, row), score in zip(active, scores):
                    noise = torch.empty_like(score).exponential_(generator=row["g"])
                    token = (score.softmax(-1) / noise).argmax().item()
                    if token in set(config.stop_tokens):
                        row["on"] = False
                        continue
                    row["ids"].append(token)
                    row["new"].append(token)
                    row["text"] = tokenizer.decode(row["new"])
                    end = cut_at(row["text"], config)
                    if end is None:
                        if on_token:
                            on_token(i, token)
                    else:
                        row["text"], row["on"] = row["text"][:end], False
    finally:
        model.train(before)
    return [prompt + row["text"] for row in rows]
""")),
        Variant("an object for each sample, all drawn before any is looked at", whole(GENERATE + """    class Sample:
        def __init__(self, number):
            self.number, self.new, self.end, self.over = number, [], None, False
            self.generator = torch.Generator(device="cpu")
            self.generator.manual_seed(config.seed + number)

        def take(self, token):
            if token in config.stop_tokens:
                self.over = True
                return
            self.new += [token]
            self.end = cut_at(tokenizer.decode(self.new), config)
            self.over = self.end is not None or len(self.new) == config.max_new_tokens
            if on_token and self.end is None:
                on_token(self.number, token)

    config = SamplingConfig() if config is None else config
    prompt, start = prompt_ids(tokenizer, prompt, config.on_unknown)
    samples = [Sample(number) for number in range(config.num_samples)]
    was_training = model.training
    try:
        model.train(False)
        while config.max_new_tokens and (live := [sample for sample in samples if not sample.over]):
            context = torch.tensor([start + sample.new for sample in live])[:, -model.get_block_size():]
            with torch.no_grad():
                scores, _ = model(context.to(next(model.parameters()).device))
            scores = scores[:, -1].to("cpu")
            if bool((scores != scores).any()):
                raise ValueError("nan among the scores")
            scores = top_k_filter(apply_temperature(scores, config.temperature), config.top_k)
            chances = top_p_filter(scores, config.top_p).softmax(dim=-1)
            pairs = list(zip(live, chances))
            drawn = [torch.multinomial(p.double(), 1, generator=sample.generator).item() for sample, p in pairs]
            for sample, token in zip(live, drawn):
                sample.take(token)
    finally:
        model.train(was_training)
    return [prompt + tokenizer.decode(sample.new)[: sample.end] for sample in samples]
""")),
        Variant("under the decorator no_grad, argmax at temperature 0", edit(
            "def generate_text(", "@torch.no_grad()\ndef generate_text(",
            "        with torch.no_grad():\n            logits", "        if True:\n            logits",
            "token = int(torch.multinomial(row, 1, generator=generators[i]))",
            "token = int(row.argmax() if config.temperature == 0 else torch.multinomial(row, 1, generator=generators[i]))",
        )),
        Variant("one row of probabilities drawn at a time, without tuple()", edit(
            "for i, row in zip(tuple(going), probabilities, strict=True):",
            "for i, row in list(zip(going, probabilities)):",
            "going.remove(i)\n                continue",
            "going = [j for j in going if j != i]\n                continue",
            "                ends[i] = end\n                going.remove(i)",
            "                ends[i] = end\n                going = [j for j in going if j != i]",
        )),
        Variant("the whole loop under inference_mode", edit(
            "        with torch.no_grad():\n            logits", "        with torch.inference_mode():\n            logits",
            "config = config or SamplingConfig()", "config = SamplingConfig() if config is None else config",
        )),
    ],
}
