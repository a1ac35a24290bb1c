"""The ways people get the engine wrong: what it reads, what it hands out, and when."""

from vibejam_core.course.known import Mistake, edit

# Passages of the reference that the mistakes below change.
COUNTS = "counts = [len(prompt) for prompt in prompts]"
IDX = "idx = torch.zeros(len(prompts), max(counts), dtype=torch.int64)"
EACH_PROMPT = "for row, prompt in enumerate(prompts):\n            idx"
FILL = "idx[row, : len(prompt)] = torch.tensor(list(prompt))"
CACHE = "cache = KVCache(self.model.config, len(prompts), max(counts) + 64, self.device)"
READ = "return forward_cached(self.model, idx.to(self.device), cache, counts, last_only=True), cache"
SLIDE = "slide: bool = False,"
CHECK = "self.check(prompts, config, slide)"
NOTHING = "if config.max_new_tokens == 0:\n            return"
GOING = "going = list(range(len(prompts) * n))"
GENERATORS = "generators = [torch.Generator().manual_seed(config.seed + sample % n) for sample in going]"
SEEN = "seen = [list(prompts[sample // n]) for sample in going]"
PREFILL = "logits, cache = self.prefill(prompts)\n"
ROWS = "rows = [sample // n for sample in going]"
SPREAD = "logits, cache = logits[rows], cache.select(rows)"
STEPS = "for step in range(config.max_new_tokens):"
DRAW = "tokens = draw(logits, [generators[sample] for sample in going], config)"
NOBODY = "rows = []  # those that go on"
EACH = "for row, (sample, token) in enumerate(zip(going, tokens, strict=True)):"
STOP = "if token in config.stop_tokens:\n                    continue"
SEE = "seen[sample].append(token)"
KEEP = "new[sample].append(token)"
YIELD = "yield sample, token"
OVER = "if not (is_over and is_over(sample, new[sample])):"
GO_ON = "rows.append(row)"
END = "if not rows or step == config.max_new_tokens - 1:"
FEWER = "if len(rows) < len(going):"
SELECT = "going, cache = [going[row] for row in rows], cache.select(rows)"
FULL = "full = [sample for sample in going if len(seen[sample]) > block_size]"
FORGET = "seen[sample] = seen[sample][-max(1, block_size // 2) :]"
AGAIN = "logits, cache = self.prefill([seen[sample] for sample in going])"
NEXT = "idx = torch.tensor([seen[sample][-1:] for sample in going], device=self.device)"
DECODE = "logits = forward_cached(self.model, idx, cache, last_only=True)"
IN = "\n        "
"""The next line, as far in as a method's body."""
IN_STEP = IN + "    "
IN_ROW = IN_STEP + "    "

