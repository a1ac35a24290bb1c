"""Ways people get AdamW wrong."""

from vibejam_core.course.known import Mistake, whole

PLAIN = '''
class AdamW(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, {"lr": lr, "lr_scale": 1.0, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            lr = group["lr"] * group["lr_scale"]
            beta1, beta2 = group["betas"]
            eps = group["eps"]
            decay = group["weight_decay"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                g = p.grad
                state = self.state[p]
                if len(state) == 0:
                    state["t"] = 0
                    state["m"] = torch.zeros_like(p)
                    state["v"] = torch.zeros_like(p)
                state["t"] += 1
                t = state["t"]
                m = state["m"]
                v = state["v"]
                m.mul_(beta1).add_((1 - beta1) * g)
                v.mul_(beta2).add_((1 - beta2) * g**2)
                m_hat = m / (1 - beta1**t)
                v_hat = v / (1 - beta2**t)
                p.mul_(1 - lr * decay)
                p.sub_(lr * m_hat / (v_hat.sqrt() + eps))
'''
"""AdamW written down as the formula stands; the mistakes below change passages of it."""

INIT = 'super().__init__(params, {"lr": lr, "lr_scale": 1.0, "betas": betas, "eps": eps, "weight_decay": weight_decay})'
GROUP = "for group in self.param_groups:"
RATE = 'lr = group["lr"] * group["lr_scale"]'
BETAS = 'beta1, beta2 = group["betas"]'
EPS = 'eps = group["eps"]'
DECAY = 'decay = group["weight_decay"]'
NONE = "if p.grad is None:"
SKIP = "continue"
GRAD = "g = p.grad\n"
STATE = "state = self.state[p]"
EMPTY = "if len(state) == 0:"
ZERO = 'state["t"] = 0'
M0 = 'state["m"] = torch.zeros_like(p)'
V0 = 'state["v"] = torch.zeros_like(p)'
COUNT = 'state["t"] += 1'
T = 't = state["t"]'
TAKE_M = 'm = state["m"]\n'
TAKE_V = 'v = state["v"]\n'
M = "m.mul_(beta1).add_((1 - beta1) * g)"
V = "v.mul_(beta2).add_((1 - beta2) * g**2)"
M_HAT = "m_hat = m / (1 - beta1**t)"
V_HAT = "v_hat = v / (1 - beta2**t)"
SHRINK = "p.mul_(1 - lr * decay)"
MOVE = "p.sub_(lr * m_hat / (v_hat.sqrt() + eps))"
IN = "\n" + " " * 16
"""The next line, as far in as the work on one parameter."""


def plain(*passages):
    """The plain version with passages replaced, old and new in turn."""
    text = PLAIN
    for old, new in zip(passages[::2], passages[1::2], strict=True):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return whole(text)


