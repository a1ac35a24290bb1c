"""The ways people get one attention head wrong."""

from vibejam_core.course.known import Mistake, edit

# Passages of the reference that the mistakes below change.
SCORES = "scores = q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5"
SCALE = " * k.shape[-1] ** -0.5"
MASK = 'scores = scores.masked_fill(~self.causal[:T, :T], float("-inf"))'
WEIGHTS = "weights = self.dropout(F.softmax(scores, dim=-1))"
OUT = "return weights @ v"
PROJECT = "q, k, v = self.query(x), self.key(x), self.value(x)"
BUFFER = 'self.register_buffer("causal", torch.ones(block_size, block_size).tril().bool(), persistent=False)'
DROPOUT = "self.dropout = nn.Dropout(dropout)"
QUERY = "self.query = nn.Linear(n_embd, head_size, bias=False)"
KEY = "self.key = nn.Linear(n_embd, head_size, bias=False)"
VALUE = "self.value = nn.Linear(n_embd, head_size, bias=False)"

MISTAKES = {
    "gpt.Head": [
        # What is learned
        Mistake(
            "the three projections have biases",
            edit(QUERY, QUERY.replace("=False", "=True"), KEY, KEY.replace("=False", "=True"), VALUE,
                 VALUE.replace("=False", "=True")),
        ),
        Mistake("only the values' projection has a bias", edit(VALUE, VALUE.replace(", bias=False", ""))),
        Mistake(
            "the causal mask is a parameter, so that training would change it",
            edit(BUFFER, "self.causal = nn.Parameter(torch.ones(block_size, block_size).tril())",
                 "~self.causal[:T, :T]", "self.causal[:T, :T] == 0"),
        ),
        Mistake(
            "one projection makes both the queries and the keys",
            edit(KEY, "self.key = self.query"),
        ),
        Mistake(
            "the projections are n_embd wide, not head_size",
            edit(QUERY, QUERY.replace("head_size", "n_embd"), KEY, KEY.replace("head_size", "n_embd"), VALUE,
                 VALUE.replace("head_size", "n_embd")),
        ),
        Mistake(
            "the head has an output projection of its own",
            edit(DROPOUT, DROPOUT + "\n        self.proj = nn.Linear(head_size, head_size)", OUT,
                 "return self.proj(weights @ v)"),
        ),
        Mistake(
            "the projections are kept in a plain Python list, where no optimizer finds them",
            edit(QUERY, "self.layers = [nn.Linear(n_embd, head_size, bias=False) for _ in range(3)]", KEY, "", VALUE,
                 "", PROJECT, "q, k, v = (layer(x) for layer in self.layers)"),
        ),
        # What comes out
        Mistake(
            "the weights are returned along with the output",
            edit(OUT, "return weights @ v, weights"),
        ),
        Mistake("the weights are returned instead of the output", edit(OUT, "return weights")),
        Mistake("forward returns nothing", edit(OUT, "out = weights @ v")),
        Mistake(
            "the weights sum up x itself instead of the values",
            edit(OUT, "return weights @ x"),
        ),
        Mistake(
            "everything is computed in float32, whatever comes in",
            edit(PROJECT, PROJECT + "\n        q, k, v = q.float(), k.float(), v.float()"),
        ),
        Mistake(
            "the output's axes are left as (B, head_size, T)",
            edit(OUT, "return (weights @ v).transpose(1, 2)"),
        ),
        # The weights
        Mistake("the softmax runs over the queries, not over the keys", edit("dim=-1)", "dim=-2)")),
        Mistake("the softmax runs over the batch", edit("dim=-1)", "dim=0)")),
        Mistake("there is no softmax: the masked scores themselves are the weights",
                edit('float("-inf")', "0.0", WEIGHTS, "weights = self.dropout(scores)")),
        Mistake(
            "the mask comes after the softmax, so that the weights left no longer sum to 1",
            edit(MASK, "", WEIGHTS, "weights = self.dropout(F.softmax(scores, dim=-1) * self.causal[:T, :T])"),
        ),
        Mistake(
            "a sigmoid stands in the softmax's place",
            edit("F.softmax(scores, dim=-1)", "torch.sigmoid(scores)"),
        ),
        Mistake("log_softmax stands in the softmax's place",
                edit('float("-inf")', "-1e4", "F.softmax(", "F.log_softmax(")),
        Mistake(
            "the softmax runs over the whole (T, T) square at once",
            edit("F.softmax(scores, dim=-1)", "F.softmax(scores.flatten(1), dim=-1).view_as(scores)"),
        ),
        Mistake("the input is added to the output, though the residual path is the block's work",
                edit(OUT, "return weights @ v + x[..., : v.shape[-1]]")),
        Mistake("the output is normalised", edit(OUT, "return F.normalize(weights @ v, dim=-1)")),
        Mistake(
            "the weights stand on the wrong side: each value is handed to the positions that it asked for",
            edit(OUT, "return weights.transpose(-2, -1) @ v"),
        ),
        # The rows of a batch
        Mistake(
            "the rows of the batch are joined into one long sequence, so that later rows see earlier ones",
            edit(PROJECT, "B = x.shape[0]\n        x = x.reshape(1, B * T, -1)\n        " + PROJECT, MASK,
                 'scores = scores.masked_fill(torch.ones(B * T, B * T).triu(1).bool(), float("-inf"))', OUT,
                 "return (weights @ v).reshape(B, T, -1)"),
        ),
        Mistake(
            "the scores are averaged over the batch",
            edit(SCALE, SCALE + "\n        scores = scores.mean(dim=0, keepdim=True).expand(x.shape[0], -1, -1)"),
        ),
        # The mask
        Mistake("the causal mask is missing, or what it masked is thrown away", edit(MASK, "")),
        Mistake(
            "the mask is upside down: each position sees itself and the future, not the past",
            edit("~self.causal[:T, :T]", "~self.causal[:T, :T].T"),
        ),
        Mistake(
            "the mask is inverted: it hides the past and the present and leaves the future",
            edit("~self.causal[:T, :T]", "self.causal[:T, :T]"),
        ),
        Mistake(
            "the mask gives later positions a score of 0 (or -1e-9), which is no small score, where -inf is meant",
            edit('float("-inf")', "0.0"),
        ),
        Mistake(
            "the mask is built off by one, so that each position sees the next token",
            edit("torch.ones(block_size, block_size).tril()", "torch.ones(block_size, block_size).tril(1)"),
        ),
        Mistake(
            "later scores are multiplied by the mask, so they become 0 instead of -inf, before the scale",
            edit(SCORES, "scores = q @ k.transpose(-2, -1)", MASK,
                 "scores = scores * self.causal[:T, :T] / k.shape[-1] ** 0.5 - 1e-3 * ~self.causal[:T, :T]"),
        ),
        Mistake(
            "the scores of later positions are pushed down by 14 only, so that a little of the future leaks",
            edit(MASK, "scores = scores - 14.0 * ~self.causal[:T, :T]"),
        ),
        Mistake(
            "the mask also hides the token itself, except from the first position",
            edit("torch.ones(block_size, block_size).tril()",
                 "(torch.ones(block_size, block_size).tril(-1) + torch.eye(block_size, 1) @ torch.eye(1, block_size))"),
        ),
        Mistake(
            "the mask also hides the token itself, which leaves the first position nothing but nan",
            edit("torch.ones(block_size, block_size).tril()", "torch.ones(block_size, block_size).tril(-1)"),
        ),
        Mistake(
            "each position sees only itself and the three before it",
            edit("torch.ones(block_size, block_size).tril()", "torch.ones(block_size, block_size).tril().triu(-3)"),
        ),
        Mistake("each position sees only itself", edit("torch.ones(block_size, block_size).tril()", "torch.eye(block_size)")),
        Mistake(
            "the mask is made from the first sequence that comes, and later ones are cut to it",
            edit(BUFFER, "self.causal = None", PROJECT, PROJECT + (
                "\n        if self.causal is None:\n            self.causal = torch.ones(T, T).tril().bool()")),
        ),
        Mistake("the mask is not cut to the length of the sequence", edit("self.causal[:T, :T]", "self.causal")),
        Mistake(
            "the mask has one row too few, so that a sequence of block_size tokens fails",
            edit("torch.ones(block_size, block_size)", "torch.ones(block_size - 1, block_size - 1)"),
        ),
        Mistake(
            "the mask is cut from its lower right corner, where nothing is hidden",
            edit("self.causal[:T, :T]", "self.causal[-T:, :T]"),
        ),
        Mistake(
            "the mask has 256 rows, whatever block_size is",
            edit("torch.ones(block_size, block_size)", "torch.ones(256, 256)"),
        ),
        # The numbers
        Mistake("the scores are not divided by the square root of the head size", edit(SCALE, "")),
        Mistake("the scores are multiplied by the square root of the head size", edit("-0.5", "0.5")),
        Mistake(
            "the scores are divided by the head size, not by its square root", edit(SCALE, " / k.shape[-1]")
        ),
        Mistake(
            "the scores are divided by the square root of n_embd, not of the head size",
            edit(SCALE, " * x.shape[-1] ** -0.5"),
        ),
        Mistake(
            "the scores are divided by the square root of the sequence's length",
            edit(SCALE, " * T ** -0.5"),
        ),
        Mistake("queries and keys are swapped", edit(SCORES, SCORES.replace("q @ k", "k @ q"))),
        Mistake(
            "the scale divides the weights, after the softmax",
            edit(SCALE, "", OUT, "return weights @ v * k.shape[-1] ** -0.5"),
        ),
        Mistake("the keys are used as values too", edit(OUT, "return weights @ k")),
        Mistake("the queries are used as values too", edit(OUT, "return weights @ q")),
        Mistake(
            "the queries are compared with the values instead of the keys",
            edit("q @ k.transpose", "q @ v.transpose"),
        ),
        Mistake(
            "the queries are compared with themselves instead of the keys",
            edit("q @ k.transpose", "q @ q.transpose"),
        ),
        Mistake(
            "every position gets the plain mean of the values up to it, whatever the scores",
            edit(WEIGHTS, "weights = self.dropout(F.softmax(scores * 0, dim=-1).nan_to_num())", MASK,
                 'scores = (scores * 0).masked_fill(~self.causal[:T, :T], float("-inf"))',
                 "F.softmax(scores * 0, dim=-1).nan_to_num()", "F.softmax(scores, dim=-1)"),
        ),
        Mistake(
            "the keys are reshaped to (B, head_size, T) instead of transposed, which scrambles them",
            edit("k.transpose(-2, -1)", "k.reshape(k.shape[0], k.shape[2], T)"),
        ),
        Mistake(
            "the softmax is taken twice",
            edit("F.softmax(scores, dim=-1)", "F.softmax(F.softmax(scores, dim=-1).masked_fill("
                 '~self.causal[:T, :T], float("-inf")), dim=-1)'),
        ),
        Mistake(
            "the weight goes to the best position alone, by argmax",
            edit("F.softmax(scores, dim=-1)", "F.one_hot(scores.argmax(dim=-1), T).to(x.dtype) + 0 * scores.exp()"),
        ),
        Mistake(
            "queries and keys are normalised to length 1 first",
            edit(PROJECT, PROJECT + "\n        q, k = F.normalize(q, dim=-1), F.normalize(k, dim=-1)"),
        ),
        Mistake(
            "the scale is applied after the mask, with a masked score of only -10",
            edit(SCALE, "", MASK, "scores = scores.masked_fill(~self.causal[:T, :T], -1e4).clamp(min=-10.0)"),
        ),
        Mistake(
            "the exponentials of the softmax overflow, because the largest score is not subtracted first",
            edit("F.softmax(scores, dim=-1)", "(scores.exp() / scores.exp().sum(dim=-1, keepdim=True))"),
        ),
        Mistake(
            "the softmax's denominator has a constant added to it",
            edit("F.softmax(scores, dim=-1)", "(scores.exp() / (scores.exp().sum(dim=-1, keepdim=True) + 1))"),
        ),
        Mistake(
            "the scores of later positions are set to -100, which a large enough negative score goes below",
            edit('float("-inf")', "-100.0"),
        ),
        Mistake(
            "the scores are clamped to -10 to 10 before the softmax",
            edit(SCALE, SCALE + "\n        scores = scores.clamp(-10.0, 10.0)"),
        ),
        Mistake(
            "the distance between two tokens is subtracted from their score",
            edit(SCALE, SCALE + "\n        scores = scores - 0.1 * torch.arange(T).unsqueeze(1).sub(torch.arange(T)).abs()"),
        ),
        Mistake(
            "the keys and the values are swapped",
            edit(PROJECT, PROJECT + "\n        k, v = v, k"),
        ),
        # Gradients and state
        Mistake(
            "the weights are detached, so that queries and keys never learn",
            edit(OUT, "return weights.detach() @ v"),
        ),
        Mistake("the values are detached, so that their projection never learns", edit(OUT, "return weights @ v.detach()")),
        Mistake("the keys are detached, so that their projection never learns",
                edit(SCORES, SCORES.replace("k.transpose", "k.detach().transpose"))),
        Mistake("the queries are detached, so that their projection never learns",
                edit(SCORES, SCORES.replace("q @", "q.detach() @"))),
        Mistake(
            "the whole forward pass runs under torch.no_grad",
            edit("    def forward", "    @torch.no_grad()\n    def forward"),
        ),
        Mistake(
            "the input is detached, so that no gradient reaches the layers below",
            edit(PROJECT, PROJECT.replace("(x)", "(x.detach())")),
        ),
        Mistake(
            "keys and values of earlier calls are kept and attended to as well",
            edit(BUFFER, BUFFER + "\n        self.past = None", PROJECT, PROJECT + (
                "\n        bigger = self.past is not None and self.past.shape == v.shape"
                "\n        v, self.past = (v + self.past if bigger else v), v.detach()")),
        ),
        Mistake(
            "the input is changed in place",
            edit(PROJECT, PROJECT + "\n        x *= k.shape[-1] ** -0.5"),
        ),
        Mistake(
            "axes of size 1 are squeezed away, so that a batch of one loses its first axis",
            edit(OUT, "return (weights @ v).squeeze()"),
        ),
        # Dropout
        Mistake("there is no dropout", edit("self.dropout(F.softmax(scores, dim=-1))", "F.softmax(scores, dim=-1)")),
        Mistake(
            "dropout is also active in eval mode",
            edit("self.dropout(F.softmax(scores, dim=-1))", "F.dropout(F.softmax(scores, dim=-1), self.dropout.p)"),
        ),
        Mistake(
            "dropout acts in eval mode and rests in training",
            edit("self.dropout(F.softmax(scores, dim=-1))",
                 "F.dropout(F.softmax(scores, dim=-1), self.dropout.p, not self.training)"),
        ),
        Mistake(
            "dropout is applied to the scores, before the softmax",
            edit("self.dropout(F.softmax(scores, dim=-1))", "F.softmax(self.dropout(scores), dim=-1)"),
        ),
        Mistake(
            "dropout is applied to the output or to the values instead of the weights",
            edit(WEIGHTS, "weights = F.softmax(scores, dim=-1)", OUT, "return self.dropout(weights @ v)"),
        ),
        Mistake(
            "dropout is applied to the weights and once more to the output",
            edit(OUT, "return self.dropout(weights @ v)"),
        ),
        Mistake(
            "dropout is applied to the input instead of the weights",
            edit(WEIGHTS, "weights = F.softmax(scores, dim=-1)", PROJECT, "x = self.dropout(x)\n        " + PROJECT),
        ),
        Mistake("dropout is always 0.5, whatever was asked for", edit("nn.Dropout(dropout)", "nn.Dropout(0.5 * (dropout > 0))")),
        Mistake("dropout is on even when none was asked for", edit("nn.Dropout(dropout)", "nn.Dropout(max(dropout, 0.1))")),
        Mistake(
            "the weights that dropout leaves are not scaled up",
            edit("self.dropout(F.softmax(scores, dim=-1))",
                 "F.softmax(scores, dim=-1) * (torch.rand(scores.shape) >= self.dropout.p * self.training)"),
        ),
        Mistake(
            "dropout keeps the share that it should drop",
            edit("nn.Dropout(dropout)", "nn.Dropout(1 - dropout if dropout else 0.0)"),
        ),
        Mistake(
            "dropout drops the same token's weight at every position at once",
            edit("self.dropout(F.softmax(scores, dim=-1))",
                 "F.softmax(scores, dim=-1) * self.dropout(torch.ones(x.shape[0], 1, T).to(x.dtype))"),
        ),
        Mistake(
            "dropout drops the same weights in every row of the batch",
            edit("self.dropout(F.softmax(scores, dim=-1))",
                 "F.softmax(scores, dim=-1) * self.dropout(torch.ones(1, T, T).to(x.dtype))"),
        ),
        Mistake(
            "dropout drops whole rows of weights together",
            edit("self.dropout(F.softmax(scores, dim=-1))",
                 "F.softmax(scores, dim=-1) * self.dropout(torch.ones(*scores.shape[:2], 1).to(x.dtype))"),
        ),
    ]
}
