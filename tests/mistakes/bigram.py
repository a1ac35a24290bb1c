"""Ways people get BigramLM wrong."""

from vibejam_core.course.known import Mistake, edit

SUPER = "super().__init__(config)"
TABLE = "self.table = nn.Embedding(config.vocab_size, config.vocab_size)"
INIT = "nn.init.normal_(self.table.weight, std=0.02)"
LOOKUP = "logits = self.table(idx)  # (B, T) -> (B, T, V)"
LOSS = "loss = None if targets is None else language_model_loss(logits, targets)"
RETURN = "return logits, loss"


def table(new):
    """The table is made in another way."""
    return edit(TABLE, new)


def init(new):
    """The table starts with other weights."""
    return edit(INIT, new)


def lookup(new):
    """The scores are made in another way."""
    return edit(LOOKUP, new)


def loss(new):
    """The loss is made in another way."""
    return edit(LOSS, new)


MISTAKES = {
    "bigram.BigramLM": [
        # the table
        Mistake("super().__init__ is not called", edit(SUPER, "pass")),
        Mistake("super().__init__ is called without the config", edit(SUPER, "super().__init__()")),
        Mistake("a default config is kept instead of the one given", edit(SUPER, "super().__init__(ModelConfig())")),
        Mistake(
            "the table has another name",
            edit(
                TABLE,
                TABLE.replace("self.table", "self.token_embedding_table"),
                INIT,
                "nn.init.normal_(self.token_embedding_table.weight, std=0.02)",
                "self.table(idx)",
                "self.token_embedding_table(idx)",
            ),
        ),
        Mistake(
            "the table is n_embd wide, not vocab_size",
            table("self.table = nn.Embedding(config.vocab_size, config.n_embd)"),
        ),
        Mistake(
            "the table has n_embd rows, not vocab_size",
            table("self.table = nn.Embedding(config.n_embd, config.vocab_size)"),
        ),
        Mistake(
            "the table has block_size rows, one per position",
            table("self.table = nn.Embedding(config.block_size, config.vocab_size)"),
        ),
        Mistake(
            "the table has a row too many, for unknown tokens",
            table("self.table = nn.Embedding(config.vocab_size + 1, config.vocab_size)"),
        ),
        Mistake(
            "the table is an nn.Linear",
            edit(
                TABLE,
                "self.table = nn.Linear(config.vocab_size, config.vocab_size, bias=False)",
                "self.table(idx)",
                "self.table.weight.T[idx]",
            ),
        ),
        Mistake(
            "the table is a bare parameter, not an nn.Embedding",
            edit(
                TABLE,
                "self.table = nn.Parameter(nn.init.normal_(nn.Embedding(config.vocab_size, "
                "config.vocab_size).weight, std=0.02).data)",
                INIT,
                "pass",
                "self.table(idx)",
                "self.table[idx]",
            ),
        ),
        Mistake(
            "the table is a tensor that training doesn't know of",
            edit(
                TABLE,
                "self.table = nn.Embedding(config.vocab_size, config.vocab_size).weight.detach()",
                INIT,
                "self.table.normal_(std=0.02)",
                "self.table(idx)",
                "self.table[idx]",
            ),
        ),
        Mistake(
            "there is a second layer after the table",
            edit(
                INIT,
                INIT
                + (
                    "\n"
                    "        self.head = nn.Linear(config.vocab_size, config.vocab_size)\n"
                    "        nn.init.eye_(self.head.weight)\n"
                    "        nn.init.zeros_(self.head.bias)"
                ),
                "self.table(idx)",
                "self.head(self.table(idx))",
            ),
        ),
        Mistake(
            "a bias is learned besides the table",
            edit(
                INIT,
                INIT + "\n        self.bias = nn.Parameter(self.table.weight.new_zeros(config.vocab_size))",
                "self.table(idx)",
                "self.table(idx) + self.bias",
            ),
        ),
        Mistake(
            "an embedding of positions is added",
            edit(
                INIT,
                INIT + "\n        self.position = nn.Embedding(config.block_size, config.vocab_size)",
                "self.table(idx)",
                "self.table(idx) + self.position.weight[: idx.shape[1]]",
            ),
        ),
        Mistake(
            "token 0 is declared to be padding, so its row is never trained",
            table("self.table = nn.Embedding(config.vocab_size, config.vocab_size, padding_idx=0)"),
        ),
        Mistake("the table is frozen", edit(INIT, INIT + "\n        self.table.requires_grad_(False)")),
        Mistake(
            "the rows' length is limited to 1 at each look-up",
            table("self.table = nn.Embedding(config.vocab_size, config.vocab_size, max_norm=1.0)"),
        ),
        Mistake(
            "gradients are divided by how often a token occurs",
            table("self.table = nn.Embedding(config.vocab_size, config.vocab_size, scale_grad_by_freq=True)"),
        ),
        Mistake(
            "gradients of the table are sparse, which the optimiser refuses",
            table("self.table = nn.Embedding(config.vocab_size, config.vocab_size, sparse=True)"),
        ),
        # the start
        Mistake("the table keeps nn.Embedding's own weights, with a standard deviation of 1", init("pass")),
        Mistake("the standard deviation is 0.2", init("nn.init.normal_(self.table.weight, std=0.2)")),
        Mistake("the standard deviation is 0.002", init("nn.init.normal_(self.table.weight, std=0.002)")),
        Mistake(
            "0.02 is the variance, not the standard deviation",
            init("nn.init.normal_(self.table.weight, std=0.02**0.5)"),
        ),
        Mistake("0.02 is the mean, not the standard deviation", init("nn.init.normal_(self.table.weight, 0.02)")),
        Mistake("the weights' mean is 0.02", init("nn.init.normal_(self.table.weight, 0.02, 0.02)")),
        Mistake(
            "the weights start uniform between -0.02 and 0.02", init("nn.init.uniform_(self.table.weight, -0.02, 0.02)")
        ),
        Mistake(
            "the weights start uniform, with the right standard deviation",
            init("nn.init.uniform_(self.table.weight, -0.02 * 3**0.5, 0.02 * 3**0.5)"),
        ),
        Mistake("the weights start uniform between 0 and 0.02", init("nn.init.uniform_(self.table.weight, 0, 0.02)")),
        Mistake(
            "the normal distribution is cut off at two standard deviations",
            init("nn.init.trunc_normal_(self.table.weight, std=0.02 / 0.8796, a=-0.04, b=0.04)"),
        ),
        Mistake(
            "the weights start with a Laplace distribution of the right spread",
            init(
                "from torch.distributions import Laplace\n\n"
                "        self.table.weight.data = Laplace(0, 0.02 / 2**0.5).sample(self.table.weight.shape)"
            ),
        ),
        Mistake("the weights start at zero", init("nn.init.zeros_(self.table.weight)")),
        Mistake("the weights start at 0.02, all of them", init("nn.init.constant_(self.table.weight, 0.02)")),
        Mistake(
            "the weights start with Xavier's spread, which depends on the vocabulary",
            init("nn.init.xavier_normal_(self.table.weight)"),
        ),
        Mistake(
            "the weights start as the identity, so each token predicts itself", init("nn.init.eye_(self.table.weight)")
        ),
        Mistake(
            "a fixed seed is set before the weights are drawn",
            edit(TABLE, "from torch import manual_seed\n\n        manual_seed(1337)\n        " + TABLE),
        ),
        # forward
        Mistake("only the logits are returned", edit(RETURN, "return logits")),
        Mistake(
            "only the logits are returned where there are no targets",
            edit(RETURN, "return logits if targets is None else (logits, loss)"),
        ),
        Mistake("the loss is returned before the logits", edit(RETURN, "return loss, logits")),
        Mistake("logits and loss are returned in a list", edit(RETURN, "return [logits, loss]")),
        Mistake(
            "the loss is 0 without targets",
            loss("loss = logits.new_zeros(()) if targets is None else language_model_loss(logits, targets)"),
        ),
        Mistake("the loss is computed without targets too", loss("loss = language_model_loss(logits, targets)")),
        Mistake(
            "the loss without targets is that of the inputs",
            loss("loss = language_model_loss(logits, idx if targets is None else targets)"),
        ),
        Mistake("targets are ignored, and there is never a loss", loss("loss = None")),
        Mistake(
            "the truth of a whole tensor is asked for, where it should be compared with None",
            loss("loss = language_model_loss(logits, targets) if targets else None"),
        ),
        Mistake(
            "the logits are flattened to (B*T, V) for the loss, and returned like that",
            edit(RETURN, "return (logits if targets is None else logits.flatten(0, 1)), loss"),
        ),
        Mistake("the logits are always flattened to (B*T, V)", edit(RETURN, "return logits.flatten(0, 1), loss")),
        Mistake("the logits are (B, V, T)", edit(RETURN, "return logits.transpose(1, 2), loss")),
        Mistake("the logits are (T, B, V)", edit(RETURN, "return logits.transpose(0, 1), loss")),
        Mistake("only the last position's logits are returned", edit(RETURN, "return logits[:, -1:], loss")),
        Mistake(
            "only the last position's logits are returned where there are no targets",
            edit(RETURN, "return (logits[:, -1:] if targets is None else logits), loss"),
        ),
        Mistake("the best token is returned, not the scores", edit(RETURN, "return logits.argmax(-1), loss")),
        Mistake(
            "probabilities are returned, not scores",
            edit(LOOKUP, LOOKUP.replace("self.table(idx)", "self.table(idx).softmax(-1)")),
        ),
        Mistake(
            "the softmax is applied to the logits that are returned, after the loss",
            edit(RETURN, "return logits.softmax(-1), loss"),
        ),
        Mistake("log-probabilities are returned, not scores", edit(RETURN, "return logits.log_softmax(-1), loss")),
        Mistake("columns of the table are looked up, not rows", lookup("logits = self.table.weight.T[idx]")),
        Mistake(
            "the row before the token's is looked up", lookup("logits = self.table((idx - 1) % self.config.vocab_size)")
        ),
        Mistake(
            "the rows of all tokens so far are averaged",
            lookup(
                "logits = self.table(idx).cumsum(1)\n"
                "        logits = logits / (logits.new_ones(idx.shape).cumsum(1))[..., None]"
            ),
        ),
        Mistake("the rows of all tokens so far are added up", lookup("logits = self.table(idx).cumsum(1)")),
        Mistake(
            "the rows of all positions are averaged",
            lookup("logits = self.table(idx).mean(1, keepdim=True).expand(-1, idx.shape[1], -1)"),
        ),
        Mistake("the scores of the token before are used", lookup("logits = self.table(idx.roll(1, 1))")),
        Mistake("the scores of the token after are used", lookup("logits = self.table(idx.roll(-1, 1))")),
        Mistake(
            "the scores are multiplied by the square root of the table's width",
            lookup("logits = self.table(idx) * self.config.vocab_size**0.5"),
        ),
        Mistake(
            "the scores are divided by the square root of the table's width",
            lookup("logits = self.table(idx) * self.config.vocab_size**-0.5"),
        ),
        Mistake("negative scores are set to 0", lookup("logits = self.table(idx).relu()")),
        Mistake("the scores pass through a tanh", lookup("logits = self.table(idx).tanh()")),
        Mistake(
            "where targets are given, they are looked up, not the inputs",
            lookup("logits = self.table(idx if targets is None else targets)"),
        ),
        Mistake(
            "the scores are half as large where targets are given",
            lookup("logits = self.table(idx) if targets is None else self.table(idx) / 2"),
        ),
        Mistake("axes of length 1 are squeezed away", edit(RETURN, "return logits.squeeze(), loss")),
        Mistake(
            "scores are dropped out",
            edit(
                INIT,
                INIT + "\n        self.dropout = nn.Dropout(config.dropout)",
                "self.table(idx)",
                "self.dropout(self.table(idx))",
            ),
        ),
        Mistake(
            "there is a loss in training mode only",
            edit("if targets is None", "if targets is None or not self.training"),
        ),
        # the loss
        Mistake(
            "the loss is that of the inputs, not of the targets",
            loss("loss = None if targets is None else language_model_loss(logits, idx)"),
        ),
        Mistake(
            "the targets are shifted by one more, though they are the next tokens already",
            loss("loss = None if targets is None else language_model_loss(logits[:, :-1], targets[:, 1:])"),
        ),
        Mistake(
            "only the last position counts in the loss",
            loss("loss = None if targets is None else language_model_loss(logits[:, -1:], targets[:, -1:])"),
        ),
        Mistake(
            "the softmax is applied before the loss, which applies it again",
            loss("loss = None if targets is None else language_model_loss(logits.softmax(-1), targets)"),
        ),
        Mistake(
            "the loss is added up over the positions",
            loss("loss = None if targets is None else language_model_loss(logits, targets) * targets.numel()"),
        ),
        Mistake(
            "the loss has its sign turned",
            loss("loss = None if targets is None else -language_model_loss(logits, targets)"),
        ),
        Mistake(
            "the loss is a Python float",
            loss("loss = None if targets is None else language_model_loss(logits, targets).item()"),
        ),
        Mistake(
            "the loss is detached from the table",
            loss("loss = None if targets is None else language_model_loss(logits, targets).detach()"),
        ),
        Mistake(
            "the weights are read through .data, which training can't see",
            lookup("logits = self.table.weight.data[idx]"),
        ),
    ],
}
