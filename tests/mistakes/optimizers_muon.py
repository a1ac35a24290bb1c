"""Ways people get Muon wrong."""

from vibejam_core.course.known import Mistake, whole

PLAIN = '''
class Muon(torch.optim.Optimizer):
    def __init__(self, params, lr=0.02, momentum=0.95, weight_decay=0.0):
        super().__init__(params, {"lr": lr, "lr_scale": 1.0, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            lr = group["lr"] * group["lr_scale"]
            mu = group["momentum"]
            decay = group["weight_decay"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                g = p.grad
                state = self.state[p]
                if len(state) == 0:
                    state["m"] = torch.zeros_like(p)
                m = state["m"]
                m.mul_(mu).add_((1 - mu) * g)
                ahead = mu * m + (1 - mu) * g
                O = newton_schulz(ahead)
                rows, cols = p.shape
                factor = max(1, rows / cols) ** 0.5
                mask = p * O > 0
                p.sub_(lr * decay * p * mask)
                p.sub_(lr * factor * O)
'''
"""Muon written down as the formula stands; the mistakes below change passages of it."""

INIT = 'super().__init__(params, {"lr": lr, "lr_scale": 1.0, "momentum": momentum, "weight_decay": weight_decay})'
GROUP = "for group in self.param_groups:"
RATE = 'lr = group["lr"] * group["lr_scale"]'
MU = 'mu = group["momentum"]'
DECAY = 'decay = group["weight_decay"]'
NONE = "if p.grad is None:"
SKIP = "continue"
GRAD = "g = p.grad\n"
STATE = "state = self.state[p]"
EMPTY = "if len(state) == 0:"
ZEROS = 'state["m"] = torch.zeros_like(p)'
TAKE = 'm = state["m"]\n'
M = "m.mul_(mu).add_((1 - mu) * g)"
AHEAD = "ahead = mu * m + (1 - mu) * g"
O = "O = newton_schulz(ahead)"
SIZES = "rows, cols = p.shape"
FACTOR = "factor = max(1, rows / cols) ** 0.5"
MASK = "mask = p * O > 0"
SHRINK = "p.sub_(lr * decay * p * mask)"
MOVE = "p.sub_(lr * factor * O)"
IN = "\n" + " " * 16
"""The next line, as far in as the work on one matrix."""


def plain(*passages):
    """The plain version with passages replaced, old and new in turn."""
    text = PLAIN
    for old, new in zip(passages[::2], passages[1::2], strict=True):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return whole(text)


