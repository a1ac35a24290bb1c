"""Tables of cosines and sines that are right and look different."""

from vibejam_core.course.known import Variant, edit, whole

VARIANTS = {
    "rotary.precompute_rotary": [
        Variant(
            "one over a power, and an outer product by einsum",
            whole('''
def precompute_rotary(positions, head_dim, base=10000.0, dtype=torch.float32):
    if head_dim % 2 != 0:
        raise ValueError(f"head_dim={head_dim} is odd")
    inv_freq = 1.0 / (base ** (torch.arange(0, head_dim, 2, device=positions.device).float() / head_dim))
    freqs = torch.einsum("...,d->...d", positions.float(), inv_freq)
    return freqs.cos().to(dtype), freqs.sin().to(dtype)
'''),
        ),
        Variant(
            "an exponential of a logarithm, in float64",
            whole('''
def precompute_rotary(positions, head_dim, base=10000.0, dtype=torch.float32):
    import math

    if head_dim & 1:
        raise ValueError(f"expected an even head_dim, got {head_dim}")
    i = torch.arange(head_dim // 2, dtype=torch.float64, device=positions.device)
    theta = positions.double().unsqueeze(-1) * torch.exp(i * (-2 * math.log(base) / head_dim))
    return torch.cos(theta).to(dtype), torch.sin(theta).to(dtype)
'''),
        ),
        Variant(
            "loops over positions and pairs, in Python",
            whole('''
def precompute_rotary(positions, head_dim, base=10000.0, dtype=torch.float32):
    import math

    half, odd = divmod(head_dim, 2)
    if odd:
        raise ValueError(f"cannot split head_dim {head_dim} into pairs")
    cos, sin = [], []
    for t in positions.flatten().tolist():
        angles = [t * base ** (-2 * i / head_dim) for i in range(half)]
        cos.append([math.cos(a) for a in angles])
        sin.append([math.sin(a) for a in angles])
    shape = (*positions.shape, half)
    return tuple(torch.tensor(rows, device=positions.device).reshape(shape).to(dtype) for rows in (cos, sin))
'''),
        ),
        Variant(
            "complex numbers from torch.polar, taken apart",
            whole('''
def precompute_rotary(positions, head_dim, base=10000.0, dtype=torch.float32):
    if head_dim % 2:
        raise ValueError(f"head_dim must be even, not {head_dim}")
    steps = torch.arange(0, head_dim, 2, device=positions.device) / head_dim
    angles = positions.to(torch.float32)[..., None] * torch.pow(base, -steps)
    turns = torch.polar(torch.ones_like(angles), angles)
    return turns.real.to(dtype), turns.imag.to(dtype)
'''),
        ),
        Variant(
            "a table of all positions up to the largest, looked up",
            whole('''
def precompute_rotary(positions, head_dim, base=10000.0, dtype=torch.float32):
    if head_dim % 2:
        raise ValueError(f"head_dim must be even, got {head_dim}")
    device = positions.device
    channel = torch.arange(0, head_dim, 2, dtype=torch.float32, device=device)
    t = torch.arange(int(positions.max()) + 1, dtype=torch.float32, device=device)
    freqs = torch.outer(t, 1.0 / base ** (channel / head_dim))
    return freqs.cos()[positions.long()].to(dtype), freqs.sin()[positions.long()].to(dtype)
'''),
        ),
        Variant(
            "everything on the default device, moved at the end",
            whole('''
def precompute_rotary(positions, head_dim, base=10000.0, dtype=torch.float32):
    if head_dim % 2 == 1:
        raise ValueError("head_dim " + str(head_dim) + " is not even")
    inv_freq = base ** (-torch.arange(0, head_dim, 2).float() / head_dim)
    angles = positions.float().unsqueeze(-1) * inv_freq.to(positions.device)
    return angles.cos().to(dtype), angles.sin().to(dtype)
'''),
        ),
        Variant(
            "frequencies by repeated division, both tables in one tensor",
            whole('''
def precompute_rotary(positions, head_dim, base=10000.0, dtype=torch.float32):
    if head_dim % 2:
        raise ValueError(f"head_dim should be even but is {head_dim}")
    rates = [1.0]
    while len(rates) < head_dim // 2:
        rates.append(rates[-1] / base ** (2 / head_dim))
    angles = torch.stack([positions.double() * rate for rate in rates], dim=-1)
    cos, sin = torch.stack([angles.cos(), angles.sin()]).to(dtype)
    return cos, sin
'''),
        ),
        Variant("the sine as a cosine a quarter turn earlier", edit("angles.sin()", "(angles.double() - torch.pi / 2).cos()")),
    ]
}
