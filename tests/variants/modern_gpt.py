"""Modern GPTs that are right and look different."""

from vibejam_core.course.known import Variant, edit, whole

VARIANTS = {
    "modern_gpt.GPT": [
        Variant(
            "parts made in another order, options in loops, an early return, tokens kept in a Python list",
            whole('''
class GPT(BaseLM):
    def __init__(self, config):
        super().__init__(config)
        self.lm_head = Linear(config.n_embd, config.padded_vocab_size)
        self.value_embeds = nn.ModuleDict()
        for i in layers_with_value_embedding(config):
            self.value_embeds[f"{i}"] = nn.Embedding(config.padded_vocab_size, config.kv_heads * config.head_dim)
        self.transformer = nn.ModuleDict(
            dict(
                h=nn.ModuleList([Block(config, i) for i in range(config.n_layer)]),
                wte=nn.Embedding(config.padded_vocab_size, config.n_embd),
            )
        )
        if config.residual_scalars:
            self.x0_lambdas = nn.Parameter(torch.empty(config.n_layer))
            self.resid_lambdas = nn.Parameter(torch.empty(config.n_layer))
        tables = precompute_rotary(torch.arange(config.block_size), config.head_dim, config.rope_base, dtype_of(config))
        for name, table in zip(("cos", "sin"), tables):
            self.register_buffer(name, table, persistent=False)
        self.init_weights()

    def init_weights(self):
        C = self.config.n_embd
        for name, parameter in self.named_parameters():
            if name == "resid_lambdas":
                torch.nn.init.ones_(parameter)
            elif name == "x0_lambdas" or "c_proj" in name:
                torch.nn.init.zeros_(parameter)
            elif name.startswith("lm_head"):
                torch.nn.init.normal_(parameter, mean=0.0, std=1e-3)
            elif "wte" in name:
                torch.nn.init.normal_(parameter)
            else:
                torch.nn.init.uniform_(parameter, a=-((3 / C) ** 0.5), b=(3 / C) ** 0.5)

    def forward(self, idx, targets=None):
        B, T = idx.size()
        cfg = self.config
        if cfg.block_size < T:
            raise ValueError(f"block_size is {cfg.block_size}, {T} tokens don't fit")
        dtype = dtype_of(cfg)
        x0 = norm(F.embedding(idx, self.transformer.wte.weight).to(dtype))
        x = x0.clone()
        for i in range(cfg.n_layer):
            if hasattr(self, "resid_lambdas"):
                x = self.resid_lambdas[i].to(dtype) * x + self.x0_lambdas[i].to(dtype) * x0
            ve = self.value_embeds[str(i)](idx).to(dtype) if str(i) in self.value_embeds else None
            x = self.transformer.h[i](x, cos=self.cos[0:T], sin=self.sin[0:T], value_embedding=ve)
        logits = self.lm_head(norm(x)).float()
        logits = logits[:, :, : cfg.vocab_size]
        if cfg.softcap:
            logits = torch.tanh(logits / cfg.softcap) * cfg.softcap
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(logits.reshape(-1, cfg.vocab_size), targets.reshape(-1))

    def parameter_counts(self):
        scalars = [p for p in self.parameters() if p.dim() == 1]
        groups = dict(
            embeddings=[self.transformer.wte.weight],
            value_embeddings=list(self.value_embeds.parameters()),
            head=list(self.lm_head.parameters()),
            matrices=list(self.transformer.h.parameters()),
            scalars=scalars,
        )
        counts = {name: sum(p.numel() for p in ps) for name, ps in groups.items()}
        counts["total"] = sum(p.numel() for p in self.parameters())
        return counts

    def estimate_flops(self):
        counts = self.parameter_counts()
        embeddings = counts["embeddings"] + counts["value_embeddings"] + counts["scalars"]
        flops = 6 * (counts["total"] - embeddings)
        for i in range(self.config.n_layer):
            window = self.config.window_of(i)
            flops += 12 * self.config.n_embd * (window if window else self.config.block_size)
        return flops

    def kv_bytes_per_token(self):
        numbers = sum(2 * self.config.kv_heads * self.config.head_dim for _ in range(self.config.n_layer))
        return numbers * self.cos.element_size()

    def generate(self, tokens, max_new_tokens, temperature=1.0, top_k=None, seed=42):
        rng = torch.Generator(device=self.cos.device)
        rng.manual_seed(seed)
        text = list(tokens)
        while max_new_tokens > 0:
            with torch.no_grad():
                logits = self(torch.tensor([text[-self.config.block_size :]]))[0][0, -1]
                if top_k is not None:
                    floor = torch.topk(logits, min(top_k, logits.numel()))[0][-1]
                    logits[logits < floor] = -float("inf")
                if temperature == 0:
                    token = logits.argmax().item()
                else:
                    token = torch.multinomial(torch.softmax(logits / temperature, -1), 1, generator=rng).item()
            text.append(token)
            max_new_tokens -= 1
            yield token
'''),
        ),
        Variant(
            "the padding is cut off the head's weight before it is used; the loss by logsumexp",
            edit(
                "self.lm_head(norm(x))[..., : config.vocab_size].float()",
                "(norm(x) @ self.lm_head.weight[: config.vocab_size].to(x.dtype).T).to(torch.float32)",
                "loss = None if targets is None else language_model_loss(logits, targets)",
                "loss = None\n"
                "        if targets is not None:\n"
                "            true = logits.gather(2, targets.unsqueeze(2)).squeeze(2)\n"
                "            loss = (logits.logsumexp(dim=2) - true).mean()",
            ),
        ),
        Variant(
            "tokens looked up in a table that was cast first; lambdas in an addcmul; blocks zipped with what they get",
            edit(
                'x = norm(self.transformer["wte"](idx).to(dtype_of(config)))',
                "x = norm(self.transformer.wte.weight.to(dtype_of(config))[idx])",
                "x = (self.resid_lambdas[i] * x + self.x0_lambdas[i] * x0).to(x0.dtype)",
                "a, b = self.resid_lambdas.to(x)[i], self.x0_lambdas.to(x)[i]\n"
                "                x = torch.addcmul(a * x, b.expand_as(x0), x0)",
                "value_embedding = self.value_embeds[str(i)](idx).to(x.dtype)",
                "value_embedding = F.embedding(idx, self.value_embeds[str(i)].weight.to(x.dtype))",
            ),
        ),
        Variant(
            "layers without a value embedding get one of zeros; cos and sin for every row; positional arguments by name",
            edit(
                "value_embedding = None\n",
                "value_embedding = torch.zeros(*idx.shape, config.kv_heads * config.head_dim, dtype=x.dtype)\n",
                "cos, sin = self.cos[:T], self.sin[:T]",
                "cos, sin = (table[:T].expand(idx.shape[0], -1, -1) for table in (self.cos, self.sin))",
                "x = block(x, cos, sin, value_embedding)",
                "x = block.forward(x=x, sin=sin, cos=cos, value_embedding=value_embedding)",
            ),
        ),
        Variant(
            "the embedding is normed by hand, softcap by a function of sigmoids, T from the logits",
            edit(
                'x = norm(self.transformer["wte"](idx).to(dtype_of(config)))',
                'x = self.transformer["wte"](idx).to(dtype_of(config)).float()\n'
                "        x = (x / (x.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt()).to(dtype_of(config))",
                "config.softcap * torch.tanh(logits / config.softcap)",
                "config.softcap * (2 * torch.sigmoid(2 * logits / config.softcap) - 1)",
            ),
        ),
        Variant(
            "init_weights draws into data, by kaiming and by scaled random numbers",
            edit(
                'nn.init.normal_(self.transformer["wte"].weight, std=1.0)',
                'self.transformer["wte"].weight.data = torch.randn_like(self.transformer["wte"].weight)',
                "nn.init.normal_(self.lm_head.weight, std=0.001)",
                "self.lm_head.weight.copy_(torch.randn(self.lm_head.weight.shape) / 1000)",
                "nn.init.uniform_(layer.weight, -bound, bound)",
                'nn.init.kaiming_uniform_(layer.weight, nonlinearity="linear")',
                "nn.init.zeros_(layer.weight)",
                "layer.weight *= 0\n                layer.weight.fill_(0)",
                "nn.init.uniform_(embedding.weight, -bound, bound)",
                "embedding.weight.data.copy_(2 * bound * (torch.rand_like(embedding.weight) - 0.5))",
            ),
        ),
        Variant(
            "first values by a function that is applied to every module, then c_proj; the head is torch's nn.Linear",
            edit(
                "self.lm_head = Linear(C, V)",
                "self.lm_head = nn.Linear(C, V, bias=False)",
                "self.lm_head(norm(x))",
                "F.linear(norm(x), self.lm_head.weight.type_as(x))",
                'nn.init.normal_(self.transformer["wte"].weight, std=1.0)',
                "def start(module):\n"
                "            if isinstance(module, (nn.Linear, nn.Embedding)):\n"
                "                module.weight.uniform_(-bound, bound)\n\n"
                "        self.apply(start)\n"
                "        self.transformer.wte.weight.normal_()",
                "            for layer in (block.attn.c_q, block.attn.c_k, block.attn.c_v, block.mlp.c_fc):\n"
                "                nn.init.uniform_(layer.weight, -bound, bound)\n",
                "",
                "        for embedding in self.value_embeds.values():\n"
                "            nn.init.uniform_(embedding.weight, -bound, bound)\n",
                "",
            ),
        ),
        Variant(
            "generate in inference mode, as an iterator object of a class of its own",
            edit(
                "    @torch.no_grad()\n    def generate(",
                "    def generate(",
                "for _ in range(max_new_tokens):\n            logits, _ = self(idx[:, -self.config.block_size :])",
                "model, limit = self, max_new_tokens\n\n"
                "        class Writing:\n"
                "            left = limit\n\n"
                "            def __iter__(self):\n"
                "                return self\n\n"
                "            @torch.inference_mode()\n"
                "            def __next__(self):\n"
                "                nonlocal idx\n"
                "                if self.left <= 0:\n"
                "                    raise StopIteration\n"
                "                self.left -= 1\n"
                "                token = draw(model(idx[:, -model.config.block_size :])[0])\n"
                "                idx = torch.cat([idx, token], dim=1)\n"
                "                return token.item()\n\n"
                "        def draw(logits):",
                "            yield int(token)\n            idx = torch.cat([idx, token], dim=1)  # (1, T + 1)\n",
                "            return token\n\n        return Writing()\n",
            ),
        ),
        Variant(
            "generate finds its token by the cumulative probabilities",
            edit(
                "token = torch.multinomial(chances, num_samples=1, generator=generator)",
                "luck = torch.rand(1, 1, generator=generator)\n"
                "                token = (chances.double().cumsum(-1) < luck).sum(-1, keepdim=True).clamp(max=chances.shape[-1] - 1)",
            ),
        ),
        Variant(
            "generate adds Gumbel noise, in eval mode and inference mode, and puts the mode back before it hands out",
            edit(
                "    @torch.no_grad()\n    def generate(",
                "    def generate(",
                "idx = torch.tensor([list(tokens)], device=device)  # (1, T)",
                "text = [*tokens]",
                "logits, _ = self(idx[:, -self.config.block_size :])",
                "mode = self.training\n"
                "            self.eval()\n"
                "            with torch.inference_mode():\n"
                "                logits = self(torch.tensor(text)[None, -self.config.block_size :])[0].clone()\n"
                "            self.train(mode)",
                "kth = scores.topk(min(top_k, scores.shape[-1])).values[:, -1:]  # (1, 1), the smallest that stays\n"
                '                scores = scores.masked_fill(scores < kth, float("-inf"))',
                "keep = scores.argsort(descending=True)[0, :top_k]\n"
                '                left = torch.full_like(scores, float("-inf"))\n'
                "                left[0, keep] = scores[0, keep]\n"
                "                scores = left",
                "chances = F.softmax(scores / temperature, dim=-1)  # (1, V)\n"
                "                token = torch.multinomial(chances, num_samples=1, generator=generator)  # (1, 1)",
                "noise = torch.empty(scores.shape).exponential_(generator=generator)\n"
                "                token = (scores / temperature - noise.log()).argmax(-1)",
                "yield int(token)\n            idx = torch.cat([idx, token], dim=1)  # (1, T + 1)",
                "text.append(token.item())\n            yield text[-1]",
            ),
        ),
        Variant(
            "generate draws among the k largest only and looks their tokens up; a deque is the context",
            edit(
                "idx = torch.tensor([list(tokens)], device=device)  # (1, T)",
                "from collections import deque\n"
                "        context = deque(tokens, maxlen=self.config.block_size)",
                "self(idx[:, -self.config.block_size :])",
                "self(torch.tensor(list(context), device=device).unsqueeze(0))",
                "            if top_k is not None:\n"
                "                kth = scores.topk(min(top_k, scores.shape[-1])).values[:, -1:]  # (1, 1), the smallest that stays\n"
                '                scores = scores.masked_fill(scores < kth, float("-inf"))\n',
                "            scores, ids = scores.topk(min(top_k or self.config.vocab_size, self.config.vocab_size))\n",
                "idx = torch.cat([idx, token], dim=1)  # (1, T + 1)",
                "context.append(ids[0, token].item())",
                "            yield int(token)\n",
                "            yield ids[0, token].item()\n",
            ),
        ),
        Variant(
            "generate is no generator function itself: it returns the generator of a helper, an inner function",
            edit(
                "    @torch.no_grad()\n    def generate(",
                "    def generate(",
                "device = self.cos.device\n",
                "return self._write(list(tokens), max_new_tokens, temperature, top_k, seed)\n\n"
                "    @torch.no_grad()\n"
                "    def _write(self, tokens, max_new_tokens, temperature, top_k, seed):\n"
                "        device = self.cos.device\n",
                "for _ in range(max_new_tokens):",
                "written = 0\n        while written < max_new_tokens:\n            written += 1",
            ),
        ),
        Variant(
            "hidden states in a method of their own; generate scores the last position only",
            edit(
                "    def forward(",
                "    def hidden(self, idx):\n"
                "        T, config = idx.shape[1], self.config\n"
                "        x = x0 = norm(self.transformer.wte(idx).to(dtype_of(config)))\n"
                "        for i, block in enumerate(self.transformer.h):\n"
                "            if config.residual_scalars:\n"
                "                x = (self.resid_lambdas[i] * x).to(x0) + (self.x0_lambdas[i] * x0).to(x0)\n"
                '            extra = [self.value_embeds[f"{i}"](idx).to(x0)] if f"{i}" in self.value_embeds else []\n'
                "            x = block(x, self.cos[:T], self.sin[:T], *extra)\n"
                "        return norm(x)\n\n"
                "    def score(self, x):\n"
                "        logits = self.lm_head(x)[..., : self.config.vocab_size].float()\n"
                "        cap = self.config.softcap\n"
                "        return cap * (logits / cap).tanh() if cap > 0 else logits\n\n"
                "    def forward(",
                "        logits, _ = self(idx[:, -self.config.block_size :])\n",
                "        logits = self.score(self.hidden(idx[:, -self.config.block_size :])[:, -1:])\n",
            ),
        ),
        Variant(
            "accounts from the config alone",
            edit(
                "self.transformer[\"wte\"].weight.numel(),",
                "self.config.padded_vocab_size * self.config.n_embd,",
                "sum(p.numel() for p in self.value_embeds.parameters()),",
                "len(layers_with_value_embedding(self.config)) * self.config.padded_vocab_size * self.config.kv_heads * self.config.head_dim,",
                "self.lm_head.weight.numel(),",
                "self.config.n_embd * self.config.padded_vocab_size,",
                'sum(p.numel() for p in self.transformer["h"].parameters()),',
                "self.config.n_layer * self.config.n_embd * (10 * self.config.n_embd + 2 * self.config.kv_heads * self.config.head_dim),",
                "return 6 * (counts[\"matrices\"] + counts[\"head\"]) + 12 * config.n_head * config.head_dim * sum(seen)",
                "return sum(3 * 2 * counts[group] for group in ('head', 'matrices')) + sum(3 * 4 * config.n_embd * s for s in seen)",
                "dtype_of(config).itemsize",
                "(4 if config.compute_dtype == 'float32' else 2)",
            ),
        ),
    ]
}
