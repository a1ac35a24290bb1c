"""The ways people get the parts of a modern GPT, and their first values, wrong."""

from vibejam_core.course.known import Edit, Mistake, edit

# Passages of the reference that the mistakes below change.
SUPER = "super().__init__(config)\n"
POSITIONS = "positions = torch.arange(config.block_size)"
TABLES = "precompute_rotary(positions, config.head_dim, config.rope_base, dtype_of(config))"
COS = 'self.register_buffer("cos", cos, persistent=False)'
SIN = 'self.register_buffer("sin", sin, persistent=False)'
BLOCKS = "blocks = nn.ModuleList(Block(config, layer_idx) for layer_idx in range(config.n_layer))"
WTE = '"wte": nn.Embedding(V, C)'
HEAD = "self.lm_head = Linear(C, V)"
VALUES = "{str(i): nn.Embedding(V, config.kv_heads * config.head_dim) for i in layers_with_value_embedding(config)}"
WHICH = "layers_with_value_embedding(config)}"
SCALARS = "if config.residual_scalars:\n            self.resid_lambdas ="
RESID = "self.resid_lambdas = nn.Parameter(torch.ones(config.n_layer))"
X0 = "self.x0_lambdas = nn.Parameter(torch.zeros(config.n_layer))"
CALL = "self.init_weights()\n\n"
BOUND = "bound = math.sqrt(3 / self.config.n_embd)"
START_WTE = 'nn.init.normal_(self.transformer["wte"].weight, std=1.0)'
START_HEAD = "nn.init.normal_(self.lm_head.weight, std=0.001)"
START_UNIFORM = "nn.init.uniform_(layer.weight, -bound, bound)"
UNIFORMS = "(block.attn.c_q, block.attn.c_k, block.attn.c_v, block.mlp.c_fc)"
ZEROS = "(block.attn.c_proj, block.mlp.c_proj)"
START_ZERO = "nn.init.zeros_(layer.weight)"
START_VALUES = "nn.init.uniform_(embedding.weight, -bound, bound)"
START_SCALARS = "if self.config.residual_scalars:\n            self.resid_lambdas.fill_"
FILL_RESID = "self.resid_lambdas.fill_(1.0)"
FILL_X0 = "self.x0_lambdas.fill_(0.0)"


def started(then: str) -> Edit:
    """The reference whose init_weights does something more at its end."""
    return edit(FILL_X0, f"{FILL_X0}\n        {then}")


