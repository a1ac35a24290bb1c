"""The ways people get a modern GPT's writing wrong."""

from vibejam_core.course.known import Edit, Mistake, edit

# Passages of the reference that the mistakes below change.
NO_GRAD = "    @torch.no_grad()\n    def generate("
GENERATOR = "generator = torch.Generator(device).manual_seed(seed)"
IDX = "idx = torch.tensor([list(tokens)], device=device)"
STEPS = "for _ in range(max_new_tokens):"
SHOWN = "self(idx[:, -self.config.block_size :])"
SCORES = "scores = logits[:, -1]"
WHETHER = "if top_k is not None:"
KTH = "kth = scores.topk(min(top_k, scores.shape[-1])).values[:, -1:]"
MASK = 'scores = scores.masked_fill(scores < kth, float("-inf"))'
HOT = "if temperature > 0:"
SOFTMAX = "F.softmax(scores / temperature, dim=-1)"
DRAW = "token = torch.multinomial(chances, num_samples=1, generator=generator)"
ARGMAX = "token = scores.argmax(dim=-1, keepdim=True)"
YIELD = "yield int(token)"
APPEND = "idx = torch.cat([idx, token], dim=1)"


def before_steps(*lines: str) -> Edit:
    """The reference with more lines before the loop."""
    return edit(STEPS, "\n        ".join([*lines, STEPS]))


