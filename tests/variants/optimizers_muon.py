"""Correct ways to write Newton and Schulz's iteration and Muon that differ from the reference's."""

from vibejam_core.course.known import Variant, whole

INIT = '''
class Muon(torch.optim.Optimizer):
    def __init__(self, params, lr=0.02, momentum=0.95, weight_decay=0.0):
        super().__init__(params, {"lr": lr, "lr_scale": 1.0, "momentum": momentum, "weight_decay": weight_decay})
        for parameter in (each for group in self.param_groups for each in group["params"]):
            if parameter.ndim != 2:
                raise ValueError(f"Muon trains matrices, but one of these has the shape {tuple(parameter.shape)}.")
'''

VARIANTS = {
    "optimizers.newton_schulz": [
        Variant("nothing is transposed: the larger product gives the same", whole('''
def newton_schulz(G, steps=5, dtype=torch.float32):
    X = G.to(torch.float32)
    X = X / torch.sqrt((X * X).sum(dim=(-2, -1), keepdim=True)).clamp(min=1e-12)
    X = X.to(dtype)
    for _ in range(steps):
        A = X @ X.transpose(-2, -1)
        X = 3.4445 * X + (-4.7750 * A + 2.0315 * A @ A) @ X
    return X.to(G.dtype)
''')),
        Variant("tall matrices from the other side: X times a polynomial of X^T X", whole('''
def newton_schulz(G, steps=5, dtype=torch.float32):
    a, b, c = (3.4445, -4.7750, 2.0315)
    X = G.float()
    length = torch.linalg.matrix_norm(X, ord="fro", keepdim=True)
    X = (X / torch.maximum(length, torch.tensor(1e-12, device=G.device))).to(dtype)
    rows, cols = G.shape[-2:]
    for _ in range(steps):
        if rows > cols:
            A = X.mT @ X
            X = a * X + X @ (b * A + c * A @ A)
        else:
            A = X @ X.mT
            X = a * X + (b * A + c * A @ A) @ X
    return X.type_as(G)
''')),
        Variant("recursion over the batch, one matrix at a time", whole('''
def newton_schulz(G, steps=5, dtype=torch.float32):
    if G.dim() > 2:
        return torch.stack([newton_schulz(matrix, steps, dtype) for matrix in G])
    if G.size(0) > G.size(1):
        return newton_schulz(G.t(), steps, dtype).t()
    X = G.float()
    X = X.div(max(float(X.norm()), 1e-12)).to(dtype)
    for _ in range(steps):
        A = X.mm(X.t())
        X = 3.4445 * X - 4.7750 * A.mm(X) + 2.0315 * A.mm(A.mm(X))
    return X.to(G.dtype)
''')),
        Variant("einsum, and zeros set apart with where", whole('''
def newton_schulz(G, steps=5, dtype=torch.float32):
    length = G.float().pow(2).sum((-2, -1), keepdim=True) ** 0.5
    X = torch.where(length > 0, G.float() / length.clamp_min(1e-12), torch.zeros_like(G, dtype=torch.float32)).to(dtype)
    flip = G.shape[-2] > G.shape[-1]
    X = X.swapaxes(-2, -1) if flip else X
    for _ in range(steps):
        A = torch.einsum("...ik,...jk->...ij", X, X)
        AX = torch.einsum("...ij,...jk->...ik", A, X)
        AAX = torch.einsum("...ij,...jk->...ik", A, AX)
        X = 3.4445 * X + -4.7750 * AX + 2.0315 * AAX
    X = X.swapaxes(-2, -1) if flip else X
    return X.to(dtype=G.dtype)
''')),
        Variant("flattened to three axes, with baddbmm", whole('''
def newton_schulz(G, steps=5, dtype=torch.float32):
    a, b, c = 3.4445, -4.7750, 2.0315
    X = G.detach().float().reshape(-1, *G.shape[-2:])
    X = torch.nn.functional.normalize(X.flatten(1), dim=1, eps=1e-12).view_as(X).to(dtype)
    tall = X.shape[1] > X.shape[2]
    X = X.transpose(1, 2) if tall else X
    for _ in range(steps):
        A = torch.bmm(X, X.transpose(1, 2))
        B = torch.baddbmm(A, A, A, beta=b, alpha=c)
        X = torch.baddbmm(X, B, X, beta=a)
    X = X.transpose(1, 2) if tall else X
    return X.reshape(G.shape).to(G.dtype)
''')),
        Variant("the polynomial factored, with the identity: (aI + A(bI + cA)) X", whole('''
def newton_schulz(G, steps=5, dtype=torch.float32):
    X = (G.float() / G.float().flatten(-2).norm(dim=-1).clamp_min(1e-12)[..., None, None]).to(dtype)
    wide = X if G.shape[-2] <= G.shape[-1] else X.mT
    I = torch.eye(wide.shape[-2], dtype=dtype, device=G.device)
    while steps > 0:
        A = wide @ wide.mT
        wide = (3.4445 * I + A @ (-4.7750 * I + 2.0315 * A)) @ wide
        steps -= 1
    return (wide if G.shape[-2] <= G.shape[-1] else wide.mT).to(G.dtype)
''')),
    ],
    "optimizers.Muon": [
        Variant("a buffer without 1 - mu, as in Jordan's own: newton_schulz doesn't see the size", whole(INIT + '''
    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            mu = group["momentum"]
            for p in group["params"]:
                g = p.grad
                if g is None:
                    continue
                state = self.state[p]
                if "momentum_buffer" not in state:
                    state["momentum_buffer"] = torch.zeros_like(g)
                buf = state["momentum_buffer"]
                buf.mul_(mu).add_(g)
                O = newton_schulz(g.add(buf, alpha=mu), dtype=torch.bfloat16 if g.is_cuda else torch.float32)
                lr = group["lr"] * group["lr_scale"]
                decay = lr * group["weight_decay"] * (p * O > 0)
                p.mul_(1 - decay)
                p.add_(O, alpha=-lr * max(1, p.size(0) / p.size(1)) ** 0.5)
''')),
        Variant("the formula as it stands, out of place, with copy_", whole(INIT + '''
    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            eta, mu, decay = group["lr"] * group["lr_scale"], group["momentum"], group["weight_decay"]
            for theta in group["params"]:
                if theta.grad is not None:
                    g = theta.grad
                    m = mu * self.state[theta].get("m", 0.0) + (1 - mu) * g
                    self.state[theta]["m"] = m
                    O = newton_schulz(mu * m + (1 - mu) * g)
                    rows, cols = theta.shape
                    towards = ((theta > 0) & (O > 0)) | ((theta < 0) & (O < 0))
                    theta.copy_(theta - eta * math.sqrt(max(1, rows / cols)) * O - eta * decay * torch.where(towards, theta, 0))
''')),
        Variant(".data in the place of no_grad, and a mask of signs", whole(INIT + '''
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                mu, rate = group["momentum"], group["lr"] * group["lr_scale"]
                state = self.state[p]
                if not state:
                    state["mean"], state["steps"] = torch.zeros_like(p.data), 0
                state["steps"] += 1
                state["mean"] += (1 - mu) * (p.grad.data - state["mean"])
                O = newton_schulz(state["mean"] + (1 - mu) * (p.grad.data - state["mean"]))
                agree = (torch.sign(p.data) == torch.sign(O)) & (O != 0)
                factor = (p.shape[0] / p.shape[1]) ** 0.5 if p.shape[0] > p.shape[1] else 1.0
                p.data -= rate * (factor * O + group["weight_decay"] * p.data * agree.to(p.dtype))
''')),
        Variant(".data set anew, decay by where, a step() with a closure that isn't used", whole(INIT + '''
    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            mu = group["momentum"]
            eta = group["lr"] * group["lr_scale"]
            for W in group["params"]:
                if W.grad is not None:
                    M = self.state[W].get("M", torch.zeros_like(W))
                    M = self.state[W]["M"] = M + (1 - mu) * (W.grad - M)
                    D = newton_schulz(torch.lerp(W.grad, M, mu))
                    stretch = math.sqrt(max(W.size(0), W.size(1)) / W.size(1))
                    kept = torch.where(D.sign() * W.sign() > 0, 1 - eta * group["weight_decay"], 1.0)
                    W.data = W.data * kept - eta * stretch * D
''')),
        Variant("matrices of one shape orthogonalised as a batch", whole(INIT + '''
    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            mu = group["momentum"]
            shapes = {}
            for p in group["params"]:
                if p.grad is not None:
                    shapes.setdefault(tuple(p.shape), []).append(p)
            for (rows, cols), params in shapes.items():
                ahead = []
                for p in params:
                    m = self.state[p].setdefault("m", torch.zeros_like(p))
                    m.lerp_(p.grad, 1 - mu)
                    ahead.append(torch.lerp(p.grad, m, mu))
                directions = newton_schulz(torch.stack(ahead))
                for p, O in zip(params, directions, strict=True):
                    lr = group["lr"] * group["lr_scale"]
                    update = O * (max(rows, cols) / cols) ** 0.5
                    update = update + group["weight_decay"] * p * (O * p).gt(0)
                    p.sub_(lr * update)
''')),
        Variant("decay first, where a multiplier is below 1 only for the same sign", whole(INIT + '''
    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            self.train_group(**{name: group[name] for name in ("params", "lr", "lr_scale", "momentum", "weight_decay")})

    def train_group(self, params, lr, lr_scale, momentum, weight_decay):
        for p in params:
            if p.grad is None:
                continue
            if len(self.state[p]) == 0:
                self.state[p]["velocity"] = (1 - momentum) * p.grad
            else:
                self.state[p]["velocity"] = momentum * self.state[p]["velocity"] + (1 - momentum) * p.grad
            direction = newton_schulz(momentum * self.state[p]["velocity"] + (1 - momentum) * p.grad)
            keep = torch.ones_like(p)
            keep[p.mul(direction) > 0] = 1 - lr * lr_scale * weight_decay
            p.mul_(keep)
            p.sub_(direction, alpha=lr * lr_scale * math.sqrt(max(p.shape[0], p.shape[1]) / p.shape[1]))
''')),
        Variant("the factor goes into the direction, all in float64 up to it", whole(INIT + '''
    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state, g, mu = self.state[p], p.grad.double(), group["momentum"]
                m = mu * state["m"].double() + (1 - mu) * g if state else (1 - mu) * g
                state["m"] = m.to(p.dtype)
                O = newton_schulz((mu * m + (1 - mu) * g).to(p.dtype))
                lr = group["lr"] * group["lr_scale"]
                shrink = lr * group["weight_decay"] * p * ((p * O) > 0).float()
                p -= shrink + lr * (O if O.shape[0] <= O.shape[1] else O * (O.shape[0] / O.shape[1]) ** 0.5)
''')),
    ],
}
