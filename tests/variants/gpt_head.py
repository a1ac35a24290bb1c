"""Attention heads that are right and look different."""

from vibejam_core.course.known import Variant, edit, whole

VARIANTS = {
    "gpt.Head": [
        Variant(
            "one fused projection and scaled_dot_product_attention",
            whole('''
class Head(nn.Module):
    def __init__(self, n_embd, head_size, block_size, dropout=0.0):
        super().__init__()
        self.qkv = nn.Linear(n_embd, 3 * head_size, bias=False)
        self.p = dropout

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        return F.scaled_dot_product_attention(q, k, v, dropout_p=self.p if self.training else 0.0, is_causal=True)
'''),
        ),
        Variant(
            "einsum, with an additive mask of -inf made on the spot",
            whole('''
class Head(nn.Module):
    def __init__(self, n_embd, head_size, block_size, dropout=0.0):
        super().__init__()
        self.value = nn.Linear(n_embd, head_size, bias=False)
        self.query = nn.Linear(n_embd, head_size, bias=False)
        self.key = nn.Linear(n_embd, head_size, bias=False)
        self.drop = nn.Dropout(dropout)
        self.head_size = head_size

    def forward(self, x):
        import math

        T = x.size(1)
        scores = torch.einsum("btd,bsd->bts", self.query(x), self.key(x)) / math.sqrt(self.head_size)
        mask = torch.triu(torch.full((T, T), float("-inf"), device=x.device), diagonal=1)
        weights = torch.softmax(scores + mask, dim=2)
        return torch.einsum("bts,bsd->btd", self.drop(weights), self.value(x))
'''),
        ),
        Variant(
            "a mask of -1e9 from a comparison of positions, the queries scaled first",
            edit(
                "scores = q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5",
                "scores = (q / k.shape[-1] ** 0.5) @ k.mT",
                'scores = scores.masked_fill(~self.causal[:T, :T], float("-inf"))',
                "t = torch.arange(T)\n        scores = torch.where(t[:, None] >= t[None, :], scores, -1e9)",
            ),
        ),
        Variant(
            "a float buffer of -1e4, added, and the softmax written out with the maximum subtracted",
            edit(
                'self.register_buffer("causal", torch.ones(block_size, block_size).tril().bool(), persistent=False)',
                'self.register_buffer("causal", -1e4 * torch.ones(block_size, block_size).triu(1))',
                'scores = scores.masked_fill(~self.causal[:T, :T], float("-inf"))',
                "scores = scores + self.causal[:T, :T]",
                "weights = self.dropout(F.softmax(scores, dim=-1))",
                "weights = (scores - scores.amax(dim=-1, keepdim=True)).exp()\n"
                "        weights = self.dropout(weights / weights.sum(dim=-1, keepdim=True))",
            ),
        ),
        Variant(
            "masked after the softmax, and made to sum to 1 again",
            edit(
                'scores = scores.masked_fill(~self.causal[:T, :T], float("-inf"))',
                'scores = scores - scores.masked_fill(~self.causal[:T, :T], float("-inf")).amax(dim=-1, keepdim=True)\n'
                "        scores = scores.clamp(max=80.0)",
                "weights = self.dropout(F.softmax(scores, dim=-1))",
                "weights = scores.exp() * self.causal[:T, :T]\n"
                "        weights = self.dropout(weights / weights.sum(dim=-1, keepdim=True))",
            ),
        ),
        Variant(
            "a loop over positions, without any mask",
            whole('''
class Head(nn.Module):
    def __init__(self, n_embd, head_size, block_size, dropout=0.0):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(n_embd, head_size, bias=False) for _ in range(3))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        out = []
        for t in range(x.shape[1]):
            past = x[:, : t + 1]
            q, k, v = self.query(x[:, t]), self.key(past), self.value(past)
            scores = (k @ q.unsqueeze(-1)).squeeze(-1) / q.shape[-1] ** 0.5
            weights = self.dropout(scores.softmax(dim=-1))
            out.append((weights.unsqueeze(-1) * v).sum(dim=1))
        return torch.stack(out, dim=1)
'''),
        ),
        Variant(
            "a boolean mask handed to scaled_dot_product_attention",
            edit(
                "scores = q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5  # (B, T, D) @ (B, D, T) -> (B, T, T)",
                "p = self.dropout.p if self.training else 0.0",
                'scores = scores.masked_fill(~self.causal[:T, :T], float("-inf"))',
                "out = F.scaled_dot_product_attention(q, k, v, attn_mask=self.causal[:T, :T], dropout_p=p)",
                "weights = self.dropout(F.softmax(scores, dim=-1))",
                "",
                "return weights @ v",
                "return out",
            ),
        ),
        Variant(
            "a float mask handed to scaled_dot_product_attention, one split fused projection",
            whole('''
class Head(nn.Module):
    def __init__(self, n_embd, head_size, block_size, dropout=0.0):
        super().__init__()
        self.head_size, self.p = head_size, dropout
        self.qkv = nn.Linear(n_embd, 3 * head_size, bias=False)
        mask = torch.zeros(block_size, block_size).masked_fill(
            torch.ones(block_size, block_size, dtype=torch.bool).triu(1), torch.finfo(torch.float32).min
        )
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x):
        B, T, C = x.size()
        q, k, v = torch.split(self.qkv(x), self.head_size, dim=2)
        p = self.p * self.training
        return F.scaled_dot_product_attention(q, k, v, self.mask[:T, :T].to(q.dtype), dropout_p=p)
'''),
        ),
        Variant(
            "bare parameters, multiplied from the right, and baddbmm",
            whole('''
class Head(nn.Module):
    def __init__(self, n_embd, head_size, block_size, dropout=0.0):
        super().__init__()
        self.W_q = nn.Parameter(torch.randn(n_embd, head_size) * 0.02)
        self.W_k = nn.Parameter(torch.randn(n_embd, head_size) * 0.02)
        self.W_v = nn.Parameter(torch.randn(n_embd, head_size) * 0.02)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = x @ self.W_q, x @ self.W_k, x @ self.W_v
        hide = (torch.arange(T)[None, :] > torch.arange(T)[:, None]) * -1e4
        scores = torch.baddbmm(hide.to(x.dtype).expand(B, T, T), q, k.mT, alpha=q.shape[-1] ** -0.5)
        return torch.bmm(self.dropout(scores.softmax(-1)), v)
'''),
        ),
        Variant(
            "queries and keys each scaled by the fourth root, the mask one row of positions at a time",
            whole('''
class Head(nn.Module):
    def __init__(self, n_embd, head_size, block_size, dropout=0.0):
        super().__init__()
        self.q_proj = nn.Linear(n_embd, head_size, bias=False)
        self.k_proj = nn.Linear(n_embd, head_size, bias=False)
        self.v_proj = nn.Linear(n_embd, head_size, bias=False)
        self.attn_drop = nn.Dropout(dropout)
        self.scale = head_size**-0.25

    def forward(self, x):
        T = x.shape[1]
        scores = torch.matmul(self.q_proj(x) * self.scale, (self.k_proj(x) * self.scale).transpose(1, 2))
        rows = [torch.cat([scores[:, t, : t + 1].softmax(-1), scores.new_zeros(len(x), T - t - 1)], 1) for t in range(T)]
        return self.attn_drop(torch.stack(rows, 1)) @ self.v_proj(x)
'''),
        ),
        Variant(
            "a softmax over everything, the future's weights set to 0, and the rest made to sum to 1",
            edit(
                'scores = scores.masked_fill(~self.causal[:T, :T], float("-inf"))',
                "weights = F.softmax(scores, dim=-1) * self.causal[:T, :T]",
                "weights = self.dropout(F.softmax(scores, dim=-1))",
                "weights = self.dropout(weights / weights.sum(dim=-1, keepdim=True))",
            ),
        ),
        Variant(
            "a running softmax, one key at a time, as flash attention does it",
            whole('''
class Head(nn.Module):
    def __init__(self, n_embd, head_size, block_size, dropout=0.0):
        super().__init__()
        self.to_q = nn.Linear(n_embd, head_size, bias=False)
        self.to_k = nn.Linear(n_embd, head_size, bias=False)
        self.to_v = nn.Linear(n_embd, head_size, bias=False)
        self.p = dropout
    def forward(self, x):
        import math
        B, T, C = x.shape
        q, k, v = self.to_q(x), self.to_k(x), self.to_v(x)
        D = q.shape[-1]
        pos = torch.arange(T)
        m = torch.full((B, T, 1), -1e30, dtype=x.dtype)
        z = torch.zeros(B, T, 1, dtype=x.dtype)
        acc = torch.zeros(B, T, D, dtype=x.dtype)
        for s in range(T):
            score = (q * k[:, s:s+1]).sum(-1, keepdim=True) / math.sqrt(D)
            score = torch.where((pos >= s)[None, :, None], score, torch.tensor(-1e30, dtype=x.dtype))
            new = torch.maximum(m, score)
            w = torch.exp(score - new); c = torch.exp(m - new)
            z = z * c + w
            acc = acc * c + F.dropout(w, self.p, self.training) * v[:, s:s+1]
            m = new
        return acc / z
'''),
        ),
        Variant(
            "the softmax in float32, cast back",
            edit("F.softmax(scores, dim=-1)", "F.softmax(scores, dim=-1, dtype=torch.float32).to(x.dtype)"),
        ),
    ]
}
