"""The ways people get a block wrong."""

from vibejam_core.course.known import Mistake, edit

# Passages of the reference that the mistakes below change.
LN_1 = "self.ln_1 = nn.LayerNorm(n_embd)"
LN_2 = "self.ln_2 = nn.LayerNorm(n_embd)"
ATTENTION = "self.attention = MultiHeadAttention(n_embd, n_head, block_size, dropout)"
FEED_FORWARD = "self.feed_forward = FeedForward(n_embd, dropout)"
GATHER = "x = x + self.attention(self.ln_1(x))"
THINK = "return x + self.feed_forward(self.ln_2(x))"

MISTAKES = {
    "gpt.Block": [
        # What is learned
        Mistake("one layer norm serves both sub-layers", edit(LN_2, "self.ln_2 = self.ln_1")),
        Mistake("the norms have no gain and no shift to learn",
                edit(LN_1, LN_1.replace(")", ", elementwise_affine=False)"), LN_2, LN_2.replace(")", ", elementwise_affine=False)"))),
        Mistake("the norms have a gain but no shift", edit(LN_1, LN_1.replace(")", ", bias=False)"), LN_2, LN_2.replace(")", ", bias=False)"))),
        Mistake("a third layer norm follows the feed-forward network",
                edit(LN_2, LN_2 + "\n        self.ln_3 = nn.LayerNorm(n_embd)", THINK, "return self.ln_3(x + self.feed_forward(self.ln_2(x)))")),
        Mistake("there is a second attention where the feed-forward network belongs",
                edit(FEED_FORWARD, "self.feed_forward = MultiHeadAttention(n_embd, n_head, block_size, dropout)")),
        Mistake("the attention has one head of size n_embd // n_head only",
                edit(ATTENTION, "self.attention = Head(n_embd, n_embd // n_head, block_size, dropout)", GATHER,
                     "x = x + self.attention(self.ln_1(x)).repeat(1, 1, x.shape[-1] // self.attention.query.out_features)")),
        Mistake("there are no layer norms", edit(LN_1, "self.ln_1 = nn.Identity()", LN_2, "self.ln_2 = nn.Identity()")),
        Mistake("the norms only scale and shift, without centring first, as RMSNorm does",
                edit("self.ln_1(x)", "(F.rms_norm(x, x.shape[-1:]) * self.ln_1.weight + self.ln_1.bias)",
                     "self.ln_2(x)", "(F.rms_norm(x, x.shape[-1:]) * self.ln_2.weight + self.ln_2.bias)")),
        Mistake("the stream passes through a linear layer of its own", edit(LN_1, LN_1 + "\n        self.skip = nn.Linear(n_embd, n_embd)",
                GATHER, "x = self.skip(x) + self.attention(self.ln_1(x))")),
        # What comes out
        Mistake("forward returns nothing", edit(THINK, "x = x + self.feed_forward(self.ln_2(x))")),
        Mistake("both sub-layers' outputs are returned as a pair", edit(THINK, "return x, self.feed_forward(self.ln_2(x))")),
        Mistake("the stream and the sub-layer's output are joined side by side instead of added",
                edit(THINK, "return torch.cat([x, self.feed_forward(self.ln_2(x))], dim=-1)")),
        Mistake("everything is computed in float32, whatever comes in", edit(THINK, "return x.float() + self.feed_forward(self.ln_2(x)).float()")),
        Mistake("attention's output is added to the input in place", edit(GATHER, "x += self.attention(self.ln_1(x))")),
        Mistake("the input is normalised in place", edit(GATHER, "x.detach().copy_(self.ln_1(x).detach())\n        " + GATHER)),
        # The stream
        Mistake("there are no residual paths: each output replaces the stream",
                edit(GATHER, "x = self.attention(self.ln_1(x))", THINK, "return self.feed_forward(self.ln_2(x))")),
        Mistake("the residual path around the attention is missing", edit(GATHER, "x = self.attention(self.ln_1(x))")),
        Mistake("the residual path around the feed-forward network is missing", edit(THINK, "return self.feed_forward(self.ln_2(x))")),
        Mistake("the norms stand behind the sums, on the stream itself (post-norm), as in the Transformer of 2017",
                edit(GATHER, "x = self.ln_1(x + self.attention(x))", THINK, "return self.ln_2(x + self.feed_forward(x))")),
        Mistake("the residual path starts behind the norm: the normed stream is added, not the stream",
                edit(GATHER, "x = self.ln_1(x)\n        x = x + self.attention(x)", THINK, "x = self.ln_2(x)\n        return x + self.feed_forward(x)")),
        Mistake("the attention's residual path starts behind the norm", edit(GATHER, "x = self.ln_1(x)\n        x = x + self.attention(x)")),
        Mistake("the feed-forward network's residual path starts behind the norm",
                edit(THINK, "x = self.ln_2(x)\n        return x + self.feed_forward(x)")),
        Mistake("the stream is added twice", edit(THINK, "return x + x + self.feed_forward(self.ln_2(x))")),
        Mistake("the input is added once more at the end", edit(GATHER, "start = x\n        " + GATHER, THINK, THINK.replace("return x", "return start + x"))),
        Mistake("the sums are halved to keep the stream small", edit(GATHER, GATHER.replace("x + self.attention(self.ln_1(x))",
                "(x + self.attention(self.ln_1(x))) / 2"), THINK, "return (x + self.feed_forward(self.ln_2(x))) / 2")),
        Mistake("the sub-layers' outputs are multiplied with the stream instead of added",
                edit(GATHER, "x = x * self.attention(self.ln_1(x))", THINK, "return x * self.feed_forward(self.ln_2(x))")),
        Mistake("the input is subtracted from the sub-layers' outputs", edit(GATHER, "x = self.attention(self.ln_1(x)) - x",
                THINK, "return self.feed_forward(self.ln_2(x)) - x")),
        Mistake("a dropout acts on the stream itself", edit(GATHER, GATHER.replace("x = x +", "x = F.dropout(x, 0.1, self.training) +"))),
        # Rows and time
        Mistake("the first norm runs over the whole batch",
                edit("self.ln_1(x)", "(F.layer_norm(x, x.shape) * self.ln_1.weight + self.ln_1.bias)")),
        Mistake("the first norm runs over time as well as over the channels",
                edit("self.ln_1(x)", "(F.layer_norm(x, x.shape[1:]) * self.ln_1.weight + self.ln_1.bias)")),
        Mistake("the second norm runs over time instead of over the channels",
                edit("self.ln_2(x)", "(F.layer_norm(x.mT, x.shape[1:2]).mT * self.ln_2.weight + self.ln_2.bias)")),
        Mistake("the batch's axis is taken for time, because the attention's input is transposed",
                edit("self.attention(self.ln_1(x))", "self.attention(self.ln_1(x).transpose(0, 1)).transpose(0, 1)")),
        Mistake("the attention's input is reversed, so that each position sees the future",
                edit("self.attention(self.ln_1(x))", "self.attention(self.ln_1(x).flip(1)).flip(1)")),
        Mistake("a trace of the next tokens, too small for the numbers to show, has a gradient",
                edit("self.ln_1(x)", "self.ln_1(x + 1e-9 * x.sum(dim=1, keepdim=True))")),
        # The two sub-layers
        Mistake("there is no norm before the attention", edit("self.ln_1(x)", "x")),
        Mistake("there is no norm before the feed-forward network", edit("self.ln_2(x)", "x")),
        Mistake("the first norm serves both sub-layers, the second is never used", edit("self.ln_2(x)", "self.ln_1(x)")),
        Mistake("the second norm serves both sub-layers, the first is never used", edit("self.ln_1(x)", "self.ln_2(x)")),
        Mistake("the two norms are swapped", edit("self.ln_1(x)", "self.ln_0(x)", "self.ln_2(x)", "self.ln_1(x)", "self.ln_0(x)", "self.ln_2(x)")),
        Mistake("each sub-layer's output is normalised, not its input",
                edit("self.attention(self.ln_1(x))", "self.ln_1(self.attention(x))", "self.feed_forward(self.ln_2(x))",
                     "self.ln_2(self.feed_forward(x))")),
        Mistake("the attention's output is normalised, not its input", edit("self.attention(self.ln_1(x))", "self.ln_1(self.attention(x))")),
        Mistake("the feed-forward network's output is normalised, not its input",
                edit("self.feed_forward(self.ln_2(x))", "self.ln_2(self.feed_forward(x))")),
        Mistake("the attention is never called", edit(GATHER, "")),
        Mistake("the feed-forward network is never called", edit(THINK, "return x")),
        Mistake("the attention is called twice", edit(GATHER, GATHER + "\n        " + GATHER)),
        Mistake("the feed-forward network is called twice", edit(THINK, "x = x + self.feed_forward(self.ln_2(x))\n        " + THINK)),
        Mistake("the input is normalised twice before the attention", edit("self.ln_1(x)", "self.ln_1(self.ln_1(x))")),
        Mistake("attention's share is scaled down by the root of 2", edit("self.attention(self.ln_1(x))", "self.attention(self.ln_1(x)) * 0.5**0.5")),
        # Their order
        Mistake("the feed-forward network comes before the attention",
                edit(GATHER, "x = x + self.feed_forward(self.ln_2(x))", THINK, "return x + self.attention(self.ln_1(x))")),
        Mistake("both sub-layers see the incoming stream, side by side, as in GPT-J",
                edit(GATHER, "", THINK, "return x + self.attention(self.ln_1(x)) + self.feed_forward(self.ln_2(x))")),
        Mistake("the feed-forward network gets the attention's output alone, without the stream",
                edit(GATHER, "a = self.attention(self.ln_1(x))", THINK, "return x + a + self.feed_forward(self.ln_2(a))")),
        Mistake("the feed-forward network's input is what attention got, not what it added",
                edit(GATHER, "n = self.ln_1(x)\n        x = x + self.attention(n)", THINK, "return x + self.feed_forward(self.ln_2(n))")),
        # Sizes
        Mistake("n_head and block_size are handed over in the wrong order",
                edit("MultiHeadAttention(n_embd, n_head, block_size, dropout)", "MultiHeadAttention(n_embd, block_size, n_head, dropout)")),
        Mistake("the attention gets block_size - 1, so that a sequence of block_size tokens fails",
                edit("n_head, block_size, dropout)\n", "n_head, block_size - 1, dropout)\n")),
        Mistake("a batch of one loses its first axis", edit(THINK, "return (x + self.feed_forward(self.ln_2(x))).squeeze(0)")),
        # Gradients
        Mistake("the attention's output is detached, so that it never learns", edit("self.attention(self.ln_1(x))", "self.attention(self.ln_1(x)).detach()")),
        Mistake("the feed-forward network's output is detached, so that it never learns",
                edit("self.feed_forward(self.ln_2(x))", "self.feed_forward(self.ln_2(x)).detach()")),
        Mistake("the norms are detached from the sub-layers behind them", edit("self.ln_1(x)", "self.ln_1(x).detach()", "self.ln_2(x)", "self.ln_2(x).detach()")),
        Mistake("the whole forward pass runs under torch.no_grad", edit("    def forward", "    @torch.no_grad()\n    def forward")),
        # Dropout
        Mistake("dropout is passed on to neither sub-layer", edit("block_size, dropout)\n", "block_size)\n", "FeedForward(n_embd, dropout)", "FeedForward(n_embd)")),
        Mistake("dropout is not passed on to the attention", edit("block_size, dropout)\n", "block_size)\n")),
        Mistake("dropout is not passed on to the feed-forward network", edit("FeedForward(n_embd, dropout)", "FeedForward(n_embd)")),
        Mistake("the sub-layers' outputs are dropped out once more",
                edit("x + self.attention(self.ln_1(x))", "x + F.dropout(self.attention(self.ln_1(x)), self.attention.dropout.p, self.training)",
                     "x + self.feed_forward(self.ln_2(x))", "x + F.dropout(self.feed_forward(self.ln_2(x)), self.attention.dropout.p, self.training)")),
        Mistake("dropout is also active in eval mode",
                edit("x + self.feed_forward(self.ln_2(x))", "x + F.dropout(self.feed_forward(self.ln_2(x)), self.attention.dropout.p)")),
    ]
}
