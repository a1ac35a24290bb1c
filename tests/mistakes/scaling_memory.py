"""Ways people get the micro-batch and the use of the hardware wrong."""

from vibejam_core.course.known import Mistake, edit

LOOP = "for micro in range(rows, 0, -1):"
IF = "if rows % micro == 0 and memory_for(config, counts, micro, world_size).total <= free_bytes:"
FOUND = "return micro\n"
NEEDED = "needed = memory_for(config, counts, 1, world_size).total"
RAISE = "raise ValueError("
MESSAGE = 'f"training on one row at a time needs about {needed} bytes, but {free_bytes} are free. "'

REFUSE = "if not peak_flops > 0:"
REFUSING = 'raise ValueError(f"the peak must be above 0 FLOPs per second, but it is {peak_flops}")'
SHARE = "return tokens_per_second * flops_per_token / peak_flops"


def fits(new):
    """Another condition."""
    return edit(IF, f"if {new}:")


def share(new):
    """Another share."""
    return edit(SHARE, "return " + new)


MISTAKES = {
    "scaling.micro_batch_size": [
        # Which number of rows
        Mistake("the most rows that fit are taken, though they don't divide all rows", fits("memory_for(config, counts, micro, world_size).total <= free_bytes")),
        Mistake("the smallest divisor is taken: one row at a time", edit(LOOP, "for micro in range(1, rows + 1):")),
        Mistake("rows are halved until they fit, so other divisors are missed", edit(LOOP, "for micro in [rows >> k for k in range(rows.bit_length())]:")),
        Mistake("rows are halved as long as they can be, and a divisor that is odd is never halved further", edit(LOOP, "halves = [rows]\n    while halves[-1] % 2 == 0:\n        halves.append(halves[-1] // 2)\n    for micro in halves:")),
        Mistake("only powers of two are tried", edit(LOOP, "for micro in [2**k for k in range(rows.bit_length() - 1, -1, -1)]:")),
        Mistake("only powers of two below all rows are tried, and all rows", edit(LOOP, "for micro in [rows] + [2**k for k in range(rows.bit_length() - 1, -1, -1)]:")),
        Mistake("all rows at once are never tried", edit(LOOP, "for micro in range(rows - 1, 0, -1):")),
        Mistake("all rows are taken, whether they fit or not", edit(LOOP, "return rows\n    " + LOOP)),
        Mistake("all rows or else one: nothing between is tried", edit(LOOP, "for micro in (rows, 1):")),
        Mistake("half of the rows are the most that is tried beside all", edit(LOOP, "for micro in [rows, *range(rows // 2 - 1, 0, -1)]:")),
        Mistake("the smallest number of micro-batches is returned, not their size", edit(FOUND, "return rows // micro\n")),
        Mistake("one divisor less than fits is taken, to be safe", edit(FOUND, "return next((n for n in range(micro - 1, 0, -1) if rows % n == 0), micro)\n")),
        Mistake("the next larger divisor than fits is taken", edit(FOUND, "return next((n for n in range(micro + 1, rows + 1) if rows % n == 0), micro)\n")),
        Mistake("an odd number of rows is never divided, but taken one by one", fits("rows % micro == 0 and (rows % 2 == 0 or micro in (1, rows)) and memory_for(config, counts, micro, world_size).total <= free_bytes")),
        Mistake("the rows that were found are written into the counts", edit(FOUND, 'counts["micro"] = micro\n            return micro\n')),
        Mistake("one row is never enough: two are the least", edit(LOOP, "for micro in range(rows, 1, -1):")),
        Mistake("the search ends at the first divisor, whether it fits or not", edit(IF, "if rows % micro == 0 and micro < rows and memory_for(config, counts, rows, world_size).total > free_bytes:\n            return micro\n        " + IF)),
        Mistake("more rows than there are may be taken", edit(LOOP, "if memory_for(config, counts, 2 * rows, world_size).total <= free_bytes:\n        return 2 * rows\n    " + LOOP)),
        Mistake("rows are never more than 8", edit(LOOP, "for micro in range(min(rows, 8), 0, -1):")),
        Mistake("rows are never more than 32", edit(LOOP, "for micro in range(min(rows, 32), 0, -1):")),
        Mistake("the rows per micro-batch are a float", edit(FOUND, "return rows / (rows // micro)\n")),
        Mistake("the rows and the number of micro-batches are returned", edit(FOUND, "return micro, rows // micro\n")),
        Mistake("nothing is returned", edit(FOUND, "break\n", NEEDED, "else:\n        micro = None\n    if micro is not None:\n        return None\n    " + NEEDED)),
        # What fits
        Mistake("what needs exactly as much as is free is said not to fit", fits("rows % micro == 0 and memory_for(config, counts, micro, world_size).total < free_bytes")),
        Mistake("the other ranks are ignored: this one is said to need all of the optimiser's memory", fits("rows % micro == 0 and memory_for(config, counts, micro).total <= free_bytes")),
        Mistake("all of the memory is divided by the number of ranks, not only the optimiser's", fits("rows % micro == 0 and memory_for(config, counts, micro).total / world_size <= free_bytes")),
        Mistake("the free memory is divided by the number of ranks", fits("rows % micro == 0 and memory_for(config, counts, micro, world_size).total <= free_bytes / world_size")),
        Mistake("the rows are shared out among the ranks once more", fits("rows % micro == 0 and memory_for(config, counts, -(-micro // world_size), world_size).total <= free_bytes")),
        Mistake("the memory of all rows is looked at, not of a micro-batch", fits("rows % micro == 0 and memory_for(config, counts, rows, world_size).total <= free_bytes")),
        Mistake("the memory of one row is multiplied by the rows, weights and all", fits("rows % micro == 0 and micro * memory_for(config, counts, 1, world_size).total <= free_bytes")),
        Mistake("only activations and logits are counted, not what the weights need", fits("rows % micro == 0 and sum((lambda m: (m.activations, m.logits))(memory_for(config, counts, micro, world_size))) <= free_bytes")),
        Mistake("the logits are forgotten", fits("rows % micro == 0 and (lambda m: m.total - m.logits)(memory_for(config, counts, micro, world_size)) <= free_bytes")),
        Mistake("the activations are forgotten", fits("rows % micro == 0 and (lambda m: m.total - m.activations)(memory_for(config, counts, micro, world_size)) <= free_bytes")),
        Mistake("the optimiser's memory is forgotten", fits("rows % micro == 0 and (lambda m: m.total - m.optimizer)(memory_for(config, counts, micro, world_size)) <= free_bytes")),
        Mistake("the weights are forgotten", fits("rows % micro == 0 and (lambda m: m.total - m.weights)(memory_for(config, counts, micro, world_size)) <= free_bytes")),
        Mistake("a tenth of the free memory is kept back", fits("rows % micro == 0 and memory_for(config, counts, micro, world_size).total <= 0.9 * free_bytes")),
        Mistake("the free memory is taken for numbers of four bytes", fits("rows % micro == 0 and memory_for(config, counts, micro, world_size).total / 4 <= free_bytes")),
        Mistake("numbers are always taken to have four bytes, in half precision too", fits('rows % micro == 0 and memory_for(__import__("dataclasses").replace(config, compute_dtype="float32"), counts, micro, world_size).total <= free_bytes')),
        # What is refused
        Mistake("where not even one row fits, 1 is returned", edit(NEEDED, "return 1\n    " + NEEDED)),
        Mistake("where not even one row fits, 0 is returned", edit(NEEDED, "return 0\n    " + NEEDED)),
        Mistake("where not even one row fits, a MemoryError is raised", edit(RAISE, "raise MemoryError(")),
        Mistake("the message doesn't name the free bytes", edit(MESSAGE, 'f"training on one row at a time needs about {needed} bytes, and there are less. "')),
        Mistake("the message doesn't name the bytes that are needed", edit(MESSAGE, 'f"training on one row at a time needs more than {free_bytes} bytes. "')),
        Mistake("the message names neither number of bytes", edit(MESSAGE, '"not even one row fits. "')),
        Mistake("the message names what a rank alone would need", edit(NEEDED, "needed = memory_for(config, counts, 1).total")),
    ],
    "scaling.mfu": [
        Mistake("a percentage is returned", share("100 * tokens_per_second * flops_per_token / peak_flops")),
        Mistake("the fraction is upside down", share("peak_flops / max(tokens_per_second * flops_per_token, 1e-9)")),
        Mistake("the tokens per second are left out", share("flops_per_token / peak_flops")),
        Mistake("the FLOPs per token are left out", share("tokens_per_second / peak_flops")),
        Mistake("the peak is left out: FLOPs per second are returned", share("tokens_per_second * flops_per_token")),
        Mistake("tokens are divided by the FLOPs per token", share("tokens_per_second / flops_per_token / peak_flops")),
        Mistake("the FLOPs per token are divided by the tokens", share("flops_per_token / max(tokens_per_second, 1e-9) / peak_flops")),
        Mistake("the FLOPs are multiplied by 3 once more for the way back", share("3 * tokens_per_second * flops_per_token / peak_flops")),
        Mistake("the FLOPs are multiplied by 6 once more", share("6 * tokens_per_second * flops_per_token / peak_flops")),
        Mistake("the FLOPs are doubled once more: a multiplication and an addition", share("2 * tokens_per_second * flops_per_token / peak_flops")),
        Mistake("only the way forward is counted, a third", share("tokens_per_second * flops_per_token / 3 / peak_flops")),
        Mistake("the share is cut off at 1", share("min(1.0, tokens_per_second * flops_per_token / peak_flops)")),
        Mistake("the share is rounded to two digits", share("round(tokens_per_second * flops_per_token / peak_flops, 2)")),
        Mistake("the share is rounded to four digits", share("round(tokens_per_second * flops_per_token / peak_flops, 4)")),
        Mistake("the share is rounded to six digits", share("round(tokens_per_second * flops_per_token / peak_flops, 6)")),
        Mistake("the tokens per second are made a whole number", share("int(tokens_per_second) * flops_per_token / peak_flops")),
        Mistake("the FLOPs per token and the peak are made whole numbers", share("tokens_per_second * int(flops_per_token) / max(1, int(peak_flops))")),
        Mistake("the share is rounded down to a whole number", share("tokens_per_second * flops_per_token // peak_flops")),
        Mistake("the share that isn't used is returned", share("1 - tokens_per_second * flops_per_token / peak_flops")),
        Mistake("the peak is taken to be in teraFLOPs", share("tokens_per_second * flops_per_token / (peak_flops * 1e12)")),
        Mistake("the peak is squared", share("tokens_per_second * flops_per_token / peak_flops**2")),
        Mistake("the share is a string", share('f"{tokens_per_second * flops_per_token / peak_flops:.1%}"')),
        Mistake("the share is a Fraction, not a float", edit(SHARE, "from fractions import Fraction\n    return Fraction(tokens_per_second) * Fraction(flops_per_token) / Fraction(peak_flops)")),
        Mistake("nothing is returned", edit(SHARE, "tokens_per_second * flops_per_token / peak_flops")),
        Mistake("no tokens at all are refused", edit(REFUSE, "if not tokens_per_second > 0:\n        raise ValueError('no tokens')\n    " + REFUSE)),
        Mistake("a peak of 0 is accepted", edit(REFUSE, "if peak_flops < 0:")),
        Mistake("a peak below 0 is accepted", edit(REFUSE, "if peak_flops == 0:")),
        Mistake("a peak of 0 or below makes a share of 0", edit(REFUSE, "if peak_flops <= 0:\n        return 0.0\n    " + REFUSE)),
        Mistake("the message about the peak doesn't name it", edit(REFUSING, 'raise ValueError("the peak must be above 0")')),
        Mistake("a peak of 0 or below stops an assert", edit(REFUSING, "assert peak_flops > 0, f'the peak is {peak_flops}'")),
        Mistake("a peak of 0 or below is an ArithmeticError", edit(REFUSING, 'raise ArithmeticError(f"the peak is {peak_flops}")')),
        Mistake("a peak below 1 is refused", edit(REFUSE, "if not peak_flops >= 1:")),
        Mistake("a peak below a million is refused", edit(REFUSE, "if not peak_flops > 1e6:")),
    ],
}
