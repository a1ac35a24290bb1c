"""Ways people get token_losses, text_perplexity and longest_copy wrong."""

from vibejam_core.course.known import Mistake, edit, whole

EMPTY = """    if not text:
        raise ValueError("an empty text has no tokens to be surprised by. Give one of at least one character.")
"""
START = '_, start = prompt_ids(tokenizer, "")'
IDS = "ids = torch.tensor(start + tokenizer.encode(text))  # (S + N,)"
SIZES = "S, T = len(start), model.get_block_size()"
DEVICE = "device = next(model.parameters()).device"
WAS = "was_training = model.training\n"
EVAL = "    model.eval()\n"
NO_GRAD = "with torch.no_grad():"
FOR = "for length, ends in same_length(S, len(ids), T, batch_size):"
WINDOWS = "windows = torch.stack([ids[end - length : end] for end in ends])  # (B, length)"
LOGITS = "logits = model(windows.to(device))[0][:, -1].float().cpu()  # (B, V)"
APPEND = 'losses.append(torch.nn.functional.cross_entropy(logits, ids[ends], reduction="none"))  # (B,)'
RESTORE = "    model.train(was_training)\n"
RETURN = "return torch.cat(losses)"

MEAN = "return perplexity(token_losses(model, tokenizer, text).mean().item())"

COPY = """def longest_copy(text: str, source: str) -> str:
"""
BEST = 'best = ""'
LOOP = "for start in range(len(text)):"
WHILE = "while start + len(best) < len(text) and text[start : start + len(best) + 1] in source:"
BETTER = "best = text[start : start + len(best) + 1]"
FOUND = "return best"


def logits(new):
    """The scores are found in another way."""
    return edit(LOGITS, new)


def windows(new, *more):
    """The windows are cut in another way."""
    return edit(WINDOWS, new, *more)


def losses(new):
    """The losses are put together in another way."""
    return edit(RETURN, f"losses = torch.cat(losses)\n    return {new}")


def mean(new, before=""):
    """The perplexity is computed in another way from the losses."""
    return edit(MEAN, f"losses = token_losses(model, tokenizer, text)\n    {before}return {new}")


