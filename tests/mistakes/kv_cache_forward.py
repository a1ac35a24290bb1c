"""The ways people get the cached forward wrong."""

from vibejam_core.course.known import Mistake, whole

PLAIN = '''
@torch.no_grad()
def forward_cached(model, idx, cache, counts=None, last_only=False):
    config = model.config
    B, T = idx.shape
    if counts is None:
        counts = [T] * B
    longest = max(length + count for length, count in zip(cache.lengths, counts))
    if longest > config.block_size:
        raise ValueError(f"a text would have {longest} tokens, more than the block_size of {config.block_size}")
    begins = torch.tensor(cache.lengths)
    positions = begins[:, None] + torch.arange(T)
    positions = positions.clamp(max=config.block_size - 1)
    cos = model.cos[positions]
    sin = model.sin[positions]
    x = model.transformer["wte"](idx)
    x = x.to(dtype_of(config))
    x = norm(x)
    x0 = x
    for i, block in enumerate(model.transformer["h"]):
        if config.residual_scalars:
            x = (model.resid_lambdas[i] * x + model.x0_lambdas[i] * x0).to(x0.dtype)
        attn = block.attn
        normed = norm(x)
        q = attn.c_q(normed).unflatten(-1, (config.n_head, config.head_dim))
        k = attn.c_k(normed).unflatten(-1, (config.kv_heads, config.head_dim))
        v = attn.c_v(normed)
        if str(i) in model.value_embeds:
            v = v + model.value_embeds[str(i)](idx).to(v.dtype)
        v = v.unflatten(-1, (config.kv_heads, config.head_dim))
        q, k = rotate_and_norm(q, k, cos, sin)
        k, v = cache.insert(i, k, v)
        window = config.window_of(i)
        out = attend_cached(q, k, v, cache.lengths, window)
        x = x + attn.c_proj(out.flatten(-2))
        x = x + block.mlp(norm(x))
    cache.advance(counts)
    if last_only:
        x = x[torch.arange(B), torch.tensor(list(counts)) - 1]
    x = norm(x)
    logits = model.lm_head(x)
    logits = logits[..., : config.vocab_size]
    logits = logits.float()
    if config.softcap > 0:
        logits = config.softcap * torch.tanh(logits / config.softcap)
    return logits
'''
"""The forward with one step to a line; the mistakes below change passages of it."""

NO_GRAD = "@torch.no_grad()\n"
COUNTS = "counts = [T] * B"
LONGEST = "longest = max(length + count for length, count in zip(cache.lengths, counts))"
REFUSE = "if longest > config.block_size:"
SAY = 'f"a text would have {longest} tokens, more than the block_size of {config.block_size}"'
BEGINS = "begins = torch.tensor(cache.lengths)"
POSITIONS = "positions = begins[:, None] + torch.arange(T)"
CLAMP = "positions = positions.clamp(max=config.block_size - 1)"
COS = "cos = model.cos[positions]"
SIN = "sin = model.sin[positions]"
WTE = 'x = model.transformer["wte"](idx)'
CAST = "x = x.to(dtype_of(config))"
FIRST_NORM = "x = norm(x)\n    x0 = x"
X0 = "x0 = x\n"
LAYERS = 'for i, block in enumerate(model.transformer["h"]):'
SCALARS = "if config.residual_scalars:"
MIX = "x = (model.resid_lambdas[i] * x + model.x0_lambdas[i] * x0).to(x0.dtype)"
NORMED = "normed = norm(x)"
EXTRA = "if str(i) in model.value_embeds:"
ADD = "v = v + model.value_embeds[str(i)](idx).to(v.dtype)"
TURN = "q, k = rotate_and_norm(q, k, cos, sin)"
INSERT = "k, v = cache.insert(i, k, v)"
WINDOW = "window = config.window_of(i)"
ATTEND = "out = attend_cached(q, k, v, cache.lengths, window)"
PROJ = "x = x + attn.c_proj(out.flatten(-2))"
MLP = "x = x + block.mlp(norm(x))"
ADVANCE = "cache.advance(counts)"
LAST = "if last_only:"
PICK = "x = x[torch.arange(B), torch.tensor(list(counts)) - 1]"
LAST_NORM = "x = norm(x)\n    logits"
HEAD = "logits = model.lm_head(x)"
CROP = "logits = logits[..., : config.vocab_size]"
FLOAT = "logits = logits.float()"
WHETHER = "if config.softcap > 0:"
CAP = "logits = config.softcap * torch.tanh(logits / config.softcap)"
IN = "\n    "


