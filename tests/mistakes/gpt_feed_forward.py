"""The ways people get the feed-forward network wrong."""

from vibejam_core.course.known import Mistake, edit

# Passages of the reference that the mistakes below change.
UP = "nn.Linear(n_embd, 4 * n_embd)"
GELU = 'nn.GELU(approximate="tanh")'
DOWN = "nn.Linear(4 * n_embd, n_embd)"
DROPOUT = "            nn.Dropout(dropout),\n"
OUT = "return self.net(x)"
LAYERS = f'''            {UP},
            {GELU},
            {DOWN},
            nn.Dropout(dropout),
'''

MISTAKES = {
    "gpt.FeedForward": [
        # What is learned
        Mistake("the network is not 4 times as wide inside", edit(UP, "nn.Linear(n_embd, n_embd)", DOWN, "nn.Linear(n_embd, n_embd)")),
        Mistake("the network is 2 times as wide inside, not 4",
                edit(UP, "nn.Linear(n_embd, 2 * n_embd)", DOWN, "nn.Linear(2 * n_embd, n_embd)")),
        Mistake("the network narrows to a quarter inside instead of widening",
                edit(UP, "nn.Linear(n_embd, n_embd // 4)", DOWN, "nn.Linear(n_embd // 4, n_embd)")),
        Mistake("the layers have no biases",
                edit(UP, UP.replace(")", ", bias=False)"), DOWN, DOWN.replace(")", ", bias=False)"))),
        Mistake("the first layer has no bias", edit(UP, UP.replace(")", ", bias=False)"))),
        Mistake("the second layer has no bias", edit(DOWN, DOWN.replace(")", ", bias=False)"))),
        Mistake("there is a third layer", edit(DOWN, DOWN + ",\n            nn.Linear(n_embd, n_embd)")),
        Mistake("there is a gated third matrix beside the first layer, as in SwiGLU",
                edit(OUT, "return self.net[2](self.net[1](self.net[0](x)) * self.gate(x))", "super().__init__()",
                     "super().__init__()\n        self.gate = nn.Linear(n_embd, 4 * n_embd, bias=False)")),
        Mistake("the network has a layer norm of its own", edit(UP, "nn.LayerNorm(n_embd),\n            " + UP)),
        Mistake("the network has only its first layer, and its output is folded to n_embd by a sum",
                edit(f"            {DOWN},\n", "", OUT, "return self.net(x).unflatten(-1, (4, -1)).sum(dim=-2)")),
        Mistake("the layers are kept in a plain Python list, where no optimizer finds them",
                edit("self.net = nn.Sequential(", "self.net = (", OUT,
                     "for layer in self.net:\n            x = layer(x)\n        return x")),
        # What comes out
        Mistake("forward returns nothing", edit(OUT, "self.net(x)")),
        Mistake("only the first layer is applied, so the output is 4 * n_embd wide", edit(OUT, "return self.net[1](self.net[0](x))")),
        Mistake("the rows of the batch are joined: the output is (B * T, n_embd)", edit(OUT, "return self.net(x).flatten(0, 1)")),
        Mistake("a batch of one token loses its axes", edit(OUT, "return self.net(x).squeeze()")),
        Mistake("everything is computed in float32, whatever comes in",
                edit(OUT, "up, bend, down, drop = self.net\n        x = bend(F.linear(x.float(), up.weight.float(), up.bias.float()))\n"
                          "        return drop(F.linear(x, down.weight.float(), down.bias.float()))")),
        Mistake("the input is changed in place", edit(OUT, "x.detach().clamp_(min=-1.0)\n        return self.net(x)")),
        Mistake("the input is added to the output in place", edit(OUT, "x += self.net(x)\n        return x")),
        # Positions
        Mistake("a softmax runs over the positions", edit(GELU, "nn.Softmax(dim=1)")),
        Mistake("the mean over the positions is mixed in", edit(OUT, "return self.net(x + x.mean(dim=1, keepdim=True))")),
        Mistake("the mean over the batch is mixed in", edit(OUT, "return self.net(x + x.mean(dim=0, keepdim=True))")),
        # The curve
        Mistake("there is no activation between the layers, so that both together are one linear layer",
                edit(f"            {GELU},\n", "")),
        Mistake("a ReLU stands where the GELU belongs", edit(GELU, "nn.ReLU()")),
        Mistake("a squared ReLU stands where the GELU belongs", edit(OUT, "return self.net[3](self.net[2](F.relu(self.net[0](x)).square()))")),
        Mistake("a leaky ReLU stands where the GELU belongs", edit(GELU, "nn.LeakyReLU()")),
        Mistake("a SiLU stands where the GELU belongs", edit(GELU, "nn.SiLU()")),
        Mistake("a tanh stands where the GELU belongs", edit(GELU, "nn.Tanh()")),
        Mistake("a sigmoid stands where the GELU belongs", edit(GELU, "nn.Sigmoid()")),
        Mistake("an ELU stands where the GELU belongs", edit(GELU, "nn.ELU()")),
        Mistake("a softplus stands where the GELU belongs", edit(GELU, "nn.Softplus()")),
        Mistake("the GELU is the rough one, x * sigmoid(1.702 x)",
                edit(OUT, "h = self.net[0](x)\n        return self.net[3](self.net[2](h * torch.sigmoid(1.702 * h)))")),
        Mistake("the GELU's formula lacks its factor of one half",
                edit(OUT, "h = self.net[0](x)\n        return self.net[3](self.net[2](h * (1 + torch.erf(h / 2 ** 0.5))))")),
        Mistake("the GELU's tanh formula uses x squared instead of x cubed",
                edit(OUT, "h = self.net[0](x)\n        curve = 0.5 * h * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (h + 0.044715 * h**2)))\n"
                          "        return self.net[3](self.net[2](curve))")),
        Mistake("the GELU's tanh formula lacks the root of 2 / pi",
                edit(OUT, "h = self.net[0](x)\n        curve = 0.5 * h * (1 + torch.tanh(h + 0.044715 * h**3))\n"
                          "        return self.net[3](self.net[2](curve))")),
        Mistake("the GELU's erf formula lacks the root of 2",
                edit(OUT, "h = self.net[0](x)\n        return self.net[3](self.net[2](0.5 * h * (1 + torch.erf(h))))")),
        Mistake("the GELU is applied twice", edit(GELU, GELU + ",\n            " + GELU, OUT,
                "up, bend, again, down, drop = self.net\n        return drop(down(again(bend(up(x)))))")),
        Mistake("the GELU comes before the first layer", edit(f"            {UP},\n            {GELU},\n", f"            {GELU},\n            {UP},\n")),
        Mistake("the GELU comes after the second layer",
                edit(f"            {GELU},\n            {DOWN},\n", f"            {DOWN},\n            {GELU},\n")),
        Mistake("a second GELU follows the second layer", edit(DOWN, DOWN + ",\n            nn.GELU()")),
        # The rest of the sum
        Mistake("the input is added to the output, though the residual path is the block's work", edit(OUT, "return x + self.net(x)")),
        Mistake("the output is scaled down by the width inside", edit(OUT, "return self.net(x) / 4")),
        Mistake("the output is normalised", edit(OUT, "return F.normalize(self.net(x), dim=-1)")),
        Mistake("the first layer's bias is never added",
                edit(OUT, "up, bend, down, drop = self.net\n        return drop(down(bend(F.linear(x, up.weight) + 0 * up.bias)))")),
        Mistake("the second layer's bias is never added",
                edit(OUT, "up, bend, down, drop = self.net\n        return drop(F.linear(bend(up(x)), down.weight) + 0 * down.bias)")),
        # Gradients
        Mistake("the first layer's output is detached, so that it never learns",
                edit(OUT, "return self.net[3](self.net[2](self.net[1](self.net[0](x)).detach())) + 0 * x")),
        Mistake("the second layer is applied through .data, so that it never learns",
                edit(OUT, "h = self.net[1](self.net[0](x))\n"
                          "        return self.net[3](F.linear(h, self.net[2].weight.data, self.net[2].bias.data))")),
        Mistake("the input is detached, so that no gradient reaches the layers below", edit(OUT, "return self.net(x.detach())")),
        Mistake("the whole forward pass runs under torch.no_grad", edit("    def forward", "    @torch.no_grad()\n    def forward")),
        # Dropout
        Mistake("there is no dropout", edit(DROPOUT, "")),
        Mistake("dropout stands before the second layer instead of last",
                edit(f"{DOWN},\n            nn.Dropout(dropout),", f"nn.Dropout(dropout),\n            {DOWN},")),
        Mistake("dropout stands between the layers and last", edit(DOWN, "nn.Dropout(dropout),\n            " + DOWN)),
        Mistake("dropout is always 0.5, whatever was asked for", edit("nn.Dropout(dropout)", "nn.Dropout(0.5 * (dropout > 0))")),
        Mistake("dropout keeps the share that it should drop", edit("nn.Dropout(dropout)", "nn.Dropout(1 - dropout if dropout else 0.0)")),
        Mistake("dropout is on even when none was asked for", edit("nn.Dropout(dropout)", "nn.Dropout(max(dropout, 0.1))")),
        Mistake("dropout is also active in eval mode", edit(DROPOUT, "", OUT, "return F.dropout(self.net(x), self.dropout)",
                "super().__init__()", "super().__init__()\n        self.dropout = dropout")),
        Mistake("what dropout leaves is not scaled up", edit(OUT,
                "h = self.net[2](self.net[1](self.net[0](x)))\n"
                "        return h * (torch.rand(h.shape) >= self.net[3].p * self.training)")),
        Mistake("dropout drops the same numbers in every row of the batch", edit(OUT,
                "h = self.net[2](self.net[1](self.net[0](x)))\n        return h * self.net[3](torch.ones_like(h[:1]))")),
        Mistake("dropout drops the same numbers at every position", edit(OUT,
                "h = self.net[2](self.net[1](self.net[0](x)))\n        return h * self.net[3](torch.ones_like(h[:, :1]))")),
        Mistake("dropout drops whole tokens", edit(OUT,
                "h = self.net[2](self.net[1](self.net[0](x)))\n        return h * self.net[3](torch.ones_like(h[..., :1]))")),
    ]
}
