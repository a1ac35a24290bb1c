"""Ways people get a model's shape and the plan of its training wrong."""

from vibejam_core.course.known import Mistake, edit

IF = "if depth < 1:"
RAISE = 'raise ValueError(f"a model has at least 1 layer, but depth is {depth}")'
WIDTH = "n_embd = 64 * depth"
HEAD = "head_dim = 128 if depth % 2 == 0 and depth >= 8 else 64"
LAYERS = "n_layer=depth"
HEADS = "n_head=n_embd // head_dim"
LAST = "n_embd=n_embd"
VOCAB = "vocab_size=vocab_size"
BLOCK = "block_size=block_size"

REFUSE = "if not ratio > 0:"
REFUSING = 'raise ValueError(f"the ratio of tokens to parameters must be above 0, but it is {ratio}")'
HORIZON = 'horizon = ratio * (counts["matrices"] + counts["head"])'
BATCH = "batch = REFERENCE_BATCH * (horizon / REFERENCE_TOKENS) ** BATCH_EXPONENT"
ROWS = "rows = 2 ** max(0, round(math.log2(batch / block_size)))"
STEPS = "steps=math.ceil(horizon / (rows * block_size))"
RATE = "learning_rate=REFERENCE_RATE * math.sqrt(rows * block_size / REFERENCE_BATCH)"
RETURN = "    return Plan(\n"
GIVEN = "block_size=block_size,"
ROWS_GIVEN = "rows=rows,"


def head(new):
    """Heads of another size."""
    return edit(HEAD, "head_dim = " + new)


def field(text):
    """A field of the config that should be as it is by default."""
    return edit(LAST, f"{LAST}, {text}")


def rows(new):
    """The batch is turned into rows in another way."""
    return edit(ROWS, "rows = " + new)


def rate(new):
    """Another learning rate."""
    return edit(RATE, "learning_rate=" + new)


