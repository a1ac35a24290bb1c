"""Ways people get the attention layer of a modern GPT wrong."""

from vibejam_core.course.known import Mistake, edit

# Passages of the reference that the mistakes below change.
SIZES = "self.n_head, self.kv_heads, self.head_dim = config.n_head, config.kv_heads, config.head_dim"
WINDOW = "self.window = config.window_of(layer_idx)"
C_Q = "self.c_q = Linear(config.n_embd, self.n_head * self.head_dim)"
C_K = "self.c_k = Linear(config.n_embd, self.kv_heads * self.head_dim)"
C_V = "self.c_v = Linear(config.n_embd, self.kv_heads * self.head_dim)"
C_PROJ = "self.c_proj = Linear(self.n_head * self.head_dim, config.n_embd)"
Q = "q = self.c_q(x).unflatten(-1, (self.n_head, self.head_dim))"
K = "k = self.c_k(x).unflatten(-1, (self.kv_heads, self.head_dim))"
V = "v = self.c_v(x)"
IF = "if value_embedding is not None:"
ADD = "v = v + value_embedding"
CUT = "v = v.unflatten(-1, (self.kv_heads, self.head_dim))"
READY = "q, k = rotate_and_norm(q, k, cos, sin)"
ATTEND = "out = attend(q, k, v, self.window)"
OUT = "return self.c_proj(out.flatten(-2))"


def plain(line):
    """The same layer as torch's own, with a bias."""
    return line.replace("Linear(", "nn.Linear(")


def plain_without_bias(line):
    """The same layer as torch's own, without a bias."""
    return line.replace("Linear(", "nn.Linear(").removesuffix(")") + ", bias=False)"


def before(passage, line):
    """One more line of ``forward``, before this one."""
    return edit(passage, f"{line}\n        {passage}")


