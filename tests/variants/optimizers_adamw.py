"""Correct ways to write AdamW that differ from the reference's."""

from vibejam_core.course.known import Variant, whole

INIT = '''
class AdamW(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, {"lr": lr, "lr_scale": 1.0, "betas": betas, "eps": eps, "weight_decay": weight_decay})
'''

VARIANTS = {
    "optimizers.AdamW": [
        Variant("the formula as it stands, out of place, with copy_", whole(INIT + '''
    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            eta = group["lr"] * group["lr_scale"]
            b1, b2 = group["betas"]
            for theta in group["params"]:
                g = theta.grad
                if g is not None:
                    kept = self.state[theta]
                    t = kept.get("t", 0) + 1
                    m = b1 * kept.get("m", 0.0) + (1 - b1) * g
                    v = b2 * kept.get("v", 0.0) + (1 - b2) * g**2
                    kept["t"], kept["m"], kept["v"] = t, m, v
                    new = theta - eta * group["weight_decay"] * theta
                    new = new - eta * (m / (1 - b1**t)) / ((v / (1 - b2**t)) ** 0.5 + group["eps"])
                    theta.copy_(new)
''')),
        Variant("a step counter that is a tensor, PyTorch's names, .data in the place of no_grad", whole(INIT + '''
    def step(self):
        for group in self.param_groups:
            lr = group["lr"] * group["lr_scale"]
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if "step" not in state:
                    state["step"] = torch.tensor(0.0)
                    state["exp_avg"] = torch.zeros_like(p.data)
                    state["exp_avg_sq"] = torch.zeros_like(p.data)
                state["step"] += 1
                t = state["step"].item()
                state["exp_avg"].mul_(beta1).add_(p.grad.data, alpha=1 - beta1)
                state["exp_avg_sq"].mul_(beta2).addcmul_(p.grad.data, p.grad.data, value=1 - beta2)
                denom = (state["exp_avg_sq"].sqrt() / math.sqrt(1 - beta2**t)).add_(group["eps"])
                p.data.mul_(1 - lr * group["weight_decay"])
                p.data.addcdiv_(state["exp_avg"], denom, value=-lr / (1 - beta1**t))
''')),
        Variant("powers of beta as running products, t a tensor without axes, .data set anew", whole(INIT + '''
    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            lr = group["lr"] * group["lr_scale"]
            b1, b2 = group["betas"]
            for p in filter(lambda p: p.grad is not None, group["params"]):
                s = self.state[p]
                if not s:
                    s.update(p1=1.0, b2t=torch.tensor(1.0), m=torch.zeros_like(p), v=torch.zeros_like(p))
                s["p1"] *= b1
                s["b2t"] *= b2
                s["m"] = s["m"] + (1 - b1) * (p.grad - s["m"])
                s["v"] = torch.lerp(s["v"], p.grad.square(), 1 - b2)
                move = s["m"] / (1 - s["p1"]) / ((s["v"] / (1 - s["b2t"])).sqrt() + group["eps"])
                p.data = p.data - lr * (move + group["weight_decay"] * p.data)
''')),
        Variant("torch's _foreach functions over a whole group", whole(INIT + '''
    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            params = [p for p in group["params"] if p.grad is not None]
            if not params:
                continue
            grads = [p.grad for p in params]
            for p in params:
                if not self.state[p]:
                    self.state[p] = {"n": 0, "a": torch.zeros_like(p), "b": torch.zeros_like(p)}
                self.state[p]["n"] += 1
            means = [self.state[p]["a"] for p in params]
            squares = [self.state[p]["b"] for p in params]
            counts = [self.state[p]["n"] for p in params]
            lr, (b1, b2) = group["lr"] * group["lr_scale"], group["betas"]
            torch._foreach_lerp_(means, grads, 1 - b1)
            torch._foreach_mul_(squares, b2)
            torch._foreach_addcmul_(squares, grads, grads, 1 - b2)
            roots = torch._foreach_sqrt(torch._foreach_div(squares, [1 - b2**n for n in counts]))
            torch._foreach_add_(roots, group["eps"])
            steps = torch._foreach_div(torch._foreach_div(means, [1 - b1**n for n in counts]), roots)
            torch._foreach_mul_(params, 1 - lr * group["weight_decay"])
            torch._foreach_add_(params, steps, alpha=-lr)
''')),
        Variant("one subtraction for step and decay, running means as differences", whole(INIT + '''
    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            self.one_group(group["lr"] * group["lr_scale"], group)

    def one_group(self, lr, group):
        for p in filter(lambda p: p.grad is not None, group["params"]):
            s = self.state[p]
            s["count"] = s.get("count", 0) + 1
            s.setdefault("mean", torch.zeros_like(p))
            s.setdefault("square", torch.zeros_like(p))
            b1, b2 = group["betas"]
            s["mean"] += (1 - b1) * (p.grad - s["mean"])
            s["square"] += (1 - b2) * (p.grad.square() - s["square"])
            direction = s["mean"] / (1 - b1 ** s["count"]) / (torch.sqrt(s["square"] / (1 - b2 ** s["count"])) + group["eps"])
            p -= lr * (direction + group["weight_decay"] * p)
''')),
        Variant("sums without 1 - beta, scaled when they are used", whole(INIT + '''
    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if len(state) == 0:
                    state["sum"], state["sum_of_squares"], state["t"] = torch.zeros_like(p), torch.zeros_like(p), 0
                t = state["t"] = state["t"] + 1
                state["sum"].mul_(b1).add_(p.grad)
                state["sum_of_squares"].mul_(b2).add_(p.grad * p.grad)
                m_hat = state["sum"] * ((1 - b1) / (1 - b1**t))
                v_hat = state["sum_of_squares"] * ((1 - b2) / (1 - b2**t))
                lr = group["lr"] * group["lr_scale"]
                p.copy_((1 - lr * group["weight_decay"]) * p - lr * m_hat / (v_hat.sqrt() + group["eps"]))
''')),
        Variant("number formats on the way: means and step in float64", whole(INIT + '''
    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            lr = float(group["lr"]) * group["lr_scale"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state, g = self.state[p], p.grad.double()
                t = state.get("t", 0) + 1
                m = torch.lerp(g, state["m"].double(), group["betas"][0]) if t > 1 else g * (1 - group["betas"][0])
                v = torch.lerp(g * g, state["v"].double(), group["betas"][1]) if t > 1 else g * g * (1 - group["betas"][1])
                state.update(t=t, m=m, v=v)
                m, v = m / (1 - group["betas"][0] ** t), v / (1 - group["betas"][1] ** t)
                new = p.double() * (1 - lr * group["weight_decay"]) - lr * m / (v**0.5 + group["eps"])
                p.copy_(new)
''')),
    ]
}
