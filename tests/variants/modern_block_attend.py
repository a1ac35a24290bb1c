"""Attention with shared heads and windows that is right and looks different."""

from vibejam_core.course.known import Variant, edit, whole

REFUSE = '''
    if H % KV != 0:
        raise ValueError(f"KV={KV} does not divide H={H}")
    if S < T:
        raise ValueError(f"T={T} > S={S}")
'''

VARIANTS = {
    "modern_block.attend": [
        Variant(
            "einsum over groups of query heads, nothing repeated",
            whole(f'''
def attend(q, k, v, window=0):
    (B, T, H, D), (S, KV) = q.shape, k.shape[1:3]
{REFUSE}
    groups = q.reshape(B, T, KV, H // KV, D)
    scores = torch.einsum("btgrd,bsgd->bgrts", groups, k) / D**0.5
    t = torch.arange(S - T, S, device=q.device).unsqueeze(1)
    s = torch.arange(S, device=q.device).unsqueeze(0)
    hidden = s > t
    if window > 0:
        hidden = hidden | (s <= t - window)
    weights = scores.masked_fill(hidden, float("-inf")).softmax(dim=-1)
    return torch.einsum("bgrts,bsgd->btgrd", weights, v).reshape(B, T, H, D)
'''),
        ),
        Variant(
            "loops over heads and positions, no mask",
            whole(f'''
def attend(q, k, v, window=0):
    B, T, H, D = q.shape
    S, KV = k.shape[1], k.shape[2]
{REFUSE}
    outputs = []
    for t in range(T):
        end = S - T + t + 1
        start = max(0, end - window) if window else 0
        row = []
        for h in range(H):
            g = h // (H // KV)
            scores = (k[:, start:end, g] @ q[:, t, h].unsqueeze(-1)).squeeze(-1) / D**0.5
            row.append((scores.softmax(-1).unsqueeze(-1) * v[:, start:end, g]).sum(1))
        outputs.append(torch.stack(row, 1))
    return torch.stack(outputs, 1)
'''),
        ),
        Variant(
            "scaled_dot_product_attention with enable_gqa and a mask that is always there",
            whole(f'''
def attend(q, k, v, window=0):
    T, S, H, KV = q.size(1), k.size(1), q.size(2), k.size(2)
{REFUSE}
    mask = torch.ones(T, S, dtype=torch.bool, device=q.device).tril(diagonal=S - T)
    if window:
        mask = mask.triu(diagonal=S - T - window + 1)
    q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=H != KV).transpose(1, 2)
'''),
        ),
        Variant(
            "heads expanded and reshaped, an additive mask of the smallest number, the softmax in float32",
            whole(f'''
def attend(q, k, v, window=0):
    B, T, H, D = q.shape
    _, S, KV, _ = k.shape
{REFUSE}
    def share(x):
        return x[:, :, :, None].expand(B, S, KV, H // KV, D).reshape(B, S, H, D).permute(0, 2, 1, 3)

    k, v = share(k), share(v)
    scores = q.permute(0, 2, 1, 3) @ k.mT * D**-0.5
    low = torch.finfo(scores.dtype).min
    mask = torch.full((T, S), low, dtype=scores.dtype, device=q.device).triu(S - T + 1)
    if 0 < window < S:
        mask = mask + torch.full((T, S), low, dtype=scores.dtype, device=q.device).tril(S - T - window)
    weights = F.softmax((scores + mask).float(), dim=-1).type_as(q)
    return (weights @ v).permute(0, 2, 1, 3)
'''),
        ),
        Variant(
            "a running softmax, a block of two keys at a time",
            whole(f'''
def attend(q, k, v, window=0):
    B, T, H, D = q.shape
    S, KV = k.shape[1], k.shape[2]
{REFUSE}
    pick = torch.arange(H) // (H // KV)
    k, v = k[:, :, pick].float(), v[:, :, pick].float()
    where = torch.arange(S - T, S)
    best = torch.full((B, T, H, 1), -1e30)
    total, mixed = torch.zeros(B, T, H, 1), torch.zeros(B, T, H, D)
    for start in range(0, S, 2):
        keys, values = k[:, start : start + 2], v[:, start : start + 2]
        scores = torch.einsum("bthd,bshd->bths", q.float(), keys) / D**0.5
        behind = where[:, None] - torch.arange(start, start + keys.shape[1])
        seen = behind >= 0 if window == 0 else (behind >= 0) & (behind < window)
        seen = seen[None, :, None, :]
        new = torch.maximum(best, scores.masked_fill(~seen, -1e30).amax(-1, keepdim=True))
        shares = (scores - new).masked_fill(~seen, float("-inf")).exp()
        keep = (best - new).exp()
        total = total * keep + shares.sum(-1, keepdim=True)
        mixed = mixed * keep + torch.einsum("bths,bshd->bthd", shares, values)
        best = new
    return (mixed / total).to(q.dtype)
'''),
        ),
        Variant(
            "heads of keys one after the other, each with its queries, an additive mask of -1e9",
            whole(f'''
def attend(q, k, v, window=0):
    import math

    B, T, H, D = q.shape
    S, KV = k.shape[1:3]
{REFUSE}
    shared = H // KV
    rows = torch.arange(T)[:, None] + (S - T)
    cols = torch.arange(S)[None]
    allowed = cols <= rows
    if window:
        allowed &= cols > rows - window
    bias = torch.zeros(T, S).masked_fill(~allowed, -1e9).to(q)
    out = torch.empty_like(q)
    for g in range(KV):
        key, value = k[:, :, g].unsqueeze(1), v[:, :, g].unsqueeze(1)
        query = q[:, :, g * shared : (g + 1) * shared].transpose(1, 2) / math.sqrt(D)
        out[:, :, g * shared : (g + 1) * shared] = ((query @ key.mT + bias).softmax(-1) @ value).transpose(1, 2)
    return out
'''),
        ),
        Variant(
            "queries padded at the front until there are as many as keys, and the padding cut off",
            whole(f'''
def attend(q, k, v, window=0):
    B, T, H, D = q.shape
    S, KV = k.shape[1:3]
{REFUSE}
    full = torch.cat([q.new_zeros(B, S - T, H, D), q], dim=1).transpose(1, 2)
    k, v = (x.transpose(1, 2).repeat_interleave(H // KV, dim=1) for x in (k, v))
    if not window:
        out = F.scaled_dot_product_attention(full, k, v, is_causal=True)
    else:
        band = torch.ones(S, S, dtype=torch.bool).tril() & ~torch.ones(S, S, dtype=torch.bool).tril(-window)
        out = F.scaled_dot_product_attention(full, k, v, attn_mask=band)
    return out.transpose(1, 2)[:, S - T :].contiguous()
'''),
        ),
        Variant(
            "masked after the exponentials, with the largest score of what is seen subtracted",
            whole(f'''
def attend(q, k, v, window=0):
    B, T, H, D = q.shape
    S, KV = k.shape[1:3]
{REFUSE}
    k, v = (torch.repeat_interleave(x, H // KV, 2).transpose(1, 2) for x in (k, v))
    scores = torch.matmul(q.transpose(1, 2), k.transpose(2, 3)).div(D**0.5)
    behind = torch.arange(T - 1, -1, -1).unsqueeze(1) * -1 + S - 1 - torch.arange(S)
    seen = (behind >= 0) & (behind < window if window else behind >= 0)
    top = scores.where(seen, torch.tensor(float("-inf"), dtype=q.dtype)).amax(-1, keepdim=True)
    weights = (scores - top).clamp(max=0).exp() * seen
    weights = weights / weights.sum(-1, keepdim=True)
    return torch.matmul(weights, v).transpose(1, 2)
'''),
        ),
        Variant(
            "everything in float64, rounded at the end, the window as a limit to the keys of each query",
            whole(f'''
def attend(q, k, v, window=0):
    B, T, H, D = q.shape
    S, KV = k.shape[1:3]
{REFUSE}
    reach = window if window > 0 else S
    wide_q, wide_k, wide_v = (x.double().movedim(2, 0) for x in (q, k, v))
    heads = []
    for h in range(H):
        scores = wide_q[h] @ wide_k[h * KV // H].transpose(1, 2) / D**0.5
        for t in range(T):
            scores[:, t, S - T + t + 1 :] = -torch.inf
            scores[:, t, : max(0, S - T + t + 1 - reach)] = -torch.inf
        heads.append(torch.softmax(scores, dim=-1) @ wide_v[h * KV // H])
    return torch.stack(heads, dim=2).to(q.dtype)
'''),
        ),
        Variant(
            "only the positions that some query sees are looked at",
            edit(
                "q, k, v = (heads.transpose(1, 2) for heads in (q, k, v))",
                "if window and T + window - 1 < S:\n"
                "        S = T + window - 1\n"
                "        k, v = k[:, -S:], v[:, -S:]\n"
                "    q, k, v = (heads.transpose(1, 2) for heads in (q, k, v))",
            ),
        ),
    ]
}
