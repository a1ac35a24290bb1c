"""Engines that are right and look different."""

from vibejam_core.course.known import Variant, edit

# Where the two methods' bodies begin and end in the reference.
PREFILL = '''        counts = [len(prompt) for prompt in prompts]
        idx = torch.zeros(len(prompts), max(counts), dtype=torch.int64)  # (B, T)
        for row, prompt in enumerate(prompts):
            idx[row, : len(prompt)] = torch.tensor(list(prompt))
        cache = KVCache(self.model.config, len(prompts), max(counts) + 64, self.device)
        return forward_cached(self.model, idx.to(self.device), cache, counts, last_only=True), cache
'''
STREAM = '''        self.check(prompts, config, slide)
        if config.max_new_tokens == 0:
            return
        block_size, n = self.model.config.block_size, config.num_samples
        going = list(range(len(prompts) * n))  # the samples that go on; row r of the cache is sample going[r]
        generators = [torch.Generator().manual_seed(config.seed + sample % n) for sample in going]
        seen = [list(prompts[sample // n]) for sample in going]  # what the model sees of each text
        new: list[list[int]] = [[] for _ in going]
        logits, cache = self.prefill(prompts)
        rows = [sample // n for sample in going]  # each sample begins with the row of its prompt
        logits, cache = logits[rows], cache.select(rows)  # (P, V) -> (S, V), for P prompts and S samples
        for step in range(config.max_new_tokens):
            tokens = draw(logits, [generators[sample] for sample in going], config)
            rows = []  # those that go on
            for row, (sample, token) in enumerate(zip(going, tokens, strict=True)):
                if token in config.stop_tokens:
                    continue
                seen[sample].append(token)
                new[sample].append(token)
                yield sample, token
                if not (is_over and is_over(sample, new[sample])):
                    rows.append(row)
            if not rows or step == config.max_new_tokens - 1:
                return
            if len(rows) < len(going):
                going, cache = [going[row] for row in rows], cache.select(rows)
            full = [sample for sample in going if len(seen[sample]) > block_size]
            if full:
                for sample in full:
                    seen[sample] = seen[sample][-max(1, block_size // 2) :]
                logits, cache = self.prefill([seen[sample] for sample in going])
            else:
                idx = torch.tensor([seen[sample][-1:] for sample in going], device=self.device)  # (S, 1)
                logits = forward_cached(self.model, idx, cache, last_only=True)  # (S, V)
'''

