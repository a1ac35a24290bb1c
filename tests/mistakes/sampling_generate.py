"""Ways people get generate_text wrong."""

from vibejam_core.course.known import Mistake, edit

NONE = "config = config or SamplingConfig()"
PROMPT = "prompt, ids = prompt_ids(tokenizer, prompt, config.on_unknown)"
SEEDS = "generators = [torch.Generator().manual_seed(config.seed + i) for i in range(config.num_samples)]"
NEW = "new: list[list[int]] = [[] for _ in generators]"
GOING = "going = list(range(config.num_samples))"
WAS = "was_training = model.training"
EVAL = "    model.eval()\n"
RESTORE = "    model.train(was_training)\n"
STEPS = "for _ in range(config.max_new_tokens):"
WINDOW = "window = torch.tensor([(ids + new[i])[-model.get_block_size() :] for i in going])"
NO_GRAD = "with torch.no_grad():"
ASK = "logits = model(window.to(device))[0][:, -1].cpu()"
NAN = "        if logits.isnan().any():\n"
HOT = "logits = apply_temperature(logits, config.temperature)"
FILTERS = "logits = top_p_filter(top_k_filter(logits, config.top_k), config.top_p)"
SOFTMAX = "probabilities = torch.softmax(logits, dim=-1)"
ROWS = "for i, row in zip(tuple(going), probabilities, strict=True):"
DRAW = "token = int(torch.multinomial(row, 1, generator=generators[i]))"
STOP = "            if token in config.stop_tokens:\n                going.remove(i)\n                continue\n"
APPEND = "new[i].append(token)"
END = "end = cut_at(tokenizer.decode(new[i]), config)"
ENDED = "            if end is not None:\n                ends[i] = end\n                going.remove(i)\n"
TELL = "            elif on_token:\n                on_token(i, token)\n"
BREAK = "        if not going:\n            break\n"
RETURN = "return [prompt + tokenizer.decode(tokens)[: ends.get(i)] for i, tokens in enumerate(new)]"

