"""Ways people get attention with shared heads and windows wrong."""

from vibejam_core.course.known import Mistake, edit

# Passages of the reference that the mistakes below change.
SIZES = "T, H, S, KV = q.shape[1], q.shape[2], k.shape[1], k.shape[2]"
UNEVEN = "if H % KV:"
TOO_MANY = "if T > S:"
SHARE = "k, v = (heads.repeat_interleave(H // KV, dim=2) for heads in (k, v))"
TURN = "q, k, v = (heads.transpose(1, 2) for heads in (q, k, v))"
PLAIN = "if T == S and window == 0:"
CAUSAL = "out = F.scaled_dot_product_attention(q, k, v, is_causal=True)"
BEHIND = "behind = torch.arange(S - T, S, device=q.device)[:, None] - torch.arange(S, device=q.device)"
SEEN = "seen = (behind >= 0) & (behind < (window or S))"
MASKED = "out = F.scaled_dot_product_attention(q, k, v, attn_mask=seen)"
OUT = "return out.transpose(1, 2)"
SIGNATURE = "window: int = 0"

# The sums of scaled_dot_product_attention one by one, for the mistakes that are made in one of them.
WRITTEN_OUT = """if True:
        behind = torch.arange(S - T, S)[:, None] - torch.arange(S)
        seen = (behind >= 0) & (behind < (window or S))
        scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
        scores = scores.masked_fill(~seen, float("-inf"))
        weights = torch.softmax(scores, dim=-1)
        out = weights @ v
    elif True:"""
SCALE = " / q.shape[-1] ** 0.5"
FILL = 'scores = scores.masked_fill(~seen, float("-inf"))'
SOFTMAX = "torch.softmax(scores, dim=-1)"
SUM = "out = weights @ v"


def written_out(*passages, also=()):
    """The sums one by one, with passages replaced, and passages of the rest of the function too."""
    text = WRITTEN_OUT
    for old, new in zip(passages[::2], passages[1::2], strict=True):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return edit(PLAIN, text, *also)


def masked(seen, behind=BEHIND):
    """Another mask, for queries and keys of every number."""
    return edit(PLAIN, "if False:", SEEN, f"seen = {seen}", BEHIND, behind)