VARIANTS = {
    "engine.Engine": [
        Variant(
            "samples as little dictionaries, dropped at the beginning of a step; a cache with room for one token",
            edit(PREFILL, '''        longest = max(len(prompt) for prompt in prompts)
        padded = [list(prompt) + [0] * (longest - len(prompt)) for prompt in prompts]
        cache = KVCache(self.model.config, len(padded), 1, self.device)
        lengths = tuple(len(prompt) for prompt in prompts)
        logits = forward_cached(self.model, torch.tensor(padded), cache, lengths, last_only=True)
        return logits, cache
''', STREAM, '''        self.check(prompts, config, slide)
        block = self.model.config.block_size
        samples = []
        for p, prompt in enumerate(prompts):
            for i in range(config.num_samples):
                generator = torch.Generator()
                generator.manual_seed(config.seed + i)
                samples.append({"number": len(samples), "row": p, "luck": generator, "text": list(prompt), "new": [], "over": False})
        logits = cache = None
        for _ in range(config.max_new_tokens):
            samples = [sample for sample in samples if not sample["over"]]
            if not samples:
                break
            if cache is None:
                logits, cache = self.prefill(prompts)
                logits = torch.stack([logits[sample["row"]] for sample in samples])
                cache = cache.select([sample["row"] for sample in samples])
            else:
                cache = cache.select([sample["row"] for sample in samples])
                if any(len(sample["text"]) > block for sample in samples):
                    for sample in samples:
                        if len(sample["text"]) > block:
                            del sample["text"][: -max(block // 2, 1)]
                    logits, cache = self.prefill([sample["text"] for sample in samples])
                else:
                    newest = [[sample["text"][-1]] for sample in samples]
                    logits = forward_cached(self.model, torch.tensor(newest), cache)[:, 0]
            for row, sample in enumerate(samples):
                sample["row"] = row
                [token] = draw(logits[row : row + 1], [sample["luck"]], config)
                if token in config.stop_tokens:
                    sample["over"] = True
                    continue
                sample["text"].append(token)
                sample["new"].append(token)
                yield sample["number"], token
                if is_over is not None and is_over(sample["number"], sample["new"]):
                    sample["over"] = True
'''),
        ),
        Variant(
            "a class for each sample that hands out its own; a text slides in a cache of its own, one beside the other",
            edit(PREFILL, '''        from torch.nn.utils.rnn import pad_sequence

        rows = [torch.tensor(tuple(prompt), device=self.device) for prompt in prompts]
        counts = [len(row) for row in rows]
        cache = KVCache(self.model.config, len(rows), sum(counts), self.device)
        logits = forward_cached(self.model, pad_sequence(rows, batch_first=True, padding_value=1), cache, counts)
        return logits[range(len(rows)), [count - 1 for count in counts]], cache
''', STREAM, '''        self.check(prompts, config, slide)
        block, n = self.model.config.block_size, config.num_samples
        numbers = torch.arange(len(prompts)).repeat_interleave(n).tolist()
        texts = {s: list(prompts[p]) for s, p in enumerate(numbers)}
        begin = {s: 0 for s in texts}
        lucks = {s: torch.Generator().manual_seed(config.seed + s % n) for s in texts}
        alive = sorted(texts)
        left = config.max_new_tokens
        while left > 0 and alive:
            if left == config.max_new_tokens:
                logits, cache = self.prefill(prompts)
                logits, cache = logits.repeat_interleave(n, dim=0), cache.select(numbers)
            elif any(len(texts[s]) - begin[s] > block for s in alive):
                for s in alive:
                    if len(texts[s]) - begin[s] > block:
                        begin[s] = len(texts[s]) - (block // 2 or 1)
                logits, cache = self.prefill([texts[s][begin[s] :] for s in alive])
            else:
                idx = torch.tensor([texts[s][-1] for s in alive], device=self.device).unsqueeze(1)
                logits = forward_cached(self.model, idx, cache, counts=[1] * len(alive))[:, -1]
            left -= 1
            keep = []
            for row, (s, token) in enumerate(zip(list(alive), draw(logits, [lucks[s] for s in alive], config))):
                if token not in config.stop_tokens:
                    texts[s].append(token)
                    yield (s, token)
                    if is_over is None or not is_over(s, texts[s][len(prompts[s // n]) :]):
                        keep.append(row)
            if left:
                alive = [alive[row] for row in keep]
                if keep:
                    cache = cache.select(keep)
'''),
        ),
        Variant(
            "only the texts that are full are prefilled anew, the others decoded; every text has a cache of its own",
            edit(STREAM, '''        self.check(prompts, config, slide)
        if not config.max_new_tokens:
            return
        block, n = self.model.config.block_size, config.num_samples
        first, together = self.prefill(prompts)
        scores = {s: first[s // n] for s in range(len(prompts) * n)}
        seen = {s: list(prompts[s // n]) for s in scores}
        new = {s: [] for s in scores}
        lucks = {s: torch.Generator().manual_seed(config.seed + s % n) for s in scores}
        members, cache = list(scores), together.select([s // n for s in scores])
        for step in range(config.max_new_tokens):
            for s in list(members):
                token = draw(scores[s][None], [lucks[s]], config)[0]
                if token in config.stop_tokens:
                    del scores[s]
                    continue
                seen[s].append(token)
                new[s].append(token)
                yield s, token
                if is_over and is_over(s, new[s]):
                    del scores[s]
            rows = [row for row, s in enumerate(members) if s in scores]
            members = [members[row] for row in rows]
            if not members or step + 1 == config.max_new_tokens:
                break
            cache = cache.select(rows)
            full = [row for row, s in enumerate(members) if len(seen[s]) > block]
            if full:
                for row in full:
                    seen[members[row]] = seen[members[row]][-max(1, block // 2) :]
                again, fresh = self.prefill([seen[members[row]] for row in full])
                others = [row for row in range(len(members)) if row not in full]
                for i in range(len(cache.keys)):
                    room = max(cache.keys[i].shape[1], fresh.keys[i].shape[1])
                    for mine, theirs in ((cache.keys, fresh.keys), (cache.values, fresh.values)):
                        wide = mine[i].new_zeros(len(members), room, *mine[i].shape[2:])
                        wide[:, : mine[i].shape[1]] = mine[i]
                        for r, row in enumerate(full):
                            wide[row, : theirs[i].shape[1]] = theirs[i][r]
                        mine[i] = wide
                for r, row in enumerate(full):
                    cache.lengths[row] = fresh.lengths[r]
                    scores[members[row]] = again[r]
                if others:
                    part = cache.select(others)
                    idx = torch.tensor([seen[members[row]][-1:] for row in others])
                    found = forward_cached(self.model, idx, part, last_only=True)
                    order = full + others
                    merged, merged.lengths = cache.select(order), cache.select(order).lengths
                    for i in range(len(cache.keys)):
                        room = max(merged.keys[i].shape[1], part.keys[i].shape[1])
                        for mine, theirs in ((merged.keys, part.keys), (merged.values, part.values)):
                            wide = mine[i].new_zeros(len(order), room, *mine[i].shape[2:])
                            wide[:, : mine[i].shape[1]] = mine[i]
                            wide[len(full) :, : theirs[i].shape[1]] = theirs[i]
                            mine[i] = wide
                    merged.lengths = merged.lengths[: len(full)] + part.lengths
                    cache = merged.select([order.index(row) for row in range(len(members))])
                    for r, row in enumerate(others):
                        scores[members[row]] = found[r]
            else:
                idx = torch.tensor([seen[s][-1:] for s in members])
                found = forward_cached(self.model, idx, cache, last_only=True)
                scores = {s: found[row] for row, s in enumerate(members)}
'''),
        ),
        Variant(
            "stream checks at once and hands the writing to a generator of its own",
            edit("        self.check(prompts, config, slide)\n        if config", "        self.check(prompts, config, slide)\n        return self._written(prompts, config, is_over)\n\n    def _written(self, prompts, config, is_over):\n        if config"),
        ),
        Variant(
            "stream checks and reads the prompts at once, and hands the steps to a generator of its own",
            edit("            return\n        block_size", "            return iter(())\n        block_size",
                 "        for step in range(config.max_new_tokens):", "        return self._steps(config, block_size, going, generators, seen, new, logits, cache, is_over)\n\n"
                 "    def _steps(self, config, block_size, going, generators, seen, new, logits, cache, is_over):\n        for step in range(config.max_new_tokens):"),
        ),
        Variant(
            "is_over is asked at the end of a step, about each of its tokens in turn; samples that slide are cut in place",
            edit("                if not (is_over and is_over(sample, new[sample])):\n                    rows.append(row)", "                rows.append(row)",
                 "            if not rows or step == config.max_new_tokens - 1:", "            if step == config.max_new_tokens - 1:\n                break\n            rows = [row for row in rows if is_over is None or not is_over(going[row], new[going[row]])]\n            if not rows:",
                 "seen[sample] = seen[sample][-max(1, block_size // 2) :]", "del seen[sample][: -(block_size // 2 or 1)]"),
        ),
    ],
}