MISTAKES = {
    "sampling.generate_text": [
        # What comes back
        Mistake("the texts are made but not returned", edit(RETURN, "[prompt + tokenizer.decode(tokens)[: ends.get(i)] for i, tokens in enumerate(new)]")),
        Mistake("one text is returned, not a list", edit(RETURN, "return prompt + tokenizer.decode(new[0])[: ends.get(0)]")),
        Mistake("the texts come as a tuple", edit(RETURN, "return tuple(prompt + tokenizer.decode(tokens)[: ends.get(i)] for i, tokens in enumerate(new))")),
        Mistake("token ids are returned, not text", edit(RETURN, "return [ids + tokens for tokens in new]")),
        Mistake("the prompt is missing from the result", edit(RETURN, "return [tokenizer.decode(tokens)[: ends.get(i)] for i, tokens in enumerate(new)]")),
        Mistake("the prompt stands in the result twice", edit(RETURN, "return [prompt + tokenizer.decode(ids + tokens)[: ends.get(i)] for i, tokens in enumerate(new)]")),
        Mistake("the prompt is decoded from its ids, so an empty one brings a line break", edit(RETURN, "return [tokenizer.decode(ids) + tokenizer.decode(tokens)[: ends.get(i)] for i, tokens in enumerate(new)]")),
        Mistake("only the last block_size tokens are returned", edit(RETURN, "return [tokenizer.decode((ids + tokens)[-model.get_block_size() :]) for tokens in new]")),
        Mistake("only one sample is made, whatever num_samples says", edit(GOING, "going = [0]", RETURN, "return [prompt + tokenizer.decode(new[0])[: ends.get(0)]]")),
        Mistake("the same sample is returned num_samples times", edit(RETURN, "return [prompt + tokenizer.decode(new[0])[: ends.get(0)] for _ in new]")),
        Mistake("the samples come in reverse", edit(RETURN, "return [prompt + tokenizer.decode(tokens)[: ends.get(i)] for i, tokens in enumerate(new)][::-1]")),
        Mistake("white space at the ends is stripped", edit(RETURN, "return [(prompt + tokenizer.decode(tokens)[: ends.get(i)]).strip() for i, tokens in enumerate(new)]")),
        # How long
        Mistake("one token too few is drawn", edit(STEPS, "for _ in range(config.max_new_tokens - 1):")),
        Mistake("one token too many is drawn", edit(STEPS, "for _ in range(config.max_new_tokens + 1):")),
        Mistake("at least one token is drawn", edit(STEPS, "for _ in range(max(1, config.max_new_tokens)):")),
        Mistake("max_new_tokens counts the prompt, too", edit(STEPS, "for _ in range(config.max_new_tokens - len(ids)):")),
        Mistake("no more than block_size tokens are drawn", edit(STEPS, "for _ in range(min(config.max_new_tokens, model.get_block_size())):")),
        Mistake("max_new_tokens is taken for characters", edit(APPEND, "new[i].append(token)\n            if len(tokenizer.decode(new[i])) >= config.max_new_tokens:\n                going.remove(i)\n                continue")),
        # What the model sees
        Mistake("the context isn't cropped to block_size", edit(WINDOW, "window = torch.tensor([ids + new[i] for i in going])")),
        Mistake("the first block_size tokens are kept, not the last", edit(WINDOW, "window = torch.tensor([(ids + new[i])[: model.get_block_size()] for i in going])")),
        Mistake("the context is one token shorter than block_size", edit(WINDOW, "window = torch.tensor([(ids + new[i])[-model.get_block_size() + 1 :] for i in going])")),
        Mistake("the model sees only the last token", edit(WINDOW, "window = torch.tensor([(ids + new[i])[-1:] for i in going])")),
        Mistake("the model sees only the prompt, again and again", edit(WINDOW, "window = torch.tensor([ids[-model.get_block_size() :] for i in going])")),
        Mistake("the model sees only what is new, once there is something", edit(WINDOW, "window = torch.tensor([(new[i] or ids)[-model.get_block_size() :] for i in going])")),
        Mistake("the prompt is cropped to block_size, but what grows from it isn't", edit(WINDOW, "window = torch.tensor([ids[-model.get_block_size() :] + new[i] for i in going])")),
        Mistake("the prompt itself is cropped in the result", edit(PROMPT, "prompt, ids = prompt_ids(tokenizer, prompt, config.on_unknown)\n    prompt = prompt[-model.get_block_size() :]")),
        Mistake("every sample goes on from the first one's tokens", edit(WINDOW, "window = torch.tensor([(ids + new[going[0]])[-model.get_block_size() :] for i in going])")),
        Mistake("all samples share one list of tokens", edit(NEW, "new: list[list[int]] = [[]] * config.num_samples")),
        Mistake("the context is shown in reverse", edit(WINDOW, "window = torch.tensor([(ids + new[i])[-model.get_block_size() :][::-1] for i in going])")),
        Mistake("the scores of the first position are used", edit(ASK, "logits = model(window.to(device))[0][:, 0].cpu()")),
        Mistake("the scores of all positions are averaged", edit(ASK, "logits = model(window.to(device))[0].mean(dim=1).cpu()")),
        Mistake("the samples are made one after another, not as a batch", edit(ASK, "logits = torch.cat([model(row[None].to(device))[0][:, -1].cpu() for row in window])")),
        # Mode and gradients
        Mistake("the model stays in training mode, so dropout is on", edit(EVAL, "")),
        Mistake("the model is left in evaluation mode", edit(RESTORE, "")),
        Mistake("the model is put into training mode afterwards, whatever it was in", edit(RESTORE, "    model.train()\n")),
        Mistake("the model is left in evaluation mode when all samples end early", edit(BREAK, "        if not going:\n            return [prompt + tokenizer.decode(tokens)[: ends.get(i)] for i, tokens in enumerate(new)]\n")),
        Mistake("gradients are computed for nothing", edit(NO_GRAD, "with torch.enable_grad():", ASK, "logits = model(window.to(device))[0][:, -1].detach().cpu()")),
        Mistake("gradients are switched off for good", edit(NO_GRAD, "torch.set_grad_enabled(False)\n        if True:")),
        # How it draws
        Mistake("the likeliest token is always taken", edit(DRAW, "token = int(row.argmax())")),
        Mistake("every token is equally likely", edit(DRAW, "token = int(torch.multinomial((row > 0).float(), 1, generator=generators[i]))")),
        Mistake("the least likely tokens are drawn", edit(SOFTMAX, "probabilities = torch.softmax(-logits.clamp(min=-99), dim=-1)")),
        Mistake("the scores are used as probabilities", edit(SOFTMAX, "probabilities = logits.clamp(min=0) + 1e-9")),
        Mistake("softmax is applied over the samples", edit(SOFTMAX, "probabilities = torch.softmax(torch.nan_to_num(logits, neginf=-1e9), dim=0)")),
        Mistake("the temperature is ignored", edit(HOT, "")),
        Mistake("the temperature is applied twice", edit(HOT, "logits = apply_temperature(apply_temperature(logits, config.temperature), config.temperature)")),
        Mistake("the temperature is always 0.8", edit(HOT, "logits = apply_temperature(logits, 0.8)")),
        Mistake("the temperature is applied to the probabilities", edit(HOT, "", SOFTMAX, "probabilities = torch.softmax(apply_temperature(torch.softmax(logits, dim=-1), config.temperature), dim=-1)")),
        Mistake("top_k is ignored", edit(FILTERS, "logits = top_p_filter(logits, config.top_p)")),
        Mistake("top_p is ignored", edit(FILTERS, "logits = top_k_filter(logits, config.top_k)")),
        Mistake("the filters' results are thrown away", edit(FILTERS, "top_p_filter(top_k_filter(logits, config.top_k), config.top_p)")),
        Mistake("top_p comes before top_k", edit(FILTERS, "logits = top_k_filter(top_p_filter(logits, config.top_p), config.top_k)")),
        Mistake("the filters come before the temperature", edit(HOT, "", FILTERS, "logits = apply_temperature(top_p_filter(top_k_filter(logits, config.top_k), config.top_p), config.temperature)")),
        Mistake("top_p comes before the temperature", edit(HOT, "", FILTERS, "logits = top_k_filter(apply_temperature(top_p_filter(logits, config.top_p), config.temperature), config.top_k)")),
        Mistake("excluded tokens can be drawn all the same: the filtered scores get a little more", edit(SOFTMAX, "probabilities = torch.softmax(torch.nan_to_num(logits, neginf=-2.0), dim=-1)")),
        # Seeds
        Mistake("the seed is ignored", edit(SEEDS, "generators = [torch.Generator() for i in range(config.num_samples)]\n    for generator in generators:\n        generator.seed()")),
        Mistake("every call has the same seed", edit(SEEDS, "generators = [torch.Generator().manual_seed(1337 + i) for i in range(config.num_samples)]")),
        Mistake("the global generator is used", edit(DRAW, "token = int(torch.multinomial(row, 1))")),
        Mistake("the global generator is seeded and used", edit(DRAW, "token = int(torch.multinomial(row, 1))", SEEDS, SEEDS + "\n    torch.manual_seed(config.seed)")),
        Mistake("all samples have the same seed, so all are alike", edit(SEEDS, "generators = [torch.Generator().manual_seed(config.seed) for i in range(config.num_samples)]")),
        Mistake("all samples share one generator", edit(SEEDS, "generators = [torch.Generator().manual_seed(config.seed)] * config.num_samples")),
        Mistake("the generators belong to places in the batch, which move when a sample ends", edit(ROWS, "for place, (i, row) in enumerate(zip(tuple(going), probabilities, strict=True)):", DRAW, "token = int(torch.multinomial(row, 1, generator=generators[place]))")),
        Mistake("the second sample's seed is one less", edit(SEEDS, "generators = [torch.Generator().manual_seed(config.seed - i) for i in range(config.num_samples)]")),
        Mistake("the seeds begin one too high", edit(SEEDS, "generators = [torch.Generator().manual_seed(config.seed + 1 + i) for i in range(config.num_samples)]")),
        Mistake("each token has a seed of its own, seed + i + the number of tokens", edit(DRAW, "token = int(torch.multinomial(row, 1, generator=generators[i].manual_seed(config.seed + i + len(new[i]))))")),
        Mistake("the generators are seeded anew for every token", edit(DRAW, "token = int(torch.multinomial(row, 1, generator=generators[i].manual_seed(config.seed + i)))")),
        # Where it ends
        Mistake("stop_tokens is ignored", edit(STOP, "")),
        Mistake("the stop token is kept", edit(STOP, "            if token in config.stop_tokens:\n                going.remove(i)\n                new[i].append(token)\n                continue\n")),
        Mistake("a stop token ends all samples", edit(STOP, "            if token in config.stop_tokens:\n                going.clear()\n                break\n")),
        Mistake("only the first stop token counts", edit("if token in config.stop_tokens:", "if token in config.stop_tokens[:1]:")),
        Mistake("a stop token is left out, but the sample goes on", edit(STOP, "            if token in config.stop_tokens:\n                continue\n")),
        Mistake("stop texts and guards are ignored", edit(END, "end = None")),
        Mistake("the stop text stays in the result", edit(RETURN, "return [prompt + tokenizer.decode(tokens) for i, tokens in enumerate(new)]")),
        Mistake("the whole text is searched for stop texts, the prompt too", edit(END, "end = cut_at(prompt + tokenizer.decode(new[i]), config)", RETURN, "return [(prompt + tokenizer.decode(tokens))[: ends.get(i)] for i, tokens in enumerate(new)]")),
        Mistake("only the last token is searched for stop texts", edit(END, "last = cut_at(tokenizer.decode(new[i][-1:]), config)\n            end = None if last is None else len(tokenizer.decode(new[i][:-1])) + last")),
        Mistake("texts are cut only when all is drawn: no sample ends early", edit(ENDED, "            if end is not None:\n                ends.setdefault(i, end)\n")),
        Mistake("a stop text that comes first of all is taken for none: the place 0 counts as False", edit("if end is not None:", "if end:")),
        Mistake("only the last ten tokens are searched for stop texts", edit(END, "end = cut_at(tokenizer.decode(new[i][-10:]), config)\n            if end is not None:\n                end += len(tokenizer.decode(new[i][:-10]))")),
        Mistake("tokens are cut off where characters should be", edit(RETURN, "return [prompt + tokenizer.decode(tokens[: ends.get(i)]) for i, tokens in enumerate(new)]")),
        Mistake("a stop text ends all samples", edit(ENDED, "            if end is not None:\n                ends[i] = end\n                going.clear()\n                break\n")),
        Mistake("where to cut is forgotten: one number serves all samples", edit("ends[i] = end", "ends.update({j: end for j in range(config.num_samples)})")),
        Mistake("the cut counts from the beginning of the prompt", edit(RETURN, "return [(prompt + tokenizer.decode(tokens))[: ends.get(i)] for i, tokens in enumerate(new)]")),
        Mistake("samples that are over still go through the model", edit(WINDOW, "long = max(map(len, new))\n        window = torch.tensor([(ids + new[i] + [0] * (long - len(new[i])))[-model.get_block_size() :] for i in range(config.num_samples)])", SOFTMAX, "probabilities = torch.softmax(logits, dim=-1)[going]")),
        Mistake("the guards against line breaks and spaces are ignored", edit(END, "end = cut_at(tokenizer.decode(new[i]), SamplingConfig(stop=config.stop, max_newlines=0, max_spaces=0))")),
        Mistake("the loop goes on with nobody left", edit(BREAK, "")),
        Mistake("the list of samples is changed while it is gone through, so one is skipped", edit(ROWS, "for i, row in zip(going, probabilities):")),
        # The callback
        Mistake("on_token is never called", edit(TELL, "")),
        Mistake("on_token is called at the end, for all tokens", edit(TELL, "", RETURN, "result = [prompt + tokenizer.decode(tokens)[: ends.get(i)] for i, tokens in enumerate(new)]\n    for i, tokens in enumerate(new):\n        for token in tokens[: ends.get(i)]:\n            if on_token:\n                on_token(i, token)\n    return result")),
        Mistake("on_token gets the text, not the token", edit(TELL, "            elif on_token:\n                on_token(i, tokenizer.decode([token]))\n")),
        Mistake("on_token's arguments are swapped", edit(TELL, "            elif on_token:\n                on_token(token, i)\n")),
        Mistake("on_token hears of the token that ends its sample", edit(TELL, "            if on_token:\n                on_token(i, token)\n")),
        Mistake("on_token hears of stop tokens", edit(STOP, "            if token in config.stop_tokens:\n                going.remove(i)\n                if on_token:\n                    on_token(i, token)\n                continue\n")),
        Mistake("on_token gets the place in the batch, not the sample's number", edit(ROWS, "for place, (i, row) in enumerate(zip(tuple(going), probabilities, strict=True)):", TELL, "            elif on_token:\n                on_token(place, token)\n")),
        Mistake("on_token gets a tensor, not an int", edit(TELL, "            elif on_token:\n                on_token(i, torch.tensor(token))\n")),
        Mistake("on_token doesn't hear of the last of max_new_tokens", edit(TELL, "            elif on_token and len(new[i]) < config.max_new_tokens:\n                on_token(i, token)\n")),
        Mistake("on_token must be given", edit(TELL, "            else:\n                on_token(i, token)\n")),
        # The prompt
        Mistake("an empty prompt is not handled", edit(PROMPT, 'ids = tokenizer.encode(prompt)')),
        Mistake("on_unknown is ignored: unknown characters are always an error", edit(PROMPT, "prompt, ids = prompt_ids(tokenizer, prompt)")),
        Mistake("unknown characters are always left out", edit(PROMPT, 'prompt, ids = prompt_ids(tokenizer, prompt, "skip")')),
        Mistake("left-out characters stay in the text", edit(PROMPT, "_, ids = prompt_ids(tokenizer, prompt, config.on_unknown)")),
        Mistake("no configuration is an error", edit(NONE, "")),
        Mistake("without a configuration it is greedy", edit(NONE, "config = config or SamplingConfig(temperature=0)")),
        Mistake("the settings given are ignored", edit(NONE, "config = SamplingConfig()")),
        # Broken weights
        Mistake("nan scores are not noticed", edit(NAN, "        if False:\n")),
        Mistake("nan scores are replaced by 0", edit(ASK, "logits = torch.nan_to_num(model(window.to(device))[0][:, -1].cpu(), neginf=float('-inf'))")),
        Mistake("nan scores are looked for after the temperature, which at 0 hides them", edit(NAN, "        if apply_temperature(logits, config.temperature).isnan().any():\n")),
        Mistake("scores are taken for broken only if all of them are nan", edit(NAN, "        if logits.isnan().all():\n")),
        Mistake("only the first sample's scores are searched for nan", edit(NAN, "        if logits[0].isnan().any():\n")),
        Mistake("nan is looked for before the first token only", edit(NAN, "        if not any(new) and logits.isnan().any():\n")),
        Mistake("the error about nan is an AssertionError", edit("raise ValueError", "raise AssertionError")),
    ],
}
