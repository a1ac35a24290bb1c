"""Ways people get a block of a modern GPT wrong."""

from vibejam_core.course.known import Mistake, edit

# Passages of the reference that the mistakes below change.
ATTN = "self.attn = CausalSelfAttention(config, layer_idx)"
MLP = "self.mlp = MLP(config)"
GATHER = "x = x + self.attn(norm(x), cos, sin, value_embedding)"
THINK = "return x + self.mlp(norm(x))"
FOUND = "self.attn(norm(x), cos, sin, value_embedding)"


def plain_norms(name, extra=""):
    """Norms of torch's own, in both places."""
    made = f"\n        self.ln_1, self.ln_2 = nn.{name}(config.n_embd{extra}), nn.{name}(config.n_embd{extra})"
    return edit(MLP, MLP + made, GATHER, GATHER.replace("norm(x)", "self.ln_1(x)"), THINK, THINK.replace("norm(x)", "self.ln_2(x)"))


MISTAKES = {
    "modern_block.Block": [
        # What is learned
        Mistake("the norms have gains to learn, as nn.RMSNorm has", plain_norms("RMSNorm")),
        Mistake("the norms are layer norms, with gains and shifts", plain_norms("LayerNorm")),
        Mistake("attention and MLP are called attention and feed_forward, as in lab 04", edit(
            ATTN, ATTN.replace("attn", "attention"), MLP, MLP.replace("self.mlp", "self.feed_forward"), GATHER, GATHER.replace("attn", "attention"), THINK, THINK.replace("mlp", "feed_forward"))),
        Mistake("there is a second attention in the place of the MLP", edit(MLP, "self.mlp = CausalSelfAttention(config, layer_idx)", THINK, "return x + self.mlp(norm(x), cos, sin)")),
        Mistake("each part has a factor to learn", edit(MLP, MLP + "\n        self.scale = nn.Parameter(torch.ones(2))", GATHER, GATHER.replace("x + ", "x + self.scale[0].to(x) * "), THINK, THINK.replace("x + ", "x + self.scale[1].to(x) * "))),
        Mistake("the stream passes through a linear layer of its own", edit(MLP, MLP + "\n        self.skip = Linear(config.n_embd, config.n_embd)", GATHER, GATHER.replace("x = x", "x = self.skip(x)"))),
        # What comes out
        Mistake("forward returns nothing", edit(THINK, "x = x + self.mlp(norm(x))")),
        Mistake("stream and MLP are returned as a pair", edit(THINK, "return x, self.mlp(norm(x))")),
        Mistake("the MLP's output is joined to the stream side by side", edit(THINK, "return torch.cat([x, self.mlp(norm(x))], dim=-1)")),
        Mistake("a batch of one loses its first axis", edit(THINK, "return (x + self.mlp(norm(x))).squeeze(0)")),
        Mistake("attention's output is added to the input in place", edit(GATHER, "x += " + FOUND)),
        Mistake("the input is normed in place", edit(GATHER, "x.detach().copy_(norm(x.detach()))\n        " + GATHER)),
        # The stream
        Mistake("there are no residual paths: each output replaces the stream", edit(GATHER, "x = " + FOUND, THINK, "return self.mlp(norm(x))")),
        Mistake("the residual path around the attention is missing", edit(GATHER, "x = " + FOUND)),
        Mistake("the residual path around the MLP is missing", edit(THINK, "return self.mlp(norm(x))")),
        Mistake("the norms stand behind the sums, on the stream itself (post-norm)", edit(GATHER, "x = norm(x + self.attn(x, cos, sin, value_embedding))", THINK, "return norm(x + self.mlp(x))")),
        Mistake("the residual paths start behind the norms", edit(GATHER, "x = norm(x)\n        x = x + self.attn(x, cos, sin, value_embedding)", THINK, "x = norm(x)\n        return x + self.mlp(x)")),
        Mistake("the attention's residual path starts behind the norm", edit(GATHER, "x = norm(x)\n        x = x + self.attn(x, cos, sin, value_embedding)")),
        Mistake("the MLP's residual path starts behind the norm", edit(THINK, "x = norm(x)\n        return x + self.mlp(x)")),
        Mistake("the output is normed once more at the end", edit(THINK, "return norm(x + self.mlp(norm(x)))")),
        Mistake("the stream is added twice", edit(THINK, "return x + x + self.mlp(norm(x))")),
        Mistake("the input is added once more at the end", edit(GATHER, "start = x\n        " + GATHER, THINK, "return start + x + self.mlp(norm(x))")),
        Mistake("the MLP's output is added to the input, without attention's part", edit(GATHER, "y = x + " + FOUND, THINK, "return x + self.mlp(norm(y))")),
        Mistake("the sums are halved", edit(GATHER, f"x = (x + {FOUND}) / 2", THINK, "return (x + self.mlp(norm(x))) / 2")),
        Mistake("the parts are subtracted from the stream", edit(GATHER, "x = x - " + FOUND, THINK, "return x - self.mlp(norm(x))")),
        Mistake("the parts are multiplied with the stream", edit(GATHER, "x = x * " + FOUND, THINK, "return x * self.mlp(norm(x))")),
        # Rows and time
        Mistake("rows and tokens are swapped for the norm: it runs over the tokens", edit(GATHER, GATHER.replace("norm(x)", "norm(x.transpose(1, 2)).transpose(1, 2)"))),
        Mistake("the first norm runs over the whole batch", edit(GATHER, GATHER.replace("norm(x)", "(x * torch.rsqrt(x.square().mean() + 1e-5))"))),
        Mistake("the second norm runs over the whole of each row", edit(THINK, THINK.replace("norm(x)", "norm(x.flatten(1)).view_as(x)"))),
        Mistake("the tokens are read from last to first, so that each sees the future", edit(GATHER, GATHER.replace("norm(x), cos, sin, value_embedding)", "norm(x).flip(1), cos.flip(0), sin.flip(0)).flip(1)"))),
        Mistake("a trace of the next tokens, too small for the numbers to show, has a gradient", edit(GATHER, GATHER.replace("norm(x)", "norm(x + 1e-6 * x.sum(dim=1, keepdim=True))"))),
        # The parts
        Mistake("there is no norm before the attention", edit(GATHER, GATHER.replace("norm(x)", "x"))),
        Mistake("there is no norm before the MLP", edit(THINK, THINK.replace("norm(x)", "x"))),
        Mistake("there are no norms", edit(GATHER, GATHER.replace("norm(x)", "x"), THINK, THINK.replace("norm(x)", "x"))),
        Mistake("each part's output is normed, not its input", edit(GATHER, "x = x + norm(self.attn(x, cos, sin, value_embedding))", THINK, "return x + norm(self.mlp(x))")),
        Mistake("the attention's output is normed, not its input", edit(GATHER, "x = x + norm(self.attn(x, cos, sin, value_embedding))")),
        Mistake("the MLP's output is normed, not its input", edit(THINK, "return x + norm(self.mlp(x))")),
        Mistake("each part's output is normed as well as its input", edit(GATHER, f"x = x + norm({FOUND})", THINK, "return x + norm(self.mlp(norm(x)))")),
        Mistake("the norms subtract the mean, as layer norms do", edit(GATHER, GATHER.replace("norm(x)", "F.layer_norm(x, x.shape[-1:])"), THINK, THINK.replace("norm(x)", "F.layer_norm(x, x.shape[-1:])"))),
        Mistake("the norms have no eps, or a much smaller one", edit(GATHER, GATHER.replace("norm(x)", "norm(x, 1e-12)"), THINK, THINK.replace("norm(x)", "norm(x, 1e-12)"))),
        Mistake("the first norm has an eps of 1e-6", edit(GATHER, GATHER.replace("norm(x)", "norm(x, 1e-6)"))),
        Mistake("the second norm has an eps of 1e-6", edit(THINK, THINK.replace("norm(x)", "norm(x, 1e-6)"))),
        Mistake("the input is normed twice before the attention", edit(GATHER, GATHER.replace("norm(x)", "norm(norm(x))"))),
        Mistake("the input is brought to length 1 before the attention", edit(GATHER, GATHER.replace("norm(x)", "F.normalize(x, dim=-1)"))),
        Mistake("the attention is never called", edit(GATHER, "")),
        Mistake("the MLP is never called", edit(THINK, "return x")),
        Mistake("the attention is called twice", edit(GATHER, GATHER + "\n        " + GATHER)),
        Mistake("the MLP is called twice", edit(THINK, "x = x + self.mlp(norm(x))\n        " + THINK)),
        Mistake("attention's part is halved", edit(GATHER, GATHER.replace("x + ", "x + 0.5 * "))),
        Mistake("the MLP's part is halved", edit(THINK, THINK.replace("x + ", "x + 0.5 * "))),
        # Their order
        Mistake("the MLP comes before the attention", edit(GATHER, "x = x + self.mlp(norm(x))", THINK, f"return x + {FOUND}")),
        Mistake("both parts see the incoming stream, or its norm, side by side", edit(GATHER, "", THINK, f"return x + {FOUND} + self.mlp(norm(x))")),
        Mistake("the MLP gets attention's output alone, without the stream", edit(GATHER, "found = " + FOUND, THINK, "return x + found + self.mlp(norm(found))")),
        # What is passed on
        Mistake("the value embedding isn't passed on", edit(GATHER, GATHER.replace(", value_embedding", ""))),
        Mistake("the value embedding is added to the stream", edit(GATHER, "if value_embedding is not None:\n            x = x + torch.cat([value_embedding, value_embedding], dim=-1)\n        " + GATHER.replace(", value_embedding", ""))),
        Mistake("the value embedding is normed before it is passed on", edit(GATHER, GATHER.replace(", value_embedding", ", None if value_embedding is None else norm(value_embedding)"))),
        Mistake("cos and sin are passed on in the wrong order, which turns everything clockwise", edit(GATHER, GATHER.replace("cos, sin", "sin, cos"))),
        Mistake("the turn is left out: the cosines are 1 and the sines 0", edit(GATHER, GATHER.replace("cos, sin", "torch.ones_like(cos), torch.zeros_like(sin)"))),
        Mistake("positions are counted again, 0 to T - 1", edit(GATHER, "from vibejam_core.models.rotary import precompute_rotary\n\n        cos, sin = precompute_rotary(torch.arange(x.shape[1]), 2 * cos.shape[-1], dtype=x.dtype)\n        " + GATHER)),
        Mistake("every layer is made as layer 0", edit(ATTN, ATTN.replace("layer_idx", "0"))),
        Mistake("every layer is made as the last, without a window", edit(ATTN, ATTN.replace("layer_idx", "config.n_layer - 1"))),
        Mistake("the layers are counted from 1", edit(ATTN, ATTN.replace("layer_idx", "layer_idx + 1"))),
        # Dtypes and chance
        Mistake("the stream is float32, whatever came in", edit(GATHER, GATHER.replace("x + ", "x.float() + ").replace("norm(x)", "norm(x)"), THINK, "return x + self.mlp(norm(x))")),
        Mistake("the output is always bfloat16", edit(THINK, THINK.replace("x + self.mlp(norm(x))", "(x + self.mlp(norm(x))).bfloat16()"))),
        Mistake("the stream is dropped out in training", edit(MLP, MLP + "\n        self.dropout = nn.Dropout(config.dropout)", GATHER, "x = self.dropout(x)\n        " + GATHER)),
        Mistake("the parts' outputs are dropped out in training", edit(MLP, MLP + "\n        self.dropout = nn.Dropout(config.dropout)", GATHER, f"x = x + self.dropout({FOUND})", THINK, "return x + self.dropout(self.mlp(norm(x)))")),
        Mistake("the value embedding of an earlier call is passed on where none came",
                edit(GATHER, "self.kept = value_embedding = getattr(self, 'kept', None) if value_embedding is None else value_embedding\n        " + GATHER)),
        Mistake("the value embedding is passed on in training only", edit(GATHER, GATHER.replace("value_embedding)", "value_embedding if self.training else None)"))),
        Mistake("the MLP is left out in eval mode", edit(THINK, THINK + " if self.training else x")),
        # Gradients
        Mistake("the attention's output is detached, so that it never learns", edit(GATHER, GATHER + "", FOUND, FOUND + ".detach()")),
        Mistake("the MLP's output is detached, so that it never learns", edit(THINK, THINK + ".detach()")),
        Mistake("the norms are detached from the parts behind them", edit(GATHER, GATHER.replace("norm(x)", "norm(x).detach()"), THINK, THINK.replace("norm(x)", "norm(x).detach()"))),
        Mistake("it runs under torch.no_grad", edit("    def forward", "    @torch.no_grad()\n    def forward")),
        Mistake("the stream is detached between the two parts, so that the attention and x never learn from it", edit(THINK, "x = x.detach()\n        " + THINK)),
        Mistake("the second sum is made in place, which spoils what the backward pass needs", edit(THINK, "x += self.mlp(norm(x))\n        return x")),
    ]
}
