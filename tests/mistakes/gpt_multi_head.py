"""The ways people get several heads side by side wrong."""

from vibejam_core.course.known import Mistake, edit, whole

# Passages of the reference that the mistakes below change.
REFUSE = 'raise ValueError(f"n_embd {n_embd} is not divisible by n_head {n_head}")'
HEADS = "self.heads = nn.ModuleList(Head(n_embd, head_size, block_size, dropout) for _ in range(n_head))"
PROJ = "self.proj = nn.Linear(n_embd, n_embd)"
DROPOUT = "self.dropout = nn.Dropout(dropout)"
JOIN = "joined = torch.cat([head(x) for head in self.heads], dim=-1)"
OUT = "return self.dropout(self.proj(joined))"


def fused(body: str, bias: str = "False") -> str:
    """Batched heads from one fused projection, with this way from x to ``joined``."""
    return f'''
class MultiHeadAttention(nn.Module):
    def __init__(self, n_embd, n_head, block_size, dropout=0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {{n_embd}} is not divisible by n_head {{n_head}}")
        self.n_head = n_head
        self.qkv = nn.Linear(n_embd, 3 * n_embd, bias={bias})
        self.proj = nn.Linear(n_embd, n_embd)
        self.weights_dropout = nn.Dropout(dropout)
        self.dropout = nn.Dropout(dropout)

    def attend(self, q, k, v):
        T = q.shape[-2]
        scores = q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5
        scores = scores.masked_fill(torch.ones(T, T).triu(1).bool(), float("-inf"))
        return self.weights_dropout(F.softmax(scores, dim=-1)) @ v

    def forward(self, x):
        B, T, C = x.shape
        H, D = self.n_head, C // self.n_head
        q, k, v = self.qkv(x).chunk(3, dim=-1)
{body}
        return self.dropout(self.proj(joined))
'''


SPLIT = "        q, k, v = (a.view(B, T, H, D).transpose(1, 2) for a in (q, k, v))\n"

