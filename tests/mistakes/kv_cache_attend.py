"""The ways people get attention over a cache wrong."""

from vibejam_core.course.known import Mistake, whole

PLAIN = '''
def attend_cached(q, k, v, lengths, window=0):
    B, T, H, D = q.shape
    S = k.shape[1]
    KV = k.shape[2]
    begins = torch.tensor(list(lengths))
    own = begins[:, None] + torch.arange(T)
    behind = own[:, :, None] - torch.arange(S)
    seen = behind >= 0
    if window > 0:
        seen = seen & (behind < window)
    k = k.repeat_interleave(H // KV, dim=2)
    v = v.repeat_interleave(H // KV, dim=2)
    scores = torch.einsum("bthd,bshd->bhts", q, k)
    scores = scores / D**0.5
    scores = scores.masked_fill(~seen[:, None], float("-inf"))
    weights = torch.softmax(scores, dim=-1)
    out = torch.einsum("bhts,bshd->bthd", weights, v)
    return out
'''
"""The attention written out; the mistakes below change passages of it."""

BEGINS = "begins = torch.tensor(list(lengths))"
OWN = "own = begins[:, None] + torch.arange(T)"
BEHIND = "behind = own[:, :, None] - torch.arange(S)"
SEEN = "seen = behind >= 0"
WHETHER = "if window > 0:"
NEAR = "seen = seen & (behind < window)"
SHARE_K = "k = k.repeat_interleave(H // KV, dim=2)"
SHARE_V = "v = v.repeat_interleave(H // KV, dim=2)"
SCORES = 'scores = torch.einsum("bthd,bshd->bhts", q, k)'
SCALE = "scores = scores / D**0.5"
FILL = 'scores = scores.masked_fill(~seen[:, None], float("-inf"))'
SOFTMAX = "weights = torch.softmax(scores, dim=-1)"
SUM = 'out = torch.einsum("bhts,bshd->bthd", weights, v)'
BACK = "return out"
IN = "\n    "


def plain(*passages):
    """The plain version with passages replaced, old and new in turn."""
    text = PLAIN
    for old, new in zip(passages[::2], passages[1::2], strict=True):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return whole(text)


