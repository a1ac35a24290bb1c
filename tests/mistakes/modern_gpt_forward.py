"""The ways people get the forward pass of a modern GPT wrong."""

from vibejam_core.course.known import Edit, Mistake, edit

# Passages of the reference that the mistakes below change.
REFUSE = "if T > config.block_size:"
TABLES = "cos, sin = self.cos[:T], self.sin[:T]"
EMBED = 'x = norm(self.transformer["wte"](idx).to(dtype_of(config)))'
X0 = "        x0 = x\n"
MIX = "x = (self.resid_lambdas[i] * x + self.x0_lambdas[i] * x0).to(x0.dtype)"
WHETHER = "if str(i) in self.value_embeds:"
VALUE = "value_embedding = self.value_embeds[str(i)](idx).to(x.dtype)"
BLOCK = "x = block(x, cos, sin, value_embedding)"
LOOP = 'for i, block in enumerate(self.transformer["h"]):'
LOGITS = "self.lm_head(norm(x))[..., : config.vocab_size].float()"
CAP = "if config.softcap > 0:\n            logits = config.softcap * torch.tanh(logits / config.softcap)"
BEND = "config.softcap * torch.tanh(logits / config.softcap)"
LOSS = "loss = None if targets is None else language_model_loss(logits, targets)"
RETURN = "return logits, loss"
LAYER = "Block(config, layer_idx)"


def lost(by: str) -> Edit:
    """The reference with another loss where there are targets."""
    return edit(LOSS, f"loss = None if targets is None else {by}")


