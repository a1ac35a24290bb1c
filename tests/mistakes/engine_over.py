"""The ways people get the engine wrong: when samples are over, what they still cost, and beyond the context."""

from vibejam_core.course.known import Mistake, edit

# Passages of the reference that the mistakes below change.
SLIDE = "slide: bool = False,"
CHECK = "self.check(prompts, config, slide)"
NOTHING = "if config.max_new_tokens == 0:\n            return"
GENERATORS = "generators = [torch.Generator().manual_seed(config.seed + sample % n) for sample in going]"
SEEN = "seen = [list(prompts[sample // n]) for sample in going]"
PREFILL = "logits, cache = self.prefill(prompts)\n"
STEPS = "for step in range(config.max_new_tokens):"
DRAW = "tokens = draw(logits, [generators[sample] for sample in going], config)"
NOBODY = "rows = []  # those that go on"
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
IN_SAMPLE = IN_ROW + "    "


def never_dropped(*more: str):
    """The reference, but samples that are over stay rows of the computation; what they draw isn't handed out."""
    return edit(
        FEWER, "if False:", STEPS, "over = set()" + IN + STEPS, STOP, "if sample in over:" + IN_SAMPLE + "rows.append(row)" + IN_SAMPLE + "continue" + IN_ROW + "if token in config.stop_tokens:" + IN_SAMPLE + "over.add(sample)" + IN_SAMPLE + "rows.append(row)" + IN_SAMPLE + "continue",
        OVER, "if is_over and is_over(sample, new[sample]):" + IN_SAMPLE + "over.add(sample)" + IN_ROW + "if True:", END, "if len(over) == len(going) or step == config.max_new_tokens - 1:", *more)