MISTAKES = {
    "modern_gpt.GPT": [
        # What is handed out
        Mistake("generate returns a list when all is written, instead of yielding", edit(STEPS, "made = []\n        " + STEPS, YIELD, "made.append(int(token))",
                APPEND + "  # (1, T + 1)", APPEND + "\n        return made")),
        Mistake("generate writes everything first and hands it out afterwards", edit(STEPS, "made = []\n        " + STEPS, YIELD, "made.append(int(token))",
                APPEND + "  # (1, T + 1)", APPEND + "\n        yield from made")),
        Mistake("each token is handed out one step late, after the next one was drawn",
                edit(STEPS, "late = []\n        " + STEPS, YIELD, "late.append(int(token))\n            if len(late) > 1:\n                yield late[-2]",
                     APPEND + "  # (1, T + 1)", APPEND + "\n        if late:\n            yield late[-1]")),
        Mistake("tensors are handed out, not ints", edit(YIELD, "yield token")),
        Mistake("tensors of one number without a shape are handed out, not ints", edit(YIELD, "yield token[0, 0]")),
        Mistake("lists of one token are handed out", edit(YIELD, "yield token[0].tolist()")),
        Mistake("floats are handed out", edit(YIELD, "yield float(token)")),
        Mistake("the whole text so far is handed out at every step", edit(YIELD, "yield from idx[0].tolist() + [int(token)]")),
        Mistake("the prompt is handed out before the new tokens", before_steps("yield from idx[0].tolist()")),
        Mistake("the last token of the prompt is handed out once more", before_steps("yield int(idx[0, -1])")),
        Mistake("one token too many is written", edit(STEPS, "for _ in range(max_new_tokens + 1):")),
        Mistake("one token too few is written", edit(STEPS, "for _ in range(max_new_tokens - 1):")),
        Mistake("max_new_tokens is taken for the total length", edit(STEPS, "for _ in range(max_new_tokens - idx.shape[1]):")),
        Mistake("writing stops when block_size is reached", edit(STEPS, "for _ in range(min(max_new_tokens, max(0, self.config.block_size - idx.shape[1]))):")),
        Mistake("a token is written even with max_new_tokens=0", edit(STEPS, "for _ in range(max(1, max_new_tokens)):")),
        Mistake("only a single token is ever written", edit(APPEND + "  # (1, T + 1)", APPEND + "\n            return")),
        Mistake("writing stops at token 0, as if it ended the text", edit(YIELD, "if int(token) == 0:\n                return\n            " + YIELD)),
        # What the model is shown
        Mistake("the next token comes from the first position's logits", edit(SCORES, "scores = logits[:, 0]")),
        Mistake("the next token comes from the last position but one", edit(SCORES, "scores = logits[:, -2 if logits.shape[1] > 1 else -1]")),
        Mistake("the next token always comes from the position where the prompt ended",
                edit(STEPS, "last = min(idx.shape[1], self.config.block_size) - 1\n        " + STEPS, SCORES, "scores = logits[:, last]")),
        Mistake("the next token comes from the mean of all positions' logits", edit(SCORES, "scores = logits.mean(dim=1)")),
        Mistake("the model is shown the last token only", edit(SHOWN, "self(idx[:, -1:])")),
        Mistake("the model is shown the prompt again at every step, without the new tokens", edit(APPEND, "pass")),
        Mistake("the model is shown the new tokens only, once there are some", edit(STEPS, "for step in range(max_new_tokens):", APPEND, "idx = torch.cat([idx[:, idx.shape[1] - step :], token], dim=1)")),
        Mistake("the new token is put in front of the others", edit(APPEND, "idx = torch.cat([token, idx], dim=1)")),
        Mistake("the new token replaces the last one", edit(APPEND, "idx = torch.cat([idx[:, :-1], token], dim=1)")),
        Mistake("the new token replaces the first one", edit(APPEND, "idx = torch.cat([idx[:, 1:], token], dim=1)")),
        Mistake("the model is shown the first block_size tokens, not the last", edit(SHOWN, "self(idx[:, : self.config.block_size])")),
        Mistake("the model is shown the last block_size - 1 tokens at most", edit(SHOWN, "self(idx[:, -(self.config.block_size - 1) :])")),
        Mistake("long sequences are not cut to block_size, so writing stops there", edit(SHOWN, "self(idx)")),
        Mistake("the prompt is cut to block_size once, but not what is added to it", edit(IDX, "idx = torch.tensor([list(tokens)[-self.config.block_size :]], device=device)", SHOWN, "self(idx)")),
        Mistake("the model is shown half a block once the block is full",
                edit(SHOWN, "self(idx[:, -(self.config.block_size if idx.shape[1] <= self.config.block_size else self.config.block_size // 2) :])")),
        Mistake("the prompt is cut to block_size - 1 tokens, to leave room for the new one", edit(IDX, "idx = torch.tensor([list(tokens)[-(self.config.block_size - 1) :]], device=device)")),
        Mistake("only the last token of the prompt is used", edit(IDX, "idx = torch.tensor([list(tokens)[-1:]], device=device)")),
        Mistake("the prompt is taken in reverse", edit(IDX, "idx = torch.tensor([list(tokens)[::-1]], device=device)")),
        Mistake("the new tokens are appended to the caller's list", edit(YIELD, "tokens.append(int(token))\n            " + YIELD)),
        Mistake("the prompt must be a list: it is added to another list", edit(IDX, "idx = torch.tensor([tokens + []], device=device)")),
        Mistake("the prompt's first token is taken off the caller's list when it is too long for the block",
                edit(IDX, "while len(tokens) > self.config.block_size:\n            tokens.pop(0)\n        " + IDX)),
        # What it changes
        Mistake("the model is left in eval mode", before_steps("self.eval()")),
        Mistake("the model is left in training mode", before_steps("self.train()")),
        Mistake("the model is in eval mode while tokens are handed out, and put back at the end",
                edit(STEPS, "mode = self.training\n        self.eval()\n        " + STEPS, APPEND + "  # (1, T + 1)", APPEND + "\n        self.train(mode)")),
        Mistake("everything is kept for a backward pass, because torch.no_grad is missing", edit(NO_GRAD, "    def generate(")),
        Mistake("gradients are switched on before each token is handed out, also for a caller who had them off",
                edit(NO_GRAD, "    def generate(", "logits, _ = self", "torch.set_grad_enabled(False)\n            logits, _ = self", YIELD, "torch.set_grad_enabled(True)\n            " + YIELD)),
        Mistake("gradients are switched off for the whole program", edit(NO_GRAD, "    def generate(", STEPS, "torch.set_grad_enabled(False)\n        " + STEPS)),
        Mistake("gradients are off for the caller between two tokens, because torch.no_grad is held open around the yield",
                edit(NO_GRAD, "    def generate(", STEPS, "held = torch.no_grad()\n        held.__enter__()\n        " + STEPS,
                     APPEND + "  # (1, T + 1)", APPEND + "\n        held.__exit__(None, None, None)")),
        Mistake("torch's own generator is used, not one of this call's own", edit(DRAW, DRAW.replace(", generator=generator", ""))),
        Mistake("torch's own generator is seeded and passed on", edit(GENERATOR, "generator = torch.manual_seed(seed)")),
        Mistake("torch's own generator is seeded as well as the call's", edit(GENERATOR, GENERATOR + "\n        torch.manual_seed(seed)")),
        # How it draws
        Mistake("the likeliest token is always taken", edit(DRAW, "token = chances.argmax(dim=-1, keepdim=True)")),
        Mistake("all tokens that are left are drawn with the same probability", edit(DRAW, DRAW.replace("chances,", "(chances > 0).float(),"))),
        Mistake("the softmax is taken twice, which flattens the probabilities", edit(SOFTMAX, f"F.softmax({SOFTMAX}, dim=-1)")),
        Mistake("the softmax runs over the rows, of which there is one", edit(SOFTMAX, SOFTMAX.replace("dim=-1", "dim=0"))),
        Mistake("a ReLU stands where the softmax belongs", edit(SOFTMAX, "F.relu(scores / temperature) + 1e-9")),
        Mistake("a sigmoid stands where the softmax belongs", edit(SOFTMAX, "torch.sigmoid(scores / temperature)")),
        Mistake("the logits are given to torch.multinomial without a softmax", edit(SOFTMAX, "scores / temperature")),
        Mistake("the logits are drawn from without their cap", edit(SCORES, "cap = self.config.softcap\n            scores = (cap * torch.atanh(logits / cap) if cap else logits)[:, -1]")),
        Mistake("the generator is seeded anew at every step", edit(DRAW, "generator.manual_seed(seed)\n                " + DRAW)),
        Mistake("the generator is made anew at every step, its seed one larger each time",
                edit(STEPS, "for step in range(max_new_tokens):", DRAW, "generator = torch.Generator(device).manual_seed(seed + step)\n                " + DRAW)),
        Mistake("a fixed seed is used, whatever seed says", edit(GENERATOR, GENERATOR.replace("(seed)", "(42)"))),
        Mistake("the generator takes its seed from the clock", edit(GENERATOR, "generator = torch.Generator(device)\n        generator.seed()")),
        Mistake("seed 0 is taken for no seed, and so for 42", edit(GENERATOR, GENERATOR.replace("(seed)", "(seed or 42)"))),
        Mistake("without a seed it is 0, not 42", edit("seed: int = 42", "seed: int = 0")),
        Mistake("without a seed it is 1337, not 42", edit("seed: int = 42", "seed: int = 1337")),
        Mistake("all calls share one generator, which each of them seeds",
                edit(GENERATOR, "generator = self.__dict__.setdefault('luck', torch.Generator(device)).manual_seed(seed)")),
        Mistake("the model keeps its generator from call to call, and seeds it once",
                edit(GENERATOR, "if 'luck' not in self.__dict__:\n            self.__dict__['luck'] = torch.Generator(device).manual_seed(seed)\n        generator = self.__dict__['luck']")),
        Mistake("the text so far is kept in the model, where two calls side by side mix theirs",
                edit(IDX, IDX.replace("idx =", "self.idx ="), SHOWN, SHOWN.replace("idx[", "self.idx["), APPEND, "self.idx = torch.cat([self.idx, token], dim=1)")),
        # Temperature
        Mistake("the logits are multiplied by the temperature", edit(SOFTMAX, SOFTMAX.replace("/", "*"))),
        Mistake("the temperature is ignored", edit(SOFTMAX, "F.softmax(scores, dim=-1)")),
        Mistake("the temperature's root divides the logits", edit(SOFTMAX, "F.softmax(scores / temperature**0.5, dim=-1)")),
        Mistake("the logits are divided by the temperature twice", edit(SOFTMAX, "F.softmax(scores / temperature / temperature, dim=-1)")),
        Mistake("a temperature above 1 is taken for 1", edit(SOFTMAX, "F.softmax(scores / min(temperature, 1.0), dim=-1)")),
        Mistake("a temperature below 1 is taken for 1", edit(SOFTMAX, "F.softmax(scores / max(temperature, 1.0), dim=-1)")),
        Mistake("the temperature is 0.8 unless another is given", edit("temperature: float = 1.0", "temperature: float = 0.8")),
        Mistake("temperature 0 divides by zero", edit(HOT, "if True:")),
        Mistake("temperature 0 is divided by as 1e-8, which leaves chance a say", edit(HOT, "temperature = max(temperature, 0.05)\n            if True:")),
        Mistake("temperature 0 is taken for temperature 1", edit(HOT, "temperature = temperature or 1.0\n            " + HOT)),
        Mistake("at temperature 0 the least likely token is taken", edit(ARGMAX, ARGMAX.replace("argmax", "argmin"))),
        Mistake("at temperature 0 token 0 is taken", edit(ARGMAX, "token = torch.zeros_like(idx[:, :1])")),
        Mistake("temperatures below 0.6 take the likeliest token", edit(HOT, "if temperature > 0.6:")),
        Mistake("temperature 0 is refused", edit(HOT, "if temperature <= 0:\n                raise ValueError('temperature must be above 0')\n            " + HOT)),
        Mistake("the exponentials are computed by hand and overflow at a small temperature",
                edit(SOFTMAX, "torch.exp(scores / temperature) / torch.exp(scores / temperature).sum(dim=-1, keepdim=True)")),
        # top_k
        Mistake("one more than the k largest stays", edit("min(top_k, scores.shape[-1])", "min(top_k + 1, scores.shape[-1])")),
        Mistake("one less than the k largest stays: the k-th is cut too", edit("scores < kth", "(scores <= kth) & (scores < scores.amax(dim=-1, keepdim=True))")),
        Mistake("the k-th largest is cut too, and with k=1 nothing is left", edit("scores < kth", "scores <= kth")),
        Mistake("the k smallest stay", edit(KTH, KTH.replace("))", "), largest=False)"), "scores < kth", "scores > kth")),
        Mistake("the k largest are left out", edit("scores < kth", "scores >= kth")),
        Mistake("top_k is ignored", edit(WHETHER, "if False:")),
        Mistake("only the likeliest token stays, whatever k is", edit(".values[:, -1:]", ".values[:, :1]")),
        Mistake("the logits that are left out become 0, not -inf", edit(MASK, MASK.replace('float("-inf")', "0.0"))),
        Mistake("the logits that are left out become -1, not -inf", edit(MASK, MASK.replace('float("-inf")', "-1.0"))),
        Mistake("the logits that are left out become -100, which a high temperature lets through again", edit(MASK, MASK.replace('float("-inf")', "-100.0"))),
        Mistake("the first k tokens of the vocabulary stay", edit(MASK, 'scores = scores.masked_fill(torch.arange(scores.shape[-1]) >= top_k, float("-inf"))')),
        Mistake("the place among the k largest is taken for the token", edit(DRAW, "if top_k is not None:\n                    chances = chances.sort(descending=True).values\n                " + DRAW)),
        Mistake("a top_k of more than V fails", edit("min(top_k, scores.shape[-1])", "top_k")),
        Mistake("a top_k of V or more leaves the least likely token out", edit("min(top_k, scores.shape[-1])", "min(top_k, scores.shape[-1] - 1)")),
        Mistake("top_k is 2 unless another is given", edit("top_k: int | None = None", "top_k: int | None = 2")),
        Mistake("top_k is 200 unless another is given", edit("top_k: int | None = None", "top_k: int | None = 200")),
        Mistake("at temperature 0 the place among the k largest is taken for the token",
                edit(ARGMAX, "token = (scores if top_k is None else scores.sort(descending=True).values).argmax(dim=-1, keepdim=True)")),
        Mistake("top_k is left out unless the temperature is 1", edit(WHETHER, "if top_k is not None and temperature == 1:")),
        Mistake("the temperature is left out where there is a top_k", edit(SOFTMAX, "F.softmax(scores / (temperature if top_k is None else 1.0), dim=-1)")),
        Mistake("with a top_k the k that stay are equally likely", edit(MASK, MASK + "\n                scores = scores.where(scores.isinf(), 0.0)")),
    ]
}
