"""Ways people turn queries and keys the wrong way."""

from vibejam_core.course.known import Mistake, edit, whole

# Passages of the reference that the mistakes below change.
TABLES = "cos, sin = cos.unsqueeze(-2), sin.unsqueeze(-2)"
HALVES = "first, second = x.chunk(2, dim=-1)"
FIRST = "first * cos - second * sin"
SECOND = "first * sin + second * cos"
JOIN = "torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)"
TURNED = "turned = " + JOIN
OUT = "return turned.to(x.dtype)"

MISTAKES = {
    "rotary.apply_rotary_emb": [
        # What comes out
        Mistake("the result is computed but not returned", edit(OUT, "turned = turned.to(x.dtype)")),
        Mistake("the two halves are returned as a pair", edit(TURNED, "turned = first * cos - second * sin, first * sin + second * cos", OUT, "return turned")),
        Mistake("only the first half of each vector is returned", edit(TURNED, "turned = " + FIRST)),
        Mistake("the two halves are stacked on an axis of their own", edit(JOIN, JOIN.replace("cat", "stack"))),
        Mistake("the two halves are joined along the heads", edit("+ second * cos], dim=-1)", "+ second * cos], dim=-2)")),
        Mistake("the two halves are joined along the time", edit("+ second * cos], dim=-1)", "+ second * cos], dim=1)")),
        Mistake("axes of size 1 are lost", edit(OUT, OUT + ".squeeze()")),
        Mistake("axes of time and heads come back swapped", edit(OUT, OUT + ".transpose(1, 2)")),
        Mistake("the halves are those of a vector of 8 numbers, whatever D is", edit(HALVES, "first, second = x[..., :4], x[..., 4:]")),
        Mistake("the heads are made rows by view, which a transposed tensor refuses", edit(HALVES, "first, second = (half.unflatten(0, x.shape[:-1]) for half in x.view(-1, x.shape[-1]).chunk(2, dim=-1))")),
        Mistake("the result has the dtype of the tables", edit(OUT, "return turned.to(cos.dtype)")),
        Mistake("the result has the wider of the two dtypes", edit(OUT, "return turned")),
        Mistake("the result is always float32", edit(OUT, "return turned.float()")),
        Mistake("a product of x with tables of another dtype is refused", edit(TABLES, "assert cos.dtype == x.dtype\n    " + TABLES)),
        # Which numbers are a pair
        Mistake("neighbours are paired, not halves", edit(HALVES, "first, second = x[..., ::2], x[..., 1::2]", JOIN, JOIN.replace("cat", "stack").replace("dim=-1)", "dim=-1).flatten(-2)"))),
        Mistake("neighbours are paired, and come back as halves", edit(HALVES, "first, second = x[..., ::2], x[..., 1::2]")),
        Mistake("halves are paired, and come back as neighbours", edit(JOIN, JOIN.replace("cat", "stack").replace("dim=-1)", "dim=-1).flatten(-2)"))),
        Mistake("the first number is paired with the last, and so on inwards", edit(HALVES, HALVES + "\n    second = second.flip(-1)", SECOND, "(first * sin + second * cos).flip(-1)")),
        Mistake("the halves come back in the opposite order", edit(JOIN, "torch.cat([first * sin + second * cos, first * cos - second * sin], dim=-1)")),
        Mistake("the halves are taken in the opposite order", edit(HALVES, "second, first = x.chunk(2, dim=-1)")),
        Mistake("the heads are cut into halves, not each head's vector", edit(HALVES, "first, second = x.transpose(-1, -2).reshape(x.shape).chunk(2, dim=-1)")),
        # The rotation
        Mistake("the sign of the sine is wrong: it turns clockwise", edit(FIRST, "first * cos + second * sin", SECOND, "second * cos - first * sin")),
        Mistake("both sines are added, so that it mirrors instead of turning", edit(FIRST, "first * cos + second * sin")),
        Mistake("both sines are subtracted", edit(SECOND, "second * cos - first * sin")),
        Mistake("the second half has its sign reversed", edit(SECOND, "-first * sin - second * cos")),
        Mistake("cosine and sine are swapped", edit(FIRST, "first * sin - second * cos", SECOND, "first * cos + second * sin")),
        Mistake("there are no sines: each number is only multiplied by a cosine", edit(FIRST, "first * cos", SECOND, "second * cos")),
        Mistake("the first half is multiplied by the cosine and the second by the sine", edit(FIRST, "first * cos", SECOND, "second * sin")),
        Mistake("each half keeps to itself: no number of the other is added", edit(FIRST, "first * cos - first * sin", SECOND, "second * sin + second * cos")),
        Mistake("the second half passes as it came", edit(SECOND, "second")),
        Mistake("the first half passes as it came", edit(FIRST, "first")),
        Mistake("the second half is computed from the first one as it is already turned", edit(TURNED, "first = first * cos - second * sin\n    turned = torch.cat([first, first * sin + second * cos], dim=-1)")),
        Mistake("the first half is computed from the second one as it is already turned", edit(TURNED, "second = first * sin + second * cos\n    turned = torch.cat([first * cos - second * sin, second], dim=-1)")),
        Mistake("it turns twice", edit(TABLES, "cos, sin = cos * cos - sin * sin, 2 * sin * cos\n    " + TABLES)),
        Mistake("nothing is turned", edit(TURNED, "turned = x")),
        Mistake("the turned vector is added to the one that came in", edit(TURNED, TURNED.replace("turned = ", "turned = x + "))),
        Mistake("the tables are added, as an embedding of positions would be", edit(TURNED, "turned = x + torch.cat([cos, sin], dim=-1)")),
        Mistake("the lengths are brought to 1", edit(OUT, "return torch.nn.functional.normalize(turned, dim=-1).to(x.dtype)")),
        Mistake("the lengths grow by the root of 2", edit(FIRST, "(first * cos - second * sin) * 2**0.5", SECOND, "(first * sin + second * cos) * 2**0.5")),
        Mistake("a second rotation follows, by the same angles backwards", edit(OUT, "first, second = turned.chunk(2, dim=-1)\n    turned = torch.cat([first * cos + second * sin, second * cos - first * sin], dim=-1)\n    " + OUT)),
        # Whose angles
        Mistake("the angles follow the heads, not the positions", edit(TABLES, "cos, sin = (table[..., : x.shape[2], :][..., torch.arange(x.shape[2]) % table.shape[-2], :].unsqueeze(-3) for table in (cos, sin))")),
        Mistake("all positions are turned by the angles of the first", edit(TABLES, "cos, sin = (table[..., :1, :].unsqueeze(-2) for table in (cos, sin))")),
        Mistake("all positions are turned by the angles of the last", edit(TABLES, "cos, sin = (table[..., -1:, :].unsqueeze(-2) for table in (cos, sin))")),
        Mistake("every position is turned by the angles of the next", edit(TABLES, "cos, sin = (table.roll(-1, dims=-2).unsqueeze(-2) for table in (cos, sin))")),
        Mistake("every position is turned by the angles of the one before", edit(TABLES, "cos, sin = (table.roll(1, dims=-2).unsqueeze(-2) for table in (cos, sin))")),
        Mistake("the positions are turned in the opposite order", edit(TABLES, "cos, sin = (table.flip(-2).unsqueeze(-2) for table in (cos, sin))")),
        Mistake("the pairs are turned in the opposite order", edit(TABLES, "cos, sin = (table.flip(-1).unsqueeze(-2) for table in (cos, sin))")),
        Mistake("all pairs are turned by the angle of the first", edit(TABLES, "cos, sin = (table[..., :1].unsqueeze(-2) for table in (cos, sin))")),
        Mistake("only the first head is turned", edit(OUT, "turned[:, :, 1:] = x[:, :, 1:]\n    " + OUT)),
        Mistake("the first token isn't turned", edit(OUT, "turned[:, 0] = x[:, 0]\n    " + OUT)),
        Mistake("only the first row of the batch is turned", edit(OUT, "turned[1:] = x[1:]\n    " + OUT)),
        Mistake("tables of shape (B, T, D/2) aren't taken", edit(TABLES, "cos, sin = cos[None, :, None], sin[None, :, None]")),
        Mistake("tables of shape (T, D/2) aren't taken", edit(TABLES, "cos, sin = cos[:, :, None], sin[:, :, None]")),
        Mistake("all rows of the batch are turned by the first row's tables", edit(TABLES, "cos, sin = (table[:1] if table.ndim == 3 else table for table in (cos, sin))\n    " + TABLES)),
        Mistake("the tables are cut to T along their first axis, which may be the batch's", edit(TABLES, "cos, sin = cos[-x.shape[1] :].unsqueeze(-2), sin[-x.shape[1] :].unsqueeze(-2)")),
        Mistake("the tables' rows are taken for positions where their number is T", edit(TABLES, "cos, sin = ((table.transpose(0, 1) if table.ndim == 3 and len(table) == x.shape[1] else table).unsqueeze(-2) for table in (cos, sin))")),
        Mistake("the tables are taken for one per head where T is the number of heads", edit(TABLES, "cos, sin = (table if table.ndim == 2 and len(table) == x.shape[2] else table.unsqueeze(-2) for table in (cos, sin))")),
        Mistake("the angles are mirrored: those beyond half a turn are cut off", edit(TABLES, "sin = sin.abs()\n    " + TABLES)),
        # What must stay
        Mistake("x is turned in place", edit(TURNED, "turned = x.copy_(" + JOIN + ".to(x.dtype))")),
        Mistake("the tables get their new axis in place", edit(TABLES, "cos, sin = cos.unsqueeze_(-2), sin.unsqueeze_(-2)")),
        Mistake("the halves of x are written one after the other, the second from a first that has changed already",
                edit(TURNED, "x[..., : x.shape[-1] // 2] = first * cos - second * sin\n    x[..., x.shape[-1] // 2 :] = first * sin + second * cos\n    turned = x")),
        # Dtypes and gradients
        Mistake("float64 is computed in float32, as complex numbers of 64 bits make it", whole('''
def apply_rotary_emb(x, cos, sin):
    half = x.shape[-1] // 2
    points = torch.complex(x[..., :half].float(), x[..., half:].float())
    turned = points * torch.complex(cos.float(), sin.float()).unsqueeze(-2)
    out = torch.cat([turned.real, turned.imag], dim=-1)
    return (out.half() if x.dtype == torch.float16 else out).to(x.dtype)
''')),
        Mistake("float16 is computed in bfloat16", edit(JOIN, JOIN + "\n    turned = turned.bfloat16() if x.dtype == torch.float16 else turned")),
        Mistake("x is rounded to the dtype of the tables", edit(HALVES, "first, second = x.to(cos.dtype).chunk(2, dim=-1)")),
        Mistake("everything is computed in bfloat16", edit(HALVES, "first, second = x.bfloat16().chunk(2, dim=-1)", TABLES, "cos, sin = cos.bfloat16().unsqueeze(-2), sin.bfloat16().unsqueeze(-2)")),
        Mistake("the tables are rounded to bfloat16", edit(TABLES, "cos, sin = cos.bfloat16().unsqueeze(-2), sin.bfloat16().unsqueeze(-2)")),
        Mistake("the tables are rounded to whole numbers", edit(TABLES, "cos, sin = cos.round().unsqueeze(-2), sin.round().unsqueeze(-2)")),
        Mistake("no gradient comes back: x is detached, or everything runs under torch.no_grad", edit(HALVES, "first, second = x.detach().chunk(2, dim=-1)")),
        Mistake("the second half of x is detached", edit(HALVES, HALVES + "\n    second = second.detach()")),
        Mistake("the halves that are multiplied by sines are detached", edit(FIRST, "first * cos - second.detach() * sin", SECOND, "first.detach() * sin + second * cos")),
    ]
}
