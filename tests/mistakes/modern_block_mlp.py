"""Ways people get the network that squares wrong."""

from vibejam_core.course.known import Mistake, edit

# Passages of the reference that the mistakes below change.
FC = "self.c_fc = Linear(config.n_embd, 4 * config.n_embd)"
PROJ = "self.c_proj = Linear(4 * config.n_embd, config.n_embd)"
OUT = "return self.c_proj(F.relu(self.c_fc(x)).square())"
SQUARED = "F.relu(self.c_fc(x)).square()"


def curve(new):
    """Another curve than the squared ReLU; ``h`` is what it bends."""
    return edit(OUT, f"h = self.c_fc(x)\n        return self.c_proj({new})")


MISTAKES = {
    "modern_block.MLP": [
        # What is learned
        Mistake("both layers have biases", edit(FC, FC.replace("Linear", "nn.Linear"), PROJ, PROJ.replace("Linear", "nn.Linear"))),
        Mistake("the first layer has a bias", edit(FC, FC.replace("Linear", "nn.Linear"))),
        Mistake("the second layer has a bias", edit(PROJ, PROJ.replace("Linear", "nn.Linear"))),
        Mistake("the network is twice as wide as the stream, not four times", edit(FC, FC.replace("4 *", "2 *"), PROJ, PROJ.replace("4 *", "2 *"))),
        Mistake("the network is three times as wide as the stream", edit(FC, FC.replace("4 *", "3 *"), PROJ, PROJ.replace("4 *", "3 *"))),
        Mistake("the network is as wide as the stream", edit(FC, FC.replace("4 * ", ""), PROJ, PROJ.replace("4 * ", ""))),
        Mistake("there is a third layer, a gate, as in SwiGLU", edit(FC, FC + "\n        self.c_gate = Linear(config.n_embd, 4 * config.n_embd)", SQUARED, "(F.silu(self.c_gate(x)) * self.c_fc(x))")),
        Mistake("the second layer is the first one's transpose, with no weights of its own", edit(PROJ, "", OUT, f"return {SQUARED} @ self.c_fc.weight.to(x.dtype)")),
        Mistake("the layers are called fc and proj", edit(FC, FC.replace("c_fc", "fc"), PROJ, PROJ.replace("c_proj", "proj"), OUT, "return self.proj(F.relu(self.fc(x)).square())")),
        Mistake("the network has a norm with a gain of its own", edit(PROJ, PROJ + "\n        self.norm = nn.RMSNorm(config.n_embd)", "self.c_fc(x)", "self.c_fc(self.norm(x))")),
        # What comes out
        Mistake("the result is computed but not returned", edit(OUT, OUT.replace("return", "out ="))),
        Mistake("the wide numbers are returned: the second layer is never applied", edit(OUT, f"return {SQUARED}")),
        Mistake("axes of size 1 are lost", edit(OUT, OUT + ".squeeze()")),
        Mistake("the input is cut off at zero in place", edit("self.c_fc(x)", "self.c_fc(x.relu_())")),
        Mistake("the input is added to the output, which is the block's work", edit(OUT, OUT.replace("return", "return x +"))),
        Mistake("the input is normed, which is the block's work", edit("self.c_fc(x)", "self.c_fc(norm(x))")),
        Mistake("the output is normed", edit(OUT, f"return norm(self.c_proj({SQUARED}))")),
        Mistake("the wide numbers are normed", edit(SQUARED, f"norm({SQUARED})")),
        Mistake("tokens are mixed: the wide numbers are averaged over time", edit(SQUARED, SQUARED + ".mean(dim=1, keepdim=True).expand(-1, x.shape[1], -1)")),
        Mistake("tokens are mixed: each gets a little of the one before", edit("self.c_fc(x)", "self.c_fc(x + 0.1 * x.roll(1, dims=1))")),
        Mistake("rows of the batch are mixed", edit(OUT, OUT + "\n", SQUARED, SQUARED + ".mean(dim=0, keepdim=True).expand(x.shape[0], -1, -1)")),
        # The curve
        Mistake("the ReLU isn't squared", curve("F.relu(h)")),
        Mistake("a GELU stands in the place of the squared ReLU", curve("F.gelu(h)")),
        Mistake("a GELU is squared", curve("F.gelu(h).square()")),
        Mistake("a SiLU stands in the place of the squared ReLU", curve("F.silu(h)")),
        Mistake("the numbers are squared without being cut off, so that those below zero count too", curve("h.square()")),
        Mistake("the numbers are squared first and cut off then, which changes nothing any more", curve("F.relu(h.square()) + 1e-3")),
        Mistake("squares of numbers below zero keep their sign", curve("h * h.abs()")),
        Mistake("numbers below zero pass with a slope of 0.01 (leaky ReLU) before the square", curve("F.leaky_relu(h).square()")),
        Mistake("numbers below zero pass with a slope of 0.5, as in a later speed record", curve("F.leaky_relu(h, 0.5).square()")),
        Mistake("the absolute values pass", curve("h.abs()")),
        Mistake("the cube is taken, not the square", curve("F.relu(h) ** 3")),
        Mistake("the root is taken, not the square", curve("F.relu(h).clamp(min=1e-12).sqrt()")),
        Mistake("the square is doubled", curve("2 * F.relu(h).square()")),
        Mistake("the square is halved", curve("F.relu(h).square() / 2")),
        Mistake("the ReLU is cut off above at 6", curve("F.relu6(h).square()")),
        Mistake("the numbers above zero are thrown away, those below are kept", curve("F.relu(-h).square()")),
        Mistake("there is no curve at all", curve("h")),
        Mistake("the second layer's output is squared, not the first one's", edit(OUT, "return self.c_proj(F.relu(self.c_fc(x))).square()")),
        Mistake("the second layer's output is cut off and squared once more", edit(OUT, f"return F.relu(self.c_proj({SQUARED})).square()")),
        Mistake("the second layer's output is cut off at zero", edit(OUT, f"return F.relu(self.c_proj({SQUARED}))")),
        # Dtypes and chance
        Mistake("the layers are torch's nn.Linear, which refuse an x of another dtype than their weights", edit(
            FC, "self.c_fc = nn.Linear(config.n_embd, 4 * config.n_embd, bias=False)", PROJ, "self.c_proj = nn.Linear(4 * config.n_embd, config.n_embd, bias=False)")),
        Mistake("the output is float32, whatever came in", edit(OUT, OUT + ".float()")),
        Mistake("everything is computed in bfloat16", edit("self.c_fc(x)", "self.c_fc(x.bfloat16())", OUT.replace("self.c_fc(x)", "self.c_fc(x.bfloat16())"), f"return self.c_proj({SQUARED.replace('(x)', '(x.bfloat16())')}).to(x.dtype)")),
        Mistake("the weights themselves are turned into the dtype of x, for good", edit(OUT, "self.to(x.dtype)\n        " + OUT)),
        Mistake("the output is dropped out in training", edit(PROJ, PROJ + "\n        self.dropout = nn.Dropout(config.dropout)", OUT, f"return self.dropout(self.c_proj({SQUARED}))")),
        Mistake("the wide numbers are dropped out in training", edit(PROJ, PROJ + "\n        self.dropout = nn.Dropout(config.dropout)", SQUARED, f"self.dropout({SQUARED})")),
        Mistake("the weights are kept in the compute dtype", edit(PROJ, PROJ + "\n        self.to(getattr(torch, config.compute_dtype))")),
        Mistake("nothing is squared in eval mode", curve("F.relu(h).square() if self.training else F.relu(h)")),
        # Gradients
        Mistake("the input is detached, so that no gradient comes back", edit("self.c_fc(x)", "self.c_fc(x.detach())")),
        Mistake("it runs under torch.no_grad", edit("    def forward", "    @torch.no_grad()\n    def forward")),
        Mistake("the wide numbers are detached, so that c_fc never learns", edit(SQUARED, SQUARED + ".detach()")),
        Mistake("one of the two factors of the square is detached, which halves the gradient", curve("F.relu(h) * F.relu(h).detach()")),
    ]
}
