"""The ways people get a whole GPT wrong."""

from vibejam_core.course.known import Edit, Mistake, edit

# Passages of the reference that the mistakes below change.
TOKENS = "self.token_embedding = nn.Embedding(config.vocab_size, config.n_embd)"
POSITIONS = "self.position_embedding = nn.Embedding(config.block_size, config.n_embd)"
BLOCK = "Block(config.n_embd, config.n_head, config.block_size, config.dropout)"
LN_F = "self.ln_f = nn.LayerNorm(config.n_embd)"
HEAD = "self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)"
APPLY = "self.apply(init_weights)"
REFUSE = "if T > self.config.block_size:"
NUMBER = "positions = torch.arange(T, device=idx.device)"
EMBED = "x = self.token_embedding(idx) + self.position_embedding(positions)"
DROP = "x = self.dropout(x)"
LOOP = "for block in self.blocks:\n            x = block(x)"
LOGITS = "self.lm_head(self.ln_f(x))"
LOSS = "loss = None if targets is None else language_model_loss(logits, targets)"
RETURN = "return logits, loss"
CROP = "idx[:, -self.config.block_size :]"
LAST = "logits[:, -1]"
SOFTMAX = "probabilities = F.softmax(logits[:, -1], dim=-1)"
DRAW = "next_token = torch.multinomial(probabilities, num_samples=1, generator=generator)"
APPEND = "idx = torch.cat([idx, next_token], dim=1)"
STEPS = "for _ in range(max_new_tokens):"


def started(by: str) -> Edit:
    """The reference with another way to start its weights."""
    return edit(f"\n        {APPLY}\n", f"\n        {by}\n")