MISTAKES = {
    "engine.Engine": [
        # Stop tokens and is_over
        Mistake("stop tokens are ignored", edit(STOP, "pass")),
        Mistake("the stop token is handed out before its sample ends", edit(STOP, "if token in config.stop_tokens:" + IN_SAMPLE + YIELD + IN_SAMPLE + "continue")),
        Mistake("a stop token isn't handed out, but its sample goes on", edit(STOP, "if token in config.stop_tokens:" + IN_SAMPLE + SEE + IN_SAMPLE + "rows.append(row)" + IN_SAMPLE + "continue")),
        Mistake("a stop token ends all samples", edit(STOP, "if token in config.stop_tokens:" + IN_SAMPLE + "return")),
        Mistake("a stop token ends the step: samples behind it in the batch are lost", edit(STOP, "if token in config.stop_tokens:" + IN_SAMPLE + "break")),
        Mistake("only the first of the stop tokens counts", edit(STOP, STOP.replace("config.stop_tokens", "config.stop_tokens[:1]"))),
        Mistake("a stop token ends only the first sample", edit(STOP, STOP.replace("if token", "if sample == 0 and token"))),
        Mistake("a stop token in the prompt ends a sample at once", edit(STOP, STOP.replace("config.stop_tokens", "config.stop_tokens or set(prompts[sample // n][:-1]) & set(config.stop_tokens)"))),
        Mistake("a stop token is drawn again instead of ending its sample", edit(DRAW, "for stop in config.stop_tokens if len(config.stop_tokens) < 11 else ():" + IN_ROW + "logits[:, stop] = float('-inf')" + IN_STEP + DRAW)),
        Mistake("is_over is asked about stop tokens too", edit(STOP, "if token in config.stop_tokens:" + IN_SAMPLE + "if is_over:" + IN_SAMPLE + "    is_over(sample, [*new[sample], token])" + IN_SAMPLE + "continue")),
        Mistake("is_over is ignored", edit(OVER, "if True:")),
        Mistake("is_over is taken the wrong way round", edit(OVER, "if not is_over or is_over(sample, new[sample]):")),
        Mistake("is_over ends all samples", edit(OVER, "if is_over and is_over(sample, new[sample]):" + IN_SAMPLE + "return" + IN_ROW + "else:")),
        Mistake("is_over is asked before the token is handed out", edit(YIELD, "over = is_over and is_over(sample, new[sample])" + IN_ROW + YIELD, OVER, "if not over:")),
        Mistake("is_over is asked before the token is handed out, which is then kept back", edit(YIELD, "if is_over and is_over(sample, new[sample]):" + IN_SAMPLE + "continue" + IN_ROW + YIELD, OVER, "if True:")),
        Mistake("is_over is asked without the newest token", edit(OVER, OVER.replace("new[sample])", "new[sample][:-1])"))),
        Mistake("is_over is asked with the newest token alone", edit(OVER, OVER.replace("new[sample])", "new[sample][-1:])"))),
        Mistake("is_over is asked with prompt and new tokens", edit(OVER, OVER.replace("new[sample])", "seen[sample])"))),
        Mistake("is_over is asked with the row of the batch", edit(OVER, OVER.replace("is_over(sample", "is_over(row"))),
        Mistake("is_over is asked with the number of the prompt", edit(OVER, OVER.replace("is_over(sample", "is_over(sample // n"))),
        # What is over costs nothing
        Mistake("finished samples are still computed and sampled, only not handed out", never_dropped()),
        Mistake("finished samples are replaced by the first one that goes on: the rows stay as many", edit(SELECT, "rows += [rows[0]] * (len(going) - len(rows))" + IN_ROW + SELECT, GENERATORS, GENERATORS + IN + "handed = set()",
                NOBODY, "rows, handed = [], set()", STOP, "if sample in handed:" + IN_SAMPLE + "continue" + IN_ROW + "handed.add(sample)" + IN_ROW + STOP)),
        Mistake("the samples go on, but their cache keeps the rows in the old order", edit(SELECT, "going, cache = [going[row] for row in rows], cache.select(range(len(rows)))")),
        Mistake("the cache loses rows, but the samples keep their numbers in order", edit(SELECT, "going, cache = going[: len(rows)], cache.select(rows)")),
        Mistake("the cache's last rows are dropped, whichever samples are over", edit(SELECT, "rows = list(range(len(rows)))" + IN_ROW + SELECT)),
        Mistake("the rows are mixed up: samples are put in order of their length when one is over", edit(SELECT, "cache = cache.select(sorted(rows, key=lambda row: cache.lengths[row]))" + IN_ROW + "going = [going[row] for row in rows]")),
        Mistake("the last token is computed as well, though nothing follows it", edit(END, "if not rows:")),
        Mistake("when all are over, one more pass is made", edit(END + "\n                return", END + IN_ROW + "if not rows:" + IN_SAMPLE + "forward_cached(self.model, torch.tensor([seen[sample][-1:] for sample in going]), cache)" + IN_ROW + "return")),
        Mistake("the prompts are read even where there is nothing to write", edit(NOTHING, "if config.max_new_tokens == 0:" + IN_STEP + "self.prefill(prompts)" + IN_STEP + "return")),
        # Beyond the context
        Mistake("the slide forgets nothing", edit(FORGET, "seen[sample] = list(seen[sample])")),
        Mistake("the slide keeps block_size tokens: it forgets one, and reads all anew in every step", edit(FORGET, "seen[sample] = seen[sample][-block_size:]")),
        Mistake("the slide keeps one token too many", edit(FORGET, "seen[sample] = seen[sample][-max(1, block_size // 2 + 1) :]")),
        Mistake("the slide keeps one token too few", edit(FORGET, "seen[sample] = seen[sample][-max(1, block_size // 2 - 1) :]")),
        Mistake("the slide keeps the first half of the text, not the last", edit(FORGET, "seen[sample] = seen[sample][: max(1, block_size // 2)]")),
        Mistake("the slide keeps the newest token alone", edit(FORGET, "seen[sample] = seen[sample][-1:]")),
        Mistake("the slide forgets the newest token: it isn't prefilled", edit(FORGET, "seen[sample] = seen[sample][-max(1, block_size // 2) - 1 : -1] or seen[sample][-1:]")),
        Mistake("the slide rounds half of an odd block up", edit(FORGET, "seen[sample] = seen[sample][-((block_size + 1) // 2) :]")),
        Mistake("the slide of a block of one token keeps nothing", edit(FORGET, "seen[sample] = seen[sample][len(seen[sample]) - block_size // 2 :]")),
        Mistake("the slide comes one token too early", edit(FULL, FULL.replace("> block_size", ">= block_size"))),
        Mistake("the slide comes at half of the block", edit(FULL, FULL.replace("> block_size", "> max(1, block_size // 2)"))),
        Mistake("the texts slide where one is full that is over already", edit(FULL, FULL.replace("in going", "in range(len(seen))"))),
        Mistake("the slide happens once", edit(FULL, FULL + IN_STEP + "full = full if block_size - len(prompts[0]) + 1 >= step else []")),
        Mistake("all texts forget when one is full", edit("for sample in full:", "for sample in going:")),
        Mistake("only the first of several full texts forgets", edit("for sample in full:", "for sample in full[:1]:")),
        Mistake("texts that are full forget the prompt alone", edit(FORGET, "seen[sample] = new[sample][-max(1, block_size // 2) :]")),
        Mistake("the slide keeps the cache and only begins to count anew, from half of the block", edit(AGAIN, NEXT + IN_ROW + "cache.lengths = [min(len(seen[sample]) - 1, block_size // 2) for sample in going]" + IN_ROW + DECODE)),
        Mistake("the slide keeps the last keys as they were turned, for their old positions",
                edit(AGAIN, "for row, sample in enumerate(going):" + IN_SAMPLE + "length = cache.lengths[row]" + IN_SAMPLE + "keep = len(seen[sample]) - 1" + IN_SAMPLE + "for kept in cache.keys + cache.values:" + IN_SAMPLE + "    kept[row, :keep] = kept[row, length - keep : length].clone()"
                     + IN_SAMPLE + "cache.lengths[row] = keep" + IN_ROW + NEXT + IN_ROW + DECODE)),
        Mistake("the slide prefills the full texts and forgets the others", edit(AGAIN, "going = [sample for sample in going if sample in full]" + IN_ROW + AGAIN)),
        Mistake("the slide prefills all samples, and those that were over go on", edit(AGAIN, "going = list(range(len(seen)))" + IN_ROW + AGAIN)),
        Mistake("the slide prefills the prompts, without what was written", edit(AGAIN, "logits, cache = self.prefill([list(prompts[sample // n])[-(block_size // 2) :] for sample in going])")),
        Mistake("the slide draws from the logits of before", edit(AGAIN, "_, cache = self.prefill([seen[sample] for sample in going])")),
        Mistake("the slide feeds the newest token once more after the prefill", edit(AGAIN, AGAIN + IN_ROW + NEXT + IN_ROW + DECODE)),
        Mistake("texts slide unless they may not: the two are the wrong way round", edit(CHECK, "self.check(prompts, config, not slide)")),
        Mistake("texts may slide whether slide says so or not", edit(CHECK, "self.check(prompts, config, True)")),
        Mistake("slide is ignored: texts may never outgrow the context", edit(CHECK, "self.check(prompts, config, False)")),
        Mistake("texts slide unless it is switched off", edit(SLIDE, "slide: bool = True,")),
        Mistake("a full text ends its sample, where it may slide", edit(AGAIN, "return")),
        # Errors, and what else changes
        Mistake("nothing is checked", edit(CHECK, "pass")),
        Mistake("nothing is checked where max_new_tokens is 0", edit(CHECK, "if config.max_new_tokens:" + IN_STEP + CHECK)),
        Mistake("the prompts are checked after they were read", edit(CHECK, "pass", PREFILL, PREFILL + "        self.check(prompts, config, slide)\n")),
        Mistake("what check finds is a RuntimeError", edit(CHECK, "try:" + IN_STEP + CHECK + IN + "except ValueError as error:" + IN_STEP + "raise RuntimeError(str(error)) from error")),
        Mistake("an empty list of prompts gives nothing, without an error", edit(CHECK, "if not prompts:" + IN_STEP + "return" + IN + CHECK)),
        Mistake("an empty prompt stands for token 0", edit(CHECK, "prompts = [prompt or [0] for prompt in prompts]" + IN + CHECK)),
        Mistake("a prompt that is too long is cut, without an error", edit(CHECK, "prompts = [prompt[-self.model.config.block_size :] for prompt in prompts]" + IN + CHECK)),
        Mistake("max_new_tokens is cut to what fits, without an error", edit(CHECK, "from dataclasses import replace" + IN + "room = self.model.config.block_size - max(map(len, prompts), default=0)" + IN
                + "config = config if slide else replace(config, max_new_tokens=min(config.max_new_tokens, max(0, room)))" + IN + CHECK)),
        Mistake("the first sample of each prompt is written into the caller's list", edit(SEEN, "seen = [prompts[sample // n] if sample % n == 0 and isinstance(prompts[sample // n], list) else list(prompts[sample // n]) for sample in going]")),
        Mistake("gradients are off for the caller while the stream is open", edit(STEPS, "torch.set_grad_enabled(False)" + IN + STEPS)),
        Mistake("streams of one engine share the list of what is seen", edit(SEEN, SEEN + IN + "self.seen = seen", FULL, "seen = self.seen" + IN_STEP + FULL, SEE, "self.seen[sample].append(token)", NEXT, "idx = torch.tensor([self.seen[sample][-1:] for sample in going])")),
        Mistake("a stream that was left in the middle leaves its samples with the engine, and the next one begins with them", edit(SEEN, SEEN + IN + "going_on = self.__dict__.pop('left', None)" + IN + "seen = going_on or seen" + IN + "self.left = seen",
                END + "\n                return", END + IN_ROW + "self.__dict__.pop('left', None)" + IN_ROW + "return", PREFILL, "logits, cache = self.prefill(prompts if going_on is None else seen[::n])\n")),
        Mistake("the keys and values are taken for float32: half precision fails", edit(DECODE, "assert cache.keys[0].dtype == torch.float32" + IN_STEP + "    " + DECODE)),
    ]
}
