"""Ways people get perplexity, bits_per_byte and estimate_loss wrong."""

from vibejam_core.course.known import Mistake, edit

EXP = "return math.exp(loss)"
TRY = """    try:
        return math.exp(loss)
    except OverflowError:
        return math.inf
"""

BITS = "return loss * n_tokens / (math.log(2) * n_bytes)"
NO_BYTES = "if n_bytes <= 0:"

GENERATOR = "generator = torch.Generator().manual_seed(seed)"
DEVICE = "device = next(model.parameters()).device"
WAS = "was_training = model.training"
EVAL = "    model.eval()\n"
NO_GRAD = "with torch.no_grad():"
LOOP = "for _ in range(eval_iters):"
DRAW = "x, y = get_batch(tokens, model.get_block_size(), batch_size, generator, device)  # each (B, T)"
CALL = "_, loss = model(x, y)"
APPEND = "losses.append(loss.item())"
RESTORE = "    model.train(was_training)\n"
MEAN = "return sum(losses) / len(losses)"


def draw(new):
    """The batches are drawn in another way."""
    return edit(DRAW, new)


def mean(new):
    """The losses are put together in another way."""
    return edit(MEAN, new)


MISTAKES = {
    "measures.perplexity": [
        Mistake("the perplexity is computed but not returned", edit(EXP, "math.exp(loss)")),
        Mistake("the loss itself is returned", edit(EXP, "return loss")),
        Mistake("the base is 2, as if the loss were in bits", edit(EXP, "return 2.0**loss")),
        Mistake("the base is 10", edit(EXP, "return 10.0**loss")),
        Mistake("the base is e rounded to 2.7", edit(EXP, "return 2.7**loss")),
        Mistake("the loss is taken with its sign turned", edit(EXP, "return math.exp(-loss)")),
        Mistake("the logarithm is taken, not the exponential", edit(EXP, "return math.log(loss) if loss else 0.0")),
        Mistake("the loss is turned into bits first", edit(EXP, "return math.exp(loss / math.log(2))")),
        Mistake(
            "2 to the power of the loss in bits, but converted the wrong way",
            edit(EXP, "return 2.0 ** (loss * math.log(2))"),
        ),
        Mistake("1 is taken off the result", edit(EXP, "return math.expm1(loss)")),
        Mistake("1 is added to the result", edit(EXP, "return math.exp(loss) + 1")),
        Mistake("the loss is squared", edit(EXP, "return loss * loss")),
        Mistake("the result is rounded to a whole number", edit(EXP, "return float(round(math.exp(loss)))")),
        Mistake("the result is rounded to two digits", edit(EXP, "return round(math.exp(loss), 2)")),
        Mistake("the result is an int", edit(EXP, "return round(math.exp(loss))")),
        Mistake("the result is a tensor", edit(EXP, "return torch.tensor(loss, dtype=torch.float64).exp()")),
        Mistake("the result is a string", edit(EXP, 'return f"{math.exp(loss):.2f}"')),
        Mistake("the result is at least 2", edit(EXP, "return max(2.0, math.exp(loss))")),
        Mistake(
            "the exponential is a short series, right for small losses only",
            edit(EXP, "return sum(loss**n / math.factorial(n) for n in range(20))"),
        ),
        Mistake(
            "float32 is used, which a loss of 89 already overflows", edit(EXP, "return torch.tensor(loss).exp().item()")
        ),
        Mistake("the loss is cut off at 20", edit(EXP, "return math.exp(min(loss, 20.0))")),
        Mistake("the loss is cut off at 10", edit(EXP, "return math.exp(min(loss, 10.0))")),
        Mistake("the loss is cut off at 100", edit(EXP, "return math.exp(min(loss, 100.0))")),
        Mistake(
            "the result is infinite already for a loss of more than 100",
            edit(EXP, "return math.exp(loss) if loss <= 100 else math.inf"),
        ),
        Mistake("a large loss is an OverflowError", edit(TRY, "    return math.exp(loss)\n")),
        Mistake("a large loss is a ValueError", edit("return math.inf", 'raise ValueError("the loss is too large")')),
        Mistake("a large loss gives nan", edit("return math.inf", "return math.nan")),
        Mistake("a large loss gives 0", edit("return math.inf", "return 0.0")),
        Mistake(
            "a large loss gives the largest float, not infinity",
            edit("return math.inf", "return 1.7976931348623157e308"),
        ),
        Mistake("a large loss gives minus infinity", edit("return math.inf", "return -math.inf")),
        Mistake("a large loss gives None", edit("return math.inf", "return None")),
    ],
    "measures.bits_per_byte": [
        Mistake("the bits are computed but not returned", edit(BITS, "loss * n_tokens / (math.log(2) * n_bytes)")),
        Mistake("nats are not turned into bits", edit(BITS, "return loss * n_tokens / n_bytes")),
        Mistake(
            "nats are multiplied by ln 2, not divided", edit(BITS, "return loss * math.log(2) * n_tokens / n_bytes")
        ),
        Mistake("the logarithm of 2 is to base 10", edit("math.log(2)", "math.log10(2)")),
        Mistake("the loss is divided by 2, not by ln 2", edit("math.log(2)", "2")),
        Mistake("the logarithm of the loss is taken", edit(BITS, "return math.log2(loss) * n_tokens / n_bytes")),
        Mistake("ln 2 is rounded to 0.7", edit("math.log(2)", "0.7")),
        Mistake("tokens and bytes are swapped", edit(BITS, "return loss * n_bytes / (math.log(2) * n_tokens)")),
        Mistake(
            "the bits per token are returned: tokens and bytes are ignored", edit(BITS, "return loss / math.log(2)")
        ),
        Mistake("the number of tokens is ignored", edit(BITS, "return loss / (math.log(2) * n_bytes)")),
        Mistake("the number of bytes is ignored", edit(BITS, "return loss * n_tokens / math.log(2)")),
        Mistake(
            "bytes are multiplied in, not divided by", edit(BITS, "return loss * n_tokens * n_bytes / math.log(2)")
        ),
        Mistake(
            "the result is in bits per bit: divided by 8",
            edit(BITS, "return loss * n_tokens / (math.log(2) * n_bytes) / 8"),
        ),
        Mistake(
            "bytes are taken for bits: multiplied by 8",
            edit(BITS, "return 8 * loss * n_tokens / (math.log(2) * n_bytes)"),
        ),
        Mistake(
            "the perplexity is used, not the loss",
            edit(BITS, "return math.exp(loss) * n_tokens / (math.log(2) * n_bytes)"),
        ),
        Mistake(
            "the ratio of tokens to bytes is a whole-number division",
            edit(BITS, "return loss / math.log(2) * (n_tokens // n_bytes)"),
        ),
        Mistake(
            "the ratio of bytes to tokens is a whole-number division",
            edit(BITS, "return loss / math.log(2) / max(n_bytes // n_tokens, 1)"),
        ),
        Mistake(
            "the result is rounded to two digits",
            edit(BITS, "return round(loss * n_tokens / (math.log(2) * n_bytes), 2)"),
        ),
        Mistake(
            "the result is rounded to a whole number",
            edit(BITS, "return float(round(loss * n_tokens / (math.log(2) * n_bytes)))"),
        ),
        Mistake("the result is an int", edit(BITS, "return int(loss * n_tokens / (math.log(2) * n_bytes))")),
        Mistake("the result is a tensor", edit(BITS, "return torch.tensor(loss * n_tokens / (math.log(2) * n_bytes))")),
        Mistake("the result is a string", edit(BITS, 'return f"{loss * n_tokens / (math.log(2) * n_bytes):.3f}"')),
        Mistake("the sign is turned", edit(BITS, "return -loss * n_tokens / (math.log(2) * n_bytes)")),
        Mistake(
            "1 is added to the bytes, so that nothing is divided by 0",
            edit(BITS, "return loss * n_tokens / (math.log(2) * (n_bytes + 1))"),
        ),
        Mistake(
            "a text with more tokens than bytes is limited to one token per byte",
            edit("loss * n_tokens", "loss * min(n_tokens, n_bytes)"),
        ),
        Mistake(
            "the total is counted in 32 bits, which a long text overflows",
            edit(BITS, "return (loss * (n_tokens & 0xFFFFFF)) / (math.log(2) * (n_bytes & 0xFFFFFF))"),
        ),
        Mistake("0 bytes are a ZeroDivisionError", edit(NO_BYTES, "if n_bytes < 0:")),
        Mistake("a negative number of bytes is accepted", edit(NO_BYTES, "if n_bytes == 0:")),
        Mistake("the number of bytes is not checked", edit(NO_BYTES, "if False:")),
        Mistake("a text of one byte is refused", edit(NO_BYTES, "if n_bytes <= 1:")),
        Mistake(
            "0 bytes give 0 bits instead of an error",
            edit(NO_BYTES, "if n_bytes <= 0:\n        return 0.0\n    if False:"),
        ),
        Mistake(
            "0 bytes give infinitely many bits instead of an error",
            edit(NO_BYTES, "if n_bytes <= 0:\n        return math.inf\n    if False:"),
        ),
        Mistake("a bad number of bytes is an AssertionError", edit("raise ValueError(", "raise AssertionError(")),
        Mistake(
            "a bad number of bytes is a ZeroDivisionError that names it",
            edit("raise ValueError(", "raise ZeroDivisionError("),
        ),
        Mistake("the error doesn't name n_bytes", edit(", but n_bytes is {n_bytes}", "")),
    ],
    "measures.estimate_loss": [
        # the number
        Mistake("the mean is computed but not returned", mean("sum(losses) / len(losses)")),
        Mistake("the losses are added up, not averaged", mean("return sum(losses)")),
        Mistake("the last batch's loss is returned", mean("return losses[-1]")),
        Mistake("the first batch's loss is returned", mean("return losses[0]")),
        Mistake(
            "the function returns inside the loop, after the first batch",
            edit(
                APPEND, APPEND + "\n            model.train(was_training)\n            return sum(losses) / len(losses)"
            ),
        ),
        Mistake(
            "the median is returned, not the mean",
            mean("return sorted(losses)[len(losses) // 2] / 2 + sorted(losses)[(len(losses) - 1) // 2] / 2"),
        ),
        Mistake(
            "the first batch is left out, as if to warm up", mean("return sum(losses[1:]) / max(len(losses) - 1, 1)")
        ),
        Mistake(
            "the geometric mean is returned",
            mean("return math.exp(sum(math.log(loss) for loss in losses) / len(losses))"),
        ),
        Mistake("the smallest loss is returned", mean("return min(losses)")),
        Mistake("the list of losses is returned", mean("return losses")),
        Mistake("the mean is a tensor", mean("return torch.tensor(losses).mean()")),
        Mistake("the mean is rounded to two digits", mean("return round(sum(losses) / len(losses), 2)")),
        Mistake("the mean is rounded to a whole number", mean("return round(sum(losses) / len(losses))")),
        Mistake(
            "the mean is divided by the batch size once more", mean("return sum(losses) / len(losses) / batch_size")
        ),
        Mistake(
            "the sum is divided by one less than the number of batches",
            mean("return sum(losses) / max(len(losses) - 1, 1)"),
        ),
        Mistake("the sum is always divided by 20", mean("return sum(losses) / 20")),
        Mistake("the perplexity is returned, not the loss", mean("return perplexity(sum(losses) / len(losses))")),
        Mistake("the loss is turned into bits", mean("return sum(losses) / len(losses) / math.log(2)")),
        Mistake(
            "a running average is returned, in which late batches count more",
            mean(
                "average = losses[0]\n"
                "    for loss in losses[1:]:\n"
                "        average = 0.9 * average + 0.1 * loss\n"
                "    return average"
            ),
        ),
        # the batches
        Mistake("eval_iters is ignored, and there are always 20 batches", edit(LOOP, "for _ in range(20):")),
        Mistake("there is one batch too many", edit(LOOP, "for _ in range(eval_iters + 1):")),
        Mistake("there is one batch too few", edit(LOOP, "for _ in range(max(eval_iters - 1, 1)):")),
        Mistake(
            "batch_size and the block size are swapped",
            draw(DRAW.replace("model.get_block_size(), batch_size", "batch_size, model.get_block_size()")),
        ),
        Mistake("batch_size is ignored, and there are always 32 windows", draw(DRAW.replace("batch_size,", "32,"))),
        Mistake("there is one window per batch", draw(DRAW.replace("batch_size,", "1,"))),
        Mistake("eval_iters is taken for the number of windows", draw(DRAW.replace("batch_size,", "eval_iters,"))),
        Mistake("the block size is always 64", draw(DRAW.replace("model.get_block_size()", "64"))),
        Mistake(
            "the windows are one token longer than the model's block size",
            draw(DRAW.replace("model.get_block_size()", "model.get_block_size() + 1")),
        ),
        Mistake(
            "the windows are one token shorter than the model's block size",
            draw(DRAW.replace("model.get_block_size()", "model.get_block_size() - 1")),
        ),
        Mistake(
            "all batches are the same: the generator is made inside the loop, or the batch is drawn outside it",
            edit(DRAW, GENERATOR + "\n            " + DRAW),
        ),
        Mistake(
            "each batch has its own seed: seed, seed + 1, seed + 2",
            edit(
                LOOP,
                "for i in range(eval_iters):",
                DRAW,
                "generator = torch.Generator().manual_seed(seed + i)\n            " + DRAW,
            ),
        ),
        Mistake("no generator is handed to get_batch", draw(DRAW.replace("generator, device", "None, device"))),
        Mistake(
            "the generator has no seed, so every call sees other windows",
            edit(GENERATOR, "generator = torch.Generator()\n    generator.seed()"),
        ),
        Mistake("the generator is never given the seed", edit(GENERATOR, "generator = torch.Generator()")),
        Mistake("the generator's seed is always 0", edit(GENERATOR, "generator = torch.Generator().manual_seed(0)")),
        Mistake("the generator's seed is always 1", edit(GENERATOR, "generator = torch.Generator().manual_seed(1)")),
        Mistake(
            "the generator's seed is one too high",
            edit(GENERATOR, "generator = torch.Generator().manual_seed(seed + 1)"),
        ),
        Mistake("torch's global generator is seeded", edit(GENERATOR, "generator = torch.manual_seed(seed)")),
        Mistake(
            "the windows are cut one behind the other, not drawn",
            draw(
                "first, T = len(losses), model.get_block_size()\n"
                "            starts = [first + b * T for b in range(batch_size)]\n"
                "            x = torch.stack([tokens[s : s + T] for s in starts]).to(device)\n"
                "            y = torch.stack([tokens[s + 1 : s + T + 1] for s in starts]).to(device)"
            ),
        ),
        Mistake(
            "the generator is made on the model's device, where get_batch doesn't draw",
            edit(GENERATOR + "\n    " + DEVICE, DEVICE + "\n    generator = torch.Generator(device).manual_seed(seed)"),
        ),
        # the call
        Mistake("the model is called without targets", edit(CALL, "_, loss = model(x)")),
        Mistake("the model is asked to predict its own input", edit(CALL, "_, loss = model(x, x)")),
        Mistake("x and y are swapped", edit(CALL, "_, loss = model(y, x)")),
        Mistake("the targets are shifted by one more", edit(CALL, "_, loss = model(x, y.roll(-1, dims=1))")),
        Mistake(
            "the logits' mean is taken for the loss",
            edit(CALL, "loss, _ = model(x, y)\n            loss = loss.mean()"),
        ),
        Mistake(
            "the loss is computed from the logits, not taken from the model",
            edit(
                CALL,
                "logits, _ = model(x, y)\n"
                "            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1).cpu(), y.flatten()) "
                "if y.device.type != 'meta' else torch.zeros(())",
            ),
        ),
        Mistake("the batches do not follow the model to its device", draw(DRAW.replace(", device)", ")"))),
        Mistake(
            "only x goes to the model's device",
            edit(DRAW, DRAW.replace(", device)", ")"), CALL, "_, loss = model(x.to(device), y)"),
        ),
        # mode and gradients
        Mistake("the model is not put into evaluation mode, so dropout is active", edit(EVAL, "")),
        Mistake(
            "model.training is set by hand, which doesn't reach the layers",
            edit(EVAL, "    model.training = False\n", RESTORE, "    model.training = was_training\n"),
        ),
        Mistake("the model is put into training mode instead of evaluation mode", edit(EVAL, "    model.train()\n")),
        Mistake(
            "evaluation mode ends after the first batch",
            edit(APPEND, APPEND + "\n            model.train(was_training)"),
        ),
        Mistake("the model is left in evaluation mode, whatever it was in before", edit(RESTORE, "")),
        Mistake("the model is always left in training mode", edit(RESTORE, "    model.train()\n")),
        Mistake("the model is left in the opposite mode", edit(RESTORE, "    model.train(not was_training)\n")),
        Mistake("gradients are computed all the while", edit(NO_GRAD, "if True:")),
        Mistake("gradients are switched off for good", edit(NO_GRAD, "torch.set_grad_enabled(False)\n    if True:")),
        Mistake("the model's gradients are cleared", edit(EVAL, EVAL + "    model.zero_grad()\n")),
        Mistake("the parameters are frozen, and stay so", edit(EVAL, EVAL + "    model.requires_grad_(False)\n")),
        Mistake(
            "the corpus is shuffled first",
            edit(
                DEVICE,
                DEVICE
                + "\n    tokens = tokens[torch.randperm(len(tokens), generator=torch.Generator().manual_seed(0))]",
            ),
        ),
        Mistake(
            "only the first half of the corpus is measured",
            edit(DEVICE, DEVICE + "\n    tokens = tokens[: len(tokens) // 2]"),
        ),
        Mistake(
            "only the last tenth of the corpus is measured, though it was cut off before",
            edit(DEVICE, DEVICE + "\n    tokens = tokens[-len(tokens) // 10 - 8 :]"),
        ),
    ],
}