MISTAKES = {
    "scaling.shape_for": [
        # Layers and width
        Mistake("there is one layer more than the depth says", edit(LAYERS, "n_layer=depth + 1")),
        Mistake("there is one layer less than the depth says, but at least one", edit(LAYERS, "n_layer=max(1, depth - 1)")),
        Mistake("the number of layers is left at its default", edit(LAYERS + ", ", "")),
        Mistake("there are never more than 12 layers", edit(LAYERS, "n_layer=min(depth, 12)")),
        Mistake("there are never less than 2 layers", edit(LAYERS, "n_layer=max(depth, 2)")),
        Mistake("the width is 32 times the depth", edit(WIDTH, "n_embd = 32 * depth", HEADS, "n_head=max(1, n_embd // head_dim)", LAST, "n_embd=max(64, n_embd // 64 * 64)")),
        Mistake("the width is 128 times the depth", edit(WIDTH, "n_embd = 128 * depth")),
        Mistake("the width is 768 at every depth", edit(WIDTH, "n_embd = 768")),
        Mistake("the width is 64 times the depth plus 64", edit(WIDTH, "n_embd = 64 * (depth + 1)")),
        Mistake("the width is rounded up to a multiple of 128", edit(WIDTH, "n_embd = -(-64 * depth // 128) * 128")),
        Mistake("the width is rounded up to a power of two", edit(WIDTH, "n_embd = 2 ** math.ceil(math.log2(64 * depth))")),
        Mistake("the width is 64 times the depth's square root, squared up to whole heads", edit(WIDTH, "n_embd = 128 * math.ceil(depth**0.5)")),
        # Heads
        Mistake("every model's heads have 64 numbers", head("64")),
        Mistake("every model with an even depth has heads of 128 numbers, small ones too", head("128 if depth % 2 == 0 else 64")),
        Mistake("heads have 128 numbers only above a depth of 8, not at 8", head("128 if depth % 2 == 0 and depth > 8 else 64")),
        Mistake("heads have 128 numbers only from a depth of 12 on", head("128 if depth % 2 == 0 and depth >= 12 else 64")),
        Mistake("heads have 128 numbers already at a depth of 6", head("128 if depth % 2 == 0 and depth >= 6 else 64")),
        Mistake("the odd depths have heads of 128, the even ones of 64", edit(HEAD, "head_dim = 128 if depth % 2 == 1 and depth >= 8 else 64", WIDTH, "n_embd = 64 * depth + (64 if depth % 2 == 1 and depth >= 8 else 0)")),
        Mistake("an odd depth of 8 or more is given heads of 128 too, and the width is rounded up to fit", edit(HEAD, "head_dim = 128 if depth >= 8 else 64", WIDTH, "n_embd = 64 * depth if depth < 8 else -(-64 * depth // 128) * 128")),
        Mistake("an odd depth of 8 or more is given as many heads as 128 fits, which don't divide the width", head("128 if depth >= 8 else 64")),
        Mistake("small models have heads of 32 numbers", head("128 if depth % 2 == 0 and depth >= 8 else 64 if depth >= 4 else 32")),
        Mistake("the number of heads is left at its default", edit(HEADS + ", ", "")),
        Mistake("the number of heads is a float, as / makes them", edit(HEADS, "n_head=n_embd / head_dim")),
        Mistake("the width is a float", edit(WIDTH, "n_embd = 64.0 * depth", HEADS, "n_head=int(n_embd // head_dim)")),
        Mistake("the size of a head is given as the number of heads", edit(HEADS, "n_head=head_dim")),
        Mistake("there are as many heads as layers at every depth that isn't a multiple of 4", head("128 if depth % 4 == 0 and depth >= 8 else 64")),
        Mistake("large models have heads of 256 numbers where the width allows it", head("256 if depth % 4 == 0 and depth >= 16 else 128 if depth % 2 == 0 and depth >= 8 else 64")),
        Mistake("heads have 256 numbers from a depth of 32 on", head("256 if depth % 4 == 0 and depth >= 32 else 128 if depth % 2 == 0 and depth >= 8 else 64")),
        # Vocabulary, context and the rest
        Mistake("the vocabulary is left at its default", edit(VOCAB + ", ", "")),
        Mistake("the context is left at its default", edit(BLOCK + ", ", "")),
        Mistake("vocabulary and context have changed places", edit(VOCAB, "vocab_size=block_size", BLOCK, "block_size=vocab_size")),
        Mistake("the vocabulary is padded to a multiple of 64 here already", edit(VOCAB, "vocab_size=-(-vocab_size // 64) * 64")),
        Mistake("one context is 2048 tokens, whatever is asked for", edit(BLOCK, "block_size=2048")),
        Mistake("queries share keys and values: there are half as many", field("n_kv_head=max(1, n_embd // head_dim // 2) if (n_embd // head_dim) % 2 == 0 else 0")),
        Mistake("there is one head of keys and values for all queries", field("n_kv_head=1")),
        Mistake("the compute dtype is bfloat16", field('compute_dtype="bfloat16"')),
        Mistake("some dropout is put in", field("dropout=0.1")),
        Mistake("value embeddings are switched on", field("value_embeddings=True")),
        Mistake("residual scalars are switched on", field("residual_scalars=True")),
        Mistake("every layer but the last sees half of the context", field('window_pattern="SSSL"')),
        Mistake("the logits are left without a cap", field("softcap=0.0")),
        # What comes back and what is refused
        Mistake("nothing is returned", edit("return ModelConfig", "ModelConfig")),
        Mistake("a dictionary is returned", edit("return ModelConfig", "return dict")),
        Mistake("a depth below 1 counts as 1", edit(IF, "depth = max(1, depth)\n    if False:")),
        Mistake("a depth below 1 stops an assert", edit(RAISE, "assert depth >= 1, f'depth is {depth}'")),
        Mistake("the message about the depth doesn't name it", edit(RAISE, 'raise ValueError("a model has at least one layer")')),
        Mistake("a depth of 1 is refused", edit(IF, "if depth <= 1:")),
        Mistake("a depth above 20 is refused", edit(IF, "if depth < 1 or depth > 20:")),
    ],
    "scaling.plan_for": [
        # The horizon
        Mistake("embeddings are counted with matrices and head", edit(HORIZON, 'horizon = ratio * (counts["matrices"] + counts["head"] + counts["embeddings"])')),
        Mistake("all parameters are counted: the total", edit(HORIZON, 'horizon = ratio * counts["total"]')),
        Mistake("all but the embeddings are counted, scalars too", edit(HORIZON, 'horizon = ratio * (counts["total"] - counts["embeddings"] - counts["value_embeddings"])')),
        Mistake("all but the token embeddings are counted, value embeddings too", edit(HORIZON, 'horizon = ratio * (counts["total"] - counts["embeddings"] - counts["scalars"])')),
        Mistake("the head isn't counted", edit(HORIZON, 'horizon = ratio * counts["matrices"]')),
        Mistake("the matrices aren't counted", edit(HORIZON, 'horizon = ratio * counts["head"]')),
        Mistake("the embeddings are counted in the head's place", edit(HORIZON, 'horizon = ratio * (counts["matrices"] + counts["embeddings"])')),
        Mistake("the ratio multiplies the matrices only, as a bracket is missing", edit(HORIZON, 'horizon = ratio * counts["matrices"] + counts["head"]')),
        Mistake("the ratio is 20, whatever is asked for", edit(HORIZON, HORIZON.replace("ratio", "20.0"))),
        Mistake("the ratio is 10 where none is given", edit("ratio: float = 20.0", "ratio: float = 10.0")),
        Mistake("the ratio is 12 where none is given", edit("ratio: float = 20.0", "ratio: float = 12.0")),
        Mistake("the ratio is made a whole number", edit(HORIZON, HORIZON.replace("ratio", "round(ratio)"))),
        Mistake("the horizon is rounded down to whole tokens", edit(HORIZON, HORIZON.replace("ratio *", "int(ratio *") + ")")),
        Mistake("the parameters are divided by the ratio", edit(HORIZON, 'horizon = (counts["matrices"] + counts["head"]) / ratio')),
        # The batch
        Mistake("the batch is the reference's, whatever the horizon", edit(BATCH, "batch = REFERENCE_BATCH")),
        Mistake("the batch grows in proportion to the horizon", edit(BATCH, BATCH.replace("** BATCH_EXPONENT", "** 1.0"))),
        Mistake("the batch grows with the root of the horizon", edit(BATCH, BATCH.replace("BATCH_EXPONENT", "0.5"))),
        Mistake("the batch grows with the third root of the horizon", edit(BATCH, BATCH.replace("BATCH_EXPONENT", "(1 / 3)"))),
        Mistake("the batch shrinks as the horizon grows: the exponent is negative", edit(BATCH, BATCH.replace("BATCH_EXPONENT", "-BATCH_EXPONENT"))),
        Mistake("the batch is that of one less the exponent", edit(BATCH, BATCH.replace("BATCH_EXPONENT", "(1 - BATCH_EXPONENT)"))),
        Mistake("the law's fraction is upside down", edit(BATCH, BATCH.replace("horizon / REFERENCE_TOKENS", "REFERENCE_TOKENS / horizon * 4"))),
        Mistake("only the horizon has the exponent, not the reference's tokens", edit(BATCH, "batch = REFERENCE_BATCH * horizon**BATCH_EXPONENT / REFERENCE_TOKENS * 2**18")),
        Mistake("the whole product has the exponent, the batch too", edit(BATCH, "batch = (REFERENCE_BATCH * horizon / REFERENCE_TOKENS) ** BATCH_EXPONENT")),
        Mistake("the law is asked about parameters, not tokens", edit(BATCH, BATCH.replace("horizon /", "horizon / ratio /"))),
        Mistake("the batch never gets larger than the reference's", edit(BATCH, f"{BATCH}\n    batch = min(batch, REFERENCE_BATCH)")),
        Mistake("the batch never gets larger than eight times the reference's", edit(BATCH, f"{BATCH}\n    batch = min(batch, 8 * REFERENCE_BATCH)")),
        Mistake("the batch never gets smaller than the reference's", edit(BATCH, f"{BATCH}\n    batch = max(batch, REFERENCE_BATCH)")),
        # The rows
        Mistake("rows are rounded down to a power of two", rows("2 ** max(0, math.floor(math.log2(batch / block_size)))")),
        Mistake("rows are rounded up to a power of two", rows("2 ** max(0, math.ceil(math.log2(batch / block_size)))")),
        Mistake("rows are the power of two that is nearest in number, not on the logarithmic scale", rows("min((2**k for k in range(40)), key=lambda n: abs(n - batch / block_size))")),
        Mistake("rows are no power of two, only rounded to a whole number", rows("max(1, round(batch / block_size))")),
        Mistake("the batch in tokens is made a power of two, and rows are as many as it holds", rows("max(1, 2 ** round(math.log2(batch)) // block_size)")),
        Mistake("the law's rows are rounded down before the nearest power of two is taken", rows("2 ** round(math.log2(max(1, batch // block_size)))")),
        Mistake("the logarithms of batch and length are rounded each on its own", rows("2 ** max(0, round(math.log2(batch)) - round(math.log2(block_size)))")),
        Mistake("rows are a multiple of 8", rows("max(1, round(batch / block_size / 8) * 8)")),
        Mistake("the batch isn't divided by the length of a row: tokens are taken for rows", rows("2 ** max(0, round(math.log2(batch)))")),
        Mistake("rows of less than 128 tokens are taken to have 128", rows("2 ** max(0, round(math.log2(batch / max(128, block_size))))")),
        Mistake("the natural logarithm is taken, not that to base 2", rows("2 ** max(0, round(math.log(batch / block_size)))")),
        Mistake("nothing keeps rows at 1 at least: half a row comes out", rows("2 ** round(math.log2(batch / block_size))")),
        Mistake("there are at least 2 rows", rows("2 ** max(1, round(math.log2(batch / block_size)))")),
        Mistake("there are at least 8 rows", rows("2 ** max(3, round(math.log2(batch / block_size)))")),
        Mistake("there are at most 512 rows", rows("min(512, 2 ** max(0, round(math.log2(batch / block_size))))")),
        Mistake("the exponent is returned, not the power of two", edit(ROWS_GIVEN, "rows=max(0, round(math.log2(batch / block_size))),")),
        Mistake("the rows are a float", rows("2.0 ** max(0, round(math.log2(batch / block_size)))")),
        # The steps
        Mistake("steps are rounded down, so the last tokens are never seen", edit(STEPS, "steps=max(1, int(horizon / (rows * block_size)))")),
        Mistake("steps are rounded to the nearest", edit(STEPS, "steps=max(1, round(horizon / (rows * block_size)))")),
        Mistake("there is always one step more than what is whole", edit(STEPS, "steps=int(horizon / (rows * block_size)) + 1")),
        Mistake("steps aren't rounded", edit(STEPS, "steps=horizon / (rows * block_size)")),
        Mistake("steps go by the batch of the law, not by the rows that came out", edit(STEPS, "steps=math.ceil(horizon / batch)")),
        Mistake("steps go by rows, not by tokens", edit(STEPS, "steps=math.ceil(horizon / rows)")),
        Mistake("steps go by the length of a row, as if each step had one", edit(STEPS, "steps=math.ceil(horizon / block_size)")),
        Mistake("steps are as many as it takes to see the reference's tokens", edit(STEPS, "steps=math.ceil(REFERENCE_TOKENS / (rows * block_size))")),
        Mistake("the tokens are given as the steps", edit(STEPS, "steps=math.ceil(horizon)")),
        # The rate
        Mistake("the learning rate grows in proportion to the batch, without a root", rate("REFERENCE_RATE * rows * block_size / REFERENCE_BATCH")),
        Mistake("the learning rate is the reference's, whatever the batch", rate("REFERENCE_RATE")),
        Mistake("the learning rate goes by the batch of the law, before rounding", rate("REFERENCE_RATE * math.sqrt(batch / REFERENCE_BATCH)")),
        Mistake("the learning rate goes by rows, not by tokens", rate("REFERENCE_RATE * math.sqrt(rows / REFERENCE_BATCH)")),
        Mistake("the learning rate shrinks as the batch grows", rate("REFERENCE_RATE * math.sqrt(REFERENCE_BATCH / (rows * block_size))")),
        Mistake("the learning rate goes by the horizon, not by the batch", rate("REFERENCE_RATE * math.sqrt(horizon / REFERENCE_TOKENS)")),
        Mistake("the root is over the reference rate too", rate("math.sqrt(REFERENCE_RATE * rows * block_size / REFERENCE_BATCH)")),
        Mistake("the learning rate goes by the third root of the batch", rate("REFERENCE_RATE * (rows * block_size / REFERENCE_BATCH) ** (1 / 3)")),
        Mistake("the learning rate is never higher than the reference's", rate("REFERENCE_RATE * min(1.0, math.sqrt(rows * block_size / REFERENCE_BATCH))")),
        Mistake("the learning rate is never higher than 0.02", rate("min(0.02, REFERENCE_RATE * math.sqrt(rows * block_size / REFERENCE_BATCH))")),
        Mistake("the learning rate is never lower than 0.001", rate("max(0.001, REFERENCE_RATE * math.sqrt(rows * block_size / REFERENCE_BATCH))")),
        Mistake("the learning rate is the one of AdamW's books, 3e-4 at the reference", rate("3e-4 * math.sqrt(rows * block_size / REFERENCE_BATCH)")),
        Mistake("the learning rate is rounded to four digits behind the point", rate("round(REFERENCE_RATE * math.sqrt(rows * block_size / REFERENCE_BATCH), 4)")),
        # What comes back and what is refused
        Mistake("the context is 2048, whatever was given", edit(GIVEN, "block_size=2048,")),
        Mistake("rows and steps have changed places", edit(ROWS_GIVEN, "rows=math.ceil(horizon / (rows * block_size)),", STEPS, "steps=rows")),
        Mistake("nothing is returned", edit("return Plan(", "Plan(")),
        Mistake("the counts are multiplied by the ratio in place", edit(HORIZON, 'counts["matrices"] *= ratio\n    counts["head"] *= ratio\n    horizon = counts["matrices"] + counts["head"]')),
        Mistake("a ratio of 0 is accepted", edit(REFUSE, "if ratio < 0:")),
        Mistake("a ratio below 0 is accepted", edit(REFUSE, "if ratio == 0:")),
        Mistake("a ratio of 1 or below is refused", edit(REFUSE, "if ratio <= 1:")),
        Mistake("the message about the ratio doesn't name it", edit(REFUSING, 'raise ValueError("the ratio must be above 0")')),
        Mistake("a ratio of 0 or below stops an assert", edit(REFUSING, "assert ratio > 0, f'ratio is {ratio}'")),
    ],
}
