"""Ways people prepare queries and keys the wrong way."""

from vibejam_core.course.known import Mistake, edit

# The reference's only statement, and its two halves.
Q = "norm(apply_rotary_emb(q, cos, sin))"
K = "norm(apply_rotary_emb(k, cos, sin))"
OUT = f"return {Q}, {K}"


def both(form):
    """Queries and keys alike go through this."""
    return edit(OUT, f"return {form.format(x='q')}, {form.format(x='k')}")


MISTAKES = {
    "rotary.rotate_and_norm": [
        # What comes out
        Mistake("the results are computed but not returned", edit(OUT, OUT.replace("return", "q, k ="))),
        Mistake("the keys come first", edit(OUT, f"return {K}, {Q}")),
        Mistake("only the queries are returned", edit(OUT, f"return {Q}")),
        Mistake("queries and keys are joined along the heads", edit(OUT, f"return torch.cat([{Q}, {K}], dim=2)")),
        Mistake("the keys must have as many heads as the queries", edit(OUT, OUT.replace("return", "q, k = torch.stack([q, k])\n    return"))),
        Mistake("the keys are repeated until they have as many heads as the queries", edit(OUT, OUT + ".repeat_interleave(q.shape[2] // k.shape[2], dim=2)")),
        Mistake("both come back with heads before tokens", both("norm(apply_rotary_emb({x}, cos, sin)).transpose(1, 2)")),
        Mistake("both come back as float32", both("norm(apply_rotary_emb({x}, cos, sin).float())")),
        Mistake("both come back in the dtype of the tables", both("norm(apply_rotary_emb({x}.to(cos.dtype), cos, sin))")),
        Mistake("the inputs are normed in place", edit(OUT, f"{OUT.replace('return', 'new_q, new_k =')}\n    return q.copy_(new_q), k.copy_(new_k)")),
        # The norm
        Mistake("there is no norm (QK-norm)", both("apply_rotary_emb({x}, cos, sin)")),
        Mistake("only the queries are normed", edit(K, "apply_rotary_emb(k, cos, sin)")),
        Mistake("only the keys are normed", edit(Q, "apply_rotary_emb(q, cos, sin)")),
        Mistake("both are brought to length 1, not to a root mean square of 1", both("torch.nn.functional.normalize(apply_rotary_emb({x}, cos, sin), dim=-1)")),
        Mistake("the mean is subtracted as well, as in LayerNorm", both("torch.nn.functional.layer_norm(apply_rotary_emb({x}, cos, sin), {x}.shape[-1:])")),
        Mistake("all heads of a token share one norm", both("norm(apply_rotary_emb({x}, cos, sin).flatten(2)).view({x}.shape)")),
        Mistake("all tokens of a head share one norm", both("norm(apply_rotary_emb({x}, cos, sin).transpose(1, 2).flatten(2)).view({x}.transpose(1, 2).shape).transpose(1, 2)")),
        Mistake("the norm runs over the heads, number by number", both("norm(apply_rotary_emb({x}, cos, sin).mT).mT")),
        Mistake("each half of a head is normed on its own", both("norm(apply_rotary_emb({x}, cos, sin).unflatten(-1, (2, -1))).flatten(-2)")),
        Mistake("the norms have no eps, so that a key of zeros becomes nan", both("torch.nn.functional.rms_norm(apply_rotary_emb({x}, cos, sin), {x}.shape[-1:], eps=0.0)")),
        Mistake("the norms have another eps than norm", both("norm(apply_rotary_emb({x}, cos, sin), eps=1e-6)")),
        Mistake("both are normed before the rotation and again after it", both("norm(apply_rotary_emb(norm({x}), cos, sin))")),
        Mistake("both are scaled by 1.2 after the norm, to sharpen attention", both("norm(apply_rotary_emb({x}, cos, sin)) * 1.2")),
        Mistake("the queries are divided by the root of D already", edit(Q, Q + " * q.shape[-1] ** -0.5")),
        Mistake("the queries' norm is used for the keys too", edit(OUT, "q, k = apply_rotary_emb(q, cos, sin), apply_rotary_emb(k, cos, sin)\n    size = q.square().mean(dim=(-1, -2), keepdim=True)\n    return norm(q), k * torch.rsqrt(size + 1e-5)")),
        # The rotation
        Mistake("nothing is turned, so that positions are ignored", both("norm({x})")),
        Mistake("only the queries are turned", edit(K, "norm(k)")),
        Mistake("only the keys are turned", edit(Q, "norm(q)")),
        Mistake("the keys are turned the other way", edit(K, K.replace("sin", "-sin"))),
        Mistake("the queries are turned the other way", edit(Q, Q.replace("sin", "-sin"))),
        Mistake("both are turned the other way", both("norm(apply_rotary_emb({x}, cos, -sin))")),
        Mistake("cosines and sines are swapped", both("norm(apply_rotary_emb({x}, sin, cos))")),
        Mistake("both are turned twice", both("norm(apply_rotary_emb(apply_rotary_emb({x}, cos, sin), cos, sin))")),
        Mistake("the keys are turned twice", edit(K, "norm(apply_rotary_emb(apply_rotary_emb(k, cos, sin), cos, sin))")),
        Mistake("the keys are turned by the positions after theirs", edit(K, K.replace("cos, sin", "cos.roll(-1, -2), sin.roll(-1, -2)"))),
        Mistake("the keys are made from the queries", edit(K, "norm(apply_rotary_emb(q[:, :, : k.shape[2]], cos, sin))")),
        Mistake("the queries are made from the keys", edit(Q, "norm(apply_rotary_emb(k.repeat_interleave(q.shape[2] // k.shape[2], dim=2), cos, sin))")),
        Mistake("with tables per row, all rows are turned by the first one's", edit(OUT, "if cos.ndim == 3:\n        cos, sin = cos[0], sin[0]\n    " + OUT)),
        Mistake("tables of shape (B, T, D/2) aren't taken", edit(OUT, "T, half = cos.shape\n    " + OUT)),
        # Half precision and float64
        Mistake("the norm is written out without float32, so that the squares of half precision overflow",
                edit(OUT, "q, k = (apply_rotary_emb(x, cos, sin) for x in (q, k))\n    return tuple(x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + 1e-5) for x in (q, k))")),
        Mistake("both are turned and normed in float32, whatever came in", both("norm(apply_rotary_emb({x}.float(), cos.float(), sin.float())).to({x}.dtype)")),
        # Gradients
        Mistake("both are detached", both("norm(apply_rotary_emb({x}.detach(), cos, sin))")),
        Mistake("the keys are detached", edit(K, K.replace("(k,", "(k.detach(),"))),
        Mistake("the queries are detached", edit(Q, Q.replace("(q,", "(q.detach(),"))),
        Mistake("the sizes that both are divided by are detached", both("apply_rotary_emb({x}, cos, sin) * torch.rsqrt({x}.detach().square().mean(dim=-1, keepdim=True) + 1e-5)")),
    ]
}