MISTAKES = {
    "modern_gpt.GPT": [
        # What comes out
        Mistake("only the logits are returned, without a loss beside them", edit(RETURN, "return logits")),
        Mistake("only the loss is returned when there are targets", edit(RETURN, "return (logits, None) if loss is None else loss")),
        Mistake("the loss without targets is 0, not None", lost("language_model_loss(logits, targets)\n        loss = torch.tensor(0.0) if loss is None else loss")),
        Mistake("the logits and the loss are returned in the wrong order", edit(RETURN, "return loss, logits")),
        Mistake("the logits of the last position alone are returned when there are no targets",
                edit(RETURN, "return (logits if targets is not None else logits[:, -1:]), loss")),
        Mistake("the logits are flattened to (B * T, V)", edit(RETURN, "return logits.flatten(0, 1), loss")),
        Mistake("with targets, the logits are flattened to (B * T, V)", edit(RETURN, "return (logits if targets is None else logits.flatten(0, 1)), loss")),
        Mistake("the logits of the padding aren't cut off", edit("[..., : config.vocab_size]", "")),
        Mistake("the padding is cut off by a negative index, which leaves nothing where there is no padding",
                edit("[..., : config.vocab_size]", "[..., : config.vocab_size - config.padded_vocab_size]")),
        Mistake("the padding is cut off the wrong end of the logits", edit("[..., : config.vocab_size]", "[..., -config.vocab_size :]")),
        Mistake("the logits of the padding are -inf, but still there", edit(LOGITS, LOGITS.replace("[..., : config.vocab_size]", "") + "\n        "
                'logits[..., config.vocab_size :] = float("-inf")')),
        Mistake("nothing is returned", edit(RETURN, "return None")),
        Mistake("targets are ignored: the loss is always None", edit(LOSS, "loss = None")),
        Mistake("logits are given back as probabilities when there are no targets",
                edit(RETURN, "return (logits if targets is not None else F.softmax(logits, dim=-1)), loss")),
        Mistake("the logits of the last position alone are returned when there are no targets, though only in eval mode",
                edit(RETURN, "return (logits if targets is not None or self.training else logits[:, -1:]), loss")),
        Mistake("there is no loss under torch.no_grad", edit(LOSS, LOSS.replace("if targets is None", "if targets is None or not torch.is_grad_enabled()"))),
        # Too long
        Mistake("sequences longer than block_size are refused only where there are no targets", edit(REFUSE, "if T > config.block_size and targets is None:")),
        Mistake("sequences longer than block_size are not refused, and no rotation fits them", edit(REFUSE, "if False:")),
        Mistake("sequences longer than block_size are not refused but cut", edit(REFUSE, "idx, T = idx[:, -config.block_size :], min(T, config.block_size)\n        if False:")),
        Mistake("sequences longer than block_size stop an assert, not a ValueError",
                edit(REFUSE, "assert T <= config.block_size, f'{T} {config.block_size}'\n        if False:")),
        Mistake("the ValueError for a long sequence names no numbers", edit(REFUSE, REFUSE + '\n            raise ValueError("too long")\n        ' + REFUSE)),
        Mistake("the ValueError for a long sequence does not name block_size", edit(REFUSE, REFUSE + '\n            raise ValueError(f"{T} tokens are too many")\n        ' + REFUSE)),
        Mistake("the ValueError for a long sequence does not name the sequence's length",
                edit(REFUSE, REFUSE + '\n            raise ValueError(f"more than {config.block_size} tokens")\n        ' + REFUSE)),
        Mistake("the number of rows is held against block_size, not the number of tokens",
                edit(REFUSE, "if len(idx) > config.block_size:\n            raise ValueError(f\"{len(idx)} tokens, but block_size is {config.block_size}\")\n        " + REFUSE)),
        Mistake("a sequence of block_size + 1 tokens is not refused, longer ones are", edit(REFUSE, "if T > config.block_size + 1:")),
        Mistake("a sequence of exactly block_size tokens is refused too", edit(REFUSE, "if T >= config.block_size:")),
        # The loss
        Mistake("the targets are shifted by one more token inside the model", lost("language_model_loss(logits[:, :-1], targets[:, 1:])")),
        Mistake("the input itself stands in for the targets", lost("language_model_loss(logits, idx)")),
        Mistake("the input, shifted by one, stands in for the targets", lost("language_model_loss(logits[:, :-1], idx[:, 1:])")),
        Mistake("the loss is summed over the tokens, not averaged", lost("language_model_loss(logits, targets) * targets.numel()")),
        Mistake("the loss is summed over time and averaged over the rows only", lost("language_model_loss(logits, targets) * targets.shape[1]")),
        Mistake("the loss is the last position's alone", lost("language_model_loss(logits[:, -1:], targets[:, -1:])")),
        Mistake("the loss is in bits, not in nats", lost("language_model_loss(logits, targets) / math.log(2)")),
        Mistake("the softmax is applied before the loss, which applies it again", lost("language_model_loss(F.softmax(logits, dim=-1), targets)")),
        Mistake("the loss has its sign flipped", lost("-language_model_loss(logits, targets)")),
        Mistake("there is a loss for each token, not one number", lost('F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")')),
        Mistake("token 0 is left out of the loss, as if it were padding", lost("F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=0)")),
        Mistake("the loss is smoothed: every other token gets a little of the target's part", lost("F.cross_entropy(logits.flatten(0, 1), targets.flatten(), label_smoothing=0.1)")),
        Mistake("the loss is computed before the cap, on free logits",
                edit(CAP, LOSS + "\n        " + CAP, "        " + LOSS + "\n        return", "        return")),
        Mistake("the loss is computed before the padding is cut off, so that padding takes its share",
                edit(LOSS, "loss = None if targets is None else language_model_loss("
                     "config.softcap * torch.tanh(self.lm_head(norm(x)).float() / config.softcap), targets)")),
        Mistake("the loss is turned into a plain float, so that nothing can flow back from it", lost("language_model_loss(logits, targets).item()")),
        Mistake("the loss has a shape, (1,)", lost("language_model_loss(logits, targets)[None]")),
        # Positions
        Mistake("all block_size positions' cos and sin are passed on, however few tokens there are", edit(TABLES, "cos, sin = self.cos, self.sin")),
        Mistake("the last T positions' cos and sin are taken, not the first", edit(TABLES, "cos, sin = self.cos[-T:], self.sin[-T:]")),
        Mistake("every token gets the cos and sin of position 0", edit(TABLES, "cos, sin = self.cos[:1].expand(T, -1), self.sin[:1].expand(T, -1)")),
        Mistake("every token gets the cos and sin of the last position", edit(TABLES, "cos, sin = self.cos[T - 1 : T].expand(T, -1), self.sin[T - 1 : T].expand(T, -1)")),
        Mistake("the positions are counted backwards", edit(TABLES, "cos, sin = self.cos[:T].flip(0), self.sin[:T].flip(0)")),
        Mistake("the positions start at 1 where there is room", edit(TABLES, "first = min(1, config.block_size - T)\n        cos, sin = self.cos[first : first + T], self.sin[first : first + T]")),
        Mistake("cos and sin are passed on in the wrong order", edit(BLOCK, BLOCK.replace("cos, sin", "sin, cos"))),
        Mistake("cos and sin are looked up by the token's id, not by its position",
                edit(TABLES, "cos, sin = self.cos[idx % config.block_size], self.sin[idx % config.block_size]")),
        Mistake("cos is passed on twice", edit(BLOCK, BLOCK.replace("cos, sin", "cos, cos"))),
        Mistake("sin has its sign flipped", edit(TABLES, "cos, sin = self.cos[:T], -self.sin[:T]")),
        Mistake("the tables are cut to B rows, not to T", edit(TABLES, "cos, sin = self.cos[: idx.shape[0]], self.sin[: idx.shape[0]]")),
        Mistake("positions go on counting from call to call", edit(TABLES, "start = self.__dict__.get('start', 0) % (config.block_size - T + 1)\n        self.__dict__['start'] = start + T\n"
                "        cos, sin = self.cos[start : start + T], self.sin[start : start + T]")),
        # Rows, time and state
        Mistake("the mean over the batch is mixed into the embeddings", edit(X0, "        x = x + x.mean(dim=0)\n" + X0)),
        Mistake("the embeddings are shifted: each position sees the next token", edit('self.transformer["wte"](idx)', 'self.transformer["wte"](idx.roll(-1, dims=1))')),
        Mistake("the mean over all tokens is added to every one", edit(X0, "        x = x + x.mean(dim=1, keepdim=True)\n" + X0)),
        Mistake("the sequence runs backwards through the blocks", edit(X0, "        x = x.flip(1)\n" + X0, LOGITS, "self.lm_head(norm(x.flip(1)))[..., : config.vocab_size].float()")),
        Mistake("the final norm runs over time as well as over the channels", edit("self.lm_head(norm(x))", "self.lm_head(norm(x.flatten(1)).view_as(x))")),
        Mistake("what earlier calls made is still in the stream", edit(X0, "        if 'kept' in self.__dict__:\n            x = x + self.kept\n        self.__dict__['kept'] = x.detach().mean()\n" + X0)),
        Mistake("the tokens are changed in place: the last one becomes 0", edit(RETURN, "idx[:, -1] = 0\n        " + RETURN)),
        Mistake("the targets are changed in place: the first one becomes -100", edit(RETURN, "if targets is not None:\n            targets[:, 0] = -100\n        " + RETURN)),
        # The stream and the compute dtype
        Mistake("the norm after the embedding is dropped", edit(EMBED, EMBED.replace("norm(", "(", 1))),
        Mistake("the embeddings are multiplied by the root of n_embd in the place of the norm", edit(EMBED, 'x = self.transformer["wte"](idx).to(dtype_of(config)) * config.n_embd**0.5')),
        Mistake("the embedding is normed to length 1, not to root mean square 1", edit(EMBED, 'x = F.normalize(self.transformer["wte"](idx).to(dtype_of(config)), dim=-1)')),
        Mistake("a layer norm, which subtracts the mean, stands after the embedding",
                edit(EMBED, 'x = F.layer_norm(self.transformer["wte"](idx), (config.n_embd,)).to(dtype_of(config))')),
        Mistake("the compute dtype is ignored: everything is float32", edit(EMBED, 'x = norm(self.transformer["wte"](idx))')),
        Mistake("autocast stands in for the compute dtype: the stream stays float32",
                edit(EMBED, 'x = norm(self.transformer["wte"](idx))', BLOCK, "with torch.autocast(x.device.type, dtype=dtype_of(config), enabled=config.compute_dtype != 'float32'):\n                " + BLOCK,
                     "logits = " + LOGITS, "with torch.autocast(x.device.type, dtype=dtype_of(config), enabled=config.compute_dtype != 'float32'):\n            logits = " + LOGITS)),
        Mistake("half precision is always bfloat16", edit(EMBED, EMBED.replace("dtype_of(config)", "torch.bfloat16 if config.compute_dtype != 'float32' else torch.float32"))),
        Mistake("bfloat16 is used even at compute dtype float32", edit(EMBED, EMBED.replace("dtype_of(config)", "torch.bfloat16"))),
        Mistake("the scalars turn the stream into float32", edit(MIX, "x = self.resid_lambdas[i : i + 1] * x + self.x0_lambdas[i : i + 1] * x0")),
        Mistake("the value embeddings stay float32", edit(VALUE, VALUE.replace(".to(x.dtype)", ""))),
        Mistake("cos and sin are turned into float32 before the blocks", edit(TABLES, "cos, sin = self.cos[:T].float(), self.sin[:T].float()")),
        Mistake("the stream is turned back into float32 after every block", edit(BLOCK, BLOCK + "\n            x = x.float()")),
        # The head
        Mistake("the logits keep the compute dtype", edit("[..., : config.vocab_size].float()", "[..., : config.vocab_size]")),
        Mistake("the logits are float32 with a cap only", edit("[..., : config.vocab_size].float()", "[..., : config.vocab_size]", BEND, BEND.replace("logits / ", "logits.float() / "))),
        Mistake("the logits are turned back into the compute dtype after the cap", edit(LOSS, "logits = logits.to(x.dtype)\n        " + LOSS)),
        Mistake("the logits are float64", edit("[..., : config.vocab_size].float()", "[..., : config.vocab_size].double()")),
        Mistake("the head computes in float32, whatever the compute dtype is", edit("self.lm_head(norm(x))", "self.lm_head(norm(x).float())")),
        Mistake("the cap is computed in half precision, and float32 comes after it",
                edit("[..., : config.vocab_size].float()", "[..., : config.vocab_size]", CAP, CAP + "\n        logits = logits.float()")),
        Mistake("the soft cap is dropped", edit("if config.softcap > 0:", "if False:")),
        Mistake("the cap is always 15, whatever the config says", edit(BEND, "15.0 * torch.tanh(logits / 15.0)")),
        Mistake("the logits are clamped, not bent", edit(BEND, "logits.clamp(-config.softcap, config.softcap)")),
        Mistake("the cap is applied even at 0, which makes every logit nan", edit("if config.softcap > 0:", "if True:")),
        Mistake("the cap's tanh isn't scaled back, so logits are from -1 to 1", edit(BEND, "torch.tanh(logits / config.softcap)")),
        Mistake("the logits aren't divided before the cap's tanh", edit(BEND, "config.softcap * torch.tanh(logits)")),
        Mistake("the logits are multiplied by the cap before the tanh", edit(BEND, "config.softcap * torch.tanh(logits * config.softcap)")),
        Mistake("a sigmoid bends the logits, so that none is negative", edit(BEND, "config.softcap * torch.sigmoid(logits / config.softcap)")),
        Mistake("softsign bends the logits, not tanh", edit(BEND, "config.softcap * F.softsign(logits / config.softcap)")),
        Mistake("the cap is applied twice", edit(CAP, CAP + "\n            logits = " + BEND)),
        Mistake("the cap is left out when there are no targets", edit("if config.softcap > 0:", "if config.softcap > 0 and targets is not None:")),
        Mistake("the cap is left out when there are targets", edit("if config.softcap > 0:", "if config.softcap > 0 and targets is None:")),
        Mistake("the cap is left out in eval mode", edit("if config.softcap > 0:", "if config.softcap > 0 and self.training:")),
        Mistake("a cap below 1 is taken for none", edit("if config.softcap > 0:", "if config.softcap > 1:")),
        Mistake("the cap bends the stream before the head, not the logits", edit(CAP, "", "self.lm_head(norm(x))", "self.lm_head(config.softcap * torch.tanh(norm(x) / config.softcap) if config.softcap else norm(x))")),
        Mistake("the final norm is dropped", edit("self.lm_head(norm(x))", "self.lm_head(x)")),
        Mistake("the final norm comes after the head", edit("self.lm_head(norm(x))", "norm(self.lm_head(x))")),
        Mistake("the final norm is a layer norm, which subtracts the mean", edit("self.lm_head(norm(x))", "self.lm_head(F.layer_norm(x, (config.n_embd,)))")),
        Mistake("the logits are divided by the root of n_embd", edit(LOGITS, LOGITS + " / config.n_embd**0.5")),
        Mistake("the head uses the embedding's weights, its own are idle",
                edit("self.lm_head(norm(x))", '(norm(x) @ self.transformer["wte"].weight.T.to(x.dtype) + 0 * self.lm_head(norm(x)))')),
        Mistake("a ReLU stands before the head", edit("self.lm_head(norm(x))", "self.lm_head(F.relu(norm(x)))")),
        Mistake("log-probabilities are returned in the place of logits", edit(LOSS, "logits = F.log_softmax(logits, dim=-1)\n        " + LOSS)),
        # The blocks
        Mistake("only the first block is called", edit(LOOP, 'for i, block in enumerate(self.transformer["h"][:1]):')),
        Mistake("the last block is left out", edit(LOOP, 'for i, block in enumerate(self.transformer["h"][:-1]):')),
        Mistake("every block is called twice", edit(BLOCK, BLOCK + "\n            " + BLOCK)),
        Mistake("the blocks run in reverse order", edit(LOOP, 'for i, block in reversed(list(enumerate(self.transformer["h"]))):')),
        Mistake("the stream is added around each block once more", edit(BLOCK, "x = x + block(x, cos, sin, value_embedding)")),
        Mistake("every block gets the normed stream", edit(BLOCK, BLOCK.replace("block(x,", "block(norm(x),"))),
        Mistake("the stream is normed after every block", edit(BLOCK, BLOCK + "\n            x = norm(x)")),
        Mistake("every block gets the embedding, and their outputs are added up", edit(BLOCK, "x = x + block(x0, cos, sin, value_embedding)")),
        Mistake("the embedding is added again before every block", edit(BLOCK, BLOCK.replace("block(x,", "block(x + x0 if i else x,"))),
        Mistake("half of the stream is dropped out in training", edit(BLOCK, "x = block(F.dropout(x, 0.5, self.training), cos, sin, value_embedding)")),
        Mistake("every layer is told that it is the first", edit(LAYER, "Block(config, 0)")),
        Mistake("every layer is told that it is the last", edit(LAYER, "Block(config, config.n_layer - 1)")),
        Mistake("the layers are counted from 1", edit(LAYER, "Block(config, layer_idx + 1)")),
        Mistake("the layers are counted from the top", edit(LAYER, "Block(config, config.n_layer - 1 - layer_idx)")),
        # Value embeddings
        Mistake("the value embeddings are made but never passed on", edit(WHETHER, "if False:")),
        Mistake("every layer above the first with a value embedding gets one: it isn't set back to None",
                edit("            value_embedding = None\n", "", LOOP, "value_embedding = None\n        " + LOOP)),
        Mistake("every layer gets the first value embedding", edit(VALUE, "value_embedding = next(iter(self.value_embeds.values()))(idx).to(x.dtype)")),
        Mistake("the last layer's value embedding is used in all layers that have one", edit(VALUE, "value_embedding = list(self.value_embeds.values())[-1](idx).to(x.dtype)")),
        Mistake("the value embeddings are looked up by position, not by token",
                edit(VALUE, "value_embedding = self.value_embeds[str(i)](torch.arange(T).expand_as(idx)).to(x.dtype)")),
        Mistake("the value embeddings are normed", edit(VALUE, "value_embedding = norm(self.value_embeds[str(i)](idx).to(x.dtype))")),
        Mistake("the value embeddings are those of the token before", edit(VALUE, "value_embedding = self.value_embeds[str(i)](idx.roll(1, dims=1)).to(x.dtype)")),
        Mistake("the value embeddings are halved", edit(VALUE, "value_embedding = 0.5 * self.value_embeds[str(i)](idx).to(x.dtype)")),
        # Scalars
        Mistake("x0 is taken before the norm", edit(EMBED, 'x0 = self.transformer["wte"](idx).to(dtype_of(config))\n        x = norm(x0)', X0, "")),
        Mistake("x0 is not kept: the stream before each block stands in for it", edit(MIX, MIX.replace("x0).to(x0", "x).to(x0"))),
        Mistake("layers that have a value embedding leave the scalars out",
                edit("if config.residual_scalars:\n                x = (", "if config.residual_scalars and str(i) not in self.value_embeds:\n                x = (")),
        Mistake("layers that see only a window leave the scalars out",
                edit("if config.residual_scalars:\n                x = (", "if config.residual_scalars and not config.window_of(i):\n                x = (")),
        Mistake("a value embedding is multiplied by its layer's resid_lambda, where there is one",
                edit(VALUE, VALUE + "\n                if config.residual_scalars:\n                    value_embedding = self.resid_lambdas[i] * value_embedding")),
        Mistake("the stream is scaled in place, and x0 with it", edit(MIX, "x *= self.resid_lambdas[i]\n                x = x + self.x0_lambdas[i] * x0")),
        Mistake("the two kinds of scalars are mixed up", edit(MIX, "x = (self.x0_lambdas[i] * x + self.resid_lambdas[i] * x0).to(x0.dtype)")),
        Mistake("every layer uses the first one's scalars", edit(MIX, MIX.replace("[i]", "[0]"))),
        Mistake("every layer uses the next one's scalars", edit(MIX, MIX.replace("[i]", "[(i + 1) % config.n_layer]"))),
        Mistake("the scalars are counted from the top", edit(MIX, MIX.replace("[i]", "[-1 - i]"))),
        Mistake("the scalars act after the block, not before it", edit("            if config.residual_scalars:\n                " + MIX + "  # (B, T, C)\n", "",
                BLOCK + "  # (B, T, C)", BLOCK + "\n            if config.residual_scalars:\n                " + MIX)),
        Mistake("the scalars are made but never used", edit("if config.residual_scalars:\n                x = (", "if False:\n                x = (")),
        Mistake("only x0_lambdas are used", edit(MIX, MIX.replace("self.resid_lambdas[i] * x", "x"))),
        Mistake("only resid_lambdas are used", edit(MIX, MIX.replace(" + self.x0_lambdas[i] * x0", ""))),
        Mistake("the first layer has no scalars", edit("if config.residual_scalars:\n                x = (", "if config.residual_scalars and i > 0:\n                x = (")),
        Mistake("the scalars are squashed by a sigmoid", edit(MIX, MIX.replace("self.resid_lambdas[i]", "torch.sigmoid(self.resid_lambdas[i])"))),
        Mistake("x0 has no norm's size: it is divided by the root of n_embd", edit(X0, "        x0 = x / config.n_embd**0.5\n")),
        # Gradients
        Mistake("the embeddings are detached, so that they never learn", edit(EMBED, EMBED.replace("(idx)", "(idx).detach()"))),
        Mistake("x0 is detached, so that the embedding learns by one way only", edit(X0, "        x0 = x.detach()\n")),
        Mistake("the blocks run under torch.no_grad", edit(BLOCK, "with torch.no_grad():\n                " + BLOCK)),
        Mistake("each block's input is detached, so that nothing learns from what comes after it", edit(BLOCK, BLOCK.replace("block(x,", "block(x.detach(),"))),
        Mistake("the head's weights are used through .data, so that it never learns", edit("self.lm_head(norm(x))", "F.linear(norm(x), self.lm_head.weight.data.to(x.dtype))")),
        Mistake("the logits are detached from the loss", lost("language_model_loss(logits.detach(), targets)")),
        Mistake("the value embeddings are detached, so that they never learn", edit(VALUE, VALUE.replace("(idx)", "(idx).detach()"))),
        Mistake("the scalars are read as plain numbers, so that they never learn", edit(MIX, MIX.replace("_lambdas[i]", "_lambdas[i].item()"))),
        Mistake("only resid_lambdas are read as plain numbers, and never learn", edit(MIX, MIX.replace("resid_lambdas[i]", "resid_lambdas[i].item()"))),
        Mistake("gradients flow in float32 only: in half precision the embeddings are cast under no_grad",
                edit(EMBED, 'table = self.transformer["wte"].weight\n        if dtype_of(config) != torch.float32:\n            table = table.data.to(dtype_of(config))\n'
                     "        x = norm(F.embedding(idx, table))")),
        Mistake("the cap is left out of the gradient: it bends the numbers only", edit(BEND, "logits + (" + BEND + " - logits).detach()")),
        Mistake("without targets nothing is recorded for a backward pass", edit(LOSS, LOSS + "\n        logits = logits.detach() if targets is None else logits")),
        Mistake("the loss counts twice in the gradient", lost("2 * language_model_loss(logits, targets) - language_model_loss(logits, targets).detach()")),
    ]
}
