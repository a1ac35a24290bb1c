"""Ways people get the norm without parameters wrong."""

from vibejam_core.course.known import Mistake, edit

# Passages of the reference that the mistakes below change.
WIDE = "wide = x.to(torch.promote_types(x.dtype, torch.float32))"
MEAN = "mean_square = wide.square().mean(dim=-1, keepdim=True)"
ROOT = "torch.rsqrt(mean_square + eps)"
OUT = "return (wide * torch.rsqrt(mean_square + eps)).to(x.dtype)"
DEFAULT = "eps: float = 1e-5"

MISTAKES = {
    "rotary.norm": [
        # What comes out
        Mistake("the result is computed but not returned", edit(OUT, OUT.replace("return", "out ="))),
        Mistake("the root mean square is returned, not what was divided by it", edit(OUT, "return torch.sqrt(mean_square + eps).to(x.dtype)")),
        Mistake("the axis of the mean is dropped, so that its sizes don't fit the input's", edit("dim=-1, keepdim=True", "dim=-1")),
        Mistake("the input must have three axes", edit(WIDE, "B, T, C = x.shape\n    " + WIDE)),
        Mistake("the vectors are made rows by view, which a transposed tensor refuses", edit(WIDE, WIDE.replace("x.to(", "x.view(-1, x.shape[-1]).to("), OUT, OUT + ".view(x.shape)")),
        Mistake("the result has one more axis", edit(OUT, OUT.replace(".to(x.dtype)", ".to(x.dtype)[None]"))),
        Mistake("axes of size 1 appear around a single vector", edit(OUT, OUT.replace(".to(x.dtype)", ".to(x.dtype).reshape(-1, x.shape[-1])"))),
        Mistake("the result stays in float32, whatever came in", edit(OUT, OUT.replace(".to(x.dtype)", ".float()"))),
        Mistake("half precision isn't rounded back", edit(OUT, OUT.replace(".to(x.dtype)", ""))),
        Mistake("the result is always bfloat16", edit(OUT, OUT.replace(".to(x.dtype)", ".bfloat16()"))),
        Mistake("the input is divided in place", edit(OUT, "return x.mul_(torch.rsqrt(mean_square + eps).to(x.dtype))")),
        Mistake("the input is squared in place", edit("wide.square()", "wide.clone().copy_(wide.detach().square_())")),
        # What is divided by
        Mistake("it divides by the length (L2), not by the root mean square", edit(".mean(dim", ".sum(dim")),
        Mistake("it divides by the mean square, without the root", edit(ROOT, "(mean_square + eps).reciprocal()")),
        Mistake("it multiplies by the root mean square", edit(ROOT, "torch.sqrt(mean_square + eps)")),
        Mistake("it divides by the fourth root of the mean square", edit(ROOT, "torch.rsqrt(torch.sqrt(mean_square + eps))")),
        Mistake("it divides by the mean of the absolute values", edit(MEAN, "mean_square = wide.abs().mean(dim=-1, keepdim=True).square()")),
        Mistake("it divides by the largest absolute value", edit(MEAN, "mean_square = wide.abs().amax(dim=-1, keepdim=True).square()")),
        Mistake("the sum of the squares is divided by C - 1, not by C", edit(MEAN, "mean_square = wide.square().sum(dim=-1, keepdim=True) / (x.shape[-1] - 1)")),
        Mistake("the sum of the squares is divided by the root of C", edit(MEAN, "mean_square = wide.square().sum(dim=-1, keepdim=True) / x.shape[-1] ** 0.5")),
        Mistake("it divides by the mean of the squares and then takes the root of everything", edit(OUT, "return (wide / (mean_square + eps)).abs().sqrt().to(x.dtype)")),
        Mistake("it divides by the standard deviation, which leaves the mean out", edit(MEAN, "mean_square = wide.var(dim=-1, keepdim=True, unbiased=False)")),
        Mistake("it divides by torch's std, which leaves the mean out and divides by C - 1", edit(MEAN, "mean_square = wide.std(dim=-1, keepdim=True).square()")),
        Mistake("the root mean square is taken over the whole tensor", edit("wide.square().mean(dim=-1, keepdim=True)", "wide.square().mean()")),
        Mistake("the root mean square is taken over the tokens, not over a token's numbers", edit("dim=-1, keepdim", "dim=-2 if x.ndim > 1 else -1, keepdim")),
        Mistake("the root mean square is taken over the last two axes", edit("dim=-1, keepdim", "dim=(-2, -1) if x.ndim > 1 else -1, keepdim")),
        Mistake("the root mean square is taken over the first axis", edit("dim=-1, keepdim", "dim=0, keepdim")),
        Mistake("the squares of every vector count for the whole batch", edit(MEAN, MEAN + "\n    mean_square = mean_square.mean(dim=0, keepdim=True) if x.ndim > 2 else mean_square")),
        # What is divided
        Mistake("the mean is subtracted first, as LayerNorm does", edit(MEAN, "wide = wide - wide.mean(dim=-1, keepdim=True)\n    " + MEAN)),
        Mistake("the mean is subtracted from the result, or from the numbers but not from those that are squared", edit(OUT, OUT.replace("(wide *", "((wide - wide.mean(dim=-1, keepdim=True)) *"))),
        Mistake("the signs are lost", edit(OUT, OUT.replace("(wide *", "(wide.abs() *"))),
        Mistake("the result is cut off at 2 and -2", edit(OUT, OUT.replace(").to", ").clamp(-2, 2).to"))),
        Mistake("the result is bent by a tanh", edit(OUT, OUT.replace(").to", ").tanh().to"))),
        Mistake("a random gain of about one multiplies the result", edit(OUT, OUT.replace(").to", " * (1 + 0.02 * torch.randn(x.shape[-1]))).to"))),
        # eps
        Mistake("there is no eps, so that a vector of zeros becomes nan", edit(ROOT, "torch.rsqrt(mean_square)")),
        Mistake("eps is added outside the root", edit(OUT, "return (wide / (mean_square.sqrt() + eps)).to(x.dtype)")),
        Mistake("eps is the least that the mean of the squares may be, instead of being added", edit(ROOT, "torch.rsqrt(mean_square.clamp(min=eps))")),
        Mistake("eps is the least that the root mean square may be, as in F.normalize", edit(ROOT, "mean_square.sqrt().clamp(min=eps).reciprocal()")),
        Mistake("eps is added before the mean is taken: to the sum of the squares", edit(ROOT, "torch.rsqrt(mean_square + eps / x.shape[-1])")),
        Mistake("eps is squared", edit(ROOT, "torch.rsqrt(mean_square + eps**2)")),
        Mistake("eps is added to the numbers before they are squared", edit("wide.square()", "(wide + eps).square()", ROOT, "torch.rsqrt(mean_square)")),
        Mistake("eps is subtracted", edit(ROOT, "torch.rsqrt((mean_square - eps).clamp(min=1e-12))")),
        Mistake("eps is added twice, inside and outside", edit(ROOT, "(torch.sqrt(mean_square + eps) + eps).reciprocal()")),
        Mistake("eps is always 1e-5, whatever was asked for", edit(ROOT, "torch.rsqrt(mean_square + 1e-5)")),
        Mistake("the default of eps is 1e-6", edit(DEFAULT, "eps: float = 1e-6")),
        Mistake("the default of eps is 1e-8", edit(DEFAULT, "eps: float = 1e-8")),
        Mistake("the default of eps is 1e-12, as in F.normalize", edit(DEFAULT, "eps: float = 1e-12")),
        Mistake("the default of eps is torch's smallest step, as in nn.RMSNorm", edit(DEFAULT, "eps: float = torch.finfo(torch.float32).eps")),
        Mistake("eps is added to every number of the result", edit(ROOT, "torch.rsqrt(mean_square + eps)", OUT, OUT.replace(").to", " + eps).to"))),
        Mistake("the vector is normed twice, so that eps no longer counts", edit(OUT, "out = wide * torch.rsqrt(mean_square + eps)\n    return (out * torch.rsqrt(out.square().mean(dim=-1, keepdim=True) + eps)).to(x.dtype)")),
        # Half precision and float64
        Mistake("half precision isn't turned into float32 first, so that squares overflow", edit(WIDE, "wide = x")),
        Mistake("the squares are taken in half precision, where they overflow, and only their mean in float32", edit(WIDE, "wide = x", ".mean(dim=-1, keepdim=True)", ".mean(dim=-1, keepdim=True, dtype=torch.promote_types(x.dtype, torch.float32))")),
        Mistake("the mean of the squares is rounded back before the division, where it overflows", edit("dim=-1, keepdim=True)", "dim=-1, keepdim=True).to(x.dtype)")),
        Mistake("the factor is rounded to half precision before it multiplies", edit(OUT, "return x * torch.rsqrt(mean_square + eps).to(x.dtype)")),
        Mistake("the root mean square is rounded to half precision before the division", edit(OUT, "return x / torch.sqrt(mean_square + eps).to(x.dtype)")),
        Mistake("half precision is computed in bfloat16, not in float32", edit(WIDE, "wide = x.bfloat16() if x.dtype == torch.float16 else x")),
        Mistake("bfloat16 is left out: only float16 is turned into float32", edit(WIDE, "wide = x.float() if x.dtype == torch.float16 else x")),
        Mistake("float64 is computed in float32", edit(WIDE, "wide = x.float()")),
        # Gradients
        Mistake("the root mean square is detached, so that the gradient takes it for a constant", edit(ROOT, "torch.rsqrt(mean_square + eps).detach()")),
        Mistake("no gradient comes back: the input is detached, or everything runs under torch.no_grad", edit(WIDE, WIDE.replace("x.to(", "x.detach().to("))),
        Mistake("only the numbers that are divided are detached, not their root mean square", edit(OUT, OUT.replace("(wide *", "(wide.detach() *"))),
        Mistake("the length comes from a root without eps, whose gradient at a vector of zeros is nan", edit(ROOT, "torch.rsqrt(mean_square.sqrt().square() + eps)")),
        Mistake("a division by the largest number first, against overflow, makes nan of zeros", edit(OUT, "peak = wide.abs().amax(dim=-1, keepdim=True)\n    small = wide / peak\n    return (small * torch.rsqrt(small.square().mean(dim=-1, keepdim=True) + eps / peak.square())).to(x.dtype)")),
    ]
}
