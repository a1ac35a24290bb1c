"""Ways people get Newton and Schulz's iteration wrong."""

from vibejam_core.course.known import Mistake, whole

PLAIN = """
def newton_schulz(G, steps=5, dtype=torch.float32):
    a, b, c = 3.4445, -4.7750, 2.0315
    X = G.float()
    length = X.norm(dim=(-2, -1), keepdim=True).clamp_min(1e-12)
    X = (X / length).to(dtype)
    tall = G.shape[-2] > G.shape[-1]
    if tall:
        X = X.mT
    for _ in range(steps):
        A = X @ X.mT
        B = b * A + c * A @ A
        X = a * X + B @ X
    if tall:
        X = X.mT  # back
    return X.to(G.dtype)
"""
"""The iteration written down as the formula stands; the mistakes below change passages of it."""

ABC = "a, b, c = 3.4445, -4.7750, 2.0315"
FLOAT = "X = G.float()"
LENGTH = "length = X.norm(dim=(-2, -1), keepdim=True).clamp_min(1e-12)"
DIVIDE = "X = (X / length).to(dtype)"
TALL = "tall = G.shape[-2] > G.shape[-1]"
THERE = "if tall:\n        X = X.mT\n"
BACK = "if tall:\n        X = X.mT  # back\n"
ROUNDS = "for _ in range(steps):"
A = "A = X @ X.mT"
B = "B = b * A + c * A @ A"
X = "X = a * X + B @ X"
RETURN = "return X.to(G.dtype)"


def plain(*passages):
    """The plain version with passages replaced, old and new in turn."""
    text = PLAIN
    for old, new in zip(passages[::2], passages[1::2], strict=True):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return whole(text)