MISTAKES = {
    "kv_cache.attend_cached": [
        # Where the queries stand
        Mistake("the queries are taken for the first positions: the lengths are forgotten", plain(OWN, "own = torch.arange(T).expand(B, T)")),
        Mistake("the queries are taken for the last T of the S positions, in every row", plain(OWN, "own = (torch.arange(T) + S - T).expand(B, T)")),
        Mistake("all rows stand where the longest one does: padding is attended to", plain(BEGINS, "begins = torch.full((B,), max(lengths))")),
        Mistake("all rows stand where the shortest one does", plain(BEGINS, "begins = torch.full((B,), min(lengths))")),
        Mistake("all rows stand where the first one does", plain(BEGINS, "begins = torch.full((B,), lengths[0])")),
        Mistake("all rows stand where the last one does", plain(BEGINS, "begins = torch.full((B,), lengths[-1])")),
        Mistake("all rows stand where they do on average", plain(BEGINS, "begins = torch.full((B,), sum(lengths) // B)")),
        Mistake("the rows' lengths are taken in reverse", plain(BEGINS, "begins = torch.tensor(list(lengths)[::-1])")),
        Mistake("the rows' lengths are sorted first", plain(BEGINS, "begins = torch.tensor(sorted(lengths))")),
        Mistake("the queries stand one position too early: they don't see themselves", plain(OWN, OWN + " - 1", FILL, FILL + IN + "scores = scores.masked_fill(~seen.any(-1)[:, None, :, None], 0.0)")),
        Mistake("the queries stand one position too late: each sees one token of the future", plain(OWN, OWN + " + 1")),
        Mistake("all new tokens stand at the first one's position", plain(OWN, "own = begins[:, None].expand(B, T)")),
        Mistake("all new tokens stand at the last one's position: they see each other, whichever comes first", plain(OWN, "own = (begins[:, None] + T - 1).expand(B, T)")),
        Mistake("a single new token sees all S positions, whatever its row's length", plain(SEEN, SEEN + " if T > 1 else torch.ones_like(behind, dtype=torch.bool)")),
        Mistake("several new tokens see all old ones and each other", plain(SEEN, "seen = (torch.arange(S) < (begins + T)[:, None])[:, None].expand(B, T, S)")),
        Mistake("several new tokens see no old ones, only each other", plain(SEEN, "seen = (behind >= 0) & ((torch.arange(S) >= begins[:, None, None]) | (T == 1))")),
        Mistake("the lengths count what a row holds with the new tokens", plain(OWN, "own = (begins[:, None] + torch.arange(T) - T).clamp(min=0)")),
        Mistake("where all rows have one length, it is taken for 0", plain(BEGINS, BEGINS + IN + "begins = begins * int(len(set(lengths)) > 1)")),
        Mistake("where the rows have one length, the S positions are taken to end with the new tokens", plain(OWN, OWN + IN + "if len(set(lengths)) == 1:" + IN + "    own = (torch.arange(T) + S - T).expand(B, T)")),
        Mistake("the rows are taken to be of one length if the first and the last are", plain(BEGINS, BEGINS + IN + "begins = begins[:1].expand(B) if lengths[0] == lengths[-1] else begins")),
        Mistake("positions are counted in the dtype of the queries: bfloat16 can't tell 256 from 257", plain(BEGINS, "begins = torch.tensor(list(lengths), dtype=q.dtype)", OWN, "own = begins[:, None] + torch.arange(T, dtype=q.dtype)", BEHIND, "behind = own[:, :, None] - torch.arange(S, dtype=q.dtype)")),
        # The mask
        Mistake("there is no mask", plain(FILL, "")),
        Mistake("the mask is upside down: each query sees itself and what comes later", plain(SEEN, "seen = behind <= 0")),
        Mistake("a query doesn't see itself, unless it is the first", plain(SEEN, "seen = (behind > 0) | ((behind == 0) & (own == 0)[:, :, None])")),
        Mistake("the mask is inverted", plain("~seen[:, None]", "seen[:, None]", SOFTMAX, "weights = torch.softmax(scores, dim=-1).nan_to_num()")),
        Mistake("hidden scores become 0, not -inf", plain('float("-inf")', "0.0")),
        Mistake("hidden scores become -100, which a score can go below", plain('float("-inf")', "-100.0")),
        Mistake("hidden scores become -1e9, which float16 can't hold", plain('float("-inf")', "-1e9")),
        Mistake("hidden scores are only made smaller by 10", plain(FILL, "scores = scores - 10 * ~seen[:, None]")),
        Mistake("the mask comes after the softmax, so that the weights left don't sum to 1", plain(FILL, "", SOFTMAX, SOFTMAX + " * seen[:, None]")),
        Mistake("the keys behind a row's end are set to zero, not hidden", plain(SHARE_K, SHARE_K + IN + "k = k * (torch.arange(S) < (begins + T)[:, None])[:, :, None, None]", SEEN, "seen = (behind >= 0) | (torch.arange(S) >= (begins + T)[:, None])[:, None]")),
        # The window
        Mistake("the window is ignored", plain(WHETHER, "if False:")),
        Mistake("the window is one too large: the position itself isn't counted", plain(NEAR, "seen = seen & (behind <= window)")),
        Mistake("the window is one too small, but never empty", plain(NEAR, "seen = seen & (behind < max(window - 1, 1))")),
        Mistake("the window is ignored for a single new token", plain(WHETHER, "if window > 0 and T > 1:")),
        Mistake("the window is ignored for several new tokens", plain(WHETHER, "if window > 0 and T == 1:")),
        Mistake("the window is one too large for a single new token", plain(NEAR, "seen = seen & (behind < window + int(T == 1))")),
        Mistake("the window shows the last positions of the room, not of the row", plain(NEAR, "seen = seen & (torch.arange(S) >= S - window)" + IN + "    seen = seen | (behind == 0)")),
        Mistake("the window counts from the longest row's end", plain(NEAR, "seen = seen & (behind < window + (begins - max(lengths))[:, None, None]) | (behind == 0)")),
        Mistake("the window counts from the last new token, for all of them", plain(NEAR, "seen = seen & (behind[:, -1:] < window) | (behind == 0)")),
        Mistake("the window counts from the first new token, for all of them", plain(NEAR, "seen = seen & (behind[:, :1] < window)")),
        Mistake("the window shows the first positions of the text", plain(NEAR, "seen = seen & ((torch.arange(S) < window) | (behind == 0))")),
        Mistake("the window counts old tokens only: all new ones before are seen besides", plain(NEAR, "seen = seen & ((behind < window) | (torch.arange(S) >= begins[:, None, None]))")),
        Mistake("the window also shows the future", plain(NEAR, "seen = behind < window")),
        Mistake("the window looks both ways", plain(NEAR, "seen = behind.abs() < window")),
        Mistake("the first position is seen besides the window", plain(NEAR, "seen = seen & ((behind < window) | (torch.arange(S) == 0))")),
        Mistake("all but the window's keys are cut off, counted from the end of the room", plain(BEGINS, "if window > 0 and S > window + T - 1:" + IN + "    cut = S - (window + T - 1)" + IN + "    k, v, S = k[:, cut:], v[:, cut:], S - cut" + IN
                + "    lengths = [max(n - cut, 0) for n in lengths]" + IN + BEGINS)),
        Mistake("a single new token's window is cut out of the keys, from before their beginning where it is larger than the text", plain(SHARE_K, "if T == 1 and window > 0 and len(set(lengths)) == 1:" + IN + "    end = lengths[0] + 1" + IN
                + "    k, v = k[:, end - window : end], v[:, end - window : end]" + IN + "    seen = seen[:, :, end - window : end]" + IN + SHARE_K)),
        Mistake("a window larger than the text hides all but the position itself", plain(NEAR, "seen = seen & (behind < (window if window <= S else 1))")),
        Mistake("a window of 0 shows the position itself alone", plain(WHETHER, "if True:", "(behind < window)", "(behind < max(window, 1))")),
        Mistake("there is a window of 4 if none is given", plain("window=0", "window=4")),
        # The heads
        Mistake("the query heads take the heads of keys in turn", plain(SHARE_K, "k = k.repeat(1, 1, H // KV, 1)", SHARE_V, "v = v.repeat(1, 1, H // KV, 1)")),
        Mistake("all query heads use the first head of keys and values", plain(SHARE_K, "k = k[:, :, :1].expand(-1, -1, H, -1)", SHARE_V, "v = v[:, :, :1].expand(-1, -1, H, -1)")),
        Mistake("the heads of values are taken in turn, those of keys in blocks", plain(SHARE_V, "v = v.repeat(1, 1, H // KV, 1)")),
        Mistake("three query heads share a head of keys, whatever KV is", plain(SHARE_K, "k = k.repeat_interleave(3, dim=2)[:, :, :H]", SHARE_V, "v = v.repeat_interleave(3, dim=2)[:, :, :H]")),
        Mistake("heads are not shared: there must be as many of keys as of queries", plain(SHARE_K, "", SHARE_V, "")),
        Mistake("the shared heads are repeated as often as there are heads of keys", plain(SHARE_K, "k = k.repeat_interleave(KV, dim=2)[:, :, :H]" + IN + "k = torch.cat([k] + [k[:, :, -1:]] * (H - k.shape[2]), 2)", SHARE_V, "v = v.repeat_interleave(KV, dim=2)[:, :, :H]" + IN + "v = torch.cat([v] + [v[:, :, -1:]] * (H - v.shape[2]), 2)")),
        Mistake("keys must lie in memory in one piece: a part of a cache's room is refused", plain(SHARE_K, "k = k.view(B * S, KV, D).view(B, S, KV, D)" + IN + SHARE_K)),
        # The numbers
        Mistake("the scores are not divided by the root of D", plain(SCALE, "")),
        Mistake("the scores are divided by D", plain(SCALE, "scores = scores / D")),
        Mistake("the scores are divided by the root of H times D", plain(SCALE, "scores = scores / (H * D) ** 0.5")),
        Mistake("the scores are multiplied by the root of D", plain(SCALE, "scores = scores * D**0.5")),
        Mistake("the softmax runs over the queries", plain(SOFTMAX, "weights = torch.softmax(scores, dim=-2).nan_to_num()")),
        Mistake("the exponentials overflow, because the largest score isn't subtracted", plain(SOFTMAX, "weights = scores.exp() / scores.exp().sum(-1, keepdim=True)")),
        Mistake("there is no softmax", plain(SOFTMAX, "weights = scores.masked_fill(~seen[:, None], 0.0)")),
        Mistake("the keys are summed, not the values", plain(SUM, SUM.replace(", v)", ", k)"))),
        Mistake("the values are compared, not the keys", plain(SCORES, SCORES.replace(", k)", ", v)"))),
        Mistake("the weights of the rows are averaged", plain(SUM, "weights = weights.mean(0, keepdim=True).expand_as(weights)" + IN + SUM)),
        Mistake("the first row's keys and values serve all rows", plain(SHARE_K, "k, v = k[:1].expand_as(k), v[:1].expand_as(v)" + IN + SHARE_K)),
        Mistake("queries and keys are normed once more", plain(SCORES, "q, k = norm(q), norm(k)" + IN + SCORES)),
        Mistake("the new tokens' values are left out of the sum", plain(SUM, "old = (torch.arange(S) < begins[:, None]) | (begins == 0)[:, None]" + IN + 'out = torch.einsum("bhts,bshd->bthd", weights * old[:, None, None], v)')),
        # What comes back, and what else changes
        Mistake("the heads come back before the positions", plain(BACK, "return out.transpose(1, 2)")),
        Mistake("the heads come back joined", plain(BACK, "return out.flatten(2)")),
        Mistake("float32 comes back, whatever came in", plain(BACK, "return out.float()")),
        Mistake("the queries are divided in place", plain(SCALE, "", SCORES, "q /= D**0.5" + IN + SCORES)),
        Mistake("values behind the rows' ends are set to zero in place", plain(SHARE_V, "v[torch.arange(S) >= (begins + T)[:, None]] = 0" + IN + SHARE_V)),
        Mistake("the lengths are counted on in place", plain(BACK, "for row in range(B):" + IN + "    if isinstance(lengths, list):" + IN + "        lengths[row] += T" + IN + BACK)),
        Mistake("the lengths must be a list", plain(BEGINS, "begins = torch.tensor(lengths + [])")),
        Mistake("the mask of an earlier call with the same sizes is used again", plain("scores = scores / D**0.5", "seen = attend_cached.__dict__.setdefault((B, T, S, window), seen)" + IN + SCALE)),
    ]
}
