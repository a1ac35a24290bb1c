"""The ways people get a modern GPT's own accounts wrong."""

from vibejam_core.course.known import Edit, Mistake, edit

# Passages of the reference that the mistakes below change.
EMBEDDINGS = '"embeddings": self.transformer["wte"].weight.numel()'
VALUES = '"value_embeddings": sum(p.numel() for p in self.value_embeds.parameters())'
HEAD = '"head": self.lm_head.weight.numel()'
MATRICES = '"matrices": sum(p.numel() for p in self.transformer["h"].parameters())'
SCALARS = '"scalars": 2 * self.config.n_layer if self.config.residual_scalars else 0'
TOTAL = 'return {**counts, "total": sum(counts.values())}'
SEEN = "seen = [min(config.window_of(i) or config.block_size, config.block_size) for i in range(config.n_layer)]"
FLOPS = 'return 6 * (counts["matrices"] + counts["head"]) + 12 * config.n_head * config.head_dim * sum(seen)'
BYTES = "return 2 * config.n_layer * config.kv_heads * config.head_dim * dtype_of(config).itemsize"


def costs(weights: str, attention: str = "12 * config.n_head * config.head_dim * sum(seen)") -> Edit:
    """The reference with other terms in estimate_flops."""
    return edit(FLOPS, f"return {weights} + {attention}")


WEIGHTS = '6 * (counts["matrices"] + counts["head"])'