MISTAKES = {
    "optimizers.AdamW": [
        # The direction and the length of a step
        Mistake("the step goes up the gradient: it is added, not subtracted", plain(MOVE, MOVE.replace("sub_", "add_"))),
        Mistake("neither of the two means is corrected for its beginning at 0", plain(M_HAT, "m_hat = m", V_HAT, "v_hat = v")),
        Mistake("only the mean of squares is corrected, not the mean of gradients", plain(M_HAT, "m_hat = m")),
        Mistake("only the mean of gradients is corrected, not the mean of squares", plain(V_HAT, "v_hat = v")),
        Mistake("the corrections are multiplied, not divided by", plain(M_HAT, "m_hat = m * (1 - beta1**t)", V_HAT, "v_hat = v * (1 - beta2**t)")),
        Mistake("the corrections lack the power: 1 - beta in every step, whatever t is", plain(M_HAT, "m_hat = m / (1 - beta1)", V_HAT, "v_hat = v / (1 - beta2)")),
        Mistake("the corrections multiply beta by t, not raise it to the power t", plain(M_HAT, "m_hat = m / abs(1 - beta1 * t)", V_HAT, "v_hat = v / abs(1 - beta2 * t)")),
        Mistake("the corrections have each other's beta", plain(M_HAT, "m_hat = m / (1 - beta2**t)", V_HAT, "v_hat = v / (1 - beta1**t)")),
        Mistake("the betas are swapped", plain(BETAS, 'beta2, beta1 = group["betas"]')),
        Mistake("both means use the first beta", plain(BETAS, 'beta1 = beta2 = group["betas"][0]')),
        Mistake("both means use the second beta", plain(BETAS, 'beta1 = beta2 = group["betas"][1]')),
        Mistake("beta and 1 - beta have changed places in both means", plain(M, "m.mul_(1 - beta1).add_(beta1 * g)", V, "v.mul_(1 - beta2).add_(beta2 * g**2)")),
        Mistake("the means are sums: the new gradient comes in whole, without 1 - beta", plain(M, "m.mul_(beta1).add_(g)", V, "v.mul_(beta2).add_(g**2)")),
        Mistake("the mean of gradients takes in the new one whole, without 1 - beta", plain(M, "m.mul_(beta1).add_(g)")),
        Mistake("the mean of squares takes in the new ones whole, without 1 - beta", plain(V, "v.mul_(beta2).add_(g**2)")),
        Mistake("the step takes the gradient itself in the place of its running mean", plain(M_HAT, "m_hat = g")),
        Mistake("the root divides the gradient's own square: every step is the sign of the mean", plain(V_HAT, "v_hat = m_hat**2")),
        Mistake("the mean of squares divides in the mean of gradients' place, and the other way round", plain(MOVE, "p.sub_(lr * v_hat / (m_hat.abs().sqrt() + eps))")),
        Mistake("the gradients aren't squared for the second mean", plain(V, "v.mul_(beta2).add_((1 - beta2) * g.abs())")),
        Mistake("the gradients go into the second mean with their signs", plain(V, "v.mul_(beta2).add_((1 - beta2) * g)")),
        Mistake("the second mean takes the square of the first, not of the gradient", plain(V, "v.mul_(beta2).add_((1 - beta2) * m**2)")),
        Mistake("the second mean averages over all numbers of a parameter, so they share one step length", plain(V, "v.mul_(beta2).add_((1 - beta2) * (g**2).mean())")),
        Mistake("the mean of squares is divided by without taking its root", plain(MOVE, "p.sub_(lr * m_hat / (v_hat + eps))")),
        Mistake("nothing is divided by the root: only momentum is left", plain(MOVE, "p.sub_(lr * m_hat)")),
        Mistake("the root is multiplied with, not divided by", plain(MOVE, "p.sub_(lr * m_hat * (v_hat.sqrt() + eps))")),
        Mistake("the variance takes the place of the mean of squares: the squared mean is subtracted", plain(V_HAT, V_HAT + IN + "v_hat = (v_hat - m_hat**2).clamp_min(0.0)")),
        Mistake("the means are updated after the step, which takes the old ones",
                plain(M, "m_old, v_old = m.clone(), v.clone()" + IN + M, M_HAT, "m_hat = m_old / (1 - beta1**t)", V_HAT, "v_hat = v_old / (1 - beta2**t)")),
        Mistake("the largest mean of squares so far divides, which is AMSGrad", plain(V_HAT, 'state["top"] = torch.maximum(state.get("top", v), v)' + IN + "v_hat = state[\"top\"] / (1 - beta2**t)")),
        Mistake("the step looks ahead by mixing in the gradient once more, which is NAdam", plain(M_HAT, "m_hat = (beta1 * m + (1 - beta1) * g) / (1 - beta1**t)")),
        Mistake("the corrected means are written back into what is remembered", plain(M_HAT, "m_hat = m.div_(1 - beta1**t)", V_HAT, "v_hat = v.div_(1 - beta2**t)")),
        Mistake("the root is written back into what is remembered", plain(MOVE, "v.sqrt_()" + IN + "p.sub_(lr * m_hat / (v / (1 - beta2**t) ** 0.5 + eps))")),
        Mistake("the means begin anew in every step", plain(EMPTY, "if True:")),
        Mistake("the means are computed but not kept: they are 0 again in the next step, and t counts on",
                plain(M, "m = beta1 * m + (1 - beta1) * g", V, "v = beta2 * v + (1 - beta2) * g**2")),
        Mistake("the means begin at 1, not at 0", plain(M0, M0.replace("zeros", "ones"), V0, V0.replace("zeros", "ones"))),
        Mistake("the first gradient and its square are what the means begin at, and they are corrected as well", plain(M0, 'state["m"] = g.clone()', V0, 'state["v"] = g**2')),
        Mistake("t is counted after the corrections, so it begins at 0", plain(COUNT, "", M_HAT, "m_hat = m / max(1 - beta1**t, 1e-12)", V_HAT, "v_hat = v / max(1 - beta2**t, 1e-12)", MOVE, MOVE + IN + COUNT)),
        Mistake("t begins at 2", plain(ZERO, 'state["t"] = 1')),
        Mistake("the corrections end after ten steps", plain(M_HAT, "m_hat = m / (1 - beta1**t) if t <= 10 else m", V_HAT, "v_hat = v / (1 - beta2**t) if t <= 10 else v")),
        Mistake("step moves a parameter only along its first row", plain(MOVE, "p[:1].sub_((lr * m_hat / (v_hat.sqrt() + eps))[:1])")),
        # The settings
        Mistake("the betas are written into the code, 0.9 and 0.999", plain(BETAS, "beta1, beta2 = 0.9, 0.999")),
        Mistake("the first beta is written into the code, 0.9", plain(BETAS, 'beta1, beta2 = 0.9, group["betas"][1]')),
        Mistake("the second beta is written into the code, 0.999", plain(BETAS, 'beta1, beta2 = group["betas"][0], 0.999')),
        Mistake("the learning rate is frozen: it is read once, when the optimiser is made", plain(RATE, 'lr = self.defaults["lr"] * group["lr_scale"]')),
        Mistake("the learning rate is frozen at what it is in the first step", plain(INIT, INIT + "\n        self.rate = None", RATE, 'self.rate = self.rate or group["lr"]\n            lr = self.rate * group["lr_scale"]')),
        Mistake("the learning rate of the step before is used", plain(RATE, 'now = group["lr"] * group["lr_scale"]\n            lr = group.get("last", now)\n            group["last"] = now')),
        Mistake("lr_scale is ignored", plain(RATE, 'lr = group["lr"]')),
        Mistake("lr_scale divides the learning rate", plain(RATE, 'lr = group["lr"] / group["lr_scale"]')),
        Mistake("lr_scale is added to the learning rate, less one", plain(RATE, 'lr = group["lr"] + group["lr_scale"] - 1')),
        Mistake("lr_scale is applied twice", plain(RATE, RATE + ' * group["lr_scale"]')),
        Mistake("lr_scale is written into the group's lr, so it multiplies again in every step", plain(RATE, 'group["lr"] *= group["lr_scale"]\n            lr = group["lr"]')),
        Mistake("lr_scale doesn't reach the decay", plain(SHRINK, 'p.mul_(1 - group["lr"] * decay)')),
        Mistake("lr_scale reaches the decay only, not the step", plain(MOVE, MOVE.replace("lr *", 'group["lr"] *'))),
        Mistake("eps, betas and decay are the optimiser's defaults, whatever the group says",
                plain(BETAS, 'beta1, beta2 = self.defaults["betas"]', EPS, 'eps = self.defaults["eps"]', DECAY, 'decay = self.defaults["weight_decay"]')),
        Mistake("the betas are the optimiser's defaults, whatever the group says", plain(BETAS, 'beta1, beta2 = self.defaults["betas"]')),
        Mistake("eps is the optimiser's default, whatever the group says", plain(EPS, 'eps = self.defaults["eps"]')),
        Mistake("the decay is the optimiser's default, whatever the group says", plain(DECAY, 'decay = self.defaults["weight_decay"]')),
        Mistake("all groups go by the first one's settings", plain(RATE, "first = self.param_groups[0]\n            " + RATE.replace("group", "first"), BETAS, BETAS.replace("group", "first"), EPS, EPS.replace("group", "first"), DECAY, DECAY.replace("group", "first"))),
        Mistake("only the first group is trained", plain(GROUP, "for group in self.param_groups[:1]:")),
        Mistake("the decay is the same in all groups: the last one's", plain(DECAY, 'decay = self.param_groups[-1]["weight_decay"]')),
        Mistake("lr_scale multiplies the rate again for each parameter of a group", plain(RATE, 'lr = group["lr"]', GRAD, GRAD + " " * 16 + 'lr *= group["lr_scale"]\n')),
        Mistake("all groups go by the first one's learning rate", plain(RATE, 'lr = self.param_groups[0]["lr"] * group["lr_scale"]')),
        Mistake("all groups go by the first one's lr_scale", plain(RATE, 'lr = group["lr"] * self.param_groups[0]["lr_scale"]')),
        Mistake("the betas are frozen at what they are in the first step", plain(BETAS, 'beta1, beta2 = group.setdefault("first", group["betas"])')),
        Mistake("a step at a learning rate of 0 is skipped, and its gradient forgotten", plain(NONE, "if p.grad is None or lr == 0:")),
        # eps
        Mistake("eps stands inside the root", plain(MOVE, "p.sub_(lr * m_hat / (v_hat + eps).sqrt())")),
        Mistake("eps stands inside the root, squared", plain(MOVE, "p.sub_(lr * m_hat / (v_hat + eps**2).sqrt())")),
        Mistake("eps is written into the code, 1e-8", plain(EPS, "eps = 1e-8")),
        Mistake("eps is left out", plain(MOVE, "p.sub_(lr * torch.nan_to_num(m_hat / v_hat.sqrt()))")),
        Mistake("eps is the least that the root may be, not something added", plain(MOVE, "p.sub_(lr * m_hat / v_hat.sqrt().clamp_min(eps))")),
        Mistake("eps is subtracted", plain(MOVE, "p.sub_(lr * m_hat / (v_hat.sqrt() - eps))")),
        Mistake("eps is added to the quotient, not to the root", plain(MOVE, "p.sub_(lr * (torch.nan_to_num(m_hat / v_hat.sqrt()) + eps))")),
        Mistake("eps is added to the root before the correction", plain(MOVE, "p.sub_(lr * m_hat / (v.sqrt() + eps) * (1 - beta2**t) ** 0.5)")),
        Mistake("the correction that eps shares is always the first step's", plain(MOVE, "c = (1 - beta2**t) ** 0.5" + IN + "p.sub_(lr * c * m_hat / (v.sqrt() + eps * (1 - beta2) ** 0.5))")),
        # The decay
        Mistake("there is no weight decay", plain(SHRINK, "")),
        Mistake("the decay has the wrong sign: weights grow", plain(SHRINK, SHRINK.replace("1 - lr", "1 + lr"))),
        Mistake("the decay is coupled: it is added to the gradient, as L2 is", plain(GRAD, "g = p.grad + decay * p\n", SHRINK, "")),
        Mistake("the decay is coupled and decoupled at once", plain(GRAD, "g = p.grad + decay * p\n")),
        Mistake("the decay goes into the mean of gradients, past the mean of squares", plain(M, "m.mul_(beta1).add_((1 - beta1) * (g + decay * p))", SHRINK, "")),
        Mistake("the decay is divided by the root, as the mean is", plain(M_HAT, M_HAT + " + decay * p", SHRINK, "")),
        Mistake("the decay doesn't know the learning rate", plain(SHRINK, "p.mul_(1 - decay)")),
        Mistake("the decay has the rate squared", plain(SHRINK, "p.mul_(1 - lr * lr * decay)")),
        Mistake("the decay is halved, as the derivative of half a square", plain(SHRINK, "p.mul_(1 - lr * decay / 2)")),
        Mistake("the decay divides by 1 + lr * weight_decay", plain(SHRINK, "p.div_(1 + lr * decay)")),
        Mistake("the weight is multiplied by the decay, not by one less the decay", plain(SHRINK, "p.mul_(lr * decay)")),
        Mistake("the decay pulls by the weight's sign, as L1 does", plain(SHRINK, "p.sub_(lr * decay * p.sign())")),
        Mistake("the decay is cautious, as Muon's is", plain(SHRINK, "p.sub_(lr * decay * p * (m_hat * p > 0))")),
        Mistake("only matrices decay; biases and other vectors don't", plain(SHRINK, "if p.ndim > 1:" + IN + "    " + SHRINK)),
        Mistake("the decay comes after the step and shrinks what has moved", plain(SHRINK, "", MOVE, MOVE + IN + SHRINK)),
        Mistake("the decay fades as t grows", plain(SHRINK, "p.mul_(1 - lr * decay / t)")),
        # Parameters without a gradient
        Mistake("step returns at the first parameter without a gradient", plain(SKIP, "return")),
        Mistake("a group's loop ends at its first parameter without a gradient", plain(SKIP, "break")),
        Mistake("step returns at the first group in which no parameter has a gradient", plain(DECAY, DECAY + '\n            if all(p.grad is None for p in group["params"]):\n                return')),
        Mistake("step refuses a parameter without a gradient", plain(SKIP, 'raise ValueError("a parameter has no gradient")')),
        Mistake("a parameter without a gradient isn't looked for: its grad is used as it is", plain(NONE, "if False:")),
        Mistake("parameters without a gradient decay", plain(SKIP, SHRINK + IN + "    continue")),
        Mistake("a missing gradient counts as zeros", plain(NONE, "if False:", GRAD, "g = torch.zeros_like(p) if p.grad is None else p.grad\n")),
        Mistake("a missing gradient counts as zeros, once the parameter has had one", plain(NONE, "if p.grad is None and not self.state.get(p):", GRAD, "g = torch.zeros_like(p) if p.grad is None else p.grad\n")),
        Mistake("t counts on though the gradient is missing",
                plain(SKIP, 'self.state[p]["t"] = self.state[p].get("t", 0) + 1' + IN + "    continue", EMPTY, 'if "m" not in state:', ZERO, 'state.setdefault("t", 0)')),
        Mistake("t counts on though the gradient is missing, once there has been one",
                plain(SKIP, 'if self.state.get(p):' + IN + '        self.state[p]["t"] += 1' + IN + "    continue")),
        Mistake("a missing gradient makes the optimiser forget the parameter's means", plain(SKIP, "self.state.pop(p, None)" + IN + "    continue")),
        Mistake("the last gradient is used again where one is missing", plain(NONE, 'if p.grad is None and not self.state.get(p):', GRAD, 'g = self.state[p]["g"] if p.grad is None else p.grad.clone()\n', COUNT, 'state["g"] = g' + IN + COUNT)),
        # What is remembered, and for whom
        Mistake("one t counts the steps of all parameters, one by one",
                plain(INIT, INIT + "\n        self.t = 0", COUNT, 'self.t += 1' + IN + 'state["t"] = self.t')),
        Mistake("one t counts the optimiser's steps, for all parameters alike",
                plain(GROUP, 'self.t = getattr(self, "t", 0) + 1\n        ' + GROUP, COUNT, 'state["t"] = self.t')),
        Mistake("t is kept by the group: each of its parameters counts it on", plain(COUNT, 'group["t"] = group.get("t", 0) + 1', T, 't = group["t"]')),
        Mistake("a parameter's means are found by its place among those that have a gradient, which shifts", plain(STATE, 'state = self.state[group["params"][[q is p for q in group["params"] if q.grad is not None].index(True)]]')),
        Mistake("parameters of one shape share their means", plain(STATE, 'state = self.state.setdefault(str(tuple(p.shape)), {})')),
        Mistake("all parameters of a group share one mean of squares", plain(V, 'same = group["params"][0]' + IN + 'v = self.state[same]["v"] if same in self.state and same.shape == p.shape else v' + IN + V)),
        Mistake("the means are kept in the optimiser's own attributes, where no checkpoint finds them",
                plain(INIT, INIT + "\n        self.kept = {}", STATE, "state = self.kept.setdefault(p, {})")),
        Mistake("t is kept in an attribute, so a loaded optimiser counts from 1 again",
                plain(INIT, INIT + "\n        self.t = {}", COUNT, "self.t[p] = self.t.get(p, 0) + 1", T, "t = self.t[p]", ZERO, "")),
        Mistake("the mean of squares is kept in an attribute of the parameter, and a checkpoint loses it",
                plain(V0, "p.squares = torch.zeros_like(p)", TAKE_V, "v = p.squares = getattr(p, 'squares', torch.zeros_like(p))\n")),
        Mistake("both means are kept as one tuple, which a checkpoint can't hold",
                plain(M0, 'state["both"] = (torch.zeros_like(p), torch.zeros_like(p))', V0, "", TAKE_M, 'm, v = state["both"]\n', TAKE_V, "pass\n")),
        Mistake("the mean of gradients is kept flat, not shaped like the parameter", plain(M0, 'state["m"] = torch.zeros_like(p).flatten()', TAKE_M, 'm = state["m"].view(p.shape)\n')),
        Mistake("the parameter's whole state is a list of all gradients so far",
                plain(TAKE_M, 'state["all"] = [*state.get("all", []), g.clone()]' + IN + TAKE_M)),
        # What else a step does
        Mistake("there is no torch.no_grad: the step is recorded for a backward pass", plain("    @torch.no_grad()\n", "")),
        Mistake("the group gets new parameters, and the model keeps the old ones",
                plain("for p in group[\"params\"]:", "for i, p in enumerate(group[\"params\"]):", SHRINK, "", MOVE, "new = nn.Parameter(p * (1 - lr * decay) - lr * m_hat / (v_hat.sqrt() + eps))" + IN + "group[\"params\"][i] = new")),
        Mistake("the moved parameter is computed, but never stored", plain(SHRINK, "p = p * (1 - lr * decay)", MOVE, "p = p - lr * m_hat / (v_hat.sqrt() + eps)")),
        Mistake("the moved parameters are not trained any more", plain(MOVE, MOVE + IN + "p.requires_grad_(False)")),
        Mistake("the gradient is squared in place", plain(V, "v.mul_(beta2).add_((1 - beta2) * g.mul_(g))")),
        Mistake("the gradient is scaled in place by 1 - beta1", plain(M, "m.mul_(beta1).add_(g.mul_(1 - beta1))", V, "v.mul_(beta2).add_((1 - beta2) * (g / (1 - beta1)) ** 2)")),
        Mistake("the gradients are zeroed after the step", plain(MOVE, MOVE + IN + "p.grad.zero_()")),
        Mistake("the gradients are removed after the step", plain(MOVE, MOVE + IN + "p.grad = None")),
        Mistake("the means are kept in float32, whatever the parameter is", plain(M0, M0.replace("(p)", "(p, dtype=torch.float32)"), V0, V0.replace("(p)", "(p, dtype=torch.float32)"))),
        Mistake("the parameter becomes float32", plain(SHRINK, "p.data = p.data.float()" + IN + SHRINK)),
        Mistake("gradients are clipped to 1 before they are used", plain(GRAD, "g = p.grad.clamp(-1.0, 1.0)\n")),
        Mistake("gradients are divided by their length before they are used", plain(GRAD, "g = p.grad / p.grad.norm().clamp_min(1e-12)\n")),
    ]
}