MISTAKES = {
    "modern_block.attend": [
        # What comes out
        Mistake("the result is computed but not returned", edit(OUT, "out = out.transpose(1, 2)")),
        Mistake("heads stand before tokens in the output", edit(OUT, "return out")),
        Mistake("the heads are joined already", edit(OUT, OUT + ".flatten(2)")),
        Mistake("the output's numbers are read as (B, T, H, D) without moving the axes back", edit(OUT, "return out.reshape(q.shape[0], T, H, -1)")),
        Mistake("the weights are returned along with the output", written_out(also=(OUT, OUT + ", weights"))),
        Mistake("the weights are returned instead of the output", written_out(SUM, "out = weights")),
        Mistake("the output is float32, whatever came in", edit(OUT, OUT + ".float()")),
        Mistake("the output has one entry per head of keys: the queries that share one are averaged",
                edit(OUT, "return out.transpose(1, 2).unflatten(2, (KV, H // KV)).mean(dim=3)")),
        Mistake("the queries are scaled in place", edit(SIZES, SIZES + "\n    q *= q.shape[-1] ** -0.5", "is_causal=True)", "is_causal=True, scale=1.0)", "attn_mask=seen)", "attn_mask=seen, scale=1.0)")),
        Mistake("axes of size 1 are lost", edit(OUT, OUT + ".squeeze()")),
        # Which heads
        Mistake("the heads are repeated in the wrong order: 0, 1, 2, 0, 1, 2 in the place of 0, 0, 1, 1, 2, 2", edit("heads.repeat_interleave(H // KV, dim=2)", "heads.repeat(1, 1, H // KV, 1)")),
        Mistake("the values' heads are repeated in the wrong order", edit(SHARE, "k, v = k.repeat_interleave(H // KV, dim=2), v.repeat(1, 1, H // KV, 1)")),
        Mistake("the keys' heads are repeated in the wrong order", edit(SHARE, "k, v = k.repeat(1, 1, H // KV, 1), v.repeat_interleave(H // KV, dim=2)")),
        Mistake("all query heads use head 0 of keys and values", edit("heads.repeat_interleave(H // KV, dim=2)", "heads[:, :, :1].expand(-1, -1, H, -1)")),
        Mistake("all query heads use the mean of the heads of keys and values", edit("heads.repeat_interleave(H // KV, dim=2)", "heads.mean(dim=2, keepdim=True).expand(-1, -1, H, -1)")),
        Mistake("the heads of keys and values are shared in the opposite order", edit("heads.repeat_interleave(H // KV, dim=2)", "heads.repeat_interleave(H // KV, dim=2).flip(2)")),
        Mistake("the heads are repeated one after the other along the positions", edit("heads.repeat_interleave(H // KV, dim=2)", "heads.repeat(1, H // KV, 1, 1).reshape(heads.shape[0], S, H, -1)")),
        Mistake("there must be as many heads of keys as of queries", edit(SHARE, "")),
        Mistake("there must be fewer heads of keys than of queries", edit(UNEVEN, "if H % KV or H == KV:")),
        Mistake("heads of keys that don't divide the query heads end in torch's own error", edit(UNEVEN, "if False:")),
        Mistake("heads of keys that don't divide the query heads are shared unevenly, without a word",
                edit(UNEVEN, "if False:", "heads.repeat_interleave(H // KV, dim=2)", "heads[:, :, torch.arange(H) * KV // H]")),
        Mistake("more heads of keys than of queries aren't refused", edit(UNEVEN, "if H > KV and H % KV:", SHARE, "k, v = (heads[:, :, torch.arange(H) * KV // H] for heads in (k, v))")),
        Mistake("heads that don't divide are refused by an assertion", edit(UNEVEN, "assert H % KV == 0, (H, KV)\n    if False:")),
        Mistake("the refusal of heads names only one of the numbers", edit("{H} query heads can't share {KV} heads of keys and values evenly: {KV} doesn't divide {H}", "{KV} heads of keys and values can't be shared evenly")),
        # The rows of the batch
        Mistake("the scores are averaged over the batch", written_out(FILL, "scores = scores.mean(dim=0, keepdim=True).expand_as(scores)\n        " + FILL)),
        Mistake("all rows of the batch look into the first row's values", edit(SHARE, "v = v[:1].expand_as(v)\n    " + SHARE)),
        # The mask
        Mistake("there is no causal mask: every query sees everything", edit(PLAIN, "if False:", "attn_mask=seen", "attn_mask=None")),
        Mistake("without a window there is no causal mask", edit("is_causal=True", "is_causal=False")),
        Mistake("with a window there is no causal mask: the future is seen as well", edit("(behind >= 0) & (behind", "(behind < 0) & (S == T) | (behind")),
        Mistake("the window looks both ways", edit("(behind >= 0) & (behind <", "(behind.abs() <")),
        Mistake("where there are fewer queries than keys there is no mask at all", edit("attn_mask=seen", "attn_mask=seen if T == S else None")),
        Mistake("the mask is upside down: each query sees itself and the future", masked("behind <= 0")),
        Mistake("the mask is inverted: it hides the past and the present", masked("(behind < 0) | (behind >= (window or S))")),
        Mistake("each query sees the next position too", masked("(behind >= -1) & (behind < (window or S))")),
        Mistake("each query sees the positions before its own, but not its own", masked("((behind > 0) & (behind < (window or S))) | ((behind == 0) & (torch.arange(S) == 0))")),
        Mistake("the mask also hides the query's own position, which leaves the first query nothing but nan", written_out("(behind >= 0)", "(behind > 0)")),
        Mistake("each query sees only its own position", masked("behind == 0")),
        Mistake("the mask is aligned at the top left: the queries are taken for the first positions", edit("torch.arange(S - T, S, device=q.device)", "torch.arange(T, device=q.device)")),
        Mistake("the mask is aligned at the top left where there is no window, as is_causal does it", edit(PLAIN, "if window == 0:")),
        Mistake("the mask is aligned at the top left where there is a window", edit(BEHIND, BEHIND + "\n        behind = behind - (S - T) * (window > 0)")),
        Mistake("fewer queries than keys stand one position too early", edit("torch.arange(S - T, S, device=q.device)", "(torch.arange(S - T, S) - int(S > T))")),
        Mistake("fewer queries than keys stand one position too late", edit("torch.arange(S - T, S, device=q.device)", "(torch.arange(S - T, S) + int(S > T))")),
        Mistake("a single query is taken for the first position", edit(BEHIND, BEHIND + "\n        behind = behind - (S - T) * (T == 1)")),
        Mistake("all queries stand at the last position", edit("torch.arange(S - T, S, device=q.device)[:, None]", "torch.full((T, 1), S - 1)", PLAIN, "if False:")),
        Mistake("only the last T keys are seen where there are more", edit("(window or S)", "(window or T)")),
        Mistake("more keys than queries are refused", edit(TOO_MANY, "if T != S:")),
        Mistake("later scores become 0 instead of -inf", written_out('float("-inf")', "0.0")),
        Mistake("later scores are pushed down by 10 only, so that a little of the future leaks", written_out(FILL, "scores = scores - 10.0 * ~seen")),
        Mistake("later scores are set to -100, which a large enough negative score goes below", written_out('float("-inf")', "-100.0")),
        Mistake("the mask comes after the softmax, so that the weights left no longer sum to 1", written_out(FILL, "", SUM, "out = (weights * seen) @ v")),
        Mistake("a mask of -inf and 0 is multiplied with the scores", written_out(FILL, 'scores = (scores * torch.where(seen, 1.0, float("-inf")).to(q.dtype))')),
        Mistake("the mask is given to the softmax as an additional 1 for what is seen", written_out(FILL, "scores = scores + seen.to(q.dtype)")),
        Mistake("a trace of later values, too small for the numbers to show, has a gradient", edit(OUT, OUT + " + (1e-6 * v.mean(dim=2, keepdim=True)).transpose(1, 2)")),
        # The window
        Mistake("the window is ignored: the causal mask alone is applied", edit("(window or S)", "S")),
        Mistake("the window is one too large: the position itself isn't counted", edit("behind < (window or S)", "behind <= (window or S)")),
        Mistake("the window is one too small", edit("behind < (window or S)", "behind < ((window or S + 1) - 1)")),
        Mistake("the window is one too small, but never empty", edit("behind < (window or S)", "behind < (max(window - 1, 1) if window else S)")),
        Mistake("the window ends before the position itself", masked("(behind >= 0) & (behind <= (window or S)) & ((behind > 0) | (torch.arange(S) == 0) | (window == 0))")),
        Mistake("the window stands still: it shows the first positions of the text", edit("(behind < (window or S))", "(torch.arange(S) < (window or S)) | (behind == 0)")),
        Mistake("the window stands still: it shows the last positions of the text", edit("(behind < (window or S))", "((torch.arange(S) >= S - (window or S)) | (behind == 0))")),
        Mistake("the text is cut into windows side by side, and no query sees beyond its own", edit("(behind < (window or S))", "(torch.arange(S - T, S)[:, None] // (window or S) == torch.arange(S) // (window or S))")),
        Mistake("the first position is always seen, besides the window", edit("(behind < (window or S))", "((behind < (window or S)) | (torch.arange(S) == 0))")),
        Mistake("every other position in a window twice as long is seen", edit("(behind < (window or S))", "((behind < 2 * window) & (behind % 2 == 0) if window else behind < S)")),
        Mistake("the window is counted from the first query, not from the first position", edit(BEHIND, BEHIND + "\n        early = torch.arange(T)[:, None] - torch.arange(S)", "(behind < (window or S))", "(early < (window or S))")),
        Mistake("the window is ignored where there are fewer queries than keys", edit("(window or S)", "(window if window and T == S else S)")),
        Mistake("the window is ignored for a single query", edit("(window or S)", "(window if window and T > 1 else S)")),
        Mistake("a window acts only where there are fewer queries than keys", edit(PLAIN, "if T == S:")),
        Mistake("all keys but the last of the window are cut off, for all queries alike",
                edit(SHARE, "if window and S > T:\n        k, v, S = k[:, -max(window, T) :], v[:, -max(window, T) :], min(S, max(window, T))\n    " + SHARE, "(window or S)", "S")),
        Mistake("a window larger than the text is refused", edit(TOO_MANY, "if window > S or T > S:")),
        Mistake("a window larger than the text is taken for half of it", edit("(window or S)", "((window if window <= S else S // 2) or S)")),
        Mistake("a window of exactly S hides the first position from the last query", edit("(window or S)", "(window - (window == S) or S)")),
        Mistake("a window of 0 shows nothing but the position itself", edit(PLAIN, "if False:", "(window or S)", "(window or 1)")),
        Mistake("without a window there is one of 16 positions", edit(PLAIN, "if False:", "(window or S)", "(window or 16)")),
        Mistake("without a window argument there is one of 2 positions", edit(SIGNATURE, "window: int = 2")),
        Mistake("the mask hides what is outside of the window after the softmax, so that the weights left no longer sum to 1",
                written_out("(behind >= 0) & (behind < (window or S))", "behind >= 0", SUM, "out = (weights * (behind < (window or S))) @ v")),
        # The numbers
        Mistake("the scores are not divided by the square root of D", edit("is_causal=True", "is_causal=True, scale=1.0", "attn_mask=seen", "attn_mask=seen, scale=1.0")),
        Mistake("the scores are divided by D, not by its square root", written_out(SCALE, " / q.shape[-1]")),
        Mistake("the scores are multiplied by the square root of D", written_out(SCALE, " * q.shape[-1] ** 0.5")),
        Mistake("the scores are divided by the square root of H * D, the width of all heads", written_out(SCALE, " / (H * q.shape[-1]) ** 0.5")),
        Mistake("the scores are divided by the square root of the number of keys", written_out(SCALE, " / S ** 0.5")),
        Mistake("the scores are divided by the square root of D twice, by hand and by torch", edit(TURN, TURN + "\n    q = q * q.shape[-1] ** -0.5")),
        Mistake("the scores are divided by 8, whatever D is", edit("is_causal=True", "is_causal=True, scale=1 / 8", "attn_mask=seen", "attn_mask=seen, scale=1 / 8")),
        Mistake("the scores are divided by half of D", written_out(SCALE, " / (q.shape[-1] // 2)")),
        Mistake("the scores are divided only where there is no window and no more keys", edit("attn_mask=seen", "attn_mask=seen, scale=1.0")),
        Mistake("the softmax runs over the queries, not over the keys", written_out("dim=-1)", "dim=-2).nan_to_num()")),
        Mistake("the softmax runs over the heads", written_out("dim=-1)", "dim=1).nan_to_num()")),
        Mistake("there is no softmax: the scores themselves are the weights", written_out('float("-inf")', "0.0", SOFTMAX, "scores")),
        Mistake("a sigmoid stands in the softmax's place", written_out(SOFTMAX, "torch.sigmoid(scores)")),
        Mistake("the softmax is taken twice", written_out(SOFTMAX, 'torch.softmax(torch.softmax(scores, dim=-1).masked_fill(~seen, float("-inf")), dim=-1)')),
        Mistake("a 1 is added to the softmax's denominator", written_out(SOFTMAX, "(scores.exp() / (scores.exp().sum(dim=-1, keepdim=True) + 1))")),
        Mistake("the exponentials of the softmax overflow, because the largest score is not subtracted first", written_out(SOFTMAX, "(scores.exp() / scores.exp().sum(dim=-1, keepdim=True))")),
        Mistake("the scores are cut off at 50 and -50", written_out(FILL, "scores = scores.clamp(-50.0, 50.0)\n        " + FILL)),
        Mistake("the weight goes to the best position alone", written_out(SOFTMAX, "F.one_hot(scores.argmax(dim=-1), S).to(q.dtype) + 0 * scores.exp()")),
        Mistake("every position gets the plain mean of what it sees, whatever the scores", written_out(SOFTMAX, "torch.softmax(torch.where(seen, 0 * q[..., :1], scores), dim=-1)")),
        Mistake("values and keys are swapped", edit(TURN, TURN + "\n    k, v = v, k")),
        Mistake("the keys are used as values too", edit(TURN, TURN + "\n    v = k")),
        Mistake("the values are used as keys too", edit(TURN, TURN + "\n    k = v")),
        Mistake("the keys are compared with themselves", written_out("q @ k", "k[:, :, S - T :] @ k")),
        Mistake("the weights of the softmax are those of queries and keys swapped", written_out("q @ k.transpose(-2, -1)", "(k @ q.transpose(-2, -1)).reshape(*q.shape[:3], S)")),
        Mistake("queries and keys are normed once more, to a length of 1", edit(TURN, TURN + "\n    q, k = F.normalize(q, dim=-1), F.normalize(k, dim=-1)")),
        Mistake("queries and keys are normed once more, to a root mean square of 1", edit(TURN, TURN + "\n    q, k = norm(q), norm(k)")),
        Mistake("the output is normed", edit(OUT, OUT.replace("out", "norm(out)"))),
        Mistake("the scores are capped by a tanh, as the logits are", written_out(FILL, "scores = 15 * torch.tanh(scores / 15)\n        " + FILL)),
        Mistake("the distance between query and key is subtracted from the score", written_out(FILL, "scores = scores - 0.1 * behind\n        " + FILL)),
        Mistake("a share of the weights is dropped at random", edit("is_causal=True", "is_causal=True, dropout_p=0.1", "attn_mask=seen", "attn_mask=seen, dropout_p=0.1")),
        Mistake("the queries are added to the output, though the residual path is the block's work", edit(OUT, "return (out + q).transpose(1, 2)")),
        Mistake("scores are rounded to bfloat16, whatever came in", written_out(SCALE, SCALE + "\n        scores = scores.bfloat16().to(q.dtype)")),
        # State
        Mistake("the mask of an earlier call is used again where T and S are the same, whatever the window",
                edit(SEEN, SEEN + "\n        seen = attend.__dict__.setdefault((T, S), seen)")),
        Mistake("the mask has 128 rows and columns, and longer texts fail", edit(SEEN, SEEN + "\n        assert S <= 128", PLAIN, "if False:")),
        Mistake("what isn't seen is filled with -1e9, more than float16 can hold", written_out(FILL, FILL.replace('float("-inf")', "-1e9"))),
        # Errors
        Mistake("more queries than positions aren't refused", edit(TOO_MANY, "if False:")),
        Mistake("more queries than positions are refused by an assertion", edit(TOO_MANY, "assert T <= S, (T, S)\n    if False:")),
        Mistake("more queries than positions are refused only where there is no window", edit(TOO_MANY, "if T > S and not window:")),
        Mistake("the refusal of too many queries names no numbers", edit("{T} queries are the last of {S} positions, but there are more queries than positions", "there are more queries than positions")),
        # Gradients
        Mistake("the weights are detached, so that queries and keys never learn", written_out(SUM, "out = weights.detach() @ v")),
        Mistake("the values are detached", edit(TURN, TURN + "\n    v = v.detach()")),
        Mistake("the keys are detached", edit(TURN, TURN + "\n    k = k.detach()")),
        Mistake("the queries are detached", edit(TURN, TURN + "\n    q = q.detach()")),
        Mistake("it runs under torch.no_grad", edit("def attend", "@torch.no_grad()\ndef attend")),
        Mistake("the first of the query heads that share a head alone has a gradient at the keys",
                edit(TURN, TURN + "\n    k = torch.where((torch.arange(H) % (H // KV) == 0)[:, None, None], k, k.detach())")),
    ]
}