MISTAKES = {
    "modern_block.CausalSelfAttention": [
        # What is learned
        Mistake("the projections have biases", edit(C_Q, plain(C_Q), C_K, plain(C_K), C_V, plain(C_V), C_PROJ, plain(C_PROJ))),
        Mistake("the output projection has a bias", edit(C_PROJ, plain(C_PROJ))),
        Mistake("the queries' projection has a bias", edit(C_Q, plain(C_Q))),
        Mistake("c_k and c_v are sized for n_head heads, whatever n_kv_head is", edit("config.n_head, config.kv_heads, config.head_dim", "config.n_head, config.n_head, config.head_dim")),
        Mistake("c_k is sized for n_head heads, though only the first kv_heads of them are used",
                edit(C_K, C_Q.replace("c_q", "c_k"), K, K.replace(".unflatten(-1, (self.kv_heads, self.head_dim))", ".unflatten(-1, (self.n_head, self.head_dim))[:, :, : self.kv_heads]"))),
        Mistake("n_kv_head is taken as it stands in the config, where 0 means one for each query head", edit("config.kv_heads, config.head_dim", "config.n_kv_head or 1, config.head_dim")),
        Mistake("there are n_kv_head groups of query heads, in the place of n_kv_head heads", edit("config.kv_heads, config.head_dim", "config.n_head // config.kv_heads, config.head_dim")),
        Mistake("one projection makes both the keys and the values", edit(C_V, "self.c_v = self.c_k")),
        Mistake("keys and values come from one fused projection", edit(
            C_K, "self.c_kv = Linear(config.n_embd, 2 * self.kv_heads * self.head_dim)", C_V, "",
            K, "k, v = self.c_kv(x).chunk(2, dim=-1)\n        k = k.unflatten(-1, (self.kv_heads, self.head_dim))", V, "")),
        Mistake("there is no output projection", edit(C_PROJ, "", OUT, "return out.flatten(-2)")),
        Mistake("the projections are kept in a plain list, where no optimiser finds them",
                edit(C_Q, "self.layers = [Linear(config.n_embd, self.n_head * self.head_dim)]", "self.c_q(x)", "self.layers[0](x)")),
        Mistake("queries and keys are normed with gains that are learned", edit(
            C_PROJ, C_PROJ + "\n        self.q_norm, self.k_norm = nn.RMSNorm(self.head_dim), nn.RMSNorm(self.head_dim)",
            ATTEND, "q, k = self.q_norm(q).to(v.dtype), self.k_norm(k).to(v.dtype)\n        " + ATTEND)),
        Mistake("each head learns a temperature", edit(C_PROJ, C_PROJ + "\n        self.scale = nn.Parameter(torch.ones(self.n_head, 1))",
                ATTEND, "q = (q * self.scale).to(v.dtype)\n        " + ATTEND)),
        Mistake("c_q makes the keys and c_k the queries, so that queries have too few heads",
                edit(C_Q, C_K.replace("c_k", "c_q"), C_K, C_Q.replace("c_q", "c_k"), "self.c_q(x)", "self.c_k_(x)", "self.c_k(x)", "self.c_q(x)", "self.c_k_(x)", "self.c_k(x)")),
        # What comes out
        Mistake("the result is computed but not returned", edit(OUT, OUT.replace("return", "out ="))),
        Mistake("the keys and values are returned along with the output", edit(OUT, OUT + ", (k, v)")),
        Mistake("the output is left as (B, T, H, D)", edit(OUT, OUT + ".unflatten(-1, (self.n_head, self.head_dim))")),
        Mistake("a batch of one loses its first axis, and a single token its second", edit(OUT, OUT + ".squeeze(1)")),
        Mistake("the input is normed in place", before(Q, "x.copy_(norm(x.detach()))")),
        Mistake("the value embedding is summed up in place", edit(ADD, "v = value_embedding.add_(v) if not value_embedding.requires_grad else v + value_embedding")),
        # The rows of the batch and time
        Mistake("rows and tokens are swapped", before(Q, "x = x.transpose(0, 1)\n        value_embedding = None if value_embedding is None else value_embedding.transpose(0, 1)\n        cos, sin = cos[:1].expand(len(x[0]), -1), sin[:1].expand(len(x[0]), -1)")),
        Mistake("the tokens are read from last to first, so that each sees the future", edit(ATTEND, "out = attend(q.flip(1), k.flip(1), v.flip(1), self.window).flip(1)")),
        Mistake("the keys of the whole batch are averaged", before(READY, "k = k.mean(dim=0, keepdim=True).expand_as(k)")),
        Mistake("attention isn't causal", edit(ATTEND, "k, v = (each.repeat_interleave(self.n_head // self.kv_heads, dim=2) for each in (k, v))\n        "
                "out = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)).transpose(1, 2)")),
        Mistake("a trace of the next tokens, too small for the numbers to show, has a gradient", edit(V, "v = self.c_v(x + 1e-6 * x.sum(dim=1, keepdim=True))")),
        # Which numbers are a head
        Mistake("the queries are cut into heads of numbers that stand H apart, not side by side", edit(Q, "q = self.c_q(x).unflatten(-1, (self.head_dim, self.n_head)).transpose(-1, -2)")),
        Mistake("the keys are cut into heads of numbers that stand KV apart", edit(K, "k = self.c_k(x).unflatten(-1, (self.head_dim, self.kv_heads)).transpose(-1, -2)")),
        Mistake("the values are cut into heads of numbers that stand KV apart", edit(CUT, "v = v.unflatten(-1, (self.head_dim, self.kv_heads)).transpose(-1, -2)")),
        Mistake("queries, keys and values are all cut into heads of numbers that don't stand side by side", edit(
            Q, "q = self.c_q(x).unflatten(-1, (self.head_dim, self.n_head)).transpose(-1, -2)",
            K, "k = self.c_k(x).unflatten(-1, (self.head_dim, self.kv_heads)).transpose(-1, -2)",
            CUT, "v = v.unflatten(-1, (self.head_dim, self.kv_heads)).transpose(-1, -2)")),
        Mistake("the heads of the queries are cut across tokens: the axes are read as (B, H, T, D)", edit(Q, "q = self.c_q(x).view(len(x), self.n_head, -1, self.head_dim).transpose(1, 2)")),
        Mistake("the values' heads are cut across tokens: the axes are read as (B, KV, T, D)", edit(CUT, "v = v.view(len(x), self.kv_heads, -1, self.head_dim).transpose(1, 2)")),
        Mistake("the outputs of the heads are joined number by number, not head by head", edit("out.flatten(-2)", "out.transpose(-1, -2).flatten(-2)")),
        Mistake("the outputs of the heads are joined across tokens", edit("out.flatten(-2)", "out.transpose(1, 2).reshape(x.shape)")),
        Mistake("the heads are joined in the opposite order", edit("out.flatten(-2)", "out.flip(-2).flatten(-2)")),
        Mistake("the heads are averaged, not joined", edit("out.flatten(-2)", "out.mean(dim=-2, keepdim=True).expand_as(out).flatten(-2)")),
        Mistake("only the first head is used, for all", edit("out.flatten(-2)", "out[:, :, :1].expand_as(out).flatten(-2)")),
        Mistake("heads of keys and values are repeated in the wrong order before they are shared", before(ATTEND, "k, v = (each.repeat(1, 1, self.n_head // self.kv_heads, 1) for each in (k, v))")),
        # Queries, keys and values
        Mistake("the keys are used as values too", edit(V, "v = self.c_k(x)")),
        Mistake("the values are used as keys too", edit(K, K.replace("c_k", "c_v"))),
        Mistake("c_k makes the values and c_v the keys", edit(K, K.replace("c_k", "c_v"), V, "v = self.c_k(x)")),
        Mistake("keys and values are handed to attend in the wrong order", edit(ATTEND, "out = attend(q, v, k, self.window)")),
        Mistake("the values are the stream itself, not projected", edit(V, "v = x[..., : self.kv_heads * self.head_dim]")),
        Mistake("queries and keys are neither turned nor normed", edit(READY, "")),
        Mistake("queries and keys are normed but not turned, so that positions are ignored", edit(READY, "q, k = norm(q), norm(k)")),
        Mistake("queries and keys are turned but not normed (QK-norm)", edit(READY, "from vibejam_core.models.rotary import apply_rotary_emb\n\n        q, k = apply_rotary_emb(q, cos, sin), apply_rotary_emb(k, cos, sin)")),
        Mistake("only the queries are turned and normed", edit(READY, "q, _ = rotate_and_norm(q, k, cos, sin)")),
        Mistake("only the keys are turned and normed", edit(READY, "_, k = rotate_and_norm(q, k, cos, sin)")),
        Mistake("queries and keys are turned twice", edit(READY, READY + "\n        " + READY)),
        Mistake("the values are turned and normed as well", before(READY, "_, v = rotate_and_norm(q, v, cos, sin)")),
        Mistake("the values are normed as well", before(READY, "v = norm(v)")),
        Mistake("the turn is clockwise for queries and keys, or cos and sin are swapped, which comes to the same", edit(READY, "q, k = rotate_and_norm(q, k, cos, -sin)")),
        Mistake("the turn is clockwise for the keys only", edit(READY, "q, k = rotate_and_norm(q, k, cos, sin)[0], rotate_and_norm(q, k, cos, -sin)[1]")),
        Mistake("cos and sin are ignored: positions are counted again, 0 to T - 1",
                edit(READY, "from vibejam_core.models.rotary import precompute_rotary\n\n        q, k = rotate_and_norm(q, k, *precompute_rotary(torch.arange(x.shape[1]), self.head_dim, dtype=x.dtype))")),
        Mistake("queries and keys are normed across all heads", edit(
            READY, "from vibejam_core.models.rotary import apply_rotary_emb\n\n        "
            "q, k = apply_rotary_emb(norm(q.flatten(-2)).view(q.shape), cos, sin), apply_rotary_emb(norm(k.flatten(-2)).view(k.shape), cos, sin)")),
        Mistake("the scores are divided by the root of D twice", before(ATTEND, "q = q * self.head_dim**-0.5")),
        Mistake("the queries are scaled by 1.2 after their norm", before(ATTEND, "q = q * 1.2")),
        Mistake("the input is normed, which is the block's work", before(Q, "x = norm(x)")),
        Mistake("the output is normed before c_proj", edit("out.flatten(-2)", "norm(out.flatten(-2))")),
        Mistake("the output is normed after c_proj", edit(OUT, "return norm(self.c_proj(out.flatten(-2)))")),
        Mistake("the input is added to the output, which is the block's work", edit(OUT, OUT.replace("return", "return x +"))),
        Mistake("c_proj is applied twice", edit(OUT, "return self.c_proj(self.c_proj(out.flatten(-2)))")),
        Mistake("c_proj is never applied", edit(OUT, "return out.flatten(-2)")),
        # The value embedding
        Mistake("the value embedding is ignored", edit(ADD, "pass")),
        Mistake("the value embedding is added to the keys", edit(ADD, "k = k + value_embedding.view_as(k)")),
        Mistake("the value embedding is added to the keys as well as to the values", edit(ADD, "v, k = v + value_embedding, k + value_embedding.view_as(k)")),
        Mistake("the value embedding takes the place of the values", edit(ADD, "v = value_embedding")),
        Mistake("the value embedding and the values are averaged", edit(ADD, "v = (v + value_embedding) / 2")),
        Mistake("the value embedding is multiplied with the values", edit(ADD, "v = v * value_embedding")),
        Mistake("the value embedding is added twice", edit(ADD, "v = v + 2 * value_embedding")),
        Mistake("the value embedding is normed before it is added", edit(ADD, "v = v + norm(value_embedding)")),
        Mistake("the value embedding is added to what attention gathered, not to the values", edit(ADD, "pass", ATTEND, ATTEND + "\n        if value_embedding is not None:\n"
                "            out = out + value_embedding.unflatten(-1, (self.kv_heads, self.head_dim)).repeat_interleave(self.n_head // self.kv_heads, dim=2)")),
        Mistake("the value embedding is cut into heads of numbers that don't stand side by side", edit(ADD, "v = v + value_embedding.unflatten(-1, (self.head_dim, self.kv_heads)).transpose(-1, -2).flatten(-2)")),
        Mistake("the value embedding is needed: without one the layer fails", edit(IF, "if True:")),
        Mistake("the value embedding is added in every other layer only, whatever is passed in", edit(SIZES, SIZES + "\n        self.even = layer_idx % 2 == 0", IF, IF.replace(":", " and self.even:"))),
        Mistake("the value embedding is left out in layers with a window", edit(IF, IF.replace(":", " and not self.window:"))),
        Mistake("the value embedding is detached, so that it never learns", edit(ADD, "v = v + value_embedding.detach()")),
        # The window
        Mistake("the window is ignored", edit(ATTEND, "out = attend(q, k, v)")),
        Mistake("all layers have the window of layer 0", edit(WINDOW, "self.window = config.window_of(0)")),
        Mistake("each layer has the window of the next", edit(WINDOW, "self.window = config.window_of(layer_idx + 1)")),
        Mistake("each layer has the window of the one before", edit(WINDOW, "self.window = config.window_of(max(layer_idx - 1, 0))")),
        Mistake("the pattern is read without its rule for the last layer", edit(WINDOW, "self.window = config.window_of(layer_idx % len(config.window_pattern))")),
        Mistake("the window is one token too large", edit(WINDOW, "self.window = config.window_of(layer_idx)\n        self.window += self.window > 0")),
        Mistake("the window is one token too small", edit(WINDOW, "self.window = config.window_of(layer_idx)\n        self.window -= self.window > 0")),
        Mistake("the window is half of the text that came, not half of block_size", edit(ATTEND, "out = attend(q, k, v, x.shape[1] // 2 if self.window else 0)")),
        Mistake("layers without a window have one of half the context, and the other way round", edit(WINDOW, "self.window = 0 if config.window_of(layer_idx) else config.block_size // 2")),
        # Dtypes
        Mistake("the projections are torch's nn.Linear, which refuse an x of another dtype than their weights",
                edit(*(part for line in (C_Q, C_K, C_V, C_PROJ) for part in (line, plain_without_bias(line))))),
        Mistake("the output is float32, whatever came in", edit(OUT, OUT + ".float()")),
        Mistake("queries and keys are float32 after their norm, which the values don't fit", edit(READY, "q, k = rotate_and_norm(q.float(), k.float(), cos, sin)")),
        Mistake("the weights themselves are turned into the dtype of x, for good", before(Q, "self.to(x.dtype)")),
        # Chance and state
        Mistake("the output is dropped out in training", edit(SIZES, SIZES + "\n        self.dropout = nn.Dropout(config.dropout)", OUT, "return self.dropout(self.c_proj(out.flatten(-2)))")),
        Mistake("the queries are dropped out in training", edit(SIZES, SIZES + "\n        self.dropout = nn.Dropout(config.dropout)", ATTEND, "out = attend(self.dropout(q), k, v, self.window)")),
        Mistake("the tables of the first call are kept for later ones", before(READY, "self.kept = getattr(self, 'kept', (cos, sin))\n        cos, sin = self.kept if len(self.kept[0]) == len(cos) else (self.kept[0][-1:].expand_as(cos), self.kept[1][-1:].expand_as(sin))")),
        Mistake("keys and values of the call before are seen as well", before(READY, "self.past, past = v.detach(), getattr(self, 'past', None)\n        v = v if past is None else v + past.mean(dim=1, keepdim=True).mean(dim=0, keepdim=True)")),
        Mistake("a single token is refused in a layer with a window", before(Q, "assert self.window == 0 or x.shape[1] > 1")),
        Mistake("the weights are kept in the compute dtype", edit(C_PROJ, C_PROJ + "\n        self.to(getattr(torch, config.compute_dtype))")),
        Mistake("the value embedding of an earlier call is added where none came",
                edit(IF, "self.kept = value_embedding = getattr(self, 'kept', None) if value_embedding is None else value_embedding\n        "
                     "if value_embedding is not None and value_embedding.shape == v.shape:")),
        Mistake("the value embedding is added in training only", edit(IF, "if value_embedding is not None and self.training:")),
        Mistake("the window is kept in the class, where the layer made last sets it for all", edit(WINDOW, WINDOW.replace("self.", "type(self)."))),
        # Gradients
        Mistake("no gradient comes back to x: it is detached", edit("self.c_q(x)", "self.c_q(x.detach())", "self.c_k(x)", "self.c_k(x.detach())", "self.c_v(x)", "self.c_v(x.detach())")),
        Mistake("it runs under torch.no_grad", edit("    def forward", "    @torch.no_grad()\n    def forward")),
        Mistake("the values are detached, so that c_v never learns", edit(CUT, CUT.replace("= v.", "= v.detach()."))),
        Mistake("queries and keys are detached, so that c_q and c_k never learn", edit(READY, "q, k = rotate_and_norm(q.detach(), k.detach(), cos, sin)")),
        Mistake("the keys are detached, so that c_k never learns", edit(READY, "q, k = rotate_and_norm(q, k.detach(), cos, sin)")),
        Mistake("the queries are detached, so that c_q never learns", edit(READY, "q, k = rotate_and_norm(q.detach(), k, cos, sin)")),
        Mistake("what c_proj gets is detached, so that only c_proj learns", edit("out.flatten(-2)", "out.flatten(-2).detach()")),
        Mistake("c_proj's own weight is detached, so that it never learns", edit(OUT, "return F.linear(out.flatten(-2), self.c_proj.weight.detach().to(x.dtype))")),
    ]
}
