"""Cached forwards that are right and look different."""

from vibejam_core.course.known import Variant, edit, whole

VARIANTS = {
    "kv_cache.forward_cached": [
        Variant(
            "positions row by row, tables grown for the padding, every projection by hand, the head for all positions",
            whole('''
def forward_cached(model, idx, cache, counts=None, last_only=False):
    config = model.config
    B, T = idx.size()
    real = [T for _ in range(B)] if counts is None else [int(count) for count in counts]
    for row in range(B):
        total = cache.lengths[row] + real[row]
        if total > config.block_size:
            raise ValueError(f"row {row}: {total} tokens, but block_size = {config.block_size}")
    with torch.no_grad():
        begins = list(cache.lengths)
        rows = []
        for begin in begins:
            rows.append(torch.tensor([min(begin + t, config.block_size - 1) for t in range(T)]))
        cos = torch.stack([model.cos[row] for row in rows])
        sin = torch.stack([model.sin[row] for row in rows])
        x = norm(F.embedding(idx, model.transformer.wte.weight).to(dtype_of(config)))
        first = x.clone()
        for layer in range(config.n_layer):
            block = model.transformer.h[layer]
            if hasattr(model, "resid_lambdas"):
                x = model.resid_lambdas[layer].to(x.dtype) * x + model.x0_lambdas[layer].to(x.dtype) * first
            y = norm(x)
            D = config.head_dim
            q = (y @ block.attn.c_q.weight.to(y.dtype).T).view(B, T, -1, D)
            k = (y @ block.attn.c_k.weight.to(y.dtype).T).view(B, T, -1, D)
            v = (y @ block.attn.c_v.weight.to(y.dtype).T).view(B, T, -1, D)
            if config.value_embeddings and f"{layer}" in model.value_embeds:
                v = v + model.value_embeds[f"{layer}"](idx).to(v.dtype).view(v.shape)
            q, k = rotate_and_norm(q, k, cos, sin)
            keys, values = cache.insert(layer, k, v)
            y = attend_cached(q, keys, values, begins, window=config.window_of(layer))
            x = x + block.attn.c_proj(y.reshape(B, T, -1))
            x = x + block.mlp(norm(x))
        cache.advance(real)
        logits = model.lm_head(norm(x))[:, :, : config.vocab_size].to(torch.float32)
        if config.softcap:
            logits = torch.tanh(logits / config.softcap) * config.softcap
        if not last_only:
            return logits
        return torch.stack([logits[row, count - 1] for row, count in enumerate(real)])
'''),
        ),
        Variant(
            "cosines and sines computed for the positions, not looked up; the last position gathered",
            edit(
                "positions = positions.clamp(max=config.block_size - 1).to(idx.device)  # only padding can stand beyond the last one\n"
                "    cos, sin = model.cos[positions], model.sin[positions]  # each (B, T, D/2)",
                "from vibejam_core.models.rotary import precompute_rotary\n\n"
                "    cos, sin = precompute_rotary(positions, config.head_dim, config.rope_base, dtype_of(config))",
                "x = x[torch.arange(B, device=x.device), torch.tensor(counts, device=x.device) - 1]",
                "x = x.gather(1, (torch.tensor(counts) - 1)[:, None, None].expand(B, 1, x.shape[2])).squeeze(1)",
            ),
        ),
        Variant(
            "the blocks of lab 11 run as they are, their attention exchanged for the time of the call",
            whole('''
def forward_cached(model, idx, cache, counts=None, last_only=False):
    from vibejam_core.models import modern_block

    B, T = idx.shape
    counts = counts if counts is not None else [T] * B
    too_long = [l + c for l, c in zip(cache.lengths, counts) if l + c > model.config.block_size]
    if too_long:
        raise ValueError(f"{max(too_long)} tokens are too many: block_size is {model.config.block_size}")
    places = (torch.tensor(cache.lengths).unsqueeze(1) + torch.arange(T)).clamp_(max=model.config.block_size - 1)
    cos, sin = model.cos[places], model.sin[places]
    state = {"layer": 0}

    def attend(q, k, v, window=0):
        keys, values = cache.insert(state["layer"], k, v)
        return attend_cached(q, keys, values, cache.lengths, window)

    old = modern_block.attend
    modern_block.attend = attend
    try:
        with torch.no_grad():
            x = norm(model.transformer["wte"](idx).to(dtype_of(model.config)))
            x0 = x
            for i, block in enumerate(model.transformer["h"]):
                state["layer"] = i
                if model.config.residual_scalars:
                    x = (model.resid_lambdas[i] * x + model.x0_lambdas[i] * x0).to(x0.dtype)
                ve = model.value_embeds[str(i)](idx).to(x.dtype) if str(i) in model.value_embeds else None
                x = block(x, cos, sin, ve)
            if last_only:
                x = torch.stack([x[b, c - 1] for b, c in enumerate(counts)])
            logits = model.lm_head(norm(x))[..., : model.config.vocab_size].float()
    finally:
        modern_block.attend = old
    cache.advance(list(counts))
    cap = model.config.softcap
    return cap * (logits / cap).tanh() if cap else logits
'''),
        ),
        Variant(
            "the padding turned into token 0 first, in a copy; the tables by index_select",
            edit(
                "    positions = torch.tensor(cache.lengths)",
                "    idx = torch.where(torch.arange(T) < torch.tensor(counts)[:, None], idx, 0)\n    positions = torch.tensor(cache.lengths)",
                "cos, sin = model.cos[positions], model.sin[positions]",
                "cos, sin = (table.index_select(0, positions.flatten()).view(B, T, -1) for table in (model.cos, model.sin))",
            ),
        ),
        Variant(
            "rows that are too long are collected, and the last of them named",
            edit("    longest = max(length + count for length, count in zip(cache.lengths, counts, strict=True))\n    if longest > config.block_size:",
                 "    long = [cache.lengths[b] + counts[b] for b in range(B) if cache.lengths[b] + counts[b] > config.block_size]\n    if long:\n        longest = long[-1]"),
        ),
    ],
}
