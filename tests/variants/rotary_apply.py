"""Rotations that are right and look different."""

from vibejam_core.course.known import Variant, edit, whole

VARIANTS = {
    "rotary.apply_rotary_emb": [
        Variant(
            "rotate_half, as in LLaMA's code, with tables of D columns",
            whole('''
def apply_rotary_emb(x, cos, sin):
    def rotate_half(t):
        a, b = t[..., : t.shape[-1] // 2], t[..., t.shape[-1] // 2 :]
        return torch.cat((-b, a), dim=-1)

    cos = torch.cat([cos, cos], dim=-1).unsqueeze(-2)
    sin = torch.cat([sin, sin], dim=-1).unsqueeze(-2)
    return (x * cos + rotate_half(x) * sin).to(x.dtype)
'''),
        ),
        Variant(
            "complex numbers",
            whole('''
def apply_rotary_emb(x, cos, sin):
    wide = x if x.dtype == torch.float64 else x.float()
    a, b = wide.chunk(2, dim=-1)
    turn = torch.complex(cos.to(a.dtype), sin.to(a.dtype)).unsqueeze(-2)
    out = torch.complex(a, b) * turn
    return torch.cat([out.real, out.imag], dim=-1).type_as(x)
'''),
        ),
        Variant(
            "pairs side by side, seen as complex numbers",
            whole('''
def apply_rotary_emb(x, cos, sin):
    B, T, H, D = x.shape
    pairs = torch.stack([x[..., : D // 2], x[..., D // 2 :]], dim=-1).double().contiguous()
    turn = torch.view_as_complex(torch.stack([cos, sin], dim=-1).double().contiguous())
    out = torch.view_as_complex(pairs) * turn.reshape(-1, T, 1, D // 2)
    return torch.view_as_real(out).transpose(-1, -2).reshape(B, T, H, D).to(x.dtype)
'''),
        ),
        Variant(
            "the tables in the dtype of x first",
            edit("cos, sin = cos.unsqueeze(-2), sin.unsqueeze(-2)", "cos, sin = cos.unsqueeze(-2).to(x), sin.unsqueeze(-2).to(x)"),
        ),
        Variant(
            "rotation matrices and einsum",
            whole('''
def apply_rotary_emb(x, cos, sin):
    B, T, H, D = x.shape
    dtype = torch.promote_types(x.dtype, cos.dtype)
    cos, sin = cos.to(dtype), sin.to(dtype)
    matrices = torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], -2)
    matrices = matrices.expand(B, T, D // 2, 2, 2)
    pairs = x.to(dtype).reshape(B, T, H, 2, D // 2)
    return torch.einsum("btixy,bthyi->bthxi", matrices, pairs).reshape(B, T, H, D).to(x.dtype)
'''),
        ),
        Variant(
            "written into an empty tensor, in two cases of the tables' shape",
            whole('''
def apply_rotary_emb(x, cos, sin):
    half = x.size(-1) // 2
    if cos.dim() == 2:
        cos, sin = cos[None, :, None, :], sin[None, :, None, :]
    else:
        cos, sin = cos[:, :, None, :], sin[:, :, None, :]
    out = torch.empty_like(x)
    out[..., :half] = x[..., :half] * cos - x[..., half:] * sin
    out[..., half:] = x[..., half:] * cos + x[..., :half] * sin
    return out
'''),
        ),
        Variant(
            "loops over tokens and heads",
            whole('''
def apply_rotary_emb(x, cos, sin):
    B, T, H, D = x.shape
    cos, sin = cos.expand(B, T, D // 2), sin.expand(B, T, D // 2)
    tokens = []
    for t in range(T):
        heads = []
        for h in range(H):
            a, b = x[:, t, h].split(D // 2, dim=1)
            c, s = cos[:, t], sin[:, t]
            heads.append(torch.cat([a * c - b * s, a * s + b * c], dim=1))
        tokens.append(torch.stack(heads, dim=1))
    return torch.stack(tokens, dim=1).to(x.dtype)
'''),
        ),
        Variant(
            "heads before tokens, and back",
            whole('''
def apply_rotary_emb(x, cos, sin):
    y = x.transpose(1, 2)
    cos, sin = [(t if t.ndim == 2 else t.unsqueeze(1)) for t in (cos, sin)]
    y1, y2 = torch.tensor_split(y, 2, dim=3)
    y = torch.cat([y1 * cos + y2 * -sin, y1 * sin + y2 * cos], dim=3)
    return y.transpose(1, 2).to(x.dtype)
'''),
        ),
        Variant(
            "clockwise by the opposite sine, as in nanochat's code",
            edit(
                "first * cos - second * sin, first * sin + second * cos",
                "first * cos + second * back, first * -back + second * cos",
                "first, second = x.chunk(2, dim=-1)",
                "first, second, back = *x.chunk(2, dim=-1), -sin",
            ),
        ),
    ]
}