MISTAKES = {
    "modern_gpt.GPT": [
        # parameter_counts
        Mistake("the embeddings are counted without their padding", edit(EMBEDDINGS, '"embeddings": self.config.vocab_size * self.config.n_embd')),
        Mistake("the head is counted without its padding", edit(HEAD, '"head": self.config.vocab_size * self.config.n_embd')),
        Mistake("the embeddings' tensors are counted, not their numbers", edit(EMBEDDINGS, '"embeddings": len(list(self.transformer["wte"].parameters()))')),
        Mistake("the rows of the embedding are counted", edit(EMBEDDINGS, '"embeddings": self.transformer["wte"].num_embeddings')),
        Mistake("the embeddings include the value embeddings, which are counted again", edit(EMBEDDINGS, EMBEDDINGS + " + sum(p.numel() for p in self.value_embeds.parameters())")),
        Mistake("the head isn't counted, as if it were tied", edit(HEAD, '"head": 0')),
        Mistake("there is no group for the head", edit(HEAD + ",", "")),
        Mistake("one block is counted, not all of them", edit(MATRICES, MATRICES.replace('["h"]', '["h"][0]'))),
        Mistake("the matrices are counted as 12 C**2 per block, although the heads share keys and values",
                edit(MATRICES, '"matrices": 12 * self.config.n_embd**2 * self.config.n_layer')),
        Mistake("the matrices are all that self.transformer holds, the embedding included", edit(MATRICES, '"matrices": sum(p.numel() for p in self.transformer.parameters())')),
        Mistake("the matrices are those of the attention alone", edit(MATRICES, '"matrices": sum(p.numel() for b in self.transformer["h"] for p in b.attn.parameters())')),
        Mistake("the matrices are all the rest, the scalars included", edit(MATRICES, '"matrices": sum(p.numel() for p in self.parameters()) '
                '- 2 * self.lm_head.weight.numel() - sum(p.numel() for p in self.value_embeds.parameters())')),
        Mistake("one scalar per layer is counted, not both", edit(SCALARS, SCALARS.replace("2 * ", ""))),
        Mistake("two scalars are counted, however many layers there are", edit(SCALARS, SCALARS.replace("2 * self.config.n_layer", "2"))),
        Mistake("scalars are counted that the model doesn't have", edit(SCALARS, '"scalars": 2 * self.config.n_layer')),
        Mistake("the scalars are never counted", edit(SCALARS, '"scalars": 0')),
        Mistake("there is no entry for scalars where there are none", edit(TOTAL, 'counts = counts if counts["scalars"] else {k: n for k, n in counts.items() if k != "scalars"}\n        ' + TOTAL)),
        Mistake("there is no entry for value embeddings where there are none",
                edit(TOTAL, 'counts = counts if counts["value_embeddings"] else {k: n for k, n in counts.items() if k != "value_embeddings"}\n        ' + TOTAL)),
        Mistake("the value embeddings are never counted", edit(VALUES, '"value_embeddings": 0')),
        Mistake("one value embedding is counted, not all", edit(VALUES, '"value_embeddings": sum(p.numel() for p in list(self.value_embeds.parameters())[:1])')),
        Mistake("the value embeddings are counted without their padding",
                edit(VALUES, '"value_embeddings": self.config.vocab_size * self.config.kv_heads * self.config.head_dim * len(self.value_embeds)')),
        Mistake("there is no total", edit(TOTAL, "return counts")),
        Mistake("the total leaves the embeddings out", edit(TOTAL, 'return {**counts, "total": sum(counts.values()) - counts["embeddings"]}')),
        Mistake("the total leaves the value embeddings out", edit(TOTAL, 'return {**counts, "total": sum(counts.values()) - counts["value_embeddings"]}')),
        Mistake("the total counts the rotary tables as well", edit(TOTAL, 'return {**counts, "total": sum(counts.values()) + self.cos.numel() + self.sin.numel()}')),
        Mistake("the total is in millions", edit(TOTAL, 'return {**counts, "total": sum(counts.values()) / 1e6}')),
        Mistake("the total alone is returned", edit(TOTAL, "return sum(counts.values())")),
        Mistake("the counts are tensors, not Python ints", edit(TOTAL, "counts = {name: torch.tensor(count) for name, count in counts.items()}\n        " + TOTAL)),
        Mistake("the counts are floats", edit(TOTAL, "counts = {name: float(count) for name, count in counts.items()}\n        " + TOTAL)),
        # estimate_flops
        Mistake("two operations per weight are counted: the way back is forgotten", costs('2 * (counts["matrices"] + counts["head"])')),
        Mistake("two operations per weight and four in attention are counted: the way back is forgotten everywhere",
                costs('2 * (counts["matrices"] + counts["head"])', "4 * config.n_head * config.head_dim * sum(seen)")),
        Mistake("every parameter is counted, embeddings included", costs('6 * counts["total"]')),
        Mistake("the embedding is counted like a matrix", costs('6 * (counts["matrices"] + counts["head"] + counts["embeddings"])')),
        Mistake("the embedding is counted in the place of the head, without its padding", costs('6 * (counts["matrices"] + config.vocab_size * config.n_embd)')),
        Mistake("the head is left out", costs('6 * counts["matrices"]')),
        Mistake("the value embeddings are counted like matrices", costs('6 * (counts["matrices"] + counts["head"] + counts["value_embeddings"])')),
        Mistake("the scalars are counted", costs('6 * (counts["matrices"] + counts["head"] + counts["scalars"])')),
        Mistake("all that isn't wte is counted", costs('6 * (counts["total"] - counts["embeddings"])')),
        Mistake("the attention's scores aren't counted", edit(FLOPS, "return " + WEIGHTS)),
        Mistake("the attention counts 6 H D S: the weighted sum is forgotten", costs(WEIGHTS, "6 * config.n_head * config.head_dim * sum(seen)")),
        Mistake("the attention counts 4 H D S: the way back is forgotten", costs(WEIGHTS, "4 * config.n_head * config.head_dim * sum(seen)")),
        Mistake("the attention counts the heads of keys and values, not those of queries", costs(WEIGHTS, "12 * config.kv_heads * config.head_dim * sum(seen)")),
        Mistake("the attention counts one head", costs(WEIGHTS, "12 * config.head_dim * sum(seen)")),
        Mistake("the attention counts n_embd for every head", costs(WEIGHTS, "12 * config.n_head * config.n_embd * sum(seen)")),
        Mistake("the attention of one layer is counted, not of all", costs(WEIGHTS, "12 * config.n_head * config.head_dim * seen[-1]")),
        Mistake("the attention counts n_layer more, and the layers themselves too", costs(WEIGHTS, "12 * config.n_layer * config.n_head * config.head_dim * sum(seen)")),
        Mistake("windows are ignored", edit(SEEN, "seen = [config.block_size for i in range(config.n_layer)]")),
        Mistake("a layer without a window counts 0", edit(SEEN, "seen = [config.window_of(i) for i in range(config.n_layer)]")),
        Mistake("every layer has the first one's window", edit(SEEN, SEEN.replace("window_of(i)", "window_of(0)"))),
        Mistake("the window pattern's letters are used, and the last layer's exception is forgotten",
                edit(SEEN, "letters = config.window_pattern\n        seen = [config.block_size if letters[i % len(letters)] == 'L' else max(1, config.block_size // 2) for i in range(config.n_layer)]")),
        Mistake("the layers are counted from 1 for their windows", edit(SEEN, SEEN.replace("window_of(i)", "window_of(i + 1)"))),
        Mistake("half of the positions are counted, because attention is causal", edit(SEEN, "seen = [(min(config.window_of(i) or config.block_size, config.block_size) + 1) / 2 for i in range(config.n_layer)]")),
        Mistake("the positions are counted squared", costs(WEIGHTS, "12 * config.n_head * config.head_dim * sum(n * n for n in seen)")),
        Mistake("the operations of a whole context are given, not of one token", edit(FLOPS, FLOPS.replace("return ", "return config.block_size * (") + ")")),
        Mistake("the result is a float", edit(FLOPS, FLOPS.replace("return ", "return float(") + ")")),
        Mistake("the result is in billions", edit(FLOPS, FLOPS.replace("return ", "return (") + ") / 1e9")),
        Mistake("the vocabulary's size is taken for the context's", edit(SEEN, SEEN.replace("or config.block_size", "or config.vocab_size").replace(", config.block_size)", ", config.vocab_size)"))),
        # kv_bytes_per_token
        Mistake("all query heads are counted in the cache, not those of keys and values", edit(BYTES, BYTES.replace("config.kv_heads", "config.n_head"))),
        Mistake("n_kv_head is counted in the cache as it is, even where it is 0", edit(BYTES, BYTES.replace("config.kv_heads", "config.n_kv_head"))),
        Mistake("keys are counted, values are not", edit(BYTES, BYTES.replace("2 * config.n_layer", "config.n_layer"))),
        Mistake("one layer's cache is counted", edit(BYTES, BYTES.replace("config.n_layer * ", ""))),
        Mistake("a head is counted n_embd wide in the cache", edit(BYTES, BYTES.replace("config.head_dim", "config.n_embd"))),
        Mistake("numbers are counted, not bytes", edit(BYTES, BYTES.replace(" * dtype_of(config).itemsize", ""))),
        Mistake("every number takes 2 bytes, whatever the compute dtype is", edit(BYTES, BYTES.replace("dtype_of(config).itemsize", "2"))),
        Mistake("every number takes 4 bytes, whatever the compute dtype is", edit(BYTES, BYTES.replace("dtype_of(config).itemsize", "4"))),
        Mistake("the bytes of the weights' dtype are counted, not of the compute dtype, and float16 is taken for 1 byte",
                edit(BYTES, BYTES.replace("dtype_of(config).itemsize", "{'float32': 4, 'bfloat16': 2, 'float16': 1}[config.compute_dtype]"))),
        Mistake("bits are counted, not bytes", edit(BYTES, BYTES + " * 8")),
        Mistake("the cache of a whole context is counted, not of one token", edit(BYTES, BYTES + " * config.block_size")),
        Mistake("only layers without value embeddings keep their values", edit(BYTES, BYTES.replace("2 * config.n_layer", "(2 * config.n_layer - len(self.value_embeds))"))),
        Mistake("layers with a window are left out of the cache",
                edit(BYTES, BYTES.replace("config.n_layer", "len([i for i in range(config.n_layer) if not config.window_of(i)])"))),
        Mistake("the cache's bytes are a float", edit(BYTES, BYTES + " / 1")),
    ]
}