MISTAKES = {
    "optimizers.newton_schulz": [
        # Tall matrices
        Mistake("a tall matrix is transposed and never turned back", plain(BACK, "")),
        Mistake("every matrix is transposed back, and only the tall ones were before", plain(BACK, "X = X.mT\n")),
        Mistake("the result is turned back though nothing was turned before", plain(THERE, "pass\n")),
        Mistake("wide matrices are transposed before, tall ones after", plain(THERE, THERE.replace("if tall", "if not tall"))),
        Mistake("the result is laid out anew in the matrix's shape, not transposed back", plain(BACK, "X = X.reshape(G.shape)\n")),
        Mistake("a tall matrix is laid out anew with its sides swapped, not transposed", plain(THERE, "if tall:\n        X = X.reshape(*G.shape[:-2], G.shape[-1], G.shape[-2])\n")),
        Mistake("a tall matrix is refused", plain(TALL, TALL + '\n    if tall:\n        raise ValueError("more rows than columns")')),
        # The length
        Mistake("the matrix isn't divided by anything", plain(DIVIDE, "X = X.to(dtype)")),
        Mistake("the matrix is divided by the sum of its squares, without the root", plain(LENGTH, "length = X.square().sum((-2, -1), keepdim=True).clamp_min(1e-12)")),
        Mistake("the matrix is divided by its largest singular value, the spectral norm", plain(LENGTH, "length = torch.linalg.matrix_norm(X, 2, keepdim=True).clamp_min(1e-12)")),
        Mistake("the matrix is divided by the sum of its singular values, the nuclear norm", plain(LENGTH, "length = torch.linalg.svdvals(X).sum(-1)[..., None, None].clamp_min(1e-12)")),
        Mistake("the matrix is divided by its largest number", plain(LENGTH, "length = X.abs().amax((-2, -1), keepdim=True).clamp_min(1e-12)")),
        Mistake("the matrix is divided by the root of the mean of its squares", plain(LENGTH, "length = X.square().mean((-2, -1), keepdim=True).sqrt().clamp_min(1e-12)")),
        Mistake("the matrix is divided by the sum of its numbers' sizes", plain(LENGTH, "length = X.abs().sum((-2, -1), keepdim=True).clamp_min(1e-12)")),
        Mistake("the matrix is divided by its standard deviation", plain(LENGTH, "length = X.std((-2, -1), keepdim=True).clamp_min(1e-12)")),
        Mistake("each row is divided by its own length", plain(LENGTH, "length = X.norm(dim=-1, keepdim=True).clamp_min(1e-12)")),
        Mistake("each column is divided by its own length", plain(LENGTH, "length = X.norm(dim=-2, keepdim=True).clamp_min(1e-12)")),
        Mistake("the matrix's mean is subtracted first", plain(FLOAT, "X = G.float() - G.float().mean((-2, -1), keepdim=True)")),
        Mistake("the result is multiplied by the length again", plain(RETURN, "return (X * length).to(G.dtype)")),
        Mistake("the matrix is divided by its length in every round", plain(X, X + "\n        X = X / X.norm(dim=(-2, -1), keepdim=True).clamp_min(1e-12)")),
        Mistake("one length divides the whole batch", plain(LENGTH, "length = X.norm().clamp_min(1e-12)")),
        Mistake("a batch's first matrix gives the length for all", plain(LENGTH, LENGTH + "\n    length = length.flatten()[0]")),
        Mistake("the length of a matrix in a batch of batches is taken over its first axis as well", plain(LENGTH, "length = (X.norm(dim=(-2, -1), keepdim=True) if X.ndim < 4 else X.norm(dim=(-3, -2, -1), keepdim=True)).clamp_min(1e-12)")),
        Mistake("nothing keeps the length from being 0, so zeros give nan", plain(LENGTH, "length = X.norm(dim=(-2, -1), keepdim=True)")),
        Mistake("zeros give an error", plain(LENGTH, 'length = X.norm(dim=(-2, -1), keepdim=True)\n    if (length == 0).any():\n        raise ValueError("a matrix of zeros has no direction")')),
        Mistake("a length of 0 gives zeros for the whole batch", plain(LENGTH, "length = X.norm(dim=(-2, -1), keepdim=True)\n    if (length == 0).any():\n        return torch.zeros_like(G)")),
        Mistake("1e-7 is added to the length, which small gradients feel", plain(LENGTH, "length = X.norm(dim=(-2, -1), keepdim=True) + 1e-7")),
        Mistake("the least length is 1e-3, so small gradients give small results", plain(LENGTH, LENGTH.replace("1e-12", "1e-3"))),
        Mistake("1e-8 is added to the length, which very small gradients feel", plain(LENGTH, "length = X.norm(dim=(-2, -1), keepdim=True) + 1e-8")),
        Mistake("the least length is 1e-7, so very small gradients give small results", plain(LENGTH, LENGTH.replace("1e-12", "1e-7"))),
        Mistake("lengths up to 1e-12 count as zeros", plain(DIVIDE, "X = torch.where(length > 1e-12, X / length, 0.0).to(dtype)")),
        Mistake("the least length is 1, so only large gradients are divided", plain(LENGTH, LENGTH.replace("1e-12", "1.0"))),
        Mistake("lengths up to 1e-5 count as zeros", plain(DIVIDE, "X = torch.where(length > 1e-5, X / length, 0.0).to(dtype)")),
        # The polynomial
        Mistake("the coefficients are in the opposite order", plain(ABC, "a, b, c = 2.0315, -4.7750, 3.4445")),
        Mistake("the second and the third coefficient are swapped", plain(ABC, "a, b, c = 3.4445, 2.0315, -4.7750")),
        Mistake("the second coefficient has lost its sign", plain(ABC, ABC.replace("-", ""))),
        Mistake("all coefficients have the opposite sign", plain(ABC, "a, b, c = -3.4445, 4.7750, -2.0315")),
        Mistake("the first coefficient is negative", plain(ABC, "a, b, c = -3.4445, -4.7750, 2.0315")),
        Mistake("the third coefficient is negative", plain(ABC, "a, b, c = 3.4445, -4.7750, -2.0315")),
        Mistake("the coefficients are those that converge to 1: 15/8, -10/8, 3/8", plain(ABC, "a, b, c = 15 / 8, -10 / 8, 3 / 8")),
        Mistake("the coefficients are rounded: 3.4, -4.8, 2.0", plain(ABC, "a, b, c = 3.4, -4.8, 2.0")),
        Mistake("the iteration is the cubic one: 1.5 X - 0.5 A X", plain(B, "B = -0.5 * A", X, "X = 1.5 * X + B @ X")),
        Mistake("A is not multiplied with itself", plain(B, "B = (b + c) * A")),
        Mistake("A squared is left out", plain(B, "B = b * A")),
        Mistake("A is left out of the polynomial, only its square is there", plain(B, "B = c * A @ A")),
        Mistake("A is squared number by number", plain(B, "B = b * A + c * A * A")),
        Mistake("A is cubed", plain(B, "B = b * A + c * A @ A @ A")),
        Mistake("A is the product of X with itself number by number, summed over the columns", plain(A, "A = torch.diag_embed((X * X).sum(-1))")),
        Mistake("A is computed once, before the rounds", plain(A, "A = first = X @ X.mT if _ == 0 else first")),
        Mistake("aX is left out", plain(X, "X = B @ X")),
        Mistake("a is added to X, not multiplied with it", plain(X, "X = a + X + B @ X")),
        Mistake("B isn't multiplied with X", plain(X, "X = a * X + B.sum(-1, keepdim=True)")),
        Mistake("each round's polynomial is of the first X: aX + B times what came in", plain(ROUNDS, "first = X\n    " + ROUNDS, X, "X = a * X + B @ first")),
        Mistake("each round adds to X: the old X stays in it", plain(X, "X = X + a * X + B @ X")),
        # The rounds
        Mistake("there are always five rounds", plain(ROUNDS, "for _ in range(5):")),
        Mistake("there is always one round", plain(ROUNDS, "for _ in range(1):")),
        Mistake("there is at least one round", plain(ROUNDS, "for _ in range(max(steps, 1)):")),
        Mistake("one round is missing", plain(ROUNDS, "for _ in range(1, steps):")),
        Mistake("there is one round too many", plain(ROUNDS, "for _ in range(steps + 1):")),
        Mistake("it returns after the first round", plain(X, X + "\n        return (X.mT if tall else X).to(G.dtype)")),
        Mistake("there are ten rounds by default", plain("steps=5", "steps=10")),
        Mistake("there are six rounds by default", plain("steps=5", "steps=6")),
        Mistake("the rounds end early, once the singular values are near 1 on average", plain(A, A + "\n        if abs(A.diagonal(dim1=-2, dim2=-1).mean() - 1) < 0.3:\n            break")),
        # Other ways that are not this one
        Mistake("the result is exactly orthogonal, by the singular value decomposition", whole("""
def newton_schulz(G, steps=5, dtype=torch.float32):
    U, _, V = torch.linalg.svd(G.float(), full_matrices=False)
    return (U @ V).to(G.dtype)
""")),
        Mistake("the result is the orthogonal matrix of the QR decomposition", whole("""
def newton_schulz(G, steps=5, dtype=torch.float32):
    tall = G.shape[-2] > G.shape[-1]
    Q, _ = torch.linalg.qr(G.float() if tall else G.float().mT)
    return (Q if tall else Q.mT).to(G.dtype)
""")),
        Mistake("the result is the gradient's sign, number by number", whole("""
def newton_schulz(G, steps=5, dtype=torch.float32):
    return G.sign()
""")),
        Mistake("the polynomial goes over the numbers of the matrix, not its singular values", plain(A, "A = X * X", B, "B = b * A + c * A * A", X, "X = a * X + B * X")),
        # Number formats and memory
        Mistake("the result keeps the dtype of the computation", plain(RETURN, "return X")),
        Mistake("the result is always float32", plain(RETURN, "return X.float()")),
        Mistake("the computation is in the matrix's own dtype, half precision included",
                plain(FLOAT, "X = G", DIVIDE, "X = X / length")),
        Mistake("the length is computed in half precision, where the squares' sum has no room", plain(LENGTH, "length = G.square().sum((-2, -1), keepdim=True).sqrt().clamp_min(1e-7).float()")),
        Mistake("dtype is ignored: all is computed in float32", plain(DIVIDE, "X = X / length")),
        Mistake("all is computed in bfloat16, whatever dtype says", plain(DIVIDE, "X = (X / length).bfloat16()")),
        Mistake("the matrix is rounded to dtype before it is divided", plain(FLOAT, "X = G.to(dtype)")),
        Mistake("dtype is the result's, not the computation's", plain(DIVIDE, "X = X / length", RETURN, "return X.to(dtype)")),
        Mistake("the result is rounded to dtype, and the products before it are in float32", plain(DIVIDE, "X = X / length", RETURN, "return X.to(dtype).to(G.dtype)")),
        Mistake("the matrix that came in is divided in place", plain(DIVIDE, "X = X.div_(length).to(dtype)")),
        Mistake("the matrix that came in is emptied", plain(RETURN, "G.zero_()\n    " + RETURN)),
        Mistake("the result is written into the matrix that came in", plain(RETURN, "return G.copy_(X)")),
        Mistake("the result stays in a variable, and nothing is returned", plain(RETURN, "X.to(G.dtype)")),
        Mistake("nothing but matrices is taken: .T turns a batch's axes around", plain(A, "A = X @ X.permute(*range(X.ndim - 1, -1, -1))")),
        Mistake("a batch is refused", plain(FLOAT, FLOAT + '\n    if G.ndim != 2:\n        raise ValueError("one matrix, please")')),
        Mistake("only one axis of matrices is allowed", plain(A, "A = X @ X.mT if X.ndim == 2 else torch.bmm(X, X.mT)")),
        Mistake("a batch's matrices are computed one by one, and steps and dtype are lost on the way", plain(FLOAT, "if G.ndim > 2:\n        return torch.stack([newton_schulz(each) for each in G])\n    " + FLOAT)),
        Mistake("a batch's matrices are computed one by one, and dtype is lost on the way", plain(FLOAT, "if G.ndim > 2:\n        return torch.stack([newton_schulz(each, steps) for each in G])\n    " + FLOAT)),
        Mistake("one row or column is only divided by its length", plain(FLOAT, FLOAT + "\n    if 1 in G.shape[-2:]:\n        return (X / X.norm(dim=(-2, -1), keepdim=True).clamp_min(1e-12)).to(G.dtype)")),
        Mistake("of a batch only the first matrix is computed", plain(FLOAT, "X = G.float()\n    X = X if X.ndim == 2 else X[:1].expand_as(X)")),
        Mistake("the matrix is flattened with view, which a transposed one refuses", plain(LENGTH, "length = X.view(*X.shape[:-2], -1).norm(dim=-1)[..., None, None].clamp_min(1e-12)")),
    ]
}
