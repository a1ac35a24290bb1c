"""Attention layers of a modern GPT that are right and look different."""

from vibejam_core.course.known import Variant, edit, whole

MAKE = '''
class CausalSelfAttention(nn.Module):
    def __init__(self, config, layer_idx):
        super().__init__()
        self.config, self.layer_idx = config, layer_idx
        n_embd, width, narrow = config.n_embd, config.n_head * config.head_dim, config.kv_heads * config.head_dim
        self.c_q = Linear(n_embd, width)
        self.c_k = Linear(n_embd, narrow)
        self.c_v = Linear(n_embd, narrow)
        self.c_proj = Linear(width, n_embd)
'''

VARIANTS = {
    "modern_block.CausalSelfAttention": [
        Variant(
            "views with their sizes, as in nanochat's code",
            whole(MAKE + '''
    def forward(self, x, cos, sin, value_embedding=None):
        B, T, C = x.size()
        D = self.config.head_dim
        q = self.c_q(x).view(B, T, self.config.n_head, D)
        k = self.c_k(x).view(B, T, self.config.kv_heads, D)
        v = self.c_v(x).view(B, T, self.config.kv_heads, D)
        if value_embedding is not None:
            v = v + value_embedding.view(B, T, -1, D)
        q, k = rotate_and_norm(q, k, cos, sin)
        y = attend(q, k, v, window=self.config.window_of(self.layer_idx))
        return self.c_proj(y.contiguous().view(B, T, -1))
'''),
        ),
        Variant(
            "written out, without attend and rotate_and_norm",
            whole(MAKE + '''
    def forward(self, x, cos, sin, value_embedding=None):
        T, D = x.shape[1], self.config.head_dim
        H, KV = self.config.n_head, self.config.kv_heads
        q, k, v = (layer(x).unflatten(2, (-1, D)).transpose(1, 2) for layer in (self.c_q, self.c_k, self.c_v))
        if value_embedding is not None:
            v = v + value_embedding.unflatten(2, (KV, D)).transpose(1, 2)

        def ready(y):
            a, b = y.chunk(2, dim=-1)
            y = torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)
            return norm(y.to(x.dtype))

        q, k = ready(q), ready(k)
        k, v = k.repeat_interleave(H // KV, 1), v.repeat_interleave(H // KV, 1)
        t = torch.arange(T)
        behind = t[:, None] - t
        window = self.config.window_of(self.layer_idx) or T
        hidden = (behind < 0) | (behind >= window)
        weights = (q @ k.mT * D**-0.5).masked_fill(hidden, -torch.inf).softmax(-1)
        return self.c_proj((weights @ v).transpose(1, 2).flatten(2))
'''),
        ),
        Variant(
            "one matrix multiplication for queries, keys and values, of the three weights together",
            whole(MAKE + '''
    def forward(self, x, cos, sin, value_embedding=None):
        B, T, _ = x.shape
        D, H, KV = self.config.head_dim, self.config.n_head, self.config.kv_heads
        weight = torch.cat([self.c_q.weight, self.c_k.weight, self.c_v.weight]).to(x.dtype)
        q, k, v = (x @ weight.T).split([H * D, KV * D, KV * D], dim=-1)
        if value_embedding is not None:
            v = v + value_embedding
        q, k = rotate_and_norm(q.reshape(B, T, H, D), k.reshape(B, T, KV, D), cos, sin)
        out = attend(q, k, v.reshape(B, T, KV, D), self.config.window_of(self.layer_idx))
        return self.c_proj(out.reshape(B, T, H * D))
'''),
        ),
        Variant(
            "every head adds its own share of the output",
            edit(
                "return self.c_proj(out.flatten(-2))",
                "shares = self.c_proj.weight.to(x.dtype).unflatten(1, (self.n_head, self.head_dim))\n"
                '        return torch.einsum("bthd,chd->btc", out, shares)',
            ),
        ),
        Variant(
            "torch's nn.Linear without a bias, its weight brought to the dtype of x in forward",
            whole('''
class CausalSelfAttention(nn.Module):
    def __init__(self, config, layer_idx):
        super().__init__()
        self.D, self.H, self.KV = config.head_dim, config.n_head, config.kv_heads
        self.window = config.window_of(layer_idx)
        self.c_q = nn.Linear(config.n_embd, self.H * self.D, bias=False)
        self.c_k = nn.Linear(config.n_embd, self.KV * self.D, bias=False)
        self.c_v = nn.Linear(config.n_embd, self.KV * self.D, bias=False)
        self.c_proj = nn.Linear(self.H * self.D, config.n_embd, bias=False)

    def project(self, layer, x):
        return x @ layer.weight.to(x.dtype).t()

    def forward(self, x, cos, sin, value_embedding=None):
        ve = 0 if value_embedding is None else value_embedding
        q, k, v = (self.project(layer, x) for layer in (self.c_q, self.c_k, self.c_v))
        q, k, v = (each.unflatten(-1, (-1, self.D)) for each in (q, k, v + ve))
        out = attend(*rotate_and_norm(q, k, cos, sin), v, self.window)
        return self.project(self.c_proj, out.flatten(2))
'''),
        ),
        Variant(
            "the value embedding added in place to values that are new anyway",
            edit(
                "v = v + value_embedding\n        v = v.unflatten(-1, (self.kv_heads, self.head_dim))",
                "v += value_embedding\n        v = v.unflatten(-1, (self.kv_heads, self.head_dim))",
            ),
        ),
        Variant(
            "the value embedding as values of its own, attended to with the same weights",
            edit(
                "v = v + value_embedding\n",
                "assert value_embedding.shape == v.shape\n",
                "out = attend(q, k, v, self.window)",
                "out = attend(q, k, v, self.window)\n"
                "        if value_embedding is not None:\n"
                "            out = out + attend(q, k, value_embedding.view_as(v), self.window)",
            ),
        ),
        Variant(
            "modules registered in another order, the weights started with zeros and noise",
            edit(
                "self.c_proj = Linear(self.n_head * self.head_dim, config.n_embd)",
                "self.c_proj = Linear(self.n_head * self.head_dim, config.n_embd)\n"
                "        nn.init.zeros_(self.c_proj.weight)\n"
                "        nn.init.normal_(self.c_q.weight)\n"
                "        self.c_q = self._modules.pop(\"c_q\")",
            ),
        ),
    ]
}