MISTAKES = {
    "gpt.MultiHeadAttention": [
        # What is learned
        Mistake(
            "each head has size n_embd instead of n_embd // n_head",
            edit("head_size = n_embd // n_head", "head_size = n_embd", PROJ,
                 "self.proj = nn.Linear(n_embd * n_head, n_embd)"),
        ),
        Mistake(
            "each head has size n_embd, and the heads' outputs are averaged or added up, not joined",
            edit("head_size = n_embd // n_head", "head_size = n_embd", JOIN,
                 "joined = torch.stack([head(x) for head in self.heads]).mean(dim=0)"),
        ),
        Mistake(
            "all heads are one and the same object, because a list of it was multiplied",
            edit(HEADS, "self.heads = nn.ModuleList([Head(n_embd, head_size, block_size, dropout)] * n_head)"),
        ),
        Mistake(
            "the heads are kept in a plain Python list, where no optimizer finds them",
            edit(HEADS, "self.heads = [Head(n_embd, head_size, block_size, dropout) for _ in range(n_head)]"),
        ),
        Mistake("there is no output projection", edit(PROJ, "", OUT, "return self.dropout(joined)")),
        Mistake("the output projection has no bias", edit(PROJ, PROJ.replace(")", ", bias=False)"))),
        Mistake(
            "the fused projection has a bias",
            whole(fused(SPLIT + "        joined = self.attend(q, k, v).transpose(1, 2).reshape(B, T, C)", "True")),
        ),
        Mistake(
            "there is one head too many, and the joined outputs are cut to n_embd",
            edit("in range(n_head))", "in range(n_head + 1))", JOIN, JOIN + "[..., : x.shape[-1]]"),
        ),
        Mistake(
            "there is only one head, of size n_embd // n_head, and its output is repeated",
            edit("in range(n_head))", "in range(1))", JOIN,
                 "joined = self.heads[0](x).repeat(1, 1, self.proj.in_features // self.heads[0](x).shape[-1])"),
        ),
        Mistake(
            "the output is normalised by a layer norm of its own",
            edit(DROPOUT, DROPOUT + "\n        self.norm = nn.LayerNorm(n_embd)", OUT,
                 "return self.norm(self.dropout(self.proj(joined)))"),
        ),
        Mistake(
            "the projection is made, but its output is not used",
            edit(OUT, "self.proj(joined)\n        return self.dropout(joined)"),
        ),
        # The error
        Mistake("an n_embd that n_head does not divide goes unnoticed", edit(REFUSE, "pass")),
        Mistake("an n_embd that n_head does not divide stops an assert, not a ValueError",
                edit(REFUSE, "raise AssertionError(f\"{n_embd} {n_head}\")")),
        Mistake("the ValueError does not say which numbers don't fit", edit(REFUSE, 'raise ValueError("not divisible")')),
        Mistake("the ValueError names n_head only", edit(REFUSE, 'raise ValueError(f"wrong n_head {n_head}")')),
        Mistake("the ValueError names n_embd only", edit(REFUSE, 'raise ValueError(f"wrong n_embd {n_embd}")')),
        Mistake("a TypeError is raised where a ValueError is asked for",
                edit(REFUSE, REFUSE.replace("ValueError", "TypeError"))),
        Mistake(
            "the division is checked the wrong way round, so that every real model is refused",
            edit("if n_embd % n_head:", "if n_head % n_embd:"),
        ),
        # How the heads start
        Mistake(
            "all heads start as copies of one head",
            edit(HEADS, "import copy\n\n        one = Head(n_embd, head_size, block_size, dropout)\n        "
                 "self.heads = nn.ModuleList(copy.deepcopy(one) for _ in range(n_head))"),
        ),
        # What comes out
        Mistake(
            "the heads' outputs are joined along time, or stacked and reshaped, which scrambles heads and time",
            edit("dim=-1)", "dim=1)", OUT, "return self.dropout(self.proj(joined.reshape(x.shape)))"),
        ),
        Mistake(
            "the heads' outputs are joined along the batch, or stacked in front and reshaped, which scrambles the rows",
            edit("dim=-1)", "dim=0)", OUT, "return self.dropout(self.proj(joined.reshape(x.shape)))"),
        ),
        Mistake("forward returns nothing", edit("return self.dropout", "self.dropout")),
        Mistake("the heads' weights are returned along with the output", edit(OUT, OUT + ", joined")),
        Mistake(
            "the heads' outputs are summed instead of joined",
            edit(JOIN, "joined = torch.stack([head(x) for head in self.heads]).sum(dim=0)", OUT,
                 "return self.dropout(F.linear(joined, self.proj.weight[:, : joined.shape[-1]], self.proj.bias))"),
        ),
        Mistake("only the first head's output is used",
                edit(JOIN, "joined = F.pad(self.heads[0](x), (0, x.shape[-1] - self.heads[0](x).shape[-1]))")),
        Mistake("the heads are joined in reverse order", edit("in self.heads]", "in reversed(self.heads)]")),
        Mistake(
            "the heads' numbers are interleaved: first of each head, then second of each",
            edit(JOIN, "joined = torch.stack([head(x) for head in self.heads], dim=-1).flatten(2)"),
        ),
        Mistake(
            "the queries, keys and values are cut into heads by a view to (B, H, T, D), which scrambles them",
            whole(fused("        q, k, v = (a.reshape(B, H, T, D) for a in (q, k, v))\n"
                        "        joined = self.attend(q, k, v).transpose(1, 2).reshape(B, T, C)")),
        ),
        Mistake(
            "heads attend to each other at one position, because time and heads were not swapped",
            whole(fused("        q, k, v = (a.view(B, T, H, D) for a in (q, k, v))\n"
                        "        joined = self.attend(q, k, v).reshape(B, T, C)")),
        ),
        Mistake(
            "queries, keys and values are not cut into heads, so it is one big head",
            whole(fused("        joined = self.attend(q, k, v)")),
        ),
        Mistake(
            "the scores are divided by the square root of n_embd instead of the head size",
            whole(fused(SPLIT + "        joined = self.attend(q * H ** -0.5, k, v).transpose(1, 2).reshape(B, T, C)")),
        ),
        Mistake(
            "the fused projection's stretches are taken as key, query, value",
            whole(fused("        q, k = k, q\n" + SPLIT
                        + "        joined = self.attend(q, k, v).transpose(1, 2).reshape(B, T, C)")),
        ),
        Mistake(
            "the fused projection's output is read head by head: each head's query, key and value, then the next head's",
            whole(fused("        q, k, v = (a.flatten(2) for a in self.qkv(x).view(B, T, H, 3, D).unbind(dim=3))\n" + SPLIT
                        + "        joined = self.attend(q, k, v).transpose(1, 2).reshape(B, T, C)")),
        ),
        Mistake(
            "the queries, keys and values are cut into (D, H) instead of (H, D), so each head gets every H-th number",
            whole(fused("        q, k, v = (a.view(B, T, D, H).permute(0, 3, 1, 2) for a in (q, k, v))\n"
                        "        joined = self.attend(q, k, v).transpose(1, 2).reshape(B, T, C)")),
        ),
        Mistake(
            "all heads use the first head's keys and values",
            whole(fused(SPLIT + "        k, v = k[:, :1], v[:, :1]\n"
                        "        joined = self.attend(q, k, v).transpose(1, 2).reshape(B, T, C)")),
        ),
        Mistake(
            "the heads' outputs are averaged after all, and each head's place gets the same numbers",
            whole(fused(SPLIT + "        out = self.attend(q, k, v)\n"
                        "        joined = out.mean(dim=1, keepdim=True).expand_as(out).transpose(1, 2).reshape(B, T, C)")),
        ),
        Mistake(
            "every head but the first sees its own slice of the input only",
            edit(JOIN, "joined = torch.cat([head(x if i == 0 else x * (torch.arange(x.shape[-1]) // "
                 "(x.shape[-1] // len(self.heads)) == i)) for i, head in enumerate(self.heads)], dim=-1)"),
        ),
        Mistake(
            "the heads run one after another, each on what the last one was added to",
            edit(JOIN, "outs, stream = [], x\n        for head in self.heads:\n            outs.append(head(stream))\n"
                 "            stream = stream + F.pad(outs[-1], (0, x.shape[-1] - outs[-1].shape[-1]))\n"
                 "        joined = torch.cat(outs, dim=-1)"),
        ),
        Mistake("the projection is applied twice", edit("self.proj(joined)", "self.proj(self.proj(joined))")),
        Mistake("a ReLU follows the projection", edit("self.proj(joined)", "F.relu(self.proj(joined))")),
        Mistake("the input is added to the output, though the residual path is the block's work",
                edit("self.dropout(self.proj(joined))", "x + self.dropout(self.proj(joined))")),
        Mistake("the output is divided by the number of heads",
                edit("self.dropout(self.proj(joined))", "self.dropout(self.proj(joined)) / len(self.heads)")),
        Mistake(
            "the heads' outputs are computed in float32, whatever comes in",
            edit(JOIN, "joined = torch.cat([head(x) for head in self.heads], dim=-1).float()", OUT,
                 "return F.linear(self.dropout(joined), self.proj.weight.float(), self.proj.bias.float())"),
        ),
        # What may be seen
        Mistake(
            "there is no causal mask: each position sees the future",
            whole(fused(SPLIT + "        joined = (F.softmax(q @ k.mT * D ** -0.5, -1) @ v).transpose(1, 2)"
                        ".reshape(B, T, C)")),
        ),
        Mistake(
            "a little of the sequence's mean is mixed into every position",
            edit(JOIN, JOIN + " + 1e-3 * x.mean(dim=1, keepdim=True)"),
        ),
        Mistake(
            "a trace of the next token, too small for the numbers to show, has a gradient",
            edit(JOIN, JOIN + " + 1e-6 * x.flip(1).cumsum(1).flip(1)"),
        ),
        Mistake(
            "the mean over the batch is subtracted from the input first",
            edit(JOIN, "x = x - x.mean(dim=0)\n        " + JOIN),
        ),
        # Sizes
        Mistake(
            "the heads get head_size in the place of block_size, so that longer sequences fail",
            edit("Head(n_embd, head_size, block_size, dropout)", "Head(n_embd, head_size, head_size, dropout)"),
        ),
        Mistake(
            "the heads get block_size - 1, so that a sequence of block_size tokens fails",
            edit("Head(n_embd, head_size, block_size, dropout)", "Head(n_embd, head_size, block_size - 1, dropout)"),
        ),
        Mistake("the heads get 64 in the place of block_size", edit("Head(n_embd, head_size, block_size, dropout)", "Head(n_embd, head_size, 64, dropout)")),
        Mistake("a batch of one loses its first axis", edit(OUT, OUT + ".squeeze(0)")),
        Mistake("one head alone is taken for a mistake", edit("if n_embd % n_head:", "if n_head == 1 or n_embd % n_head:")),
        # Gradients and state
        Mistake("the heads' outputs are detached, so that no head ever learns", edit(JOIN, JOIN + ".detach()")),
        Mistake(
            "only the first head learns, the others are detached",
            edit("[head(x) for head in self.heads]",
                 "[head(x) if i == 0 else head(x).detach() for i, head in enumerate(self.heads)]"),
        ),
        Mistake(
            "the projection is applied through .data, so that it never learns",
            edit("self.proj(joined)", "F.linear(joined, self.proj.weight.data, self.proj.bias.data)"),
        ),
        Mistake("the input is changed in place", edit(OUT, "x += self.dropout(self.proj(joined))\n        return x")),
        # Dropout
        Mistake("there is no dropout anywhere",
                edit("block_size, dropout) for _", "block_size) for _", "self.dropout(self.proj(joined))", "self.proj(joined)")),
        Mistake("dropout is not passed on to the heads", edit("block_size, dropout) for _", "block_size) for _")),
        Mistake("there is no dropout after the projection", edit("self.dropout(self.proj(joined))", "self.proj(joined)")),
        Mistake("dropout is applied before the projection instead of after it",
                edit("self.dropout(self.proj(joined))", "self.proj(self.dropout(joined))")),
        Mistake("dropout is applied before the projection and again after it",
                edit("self.dropout(self.proj(joined))", "self.dropout(self.proj(self.dropout(joined)))")),
        Mistake("dropout is also active in eval mode",
                edit("self.dropout(self.proj(joined))", "F.dropout(self.proj(joined), self.dropout.p)")),
        Mistake("the output is dropped out twice",
                edit("self.dropout(self.proj(joined))", "self.dropout(self.dropout(self.proj(joined)))")),
        Mistake("dropout is on even when none was asked for", edit(DROPOUT, "self.dropout = nn.Dropout(max(dropout, 0.1))")),
    ]
}
