"""Ways to prepare queries and keys that are right and look different."""

from vibejam_core.course.known import Variant, edit, whole

OUT = "return norm(apply_rotary_emb(q, cos, sin)), norm(apply_rotary_emb(k, cos, sin))"

VARIANTS = {
    "rotary.rotate_and_norm": [
        Variant(
            "normed first, then turned: a rotation changes no length",
            edit(OUT, "return apply_rotary_emb(norm(q), cos, sin), apply_rotary_emb(norm(k), cos, sin)"),
        ),
        Variant(
            "joined along the heads, done once, and taken apart",
            whole('''
def rotate_and_norm(q, k, cos, sin):
    both = torch.cat([q, k], dim=2)
    both = norm(apply_rotary_emb(both, cos, sin))
    return both[:, :, : q.shape[2]], both[:, :, q.shape[2] :]
'''),
        ),
        Variant(
            "a loop",
            whole('''
def rotate_and_norm(q, k, cos, sin):
    done = []
    for x in (q, k):
        x = apply_rotary_emb(x, cos, sin)
        x = norm(x)
        done.append(x)
    return tuple(done)
'''),
        ),
        Variant(
            "written out, without the two functions",
            whole('''
def rotate_and_norm(q, k, cos, sin):
    def ready(x):
        a, b = x.double().chunk(2, dim=-1)
        c, s = cos.unsqueeze(-2), sin.unsqueeze(-2)
        x2 = torch.cat([a * c - b * s, a * s + b * c], dim=-1)
        return (x2 / (x2.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt()).to(x.dtype)

    return ready(q), ready(k)
'''),
        ),
        Variant("normed by torch's own rms_norm", edit(
            OUT,
            "q, k = (apply_rotary_emb(x, cos, sin) for x in (q, k))\n"
            "    return tuple(torch.nn.functional.rms_norm(x, (x.shape[-1],), None, 1e-5) for x in (q, k))",
        )),
        Variant(
            "the size measured before the rotation",
            whole('''
def rotate_and_norm(q, k, cos, sin):
    def scale(x):
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        return torch.rsqrt((wide * wide).mean(dim=-1, keepdim=True) + 1e-5)

    q = (apply_rotary_emb(q, cos, sin) * scale(q)).to(q.dtype)
    return q, (apply_rotary_emb(k, cos, sin) * scale(k)).to(k.dtype)
'''),
        ),
    ]
}
