"""GPTs that are right and look different."""

from vibejam_core.course.known import Variant, edit, whole

VARIANTS = {
    "gpt.GPTModel": [
        Variant(
            "blocks in nn.Sequential, positions in a buffer, a preallocated output under inference_mode",
            whole('''
class GPTModel(BaseLM):
    def __init__(self, config):
        super().__init__(config)
        C = config.n_embd
        self.lm_head = nn.Linear(C, config.vocab_size, bias=False)
        self.ln_f = nn.LayerNorm(C)
        self.blocks = nn.Sequential(
            *[Block(C, config.n_head, config.block_size, dropout=config.dropout) for _ in range(config.n_layer)]
        )
        self.dropout = nn.Dropout(config.dropout)
        self.position_embedding = nn.Embedding(config.block_size, C)
        self.token_embedding = nn.Embedding(config.vocab_size, C)
        self.register_buffer("positions", torch.arange(config.block_size), persistent=False)
        self.apply(init_weights)

    def forward(self, idx, targets=None):
        B, T = idx.size()
        if self.config.block_size < T:
            raise ValueError(f"block_size is {self.config.block_size}; {T} tokens don't fit")
        x = self.position_embedding(self.positions[:T]).unsqueeze(0) + self.token_embedding(idx)
        logits = self.lm_head(self.ln_f(self.blocks(self.dropout(x))))
        if targets is None:
            return logits, None
        return logits, language_model_loss(logits=logits, targets=targets)

    @torch.inference_mode()
    def generate(self, idx, max_new_tokens, generator=None):
        B, T = idx.shape
        out = torch.empty(B, T + max_new_tokens, dtype=torch.long)
        out[:, :T] = idx
        for end in range(T, T + max_new_tokens):
            logits, _ = self.forward(out[:, max(0, end - self.config.block_size) : end])
            out[:, end] = torch.multinomial(logits[:, -1, :].softmax(-1), 1, generator=generator).squeeze(1)
        return out
'''),
        ),
        Variant(
            "weights looked up by F.embedding and indexing, an initialiser in a loop, the loss by F.cross_entropy",
            whole('''
class GPTModel(BaseLM):
    def __init__(self, config):
        super().__init__(config)
        self.token_embedding = nn.Embedding(config.vocab_size, config.n_embd)
        self.position_embedding = nn.Embedding(config.block_size, config.n_embd)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList()
        for _ in range(config.n_layer):
            self.blocks.append(Block(config.n_embd, config.n_head, config.block_size, config.dropout))
        self.ln_f = nn.LayerNorm(config.n_embd)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() >= 2:
                torch.nn.init.normal_(parameter, mean=0.0, std=0.02)
            elif name.endswith("bias"):
                torch.nn.init.zeros_(parameter)

    def forward(self, idx, targets=None):
        T = idx.shape[-1]
        if T > self.config.block_size:
            raise ValueError(f"{T} > {self.config.block_size}")
        x = F.embedding(idx, self.token_embedding.weight) + self.position_embedding.weight[:T]
        x = self.dropout(x)
        for i in range(len(self.blocks)):
            x = self.blocks[i](x)
        logits = self.ln_f(x) @ self.lm_head.weight.T
        loss = None
        if targets is not None:
            loss = F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1))
        return logits, loss

    def generate(self, idx, max_new_tokens, generator=None):
        with torch.no_grad():
            tokens = [idx]
            for _ in range(max_new_tokens):
                context = torch.cat(tokens, dim=1)[:, -self.config.block_size :]
                odds = torch.exp(F.log_softmax(self(context)[0][:, -1], dim=-1))
                tokens.append(torch.multinomial(odds, 1, generator=generator))
            return torch.cat(tokens, dim=1)
'''),
        ),
        Variant(
            "generate draws by the cumulative probabilities, in eval mode, and puts the mode back",
            edit(
                "for _ in range(max_new_tokens):",
                "training = self.training\n        self.eval()\n        for _ in range(max_new_tokens):",
                "next_token = torch.multinomial(probabilities, num_samples=1, generator=generator)",
                "luck = torch.rand(len(idx), 1, generator=generator)\n"
                "            next_token = (probabilities.cumsum(-1) < luck).sum(-1, keepdim=True).clamp(max=probabilities.shape[-1] - 1)",
                "return idx",
                "self.train(training)\n        return idx",
            ),
        ),
        Variant(
            "generate adds Gumbel noise to the logits, and calls itself for the rest",
            edit(
                "for _ in range(max_new_tokens):",
                "for _ in range(min(1, max_new_tokens)):",
                "next_token = torch.multinomial(probabilities, num_samples=1, generator=generator)",
                "noise = torch.empty_like(probabilities).exponential_(generator=generator)\n"
                "            next_token = (probabilities / noise).argmax(dim=-1, keepdim=True)",
                "return idx",
                "return idx if max_new_tokens <= 1 else self.generate(idx, max_new_tokens - 1, generator)",
            ),
        ),
        Variant(
            "generate works on the hidden states and scores the last position only",
            edit(
                "def forward(",
                "def hidden(self, idx):\n"
                "        x = self.token_embedding(idx) + self.position_embedding(torch.arange(idx.shape[1]))\n"
                "        x = self.dropout(x)\n"
                "        for block in self.blocks:\n"
                "            x = block(x)\n"
                "        return self.ln_f(x)\n\n"
                "    def forward(",
                "logits, _ = self(idx[:, -self.config.block_size :])",
                "logits = self.lm_head(self.hidden(idx[:, -self.config.block_size :])[:, -1:])",
            ),
        ),
        Variant(
            "pieces in an nn.ModuleDict, with GPT-2's names",
            whole('''
class GPTModel(BaseLM):
    def __init__(self, config):
        super().__init__(config)
        self.transformer = nn.ModuleDict(dict(
            wte=nn.Embedding(config.vocab_size, config.n_embd),
            wpe=nn.Embedding(config.block_size, config.n_embd),
            drop=nn.Dropout(config.dropout),
            h=nn.ModuleList([Block(config.n_embd, config.n_head, config.block_size, config.dropout) for _ in range(config.n_layer)]),
            ln_f=nn.LayerNorm(config.n_embd)))
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        self.apply(self._init)
    def _init(self, m):
        if isinstance(m, nn.Linear):
            torch.nn.init.normal_(m.weight, 0.0, 0.02)
            if m.bias is not None:
                torch.nn.init.zeros_(m.bias)
        elif isinstance(m, nn.Embedding):
            torch.nn.init.normal_(m.weight, 0.0, 0.02)
    def forward(self, idx, targets=None):
        b, t = idx.size()
        if t > self.config.block_size:
            raise ValueError(f"Cannot forward sequence of length {t}, block size is only {self.config.block_size}")
        x = self.transformer.drop(self.transformer.wte(idx) + self.transformer.wpe(torch.arange(0, t, dtype=torch.long, device=idx.device)))
        for block in self.transformer.h:
            x = block(x)
        logits = self.lm_head(self.transformer.ln_f(x))
        loss = F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1)) if targets is not None else None
        return logits, loss
    @torch.no_grad()
    def generate(self, idx, max_new_tokens, generator=None):
        for _ in range(max_new_tokens):
            cond = idx if idx.size(1) <= self.config.block_size else idx[:, -self.config.block_size:]
            logits, _ = self(cond)
            idx = torch.cat((idx, torch.multinomial(F.softmax(logits[:, -1, :], -1), 1, generator=generator)), 1)
        return idx
'''),
        ),
        Variant(
            "the position embedding as a bare parameter, tokens looked up by a product with their one-hot rows",
            edit(
                "self.position_embedding = nn.Embedding(config.block_size, config.n_embd)",
                "self.position_embedding = nn.Parameter(torch.randn(1, config.block_size, config.n_embd) * 0.02)",
                "self.position_embedding(positions)",
                "self.position_embedding[:, :T]",
                "self.token_embedding(idx)",
                "F.one_hot(idx, self.config.vocab_size).to(self.token_embedding.weight.dtype) @ self.token_embedding.weight",
            ),
        ),
    ]
}
