"""Correct ways to write token_losses, text_perplexity and longest_copy that differ from the reference's."""

from vibejam_core.course.known import Variant, edit, whole

LOSSES = """def token_losses(model: BaseLM, tokenizer: Tokenizer, text: str, batch_size: int = 256) -> Tensor:
"""
PERPLEXITY = """def text_perplexity(model: BaseLM, tokenizer: Tokenizer, text: str) -> float:
"""
COPY = """def longest_copy(text: str, source: str) -> str:
"""

VARIANTS = {
    "voice.token_losses": [
        Variant(
            "the first window in one go, then unfold",
            whole(
                LOSSES
                + """    if len(text) == 0:
        raise ValueError("the text is empty")
    prompt, before = prompt_ids(tokenizer, "")
    ids = torch.tensor(before + tokenizer.encode(text), dtype=torch.long)
    T, S = model.get_block_size(), len(before)
    device = next(iter(model.parameters())).device
    mode = model.training
    model.train(False)
    parts = []
    with torch.inference_mode():
        if S <= T:
            logits, _ = model(ids[: min(T, len(ids) - 1)][None].to(device))
            logp = torch.log_softmax(logits[0].cpu().float(), dim=-1)[S - 1 :]
            targets = ids[S : T + 1]
            parts.append(-logp.gather(1, targets[:, None]).squeeze(1))
        first = max(S, T + 1)
        if len(ids) > first:
            rows = ids[:-1].unfold(0, T, 1)[first - T :]
            for x, y in zip(rows.split(batch_size), ids[first:].split(batch_size)):
                logits, _ = model(x.to(device))
                logp = torch.log_softmax(logits[:, -1].cpu().float(), dim=-1)
                parts.append(-logp.gather(1, y[:, None]).squeeze(1))
    model.train(mode)
    return torch.cat(parts).clone()
"""
            ),
        ),
        Variant(
            "windows grouped by their length in a dictionary, losses put in their places",
            whole(
                LOSSES
                + """    from collections import defaultdict

    if text == "":
        raise ValueError("give a text of at least one character")
    start = prompt_ids(tokenizer, "")[1]
    everything = start + tokenizer.encode(text)
    groups = defaultdict(list)
    for place in range(len(start), len(everything)):
        context = everything[max(0, place - model.get_block_size()) : place]
        groups[len(context)].append((place - len(start), context, everything[place]))
    out = torch.empty(len(everything) - len(start))
    device = next(model.parameters()).device
    before = model.training
    try:
        model.eval()
        with torch.no_grad():
            for members in groups.values():
                while members:
                    now, members = members[:batch_size], members[batch_size:]
                    x = torch.tensor([c for _, c, _ in now], device=device)
                    scores = model(x)[0][:, -1, :].to("cpu", torch.float32)
                    for (place, _, token), row in zip(now, scores):
                        out[place] = torch.logsumexp(row, 0) - row[token]
    finally:
        model.train(before)
    return out
"""
            ),
        ),
        Variant(
            "no_grad as a decorator, from the last token to the first, float64 inside",
            whole(
                "@torch.no_grad()\n"
                + LOSSES
                + """    if not text:
        raise ValueError("empty text")
    ids = tokenizer.encode(text)
    start = prompt_ids(tokenizer, "")[1]
    T, every, found = model.get_block_size(), start + ids, []
    device = next(model.parameters()).device
    modes = {module: module.training for module in model.modules()}
    model.eval()
    place = len(every)
    while place > len(start):
        length = min(T, place - 1)
        many = min(batch_size, place - max(T, len(start))) if length == T and place - 1 >= T else 1
        places = list(range(place - many, place))
        length = min(T, places[0])
        x = torch.LongTensor([every[i - length : i] for i in places]).to(device)
        scores = model(x)[0][:, -1].cpu().double()
        y = torch.LongTensor([every[i] for i in places])
        found.append((scores.logsumexp(-1) - scores[torch.arange(len(y)), y]).float())
        place -= many
    for module, mode in modes.items():
        module.training = mode
    return torch.cat(found[::-1])
"""
            ),
        ),
        Variant(
            "targets on the model's device, the answer fetched at the end",
            whole(
                LOSSES
                + """    if not text:
        raise ValueError("an empty text")
    was_training = model.training
    start = prompt_ids(tokenizer, "")[1]
    device = next(model.parameters()).device
    ids = torch.tensor([*start, *tokenizer.encode(text)], device=device)
    T = model.get_block_size()
    model.eval()
    result = torch.zeros(len(ids) - len(start), device=device)
    previous = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    i = len(start)
    while i < len(ids):
        n = 1 if i < T else min(batch_size, len(ids) - i)
        x = torch.stack([ids[max(0, j - T) : j] for j in range(i, i + n)])
        logits, _ = model(x)
        result[i - len(start) : i - len(start) + n] = torch.nn.functional.nll_loss(
            logits[:, -1].float().log_softmax(-1), ids[i : i + n], reduction="none"
        )
        i += n
    torch.set_grad_enabled(previous)
    if was_training:
        model.train()
    return result.cpu()
"""
            ),
        ),
        Variant(
            "the model handed targets, its own loss not used",
            edit("model(windows.to(device))[0]", "model(windows.to(device), windows.to(device))[0]"),
        ),
    ],
    "voice.text_perplexity": [
        Variant(
            "the sum of a list",
            whole(
                PERPLEXITY
                + """    losses = token_losses(model, tokenizer, text).tolist()
    return perplexity(sum(losses) / len(losses))
"""
            ),
        ),
        Variant(
            "torch in float64, which overflows to infinity",
            whole(
                PERPLEXITY
                + """    return token_losses(model, tokenizer, text).double().mean().exp().item()
"""
            ),
        ),
        Variant(
            "NumPy's float",
            whole(
                PERPLEXITY
                + """    import numpy as np

    with np.errstate(over="ignore"):
        return np.exp(np.mean(token_losses(model, tokenizer, text, batch_size=64).numpy().astype(np.float64)))
"""
            ),
        ),
        Variant(
            "the geometric mean of one over the chances, as a power of e",
            whole(
                PERPLEXITY
                + """    import math

    surprise = token_losses(model, tokenizer, text)
    mean = math.fsum(surprise.tolist()) / surprise.numel()
    try:
        return math.e**mean
    except OverflowError:
        return float("inf")
"""
            ),
        ),
        Variant(
            "float of a tensor's mean, handed to perplexity",
            whole(
                PERPLEXITY
                + """    losses = token_losses(model, tokenizer, text)
    return float(perplexity(float(torch.mean(losses))))
"""
            ),
        ),
    ],
    "voice.longest_copy": [
        Variant(
            "every passage, from the longest to the shortest",
            whole(
                COPY
                + """    for length in range(len(text), 0, -1):
        for start in range(len(text) - length + 1):
            if text[start : start + length] in source:
                return text[start : start + length]
    return ""
"""
            ),
        ),
        Variant(
            "a table of the lengths of common endings",
            whole(
                COPY
                + """    longest, stop = 0, 0
    row = [0] * (len(source) + 1)
    for i, character in enumerate(text, start=1):
        row = [0] + [row[j] + 1 if other == character else 0 for j, other in enumerate(source)]
        if max(row) > longest:
            longest, stop = max(row), i
    return text[stop - longest : stop]
"""
            ),
        ),
        Variant(
            "difflib, told not to leave out what is common",
            whole(
                COPY
                + """    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, text, source, autojunk=False)
    match = matcher.find_longest_match(0, len(text), 0, len(source))
    return text[match.a : match.a + match.size]
"""
            ),
        ),
        Variant(
            "the length halved until it fits, with sets of passages",
            whole(
                COPY
                + """    def first_of(length: int) -> str:
        there = {source[i : i + length] for i in range(len(source) - length + 1)}
        for i in range(len(text) - length + 1):
            if text[i : i + length] in there:
                return text[i : i + length]
        return ""

    low, high = 0, min(len(text), len(source))
    while low < high:
        middle = (low + high + 1) // 2
        if first_of(middle):
            low = middle
        else:
            high = middle - 1
    return first_of(low) if low else ""
"""
            ),
        ),
        Variant(
            "a window that grows at its end and shrinks at its start",
            whole(
                COPY
                + """    start, best = 0, (0, 0)
    for stop in range(1, len(text) + 1):
        while text[start:stop] not in source:
            start += 1
        if stop - start > best[1] - best[0]:
            best = (start, stop)
    return text[best[0] : best[1]]
"""
            ),
        ),
        Variant(
            "the longest of all, by max, which takes the first",
            whole(
                COPY
                + """    passages = [""]
    for i in range(len(text)):
        j = i
        while j < len(text) and text[i : j + 1] in source:
            j += 1
        passages.append(text[i:j])
    return max(passages, key=len)
"""
            ),
        ),
    ],
}