MISTAKES = {
    "modern_gpt.GPT": [
        # What is learned
        Mistake("the head shares the embedding's weights", edit(HEAD, HEAD + '\n        self.lm_head.weight = self.transformer["wte"].weight')),
        Mistake("the head has a bias", edit(HEAD, "self.lm_head = nn.Linear(C, V)")),
        Mistake("the head is torch's own nn.Linear, which refuses half precision", edit(HEAD, "self.lm_head = nn.Linear(C, V, bias=False)")),
        Mistake("the head has vocab_size rows, without padding", edit(HEAD, "self.lm_head = Linear(C, config.vocab_size)")),
        Mistake("the embedding has vocab_size rows, without padding", edit(WTE, '"wte": nn.Embedding(config.vocab_size, C)')),
        Mistake("neither embedding nor head is padded", edit("config.n_embd, config.padded_vocab_size", "config.n_embd, config.vocab_size")),
        Mistake("the vocabulary is padded to a multiple of 64, whatever vocab_multiple says",
                edit("config.n_embd, config.padded_vocab_size", "config.n_embd, -(-config.vocab_size // 64) * 64")),
        Mistake("there is a learned position embedding as well", edit(HEAD, HEAD + "\n        self.wpe = nn.Embedding(config.block_size, C)")),
        Mistake("there is one block only, whatever n_layer says", edit("in range(config.n_layer))\n", "in range(1))\n")),
        Mistake("all blocks are one and the same object, because a list of it was multiplied",
                edit(BLOCKS, "blocks = nn.ModuleList([Block(config, 0)] * config.n_layer)")),
        Mistake("the blocks are kept in a plain Python list, where no optimiser finds them",
                edit(BLOCKS, BLOCKS.replace("nn.ModuleList", "list"), f"self.transformer = nn.ModuleDict({{{WTE}, \"h\": blocks}})",
                     f"self.transformer = {{{WTE}, \"h\": blocks}}\n        self.wte = self.transformer[\"wte\"]")),
        Mistake("the blocks are in a plain list beside the ModuleDict",
                edit(BLOCKS, BLOCKS.replace("nn.ModuleList", "list"), f"nn.ModuleDict({{{WTE}, \"h\": blocks}})",
                     f"nn.ModuleDict({{{WTE}}})\n        self.transformer.__dict__['h'] = blocks",
                     'self.transformer["wte"].weight, std=1.0)\n', 'self.transformer["wte"].weight, std=1.0)\n        bound = math.sqrt(3 / self.config.n_embd)\n',
                     'for block in self.transformer["h"]', "for block in self.transformer.h",
                     'enumerate(self.transformer["h"])', "enumerate(self.transformer.h)")),
        Mistake("all blocks share the first one's MLP",
                edit(HEAD, HEAD + "\n        for block in blocks:\n            block.mlp = blocks[0].mlp")),
        Mistake("n_layer and n_head are mixed up", edit("in range(config.n_layer))\n", "in range(config.n_head))\n")),
        Mistake("the final norm has learned gains", edit(HEAD, HEAD + "\n        self.gain = nn.Parameter(torch.ones(C))",
                "self.lm_head(norm(x))", "self.lm_head(norm(x) * self.gain)")),
        Mistake("the config that is kept is another one, with its heads' keys filled in",
                edit(SUPER, "from dataclasses import replace\n        super().__init__(replace(config, n_kv_head=config.n_kv_head or 1))\n")),
        Mistake("super().__init__ is called without the config", edit(SUPER, "nn.Module.__init__(self)\n", "config.n_embd, config.padded_vocab_size",
                "config.n_embd, config.padded_vocab_size\n        self.config = ModelConfig()")),
        Mistake("super().__init__ is not called at all", edit(SUPER, "self.config = config\n")),
        # Options
        Mistake("value embeddings are made even when none were asked for", edit(WHICH, "range((config.n_layer - 1) % 2, config.n_layer, 2)}")),
        Mistake("value embeddings are never made", edit(WHICH, "[]}")),
        Mistake("every layer has a value embedding", edit(WHICH, "(range(config.n_layer) if config.value_embeddings else [])}")),
        Mistake("the layers with a value embedding are counted from the first, so the last may have none",
                edit(WHICH, "(range(0, config.n_layer, 2) if config.value_embeddings else [])}")),
        Mistake("the layers with a value embedding are those that should have none",
                edit(WHICH, "(range(config.n_layer % 2, config.n_layer, 2) if config.value_embeddings else [])}")),
        Mistake("the value embeddings are n_embd wide", edit("config.kv_heads * config.head_dim)", "C)")),
        Mistake("the value embeddings are as wide as one head", edit("config.kv_heads * config.head_dim)", "config.head_dim)")),
        Mistake("the value embeddings take n_kv_head for the number of heads, even where it is 0",
                edit("config.kv_heads * config.head_dim)", "(config.n_kv_head or 1) * config.head_dim)")),
        Mistake("the value embeddings have vocab_size rows, without padding",
                edit("nn.Embedding(V, config.kv_heads", "nn.Embedding(config.vocab_size, config.kv_heads")),
        Mistake("all layers share one value embedding", edit(VALUES, "dict.fromkeys(map(str, layers_with_value_embedding(config)), "
                "nn.Embedding(V, config.kv_heads * config.head_dim))")),
        Mistake("the value embeddings are numbered one after another, not by their layers",
                edit("{str(i): nn.Embedding", "{str(n): nn.Embedding", "for i in " + WHICH, "for n, i in enumerate(layers_with_value_embedding(config))}")),
        Mistake("the scalars are made even when none were asked for", edit(SCALARS, SCALARS.replace("config.residual_scalars", "True"))),
        Mistake("there is one scalar of each kind for all layers", edit(RESID, RESID.replace("config.n_layer", "1"), X0, X0.replace("config.n_layer", "1"),
                "self.resid_lambdas[i]", "self.resid_lambdas[0]", "self.x0_lambdas[i]", "self.x0_lambdas[0]")),
        Mistake("there is a vector of scalars for each layer", edit(RESID, RESID.replace("config.n_layer", "config.n_layer, C"),
                X0, X0.replace("config.n_layer", "config.n_layer, C"))),
        Mistake("the scalars are buffers, so that they are never trained",
                edit(RESID, 'self.register_buffer("resid_lambdas", torch.ones(config.n_layer))', X0, 'self.register_buffer("x0_lambdas", torch.zeros(config.n_layer))')),
        Mistake("there are no scalars for x0", edit(X0, "", FILL_X0, "", " + self.x0_lambdas[i] * x0", "")),
        # Dtypes and tables
        Mistake("the weights themselves are turned into the compute dtype", edit(CALL, "self.init_weights()\n        self.to(dtype_of(config))\n\n")),
        Mistake("the embedding alone is kept in the compute dtype", edit(CALL, 'self.init_weights()\n        self.transformer["wte"].to(dtype_of(config))\n\n')),
        Mistake("the value embeddings are kept in the compute dtype", edit(CALL, "self.init_weights()\n        self.value_embeds.to(dtype_of(config))\n\n")),
        Mistake("the rotary tables are float32, whatever the compute dtype is", edit(TABLES, "precompute_rotary(positions, config.head_dim, config.rope_base)")),
        Mistake("the rotary tables are bfloat16, whatever the compute dtype is", edit("config.rope_base, dtype_of(config))", "config.rope_base, torch.bfloat16)")),
        Mistake("the rotary tables have the default base, not the config's", edit(TABLES, "precompute_rotary(positions, config.head_dim, dtype=dtype_of(config))")),
        Mistake("the rotary tables are made for n_embd numbers, not for one head's", edit(TABLES, TABLES.replace("config.head_dim", "C"))),
        Mistake("the rotary tables end before block_size", edit(POSITIONS, "positions = torch.arange(config.block_size - 1)")),
        Mistake("the positions in the rotary tables start at 1", edit(POSITIONS, "positions = torch.arange(1, config.block_size + 1)")),
        Mistake("the rotary tables have vocab_size positions", edit(POSITIONS, "positions = torch.arange(config.vocab_size)")),
        Mistake("the rotary tables are ten times as long as the context", edit(POSITIONS, "positions = torch.arange(10 * config.block_size)")),
        Mistake("the positions are rounded to the compute dtype before the angles are computed",
                edit(POSITIONS, "positions = torch.arange(config.block_size).to(dtype_of(config))")),
        Mistake("cos and sin change places", edit("cos, sin = precompute_rotary", "sin, cos = precompute_rotary")),
        Mistake("the rotary tables are saved with the weights", edit(COS, COS.replace(", persistent=False", ""), SIN, SIN.replace(", persistent=False", ""))),
        Mistake("sin is saved with the weights, cos is not", edit(SIN, SIN.replace(", persistent=False", ""))),
        Mistake("the rotary tables are plain attributes, which stay behind when the model moves", edit(COS, "self.cos = cos", SIN, "self.sin = sin")),
        Mistake("the rotary tables are parameters, so that they are trained", edit(COS, "self.cos = nn.Parameter(cos)", SIN, "self.sin = nn.Parameter(sin)")),
        Mistake("the rotary tables are parameters that aren't trained",
                edit(COS, "self.cos = nn.Parameter(cos, requires_grad=False)", SIN, "self.sin = nn.Parameter(sin, requires_grad=False)")),
        # First values
        Mistake("__init__ doesn't call init_weights, so the weights start as PyTorch makes them", edit("            self.x0_lambdas = nn.Parameter(torch.zeros(config.n_layer))\n        self.init_weights()\n",
                "            self.x0_lambdas = nn.Parameter(torch.zeros(config.n_layer))\n")),
        Mistake("init_weights is called before the scalars are made", edit(SCALARS, "config, keep = __import__('dataclasses').replace(config, residual_scalars=False), config\n"
                "        self.config = config\n        self.init_weights()\n        self.config = config = keep\n        " + SCALARS, CALL, "\n")),
        Mistake("__init__ starts the weights itself, and init_weights is never called",
                edit(CALL, "GPT.init_weights(self)\n\n")),
        Mistake("the embedding starts with a standard deviation of 0.02", edit(START_WTE, START_WTE.replace("std=1.0", "std=0.02"))),
        Mistake("the embedding starts with the standard deviation 1 / sqrt(C)", edit(START_WTE, START_WTE.replace("std=1.0", "std=self.config.n_embd**-0.5"))),
        Mistake("the embedding starts uniform, not normal", edit(START_WTE, START_WTE.replace("normal_", "uniform_").replace("std=1.0", "-(3**0.5), 3**0.5"))),
        Mistake("the embedding starts at zero", edit(START_WTE, 'nn.init.zeros_(self.transformer["wte"].weight)')),
        Mistake("the embedding's normal distribution is cut off at two standard deviations",
                edit(START_WTE, 'nn.init.trunc_normal_(self.transformer["wte"].weight, std=1.137, a=-2.0, b=2.0)')),
        Mistake("the head starts at zero", edit(START_HEAD, "nn.init.zeros_(self.lm_head.weight)")),
        Mistake("the head starts with a standard deviation of 0.02", edit(START_HEAD, START_HEAD.replace("0.001", "0.02"))),
        Mistake("the head starts with a standard deviation of 0.01", edit(START_HEAD, START_HEAD.replace("0.001", "0.01"))),
        Mistake("the head starts like the embedding, with a standard deviation of 1", edit(START_HEAD, START_HEAD.replace("0.001", "1.0"))),
        Mistake("the variance of the head is 0.001, not its standard deviation", edit(START_HEAD, START_HEAD.replace("0.001", "0.001**0.5"))),
        Mistake("the head starts uniform, not normal", edit(START_HEAD, "nn.init.uniform_(self.lm_head.weight, -0.001 * 3**0.5, 0.001 * 3**0.5)")),
        Mistake("the head is left as PyTorch makes it", edit(START_HEAD, "")),
        Mistake("the padding rows of the head start at zero", edit(START_HEAD, START_HEAD + "\n        self.lm_head.weight[self.config.vocab_size :].zero_()")),
        Mistake("the matrices start uniform from -1 / sqrt(C) to 1 / sqrt(C), as PyTorch makes them",
                edit(BOUND, "bound = math.sqrt(1 / self.config.n_embd)")),
        Mistake("the matrices start uniform with twice the bound they should have", edit(BOUND, BOUND + " * 2")),
        Mistake("the bound is 3 / sqrt(C): the root of the 3 is forgotten", edit(BOUND, "bound = 3 / math.sqrt(self.config.n_embd)")),
        Mistake("the bound is 3 / C: the root is forgotten", edit(BOUND, "bound = 3 / self.config.n_embd")),
        Mistake("the bound follows from head_dim, not from n_embd", edit(BOUND, "bound = math.sqrt(3 / self.config.head_dim)")),
        Mistake("the matrices start normal, not uniform", edit(START_UNIFORM, "nn.init.normal_(layer.weight, std=bound / math.sqrt(3))")),
        Mistake("the matrices start normal with a standard deviation of 0.02", edit(START_UNIFORM, "nn.init.normal_(layer.weight, std=0.02)")),
        Mistake("the matrices start uniform above zero only", edit(START_UNIFORM, "nn.init.uniform_(layer.weight, 0, bound)")),
        Mistake("the matrices start orthogonal", edit(START_UNIFORM, "nn.init.orthogonal_(layer.weight)")),
        Mistake("the matrices' bound follows from both their sizes (Xavier)", edit(START_UNIFORM, "nn.init.xavier_uniform_(layer.weight)")),
        Mistake("the matrices start at zero", edit(START_UNIFORM, "nn.init.zeros_(layer.weight)")),
        Mistake("c_fc is forgotten when the matrices are started", edit(UNIFORMS, "(block.attn.c_q, block.attn.c_k, block.attn.c_v)")),
        Mistake("c_v is forgotten when the matrices are started", edit(UNIFORMS, "(block.attn.c_q, block.attn.c_k, block.mlp.c_fc)")),
        Mistake("only the first block is started", edit('for block in self.transformer["h"]:', 'for block in self.transformer["h"][:1]:')),
        Mistake("the last block is never started", edit('for block in self.transformer["h"]:', 'for block in self.transformer["h"][:-1]:')),
        Mistake("c_proj starts uniform, like the other matrices", edit(START_ZERO, "nn.init.uniform_(layer.weight, -bound, bound)")),
        Mistake("c_proj starts small and normal, as in GPT-2", edit(START_ZERO, "nn.init.normal_(layer.weight, std=0.02 / math.sqrt(2 * self.config.n_layer))")),
        Mistake("only the attention's c_proj starts at zero", edit(ZEROS, "(block.attn.c_proj,)")),
        Mistake("only the MLP's c_proj starts at zero", edit(ZEROS, "(block.mlp.c_proj,)")),
        Mistake("c_proj starts at one", edit(START_ZERO, "nn.init.ones_(layer.weight)")),
        Mistake("c_v starts at zero together with c_proj", edit(ZEROS, "(block.attn.c_proj, block.mlp.c_proj, block.attn.c_v)")),
        Mistake("value embeddings start normal with standard deviation 1, like wte", edit(START_VALUES, "nn.init.normal_(embedding.weight)")),
        Mistake("value embeddings start at zero", edit(START_VALUES, "nn.init.zeros_(embedding.weight)")),
        Mistake("value embeddings are not started", edit(START_VALUES, "pass")),
        Mistake("the bound of value embeddings follows from their own width", edit(START_VALUES, "nn.init.kaiming_uniform_(embedding.weight, nonlinearity='linear')")),
        Mistake("resid_lambdas start at 0 and x0_lambdas at 1", edit(FILL_RESID, FILL_RESID.replace("1.0", "0.0"), FILL_X0, FILL_X0.replace("0.0", "1.0"))),
        Mistake("x0_lambdas start at 0.1", edit(FILL_X0, FILL_X0.replace("0.0", "0.1"))),
        Mistake("both kinds of scalars start at 1", edit(FILL_X0, FILL_X0.replace("0.0", "1.0"))),
        Mistake("both kinds of scalars start at 0.5", edit(FILL_RESID, FILL_RESID.replace("1.0", "0.5"), FILL_X0, FILL_X0.replace("0.0", "0.5"))),
        Mistake("the queries and keys start as the same numbers", started('for block in self.transformer["h"]:\n'
                "            block.attn.c_k.weight.copy_(block.attn.c_q.weight[: len(block.attn.c_k.weight)])")),
        Mistake("all blocks start with the first one's numbers", started('for block in self.transformer["h"]:\n'
                '            block.load_state_dict(self.transformer["h"][0].state_dict())')),
        Mistake("every matrix is drawn after the seed was set anew", edit(START_UNIFORM, "torch.manual_seed(1)\n                " + START_UNIFORM)),
        Mistake("a row of numbers is drawn and repeated", edit(START_UNIFORM, START_UNIFORM + "\n                layer.weight.copy_(layer.weight[:1].expand_as(layer.weight))")),
        Mistake("a seed is set before the first values are drawn, so that all models start alike", edit(CALL, "torch.manual_seed(42)\n        " + CALL)),
        Mistake("init_weights sets the seed itself, so that every call gives the same numbers", edit(BOUND, BOUND + "\n        torch.manual_seed(42)")),
        Mistake("init_weights sets the seed of a generator of its own for the head and the embedding",
                edit(START_HEAD, START_HEAD.replace("std=0.001", "std=0.001, generator=torch.Generator().manual_seed(1)"),
                     START_WTE, START_WTE.replace("std=1.0", "std=1.0, generator=torch.Generator().manual_seed(2)"))),
        # Called again
        Mistake("called again, init_weights does nothing", edit(BOUND, BOUND + "\n        if getattr(self, 'made', False):\n            return\n        self.made = True")),
        Mistake("called again, init_weights adds to what is there", edit(START_WTE, START_WTE + "\n        seen = self.__dict__.setdefault('seen', [])\n"
                "        if seen:\n            self.transformer['wte'].weight.add_(seen[0])\n        seen.append(1.0)")),
        Mistake("init_weights leaves the scalars as they are", edit(START_SCALARS, "if False:\n            self.resid_lambdas.fill_")),
        Mistake("init_weights leaves x0_lambdas as they are", edit(FILL_X0, "")),
        Mistake("init_weights leaves c_proj as it is when it is called again", edit(START_ZERO, "layer.weight.zero_() if not getattr(self, 'made', False) else None",
                FILL_X0, FILL_X0 + "\n        self.made = True")),
        Mistake("init_weights puts new parameters in the place of the old ones",
                edit(START_HEAD, "self.lm_head.weight = nn.Parameter(0.001 * torch.randn_like(self.lm_head.weight))")),
        Mistake("init_weights makes a new parameter of the scalars", edit(FILL_X0, "self.x0_lambdas = nn.Parameter(torch.zeros_like(self.x0_lambdas))")),
        Mistake("init_weights freezes what starts at zero", edit(START_ZERO, START_ZERO + "\n                layer.weight.requires_grad_(False)")),
    ]
}
