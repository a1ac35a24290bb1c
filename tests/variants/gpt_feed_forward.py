"""Feed-forward networks that are right and look different."""

from vibejam_core.course.known import Variant, edit, whole

VARIANTS = {
    "gpt.FeedForward": [
        Variant("the exact GELU", edit('nn.GELU(approximate="tanh")', "nn.GELU()")),
        Variant(
            "named layers and F.gelu",
            whole('''
class FeedForward(nn.Module):
    def __init__(self, n_embd, dropout=0.0):
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.c_proj = nn.Linear(4 * n_embd, n_embd)
        self.c_fc = nn.Linear(n_embd, 4 * n_embd)

    def forward(self, x):
        return self.dropout(self.c_proj(F.gelu(self.c_fc(x))))
'''),
        ),
        Variant(
            "the tanh formula written out, dropout as a function",
            whole('''
class FeedForward(nn.Module):
    def __init__(self, n_embd, dropout=0.0):
        super().__init__()
        self.up = nn.Linear(n_embd, n_embd * 4)
        self.down = nn.Linear(n_embd * 4, n_embd)
        self.p = dropout

    def forward(self, x):
        import math

        h = self.up(x)
        h = 0.5 * h * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (h + 0.044715 * torch.pow(h, 3.0))))
        return F.dropout(self.down(h), p=self.p, training=self.training)
'''),
        ),
        Variant(
            "the error function written out, the layers in a list, rows flattened on the way",
            whole('''
class FeedForward(nn.Module):
    def __init__(self, n_embd, dropout=0.0):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n_embd, 4 * n_embd), nn.Linear(4 * n_embd, n_embd)])
        self.drop = nn.Dropout(dropout)

    def forward(self, x):
        flat = x.reshape(-1, x.shape[-1])
        h = self.layers[0](flat)
        h = h * 0.5 * (1 + (h * 0.5**0.5).erf())
        return self.drop(self.layers[1](h)).reshape(x.shape)
'''),
        ),
        Variant(
            "matrix products written out, one position at a time",
            whole('''
class FeedForward(nn.Module):
    def __init__(self, n_embd, dropout=0.0):
        super().__init__()
        self.fc1, self.fc2, self.act = nn.Linear(n_embd, 4 * n_embd), nn.Linear(4 * n_embd, n_embd), nn.GELU()
        self.dropout = nn.Dropout(dropout)

    def step(self, token):
        hidden = self.act(token @ self.fc1.weight.T + self.fc1.bias)
        return torch.einsum("bh,ch->bc", hidden, self.fc2.weight) + self.fc2.bias

    def forward(self, x):
        return self.dropout(torch.stack([self.step(token) for token in x.unbind(dim=1)], dim=1))
'''),
        ),
        Variant(
            "convolutions one position wide",
            whole('''
class FeedForward(nn.Module):
    def __init__(self, n_embd, dropout=0.0):
        super().__init__()
        self.wide = nn.Conv1d(n_embd, 4 * n_embd, 1)
        self.narrow = nn.Conv1d(4 * n_embd, n_embd, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        return self.dropout(self.narrow(F.gelu(self.wide(x.mT))).mT)
'''),
        ),
    ]
}