MISTAKES = {
    "optimizers.Muon": [
        # The direction
        Mistake("the step goes up the gradient: it is added, not subtracted", plain(MOVE, MOVE.replace("sub_", "add_"))),
        Mistake("nothing is orthogonalised: the step is the momentum itself", plain(O, "O = ahead")),
        Mistake("the momentum is only divided by its length, not orthogonalised", plain(O, "O = ahead / ahead.norm().clamp_min(1e-12)")),
        Mistake("the step is the momentum's sign, which is Lion", plain(O, "O = ahead.sign()")),
        Mistake("the step is orthogonalised in one round", plain(O, "O = newton_schulz(ahead, steps=1)")),
        Mistake("the step is orthogonalised twice", plain(O, "O = newton_schulz(newton_schulz(ahead))")),
        Mistake("the step is orthogonalised exactly, by the singular value decomposition", plain(O, "U, _, V = torch.linalg.svd(ahead, full_matrices=False)" + IN + "O = U @ V")),
        Mistake("the step is orthogonalised in bfloat16 on a CPU too", plain(O, "O = newton_schulz(ahead, dtype=torch.bfloat16)")),
        Mistake("the matrix is orthogonalised after the step, in the gradient's place", plain(O, "O = ahead", MOVE, MOVE + IN + "p.copy_(newton_schulz(p))")),
        Mistake("the orthogonalised gradient gets its length back", plain(O, "O = newton_schulz(ahead) * ahead.norm()")),
        Mistake("a square matrix's direction is transposed", plain(O, "O = newton_schulz(ahead)" + IN + "O = O.T if O.shape[0] == O.shape[1] else O")),
        # The momentum
        Mistake("there is no momentum: nothing of earlier gradients reaches the step", plain(O, "O = newton_schulz(g)")),
        Mistake("nothing looks ahead: the running mean itself is orthogonalised", plain(AHEAD, "ahead = m")),
        Mistake("the step takes the mean before its update", plain(M, "old = m.clone()" + IN + M, AHEAD, "ahead = old if len(state) > 1 else g" + IN + 'state["begun"] = 1')),
        Mistake("the gradient is added whole when looking ahead", plain(AHEAD, "ahead = mu * m + g")),
        Mistake("the gradient is added whole to the running mean, and as a share when looking ahead", plain(M, "m.mul_(mu).add_(g)")),
        Mistake("the gradient is added to the whole mean when looking ahead", plain(AHEAD, "ahead = m + (1 - mu) * g")),
        Mistake("looking ahead mixes the other way round: much of the gradient, little of the mean", plain(AHEAD, "ahead = (1 - mu) * m + mu * g")),
        Mistake("the mean takes in much of the gradient and keeps little of itself", plain(M, "m.mul_(1 - mu).add_(mu * g)")),
        Mistake("what looks ahead is kept as the new mean", plain(AHEAD, "m.mul_(mu).add_((1 - mu) * g)" + IN + "ahead = m")),
        Mistake("looking ahead steps twice, over two gradients' worth of decay", plain(AHEAD, "ahead = mu * (mu * m + (1 - mu) * g) + (1 - mu) * g")),
        Mistake("the mean is orthogonalised before the gradient is mixed in", plain(AHEAD, "", O, "O = mu * newton_schulz(m) + (1 - mu) * g")),
        Mistake("mean and gradient are orthogonalised one by one and then mixed", plain(AHEAD, "", O, "O = mu * newton_schulz(m) + (1 - mu) * newton_schulz(g)")),
        Mistake("the gradients are orthogonalised first, and the mean is of those", plain(GRAD, "g = newton_schulz(p.grad)\n", O, "O = ahead")),
        Mistake("the gradients are orthogonalised first, and their mean once more", plain(GRAD, "g = newton_schulz(p.grad)\n")),
        Mistake("the orthogonal matrix is kept as the new mean", plain(O, O + IN + "m.copy_(O)")),
        Mistake("the mean begins at the first gradient", plain(ZEROS, 'state["m"] = g.clone()')),
        Mistake("the mean begins at 1", plain(ZEROS, ZEROS.replace("zeros", "ones"))),
        Mistake("the mean is corrected for its beginning at 0, as Adam's is", plain(TAKE, TAKE + " " * 16 + 'state["t"] = state.get("t", 0) + 1\n', AHEAD, 'ahead = mu * m / (1 - mu ** state["t"]) + (1 - mu) * g')),
        Mistake("the momentum is written into the code, 0.95", plain(MU, "mu = 0.95")),
        Mistake("the momentum is the optimiser's default, whatever the group says", plain(MU, 'mu = self.defaults["momentum"]')),
        Mistake("the momentum is 0.9 when it looks ahead", plain(AHEAD, "ahead = 0.9 * m + 0.1 * g")),
        # How far
        Mistake("there is no factor for tall matrices", plain(FACTOR, "factor = 1")),
        Mistake("the factor takes the smaller of 1 and rows / cols", plain(FACTOR, FACTOR.replace("max", "min"))),
        Mistake("the factor has no lower bound: wide matrices take shorter steps", plain(FACTOR, "factor = (rows / cols) ** 0.5")),
        Mistake("the factor is cols / rows: wide matrices step farther", plain(FACTOR, FACTOR.replace("rows / cols", "cols / rows"))),
        Mistake("the factor has no root", plain(FACTOR, "factor = max(1, rows / cols)")),
        Mistake("the factor is squared", plain(FACTOR, "factor = max(1, rows / cols) ** 2")),
        Mistake("the factor divides", plain(FACTOR, FACTOR.replace("0.5", "-0.5"))),
        Mistake("the factor is the larger side over the smaller, so wide matrices have it too", plain(FACTOR, "factor = (max(rows, cols) / min(rows, cols)) ** 0.5")),
        Mistake("the factor is the larger of rows and cols, without a quotient", plain(FACTOR, "factor = max(rows, cols) ** 0.5")),
        Mistake("the factor is 0.2 times the root of the larger side, as others scale Muon", plain(FACTOR, "factor = 0.2 * max(rows, cols) ** 0.5")),
        Mistake("rows / cols is a whole-number division", plain(FACTOR, "factor = max(1, rows // cols) ** 0.5")),
        # The settings
        Mistake("the learning rate is frozen: it is read once, when the optimiser is made", plain(RATE, 'lr = self.defaults["lr"] * group["lr_scale"]')),
        Mistake("the learning rate of the step before is used", plain(RATE, 'now = group["lr"] * group["lr_scale"]\n            lr = group.get("last", now)\n            group["last"] = now')),
        Mistake("the learning rate is left out", plain(MOVE, "p.sub_(factor * O)")),
        Mistake("lr_scale is ignored", plain(RATE, 'lr = group["lr"]')),
        Mistake("lr_scale divides the learning rate", plain(RATE, 'lr = group["lr"] / group["lr_scale"]')),
        Mistake("lr_scale is applied twice", plain(RATE, RATE + ' * group["lr_scale"]')),
        Mistake("lr_scale is written into the group's lr, so it multiplies again in every step", plain(RATE, 'group["lr"] *= group["lr_scale"]\n            lr = group["lr"]')),
        Mistake("lr_scale doesn't reach the decay", plain(SHRINK, SHRINK.replace("lr", 'group["lr"]'))),
        Mistake("lr_scale reaches the decay only, not the step", plain(MOVE, MOVE.replace("lr", 'group["lr"]'))),
        Mistake("the decay is the optimiser's default, whatever the group says", plain(DECAY, 'decay = self.defaults["weight_decay"]')),
        Mistake("all groups go by the first one's settings", plain(RATE, "first = self.param_groups[0]\n            " + RATE.replace("group", "first"), MU, MU.replace("group", "first"), DECAY, DECAY.replace("group", "first"))),
        Mistake("lr_scale multiplies the rate again for each matrix of a group", plain(RATE, 'lr = group["lr"]', GRAD, GRAD + " " * 16 + 'lr *= group["lr_scale"]\n')),
        Mistake("the factor for tall matrices stays in the rate of all that come after", plain(MOVE, "lr *= factor" + IN + "p.sub_(lr * O)")),
        Mistake("all groups go by the first one's learning rate", plain(RATE, 'lr = self.param_groups[0]["lr"] * group["lr_scale"]')),
        Mistake("all groups go by the first one's lr_scale", plain(RATE, 'lr = group["lr"] * self.param_groups[0]["lr_scale"]')),
        Mistake("the momentum is frozen at what it is in the first step", plain(MU, 'mu = group.setdefault("first", group["momentum"])')),
        Mistake("the decay is frozen at what it is in the first step", plain(DECAY, 'decay = group.setdefault("first", group["weight_decay"])')),
        Mistake("lr_scale is frozen at what it is in the first step", plain(RATE, 'lr = group["lr"] * group.setdefault("first", group["lr_scale"])')),
        Mistake("a step at a learning rate of 0 is skipped, and its gradient forgotten", plain(NONE, "if p.grad is None or lr == 0:")),
        Mistake("only the first group is trained", plain(GROUP, "for group in self.param_groups[:1]:")),
        # The decay
        Mistake("there is no weight decay", plain(SHRINK, "")),
        Mistake("the decay has the wrong sign: weights grow", plain(SHRINK, SHRINK.replace("sub_", "add_"))),
        Mistake("the decay isn't cautious: all numbers shrink", plain(MASK, "mask = 1.0")),
        Mistake("the mask is inverted: what the step moves away from 0 shrinks", plain(MASK, "mask = p * O < 0")),
        Mistake("the mask compares with the gradient, not with the direction", plain(MASK, "mask = p * g > 0")),
        Mistake("the mask compares with the running mean, not with the direction", plain(MASK, "mask = p * m > 0")),
        Mistake("the mask compares with what goes into newton_schulz, not with what comes out", plain(MASK, "mask = p * ahead > 0")),
        Mistake("the mask asks whether the direction is positive, whatever the weight is", plain(MASK, "mask = O > 0")),
        Mistake("the mask asks whether the weight is positive, whatever the direction is", plain(MASK, "mask = p > 0")),
        Mistake("a direction of 0 counts as one towards 0, and the weight decays", plain(MASK, "mask = p * O >= 0")),
        Mistake("numbers that the step carries beyond zero don't decay if they end farther from it", plain(MASK, "mask = (p - lr * factor * O).abs() < p.abs()")),
        Mistake("the mask is for the whole matrix: all of it decays, or nothing", plain(MASK, "mask = (p * O).sum() > 0")),
        Mistake("the mask also holds back the step", plain(MOVE, "p.sub_(lr * factor * O * mask)")),
        Mistake("the mask holds back the step, not the decay", plain(SHRINK, "p.sub_(lr * decay * p)", MOVE, "p.sub_(lr * factor * O * mask)")),
        Mistake("mask and decay come after the step, with the weights that it left", plain(MASK, "", SHRINK, "", MOVE, MOVE + IN + MASK + IN + SHRINK)),
        Mistake("the decay comes after the step, with the mask from before", plain(SHRINK, "", MOVE, MOVE + IN + SHRINK)),
        Mistake("the mask is from after the step, and the decay takes the weights from before", plain(MASK, "", SHRINK, "old = p.clone()", MOVE, MOVE + IN + MASK + IN + SHRINK.replace("* p", "* old"))),
        Mistake("the decay doesn't know the learning rate", plain(SHRINK, SHRINK.replace("lr * ", ""))),
        Mistake("the decay has the rate squared", plain(SHRINK, SHRINK.replace("lr *", "lr * lr *"))),
        Mistake("the decay has the factor for tall matrices too", plain(SHRINK, SHRINK.replace("lr *", "lr * factor *"))),
        Mistake("the decay pulls by the weight's sign, as L1 does", plain(SHRINK, "p.sub_(lr * decay * p.sign() * mask)")),
        Mistake("the decay is coupled: it is added to the gradient, as L2 is", plain(GRAD, "g = p.grad + decay * p\n", SHRINK, "")),
        Mistake("the decay is added to the direction before it is orthogonalised", plain(AHEAD, AHEAD + " + decay * p", SHRINK, "")),
        # Matrices without a gradient
        Mistake("step returns at the first matrix without a gradient", plain(SKIP, "return")),
        Mistake("a group's loop ends at its first matrix without a gradient", plain(SKIP, "break")),
        Mistake("step returns at the first group in which no matrix has a gradient", plain(DECAY, DECAY + '\n            if all(p.grad is None for p in group["params"]):\n                return')),
        Mistake("step refuses a matrix without a gradient", plain(SKIP, 'raise ValueError("a matrix has no gradient")')),
        Mistake("a matrix without a gradient isn't looked for: its grad is used as it is", plain(NONE, "if False:")),
        Mistake("matrices without a gradient decay", plain(SKIP, "p.mul_(1 - lr * decay)" + IN + "    continue")),
        Mistake("a missing gradient counts as zeros", plain(NONE, "if False:", GRAD, "g = torch.zeros_like(p) if p.grad is None else p.grad\n")),
        Mistake("the mean shrinks on though the gradient is missing", plain(SKIP, "if self.state.get(p):" + IN + '        self.state[p]["m"].mul_(mu)' + IN + "    continue")),
        Mistake("a missing gradient makes the optimiser forget the matrix's mean", plain(SKIP, "self.state.pop(p, None)" + IN + "    continue")),
        Mistake("a gradient of zeros counts as missing", plain(NONE, "if p.grad is None or not p.grad.any():")),
        # What is remembered, and for whom
        Mistake("matrices of one shape share their mean", plain(STATE, 'state = self.state.setdefault(str(tuple(p.shape)), {})')),
        Mistake("the means are kept in the optimiser's own attributes, where no checkpoint finds them", plain(INIT, INIT + "\n        self.kept = {}", STATE, "state = self.kept.setdefault(p, {})")),
        Mistake("the mean is kept in an attribute of the parameter, and a checkpoint loses it",
                plain(EMPTY, 'state["steps"] = state.get("steps", 0) + 1' + IN + 'if not hasattr(p, "momentum_buffer"):', ZEROS, "p.momentum_buffer = torch.zeros_like(p)", TAKE, "m = p.momentum_buffer\n")),
        Mistake("the mean is kept flat, not shaped like the matrix", plain(ZEROS, 'state["m"] = torch.zeros_like(p).flatten()', TAKE, 'm = state["m"].view(p.shape)\n')),
        Mistake("the mean is kept in a list, which a checkpoint can't hold", plain(ZEROS, 'state["m"] = [torch.zeros_like(p)]', TAKE, '[m] = state["m"]\n')),
        # What else a step does
        Mistake("there is no torch.no_grad: the step is recorded for a backward pass", plain("    @torch.no_grad()\n", "")),
        Mistake("the moved matrix is computed, but never stored", plain(SHRINK, "p = p - lr * decay * p * mask", MOVE, "p = p - lr * factor * O")),
        Mistake("the moved matrices are not trained any more", plain(MOVE, MOVE + IN + "p.requires_grad_(False)")),
        Mistake("the gradient is mixed with the mean in place", plain(AHEAD, "ahead = g.lerp_(m, mu)")),
        Mistake("the gradient is scaled in place by 1 - momentum", plain(M, "m.mul_(mu).add_(g.mul_(1 - mu))", AHEAD, "ahead = mu * m + g")),
        Mistake("the gradients are zeroed after the step", plain(MOVE, MOVE + IN + "p.grad.zero_()")),
        Mistake("the gradients are removed after the step", plain(MOVE, MOVE + IN + "p.grad = None")),
        Mistake("gradients are divided by their length before they are averaged", plain(GRAD, "g = p.grad / p.grad.norm().clamp_min(1e-12)\n")),
    ]
}
