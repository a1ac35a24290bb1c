"""Blocks that are right and look different."""

from vibejam_core.course.known import Variant, edit, whole

VARIANTS = {
    "gpt.Block": [
        Variant(
            "every step has a name of its own",
            edit(
                "x = x + self.attention(self.ln_1(x))",
                "normed = self.ln_1(x)\n        gathered = self.attention(normed)\n        between = gathered + x",
                "return x + self.feed_forward(self.ln_2(x))",
                "thought = self.feed_forward(self.ln_2(between))\n        return torch.add(between, thought)",
            ),
        ),
        Variant(
            "sub-layers registered in another order and under other names, arguments by keyword",
            whole('''
class Block(nn.Module):
    def __init__(self, n_embd, n_head, block_size, dropout=0.0):
        super().__init__()
        self.mlp = FeedForward(n_embd=n_embd, dropout=dropout)
        self.attn = MultiHeadAttention(block_size=block_size, n_head=n_head, n_embd=n_embd, dropout=dropout)
        self.ln2 = nn.LayerNorm(n_embd)
        self.ln1 = nn.LayerNorm(n_embd)

    def forward(self, x):
        for norm, layer in ((self.ln1, self.attn), (self.ln2, self.mlp)):
            x = x + layer(norm(x))
        return x
'''),
        ),
        Variant(
            "a copy that is added to in place",
            edit(
                "x = x + self.attention(self.ln_1(x))",
                "out = x.clone()\n        out += self.attention(self.ln_1(x))",
                "return x + self.feed_forward(self.ln_2(x))",
                "out = out + self.feed_forward(self.ln_2(out))\n        return out",
            ),
        ),
        Variant(
            "the norm written out by hand",
            whole('''
class Block(nn.Module):
    def __init__(self, n_embd, n_head, block_size, dropout=0.0):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(n_embd), nn.LayerNorm(n_embd)
        self.attention = MultiHeadAttention(n_embd, n_head, block_size, dropout)
        self.feed_forward = FeedForward(n_embd, dropout)

    def norm(self, layer, x):
        variance, mean = torch.var_mean(x, dim=-1, unbiased=False, keepdim=True)
        return (x - mean) * torch.rsqrt(variance + 1e-5) * layer.weight + layer.bias

    def forward(self, x):
        x = x + self.attention(self.norm(self.ln_1, x))
        x = x + self.feed_forward(self.norm(self.ln_2, x))
        return x
'''),
        ),
        Variant(
            "F.layer_norm and a helper for the residual path",
            edit(
                "x = x + self.attention(self.ln_1(x))",
                "normed = F.layer_norm(x, (x.shape[-1],), self.ln_1.weight, self.ln_1.bias)\n"
                "        x = sum([x, self.attention(normed)])",
                "return x + self.feed_forward(self.ln_2(x))",
                "return sum([x, self.feed_forward(F.layer_norm(x, x.shape[-1:], self.ln_2.weight, self.ln_2.bias))])",
            ),
        ),
        Variant(
            "a layer norm of one's own",
            whole('''
class Block(nn.Module):
    class Norm(nn.Module):
        def __init__(self, n):
            super().__init__()
            self.beta = nn.Parameter(torch.zeros(n))
            self.gamma = nn.Parameter(torch.ones(n))
        def forward(self, x):
            d = x - x.mean(-1, keepdim=True)
            return d / (d.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt() * self.gamma + self.beta
    def __init__(self, n_embd, n_head, block_size, dropout=0.0):
        super().__init__()
        self.ln_1 = self.Norm(n_embd)
        self.ln_2 = self.Norm(n_embd)
        self.feed_forward = FeedForward(n_embd, dropout)
        self.attention = MultiHeadAttention(n_embd, n_head, block_size, dropout)
    def forward(self, x):
        y = x + self.attention(self.ln_1(x))
        return y + self.feed_forward(self.ln_2(y))
'''),
        ),
    ]
}