MISTAKES = {
    "voice.token_losses": [
        # what is returned
        Mistake("nothing is returned", edit(RETURN, "torch.cat(losses)")),
        Mistake("the mean of the losses is returned", losses("losses.mean()")),
        Mistake("the losses are summed up", losses("losses.sum()")),
        Mistake("the losses come as a list of numbers", losses("losses.tolist()")),
        Mistake("only the losses of the last batch are returned", edit(RETURN, "return losses[-1]")),
        Mistake("the losses come with a second axis of size 1", losses("losses[:, None]")),
        Mistake("the losses come as float64", losses("losses.double()")),
        Mistake("the losses are the probabilities", losses("(-losses).exp()")),
        Mistake("the losses have their sign turned", losses("-losses")),
        Mistake("the losses are in bits", losses("losses / torch.tensor(2.0).log()")),
        Mistake("the losses are e to their power", losses("losses.exp()")),
        Mistake("the losses are sorted", losses("losses.sort().values")),
        Mistake("the losses come from last to first", losses("losses.flip(0)")),
        Mistake(
            "each loss is the mean of all up to there", losses("losses.cumsum(0) / torch.arange(1, len(losses) + 1)")
        ),
        Mistake("the first token has no loss", losses("losses[1:]")),
        Mistake("the first token has a loss of 0", losses("torch.cat([torch.zeros(1), losses[1:]])")),
        Mistake("the last token has no loss", losses("losses[:-1]")),
        Mistake("there is one more loss, of the text's end", losses("torch.cat([losses, losses.mean()[None]])")),
        Mistake("the start is given losses, too", losses("torch.cat([torch.zeros(S), losses])")),
        # the loss
        Mistake(
            "the mean is taken over each batch",
            edit(APPEND, "losses.append(torch.nn.functional.cross_entropy(logits, ids[ends]).expand(len(ends)))"),
        ),
        Mistake(
            "the score of the token is taken, its sign turned, and not its surprise",
            edit(APPEND, "losses.append(-logits.gather(1, ids[ends][:, None])[:, 0])"),
        ),
        Mistake(
            "the surprise is computed from softmax and log, which turns a very small chance into infinity",
            edit(APPEND, "losses.append(-logits.softmax(-1).log().gather(1, ids[ends][:, None])[:, 0])"),
        ),
        Mistake(
            "exp, sum and log are taken of the scores as they are, which overflows",
            edit(APPEND, "losses.append(logits.exp().sum(-1).log() - logits.gather(1, ids[ends][:, None])[:, 0])"),
        ),
        Mistake(
            "softmax is applied before cross_entropy, which applies it again",
            logits("logits = model(windows.to(device))[0][:, -1].float().cpu().softmax(-1)"),
        ),
        Mistake(
            "a chance is never taken to be below one in a million",
            edit(
                APPEND, "losses.append(-logits.softmax(-1).clamp(min=1e-6).log().gather(1, ids[ends][:, None])[:, 0])"
            ),
        ),
        Mistake(
            "the loss of the likeliest token is taken, whichever token comes",
            edit(APPEND, APPEND.replace("ids[ends]", "logits.argmax(-1)")),
        ),
        Mistake(
            "the entropy of the guess is taken, whichever token comes",
            edit(APPEND, "losses.append(torch.distributions.Categorical(logits=logits).entropy())"),
        ),
        Mistake(
            "each loss is 1 where the likeliest token is another and 0 where it is right",
            edit(APPEND, "losses.append((logits.argmax(-1) != ids[ends]).float())"),
        ),
        Mistake(
            "the losses are computed in half precision where the logits are of it",
            logits("logits = model(windows.to(device))[0][:, -1].cpu()  # (B, V)"),
        ),
        Mistake(
            "the losses are computed in half precision and turned into float32 afterwards",
            edit(
                LOGITS,
                "logits = model(windows.to(device))[0][:, -1].cpu()",
                APPEND,
                APPEND.replace('reduction="none")', 'reduction="none").float()'),
            ),
        ),
        Mistake(
            "each token is asked for at the place before it",
            edit(APPEND, APPEND.replace("ids[ends]", "ids[[end - 1 for end in ends]]")),
        ),
        Mistake(
            "the first token of the text is asked for everywhere",
            edit(APPEND, APPEND.replace("ids[ends]", "ids[S].expand(len(ends))")),
        ),
        # the context
        Mistake(
            "the token itself is in its window: the model sees the answer",
            windows(WINDOWS.replace("ids[end - length : end]", "ids[end - length + 1 : end + 1]")),
        ),
        Mistake(
            "the token right before is not in the window",
            windows(WINDOWS.replace("ids[end - length : end]", "ids[max(0, end - length - 1) : max(1, end - 1)]")),
        ),
        Mistake(
            "the windows are one token shorter than block_size",
            edit(SIZES, "S, T = len(start), max(1, model.get_block_size() - 1)"),
        ),
        Mistake(
            "the windows are one token longer than block_size",
            edit(SIZES, "S, T = len(start), model.get_block_size() + 1"),
        ),
        Mistake(
            "the windows have half of block_size", edit(SIZES, "S, T = len(start), max(1, model.get_block_size() // 2)")
        ),
        Mistake("the windows are always of 16 tokens", edit(SIZES, "S, T = len(start), 16")),
        Mistake(
            "the windows have no limit: all of the text before a token is shown",
            edit(SIZES, "S, T = len(start), len(ids)"),
        ),
        Mistake("the window is the one token before", edit(SIZES, "S, T = len(start), 1")),
        Mistake(
            "the windows are cut one behind the other, so that the first token of each has next to no context",
            edit(FOR, "for end in range(S, len(ids)):\n            length, ends = (end - S) % T + 1, [end]"),
        ),
        Mistake(
            "each window is the beginning of the text",
            windows(WINDOWS.replace("ids[end - length : end]", "ids[:length]")),
        ),
        Mistake(
            "the tokens of a window are turned round",
            windows(WINDOWS.replace("ids[end - length : end]", "ids[end - length : end].flip(0)")),
        ),
        Mistake(
            "the scores after the first token of the window are taken", logits(LOGITS.replace("[:, -1]", "[:, 0]"))
        ),
        Mistake("the mean of a window's scores is taken", logits(LOGITS.replace("[:, -1]", ".mean(1)"))),
        Mistake(
            "short windows are filled up with zeros on the left",
            edit(
                FOR,
                "for end in range(S, len(ids)):\n            length, ends = T, [end]",
                WINDOWS,
                "windows = torch.cat([torch.zeros(T, dtype=torch.long), ids[:end]])[-T:][None]",
            ),
        ),
        Mistake(
            "short windows are filled up with the start token on the left",
            edit(
                FOR,
                "for end in range(S, len(ids)):\n            length, ends = T, [end]",
                WINDOWS,
                "windows = torch.cat([ids[:1].expand(T), ids[:end]])[-T:][None]",
            ),
        ),
        # the start
        Mistake("the first token is predicted from token 0, whatever the tokenizer", edit(START, "start = [0]")),
        Mistake(
            "the first token is predicted from a line break, which not every tokenizer knows",
            edit(START, 'start = tokenizer.encode("\\n")'),
        ),
        Mistake("the first token is predicted from itself", edit(START, "start = tokenizer.encode(text)[:1]")),
        Mistake(
            "the first token is predicted from the last of the vocabulary",
            edit(START, "start = [tokenizer.vocab_size - 1]"),
        ),
        Mistake(
            "the text is taken for the prompt, and so it stands there twice",
            edit(START, "_, start = prompt_ids(tokenizer, text)"),
        ),
        Mistake(
            "nothing stands in front of the text, and the first token is passed over",
            edit(START, "start = tokenizer.encode(text)[:1]", IDS, "ids = torch.tensor(tokenizer.encode(text))"),
        ),
        Mistake(
            "the start is in front of every window",
            edit(
                WINDOWS,
                "windows = torch.stack([torch.cat([ids[:S], ids[max(S, end - T) : end]])[:T] "
                "if end - S >= T else ids[end - length : end] for end in ends])",
                FOR,
                "for length, ends in [(0, [end]) for end in range(S, len(ids))]:\n            length = min(T, ends[0])",
            ),
        ),
        Mistake(
            "the start is one token, however many prompt_ids gives", edit(START, START + "\n    start = start[:1]")
        ),
        Mistake(
            "the last token of the start is given a loss, too, where there are several",
            edit(SIZES, "S, T = 1, model.get_block_size()"),
        ),
        Mistake(
            "the first token is predicted from the last token of the start alone",
            edit(START, START + "\n    start = start[-1:]"),
        ),
        # the batches
        Mistake("batch_size is ignored: there is one window at a time", edit(FOR, FOR.replace("batch_size", "1"))),
        Mistake(
            "batch_size is ignored: there are always 256 windows at a time", edit(FOR, FOR.replace("batch_size", "256"))
        ),
        Mistake("all windows are shown at a time", edit(FOR, FOR.replace("batch_size", "len(ids)"))),
        Mistake("there is one window too many in a batch", edit(FOR, FOR.replace("batch_size", "batch_size + 1"))),
        Mistake(
            "the last batch is left out where it isn't full",
            edit(
                FOR, FOR + "\n            if ends[0] > max(S, T) and len(ends) < batch_size:\n                continue"
            ),
        ),
        Mistake(
            "only the first batch of whole windows is read",
            edit(FOR, FOR + "\n            if ends[0] > max(S, T):\n                break"),
        ),
        Mistake(
            "the window holds the token itself, too, though its scores are passed over: one token too many",
            edit(
                WINDOWS,
                WINDOWS.replace("ids[end - length : end]", "ids[end - length : end + 1]"),
                LOGITS,
                LOGITS.replace("[:, -1]", "[:, -2]"),
            ),
        ),
        Mistake(
            "the windows of a batch come in the opposite order",
            windows(WINDOWS.replace("for end in ends", "for end in reversed(ends)")),
        ),
        Mistake("batch_size is taken for the block size", edit(SIZES, "S, T = len(start), batch_size")),
        # mode, gradients, device
        Mistake("the model is not put into evaluation mode, so dropout is active", edit(EVAL, "")),
        Mistake(
            "model.training is set by hand, which doesn't reach the layers",
            edit(EVAL, "    model.training = False\n", RESTORE, "    model.training = was_training\n"),
        ),
        Mistake("the model is put into training mode", edit(EVAL, "    model.train()\n")),
        Mistake(
            "evaluation mode ends after the first batch",
            edit(APPEND, APPEND + "\n            model.train(was_training)"),
        ),
        Mistake("the model is left in evaluation mode, whatever it was in before", edit(RESTORE, "")),
        Mistake("the model is always left in training mode", edit(RESTORE, "    model.train()\n")),
        Mistake(
            "the model is put into evaluation mode before the text is looked at, and left so where it is refused",
            edit("    " + WAS + EVAL, "", EMPTY, "    " + WAS + EVAL + EMPTY),
        ),
        Mistake(
            "the model is in evaluation mode when an unknown character is met, and left so",
            edit("    " + WAS + EVAL, "", EMPTY, EMPTY + "    " + WAS + EVAL),
        ),
        Mistake("gradients are computed all the while", edit(NO_GRAD, "if True:")),
        Mistake(
            "gradients are computed and then cut off",
            edit(NO_GRAD, "if True:", RETURN, "return torch.cat(losses).detach()"),
        ),
        Mistake("gradients are switched off for good", edit(NO_GRAD, "torch.set_grad_enabled(False)\n    if True:")),
        Mistake("the windows stay on the CPU, wherever the model is", logits(LOGITS.replace(".to(device)", ""))),
        # the text
        Mistake(
            "an empty text gives no losses instead of an error",
            edit(EMPTY, "    if not text:\n        return torch.zeros(0)\n"),
        ),
        Mistake("a text of white space alone is refused", edit(EMPTY, EMPTY.replace("not text", "not text.strip()"))),
        Mistake("a text of one character is refused", edit(EMPTY, EMPTY.replace("not text", "len(text) < 2"))),
        Mistake(
            "the white space at the ends of the text is taken away", edit(IDS, IDS.replace("(text)", "(text.strip())"))
        ),
        Mistake(
            "unknown characters are left out",
            edit(
                START,
                '_, start = prompt_ids(tokenizer, "")\n    text, _ = prompt_ids(tokenizer, text, on_unknown="skip")',
            ),
        ),
        Mistake(
            "unknown characters become token 0",
            edit(
                IDS,
                "ids = torch.tensor(start + [tokenizer.stoi.get(c, 0) if hasattr(tokenizer, 'stoi') "
                "else i for c, i in zip(text, text if hasattr(tokenizer, 'stoi') else tokenizer.encode(text))])",
            ),
        ),
        Mistake(
            "the error for unknown characters does not name them",
            edit(
                IDS,
                "try:\n        ids = torch.tensor(start + tokenizer.encode(text))\n"
                "    except ValueError:\n"
                '        raise ValueError("the text holds characters outside the vocabulary") from None',
            ),
        ),
        Mistake(
            "the line breaks at the beginning of the text are taken away",
            edit(IDS, IDS.replace("(text)", '(text.lstrip("\\n") or text)')),
        ),
        Mistake(
            "there are never fewer than two windows in a batch",
            edit(FOR, FOR.replace("batch_size", "max(batch_size, 2)")),
        ),
        Mistake("only the first 20 tokens are read", edit(IDS, IDS.replace("(text)", "(text)[:20]"))),
        Mistake(
            "each character is encoded alone",
            edit(IDS, "ids = torch.tensor(start + [i for character in text for i in tokenizer.encode(character)])"),
        ),
        Mistake(
            "there are as many losses as characters",
            edit(
                FOR,
                FOR.replace("len(ids)", "min(len(ids), S + len(text))"),
                RETURN,
                "return torch.cat(losses + [torch.zeros(len(text))])[: len(text)]",
            ),
        ),
    ],
    "voice.text_perplexity": [
        Mistake("nothing is returned", edit(MEAN, MEAN.removeprefix("return "))),
        Mistake("the mean loss is returned", mean("losses.mean().item()")),
        Mistake("the perplexity is a tensor", mean("losses.mean().exp()")),
        Mistake(
            "the perplexity is computed in float32, which ends at e to the power of 88",
            mean("losses.mean().exp().item()"),
        ),
        Mistake(
            "math.exp is taken, which can't hold e to the power of 710",
            mean("math.exp(losses.mean().item())", "import math\n\n    "),
        ),
        Mistake("the sum of the losses is taken, not their mean", mean("perplexity(losses.sum().item())")),
        Mistake("the mean of the perplexities of the tokens is taken", mean("losses.double().exp().mean().item()")),
        Mistake("the median of the losses is taken", mean("perplexity(losses.median().item())")),
        Mistake("the largest loss is taken", mean("perplexity(losses.max().item())")),
        Mistake("the smallest loss is taken", mean("perplexity(losses.min().item())")),
        Mistake("the base is 2", mean("2.0 ** losses.mean().item()")),
        Mistake(
            "the losses are turned into bits, but the base is still e",
            mean("perplexity(losses.mean().item() / 0.6931472)"),
        ),
        Mistake(
            "the first token is passed over",
            mean("perplexity((losses[1:] if len(losses) > 1 else losses).mean().item())"),
        ),
        Mistake(
            "the last token is passed over",
            mean("perplexity((losses[:-1] if len(losses) > 1 else losses).mean().item())"),
        ),
        Mistake(
            "the sum is divided by one less than the number of tokens",
            mean("perplexity(losses.sum().item() / max(1, len(losses) - 1))"),
        ),
        Mistake(
            "the sum is divided by one more than the number of tokens",
            mean("perplexity(losses.sum().item() / (len(losses) + 1))"),
        ),
        Mistake("the sum is divided by block_size", mean("perplexity(losses.sum().item() / model.get_block_size())")),
        Mistake("the loss has its sign turned", mean("perplexity(-losses.mean().item())")),
        Mistake(
            "the geometric mean of the losses is taken",
            mean("perplexity(losses.clamp(min=1e-9).log().mean().exp().item())"),
        ),
        Mistake("the mean of the chances is turned upside down", mean("1 / (-losses).exp().mean().item()")),
        Mistake("the perplexity is at least 2", mean("max(2.0, perplexity(losses.mean().item()))")),
        Mistake("the perplexity is at most 1000", mean("min(1000.0, perplexity(losses.mean().item()))")),
        Mistake(
            "the perplexity is rounded to a whole number",
            mean("float(round(min(1e300, perplexity(losses.mean().item()))))"),
        ),
        Mistake(
            "the perplexity is that of the text's first block_size tokens",
            mean("perplexity(losses[: model.get_block_size()].mean().item())"),
        ),
        Mistake(
            "the perplexity of a text without tokens is infinite",
            edit(MEAN, 'if not text:\n        return float("inf")\n    ' + MEAN),
        ),
        Mistake(
            "unknown characters are left out",
            edit(MEAN, 'text, _ = prompt_ids(tokenizer, text, on_unknown="skip")\n    ' + MEAN),
        ),
        Mistake(
            "the white space at the ends of the text is taken away",
            edit(MEAN, MEAN.replace(", text)", ", text.strip())")),
        ),
        Mistake(
            "every line is measured alone, and the mean of the lines' perplexities is taken",
            edit(
                MEAN,
                "lines = text.splitlines() or [text]\n"
                "    return sum(perplexity(token_losses(model, tokenizer, line).mean().item()) for line in lines)"
                " / len(lines)",
            ),
        ),
        Mistake(
            "the losses of every line alone are put together",
            edit(
                MEAN,
                "lines = text.splitlines() or [text]\n"
                "    losses = torch.cat([token_losses(model, tokenizer, line) for line in lines])\n"
                "    return perplexity(losses.mean().item())",
            ),
        ),
    ],
    "voice.longest_copy": [
        Mistake("nothing is returned", edit(FOUND, "best.strip()")),
        Mistake("the length is returned, not the passage", edit(FOUND, "return len(best)")),
        Mistake(
            "the last of the longest is returned",
            edit(
                WHILE,
                "best_here = ''\n        while start + len(best_here) < len(text) and "
                "text[start : start + len(best_here) + 1] in source:",
                BETTER,
                "best_here = text[start : start + len(best_here) + 1]\n"
                "        if len(best_here) >= len(best):\n            best = best_here",
            ),
        ),
        Mistake(
            "the first one in the source is returned where several are longest",
            whole(
                COPY
                + """    best = ""
    for start in range(len(source)):
        while start + len(best) < len(source) and source[start : start + len(best) + 1] in text:
            best = source[start : start + len(best) + 1]
    return best
"""
            ),
        ),
        Mistake(
            "the first of the longest in the alphabet is returned",
            whole(
                COPY
                + """    found = {""}
    for start in range(len(text)):
        end = start + 1
        while end <= len(text) and text[start:end] in source:
            found.add(text[start:end])
            end += 1
    return min(found, key=lambda passage: (-len(passage), passage))
"""
            ),
        ),
        Mistake(
            "the first passage is returned, however short",
            edit(BETTER, BETTER + "\n        if best:\n            break"),
        ),
        Mistake(
            "only passages at the beginning of the text are looked for",
            edit(LOOP, "for start in range(1 if text else 0):"),
        ),
        Mistake(
            "only passages at the end of the text are looked for",
            whole(
                COPY
                + """    for start in range(len(text)):
        if text[start:] in source:
            return text[start:]
    return ""
"""
            ),
        ),
        Mistake(
            "the passage must be at the beginning of the source",
            edit(
                WHILE,
                WHILE.replace(
                    "text[start : start + len(best) + 1] in source",
                    "source.startswith(text[start : start + len(best) + 1])",
                ),
            ),
        ),
        Mistake(
            "the common beginning of text and source is returned",
            whole(
                COPY
                + """    n = 0
    while n < min(len(text), len(source)) and text[n] == source[n]:
        n += 1
    return text[:n]
"""
            ),
        ),
        Mistake(
            "only characters at the same place of text and source are compared",
            whole(
                COPY
                + """    best = here = ""
    for one, other in zip(text, source):
        here = here + one if one == other else ""
        if len(here) > len(best):
            best = here
    return best
"""
            ),
        ),
        Mistake(
            "a passage never reaches the last character of the text",
            edit(WHILE, WHILE.replace("start + len(best) < len(text)", "start + len(best) < len(text) - 1")),
        ),
        Mistake(
            "a passage never begins at the first character of the text", edit(LOOP, "for start in range(1, len(text)):")
        ),
        Mistake(
            "a passage never begins at the last character of the text", edit(LOOP, "for start in range(len(text) - 1):")
        ),
        Mistake(
            "the last character of the source is passed over", edit(WHILE, WHILE.replace("in source", "in source[:-1]"))
        ),
        Mistake(
            "the first character of the source is passed over", edit(WHILE, WHILE.replace("in source", "in source[1:]"))
        ),
        Mistake(
            "the text as a whole does not count",
            edit(
                WHILE,
                WHILE.replace(
                    "start + len(best) < len(text)", "len(best) + 1 < len(text) and start + len(best) < len(text)"
                ),
            ),
        ),
        Mistake("a passage of one character does not count", edit(FOUND, 'return best if len(best) > 1 else ""')),
        Mistake("the passage loses its last character", edit(FOUND, "return best[:-1]")),
        Mistake(
            "the passage has one character too many",
            edit(FOUND, "return text[text.find(best) :][: len(best) + 1] if best else best"),
        ),
        Mistake(
            "capitals and small letters count as equal",
            edit(WHILE, WHILE.replace("+ 1] in source", "+ 1].lower() in source.lower()")),
        ),
        Mistake(
            "both are turned into small letters first",
            edit(BEST, 'text, source, best = text.lower(), source.lower(), ""'),
        ),
        Mistake("the white space at the ends of the passage is taken away", edit(FOUND, "return best.strip()")),
        Mistake(
            "line breaks count as spaces",
            edit(BEST, 'text, source, best = text.replace("\\n", " "), source.replace("\\n", " "), ""'),
        ),
        Mistake(
            "several spaces count as one",
            edit(BEST, 'text, source, best = " ".join(text.split()), " ".join(source.split()), ""'),
        ),
        Mistake(
            "the white space at the ends of text and source is taken away first",
            edit(BEST, 'text, source, best = text.strip(), source.strip(), ""'),
        ),
        Mistake(
            "only whole words are compared",
            whole(
                COPY
                + """    words, best = text.split(), ""
    for i in range(len(words)):
        for j in range(i + 1, len(words) + 1):
            passage = " ".join(words[i:j])
            if passage in source and len(passage) > len(best):
                best = passage
    return best
"""
            ),
        ),
        Mistake(
            "the table of lengths is filled in place, from left to right, so that a row uses its own numbers",
            whole(
                COPY
                + """    best, lengths = "", [0] * (len(source) + 1)
    for i, one in enumerate(text):
        for j, other in enumerate(source):
            lengths[j + 1] = lengths[j] + 1 if one == other else 0
            if lengths[j + 1] > len(best):
                best = text[max(0, i + 1 - lengths[j + 1]) : i + 1]
    return best
"""
            ),
        ),
        Mistake(
            "the source as a whole does not count",
            edit(WHILE, WHILE.replace("while ", "while len(best) + 1 < len(source) and ")),
        ),
        Mistake("only lines are compared", edit(BEST, 'text, best = max(text.splitlines() or [""], key=len), ""')),
        Mistake(
            "the longest common subsequence is returned, with gaps in it",
            whole(
                COPY
                + """    rows = [[""] * (len(source) + 1) for _ in range(2)]
    for one in text:
        rows = [rows[1], [""]]
        for j, other in enumerate(source):
            a, b = rows[0][j + 1], rows[1][j]
            rows[1].append(rows[0][j] + one if one == other else max(a, b, key=len))
    return rows[1][-1]
"""
            ),
        ),
        Mistake(
            "difflib leaves out characters that occur often in a long source",
            whole(
                COPY
                + """    import difflib

    match = difflib.SequenceMatcher(None, text, source).find_longest_match(0, len(text), 0, len(source))
    return text[match.a : match.a + match.size]
"""
            ),
        ),
        Mistake("only the beginning of a long source is searched", edit(BEST, 'source, best = source[:1000], ""')),
        Mistake(
            "the passage is taken for a regular expression",
            edit(
                WHILE,
                WHILE.replace(
                    "text[start : start + len(best) + 1] in source",
                    "re.search(text[start : start + len(best) + 1], source)",
                ),
                BEST,
                'import re\n\n    best = ""',
            ),
        ),
        Mistake(
            "after a passage that ends, the search goes on behind it",
            whole(
                COPY
                + """    best, start = "", 0
    while start < len(text):
        end = start
        while end < len(text) and text[start : end + 1] in source:
            end += 1
        if end - start > len(best):
            best = text[start:end]
        start = max(end, start + 1)
    return best
"""
            ),
        ),
        Mistake(
            "after a mismatch the comparison with the source goes on where it was",
            whole(
                COPY
                + """    best = here = ""
    for character in text:
        here = here + character if here + character in source else ""
        if len(here) > len(best):
            best = here
    return best
"""
            ),
        ),
        Mistake(
            "each character of the source is used once only",
            whole(
                COPY
                + """    best = ""
    while True:
        found = ""
        for start in range(len(text)):
            while start + len(found) < len(text) and text[start : start + len(found) + 1] in source:
                found = text[start : start + len(found) + 1]
        if len(found) <= len(best):
            return best + found
        best, source = found, source.replace(found, "")
"""
            ),
        ),
        Mistake(
            "the longest copy of the source in the text is looked for, and only if all of it is there",
            whole(
                COPY
                + """    return source if source in text else text if text in source else ""
"""
            ),
        ),
        Mistake("an empty source is not expected", edit(BEST, "best = source[0][:0]")),
        Mistake("an empty text is not expected", edit(BEST, "best = text[0][:0]")),
        Mistake("the result is None where there is no copy", edit(FOUND, "return best or None")),
        Mistake(
            "accents and other signs beyond ASCII are left out",
            edit(
                BEST,
                'text = text.encode("ascii", "ignore").decode()\n'
                '    source = source.encode("ascii", "ignore").decode()\n    best = ""',
            ),
        ),
        Mistake("the passage comes as a list of characters", edit(FOUND, "return list(best)")),
    ],
}
