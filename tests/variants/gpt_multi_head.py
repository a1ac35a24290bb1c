"""Multi-head attentions that are right and look different."""

from vibejam_core.course.known import Variant, edit, whole

VARIANTS = {
    "gpt.MultiHeadAttention": [
        Variant(
            "one fused projection, batched heads, scaled_dot_product_attention",
            whole('''
class MultiHeadAttention(nn.Module):
    def __init__(self, n_embd, n_head, block_size, dropout=0.0):
        super().__init__()
        if n_embd % n_head != 0:
            raise ValueError(f"{n_head} heads can't share {n_embd} numbers")
        self.n_head, self.p = n_head, dropout
        self.qkv = nn.Linear(n_embd, 3 * n_embd, bias=False)
        self.proj = nn.Linear(n_embd, n_embd)
        self.out_dropout = nn.Dropout(dropout)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (a.view(B, T, self.n_head, -1).transpose(1, 2) for a in self.qkv(x).split(C, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, dropout_p=self.p if self.training else 0.0, is_causal=True)
        return self.out_dropout(self.proj(y.transpose(1, 2).contiguous().view(B, T, C)))
'''),
        ),
        Variant(
            "three full-size projections, batched heads, a boolean mask",
            whole('''
class MultiHeadAttention(nn.Module):
    def __init__(self, n_embd, n_head, block_size, dropout=0.0):
        super().__init__()
        head_size, rest = divmod(n_embd, n_head)
        if rest:
            raise ValueError(f"n_embd={n_embd} and n_head={n_head}: the first must be a multiple of the second")
        self.n_head, self.head_size = n_head, head_size
        self.query = nn.Linear(n_embd, n_embd, bias=False)
        self.key = nn.Linear(n_embd, n_embd, bias=False)
        self.value = nn.Linear(n_embd, n_embd, bias=False)
        self.proj = nn.Linear(n_embd, n_embd)
        self.attn_dropout, self.resid_dropout = nn.Dropout(dropout), nn.Dropout(dropout)
        self.register_buffer("later", torch.triu(torch.ones(1, 1, block_size, block_size), 1) == 1)

    def split(self, a):
        return a.reshape(a.shape[0], a.shape[1], self.n_head, self.head_size).permute(0, 2, 1, 3)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        scores = torch.matmul(q, k.permute(0, 1, 3, 2)) / self.head_size**0.5
        scores = scores.masked_fill(self.later[..., :T, :T], -1e9)
        y = torch.matmul(self.attn_dropout(scores.softmax(dim=-1)), v)
        return self.resid_dropout(self.proj(y.permute(0, 2, 1, 3).reshape(B, T, C)))
'''),
        ),
        Variant(
            "einsum throughout, projections under other names",
            whole('''
class MultiHeadAttention(nn.Module):
    def __init__(self, n_embd, n_head, block_size, dropout=0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"cannot split {n_embd} into {n_head}")
        self.n_head = n_head
        self.q_proj = nn.Linear(n_embd, n_embd, bias=False)
        self.k_proj = nn.Linear(n_embd, n_embd, bias=False)
        self.v_proj = nn.Linear(n_embd, n_embd, bias=False)
        self.out_proj = nn.Linear(n_embd, n_embd)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (p(x).view(B, T, self.n_head, C // self.n_head) for p in (self.q_proj, self.k_proj, self.v_proj))
        scores = torch.einsum("bthd,bshd->bhts", q, k) * q.shape[-1] ** -0.5
        mask = torch.full((T, T), -1e4, dtype=x.dtype).triu(1)
        weights = self.dropout(torch.softmax(scores + mask, dim=-1))
        return self.dropout(self.out_proj(torch.einsum("bhts,bshd->bthd", weights, v).flatten(2)))
'''),
        ),
        Variant(
            "heads stacked, their axis moved back and flattened",
            edit(
                "joined = torch.cat([head(x) for head in self.heads], dim=-1)",
                "joined = torch.stack([head(x) for head in self.heads]).permute(1, 2, 0, 3).flatten(2)",
            ),
        ),
        Variant(
            "every head adds its share of the projection",
            edit(
                "joined = torch.cat([head(x) for head in self.heads], dim=-1)",
                "pieces = self.proj.weight.chunk(len(self.heads), dim=1)",
                "self.proj(joined)",
                "self.proj.bias + sum(head(x) @ piece.T for head, piece in zip(self.heads, pieces))",
            ),
        ),
        Variant(
            "heads under another name, in a preallocated output, modules registered in another order",
            whole('''
class MultiHeadAttention(nn.Module):
    def __init__(self, n_embd, n_head, block_size, dropout=0.0):
        if n_embd % n_head:
            raise ValueError(f"n_embd ({n_embd}) must be divisible by n_head ({n_head})")
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.proj = nn.Linear(n_embd, n_embd)
        self.attention_heads = nn.ModuleList()
        for _ in range(n_head):
            self.attention_heads.append(Head(n_embd, n_embd // n_head, block_size, dropout=dropout))

    def forward(self, x):
        joined, start = torch.empty_like(x), 0
        for head in self.attention_heads:
            out = head(x)
            joined[:, :, start : start + out.size(2)] = out
            start += out.size(2)
        return self.dropout(self.proj(joined))
'''),
        ),
        Variant(
            "heads folded into the batch, bmm",
            whole('''
class MultiHeadAttention(nn.Module):
    def __init__(self, n_embd, n_head, block_size, dropout=0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} % n_head {n_head} is not 0")
        self.n_head = n_head
        self.qkv = nn.Linear(n_embd, 3 * n_embd, bias=False)
        self.proj = nn.Linear(n_embd, n_embd, bias=True)
        self.drop1 = nn.Dropout(dropout)
        self.drop2 = nn.Dropout(dropout)

    def forward(self, x):
        B, T, C = x.shape
        qkv = self.qkv(x).view(B, T, 3, self.n_head, C // self.n_head).permute(2, 0, 3, 1, 4)
        q, k, v = (a.reshape(B * self.n_head, T, -1) for a in qkv)
        scores = torch.bmm(q, k.transpose(1, 2)).div(q.size(-1) ** 0.5)
        keep = torch.ones(T, T, device=x.device).tril() > 0
        weights = torch.where(keep, scores, scores.new_tensor(float("-inf"))).softmax(2)
        y = torch.bmm(self.drop1(weights), v).view(B, self.n_head, T, -1)
        return self.drop2(self.proj(y.swapaxes(1, 2).reshape(B, T, C)))
'''),
        ),
    ]
}
