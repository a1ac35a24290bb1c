"""Attention over a cache that is right and looks different."""

from vibejam_core.course.known import Variant, edit, whole

VARIANTS = {
    "kv_cache.attend_cached": [
        Variant(
            "row by row, with the attention of lab 11",
            whole('''
def attend_cached(q, k, v, lengths, window=0):
    from vibejam_core.models.modern_block import attend

    out = torch.empty_like(q)
    for row, length in enumerate(lengths):
        end = length + q.shape[1]
        out[row : row + 1] = attend(q[row : row + 1], k[row : row + 1, :end], v[row : row + 1, :end], window)
    return out
'''),
        ),
        Variant(
            "one query after the other, the keys that it sees cut out, softmax by hand",
            whole('''
def attend_cached(q, k, v, lengths, window=0):
    B, T, H, D = q.shape
    group = H // k.shape[2]
    result = torch.zeros_like(q)
    for b in range(B):
        for t in range(T):
            end = lengths[b] + t + 1
            begin = max(0, end - window) if window else 0
            for h in range(H):
                scores = k[b, begin:end, h // group] @ q[b, t, h] / D**0.5
                weights = (scores - scores.max()).exp()
                result[b, t, h] = (weights / weights.sum()) @ v[b, begin:end, h // group]
    return result
'''),
        ),
        Variant(
            "groups by einsum without repeating, a mask that is added, float32 inside",
            whole('''
def attend_cached(q, k, v, lengths, window=0):
    B, T, H, D = q.shape
    S, KV = k.shape[1:3]
    wide = torch.promote_types(q.dtype, torch.float32)
    grouped = q.reshape(B, T, KV, H // KV, D).to(wide)
    scores = torch.einsum("btkgd,bskd->bkgts", grouped, k.to(wide)) * D**-0.5
    own = torch.as_tensor(lengths).reshape(B, 1, 1) + torch.arange(T).reshape(1, T, 1)
    s = torch.arange(S).reshape(1, 1, S)
    hidden = (s > own) | (s <= own - (window if window > 0 else S + 1))
    bias = torch.zeros(B, T, S, dtype=wide).masked_fill_(hidden, -1e9)
    weights = F.softmax(scores + bias[:, None, None], -1)
    return torch.einsum("bkgts,bskd->btkgd", weights, v.to(wide)).reshape(B, T, H, D).to(q.dtype)
'''),
        ),
        Variant(
            "keys behind the longest row cut off first; a mask of -inf; torch's own sharing of heads",
            edit(
                "out = F.scaled_dot_product_attention(q, k, v, attn_mask=seen[:, None])",
                "mask = torch.zeros(seen.shape, dtype=q.dtype).masked_fill(seen.logical_not(), float('-inf'))\n"
                "    end = max(lengths) + T\n"
                "    out = F.scaled_dot_product_attention(q, k[:, :, :end], v[:, :, :end], mask[:, None, :, :end], enable_gqa=True)",
                "    if H != KV:\n        k, v = (heads.repeat_interleave(H // KV, dim=2) for heads in (k, v))",
                "",
            ),
        ),
        Variant(
            "position after position, with a running largest score, sum and mean",
            whole('''
def attend_cached(q, k, v, lengths, window=0):
    B, T, H, D = q.shape
    head = torch.arange(H) * k.shape[2] // H
    own = torch.tensor([[n + t for t in range(T)] for n in lengths])[:, :, None, None]
    wide = torch.promote_types(q.dtype, torch.float32)
    largest = torch.full((B, T, H, 1), -torch.inf, dtype=wide)
    total, out = torch.zeros(B, T, H, 1, dtype=wide), torch.zeros(B, T, H, D, dtype=wide)
    for s in range(k.shape[1]):
        seen = (s <= own) & ((own < s + window) if window else True)
        score = (q.to(wide) * k[:, s, None, head].to(wide)).sum(-1, keepdim=True) / D**0.5
        score = torch.where(seen, score, -torch.inf)
        new = torch.maximum(largest, score)
        base = new.nan_to_num(neginf=0.0)
        old, weight = (largest - base).exp(), (score - base).exp()
        total, out, largest = total * old + weight, out * old + weight * v[:, s, None, head].to(wide), new
    return (out / total).to(q.dtype)
'''),
        ),
    ],
}