MISTAKES = {
    "gpt.GPTModel": [
        # What is learned
        Mistake("the head shares the token embedding's weights", started("self.lm_head.weight = self.token_embedding.weight\n        " + APPLY)),
        Mistake("the head has a bias", edit(HEAD, HEAD.replace(", bias=False", ""))),
        Mistake("there is no position embedding, or a fixed one that is not learned", edit(POSITIONS, "", " + self.position_embedding(positions)", "")),
        Mistake("the position embedding has vocab_size rows, not block_size", edit(POSITIONS, POSITIONS.replace("block_size", "vocab_size"))),
        Mistake("there is no final norm", edit(LN_F, "", "self.ln_f(x)", "x")),
        Mistake("there is one block only, whatever n_layer says", edit("in range(config.n_layer)", "in range(1)")),
        Mistake("all blocks are one and the same object, because a list of it was multiplied",
                edit(BLOCK + " for _ in range(config.n_layer)", f"[{BLOCK}] * config.n_layer")),
        Mistake("the blocks are kept in a plain Python list, where no optimizer finds them",
                edit("self.blocks = nn.ModuleList(", "self.blocks = list(")),
        Mistake("n_layer and n_head are mixed up", edit("config.n_head, config.block_size", "config.n_layer, config.block_size",
                "range(config.n_layer)", "range(config.n_head)")),
        Mistake("all blocks share the first one's attention",
                edit(LN_F, LN_F + "\n        for block in self.blocks:\n            block.attention = self.blocks[0].attention")),
        Mistake("a layer norm stands before the blocks as well",
                edit(LN_F, LN_F + "\n        self.ln_0 = nn.LayerNorm(config.n_embd)", DROP, "x = self.ln_0(self.dropout(x))")),
        Mistake("super().__init__ is not given the config, so the parts can't be set",
                edit("super().__init__(config)", "self.config = config")),
        # What comes out
        Mistake("only the logits are returned, without a loss beside them", edit(RETURN, "return logits")),
        Mistake("only the loss is returned when there are targets", edit(RETURN, "return (logits, None) if loss is None else loss")),
        Mistake("the loss without targets is 0, not None", edit(LOSS, LOSS.replace("None if targets is None", "torch.tensor(0.0) if targets is None"))),
        Mistake("the logits and the loss are returned in the wrong order", edit(RETURN, "return loss, logits")),
        Mistake("the logits of the last position alone are returned", edit(RETURN, "return logits[:, -1:], loss")),
        Mistake("the logits are flattened to (B * T, V)", edit(RETURN, "return logits.flatten(0, 1), loss")),
        Mistake("with targets, the logits are flattened to (B * T, V)",
                edit(RETURN, "return (logits if targets is None else logits.flatten(0, 1)), loss")),
        # The start
        Mistake("the weights start as PyTorch makes them, not small", started("")),
        Mistake("the initialiser is called before the blocks and the head exist",
                edit(f"\n        {APPLY}\n", "\n", POSITIONS, f"{POSITIONS}\n        {APPLY}")),
        Mistake("the weights start with a standard deviation of 0.2", started(APPLY + "\n        for p in self.parameters():\n"
                "            nn.init.normal_(p, std=0.2) if p.ndim > 1 else None")),
        Mistake("the weights start with a standard deviation of 1", started(APPLY + "\n        for p in self.parameters():\n"
                "            nn.init.normal_(p) if p.ndim > 1 else None")),
        Mistake("all weights start at zero", started("for p in self.parameters():\n            nn.init.zeros_(p)")),
        Mistake("the weights start with a standard deviation of 0.01", started(APPLY + "\n        for p in self.parameters():\n"
                "            nn.init.normal_(p, std=0.01) if p.ndim > 1 else None")),
        Mistake("the variance is 0.02, not the standard deviation", started(APPLY + "\n        for p in self.parameters():\n"
                "            nn.init.normal_(p, std=0.02**0.5) if p.ndim > 1 else None")),
        Mistake("the linear layers start small, the embeddings do not",
                started("self.apply(lambda m: init_weights(m) if isinstance(m, nn.Linear) else None)")),
        Mistake("the embeddings start small, the linear layers do not",
                started("self.apply(lambda m: init_weights(m) if isinstance(m, nn.Embedding) else None)")),
        Mistake("the head starts at zero", started(APPLY + "\n        nn.init.zeros_(self.lm_head.weight)")),
        Mistake("the biases do not start at zero", started("self.apply(lambda m: nn.init.normal_(m.weight, std=0.02) "
                "if isinstance(m, (nn.Linear, nn.Embedding)) else None)")),
        Mistake("the norms' gains are drawn at random, like the matrices", started(APPLY + "\n        for p in self.parameters():\n"
                "            nn.init.normal_(p, std=0.02) if not (p == 0).all() else None")),
        Mistake("the weights start uniform between 0 and 0.07, so their mean is not 0", started(APPLY + "\n        for p in self.parameters():\n"
                "            nn.init.uniform_(p, 0, 0.07) if p.ndim > 1 else None")),
        # The loss
        Mistake("the targets are shifted by one more token inside the model",
                edit(LOSS, "loss = None if targets is None else language_model_loss(logits[:, :-1], targets[:, 1:])")),
        Mistake("the input itself stands in for the targets",
                edit(LOSS, "loss = None if targets is None else language_model_loss(logits, idx)")),
        Mistake("the loss is summed over the tokens, not averaged",
                edit(LOSS, LOSS + "\n        loss = None if loss is None else loss * targets.numel()")),
        Mistake("the loss is the last position's alone",
                edit(LOSS, "loss = None if targets is None else language_model_loss(logits[:, -1:], targets[:, -1:])")),
        Mistake("the loss is in bits, not in nats", edit(LOSS, LOSS + "\n        loss = None if loss is None else loss / 0.6931472")),
        Mistake("the softmax is applied before the loss, which applies it again",
                edit(LOSS, "loss = None if targets is None else language_model_loss(F.softmax(logits, dim=-1), targets)")),
        Mistake("the loss has its sign flipped", edit(LOSS, LOSS + "\n        loss = None if loss is None else -loss")),
        Mistake("there is a loss for each token, not one number",
                edit(LOSS, "loss = None if targets is None else F.cross_entropy(logits.transpose(1, 2), targets, reduction='none')")),
        Mistake("the loss is turned into a plain float, so that nothing can flow back from it",
                edit(LOSS, LOSS + "\n        loss = None if loss is None else loss.item()")),
        Mistake("token 0 is left out of the loss, as if it were padding",
                edit(LOSS, "loss = None if targets is None else F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=0)")),
        # Too long
        Mistake("sequences longer than block_size are not refused but cut", edit(REFUSE, "idx, T = idx[:, -self.config.block_size :], min(T, "
                "self.config.block_size)\n        if T > self.config.block_size:")),
        Mistake("sequences longer than block_size run into an IndexError of the embedding", edit(REFUSE, "if False:")),
        Mistake("sequences longer than block_size stop an assert, not a ValueError",
                edit(REFUSE, "assert T <= self.config.block_size, f'{T} {self.config.block_size}'\n        if False:")),
        Mistake("the ValueError for a long sequence names no numbers", edit(REFUSE, 'if T > self.config.block_size:\n            raise ValueError("too long")\n        ' + REFUSE)),
        Mistake("the ValueError for a long sequence does not name block_size",
                edit(REFUSE, 'if T > self.config.block_size:\n            raise ValueError(f"{T} tokens are too many")\n        ' + REFUSE)),
        Mistake("the ValueError for a long sequence does not name the sequence's length",
                edit(REFUSE, 'if T > self.config.block_size:\n            raise ValueError(f"more than {self.config.block_size} tokens")\n        ' + REFUSE)),
        Mistake("a sequence of block_size + 1 tokens is not refused, longer ones are", edit(REFUSE, REFUSE.replace(">", "- 1 >"))),
        Mistake("a sequence of exactly block_size tokens is refused too", edit(REFUSE, REFUSE.replace(">", ">="))),
        # Gradients and learning
        Mistake("the embeddings are detached, so that they never learn", edit(DROP, "x = self.dropout(x.detach())")),
        Mistake("the position embedding is used through .data, so that it never learns",
                edit("self.position_embedding(positions)", "self.position_embedding.weight.data[positions]")),
        Mistake("the blocks run under torch.no_grad", edit(LOOP, "with torch.no_grad():\n            for block in self.blocks:\n                x = block(x)")),
        Mistake("each block's output is detached, so that only the last block and the head learn",
                edit("x = block(x)", "x = block(x.detach())")),
        Mistake("the logits are detached from the loss", edit(LOSS, LOSS.replace("logits,", "logits.detach(),"))),
        Mistake("only the first block is called", edit(LOOP, "x = self.blocks[0](x)")),
        Mistake("only the last block is called, or only its output is used", edit(LOOP, "x = self.blocks[-1](x)")),
        Mistake("only the first block_size - 1 position rows are ever used",
                edit("torch.arange(T, device=idx.device)", "torch.arange(T, device=idx.device).clamp(max=self.config.block_size - 2)")),
        Mistake("probabilities are returned in the place of logits", edit(LOGITS, "F.softmax(self.lm_head(self.ln_f(x)), dim=-1)")),
        Mistake("the logits are squeezed into -1 to 1 by a tanh", edit(LOGITS, "torch.tanh(self.lm_head(self.ln_f(x)))")),
        # Positions
        Mistake("every token gets the position embedding of position 0", edit(NUMBER, "positions = torch.zeros_like(idx[0])")),
        Mistake("the positions are counted but never added", edit(EMBED, "x = self.token_embedding(idx)")),
        Mistake("the same position embedding, the last one's, is added to every token",
                edit("self.position_embedding(positions)", "self.position_embedding(positions[-1])")),
        Mistake("the mean of all position embeddings is added to every token",
                edit("self.position_embedding(positions)", "self.position_embedding(positions).mean(dim=0)")),
        # Rows and time
        Mistake("the mean over the batch is mixed into the embeddings", edit(DROP, "x = self.dropout(x + x.mean(dim=0))")),
        Mistake("the embeddings are shifted: each position sees the next token", edit("self.token_embedding(idx)", "self.token_embedding(idx.roll(-1, dims=1))")),
        Mistake("the sequence runs backwards through the blocks", edit(LOGITS, "self.lm_head(self.ln_f(x)).flip(1)", DROP, "x = self.dropout(x).flip(1)")),
        Mistake("the final norm runs over time as well as over the channels",
                edit("self.ln_f(x)", "(F.layer_norm(x, x.shape[1:]) * self.ln_f.weight + self.ln_f.bias)")),
        # The numbers
        Mistake("the positions start at 1 and run out of the table",
                edit(NUMBER, "positions = torch.arange(1, T + 1, device=idx.device)")),
        Mistake("the positions start at 1 and come round to 0 at the end", edit(NUMBER, "positions = torch.arange(1, T + 1, device=idx.device) % self.config.block_size")),
        Mistake("the positions run backwards", edit(NUMBER, "positions = torch.arange(T - 1, -1, -1, device=idx.device)")),
        Mistake("the positions are counted from the end of the block", edit(NUMBER, "positions = torch.arange(self.config.block_size - T, self.config.block_size)")),
        Mistake("token and position embedding are multiplied, not added", edit(EMBED, EMBED.replace(" + ", " * "))),
        Mistake("the token embeddings are multiplied by the root of n_embd, as in the Transformer of 2017",
                edit("self.token_embedding(idx)", "self.token_embedding(idx) * self.config.n_embd**0.5")),
        Mistake("the position embedding is added again before every block",
                edit("x = block(x)", "x = block(x) + self.position_embedding(positions)")),
        Mistake("the blocks run in reverse order", edit("in self.blocks:", "in reversed(self.blocks):")),
        Mistake("every block is called twice", edit("x = block(x)", "x = block(block(x))")),
        Mistake("the stream is added around each block once more", edit("x = block(x)", "x = x + block(x)")),
        Mistake("the final norm is never called", edit("self.ln_f(x)", "x")),
        Mistake("the final norm comes before the blocks", edit("x = self.dropout(x)", "x = self.dropout(self.ln_f(x))", LOGITS, "self.lm_head(x)")),
        Mistake("the final norm is called after every block", edit("x = block(x)", "x = self.ln_f(block(x))", LOGITS, "self.lm_head(x)")),
        Mistake("the logits are divided by the root of n_embd", edit(LOGITS, LOGITS + " / self.config.n_embd**0.5")),
        Mistake("log-probabilities are returned in the place of logits", edit(LOGITS, "F.log_softmax(self.lm_head(self.ln_f(x)), dim=-1)")),
        Mistake("the head uses the token embedding's weights, its own are idle",
                edit(LOGITS, "(self.ln_f(x) @ self.token_embedding.weight.T + 0 * self.lm_head(x))")),
        Mistake("a GELU stands before the head", edit("self.lm_head(self.ln_f(x))", "self.lm_head(F.gelu(self.ln_f(x)))")),
        # Dropout
        Mistake("dropout is on even when none was asked for", edit("nn.Dropout(config.dropout)", "nn.Dropout(max(config.dropout, 0.1))")),
        Mistake("dropout is not passed on to the blocks", edit("config.block_size, config.dropout)", "config.block_size)")),
        Mistake("the embeddings are not dropped out", edit(DROP, "")),
        Mistake("only the token embedding is dropped out, before the positions are added",
                edit(DROP, "", "self.token_embedding(idx) +", "self.dropout(self.token_embedding(idx)) +")),
        Mistake("dropout is also active in eval mode", edit(DROP, "x = F.dropout(x, self.config.dropout)")),
        Mistake("dropout is applied behind the final norm, not to the embeddings", edit(DROP, "", "self.ln_f(x))", "self.dropout(self.ln_f(x)))")),
        # Generating: what comes back
        Mistake("generate returns the new tokens without the prompt", edit("return idx", "return idx[:, idx.shape[1] - max_new_tokens :]")),
        Mistake("generate adds one token too many", edit(STEPS, "for _ in range(max_new_tokens + 1):")),
        Mistake("generate adds one token too few", edit(STEPS, "for _ in range(max_new_tokens - 1):")),
        Mistake("max_new_tokens is taken for the total length", edit(STEPS, "for _ in range(max_new_tokens - idx.shape[1]):")),
        Mistake("generate adds a single token, the loop's return is indented too far", edit("        return idx", "            return idx")),
        Mistake("generate returns what it last showed the model, cut to block_size",
                edit("self(idx[:, -self.config.block_size :])", "self(idx)", APPEND, "idx = torch.cat([idx, next_token], dim=1)[:, -self.config.block_size :]",
                     STEPS, "idx = idx[:, -self.config.block_size :]\n        " + STEPS)),
        Mistake("the new tokens are put in front of the prompt", edit(APPEND, "idx = torch.cat([next_token, idx], dim=1)")),
        Mistake("generate returns floats", edit("return idx", "return idx.float()")),
        Mistake("generate returns 32-bit integers", edit("return idx", "return idx.int()")),
        Mistake("generate returns a list, not a tensor", edit("return idx", "return idx.tolist()")),
        Mistake("generate returns nothing", edit("return idx", "return None")),
        Mistake("generate returns the first row only", edit("return idx", "return idx[0]")),
        Mistake("generate fails with max_new_tokens=0, because it joins an empty list",
                edit(STEPS, "new = []\n        " + STEPS, APPEND, APPEND + "\n            new.append(next_token)", "return idx",
                     "return torch.cat([idx[:, : idx.shape[1] - max_new_tokens], torch.cat(new, dim=1)], dim=1)")),
        Mistake("generate adds a token even with max_new_tokens=0", edit(STEPS, "for _ in range(max(1, max_new_tokens)):")),
        Mistake("generate writes the new tokens over the prompt, in place",
                edit(STEPS, "prompt = idx\n        " + STEPS, "return idx", "prompt[:, -1] = idx[:, -1]\n        return torch.cat([prompt, idx[:, prompt.shape[1] :]], dim=1)")),
        Mistake("generate leaves the model in eval mode", edit(STEPS, "self.eval()\n        " + STEPS)),
        Mistake("generate leaves the model in training mode", edit(STEPS, "self.eval()\n        " + STEPS, "return idx", "self.train()\n        return idx")),
        Mistake("generate leaves gradients switched off for the whole program",
                edit("    @torch.no_grad()\n", "", STEPS, "torch.set_grad_enabled(False)\n        " + STEPS)),
        # Generating: what the model is shown
        Mistake("the next token comes from the first position's logits", edit(LAST, "logits[:, 0]")),
        Mistake("the next token comes from the last position but one", edit(LAST, "logits[:, -2]")),
        Mistake("the next token comes from the mean of all positions' logits", edit(LAST, "logits.mean(dim=1)")),
        Mistake("the model is shown the last token only", edit("self(idx[:, -self.config.block_size :])", "self(idx[:, -1:])")),
        Mistake("the model is shown the prompt again at every step, without the new tokens",
                edit(STEPS, "prompt = idx\n        " + STEPS, "self(idx[:, -self.config.block_size :])", "self(prompt[:, -self.config.block_size :])")),
        Mistake("the model is shown the first block_size tokens, not the last", edit(CROP, "idx[:, : self.config.block_size]")),
        Mistake("the model is shown the last block_size - 1 tokens at most", edit(CROP, "idx[:, 1 - self.config.block_size :]")),
        Mistake("long sequences are not cut to block_size, so generating stops there", edit(CROP, "idx")),
        Mistake("the model is shown half a block once the block is full",
                edit(CROP, "idx[:, -(self.config.block_size if idx.shape[1] <= self.config.block_size else self.config.block_size // 2) :]")),
        Mistake("the prompt is cut to block_size once, but not what is added to it",
                edit("self(idx[:, -self.config.block_size :])", "self(idx[:, -max(self.config.block_size, idx.shape[1] - start) :])",
                     STEPS, "start = max(0, idx.shape[1] - self.config.block_size)\n        " + STEPS)),
        # Generating: how it draws
        Mistake("generate takes the likeliest token instead of drawing one",
                edit(DRAW, "next_token = probabilities.argmax(dim=-1, keepdim=True)")),
        Mistake("every token is drawn with the same probability",
                edit(DRAW, "next_token = torch.multinomial(torch.ones_like(probabilities) * (probabilities > 1e-6), num_samples=1, generator=generator)")),
        Mistake("the softmax is taken twice, which flattens the probabilities",
                edit("F.softmax(logits[:, -1], dim=-1)", "F.softmax(F.softmax(logits[:, -1], dim=-1), dim=-1)")),
        Mistake("the logits are given to torch.multinomial without a softmax", edit("F.softmax(logits[:, -1], dim=-1)", "logits[:, -1]")),
        Mistake("the logits are made positive by their absolute value, not by a softmax", edit("F.softmax(logits[:, -1], dim=-1)", "logits[:, -1].abs()")),
        Mistake("a ReLU stands where the softmax belongs", edit("F.softmax(logits[:, -1], dim=-1)", "(F.relu(logits[:, -1]) + 1e-9)")),
        Mistake("the softmax runs over the rows of the batch", edit(SOFTMAX, SOFTMAX.replace("dim=-1", "dim=0"))),
        Mistake("the temperature is not 1 but 0.5", edit("F.softmax(logits[:, -1], dim=-1)", "F.softmax(logits[:, -1] / 0.5, dim=-1)")),
        Mistake("the temperature is not 1 but 0.9", edit("F.softmax(logits[:, -1], dim=-1)", "F.softmax(logits[:, -1] / 0.9, dim=-1)")),
        Mistake("the temperature is not 1 but 2", edit("F.softmax(logits[:, -1], dim=-1)", "F.softmax(logits[:, -1] / 2, dim=-1)")),
        Mistake("only the five likeliest tokens can be drawn",
                edit(DRAW, "probabilities = probabilities * (probabilities >= probabilities.topk(5).values[:, -1:])\n            " + DRAW)),
        Mistake("only the tokens that make up the likeliest 90 percent can be drawn",
                edit(DRAW, "ranked, order = probabilities.sort(descending=True)\n"
                     "            ranked = ranked * (ranked.cumsum(-1) - ranked < 0.9)\n"
                     "            probabilities = torch.zeros_like(ranked).scatter(1, order, ranked)\n            " + DRAW)),
        Mistake("token 0 can never be drawn", edit(DRAW, "probabilities[:, 0] = 1e-9\n            " + DRAW)),
        Mistake("all rows get the token that was drawn for the first one",
                edit(DRAW, "next_token = torch.multinomial(probabilities[:1], num_samples=1, generator=generator).expand(len(idx), 1)")),
        Mistake("one step's draw is repeated at every step",
                edit(STEPS, "seed = torch.randint(2**31, (1,), generator=generator).item()\n        " + STEPS, DRAW,
                     "g = torch.Generator().manual_seed(seed)\n            " + DRAW.replace("generator=generator", "generator=g"))),
        # Generating: where the luck comes from
        Mistake("the generator is not passed on, torch's own is used", edit(DRAW, DRAW.replace(", generator=generator", ""))),
        Mistake("the generator's seed is given to torch's own, and the generator itself never moves on",
                edit(STEPS, "if generator is not None:\n            torch.manual_seed(generator.initial_seed())\n"
                     "            generator = None\n        " + STEPS)),
        Mistake("a fixed seed is set inside generate, so that it always draws the same",
                edit(STEPS, "generator = torch.Generator().manual_seed(1337)\n        " + STEPS)),
        Mistake("a fixed seed is used where no generator is given",
                edit(STEPS, "generator = generator or torch.Generator().manual_seed(1337)\n        " + STEPS)),
        Mistake("where no generator is given, a new one takes its seed from the clock",
                edit(STEPS, "if generator is None:\n            generator = torch.Generator()\n            generator.seed()\n        " + STEPS)),
        Mistake("generate keeps everything for a backward pass, because torch.no_grad is missing", edit("    @torch.no_grad()\n", "")),
    ]
}