def plain(*passages):
    """The plain version with passages replaced, old and new in turn."""
    text = PLAIN
    for old, new in zip(passages[::2], passages[1::2], strict=True):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return whole(text)


MISTAKES = {
    "kv_cache.forward_cached": [
        # Positions
        Mistake("the offset is lost in decoding: new tokens get the cosines and sines of the first positions", plain(POSITIONS, "positions = torch.arange(T).expand(B, T)")),
        Mistake("new tokens stand one position too late", plain(POSITIONS, POSITIONS + " + 1")),
        Mistake("new tokens behind old ones stand one position too early", plain(POSITIONS, "positions = (begins - 1).clamp(min=0)[:, None] + torch.arange(T)")),
        Mistake("a single new token stands one position too early", plain(POSITIONS, POSITIONS + IN + "if T == 1:" + IN + "    positions = (positions - 1).clamp(min=0)")),
        Mistake("only a single new token stands behind the old ones: several are taken for a prompt, from position 0 on", plain(POSITIONS, POSITIONS + " - (T > 1) * begins[:, None]")),
        Mistake("all new tokens of a piece stand at the first one's position", plain(POSITIONS, "positions = begins[:, None].expand(B, T)")),
        Mistake("all new tokens of a piece stand at the last one's position", plain(POSITIONS, "positions = (begins[:, None] + T - 1).expand(B, T)")),
        Mistake("all rows get the positions of the longest", plain(BEGINS, "begins = torch.full((B,), max(cache.lengths))")),
        Mistake("all rows get the positions of the shortest", plain(BEGINS, "begins = torch.full((B,), min(cache.lengths))")),
        Mistake("all rows get the positions of the first", plain(BEGINS, "begins = torch.full((B,), cache.lengths[0])")),
        Mistake("the positions are counted from the end of the room", plain(POSITIONS, "positions = torch.arange(config.block_size - T, config.block_size).expand(B, T)")),
        Mistake("padding beyond block_size has no cosine and sine: it fails with an index error", plain(CLAMP, "")),
        Mistake("positions beyond block_size begin again at 0, and so does the last one", plain(CLAMP, "positions = positions % (config.block_size - 1)")),
        Mistake("cosines and sines are swapped", plain(COS, "cos = model.sin[positions]", SIN, "sin = model.cos[positions]")),
        Mistake("positions are counted in a list of its own on the cache, which a selected cache lacks", plain(BEGINS, "held = cache.__dict__.setdefault('held', [0] * B)" + IN + "begins = torch.tensor(held)", ADVANCE, ADVANCE + IN + "cache.held = [a + b for a, b in zip(held, counts)]")),
        Mistake("the rotation is left out: queries and keys are only normed", plain(TURN, "q, k = norm(q), norm(k)")),
        Mistake("the rotation goes the other way, for queries only", plain(TURN, "q, _ = rotate_and_norm(q, k, cos, -sin)" + IN + "    _, k = rotate_and_norm(q, k, cos, sin)")),
        Mistake("queries and keys are turned, but not normed", plain(TURN, "from vibejam_core.models.rotary import apply_rotary_emb" + IN + "    q, k = apply_rotary_emb(q, cos, sin), apply_rotary_emb(k, cos, sin)")),
        # The cache
        Mistake("keys go into the cache before they are turned, and old ones are never turned", plain(TURN, "_, turned = rotate_and_norm(q, k, cos, sin)" + IN + "    q, _ = rotate_and_norm(q, k, cos, sin)", INSERT, "before = max(cache.lengths)" + IN + "    k, v = cache.insert(i, k, v)" + IN
                + "    k = torch.cat([norm(k[:, :before]), turned], 1)")),
        Mistake("all keys are turned by the new tokens' positions, old ones again", plain(INSERT, INSERT + IN + "    if T == 1:" + IN + "        k = torch.cat([rotate_and_norm(k[:, :-1], k[:, :-1], cos, sin)[0], k[:, -1:]], 1)")),
        Mistake("the new keys and values are attended to alone, not with those from the cache", plain(INSERT, "cache.insert(i, k, v)", ATTEND, "out = attend_cached(q, k, v, [0] * B, window)")),
        Mistake("every layer writes into layer 0 of the cache", plain(INSERT, INSERT.replace("insert(i", "insert(0"))),
        Mistake("the layers write into the cache in reverse order, and windows too", plain(INSERT, INSERT.replace("insert(i", "insert(config.n_layer - 1 - i"), WINDOW, "window = config.window_of(config.n_layer - 1 - i)")),
        Mistake("the values go into the cache without the value embedding", plain(ADD, "pass")),
        Mistake("keys and values go into the cache in the wrong order", plain(INSERT, "v, k = cache.insert(i, v, k)", ATTEND, "out = attend_cached(q, v, k, cache.lengths, window)")),
        Mistake("the cache advances in every layer", plain(ADVANCE, "pass", MLP, MLP + IN + "    cache.advance(counts)")),
        Mistake("the cache advances before the layers, so that new tokens are written one piece too late", plain(ADVANCE, "pass", LAYERS, "cache.advance(counts)" + IN + LAYERS)),
        Mistake("the cache advances after the first layer", plain(ADVANCE, "pass", MLP, MLP + IN + "    if i == 0:" + IN + "        cache.advance(counts)")),
        Mistake("the cache doesn't advance", plain(ADVANCE, "pass")),
        Mistake("the cache advances by all T tokens, padding included", plain(ADVANCE, "cache.advance([T] * B)")),
        Mistake("the cache advances by one token, however many there were", plain(ADVANCE, "cache.advance([1] * B)")),
        Mistake("the cache advances by one token less than there were", plain(ADVANCE, "cache.advance([count - 1 for count in counts])")),
        Mistake("the cache advances by the longest count in every row", plain(ADVANCE, "cache.advance([max(counts)] * B)")),
        # Attention
        Mistake("the window is forgotten", plain(ATTEND, "out = attend_cached(q, k, v, cache.lengths)")),
        Mistake("the window is forgotten for single tokens", plain(WINDOW, WINDOW + " if T > 1 else 0")),
        Mistake("the window is one too small for single tokens", plain(WINDOW, WINDOW + IN + "    window -= int(T == 1 and window > 1)")),
        Mistake("the window is one too large for single tokens", plain(WINDOW, WINDOW + IN + "    window += int(T == 1 and window > 0)")),
        Mistake("every layer takes the window of the first", plain(WINDOW, "window = config.window_of(0)")),
        Mistake("every layer takes the window of the next", plain(WINDOW, "window = config.window_of(min(i + 1, config.n_layer - 1))")),
        Mistake("the last layer has a window like the others", plain(WINDOW, 'window = config.block_size // 2 if config.window_pattern[i % len(config.window_pattern)] == "S" else 0')),
        Mistake("a prompt is attended to without a causal mask", plain(ATTEND, "lengths = [length + T - 1 if T > 1 else length for length in cache.lengths]" + IN + "    out = attend_cached(q, k, v, lengths, window)")),
        Mistake("all rows are attended to as far as the longest", plain(ATTEND, ATTEND.replace("cache.lengths", "[max(cache.lengths)] * B"))),
        Mistake("the attention is told the lengths with the new tokens", plain(ATTEND, ATTEND.replace("cache.lengths", "[length + count for length, count in zip(cache.lengths, counts)]"))),
        Mistake("the attention is told lengths of 0", plain(ATTEND, ATTEND.replace("cache.lengths", "[0] * B"))),
        Mistake("n_kv_head is taken for the number of heads of keys, also where it is 0", plain("k = attn.c_k(normed).unflatten(-1, (config.kv_heads,", "k = attn.c_k(normed).unflatten(-1, (config.n_kv_head,")),
        Mistake("the attention's output is not projected", plain(PROJ, "x = x + out.flatten(-2)")),
        Mistake("the attention's output replaces the stream", plain(PROJ, "x = attn.c_proj(out.flatten(-2))")),
        Mistake("the heads are joined in the wrong order", plain(PROJ, "x = x + attn.c_proj(out.transpose(-1, -2).flatten(-2))")),
        # The rest of the model
        Mistake("the embedding is not normed", plain(FIRST_NORM, X0.strip())),
        Mistake("attention gets the stream without a norm", plain(NORMED, "normed = x")),
        Mistake("the network gets the stream without a norm", plain(MLP, "x = x + block.mlp(x)")),
        Mistake("the network's output replaces the stream", plain(MLP, "x = block.mlp(norm(x))")),
        Mistake("the network is left out", plain(MLP, "pass")),
        Mistake("attention and network both read the stream from before the block", plain(PROJ, "before, x = x, x + attn.c_proj(out.flatten(-2))", MLP, "x = x + block.mlp(norm(before))")),
        Mistake("the last layer is left out", plain(LAYERS, 'for i, block in enumerate(list(model.transformer["h"])[:-1]):')),
        Mistake("every layer uses the first block's weights", plain(LAYERS, LAYERS + IN + '    block = model.transformer["h"][0]')),
        Mistake("the stream is not normed before the head", plain(LAST_NORM, "logits")),
        Mistake("the residual scalars are left out", plain(SCALARS, "if False:")),
        Mistake("the residual scalars of the stream and of the first embedding are swapped", plain(MIX, "x = (model.x0_lambdas[i] * x + model.resid_lambdas[i] * x0).to(x0.dtype)")),
        Mistake("every layer uses the first residual scalars", plain(MIX, MIX.replace("[i]", "[0]"))),
        Mistake("the first embedding that is mixed in is the last layer's input", plain(MIX, MIX + IN + "        x0 = x")),
        Mistake("the first embedding that is mixed in isn't normed", plain(FIRST_NORM, "x0 = x" + IN + "x = norm(x)\n")),
        Mistake("the residual scalars come after the block", plain(MIX, "pass", MLP, MLP + IN + "    if config.residual_scalars:" + IN + "        " + MIX)),
        Mistake("the value embedding is that of the token before", plain(ADD, ADD.replace("(idx)", "(idx.roll(1, 1))"))),
        Mistake("the value embedding is that of the first new token, for all of them", plain(ADD, ADD.replace("(idx)", "(idx[:, :1].expand_as(idx))"))),
        Mistake("value embeddings are added to keys as well", plain(ADD, ADD + IN + "        k = k + model.value_embeds[str(i)](idx).unflatten(-1, k.shape[2:])")),
        Mistake("layers with an even number have a value embedding, whatever the depth", plain(EXTRA, "if config.value_embeddings and i % 2 == 0:")),
        Mistake("every layer adds the value embedding of the last", plain(EXTRA, "if config.value_embeddings:", ADD, ADD.replace("str(i)", "str(config.n_layer - 1)"))),
        Mistake("the value embedding is multiplied by the layer's residual scalar, where there is one", plain(ADD, "scale = model.resid_lambdas[i] if config.residual_scalars else 1.0" + IN + "        v = v + (scale * model.value_embeds[str(i)](idx)).to(v.dtype)")),
        Mistake("the value embedding is normed", plain(ADD, "v = v + norm(model.value_embeds[str(i)](idx)).to(v.dtype)")),
        # The scores
        Mistake("the padded vocabulary gets scores too", plain(CROP, "")),
        Mistake("one token too few gets a score", plain(CROP, CROP.replace("vocab_size]", "vocab_size - 1]"))),
        Mistake("the last scores are taken, not the first V", plain(CROP, "logits = logits[..., -config.vocab_size :]")),
        Mistake("the softcap is left out", plain(WHETHER, "if False:")),
        Mistake("the softcap cuts off instead of bending", plain(CAP, "logits = logits.clamp(-config.softcap, config.softcap)")),
        Mistake("the softcap is not multiplied back", plain(CAP, "logits = torch.tanh(logits / config.softcap)")),
        Mistake("the logits aren't divided by the softcap before tanh", plain(CAP, "logits = config.softcap * torch.tanh(logits)")),
        Mistake("a softcap of 0 divides by zero", plain(WHETHER, "if True:")),
        Mistake("the softcap is computed in the compute dtype, before the logits become float32", plain(FLOAT, "", CAP, CAP + IN + "logits = logits.float()")),
        Mistake("the softcap is 15, whatever the config says", plain(WHETHER, "if config.softcap > 0:" + IN + "    logits = 15 * torch.tanh(logits / 15)" + IN + "elif False:")),
        Mistake("probabilities come back, not logits", plain("    return logits\n", "    return torch.softmax(logits, dim=-1)\n")),
        Mistake("the logits come back in the compute dtype", plain(FLOAT, "")),
        Mistake("logits come back with None for the loss, as lab 12's forward does", plain("    return logits\n", "    return logits, None\n")),
        Mistake("only the last position's logits come back, whatever last_only says", plain(LAST, "if True:")),
        Mistake("last_only is ignored", plain(LAST, "if False:")),
        Mistake("last_only takes the last position, padding or not", plain(PICK, "x = x[:, -1]")),
        Mistake("last_only takes one position too early", plain(PICK, PICK.replace("- 1]", "- 2]"))),
        Mistake("last_only takes the first row's last position in every row", plain(PICK, "x = x[:, counts[0] - 1]")),
        Mistake("last_only takes the position that the cache's length says, not the count", plain(PICK, "x = x[torch.arange(B), (torch.tensor(cache.lengths) - 1).clamp(max=T - 1)]")),
        Mistake("last_only loses the axis of rows where there is one", plain("    return logits\n", "    return logits.squeeze() if last_only else logits\n")),
        Mistake("last_only keeps the axis of positions where there is a single token", plain(LAST, "if last_only and T > 1:")),
        Mistake("last_only takes the last position, padding or not, where all rows count alike", plain(PICK, "x = x[:, -1] if len(set(counts)) == 1 else x[torch.arange(B), torch.tensor(list(counts)) - 1]")),
        Mistake("last_only keeps the axis of positions", plain(PICK, PICK + "[:, None]")),
        Mistake("everything is computed in float32, whatever the compute dtype", plain(CAST, "pass")),
        Mistake("the head computes in float32, whatever the compute dtype", plain(HEAD, "logits = model.lm_head(x.float())")),
        # Counts and padding
        Mistake("counts are ignored: all T tokens are taken for real", plain("if counts is None:", "if True:")),
        Mistake("counts of None stand for one token", plain(COUNTS, "counts = [1] * B")),
        Mistake("padding counts for block_size: too much of it is refused", plain(LONGEST, "longest = max(cache.lengths) + T")),
        Mistake("the counts must be a list", plain(ADVANCE, "cache.advance(counts + [])")),
        Mistake("the caller's counts are set to 0 when they are done", plain("    return logits\n", "    if isinstance(counts, list):" + IN + "    counts[:] = [0] * B" + IN + "return logits\n")),
        Mistake("padding is found by its id, where there are counts: tokens of id 0 at the end of a row", plain(BEGINS, "if sum(counts) < B * T:" + IN + "    counts = [max(1, T - int((row.flip(0).cumsum(0) == 0).sum())) for row in idx]" + IN + BEGINS)),
        Mistake("the padding is set to 0 in the caller's tokens", plain(WTE, "idx[torch.arange(T) >= torch.tensor(list(counts))[:, None]] = 0" + IN + WTE)),
        Mistake("new tokens see the padding of their row from the pass before", plain(ATTEND, "lengths = [cache.__dict__.get('inserted', 0)] * B" + IN + "    lengths = [max(a, b) for a, b in zip(lengths, cache.lengths)]" + IN + "    out = attend_cached(q, F.pad(k, (0, 0, 0, 0, 0, 20)), F.pad(v, (0, 0, 0, 0, 0, 20)), lengths, window)", ADVANCE, "cache.inserted = max(cache.lengths) + T if min(counts) < T else 0" + IN + ADVANCE)),
        # Errors
        Mistake("texts that are too long are not refused", plain(REFUSE, "if False:")),
        Mistake("more than block_size tokens at once are refused, padding or not", plain(REFUSE, "longest = max(longest, T)" + IN + REFUSE)),
        Mistake("a text of exactly block_size tokens is refused", plain(REFUSE, "if longest >= config.block_size:")),
        Mistake("a text may have one token more than block_size", plain(REFUSE, "if longest > config.block_size + 1:")),
        Mistake("only the new tokens are compared with block_size", plain(LONGEST, "longest = max(counts)")),
        Mistake("only the longest row is compared with block_size, not one that gets more", plain(LONGEST, "longest = max(cache.lengths)" + IN + "longest += counts[cache.lengths.index(longest)]")),
        Mistake("only the first row is compared with block_size", plain(LONGEST, "longest = cache.lengths[0] + counts[0]")),
        Mistake("texts that are too long are refused by an assertion", plain(REFUSE, "assert longest <= config.block_size, (longest, config.block_size)" + IN + "if False:")),
        Mistake("the refusal doesn't name block_size", plain(SAY, 'f"a text would have {longest} tokens, which is too many"')),
        Mistake("the refusal names the new tokens, not how many there would be", plain(SAY, 'f"{T} more tokens are too many for a block_size of {config.block_size}"')),
        Mistake("texts that are too long are refused when the cache has them already", plain(REFUSE, "if False:" + IN + "    pass" + IN + "if False:", ADVANCE, ADVANCE + IN + "if longest > config.block_size:" + IN + "    raise ValueError(" + SAY + ")")),
        # What else changes
        Mistake("gradients are recorded", plain(NO_GRAD, "")),
        Mistake("gradients are switched off for the whole program", plain(NO_GRAD, "", BEGINS, "torch.set_grad_enabled(False)" + IN + BEGINS)),
        Mistake("gradients are switched off, and on again whether the caller had them on or not", plain(NO_GRAD, "", BEGINS, "torch.set_grad_enabled(False)" + IN + BEGINS, "    return logits\n", "    torch.set_grad_enabled(True)" + IN + "return logits\n")),
        Mistake("gradients that were switched off stay off when a text is refused", plain(NO_GRAD, "", COUNTS, COUNTS + IN + "before = torch.is_grad_enabled()" + IN + "torch.set_grad_enabled(False)", "    return logits\n", "    torch.set_grad_enabled(before)" + IN + "return logits\n")),
        Mistake("the model's parameters are frozen, so that it can't be trained any more", plain(BEGINS, "model.requires_grad_(False)" + IN + BEGINS)),
        Mistake("the model is left in eval mode", plain(BEGINS, "model.eval()" + IN + BEGINS)),
        Mistake("the stream's first value is kept in the model's table: a norm in place", plain(WTE, 'model.transformer["wte"].weight.copy_(norm(model.transformer["wte"].weight))' + IN + WTE)),
        Mistake("the cache of the first call is used for ever", plain(BEGINS, "cache = model.__dict__.setdefault('kept', cache)" + IN + BEGINS)),
    ]
}