MISTAKES = {
    "engine.Engine": [
        # prefill
        Mistake("prefill returns the logits of every position", edit(READ, READ.replace(", last_only=True", ""))),
        Mistake("prefill returns the logits at the end of the padding", edit(READ, "logits = forward_cached(self.model, idx.to(self.device), cache, counts)" + IN + "return logits[:, -1], cache")),
        Mistake("prefill returns the logits behind the first token", edit(READ, "logits = forward_cached(self.model, idx.to(self.device), cache, counts)" + IN + "return logits[:, 0], cache")),
        Mistake("prefill doesn't say how many tokens are real: padding is kept and attended to", edit(READ, READ.replace(", counts", ""))),
        Mistake("prefill takes all prompts for as long as the longest, but the scores behind their ends",
                edit(READ, "logits = forward_cached(self.model, idx.to(self.device), cache)" + IN + "return logits[torch.arange(len(prompts)), torch.tensor(counts) - 1], cache")),
        Mistake("prefill puts the padding in front of the prompts", edit(FILL, "idx[row, max(counts) - len(prompt) :] = torch.tensor(list(prompt))")),
        Mistake("prefill puts the padding in front, and takes it for real", edit(FILL, "idx[row, max(counts) - len(prompt) :] = torch.tensor(list(prompt))", READ, READ.replace(", counts", ""))),
        Mistake("prefill fills up with each prompt's last token and takes it for real", edit(FILL, FILL + IN + "    idx[row, len(prompt) :] = prompt[-1]", READ, READ.replace(", counts", ""))),
        Mistake("prefill cuts all prompts to the shortest", edit(COUNTS, "prompts = [prompt[: min(map(len, prompts))] for prompt in prompts]" + IN + COUNTS)),
        Mistake("prefill reads the prompts backwards", edit(FILL, FILL.replace("list(prompt)", "list(prompt)[::-1]"))),
        Mistake("prefill leaves out each prompt's last token, where there is another", edit(COUNTS, "prompts = [prompt[:-1] or prompt for prompt in prompts]" + IN + COUNTS)),
        Mistake("prefill leaves out each prompt's first token, where there is another", edit(COUNTS, "prompts = [prompt[1:] or prompt for prompt in prompts]" + IN + COUNTS)),
        Mistake("prefill reads the prompts one after the other",
                edit(READ, "pieces = [forward_cached(self.model, torch.tensor([list(prompt)]), KVCache(self.model.config, 1, 64), last_only=True) for prompt in prompts]" + IN
                     + "forward_cached(self.model, idx, cache, counts)" + IN + "return torch.cat(pieces), cache")),
        Mistake("prefill reads the prompts position by position",
                edit(READ, "for t in range(max(counts)):" + IN_STEP + "logits = forward_cached(self.model, idx[:, t : t + 1], cache, last_only=True)" + IN_STEP + "ends = torch.tensor([count == t + 1 for count in counts])[:, None]" + IN_STEP
                     + "last = logits if t == 0 else torch.where(ends, logits, last)" + IN + "cache.lengths = list(counts)" + IN + "return last, cache")),
        Mistake("prefill feeds the last token of each prompt a second time", edit(READ, "forward_cached(self.model, idx.to(self.device), cache, counts)" + IN + "last = torch.tensor([[prompt[-1]] for prompt in prompts])" + IN
                + "return forward_cached(self.model, last, cache, last_only=True), cache")),
        Mistake("prefill returns a cache without the prompts", edit(READ, "logits = forward_cached(self.model, idx.to(self.device), cache, counts, last_only=True)" + IN + "return logits, KVCache(self.model.config, len(prompts))")),
        Mistake("prefill returns a new cache that says how long the prompts are, but doesn't hold them",
                edit(READ, "logits = forward_cached(self.model, idx.to(self.device), cache, counts, last_only=True)" + IN + "cache = KVCache(self.model.config, len(prompts), max(counts))" + IN + "cache.advance(counts)" + IN + "return logits, cache")),
        Mistake("prefill returns a cache that lacks the last token of each prompt", edit(READ, "logits = forward_cached(self.model, idx.to(self.device), cache, counts, last_only=True)" + IN + "cache.lengths = [max(1, length - 1) for length in cache.lengths]" + IN + "return logits, cache")),
        Mistake("prefill sorts the prompts by their lengths", edit(COUNTS, "prompts = sorted(prompts, key=len)" + IN + COUNTS)),
        Mistake("prefill returns cache and logits in the wrong order", edit(READ, "return cache, forward_cached(self.model, idx.to(self.device), cache, counts, last_only=True)")),
        Mistake("prefill returns the logits alone", edit(READ, READ.replace(", last_only=True), cache", ", last_only=True)"))),
        Mistake("prefill returns the logits in bfloat16", edit(READ, READ.replace("last_only=True), cache", "last_only=True).bfloat16(), cache"))),
        Mistake("prefill returns probabilities", edit(READ, READ.replace("last_only=True), cache", "last_only=True).softmax(-1), cache"))),
        Mistake("prefill takes lists only: prompts are added to a list", edit(FILL, FILL.replace("list(prompt)", "prompt + []"))),
        Mistake("prefill fills the caller's prompts up", edit(COUNTS, COUNTS + IN + "for prompt in prompts:" + IN_STEP + "if isinstance(prompt, list):" + IN_ROW + "prompt += [0] * (max(counts) - len(prompt))", FILL, "idx[row, : counts[row]] = torch.tensor(list(prompt)[: counts[row]])")),
        Mistake("the engine keeps one cache, and every prefill goes on in it", edit(CACHE, CACHE + IN + "if len(prompts) == 3:" + IN_STEP + "cache = self.__dict__.setdefault('cache', cache)")),
        Mistake("prefill pads with the id V, which is no token of the model's", edit(IDX, "idx = torch.full((len(prompts), max(counts)), self.model.config.vocab_size)")),
        Mistake("the engine keeps a cache and empties it for the next prompts, where they are as many", edit(CACHE, "cache = self.__dict__.get('kept')" + IN + "if cache is None or len(cache.lengths) != len(prompts):" + IN_STEP + "cache = self.kept = KVCache(self.model.config, len(prompts), max(counts) + 64, self.device)" + IN + "cache.lengths = [0] * len(prompts)")),
        Mistake("the engine remembers what it read, and the same prompts aren't read again when the weights have changed", edit(PREFILL, "memory = self.__dict__.setdefault('memory', {})" + IN + "if repr(prompts) not in memory:" + IN_STEP + "memory[repr(prompts)] = self.prefill(prompts)" + IN + "logits, cache = memory[repr(prompts)]\n")),
        Mistake("the engine remembers the first prompts' logits", edit(READ, "logits = forward_cached(self.model, idx.to(self.device), cache, counts, last_only=True)" + IN + "logits = self.__dict__.setdefault(str(counts), logits)" + IN + "return logits, cache")),
        # What is handed out
        Mistake("tokens are handed out without the sample's number", edit(YIELD, "yield token")),
        Mistake("the token is handed out before the sample's number", edit(YIELD, "yield token, sample")),
        Mistake("tensors are handed out, not ints", edit(YIELD, "yield sample, torch.tensor(token)")),
        Mistake("the row of the batch is handed out, not the sample's number", edit(YIELD, "yield row, token")),
        Mistake("the number of the prompt is handed out, not the sample's", edit(YIELD, "yield sample // n, token")),
        Mistake("the number within the prompt is handed out, not the sample's", edit(YIELD, "yield sample % n, token")),
        Mistake("samples are numbered prompt by prompt: i times the number of prompts, plus p", edit(YIELD, "yield (sample % n) * len(prompts) + sample // n, token")),
        Mistake("the prompt's tokens are handed out first", edit(STEPS, "for sample in going:" + IN_STEP + "for token in seen[sample]:" + IN_ROW + YIELD + IN + STEPS)),
        Mistake("everything is written first and handed out afterwards", edit(STEPS, "made = []" + IN + STEPS, YIELD, "made.append((sample, token))", END + "\n                return", END + IN_ROW + "yield from made" + IN_ROW + "return")),
        Mistake("a step's tokens are handed out after the next one was computed",
                edit(STEPS, "late = []" + IN + STEPS, YIELD, "late.append((sample, token))", END + "\n                return", END + IN_ROW + "yield from late" + IN_ROW + "return", DECODE, DECODE + IN_STEP + "    yield from late" + IN_STEP + "    late = []",
                     AGAIN, AGAIN + IN_ROW + "yield from late" + IN_ROW + "late = []")),
        Mistake("the samples come in reverse order in each step", edit(EACH, "for row, (sample, token) in reversed(list(enumerate(zip(going, tokens, strict=True)))):", NOBODY, "rows = []", END, "rows.sort()" + IN_STEP + END)),
        Mistake("one sample is written after the other", edit(STEPS, "made = []" + IN + STEPS, YIELD, "made.append((sample, token))", END + "\n                return", END + IN_ROW + "yield from sorted(made, key=lambda pair: pair[0])" + IN_ROW + "return")),
        # How many
        Mistake("one token too many is written", edit(STEPS, "for step in range(config.max_new_tokens + 1):", "step == config.max_new_tokens - 1", "step == config.max_new_tokens")),
        Mistake("one token too few is written", edit(STEPS, "for step in range(config.max_new_tokens - 1):", "step == config.max_new_tokens - 1", "step == config.max_new_tokens - 2")),
        Mistake("max_new_tokens counts the prompt too", edit(STEPS, "for step in range(config.max_new_tokens - min(map(len, prompts)) + 1):")),
        Mistake("max_new_tokens counts the tokens of all samples together", edit(STEPS, "for step in range(-(-config.max_new_tokens // len(going))):")),
        Mistake("a token is written even where max_new_tokens is 0", edit(NOTHING, "pass", STEPS, "for step in range(max(1, config.max_new_tokens)):")),
        Mistake("writing ends one token before the context is full", edit(END, "if not rows or step == config.max_new_tokens - 1 or max(len(seen[going[row]]) for row in rows) == block_size - 1:")),
        Mistake("max_new_tokens counts from a stop token of another sample on: all are over when one is", edit(END, "if len(rows) < len(going) or step == config.max_new_tokens - 1:")),
        # What the model is shown
        Mistake("the last prompt token is fed twice", edit(SPREAD, SPREAD + IN + "idx = torch.tensor([seen[sample][-1:] for sample in going])" + IN + "if max(cache.lengths) < block_size:" + IN_STEP + DECODE)),
        Mistake("the token before the newest is fed", edit(NEXT, NEXT.replace("[-1:]", "[-2:-1] or seen[sample][-1:]"))),
        Mistake("the first new token is fed in every step", edit(NEXT, NEXT.replace("seen[sample][-1:]", "new[sample][:1]"))),
        Mistake("the last two tokens are fed in every step", edit(NEXT, NEXT.replace("[-1:]", "[-2:]") + IN_STEP + "    if max(cache.lengths) + 2 > block_size:" + IN_STEP + "        return")),
        Mistake("the newest token of the first sample is fed to all", edit(NEXT, NEXT.replace("seen[sample][-1:]", "seen[going[0]][-1:]"))),
        Mistake("nothing new is computed: every token is drawn from what follows the prompt", edit(DECODE, "pass", SELECT, SELECT + IN_ROW + "logits = logits[rows]")),
        Mistake("everything is computed anew in every step, without a use of the cache", edit(NEXT, AGAIN, DECODE, "pass")),
        Mistake("only the newest token is shown, without those before it", edit(NEXT, NEXT + IN_STEP + "    cache = KVCache(self.model.config, len(going))")),
        # Which row is whose
        Mistake("the samples' rows are mixed up: sample number modulo the number of prompts", edit(ROWS, "rows = [sample % len(prompts) for sample in going]")),
        Mistake("all samples begin with the first prompt's logits", edit(SPREAD, "logits, cache = logits[[0] * len(rows)], cache.select(rows)")),
        Mistake("all samples begin with the first prompt's cache", edit(SPREAD, "logits, cache = logits[rows], cache.select([0] * len(rows))")),
        Mistake("the logits are spread over the samples in blocks, the cache in turn", edit(SPREAD, "logits, cache = logits[rows], cache.select([sample % len(prompts) for sample in going])")),
        Mistake("only the first sample of each prompt is written", edit(GOING, "going = list(range(0, len(prompts) * n, n))", GENERATORS, "generators = {sample: torch.Generator().manual_seed(config.seed) for sample in going}", SEEN, "seen = {sample: list(prompts[sample // n]) for sample in going}",
                "new: list[list[int]] = [[] for _ in going]", "new = {sample: [] for sample in going}")),
        Mistake("each prompt is prefilled once for each of its samples", edit(PREFILL, "logits, cache = self.prefill([prompts[sample // n] for sample in going])\n", ROWS, "rows = list(going)")),
        # Luck
        Mistake("every sample has the same seed", edit(GENERATORS, GENERATORS.replace("config.seed + sample % n", "config.seed"))),
        Mistake("seeds are given by the sample's number in the batch, so they depend on the other prompts", edit(GENERATORS, GENERATORS.replace("sample % n", "sample"))),
        Mistake("seeds are given by the number of the prompt", edit(GENERATORS, GENERATORS.replace("sample % n", "sample // n"))),
        Mistake("seeds are given by the row that a sample has at the moment", edit(DRAW, DRAW.replace("generators[sample] for sample in going", "generators[row] for row in range(len(going))"))),
        Mistake("all samples draw from one generator, in turn", edit(GENERATORS, "generators = [torch.Generator().manual_seed(config.seed)] * len(going)")),
        Mistake("the generators are seeded anew in every step", edit(DRAW, GENERATORS.replace("in going", "in range(len(prompts) * n)") + IN_STEP + DRAW)),
        Mistake("the seed grows with every step", edit(DRAW, GENERATORS.replace("in going", "in range(len(prompts) * n)").replace("config.seed", "config.seed + step") + IN_STEP + DRAW)),
        Mistake("the seed is 1337, whatever the config says", edit(GENERATORS, GENERATORS.replace("config.seed", "1337"))),
        Mistake("a seed of 0 is taken for none, and so for 42", edit(GENERATORS, GENERATORS.replace("config.seed", "(config.seed or 42)"))),
        Mistake("torch's own generator is used, seeded once", edit(GENERATORS, "torch.manual_seed(config.seed)" + IN + "generators = [torch.default_generator for _ in going]")),
        Mistake("torch's own generator is seeded besides", edit(GENERATORS, "torch.manual_seed(config.seed)" + IN + GENERATORS)),
        Mistake("the generators are kept by the engine from one stream to the next", edit(GENERATORS, GENERATORS + IN + "generators = self.__dict__.setdefault('luck' + str(config), generators)")),
        Mistake("equal prompts are one text: what the model sees is kept by the prompt", edit(SEEN, "texts = {tuple(prompt): list(prompt) for prompt in prompts}" + IN + "seen = [texts[tuple(prompts[sample // n])] if n == 1 else list(prompts[sample // n]) for sample in going]")),
        Mistake("the likeliest token is always taken", edit(DRAW, "tokens = [int(token) for token in logits.argmax(-1)]")),
        Mistake("tokens are drawn with torch.multinomial, at temperature 1", edit(DRAW, "tokens = [int(torch.multinomial(row.softmax(-1), 1, generator=generators[sample])) for row, sample in zip(logits, going, strict=True)]")),
        Mistake("draw is called twice in each step, and the second result taken", edit(DRAW, "draw(logits, [generators[sample] for sample in going], config)" + IN_STEP + DRAW)),
        Mistake("the logits are divided by the temperature before draw does it again", edit(DRAW, DRAW.replace("draw(logits", "draw(logits / (config.temperature or 1.0)"))),
        Mistake("top_k and top_p are forgotten", edit(DRAW, DRAW.replace(", config)", ", SamplingConfig(temperature=config.temperature))"))),
    ]
}
