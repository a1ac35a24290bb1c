"""Networks that square that are right and look different."""

from vibejam_core.course.known import Variant, edit, whole

SQUARED = "F.relu(self.c_fc(x)).square()"

VARIANTS = {
    "modern_block.MLP": [
        Variant("a power", edit(SQUARED, "torch.relu(self.c_fc(x)) ** 2")),
        Variant("a clamp, step by step, squared in place", whole('''
class MLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        width = config.n_embd * 4
        self.c_proj = Linear(width, config.n_embd)
        self.c_fc = Linear(config.n_embd, width)

    def forward(self, x):
        h = self.c_fc(x)
        h = h.clamp(min=0)
        h = h * h
        return self.c_proj(h)
''')),
        Variant("a number times its ReLU", edit(f"return self.c_proj({SQUARED})", "h = self.c_fc(x)\n        return self.c_proj(h * F.relu(h))")),
        Variant("einsum with weights brought to the dtype of x", whole('''
class MLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.c_fc = nn.Linear(config.n_embd, 4 * config.n_embd, bias=False)
        self.c_proj = nn.Linear(4 * config.n_embd, config.n_embd, bias=False)

    def forward(self, x):
        up, down = self.c_fc.weight.to(x.dtype), self.c_proj.weight.to(x.dtype)
        h = torch.einsum("btc,wc->btw", x, up)
        return torch.einsum("btw,cw->btc", torch.where(h > 0, h.pow(2), torch.zeros_like(h)), down)
''')),
        Variant("one token after the other", edit(
            f"return self.c_proj({SQUARED})", "return torch.stack([self.c_proj(F.relu(self.c_fc(token)).pow(2)) for token in x.unbind(1)], dim=1)")),
        Variant("a quarter of the width at a time", whole('''
class MLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.c_fc = Linear(config.n_embd, 4 * config.n_embd)
        self.c_proj = Linear(4 * config.n_embd, config.n_embd)
        nn.init.zeros_(self.c_proj.weight)

    def forward(self, x):
        ups, downs = self.c_fc.weight.to(x).chunk(4, 0), self.c_proj.weight.to(x).chunk(4, 1)
        return sum(torch.square(F.relu(x @ up.T)) @ down.T for up, down in zip(ups, downs))
''')),
        Variant("a ReLU module, in place on what is new anyway", whole('''
class MLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.c_fc = Linear(config.n_embd, 4 * config.n_embd)
        self.act = nn.ReLU(inplace=True)
        self.c_proj = Linear(4 * config.n_embd, config.n_embd)

    def forward(self, x):
        return self.c_proj(torch.square(self.act(self.c_fc(x))))
''')),
    ]
}
