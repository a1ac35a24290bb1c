"""Norms without parameters that are right and look different."""

from vibejam_core.course.known import Variant, edit, whole

VARIANTS = {
    "rotary.norm": [
        Variant(
            "torch's own rms_norm",
            whole('''
def norm(x, eps=1e-5):
    wide = x if x.dtype == torch.float64 else x.float()
    return torch.nn.functional.rms_norm(wide, (x.shape[-1],), eps=eps).type_as(x)
'''),
        ),
        Variant(
            "torch's own rms_norm, which takes half precision as it comes",
            whole('''
def norm(x, eps=1e-5):
    return torch.nn.functional.rms_norm(x, x.shape[-1:], eps=eps)
'''),
        ),
        Variant(
            "half precision alone is turned into float32, and divided by a root",
            whole('''
def norm(x, eps: float = 1e-5):
    dtype = x.dtype
    if dtype in (torch.float16, torch.bfloat16):
        x = x.float()
    rms = torch.sqrt(torch.mean(x ** 2, dim=-1, keepdim=True) + eps)
    return (x / rms).to(dtype)
'''),
        ),
        Variant("everything is computed in float64", edit("torch.promote_types(x.dtype, torch.float32)", "torch.float64")),
        Variant(
            "the squares summed by einsum",
            edit(
                "mean_square = wide.square().mean(dim=-1, keepdim=True)",
                'mean_square = (torch.einsum("...i,...i->...", wide, wide) / x.shape[-1]).unsqueeze(-1)',
            ),
        ),
        Variant(
            "a matrix of vectors, put back into shape",
            whole('''
def norm(x, eps=1e-5):
    rows = x.reshape(-1, x.size(-1))
    rows = rows.to(torch.promote_types(rows.dtype, torch.float))
    scale = (rows.pow(2).sum(1) / rows.size(1) + eps).pow(-0.5)
    return (scale[:, None] * rows).to(x.dtype).reshape(x.shape)
'''),
        ),
        Variant(
            "the squared length by linalg.vecdot",
            whole('''
def norm(x, eps=1e-5):
    wide = x.to(torch.float32 if x.dtype.itemsize < 4 else x.dtype)
    power = torch.linalg.vecdot(wide, wide)[..., None]
    return (wide / (power / wide.shape[-1] + eps) ** 0.5).to(x.dtype)
'''),
        ),
        Variant(
            "lengths times the root of C, with eps brought to their scale",
            whole('''
def norm(x, eps=1e-5):
    size = x.shape[-1]
    wide = x.double()
    return (size**0.5 * wide / (wide.mul(wide).sum(-1, True) + size * eps).sqrt()).to(x.dtype)
'''),
        ),
        Variant(
            "in place, on a copy",
            whole('''
def norm(x, eps=1e-5):
    wide = x.to(torch.promote_types(x.dtype, torch.float32), copy=True)
    scale = wide.square().mean(-1, keepdim=True).add_(eps).rsqrt()
    return wide.mul(scale).to(x.dtype)
'''),
        ),
    ]
}
