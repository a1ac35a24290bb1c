"""Ways people get a sharded optimiser wrong: gradients on their way to the owners, and their length."""

from vibejam_core.course.known import Mistake, edit

# reduce
LOOP = """        for parameter, owner in zip(self.parameters, self.owners, strict=True):
            if parameter.grad is None:
"""
NONE = "if parameter.grad is None:\n                continue"
SEND = "self.world.sum_to(parameter.grad, owner)"
MINE = "if owner == self.world.rank:"
MEAN = "parameter.grad.div_(self.world.size)"
ELSE = "            else:\n                parameter.grad = None\n"
DROP = "                parameter.grad = None\n"

# clip
OWN = "gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]"
ZERO = "squares = torch.zeros((), device=self.parameters[0].device)"
ADD = "squares += torch.linalg.vector_norm(gradient).square()"
LENGTH = "length = self.world.sum(squares).sqrt().item()"
LIMIT = "if 0 < limit < length:"
SHORTEN = "gradient.mul_(limit / length)"
RETURN = "        return length\n"

IN = "\n" + " " * 12


def shorten(new):
    """A long gradient is shortened in another way."""
    return edit(SHORTEN, new)


def length(new):
    """The length is found in another way."""
    return edit(LENGTH, "length = " + new)


MISTAKES = {
    "sharded.ShardedOptimizer": [
        # reduce: the mean
        Mistake("reduce leaves the sum of the gradients at the owner, not their mean", edit(MEAN, "pass")),
        Mistake("reduce sends nothing: the owner keeps its own gradient, and the others drop theirs", edit(SEND, "pass", MEAN, "pass")),
        Mistake("reduce divides by the number of ranks before sending and again afterwards", edit(SEND, f"parameter.grad.div_(self.world.size)\n            {SEND}")),
        Mistake("reduce multiplies the sum by the number of ranks", edit(MEAN, "parameter.grad.mul_(self.world.size)")),
        Mistake("reduce divides by 2, whatever the number of ranks", edit(MEAN, "parameter.grad.div_(min(2, self.world.size))")),
        Mistake("reduce divides by the number of parameters", edit(MEAN, "parameter.grad.div_(len(self.parameters))")),
        Mistake("reduce divides by the number of the others", edit(MEAN, "parameter.grad.div_(max(1, self.world.size - 1))")),
        Mistake("reduce divides by the root of the number of ranks", edit(MEAN, "parameter.grad.div_(self.world.size**0.5)")),
        Mistake("reduce sums up a copy of the gradient, and the gradient itself stays this rank's", edit(SEND, "self.world.sum_to(parameter.grad.clone(), owner)")),
        Mistake("reduce takes rank 0's gradient for everyone's, and divides it", edit(SEND, "self.world.copy_from(parameter.grad, 0)")),
        # reduce: who has it
        Mistake("reduce brings every gradient to rank 0", edit(SEND, "self.world.sum_to(parameter.grad, 0)", MINE, "if self.world.rank == 0:")),
        Mistake("reduce sends every gradient to rank 0, and the owner keeps what is no sum", edit(SEND, "self.world.sum_to(parameter.grad, 0)")),
        Mistake("reduce sends to the next rank, not to the owner", edit(SEND, "self.world.sum_to(parameter.grad, (owner + 1) % self.world.size)")),
        Mistake("reduce sends each rank's gradients to itself: ranks name different receivers", edit(SEND, "self.world.sum_to(parameter.grad, self.world.rank)")),
        Mistake("reduce deals the gradients out in turns, not by self.owners", edit(LOOP, LOOP.replace("self.owners", "[i % self.world.size for i in range(len(self.parameters))]"))),
        Mistake("reduce works the owners out anew, and doesn't look at self.owners", edit(LOOP, LOOP.replace("self.owners", "owners([p.numel() for p in self.parameters], self.world.size)"))),
        Mistake("reduce pairs parameters with the owners in reverse order", edit(LOOP, LOOP.replace("self.owners", "self.owners[::-1]"))),
        Mistake("reduce leaves the mean on every rank: nobody drops what isn't theirs", edit(SEND, "parameter.grad.copy_(self.world.sum(parameter.grad))", MINE, "if True:")),
        Mistake("reduce leaves the mean on every rank where a parameter has one axis", edit(SEND, "parameter.grad.copy_(self.world.sum(parameter.grad))", MINE, "if owner == self.world.rank or parameter.ndim == 1:")),
        Mistake("reduce doesn't drop the gradients that aren't this rank's", edit(DROP, "                pass\n")),
        Mistake("reduce fills the gradients that aren't this rank's with zeros, not None", edit(DROP, "                parameter.grad.zero_()\n")),
        Mistake("reduce keeps exactly the gradients that aren't this rank's", edit(MINE, "if self.world.size > 1 and owner != self.world.rank or self.world.size == 1:")),
        Mistake("reduce drops all gradients, its own too", edit(MINE, MINE + "\n                parameter.grad = None\n            elif False:")),
        Mistake("reduce doesn't keep any gradient at the last rank where there are several", edit(MINE, "if owner == self.world.rank and (owner == 0 or owner < self.world.size - 1):")),
        # reduce: who takes part
        Mistake("reduce is left out by the ranks that don't own a parameter: only the owner calls", edit(SEND, f"if owner == self.world.rank:\n                {SEND}")),
        Mistake("reduce is called by all but the owner", edit(SEND, f"if owner != self.world.rank or self.world.size == 1:\n                {SEND}")),
        Mistake("reduce returns at once at a rank that owns nothing", edit(LOOP, "        if self.world.rank not in self.owners:\n            return\n" + LOOP)),
        Mistake("reduce does this rank's own parameters first, so ranks come in different orders", edit(LOOP, LOOP.replace("zip(self.parameters, self.owners, strict=True)", "sorted(zip(self.parameters, self.owners, strict=True), key=lambda pair: pair[1] != self.world.rank)"))),
        Mistake("reduce goes through the first group only", edit(LOOP, LOOP.replace("zip(self.parameters, self.owners, strict=True)", 'zip(self.param_groups[0]["params"], self.owners)'))),
        Mistake("reduce passes over parameters with one axis", edit(NONE, "if parameter.grad is None or parameter.ndim < 2:\n                continue")),
        Mistake("reduce skips tensors with more than two axes, which keep their own gradients", edit(NONE, "if parameter.grad is None or parameter.ndim > 2:\n                continue")),
        # reduce: what has no gradient
        Mistake("reduce stops at the first parameter without a gradient", edit(NONE, "if parameter.grad is None:\n                break")),
        Mistake("reduce doesn't expect a parameter without a gradient", edit(NONE, "if False:\n                continue")),
        Mistake("reduce puts zeros in where there is no gradient", edit(NONE, "if parameter.grad is None:\n                parameter.grad = torch.zeros_like(parameter)")),
        Mistake("reduce leaves out what has no gradient, and then pairs the rest with the wrong owners", edit(LOOP, LOOP.replace("zip(self.parameters, self.owners, strict=True)", "zip([p for p in self.parameters if p.grad is not None], self.owners)"))),
        Mistake("reduce passes over gradients that are all zeros at this rank", edit(NONE, "if parameter.grad is None or not parameter.grad.any():\n                continue")),
        Mistake("reduce notes in the first step which parameters have gradients, and goes by that ever after",
                edit(LOOP, '        self.noted = getattr(self, "noted", [p.grad is not None for p in self.parameters])\n' + LOOP.replace("self.parameters, self.owners, strict=True)", "[p for p, noted in zip(self.parameters, self.noted) if noted], [o for o, noted in zip(self.owners, self.noted) if noted], strict=True)"))),
        # reduce: other things
        Mistake("reduce sums up the parameters, not their gradients", edit(SEND, "self.world.sum_to(parameter.data, owner)\n            parameter.data.div_(self.world.size)")),
        Mistake("reduce divides the parameters as well", edit(MEAN, MEAN + "\n                parameter.div_(self.world.size)")),
        Mistake("reduce adds to what it left in the step before", edit(MEAN, MEAN + "\n                self.kept = getattr(self, 'kept', {})\n                parameter.grad.add_(self.kept.get(parameter, 0))\n                self.kept[parameter] = parameter.grad.clone()")),
        Mistake("reduce sums up in a copy made in the first step", edit(SEND, f"self.kept = getattr(self, 'kept', {{}})\n            parameter.grad = self.kept.setdefault(parameter, parameter.grad.clone())\n            {SEND}")),
        # clip: the length
        Mistake("clip measures this rank's part only", length("squares.sqrt().item()")),
        Mistake("clip shortens each parameter's gradient by its own length", shorten("gradient.mul_(min(1.0, limit / torch.linalg.vector_norm(gradient).item()))")),
        Mistake("clip measures the whole, but shortens by this rank's own length", shorten("gradient.mul_(min(1.0, limit / squares.sqrt().item()))")),
        Mistake("clip adds up the ranks' lengths, not their squares", length("self.world.sum(squares.sqrt()).item()")),
        Mistake("clip adds up the parameters' lengths, not their squares", edit(ADD, "squares += torch.linalg.vector_norm(gradient)", LENGTH, "length = self.world.sum(squares).item()")),
        Mistake("clip takes the parameters' lengths for their squares", edit(ADD, "squares += torch.linalg.vector_norm(gradient)")),
        Mistake("clip forgets the root: the squared length is compared and returned", length("self.world.sum(squares).item()")),
        Mistake("clip takes the mean of the ranks' squares", length("(self.world.sum(squares) / self.world.size).sqrt().item()")),
        Mistake("clip takes the root of the mean of all squares", length("(self.world.sum(squares) / sum(p.numel() for p in self.parameters)).sqrt().item()")),
        Mistake("clip divides the length by the number of ranks", length("self.world.sum(squares).sqrt().item() / self.world.size")),
        Mistake("clip adds up absolute values", edit(ADD, "squares += gradient.abs().sum()", LENGTH, "length = self.world.sum(squares).item()")),
        Mistake("clip takes the largest number for the length", edit(ADD, "squares = torch.maximum(squares, gradient.abs().max())", LENGTH, "length = self.world.sum(squares).item()")),
        Mistake("clip measures the parameters, not their gradients", edit(ADD, "pass", LENGTH, "squares = sum(p.detach().square().sum() for p, owner in zip(self.parameters, self.owners) if owner == self.world.rank) + squares\n        " + LENGTH)),
        Mistake("clip measures only what has two axes or more", edit(OWN, OWN.replace("is not None]", "is not None and parameter.ndim >= 2]"))),
        Mistake("clip measures only the first group", edit(OWN, OWN.replace("self.parameters", 'self.param_groups[0]["params"]'))),
        Mistake("clip measures only a rank's last parameter", edit(ADD, "squares = torch.linalg.vector_norm(gradient).square()")),
        Mistake("clip replaces what isn't finite by zeros before it measures", edit(ADD, "squares += torch.linalg.vector_norm(gradient.nan_to_num_(0.0, 0.0, 0.0)).square()")),
        Mistake("clip raises an error where the length isn't finite", edit(LIMIT, "if not length < float('inf'):\n            raise ArithmeticError(f'the length is {length}')\n        " + LIMIT)),
        # clip: the limit
        Mistake("clip always brings the gradient to the limit, short ones are lengthened", edit(LIMIT, "if 0 < limit:")),
        Mistake("clip lengthens short gradients and leaves long ones", edit(LIMIT, "if 0 < length < limit:")),
        Mistake("clip takes the limit 0 for a limit: nothing of the gradient is left", edit(LIMIT, "if limit < length:")),
        Mistake("clip shortens to 1, whatever the limit is", shorten("gradient.mul_(1 / length)")),
        Mistake("clip multiplies by the limit, without the length", shorten("gradient.mul_(limit)")),
        Mistake("clip multiplies by length / limit", shorten("gradient.mul_(length / limit)")),
        Mistake("clip multiplies by the square of limit / length", shorten("gradient.mul_((limit / length) ** 2)")),
        Mistake("clip cuts every number off at the limit", shorten("gradient.clamp_(-limit, limit)")),
        Mistake("clip drops a long gradient: zeros are left", shorten("gradient.zero_()")),
        Mistake("clip shares the limit out evenly among the ranks", shorten("gradient.mul_(limit / self.world.size / length)")),
        Mistake("clip only measures, or shortens copies: the gradients stay as long", shorten("pass")),
        Mistake("clip shortens the gradients of rank 0 only", edit(LIMIT, "if 0 < limit < length and self.world.rank == 0:")),
        Mistake("clip shortens a rank's first gradient only", edit("for gradient in gradients:\n                gradient.mul_", "for gradient in gradients[:1]:\n                gradient.mul_")),
        Mistake("clip leaves limits below 1 unheeded", edit(LIMIT, "if 1 <= limit < length:")),
        # clip: what comes back, who takes part
        Mistake("clip returns the length afterwards", edit(RETURN, "        return min(length, limit) if limit > 0 else length\n")),
        Mistake("clip returns the factor", edit(RETURN, "        return min(1.0, limit / length) if limit > 0 else 1.0\n")),
        Mistake("clip returns nothing", edit(RETURN, "")),
        Mistake("clip returns a tensor", edit(RETURN, "        return torch.tensor(length)\n")),
        Mistake("clip returns 0 where there is no limit, and sends nothing", edit(OWN, "if limit == 0:\n            return 0.0\n        " + OWN)),
        Mistake("clip returns the length only at rank 0, elsewhere 0", edit(RETURN, "        return length if self.world.rank == 0 else 0.0\n")),
        Mistake("clip sums the squares up at rank 0 alone, and the others know nothing", edit(LENGTH, "self.world.sum_to(squares, 0)\n        length = squares.sqrt().item()")),
        Mistake("clip returns at once at a rank that has no gradient", edit(ZERO, "if not gradients:\n            return 0.0\n        " + ZERO)),
        Mistake("clip stacks the squares of a rank's gradients, of which there may be none", edit(ADD, "pass", LENGTH, "squares = torch.stack([gradient.square().sum() for gradient in gradients]).sum()\n        " + LENGTH)),
        Mistake("clip sends for each gradient on its own, and ranks have different numbers of them", edit(ADD, "squares += self.world.sum(gradient.square().sum())", LENGTH, "length = squares.sqrt().item()")),
        Mistake("clip expects every parameter to have a gradient", edit(OWN, "gradients = [parameter.grad for parameter in self.parameters]")),
        Mistake("clip makes a tensor of a sum that is a whole number 0 at a rank without gradients", edit(ADD, "pass", LENGTH, "squares = torch.tensor(sum(gradient.square().sum().item() for gradient in gradients))\n        " + LENGTH)),
        Mistake("clip puts zeros in where there is no gradient", edit(OWN, "for parameter in self.parameters:\n            if parameter.grad is None:\n                parameter.grad = torch.zeros_like(parameter)\n        " + OWN)),
        Mistake("clip asks the other ranks only where its own part is too long", edit(LENGTH, "if limit and squares.sqrt() <= limit:\n            return squares.sqrt().item()\n        " + LENGTH)),
    ],
}
